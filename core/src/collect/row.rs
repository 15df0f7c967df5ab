//! Orders on their way into a log: one machine word or three per row, which sort as numbers.
//!
//! Rows are collected in the narrow form, 16 bytes each, as long as keys, times and amounts lie near enough to the
//! first one: 36 bits of key, 56 of time, 36 of amount. The first row that does not fit widens them all to 24 bytes.

use super::pile::Row;

/// Key, time and amount in 128 bits: the key's distance from a base, the time's distance from a base, the amount code.
pub(crate) type Narrow = u128;

/// Key and time with their sign bit flipped, and the amount code.
pub(crate) type Wide = [u64; 3];

const KEY_BITS: u32 = 36;
const TIME_BITS: u32 = 56;
const AMOUNT_BITS: u32 = 36;
const TIME_SHIFT: u32 = AMOUNT_BITS;
const KEY_SHIFT: u32 = AMOUNT_BITS + TIME_BITS;
const SIGN: u64 = 1 << 63;

impl Row for Narrow {
    const ZERO: Self = 0;

    #[inline]
    fn number(self) -> u128 {
        self
    }
}

impl Row for Wide {
    const ZERO: Self = [0; 3];

    #[inline]
    fn number(self) -> u128 {
        u128::from(self[0]) << 64 | u128::from(self[1])
    }
}

/// Where the narrow form counts keys and times from.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Base {
    key: i64,
    time: i64,
}

impl Base {
    /// A base with the first row in the middle of the range, or nearer to an end of all integers: no range goes around
    /// from the largest to the least, or rows would not sort.
    pub(crate) fn around(key: i64, time: i64) -> Base {
        let base = |middle: i64, bits: u32| middle.saturating_sub(1 << (bits - 1)).min(i64::MAX - ((1 << bits) - 1));
        Base {
            key: base(key, KEY_BITS),
            time: base(time, TIME_BITS),
        }
    }

    /// The narrow row, if it fits.
    #[inline]
    pub(crate) fn pack(self, key: i64, time: i64, code: u64) -> Option<Narrow> {
        let key = key.wrapping_sub(self.key) as u64;
        let time = time.wrapping_sub(self.time) as u64;
        // An amount code is signed in its upper part: it fits if sign extension gives it back.
        let code_fits = (code as i64) << (64 - AMOUNT_BITS) >> (64 - AMOUNT_BITS) == code as i64;
        (key >> KEY_BITS == 0 && time >> TIME_BITS == 0 && code_fits).then(|| {
            u128::from(key) << KEY_SHIFT | u128::from(time) << TIME_SHIFT | u128::from(code & ((1 << AMOUNT_BITS) - 1))
        })
    }

    /// Key, time and amount code of a narrow row.
    #[inline]
    pub(crate) fn unpack(self, row: Narrow) -> (i64, i64, u64) {
        let key = (row >> KEY_SHIFT) as u64;
        let time = (row >> TIME_SHIFT) as u64 & ((1 << TIME_BITS) - 1);
        let code = (row as u64) << (64 - AMOUNT_BITS);
        (
            self.key.wrapping_add(key as i64),
            self.time.wrapping_add(time as i64),
            (code as i64 >> (64 - AMOUNT_BITS)) as u64,
        )
    }
}

/// The wide row; it always fits.
#[inline]
pub(crate) fn widen(key: i64, time: i64, code: u64) -> Wide {
    [key as u64 ^ SIGN, time as u64 ^ SIGN, code]
}

/// Key, time and amount code of a wide row.
#[inline]
pub(crate) fn unwiden(row: Wide) -> (i64, i64, u64) {
    ((row[0] ^ SIGN) as i64, (row[1] ^ SIGN) as i64, row[2])
}

/// An amount in 64 bits: the scale in the lowest four, the scaled integer above. What does not fit goes to a table of
/// odd amounts; the code then holds its place there.
pub(crate) mod code {
    use crate::amount::{Amount, Form};

    const SCALE_BITS: u32 = 4;
    const SCALE: u64 = (1 << SCALE_BITS) - 1;
    /// No scale; marks a place in the table of odd amounts.
    const ODD: u64 = SCALE;

    /// The code of an amount that needs no table.
    #[inline]
    pub(crate) fn of(amount: Amount) -> Option<u64> {
        match amount.form() {
            Form::Decimal { mantissa, scale } => {
                let code = mantissa << SCALE_BITS;
                (code >> SCALE_BITS == mantissa).then_some(code as u64 | u64::from(scale))
            }
            Form::Raw(_) => None,
        }
    }

    /// The code of the odd amount at `index`.
    pub(crate) fn of_odd(index: usize) -> u64 {
        (index as u64) << SCALE_BITS | ODD
    }

    /// Whether a code is a place in the table of odd amounts.
    #[inline]
    pub(crate) fn is_odd(code: u64) -> bool {
        code & SCALE == ODD
    }

    /// The scaled integer and the scale of a code that is not odd.
    #[inline]
    pub(crate) fn parts(code: u64) -> (i64, u8) {
        (code as i64 >> SCALE_BITS, (code & SCALE) as u8)
    }

    /// The amount of a code.
    #[inline]
    pub(crate) fn amount(code: u64, odd: &[Amount]) -> Amount {
        if is_odd(code) {
            odd[(code >> SCALE_BITS) as usize]
        } else {
            let (mantissa, scale) = parts(code);
            Amount::decimal(mantissa, scale)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::amount::Amount;

    #[test]
    fn narrow_rows_round_trip_and_sort() {
        let base = Base::around(1_000_000, 7_000_000_000_000);
        let mut rows = Vec::new();
        for key in [-34_000_000_000, 0, 1_000_000, 34_000_000_000] {
            for time in [-30_000_000_000_000_000, 0, 7_000_000_000_000] {
                for mantissa in [-2_147_483_648, -1, 0, 5, 2_147_483_647] {
                    let code = code::of(Amount::decimal(mantissa, 2)).unwrap();
                    let row = base.pack(key, time, code).unwrap();
                    assert_eq!(base.unpack(row), (key, time, code));
                    rows.push(((key, time), row));
                }
            }
        }
        assert!(rows.is_sorted_by(|a, b| a.0 == b.0 || a.1 < b.1));
    }

    #[test]
    fn what_does_not_fit_is_told() {
        let base = Base::around(0, 0);
        let small = code::of(Amount::ZERO).unwrap();
        let large = code::of(Amount::decimal(1 << 31, 2)).unwrap();
        assert!(base.pack(0, 0, small).is_some());
        assert!(base.pack(1 << 35, 0, small).is_none());
        assert!(base.pack(i64::MIN, 0, small).is_none());
        assert!(base.pack(0, i64::MAX, small).is_none());
        assert!(base.pack(0, 0, large).is_none());
    }

    #[test]
    fn rows_sort_at_the_ends_of_the_range() {
        let code = code::of(Amount::ZERO).unwrap();
        let ends = [i64::MIN, i64::MIN + 1, -1, 0, i64::MAX - 1, i64::MAX];
        for first in ends {
            let base = Base::around(first, first);
            assert!(base.pack(first, first, code).is_some());
            let mut rows = Vec::new();
            for key in ends {
                for time in ends {
                    if let Some(row) = base.pack(key, time, code) {
                        assert_eq!(base.unpack(row), (key, time, code));
                        rows.push(row);
                    }
                }
            }
            assert!(rows.is_sorted_by(|a, b| a < b), "around {first}");
        }
    }

    #[test]
    fn wide_rows_round_trip_and_sort() {
        let keys = [i64::MIN, -1, 0, 1, i64::MAX];
        let mut rows = Vec::new();
        for key in keys {
            for time in keys {
                let row = widen(key, time, 42);
                assert_eq!(unwiden(row), (key, time, 42));
                rows.push(row);
            }
        }
        assert!(rows.is_sorted());
        assert!(rows.is_sorted_by_key(|row| row.number()));
    }

    #[test]
    fn codes_round_trip() {
        let mut odd = Vec::new();
        for amount in [
            Amount::ZERO,
            Amount::decimal(-(1 << 59), 9),
            Amount::decimal(i64::MAX, 0),
            Amount::raw(0.1 + 0.2),
        ] {
            let code = code::of(amount).unwrap_or_else(|| {
                odd.push(amount);
                code::of_odd(odd.len() - 1)
            });
            assert_eq!(code::amount(code, &odd), amount);
        }
        assert_eq!(odd.len(), 2);
    }
}
