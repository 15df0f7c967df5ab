//! Text between UTF-8, which Rust has, and the encoding of the database.

use clientele_core::codec::Sink;
use clientele_core::{Error, Kind, Result};
use pgrx::pg_sys;
use std::borrow::Cow;
use std::ffi::{CStr, c_char};

pub(super) fn is_utf8() -> bool {
    // SAFETY: reads a number.
    unsafe { pg_sys::GetDatabaseEncoding() == pg_sys::pg_enc::PG_UTF8 as i32 }
}

/// Text of the server as UTF-8.
pub fn from_server(bytes: &[u8]) -> Result<Cow<'_, str>> {
    let bytes = if is_utf8() {
        Cow::Borrowed(bytes)
    } else {
        // SAFETY: the result ends with a zero, and is either what came in or newly allocated.
        convert(bytes, |start, len| unsafe {
            pg_sys::pg_server_to_any(start, len, pg_sys::pg_enc::PG_UTF8 as i32)
        })
    };
    match bytes {
        Cow::Borrowed(bytes) => std::str::from_utf8(bytes)
            .map(Cow::Borrowed)
            .map_err(|error| error.to_string()),
        Cow::Owned(bytes) => String::from_utf8(bytes)
            .map(Cow::Owned)
            .map_err(|error| error.to_string()),
    }
    .map_err(|error| {
        Error::new(Kind::InvalidText, "text is not valid in the encoding of the database")
            .detail(format!("It has an {error}."))
    })
}

/// A name that the server has, for messages.
///
/// # Safety
/// It is a string that ends with a zero.
pub(super) unsafe fn read_name(name: *const c_char) -> String {
    // SAFETY: as promised.
    let bytes = unsafe { CStr::from_ptr(name) }.to_bytes();
    match from_server(bytes) {
        Ok(name) => name.into_owned(),
        Err(_) => String::from_utf8_lossy(bytes).into_owned(),
    }
}

/// UTF-8 as text of the server, which has no zero characters.
pub fn to_server(text: &str) -> Result<Cow<'_, [u8]>> {
    if text.as_bytes().contains(&0) {
        return Err(Error::new(Kind::InvalidText, "text must not hold a zero character"));
    }
    Ok(if is_utf8() {
        Cow::Borrowed(text.as_bytes())
    } else {
        // SAFETY: the result ends with a zero, and is either what came in or newly allocated.
        convert(text.as_bytes(), |start, len| unsafe {
            pg_sys::pg_any_to_server(start, len, pg_sys::pg_enc::PG_UTF8 as i32)
        })
    })
}

/// UTF-8 as text of the server for messages, which must always come: characters that the encoding of the database does not have are
/// written as PostgreSQL's escapes.
pub(super) fn to_server_for_message(text: &str) -> Vec<u8> {
    let escape = |out: &mut Vec<u8>, c: char| match u32::from(c) {
        code @ ..0x1_0000 => out.extend_from_slice(format!("\\u{code:04X}").as_bytes()),
        code => out.extend_from_slice(format!("\\U{code:08X}").as_bytes()),
    };
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let plain = rest.find('\0').unwrap_or(rest.len());
        let known = match is_utf8() {
            true => {
                out.extend_from_slice(&rest.as_bytes()[..plain]);
                plain
            }
            false => convert_known(&rest[..plain], &mut out),
        };
        rest = &rest[known..];
        if known == 0 {
            escape(&mut out, first);
            rest = &rest[first.len_utf8()..];
        }
    }
    out
}

/// Appends UTF-8 in the encoding of the database up to a character that it does not have; says how many bytes these were.
fn convert_known(text: &str, out: &mut Vec<u8>) -> usize {
    let ascii = text.bytes().position(|byte| !byte.is_ascii()).unwrap_or(text.len());
    if ascii > 0 {
        out.extend_from_slice(&text.as_bytes()[..ascii]);
        return ascii;
    }
    const UTF8: i32 = pg_sys::pg_enc::PG_UTF8 as i32;
    let len = i32::try_from(text.len()).expect("a message is shorter than 1 GB");
    // As much room as any conversion may take, and a zero.
    let mut converted = vec![0; text.len() * pg_sys::MAX_CONVERSION_GROWTH as usize + 1];
    // SAFETY: both buffers are as long as is said; only the second is written to.
    let known = unsafe {
        let to = pg_sys::GetDatabaseEncoding();
        if to == pg_sys::pg_enc::PG_SQL_ASCII as i32 {
            out.extend_from_slice(text.as_bytes());
            return text.len();
        }
        let by = pg_sys::FindDefaultConversionProc(UTF8, to);
        if by == pg_sys::InvalidOid {
            return 0;
        }
        let (from, room) = (text.as_ptr().cast_mut(), converted.len() as i32);
        pg_sys::pg_do_encoding_conversion_buf(by, UTF8, to, from, len, converted.as_mut_ptr(), room, true)
    };
    out.extend(converted.into_iter().take_while(|&byte| byte != 0));
    (0..=known as usize)
        .rev()
        .find(|&at| text.is_char_boundary(at))
        .unwrap_or(0)
}

fn convert(bytes: &[u8], by: impl FnOnce(*const c_char, i32) -> *mut c_char) -> Cow<'_, [u8]> {
    let start: *const c_char = bytes.as_ptr().cast();
    let len = i32::try_from(bytes.len()).expect("a value is shorter than 1 GB");
    let converted = by(start, len);
    if converted.is_null() || std::ptr::eq(converted, start) {
        return Cow::Borrowed(bytes);
    }
    // SAFETY: a string that ends with a zero, allocated for us.
    unsafe {
        let copy = CStr::from_ptr(converted).to_bytes().to_vec();
        pg_sys::pfree(converted.cast());
        Cow::Owned(copy)
    }
}

/// A sink of UTF-8 text that passes it on in the encoding of the database.
pub struct ToServer<'s>(pub &'s mut dyn Sink);

impl Sink for ToServer<'_> {
    fn append(&mut self, bytes: &[u8]) -> Result<()> {
        match std::str::from_utf8(bytes) {
            Ok(text) => self.0.append(&to_server(text)?),
            Err(_) => self.0.append(bytes),
        }
    }

    fn overwrite(&mut self, at: usize, bytes: &[u8]) {
        self.0.overwrite(at, bytes);
    }
}
