//! The best known clusterings of data, by hundreds of runs of another program.

use crate::of_text;
use crate::tolerance::{FORMULA, NEAR_THE_BEST, SAME_INERTIA, close};
use clientele_core::checkpoint::Unhindered;
use clientele_core::kmeans::{Features, Method, Model, Options, Rows, Silhouette, fit};
use libtest_mimic::Trial;
use ndarray::Array2;

pub fn trials() -> Vec<Trial> {
    vec![
        of_text(
            "kmeans::the_best_of_blobs_is_found",
            "golden/kmeans_blobs.csv",
            the_best_of_blobs_is_found,
        ),
        of_text(
            "kmeans::the_best_of_cdnow_is_found",
            "golden/kmeans_cdnow.csv",
            the_best_of_cdnow_is_found,
        ),
        of_text(
            "kmeans::the_best_of_cdnow_by_weight_is_found",
            "golden/kmeans_cdnow.csv",
            the_best_of_cdnow_by_weight_is_found,
        ),
    ]
}

fn fitted(features: &Features, options: &Options<'_>) -> Model {
    fit(features, options, &mut Unhindered).unwrap()
}

/// The silhouette of the best clustering, of all rows.
fn silhouette(features: &Features, k: i32) -> f64 {
    let options = Options {
        scaling: Method::None,
        silhouette: Silhouette::Exact,
        ..Options::new(k)
    };
    fitted(features, &options).silhouette.unwrap()
}

/// Columns of a table as features.
fn table(text: &str, columns: &[usize]) -> Features {
    let rows: Vec<Vec<f64>> = text
        .lines()
        .skip(1)
        .map(|line| {
            let words: Vec<&str> = line.split(',').collect();
            columns.iter().map(|&column| words[column].parse().unwrap()).collect()
        })
        .collect();
    Array2::from_shape_fn((columns.len(), rows.len()), |(feature, row)| rows[row][feature])
}

/// k, the best inertia of hundreds of runs elsewhere, whether ten of those runs find it, Caliński-Harabasz, Davies-Bouldin.
type Known = (i32, f64, bool, f64, f64);

fn check(text: &str, columns: &[usize], known: &[Known]) {
    let features = table(text, columns);
    for &(k, inertia, reached, calinski_harabasz, davies_bouldin) in known {
        let options = Options {
            scaling: Method::None,
            ..Options::new(k)
        };
        let model = fitted(&features, &options);
        let excess = model.inertia / inertia - 1.0;
        assert!(
            excess < if reached { FORMULA } else { NEAR_THE_BEST },
            "k = {k}: {excess:e}"
        );
        if excess.abs() < FORMULA {
            // Of clusterings as good as each other there are several.
            assert!((model.calinski_harabasz.unwrap() / calinski_harabasz - 1.0).abs() < SAME_INERTIA.0);
            assert!((model.davies_bouldin.unwrap() / davies_bouldin - 1.0).abs() < SAME_INERTIA.1);
        }
    }
}

fn the_best_of_blobs_is_found(text: &str) {
    let known = [
        (2, 96289.92636733546, true, 1933.398305947702, 0.9224403579455456),
        (3, 55911.53787585806, true, 2385.100248550408, 0.677852229488038),
        (4, 25739.649528110775, true, 4232.106056183505, 0.4421043309512964),
        (5, 12374.311869804456, true, 7137.748455383708, 0.48682249375349107),
        (6, 8066.2598377955, true, 8968.52004732562, 0.520671128795362),
        (7, 7776.710682918758, false, 7760.516223967316, 0.907900734580343),
        (8, 7512.651174420424, false, 6892.222672828882, 1.1793460261573343),
        (10, 7013.018876341135, false, 5752.514165963646, 1.6169634648157778),
    ];
    check(text, &[1, 2, 3, 4], &known);
    let features = table(text, &[1, 2, 3, 4]);
    for (k, want) in [
        (2, 0.5090223307149988),
        (5, 0.6545772880599589),
        (6, 0.6507596000185402),
    ] {
        close(silhouette(&features, k), want, FORMULA, "silhouette");
    }
}

fn the_best_of_cdnow_is_found(text: &str) {
    let known = [
        (2, 28844.060368740997, true, 34207.9600658044, 0.7253579681178431),
        (3, 19818.629571824422, true, 30258.321407498548, 0.8890504063175136),
        (4, 15999.558330287478, true, 26861.288746698247, 0.9679035003806915),
        (5, 13264.870150173103, false, 25512.773015979237, 0.9500945366777886),
        (6, 11288.718852045018, false, 24807.12093767559, 0.9119301585430312),
        (8, 8898.800710830861, false, 23380.158933411854, 0.9166394889405515),
    ];
    check(text, &[4, 5, 6], &known);
    let known = [
        (3, 761680564.4042168, false, 21360.57861344557, 0.5732373400336335),
        (5, 353134180.90477365, true, 29850.203886937812, 0.567061334625904),
    ];
    check(text, &[1, 2, 3], &known);
}

/// The same customers by what they spent: the best inertia of two hundred runs of scikit-learn 1.9.1 with `sample_weight`. Some spent nothing.
fn the_best_of_cdnow_by_weight_is_found(text: &str) {
    let features = table(text, &[4, 5, 6]);
    let spent = table(text, &[3]);
    let rows = Rows::weighted(&features, spent.as_slice());
    for (k, inertia) in [
        (2, 6691391.594169304),
        (3, 4590730.082116227),
        (4, 3650623.709177455),
        (5, 2982579.339354473),
        (6, 2579936.2874269984),
        (8, 2049591.7078661215),
    ] {
        let options = Options {
            scaling: Method::None,
            ..Options::new(k)
        };
        let model = fit(rows, &options, &mut Unhindered).unwrap();
        let excess = model.inertia / inertia - 1.0;
        assert!(excess < FORMULA, "k = {k}: {excess:e}");
    }
}
