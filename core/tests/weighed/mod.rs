//! Rows with weights, and what is true of the models that are fitted to them.

// Each test uses a part of it.
#![allow(dead_code)]

use crate::tolerance::{ARITHMETIC, FORMULA, close};
use clientele_core::checkpoint::Unhindered;
use clientele_core::kmeans::{Features, Method, Model, Options, Rows, Silhouette, fit, place};
use ndarray::Array2;

pub const METHODS: [Method; 4] = [Method::None, Method::Standard, Method::Robust, Method::MinMax];

/// Iris in centimetres.
pub fn iris() -> Features {
    let columns = include_str!("../golden/iris.txt").lines().skip(1);
    let numbers = columns.flat_map(|line| line.split(' ').map(|number| number.parse::<f64>().unwrap() / 10.0));
    Array2::from_shape_vec((4, 150), numbers.collect()).unwrap()
}

/// Rows as features.
pub fn features<const N: usize>(rows: &[[f64; N]]) -> Features {
    Array2::from_shape_fn((N, rows.len()), |(feature, row)| rows[row][feature])
}

/// The model of rows with these weights.
pub fn fitted(features: &Features, weights: &[f64], options: &Options<'_>) -> Model {
    fit(Rows::weighted(features, Some(weights)), options, &mut Unhindered).unwrap()
}

/// What is true of a model and the rows that it was fitted to, whatever they weigh.
#[track_caller]
pub fn check(model: &Model, features: &Features, weights: &[f64]) {
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
pub fn check_means(model: &Model, features: &Features, weights: &[f64]) {
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
