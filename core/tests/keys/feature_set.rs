//! The ids that numbers stand for in tests of feature sets.

use clientele_core::key::{Key, KeyKind};

/// The id of a kind that a number stands for; the order of numbers is the order of ids.
pub fn with_id<T>(kind: KeyKind, number: i64, then: impl FnOnce(Key<'_>) -> T) -> T {
    let order = number as u64 ^ 1 << 63;
    match kind {
        KeyKind::Integer => then(Key::Integer(number)),
        KeyKind::Uuid => then(Key::Uuid(u128::from(order) << 60 | 7)),
        // Of different lengths: zeros at the end are left out.
        KeyKind::Text => then(Key::Text(format!("customer número {order:020}").trim_end_matches('0'))),
    }
}
