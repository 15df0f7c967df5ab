//! Scores against their definition, cut points against scores.

use clientele_core::checkpoint::Unhindered;
use clientele_core::key::Keys;
use clientele_core::rfm::{Model, Table, Ties, check_bins, segment};
use clientele_core::{Kind, rfm};
use proptest::prelude::*;

fn table(values: &[(f64, u64, f64)]) -> Table {
    Table {
        keys: Keys::Integer((0..values.len() as i64).collect()),
        days_since_last: values
            .iter()
            .map(|value| if value.1 == 0 { f64::NAN } else { value.0 })
            .collect(),
        orders: values.iter().map(|value| value.1).collect(),
        revenue: values.iter().map(|value| value.2).collect(),
    }
}

/// `1 + floor(k * bins / n)`, with k customers of lower value.
fn by_definition(values: &[(f64, u64, f64)], bins: usize) -> Vec<[u8; 3]> {
    let scored: Vec<_> = values.iter().filter(|value| value.1 > 0).collect();
    let score = |below: usize| (below * bins / scored.len()) as u8 + 1;
    values
        .iter()
        .map(|own| match own.1 {
            0 => [0; 3],
            _ => [
                score(scored.iter().filter(|other| other.0 > own.0).count()),
                score(scored.iter().filter(|other| other.1 < own.1).count()),
                score(scored.iter().filter(|other| other.2 < own.2).count()),
            ],
        })
        .collect()
}

fn values() -> impl Strategy<Value = Vec<(f64, u64, f64)>> {
    let days = prop_oneof![(0i32..30).prop_map(f64::from), 0.0..400.0];
    let revenue = prop_oneof![(-20i32..200).prop_map(f64::from), -1e6..1e9];
    prop::collection::vec((days, 0u64..6, revenue), 1..150)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn tied_scores_are_those_of_the_definition(values in values(), bins in 1usize..13) {
        let scores = table(&values).scores(bins, Ties::Tied, &mut Unhindered).unwrap();
        prop_assert_eq!(scores, by_definition(&values, bins));
    }

    #[test]
    fn a_model_scores_its_own_customers_as_the_table_does(values in values(), bins in 1usize..13) {
        prop_assume!(values.iter().any(|value| value.1 > 0));
        let table = table(&values);
        let model = Model::fit(&table, bins, None, &mut Unhindered).unwrap();
        prop_assert_eq!(&Model::parse(&model.text()).unwrap(), &model);
        prop_assert_eq!(&Model::decode(&model.encode()).unwrap(), &model);
        let scores = table.scores(bins, Ties::Tied, &mut Unhindered).unwrap();
        for (value, want) in values.iter().zip(scores).filter(|(value, _)| value.1 > 0) {
            prop_assert_eq!(model.score(value.0, value.1 as i64, value.2).unwrap(), want);
        }
    }

    #[test]
    fn ntiles_are_equally_full_and_in_order(values in values(), bins in 1usize..13) {
        let scores = table(&values).scores(bins, Ties::Ntile, &mut Unhindered).unwrap();
        let scored: Vec<_> = values.iter().zip(&scores).filter(|(value, _)| value.1 > 0).collect();
        let n = scored.len();
        for column in 0..3 {
            for bin in 1..=bins {
                let size = scored.iter().filter(|(_, score)| usize::from(score[column]) == bin).count();
                prop_assert_eq!(size, n / bins + usize::from(bin <= n % bins));
            }
        }
        for (a, score_a) in &scored {
            for (b, score_b) in &scored {
                prop_assert!(a.0 <= b.0 || score_a[0] <= score_b[0]);
                prop_assert!(a.1 >= b.1 || score_a[1] <= score_b[1]);
                prop_assert!(a.2 >= b.2 || score_a[2] <= score_b[2]);
            }
        }
    }
}

#[test]
fn nothing_can_be_fitted_to_nobody() {
    for values in [&[][..], &[(0.0, 0, -5.0)]] {
        let error = Model::fit(&table(values), 5, None, &mut Unhindered).unwrap_err();
        assert_eq!(error.kind(), Kind::NotEnough);
        assert_eq!(
            table(values).scores(5, Ties::Tied, &mut Unhindered).unwrap(),
            vec![[0; 3]; values.len()]
        );
    }
}

#[test]
fn names_need_five_bins_or_a_map() {
    assert_eq!(segment(None, 5, [5, 5, 5]), Some("Champions"));
    assert_eq!(segment(None, 4, [4, 4, 4]), None);
    let map = rfm::Segments::parse(r#"{"All": ["***"]}"#, 4).unwrap();
    assert_eq!(segment(Some(&map), 4, [4, 4, 4]), Some("All"));
}

#[test]
fn words_and_numbers_are_checked() {
    assert_eq!(Ties::parse("tied"), Ok(Ties::Tied));
    assert_eq!(Ties::parse("ntile"), Ok(Ties::Ntile));
    assert!(Ties::parse("dense").is_err());
    assert_eq!(check_bins(5), Ok(5));
    for bins in [0, -1, 101, i32::MIN, i32::MAX] {
        assert_eq!(check_bins(bins).unwrap_err().kind(), Kind::InvalidParameter);
    }
}
