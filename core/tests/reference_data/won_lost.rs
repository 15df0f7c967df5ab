//! Customers won and lost in public orders, beside those of another program.

use crate::orders::{self, log_of, rows, time};
use crate::tolerance::{FORMULA, LEAST};
use crate::{of_files, text_of};
use clientele_core::amount::Sum;
use clientele_core::calendar::Period;
use clientele_core::checkpoint::Unhindered;
use clientele_core::estimate::Confidence;
use clientele_core::order_log::OrderLog;
use clientele_core::won_lost::{Options, Row, each, trends};
use clientele_core::zone::Zone;
use libtest_mimic::Trial;

pub fn trials() -> Vec<Trial> {
    let set = |set: &'static str| {
        let golden = move |what: &str| format!("golden/journey/won_lost/{set}_{what}.csv");
        let files = ["month", "quarter", "trend"].map(golden);
        let files = [&files[0], &files[1], &files[2], orders::file(set)];
        of_files(&format!("won_lost::{set}"), &files, move || {
            let log = log_of(&rows(set));
            let text = |what| text_of(&golden(what)).unwrap();
            check(&log, Period::Month, &text("month"));
            check(&log, Period::Quarter, &text("quarter"));
            check_trend(&log, &text("trend"));
        })
    };
    ["online_retail_clean", "online_retail_known", "cdnow"].map(set).into()
}

fn options(period: Period) -> Options {
    Options {
        period,
        since: None,
        until: None,
        confidence: Confidence::new(0.95).unwrap(),
        row_limit: 1_000,
    }
}

fn money(row: &Row) -> [f64; 8] {
    let value = |sum: Sum| sum.value().unwrap();
    [
        row.revenue().unwrap(),
        value(row.revenue_new),
        value(row.revenue_kept),
        value(row.revenue_won_back),
        value(row.revenue_inactive),
        value(row.kept_before),
        value(row.lost_before),
        value(row.inactive_before),
    ]
}

fn check(log: &[u8], period: Period, golden: &str) {
    let log = OrderLog::open(log).unwrap();
    let as_of = log.newest_order().unwrap();
    let mut rows: Vec<Row> = Vec::new();
    each(
        &log,
        as_of,
        &Zone::utc(),
        &options(period),
        &mut Unhindered,
        &mut |row, _| {
            rows.push(row.clone());
            Ok(())
        },
    )
    .unwrap();
    let lines: Vec<&str> = golden.lines().skip(1).collect();
    assert_eq!(rows.len(), lines.len());
    for (row, line) in rows.iter().zip(lines) {
        let words: Vec<&str> = line.split(',').collect();
        let counts: Vec<u64> = words[1..6].iter().map(|word| word.parse().unwrap()).collect();
        assert_eq!(
            [row.customers(), row.new, row.kept, row.won_back, row.lost][..],
            counts,
            "{line}"
        );
        let want: Vec<f64> = words[6..14].iter().map(|word| word.parse().unwrap()).collect();
        assert_eq!(money(row)[..], want, "{line}");
        assert_eq!((row.start, row.complete), (time(words[0]), words[14] == "t"), "{line}");
    }
}

/// set, periods, lost, at risk, share, chi-square, degrees, probability of it, z, probability of that.
fn check_trend(log: &[u8], golden: &str) {
    let log = OrderLog::open(log).unwrap();
    let as_of = log.newest_order().unwrap();
    let options = options(Period::Month);
    let [lost, _] = trends(&log, as_of, &Zone::utc(), &options, &mut Unhindered)
        .unwrap()
        .unwrap();
    let words: Vec<f64> = golden
        .lines()
        .nth(1)
        .unwrap()
        .split(',')
        .skip(1)
        .map(|word| word.parse().unwrap())
        .collect();
    let test = lost.test.unwrap();
    let counts = [lost.periods, lost.events, lost.at_risk, test.degrees];
    assert_eq!(
        counts.map(|count| count as f64),
        [words[0], words[1], words[2], words[5]]
    );
    for (found, want) in [
        (lost.share.unwrap().0, words[3]),
        (test.chi_square, words[4]),
        (test.p_same, words[6]),
        (test.z, words[7]),
        (test.p_trend, words[8]),
    ] {
        assert!(
            (found - want).abs() <= FORMULA * want.abs() + LEAST,
            "{golden}: {found}"
        );
    }
}
