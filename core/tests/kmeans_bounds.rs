//! k-means where numbers are extreme, names and words are unusual, and models come from outside: centers stay among their rows, what is lost
//! is an error, and what is fitted can be read.

mod cases;
mod tolerance;

use cases::cases;
use clientele_core::Kind;
use clientele_core::checkpoint::Unhindered;
use clientele_core::estimate::Status;
use clientele_core::kmeans::{Features, Method, Model, Options, Silhouette, fit};
use ndarray::Array2;
use proptest::prelude::*;
use tolerance::SUM;

/// Rows as features.
fn features<const N: usize>(rows: &[[f64; N]]) -> Features {
    Array2::from_shape_fn((N, rows.len()), |(feature, row)| rows[row][feature])
}

fn fitted(features: &Features, options: &Options<'_>) -> Model {
    fit(features, options, &mut Unhindered).unwrap()
}

fn sizes(model: &Model) -> Vec<u64> {
    model.clusters.iter().map(|cluster| cluster.size).collect()
}

/// The rows of each cluster, as the model says of each row by itself.
fn members(model: &Model, features: &Features) -> Vec<Vec<usize>> {
    let mut members = vec![Vec::new(); model.k()];
    for row in 0..features.ncols() {
        let cluster = model.assign(&features.column(row).to_vec()).unwrap().unwrap();
        members[cluster as usize - 1].push(row);
    }
    members
}

/// What is said of clusters is what the model says of the rows, none is empty, and no center is outside of its rows, unless the iterations
/// ended before those stopped moving.
fn check_clusters(model: &Model, features: &Features) {
    for (at, rows) in members(model, features).iter().enumerate() {
        assert_eq!(rows.len() as u64, model.clusters[at].size);
        assert!(!rows.is_empty(), "cluster {} is empty", at + 1);
        if model.status != Status::Converged {
            continue;
        }
        for feature in 0..features.nrows() {
            let values = rows.iter().map(|&row| features[(feature, row)]);
            let (least, greatest) = values
                .clone()
                .fold((f64::INFINITY, f64::NEG_INFINITY), |(least, greatest), x| {
                    (least.min(x), greatest.max(x))
                });
            let center = model.centers()[(at, feature)];
            assert!(
                least <= center && center <= greatest,
                "{center} is not from {least} to {greatest}"
            );
            // Parts of the sum, each of which is within the range of numbers.
            let mean: f64 = values.map(|x| x / rows.len() as f64).sum();
            let scale = least.abs().max(greatest.abs());
            assert!((center - mean).abs() <= SUM * scale, "{center} instead of {mean}");
        }
    }
}

#[test]
fn centers_are_means_of_their_rows_in_their_units() {
    // One row is far away: what is scaled by it has lost the last digits of the others.
    let mut rows: Vec<[f64; 1]> = (0..100).map(|i| [f64::from(i % 10)]).collect();
    rows.push([1e20]);
    for scaling in [Method::Standard, Method::MinMax, Method::Robust, Method::None] {
        let options = Options {
            scaling,
            ..Options::new(2)
        };
        let model = fitted(&features(&rows), &options);
        assert_eq!(sizes(&model), [100, 1]);
        assert_eq!(model.centers().column(0).to_vec(), [4.5, 1e20]);
        assert_eq!(
            model.warnings.last().unwrap(),
            "cluster 1 holds 100 of 101 rows: the others may be few because their values are extreme"
        );
    }
    // Numbers that rounding leads below 0, and all else that rows may be.
    for salt in 0..40_u32 {
        let rows: Vec<[f64; 3]> = (0..700_u32)
            .map(|i| {
                let mixed = (i * 31 + salt).wrapping_mul(2_654_435_761) >> 8;
                let many = f64::from(mixed % 1_000) / 10.0;
                [
                    if mixed % 3 > 0 { 0.0 } else { many.powi(3) },
                    if mixed % 97 == 0 { many * 1e6 } else { 0.1 },
                    -many / 7.0,
                ]
            })
            .collect();
        for (k, scaling) in [(2, Method::Standard), (9, Method::MinMax), (30, Method::Standard)] {
            let options = Options {
                scaling,
                starts: Some(2),
                ..Options::new(k)
            };
            let model = fitted(&features(&rows), &options);
            check_clusters(&model, &features(&rows));
            assert!(
                model
                    .centers()
                    .column(0)
                    .iter()
                    .all(|&x| x >= 0.0 && x.is_sign_positive())
            );
            // Rows that come the other way round: the same centers of the same clusters.
            let backwards: Vec<[f64; 3]> = rows.iter().rev().copied().collect();
            let options = Options {
                previous: Some(&model),
                ..options
            };
            let again = fitted(&features(&backwards), &options);
            if sizes(&again) == sizes(&model) && again.inertia == model.inertia {
                assert_eq!(again.centers(), model.centers());
            }
        }
    }
    // Where the iterations are cut short, centers are inside of the rows that they were computed from.
    let rows = Array2::from_shape_fn((3, 3_000), |(feature, row)| {
        f64::from((row as u32 * 31 + feature as u32).wrapping_mul(2_654_435_761) >> 8).powi(3)
    });
    for iterations in 0..4 {
        let options = Options {
            iterations,
            ..Options::new(5)
        };
        let model = fitted(&rows, &options);
        assert!(model.centers().iter().all(|&x| x >= 0.0));
    }
}

#[test]
fn most_rows_in_one_cluster_are_told_of() {
    for (extreme, told) in [(4, true), (5, true), (6, false)] {
        let rows: Vec<[f64; 1]> = (0..100)
            .map(|i| [if i < extreme { 1e6 } else { f64::from(i) }])
            .collect();
        let model = fitted(&features(&rows), &Options::new(2));
        assert_eq!(sizes(&model), [100 - extreme as u64, extreme as u64]);
        assert_eq!(!model.warnings.is_empty(), told, "{extreme}: {:?}", model.warnings);
    }
    assert!(fitted(&features(&[[1.0], [2.0]]), &Options::new(1)).warnings.is_empty());
}

#[test]
fn differences_that_are_lost_are_errors() {
    let wrong = |rows: &[[f64; 1]], k, scaling| {
        let options = Options {
            scaling,
            ..Options::new(k)
        };
        let error = fit(&features(rows), &options, &mut Unhindered).unwrap_err();
        assert_eq!(error.kind(), Kind::OutOfRange, "{error}");
        error
    };
    // Squares that vanish, all of them and some.
    let tiny = [[0.0], [1e-300], [3e-300]];
    for k in [1, 2, 3, 9] {
        let error = wrong(&tiny, k, Method::None);
        assert_eq!(error.message(), "feature_1 is too small to be clustered");
        assert!(error.hint_text().unwrap().contains("multiply"), "{error}");
    }
    for scaling in [Method::Standard, Method::Robust, Method::MinMax] {
        let options = Options {
            scaling,
            ..Options::new(3)
        };
        let model = fitted(&features(&tiny), &options);
        assert_eq!(sizes(&model), [1, 1, 1]);
        check_clusters(&model, &features(&tiny));
    }
    wrong(&[[0.0], [5e-324], [1e-323]], 2, Method::Standard);
    wrong(&[[0.0], [1e-200], [1.0]], 3, Method::None);
    let mut rows: Vec<[f64; 1]> = (0..100).map(|i| [f64::from(i % 10)]).collect();
    rows.push([1e20]);
    let error = wrong(&rows, 3, Method::Standard);
    assert_eq!(
        error.message(),
        "rows that differ are too near each other to be told apart"
    );
    // From earlier centers too, where nothing is seeded.
    let earlier = fitted(&features(&rows[..3]), &Options::new(3));
    let options = Options {
        previous: Some(&earlier),
        ..Options::new(3)
    };
    let error = fit(&features(&rows), &options, &mut Unhindered).unwrap_err();
    assert_eq!(error.kind(), Kind::OutOfRange);
    assert_eq!(
        sizes(&fitted(
            &features(&rows),
            &Options {
                scaling: Method::MinMax,
                ..Options::new(3)
            }
        )),
        [50, 50, 1]
    );
    // Eleven rows are different, whatever scaling makes of them.
    let few = fitted(
        &features(&rows),
        &Options {
            scaling: Method::Robust,
            ..Options::new(11)
        },
    );
    assert_eq!((few.k(), few.warnings.len()), (11, 0));
    let fewer = fitted(
        &features(&rows),
        &Options {
            scaling: Method::Robust,
            ..Options::new(12)
        },
    );
    assert_eq!(fewer.k(), 11);
    assert_eq!(
        fewer.warnings,
        ["only 11 rows are different: there are as many clusters, and not 12"]
    );
}

#[test]
fn quartiles_that_hardly_differ_are_no_scale() {
    // Between neighbours that are the same or hardly differ, rounding could lead the upper quartile below the lower one.
    let (one, other) = (-3.1299510524099795e105_f64, -3.12995105240998e105_f64);
    assert_eq!(one.to_bits() + 1, other.to_bits());
    for scale in [1.0, 1e-90, 0.37, -1.1] {
        for n in 2..20_u32 {
            let rows: Vec<[f64; 2]> = (0..n)
                .map(|i| [if i % 2 == 0 { one } else { other } * scale, f64::from(i)])
                .collect();
            let options = Options {
                scaling: Method::Robust,
                ..Options::new(1)
            };
            match fit(&features(&rows), &options, &mut Unhindered) {
                Ok(model) => assert!(model.scaling.scale[0] > 0.0, "{model:?}"),
                Err(error) => assert_eq!(error.kind(), Kind::OutOfRange),
            }
        }
    }
}

#[test]
fn centers_that_had_no_rows_are_among_them() {
    // Rows whose scaled values differ in the last digit, so that clusters lose their rows by rounding.
    let rows = [
        [-4.6313541705684025e-282, -4.6313541705684025e-282],
        [-4.6313537601147224e-282, -4.6313541705684025e-282],
        [-1.9891514698784495e-272, -4.631360737827285e-282],
        [-4.6313541705684025e-282, -4.6313541705684025e-282],
        [-4.6313541705684025e-282, -4.6313541705684025e-282],
        [-4.6313541705684025e-282, -4.6313541705684025e-282],
        [-4.6313541705684025e-282, -4.6313541705684025e-282],
    ];
    let options = Options {
        starts: Some(1),
        ..Options::new(9)
    };
    match fit(&features(&rows), &options, &mut Unhindered) {
        Ok(model) => check_clusters(&model, &features(&rows)),
        Err(error) => assert_eq!(error.kind(), Kind::OutOfRange),
    }
}

#[test]
fn hints_are_of_scalings_that_help() {
    let hint = |rows: &[[f64; 1]], scaling| {
        let options = Options {
            scaling,
            ..Options::new(2)
        };
        let error = fit(&features(rows), &options, &mut Unhindered).unwrap_err();
        assert_eq!(error.kind(), Kind::OutOfRange);
        error.hint_text().unwrap().to_owned()
    };
    let constant = "Divide the feature by a constant.";
    assert_eq!(hint(&[[f64::MIN], [f64::MAX]], Method::MinMax), constant);
    assert_eq!(hint(&[[f64::MIN], [f64::MAX]], Method::None), constant);
    let mut skewed = vec![[f64::MAX]; 99];
    skewed.push([f64::MIN]);
    assert_eq!(hint(&skewed, Method::Standard), constant);
    let large = [[0.0], [1e200]];
    assert!(hint(&large, Method::None).starts_with("Use scaling \"standard\" or \"minmax\""));
    for scaling in [Method::Standard, Method::MinMax] {
        fitted(
            &features(&large),
            &Options {
                scaling,
                ..Options::new(2)
            },
        );
    }
}

#[test]
fn words_are_in_any_case_and_names_as_they_are() {
    let names = Some(["Width", "length desc"].map(String::from).to_vec());
    let rows: Vec<[f64; 2]> = (0..60).map(|i| [f64::from(i / 10), f64::from(i / 20)]).collect();
    let numbered = |order_by| {
        let options = Options {
            names: names.clone(),
            order_by,
            ..Options::new(3)
        };
        fit(&features(&rows), &options, &mut Unhindered)
    };
    for (order_by, at, descending) in [
        ("Width", 0, false),
        ("Width DESC", 0, true),
        ("length desc", 1, false),
        ("length desc Desc", 1, true),
    ] {
        let centers: Vec<f64> = numbered(order_by).unwrap().centers().column(at).to_vec();
        let sorted = centers.is_sorted_by(|a, b| if descending { a >= b } else { a <= b });
        assert!(sorted, "{order_by}: {centers:?}");
    }
    assert_eq!(numbered("SIZE"), numbered("size"));
    for wrong in ["width", "width desc", "desc", " desc", "", "é", "ééé", "length"] {
        let error = numbered(wrong).unwrap_err();
        assert_eq!(error.message(), "unknown value for option \"order_by\"");
        assert_eq!(error.detail_text().unwrap(), format!("It is \"{wrong}\"."));
        assert_eq!(
            error.hint_text().unwrap(),
            "Use \"size\", \"Width\" or \"length desc\". A name and \" desc\" begins with the greatest."
        );
    }
}

#[test]
fn no_cluster_is_empty() {
    // What the greatest value takes from a sum on its way to its cluster is all that tells two others apart.
    for (rows, most) in [
        (
            vec![
                [0.0, 7.4e112],
                [0.0, -7.1e93],
                [7.7e112, 0.0],
                [-4.9e112, 0.0],
                [0.0, 0.6],
            ],
            40,
        ),
        (vec![[0.0, 1e20], [0.0, -10.0], [3e20, 0.0], [0.0, 30.0]], 30),
    ] {
        for zeros in 1..most {
            let mut rows = rows.clone();
            rows.extend(vec![[0.0; 2]; zeros]);
            for scaling in [Method::None, Method::Standard, Method::Robust, Method::MinMax] {
                for (k, iterations) in [(5, 300), (4, 300), (4, 0), (5, 1)] {
                    let options = Options {
                        scaling,
                        iterations,
                        ..Options::new(k)
                    };
                    match fit(&features(&rows), &options, &mut Unhindered) {
                        Ok(model) => check_clusters(&model, &features(&rows)),
                        Err(error) => assert_eq!(error.kind(), Kind::OutOfRange, "{error}"),
                    }
                }
            }
        }
    }
}

proptest! {
    #![proptest_config(cases(400))]

    #[test]
    fn what_is_fitted_can_be_read(
        numbers in prop::collection::vec((-1.0..1.0f64, -300i32..300), 2..60),
        widest in 0i32..300,
        dimension in 1usize..4,
        k in 1i32..6,
        scaling in prop::sample::select(vec![Method::None, Method::Standard, Method::Robust, Method::MinMax]),
        exact in any::<bool>(),
    ) {
        let n = (numbers.len() / dimension).max(1);
        let value = |at: usize| {
            let (digits, power) = numbers[at % numbers.len()];
            digits * 10f64.powi(power.signum() * power.abs().min(widest))
        };
        let features = Array2::from_shape_fn((dimension, n), |(at, row)| value(row * dimension + at));
        let silhouette = if exact { Silhouette::Exact } else { Silhouette::Simplified };
        let options = Options { scaling, silhouette, ..Options::new(k) };
        match fit(&features, &options, &mut Unhindered) {
            Ok(model) => {
                prop_assert_eq!(&Model::decode(&model.encode()).unwrap(), &model);
                prop_assert_eq!(&Model::parse(&model.text()).unwrap(), &model);
                check_clusters(&model, &features);
                // And followed.
                let options = Options { previous: Some(&model), ..options };
                match fit(&features, &options, &mut Unhindered) {
                    Ok(next) => prop_assert_eq!(&Model::decode(&next.encode()).unwrap(), &next),
                    Err(error) => prop_assert_eq!(error.kind(), Kind::OutOfRange),
                }
            }
            Err(error) => prop_assert_eq!(error.kind(), Kind::OutOfRange, "{}", error),
        }
    }
}

#[test]
fn models_are_bounded_before_they_are_read() {
    let text = |features: &str, clusters: &str, more: &str| {
        format!(
            r#"{{"kmeans_model":1,"features":[{features}],"scaling":{{"method":"none","center":[0],"scale":[1]}},"clusters":[{clusters}]{more}}}"#
        )
    };
    let cluster = r#"{"cluster":1,"center":[5]}"#;
    let read = |features: &str, clusters: &str, more: &str| Model::parse(&text(features, clusters, more));
    assert!(read("\"a\"", cluster, "").is_ok());
    let repeated = |piece: &str, n: usize| vec![piece; n].join(",");
    for (features, clusters, more) in [
        (&*repeated("\"\"", 16_001), cluster, ""),
        ("\"a\"", &*repeated(cluster, 65_536), ""),
        (
            "\"a\"",
            &*format!(r#"{{"cluster":1,"center":[{}]}}"#, repeated("0", 16_001)),
            "",
        ),
        (
            "\"a\"",
            cluster,
            &*format!(r#","warnings":[{}]"#, repeated("\"\"", 40_000)),
        ),
        ("\"a\"", cluster, &*format!(r#","warnings":["{}"]"#, "x".repeat(1_000))),
        (&*format!("\"{}\"", "x".repeat(201)), cluster, ""),
        (r#""a\u0000b""#, cluster, ""),
        ("\"a\"", cluster, r#","warnings":["\u0000"]"#),
        ("\"a\"", cluster, &*" ".repeat(1 << 27)),
    ] {
        assert_eq!(read(features, clusters, more).unwrap_err().kind(), Kind::InvalidText);
    }
    // A fit is bounded as what it makes is.
    let rows: Vec<[f64; 2]> = (0..9).map(|i| [f64::from(i); 2]).collect();
    let options = |name: &str| Options {
        names: Some(vec!["a".to_owned(), name.to_owned()]),
        ..Options::new(2)
    };
    assert!(fit(&features(&rows), &options(&"x".repeat(200)), &mut Unhindered).is_ok());
    let error = fit(&features(&rows), &options(&"x".repeat(201)), &mut Unhindered).unwrap_err();
    assert_eq!(error.kind(), Kind::InvalidParameter);
    let wide = Features::zeros((40, 3));
    let error = fit(&wide, &Options::new(65_535), &mut Unhindered).unwrap_err();
    assert_eq!(error.kind(), Kind::TooLarge);
}
