//! States of aggregates behind `internal`.
//!
//! A state is an ordinary Rust value. It is dropped when PostgreSQL resets the memory context of the aggregate, also after an
//! error. What it holds on Rust's heap is charged to that context, so that a hash aggregate sees how much memory its
//! groups take and spills in time.

use super::alloc::{cleaning_up, with_reserve};
use super::any::Args;
use super::call::Call;
use super::mergeable::row_bytes;
use clientele_core::mergeable::Mergeable;
use pgrx::callconv::{Arg, ArgAbi, BoxRet, FcInfo};
use pgrx::datum::Datum;
use pgrx::prelude::*;
use std::any::TypeId;
use std::marker::PhantomData;
use std::ptr::NonNull;
use std::sync::OnceLock;

/// A state and what PostgreSQL has to know about it. Allocated in the context of the aggregate.
#[repr(C)]
struct Slot<S> {
    /// Says which type `S` is, so that no function takes the state of another aggregate for its own.
    of: TypeId,
    /// Runs when the context is reset.
    callback: pg_sys::MemoryContextCallback,
    context: pg_sys::MemoryContext,
    charged: usize,
    /// What stands for the state's bytes on a server that counts after.
    ballast: *mut std::ffi::c_void,
    state: S,
}

/// Whether this server checks after each command that a memory context holds what it says: those built with assertions do.
static CHECKED: OnceLock<bool> = OnceLock::new();

fn is_checked() -> bool {
    *CHECKED.get_or_init(|| {
        // SAFETY: a setting that every server has; its value is read at once.
        unsafe {
            let value = pg_sys::GetConfigOption(c"debug_assertions".as_ptr(), true, false);
            !value.is_null() && std::ffi::CStr::from_ptr(value) == c"on"
        }
    })
}

/// The state of the aggregate call under way; a fresh one where there is none yet.
pub struct State<'fcx, S: Mergeable> {
    slot: NonNull<Slot<S>>,
    call: PhantomData<&'fcx mut S>,
}

/// The call of a transition function: the state, and the arguments behind it whatever their types.
///
/// One thing for all of them, because it is made for every row.
pub struct Transition<'fcx, S: Mergeable> {
    state: State<'fcx, S>,
    args: Args<'fcx>,
}

/// Another state of the same aggregate, which is only read: the second argument of a combine function.
pub struct Other<'fcx, S: Mergeable> {
    slot: Option<NonNull<Slot<S>>>,
    call: PhantomData<&'fcx S>,
}

/// A state that came from a parallel worker, and lives only until it has been combined.
pub struct Restored<'fcx, S: Mergeable> {
    slot: NonNull<Slot<S>>,
    call: PhantomData<&'fcx S>,
}

/// The second argument of a deserialisation function, which says nothing.
pub struct Unused;

impl<'fcx, S: Mergeable> Transition<'fcx, S> {
    /// The state, and the arguments of the aggregate.
    #[inline(always)]
    pub fn parts(&mut self) -> (&mut S, Args<'fcx>) {
        (self.state.get(), self.args)
    }

    /// The state, as the result.
    #[inline(always)]
    pub fn into_state(self) -> State<'fcx, S> {
        self.state
    }
}

impl<S: Mergeable> State<'_, S> {
    /// The state.
    #[inline(always)]
    pub fn get(&mut self) -> &mut S {
        // SAFETY: the slot lives as long as the context of the aggregate, and no other call is under way for it.
        unsafe { &mut self.slot.as_mut().state }
    }
}

impl<S: Mergeable> Other<'_, S> {
    /// The state, if there is one.
    pub fn get(&self) -> Option<&S> {
        // SAFETY: as above; it is only read.
        self.slot.map(|slot| unsafe { &slot.as_ref().state })
    }
}

impl<'fcx, S: Mergeable> Restored<'fcx, S> {
    /// Keeps a state for the caller.
    pub fn new(_call: Call<'fcx>, state: S) -> Restored<'fcx, S> {
        Restored {
            // SAFETY: the context that is current while a function runs outlives its call.
            slot: unsafe { Slot::allocate(state, pg_sys::CurrentMemoryContext) },
            call: PhantomData,
        }
    }
}

impl<S: Mergeable> Slot<S> {
    /// # Safety
    /// `context` is a memory context.
    unsafe fn allocate(state: S, context: pg_sys::MemoryContext) -> NonNull<Slot<S>> {
        const { assert!(align_of::<Slot<S>>() <= pg_sys::MAXIMUM_ALIGNOF as usize) };
        // SAFETY: the block is large enough and aligned; the callback stays with the block.
        unsafe {
            let block = with_reserve(|| pg_sys::MemoryContextAlloc(context, size_of::<Slot<S>>()));
            let slot: *mut Slot<S> = block.cast();
            slot.write(Slot {
                of: TypeId::of::<S>(),
                callback: pg_sys::MemoryContextCallback {
                    func: Some(drop_slot::<S>),
                    arg: slot.cast(),
                    next: std::ptr::null_mut(),
                },
                context,
                charged: 0,
                ballast: std::ptr::null_mut(),
                state,
            });
            pg_sys::MemoryContextRegisterResetCallback(context, &mut (*slot).callback);
            let mut slot = NonNull::new_unchecked(slot);
            slot.as_mut().charge();
            slot
        }
    }

    /// Tells the context what the state holds now.
    #[inline(always)]
    fn charge(&mut self) {
        let bytes = self.state.heap_bytes();
        if bytes != self.charged {
            self.recharge(bytes);
        }
    }

    fn recharge(&mut self, bytes: usize) {
        // SAFETY: the context outlives the slot. `mem_allocated` is what PostgreSQL measures a context by; the context itself only
        // adds to it and takes away what it added. Where that is checked, a block as large as the state is taken and never touched.
        unsafe {
            if is_checked() {
                if !self.ballast.is_null() {
                    pg_sys::pfree(self.ballast);
                    self.ballast = std::ptr::null_mut();
                }
                self.ballast = pg_sys::MemoryContextAllocHuge(self.context, bytes);
            } else {
                let total = &mut (*self.context).mem_allocated;
                *total = total.wrapping_add(bytes).wrapping_sub(self.charged);
            }
        }
        self.charged = bytes;
    }
}

/// Drops a state when its context is reset.
unsafe extern "C-unwind" fn drop_slot<S>(slot: *mut std::ffi::c_void) {
    let slot: *mut Slot<S> = slot.cast();
    // SAFETY: PostgreSQL calls this once, before it frees the block.
    cleaning_up(|| unsafe {
        if (*slot).ballast.is_null() {
            let total = &mut (*(*slot).context).mem_allocated;
            *total = total.wrapping_sub((*slot).charged);
        }
        std::ptr::drop_in_place(&mut (*slot).state);
    });
}

/// The slot that an argument points to; nothing for NULL.
///
/// # Safety
/// The argument is an `internal` that an aggregate of ours returned, which PostgreSQL sees to: only superusers can put
/// aggregates together, and no SQL can name such a value.
#[inline(always)]
unsafe fn slot_of<S: Mergeable>(
    fcinfo: pg_sys::FunctionCallInfo,
    index: usize,
    is_null: bool,
) -> Option<NonNull<Slot<S>>> {
    if is_null {
        return None;
    }
    // SAFETY: the call is under way; all slots begin with their type.
    unsafe {
        let value = (*fcinfo).args.as_slice(index + 1)[index].value;
        let slot = NonNull::new(value.cast_mut_ptr::<Slot<S>>())?;
        if (*slot.as_ptr().cast::<Slot<()>>()).of != TypeId::of::<S>() {
            ereport!(
                ERROR,
                PgSqlErrorCode::ERRCODE_DATATYPE_MISMATCH,
                "state of another aggregate"
            );
        }
        Some(slot)
    }
}

// SAFETY: a state that is not there yet is made in the context of the aggregate.
unsafe impl<'fcx, S: Mergeable> ArgAbi<'fcx> for State<'fcx, S> {
    #[inline]
    unsafe fn unbox_arg_unchecked(arg: Arg<'_, 'fcx>) -> Self {
        let (index, is_null) = (arg.index(), arg.is_null());
        // SAFETY: the call is under way.
        unsafe {
            let fcinfo = arg.unbox_unchecked::<pg_sys::FunctionCallInfo>();
            let slot = slot_of(fcinfo, index, is_null).unwrap_or_else(|| fresh(fcinfo));
            State {
                slot,
                call: PhantomData,
            }
        }
    }
}

// SAFETY: the first argument is the state, of those that SQL declares; the others are looked up.
unsafe impl<'fcx, S: Mergeable> ArgAbi<'fcx> for Transition<'fcx, S> {
    #[inline(always)]
    unsafe fn unbox_arg_unchecked(arg: Arg<'_, 'fcx>) -> Self {
        // SAFETY: the call is under way.
        unsafe {
            let fcinfo = arg.unbox_unchecked::<pg_sys::FunctionCallInfo>();
            let is_null = (*fcinfo).args.as_slice(1)[0].isnull;
            let slot = slot_of(fcinfo, 0, is_null).unwrap_or_else(|| fresh(fcinfo));
            Transition {
                state: State {
                    slot,
                    call: PhantomData,
                },
                args: Args::behind(fcinfo, 1),
            }
        }
    }

    fn is_virtual_arg() -> bool {
        true
    }
}

#[cold]
unsafe fn fresh<S: Mergeable>(fcinfo: pg_sys::FunctionCallInfo) -> NonNull<Slot<S>> {
    let mut context = std::ptr::null_mut();
    // SAFETY: the call is under way.
    with_reserve(|| unsafe {
        if pg_sys::AggCheckCallContext(fcinfo, &mut context) == 0 {
            ereport!(
                ERROR,
                PgSqlErrorCode::ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE,
                "aggregate function called in non-aggregate context"
            );
        }
        Slot::allocate(S::new(row_bytes()), context)
    })
}

// SAFETY: a state that is not there stays away.
unsafe impl<'fcx, S: Mergeable> ArgAbi<'fcx> for Other<'fcx, S> {
    unsafe fn unbox_arg_unchecked(arg: Arg<'_, 'fcx>) -> Self {
        let (index, is_null) = (arg.index(), arg.is_null());
        // SAFETY: the call is under way.
        unsafe {
            let fcinfo = arg.unbox_unchecked::<pg_sys::FunctionCallInfo>();
            Other {
                slot: slot_of(fcinfo, index, is_null),
                call: PhantomData,
            }
        }
    }
}

// SAFETY: it is not looked at.
unsafe impl<'fcx> ArgAbi<'fcx> for Unused {
    unsafe fn unbox_arg_unchecked(_: Arg<'_, 'fcx>) -> Self {
        Unused
    }
}

// SAFETY: the slot lives in the context of the aggregate.
unsafe impl<S: Mergeable> BoxRet for State<'_, S> {
    #[inline(always)]
    unsafe fn box_into<'fcx>(mut self, fcinfo: &mut FcInfo<'fcx>) -> Datum<'fcx> {
        // SAFETY: as above; `internal` is a bare pointer.
        unsafe {
            self.slot.as_mut().charge();
            fcinfo.return_raw_datum(pg_sys::Datum::from(self.slot.as_ptr()))
        }
    }
}

// SAFETY: the slot lives in the context that was current, which is what PostgreSQL expects of a deserialised state.
unsafe impl<S: Mergeable> BoxRet for Restored<'_, S> {
    unsafe fn box_into<'fcx>(self, fcinfo: &mut FcInfo<'fcx>) -> Datum<'fcx> {
        // SAFETY: as above.
        unsafe { fcinfo.return_raw_datum(pg_sys::Datum::from(self.slot.as_ptr())) }
    }
}
