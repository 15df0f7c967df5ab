//! What a function knows about its own call.

use super::encoding;
use super::error::type_name;
use pgrx::callconv::{Arg, ArgAbi};
use pgrx::pg_sys;
use std::marker::PhantomData;

/// The call under way. An argument of Rust functions that SQL does not see.
#[derive(Clone, Copy)]
pub struct Call<'fcx> {
    fcinfo: pg_sys::FunctionCallInfo,
    call: PhantomData<&'fcx ()>,
}

impl Call<'_> {
    /// The call as PostgreSQL describes it.
    pub(super) fn fcinfo(&self) -> pg_sys::FunctionCallInfo {
        self.fcinfo
    }

    /// The name of the type that an argument has in the query.
    pub fn argument_type(&self, index: usize) -> String {
        // SAFETY: the call is under way.
        type_name(unsafe { pg_sys::get_fn_expr_argtype((*self.fcinfo).flinfo, index as i32) })
    }

    /// The name of the function, with its schema, as a user would write it.
    pub fn name(&self) -> String {
        // SAFETY: the call is under way; names are copied.
        unsafe {
            let flinfo = (*self.fcinfo).flinfo;
            if flinfo.is_null() {
                return "?".to_owned();
            }
            let function = (*flinfo).fn_oid;
            let name = |name: *mut std::ffi::c_char| match name.is_null() {
                true => "?".to_owned(),
                false => encoding::read_name(name),
            };
            let schema = name(pg_sys::get_namespace_name(pg_sys::get_func_namespace(function)));
            format!("{schema}.{}", name(pg_sys::get_func_name(function)))
        }
    }
}

// SAFETY: it is the call itself, and cannot outlive it.
unsafe impl<'fcx> ArgAbi<'fcx> for Call<'fcx> {
    unsafe fn unbox_arg_unchecked(arg: Arg<'_, 'fcx>) -> Self {
        Call {
            // SAFETY: PostgreSQL's own description of the call.
            fcinfo: unsafe { arg.unbox_unchecked::<pg_sys::FunctionCallInfo>() },
            call: PhantomData,
        }
    }

    fn is_virtual_arg() -> bool {
        true
    }
}

/// What an argument is called in the declaration of the function, for messages.
///
/// # Safety
/// The call is under way.
#[cold]
pub(super) unsafe fn argument_name(fcinfo: pg_sys::FunctionCallInfo, index: usize) -> String {
    let unnamed = || format!("argument {}", index + 1);
    // SAFETY: as promised; the row of the catalogue is held while it is read, and the names are copied.
    unsafe {
        let Some(flinfo) = (*fcinfo).flinfo.as_ref() else {
            return unnamed();
        };
        let key = pg_sys::Datum::from(flinfo.fn_oid);
        let row = pg_sys::SearchSysCache1(pg_sys::SysCacheIdentifier::PROCOID as i32, key);
        if row.is_null() {
            return unnamed();
        }
        let (mut types, mut names, mut modes) = (std::ptr::null_mut(), std::ptr::null_mut(), std::ptr::null_mut());
        let n = pg_sys::get_func_arg_info(row, &mut types, &mut names, &mut modes);
        // Those that come out do not count.
        let inputs =
            (0..n as usize).filter(|&at| modes.is_null() || matches!(*modes.add(at) as u8, b'i' | b'b' | b'v'));
        let name = match inputs.into_iter().nth(index) {
            Some(at) if !names.is_null() && !(*names.add(at)).is_null() => encoding::read_name(*names.add(at)),
            _ => String::new(),
        };
        pg_sys::ReleaseSysCache(row);
        if name.is_empty() { unnamed() } else { name }
    }
}
