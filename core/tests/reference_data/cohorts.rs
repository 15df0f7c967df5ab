//! Cohorts of public orders, beside those of another program.

use crate::orders::{self, log_of, rows, time};
use crate::tolerance::printed;
use crate::{of_files, text_of};
use clientele_core::calendar::{DAY, Period};
use clientele_core::checkpoint::Unhindered;
use clientele_core::cohorts::{Definition, Options, Row, Windows, each};
use clientele_core::estimate::Confidence;
use clientele_core::order_log::OrderLog;
use clientele_core::zone::Zone;
use libtest_mimic::Trial;

/// What is said about each set: windows, definition, their length, and the first weighted means of rates by age, as they are printed.
type Known = (&'static str, &'static str, &'static str, [f64; 4]);

const CLEAN: [Known; 5] = [
    ("calendar", "on", "month", [1.0, 0.236_537, 0.249_17, 0.269_219]),
    (
        "calendar",
        "on_or_after",
        "month",
        [1.0, 0.671_364, 0.675_608, 0.673_802],
    ),
    ("rolling", "on", "month", [1.0, 0.257_467, 0.251_432, 0.287_802]),
    ("rolling", "on", "30d", [1.0, 0.251_936, 0.255_05, 0.281_131]),
    ("rolling", "on_or_after", "30d", [1.0, 0.695_796, 0.693_398, 0.682_338]),
];

const DATES: [Known; 5] = [
    ("calendar", "on", "month", [1.0, 0.148_536, 0.114_383, 0.099_661]),
    (
        "calendar",
        "on_or_after",
        "month",
        [1.0, 0.458_846, 0.420_916, 0.394_782],
    ),
    ("rolling", "on", "month", [1.0, 0.130_081, 0.102_333, 0.091_981]),
    ("rolling", "on", "30d", [1.0, 0.131_014, 0.100_764, 0.091_175]),
    ("rolling", "on_or_after", "30d", [1.0, 0.438_057, 0.406_661, 0.384_345]),
];

const KNOWN: [Known; 1] = [("calendar", "on", "month", [1.0, 0.236_537, 0.249_17, 0.269_219])];

fn file(set: &str, (windows, definition, length, _): &Known) -> String {
    format!("golden/journey/cohorts/{set}_{windows}_{definition}_{}.csv", length)
}

pub fn trials() -> Vec<Trial> {
    let set = |set: &'static str, known: &'static [Known]| {
        let golden: Vec<String> = known.iter().map(|known| file(set, known)).collect();
        let files: Vec<&str> = golden.iter().map(String::as_str).chain([orders::file(set)]).collect();
        of_files(&format!("cohorts::{set}"), &files, move || {
            let log = log_of(&rows(set));
            for known in known {
                check(&log, known, &text_of(&file(set, known)).unwrap());
            }
        })
    };
    vec![
        set("online_retail_clean", &CLEAN),
        set("online_retail_known", &KNOWN),
        set("cdnow", &DATES),
    ]
}

fn check(log: &[u8], &(windows, definition, length, means): &Known, golden: &str) {
    let log = OrderLog::open(log).unwrap();
    let options = Options {
        period: Period::Month,
        definition: Definition::parse(definition).unwrap(),
        windows: match (windows, length) {
            ("calendar", _) => Windows::Calendar,
            (_, "month") => Windows::Rolling(None),
            _ => Windows::Rolling(Some(30 * DAY)),
        },
        max_age: None,
        confidence: Confidence::new(0.95).unwrap(),
        row_limit: 1_000,
    };
    let mut rows: Vec<Row> = Vec::new();
    let as_of = log.newest_order().unwrap();
    each(&log, as_of, &Zone::utc(), &options, &mut Unhindered, &mut |row| {
        rows.push(row.clone());
        Ok(())
    })
    .unwrap();
    // cohort, age, customers, observed, active, observed_active, orders, revenue, complete
    let lines: Vec<&str> = golden.lines().skip(1).collect();
    assert_eq!(rows.len(), lines.len());
    for (row, line) in rows.iter().zip(lines) {
        let words: Vec<&str> = line.split(',').collect();
        let counts = [
            row.age,
            row.customers,
            row.observed,
            row.active,
            row.observed_active,
            row.orders,
        ];
        let want: Vec<u64> = words[1..7].iter().map(|word| word.parse().unwrap()).collect();
        assert_eq!(counts[..], want, "{windows} {definition}: {line}");
        assert_eq!(
            row.cohort,
            Some(words[0]).filter(|word| !word.is_empty()).map(time),
            "{line}"
        );
        assert_eq!(row.revenue, words[7].parse::<f64>().unwrap(), "{line}");
        assert_eq!(row.complete, words[8] == "t", "{line}");
    }
    // What tools show as a mean: of complete cells, weighted, zeros in.
    for (age, mean) in (0..).zip(means) {
        let cells = || {
            rows.iter()
                .filter(|row| row.complete && row.age == age && row.cohort.is_some())
        };
        let active: u64 = cells().map(|row| row.observed_active).sum();
        let observed: u64 = cells().map(|row| row.observed).sum();
        let found = active as f64 / observed as f64;
        assert!(
            (found - mean).abs() <= printed(6),
            "{windows} {definition}, age {age}: {found} and not {mean}"
        );
    }
}
