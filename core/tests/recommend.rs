//! Recommendations against their definition; models as text, bytes, and what is neither.

mod baskets;
mod cases;

use baskets::numbered;
use cases::cases;
use clientele_core::basket_log::Baskets;
use clientele_core::checkpoint::{Checkpoint, Unhindered};
use clientele_core::recommend::{Model, Options, Recommendation, recommend};
use clientele_core::rules::{self, Counts, Measure, association_rules, rule_counts};
use clientele_core::{Error, Kind, Result};
use proptest::prelude::*;
use std::collections::BTreeMap;

fn fitted(baskets: &Baskets, options: &Options) -> Model {
    Model::fit(baskets, options, &mut |item| format!("item {item}"), &mut Unhindered).unwrap()
}

/// The best rule for each item, then the most frequent items, straight from the rules.
fn by_definition(baskets: &Baskets, basket: &[u32], n: usize, by: Measure, options: &Options) -> Vec<Recommendation> {
    let wanted = rules::Options {
        min_count: Some(options.min_count),
        min_confidence: options.min_confidence,
        max_antecedent: options.max_antecedent,
        redundant: false,
        by,
        ..rules::Options::default()
    };
    let rules = association_rules(baskets, &wanted, &mut Unhindered).unwrap();
    let mut applicable: Vec<_> = rules
        .iter()
        .filter(|rule| rule.antecedent.iter().all(|item| basket.contains(item)))
        .filter(|rule| !basket.contains(&rule.consequent[0]))
        .collect();
    let rank = |counts: &Counts| by.rank(counts);
    // The best first; of equal ones the most frequent, then the shortest, then the first.
    applicable.sort_by(|a, b| {
        rank(&b.counts)
            .total_cmp(&rank(&a.counts))
            .then(b.counts.n_ab.cmp(&a.counts.n_ab))
            .then(a.antecedent.len().cmp(&b.antecedent.len()))
            .then(a.antecedent.cmp(&b.antecedent))
    });
    let mut best = BTreeMap::new();
    for rule in applicable {
        best.entry(rule.consequent[0]).or_insert(rule);
    }
    let mut offers: Vec<Recommendation> = best
        .into_iter()
        .map(|(item, rule)| Recommendation {
            item,
            score: by.of(&rule.counts),
            antecedent: rule.antecedent,
            counts: rule.counts,
        })
        .collect();
    offers.sort_by(|a, b| {
        rank(&b.counts)
            .total_cmp(&rank(&a.counts))
            .then(b.counts.n_ab.cmp(&a.counts.n_ab))
            .then(a.item.cmp(&b.item))
    });
    for (item, &count) in baskets.counts().iter().enumerate() {
        let item = item as u32;
        let is_new = !basket.contains(&item) && offers.iter().all(|offer| offer.item != item);
        if count >= options.min_count && is_new {
            let counts = rule_counts(baskets, &[], &[item], &mut Unhindered).unwrap();
            offers.push(Recommendation {
                item,
                score: by.of(&counts),
                antecedent: Vec::new(),
                counts,
            });
        }
    }
    offers.truncate(n);
    offers
}

fn rows() -> impl Strategy<Value = Vec<Vec<u32>>> {
    let row = (0u32..256, 0u32..256).prop_map(|(a, b)| {
        let bits = (a & b & 0x03) | (a & 0x3c) | ((a | b) & 0xc0);
        (0..8).filter(|item| bits >> item & 1 == 1).collect()
    });
    prop_oneof![
        prop::collection::vec(row, 0..40),
        prop::collection::vec(prop::collection::btree_set(0u32..30, 0..6), 0..60)
            .prop_map(|rows| rows.into_iter().map(|row| row.into_iter().collect()).collect())
    ]
}

proptest! {
    #![proptest_config(cases(1000))]

    #[test]
    fn a_model_says_what_its_baskets_say(
        rows in rows(),
        basket in prop::collection::vec(0u32..12, 0..6),
        n in 0usize..12,
        by in (0..Measure::ALL.len()).prop_map(|index| Measure::ALL[index]),
        min_count in 1u32..8,
        min_confidence in prop_oneof![Just(0.0), Just(0.5), 0.0f64..1.0],
        max_antecedent in prop_oneof![1usize..4, Just(usize::MAX)],
    ) {
        let baskets = numbered(&rows).baskets;
        let options = Options { min_count, min_confidence, max_antecedent };
        let want = by_definition(&baskets, &basket, n, by, &options);
        let found = recommend(&baskets, &basket, n, by, &options, &mut Unhindered).unwrap();
        prop_assert_eq!(&found, &want);
        let model = fitted(&baskets, &options);
        let names: Vec<String> = basket.iter().map(|item| format!("item {item}")).collect();
        prop_assert_eq!(&model.recommend(names.iter().map(String::as_str), n, by), &want);
        // And so it does after it was written and read.
        prop_assert_eq!(&Model::decode(&model.encode(), &mut Unhindered).unwrap(), &model);
        prop_assert_eq!(&Model::parse(&model.text(), &mut Unhindered).unwrap(), &model);
    }

    #[test]
    fn bytes_that_are_no_model_are_refused(rows in rows(), at in any::<prop::sample::Index>(), flip in 1u8..=255) {
        let mut bytes = fitted(&numbered(&rows).baskets, &Options { min_count: 2, ..Options::default() }).encode();
        let at = at.index(bytes.len());
        bytes[at] ^= flip;
        prop_assert_eq!(Model::decode(&bytes, &mut Unhindered).unwrap_err().kind(), Kind::Corrupted);
        // With a right checksum it is either a model or refused.
        let body = bytes.len() - 4;
        let checksum = crc32fast::hash(&bytes[..body]);
        bytes[body..].copy_from_slice(&checksum.to_le_bytes());
        if let Ok(model) = Model::decode(&bytes, &mut Unhindered) {
            model.recommend(["item 0"], 5, Measure::PValue);
            prop_assert_eq!(&Model::parse(&model.text(), &mut Unhindered).unwrap(), &model);
        }
    }
}

const TEXT: &str = concat!(
    r#"{"basket_model":1,"baskets":10,"min_count":2,"min_confidence":0.25,"max_antecedent":null,"#,
    r#""items":[["bread",6],["butter",4],["jam é",3]],"rules":["#,
    r#"{"antecedent":["bread"],"consequent":"butter","n_ab":4,"n_a":6},"#,
    r#"{"antecedent":["bread","butter"],"consequent":"jam é","n_ab":3,"n_a":4}]}"#
);

const BYTES: &str =
    "010a02000000000000d03f0003056272656164060662757474657204066a616d20c3a90302010001040602000102030499714b0e";

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[test]
fn version_1_is_read_and_written() {
    let model = Model::parse(TEXT, &mut Unhindered).unwrap();
    assert_eq!(model.text(), TEXT);
    assert_eq!(hex(&model.encode()), BYTES);
    assert_eq!((model.baskets(), model.items(), model.rules()), (10, 3, 2));
    let offers = model.recommend(["bread", "tea"], 5, Measure::Confidence);
    let offers: Vec<_> = offers
        .iter()
        .map(|offer| (model.name(offer.item), offer.antecedent.len(), offer.score.unwrap()))
        .collect();
    assert_eq!(offers, [("butter", 1, 4.0 / 6.0), ("jam é", 0, 0.3)]);
}

#[test]
fn texts_that_are_no_models_are_refused() {
    for (part, instead, why) in [
        (
            r#""basket_model":1"#,
            r#""basket_model":2"#,
            "The version in \"basket_model\" must be 1.",
        ),
        (
            r#""min_count":2"#,
            r#""min_count":0"#,
            "\"min_count\" must be at least 1.",
        ),
        (
            r#""min_count":2"#,
            r#""min_count":4"#,
            "Counts of items must be at least",
        ),
        (r#""min_count":2"#, r#""min_counts":2"#, "Unknown field `min_counts`"),
        (r#""baskets":10"#, r#""baskets":5"#, "Counts of items must be at least"),
        (
            r#""min_confidence":0.25"#,
            r#""min_confidence":1.25"#,
            "\"min_confidence\" must be between 0 and 1.",
        ),
        (r#"["butter",4]"#, r#"["butter",7]"#, "Items must be in order"),
        (
            r#"["butter",4]"#,
            r#"["bread",4]"#,
            "The item \"bread\" is there twice.",
        ),
        (
            r#"["bread","butter"]"#,
            r#"["bread","tea"]"#,
            "A rule names \"tea\", which is not among the items.",
        ),
        (
            r#"["bread","butter"]"#,
            r#"["bread","bread"]"#,
            "The items of a rule must differ.",
        ),
        (
            r#"["bread","butter"]"#,
            r#"["bread","jam é"]"#,
            "The items of a rule must differ.",
        ),
        (r#"["bread","butter"]"#, "[]", "Rules must have an antecedent"),
        (r#""n_ab":4"#, r#""n_ab":0"#, "The counts of a rule must fit"),
        (r#""n_ab":4"#, r#""n_ab":5"#, "The counts of a rule must fit"),
        (r#""n_a":6"#, r#""n_a":7"#, "The counts of a rule must fit"),
        (r#""n_a":6"#, r#""n_a":3"#, "The counts of a rule must fit"),
        (
            r#"{"antecedent":["bread","butter"],"consequent":"jam é","n_ab":3,"n_a":4}"#,
            r#"{"antecedent":["bread"],"consequent":"butter","n_ab":3,"n_a":6}"#,
            "A rule is there twice.",
        ),
    ] {
        assert!(TEXT.contains(part), "{part}");
        let error = Model::parse(&TEXT.replacen(part, instead, 1), &mut Unhindered).unwrap_err();
        assert_eq!(error.kind(), Kind::InvalidText);
        assert_eq!(error.message(), "invalid input syntax for type basket_model");
        let detail = error.detail_text().unwrap();
        assert!(detail.starts_with(why), "{instead}: {detail}");
    }
    let error = Model::parse("", &mut Unhindered).unwrap_err();
    assert_eq!(error.message(), "invalid input syntax for type basket_model");
    assert!(error.detail_text().unwrap().starts_with("EOF"), "{error}");
}

#[test]
fn options_are_checked() {
    for options in [
        Options {
            min_count: 0,
            ..Options::default()
        },
        Options {
            min_confidence: f64::NAN,
            ..Options::default()
        },
        Options {
            max_antecedent: 0,
            ..Options::default()
        },
    ] {
        let error = recommend(&Baskets::default(), &[], 1, Measure::Lift, &options, &mut Unhindered).unwrap_err();
        assert_eq!(error.kind(), Kind::InvalidParameter);
        let name = &mut |_| String::new();
        let error = Model::fit(&Baskets::default(), &options, name, &mut Unhindered).unwrap_err();
        assert_eq!(error.kind(), Kind::InvalidParameter);
    }
}

#[test]
fn redundant_rules_are_no_evidence() {
    // Both items alone say more against the third than together, because together they are rare.
    let (x, y, b) = (1, 2, 0);
    let mut rows = vec![vec![x, y, b], vec![x, y]];
    for other in [x, y] {
        rows.extend(vec![vec![other, b]; 5]);
        rows.extend(vec![vec![other]; 3]);
    }
    rows.extend(vec![vec![b]; 10]);
    let named = numbered(&rows);
    let options = Options {
        min_count: 1,
        ..Options::default()
    };
    let by = Measure::Leverage;
    let direct = recommend(&named.baskets, &[1, 2], 1, by, &options, &mut Unhindered).unwrap();
    assert_eq!(direct[0].antecedent, [1]);
    let model = fitted(&named.baskets, &options);
    assert_eq!(model.recommend(["item 1", "item 2"], 1, by), direct);
}

/// Refuses memory beyond a limit.
struct Budget(usize);

impl Checkpoint for Budget {
    fn pass(&mut self, _: &'static str, _: usize, _: usize) -> Result<()> {
        Ok(())
    }

    fn reserve(&mut self, bytes: usize) -> Result<()> {
        self.0 = self
            .0
            .checked_sub(bytes)
            .ok_or(Error::new(Kind::MemoryLimit, "too much"))?;
        Ok(())
    }
}

#[test]
fn memory_is_asked_for_whatever_a_model_claims_to_hold() {
    let model = |items: &str, rules: &str| {
        format!(
            r#"{{"basket_model":1,"baskets":9,"min_count":1,"min_confidence":0,"rules":[{rules}],"items":[{items}]}}"#
        )
    };
    let rule = r#"{"antecedent":["a"],"consequent":"b","n_ab":1,"n_a":1}"#;
    let many = |what: &str| vec![what; 100_000].join(",");
    let text = model(&many(r#"["",1]"#), "");
    let parsed = |text: &str| Model::parse(text, &mut Budget(2 << 20)).unwrap_err();
    assert_eq!(parsed(&text).kind(), Kind::MemoryLimit);
    let text = model(r#"["a",1],["b",1]"#, &many(rule));
    assert_eq!(parsed(&text).kind(), Kind::MemoryLimit);
    // A rule cannot have more items than there are: what follows is not read.
    let text = model(
        r#"["a",1],["b",1]"#,
        &format!(
            r#"{{"antecedent":[{}],"consequent":"b","n_ab":1,"n_a":1}}"#,
            many(r#""a""#)
        ),
    );
    assert_eq!(parsed(&text).kind(), Kind::InvalidText);
    // The same in bytes: many items without a name, and many rules.
    let few = Model::parse(&model(r#"["a",1],["b",1]"#, rule), &mut Unhindered)
        .unwrap()
        .encode();
    let sealed = |mut body: Vec<u8>| {
        let checksum = crc32fast::hash(&body);
        body.extend_from_slice(&checksum.to_le_bytes());
        body
    };
    let claimed = |items: usize, each: &[u8], rest: &[u8]| {
        // What comes before the items: version, baskets, two options and the length of antecedents.
        let mut body = few[..3 + 8 + 1].to_vec();
        let mut n = items;
        while n >= 128 {
            body.push(n as u8 | 128);
            n >>= 7;
        }
        body.push(n as u8);
        body.extend(each.repeat(items));
        body.extend_from_slice(rest);
        sealed(body)
    };
    let error = Model::decode(&claimed(100_000, &[0, 1], &[0]), &mut Budget(2 << 20)).unwrap_err();
    assert_eq!(error.kind(), Kind::MemoryLimit);
    let error = Model::decode(&claimed(2, &[0, 1], &[0]), &mut Budget(2 << 20)).unwrap_err();
    assert_eq!(error.detail_text(), Some("The item \"\" is there twice."));
}

#[test]
fn names_with_a_zero_byte_are_refused() {
    let text = TEXT.replace("jam é", "jam \\u0000");
    let error = Model::parse(&text, &mut Unhindered).unwrap_err();
    assert_eq!(error.kind(), Kind::InvalidText);
    assert!(error.detail_text().unwrap().contains("\\u0000"), "{error:?}");
}

proptest! {
    #![proptest_config(cases(200))]

    #[test]
    fn what_was_fitted_can_be_read(
        rows in prop::collection::vec(prop::collection::vec(0u32..9, 0..6), 0..40),
        names in prop::collection::vec("[^\\x00]{0,9}", 9),
        min_count in 1u32..9,
        min_confidence in prop_oneof![Just(0.0), Just(-0.0), Just(1.0), 0.0f64..1.0, Just(f64::MIN_POSITIVE)],
        max_antecedent in prop_oneof![Just(usize::MAX), 1usize..4],
    ) {
        let rows: Vec<Vec<u32>> = rows.into_iter().map(|mut row| { row.sort(); row.dedup(); row }).collect();
        let baskets = numbered(&rows).baskets;
        let options = Options { min_count, min_confidence, max_antecedent };
        let mut name = |item: u32| format!("{}{item}", names[item as usize]);
        let model = Model::fit(&baskets, &options, &mut name, &mut Unhindered).unwrap();
        prop_assert_eq!(&Model::decode(&model.encode(), &mut Unhindered).unwrap(), &model);
        prop_assert_eq!(&Model::parse(&model.text(), &mut Unhindered).unwrap(), &model);
        for rule in serde_json::from_str::<serde_json::Value>(&model.text()).unwrap()["rules"].as_array().unwrap() {
            let antecedent: Vec<&str> = rule["antecedent"].as_array().unwrap().iter().map(|item| item.as_str().unwrap()).collect();
            prop_assert!(antecedent.is_sorted(), "{:?}", antecedent);
        }
    }
}
