//! Basket logs.

#[path = "../keys/basket_log.rs"]
pub mod keys;

use crate::{LARGE, Lawful, Reader, numbers};
use clientele_core::Result;
use clientele_core::basket_log::{BasketLog, Collector, Counts, Description};
use clientele_core::checkpoint::Unhindered;
use clientele_core::collect::{Collected, Listed};
use clientele_core::key::{AnyKey, AnyKind, KeyKind};
use keys::{with_basket, with_item};
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

/// Basket and item.
type Row = (Option<i64>, Option<i64>);
type Kinds = (AnyKind, KeyKind);

const PLAIN: Kinds = (AnyKind::Integer, KeyKind::Integer);

fn row(basket: i64, item: i64) -> Row {
    (Some(basket), Some(item))
}

fn opened(bytes: &[u8]) -> BasketLog<'_> {
    BasketLog::open(bytes).expect("it can be read")
}

/// The items with their counts, as they are numbered, and the baskets in some order, each as the texts of its items.
type Contents = (Vec<(String, u32)>, Vec<BTreeSet<String>>);

fn contents(bytes: &[u8]) -> Contents {
    let log = opened(bytes);
    let items = log.items(&mut Unhindered).expect("it has items");
    let name = |number: u32| items.key(number).to_string();
    let baskets = log.baskets(&mut Unhindered).expect("it has baskets");
    assert_eq!(baskets.counts(), items.counts());
    assert_eq!(baskets.len(), log.len());
    let mut sets: Vec<BTreeSet<String>> = baskets
        .iter()
        .map(|basket| {
            assert!(basket.is_sorted_by(|a, b| a < b), "{basket:?} does not ascend");
            basket.iter().map(|&item| name(item)).collect()
        })
        .collect();
    sets.sort();
    let numbered = (0..items.len() as u32).map(|number| (name(number), items.counts()[number as usize]));
    (numbered.collect(), sets)
}

/// What a log must hold, worked out the plain way.
fn expected(kinds: Kinds, rows: &[Row]) -> Contents {
    let mut baskets: BTreeMap<String, BTreeSet<i64>> = BTreeMap::new();
    for (basket, item) in rows.iter().filter_map(|row| row.0.zip(row.1)) {
        let key = with_basket(kinds.0, basket, |key| format!("{key:?}"));
        baskets.entry(key).or_default().insert(item);
    }
    let mut counts: BTreeMap<i64, u32> = BTreeMap::new();
    for item in baskets.values().flatten() {
        *counts.entry(*item).or_default() += 1;
    }
    let name = |item: &i64| with_item(kinds.1, *item, |key| key.to_string());
    let mut items: Vec<(&i64, &u32)> = counts.iter().collect();
    // An empty text comes before all others.
    items.sort_by_key(|&(item, count)| (u32::MAX - count, kinds.1 != KeyKind::Text || *item != 0, *item));
    let items = items.iter().map(|(item, count)| (name(item), **count)).collect();
    let mut sets: Vec<BTreeSet<String>> = baskets.values().map(|set| set.iter().map(name).collect()).collect();
    sets.sort();
    (items, sets)
}

impl Lawful for Collector {
    const READERS: &'static [(&'static str, Reader)] = &[
        ("describe", |bytes, checkpoint| {
            BasketLog::open(bytes)?.describe(checkpoint).map(drop)
        }),
        ("items", |bytes, checkpoint| {
            BasketLog::open(bytes)?.items(checkpoint).map(drop)
        }),
        ("baskets", |bytes, checkpoint| {
            BasketLog::open(bytes)?.baskets(checkpoint).map(drop)
        }),
    ];
    type Kinds = Kinds;
    type Row = Row;

    fn kinds() -> Vec<Kinds> {
        let baskets = AnyKind::ALL.iter();
        let with_items = |&baskets: &AnyKind| KeyKind::ALL.iter().map(move |&items| (baskets, items));
        baskets.flat_map(with_items).collect()
    }

    fn rows() -> BoxedStrategy<Vec<Row>> {
        // Few baskets, few items, and some far away.
        let basket = prop_oneof![8 => -5i64..12, 1 => any::<i64>()];
        let item = prop_oneof![8 => -3i64..9, 1 => any::<i64>()];
        let null = |value: BoxedStrategy<i64>| prop::option::weighted(0.98, value);
        prop::collection::vec((null(basket.boxed()), null(item.boxed())), 0..200).boxed()
    }

    fn boundaries() -> Vec<(Kinds, Vec<Row>)> {
        let mut cases = Vec::new();
        // Rows in a chunk, in a step between two looks at the checkpoint, and in a slab.
        for n in [340, 341, 342, 4_095, 4_096, 4_097, 87_380, 87_381, 87_382] {
            cases.push((PLAIN, (0..n).map(|i| row(i * 7 % 1_009, i * i % 307)).collect()));
            cases.push((
                (AnyKind::Other, KeyKind::Text),
                (0..n).map(|i| row(i / 9, i * 31 % 4_099)).collect(),
            ));
        }
        // All rows in one basket, and one item in all baskets.
        for n in [127, 128, 129, 16_383, 16_384, 16_385] {
            cases.push((PLAIN, (0..n).map(|i| row(77, i)).collect()));
            cases.push(((AnyKind::Text, KeyKind::Integer), (0..n).map(|i| row(i, 5)).collect()));
        }
        // Large, with keys at the ends.
        let mut next = numbers(11);
        let mut rows: Vec<Row> = (0..100_000)
            .map(|_| row((next() % 10_000) as i64, (next() % 2_000 * (next() % 100) / 100) as i64))
            .collect();
        rows.extend((0..40_000).map(|item| row(77, item)));
        rows.extend((0..10_000).map(|basket| row(basket, 5)));
        rows.extend([row(i64::MIN, i64::MAX), row(i64::MAX, i64::MIN)]);
        cases.extend([PLAIN, (AnyKind::Text, KeyKind::Text)].map(|kinds| (kinds, rows.clone())));
        cases
    }

    fn many(rows: usize) -> Vec<Row> {
        let rows = 0..rows as i64;
        rows.map(|i| row(i % 50_000, i * 7_919 % 100_003)).collect()
    }

    fn take(&mut self, kinds: Kinds, &(basket, item): &Row) -> Result<()> {
        let Some(basket) = basket else {
            self.ignore_null_basket();
            return Ok(());
        };
        let Some(item) = item else {
            self.ignore_null_item();
            return Ok(());
        };
        with_basket(kinds.0, basket, |basket| {
            with_item(kinds.1, item, |item| self.push(basket, item, &mut Unhindered))
        })
    }

    fn check_readers(kinds: Kinds, rows: &[Row], bytes: &[u8]) {
        let log = opened(bytes);
        let count = |of: &dyn Fn(&Row) -> bool| rows.iter().filter(|row| of(row)).count() as u64;
        let counts = Counts {
            rows: count(&|row| row.0.is_some() && row.1.is_some()),
            null_baskets: count(&|row| row.0.is_none()),
            null_items: count(&|row| row.0.is_some() && row.1.is_none()),
        };
        assert_eq!(log.counts(), &counts);
        assert_eq!(log.kinds(), (counts.rows > 0).then_some(kinds));
        let (items, baskets) = expected(kinds, rows);
        let sizes = || baskets.iter().map(|basket| basket.len() as u64);
        let want = Description {
            baskets: baskets.len() as u64,
            items: items.len() as u64,
            entries: sizes().sum(),
            largest_basket: sizes().max().unwrap_or(0),
        };
        assert_eq!(log.describe(&mut Unhindered).unwrap(), want);
        assert!(contents(bytes) == (items, baskets), "{kinds:?}");
        // Each item is found by its key and by its text, and no other one is.
        let items = log.items(&mut Unhindered).unwrap();
        for number in 0..items.len() as u32 {
            assert_eq!(items.number(items.key(number)), Some(number));
            assert_eq!(items.find(&items.key(number).to_string()), Some(number));
        }
        for number in -4..10 {
            let is_there = rows.iter().any(|row| row.0.is_some() && row.1 == Some(number));
            let found = with_item(kinds.1, number, |key| items.number(key));
            assert_eq!(found.is_some(), is_there, "{number}");
        }
        assert_eq!(items.find("no such item"), None);
    }

    /// Nothing gives the keys of baskets back but the text forms: numbers stand for them.
    fn collected_again(bytes: &[u8]) -> Collector {
        let log = opened(bytes);
        let (items, baskets) = (
            log.items(&mut Unhindered).unwrap(),
            log.baskets(&mut Unhindered).unwrap(),
        );
        let mut again = Collector::new(LARGE);
        for (number, basket) in baskets.iter().enumerate() {
            for &item in basket {
                let basket = AnyKey::integer(number as i64);
                again.push(basket, items.key(item), &mut Unhindered).unwrap();
            }
        }
        again
    }

    fn contents(bytes: &[u8]) -> String {
        format!("{:?}", contents(bytes))
    }
}
