//! Values of variable length: reading those that are given, building large ones where they are to stay.

use super::alloc::with_reserve;
use super::call::Call;
use clientele_core::codec::Sink;
use clientele_core::{Error, Kind, Result};
use pgrx::pg_sys;
use std::marker::PhantomData;
use std::ptr::NonNull;

/// The bytes of a value, without its header. Fetched and decompressed if they have to be.
///
/// # Safety
/// `datum` is a value of a type of variable length that is not NULL. The bytes live as long as the memory context of the
/// call, or as the value itself.
#[inline(always)]
pub unsafe fn bytes_of<'a>(datum: pg_sys::Datum) -> &'a [u8] {
    let value: *mut pg_sys::varlena = datum.cast_mut_ptr();
    // SAFETY: see above. Short values, as they stand in rows, have a header of one byte.
    unsafe {
        if pgrx::varlena::varatt_is_1b(value) && !pgrx::varlena::varatt_is_1b_e(value) {
            let len = pgrx::varlena::varsize_1b(value) - pg_sys::VARHDRSZ_SHORT;
            return std::slice::from_raw_parts(pgrx::varlena::vardata_1b(value).cast(), len);
        }
        long_bytes_of(value)
    }
}

/// The bytes of a value, without its header, if they lie there as they are: not fetched, not decompressed.
///
/// # Safety
/// As for [`bytes_of`].
pub unsafe fn plain_bytes_of<'a>(datum: pg_sys::Datum) -> Option<&'a [u8]> {
    let value: *mut pg_sys::varlena = datum.cast_mut_ptr();
    // SAFETY: see above; the header says how the bytes lie.
    unsafe {
        let plain = match pgrx::varlena::varatt_is_1b(value) {
            true => !pgrx::varlena::varatt_is_1b_e(value),
            false => pgrx::varlena::varatt_is_4b_u(value),
        };
        plain.then(|| {
            std::slice::from_raw_parts(
                pgrx::varlena::vardata_any(value).cast(),
                pgrx::varlena::varsize_any_exhdr(value),
            )
        })
    }
}

unsafe fn long_bytes_of<'a>(value: *mut pg_sys::varlena) -> &'a [u8] {
    // SAFETY: as above; a value that has been fetched is as long as it says.
    unsafe {
        let plain = with_reserve(|| pg_sys::pg_detoast_datum_packed(value));
        std::slice::from_raw_parts(
            pgrx::varlena::vardata_any(plain).cast(),
            pgrx::varlena::varsize_any_exhdr(plain),
        )
    }
}

/// What precedes the bytes of a value.
const HEADER: usize = pg_sys::VARHDRSZ;
/// The most bytes a value can have, with its header.
const MOST: usize = 0x3fff_ffff;

/// A value of variable length, or a C string, in the making.
///
/// It lives in the memory of the call, and grows there.
pub struct Builder<'fcx> {
    what: &'static str,
    start: NonNull<u8>,
    /// The bytes before the first one of the value.
    header: usize,
    len: usize,
    capacity: usize,
    call: PhantomData<&'fcx mut ()>,
}

impl<'fcx> Builder<'fcx> {
    /// Begins a value of the type `what`, which may become some `expected` bytes long.
    pub(super) fn varlena(call: Call<'fcx>, what: &'static str, expected: usize) -> Builder<'fcx> {
        Builder::new(call, what, HEADER, expected)
    }

    /// Begins the text of a value of the type `what`.
    pub(super) fn text(call: Call<'fcx>, what: &'static str, expected: usize) -> Builder<'fcx> {
        Builder::new(call, what, 0, expected)
    }

    fn new(_call: Call<'fcx>, what: &'static str, header: usize, expected: usize) -> Builder<'fcx> {
        let capacity = (header + expected).clamp(64, MOST);
        // SAFETY: any size is allowed here, and failure does not return. The context that is current while a function runs outlives
        // its call.
        let start = unsafe { pg_sys::MemoryContextAllocHuge(pg_sys::CurrentMemoryContext, capacity) };
        Builder {
            what,
            start: block(start),
            header,
            len: header,
            capacity,
            call: PhantomData,
        }
    }

    #[cold]
    fn grow(&mut self, needed: usize) -> Result<()> {
        if needed > MOST {
            return Err(Error::new(Kind::TooLarge, format!("{} is too large", self.what))
                .detail(format!("A value can have at most {MOST} bytes."))
                .hint("Split the rows, by year or by country for example, and work on each part."));
        }
        self.resize(needed.max(self.capacity * 2).min(MOST));
        Ok(())
    }

    fn resize(&mut self, capacity: usize) {
        // SAFETY: the block was allocated by PostgreSQL; failure does not return.
        self.start = block(unsafe { pg_sys::repalloc_huge(self.start.as_ptr().cast(), capacity) });
        self.capacity = capacity;
    }

    /// The finished value.
    pub(super) fn finish(mut self) -> Result<pg_sys::Datum> {
        if self.header == 0 {
            self.append(&[0])?;
        }
        if self.capacity - self.len > self.len / 4 {
            self.resize(self.len);
        }
        if self.header > 0 {
            // SAFETY: the header is the first four bytes of the block; the size fits it.
            unsafe { pgrx::varlena::set_varsize_4b(self.start.as_ptr().cast(), self.len as i32) };
        }
        Ok(pg_sys::Datum::from(self.start.as_ptr()))
    }
}

fn block(start: *mut std::ffi::c_void) -> NonNull<u8> {
    NonNull::new(start.cast()).expect("an allocation that fails does not return")
}

impl Sink for Builder<'_> {
    fn append(&mut self, bytes: &[u8]) -> Result<()> {
        let end = self.len + bytes.len();
        if end > self.capacity {
            self.grow(end)?;
        }
        // SAFETY: there is room for the bytes, and they come from elsewhere.
        unsafe {
            let to = self.start.as_ptr().add(self.len);
            std::ptr::copy_nonoverlapping(bytes.as_ptr(), to, bytes.len());
        }
        self.len = end;
        Ok(())
    }

    fn overwrite(&mut self, at: usize, bytes: &[u8]) {
        let start = self.header + at;
        assert!(
            start + bytes.len() <= self.len,
            "only what was written can be written over"
        );
        // SAFETY: inside of what was written, as was just checked.
        unsafe {
            let to = self.start.as_ptr().add(start);
            std::ptr::copy_nonoverlapping(bytes.as_ptr(), to, bytes.len());
        }
    }
}
