//! Order logs, with many rows at one instant, around every boundary that there is, and at the ends of all ranges.

#[path = "../keys/order_log.rs"]
pub mod keys;

use crate::tolerance::ARITHMETIC;
use crate::{LARGE, Lawful, Reader, numbers};
use clientele_core::Result;
use clientele_core::amount::{Amount, Sum};
use clientele_core::calendar::{DAY, END_TIME, MIN_TIME, Period};
use clientele_core::checkpoint::Unhindered;
use clientele_core::collect::Collected;
use clientele_core::customers::{Observation, each};
use clientele_core::key::KeyKind;
use clientele_core::order_log::{Collector, Counts, OrderLog, TimeKind};
use clientele_core::zone::Zone;
use keys::with_key;
use proptest::prelude::*;
use std::collections::BTreeMap;

/// Customer, time and amount.
type Row = (Option<i64>, Option<i64>, Option<f64>);
type Kinds = (KeyKind, TimeKind);

const KEYS: [KeyKind; 3] = [KeyKind::Integer, KeyKind::Uuid, KeyKind::Text];

fn row(customer: i64, time: i64, amount: f64) -> Row {
    (Some(customer), Some(time), Some(amount))
}

fn opened(bytes: &[u8]) -> OrderLog<'_> {
    OrderLog::open(bytes).expect("it can be read")
}

/// Every entry of a log, with keys as text.
fn entries(bytes: &[u8]) -> Vec<(String, i64, Amount)> {
    let log = opened(bytes);
    let mut cursor = log.cursor();
    let mut entries = Vec::new();
    while cursor.advance(&mut Unhindered).expect("it can be read") {
        let part = cursor.part();
        let key = format!("{:?}", part.key);
        entries.extend(part.entries().map(|(time, amount)| (key.clone(), time, amount)));
    }
    entries
}

/// The rows that are collected: those with a customer and a time, without an amount as amount 0.
fn collected(rows: &[Row]) -> impl Iterator<Item = (i64, i64, f64)> {
    rows.iter()
        .filter_map(|row| Some((row.0?, row.1?, row.2.unwrap_or(0.0))))
}

/// The entries that rows come to: at each instant of a customer the sum of all decimals from 0 on, that of those below, and all others.
fn expected_entries(kind: KeyKind, rows: &[Row]) -> Vec<(String, i64, Amount)> {
    let mut instants: BTreeMap<(i64, i64), Vec<Amount>> = BTreeMap::new();
    for (number, time, amount) in collected(rows) {
        let amount = Amount::from_f64(amount).expect("finite");
        instants.entry((number, time)).or_default().push(amount);
    }
    let mut expected = Vec::new();
    for ((number, time), amounts) in instants {
        let key = with_key(kind, number, |key| format!("{key:?}"));
        let sum_of = |negative: bool| {
            let exact = amounts.iter().filter(|amount| amount.is_negative() == negative);
            exact.filter_map(|amount| amount.nano()).reduce(|a, b| a + b)
        };
        for sum in [sum_of(false), sum_of(true)].into_iter().flatten() {
            expected.extend(Amount::of_sum(sum).map(|amount| (key.clone(), time, amount)));
        }
        let others = amounts.iter().filter(|amount| amount.nano().is_none());
        let mut others: Vec<f64> = others.map(|amount| amount.to_f64()).collect();
        others.sort_by(f64::total_cmp);
        expected.extend(others.into_iter().map(|x| (key.clone(), time, Amount::raw(x))));
    }
    expected
}

/// Orders and returns as the definitions say: sums by customer, instant and sign.
fn expected_orders(rows: &[Row]) -> BTreeMap<(i64, i64, bool), f64> {
    let mut amounts: BTreeMap<(i64, i64, bool), Vec<f64>> = BTreeMap::new();
    for (number, time, amount) in collected(rows) {
        amounts.entry((number, time, amount < 0.0)).or_default().push(amount);
    }
    let sum = |mut amounts: Vec<f64>| {
        let mut sum = Sum::default();
        amounts.sort_by(f64::total_cmp);
        let is_decimal = |x: &f64| Amount::from_f64(*x).unwrap().nano().is_some();
        let (decimals, raw): (Vec<f64>, Vec<f64>) = amounts.into_iter().partition(is_decimal);
        for x in decimals.into_iter().chain(raw) {
            sum.add(Amount::from_f64(x).unwrap());
        }
        sum.value().expect("it is finite")
    };
    amounts.into_iter().map(|(key, amounts)| (key, sum(amounts))).collect()
}

/// Amounts that a customer may have at one instant.
const AMOUNTS: [fn(usize) -> f64; 7] = [
    |i| (i % 700) as f64 / 100.0,
    // These do not fit narrow rows.
    |i| if i % 50 == 3 { 1_000_000_000.0 } else { i as f64 },
    |i| (i % 9) as f64 / 4.0 - 1.0,
    |i| (i % 11) as f64 / 3.0,
    |i| (i % 11) as f64 / 3.0 - 2.0,
    |i| f64::from((i % 977) as f32 * 2.62),
    |i| if i % 3 == 0 { 1e14 } else { -0.1 / 7.0 },
];

/// A customer with so many rows at one instant, where so many entries are before it: at, before and behind the end of a block.
fn around_the_end_of_a_block() -> Vec<(Kinds, Vec<Row>)> {
    let mut cases = Vec::new();
    for (style, amount) in AMOUNTS.into_iter().enumerate() {
        for (kind, at) in KEYS.into_iter().cycle().zip([1, 2, 3, 4, 31, 32, 300]) {
            for before in [1_015, 1_021, 1_022, 1_023, 1_024, 1_025, 2_047] {
                let mut rows: Vec<Row> = (0..before).map(|i| row(i, DAY, 5.0)).collect();
                // The customer whose instant is in question, with an order before and one after it.
                rows.push(row(5_000, DAY - 1, 1.0));
                rows.extend((0..at).map(|i| row(5_000, DAY, amount(i + style))));
                rows.push(row(5_000, 3 * DAY, 1.0 / 3.0));
                rows.extend((0..at).map(|i| row(5_001, DAY, amount(i))));
                cases.push(((kind, TimeKind::Zoned), rows));
            }
        }
    }
    cases
}

/// Order lines of many customers: several slabs and buckets, with up to 300 rows at one instant.
fn order_lines() -> Vec<Row> {
    let (mut rows, mut next) = (Vec::new(), numbers(5));
    while rows.len() < 150_000 {
        let (customer, day) = ((next() % 900) as i64, (next() % 40) as i64);
        let n = [1, 1, 2, 8, 40, 300][next() as usize % 6];
        let amount = AMOUNTS[next() as usize % AMOUNTS.len()];
        rows.extend((0..n).map(|i| row(customer, day * DAY, amount(i + customer as usize))));
    }
    rows
}

/// Anything, and what lies at the ends, often.
fn edges<T: Copy + std::fmt::Debug + 'static>(
    edges: &'static [T],
    any: impl Strategy<Value = T> + 'static,
) -> BoxedStrategy<T> {
    prop_oneof![3 => prop::sample::select(edges), 1 => any].boxed()
}

impl Lawful for Collector {
    const READERS: &'static [(&'static str, Reader)] = &[
        ("describe", |bytes, checkpoint| {
            // A sum beyond the range is one of the answers.
            let overflow = |error: &clientele_core::Error| error.kind() == clientele_core::Kind::OutOfRange;
            let about = OrderLog::open(bytes)?.describe(checkpoint);
            about
                .map(drop)
                .or_else(|error| if overflow(&error) { Ok(()) } else { Err(error) })
        }),
        ("cursor", |bytes, checkpoint| {
            let log = OrderLog::open(bytes)?;
            let mut cursor = log.cursor();
            while cursor.advance(checkpoint)? {}
            Ok(())
        }),
    ];
    type Kinds = Kinds;
    type Row = Row;

    fn kinds() -> Vec<Kinds> {
        let times = [TimeKind::Zoned, TimeKind::Local];
        KEYS.into_iter()
            .flat_map(|keys| times.map(|times| (keys, times)))
            .collect()
    }

    fn rows() -> BoxedStrategy<Vec<Row>> {
        // Few customers, few times, all sorts of amounts.
        let key = prop_oneof![8 => -3i64..4, 1 => any::<i64>()];
        let time = prop_oneof![
            8 => (0i64..6).prop_map(|day| day * DAY),
            4 => 0i64..4,
            1 => MIN_TIME..END_TIME,
        ];
        let amount = prop_oneof![
            8 => (-500i32..5_000).prop_map(|cents| f64::from(cents) / 100.0),
            2 => Just(0.0),
            2 => (-9i32..9).prop_map(|x| f64::from(x) / 7.0),
            1 => Just(1e15),
            1 => Just(1e-9),
            1 => any::<f64>().prop_filter("sums are finite", |x| x.abs() < 1e305),
        ];
        let sometimes_null = |probability| move |x| prop::option::weighted(probability, x);
        let collide = prop::collection::vec(
            (
                prop::option::weighted(0.98, key),
                prop::option::weighted(0.98, time),
                sometimes_null(0.9)(amount),
            ),
            0..200,
        );
        let key = edges(
            &[
                i64::MIN,
                i64::MIN + 1,
                -(1 << 36),
                -1,
                0,
                1,
                1 << 35,
                i64::MAX - 1,
                i64::MAX,
            ],
            any::<i64>(),
        );
        let time = edges(
            &[
                MIN_TIME,
                MIN_TIME + 1,
                MIN_TIME + DAY,
                -1,
                0,
                1,
                DAY,
                1 << 56,
                END_TIME - DAY,
                END_TIME - 1,
            ],
            MIN_TIME..END_TIME,
        );
        let power = (-30i32..31, -9i32..10).prop_map(|(power, digit)| f64::from(digit) * 10f64.powi(power));
        let amount = edges(
            &[
                0.0,
                -0.0,
                1e15,
                -1e15,
                1e-9,
                -1e-9,
                5e-324,
                -5e-324,
                999_999_999_999_999.0,
                1e16,
                1.0 / 3.0,
                -0.1,
                1e300,
            ],
            prop_oneof![power, -1e300..1e300],
        );
        let at_the_ends = prop::collection::vec(
            (key, time, amount).prop_map(|(key, time, amount)| row(key, time, amount)),
            0..60,
        );
        prop_oneof![collide, at_the_ends].boxed()
    }

    fn boundaries() -> Vec<(Kinds, Vec<Row>)> {
        let mut cases = around_the_end_of_a_block();
        let mut case = |kind: KeyKind, rows: Vec<Row>| cases.push(((kind, TimeKind::Zoned), rows));
        // Instants of one customer fill blocks.
        for (style, amount) in AMOUNTS.into_iter().enumerate() {
            for n in [2, 5, 300] {
                let rows = (0..6_000).map(|i| row(1, (i / n) as i64, amount(i))).collect();
                case(KEYS[(style + n) % 3], rows);
            }
        }
        // One instant has more entries than a block.
        for kind in KEYS {
            for n in [1_020, 1_024, 1_025, 5_000] {
                let mut rows: Vec<Row> = (0..700).map(|i| row(i % 7, i, 1.5)).collect();
                rows.extend((0..n).map(|i| row(3, 350, f64::from(i) / 7.0 - 100.0)));
                rows.extend((0..n).map(|i| row(9, 0, f64::from(i) / 7.0)));
                case(kind, rows);
            }
            // One customer fills many blocks, with each instant by itself.
            case(
                kind,
                (0..5_000).map(|i| row(i / 4_900, i * 1_000_003, i as f64)).collect(),
            );
        }
        // A slab of narrow rows holds 65 536, one of wide rows 43 690.
        for (slab, amount) in [(65_536, 1.5), (43_690, 1e9)] {
            for n in [slab - 1, slab, slab + 1] {
                let times = |i: i64| (i * 7_919 % 70_001) * 1_000;
                case(
                    KeyKind::Integer,
                    (0..n).map(|i| row(i % 5_003, times(i), amount)).collect(),
                );
            }
        }
        // Large, with outliers in key and time; narrow rows at first, then a huge key and a huge amount.
        let mut next = numbers(11);
        let mut rows: Vec<Row> = (0..200_000)
            .map(|_| {
                let (customer, time) = ((next() % 30_000) as i64, (next() % 1_000_000_000) as i64 * 1_000);
                row(customer, time, (next() % 10_000) as f64 / 100.0)
            })
            .collect();
        rows.extend([row(i64::MAX, 5, 1.0), row(i64::MIN, -5, 1e14)]);
        case(KeyKind::Integer, rows);
        // Customers of many blocks, in runs that follow each other in time.
        let amount = |i: i64| {
            if i % 5 == 0 {
                i as f64 / 7.0
            } else {
                (i % 900 - 100) as f64 / 4.0
            }
        };
        let mut rows: Vec<Row> = (0..150_000)
            .map(|i| row(i * i % 3, i * 7_919 % 70_001 * 1_000, amount(i)))
            .chain((0..3_000).map(|i| row(10 + i % 700, i, 1.0)))
            .collect();
        case(KeyKind::Uuid, rows.clone());
        rows.sort_by_key(|row| row.1);
        case(KeyKind::Text, rows);
        case(KeyKind::Text, order_lines());
        cases
    }

    fn many(rows: usize) -> Vec<Row> {
        let rows = 0..rows as i64;
        rows.map(|i| {
            row(
                i * 7_919 % 50_021,
                i * 1_000_003 % 86_399 * 1_000_000,
                (i % 9_999) as f64 / 100.0,
            )
        })
        .collect()
    }

    fn take(&mut self, (keys, times): Kinds, &(customer, time, amount): &Row) -> Result<()> {
        let Some(customer) = customer else {
            self.ignore_null_customer();
            return Ok(());
        };
        let Some(time) = time else {
            self.ignore_null_time();
            return Ok(());
        };
        let sum = Amount::from_f64(amount.unwrap_or(0.0)).expect("finite");
        with_key(keys, customer, |key| self.push(key, times, time, sum, &mut Unhindered))?;
        if amount.is_none() {
            self.count_null_amount();
        }
        Ok(())
    }

    fn check_readers((kind, times): Kinds, rows: &[Row], bytes: &[u8]) {
        let log = opened(bytes);
        let count = |of: &dyn Fn(&Row) -> bool| rows.iter().filter(|row| of(row)).count() as u64;
        let counts = Counts {
            rows: collected(rows).count() as u64,
            null_customers: count(&|row| row.0.is_none()),
            null_times: count(&|row| row.0.is_some() && row.1.is_none()),
            null_amounts: count(&|row| row.0.is_some() && row.1.is_some() && row.2.is_none()),
        };
        assert_eq!(log.counts(), &counts);
        assert_eq!(log.kinds(), (counts.rows > 0).then_some((kind, times)));
        assert!(entries(bytes) == expected_entries(kind, rows), "the entries");

        let expected = expected_orders(rows);
        let (mut orders, mut starts, mut ends) = (Vec::new(), 0, 0);
        let mut cursor = log.cursor();
        while cursor.advance(&mut Unhindered).unwrap() {
            let part = cursor.part();
            (starts, ends) = (starts + u64::from(part.starts), ends + u64::from(part.ends));
            for order in part.orders() {
                let amount = order.amount().unwrap();
                orders.push((format!("{:?}", part.key), order.time, amount < 0.0, amount));
            }
        }
        let name = |number: i64| with_key(kind, number, |key| format!("{key:?}"));
        let expected_rows: Vec<_> = expected
            .iter()
            .map(|(&(number, time, returned), &amount)| (name(number), time, returned, amount))
            .collect();
        assert!(
            orders == expected_rows,
            "one row for the orders and one for the returns of an instant"
        );

        let about = log.describe(&mut Unhindered).unwrap();
        let times = || expected.keys().filter(|key| !key.2);
        assert_eq!(about.orders, times().count() as u64);
        assert_eq!(about.first_order, times().map(|key| key.1).min());
        assert_eq!(about.last_order, times().map(|key| key.1).max());
        assert_eq!(log.newest_order(), about.last_order);
        let total: f64 = expected.values().sum();
        let size: f64 = expected.values().map(|x| x.abs()).sum();
        assert!(
            (about.revenue - total).abs() <= ARITHMETIC * size,
            "{} is {total}",
            about.revenue
        );

        let observation = Observation {
            as_of: END_TIME - 1,
            period: Period::Day,
            zone: Zone::utc(),
            time_unit: DAY,
        };
        let (mut customers, mut repeats, mut orders, mut revenue) = (0, 0, 0, 0.0);
        each(&log, &observation, &mut Unhindered, &mut |customer, _| {
            customers += 1;
            repeats += u64::from(customer.purchases.is_some_and(|purchases| purchases.frequency > 0));
            orders += customer.totals.orders;
            revenue += customer.totals.revenue()?;
            Ok(())
        })
        .unwrap();
        assert_eq!(
            (customers, repeats, orders),
            (about.customers, about.repeat_customers, about.orders)
        );
        assert_eq!(
            (starts, ends),
            (customers, customers),
            "each customer starts and ends once"
        );
        assert!((revenue - total).abs() <= ARITHMETIC * size, "{revenue} is {total}");
    }

    fn collected_again(bytes: &[u8]) -> Collector {
        let log = opened(bytes);
        let mut again = Collector::new(LARGE);
        let mut cursor = log.cursor();
        while cursor.advance(&mut Unhindered).unwrap() {
            let part = cursor.part();
            let (_, times) = log.kinds().expect("it has entries");
            for (time, amount) in part.entries() {
                again.push(part.key, times, time, amount, &mut Unhindered).unwrap();
            }
        }
        again
    }

    fn contents(bytes: &[u8]) -> String {
        format!("{:?} {:?}", opened(bytes).kinds(), entries(bytes))
    }
}
