//! Rows on their way into a log: three machine words, which sort by the first two as numbers.
//!
//! Customer and time stand in a row as in the narrow rows of an order log, as long as keys and times lie near enough to the first one,
//! with the number of the item where those have an amount: 36, 56 and 36 bits. Otherwise customers are numbered: 32 bits of customer,
//! 64 of time, 32 of item. The third word is the code of the amount.

use crate::collect::row::{Base, Wide};

const SIGN: u64 = 1 << 63;

/// What is in a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Entry {
    /// The key of the customer, or the number that stands for it.
    pub(super) customer: i64,
    pub(super) time: i64,
    pub(super) item: u32,
    pub(super) code: u64,
}

fn words(number: u128, code: u64) -> Wide {
    [(number >> 64) as u64, number as u64, code]
}

/// The row of a customer whose key is an integer, if it is near enough.
#[inline]
pub(super) fn near(base: Base, key: i64, time: i64, item: u32, code: u64) -> Option<Wide> {
    base.pack(key, time, item.into()).map(|number| words(number, code))
}

/// What is in such a row.
#[inline]
pub(super) fn of_near(base: Base, row: Wide) -> Entry {
    let (customer, time, item) = base.unpack(u128::from(row[0]) << 64 | u128::from(row[1]));
    Entry {
        customer,
        time,
        item: item as u32,
        code: row[2],
    }
}

/// The row of a customer who has a number.
#[inline]
pub(super) fn numbered(customer: u32, time: i64, item: u32, code: u64) -> Wide {
    let time = u128::from(time as u64 ^ SIGN);
    words(u128::from(customer) << 96 | time << 32 | u128::from(item), code)
}

/// What is in such a row.
#[inline]
pub(super) fn of_numbered(row: Wide) -> Entry {
    let time = row[0] << 32 | row[1] >> 32;
    Entry {
        customer: i64::from((row[0] >> 32) as u32),
        time: (time ^ SIGN) as i64,
        item: row[1] as u32,
        code: row[2],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_round_trip_and_sort() {
        let base = Base::around(50, 1_000);
        let (mut all_near, mut all_numbered) = (Vec::new(), Vec::new());
        for customer in [0, 1, 50, 70_000, u32::MAX - 1] {
            for time in [-5_000_000_000, 0, 1, 7_000_000_000_000] {
                for item in [0, 1, u32::MAX - 1] {
                    let entry = Entry {
                        customer: i64::from(customer),
                        time,
                        item,
                        code: u64::MAX - 3,
                    };
                    let row = near(base, entry.customer, time, item, entry.code).expect("it is near");
                    assert_eq!(of_near(base, row), entry);
                    all_near.push(row);
                    let row = numbered(customer, time, item, entry.code);
                    assert_eq!(of_numbered(row), entry);
                    all_numbered.push(row);
                }
            }
        }
        assert!(all_near.is_sorted() && all_numbered.is_sorted());
    }

    #[test]
    fn all_times_fit_where_customers_are_numbered() {
        for time in [i64::MIN, -1, 0, i64::MAX] {
            assert_eq!(of_numbered(numbered(7, time, 8, 9)).time, time);
        }
        assert!(numbered(7, i64::MIN, 8, 9) < numbered(7, i64::MAX, 0, 0));
        assert!(near(Base::around(0, 0), 1 << 40, 0, 0, 0).is_none());
    }
}
