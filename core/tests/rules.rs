//! Association rules against their definition. What other programs found in public data is in `reference_data`.

mod baskets;
mod cases;
mod tolerance;

use baskets::numbered;
use cases::cases;
use clientele_core::basket_log::Baskets;
use clientele_core::checkpoint::{Checkpoint, Unhindered};
use clientele_core::rules::{Counts, Measure, Options, Rule, association_rules, ln_p_value, rule_counts, usual_count};
use clientele_core::{Error, Kind, Result};
use proptest::prelude::*;
use std::cmp::Ordering;
use tolerance::{ARITHMETIC, FORMULA, LIFT_LOW, LN_P_VALUE, printed};

fn found(baskets: &Baskets, options: &Options<'_>) -> Vec<Rule> {
    association_rules(baskets, options, &mut Unhindered)
        .unwrap()
        .iter()
        .collect()
}

fn listed(set: u32) -> Vec<u32> {
    (0..32).filter(|item| set >> item & 1 == 1).collect()
}

/// All rules of up to 8 items, by definition.
fn by_definition(baskets: &Baskets, options: &Options<'_>) -> Vec<Rule> {
    let items = baskets.counts().len();
    let rows: Vec<u32> = baskets
        .iter()
        .map(|row| row.iter().map(|&item| 1 << item).sum())
        .collect();
    let all: Vec<u64> = (0..1u32 << items)
        .map(|set| rows.iter().filter(|&&row| row & set == set).count() as u64)
        .collect();
    let n_of = |set: u32| all[set as usize];
    let within = |items: Option<&[u32]>, set: u32| {
        items.is_none_or(|items| listed(set).iter().all(|item| items.contains(item)))
            && listed(set)
                .iter()
                .all(|&item| baskets.counts()[item as usize] <= options.max_item_count)
    };
    let floor = u64::from(options.min_count.unwrap_or(5));
    let sets = 1..1u32 << items;
    let mut rules: Vec<(u32, u32, Counts)> = Vec::new();
    for a in sets.clone() {
        for b in sets.clone().filter(|b| a & b == 0) {
            let counts = Counts {
                n_ab: n_of(a | b),
                n_a: n_of(a),
                n_b: n_of(b),
                n: rows.len() as u64,
            };
            if counts.n_ab >= floor
                && counts.n_ab as f64 / counts.n_a as f64 >= options.min_confidence
                && (a.count_ones() as usize) <= options.max_antecedent
                && (b.count_ones() as usize) <= options.max_consequent
                && within(options.antecedents, a)
                && within(options.consequents, b)
            {
                rules.push((a, b, counts));
            }
        }
    }
    if let Some(level) = options.significance {
        let total = rules.len() as f64;
        let mut p_values: Vec<f64> = rules.iter().map(|rule| rule.2.p_value()).collect();
        p_values.sort_by(f64::total_cmp);
        let greatest = (0..rules.len())
            .rev()
            .find(|&i| p_values[i] <= level * (i + 1) as f64 / total * (1.0 + ARITHMETIC))
            .map(|i| p_values[i]);
        rules.retain(|rule| greatest.is_some_and(|greatest| rule.2.p_value() <= greatest));
    }
    if !options.redundant {
        let all = rules.clone();
        let is_better = |one: &Counts, other: &Counts| one.n_ab * other.n_a >= other.n_ab * one.n_a;
        rules.retain(|(a, b, counts)| {
            !all.iter()
                .any(|(c, d, others)| b == d && c != a && a & c == *c && is_better(others, counts))
        });
    }
    let mut rules: Vec<Rule> = rules
        .into_iter()
        .map(|(a, b, counts)| Rule {
            antecedent: listed(a),
            consequent: listed(b),
            counts,
        })
        .collect();
    rules.sort_by(|a, b| {
        let rank = |rule: &Rule| match options.by {
            Measure::PValue => -rule.counts.ln_p_value(),
            by => by.of(&rule.counts).unwrap_or(f64::NEG_INFINITY),
        };
        rank(b)
            .partial_cmp(&rank(a))
            .unwrap_or(Ordering::Equal)
            .then(b.counts.n_ab.cmp(&a.counts.n_ab))
            .then((&a.antecedent, &a.consequent).cmp(&(&b.antecedent, &b.consequent)))
    });
    rules.truncate(options.top.unwrap_or(usize::MAX));
    rules
}

fn rows() -> impl Strategy<Value = Vec<Vec<u32>>> {
    let row = (0u32..256, 0u32..256).prop_map(|(a, b)| {
        let bits = (a & b & 0x03) | (a & 0x3c) | ((a | b) & 0xc0);
        listed(bits)
    });
    prop_oneof![
        prop::collection::vec(row.clone(), 0..30),
        prop::collection::vec(row, 100..200)
    ]
}

fn measure() -> impl Strategy<Value = Measure> {
    (0..Measure::ALL.len()).prop_map(|index| Measure::ALL[index])
}

proptest! {
    #![proptest_config(cases(600))]

    #[test]
    fn rules_are_those_of_the_definition(
        rows in rows(),
        min_count in prop::option::of(1u32..20),
        min_confidence in prop_oneof![Just(0.0), Just(0.5), Just(0.8), Just(1.0), 0.0f64..1.0],
        lengths in (1usize..4, 1usize..4),
        redundant in any::<bool>(),
        sides in (prop::option::of(prop::collection::vec(0u32..9, 0..6)), prop::option::of(prop::collection::vec(0u32..9, 0..6))),
        max_item_count in prop_oneof![Just(u32::MAX), 5u32..100],
        significance in prop_oneof![Just(None), Just(Some(0.05)), Just(Some(0.5))],
        top in prop_oneof![Just(None), (0usize..12).prop_map(Some)],
        by in measure(),
    ) {
        let baskets = numbered(&rows).baskets;
        let options = Options {
            min_count,
            min_confidence,
            max_antecedent: lengths.0,
            max_consequent: lengths.1,
            redundant,
            antecedents: sides.0.as_deref(),
            consequents: sides.1.as_deref(),
            max_item_count,
            significance,
            top,
            by,
        };
        prop_assert_eq!(found(&baskets, &options), by_definition(&baskets, &options));
    }

    #[test]
    fn counts_are_those_of_the_definition(
        rows in rows(),
        a in prop::collection::vec(0u32..10, 0..3),
        b in prop::collection::vec(0u32..10, 0..3),
    ) {
        let baskets = numbered(&rows).baskets;
        let count = |items: &[&[u32]]| {
            let holds = |row: &&[u32]| items.iter().flat_map(|items| *items).all(|item| row.contains(item));
            baskets.iter().filter(holds).count() as u64
        };
        let want = Counts { n_ab: count(&[&a, &b]), n_a: count(&[&a]), n_b: count(&[&b]), n: rows.len() as u64 };
        prop_assert_eq!(rule_counts(&baskets, &a, &b, &mut Unhindered).unwrap(), want);
    }
}

#[test]
fn measures_as_others_compute_them() {
    for line in include_str!("golden/measures.txt").lines().skip(1) {
        let words: Vec<&str> = line.split(' ').collect();
        let [n_ab, n_a, n_b, n] = std::array::from_fn(|i| words[i].parse().unwrap());
        let counts = Counts { n_ab, n_a, n_b, n };
        let values = [
            counts.support(),
            counts.confidence(),
            counts.lift(),
            counts.leverage(),
            counts.conviction(),
            counts.zhang(),
            counts.jaccard(),
            counts.cosine(),
            counts.kulczynski(),
            counts.odds_ratio(),
            counts.imbalance(),
        ];
        for (value, want) in values.iter().zip(&words[4..]) {
            let (value, want) = (value.unwrap(), want.parse::<f64>().unwrap());
            assert!(
                value == want || (value / want - 1.0).abs() < ARITHMETIC,
                "{line}: {value} and not {want}"
            );
        }
    }
}

#[test]
fn the_lower_limit_of_lift_is_that_of_the_gamma_distribution() {
    // The quantile for 0.025 of the lift's distribution if its prior is Gamma(1/2, 1/2), by the series of the incomplete gamma function.
    for (n_ab, n_a, n_b, n, want) in [
        (1, 10, 10, 1_000, 0.1798294021865815),
        (3, 10, 100, 2_000, 0.8449345903386771),
        (5, 5, 5, 5_000, 3.777968566570395),
        (10, 100, 100, 10_000, 3.4276325941742876),
        (50, 400, 500, 10_000, 1.8313041646117394),
        (1_000, 9_000, 10_000, 100_000, 1.043262103436053),
        (79, 330, 1_000, 100_000, 16.576302005113536),
    ] {
        let found = Counts { n_ab, n_a, n_b, n }.lift_low().unwrap();
        // The published form is that near.
        assert!(
            (found / want - 1.0).abs() < LIFT_LOW,
            "{n_ab} {n_a} {n_b} {n}: {found} and not {want}"
        );
    }
    // 10 where 1 is expected, as published: IC is 2.807, IC025 is 1.730.
    let counts = Counts {
        n_ab: 10,
        n_a: 100,
        n_b: 100,
        n: 10_000,
    };
    assert!((counts.lift_low().unwrap().log2() - 1.730).abs() < printed(3));
    // More evidence for the same lift is worth more, and five baskets of two rare items are not the best there can be.
    let rare = Counts {
        n_ab: 5,
        n_a: 5,
        n_b: 5,
        n: 100_000,
    };
    let frequent = Counts {
        n_ab: 100,
        n_a: 200,
        n_b: 200,
        n: 100_000,
    };
    assert!(rare.lift() > frequent.lift() && rare.lift_low() < frequent.lift_low());
    let measure = |k: u64| {
        Counts {
            n_ab: 3 * k,
            n_a: 10 * k,
            n_b: 10 * k,
            n: 100 * k,
        }
        .lift_low()
        .unwrap()
    };
    let all: Vec<f64> = (0..20).map(|power| measure(1 << power)).collect();
    assert!(all.is_sorted() && (all[19] / 3.0 - 1.0).abs() < 0.01, "{all:?}");
}

#[test]
fn the_usual_count_is_a_thousandth_and_at_least_five() {
    for (baskets, want) in [
        (0, 5),
        (1, 5),
        (5_000, 5),
        (9_835, 10),
        (88_162, 89),
        (1_000_000, 1_000),
    ] {
        assert_eq!(usual_count(baskets), want, "of {baskets}");
    }
}

#[test]
fn measures_at_their_ends() {
    let of = |n_ab, n_a, n_b, n| Counts { n_ab, n_a, n_b, n };
    assert_eq!(of(5, 5, 6, 10).conviction(), Some(f64::INFINITY));
    assert_eq!(of(5, 5, 10, 10).conviction(), None);
    assert_eq!(of(3, 5, 6, 10).conviction(), Some(1.0));
    assert_eq!(of(5, 5, 10, 10).zhang(), Some(0.0));
    assert_eq!(of(10, 10, 10, 10).zhang(), None);
    assert_eq!(of(0, 5, 5, 10).zhang(), Some(-1.0));
    assert_eq!(of(5, 5, 5, 10).zhang(), Some(1.0));
    assert_eq!(of(5, 5, 5, 10).odds_ratio(), Some(f64::INFINITY));
    assert_eq!(of(5, 5, 10, 10).odds_ratio(), None);
    assert_eq!(of(5, 5, 10, 10).p_value(), 1.0);
    assert_eq!(of(0, 0, 5, 10).confidence(), None);
    assert_eq!(of(0, 0, 5, 10).lift(), None);
    assert_eq!(of(0, 0, 5, 10).p_value(), 1.0);
    let nothing = Counts::default();
    for measure in Measure::ALL {
        let want = (measure == Measure::PValue).then_some(1.0);
        assert_eq!(measure.of(&nothing), want, "{}", measure.name());
        assert_eq!(Measure::parse(measure.name()), Ok(measure));
    }
    let error = Measure::parse("leverages").unwrap_err();
    assert_eq!(error.message(), "unknown value for option \"by\"");
    assert_eq!(error.detail_text(), Some("It is \"leverages\"."));
    // No counts are too large to be multiplied.
    let most = u64::from(u32::MAX);
    assert_eq!(of(most, most, most, most).lift(), Some(1.0));
    assert_eq!(of(most, most, most, most).kulczynski(), Some(1.0));
}

/// n over k.
fn choose(n: u64, k: u64) -> u128 {
    (0..k.min(n - k)).fold(1, |product, i| product * u128::from(n - i) / u128::from(i + 1))
}

#[test]
fn p_values_of_small_tables_are_exact() {
    for n in (1..40u64).chain([60, 61]) {
        for n_a in 0..=n {
            for n_b in 0..=n {
                let least = (n_a + n_b).saturating_sub(n);
                let most = n_a.min(n_b);
                let mut sum = 0;
                for n_ab in (least..=most).rev() {
                    sum += choose(n_a, n_ab) * choose(n - n_a, n_b - n_ab);
                    let want = (sum as f64 / choose(n, n_b) as f64).ln();
                    let found = ln_p_value(n_ab, n_a, n_b, n);
                    assert!(
                        (found - want).abs() < LN_P_VALUE * (1.0 - want),
                        "{n_ab} {n_a} {n_b} {n}: {found} and not {want}"
                    );
                }
            }
        }
    }
}

#[test]
fn p_values_of_large_tables() {
    // Sums of products of binomial coefficients as whole numbers.
    for (n_ab, n_a, n_b, n, want) in [
        (19, 21, 792, 9835, -42.87229726712091),
        (12, 19, 327, 9835, -30.425210311068373),
        (180, 205, 1000, 100000, -772.5993804603056),
        (500, 2000, 3000, 100000, -713.7292232660448),
        (70, 2000, 3000, 100000, -2.2437144364579713),
        (50, 2000, 3000, 100000, -0.08237962413487335),
        (5, 5, 5, 88162, -52.147051378508344),
        (800, 5000, 9000, 88162, -88.30297817071393),
        (3000, 30000, 9000, 88162, -0.07177100934261534),
        (8100, 9000, 80000, 88162, -0.005252133703664164),
        (8300, 9000, 80000, 88162, -16.150109499221262),
        (600, 1000000000, 2000, 4000000000, -15.27009983932299),
        (480, 1000000000, 2000, 4000000000, -0.15637303676548414),
        (300, 1000000000, 300, 4000000000, -415.88834197347137),
    ] {
        let found = ln_p_value(n_ab, n_a, n_b, n);
        assert!(
            (found - want).abs() < FORMULA,
            "{n_ab} {n_a} {n_b} {n}: {found} and not {want}"
        );
    }
}

#[test]
fn options_are_checked() {
    let good = Options::default();
    for options in [
        Options {
            min_count: Some(0),
            ..good
        },
        Options {
            min_confidence: -0.1,
            ..good
        },
        Options {
            min_confidence: f64::NAN,
            ..good
        },
        Options {
            max_antecedent: 0,
            ..good
        },
        Options {
            max_consequent: 0,
            ..good
        },
        Options {
            significance: Some(0.0),
            ..good
        },
        Options {
            significance: Some(f64::NAN),
            ..good
        },
    ] {
        let error = association_rules(&Baskets::default(), &options, &mut Unhindered).unwrap_err();
        assert_eq!(error.kind(), Kind::InvalidParameter);
        assert!(error.detail_text().is_some());
    }
    assert!(
        association_rules(&Baskets::default(), &good, &mut Unhindered)
            .unwrap()
            .is_empty()
    );
}

/// Stops after some passes.
struct Passes(usize);

impl Checkpoint for Passes {
    fn pass(&mut self, _: &'static str, _: usize, _: usize) -> Result<()> {
        self.0 = self.0.checked_sub(1).ok_or(Error::new(Kind::Stopped, "stopped"))?;
        Ok(())
    }

    fn reserve(&mut self, _: usize) -> Result<()> {
        Ok(())
    }
}

#[test]
fn a_search_can_be_stopped_anywhere() {
    let rows = vec![(0..8).collect::<Vec<u32>>(); 30];
    let baskets = numbered(&rows).baskets;
    let options = Options {
        max_consequent: 3,
        redundant: false,
        significance: Some(1.0),
        ..Options::default()
    };
    let mut passes = 0;
    while let Err(error) = association_rules(&baskets, &options, &mut Passes(passes)) {
        assert_eq!(error.kind(), Kind::Stopped);
        passes += 1 + passes / 8;
    }
    assert!(passes > 20, "{passes}");
}
