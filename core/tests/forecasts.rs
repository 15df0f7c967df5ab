//! Forecasts against what others published, and slopes against differences.

mod passengers;
mod tolerance;

use clientele_core::checkpoint::Unhindered;
use clientele_core::seasonality::ets::{Components, Fit, Model, Parameters, Season, Trace, fit, fit_components};
use clientele_core::seasonality::validate::{Trial, validate};
use clientele_core::seasonality::{Forecaster, Grain, Series, Step, Theta, forecast};
use clientele_core::{Error, Kind, Result};
use passengers::PASSENGERS;
use tolerance::{IDENTITY, OPTIMUM, PARAMETER, SLOPE, close};

const Z: f64 = 1.959_963_984_540_054;

const WAYS: [Forecaster; 4] = [
    Forecaster::Ets,
    Forecaster::Theta,
    Forecaster::SeasonalNaive,
    Forecaster::Naive,
];

fn steps(values: &[f64], m: usize, way: Forecaster, horizon: usize) -> Result<Vec<Step>> {
    forecast(values, m, way, horizon, Z, &mut Unhindered)
}

fn trials(values: &[f64], m: usize, horizon: usize, origins: usize, step: usize) -> Result<Vec<Trial>> {
    let series = Series {
        grain: Grain::Month,
        first: 0,
        values: values.to_vec(),
    };
    validate(&series, m, horizon, origins, step, &mut Unhindered)
}

fn named(name: &str) -> Components {
    let all = Components::candidates(true, true);
    all.into_iter().find(|one| one.to_string() == name).unwrap()
}

#[test]
fn fifteen_models_are_tried() {
    let names = |positive, seasonal| {
        let all = Components::candidates(positive, seasonal);
        all.iter().map(Components::to_string).collect::<Vec<_>>().join(" ")
    };
    assert_eq!(
        names(true, true),
        "ANN MNN AAN MAN AAdN MAdN ANA MNA AAA MAA AAdA MAdA MNM MAM MAdM"
    );
    assert_eq!(names(false, true), "ANN AAN AAdN ANA AAA AAdA");
    assert_eq!(names(true, false), "ANN MNN AAN MAN AAdN MAdN");
    // Smoothing, states and the variance: 3 of the first, 15 and 18 of those with months.
    assert_eq!(
        ["ANN", "MNM", "MAdA"].map(|name| named(name).parameters(12)),
        [3, 15, 18]
    );
}

#[test]
fn slopes_are_those_of_differences() {
    let values: Vec<f64> = PASSENGERS.iter().map(|value| value / 512.0).collect();
    for components in Components::candidates(true, true) {
        let m = if components.season == Season::None { 1 } else { 12 };
        let model = Model {
            values: &values,
            components,
            m,
        };
        let season = match components.season {
            Season::None => Vec::new(),
            Season::Additive => (0..12).map(|place| f64::from(place - 5) / 400.0).collect(),
            Season::Multiplicative => (0..12).map(|place| 1.0 + f64::from(place - 5) / 40.0).collect(),
        };
        let point = model.point(&Parameters {
            alpha: 0.4,
            beta: 0.04,
            gamma: 0.1,
            phi: 0.93,
            level: 0.23,
            slope: 0.004,
            season,
        });
        let mut slopes = vec![0.0; point.len()];
        let mut trace = Trace::default();
        assert!(model.criterion(&point, &mut slopes, &mut trace).is_finite());
        let mut others = slopes.clone();
        for i in 0..point.len() {
            let mut value = |by: f64| {
                let mut moved = point.clone();
                moved[i] += by;
                model.criterion(&moved, &mut others, &mut trace)
            };
            // The error of the fourth order.
            let step = 1e-3;
            let want = (8.0 * (value(step) - value(-step)) - (value(2.0 * step) - value(-2.0 * step))) / (12.0 * step);
            let step = 1e-4;
            let near = (8.0 * (value(step) - value(-step)) - (value(2.0 * step) - value(-2.0 * step))) / (12.0 * step);
            let off = (slopes[i] - want).abs().min((slopes[i] - near).abs());
            assert!(
                off <= SLOPE * near.abs().max(1.0),
                "{components}, {i}: {} and not {near}",
                slopes[i]
            );
        }
    }
}

/// The fit of AutoETS of statsforecast 2.1.1, whose likelihood and forecasts these are.
#[test]
fn likelihoods_are_those_of_others() {
    let model = Model {
        values: &PASSENGERS,
        components: named("MNM"),
        m: 12,
    };
    let parameters = Parameters {
        alpha: 0.365_124_255_428_505_35,
        beta: 0.0,
        gamma: 0.002_381_143_426_915_685_6,
        phi: 0.0,
        level: 128.371_278_056_291_83,
        slope: 0.0,
        season: vec![
            0.909_302_141_147_344_8,
            0.880_015_997_483_790_7,
            1.013_401_137_953_132_5,
            0.981_242_929_967_033_8,
            0.981_758_495_761_136_4,
            1.101_222_651_909_233_2,
            1.235_198_838_363_578_6,
            1.222_625_432_087_486,
            1.055_882_261_197_972,
            0.921_333_550_015_545_8,
            0.802_406_726_725_668_5,
            0.895_609_837_388_080_2,
        ],
    };
    let mut last = parameters.clone();
    let (squares, logs) = model.follow(&mut last, |_, _, _, _| {}).unwrap();
    let likelihood = -0.5 * (144.0 * squares.ln() + 2.0 * logs);
    close(likelihood, -712.175_903_602_220_8, IDENTITY, "log-likelihood");
    let fit = Fit {
        components: model.components,
        m: 12,
        parameters,
        last,
        log_likelihood: likelihood,
        aicc: f64::NAN,
        deviation: 0.05,
    };
    let points = fit.outlook(13);
    close(points[0].0, 442.357_168_754_019_8, IDENTITY, "the first");
    close(points[12].0, 442.357_168_754_019_8, IDENTITY, "the thirteenth");
    close(points[6].0, 600.832_022_396_156, IDENTITY, "the seventh");
}

#[test]
fn the_best_model_is_at_least_as_good_as_that_of_others() {
    let best = fit(&PASSENGERS, 12, &mut Unhindered).unwrap();
    // 1 458.10 is what statsforecast ends at, with MNM.
    assert!(best.aicc <= 1_390.84, "{} {}", best.components, best.aicc);
    assert_eq!(best.components.to_string(), "MAM");
    let same = fit_components(&PASSENGERS, 12, named("MNM"), &mut Unhindered)
        .unwrap()
        .unwrap();
    assert!(same.log_likelihood >= -712.175_903_602_220_8, "{}", same.log_likelihood);
    // More of a trend is never worse, but for the damped one, which is not as strong as a line.
    for (less, more) in [("ANN", "AAN"), ("MNA", "MAA"), ("MNM", "MAM"), ("ANA", "AAdA")] {
        let [less, more] = [less, more].map(|name| {
            let fit = fit_components(&PASSENGERS, 12, named(name), &mut Unhindered).unwrap();
            fit.unwrap().log_likelihood
        });
        assert!(more >= less - OPTIMUM, "{more} {less}");
    }
}

#[test]
fn fits_do_not_depend_on_the_unit() {
    let usual = steps(&PASSENGERS, 12, Forecaster::Ets, 24).unwrap();
    for power in [-900, -3, 1, 900] {
        let unit = f64::from(2).powi(power);
        let values: Vec<f64> = PASSENGERS.iter().map(|value| value * unit).collect();
        let found = steps(&values, 12, Forecaster::Ets, 24).unwrap();
        for (one, other) in found.iter().zip(&usual) {
            assert_eq!(one.point, other.point * unit);
            close(one.limits.unwrap().0, other.limits.unwrap().0 * unit, IDENTITY, "low");
        }
    }
}

/// What golden values of an independent program are, solved exactly in Python.
#[test]
fn theta_is_the_published_model() {
    let theta = Theta::fit(&PASSENGERS, 12, &mut Unhindered).unwrap();
    for (found, want, what) in [
        (theta.alpha, 0.720_810_143_671_108_2, "alpha"),
        (theta.w, 0.949_363_832_002_694_4, "w"),
        (theta.level, 38.491_770_356_695_106, "level"),
        (theta.line.0, 88.239_405_458_580_79, "A"),
        (theta.line.1, 2.646_139_257_605_089_5, "B"),
        (theta.squares, 14_974.229_769_517_167, "squares"),
    ] {
        close(found, want, PARAMETER, what);
    }
    let steps = steps(&PASSENGERS, 12, Forecaster::Theta, 24).unwrap();
    for (at, want) in [
        (
            0,
            (442.849_521_618_851_8, 424.464_586_500_036_26, 461.234_456_737_667_3),
        ),
        (
            23,
            (489.233_788_604_083_54, 423.902_488_173_376_3, 554.565_089_034_830_9),
        ),
    ] {
        let (low, high) = steps[at].limits.unwrap();
        for (found, want) in [(steps[at].point, want.0), (low, want.1), (high, want.2)] {
            close(found, want, PARAMETER, "forecast");
        }
    }
}

/// MASE of nine origins, half a year apart, as other programs have it.
#[test]
fn methods_are_tried_as_elsewhere() {
    let found = trials(&PASSENGERS, 12, 12, 9, 6).unwrap();
    let mase: Vec<f64> = found.iter().map(|trial| trial.mase.unwrap()).collect();
    assert!(mase[0] < 0.7, "{mase:?}");
    close(mase[1], 0.668_843_914_817_015_3, OPTIMUM, "theta");
    close(mase[2], 1.297_245_666_647_834_5, IDENTITY, "seasonal naive");
    close(mase[3], 2.157_237_434_389_747, IDENTITY, "naive");
    close(found[2].smape, 0.099_898_822_748_781_22, IDENTITY, "sMAPE");
    assert_eq!(found.iter().map(|trial| trial.origins).collect::<Vec<_>>(), [9; 4]);
    assert_eq!(
        found.iter().map(|trial| trial.coverage.is_some()).collect::<Vec<_>>(),
        [true, true, false, false]
    );
    assert_eq!(found[3].warnings, ["it is not better than seasonal naive"]);
    assert!(found[..3].iter().all(|trial| trial.warnings.is_empty()));
}

#[test]
fn short_series_have_few_origins() {
    // As many as there are with four values before them.
    assert_eq!(trials(&PASSENGERS[..30], 1, 6, 6, 6).unwrap()[0].origins, 4);
    // The last one is tried with fewer, and it is said.
    let found = trials(&PASSENGERS[..9], 1, 6, 6, 6).unwrap();
    assert_eq!((found[0].origins, found[0].coverage), (1, None));
    assert!(found[0].warnings[0].starts_with("there are fewer than four periods"));
    let error = trials(&PASSENGERS[..6], 1, 6, 6, 6).unwrap_err();
    assert_eq!(error.kind(), Kind::InvalidParameter);
    assert_eq!(
        error.detail_text(),
        Some("It looks 6 months ahead, and there are 6 whole ones.")
    );
}

#[test]
fn unusual_series_are_forecast() {
    for way in WAYS {
        // Nothing to go by.
        assert_eq!(steps(&[], 1, way, 3).unwrap(), []);
        for n in 1..4 {
            let found = steps(&PASSENGERS[..n], 1, way, 3).unwrap();
            let last = Step {
                point: PASSENGERS[n - 1],
                limits: None,
            };
            assert_eq!(found, vec![last; 3]);
        }
        // All the same, and nothing at all.
        for value in [42.0, 0.0, -7.0] {
            for m in [1, 12] {
                let found = steps(&[value; 48], m, way, 30).unwrap();
                let same = Step {
                    point: value,
                    limits: Some((value, value)),
                };
                assert_eq!(found, vec![same; 30], "{way:?} {value} {m}");
            }
        }
        // Values below 0, and forecasts there; gaps of nothing in what else is above 0.
        let mixed: Vec<f64> = PASSENGERS.iter().map(|value| 150.0 - value).collect();
        let gap: Vec<f64> = (0..144)
            .map(|t| if (60..72).contains(&t) { 0.0 } else { PASSENGERS[t] })
            .collect();
        for values in [&mixed, &gap] {
            for m in [1, 12] {
                let found = steps(values, m, way, 24).unwrap();
                assert_eq!(found.len(), 24);
                for step in found {
                    let (low, high) = step.limits.unwrap();
                    assert!(
                        low <= step.point && step.point <= high && low < high,
                        "{way:?} {m} {step:?}"
                    );
                    assert!(values == &mixed || low >= 0.0);
                }
            }
        }
        // A line, a season that never changes, one value that is not 0, as few values as there may be.
        let line: Vec<f64> = (0..40).map(|t| 3.0 + 2.0 * f64::from(t)).collect();
        let season: Vec<f64> = (0..40).map(|t| f64::from(t % 4)).collect();
        let once: Vec<f64> = (0..40).map(|t| if t == 17 { 5.0 } else { 0.0 }).collect();
        for values in [
            &line[..],
            &season,
            &once,
            &[1.0, 2.0, 3.0, 5.0],
            &[0.0, 0.0, 0.0, 1.0],
            &PASSENGERS[..5],
        ] {
            for m in [1, 4] {
                let found = steps(values, m, way, 9).unwrap();
                assert_eq!(found.len(), 9, "{way:?}");
            }
        }
        // As large as numbers get, and larger.
        let large: Vec<f64> = PASSENGERS.iter().map(|value| value * 1e300).collect();
        assert!(
            steps(&large, 12, way, 12)
                .unwrap()
                .iter()
                .all(|step| step.point > 1e302)
        );
    }
    let found = steps(
        &(0..40).map(|t| 3.0 + 2.0 * f64::from(t)).collect::<Vec<_>>(),
        1,
        Forecaster::Ets,
        2,
    )
    .unwrap();
    assert!((found[1].point - 85.0).abs() < 0.01, "{found:?}");
    let growing: Vec<f64> = (0..20).map(|t| 8e307 + 5e306 * f64::from(t)).collect();
    let error = steps(&growing, 1, Forecaster::Ets, 40).unwrap_err();
    assert_eq!(
        (error.kind(), error.message()),
        (Kind::OutOfRange, "value out of range: overflow")
    );
}

#[test]
fn closed_places_are_forecast_as_nothing() {
    let open: Vec<f64> = (0..72)
        .map(|t| [5.0, 9.0, 7.0, 4.0, 6.0, 11.0][t % 6] * (1.0 + t as f64 / 50.0))
        .collect();
    let all: Vec<f64> = open
        .chunks(6)
        .flat_map(|week| [&week[..5], &[0.0], &week[5..]].concat())
        .collect();
    for way in WAYS {
        let without = steps(&open, 6, way, 12).unwrap();
        let with = steps(&all, 7, way, 14).unwrap();
        let nothing = Step {
            point: 0.0,
            limits: Some((0.0, 0.0)),
        };
        let want: Vec<Step> = without
            .chunks(6)
            .flat_map(|week| [&week[..5], &[nothing], &week[5..]].concat())
            .collect();
        assert_eq!(with, want, "{way:?}");
    }
}

/// Says stop after so many looks.
struct Impatient(usize);

impl clientele_core::checkpoint::Checkpoint for Impatient {
    fn pass(&mut self, _: &'static str, _: usize, _: usize) -> Result<()> {
        self.0 = self
            .0
            .checked_sub(1)
            .ok_or_else(|| Error::new(Kind::Stopped, "stopped"))?;
        Ok(())
    }

    fn reserve(&mut self, _: usize) -> Result<()> {
        Ok(())
    }
}

#[test]
fn forecasts_can_be_stopped() {
    for way in [Forecaster::Ets, Forecaster::Theta] {
        let stopped = forecast(&PASSENGERS, 12, way, 12, Z, &mut Impatient(30));
        assert_eq!(stopped.unwrap_err().kind(), Kind::Stopped, "{way:?}");
    }
}
