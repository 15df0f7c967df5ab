//! Weights at the ends of the range: none that weighs anything, one that weighs all, and what is refused.

mod cases;
mod tolerance;
mod weighed;

use cases::cases;
use clientele_core::Kind;
use clientele_core::checkpoint::Unhindered;
use clientele_core::kmeans::{Method, Model, Options, Rows, Silhouette, fit, place};
use ndarray::Array2;
use proptest::prelude::*;
use tolerance::{ARITHMETIC, ROUNDING, close};
use weighed::{METHODS, check, fitted, iris};

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

proptest! {
    #![proptest_config(cases(200))]

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
