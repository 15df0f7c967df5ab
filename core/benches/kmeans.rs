//! k-means over made-up customers: `cargo bench -p clientele-core --bench kmeans [million rows]`.

use clientele_core::checkpoint::Unhindered;
use clientele_core::kmeans::{Features, Method, Options, Silhouette, fit, place, segment};
use std::hint::black_box;
use std::time::Instant;

/// Customers around sixteen points, with noise.
fn customers(dimension: usize, rows: usize) -> Features {
    let mut state = 1_u64;
    let mut next = || {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (state >> 11) as f64 / (1_u64 << 53) as f64
    };
    let middles: Vec<Vec<f64>> = (0..16)
        .map(|_| (0..dimension).map(|_| 8.0 * next()).collect())
        .collect();
    let mut features = Features::zeros((dimension, rows));
    for mut customer in features.columns_mut() {
        let middle = &middles[(16.0 * next()) as usize];
        for (value, middle) in customer.iter_mut().zip(middle) {
            *value = middle + next() + next() + next() + next() - 2.0;
        }
    }
    features
}

fn main() {
    let millions: f64 = std::env::args()
        .nth(1)
        .and_then(|word| word.parse().ok())
        .unwrap_or(1.0);
    let rows = (millions * 1e6) as usize;
    for dimension in [3, 8] {
        let features = customers(dimension, rows);
        for k in [5, 20] {
            let options = |starts, iterations| Options {
                scaling: Method::None,
                starts: Some(starts),
                iterations,
                ..Options::new(k)
            };
            let start = Instant::now();
            let whole = fit(&features, &options(10, 300), &mut Unhindered).expect("a model");
            let time = start.elapsed().as_secs_f64();
            println!(
                "{rows} x {dimension}, k = {k}: {time:.2} s, ten starts and {} iterations, inertia {:.1}",
                whole.iterations, whole.inertia
            );
            let start = Instant::now();
            black_box(place(&whole, &features, Silhouette::Simplified, &mut Unhindered).expect("places"));
            println!(
                "    placing and silhouettes: {:.0} ms",
                start.elapsed().as_secs_f64() * 1e3
            );
            let timed = |iterations| {
                let previous = Options {
                    previous: Some(&whole),
                    tolerance: Some(0.0),
                    ..options(0, iterations)
                };
                let start = Instant::now();
                black_box(fit(&features, &previous, &mut Unhindered).expect("a model"));
                start.elapsed().as_secs_f64() * 1e3
            };
            println!("    from centers that are given, with all measures: {:.0} ms", timed(0));
            let previous = Options {
                previous: Some(&whole),
                tolerance: Some(0.0),
                ..options(0, 0)
            };
            let start = Instant::now();
            black_box(segment(&features, &previous, &mut Unhindered).expect("places"));
            println!(
                "    the same, and the places of all rows: {:.0} ms",
                start.elapsed().as_secs_f64() * 1e3
            );
        }
    }
}
