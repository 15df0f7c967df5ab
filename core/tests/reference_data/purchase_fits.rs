//! Fits to the customers of CDNOW, as published.

use crate::fits::check_fits;
use crate::fitted::{fitted, ln_likelihood};
use crate::of_text;
use crate::tolerance::{FORMULA, printed};
use clientele_core::estimate::Status;
use clientele_core::purchases::{Family, History};
use libtest_mimic::Trial;

pub fn trials() -> Vec<Trial> {
    vec![
        of_text(
            "purchase_fits::cdnow_as_published",
            "data/btyd/cdnow_sample_summary.csv",
            cdnow_as_published,
        ),
        of_text(
            "purchase_fits::cdnow_in_exact_days",
            "golden/btyd_cdnow_sample_exact.csv",
            cdnow_in_exact_days,
        ),
    ]
}

/// The histories in the columns of a table, with times in `unit`s.
fn table(text: &str, columns: [usize; 3], unit: f64) -> Vec<History> {
    let row = |line: &str| {
        let words: Vec<&str> = line.split(',').collect();
        let [x, recency, age] = columns.map(|column| words[column].parse::<f64>().unwrap());
        History::new(x as i64, recency / unit, age / unit, 1.0).unwrap()
    };
    text.lines().skip(1).map(row).collect()
}

fn cdnow_as_published(text: &str) {
    let mut histories = table(text, [1, 2, 3], 1.0);
    check_fits("sample", &histories, FORMULA);
    // One who buys very often: other programs stop at s = 1.6 and beta = 50, at a log-likelihood of 0.907 less.
    histories.push(History::new(1_000, 38.5, 38.86, 1.0).unwrap());
    for (family, likelihood, values) in [
        (Family::Bg, -7_423.388_7, [0.19372, 2.63033, 0.73111, 2.00001]),
        (Family::Mbg, -7442.4295, [0.31069, 3.10098, 1.17843, 3.04704]),
        (Family::Pareto, -7512.8528, [0.31821, 4.93823, 0.88078, 25.20068]),
    ] {
        let model = fitted(family, &histories);
        assert_eq!(model.estimate.status, Status::Converged);
        assert!(
            (ln_likelihood(&model) - likelihood).abs() < printed(4),
            "{}",
            ln_likelihood(&model)
        );
        for (found, want) in model.estimate.values.iter().zip(values) {
            assert!((found - want).abs() < printed(5), "{found} and not {want}");
        }
    }
}

fn cdnow_in_exact_days(text: &str) {
    check_fits("days", &table(text, [1, 2, 3], 7.0), FORMULA);
}
