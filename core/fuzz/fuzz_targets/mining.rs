//! Mining a few baskets of a few items: sets, rules and recommendations, against their definitions.
#![no_main]

use clientele_core::basket_log::Baskets;
use clientele_core::checkpoint::{Checkpoint, Unhindered};
use clientele_core::itemsets::{Options, Sets, Target, frequent_itemsets};
use clientele_core::recommend::{self, Model};
use clientele_core::rules::{self, Measure, association_rules, rule_counts};
use clientele_core_fuzz::check_basket_model;
use libfuzzer_sys::fuzz_target;

/// Bounds of time: all sets of so many items are looked at.
const ITEMS: usize = 10;
const BASKETS: usize = 64;

/// Baskets of items that are numbered from the most frequent one down, as sets of bits.
fn numbered(rows: &[u16]) -> (Baskets, Vec<u16>) {
    let count = |item: usize| rows.iter().filter(|&&row| row >> item & 1 == 1).count() as u32;
    let mut items: Vec<usize> = (0..ITEMS).filter(|&item| count(item) > 0).collect();
    items.sort_by_key(|&item| std::cmp::Reverse(count(item)));
    let mut baskets = Baskets::new(items.iter().map(|&item| count(item)).collect());
    let mut sets = Vec::new();
    for &row in rows {
        let held: Vec<u32> = (0..items.len() as u32)
            .filter(|&at| row >> items[at as usize] & 1 == 1)
            .collect();
        if !held.is_empty() {
            baskets.push(&held, &mut Unhindered).expect("memory is there");
            sets.push(held.iter().fold(0, |set, &item| set | 1 << item));
        }
    }
    (baskets, sets)
}

fn listed(set: u16) -> Vec<u32> {
    (0..16).filter(|&item| set >> item & 1 == 1).collect()
}

fuzz_target!(|bytes: &[u8]| {
    let [min_count, choice, rest @ ..] = bytes else {
        return;
    };
    let rows: Vec<u16> = rest
        .chunks_exact(2)
        .take(BASKETS)
        .map(|row| u16::from_le_bytes([row[0], row[1]]))
        .collect();
    let (baskets, sets) = numbered(&rows);
    let min_count = u32::from(min_count % 8) + 1;
    let max_length = match choice % 5 {
        0 => usize::MAX,
        most => usize::from(most),
    };
    let all = 1u16 << baskets.counts().len();
    let count = |set: u16| sets.iter().filter(|&&basket| basket & set == set).count() as u32;
    for target in [Target::All, Target::Closed, Target::Maximal] {
        let options = Options {
            min_count,
            target,
            min_length: 1 + usize::from(choice >> 6),
            max_length,
        };
        let mut found = Vec::new();
        let mut visit = |items: &[u32], count: u32, _: &mut dyn Checkpoint| {
            found.push((items.to_vec(), count));
            Ok(())
        };
        frequent_itemsets(&baskets, &options, &mut visit, &mut Unhindered).expect("the options are sound");
        let grown = |set: u16| {
            (0..baskets.counts().len())
                .map(move |item| set | 1 << item)
                .filter(move |&other| other != set)
        };
        let mut wanted: Vec<(Vec<u32>, u32)> = (1..all)
            .filter(|&set| count(set) >= min_count)
            .filter(|&set| match target {
                Target::All => true,
                Target::Closed => grown(set).all(|other| count(other) < count(set)),
                Target::Maximal => grown(set).all(|other| count(other) < min_count),
            })
            .map(|set| (listed(set), count(set)))
            .filter(|(items, _)| (options.min_length..=options.max_length).contains(&items.len()))
            .collect();
        found.sort();
        wanted.sort();
        assert_eq!(found, wanted, "{options:?}");
    }
    let by = Measure::ALL[usize::from(*choice) % Measure::ALL.len()];
    let options = rules::Options {
        min_count: Some(min_count),
        max_antecedent: max_length,
        max_consequent: 1 + usize::from(choice >> 7),
        top: (choice & 16 != 0).then_some(3),
        redundant: choice & 32 == 0,
        by,
        ..rules::Options::default()
    };
    let found = association_rules(&baskets, &options, &mut Unhindered).expect("the options are sound");
    let mut last = f64::INFINITY;
    for rule in found.iter() {
        let counts =
            rule_counts(&baskets, &rule.antecedent, &rule.consequent, &mut Unhindered).expect("it can be counted");
        assert_eq!(rule.counts, counts);
        assert!(by.rank(&counts) <= last, "the best come first");
        last = by.rank(&counts);
    }
    let options = recommend::Options {
        min_count,
        min_confidence: 0.0,
        max_antecedent: max_length,
    };
    let model =
        Model::fit(&baskets, &options, &mut |item| item.to_string(), &mut Unhindered).expect("it can be fitted");
    check_basket_model(&model);
    assert!(
        Sets::mine(
            &baskets,
            &Options {
                min_count,
                ..Options::default()
            },
            &mut Unhindered
        )
        .is_ok()
    );
});
