//! k-means of rows that have weights: as of rows that come as often, as others have it, and without it.

mod cases;
mod tolerance;
mod weighed;

use cases::cases;
use clientele_core::Result;
use clientele_core::checkpoint::{Checkpoint, Task, Unhindered};
use clientele_core::kmeans::{Features, Method, Model, Options, Rows, Silhouette, fit, place, scan, segment};
use ndarray::Array2;
use proptest::prelude::*;
use tolerance::{ARITHMETIC, FORMULA, close};
use weighed::{METHODS, check, check_means, features, fitted, iris};

/// Each row as often as it weighs.
fn repeated(features: &Features, weights: &[f64]) -> Features {
    let rows: Vec<usize> = (0..weights.len())
        .flat_map(|row| vec![row; weights[row] as usize])
        .collect();
    features
        .select(ndarray::Axis(1), &rows)
        .as_standard_layout()
        .into_owned()
}

/// Two models of the same clusters, in the same order: all that they say but how many rows there were.
#[track_caller]
fn assert_same(one: &Model, other: &Model, tolerance: f64) {
    assert_eq!(one.k(), other.k());
    let pairs = [
        (one.inertia, other.inertia, "inertia"),
        (one.weight, other.weight, "weight"),
    ];
    let indices = [
        (one.silhouette, other.silhouette, "silhouette"),
        (one.calinski_harabasz, other.calinski_harabasz, "Caliński-Harabasz"),
        (one.davies_bouldin, other.davies_bouldin, "Davies-Bouldin"),
    ];
    for (a, b, what) in indices {
        assert_eq!(a.is_some(), b.is_some(), "{what}");
    }
    let known = indices.into_iter().filter_map(|(a, b, what)| Some((a?, b?, what)));
    for (a, b, what) in pairs.into_iter().chain(known) {
        assert!((a - b).abs() <= tolerance * (1.0 + b.abs()), "{what}: {a} and {b}");
    }
    for (a, b) in one.clusters.iter().zip(&other.clusters) {
        close(a.weight, b.weight, tolerance, "weight");
        assert!((a.inertia - b.inertia).abs() <= tolerance * (1.0 + b.inertia));
    }
    let scale = &other.scaling.scale;
    for ((cluster, feature), &a) in one.centers().indexed_iter() {
        let b = other.centers()[(cluster, feature)];
        assert!(
            (a - b).abs() <= tolerance * (scale[feature] + b.abs()),
            "center: {a} and {b}"
        );
    }
    let numbers = |model: &Model| [model.scaling.center.clone(), model.scaling.scale.clone()].concat();
    for (a, b) in numbers(one).into_iter().zip(numbers(other)) {
        assert!((a - b).abs() <= tolerance * (1.0 + b.abs()), "scaling: {a} and {b}");
    }
}

/// Inertia of the best of a thousand runs of scikit-learn 1.9.1 with `sample_weight`, with 2 to 5 clusters: with whole weights, and others.
const KNOWN_WHOLE: [f64; 4] = [
    453.9393010438955,
    229.8277856321839,
    163.77792575179325,
    133.7588210771144,
];
const KNOWN_PARTS: [f64; 4] = [
    343.77735692880077,
    174.80399676853457,
    125.22846227371312,
    98.98273777664221,
];

#[test]
fn iris_as_known() {
    let whole: Vec<f64> = (0..150).map(|row| f64::from(1 + row * 7 % 5)).collect();
    let parts: Vec<f64> = (0..150).map(|row| f64::from(row * 11 % 17) / 4.0 + 0.125).collect();
    for (weights, known) in [(&whole, KNOWN_WHOLE), (&parts, KNOWN_PARTS)] {
        for (k, inertia) in (2..).zip(known) {
            let options = Options {
                scaling: Method::None,
                ..Options::new(k)
            };
            close(fitted(&iris(), weights, &options).inertia, inertia, FORMULA, "inertia");
        }
    }
}

#[test]
fn weights_of_1_are_no_weights() {
    for scaling in METHODS {
        let options = Options {
            scaling,
            silhouette: Silhouette::Exact,
            ..Options::new(4)
        };
        let plain = fit(&iris(), &options, &mut Unhindered).unwrap();
        let ones = fitted(&iris(), &[1.0; 150], &options);
        assert_eq!((&ones, ones.encode()), (&plain, plain.encode()));
        // And all but so: where what is computed by weights is computed.
        let mut weights = [1.0; 150];
        weights[149] = 1.0 + f64::EPSILON;
        let options = Options {
            previous: Some(&plain),
            tolerance: Some(0.0),
            ..options
        };
        let again = fit(&iris(), &options, &mut Unhindered).unwrap();
        assert_same(&fitted(&iris(), &weights, &options), &again, ARITHMETIC);
    }
    let model = fit(&iris(), &Options::new(3), &mut Unhindered).unwrap();
    assert!(!model.text().contains("weight"));
    let weights: Vec<u64> = model.clusters.iter().map(|cluster| cluster.weight as u64).collect();
    assert_eq!(
        weights,
        model.clusters.iter().map(|cluster| cluster.size).collect::<Vec<_>>()
    );
}

#[test]
fn a_whole_weight_is_as_many_rows() {
    let weights: Vec<f64> = (0..150).map(|row| f64::from(1 + row * 7 % 5)).collect();
    let many = repeated(&iris(), &weights);
    assert_eq!(many.ncols(), 450);
    for scaling in METHODS {
        for silhouette in [Silhouette::Simplified, Silhouette::Exact] {
            for k in [1, 2, 3, 5] {
                let options = Options {
                    scaling,
                    silhouette,
                    ..Options::new(k)
                };
                let one = fitted(&iris(), &weights, &options);
                let other = fit(&many, &options, &mut Unhindered).unwrap();
                assert_same(&one, &other, ARITHMETIC);
                assert_eq!((one.rows, one.weight, other.rows), (150, 450.0, 450));
                // Row by row, by the same model.
                let rows = iris();
                let rows = Rows::weighted(&rows, Some(&weights));
                let of_one = place(&other, rows, silhouette, &mut Unhindered).unwrap();
                let of_many = place(&other, &many, silhouette, &mut Unhindered).unwrap();
                let mut at = 0;
                for (row, one) in of_one.iter().enumerate() {
                    for many in &of_many[at..at + weights[row] as usize] {
                        assert_eq!((one.cluster, one.distance), (many.cluster, many.distance));
                        let (a, b) = (one.silhouette.unwrap_or(0.0), many.silhouette.unwrap_or(0.0));
                        assert!((a - b).abs() <= ARITHMETIC, "{a} and {b}");
                    }
                    at += weights[row] as usize;
                }
            }
        }
    }
}

#[test]
fn a_row_of_weight_0_is_placed_and_pulls_nothing() {
    let weights: Vec<f64> = (0..150).map(|row| f64::from(row * 7 % 5) * 0.75).collect();
    let heavy: Vec<usize> = (0..150).filter(|&row| weights[row] > 0.0).collect();
    let mut all = iris();
    // Where it would leave the range of numbers, if it were looked at.
    let far = (0..150).find(|&row| weights[row] == 0.0).unwrap();
    all.column_mut(far).fill(1e308);
    let some = all.select(ndarray::Axis(1), &heavy).as_standard_layout().into_owned();
    let of_some: Vec<f64> = heavy.iter().map(|&row| weights[row]).collect();
    for scaling in METHODS {
        for silhouette in [Silhouette::Simplified, Silhouette::Exact] {
            let options = Options {
                scaling,
                silhouette,
                ..Options::new(3)
            };
            let model = fitted(&all, &weights, &options);
            assert_eq!(model, fitted(&some, &of_some, &options));
            assert_eq!(model.rows, heavy.len() as u64);
            let rows = Rows::weighted(&all, Some(&weights));
            let places = segment(rows, &options, &mut Unhindered).unwrap();
            assert_eq!(places.len(), 150);
            assert_eq!(places, place(&model, rows, silhouette, &mut Unhindered).unwrap());
            for (row, place) in places.iter().enumerate() {
                assert_eq!(model.assign(&all.column(row).to_vec()), Ok(Some(place.cluster)));
                assert!(
                    place.silhouette.is_some_and(|silhouette| silhouette.abs() <= 1.0),
                    "{place:?}"
                );
            }
            // Those that weigh something are as if there were no others.
            let alone = segment(Rows::weighted(&some, Some(&of_some)), &options, &mut Unhindered).unwrap();
            let among: Vec<_> = heavy.iter().map(|&row| places[row]).collect();
            for (a, b) in alone.iter().zip(&among) {
                assert_eq!((a.cluster, a.distance), (b.cluster, b.distance));
                close(a.silhouette.unwrap(), b.silhouette.unwrap(), ARITHMETIC, "silhouette");
            }
        }
    }
    // 0 and 1: as with the others only.
    let weights: Vec<f64> = (0..150).map(|row| f64::from(row % 2)).collect();
    let odd: Vec<usize> = (0..75).map(|row| 2 * row + 1).collect();
    let odd = iris().select(ndarray::Axis(1), &odd).as_standard_layout().into_owned();
    let alone = fit(&odd, &Options::new(3), &mut Unhindered).unwrap();
    assert_eq!(fitted(&iris(), &weights, &Options::new(3)), alone);
}

proptest! {
    #![proptest_config(cases(200))]

    #[test]
    fn whole_weights_are_as_many_rows_and_measured_as_such(
        numbers in prop::collection::vec(-100i32..100, 12..90),
        counts in prop::collection::vec(1u32..6, 90),
        dimension in 1usize..4,
        k in 2i32..5,
        scaling in prop::sample::select(METHODS.to_vec()),
        exact in any::<bool>(),
    ) {
        let n = numbers.len() / dimension;
        let rows = Array2::from_shape_fn((dimension, n), |(at, row)| f64::from(numbers[row * dimension + at]) / 8.0);
        let weights: Vec<f64> = counts[..n].iter().copied().map(f64::from).collect();
        let silhouette = if exact { Silhouette::Exact } else { Silhouette::Simplified };
        let options = Options { scaling, silhouette, ..Options::new(k) };
        let model = fitted(&rows, &weights, &options);
        check(&model, &rows, &weights);
        check_means(&model, &rows, &weights);
        // From its own centers, so that both are the same clusters: rows that come as often give the same in everything.
        let many = repeated(&rows, &weights);
        let options = Options { previous: Some(&model), tolerance: Some(0.0), ..options };
        let other = fit(&many, &options, &mut Unhindered).unwrap();
        let again = fitted(&rows, &weights, &options);
        if model.k() == k as usize && other.k() == again.k() {
            let placed = |model: &Model| place(model, &rows, Silhouette::Simplified, &mut Unhindered).unwrap();
            let clusters = |model| placed(model).iter().map(|place| place.cluster).collect::<Vec<_>>();
            // Rows as near to two centers may go to either.
            if clusters(&again) == clusters(&other) {
                assert_same(&again, &other, ARITHMETIC * 10.0);
            }
        }
    }
}

/// Runs tasks from the last to the first, as threads might.
struct Backwards;

impl Checkpoint for Backwards {
    fn pass(&mut self, _: &'static str, _: usize, _: usize) -> Result<()> {
        Ok(())
    }

    fn reserve(&mut self, _: usize) -> Result<()> {
        Ok(())
    }

    fn run(&mut self, _: &'static str, tasks: usize, task: Task<'_>) -> Result<()> {
        (0..tasks).rev().try_for_each(|number| task(number, &mut || Ok(())))
    }
}

/// Rows around the points of a grid, and weights of which a few are most: more rows than starts are tried out on.
fn shop(rows: usize) -> (Features, Vec<f64>) {
    let noise = |row: usize, salt: u64| {
        let mixed = (row as u64 + 1)
            .wrapping_mul(0x9e37_79b9_7f4a_7c15 ^ salt)
            .rotate_left(31)
            .wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed >> 40) as f64 / (1 << 24) as f64
    };
    let features = Array2::from_shape_fn((2, rows), |(feature, row)| {
        let group = (noise(row, 1) * 5.0).floor();
        let spread: f64 = (0..4).map(|n| noise(row, 100 + n + 10 * feature as u64)).sum::<f64>() - 2.0;
        group * [3.0, -2.5][feature] + (group * 1.7).sin() * 2.0 + spread
    });
    let weights = (0..rows).map(|row| 1.0 / (noise(row, 7) + 1e-4)).collect();
    (features, weights)
}

#[test]
fn large_sets_are_sampled_by_weight() {
    let (features, weights) = shop(100_000);
    let rows = Rows::weighted(&features, Some(&weights));
    let model = fit(rows, &Options::new(5), &mut Unhindered).unwrap();
    check(&model, &features, &weights);
    check_means(&model, &features, &weights);
    // The order of tasks does not matter.
    assert_eq!(fit(rows, &Options::new(5), &mut Backwards).unwrap(), model);
    // The clusters are those of all rows: other seeds find nothing better.
    for seed in 2..5 {
        let options = Options {
            seed,
            ..Options::new(5)
        };
        let other = fit(rows, &options, &mut Unhindered).unwrap();
        close(other.inertia, model.inertia, 1e-6, "inertia");
    }
    // One model after the other, and labels that stay.
    let models = scan(rows, 4..=6, &Options::new(4), &mut Unhindered).unwrap();
    assert_eq!(models.len(), 3);
    assert_eq!(models[1], model);
    let heavier: Vec<f64> = weights
        .iter()
        .enumerate()
        .map(|(row, weight)| weight * [1.0, 1.1][row % 2])
        .collect();
    let options = Options {
        previous: Some(&model),
        seed: 9,
        ..Options::new(5)
    };
    let next = fit(Rows::weighted(&features, Some(&heavier)), &options, &mut Unhindered).unwrap();
    let placed = |model| place(model, &features, Silhouette::Simplified, &mut Unhindered).unwrap();
    let (one, other) = (placed(&model), placed(&next));
    let same = one.iter().zip(&other).filter(|(a, b)| a.cluster == b.cluster).count();
    assert!(same > 99_000, "{same}");
}

#[test]
fn labels_follow_the_weight_that_clusters_share() {
    // An earlier model tells rows apart by one feature, and now they differ in another: each of the two clusters holds ten light rows of the
    // one old cluster and three heavy ones of the other.
    let previous = r#"{"kmeans_model":1,"features":["x","y"],"scaling":{"method":"none","center":[0,0],"scale":[1,1]},
                       "clusters":[{"cluster":1,"center":[100,500]},{"cluster":2,"center":[0,500]}]}"#;
    let previous = Model::parse(previous).unwrap();
    let mut rows = Vec::new();
    for (x, y, n) in [(100.0, 0.0, 10), (0.0, 0.0, 3), (0.0, 1_000.0, 10), (100.0, 1_000.0, 3)] {
        rows.extend((0..n).map(|i| [x + f64::from(i), y]));
    }
    let options = Options {
        scaling: Method::None,
        previous: Some(&previous),
        starts: Some(10),
        ..Options::new(2)
    };
    let first = |heavy: f64| {
        let weights: Vec<f64> = (0..26).map(|row| if row % 13 < 10 { 1.0 } else { heavy }).collect();
        let model = fitted(&features(&rows), &weights, &options);
        assert_eq!(model.clusters[0].weight, 10.0 + 3.0 * heavy);
        model.centers()[(0, 1)]
    };
    assert_eq!((first(1.0), first(100.0)), (0.0, 1_000.0));
}
