//! A fit to any numbers, with any weights or none: what comes out can be read, and says of the rows what the model says.
#![no_main]

use clientele_core::Kind;
use clientele_core::checkpoint::Unhindered;
use clientele_core::kmeans::{Features, Method, Options, Rows, fit};
use clientele_core_fuzz::check_kmeans_model;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let [choices, weighted, numbers @ ..] = bytes else {
        return;
    };
    let dimension = usize::from(choices & 3) + 1;
    let numbers: Vec<f64> = numbers
        .as_chunks()
        .0
        .iter()
        .map(|&bytes| f64::from_le_bytes(bytes))
        .filter(|x| x.is_finite())
        .take(64)
        .collect();
    // The last number of each row is its weight, if rows have weights.
    let weighted = usize::from(weighted & 1);
    let width = dimension + weighted;
    let rows = numbers.len() / width;
    if rows == 0 {
        return;
    }
    let features = Features::from_shape_fn((dimension, rows), |(feature, row)| numbers[row * width + feature]);
    let weights: Vec<f64> = (0..rows)
        .map(|row| if weighted == 1 { numbers[row * width + dimension].abs() } else { 1.0 })
        .collect();
    let scaling = [Method::None, Method::Standard, Method::Robust, Method::MinMax][usize::from(choices >> 2 & 3)];
    let options = Options {
        scaling,
        starts: Some(1),
        ..Options::new(i32::from(choices >> 4) + 1)
    };
    let model = match fit(Rows::weighted(&features, Some(&weights)), &options, &mut Unhindered) {
        Ok(model) => model,
        Err(error) if error.kind() == Kind::NotEnough => return assert!(weights.iter().all(|&weight| weight == 0.0)),
        Err(error) => return assert_eq!(error.kind(), Kind::OutOfRange, "{error}"),
    };
    check_kmeans_model(&model);
    let mut sizes = vec![0; model.k()];
    for (row, _) in features.columns().into_iter().zip(&weights).filter(|(_, weight)| **weight > 0.0) {
        let cluster = model
            .assign(&row.to_vec())
            .expect("as many features")
            .expect("finite numbers");
        sizes[cluster as usize - 1] += 1;
    }
    let said: Vec<u64> = model.clusters.iter().map(|cluster| cluster.size).collect();
    assert_eq!(sizes, said, "rows are where the model says");
    for (feature, values) in features.rows().into_iter().enumerate() {
        let heavy = || values.iter().zip(&weights).filter(|row| *row.1 > 0.0).map(|row| *row.0);
        let least = heavy().fold(f64::INFINITY, f64::min);
        let greatest = heavy().fold(f64::NEG_INFINITY, f64::max);
        let centers = model.centers().column(feature);
        assert!(centers.iter().all(|&center| least <= center && center <= greatest));
    }
});
