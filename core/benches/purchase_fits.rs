//! How far fits are from the best of many random starts, day after day, and whether they have limits:
//! `cargo bench -p clientele-core --bench purchase_fits [days=40] [starts=200] [shops=10] [table=NAME] [MODEL]`.
//!
//! It goes over the last days of Online Retail and of CDNOW, which `REFERENCE_DATA` holds (docs/contributing.md), and over simulated shops. It
//! fails where a fit is further below the best than a share of 1e-8.

mod measuring;

use clientele_core::amount::Amount;
use clientele_core::calendar::{DAY, Period, SECOND, civil_from_days, days_from_civil};
use clientele_core::checkpoint::Unhindered;
use clientele_core::collect::Collected;
use clientele_core::customers::Observation;
use clientele_core::key::Key;
use clientele_core::order_log::{Collector, OrderLog, TimeKind};
use clientele_core::purchases::{Family, Fitting, History, Sought, climb_from, fit, of_log};
use clientele_core::zone::Zone;
use measuring::Numbers;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

/// The farthest that a fit may be below the best, as a share of its log-likelihood.
const FARTHEST: f64 = 1e-8;

/// A row of a table: customer, time and amount.
type Row = (i64, i64, f64);

/// Makes a row of a line of a file, if it is one.
type Reader = fn(&str) -> Option<Row>;

/// `2011-12-05 10:20:00` or `2011-12-05`.
fn time(text: &str) -> Option<i64> {
    let numbers: Vec<i64> = text
        .split(['-', ' ', ':'])
        .map(|word| word.parse().ok())
        .collect::<Option<_>>()?;
    let day = days_from_civil(numbers[0], numbers[1] as u32, numbers[2] as u32) * DAY;
    let seconds = numbers[3..]
        .iter()
        .zip([3_600, 60, 1])
        .map(|(n, length)| n * length)
        .sum::<i64>();
    Some(day + seconds * SECOND)
}

/// The columns stand at the end, where no text with commas is before the next one. Rows without a customer are left out.
fn online_retail(line: &str) -> Option<Row> {
    let words: Vec<&str> = line.rsplitn(6, ',').collect();
    let amount = words[4].parse::<f64>().ok()? * words[2].parse::<f64>().ok()?;
    Some((words[1].parse().ok()?, time(words[3])?, amount))
}

fn cdnow(line: &str) -> Option<Row> {
    let words: Vec<&str> = line.split(',').collect();
    Some((words[0].parse().ok()?, time(words[1])?, words[3].parse().ok()?))
}

/// The stored log of the rows of a file.
fn log_of(file: &Path, row: fn(&str) -> Option<Row>) -> Vec<u8> {
    let unpacked = Command::new("gzip").arg("-dcf").arg(file).output().expect("gzip");
    let text = String::from_utf8(unpacked.stdout).expect("text");
    let mut log = Collector::new(192 << 20);
    for (customer, time, amount) in text.lines().skip(1).filter_map(row) {
        let amount = Amount::from_f64(amount).expect("finite");
        log.push(Key::Integer(customer), TimeKind::Local, time, amount, &mut Unhindered)
            .expect("rows are sound");
    }
    let mut bytes = Vec::new();
    log.write(&mut bytes, &mut Unhindered).expect("a log can be written");
    bytes
}

/// Starts anywhere within plausible numbers.
fn random_starts(n: usize) -> Vec<[f64; 4]> {
    let mut numbers = Numbers(20_110_901);
    let mut uniform = || (numbers.next() >> 11) as f64 / (1u64 << 53) as f64;
    (0..n)
        .map(|_| std::array::from_fn(|_| 14.0 * uniform() - 7.0))
        .collect()
}

/// Shops of the sorts that likelihoods have strange tops for: how many customers, the least and the greatest rate of orders in the time that is
/// observed, and the chance to leave at an order of the first and of the second half of the customers.
type Shop = (&'static str, usize, [f64; 2], [f64; 2]);

const SHOPS: [Shop; 8] = [
    ("nobody leaves", 400, [0.2, 8.0], [0.0, 0.0]),
    ("everybody leaves at once", 400, [0.2, 8.0], [1.0, 1.0]),
    ("half leave at once", 400, [0.2, 8.0], [0.9, 0.0]),
    ("the same rate", 400, [3.0, 3.0], [0.1, 0.1]),
    ("few leave", 2_000, [0.2, 8.0], [0.01, 0.02]),
    ("few customers", 20, [0.2, 8.0], [0.1, 0.3]),
    ("rates far apart", 400, [0.001, 100.0], [0.05, 0.2]),
    ("hardly any order", 400, [0.01, 0.05], [0.1, 0.1]),
];

/// Customers of such a shop who came at any time of the first half of a hundred days.
fn shop((_, n, [slow, quick], leaving): Shop, seed: u64) -> Vec<History> {
    let mut numbers = Numbers(seed);
    let mut uniform = || ((numbers.next() >> 11) as f64 + 0.5) / (1u64 << 53) as f64;
    let mut customers = Vec::new();
    for at in 0..n {
        let age = (100.0 - 50.0 * uniform()).floor();
        let rate = slow * (quick / slow).powf(uniform()) / 100.0;
        let (mut x, mut recency, mut time) = (0, 0.0, 0.0);
        while uniform() >= leaving[2 * at / n] {
            time += -uniform().ln() / rate;
            if time >= age {
                break;
            }
            if time.floor() > recency {
                (x, recency) = (x + 1, time.floor());
            }
        }
        customers.push(History::new(x, recency, age, 1.0).expect("a history"));
    }
    customers
}

fn histories(log: &OrderLog<'_>, as_of: i64) -> (Vec<History>, Fitting) {
    let observation = Observation {
        as_of,
        period: Period::Day,
        zone: Zone::utc(),
        time_unit: DAY,
    };
    let found = of_log(log, &observation, &mut Unhindered, &mut |_, _| Ok(())).expect("a log can be read");
    (found, Fitting::of(&observation))
}

fn main() -> ExitCode {
    let asked: Vec<String> = std::env::args().skip(1).filter(|word| !word.starts_with('-')).collect();
    let number = |name: &str, usual: usize| {
        let given = asked.iter().find_map(|word| word.strip_prefix(name)?.strip_prefix('='));
        given.map_or(usual, |word| word.parse().expect("a number"))
    };
    let starts = random_starts(number("starts", 200));
    let days = number("days", 40) as i64;
    let families = match asked.iter().find_map(|word| Family::find(word)) {
        Some(family) => vec![family],
        None => Family::POISSON.to_vec(),
    };
    let directory = std::env::var_os("REFERENCE_DATA").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared"),
        PathBuf::from,
    );
    let mut worst: f64 = 0.0;
    let mut judge = |what: &str, histories: &[History], fitting: Fitting, family: Family| {
        let model = fit(histories, Sought::One(family), fitting, &mut Unhindered).expect("a fit");
        let model = model.model().expect("customers");
        let found = model.estimate.log_likelihood.expect("a log-likelihood");
        let best = climb_from(histories, family, &starts, &mut Unhindered).expect("climbs");
        let (at, best) = best.expect("starts");
        let gap = (best - found) / best.abs().max(1.0);
        worst = worst.max(gap);
        let limits = match model.estimate.covariance {
            Some(_) => "limits",
            None => "no limits",
        };
        let [first, second, third, fourth] = model.estimate.values;
        println!(
            "{what:<32} {:<10} {found:>16.6} gap {gap:>8.1e} {:<10} {limits:<9} {first:.5} {second:.5} {third:.3e} {fourth:.3e}",
            family.name(),
            model.estimate.status.name(),
        );
        if gap > FARTHEST {
            println!("    the best: {best:.6} at {at:?}");
        }
    };
    let tables: [(&str, Reader, i64); 2] = [
        ("online_retail", online_retail, days_from_civil(2011, 12, 10)),
        ("cdnow_master", cdnow, days_from_civil(1998, 7, 1)),
    ];
    let is_asked = |table: &str| {
        let mut given = asked.iter().filter_map(|word| word.strip_prefix("table=")).peekable();
        given.peek().is_none() || given.any(|given| given == table)
    };
    for (name, row, end) in tables {
        let file = directory.join(format!("data/{name}.csv.gz"));
        if !is_asked(name) || !file.exists() {
            println!("{name} is skipped");
            continue;
        }
        let bytes = log_of(&file, row);
        let log = OrderLog::open(&bytes).expect("a log can be read");
        for &family in &families {
            for day in end - days..end {
                let (year, month, date) = civil_from_days(day);
                let (histories, fitting) = histories(&log, day * DAY);
                judge(
                    &format!("{name} {year}-{month:02}-{date:02}"),
                    &histories,
                    fitting,
                    family,
                );
            }
        }
    }
    let fitting = Fitting {
        time_unit: DAY,
        period: Some(Period::Day),
    };
    for kind in SHOPS.into_iter().filter(|_| is_asked("simulated")) {
        for &family in &families {
            for seed in 0..number("shops", 10) as u64 {
                judge(&format!("{} {seed}", kind.0), &shop(kind, seed), fitting, family);
            }
        }
    }
    println!("the farthest below the best: {worst:.1e}");
    if worst > FARTHEST {
        ExitCode::FAILURE
    } else {
        ExitCode::SUCCESS
    }
}
