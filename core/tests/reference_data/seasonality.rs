//! Seasons and forecasts of public series, as other programs have them.

use crate::tolerance::{EIGHT_DIGITS, FORMULA, IDENTITY, OPTIMUM, close};
use crate::{of_text, text_of};
use clientele_core::calendar::days_from_civil;
use clientele_core::checkpoint::Unhindered;
use clientele_core::rank::kruskal_wallis;
use clientele_core::seasonality::ets::{Components, fit, fit_components};
use clientele_core::seasonality::{
    By, Forecaster, Grain, Method, Series, Smoothing, Theta, decompose, forecast, seasonality,
};
use libtest_mimic::Trial;
use serde_json::Value;

/// Each series with the file that has its values, and the periods of its season.
const SERIES: [(&str, &str, usize); 3] = [
    ("air_passengers", "stl_air_passengers.csv", 12),
    ("us_retail_sales", "stl_us_retail_sales.csv", 12),
    ("online_retail_daily", "stl_online_retail_daily.csv", 7),
];

const FOLDER: &str = "golden/journey/seasonality/";

/// A test of a series of this name and season, in the text of its file.
type Test = fn(&str, usize, &str);

pub fn trials() -> Vec<Trial> {
    let trials: [(&str, Test); 4] = [("indices", indices), ("stl", stl), ("ets", ets), ("theta", theta)];
    let trial = |&(name, file, m): &(&'static str, &'static str, usize)| {
        trials.map(|(what, test)| {
            of_text(
                &format!("seasonality::{what}_of_{name}"),
                &format!("{FOLDER}{file}"),
                move |text| test(name, m, text),
            )
        })
    };
    SERIES.iter().flat_map(trial).collect()
}

/// A column of numbers.
fn column(text: &str, at: usize) -> Vec<f64> {
    let number = |line: &str| line.split(',').nth(at).unwrap().parse().unwrap();
    text.lines().skip(1).map(number).collect()
}

fn golden(file: &str, name: &str) -> Value {
    // Numbers that JSON does not have are none that are compared.
    let text = text_of(&format!("{FOLDER}{file}")).unwrap();
    let text = text.replace("NaN", "null").replace("Infinity", "null");
    serde_json::from_str::<Value>(&text).unwrap()[name].clone()
}

fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().unwrap().iter().map(|x| x.as_f64().unwrap()).collect()
}

fn number(value: &Value) -> f64 {
    value.as_f64().unwrap()
}

/// The series, with the first period numbered so that places are those of the calendar.
fn series(name: &str, m: usize, values: Vec<f64>) -> (Series, By) {
    match m {
        12 => {
            let grain = Grain::Month;
            let first = if name == "air_passengers" { 1949 } else { 1992 } * 12;
            (Series { grain, first, values }, By::Month)
        }
        _ => {
            let grain = Grain::Day;
            let first = days_from_civil(2010, 12, 1);
            (Series { grain, first, values }, By::Weekday)
        }
    }
}

/// The golden values of the days count Saturdays as open: what is compared of them are the parts of an index.
fn indices(name: &str, m: usize, text: &str) {
    let values = column(text, 1);
    let golden = golden("indices.json", name);
    let (series, by) = series(name, m, values);
    for (word, method) in [("multiplicative", Method::Ratio), ("additive", Method::Difference)] {
        let Value::Object(want) = &golden[word] else {
            continue;
        };
        let found = seasonality(&series, by, Some(method), &mut Unhindered).unwrap();
        if m == 7 {
            // Saturdays, which are closed, are no index here. All others are near what they are with them.
            assert_eq!(found.places[5].index, Some(0.0));
            let detrended: Vec<(usize, f64)> = (3..series.values.len() - 3)
                .map(|t| {
                    let around: f64 = series.values[t - 3..=t + 3].iter().sum();
                    (t % 7, series.values[t] - around / 7.0)
                })
                .collect();
            let (places, values): (Vec<usize>, Vec<f64>) = detrended.into_iter().unzip();
            let (statistic, degrees) = kruskal_wallis(&values, &places, &mut Unhindered).unwrap().unwrap();
            assert_eq!(degrees, 6.0);
            close(statistic, number(&want["kruskal_wallis"]), IDENTITY, "statistic");
            continue;
        }
        for (place, want) in found.places.iter().zip(numbers(&want["indices"])) {
            close(place.index.unwrap(), want, IDENTITY, &place.name);
        }
        let counts: Vec<f64> = found.places.iter().map(|place| place.periods as f64).collect();
        assert_eq!(counts, numbers(&want["n_by_season"]));
        close(found.p_value.unwrap(), number(&want["kw_p"]), FORMULA, "p_value");
        close(found.strength.unwrap(), number(&want["strength"]), IDENTITY, "strength");
    }
}

fn stl(name: &str, m: usize, text: &str) {
    let (series, _) = series(name, m, column(text, 1));
    let smoother = if m == 7 { 7 } else { 13 };
    let smoothing = Smoothing::new(Some(smoother), false).unwrap();
    let found = decompose(&series, m, smoothing, &mut Unhindered).unwrap();
    let mean = series.values.iter().sum::<f64>() / series.values.len() as f64;
    for (at, part) in [(2, &found.trend), (3, &found.seasonal), (4, &found.remainder)] {
        for (found, want) in part.iter().zip(column(text, at)) {
            assert!((found - want).abs() <= FORMULA * mean, "{name}: {found} and not {want}");
        }
    }
}

fn ets(name: &str, m: usize, text: &str) {
    let values = column(text, 1);
    best(name, &values, m);
    if m == 7 {
        // Without the Saturdays, which are closed.
        let open: Vec<f64> = (0..values.len()).filter(|t| t % 7 != 3).map(|t| values[t]).collect();
        best("online_retail_daily_open", &open, 6);
        let steps = forecast(&values, 7, Forecaster::Ets, 7, 1.96, &mut Unhindered).unwrap();
        let without = forecast(&open, 6, Forecaster::Ets, 6, 1.96, &mut Unhindered).unwrap();
        // The day after the last one is a Saturday.
        assert_eq!((steps[0].point, steps[0].limits), (0.0, Some((0.0, 0.0))));
        assert_eq!(steps[1..], without);
    }
}

/// The model found is at least as good as that of statsforecast 2.1.1, and so are the components that it finds.
fn best(name: &str, values: &[f64], m: usize) {
    let golden = golden("ets.json", name);
    let found = fit(values, m, &mut Unhindered).unwrap();
    let want = number(&golden["aicc"]);
    assert!(found.aicc <= want + OPTIMUM, "{name}: {} and not {want}", found.aicc);
    let positive = values.iter().all(|&value| value > 0.0);
    let components = Components::candidates(positive, true)
        .into_iter()
        .find(|components| golden["components"] == components.to_string())
        .unwrap();
    let same = fit_components(values, m, components, &mut Unhindered).unwrap().unwrap();
    let want = number(&golden["loglik"]);
    assert!(
        same.log_likelihood >= want - OPTIMUM,
        "{name}: {} and not {want}",
        same.log_likelihood
    );
    // Of parameters as likely as these there are no others.
    if (same.log_likelihood - want).abs() <= OPTIMUM {
        let forecast = numbers(&golden["forecast"]);
        for ((found, _), want) in same.outlook(forecast.len()).into_iter().zip(forecast) {
            assert!((found / want - 1.0).abs() < 0.001, "{name}: {found} and not {want}");
        }
    }
}

fn theta(name: &str, m: usize, text: &str) {
    let values = column(text, 1);
    let golden = golden("otm.json", name);
    let found = Theta::fit(&values, m, &mut Unhindered).unwrap();
    for (found, key) in [
        (found.alpha, "alpha"),
        (found.w, "w"),
        (found.level, "l0"),
        (found.line.0, "A"),
        (found.line.1, "B"),
    ] {
        close(found, number(&golden[key]), OPTIMUM, key);
    }
    assert_eq!(found.season.is_some(), golden["seasonal"] == true);
    let want = number(&golden["sse"]);
    assert!(
        found.squares <= want * (1.0 + FORMULA),
        "{} and not {want}",
        found.squares
    );
    let rows = golden["forecast"].as_array().unwrap();
    for ((point, deviation), row) in found.outlook(rows.len()).into_iter().zip(rows) {
        let reach = 1.959_963_984_540_054 * deviation;
        for (found, want) in [point, point - reach, point + reach].into_iter().zip(numbers(row)) {
            close(found, want, OPTIMUM.max(EIGHT_DIGITS), "forecast");
        }
    }
}
