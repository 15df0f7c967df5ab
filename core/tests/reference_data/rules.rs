//! Association rules of public baskets, as other programs list them.

use crate::baskets::Named;
use crate::sha256::sha256;
use crate::{of_baskets, of_each_file};
use clientele_core::basket_log::Baskets;
use clientele_core::checkpoint::Unhindered;
use clientele_core::rules::{Counts, Measure, Options, Rule, association_rules};
use libtest_mimic::Trial;
use std::fmt::Write;

pub fn trials() -> Vec<Trial> {
    let groceries = |name, test: fn(&Named)| of_baskets(name, "golden/groceries.dat", test);
    let mut trials = of_each_file("rules", include_str!("../golden/rules.txt"), rules_are_those_of_others);
    trials.extend([
        groceries(
            "rules::rules_of_groceries_as_published",
            rules_of_groceries_as_published,
        ),
        groceries("rules::the_best_are_those_of_all", the_best_are_those_of_all),
    ]);
    trials
}

fn found(baskets: &Baskets, options: &Options<'_>) -> Vec<Rule> {
    association_rules(baskets, options, &mut Unhindered)
        .unwrap()
        .iter()
        .collect()
}

fn rules_are_those_of_others(named: &Named, words: &[&str]) {
    for (max_consequent, want, hash) in [(1, words[3], words[4]), (usize::MAX, words[5], words[6])] {
        let options = Options {
            min_count: Some(words[1].parse().unwrap()),
            min_confidence: words[2].parse().unwrap(),
            max_consequent,
            ..Options::default()
        };
        let rules = found(&named.baskets, &options);
        assert_eq!(rules.len().to_string(), want, "{words:?}");
        let original = |items: &[u32]| {
            let mut items: Vec<u32> = items.iter().map(|&item| named.names[item as usize]).collect();
            items.sort_unstable();
            items
        };
        let mut rules: Vec<_> = rules
            .iter()
            .map(|rule| (original(&rule.antecedent), original(&rule.consequent), rule.counts))
            .collect();
        rules.sort_by(|a, b| (&a.0, &a.1).cmp(&(&b.0, &b.1)));
        let mut listing = String::new();
        for (a, b, counts) in &rules {
            let words = |items: &[u32]| items.iter().map(u32::to_string).collect::<Vec<_>>().join(" ");
            let Counts { n_ab, n_a, n_b, .. } = counts;
            writeln!(listing, "{}=>{}:{n_ab}:{n_a}:{n_b}", words(a), words(b)).unwrap();
        }
        assert_eq!(sha256(listing.as_bytes()), hash, "{words:?}");
    }
}

fn rules_of_groceries_as_published(named: &Named) {
    for (min_count, min_confidence, want) in [(10, 0.8, 410), (10, 0.5, 5_668), (99, 0.5, 15), (60, 0.25, 463)] {
        let options = Options {
            min_count: Some(min_count),
            min_confidence,
            by: Measure::Lift,
            ..Options::default()
        };
        let rules = found(&named.baskets, &options);
        assert_eq!(rules.len(), want);
        if want == 410 {
            let [n_ab, n_a, n_b, n] = [19, 21, 792, 9_835];
            assert_eq!(rules[0].counts, Counts { n_ab, n_a, n_b, n });
            assert_eq!(rules[0].antecedent.len(), 2);
        }
    }
}

fn the_best_are_those_of_all(named: &Named) {
    for by in Measure::ALL {
        for redundant in [true, false] {
            let top = Options {
                top: Some(25),
                redundant,
                by,
                max_antecedent: 2,
                ..Options::default()
            };
            let all = Options {
                top: None,
                min_count: Some(10),
                ..top
            };
            let all = found(&named.baskets, &all);
            assert_eq!(found(&named.baskets, &top), all[..25], "{}", by.name());
        }
    }
}
