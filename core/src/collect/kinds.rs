//! The kinds of what a value holds: they take one byte, and do not mix.

use super::header::Head;
use crate::error::{Error, Kind, Result};
use std::fmt;

/// Kinds of something, known by their places in a list and by their names.
pub trait Listed: Copy + PartialEq + fmt::Display + 'static {
    /// All there are, in the order of stored values, which only grows at its end: at most 15.
    const ALL: &'static [Self];

    /// The one with a name.
    fn of_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|kind| kind.to_string() == name)
    }
}

/// The place in the list, from 1 on.
fn place<K: Listed>(kind: K) -> u8 {
    let found = K::ALL.iter().position(|&other| other == kind);
    found.map_or(0, |place| place as u8 + 1)
}

/// The kind that a byte stands for.
pub(crate) fn of_byte<K: Listed>(place: u8) -> Option<K> {
    K::ALL.get(usize::from(place).checked_sub(1)?).copied()
}

/// A kind as a byte; 0 is none.
pub(crate) fn byte_of<A: Listed>(kind: Option<A>) -> u8 {
    kind.map_or(0, place)
}

/// Two kinds as a byte; 0 is none.
pub(crate) fn byte_of_two<A: Listed, B: Listed>(kinds: Option<(A, B)>) -> u8 {
    kinds.map_or(0, |(first, second)| place(first) | place(second) << 4)
}

impl Head<'_> {
    /// The kind that the value has; none if nothing was collected.
    pub(crate) fn kind<A: Listed>(&self) -> Result<Option<A>> {
        self.known(of_byte(self.kinds))
    }

    /// Both kinds that the value has; none if nothing was collected.
    pub(crate) fn two_kinds<A: Listed, B: Listed>(&self) -> Result<Option<(A, B)>> {
        self.known(of_byte(self.kinds & 15).zip(of_byte(self.kinds >> 4)))
    }

    fn known<K>(&self, kinds: Option<K>) -> Result<Option<K>> {
        if kinds.is_some() == (self.kinds != 0) {
            Ok(kinds)
        } else {
            Err(self.rest.error(format!("There are no kinds {} of keys.", self.kinds)))
        }
    }
}

/// Sees to it that kinds do not mix: those that come first stay.
#[inline]
pub(crate) fn meet<K: Copy + PartialEq>(own: &mut Option<K>, kinds: K, mismatch: fn(K, K) -> Error) -> Result<()> {
    match *own {
        Some(own) if own == kinds => Ok(()),
        Some(own) => Err(mismatch(own, kinds)),
        None => {
            *own = Some(kinds);
            Ok(())
        }
    }
}

/// The error for values, which are called `these`, of which one has `a` and the other `b`.
#[cold]
pub(crate) fn mismatch(these: &str, a: &str, b: &str) -> Error {
    let short = these.rsplit(' ').next().unwrap_or(these);
    Error::new(Kind::WrongType, format!("{these} of different kinds cannot be merged"))
        .detail(format!("One has {a}, the other has {b}."))
        .hint(format!("Cast them to one type where the {short} are collected."))
}
