//! The bytes that tell values of any type apart: what the type's binary output function sends, in UTF-8 whatever the encodings of
//! client and database, and without what does not matter for equality.
//!
//! The numbers of types are left out: other databases count them otherwise. Rows whose type has no name say only with their values which
//! columns they have, and are sent column by column.

use super::equality::{Form, Unequal};
use super::error::raise;
use super::varlena::bytes_of;
use clientele_core::{Error, Kind};
use pgrx::pg_sys::{self, Oid};
use pgrx::{PgMemoryContexts, PgTupleDesc};

/// How the values of one type are told apart.
pub(super) struct Sender {
    context: pg_sys::MemoryContext,
    how: How,
}

enum How {
    Sent(Form, Box<pg_sys::FmgrInfo>),
    /// Rows of any columns, for those that came so far.
    Rows(Vec<Columns>),
}

/// The columns of rows without a named type.
struct Columns {
    of: (Oid, i32),
    /// Nothing for a column that has been dropped.
    senders: Vec<Option<Sender>>,
}

impl Sender {
    /// The sender of a type under a collation, kept in a memory context. `what` names the argument in errors.
    ///
    /// # Safety
    /// `of` is a type; `context` is a memory context that lives as long as the sender is used.
    pub(super) unsafe fn allocate(of: Oid, collation: Oid, context: pg_sys::MemoryContext, what: &str) -> *mut Sender {
        // SAFETY: as promised.
        let sender = unsafe { Sender::new(of, collation, context) }.unwrap_or_else(|why| raise(&why.error(what)));
        PgMemoryContexts::For(context).leak_and_drop_on_delete(sender)
    }

    unsafe fn new(of: Oid, collation: Oid, context: pg_sys::MemoryContext) -> Result<Sender, Unequal> {
        // SAFETY: as promised to `allocate`. A type without the function is an error.
        let how = unsafe {
            let base = pg_sys::getBaseType(of);
            if base == pg_sys::RECORDOID {
                How::Rows(Vec::new())
            } else {
                let form = Form::of(base, collation)?;
                let (mut function, mut is_varlena) = (Oid::INVALID, false);
                pg_sys::getTypeBinaryOutputInfo(base, &mut function, &mut is_varlena);
                let mut info = Box::new(pg_sys::FmgrInfo::default());
                pg_sys::fmgr_info_cxt(function, &mut *info, context);
                How::Sent(form, info)
            }
        };
        Ok(Sender { context, how })
    }

    /// Hands on the bytes of a value. `what` names the argument in errors.
    ///
    /// # Safety
    /// `value` is of the type that the sender is for, and not NULL.
    pub(super) unsafe fn with_bytes<T>(
        &mut self,
        value: pg_sys::Datum,
        what: &str,
        then: impl FnOnce(&[u8]) -> T,
    ) -> T {
        let in_utf8 = InUtf8::begin();
        // SAFETY: as promised; what is sent lives as long as the memory context of the call.
        unsafe {
            if let How::Sent(Form::Plain, function) = &mut self.how {
                let sent = send(function, value);
                drop(in_utf8);
                return then(sent);
            }
            let mut bytes = Vec::new();
            self.put(value, &mut bytes)
                .unwrap_or_else(|why| raise(&why.error(what)));
            drop(in_utf8);
            then(&bytes)
        }
    }

    /// Appends the bytes of a value.
    ///
    /// # Safety
    /// As for `with_bytes`.
    unsafe fn put(&mut self, value: pg_sys::Datum, out: &mut Vec<u8>) -> Result<(), Unequal> {
        // SAFETY: as promised; rows may hold rows, and too many in each other are an error. A row is as long as it says, and has the columns
        // of the type that it names.
        unsafe {
            let rows = match &mut self.how {
                How::Sent(form, function) => {
                    form.put(send(function, value), out);
                    return Ok(());
                }
                How::Rows(rows) => rows,
            };
            pg_sys::check_stack_depth();
            let row: pg_sys::HeapTupleHeader = pg_sys::pg_detoast_datum(value.cast_mut_ptr()).cast();
            let of = (
                (*row).t_choice.t_datum.datum_typeid,
                (*row).t_choice.t_datum.datum_typmod,
            );
            let desc = PgTupleDesc::from_pg(pg_sys::lookup_rowtype_tupdesc(of.0, of.1));
            let place = match rows.iter().position(|columns| columns.of == of) {
                Some(place) => place,
                None => {
                    let sender = |column: &pg_sys::FormData_pg_attribute| {
                        let sender = || Sender::new(column.atttypid, column.attcollation, self.context);
                        (!column.attisdropped).then(sender).transpose()
                    };
                    let senders = desc.iter().map(sender).collect::<Result<_, _>>()?;
                    rows.push(Columns { of, senders });
                    rows.len() - 1
                }
            };
            let senders = &mut rows[place].senders;
            let mut values = vec![pg_sys::Datum::null(); senders.len()];
            let mut nulls = vec![false; senders.len()];
            let mut tuple = pg_sys::HeapTupleData {
                t_len: pgrx::varlena::varsize_any(row.cast()) as u32,
                t_data: row,
                ..Default::default()
            };
            pg_sys::heap_deform_tuple(&mut tuple, desc.as_ptr(), values.as_mut_ptr(), nulls.as_mut_ptr());
            for ((sender, value), null) in senders.iter_mut().zip(values).zip(nulls) {
                let Some(sender) = sender else { continue };
                if null {
                    out.extend_from_slice(&NULL);
                } else {
                    let start = begin(out);
                    sender.put(value, out)?;
                    end(start, out);
                }
            }
            Ok(())
        }
    }
}

/// What a binary output function sends.
///
/// # Safety
/// `value` is of the type that the function is for, and not NULL.
unsafe fn send<'a>(function: &mut pg_sys::FmgrInfo, value: pg_sys::Datum) -> &'a [u8] {
    // SAFETY: as promised.
    unsafe { bytes_of(pg_sys::Datum::from(pg_sys::SendFunctionCall(function, value))) }
}

/// The length of what is NULL.
const NULL: [u8; 4] = (-1i32).to_be_bytes();
const WORD: usize = size_of::<i32>();

/// Leaves room for the length of what follows, and says where it starts.
fn begin(out: &mut Vec<u8>) -> usize {
    out.extend_from_slice(&[0; WORD]);
    out.len()
}

/// Writes the length of what was appended since.
fn end(start: usize, out: &mut [u8]) {
    let len = (out.len() - start) as i32;
    out[start - WORD..start].copy_from_slice(&len.to_be_bytes());
}

impl Form {
    /// Appends what matters of what was sent.
    fn put(&self, sent: &[u8], out: &mut Vec<u8>) {
        match self {
            Form::Plain => out.extend_from_slice(sent),
            Form::Float => put_float(sent, out),
            // How many digits, the weight of the first one, the sign, how many digits show, and the digits (`numeric_send`).
            Form::Numeric => {
                out.extend_from_slice(&sent[..sent.len().min(6)]);
                out.extend_from_slice(sent.get(8..).unwrap_or(&[]));
            }
            // Microseconds, days and months, which are compared as days of 24 hours and months of 30 days (`interval_cmp_value`).
            Form::Interval => {
                let (time, rest) = sent
                    .split_first_chunk()
                    .map_or((0, sent), |(time, rest)| (i64::from_be_bytes(*time), rest));
                let (days, rest) = number(rest);
                let days = i128::from(days) + 30 * i128::from(number(rest).0);
                out.extend_from_slice(&(i128::from(time) + days * DAY).to_be_bytes());
            }
            Form::Padded => {
                let end = sent.iter().rposition(|&byte| byte != b' ').map_or(0, |last| last + 1);
                out.extend_from_slice(&sent[..end]);
            }
            // How many columns, and for each its type and what it sends (`record_send`).
            Form::Row(columns) => {
                let (_, mut rest) = number(sent);
                for column in columns {
                    rest = column.put_piece(number(rest).1, out);
                }
            }
            // How many dimensions, whether NULLs are provided for, the type of elements, for each dimension its length and its first index, and
            // what the elements send (`array_send`).
            Form::Array(element) => {
                let (dimensions, _) = number(sent);
                let (head, mut rest) = sent.split_at(sent.len().min(3 * WORD));
                out.extend_from_slice(&head[..head.len().min(WORD)]);
                let (bounds, elements) = rest.split_at(rest.len().min(2 * WORD * dimensions.max(0) as usize));
                out.extend_from_slice(bounds);
                rest = elements;
                while !rest.is_empty() {
                    rest = element.put_piece(rest, out);
                }
            }
            // Which bounds there are and belong to it, and what they send (`range_send`).
            Form::Range(bound) => {
                let (flags, mut rest) = sent.split_at(sent.len().min(1));
                out.extend_from_slice(flags);
                while !rest.is_empty() {
                    rest = bound.put_piece(rest, out);
                }
            }
            // How many ranges, and what they send (`multirange_send`).
            Form::Multirange(bound) => {
                let (_, mut rest) = number(sent);
                while !rest.is_empty() {
                    let (len, behind) = number(rest);
                    let (range, behind) = behind.split_at(usize::try_from(len).unwrap_or(0).min(behind.len()));
                    let (flags, mut bounds) = range.split_at(range.len().min(1));
                    out.extend_from_slice(flags);
                    while !bounds.is_empty() {
                        bounds = bound.put_piece(bounds, out);
                    }
                    rest = behind;
                }
            }
        }
    }

    /// Appends what matters of a piece behind its length, with its new length; returns what follows. A length of -1 is NULL.
    fn put_piece<'a>(&self, sent: &'a [u8], out: &mut Vec<u8>) -> &'a [u8] {
        let (len, behind) = number(sent);
        let Ok(len) = usize::try_from(len) else {
            out.extend_from_slice(&NULL);
            return behind;
        };
        let (piece, behind) = behind.split_at(len.min(behind.len()));
        let start = begin(out);
        self.put(piece, out);
        end(start, out);
        behind
    }
}

/// Microseconds of a day.
const DAY: i128 = 86_400_000_000;

/// Zero has no sign, and there is one NaN.
fn put_float(sent: &[u8], out: &mut Vec<u8>) {
    let canonical = |x: f64| match x {
        0.0 => 0.0,
        x if x.is_nan() => f64::NAN,
        x => x,
    };
    if let Ok(&bytes) = <&[u8; 8]>::try_from(sent) {
        out.extend_from_slice(&canonical(f64::from_be_bytes(bytes)).to_be_bytes());
    } else if let Ok(&bytes) = <&[u8; 4]>::try_from(sent) {
        out.extend_from_slice(&(canonical(f32::from_be_bytes(bytes).into()) as f32).to_be_bytes());
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
