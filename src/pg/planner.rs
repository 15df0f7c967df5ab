//! What the planner may expect of a function: how many rows, and how much work.
//!
//! A function may name a support function, which the planner asks about each call. It sees the call's arguments, and the values
//! of those that are constant. Where it has no answer, the planner takes the `ROWS` and `COST` that the SQL declares.

use super::declaration::Declaration;
use super::varlena::plain_bytes_of;
use pgrx::callconv::{Arg, ArgAbi, BoxRet, FcInfo};
use pgrx::datum::Datum;
use pgrx::pg_sys;
use std::marker::PhantomData;

/// The size of the first argument that the declared `COST` of a function is for.
const USUAL: f64 = 4e6;

/// What a support function is asked.
pub struct Request<'fcx> {
    node: *mut pg_sys::Node,
    call: PhantomData<&'fcx ()>,
}

/// What a support function says: the request filled in, or nothing.
pub struct Answer(pg_sys::Datum);

/// What is known of an argument when a query is planned.
#[derive(Clone, Copy, Debug)]
pub enum Known<'a> {
    /// It is NULL.
    Null,
    /// It is a value of so many bytes, which lie here unless they would have to be fetched.
    Value(usize, Option<&'a [u8]>),
    /// It is an integer.
    Integer(i64),
}

/// A call that is being planned.
pub struct Planned<'a> {
    function: pg_sys::Oid,
    args: *mut pg_sys::List,
    query: PhantomData<&'a ()>,
}

impl Request<'_> {
    /// Says how many rows a call will return, if that is known, and how much work it will be, by the size of its first argument.
    pub fn answer(self, rows: impl FnOnce(&Planned<'_>) -> Option<f64>) -> Answer {
        // SAFETY: the planner hands over a request of the kind that its tag names, which lives as long as the call.
        unsafe {
            match (*self.node).type_ {
                pg_sys::NodeTag::T_SupportRequestRows => {
                    let request: *mut pg_sys::SupportRequestRows = self.node.cast();
                    let rows = Planned::of((*request).node).and_then(|planned| rows(&planned));
                    if let Some(rows) = rows {
                        (*request).rows = rows.max(1.0);
                        return Answer(pg_sys::Datum::from(self.node));
                    }
                }
                pg_sys::NodeTag::T_SupportRequestCost => {
                    let request: *mut pg_sys::SupportRequestCost = self.node.cast();
                    if let Some(planned) = Planned::of((*request).node)
                        && let Some(Known::Value(size, _)) = planned.argument(0)
                    {
                        let declared = Declaration::of((*request).funcid).map_or(1.0, |declaration| declaration.cost);
                        let usual = declared * pg_sys::cpu_operator_cost;
                        (*request).startup = 0.0;
                        (*request).per_tuple = (usual * size as f64 / USUAL).max(100.0 * pg_sys::cpu_operator_cost);
                        return Answer(pg_sys::Datum::from(self.node));
                    }
                }
                _ => {}
            }
        }
        Answer(pg_sys::Datum::null())
    }
}

impl<'a> Planned<'a> {
    /// The call that a node of a query is, if it is one.
    ///
    /// # Safety
    /// The node is null, or one of a query that is being planned.
    unsafe fn of(node: *mut pg_sys::Node) -> Option<Planned<'a>> {
        // SAFETY: the tag says what the node is.
        unsafe {
            if node.is_null() || (*node).type_ != pg_sys::NodeTag::T_FuncExpr {
                return None;
            }
            let call: *mut pg_sys::FuncExpr = node.cast();
            Some(Planned {
                function: (*call).funcid,
                args: (*call).args,
                query: PhantomData,
            })
        }
    }

    /// What is known of the argument of this name; its default counts.
    pub fn named(&self, name: &str) -> Option<Known<'a>> {
        self.argument(Declaration::of(self.function)?.find(name)?.0)
    }

    /// What is known of the argument at a position.
    pub fn argument(&self, index: usize) -> Option<Known<'a>> {
        // SAFETY: a list of expressions of the query, which lives as long as the call. A value of variable length is as long as
        // it says.
        unsafe {
            let args = self.args.as_ref()?;
            if index >= args.length as usize {
                return None;
            }
            let node: *mut pg_sys::Node = (*args.elements.add(index)).ptr_value.cast();
            if node.is_null() || (*node).type_ != pg_sys::NodeTag::T_Const {
                return None;
            }
            let constant: *mut pg_sys::Const = node.cast();
            match (*constant).consttype {
                _ if (*constant).constisnull => Some(Known::Null),
                pg_sys::INT2OID => Some(Known::Integer((*constant).constvalue.value() as i16 as i64)),
                pg_sys::INT4OID => Some(Known::Integer((*constant).constvalue.value() as i32 as i64)),
                pg_sys::INT8OID => Some(Known::Integer((*constant).constvalue.value() as i64)),
                _ if (*constant).constlen == -1 => {
                    let datum = (*constant).constvalue;
                    let size = pg_sys::toast_raw_datum_size(datum).saturating_sub(pg_sys::VARHDRSZ);
                    Some(Known::Value(size, plain_bytes_of(datum)))
                }
                _ => None,
            }
        }
    }
}

// SAFETY: a support function is given a request as `internal`; no SQL can make one.
unsafe impl<'fcx> ArgAbi<'fcx> for Request<'fcx> {
    unsafe fn unbox_arg_unchecked(arg: Arg<'_, 'fcx>) -> Self {
        // SAFETY: see above.
        let node = unsafe { super::value::datum_of(arg) };
        Request {
            node: node.cast_mut_ptr(),
            call: PhantomData,
        }
    }
}

// SAFETY: the request that was given, or a null pointer, which is no NULL to PostgreSQL.
unsafe impl BoxRet for Answer {
    unsafe fn box_into<'fcx>(self, fcinfo: &mut FcInfo<'fcx>) -> Datum<'fcx> {
        // SAFETY: see above.
        unsafe { fcinfo.return_raw_datum(self.0) }
    }
}
