//! A scale that is fitted to rows is that of a log with the same customers, however the rows come, and whatever they weigh.

mod cases;

use cases::cases;
use clientele_core::Kind;
use clientele_core::checkpoint::Unhindered;
use clientele_core::key::Keys;
use clientele_core::mergeable::Mergeable;
use clientele_core::rfm::{CustomerTable, Model, Monetary, Standing, Standings, Wanted};
use proptest::prelude::*;

/// Days since the last order, orders, net spend, weight.
type Row = (f64, i64, f64, f64);

/// The customers of a log.
fn table(rows: &[Row]) -> CustomerTable {
    CustomerTable {
        keys: Keys::Integer((0..rows.len() as i64).collect()),
        days_since_last: rows.iter().map(|row| row.0).collect(),
        last_orders: vec![0; rows.len()],
        orders: rows.iter().map(|row| row.1 as u64).collect(),
        revenue: rows.iter().map(|row| row.2).collect(),
    }
}

fn collected(rows: &[Row], wanted: &Wanted) -> Standings {
    let mut standings = Standings::new(0);
    for &(days, orders, revenue, weight) in rows {
        let map = wanted.segments.as_ref().map(|map| map.text());
        standings.want(wanted.bins, wanted.monetary, map.as_deref()).unwrap();
        let standing = Standing::new(days, orders, revenue, weight).unwrap();
        standings.push(standing, &mut Unhindered).unwrap();
    }
    standings
}

fn fitted(standings: &Standings) -> Vec<u8> {
    let model = Model::of_standings(standings, &mut Unhindered).unwrap();
    model.expect("there are rows").encode()
}

/// What a state is once it was written and read.
fn passed_on(mut standings: Standings) -> Standings {
    let mut bytes = Vec::new();
    standings.write(&mut bytes, &mut Unhindered).unwrap();
    Standings::read(&bytes, 0, &mut Unhindered).unwrap()
}

/// Rows of which at least one has an order, with weights from `weight`.
fn rows(weight: impl Strategy<Value = f64> + Clone) -> impl Strategy<Value = Vec<Row>> {
    let days = || prop_oneof![(0i32..30).prop_map(f64::from), 0.0..400.0];
    let revenue = || prop_oneof![(-20i32..200).prop_map(f64::from), -1e6..1e9, Just(-0.0)];
    let first = (days(), 1i64..6, revenue(), weight.clone());
    let others = prop::collection::vec((days(), 0i64..6, revenue(), weight), 0..120);
    (first, others).prop_map(|(first, others)| [vec![first], others].concat())
}

fn wanted() -> impl Strategy<Value = Wanted> {
    let monetary = prop_oneof![Just(Monetary::Total), Just(Monetary::Mean)];
    let map = prop_oneof![Just(None), Just(Some(r#"{"All": ["***"]}"#))];
    ([1usize..10, 1..10, 1..10], monetary, map)
        .prop_map(|(bins, monetary, map)| Wanted::read(bins, monetary, map).unwrap())
}

proptest! {
    #![proptest_config(cases(300))]

    #[test]
    fn rows_make_the_scale_of_a_log(rows in rows(Just(1.0)), wanted in wanted(), weight in prop_oneof![Just(1.0), 1e-9..1e9]) {
        let of_log = Model::fit(&table(&rows), wanted.clone(), &mut Unhindered).unwrap();
        prop_assert_eq!(fitted(&collected(&rows, &wanted)), of_log.encode());
        // Whatever all weigh, it is the same.
        let weighted: Vec<Row> = rows.iter().map(|row| (row.0, row.1, row.2, weight)).collect();
        let model = Model::of_standings(&collected(&weighted, &wanted), &mut Unhindered).unwrap().unwrap();
        for row in &rows {
            prop_assert_eq!(model.score(row.0, row.1 as f64, row.2), of_log.score(row.0, row.1 as f64, row.2));
        }
    }

    #[test]
    fn a_weight_is_so_many_rows(rows in rows((1i32..6).prop_map(f64::from)), wanted in wanted()) {
        let repeated: Vec<Row> = rows
            .iter()
            .flat_map(|row| std::iter::repeat_n((row.0, row.1, row.2, 1.0), row.3 as usize))
            .collect();
        prop_assert_eq!(fitted(&collected(&rows, &wanted)), fitted(&collected(&repeated, &wanted)));
    }

    #[test]
    fn parts_of_weights_are_weighed(rows in rows((0i32..40).prop_map(|quarters| f64::from(quarters + 1) / 4.0)), wanted in wanted()) {
        // Scores by their definition: the weight of those below, in quarters.
        let scored: Vec<&Row> = rows.iter().filter(|row| row.1 > 0).collect();
        let model = Model::of_standings(&collected(&rows, &wanted), &mut Unhindered).unwrap().unwrap();
        let money = |row: &Row| wanted.monetary.of(row.2, row.1 as f64);
        let quarters = |is_below: &dyn Fn(&Row) -> bool| -> usize {
            scored.iter().filter(|row| is_below(row)).map(|row| (row.3 * 4.0) as usize).sum()
        };
        let all = quarters(&|_| true);
        for own in &scored {
            let below = [
                quarters(&|other| other.0 > own.0),
                quarters(&|other| other.1 < own.1),
                quarters(&|other| money(other) < money(own)),
            ];
            let want = [0, 1, 2].map(|at| (below[at] * wanted.bins[at] / all) as u8 + 1);
            prop_assert_eq!(model.score(own.0, own.1 as f64, own.2), Some(want));
        }
    }

    #[test]
    fn any_order_and_any_pieces_are_the_same(
        (rows, shuffled) in rows(prop_oneof![Just(1.0), 1e-300..1e300, 0.0..9.0]).prop_flat_map(|rows| {
            (Just(rows.clone()), Just(rows).prop_shuffle())
        }),
        wanted in wanted(),
        cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..4),
    ) {
        prop_assume!(rows.iter().any(|row| row.1 > 0 && row.3 > 0.0));
        let at_once = fitted(&collected(&rows, &wanted));
        let mut ends: Vec<usize> = cuts.iter().map(|cut| cut.index(rows.len() + 1)).collect();
        ends.sort_unstable();
        ends.push(rows.len());
        let (mut pieces, mut from) = (Standings::new(0), 0);
        for to in ends {
            pieces.merge(&passed_on(collected(&shuffled[from..to], &wanted)), &mut Unhindered).unwrap();
            from = to;
        }
        prop_assert_eq!(fitted(&pieces), at_once.clone());
        prop_assert_eq!(fitted(&passed_on(pieces)), at_once);
    }
}

#[test]
fn nobody_and_customers_with_returns_only() {
    let nobody = Model::of_standings(&passed_on(Standings::new(0)), &mut Unhindered);
    assert_eq!(nobody, Ok(None));
    let returns = passed_on(collected(
        &[(3.0, 0, -5.0, 1.0), (4.0, 0, -6.0, 2.5)],
        &Wanted::new([5; 3]),
    ));
    let error = Model::of_standings(&returns, &mut Unhindered).unwrap_err();
    assert_eq!(error.kind(), Kind::NotEnough);
    assert_eq!(error.detail_text(), Some("Of 2 customers none has an order."));
    // They are not ranked, and rows that stand for nobody are none.
    let rows = [(3.0, 1, 5.0, 1.0), (9.0, 0, -5.0, 1.0), (1.0, 7, 900.0, 0.0)];
    let one = fitted(&collected(&rows[..1], &Wanted::new([5; 3])));
    assert_eq!(fitted(&collected(&rows, &Wanted::new([5; 3]))), one);
}

#[test]
fn what_no_customer_has_is_refused() {
    for (row, message) in [
        (
            (f64::NAN, 1, 1.0, 1.0),
            "days_since_last must be a finite number that is not negative",
        ),
        (
            (f64::INFINITY, 1, 1.0, 1.0),
            "days_since_last must be a finite number that is not negative",
        ),
        (
            (-0.5, 1, 1.0, 1.0),
            "days_since_last must be a finite number that is not negative",
        ),
        ((1.0, -1, 1.0, 1.0), "orders must not be negative"),
        ((1.0, 0, f64::NAN, 1.0), "revenue must be a finite number"),
        ((1.0, 1, f64::NEG_INFINITY, 1.0), "revenue must be a finite number"),
        (
            (1.0, 1, 1.0, -1.0),
            "weight must be a finite number that is not negative",
        ),
        (
            (1.0, 1, 1.0, f64::NAN),
            "weight must be a finite number that is not negative",
        ),
    ] {
        let (days, orders, revenue, weight): Row = row;
        let error = Standing::new(days, orders, revenue, weight).unwrap_err();
        assert_eq!((error.kind(), error.message()), (Kind::OutOfRange, message));
    }
    let heavy = [(1.0, 1, 1.0, f64::MAX), (2.0, 1, 1.0, f64::MAX)];
    let error = Model::of_standings(&collected(&heavy, &Wanted::new([2; 3])), &mut Unhindered).unwrap_err();
    assert_eq!(error.message(), "the weights add up to more than a number can be");
}

#[test]
fn all_rows_want_the_same() {
    let map = |text| Wanted::read([2; 3], Monetary::Total, Some(text)).unwrap();
    let base = Wanted::new([2; 3]);
    let mean = Wanted {
        monetary: Monetary::Mean,
        ..base.clone()
    };
    let (all, some) = (map(r#"{"All": ["***"]}"#), map(r#"{"A": ["1**"], "B": ["2**"]}"#));
    let row = [(1.0, 1, 1.0, 1.0)];
    for (one, other, detail) in [
        (
            &base,
            &mean,
            "They are 2 bins and \"total\" in one row, 2 bins and \"mean\" in another.",
        ),
        (
            &mean,
            &Wanted::new([5, 3, 3]),
            "They are 2 bins and \"mean\" in one row, 5, 3 and 3 bins and \"total\" in another.",
        ),
        (&base, &all, "The segments of one row are not those of another."),
        (&all, &base, "The segments of one row are not those of another."),
        (&all, &some, "The segments of one row are not those of another."),
    ] {
        let mut standings = collected(&row, one);
        let errors = [
            standings.merge(&collected(&row, other), &mut Unhindered).unwrap_err(),
            standings
                .want(
                    other.bins,
                    other.monetary,
                    other.segments.as_ref().map(|map| map.text()).as_deref(),
                )
                .unwrap_err(),
        ];
        for error in errors {
            assert_eq!(
                error.message(),
                "bins, monetary and segments must be the same in all rows"
            );
            assert_eq!(
                (error.kind(), error.detail_text()),
                (Kind::InvalidParameter, Some(detail))
            );
        }
    }
    // The same map, written another way.
    let mut standings = collected(&row, &all);
    standings
        .want([2; 3], Monetary::Total, Some(r#"{"All":["***"]}"#))
        .unwrap();
    standings
        .want([2; 3], Monetary::Total, Some(r#"{ "All" : ["***"]}"#))
        .unwrap();
    let mut kept = passed_on(standings);
    kept.want([2; 3], Monetary::Total, Some(r#"{"All": ["***"]}"#)).unwrap();
    assert!(kept.want([2; 3], Monetary::Total, Some("[]")).is_err());
}

const STATE_V1: &str = concat!(
    "01030201010d7b2241223a5b222a2a2a225d7d01",
    "00000000000004400300000000000000ffffffffff7fdc3f000000000000e03fa90f8d29"
);

#[test]
fn states_are_read_as_they_were_written_and_wrong_ones_are_refused() {
    let wanted = Wanted::read([3, 2, 1], Monetary::Mean, Some(r#"{"A": ["***"]}"#)).unwrap();
    let mut standings = collected(&[(2.5, 3, -9.75, 0.5), (7.0, 0, 0.0, 1.0)], &wanted);
    let mut bytes = Vec::new();
    standings.write(&mut bytes, &mut Unhindered).unwrap();
    let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(hex, STATE_V1);
    for n in 0..bytes.len() {
        assert_eq!(
            Standings::read(&bytes[..n], 0, &mut Unhindered).unwrap_err().kind(),
            Kind::Corrupted
        );
        for bit in 0..8 {
            let mut wrong = bytes.clone();
            wrong[n] ^= 1 << bit;
            assert!(Standings::read(&wrong, 0, &mut Unhindered).is_err());
            // With a right checksum it may be a state, which is written as such.
            wrong.truncate(bytes.len() - 4);
            let checksum = crc32fast::hash(&wrong);
            wrong.extend_from_slice(&checksum.to_le_bytes());
            if let Ok(mut state) = Standings::read(&wrong, 0, &mut Unhindered) {
                let mut again = Vec::new();
                state.write(&mut again, &mut Unhindered).unwrap();
                let read = Standings::read(&again, 0, &mut Unhindered).unwrap();
                assert_eq!((read.rows(), read.wanted()), (state.rows(), state.wanted()));
                let _ = Model::of_standings(&state, &mut Unhindered);
            }
        }
    }
}
