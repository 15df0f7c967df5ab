//! What a function knows about its own call.

use super::error::type_name;
use pgrx::callconv::{Arg, ArgAbi};
use pgrx::pg_sys;
use std::ffi::CStr;
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
                false => CStr::from_ptr(name).to_string_lossy().into_owned(),
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
