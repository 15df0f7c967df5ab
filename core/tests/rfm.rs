//! Scores against their definition, cut points against scores.

mod cases;

use cases::cases;
use clientele_core::Kind;
use clientele_core::checkpoint::Unhindered;
use clientele_core::key::Keys;
use clientele_core::rfm::{CustomerTable, Model, Monetary, Segments, Ties, Wanted, segment};
use proptest::prelude::*;

fn table(values: &[(f64, u64, f64)]) -> CustomerTable {
    CustomerTable {
        keys: Keys::Integer((0..values.len() as i64).collect()),
        days_since_last: values
            .iter()
            .map(|value| if value.1 == 0 { f64::NAN } else { value.0 })
            .collect(),
        last_orders: values.iter().map(|value| -(value.0 * 86_400e6) as i64).collect(),
        orders: values.iter().map(|value| value.1).collect(),
        revenue: values.iter().map(|value| value.2).collect(),
    }
}

/// `1 + floor(k * bins / n)`, with k customers of lower value.
fn by_definition(values: &[(f64, u64, f64)], wanted: &Wanted) -> Vec<[u8; 3]> {
    let scored: Vec<_> = values.iter().filter(|value| value.1 > 0).collect();
    let score = |below: usize, bins: usize| (below * bins / scored.len()) as u8 + 1;
    let money = |value: &(f64, u64, f64)| match wanted.monetary {
        Monetary::Total => value.2,
        Monetary::Mean => value.2 / value.1 as f64,
    };
    let [r, f, m] = wanted.bins;
    values
        .iter()
        .map(|own| match own.1 {
            0 => [0; 3],
            _ => [
                score(scored.iter().filter(|other| other.0 > own.0).count(), r),
                score(scored.iter().filter(|other| other.1 < own.1).count(), f),
                score(scored.iter().filter(|other| money(other) < money(own)).count(), m),
            ],
        })
        .collect()
}

/// Bins of each score, and what money is.
fn wanted(most: usize) -> impl Strategy<Value = Wanted> {
    let bins = prop_oneof![(1..=most).prop_map(|bins| [bins; 3]), [1..=most, 1..=most, 1..=most]];
    let monetary = prop_oneof![Just(Monetary::Total), Just(Monetary::Mean)];
    (bins, monetary).prop_map(|(bins, monetary)| Wanted {
        monetary,
        ..Wanted::new(bins)
    })
}

fn values() -> impl Strategy<Value = Vec<(f64, u64, f64)>> {
    let days = prop_oneof![(0i32..30).prop_map(f64::from), 0.0..400.0];
    let revenue = prop_oneof![(-20i32..200).prop_map(f64::from), -1e6..1e9];
    prop::collection::vec((days, 0u64..6, revenue), 1..150)
}

/// Numbers of either sign that are next to each other, equal, or 60 orders of magnitude apart.
fn any_size() -> impl Strategy<Value = f64> {
    let number = (1i32..4, -30i32..31).prop_map(|(digit, power)| f64::from(digit) * 10f64.powi(power));
    let sized = (number, any::<bool>()).prop_map(|(number, negative)| if negative { -number } else { number });
    prop_oneof![
        8 => sized.clone(),
        4 => sized.prop_map(f64::next_up),
        1 => prop_oneof![Just(0.0), Just(-0.0), Just(5e-324), Just(f64::MAX.next_down()), Just(f64::MIN)],
    ]
}

fn values_of_any_size() -> impl Strategy<Value = Vec<(f64, u64, f64)>> {
    let orders = prop_oneof![0u64..4, Just(1 << 52), Just((1 << 53) - 1)];
    prop::collection::vec((any_size().prop_map(f64::abs), orders, any_size()), 1..60)
}

/// A model scores the customers that it was fitted to as their table does, also once it was written and read.
fn scores_its_own(values: &[(f64, u64, f64)], wanted: &Wanted) -> Result<(), TestCaseError> {
    prop_assume!(values.iter().any(|value| value.1 > 0));
    let table = table(values);
    let model = Model::fit(&table, wanted.clone(), &mut Unhindered).unwrap();
    prop_assert_eq!(&Model::parse(&model.text()).unwrap(), &model);
    prop_assert_eq!(&Model::decode(&model.encode()).unwrap(), &model);
    let scores = table.scores(wanted, Ties::Tied, &mut Unhindered).unwrap();
    for (value, want) in values.iter().zip(scores) {
        let want = Some(want).filter(|_| value.1 > 0);
        prop_assert_eq!(model.score(value.0, value.1 as f64, value.2), want);
    }
    Ok(())
}

proptest! {
    #![proptest_config(cases(500))]

    #[test]
    fn tied_scores_are_those_of_the_definition(values in values(), wanted in wanted(12)) {
        let scores = table(&values).scores(&wanted, Ties::Tied, &mut Unhindered).unwrap();
        prop_assert_eq!(scores, by_definition(&values, &wanted));
    }

    #[test]
    fn a_model_scores_its_own_customers_as_the_table_does(values in values(), wanted in wanted(100)) {
        scores_its_own(&values, &wanted)?;
    }

    #[test]
    fn so_it_does_over_sixty_orders_of_magnitude(values in values_of_any_size(), wanted in wanted(100)) {
        scores_its_own(&values, &wanted)?;
    }

    #[test]
    fn ntiles_are_equally_full_and_in_order(values in values(), bins in [1usize..13, 1..13, 1..13]) {
        let scores = table(&values).scores(&Wanted::new(bins), Ties::Ntile, &mut Unhindered).unwrap();
        let scored: Vec<_> = values.iter().zip(&scores).filter(|(value, _)| value.1 > 0).collect();
        let n = scored.len();
        for (column, bins) in bins.into_iter().enumerate() {
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
        let error = Model::fit(&table(values), Wanted::new([5; 3]), &mut Unhindered).unwrap_err();
        assert_eq!(error.kind(), Kind::NotEnough);
        assert_eq!(error.message(), "there is nothing to fit an RFM model to");
        let detail = format!(
            "Of {} customers up to the end of observation none has an order.",
            values.len()
        );
        assert_eq!(error.detail_text(), Some(&*detail));
        assert_eq!(
            table(values)
                .scores(&Wanted::new([5; 3]), Ties::Tied, &mut Unhindered)
                .unwrap(),
            vec![[0; 3]; values.len()]
        );
    }
}

#[test]
fn a_model_scores_its_own_customers_at_every_number_of_bins() {
    let values: Vec<_> = (0..200)
        .map(|i| {
            (
                f64::from(i * 7 % 23),
                (i % 5 % 4) as u64,
                f64::from(i * 13 % 31 - 5) / 4.0,
            )
        })
        .collect();
    for bins in 1..=100 {
        scores_its_own(&values, &Wanted::new([bins; 3])).unwrap();
    }
}

#[test]
fn cut_points_are_values_of_customers() {
    let values = [(30.0, 1, 10.0), (20.0, 2, 256.0), (10.0, 3, 256.0), (0.0, 4, 500.0)];
    let model = Model::fit(&table(&values), Wanted::new([2; 3]), &mut Unhindered).unwrap();
    let text = r#"{"rfm_model":1,"bins":2,"customers":4,"days_since_last":[10.0],"orders":[3],"revenue":[500.0]}"#;
    assert_eq!(model.text(), text);
    // 256 and more, 20 days or fewer.
    let own = Model::parse(r#"{"rfm_model":1,"bins":2,"days_since_last":[20],"orders":[2],"revenue":[256]}"#).unwrap();
    assert_eq!(own.score(20.0, 2.0, 256.0), Some([2, 2, 2]));
    assert_eq!(own.score(20f64.next_up(), 1.0, 256f64.next_down()), Some([1, 1, 1]));
}

#[test]
fn what_has_no_cut_point_is_refused() {
    for (odd, message) in [
        ((1.0, 1, f64::MAX), "revenue is too large for a cut point"),
        ((1.0, 1, f64::INFINITY), "revenue must be finite"),
        ((1.0, 1, f64::NEG_INFINITY), "revenue must be finite"),
        ((1.0, 1, f64::NAN), "revenue must be finite"),
        ((f64::INFINITY, 1, 1.0), "days_since_last must be finite"),
    ] {
        let error = Model::fit(&table(&[odd, odd]), Wanted::new([2; 3]), &mut Unhindered).unwrap_err();
        assert_eq!((error.kind(), error.message()), (Kind::OutOfRange, message));
    }
}

#[test]
fn names_need_three_to_five_bins_or_a_map() {
    assert_eq!(segment(None, [5; 3], [5, 5, 5]), Some("Champions"));
    assert_eq!(segment(None, [3, 4, 5], [3, 4, 5]), Some("Champions"));
    assert_eq!(segment(None, [2; 3], [2, 2, 2]), None);
    let map = Segments::parse(r#"{"All": ["***"]}"#, [2, 6, 1]).unwrap();
    assert_eq!(segment(Some(&map), [2, 6, 1], [2, 6, 1]), Some("All"));
    assert_eq!(segment(Some(&map), [2, 6, 1], [3, 6, 1]), None);
}

#[test]
fn words_are_checked() {
    assert_eq!(Ties::parse("tied"), Ok(Ties::Tied));
    assert_eq!(Ties::parse("ntile"), Ok(Ties::Ntile));
    let error = Ties::parse("dense").unwrap_err();
    assert_eq!(
        (error.kind(), error.message()),
        (Kind::InvalidParameter, "unknown value for option \"ties\"")
    );
}

const V1: &str = concat!(
    "0103020201227b2242657374223a5b22332a2a225d2c2252657374223a5b225b31325d2a2a225d7d",
    "0000000000001a400000000000004440000000000000254000000000008023c0ac02a984afdc",
);

#[test]
fn version_1_is_read_and_written() {
    let text = concat!(
        r#"{"rfm_model":1,"bins":[3,2,2],"monetary":"mean","customers":6.5,"days_since_last":[40.0,10.5],"orders":[300],"#,
        r#""revenue":[-9.75],"segments":{"Best":["3**"],"Rest":["[12]**"]}}"#
    );
    let model = Model::parse(text).unwrap();
    assert_eq!(model.text(), text);
    let hex: String = model.encode().iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(hex, V1);
    assert_eq!(Model::decode(&model.encode()).unwrap(), model);
}
