//! How long it takes to value a million customers, with and without limits: `cargo bench -p clientele-core --bench clv [name]`.
//!
//! Customers do as MBG/NBD says, all times in days of two years; `rare` order once or twice, `often` ten times on average, `weekly` fifty times.

mod measuring;

use clientele_core::calendar::DAY;
use clientele_core::checkpoint::Unhindered;
use clientele_core::clv::{Terms, Valuation};
use clientele_core::purchases::{self, History};
use clientele_core::spend::{self, Spender};
use measuring::{Numbers, timed};

const CUSTOMERS: usize = 1_000_000;

/// Anywhere in (0, 1).
fn uniform(numbers: &mut Numbers) -> f64 {
    ((numbers.next() >> 11) as f64 + 0.5) / (1u64 << 53) as f64
}

/// A customer who comes within two years, orders at an exponentially distributed rate and leaves after some 25 orders on average.
fn customer(numbers: &mut Numbers, mean: f64) -> (History, Spender) {
    let age = (uniform(numbers) * 730.0).floor();
    let rate = -uniform(numbers).ln() * mean / 365.0;
    let leave = 0.04 * -uniform(numbers).ln();
    let (mut time, mut day, mut frequency) = (0.0, 0.0, 0);
    while uniform(numbers) >= leave {
        time -= uniform(numbers).ln() / rate;
        if time >= age + 1.0 {
            break;
        }
        if f64::floor(time) > day {
            day = f64::floor(time);
            frequency += 1;
        }
    }
    let value = if frequency > 0 {
        -uniform(numbers).ln() * 50.0 + 10.0
    } else {
        0.0
    };
    (
        History::new(frequency, day, age, 1.0).expect("sound"),
        Spender::new(frequency, value, 1.0).expect("sound"),
    )
}

fn main() {
    let wanted: Vec<String> = std::env::args().skip(1).filter(|word| !word.starts_with('-')).collect();
    let spend = spend::Model::parse(r#"{"spend_model":1,"parameters":{"p":4,"q":3,"v":40}}"#).expect("a model");
    for (name, mean, parameters) in [
        ("rare", 1.0, r#"{"r":1,"alpha":365,"a":0.8,"b":10}"#),
        ("often", 10.0, r#"{"r":1,"alpha":36.5,"a":0.8,"b":20}"#),
        ("weekly", 50.0, r#"{"r":1,"alpha":7.3,"a":0.8,"b":20}"#),
    ] {
        let mut numbers = Numbers(7);
        let (histories, spenders): (Vec<_>, Vec<_>) = (0..CUSTOMERS).map(|_| customer(&mut numbers, mean)).unzip();
        for model in ["mbg/nbd", "pareto/nbd"] {
            let parameters = match model {
                "mbg/nbd" => parameters.to_owned(),
                _ => parameters.replace("\"a\"", "\"s\"").replace("\"b\":", "\"beta\":1"),
            };
            let text =
                format!(r#"{{"purchase_model":1,"model":"{model}","time_unit":"1 day","parameters":{parameters}}}"#);
            let purchases = purchases::Model::parse(&text).expect("a model");
            for intervals in [false, true] {
                let what = format!("{name} {model} {}", if intervals { "with limits" } else { "without" });
                if !wanted.iter().all(|word| what.contains(word.as_str())) {
                    continue;
                }
                // Models whose probabilities take long each are tried with fewer customers.
                let n = if intervals && model != "mbg/nbd" {
                    CUSTOMERS / 20
                } else {
                    CUSTOMERS
                };
                let terms = Terms {
                    horizon: 365 * DAY,
                    intervals,
                    ..Terms::default()
                };
                let valuation = Valuation::new(Some(&purchases), Some(&spend), &terms).expect("terms");
                let (mut sum, mut high) = (0.0, 0.0);
                timed(&what, n, || {
                    valuation
                        .each(&histories[..n], &spenders[..n], &mut Unhindered, &mut |value| {
                            sum += value.clv.unwrap_or(0.0);
                            high += value.interval.map_or(0.0, |interval| interval.1);
                            Ok(())
                        })
                        .expect("values");
                });
                println!("{:<40} {sum:>14.0} {high:>14.0}", "");
            }
        }
    }
}
