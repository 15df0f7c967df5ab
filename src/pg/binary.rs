//! The bytes that tell values of any type apart: what the type's binary output function sends, in UTF-8 whatever the encodings of
//! client and database, and without what does not matter for equality.
//!
//! Of rows, the types of the columns are left out: they are numbers of objects, which other databases count otherwise.
//! Numbers are sent with the digits that show, zeros of two signs, padded text with its padding; all this goes.

use super::error::raise;
use super::varlena::bytes_of;
use clientele_core::{Error, Kind};
use pgrx::pg_sys;

/// How the values of one type are told apart.
pub(super) struct Sender {
    form: Form,
    function: pg_sys::FmgrInfo,
}

/// What is sent.
#[derive(Clone, Copy)]
enum Form {
    /// Bytes that are the same exactly where the values are, or as nearly as the type says.
    Plain,
    Float,
    Numeric,
    /// Text that ends in blanks which do not matter.
    Padded,
    Row,
}

impl Sender {
    /// The sender of a type, made in a memory context.
    ///
    /// # Safety
    /// `of` is a type; `context` is a memory context.
    pub(super) unsafe fn allocate(of: pg_sys::Oid, context: pg_sys::MemoryContext) -> *mut Sender {
        // SAFETY: the block is large enough, aligned, and written before it is read. A type without the function is an error.
        unsafe {
            let (mut function, mut is_varlena) = (pg_sys::InvalidOid, false);
            pg_sys::getTypeBinaryOutputInfo(of, &mut function, &mut is_varlena);
            let sender: *mut Sender = pg_sys::MemoryContextAllocZero(context, size_of::<Sender>()).cast();
            (&raw mut (*sender).form).write(Form::of(of));
            pg_sys::fmgr_info_cxt(function, &raw mut (*sender).function, context);
            sender
        }
    }

    /// Hands on the bytes of a value.
    ///
    /// # Safety
    /// `value` is of the type that the sender is for, and not NULL.
    pub(super) unsafe fn with_bytes<T>(&mut self, value: pg_sys::Datum, then: impl FnOnce(&[u8]) -> T) -> T {
        // SAFETY: as promised; what is sent lives as long as the memory context of the call.
        let sent = unsafe {
            let in_utf8 = InUtf8::begin();
            let sent = pg_sys::SendFunctionCall(&mut self.function, value);
            drop(in_utf8);
            bytes_of(pg_sys::Datum::from(sent))
        };
        match self.form {
            Form::Plain => then(sent),
            form => {
                let mut bytes = Vec::with_capacity(sent.len());
                form.put(sent, &mut bytes);
                then(&bytes)
            }
        }
    }
}

impl Form {
    fn of(oid: pg_sys::Oid) -> Form {
        match oid {
            pg_sys::FLOAT4OID | pg_sys::FLOAT8OID => Form::Float,
            pg_sys::NUMERICOID => Form::Numeric,
            pg_sys::BPCHAROID => Form::Padded,
            // SAFETY: looks a type up.
            _ if unsafe { pg_sys::type_is_rowtype(oid) } => Form::Row,
            _ => Form::Plain,
        }
    }

    /// Appends what matters of what was sent.
    fn put(self, sent: &[u8], out: &mut Vec<u8>) {
        match self {
            Form::Plain => out.extend_from_slice(sent),
            Form::Float => match sent {
                [0x80, rest @ ..] if rest.iter().all(|&byte| byte == 0) => out.resize(out.len() + sent.len(), 0),
                _ => out.extend_from_slice(sent),
            },
            // How many digits, the weight of the first one, the sign, how many digits show, and the digits (`numeric_send`).
            Form::Numeric => {
                out.extend_from_slice(&sent[..sent.len().min(6)]);
                out.extend_from_slice(sent.get(8..).unwrap_or(&[]));
            }
            Form::Padded => {
                let end = sent.iter().rposition(|&byte| byte != b' ').map_or(0, |last| last + 1);
                out.extend_from_slice(&sent[..end]);
            }
            Form::Row => put_row(sent, out),
        }
    }
}

/// How many columns, and for each its type, its length and what it sends; a length of -1 for NULL (`record_send`).
fn put_row(sent: &[u8], out: &mut Vec<u8>) {
    // SAFETY: rows may hold rows; too many in each other are an error.
    unsafe { pg_sys::check_stack_depth() };
    let (columns, mut rest) = number(sent);
    for _ in 0..columns {
        let (oid, behind) = number(rest);
        let (len, behind) = number(behind);
        let (column, behind) = behind.split_at(usize::try_from(len).unwrap_or(0).min(behind.len()));
        let start = out.len();
        out.extend_from_slice(&len.to_be_bytes());
        if len >= 0 {
            // SAFETY: looks a type up.
            let base = unsafe { pg_sys::getBaseType(pg_sys::Oid::from(oid as u32)) };
            Form::of(base).put(column, out);
            let len = (out.len() - start - size_of::<i32>()) as i32;
            out[start..start + size_of::<i32>()].copy_from_slice(&len.to_be_bytes());
        }
        rest = behind;
    }
}

/// The number at the beginning, and what follows.
fn number(bytes: &[u8]) -> (i32, &[u8]) {
    match bytes.split_first_chunk() {
        Some((number, rest)) => (i32::from_be_bytes(*number), rest),
        None => (0, &[]),
    }
}

/// While it lives, text is sent in UTF-8.
struct InUtf8 {
    before: i32,
}

const UTF8: i32 = pg_sys::pg_enc::PG_UTF8 as i32;

impl InUtf8 {
    fn begin() -> Option<InUtf8> {
        // SAFETY: the encoding of the client is a number that functions which send text look at; nothing is sent meanwhile.
        unsafe {
            let before = pg_sys::pg_get_client_encoding();
            if before == UTF8 {
                return None;
            }
            if pg_sys::PrepareClientEncoding(UTF8) < 0 || pg_sys::SetClientEncoding(UTF8) < 0 {
                raise(&Error::new(
                    Kind::WrongType,
                    "text cannot be converted from the encoding of the database to UTF-8",
                ));
            }
            Some(InUtf8 { before })
        }
    }
}

impl Drop for InUtf8 {
    fn drop(&mut self) {
        // SAFETY: as above; it was the encoding before, and is known how to convert to.
        unsafe { pg_sys::SetClientEncoding(self.before) };
    }
}
