//! How often something has to be there: shares of all, and the numbers that they come to.

use crate::error::{Error, Result, spelled};

/// A share of all baskets, checked. `what` names it in errors.
pub fn share(share: f64, what: &str) -> Result<f64> {
    if share > 0.0 && share <= 1.0 {
        return Ok(share);
    }
    let error =
        Error::invalid(format!("{what} must be above 0 and at most 1")).detail(format!("It is {}.", spelled(share)));
    Err(match what {
        "min_support" if (1.0..1e9).contains(&share) && share > 1.0 => error.hint(format!(
            "It is a share of all baskets. For a number of baskets say min_count => {}.",
            spelled(share.ceil())
        )),
        _ => error.hint("It is a share of all baskets."),
    })
}

/// The least number of `total` baskets that is a share of at least `support`.
///
/// Shares are compared as the nearest doubles: 441 of 88162 baskets have a support of at least `441.0 / 88162.0`. For decimals of up to five
/// places this is the comparison of exact numbers, because no other fraction with a denominator of 32 bits is as near.
///
/// Fails if `support` is not above 0 and at most 1.
pub fn min_count_of(support: f64, total: usize) -> Result<u32> {
    let support = share(support, "min_support")?;
    let n = total as f64;
    // Off by one at most, on either side.
    let mut count = ((support * n) as u32).saturating_sub(1).max(1);
    while f64::from(count) / n < support {
        count += 1;
    }
    Ok(count)
}

/// The greatest number of `total` baskets that is a share of at most `support`, compared as in [`min_count_of`].
///
/// Fails if `support` is not above 0 and at most 1.
pub fn max_count_of(support: f64, total: usize) -> Result<u32> {
    let support = share(support, "max_item_support")?;
    let least = min_count_of(support, total)?;
    let is_exact = f64::from(least) / total as f64 <= support;
    Ok(if is_exact { least } else { least - 1 })
}
