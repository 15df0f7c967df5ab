//! How near numbers must be, each limit with its reason. Limits are relative unless they say otherwise; none is what happens to pass.

// Each test uses a part of it.
#![allow(dead_code)]

/// Of an operation or two: the last digit.
pub const ROUNDING: f64 = 1e-15;

/// Of a logarithm of a p-value, beside one plus its size: a few digits of a sum of hundreds of terms.
pub const LN_P_VALUE: f64 = 2e-14;

/// Of a weighted sum or mean of the same numbers in another order.
pub const SUM: f64 = 1e-13;

/// Of dozens of operations after each other, and of what must not fall or rise but for them.
pub const ARITHMETIC: f64 = 1e-12;

/// Of what is the same by another formula, or in another unit of time.
pub const IDENTITY: f64 = 1e-11;

/// Of a log-likelihood at its top beside 60 digits, and of probabilities that add up to 1.
pub const LIKELIHOOD: f64 = 1e-10;

/// Of a function beside 60 digits, as is promised, and of what is made of such functions.
pub const FORMULA: f64 = 1e-9;

/// Of the same where small differences of large numbers are in it: twice that.
pub const FORMULA_TWICE: f64 = 2.0 * FORMULA;

/// Of the place of a top: it is flat there, so that a likelihood of 16 digits tells half of them.
pub const PARAMETER: f64 = 1e-8;

/// Of what others printed with eight digits.
pub const EIGHT_DIGITS: f64 = 2e-8;

/// Of a slope beside a difference quotient, and of a limit beside what is near it.
pub const SLOPE: f64 = 1e-7;

/// Of a log-likelihood beside the best that a search elsewhere finds.
pub const OPTIMUM: f64 = 1e-6;

/// Of a discounted number of orders, which is an integral, where parameters are anything.
pub const DISCOUNTED: f64 = 1e-6;

/// Of a quantile of a mixture, as is promised.
pub const QUANTILE: f64 = 1e-6;

/// Of second derivatives by differences, and so of standard errors: a third of the digits.
pub const STANDARD_ERROR: f64 = 1e-5;

/// Of the inertia of a clustering above that of the best of hundreds of runs, where ten do not find that one.
pub const NEAR_THE_BEST: f64 = 0.005;

/// Of the indices of Caliński and Harabasz, and of Davies and Bouldin, of clusterings of the same inertia: there are several.
pub const SAME_INERTIA: (f64, f64) = (1e-7, 1e-4);

/// Of an approximation that is published as such, for the lower limit of lift.
pub const LIFT_LOW: f64 = 0.035;

/// What doubles cannot tell from 0 where the whole is about 1; absolute.
pub const NOTHING: f64 = 1e-15;

/// What is left of the smallest doubles after some operations; absolute.
pub const LEAST: f64 = 1e-300;

/// Of a number that is printed with so many digits behind the point, half of the last one; absolute.
pub fn printed(digits: i32) -> f64 {
    0.5 / 10f64.powi(digits)
}

/// That a number is as near as that to another one.
#[track_caller]
pub fn close(found: f64, want: f64, tolerance: f64, what: &str) {
    let is_close = found == want || (found - want).abs() <= tolerance * want.abs();
    let apart = (found / want - 1.0).abs();
    assert!(is_close, "{what}: {found} and not {want}, {apart:.1e} off");
}
