//! k-means against the best known clusterings of real data, independent measures, and what clusterings must obey.

mod cases;
mod tolerance;

use cases::cases;
use clientele_core::Kind;
use clientele_core::checkpoint::{Checkpoint, Task, Unhindered};
use clientele_core::estimate::Status;
use clientele_core::kmeans::{Features, Method, Model, Options, Silhouette, fit, place};
use ndarray::Array2;
use proptest::prelude::*;
use std::sync::atomic::{AtomicUsize, Ordering};
use tolerance::{EIGHT_DIGITS, FORMULA, close};

/// Iris in centimetres.
fn iris() -> Features {
    let columns = include_str!("golden/iris.txt").lines().skip(1);
    let numbers = columns.flat_map(|line| line.split(' ').map(|number| number.parse::<f64>().unwrap() / 10.0));
    Array2::from_shape_vec((4, 150), numbers.collect()).unwrap()
}

/// Rows as features.
fn features<const N: usize>(rows: &[[f64; N]]) -> Features {
    Array2::from_shape_fn((N, rows.len()), |(feature, row)| rows[row][feature])
}

fn plain(k: i32) -> Options<'static> {
    Options {
        scaling: Method::None,
        silhouette: Silhouette::Exact,
        ..Options::new(k)
    }
}

fn fitted(features: &Features, options: &Options<'_>) -> Model {
    fit(features, options, &mut Unhindered).unwrap()
}

fn sizes(model: &Model) -> Vec<u64> {
    model.clusters.iter().map(|cluster| cluster.size).collect()
}

#[test]
fn iris_as_known() {
    // Inertia, silhouette, Caliński-Harabasz and Davies-Bouldin as scikit-learn 1.9.1 has them.
    for (k, inertia, silhouette, calinski_harabasz, davies_bouldin) in [
        (2, 152.3479517603579, 0.6810461692, 513.92455, 0.40429284),
        (3, 78.851441426146, 0.5528190124, 561.62776, 0.66197155),
        (4, 57.22847321428572, 0.4980505050, 530.76581, 0.78030698),
        (5, 46.446182051282065, 0.4887488871, 495.54149, 0.80596521),
    ] {
        let model = fitted(&iris(), &plain(k));
        close(model.inertia, inertia, FORMULA, "inertia");
        assert!((model.silhouette.unwrap() - silhouette).abs() < FORMULA);
        assert!((model.calinski_harabasz.unwrap() / calinski_harabasz - 1.0).abs() < EIGHT_DIGITS);
        assert!((model.davies_bouldin.unwrap() / davies_bouldin - 1.0).abs() < EIGHT_DIGITS);
        assert_eq!(model.status, Status::Converged);
        assert!(model.clusters.is_sorted_by(|a, b| a.size >= b.size));
    }
    assert_eq!(sizes(&fitted(&iris(), &plain(3))), [62, 50, 38]);
}

#[test]
fn the_ends_of_the_range() {
    let rows = [[1.0, 10.0], [2.0, 20.0], [3.0, 15.0], [4.0, 40.0], [9.0, 0.0]];
    let one = fitted(&features(&rows), &plain(1));
    assert_eq!(sizes(&one), [5]);
    assert_eq!(one.centers().row(0).to_vec(), [3.8, 17.0]);
    assert_eq!(
        (one.silhouette, one.calinski_harabasz, one.davies_bouldin),
        (None, None, None)
    );
    let all = fitted(&features(&rows), &plain(5));
    assert_eq!((sizes(&all), all.inertia), (vec![1; 5], 0.0));
    assert_eq!(all.silhouette, None);
    let more = fitted(&features(&rows), &plain(7));
    assert_eq!(more.k(), 5);
    assert_eq!(
        more.warnings,
        ["only 5 rows are different: there are as many clusters, and not 7"]
    );
    // One row many times.
    let same = fitted(&features(&[[0.1, 7e9]; 100]), &Options::new(3));
    assert_eq!((sizes(&same), same.inertia), (vec![100], 0.0));
    assert_eq!(same.centers().row(0).to_vec(), [0.1, 7e9]);
    assert_eq!(same.warnings.len(), 3);
    for k in [0, -1, 65_536, i32::MAX] {
        let error = fit(&features(&rows), &plain(k), &mut Unhindered).unwrap_err();
        assert_eq!(error.kind(), Kind::InvalidParameter);
    }
    let error = fit(&Features::zeros((0, 0)), &plain(2), &mut Unhindered).unwrap_err();
    assert_eq!(error.kind(), Kind::NotEnough);
}

#[test]
fn large_and_constant_features_under_each_scaling() {
    let rows: Vec<[f64; 3]> = (0..90)
        .map(|i| [f64::from(i % 3) * 1e300, 5.0, f64::from(i % 7)])
        .collect();
    for scaling in [Method::Standard, Method::Robust, Method::MinMax] {
        let options = Options {
            scaling,
            ..Options::new(3)
        };
        let model = fitted(&features(&rows), &options);
        assert_eq!(model.k(), 3);
        assert!(model.centers().iter().all(|value| value.is_finite()));
        assert!(model.inertia.is_finite());
        assert_eq!(
            model.warnings,
            ["feature_2 is the same in all rows: it tells nothing apart"]
        );
        assert!(model.centers().column(1).iter().all(|&value| value == 5.0));
    }
    let error = fit(&features(&rows), &plain(3), &mut Unhindered).unwrap_err();
    assert_eq!(error.kind(), Kind::OutOfRange);
    assert!(error.detail_text().unwrap().contains("from 0 to 2e+300"), "{error}");
    // Two values at the ends of the range, and two that hardly differ.
    for [low, high] in [[-1.7e308, 1.7e308], [0.0, 5e-324], [1.0, 1.0 + f64::EPSILON]] {
        for scaling in [Method::Standard, Method::Robust, Method::MinMax] {
            let rows = [[low], [high], [low], [high]];
            let model = fit(
                &features(&rows),
                &Options {
                    scaling,
                    ..Options::new(2)
                },
                &mut Unhindered,
            );
            match model {
                Ok(model) => assert!(model.inertia.is_finite() && model.centers().iter().all(|x| x.is_finite())),
                Err(error) => assert_eq!(error.kind(), Kind::OutOfRange),
            }
        }
    }
}

#[test]
fn scalings_are_those_of_their_definitions() {
    let rows: Vec<[f64; 1]> = [1.0, 2.0, 4.0, 8.0, 16.0, 1_000.0].map(|x| [x]).to_vec();
    let scaling = |method| {
        let options = Options {
            scaling: method,
            ..Options::new(2)
        };
        let model = fitted(&features(&rows), &options);
        (model.scaling.center[0], model.scaling.scale[0])
    };
    assert_eq!(scaling(Method::None), (0.0, 1.0));
    assert_eq!(scaling(Method::MinMax), (1.0, 999.0));
    // Quartiles between neighbours: 2.5, 6 and 14.
    assert_eq!(scaling(Method::Robust), (6.0, 11.5));
    let (mean, deviation) = scaling(Method::Standard);
    close(mean, 1031.0 / 6.0, FORMULA, "mean");
    close(
        deviation,
        (1_000_341.0 / 6.0_f64 - (1031.0_f64 / 6.0).powi(2)).sqrt(),
        FORMULA,
        "deviation",
    );
}

#[test]
fn five_hundred_features() {
    let rows: Vec<[f64; 500]> = (0..60)
        .map(|i| std::array::from_fn(|j| f64::from(i % 3) * 10.0 + f64::from((i * 7 + j as i32) % 5)))
        .collect();
    let model = fitted(&features(&rows), &plain(3));
    assert_eq!(sizes(&model), [20, 20, 20]);
    let direct: f64 = place(&model, &features(&rows), Silhouette::Simplified, &mut Unhindered)
        .unwrap()
        .iter()
        .map(|place| place.distance.powi(2))
        .sum();
    close(direct, model.inertia, FORMULA, "inertia");
}

#[test]
fn numbers_follow_a_stated_order_and_names() {
    let names = Some(["width", "length"].map(String::from).to_vec());
    let rows: Vec<[f64; 2]> = (0..60).map(|i| [f64::from(i / 10), f64::from(-(i / 20))]).collect();
    let numbered = |order_by| {
        let options = Options {
            names: names.clone(),
            order_by,
            ..Options::new(3)
        };
        fit(&features(&rows), &options, &mut Unhindered)
    };
    assert!(numbered("width").unwrap().centers().column(0).into_iter().is_sorted());
    assert!(numbered("length").unwrap().centers().column(1).into_iter().is_sorted());
    let descending = numbered("length desc").unwrap();
    assert!(descending.centers().column(1).into_iter().is_sorted_by(|a, b| a >= b));
    assert_eq!(numbered("height").unwrap_err().kind(), Kind::InvalidParameter);
}

/// Runs tasks from the last to the first, as threads might.
struct Backwards(AtomicUsize);

impl Checkpoint for Backwards {
    fn pass(&mut self, _: &'static str, _: usize, _: usize) -> clientele_core::Result<()> {
        Ok(())
    }

    fn reserve(&mut self, _: usize) -> clientele_core::Result<()> {
        Ok(())
    }

    fn run(&mut self, _: &'static str, tasks: usize, task: Task<'_>) -> clientele_core::Result<()> {
        self.0.fetch_add(tasks, Ordering::Relaxed);
        (0..tasks).rev().try_for_each(|number| task(number, &mut || Ok(())))
    }
}

#[test]
fn the_order_of_tasks_does_not_matter() {
    let rows: Vec<[f64; 3]> = (0..20_000u32)
        .map(|i| [1, 2, 3].map(|j| f64::from(i.wrapping_mul(2_654_435_761 + j) >> 8) / 1e7))
        .collect();
    let mut backwards = Backwards(AtomicUsize::new(0));
    let one = fit(&features(&rows), &Options::new(7), &mut backwards).unwrap();
    assert!(backwards.0.into_inner() > 1_000);
    assert_eq!(one, fitted(&features(&rows), &Options::new(7)));
    assert_ne!(one.seed, 2);
}

/// Blobs around points of a grid; `shift` moves each hundredth row.
fn shop(rows: usize, shift: f64) -> Features {
    let noise = |i: usize, salt: u64| {
        let mixed = (i as u64 + 1)
            .wrapping_mul(0x9e37_79b9_7f4a_7c15 ^ salt)
            .rotate_left(31)
            .wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed >> 40) as f64 / (1 << 24) as f64
    };
    Array2::from_shape_fn((3, rows), |(feature, row)| {
        let group = (noise(row, 1) * 5.0).floor();
        let spread: f64 = (0..4).map(|n| noise(row, 100 + n + 10 * feature as u64)).sum::<f64>() - 2.0;
        let moved = if row % 100 == 0 { shift } else { 0.0 };
        group * [1.0, -1.5, 0.6][feature] + (group * 1.7).sin() * 2.0 + spread + moved
    })
}

#[test]
fn labels_stay_with_a_previous_model() {
    let (before, after) = (shop(30_000, 0.0), shop(30_000, 1.0));
    for k in [3, 5, 8] {
        let yesterday = fitted(&before, &Options::new(k));
        let options = Options {
            previous: Some(&yesterday),
            seed: 77,
            ..Options::new(k)
        };
        let today = fitted(&after, &options);
        let (one, other) = (
            place(&yesterday, &before, Silhouette::Simplified, &mut Unhindered).unwrap(),
            place(&today, &after, Silhouette::Simplified, &mut Unhindered).unwrap(),
        );
        let unchanged = (0..30_000).filter(|row| row % 100 != 0);
        let same = unchanged
            .clone()
            .filter(|&row| one[row].cluster == other[row].cluster)
            .count();
        assert!(same as f64 >= 0.99 * unchanged.count() as f64, "k = {k}: {same}");
        // The same data: the same model, whatever the order that was asked for.
        let options = Options {
            order_by: "feature_1",
            ..options
        };
        assert_eq!(fitted(&before, &options).centers(), yesterday.centers());
    }
    // Another number of clusters: those that are still there keep their numbers.
    let yesterday = fitted(&before, &Options::new(5));
    let more = Options {
        previous: Some(&yesterday),
        ..Options::new(6)
    };
    assert_eq!(fitted(&before, &more).k(), 6);
    let none = Options {
        starts: Some(0),
        ..more
    };
    assert_eq!(
        fit(&before, &none, &mut Unhindered).unwrap_err().kind(),
        Kind::InvalidParameter
    );
}

#[test]
fn identical_rows_are_as_one_with_a_weight() {
    // Few different rows, which are collapsed; and the same with one more feature, the same in all but different in hash.
    let rows: Vec<[f64; 2]> = (0..5_000u32)
        .map(|i| [f64::from(i * i % 17), f64::from(i % 5)])
        .collect();
    let model = fitted(&features(&rows), &plain(4));
    let places = place(&model, &features(&rows), Silhouette::Exact, &mut Unhindered).unwrap();
    let inertia: f64 = places.iter().map(|place| place.distance.powi(2)).sum();
    close(model.inertia, inertia, FORMULA, "inertia");
    let silhouette: f64 = places.iter().map(|place| place.silhouette.unwrap()).sum::<f64>() / 5_000.0;
    close(model.silhouette.unwrap(), silhouette, FORMULA, "silhouette");
    for (number, cluster) in model.clusters.iter().enumerate() {
        let inside = places.iter().filter(|place| place.cluster as usize == number + 1);
        assert_eq!(inside.count() as u64, cluster.size);
    }
}

#[test]
fn samples_are_drawn_from_large_sets() {
    let features = shop(150_000, 0.0);
    let model = fitted(&features, &Options::new(5));
    assert_eq!(model.status, Status::Converged);
    let small = features.slice(ndarray::s![.., ..50_000]).to_owned();
    let part = fitted(&small, &Options::new(5));
    assert!((model.inertia / part.inertia / 3.0 - 1.0).abs() < 0.02);
    // A center is the mean of its rows, also where the start was found on a sample.
    let places = place(&model, &features, Silhouette::Simplified, &mut Unhindered).unwrap();
    let inside: Vec<usize> = (0..150_000).filter(|&row| places[row].cluster == 1).collect();
    let mean = inside.iter().map(|&row| features[(0, row)]).sum::<f64>() / inside.len() as f64;
    close(mean, model.centers()[(0, 0)], FORMULA, "center");
}

/// Measures by their definitions, row by row.
fn by_definition(features: &Features, clusters: &[usize], k: usize) -> (f64, f64, f64) {
    let (dimension, n) = features.dim();
    let row = |at: usize| features.column(at).to_vec();
    let square = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| (a - b).powi(2)).sum::<f64>();
    let mean = |rows: &[usize]| -> Vec<f64> {
        (0..dimension)
            .map(|at| rows.iter().map(|&row| features[(at, row)]).sum::<f64>() / rows.len() as f64)
            .collect()
    };
    let members: Vec<Vec<usize>> = (0..k)
        .map(|cluster| (0..n).filter(|&at| clusters[at] == cluster).collect())
        .collect();
    let centers: Vec<Vec<f64>> = members.iter().map(|rows| mean(rows)).collect();
    let all = mean(&(0..n).collect::<Vec<_>>());
    let within: f64 = (0..n).map(|at| square(&row(at), &centers[clusters[at]])).sum();
    let between: f64 = (0..k)
        .map(|c| members[c].len() as f64 * square(&centers[c], &all))
        .sum();
    let spread = |c: usize| {
        let rows = &members[c];
        rows.iter().map(|&at| square(&row(at), &centers[c]).sqrt()).sum::<f64>() / rows.len() as f64
    };
    let overlap = |i: usize, j: usize| (spread(i) + spread(j)) / square(&centers[i], &centers[j]).sqrt();
    let worst = |i: usize| (0..k).filter(|&j| j != i).map(|j| overlap(i, j)).fold(0.0, f64::max);
    let silhouette = |at: usize| {
        let to = |c: usize| {
            let others = members[c].iter().filter(|&&other| other != at);
            let sum: f64 = others.clone().map(|&other| square(&row(at), &row(other)).sqrt()).sum();
            sum / others.count() as f64
        };
        let own = clusters[at];
        if members[own].len() == 1 {
            return 0.0;
        }
        let other = (0..k).filter(|&c| c != own).map(to).fold(f64::INFINITY, f64::min);
        let greater = to(own).max(other);
        if greater > 0.0 {
            (other - to(own)) / greater
        } else {
            0.0
        }
    };
    (
        between / (k as f64 - 1.0) / (within / (n - k) as f64),
        (0..k).map(worst).sum::<f64>() / k as f64,
        (0..n).map(silhouette).sum::<f64>() / n as f64,
    )
}

proptest! {
    #![proptest_config(cases(300))]

    #[test]
    fn measures_are_those_of_their_definitions(
        numbers in prop::collection::vec(-100i32..100, 12..90),
        dimension in 1usize..4,
        k in 2i32..5,
    ) {
        let n = numbers.len() / dimension;
        let features = Array2::from_shape_fn((dimension, n), |(at, row)| f64::from(numbers[row * dimension + at]) / 8.0);
        let model = fitted(&features, &plain(k));
        let places = place(&model, &features, Silhouette::Exact, &mut Unhindered).unwrap();
        // Each row is in the nearest cluster, and says so by itself too.
        for (at, found) in places.iter().enumerate() {
            let row = features.column(at).to_vec();
            let distances = model.distances(&row).unwrap().unwrap();
            prop_assert_eq!(model.assign(&row).unwrap(), Some(found.cluster));
            prop_assert_eq!(distances[found.cluster as usize - 1], found.distance);
            prop_assert!(distances.iter().all(|&distance| distance >= found.distance));
        }
        if model.k() >= 2 && model.k() < n && model.inertia > 0.0 {
            let clusters: Vec<usize> = places.iter().map(|place| place.cluster as usize - 1).collect();
            let (calinski_harabasz, davies_bouldin, silhouette) = by_definition(&features, &clusters, model.k());
            prop_assert!((model.calinski_harabasz.unwrap() / calinski_harabasz - 1.0).abs() < FORMULA);
            prop_assert!((model.davies_bouldin.unwrap() - davies_bouldin).abs() < FORMULA * davies_bouldin);
            prop_assert!((model.silhouette.unwrap() - silhouette).abs() < FORMULA);
        }
        // Both forms of the model hold it.
        prop_assert_eq!(&Model::decode(&model.encode()).unwrap(), &model);
        prop_assert_eq!(&Model::parse(&model.text()).unwrap(), &model);
    }
}

#[test]
fn wrong_models_are_refused() {
    let model = fitted(&iris(), &Options::new(3));
    let bytes = model.encode();
    for at in 0..bytes.len() {
        let mut flipped = bytes.clone();
        flipped[at] ^= 0x10;
        for wrong in [&bytes[..at], &flipped] {
            let error = Model::decode(wrong).unwrap_err();
            assert_eq!(
                (error.kind(), error.message()),
                (Kind::Corrupted, "corrupted kmeans_model")
            );
        }
    }
    let text = r#"{"kmeans_model":1,"features":["a"],"scaling":{"method":"none","center":[0],"scale":[1]},"clusters":[{"cluster":1,"center":[5]}]}"#;
    let model = Model::parse(text).unwrap();
    assert_eq!((model.assign(&[3.0]), model.status), (Ok(Some(1)), Status::Given));
    for (from, to) in [
        ("\"kmeans_model\":1", "\"kmeans_model\":2"),
        ("[\"a\"]", "[]"),
        ("[\"a\"]", "[\"a\",\"b\"]"),
        ("\"none\"", "\"other\""),
        ("\"center\":[0]", "\"center\":[0,1]"),
        ("\"scale\":[1]", "\"scale\":[0]"),
        ("\"scale\":[1]", "\"scale\":[1e999]"),
        ("\"cluster\":1", "\"cluster\":2"),
        ("\"center\":[5]", "\"center\":[]"),
        ("{\"cluster\":1,\"center\":[5]}", ""),
        ("\"clusters\"", "\"more\":1,\"clusters\""),
    ] {
        let wrong = text.replace(from, to);
        assert_eq!(Model::parse(&wrong).unwrap_err().kind(), Kind::InvalidText, "{wrong}");
    }
    for row in [&[][..], &[1.0, 2.0], &[f64::NAN, 1.0]] {
        assert_eq!(model.assign(row).unwrap_err().kind(), Kind::InvalidParameter);
        assert_eq!(model.distances(row).unwrap_err().kind(), Kind::InvalidParameter);
    }
    // Data that a table may hold.
    for value in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        assert_eq!(model.assign(&[value]), Ok(None));
        assert_eq!(model.distances(&[value]), Ok(None));
    }
}
