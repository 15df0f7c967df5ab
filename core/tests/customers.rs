//! What customers amount to, against the definitions worked out the plain way.

mod bought;
mod cases;
mod tolerance;

use bought::{Row, in_cents};
use cases::cases;
use clientele_core::amount::Amount;
use clientele_core::calendar::{DAY, Period};
use clientele_core::checkpoint::Unhindered;
use clientele_core::collect::Collected;
use clientele_core::customers::{self, Observation, Purchases};
use clientele_core::key::Key;
use clientele_core::order_log::{Collector, OrderLog, TimeKind};
use clientele_core::zone::Zone;
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use tolerance::{ROUNDING, SUM};

fn log_of(rows: &[Row]) -> Vec<u8> {
    bought::log_of(TimeKind::Zoned, in_cents(rows, 1))
}

#[derive(Debug, PartialEq)]
struct Seen {
    key: i64,
    orders: u64,
    first_order: Option<i64>,
    last_order: Option<i64>,
    revenue: f64,
    returns: f64,
    purchases: Option<Purchases>,
}

fn seen(log: &[u8], observation: &Observation) -> Vec<Seen> {
    let log = OrderLog::open(log).expect("a log can be read");
    let mut all = Vec::new();
    customers::each(&log, observation, &mut Unhindered, &mut |customer, _| {
        let Key::Integer(key) = customer.key else {
            panic!("keys are integers")
        };
        let totals = customer.totals;
        all.push(Seen {
            key,
            orders: totals.orders,
            first_order: totals.first_order,
            last_order: totals.last_order,
            revenue: totals.revenue().expect("it is finite"),
            returns: totals.returns().expect("it is finite"),
            purchases: customer.purchases,
        });
        Ok(())
    })
    .expect("a log can be read");
    all
}

fn expected(rows: &[Row], observation: &Observation) -> Vec<Seen> {
    let start = |time: i64| match observation.period {
        Period::None => time,
        period => period.start(observation.zone.local(time)),
    };
    let mut by_customer: BTreeMap<i64, Vec<Row>> = BTreeMap::new();
    for &row in rows.iter().filter(|row| row.1 <= observation.as_of) {
        by_customer.entry(row.0).or_default().push(row);
    }
    let money = |cents: i64| cents as f64 / 100.0;
    let customer = |(key, rows): (i64, Vec<Row>)| {
        let orders: BTreeSet<i64> = rows.iter().filter(|row| row.2 >= 0).map(|row| row.1).collect();
        let periods: BTreeSet<i64> = orders.iter().map(|&time| start(time)).collect();
        let purchases = periods.first().zip(periods.last()).map(|(&first, &last)| {
            let frequency = periods.len() as u64 - 1;
            let repeat = rows
                .iter()
                .filter(|row| periods.contains(&start(row.1)) && start(row.1) != first);
            let spend: i64 = repeat.map(|row| row.2).sum();
            let units = |to: i64| (to - first) as f64 / observation.time_unit as f64;
            Purchases {
                frequency,
                recency: units(last),
                age: units(start(observation.as_of)),
                monetary_value: if frequency == 0 {
                    0.0
                } else {
                    money(spend) / frequency as f64
                },
                ln_gaps: periods
                    .iter()
                    .zip(periods.iter().skip(1))
                    .map(|(from, to)| ((to - from) as f64 / observation.time_unit as f64).ln())
                    .sum(),
            }
        });
        Seen {
            key,
            orders: orders.len() as u64,
            first_order: orders.first().copied(),
            last_order: orders.last().copied(),
            revenue: money(rows.iter().map(|row| row.2).sum()),
            returns: money(-rows.iter().map(|row| row.2.min(0)).sum::<i64>()),
            purchases,
        }
    };
    by_customer.into_iter().map(customer).collect()
}

fn periods() -> impl Strategy<Value = Period> {
    prop_oneof![
        Just(Period::None),
        Just(Period::Day),
        Just(Period::Week),
        Just(Period::Month),
        Just(Period::Quarter),
        Just(Period::Year)
    ]
}

proptest! {
    #![proptest_config(cases(500))]

    #[test]
    fn customers_are_what_the_definitions_say(
        rows in prop::collection::vec((0i64..5, -40 * 24..40 * 24i64, -300i64..2_000), 0..120),
        period in periods(),
        as_of in -50 * 24..50 * 24i64,
        offset in -12i64..13,
    ) {
        let hour = DAY / 24;
        let rows: Vec<Row> = rows.into_iter().map(|(key, hours, cents)| (key, hours * hour, cents)).collect();
        let zone = Zone::new(offset * hour, vec![(0, (offset + 1) * hour)]);
        let observation = Observation { as_of: as_of * hour, period, zone, time_unit: 7 * DAY };
        let (mut seen, expected) = (seen(&log_of(&rows), &observation), expected(&rows, &observation));
        for (found, want) in seen.iter_mut().zip(&expected) {
            if let Some((found, want)) = found.purchases.as_mut().zip(want.purchases) {
                // A logarithm for each gap, or one for many.
                prop_assert!((found.ln_gaps - want.ln_gaps).abs() < SUM * (1.0 + 12.0 * found.frequency as f64));
                found.ln_gaps = want.ln_gaps;
            }
        }
        prop_assert_eq!(seen, expected);
    }
}

fn daily(as_of: i64) -> Observation {
    Observation {
        as_of,
        period: Period::Day,
        zone: Zone::utc(),
        time_unit: DAY,
    }
}

#[test]
fn a_customer_with_returns_only_has_no_purchases() {
    let seen = seen(&log_of(&[(1, 0, -500)]), &daily(DAY));
    assert_eq!(seen.len(), 1);
    assert_eq!((seen[0].orders, seen[0].revenue, seen[0].returns), (0, -5.0, 5.0));
    assert_eq!((seen[0].first_order, seen[0].purchases), (None, None));
}

#[test]
fn two_orders_of_one_day_are_one_purchase() {
    let rows = [
        (1, 0, 100),
        (1, 3_600_000_000, 200),
        (1, 3 * DAY, 400),
        (1, 3 * DAY + 5, -50),
    ];
    let seen = seen(&log_of(&rows), &daily(10 * DAY));
    assert_eq!((seen[0].orders, seen[0].revenue, seen[0].returns), (3, 6.5, 0.5));
    let purchases = seen[0].purchases.unwrap();
    // The return of the third day belongs to the purchase of that day.
    assert_eq!(
        (
            purchases.frequency,
            purchases.recency,
            purchases.age,
            purchases.monetary_value
        ),
        (1, 3.0, 10.0, 3.5)
    );
}

#[test]
fn many_orders_pass_through_blocks() {
    let rows: Vec<Row> = (0..3_000)
        .map(|i| (i / 2_500, i * DAY / 4, i % 7 * 100 - 100))
        .collect();
    for as_of in [0, 300 * DAY, 1_000 * DAY] {
        assert_eq!(seen(&log_of(&rows), &daily(as_of)), expected(&rows, &daily(as_of)));
    }
}

#[test]
fn numbers_that_are_no_decimals_are_summed_alike_in_any_order() {
    let amounts = [1.0 / 3.0, 1e300, -1e300, 2.0 / 7.0, 0.1, -1.0 / 9.0];
    let mut results = Vec::new();
    for turn in 0..amounts.len() {
        let mut log = Collector::new(1 << 30);
        for i in 0..amounts.len() {
            let x = amounts[(i + turn) % amounts.len()];
            log.push(
                Key::Integer(1),
                TimeKind::Local,
                0,
                Amount::from_f64(x).unwrap(),
                &mut Unhindered,
            )
            .unwrap();
        }
        let mut bytes = Vec::new();
        log.write(&mut bytes, &mut Unhindered).unwrap();
        let seen = seen(&bytes, &daily(0));
        assert_eq!(seen[0].orders, 1);
        results.push((seen[0].revenue.to_bits(), seen[0].returns.to_bits()));
    }
    assert!(results.iter().all(|result| *result == results[0]));
    let exact = 1.0 / 3.0 + 2.0 / 7.0 + 0.1 - 1.0 / 9.0;
    assert!((f64::from_bits(results[0].0) - exact).abs() < ROUNDING);
}
