//! Tests that only a client of a live server can make, run by `make client` beside a private one.
//!
//! A test is a function that is given a [`Database`] of its own, new and with the extension in it. One test after the other:
//! some of them watch the server.

mod aggregates;
mod call_site;
mod catalog;
mod contract;
mod coverage;
mod database;
mod drivers;
mod encodings;
mod every_function;
mod examples;
mod exhaustion;
mod faults;
mod features;
mod interrupts;
mod kept_scores;
mod memory;
mod options;
mod packaging;
mod pages;
mod parts;
mod plans;
mod real_data;
mod released;
mod scaling;
mod security;
mod settings;
mod signatures;
mod storage;
mod upgrades;
mod warnings;

use database::Database;
use libtest_mimic::{Arguments, Trial};

/// Something did not go as it should.
pub type Failure = Box<dyn std::error::Error + Send + Sync>;

/// What a test comes to.
pub type Outcome = Result<(), Failure>;

/// Fails with a text unless a condition holds.
#[macro_export]
macro_rules! ensure {
    ($condition:expr, $($text:tt)+) => {
        if !$condition {
            return Err(format!($($text)+).into());
        }
    };
}

/// Makes a test of each function, named as in `module::function`.
#[macro_export]
macro_rules! trials {
    ($($test:ident),+ $(,)?) => {
        pub fn trials() -> Vec<libtest_mimic::Trial> {
            let module = module_path!().rsplit("::").next().unwrap_or_default();
            vec![$($crate::trial(&format!("{module}::{}", stringify!($test)), $test)),+]
        }
    };
}

fn trial(name: &str, test: impl Fn(&Database) -> Outcome + Send + 'static) -> Trial {
    Trial::test(name, move || {
        let database = Database::create().map_err(|failure| told(&*failure))?;
        test(&database).map_err(|failure| told(&*failure).into())
    })
}

/// An error with what caused it: what the server said is only there.
fn told(failure: &(dyn std::error::Error + 'static)) -> String {
    match failure.source() {
        Some(cause) => format!("{failure}: {}", told(cause)),
        None => failure.to_string(),
    }
}

fn main() {
    // For tests/package, on whose machines there is nothing but psql.
    if std::env::args().nth(1).as_deref() == Some("--stored") {
        print!("{}", features::script());
        return;
    }
    let mut arguments = Arguments::from_args();
    arguments.test_threads.get_or_insert(1);
    let trials = [
        contract::trials(),
        options::trials(),
        catalog::trials(),
        aggregates::trials(),
        call_site::trials(),
        interrupts::trials(),
        memory::trials(),
        coverage::trials(),
        plans::trials(),
        storage::trials(),
        upgrades::trials(),
        released::trials(),
        warnings::trials(),
        encodings::trials(),
        scaling::trials(),
        security::trials(),
        settings::trials(),
        kept_scores::trials(),
        examples::trials(),
        drivers::trials(),
        pages::trials(),
        packaging::trials(),
        signatures::trials(),
        real_data::trials(),
    ];
    // These take long, and are asked for by name.
    let asked = |name, trials: fn() -> Vec<Trial>| std::env::var_os(name).map(|_| trials());
    let asked = [
        asked("EVERY_LIMIT", exhaustion::trials),
        asked("FAULTS", faults::trials),
        asked("SESSIONS", every_function::trials),
        asked("CALLS", every_function::trials),
    ];
    let trials = trials.into_iter().chain(asked.into_iter().flatten());
    libtest_mimic::run(&arguments, trials.flatten().collect()).exit();
}
