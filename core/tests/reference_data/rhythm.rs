//! Typical gaps and stages of life, as another program has them.

use crate::orders::{end_of, log_of, rows, time};
use crate::sha256::sha256;
use crate::tolerance::{FORMULA, close};
use crate::{of_files, text_of};
use clientele_core::calendar::{DAY, Period, SECOND};
use clientele_core::checkpoint::Unhindered;
use clientele_core::key::Key;
use clientele_core::observation::Observation;
use clientele_core::order_log::OrderLog;
use clientele_core::rhythm::{Life, Limits, Rhythm, Stage, lifecycle, purchase_gaps, rhythm};
use clientele_core::zone::Zone;
use libtest_mimic::Trial;
use std::fmt::Write;

const RHYTHMS: &str = include_str!("../golden/rhythm.txt");
const GAPS: &str = include_str!("../golden/purchase_gaps.txt");
const LIVES: &str = "golden/journey/lifecycle/online_retail_clean.csv";

pub fn trials() -> Vec<Trial> {
    let (retail, cdnow) = ("data/online_retail.csv.gz", "data/cdnow_master.csv.gz");
    vec![
        of_files("rhythm::online_retail", &[retail], || {
            as_of_dates("online_retail_clean")
        }),
        of_files("rhythm::cdnow", &[cdnow], || as_of_dates("cdnow")),
        of_files("rhythm::gaps_of_online_retail", &[retail], || {
            gaps("online_retail_clean")
        }),
        of_files("rhythm::gaps_of_cdnow", &[cdnow], || gaps("cdnow")),
        of_files("rhythm::lives_of_online_retail", &[retail, LIVES], lives),
    ]
}

fn observation(as_of: i64) -> Observation {
    Observation {
        as_of,
        period: Period::Day,
        zone: Zone::utc(),
        time_unit: DAY,
    }
}

fn stages(log: &OrderLog<'_>, as_of: i64) -> (Rhythm, Vec<(i64, Life)>) {
    let observation = observation(as_of);
    let rhythm = rhythm(log, &observation, &mut Unhindered).unwrap();
    let mut all = Vec::new();
    let visit = |key: Key<'_>, life: Option<Life>| {
        let Key::Integer(key) = key else { unreachable!() };
        all.push((key, life.expect("all have bought")));
        Ok(())
    };
    let (limits, typical) = (Limits::default(), rhythm.typical.as_ref());
    lifecycle(log, &observation, &limits, typical, &mut Unhindered, visit).unwrap();
    (rhythm, all)
}

fn lines<'a>(golden: &'a str, set: &'a str) -> impl Iterator<Item = Vec<&'a str>> {
    let lines = golden.lines().skip(1).map(|line| line.split(' ').collect::<Vec<_>>());
    lines.filter(move |words| words[0] == set)
}

fn as_of_dates(set: &str) {
    let rows = rows(set);
    let bytes = log_of(&rows);
    let log = OrderLog::open(&bytes).unwrap();
    for words in lines(RHYTHMS, set) {
        let what = |name: &str| format!("{} as of {}: {name}", words[0], words[1]);
        let as_of = end_of(words[1]);
        let (rhythm, lives) = stages(&log, as_of);
        let typical = rhythm.typical.unwrap();
        for (name, found, want) in [
            ("mean", Some(typical.mean), words[3]),
            ("within", typical.within, words[4]),
            ("between", typical.between, words[5]),
            ("kappa", typical.kappa, words[6]),
            ("first", Some(typical.first), words[9]),
            ("regularity", rhythm.regularity, words[10]),
        ] {
            close(found.unwrap(), want.parse().unwrap(), FORMULA, &what(name));
        }
        let counts = [
            rhythm.customers,
            rhythm.gaps,
            rhythm.customers_with_gaps,
            rhythm.regularity_customers,
        ];
        let want = [2, 7, 8, 11].map(|at| words[at].parse::<u64>().unwrap());
        assert_eq!(counts, want, "{}", what("counts"));
        let mut listing = String::new();
        for (key, life) in &lives {
            writeln!(
                listing,
                "{key}:{}:{}:{}",
                life.purchases,
                life.silence,
                life.stage.name()
            )
            .unwrap();
        }
        let found = Stage::ALL.map(|stage| lives.iter().filter(|(_, life)| life.stage == stage).count().to_string());
        assert_eq!(found[..], words[12..19], "{}", what("stages"));
        assert_eq!(sha256(listing.as_bytes()), words[19], "{}", what("listing"));

        // What was not there yet changes nothing.
        let bytes = log_of(rows.iter().filter(|row| row.1 <= as_of));
        let (_, cut) = stages(&OrderLog::open(&bytes).unwrap(), as_of);
        assert_eq!(format!("{cut:?}"), format!("{lives:?}"), "{}", what("cut"));
    }
}

fn gaps(set: &str) {
    let rows = rows(set);
    let bytes = log_of(&rows);
    let newest = rows.iter().map(|row| row.1).max().unwrap();
    let mut found = Vec::new();
    let log = OrderLog::open(&bytes).unwrap();
    purchase_gaps(&log, &observation(newest), &mut Unhindered, |gaps| {
        found.push(*gaps);
        Ok(())
    })
    .unwrap();
    for words in lines(GAPS, set) {
        let after_order = words[1].parse().ok();
        let gaps = found.iter().find(|gaps| gaps.after_order == after_order).unwrap();
        let what = format!("{set} after {}", words[1]);
        assert_eq!(
            [gaps.customers.to_string(), gaps.next.to_string()],
            words[2..4],
            "{what}"
        );
        let days = gaps.days.unwrap();
        close(days.mean, words[4].parse().unwrap(), FORMULA, &what);
        for (found, want) in days.at.iter().zip(&words[5..]).filter(|pair| *pair.1 != "-") {
            close(*found, want.parse().unwrap(), FORMULA, &what);
        }
    }
}

fn lives() {
    let rows = rows("online_retail_clean");
    let bytes = log_of(&rows);
    let newest = rows.iter().map(|row| row.1).max().unwrap();
    let (_, lives) = stages(&OrderLog::open(&bytes).unwrap(), newest);
    let golden = text_of(LIVES).unwrap();
    let wanted: Vec<Vec<&str>> = golden.lines().skip(1).map(|line| line.split(',').collect()).collect();
    assert_eq!((lives.len(), wanted.len()), (4_338, 4_338));
    for ((key, life), want) in lives.iter().zip(wanted) {
        let what = |name: &str| format!("{name} of customer {key}");
        let pace = life.pace.unwrap();
        assert_eq!(
            [key.to_string(), life.purchases.to_string(), life.silence.to_string()],
            want[..3]
        );
        close(
            pace.typical_gap,
            want[3].parse().unwrap(),
            FORMULA,
            &what("typical gap"),
        );
        close(
            life.silence_ratio().unwrap(),
            want[4].parse().unwrap(),
            FORMULA,
            &what("silence"),
        );
        assert_eq!(pace.trend.is_some(), !want[5].is_empty(), "{}", what("trend"));
        if let Some(trend) = pace.trend {
            close(trend, want[5].parse().unwrap(), FORMULA, &what("trend"));
        }
        assert_eq!(life.stage.name(), want[6], "{}", what("stage"));
        // Written to the second.
        let apart = pace.expected_next.unwrap() - time(want[7]);
        assert!((-1..SECOND).contains(&apart), "{}: {apart}", what("next"));
    }
}
