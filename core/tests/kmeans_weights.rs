//! k-means of rows that have weights: as of rows that come as often, as others have it, and at the ends of the range.

mod cases;
mod tolerance;

use cases::cases;
use clientele_core::checkpoint::{Checkpoint, Task, Unhindered};
use clientele_core::kmeans::{Features, Method, Model, Options, Rows, Silhouette, fit, place, scan, segment};
use clientele_core::{Kind, Result};
use ndarray::Array2;
use proptest::prelude::*;
use tolerance::{ARITHMETIC, FORMULA, ROUNDING, close};

const METHODS: [Method; 4] = [Method::None, Method::Standard, Method::Robust, Method::MinMax];

/// Iris in centimetres.
fn iris() -> Features {
    let columns = include_str!("golden/iris.txt").lines().skip(1);
    let numbers = columns.flat_map(|line| line.split(' ').map(|number| number.parse::<f64>().unwrap() / 10.0));
    Array2::from_shape_vec((4, 150), numbers.collect()).unwrap()
}

fn features<const N: usize>(rows: &[[f64; N]]) -> Features {
    Array2::from_shape_fn((N, rows.len()), |(feature, row)| rows[row][feature])
}

fn fitted(features: &Features, weights: &[f64], options: &Options<'_>) -> Model {
    fit(Rows::weighted(features, Some(weights)), options, &mut Unhindered).unwrap()
}

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

#[test]
fn nothing_weighs_anything() {
    let error = fit(
        Rows::weighted(&iris(), Some(&[0.0; 150])),
        &Options::new(3),
        &mut Unhindered,
    );
    let error = error.unwrap_err();
    assert_eq!(
        (error.kind(), error.message()),
        (Kind::NotEnough, "no rows to fit k-means to")
    );
    assert_eq!(error.detail_text(), Some("Rows of weight 0: 150."));
    // By a model that is there they are placed.
    let model = fit(&iris(), &Options::new(3), &mut Unhindered).unwrap();
    for kind in [Silhouette::Simplified, Silhouette::Exact] {
        let places = place(
            &model,
            Rows::weighted(&iris(), Some(&[0.0; 150])),
            kind,
            &mut Unhindered,
        )
        .unwrap();
        assert!(places.iter().all(|place| place.silhouette.unwrap().is_finite()));
    }
}

#[test]
fn one_row_has_all_the_weight() {
    let mut weights = vec![1.0; 150];
    for (heaviest, lightest) in [(1e6, 1.0), (1.0, 1e-12), (1e60, 1e-60), (1.0, 1e-300), (1e90, 1e-90)] {
        weights.fill(lightest);
        weights[7] = heaviest;
        let options = Options {
            scaling: Method::None,
            ..Options::new(3)
        };
        let model = fitted(&iris(), &weights, &options);
        assert_eq!(model.k(), 3);
        assert!(
            model.warnings[0].starts_with("cluster 1 holds "),
            "{:?}",
            model.warnings
        );
        assert!(model.warnings[0].contains(" % of the weight"), "{:?}", model.warnings);
        let row = iris().column(7).to_vec();
        // It draws its center to itself.
        for (&center, &value) in model.centers().row(0).iter().zip(&row) {
            close(center, value, 1e-3, "center");
        }
        assert_eq!(model.assign(&row), Ok(Some(1)));
        let sizes: u64 = model.clusters.iter().map(|cluster| cluster.size).sum();
        assert_eq!((sizes, model.rows), (150, 150));
        check(&model, &iris(), &weights);
    }
}

#[test]
fn weights_at_the_ends_of_the_range() {
    let weights: Vec<f64> = (0..150).map(|row| f64::from(1 + row * 7 % 5)).collect();
    let plain = fitted(&iris(), &weights, &Options::new(3));
    // By a power of two: the same digits, but what counts rows by their weight.
    for power in [-290, -20, 20, 290] {
        let scaled: Vec<f64> = weights.iter().map(|weight| weight * 2f64.powi(power)).collect();
        let model = fitted(&iris(), &scaled, &Options::new(3));
        for (a, b) in model.centers().iter().zip(plain.centers()) {
            close(*a, *b, ARITHMETIC, "center");
        }
        close(model.weight, 450.0 * 2f64.powi(power), ROUNDING, "weight");
        close(model.inertia, plain.inertia * 2f64.powi(power), ARITHMETIC, "inertia");
        close(
            model.silhouette.unwrap(),
            plain.silhouette.unwrap(),
            ARITHMETIC,
            "silhouette",
        );
        close(
            model.davies_bouldin.unwrap(),
            plain.davies_bouldin.unwrap(),
            ARITHMETIC,
            "index",
        );
        // Degrees of freedom are rows: there are none where these are not a few.
        assert_eq!(model.calinski_harabasz.is_some(), power > -20);
    }
    let wrong = |weight: f64| {
        let weights = [weight; 150];
        let error = fit(
            Rows::weighted(&iris(), Some(&weights)),
            &Options::new(3),
            &mut Unhindered,
        );
        error.unwrap_err()
    };
    for (weight, size, constant) in [
        (1e300, "large", "Divide"),
        (f64::MAX, "large", "Divide"),
        (1e-300, "small", "Multiply"),
        (5e-324, "small", "Multiply"),
    ] {
        let error = wrong(weight);
        assert_eq!(error.kind(), Kind::OutOfRange);
        assert_eq!(error.message(), format!("weights are too {size} to cluster by"));
        assert!(error.hint_text().unwrap().starts_with(constant));
    }
}

/// What is true of a model and the rows that it was fitted to, whatever they weigh.
#[track_caller]
fn check(model: &Model, features: &Features, weights: &[f64]) {
    let places = place(model, features, Silhouette::Simplified, &mut Unhindered).unwrap();
    let mut clusters = vec![(0, 0.0, 0.0); model.k()];
    for (row, place) in places.iter().enumerate().filter(|(row, _)| weights[*row] > 0.0) {
        let cluster = &mut clusters[place.cluster as usize - 1];
        cluster.0 += 1;
        cluster.1 += weights[row];
        cluster.2 += weights[row] * place.distance * place.distance;
    }
    for (number, (cluster, &(size, weight, inertia))) in model.clusters.iter().zip(&clusters).enumerate() {
        assert_eq!(cluster.size, size, "cluster {}", number + 1);
        assert!(size > 0);
        close(cluster.weight, weight, ARITHMETIC, "weight");
        assert!((cluster.inertia - inertia).abs() <= ARITHMETIC * inertia + f64::MIN_POSITIVE);
    }
    assert!(model.clusters.is_sorted_by(|a, b| a.weight >= b.weight));
    for (feature, values) in features.rows().into_iter().enumerate() {
        let heavy = || values.iter().zip(weights).filter(|row| *row.1 > 0.0).map(|row| *row.0);
        let (least, greatest) = (
            heavy().fold(f64::INFINITY, f64::min),
            heavy().fold(f64::NEG_INFINITY, f64::max),
        );
        let centers = model.centers().column(feature);
        assert!(centers.iter().all(|&center| least <= center && center <= greatest));
    }
    assert_eq!(Model::decode(&model.encode()).as_ref(), Ok(model));
    assert_eq!(Model::parse(&model.text()).as_ref(), Ok(model));
}

/// A center is the mean of its rows, by their weights.
#[track_caller]
fn check_means(model: &Model, features: &Features, weights: &[f64]) {
    let places = place(model, features, Silhouette::Simplified, &mut Unhindered).unwrap();
    for cluster in 1..=model.k() {
        let rows = || (0..weights.len()).filter(|&row| places[row].cluster as usize == cluster);
        let total: f64 = rows().map(|row| weights[row]).sum();
        for feature in 0..features.nrows() {
            let sum: f64 = rows().map(|row| weights[row] * features[(feature, row)]).sum();
            let center = model.centers()[(cluster - 1, feature)];
            assert!((center - sum / total).abs() <= FORMULA * (1.0 + center.abs()));
        }
    }
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

    #[test]
    fn any_weights_are_fitted_or_refused(
        numbers in prop::collection::vec(-100i32..100, 12..60),
        weights in prop::collection::vec((0.0..1.0f64, -300i32..300), 60),
        widest in 0i32..300,
        dimension in 1usize..3,
        k in 1i32..6,
        scaling in prop::sample::select(METHODS.to_vec()),
        exact in any::<bool>(),
    ) {
        let n = numbers.len() / dimension;
        let rows = Array2::from_shape_fn((dimension, n), |(at, row)| f64::from(numbers[row * dimension + at]) / 8.0);
        let weights: Vec<f64> = weights[..n]
            .iter()
            .map(|&(digits, power)| {
                let weight = digits * 10f64.powi(power.signum() * power.abs().min(widest));
                if digits < 0.1 { 0.0 } else { weight }
            })
            .collect();
        let silhouette = if exact { Silhouette::Exact } else { Silhouette::Simplified };
        let options = Options { scaling, silhouette, ..Options::new(k) };
        match fit(Rows::weighted(&rows, Some(&weights)), &options, &mut Unhindered) {
            Ok(model) => check(&model, &rows, &weights),
            Err(error) => prop_assert!(matches!(error.kind(), Kind::OutOfRange | Kind::NotEnough), "{}", error),
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

#[test]
fn models_with_weights_are_read_and_others_are_refused() {
    let weights: Vec<f64> = (0..150).map(|row| f64::from(row % 4) / 8.0).collect();
    let model = fitted(&iris(), &weights, &Options::new(3));
    let bytes = model.encode();
    assert_eq!(Model::decode(&bytes).as_ref(), Ok(&model));
    for at in 0..bytes.len() {
        let mut flipped = bytes.clone();
        flipped[at] ^= 0x80;
        assert!(Model::decode(&flipped).is_err() && Model::decode(&bytes[..at]).is_err());
    }
    let text = model.text();
    assert_eq!(Model::parse(&text).as_ref(), Ok(&model));
    let total = format!("\"weight\":{:?},\"inertia\"", model.weight);
    assert!(text.contains(&total), "{text}");
    for wrong in ["-1.0", "1e999", "\"1\""] {
        let wrong = text.replace(&total, &format!("\"weight\":{wrong},\"inertia\""));
        assert_eq!(Model::parse(&wrong).unwrap_err().kind(), Kind::InvalidText);
    }
    // By hand, and without: rows weigh 1.
    let text = r#"{"kmeans_model":1,"features":["a"],"scaling":{"method":"none","center":[0],"scale":[1]},
                   "clusters":[{"cluster":1,"size":3,"center":[5]},{"cluster":2,"size":2,"weight":9,"center":[1]}],"rows":5,"weight":12}"#;
    let model = Model::parse(text).unwrap();
    assert_eq!((model.clusters[0].weight, model.clusters[1].weight), (3.0, 9.0));
    assert_eq!(model.means(), Some(vec![2.0]));
    assert_eq!(Model::decode(&model.encode()).as_ref(), Ok(&model));
}
