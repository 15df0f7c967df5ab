//! Frequent itemsets against their definition. What other programs found in public data is in `reference_data`.

mod baskets;
mod cases;

use baskets::numbered;
use cases::cases;
use clientele_core::basket_log::Baskets;
use clientele_core::checkpoint::{Checkpoint, Unhindered};
use clientele_core::itemsets::{Options, Sets, Target, frequent_itemsets, max_count_of, min_count_of};
use clientele_core::{Error, Kind, Result};
use proptest::prelude::*;
use std::collections::BTreeMap;

type Found = Vec<(Vec<u32>, u32)>;

fn mined(baskets: &Baskets, options: &Options) -> Found {
    let mut found = Vec::new();
    let mut visit = |items: &[u32], count: u32, _: &mut dyn Checkpoint| {
        found.push((items.to_vec(), count));
        Ok(())
    };
    frequent_itemsets(baskets, options, &mut visit, &mut Unhindered).unwrap();
    found
}

/// All sets of up to 12 items, by definition.
fn by_definition(baskets: &Baskets, options: &Options) -> BTreeMap<Vec<u32>, u32> {
    let items = baskets.counts().len();
    let rows: Vec<u32> = baskets
        .iter()
        .map(|row| row.iter().map(|&item| 1 << item).sum())
        .collect();
    let count = |set: u32| rows.iter().filter(|&&row| row & set == set).count() as u32;
    let counts: Vec<u32> = (0..1u32 << items).map(count).collect();
    let is_wanted = |&set: &u32| {
        let count = counts[set as usize];
        let more = || (0..items).map(|item| set | 1 << item).filter(|&more| more != set);
        let is_target = match options.target {
            Target::All => true,
            Target::Closed => more().all(|more| counts[more as usize] < count),
            Target::Maximal => more().all(|more| counts[more as usize] < options.min_count),
        };
        let length = set.count_ones() as usize;
        count >= options.min_count && is_target && (options.min_length..=options.max_length).contains(&length)
    };
    let sets = (1..1u32 << items).filter(is_wanted);
    let listed = |set: u32| (0..items as u32).filter(|item| set >> item & 1 == 1).collect();
    sets.map(|set| (listed(set), counts[set as usize])).collect()
}

/// Few items, of which some are in nearly all baskets; sometimes many baskets, for more than one word of bits.
fn rows() -> impl Strategy<Value = Vec<Vec<u32>>> {
    let row = (0u32..4096, 0u32..4096, 0u32..4096).prop_map(|(a, b, c)| {
        // Denser from item to item.
        let bits = (a & b & 0x0f) | (a & 0xf0) | ((a | b | c) & 0xf00);
        (0..12).filter(|item| bits >> item & 1 == 1).collect::<Vec<u32>>()
    });
    prop_oneof![
        3 => prop::collection::vec(row.clone(), 0..12),
        2 => prop::collection::vec(row.clone(), 0..80),
        1 => prop::collection::vec(row, 200..600),
    ]
}

proptest! {
    #![proptest_config(cases(1500))]

    #[test]
    fn sets_are_those_of_the_definition(
        rows in rows(),
        share in 0.0f64..1.0,
        target in prop_oneof![Just(Target::All), Just(Target::Closed), Just(Target::Maximal)],
        min_length in 0usize..4,
        max_length in prop_oneof![1usize..6, Just(usize::MAX)],
    ) {
        let baskets = numbered(&rows).baskets;
        let min_count = ((share * share * rows.len() as f64) as u32).max(1);
        let options = Options { min_count, target, min_length, max_length };
        let found = mined(&baskets, &options);
        let want = by_definition(&baskets, &options);
        prop_assert_eq!(found.len(), want.len());
        prop_assert_eq!(&found.iter().cloned().collect::<BTreeMap<_, _>>(), &want);
        // By their rarest items, and each set before those that hold it and no rarer item.
        prop_assert!(found.is_sorted_by_key(|(items, _)| *items.last().unwrap()));
        // The order of baskets means nothing.
        let mut reversed = rows.clone();
        reversed.reverse();
        prop_assert_eq!(mined(&numbered(&reversed).baskets, &options), found);
    }

    #[test]
    fn kept_sets_are_found_again(rows in rows()) {
        let baskets = numbered(&rows).baskets;
        let options = Options { min_count: (rows.len() as u32 / 8).max(1), ..Options::default() };
        let sets = Sets::mine(&baskets, &options, &mut Unhindered).unwrap();
        let found = mined(&baskets, &options);
        prop_assert_eq!(sets.len(), found.len());
        for (number, (items, count)) in found.iter().enumerate() {
            prop_assert_eq!(sets.items(number as u32), items);
            prop_assert_eq!(sets.find(items.iter().copied()), Some(*count));
            let more = items.iter().copied().chain([99]);
            prop_assert_eq!(sets.find(more), None);
        }
    }

    #[test]
    fn counts_and_shares_agree(total in 1usize..200_000, share in 1usize..200_000) {
        let count = (share % total + 1) as u32;
        let support = f64::from(count) / total as f64;
        prop_assert_eq!(min_count_of(support, total), Ok(count));
        prop_assert_eq!(max_count_of(support, total), Ok(count));
        let between = (f64::from(count) - 0.5) / total as f64;
        prop_assert_eq!(min_count_of(between, total), Ok(count));
        prop_assert_eq!(max_count_of(between, total), Ok(count - 1));
    }
}

#[test]
fn shares_at_the_threshold_count() {
    // Other programs miss these: the product is 441.00000000000006 and the quotient rounds up.
    assert_eq!(min_count_of(441.0 / 88_162.0, 88_162), Ok(441));
    assert_eq!(min_count_of(0.01, 9_835), Ok(99));
    assert_eq!(min_count_of(0.07, 100), Ok(7));
    assert_eq!(min_count_of(1.0, 1), Ok(1));
    assert_eq!(min_count_of(1.0, u32::MAX as usize), Ok(u32::MAX));
    assert_eq!(min_count_of(1e-300, 1_000), Ok(1));
    assert_eq!(min_count_of(0.5, 0), Ok(1));
    assert_eq!(max_count_of(1e-300, 1_000), Ok(0));
    assert_eq!(max_count_of(0.5, 9), Ok(4));
    for support in [0.0, -0.1, 1.0 + 1e-15, f64::NAN, f64::INFINITY] {
        let error = min_count_of(support, 10).unwrap_err();
        assert_eq!(error.kind(), Kind::InvalidParameter);
        assert!(error.detail_text().is_some() && error.hint_text().is_some());
        let error = max_count_of(support, 10).unwrap_err();
        assert_eq!(error.kind(), Kind::InvalidParameter);
        assert!(error.message().contains("max_item_support"), "{error}");
    }
}

#[test]
fn words_and_counts_are_checked() {
    for target in [Target::All, Target::Closed, Target::Maximal] {
        assert_eq!(Target::parse(target.name()), Ok(target));
    }
    let error = Target::parse("frequent").unwrap_err();
    assert_eq!(error.message(), "unknown value for option \"target\"");
    assert_eq!(error.hint_text(), Some("Use \"all\", \"closed\" or \"maximal\"."));
    let options = Options {
        min_count: 0,
        ..Options::default()
    };
    let error = frequent_itemsets(&Baskets::default(), &options, &mut |_, _, _| Ok(()), &mut Unhindered).unwrap_err();
    assert_eq!(error.kind(), Kind::InvalidParameter);
    assert!(mined(&Baskets::default(), &Options::default()).is_empty());
}

/// Stops after some passes, or beyond some bytes.
struct Limits {
    passes: usize,
    bytes: usize,
}

impl Checkpoint for Limits {
    fn pass(&mut self, _: &'static str, _: usize, _: usize) -> Result<()> {
        self.passes = self.passes.checked_sub(1).ok_or(Error::new(Kind::Stopped, "stopped"))?;
        Ok(())
    }

    fn reserve(&mut self, bytes: usize) -> Result<()> {
        let left = self.bytes.checked_sub(bytes);
        self.bytes = left.ok_or(Error::new(Kind::MemoryLimit, "too much").detail("The limit is low."))?;
        Ok(())
    }
}

/// Thirty baskets with all of 60 items, and some with few of them: far more sets than can be written.
fn endless() -> Baskets {
    let mut rows = vec![(0..60).collect::<Vec<u32>>(); 30];
    rows.extend((0..60).map(|item| vec![item]));
    numbered(&rows).baskets
}

#[test]
fn a_search_without_end_can_be_stopped() {
    let mut limits = Limits {
        passes: 50,
        bytes: usize::MAX,
    };
    let mut found = 0u64;
    let mut visit = |_: &[u32], _: u32, _: &mut dyn Checkpoint| {
        found += 1;
        Ok(())
    };
    let options = Options {
        max_length: 40,
        ..Options::default()
    };
    let error = frequent_itemsets(&endless(), &options, &mut visit, &mut limits).unwrap_err();
    assert_eq!(error.kind(), Kind::Stopped);
    assert!((1..10_000_000).contains(&found), "{found}");
    // Nothing but one set is closed.
    let options = Options {
        min_count: 2,
        target: Target::Closed,
        min_length: 2,
        ..Options::default()
    };
    assert_eq!(mined(&endless(), &options), [((0..60).collect(), 30)]);
    // And of the short ones, all are there.
    let options = Options {
        min_count: 2,
        max_length: 3,
        ..Options::default()
    };
    assert_eq!(mined(&endless(), &options).len(), 60 + 60 * 59 / 2 + 60 * 59 * 58 / 6);
}

#[test]
fn memory_that_is_too_small_says_how_far_it_went() {
    let mut limits = Limits {
        passes: usize::MAX,
        bytes: 1 << 20,
    };
    let options = Options {
        min_count: 2,
        ..Options::default()
    };
    let error = Sets::mine(&endless(), &options, &mut limits).unwrap_err();
    assert_eq!(error.kind(), Kind::MemoryLimit);
    let detail = error.detail_text().unwrap();
    assert!(
        detail.starts_with("The limit is low. ") && detail.contains(" frequent itemsets had been found"),
        "{detail}"
    );
    assert!(error.hint_text().is_some());
}

#[test]
fn one_large_basket_among_small_ones() {
    let mut rows = vec![(0..3_000).collect::<Vec<u32>>()];
    rows.extend((0..3_000).map(|item| vec![item, item % 7]));
    rows.iter_mut().for_each(|row| {
        row.sort_unstable();
        row.dedup();
    });
    let baskets = numbered(&rows).baskets;
    let options = Options {
        min_count: 3,
        ..Options::default()
    };
    assert_eq!(mined(&baskets, &options).len(), 7);
}
