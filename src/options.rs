//! What options have to be, whatever function takes them.

use crate::pg::options::{OptionType, Options};
use clientele_core::support::{min_count_of, share};
use clientele_core::{Error, Result};

/// The option called `name`, which has no default.
pub fn required<'a, T: OptionType<'a>>(options: &Options<'a>, name: &str) -> Result<T> {
    let option = options.get(name)?;
    option.ok_or_else(|| Error::invalid(format!("{name} must not be NULL")))
}

/// A number of things that must not be none.
pub fn at_least_one(n: i32, name: &str) -> Result<usize> {
    match n {
        1.. => Ok(n as usize),
        _ => Err(Error::invalid(format!("{name} must be at least 1")).detail(format!("It is {n}."))),
    }
}

/// How often something has to be there: the option `min_support` or `min_count`.
#[derive(Clone, Copy, Debug)]
pub enum Support {
    /// In a share of all.
    Share(f64),
    /// In so many.
    Count(u32),
}

impl Support {
    /// The one of the two options that is given; nothing where none is.
    pub fn read(options: &Options<'_>) -> Result<Option<Support>> {
        let least = |count: i64, name: &str| match count {
            1.. => Ok(u32::try_from(count).unwrap_or(u32::MAX)),
            _ => Err(Error::invalid(format!("{name} must be at least 1")).detail(format!("It is {count}."))),
        };
        let support = options.get("min_support")?;
        let count = options.get("min_count")?;
        match (support, count) {
            (None, None) => Ok(None),
            (Some(_), Some(_)) => Err(Error::invalid("min_support and min_count cannot both be given")
                .hint("One is a share of all baskets, the other a number of baskets.")),
            (Some(support), None) => share(support, "min_support").map(Support::Share).map(Some),
            (None, Some(count)) => least(count, "min_count").map(Support::Count).map(Some),
        }
    }

    /// The least number of `total`.
    pub fn count(self, total: usize) -> Result<u32> {
        match self {
            Support::Share(share) => min_count_of(share, total),
            // More than there can be, perhaps.
            Support::Count(count) => Ok(count),
        }
    }
}
