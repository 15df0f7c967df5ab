//! What identifies a customer or an item: an integer, a UUID or a text; and what tells baskets apart, of any type.

use crate::checkpoint::{Checkpoint, attempt, push};
use crate::collect::Listed;
use crate::error::Result;
use std::fmt;

/// The kinds of keys. Keys of different kinds never meet in one value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyKind {
    /// Any integer type, widened to 64 bits.
    Integer,
    /// A UUID, as the number its 16 bytes spell.
    Uuid,
    /// UTF-8 text, ordered by its bytes.
    Text,
}

impl Listed for KeyKind {
    const ALL: &'static [KeyKind] = &[KeyKind::Integer, KeyKind::Uuid, KeyKind::Text];
}

impl fmt::Display for KeyKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            KeyKind::Integer => "integer",
            KeyKind::Uuid => "uuid",
            KeyKind::Text => "text",
        })
    }
}

/// One key, borrowed from wherever it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Key<'a> {
    /// An integer key.
    Integer(i64),
    /// A UUID key.
    Uuid(u128),
    /// A text key.
    Text(&'a str),
}

impl Key<'_> {
    /// The kind of this key.
    #[inline]
    pub fn kind(&self) -> KeyKind {
        match self {
            Key::Integer(_) => KeyKind::Integer,
            Key::Uuid(_) => KeyKind::Uuid,
            Key::Text(_) => KeyKind::Text,
        }
    }
}

impl<'a> Key<'a> {
    /// The key of a kind that a text spells, if it spells one.
    pub fn parse(kind: KeyKind, text: &'a str) -> Option<Key<'a>> {
        match kind {
            KeyKind::Integer => text.parse().ok().map(Key::Integer),
            KeyKind::Uuid => parse_uuid(text).map(Key::Uuid),
            KeyKind::Text => Some(Key::Text(text)).filter(|_| !text.contains('\0')),
        }
    }
}

fn parse_uuid(text: &str) -> Option<u128> {
    let digits: String = text.split('-').collect();
    let plain = digits.len() == 32 && digits.bytes().all(|digit| digit.is_ascii_hexdigit());
    plain.then(|| u128::from_str_radix(&digits, 16).ok()).flatten()
}

/// The key as PostgreSQL spells it.
impl fmt::Display for Key<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Key::Integer(key) => write!(f, "{key}"),
            Key::Uuid(key) => {
                let part = |from: u32, digits: u32| key >> (4 * (32 - from - digits)) & ((1 << (4 * digits)) - 1);
                write!(
                    f,
                    "{:08x}-{:04x}-{:04x}-{:04x}-{:012x}",
                    part(0, 8),
                    part(8, 4),
                    part(12, 4),
                    part(16, 4),
                    part(20, 12)
                )
            }
            Key::Text(key) => f.write_str(key),
        }
    }
}

/// The kinds of keys of which only equality matters: all types there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AnyKind {
    /// Any integer type, widened to 64 bits.
    Integer,
    /// A UUID.
    Uuid,
    /// UTF-8 text.
    Text,
    /// A day.
    Date,
    /// A time without a zone.
    Timestamp,
    /// An instant.
    Timestamptz,
    /// Any other type, as the bytes that tell its values apart.
    Other,
}

impl Listed for AnyKind {
    const ALL: &'static [AnyKind] = &[
        AnyKind::Integer,
        AnyKind::Uuid,
        AnyKind::Text,
        AnyKind::Date,
        AnyKind::Timestamp,
        AnyKind::Timestamptz,
        AnyKind::Other,
    ];
}

impl AnyKind {
    /// Whether keys of this kind are numbers, and not bytes.
    pub fn is_number(self) -> bool {
        !matches!(self, AnyKind::Uuid | AnyKind::Text | AnyKind::Other)
    }
}

impl fmt::Display for AnyKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            AnyKind::Integer => "integer",
            AnyKind::Uuid => "uuid",
            AnyKind::Text => "text",
            AnyKind::Date => "date",
            AnyKind::Timestamp => "timestamp",
            AnyKind::Timestamptz => "timestamptz",
            AnyKind::Other => "other",
        })
    }
}

/// A key of any type, of which only equality matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AnyKey<'a> {
    kind: AnyKind,
    form: Form<'a>,
}

/// What tells keys of one kind apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form<'a> {
    Number(i64),
    Bytes(&'a [u8]),
}

impl<'a> AnyKey<'a> {
    /// An integer.
    #[inline]
    pub fn integer(key: i64) -> AnyKey<'a> {
        AnyKey::number(AnyKind::Integer, key)
    }

    /// A day, counted from 2000-01-01.
    #[inline]
    pub fn date(day: i32) -> AnyKey<'a> {
        AnyKey::number(AnyKind::Date, i64::from(day))
    }

    /// A time without a zone, in microseconds since 2000-01-01.
    #[inline]
    pub fn timestamp(time: i64) -> AnyKey<'a> {
        AnyKey::number(AnyKind::Timestamp, time)
    }

    /// An instant, in microseconds since 2000-01-01 UTC.
    #[inline]
    pub fn timestamptz(time: i64) -> AnyKey<'a> {
        AnyKey::number(AnyKind::Timestamptz, time)
    }

    /// A UUID.
    pub fn uuid(bytes: &'a [u8; 16]) -> AnyKey<'a> {
        AnyKey::bytes(AnyKind::Uuid, bytes)
    }

    /// A text.
    pub fn text(text: &'a str) -> AnyKey<'a> {
        AnyKey::bytes(AnyKind::Text, text.as_bytes())
    }

    /// A value of any other type: bytes that are the same exactly where the values are.
    pub fn other(bytes: &'a [u8]) -> AnyKey<'a> {
        AnyKey::bytes(AnyKind::Other, bytes)
    }

    #[inline]
    pub(crate) fn number(kind: AnyKind, number: i64) -> AnyKey<'a> {
        AnyKey {
            kind,
            form: Form::Number(number),
        }
    }

    pub(crate) fn bytes(kind: AnyKind, bytes: &'a [u8]) -> AnyKey<'a> {
        AnyKey {
            kind,
            form: Form::Bytes(bytes),
        }
    }

    /// The kind of this key.
    #[inline]
    pub fn kind(&self) -> AnyKind {
        self.kind
    }

    #[inline]
    pub(crate) fn form(&self) -> Form<'a> {
        self.form
    }
}

/// A column of keys of one kind.
#[derive(Clone, Debug)]
pub enum Keys {
    /// Integer keys.
    Integer(Vec<i64>),
    /// UUID keys.
    Uuid(Vec<u128>),
    /// Text keys: all bytes in one string, and where each key ends in it.
    Text {
        /// The keys, one behind the other.
        bytes: String,
        /// The end of each key in `bytes`.
        ends: Vec<usize>,
    },
}

impl Keys {
    /// An empty column.
    pub fn new(kind: KeyKind) -> Keys {
        match kind {
            KeyKind::Integer => Keys::Integer(Vec::new()),
            KeyKind::Uuid => Keys::Uuid(Vec::new()),
            KeyKind::Text => Keys::Text {
                bytes: String::new(),
                ends: Vec::new(),
            },
        }
    }

    /// The bytes the column takes on the heap.
    #[inline]
    pub fn heap_bytes(&self) -> usize {
        match self {
            Keys::Integer(keys) => keys.capacity() * size_of::<i64>(),
            Keys::Uuid(keys) => keys.capacity() * size_of::<u128>(),
            Keys::Text { bytes, ends } => bytes.capacity() + ends.capacity() * size_of::<usize>(),
        }
    }

    /// The kind of the keys.
    #[inline]
    pub fn kind(&self) -> KeyKind {
        match self {
            Keys::Integer(_) => KeyKind::Integer,
            Keys::Uuid(_) => KeyKind::Uuid,
            Keys::Text { .. } => KeyKind::Text,
        }
    }

    /// Appends a key of the column's kind.
    pub fn push(&mut self, key: Key<'_>, checkpoint: &mut dyn Checkpoint) -> Result<()> {
        match (self, key) {
            (Keys::Integer(keys), Key::Integer(key)) => push(keys, key, checkpoint),
            (Keys::Uuid(keys), Key::Uuid(key)) => push(keys, key, checkpoint),
            (Keys::Text { bytes, ends }, Key::Text(key)) => {
                if bytes.capacity() - bytes.len() < key.len() {
                    let more = key.len().max(bytes.len());
                    checkpoint.reserve(more)?;
                    attempt(|| bytes.try_reserve(more))?;
                }
                bytes.push_str(key);
                push(ends, bytes.len(), checkpoint)
            }
            _ => unreachable!("a column holds keys of one kind"),
        }
    }

    /// How many keys there are.
    #[inline]
    pub fn len(&self) -> usize {
        match self {
            Keys::Integer(keys) => keys.len(),
            Keys::Uuid(keys) => keys.len(),
            Keys::Text { ends, .. } => ends.len(),
        }
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The key at `index`.
    #[inline]
    pub fn get(&self, index: usize) -> Key<'_> {
        match self {
            Keys::Integer(keys) => Key::Integer(keys[index]),
            Keys::Uuid(keys) => Key::Uuid(keys[index]),
            Keys::Text { bytes, ends } => {
                let start = if index == 0 { 0 } else { ends[index - 1] };
                Key::Text(&bytes[start..ends[index]])
            }
        }
    }
}
