//! Sets of rows as results.
//!
//! The whole set is handed over at once, in a tuple store that spills to disk at `work_mem`. In FROM, PostgreSQL would collect
//! rows that come one by one in such a store all the same, only slower.

use super::array;
use super::call::Call;
use super::declaration::OLDER;
use super::encoding;
use super::error::{or_raise, type_name};
use super::time::in_range;
use clientele_core::key::{Key, KeyKind};
use clientele_core::{Error, Kind, Result};
use pgrx::callconv::{BoxRet, FcInfo};
use pgrx::datum::Datum;
use pgrx::pg_sys::VARHDRSZ;
use pgrx::prelude::*;
use std::marker::PhantomData;
use std::ptr::NonNull;

/// Rows that are handed over at a time.
const BATCH: usize = 256;
/// Words in a piece of memory for the texts of a batch.
const PIECE: usize = 8 << 10;
/// A batch whose texts take more words is handed over before it is full.
const LARGE: usize = 1 << 20;
/// The most bytes of an array of texts: less than a row can have.
const MOST: usize = 0x3f00_0000;

/// The type of a column, as the SQL declares it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Column {
    /// A key, of the type that the query asks for.
    Key,
    /// `integer`.
    Int4,
    /// `bigint`.
    Int8,
    /// `double precision`.
    Float8,
    /// `boolean`.
    Bool,
    /// `timestamp`.
    Timestamp,
    /// `text`.
    Text,
    /// `double precision[]`.
    Float8Array,
    /// `text[]`.
    TextArray,
}

/// A column and its name, as the SQL declares it.
type NamedColumn = (&'static str, Column);

/// One value of a row.
#[derive(Clone, Copy, Debug)]
pub enum Cell<'a> {
    /// NULL.
    Null,
    /// For a column of keys.
    Key(Key<'a>),
    /// For a column of integers.
    Integer(i64),
    /// For a column of numbers.
    Float(f64),
    /// For a column of what is so or not.
    Bool(bool),
    /// For a column of times.
    Time(i64),
    /// For a column of texts.
    Text(&'a str),
    /// For a column of texts: one of those that [`Rows::share`] keeps.
    Shared(Shared),
    /// For a column of arrays of numbers.
    Floats(&'a [f64]),
    /// For a column of arrays of texts, of those that [`Rows::share`] keeps.
    Texts(&'a [Shared]),
}

impl<'a> Cell<'a> {
    /// A cell of what may be missing.
    pub fn of<T>(value: Option<T>, cell: impl FnOnce(T) -> Cell<'a>) -> Cell<'a> {
        value.map_or(Cell::Null, cell)
    }

    /// A cell of a text; NULL for an empty one.
    pub fn text_or_null(text: &'a str) -> Cell<'a> {
        Cell::of(Some(text).filter(|text| !text.is_empty()), Cell::Text)
    }
}

/// A text that many rows have: its number among those that [`Rows::share`] was given.
#[derive(Clone, Copy, Debug)]
pub struct Shared(u32);

/// The key type that the query asks for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum KeyType {
    Int2,
    Int4,
    Int8,
    Uuid,
    Text,
}

/// Rows being collected for the caller, while its call is under way.
pub struct Rows<'fcx> {
    columns: &'static [NamedColumn],
    key: KeyType,
    desc: pg_sys::TupleDesc,
    store: *mut pg_sys::Tuplestorestate,
    /// The cells of a batch, row by row.
    values: Vec<pg_sys::Datum>,
    nulls: Vec<bool>,
    /// The cells of the batch that are filled.
    filled: usize,
    /// What the cells of the batch point to.
    arena: Arena,
    /// The texts that are shared, each with its header, and what they stand in: no longer, whatever the type says.
    shared: Vec<&'static [u8]>,
    kept: Arena,
    call: PhantomData<&'fcx ()>,
}

/// Memory that values are written to and that does not move.
struct Arena(Vec<Piece>);

/// A piece of such memory, which is pointed to while it lives.
struct Piece {
    words: NonNull<[u64]>,
    used: usize,
}

/// A set of rows that the caller has.
pub struct RowSet<'fcx>(PhantomData<&'fcx ()>);

impl<'fcx> Rows<'fcx> {
    /// Begins a set of rows for the caller, which must have declared these columns.
    ///
    /// `keys` is the kind of the keys that will come, if there are any: the query must ask for a type that holds them.
    pub fn begin(call: Call<'fcx>, columns: &'static [NamedColumn], keys: Option<KeyKind>) -> Result<Rows<'fcx>> {
        let fcinfo = call.fcinfo();
        // SAFETY: the call is under way; what it says about the result is checked before it is used. What is made here
        // lives in the memory of the query.
        unsafe {
            let info: *mut pg_sys::ReturnSetInfo = (*fcinfo).resultinfo.cast();
            let materialize = pg_sys::SetFunctionReturnMode::SFRM_Materialize;
            if info.is_null()
                || (*info).type_ != pg_sys::NodeTag::T_ReturnSetInfo
                || (*info).allowedModes as u32 & materialize == 0
            {
                ereport!(
                    ERROR,
                    PgSqlErrorCode::ERRCODE_FEATURE_NOT_SUPPORTED,
                    "set-valued function called in context that cannot accept a set"
                );
            }
            let mut declared = std::ptr::null_mut();
            let class = pg_sys::get_call_result_type(fcinfo, std::ptr::null_mut(), &mut declared);
            if class != pg_sys::TypeFuncClass::TYPEFUNC_COMPOSITE {
                ereport!(
                    ERROR,
                    PgSqlErrorCode::ERRCODE_FEATURE_NOT_SUPPORTED,
                    "return type must be a row type"
                );
            }
            let key = check_columns(call, columns, &pgrx::PgTupleDesc::from_pg_copy(declared), keys)?;

            let before = pg_sys::MemoryContextSwitchTo((*(*info).econtext).ecxt_per_query_memory);
            let desc = pg_sys::CreateTupleDescCopy(declared);
            let random = (*info).allowedModes as u32 & pg_sys::SetFunctionReturnMode::SFRM_Materialize_Random != 0;
            let store = pg_sys::tuplestore_begin_heap(random, false, pg_sys::work_mem);
            pg_sys::MemoryContextSwitchTo(before);
            (*info).returnMode = materialize;
            (*info).setResult = store;
            (*info).setDesc = desc;
            Ok(Rows {
                columns,
                key,
                desc,
                store,
                values: vec![pg_sys::Datum::null(); BATCH * columns.len()],
                nulls: vec![false; BATCH * columns.len()],
                filled: 0,
                arena: Arena(vec![Piece::of(PIECE)]),
                shared: Vec::new(),
                kept: Arena(Vec::new()),
                call: PhantomData,
            })
        }
    }

    /// No rows.
    pub fn none(call: Call<'fcx>, columns: &'static [NamedColumn]) -> Result<RowSet<'fcx>> {
        Ok(Rows::begin(call, columns, None)?.finish())
    }

    /// Keeps a text that many rows have.
    pub fn share(&mut self, text: &str) -> Shared {
        let text = or_raise(|| encoding::to_server(text));
        let len = VARHDRSZ + text.len();
        let value = write_value(self.kept.block(words_of(text.len())), text.len(), |bytes| {
            bytes.copy_from_slice(&text)
        });
        // SAFETY: the value is as long as that, and stays where it is as long as these rows, which do not hand it out.
        let bytes = unsafe { std::slice::from_raw_parts(value.cast_mut_ptr::<u8>(), len) };
        self.shared.push(bytes);
        Shared(u32::try_from(self.shared.len() - 1).expect("fewer texts than memory has bytes"))
    }

    /// Appends a row: one cell for each column.
    #[inline]
    pub fn put(&mut self, cells: &[Cell<'_>]) -> Result<()> {
        let columns = self.columns;
        let end = self.filled + columns.len();
        let (values, nulls) = (&mut self.values[self.filled..end], &mut self.nulls[self.filled..end]);
        assert_eq!(cells.len(), columns.len(), "one cell for each column");
        for (((&cell, &(_, column)), value), null) in cells.iter().zip(columns).zip(values).zip(nulls) {
            *null = matches!(cell, Cell::Null);
            *value = match (cell, column) {
                (Cell::Null, _) => pg_sys::Datum::null(),
                (Cell::Float(x), Column::Float8) => pg_sys::Datum::from(x.to_bits()),
                (Cell::Bool(is_so), Column::Bool) => pg_sys::Datum::from(is_so),
                (Cell::Integer(n), Column::Int8) => pg_sys::Datum::from(n),
                (Cell::Integer(n), Column::Int4) => pg_sys::Datum::from(int4(n)?),
                (Cell::Time(time), Column::Timestamp) => pg_sys::Datum::from(in_range(time)?),
                (Cell::Shared(text), Column::Text) => pg_sys::Datum::from(self.shared[text.0 as usize].as_ptr()),
                (Cell::Text(text), Column::Text) => self.arena.text(text)?,
                (Cell::Floats(numbers), Column::Float8Array) => self.arena.floats(numbers),
                (Cell::Texts(texts), Column::TextArray) => self.arena.texts(texts, &self.shared)?,
                (Cell::Key(key), Column::Key) => self.arena.key(key, self.key)?,
                (cell, column) => unreachable!("{cell:?} in a column of {column:?}"),
            };
        }
        self.filled = end;
        if end == self.values.len() || self.arena.is_large() {
            self.flush();
        }
        Ok(())
    }

    /// Hands over what is left.
    pub fn finish(mut self) -> RowSet<'fcx> {
        self.flush();
        RowSet(PhantomData)
    }

    #[expect(ffi_unwind_calls, reason = "the guard around it catches what would unwind")]
    fn flush(&mut self) {
        check_for_interrupts!();
        let width = self.columns.len();
        let (store, desc) = (self.store, self.desc);
        let (values, nulls) = (self.values.as_mut_ptr(), self.nulls.as_mut_ptr());
        let rows = self.filled / width;
        // SAFETY: as many cells as columns for each row, of the types that the columns have. Nothing in the closure has a
        // destructor. One guard for all rows: it costs as much as a row.
        unsafe {
            pg_sys::ffi::pg_guard_ffi_boundary(|| {
                for row in 0..rows {
                    tuplestore_putvalues(store, desc, values.add(row * width), nulls.add(row * width));
                }
            });
        }
        self.filled = 0;
        self.arena.clear();
    }
}

impl Arena {
    fn clear(&mut self) {
        self.0.truncate(1);
        self.0[0].used = 0;
    }

    #[inline]
    fn is_large(&self) -> bool {
        self.0.len() > 1 && self.0.iter().map(|piece| piece.words.len()).sum::<usize>() > LARGE
    }

    #[inline]
    fn key(&mut self, key: Key<'_>, as_type: KeyType) -> Result<pg_sys::Datum> {
        let out_of_range = |name: &str, key: i64| {
            Error::new(Kind::OutOfRange, format!("{name} out of range"))
                .detail(format!("Key {key} does not fit {name}."))
                .hint("Ask for the keys as NULL::bigint.")
        };
        Ok(match (key, as_type) {
            (Key::Integer(key), KeyType::Int8) => pg_sys::Datum::from(key),
            (Key::Integer(key), KeyType::Int4) => {
                pg_sys::Datum::from(i32::try_from(key).map_err(|_| out_of_range("integer", key))?)
            }
            (Key::Integer(key), KeyType::Int2) => {
                pg_sys::Datum::from(i16::try_from(key).map_err(|_| out_of_range("smallint", key))?)
            }
            (Key::Uuid(key), KeyType::Uuid) => {
                let bytes = key.to_be_bytes();
                let words = self.block(2);
                words[0] = u64::from_ne_bytes(bytes[..8].try_into().expect("eight bytes"));
                words[1] = u64::from_ne_bytes(bytes[8..].try_into().expect("eight bytes"));
                pg_sys::Datum::from(words.as_mut_ptr())
            }
            (Key::Text(key), KeyType::Text) => self.text(key)?,
            _ => unreachable!("the kind of the keys was checked"),
        })
    }

    fn text(&mut self, text: &str) -> Result<pg_sys::Datum> {
        let text = encoding::to_server(text)?;
        Ok(write_value(self.block(words_of(text.len())), text.len(), |bytes| {
            bytes.copy_from_slice(&text)
        }))
    }

    fn floats(&mut self, numbers: &[f64]) -> pg_sys::Datum {
        let len = array::HEAD + size_of_val(numbers);
        write_value(self.block(words_of(len)), len, |bytes| {
            let (head, elements) = bytes.split_at_mut(array::HEAD);
            head.copy_from_slice(&array::head(numbers.len(), pg_sys::FLOAT8OID));
            for (element, number) in elements.as_chunks_mut().0.iter_mut().zip(numbers) {
                *element = number.to_ne_bytes();
            }
        })
    }

    fn texts(&mut self, texts: &[Shared], shared: &[&[u8]]) -> Result<pg_sys::Datum> {
        // Each element begins where an integer could.
        let bytes_of = |text: &Shared| shared[text.0 as usize];
        let size = |text: &Shared| bytes_of(text).len().next_multiple_of(size_of::<i32>());
        let len = array::HEAD + texts.iter().map(size).sum::<usize>();
        if len > MOST {
            return Err(Error::new(Kind::TooLarge, "an array of texts is too large")
                .detail(format!("Its {} elements take {len} bytes.", texts.len()))
                .hint("Use numbers or shorter names, and look up the long ones afterwards."));
        }
        Ok(write_value(self.block(words_of(len)), len, |bytes| {
            let (head, mut rest) = bytes.split_at_mut(array::HEAD);
            head.copy_from_slice(&array::head(texts.len(), pg_sys::TEXTOID));
            for text in texts {
                let (element, behind) = std::mem::take(&mut rest).split_at_mut(size(text));
                element[..bytes_of(text).len()].copy_from_slice(bytes_of(text));
                rest = behind;
            }
        }))
    }

    /// Memory that stays where it is as long as the arena, or until it is cleared. It holds zeros.
    fn block(&mut self, words: usize) -> &mut [u64] {
        if self.0.last().is_none_or(|last| last.words.len() - last.used < words) {
            self.0.push(Piece::of(words.max(PIECE)));
        }
        let last = self.0.last_mut().expect("there is always a piece");
        // SAFETY: the piece has room for so many words behind those that are in use, which nobody else borrows.
        let block = unsafe {
            let start = last.words.cast::<u64>().add(last.used);
            std::slice::from_raw_parts_mut(start.as_ptr(), words)
        };
        last.used += words;
        block.fill(0);
        block
    }
}

impl Piece {
    fn of(words: usize) -> Piece {
        let words = Box::into_raw(vec![0; words].into_boxed_slice());
        Piece {
            words: NonNull::new(words).expect("a box is somewhere"),
            used: 0,
        }
    }
}

impl Drop for Piece {
    fn drop(&mut self) {
        // SAFETY: it was a box, and nobody else drops it.
        drop(unsafe { Box::from_raw(self.words.as_ptr()) });
    }
}

/// An integer for a column of `integer`.
fn int4(n: i64) -> Result<i32> {
    i32::try_from(n).map_err(|_| Error::new(Kind::OutOfRange, "integer out of range").detail(format!("It is {n}.")))
}

/// The words that a value of `len` bytes takes, with its header.
fn words_of(len: usize) -> usize {
    (VARHDRSZ + len).div_ceil(size_of::<u64>())
}

/// Writes a value of variable length to a block that is large enough; `fill` is given its bytes.
fn write_value(block: &mut [u64], len: usize, fill: impl FnOnce(&mut [u8])) -> pg_sys::Datum {
    assert!(words_of(len) <= block.len());
    let start = block.as_mut_ptr();
    // SAFETY: the block holds the header and the bytes, as was just checked.
    unsafe {
        pgrx::varlena::set_varsize_4b(start.cast(), (VARHDRSZ + len) as i32);
        fill(std::slice::from_raw_parts_mut(start.cast::<u8>().add(VARHDRSZ), len));
    }
    pg_sys::Datum::from(start)
}

/// Compares the columns that the SQL declares with those that will come.
fn check_columns(
    call: Call<'_>,
    columns: &[NamedColumn],
    declared: &pgrx::PgTupleDesc<'_>,
    keys: Option<KeyKind>,
) -> Result<KeyType> {
    let mut key = KeyType::Int8;
    let mut fits = columns.len() == declared.len();
    for (&(name, column), declared) in columns.iter().zip(declared.iter()) {
        let oid = declared.atttypid;
        fits &= declared.name() == name;
        fits &= match column {
            Column::Key => {
                key = key_type(call, oid, keys)?;
                true
            }
            Column::Int4 => oid == pg_sys::INT4OID,
            Column::Int8 => oid == pg_sys::INT8OID,
            Column::Float8 => oid == pg_sys::FLOAT8OID,
            Column::Bool => oid == pg_sys::BOOLOID,
            Column::Timestamp => oid == pg_sys::TIMESTAMPOID,
            Column::Text => oid == pg_sys::TEXTOID,
            Column::Float8Array => oid == pg_sys::FLOAT8ARRAYOID,
            Column::TextArray => oid == pg_sys::TEXTARRAYOID,
        };
    }
    if fits {
        Ok(key)
    } else {
        let message = format!("{} is declared with other columns than it returns", call.name());
        Err(Error::new(Kind::WrongType, message).hint(OLDER))
    }
}

/// The type of keys that the query asks for, if those that will come fit.
fn key_type(call: Call<'_>, oid: pg_sys::Oid, keys: Option<KeyKind>) -> Result<KeyType> {
    let (key, kind) = match oid {
        pg_sys::INT2OID => (KeyType::Int2, KeyKind::Integer),
        pg_sys::INT4OID => (KeyType::Int4, KeyKind::Integer),
        pg_sys::INT8OID => (KeyType::Int8, KeyKind::Integer),
        pg_sys::UUIDOID => (KeyType::Uuid, KeyKind::Uuid),
        pg_sys::TEXTOID | pg_sys::VARCHAROID => (KeyType::Text, KeyKind::Text),
        _ => {
            return Err(Error::new(
                Kind::WrongType,
                format!("keys cannot be returned as {}", type_name(oid)),
            )
            .hint("The second argument says of which type keys are: smallint, integer, bigint, uuid, text or varchar. Pass options by name."));
        }
    };
    match keys {
        Some(keys) if keys != kind => {
            let wanted = match keys {
                KeyKind::Integer => "bigint",
                KeyKind::Uuid => "uuid",
                KeyKind::Text => "text",
            };
            let (name, given) = (call.name(), call.argument_name(0));
            Err(Error::new(
                Kind::WrongType,
                format!(
                    "{name} returns keys of type {}, but the {given} has {keys} keys",
                    type_name(oid)
                ),
            )
            .hint(format!(
                "Name the type in the second argument: {name}({given}, NULL::{wanted})."
            )))
        }
        _ => Ok(key),
    }
}

// The store's own function: the bindings guard each call of theirs.
unsafe extern "C-unwind" {
    fn tuplestore_putvalues(
        store: *mut pg_sys::Tuplestorestate,
        desc: pg_sys::TupleDesc,
        values: *mut pg_sys::Datum,
        nulls: *mut bool,
    );
}

// SAFETY: the set is in the call's result info; the value itself is not looked at.
unsafe impl BoxRet for RowSet<'_> {
    unsafe fn box_into<'fcx>(self, fcinfo: &mut FcInfo<'fcx>) -> Datum<'fcx> {
        fcinfo.return_null()
    }
}
