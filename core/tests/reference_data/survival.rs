//! Curves and log-rank tests of public orders, as another program has them.

use crate::orders::{Row, end_of, log_of, rows};
use crate::tolerance::{ARITHMETIC, FORMULA, close};
use crate::{of_files, text_of};
use clientele_core::calendar::{DAY, Period, civil_from_days};
use clientele_core::checkpoint::Unhindered;
use clientele_core::estimate::Confidence;
use clientele_core::observation::Observation;
use clientele_core::order_log::OrderLog;
use clientele_core::survival::{Event, Point, Waits, curve, log_rank, waits};
use clientele_core::zone::Zone;
use libtest_mimic::Trial;
use std::collections::BTreeMap;

const CUTS: &str = "golden/journey/survival/cuts.csv";
const SILENCE: fn(i64) -> Event = |days| Event::LostAfter(days * DAY);

pub fn trials() -> Vec<Trial> {
    let data = |set: &str| match set {
        "cdnow" => "data/cdnow_master.csv.gz",
        _ => "data/online_retail.csv.gz",
    };
    let mut trials = Vec::new();
    for (set, what, event) in [
        ("cdnow", "lost_after_90d", SILENCE(90)),
        ("cdnow", "lost_after_180d", SILENCE(180)),
        ("cdnow", "first_to_second_order", Event::After(1)),
        ("cdnow", "second_to_third_order", Event::After(2)),
        ("online_retail_clean", "lost_after_60d", SILENCE(60)),
        ("online_retail_clean", "lost_after_90d", SILENCE(90)),
        ("online_retail_clean", "first_to_second_order", Event::After(1)),
        ("online_retail_clean", "second_to_third_order", Event::After(2)),
    ] {
        let golden = format!("golden/journey/survival/{set}_{what}.csv");
        let name = format!("survival::{what}_of_{set}");
        let file = golden.clone();
        trials.push(of_files(&name, &[data(set), &golden], move || {
            each_point(set, event, &file)
        }));
    }
    for (set, silence) in [("cdnow", 180), ("online_retail_clean", 90)] {
        let name = format!("survival::cuts_of_{set}");
        trials.push(of_files(&name, &[data(set), CUTS], move || cuts(set, silence)));
    }
    trials.push(of_files("survival::cdnow_by_month", &[data("cdnow")], cdnow_by_month));
    trials.push(of_files(
        "survival::online_retail_by_country",
        &[data("retail")],
        online_retail_by_country,
    ));
    trials
}

fn waits_of(rows: &[Row], as_of: i64, event: Event) -> Waits {
    let bytes = log_of(rows);
    let log = OrderLog::open(&bytes).unwrap();
    let observation = Observation {
        as_of,
        period: Period::Day,
        zone: Zone::utc(),
        time_unit: DAY,
    };
    let seen = log.seen(as_of, &observation.zone, &mut Unhindered).unwrap();
    waits(&log, &observation, &seen, event, &mut Unhindered).unwrap()
}

fn points(waits: &Waits) -> Vec<Point> {
    let mut points = Vec::new();
    let visit = |point: &Point| {
        points.push(*point);
        Ok(())
    };
    curve(waits, Confidence::new(0.95).unwrap(), &mut Unhindered, visit).unwrap();
    points
}

fn newest(rows: &[Row]) -> i64 {
    rows.iter().map(|row| row.1).max().unwrap()
}

fn each_point(set: &str, event: Event, golden: &str) {
    let rows = rows(set);
    let found = points(&waits_of(&rows, newest(&rows), event));
    let golden = text_of(golden).unwrap();
    let wanted: Vec<Vec<f64>> = golden
        .lines()
        .skip(1)
        .map(|line| line.split(',').map(|word| word.parse().unwrap()).collect())
        .collect();
    assert_eq!(found.len(), wanted.len());
    for (found, want) in found.iter().zip(wanted) {
        let what = format!("{} days", found.days);
        assert_eq!(
            [found.days, found.at_risk as f64, found.events as f64],
            want[..3],
            "{what}"
        );
        close(found.survival, want[3], ARITHMETIC, &what);
        close(found.low, want[4], FORMULA, &what);
        close(found.high, want[5], FORMULA, &what);
    }
}

/// The share at a day.
fn at(points: &[Point], days: f64) -> f64 {
    points
        .iter()
        .take_while(|point| point.days <= days)
        .last()
        .map_or(1.0, |point| point.survival)
}

fn cuts(set: &str, silence: i64) {
    let rows = rows(set);
    let golden = text_of(CUTS).unwrap();
    let mut as_of: Option<i64> = None;
    for line in golden.lines().skip(1).filter(|line| line.starts_with(set)) {
        let words: Vec<&str> = line.split(',').collect();
        // The first row is about all there is, and what follows about whole days.
        let end = as_of.map_or(newest(&rows), |_| end_of(words[1]));
        as_of = Some(end);
        let lost = waits_of(&rows, end, SILENCE(silence));
        let curve = points(&lost);
        let events: u64 = curve.iter().map(|point| point.events).sum();
        assert_eq!(
            [lost.customers().to_string(), events.to_string()],
            words[2..4],
            "{line}"
        );
        close(at(&curve, 120.0), words[4].parse().unwrap(), ARITHMETIC, line);
        close(at(&curve, 180.0), words[5].parse().unwrap(), ARITHMETIC, line);
        let again = points(&waits_of(&rows, end, Event::After(1)));
        close(1.0 - at(&again, 90.0), words[6].parse().unwrap(), ARITHMETIC, line);
    }
}

/// What the test of some groups gives: customers and events of each, chi-square, and p.
fn check(groups: &[Vec<Row>], as_of: i64, event: Event, customers: &[u64], events: &[u64], chi2: f64, p_value: f64) {
    let waits: Vec<Waits> = groups.iter().map(|rows| waits_of(rows, as_of, event)).collect();
    let (compared, test) = log_rank(&waits, &mut Unhindered).unwrap();
    assert_eq!(
        compared.iter().map(|group| group.customers).collect::<Vec<_>>(),
        customers
    );
    assert_eq!(compared.iter().map(|group| group.events).collect::<Vec<_>>(), events);
    let test = test.unwrap();
    assert_eq!(test.df + 1, groups.len() as u64);
    close(test.chi2, chi2, FORMULA, "chi-square");
    close(test.p_value, p_value, FORMULA, "p");
}

fn cdnow_by_month() {
    let rows = rows("cdnow");
    let mut firsts = BTreeMap::new();
    for &(customer, time, _) in &rows {
        let first = firsts.entry(customer).or_insert(time);
        *first = time.min(*first);
    }
    let in_month = |row: &&Row, month: u32| civil_from_days(firsts[&row.0].div_euclid(DAY)).1 == month;
    // All began in the first quarter of a year.
    let of = |month| {
        rows.iter()
            .filter(|row| in_month(row, month))
            .copied()
            .collect::<Vec<_>>()
    };
    let groups = [1, 2, 3].map(of);
    let (as_of, customers) = (newest(&rows), [7_846, 8_476, 7_248]);
    let (lost, again) = ([7_297, 7_822, 6_669], [3_870, 4_081, 3_565]);
    check(
        &groups,
        as_of,
        SILENCE(180),
        &customers,
        &lost,
        0.5795585342113078,
        0.7484287521917389,
    );
    check(
        &groups,
        as_of,
        Event::After(1),
        &customers,
        &again,
        2.700469755840946,
        0.25917937798284474,
    );
}

fn online_retail_by_country() {
    let text = text_of("data/online_retail.csv.gz").unwrap();
    let mut countries = BTreeMap::new();
    for line in text.lines().skip(1) {
        let words: Vec<&str> = line.rsplit(',').collect();
        if let Ok(customer) = words[1].parse::<i64>() {
            // Of the few who have two, the first counts.
            countries.entry(customer).or_insert(words[0] == "United Kingdom");
        }
    }
    let rows = rows("online_retail_clean");
    let of = |is_british: bool| {
        rows.iter()
            .copied()
            .filter(|row| countries[&row.0] == is_british)
            .collect::<Vec<_>>()
    };
    let (groups, as_of) = ([of(true), of(false)], newest(&rows));
    let customers = [3_920, 418];
    check(
        &groups,
        as_of,
        SILENCE(90),
        &customers,
        &[2_435, 258],
        1.1888912686875364,
        0.27555331464677035,
    );
    check(
        &groups,
        as_of,
        Event::After(1),
        &customers,
        &[2_522, 268],
        0.5339062010730697,
        0.464969225278582,
    );
}
