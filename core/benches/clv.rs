//! What valuing customers with limits takes of a processor, by what kind of shop it is: `cargo bench -p clientele-core --bench clv [word ...]`.
//!
//! Customers do as MBG/NBD says, all times in days of two years, and differ exponentially in how often they order; the words choose among
//! the lines that are printed.

mod measuring;

use clientele_core::calendar::DAY;
use clientele_core::checkpoint::Unhindered;
use clientele_core::clv::{Terms, Valuation};
use clientele_core::purchases::{self, History};
use clientele_core::spend::{self, Spender};
use measuring::{Numbers, processor};
use std::time::Instant;

const CUSTOMERS: usize = 60_000;

/// How spend differs: as in most shops, by a thirtieth and a thousandth only, and beyond all measure.
const SPENDS: [(&str, [f64; 3]); 5] = [
    ("no limits", [4.0, 3.0, 40.0]),
    ("usual spend", [4.0, 3.0, 40.0]),
    ("spend alike", [1e3, 1e3, 80.0]),
    ("spend the same", [1e6, 1e6, 80.0]),
    ("wild spend", [0.3, 1.1, 30.0]),
];

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

/// Models of purchases of a shop whose customers order so often a year.
fn models(mean: f64) -> [(&'static str, String); 4] {
    let alpha = 365.0 / mean;
    let leaving = format!(r#""r":1,"alpha":{alpha},"a":0.8,"b":20"#);
    [
        ("bg/nbd", leaving.clone()),
        ("mbg/nbd", leaving),
        ("pareto/nbd", format!(r#""r":1,"alpha":{alpha},"s":0.8,"beta":1000"#)),
        ("mbg/cnbd-2", format!(r#""r":1,"alpha":{},"a":0.8,"b":20"#, alpha / 2.0)),
    ]
}

fn main() {
    let wanted: Vec<String> = std::env::args().skip(1).filter(|word| !word.starts_with('-')).collect();
    let start = Instant::now();
    println!(
        "{:<36} {:>10} {:>10} {:>10} {:>10}",
        "", "customers", "orders", "µs each", "million/s"
    );
    for mean in [1.0, 2.0, 6.0, 30.0] {
        let mut numbers = Numbers(7);
        let (histories, spenders): (Vec<_>, Vec<_>) = (0..CUSTOMERS).map(|_| customer(&mut numbers, mean)).unzip();
        for (model, parameters) in models(mean) {
            let text = format!(
                r#"{{"purchase_model":1,"model":"{model}","time_unit":"1 day","parameters":{{{parameters}}}}}"#
            );
            let purchases = purchases::Model::parse(&text).expect("a model");
            for (kind, [p, q, v]) in SPENDS {
                let text = format!(r#"{{"spend_model":1,"parameters":{{"p":{p},"q":{q},"v":{v}}}}}"#);
                let spend = spend::Model::parse(&text).expect("a model");
                let what = format!("{mean} a year, {model}, {kind}");
                if !wanted.iter().all(|word| what.contains(word.as_str())) {
                    continue;
                }
                let terms = Terms {
                    horizon: 365 * DAY,
                    intervals: kind != "no limits",
                    ..Terms::default()
                };
                let valuation = Valuation::new(Some(&purchases), Some(&spend), &terms).expect("terms");
                let (mut orders, mut high) = (0.0, 0.0);
                let before = processor(start);
                valuation
                    .each(&histories, &spenders, &mut Unhindered, &mut |value| {
                        orders += value.expected_orders.unwrap_or(0.0);
                        high += value.interval.map_or(0.0, |interval| interval.1);
                        Ok(())
                    })
                    .expect("values");
                let each = (processor(start) - before) as f64 / 1e3 / CUSTOMERS as f64;
                let orders = orders / CUSTOMERS as f64;
                println!(
                    "{what:<36} {CUSTOMERS:>10} {orders:>10.2} {each:>10.2} {:>10.2} {high:>16.0}",
                    1.0 / each
                );
            }
        }
    }
}
