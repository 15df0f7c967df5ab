//! Feature sets.

#[path = "../keys/feature_set.rs"]
mod keys;

use crate::{LARGE, Lawful, Reader, numbers};
use clientele_core::Result;
use clientele_core::checkpoint::Unhindered;
use clientele_core::collect::{Collected, Listed};
use clientele_core::feature_set::{Collector, Counts, FeatureSet, MAX_DIMENSION};
use clientele_core::key::KeyKind;
use keys::with_id;
use proptest::prelude::*;

/// Id, features and weight.
type Row = (Option<i64>, Option<Vec<f64>>, Option<f64>);

fn row(id: i64, features: Vec<f64>) -> Row {
    (Some(id), Some(features), Some(1.0))
}

fn opened(bytes: &[u8]) -> FeatureSet<'_> {
    FeatureSet::open(bytes).expect("it can be read")
}

/// Every row of a set, with ids as text, and features and the weight behind them as bits: a zero below zero is another number here.
fn rows_of(bytes: &[u8]) -> Vec<(String, Vec<u64>)> {
    let set = opened(bytes);
    let ids = set.ids(&mut Unhindered).expect("a set has ids");
    let features = set.features(&mut Unhindered).expect("a set has features");
    let weights = set.weights(&mut Unhindered).expect("a set has weights, or none");
    assert_eq!(weights.is_some(), set.is_weighted());
    let weights = weights.unwrap_or_else(|| vec![1.0; set.len()]);
    assert_eq!(weights.len(), set.len());
    assert_eq!((ids.len(), features.dim()), (set.len(), (set.dimension(), set.len())));
    (0..set.len())
        .map(|row| {
            (
                ids.get(row).to_string(),
                features
                    .column(row)
                    .iter()
                    .chain([&weights[row]])
                    .map(|x| x.to_bits())
                    .collect(),
            )
        })
        .collect()
}

/// What a set must hold, worked out the plain way.
fn expected(kind: KeyKind, rows: &[Row]) -> Vec<(String, Vec<u64>)> {
    let plus_zero = |&x: &f64| if x == 0.0 { 0.0 } else { x };
    let mut rows: Vec<(i64, Vec<f64>)> = rows
        .iter()
        .filter_map(|row| {
            let numbers = row.1.as_ref()?.iter().chain([row.2.as_ref()?]);
            Some((row.0?, numbers.map(plus_zero).collect()))
        })
        .collect();
    rows.sort_by(|a, b| {
        let ids = a.0.cmp(&b.0);
        ids.then_with(|| a.1.partial_cmp(&b.1).expect("finite"))
    });
    rows.into_iter()
        .map(|(number, features)| {
            let id = with_id(kind, number, |id| id.to_string());
            (id, features.iter().map(|x| x.to_bits()).collect())
        })
        .collect()
}

impl Lawful for Collector {
    const READERS: &'static [(&'static str, Reader)] = &[
        ("ids", |bytes, checkpoint| {
            let ids = FeatureSet::open(bytes)?.ids(checkpoint)?;
            assert!((1..ids.len()).all(|row| ids.get(row - 1) <= ids.get(row)), "ids ascend");
            Ok(())
        }),
        ("features", |bytes, checkpoint| {
            let features = FeatureSet::open(bytes)?.features(checkpoint)?;
            assert!(features.iter().all(|x| x.is_finite()), "features are finite");
            Ok(())
        }),
        ("weights", |bytes, checkpoint| {
            let weights = FeatureSet::open(bytes)?.weights(checkpoint)?.unwrap_or_default();
            assert!(
                weights.iter().all(|x| x.is_finite() && *x >= 0.0),
                "weights are weights"
            );
            Ok(())
        }),
    ];
    type Kinds = KeyKind;
    type Row = Row;

    fn kinds() -> Vec<KeyKind> {
        KeyKind::ALL.to_vec()
    }

    fn rows() -> BoxedStrategy<Vec<Row>> {
        // Few ids, few values, all sorts of numbers; each feature of another sort.
        let feature = || {
            prop_oneof![
                8 => (-5i32..50).prop_map(f64::from),
                4 => (-500i32..5_000).prop_map(|cents| f64::from(cents) / 100.0),
                2 => Just(-0.0),
                1 => (-9i32..9).prop_map(|x| f64::from(x) / 7.0),
                1 => Just(1e15 - 1.0),
                1 => Just(1e300),
                1 => any::<f64>().prop_filter("finite", |x| x.is_finite()),
            ]
        };
        let id = prop::option::weighted(0.98, prop_oneof![8 => -3i64..4, 1 => any::<i64>()]);
        let weight = || {
            prop_oneof![
                8 => Just(1.0),
                4 => (0u32..20).prop_map(f64::from),
                2 => Just(-0.0),
                2 => (0u32..1_000).prop_map(|x| f64::from(x) / 7.0),
                1 => Just(1e300),
                1 => any::<f64>().prop_filter_map("finite", |x| x.is_finite().then_some(x.abs())),
            ]
        };
        // No weights, which are what they are without them; one now and then; and any.
        let weights = prop_oneof![
            Just(Just(Some(1.0)).boxed()),
            Just(prop_oneof![60 => Just(Some(1.0)), 1 => weight().prop_map(Some)].boxed()),
            Just(prop::option::weighted(0.98, weight()).boxed()),
        ];
        (1usize..5, weights)
            .prop_flat_map(move |(dimension, weight)| {
                let features = prop::option::weighted(0.98, prop::collection::vec(feature(), dimension));
                prop::collection::vec((id.clone(), features, weight), 0..150)
            })
            .boxed()
    }

    fn boundaries() -> Vec<(KeyKind, Vec<Row>)> {
        let mut next = numbers(11);
        let mut cases = Vec::new();
        // Rows in a block: of one id each, and of one id all.
        for n in [1_023, 1_024, 1_025, 2_047, 2_048, 2_049] {
            for &kind in KeyKind::ALL {
                let features = |i: i64| vec![i as f64, (i % 7) as f64 / 7.0];
                cases.push((kind, (0..n).map(|i| row(i * 7 % n, features(i))).collect()));
                cases.push((kind, (0..n).map(|i| row(5, features(i % 100))).collect()));
            }
        }
        // Features that are written together, and the most that there can be.
        for dimension in [63, 64, 65, 129, MAX_DIMENSION] {
            let feature = |i: i64, j: usize| (j * 31 % 977) as f64 / 8.0 + i as f64;
            let rows = if dimension == MAX_DIMENSION { 3 } else { 1_100 };
            let features = |i: i64| (0..dimension).map(|j| feature(i, j)).collect();
            cases.push((
                KeyKind::Integer,
                (0..rows).map(|i| row(9 - i % 40, features(i))).collect(),
            ));
        }
        // A weight in the last row, and rows that differ in weight only.
        for n in [1_024, 1_025, 3_000] {
            let weighted = |i: i64, weight: f64| (Some(i), Some(vec![i as f64 / 4.0]), Some(weight));
            cases.push((
                KeyKind::Integer,
                (0..n)
                    .map(|i| weighted(i, if i + 1 == n { 0.0 } else { 1.0 }))
                    .collect(),
            ));
            cases.push((
                KeyKind::Text,
                (0..n).map(|i| weighted(3, (i * 31 % 1_009) as f64 / 8.0)).collect(),
            ));
        }
        // Few ids with many rows, many ids, and rows that differ in the last feature only.
        for ids in [1, 7, 20_000, 1 << 40] {
            let rows: Vec<Row> = (0..40_000)
                .map(|_| {
                    let id = (next() % ids) as i64 - 20;
                    let features = vec![(next() % 3) as f64 - 1.0, (next() % 90_000) as f64 / 7.0 - 5_000.0];
                    row(id, features)
                })
                .collect();
            cases.extend(KeyKind::ALL.iter().map(|&kind| (kind, rows.clone())));
        }
        cases
    }

    fn many(rows: usize) -> Vec<Row> {
        let mut next = numbers(3);
        (0..rows)
            .map(|_| {
                (
                    Some(next() as i64),
                    Some(vec![next() as f64]),
                    Some((next() % 5) as f64),
                )
            })
            .collect()
    }

    fn take(&mut self, kind: KeyKind, (id, features, weight): &Row) -> Result<()> {
        let Some(id) = *id else {
            self.ignore_null_id();
            return Ok(());
        };
        let Some(features) = features else {
            self.ignore_null_features();
            return Ok(());
        };
        let Some(weight) = *weight else {
            self.ignore_null_weight();
            return Ok(());
        };
        with_id(kind, id, |id| self.push_weighted(id, features, weight, &mut Unhindered))
    }

    fn check_readers(kind: KeyKind, rows: &[Row], bytes: &[u8]) {
        let set = opened(bytes);
        let count = |of: &dyn Fn(&Row) -> bool| rows.iter().filter(|row| of(row)).count() as u64;
        let counts = Counts {
            rows: count(&|row| row.0.is_some() && row.1.is_some() && row.2.is_some()),
            null_ids: count(&|row| row.0.is_none()),
            null_features: count(&|row| row.0.is_some() && row.1.is_none()),
            null_weights: count(&|row| row.0.is_some() && row.1.is_some() && row.2.is_none()),
        };
        assert_eq!(set.counts(), &counts);
        assert_eq!(set.kind(), (counts.rows > 0).then_some(kind));
        assert_eq!(set.is_empty(), counts.rows == 0);
        let expected = expected(kind, rows);
        assert!(rows_of(bytes) == expected, "{kind}");
        let one = f64::to_bits(1.0);
        assert_eq!(set.is_weighted(), expected.iter().any(|row| row.1.last() != Some(&one)));
        let weights = expected.iter().filter_map(|row| row.1.last().copied());
        let weight: f64 = weights.map(f64::from_bits).sum();
        assert_eq!(set.weight(&mut Unhindered).unwrap().to_bits(), (weight + 0.0).to_bits());
    }

    fn collected_again(bytes: &[u8]) -> Collector {
        let set = opened(bytes);
        let (ids, features) = (
            set.ids(&mut Unhindered).unwrap(),
            set.features(&mut Unhindered).unwrap(),
        );
        let weights = set.weights(&mut Unhindered).unwrap();
        let mut again = Collector::new(LARGE);
        for row in 0..set.len() {
            let features = features.column(row).to_vec();
            match &weights {
                Some(weights) => again.push_weighted(ids.get(row), &features, weights[row], &mut Unhindered),
                None => again.push(ids.get(row), &features, &mut Unhindered),
            }
            .unwrap();
        }
        again
    }

    fn contents(bytes: &[u8]) -> String {
        format!("{:?}", rows_of(bytes))
    }
}
