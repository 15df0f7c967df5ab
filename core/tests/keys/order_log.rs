//! The keys that numbers stand for in tests of order logs.

use clientele_core::key::{Key, KeyKind};

/// The key of a kind that a number stands for; the order of numbers is the order of keys.
pub fn with_key<T>(kind: KeyKind, number: i64, then: impl FnOnce(Key<'_>) -> T) -> T {
    let order = number as u64 ^ 1 << 63;
    match kind {
        KeyKind::Integer => then(Key::Integer(number)),
        KeyKind::Uuid => then(Key::Uuid(u128::from(order) << 64 | 7)),
        KeyKind::Text => then(Key::Text(&format!("customer número {order:020} of the shop"))),
    }
}
