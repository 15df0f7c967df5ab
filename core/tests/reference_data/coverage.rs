//! Limits of what customers will bring, beside what they brought.

use crate::of_text;
use clientele_core::amount::Amount;
use clientele_core::calendar::{DAY, Period};
use clientele_core::checkpoint::Unhindered;
use clientele_core::clv::{Terms, Valuation};
use clientele_core::collect::Collected;
use clientele_core::customers::Observation;
use clientele_core::key::Key;
use clientele_core::order_log::{Collector, OrderLog, TimeKind};
use clientele_core::purchases::{Family, Fitting, Sought, fit, of_log};
use clientele_core::spend::{self, Spender};
use clientele_core::zone::Zone;
use libtest_mimic::Trial;
use std::collections::{BTreeMap, BTreeSet};

/// Customer, day since 2000, cents.
type Row = (i64, i64, i64);

pub fn trials() -> Vec<Trial> {
    vec![
        of_text("coverage::cdnow", "data/cdnow_master.csv.gz", cdnow),
        of_text("coverage::online_retail", "data/online_retail.csv.gz", online_retail),
    ]
}

/// Days since 2000 of a date, by the rule of the Julian day number.
fn day(date: &str) -> i64 {
    let part = |range: std::ops::Range<usize>| date.get(range).unwrap().parse::<i64>().unwrap();
    let (year, month, day) = (part(0..4), part(5..7), part(8..10));
    let (y, m) = if month > 2 {
        (year, month - 3)
    } else {
        (year - 1, month + 9)
    };
    day + (153 * m + 2) / 5 + 365 * y + y / 4 - y / 100 + y / 400 - 730_426
}

fn cents(amount: f64) -> i64 {
    (amount * 100.0).round() as i64
}

fn cdnow(text: &str) {
    let row = |line: &str| {
        let words: Vec<&str> = line.split(',').collect();
        (
            words[0].parse().unwrap(),
            day(words[1]),
            cents(words[3].parse().unwrap()),
        )
    };
    let rows: Vec<Row> = text.lines().skip(1).map(row).collect();
    for (split, horizon) in [("1997-12-31", 181), ("1997-09-30", 273)] {
        check(&rows, split, horizon);
    }
}

fn online_retail(text: &str) {
    // What a product is called may hold commas: columns from the right.
    let row = |line: &str| {
        let words: Vec<&str> = line.rsplit(',').collect();
        let amount = words[4].parse::<f64>().ok()? * words[2].parse::<f64>().ok()?;
        Some((words[1].parse().ok()?, day(words[3]), cents(amount)))
    };
    let rows: Vec<Row> = text.lines().skip(1).filter_map(row).collect();
    for (split, horizon) in [("2011-11-30", 9), ("2011-09-09", 91), ("2011-06-09", 183)] {
        check(&rows, split, horizon);
    }
}

/// That limits of 95 % hold what 92 to 99 % of the customers net spend within the horizon after the split, returns counted off, and on how many
/// days they order.
fn check(rows: &[Row], split: &str, horizon: i64) {
    let split = day(split);
    let mut log = Collector::new(1 << 30);
    let mut actual: BTreeMap<i64, (i64, BTreeSet<i64>)> = BTreeMap::new();
    for &(key, day, cents) in rows {
        if day <= split {
            let amount = Amount::decimal(cents, 2);
            log.push(Key::Integer(key), TimeKind::Zoned, day * DAY, amount, &mut Unhindered)
                .unwrap();
        } else if day <= split + horizon {
            let (money, days) = actual.entry(key).or_default();
            *money += cents;
            if cents >= 0 {
                days.insert(day);
            }
        }
    }
    let mut bytes = Vec::new();
    log.write(&mut bytes, &mut Unhindered).unwrap();
    let log = OrderLog::open(&bytes).unwrap();
    let observation = Observation {
        as_of: split * DAY,
        period: Period::Day,
        zone: Zone::utc(),
        time_unit: DAY,
    };
    let (mut keys, mut spenders) = (Vec::new(), Vec::new());
    let histories = of_log(&log, &observation, &mut Unhindered, &mut |customer, _| {
        let Some(purchases) = &customer.purchases else {
            return Ok(());
        };
        let Key::Integer(key) = customer.key else {
            unreachable!()
        };
        keys.push(key);
        spenders.push(Spender::of(purchases));
        Ok(())
    })
    .unwrap();
    for family in Family::POISSON {
        let fitted = fit(
            &histories,
            Sought::One(family),
            Fitting::of(&observation),
            &mut Unhindered,
        );
        let purchases = fitted.unwrap().model().unwrap();
        let spend = spend::fit(&spenders, &mut Unhindered).unwrap().model().unwrap();
        let terms = Terms {
            horizon: horizon * DAY,
            ..Terms::default()
        };
        let valuation = Valuation::new(Some(&purchases), Some(&spend), &terms).unwrap();
        let (mut at, mut of_money, mut of_orders) = (0, 0, 0);
        valuation
            .each(&histories, &spenders, &mut Unhindered, &mut |value| {
                let (cents, days) = actual.get(&keys[at]).cloned().unwrap_or_default();
                let within = |x: f64, (low, high): (f64, f64)| usize::from(low <= x && x <= high);
                of_money += within(cents as f64 / 100.0, value.interval.unwrap());
                of_orders += within(days.len() as f64, value.orders.unwrap());
                at += 1;
                Ok(())
            })
            .unwrap();
        let [money, orders] = [of_money, of_orders].map(|held| held as f64 / at as f64);
        let what = format!("{} {split} {horizon}: money {money}, orders {orders}", family.name());
        assert!((0.92..=0.99).contains(&money), "{what}");
        // Whole numbers are held more often than is wanted, the more so the fewer they are.
        assert!((0.92..=0.995).contains(&orders), "{what}");
    }
}
