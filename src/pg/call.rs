//! What a function knows about its own call.

use super::declaration::Declaration;
use super::encoding;
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

    /// What an argument is called in the declaration of the function.
    pub fn argument_name(&self, index: usize) -> String {
        // SAFETY: the call is under way.
        unsafe { argument_name(self.fcinfo, index) }
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
    // SAFETY: as promised.
    let function = unsafe { (*fcinfo).flinfo.as_ref() };
    let declaration = function.and_then(|function| Declaration::of(function.fn_oid));
    let argument = declaration.and_then(|mut declaration| declaration.arguments.drain(..).nth(index));
    match argument {
        Some(argument) if !argument.name.is_empty() => argument.name,
        _ => format!("argument {}", index + 1),
    }
}
