//! The keys that numbers stand for in tests of basket logs.

// Each test uses a part of it.
#![allow(dead_code)]

use clientele_core::key::{AnyKey, AnyKind, Key, KeyKind};

/// The key of a basket that a number stands for.
pub fn with_basket<T>(kind: AnyKind, number: i64, then: impl FnOnce(AnyKey<'_>) -> T) -> T {
    match kind {
        AnyKind::Integer => then(AnyKey::integer(number)),
        AnyKind::Date => then(AnyKey::date(number as i32)),
        AnyKind::Timestamp => then(AnyKey::timestamp(number)),
        AnyKind::Timestamptz => then(AnyKey::timestamptz(number)),
        AnyKind::Uuid => then(AnyKey::uuid(&(u128::from(number as u64) << 40).to_be_bytes())),
        AnyKind::Text => then(AnyKey::text(&text_of(number))),
        AnyKind::Other => then(AnyKey::other(&number.to_be_bytes()[4..])),
    }
}

/// A text in the order of numbers that has a long beginning in common with others; one of them is empty.
fn text_of(number: i64) -> String {
    if number == 0 {
        String::new()
    } else {
        format!("número \"{:020}\"", number as u64 ^ 1 << 63)
    }
}

/// The key of an item that a number stands for; the order of numbers is the order of keys, but for the empty text.
pub fn with_item<T>(kind: KeyKind, number: i64, then: impl FnOnce(Key<'_>) -> T) -> T {
    match kind {
        KeyKind::Integer => then(Key::Integer(number)),
        KeyKind::Uuid => then(Key::Uuid(u128::from(number as u64 ^ 1 << 63) << 40)),
        KeyKind::Text => then(Key::Text(&text_of(number))),
    }
}
