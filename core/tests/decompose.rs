//! Trend, season and remainder by STL.

mod passengers;
mod tolerance;

use clientele_core::checkpoint::Unhindered;
use clientele_core::seasonality::{Decomposition, Grain, Series, Smoothing, decompose};
use clientele_core::{Kind, Result};
use passengers::PASSENGERS;
use tolerance::{ARITHMETIC, IDENTITY, SUM, close};

fn parts(values: &[f64], m: usize, robust: bool) -> Result<Decomposition> {
    let smoothing = Smoothing::new(None, robust)?;
    let series = Series {
        grain: Grain::Month,
        first: 0,
        values: values.to_vec(),
    };
    decompose(&series, m, smoothing, &mut Unhindered)
}

#[test]
fn parts_add_up() {
    for robust in [false, true] {
        let found = parts(&PASSENGERS, 12, robust).unwrap();
        for (at, value) in PASSENGERS.iter().enumerate() {
            close(
                found.trend[at] + found.seasonal[at] + found.remainder[at],
                *value,
                SUM,
                "the sum of the parts",
            );
        }
    }
    // What STL of statsmodels 0.15 has for the first and the last month.
    let found = parts(&PASSENGERS, 12, false).unwrap();
    close(found.trend[0], 121.463_327_357_171_58, IDENTITY, "trend");
    close(found.seasonal[143], -60.351_183_061_456_95, IDENTITY, "season");
    assert_ne!(parts(&PASSENGERS, 12, true).unwrap().trend, found.trend);
    // As large as numbers get.
    let large: Vec<f64> = PASSENGERS.iter().map(|value| value * 1e300).collect();
    close(
        parts(&large, 12, true).unwrap().trend[3] / 1e300,
        parts(&PASSENGERS, 12, true).unwrap().trend[3],
        IDENTITY,
        "trend",
    );
}

#[test]
fn parts_of_unusual_series() {
    let same = parts(&[42.0; 24], 12, false).unwrap();
    assert_eq!(same.trend, [42.0; 24]);
    assert_eq!((same.seasonal, same.remainder), (vec![0.0; 24], vec![0.0; 24]));
    for seasonal in [0, -7, 5, 8, 14] {
        let error = Smoothing::new(Some(seasonal), false).unwrap_err();
        assert_eq!(error.message(), "seasonal_smoother must be odd and at least 7");
    }
    // What would take long is refused, since it cannot be stopped.
    let long: Vec<f64> = (0..100_000).map(|t| f64::from(t % 97)).collect();
    let error = parts(&long, 8_766, false).unwrap_err();
    assert_eq!(error.kind(), Kind::TooLarge);
    assert!(parts(&long[..10_000], 24, false).is_ok());
    // A season exactly as it was, and values that stand out.
    let exact: Vec<f64> = (0..60).map(|t| f64::from(t % 12)).collect();
    let found = parts(&exact, 12, true).unwrap();
    assert!(
        found.remainder.iter().all(|left| left.abs() < ARITHMETIC),
        "{:?}",
        found.remainder
    );
}
