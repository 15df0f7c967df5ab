//! Item logs, with events around every boundary that there is, and beside the order logs and basket logs that they amount to.

use crate::basket_log::keys::with_item;
use crate::order_log::keys::with_key;
use crate::tolerance::ARITHMETIC;
use crate::{LARGE, Lawful, Reader, numbers};
use clientele_core::amount::Amount;
use clientele_core::basket_log::{self, BasketLog};
use clientele_core::calendar::{DAY, END_TIME, MIN_TIME, Period};
use clientele_core::checkpoint::{Checkpoint, Unhindered};
use clientele_core::collect::Collected;
use clientele_core::item_log::{Basket, Collector, Counts, ItemLog, Kinds, TimeKind};
use clientele_core::key::{AnyKey, Key, KeyKind};
use clientele_core::order_log;
use clientele_core::zone::Zone;
use clientele_core::{Error, Kind, Result};
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

/// Customer, time, item, and the amount if there is one, which may be NULL.
type Row = (Option<i64>, Option<i64>, Option<i64>, Option<Option<f64>>);

const KEYS: [KeyKind; 3] = [KeyKind::Integer, KeyKind::Uuid, KeyKind::Text];

fn row(customer: i64, time: i64, item: i64, amount: f64) -> Row {
    (Some(customer), Some(time), Some(item), Some(Some(amount)))
}

fn opened(bytes: &[u8]) -> ItemLog<'_> {
    ItemLog::open(bytes).expect("it can be read")
}

fn written<C: Collected>(mut collector: C) -> Vec<u8> {
    let mut bytes = Vec::new();
    collector.write(&mut bytes, &mut Unhindered).expect("it can be written");
    bytes
}

/// Every entry of a log, with keys as text.
fn entries(bytes: &[u8]) -> Vec<(String, i64, String, Amount)> {
    let log = opened(bytes);
    let names = log.names(&mut Unhindered).expect("it has items");
    let mut cursor = log.cursor();
    let mut entries = Vec::new();
    while cursor.advance(&mut Unhindered).expect("it can be read") {
        let part = cursor.part();
        for event in part.events() {
            for (item, amount) in event.entries() {
                let item = names.get(item as usize).to_string();
                entries.push((format!("{:?}", part.key), event.time, item, amount));
            }
        }
    }
    entries
}

/// The rows that are collected.
fn collected(rows: &[Row]) -> impl Iterator<Item = (i64, i64, i64, f64)> {
    rows.iter()
        .filter_map(|row| Some((row.0?, row.1?, row.2?, row.3.flatten().unwrap_or(0.0))))
}

/// The place of an item among all: an empty text comes before all others.
fn place(kind: KeyKind, item: i64) -> (bool, i64) {
    (kind != KeyKind::Text || item != 0, item)
}

/// The entries that rows come to: of each item at each instant of a customer the sum of all decimals from 0 on, that of those below,
/// and all others.
fn expected_entries(kinds: Kinds, rows: &[Row]) -> Vec<(String, i64, String, Amount)> {
    let mut all: BTreeMap<(i64, i64, (bool, i64)), Vec<Amount>> = BTreeMap::new();
    for (customer, time, item, amount) in collected(rows) {
        let amount = Amount::from_f64(amount).expect("finite");
        all.entry((customer, time, place(kinds.items, item)))
            .or_default()
            .push(amount);
    }
    let mut expected = Vec::new();
    for ((customer, time, (_, item)), amounts) in all {
        let key = with_key(kinds.customers, customer, |key| format!("{key:?}"));
        let item = with_item(kinds.items, item, |key| key.to_string());
        let sum_of = |negative: bool| {
            let exact = amounts.iter().filter(|amount| amount.is_negative() == negative);
            exact.filter_map(|amount| amount.nano()).reduce(|a, b| a + b)
        };
        let mut sums: Vec<Amount> = Vec::new();
        for sum in [sum_of(false), sum_of(true)].into_iter().flatten() {
            sums.extend(Amount::of_sum(sum));
        }
        let others = amounts.iter().filter(|amount| amount.nano().is_none());
        let mut others: Vec<f64> = others.map(|amount| amount.to_f64()).collect();
        others.sort_by(f64::total_cmp);
        sums.extend(others.into_iter().map(Amount::raw));
        expected.extend(sums.into_iter().map(|amount| (key.clone(), time, item.clone(), amount)));
    }
    expected
}

/// The order log of the same rows, collected row by row.
fn order_log_of(kinds: Kinds, rows: &[Row]) -> Vec<u8> {
    let mut log = order_log::Collector::new(LARGE);
    for row in rows.iter().filter(|row| row.2.is_some()) {
        let (Some(customer), Some(time)) = (row.0, row.1) else {
            match row.0 {
                None => log.ignore_null_customer(),
                Some(_) => log.ignore_null_time(),
            }
            continue;
        };
        let amount = Amount::from_f64(row.3.flatten().unwrap_or(0.0)).expect("finite");
        if row.3 == Some(None) {
            log.count_null_amount();
        }
        with_key(kinds.customers, customer, |key| {
            log.push(key, kinds.times, time, amount, &mut Unhindered)
        })
        .expect("a sound row");
    }
    written(log)
}

/// The baskets of a basket log, in some order, each as the texts of its items; and in how many baskets each item is.
fn baskets(bytes: &[u8]) -> (Vec<(String, u32)>, Vec<BTreeSet<String>>) {
    let log = BasketLog::open(bytes).expect("it can be read");
    let items = log.items(&mut Unhindered).expect("it has items");
    let baskets = log.baskets(&mut Unhindered).expect("it has baskets");
    let name = |number: u32| items.key(number).to_string();
    let mut sets: Vec<BTreeSet<String>> = baskets
        .iter()
        .map(|basket| basket.iter().map(|&item| name(item)).collect())
        .collect();
    sets.sort();
    let counts = (0..).zip(items.counts()).map(|(number, &count)| (name(number), count));
    (counts.collect(), sets)
}

/// The baskets of what was bought, collected row by row, with keys of another kind.
fn baskets_of(kinds: Kinds, rows: &[Row], basket: Basket) -> Vec<u8> {
    let mut log = basket_log::Collector::new(LARGE);
    for (customer, time, item, _) in collected(rows).filter(|row| row.3 >= 0.0) {
        let key = match basket {
            Basket::Order => format!("{customer} {time}"),
            Basket::Period(period) => format!("{customer} {}", period.start(time)),
            Basket::Customer => format!("{customer}"),
        };
        with_item(kinds.items, item, |item| {
            log.push(AnyKey::text(&key), item, &mut Unhindered)
        })
        .expect("a sound row");
    }
    written(log)
}

const BASKETS: [Basket; 4] = [
    Basket::Order,
    Basket::Period(Period::Day),
    Basket::Period(Period::Month),
    Basket::Customer,
];

fn made_baskets(bytes: &[u8], basket: Basket, checkpoint: &mut dyn Checkpoint) -> Result<Vec<u8>> {
    let mut made = opened(bytes).baskets(basket, END_TIME - 1, &Zone::utc(), LARGE, checkpoint)?;
    let mut bytes = Vec::new();
    made.write(&mut bytes, checkpoint)?;
    Ok(bytes)
}

/// A sum beyond the range is one of the answers.
fn or_overflow(result: Result<()>) -> Result<()> {
    let overflow = |error: &Error| error.kind() == Kind::OutOfRange;
    result.or_else(|error| if overflow(&error) { Ok(()) } else { Err(error) })
}

/// What each item amounts to, by its name: customers, events, revenue, when it was bought first and last.
type Totals = BTreeMap<String, (u64, u64, f64, Option<i64>, Option<i64>)>;

fn expected_totals(kinds: Kinds, rows: &[Row], as_of: i64) -> Totals {
    let mut totals = Totals::new();
    let (mut customers, mut events) = (BTreeSet::new(), BTreeSet::new());
    for (customer, time, item, amount) in collected(rows).filter(|row| row.1 <= as_of) {
        let name = with_item(kinds.items, item, |key| key.to_string());
        let total = totals.entry(name).or_insert((0, 0, 0.0, None, None));
        total.2 += amount;
        if amount >= 0.0 {
            total.0 += u64::from(customers.insert((customer, item)));
            total.1 += u64::from(events.insert((customer, time, item)));
            total.3 = Some(total.3.map_or(time, |first| first.min(time)));
            total.4 = total.4.max(Some(time));
        }
    }
    totals
}

fn check_totals(kinds: Kinds, rows: &[Row], log: &ItemLog<'_>) {
    let names = log.names(&mut Unhindered).unwrap();
    for as_of in [0, DAY, END_TIME - 1] {
        let expected = expected_totals(kinds, rows, as_of);
        let mut seen = 0;
        for (item, total) in log.item_totals(as_of, &mut Unhindered).unwrap().iter().enumerate() {
            if !total.is_seen {
                continue;
            }
            seen += 1;
            let (customers, events, revenue, first, last) = expected[&names.get(item).to_string()];
            assert_eq!((total.customers, total.events), (customers, events));
            assert_eq!((total.first_bought, total.last_bought), (first, last));
            let found = total.revenue().unwrap();
            assert!(
                (found - revenue).abs() <= ARITHMETIC * sizes(rows),
                "{found} is {revenue}"
            );
        }
        assert_eq!(seen, expected.len());
    }
}

/// All amounts without their signs.
fn sizes(rows: &[Row]) -> f64 {
    collected(rows).map(|row| row.3.abs()).sum()
}

impl Lawful for Collector {
    const READERS: &'static [(&'static str, Reader)] = &[
        ("describe", |bytes, checkpoint| {
            or_overflow(ItemLog::open(bytes)?.describe(checkpoint).map(drop))
        }),
        ("items", |bytes, checkpoint| {
            ItemLog::open(bytes)?.item_totals(END_TIME, checkpoint).map(drop)
        }),
        ("orders", |bytes, checkpoint| {
            or_overflow(ItemLog::open(bytes)?.write_orders(&mut Vec::new(), checkpoint))
        }),
        ("baskets", |bytes, checkpoint| {
            let log = ItemLog::open(bytes)?;
            let month = Basket::Period(Period::Month);
            let mut baskets = log.baskets(month, END_TIME, &Zone::utc(), LARGE, checkpoint)?;
            baskets.write(&mut Vec::new(), checkpoint)
        }),
    ];
    type Kinds = Kinds;
    type Row = Row;

    fn kinds() -> Vec<Kinds> {
        let mut kinds = Vec::new();
        for customers in KEYS {
            for times in [TimeKind::Zoned, TimeKind::Local] {
                kinds.extend(KEYS.map(|items| Kinds {
                    customers,
                    times,
                    items,
                }));
            }
        }
        kinds
    }

    fn rows() -> BoxedStrategy<Vec<Row>> {
        // Few customers, times and items, and some far away.
        let customer = prop_oneof![8 => -3i64..4, 1 => any::<i64>()];
        let time = prop_oneof![
            8 => (-2i64..5).prop_map(|day| day * DAY),
            2 => 0i64..4,
            1 => MIN_TIME..END_TIME,
        ];
        let item = prop_oneof![8 => -3i64..9, 1 => any::<i64>()];
        let amount = prop_oneof![
            8 => (-500i32..5_000).prop_map(|cents| f64::from(cents) / 100.0),
            2 => Just(0.0),
            2 => (-9i32..9).prop_map(|x| f64::from(x) / 7.0),
            1 => Just(1e15),
            1 => any::<f64>().prop_filter("sums are finite", |x| x.abs() < 1e300),
        ];
        let sometimes_null = |value: BoxedStrategy<i64>| prop::option::weighted(0.97, value);
        let amount = prop::option::weighted(0.9, prop::option::weighted(0.9, amount));
        let row = (
            sometimes_null(customer.boxed()),
            sometimes_null(time.boxed()),
            sometimes_null(item.boxed()),
            amount,
        );
        prop::collection::vec(row, 0..80).boxed()
    }

    fn boundaries() -> Vec<(Kinds, Vec<Row>)> {
        let mut cases = Vec::new();
        let kinds = |number: usize| Collector::kinds()[number * 5 % 18];
        let mut case = |rows: Vec<Row>| cases.push((kinds(cases.len()), rows));
        // Events of one and of many entries at, before and behind the end of a block, and of a customer in two blocks.
        for before in [1_023, 1_024] {
            for n in [1, 2, 700, 1_025] {
                let mut rows: Vec<Row> = (0..before).map(|i| row(i / 3, i % 3 * DAY, i % 40, 5.0)).collect();
                rows.push(row(5_000, 1, 7, 1.25));
                rows.extend((0..n).map(|i| row(5_000, 2, i * 7 % 1_031, (i % 9) as f64 / 4.0 - 0.5)));
                rows.push(row(5_000, 3, 7, 1.0 / 3.0));
                case(rows);
            }
        }
        // One item with many amounts at one event, and one customer of many blocks.
        case((0..3_000).map(|i| row(1, 5, 3, (i % 11) as f64 / 7.0 - 0.5)).collect());
        case(
            (0..4_000)
                .map(|i| row(i / 3_900, i / 2, i % 3, (i % 700) as f64))
                .collect(),
        );
        // A slab holds 43 690 rows; then a customer who is too far away, or a time.
        let slab = |n: i64| (0..n).map(|i| row(i * i % 997, i % 31 * DAY, i % 1_009, (i % 900) as f64 / 4.0));
        case(slab(43_691).collect());
        for far in [row(i64::MAX, 7, 3, 1.0), row(3, END_TIME - 1, 3, 1.0)] {
            cases.push((Collector::kinds()[0], slab(43_690).chain([far]).collect()));
        }
        let mut next = numbers(11);
        let rows: Vec<Row> = (0..30_000)
            .map(|_| {
                let (customer, day) = ((next() % 300) as i64, (next() % 50) as i64);
                row(
                    customer,
                    day * DAY,
                    (next() % 2_000 * (next() % 100) / 100) as i64,
                    (next() % 10_000) as f64 / 100.0 - 3.0,
                )
            })
            .collect();
        cases.push((Collector::kinds()[17], rows));
        cases
    }

    fn many(rows: usize) -> Vec<Row> {
        let rows = 0..rows as i64;
        rows.map(|i| {
            row(
                i * 7_919 % 50_021,
                i * 1_000_003 % 86_399 * 1_000_000,
                i % 30_011,
                (i % 9_999) as f64 / 100.0,
            )
        })
        .collect()
    }

    fn take(&mut self, kinds: Kinds, &(customer, time, item, amount): &Row) -> Result<()> {
        let Some(item) = item else {
            self.ignore_null_item();
            return Ok(());
        };
        let Some(customer) = customer else {
            self.ignore_null_customer();
            return Ok(());
        };
        let Some(time) = time else {
            self.ignore_null_time();
            return Ok(());
        };
        let time = (kinds.times, time);
        with_key(kinds.customers, customer, |customer: Key<'_>| {
            with_item(kinds.items, item, |item| match amount {
                None => self.push_without_amount(customer, time, item, &mut Unhindered),
                Some(amount) => {
                    let amount = amount.map(|amount| Amount::from_f64(amount).expect("finite"));
                    self.push(customer, time, item, amount, &mut Unhindered)
                }
            })
        })
    }

    fn check_readers(kinds: Kinds, rows: &[Row], bytes: &[u8]) {
        let log = opened(bytes);
        let count = |of: &dyn Fn(&Row) -> bool| rows.iter().filter(|row| of(row)).count() as u64;
        let whole = |row: &Row| row.0.is_some() && row.1.is_some() && row.2.is_some();
        let counts = Counts {
            rows: count(&whole),
            null_items: count(&|row| row.2.is_none()),
            null_customers: count(&|row| row.2.is_some() && row.0.is_none()),
            null_times: count(&|row| row.2.is_some() && row.0.is_some() && row.1.is_none()),
            null_amounts: count(&|row| whole(row) && row.3 == Some(None)),
            amounts: count(&|row| whole(row) && row.3.flatten().is_some()),
        };
        assert_eq!(log.counts(), &counts);
        assert_eq!(log.kinds(), (counts.rows > 0).then_some(kinds));
        assert!(entries(bytes) == expected_entries(kinds, rows), "the entries");

        let purchases = || collected(rows).filter(|row| row.3 >= 0.0);
        let about = log.describe(&mut Unhindered).unwrap();
        let distinct = |of: &dyn Fn((i64, i64, i64, f64)) -> (i64, i64, i64)| {
            collected(rows).map(of).collect::<BTreeSet<_>>().len() as u64
        };
        assert_eq!(about.customers, distinct(&|row| (row.0, 0, 0)));
        assert_eq!(about.entries, distinct(&|row| (row.0, row.1, row.2)));
        assert_eq!(log.items() as u64, distinct(&|row| (0, 0, row.2)));
        let events: BTreeSet<(i64, i64)> = purchases().map(|row| (row.0, row.1)).collect();
        assert_eq!(about.events, events.len() as u64);
        assert_eq!(about.first_order, purchases().map(|row| row.1).min());
        assert_eq!(about.last_order, purchases().map(|row| row.1).max());
        assert_eq!(log.newest_purchase(), about.last_order);
        let total: f64 = collected(rows).map(|row| row.3).sum();
        assert!(
            (about.revenue - total).abs() <= ARITHMETIC * sizes(rows),
            "{} is {total}",
            about.revenue
        );
        check_totals(kinds, rows, &log);

        let mut orders = Vec::new();
        log.write_orders(&mut orders, &mut Unhindered).unwrap();
        assert!(orders == order_log_of(kinds, rows), "the orders, byte for byte");
        for basket in BASKETS {
            let made = made_baskets(bytes, basket, &mut Unhindered).unwrap();
            assert!(
                baskets(&made) == baskets(&baskets_of(kinds, rows, basket)),
                "{basket:?}"
            );
            let bought: BTreeSet<_> = purchases().map(|row| (row.0, row.1, row.2)).collect();
            let made = BasketLog::open(&made).unwrap();
            assert_eq!(made.counts().rows, bought.len() as u64);
        }
    }

    fn collected_again(bytes: &[u8]) -> Collector {
        let log = opened(bytes);
        let names = log.names(&mut Unhindered).unwrap();
        let mut again = Collector::new(LARGE);
        let mut cursor = log.cursor();
        while cursor.advance(&mut Unhindered).unwrap() {
            let part = cursor.part();
            let times = log.kinds().expect("it has entries").times;
            for event in part.events() {
                for (item, amount) in event.entries() {
                    let item = names.get(item as usize);
                    again
                        .push(part.key, (times, event.time), item, Some(amount), &mut Unhindered)
                        .unwrap();
                }
            }
        }
        again
    }

    fn contents(bytes: &[u8]) -> String {
        format!("{:?} {:?}", opened(bytes).kinds(), entries(bytes))
    }
}
