//! What other programs and papers found in public data.
//!
//! The files are not part of the project: `REFERENCE_DATA` names their directory (`docs/contributing.md`). Where one is not, there or in
//! `../shared`, the tests that read it are skipped and say so.

#[path = "../baskets/mod.rs"]
mod baskets;
#[path = "../bought/mod.rs"]
mod bought;
mod cohorts;
mod coverage;
#[path = "../fits/mod.rs"]
mod fits;
#[path = "../fitted/mod.rs"]
mod fitted;
mod item_log;
mod itemsets;
mod kmeans;
mod orders;
mod purchase_fits;
mod recommend;
mod rhythm;
mod rules;
mod seasonality;
mod sha256;
mod survival;
#[path = "../tolerance/mod.rs"]
mod tolerance;
mod won_lost;

use baskets::{Named, numbered};
use libtest_mimic::{Arguments, Completion, Trial};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Where a file of reference data would be.
fn path_of(file: &str) -> PathBuf {
    let directory = std::env::var_os("REFERENCE_DATA").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared"),
        PathBuf::from,
    );
    directory.join(file)
}

/// What a file of reference data says.
fn text_of(file: &str) -> std::io::Result<String> {
    text(&path_of(file))
}

/// A test that reads these files; without one of them it is skipped.
fn of_files(name: &str, files: &[&str], test: impl FnOnce() + Send + 'static) -> Trial {
    let files: Vec<String> = files.iter().map(|&file| file.to_owned()).collect();
    Trial::ignorable_test(name, move || {
        if let Some(file) = files.iter().find(|file| !path_of(file).exists()) {
            return Ok(Completion::ignored_with(format!("skipped: there is no {file}")));
        }
        test();
        Ok(Completion::Completed)
    })
}

/// A test of what a file says; without the file it is skipped.
fn of_text(name: &str, file: &str, test: impl FnOnce(&str) + Send + 'static) -> Trial {
    let file = file.to_owned();
    Trial::ignorable_test(name, move || {
        if !path_of(&file).exists() {
            return Ok(Completion::ignored_with(format!("skipped: there is no {file}")));
        }
        test(&text_of(&file)?);
        Ok(Completion::Completed)
    })
}

/// The same of a file of baskets, one a line.
fn of_baskets(name: &str, file: &str, test: impl FnOnce(&Named) + Send + 'static) -> Trial {
    of_text(name, file, |text| {
        let row = |line: &str| line.split_whitespace().map(|word| word.parse().unwrap()).collect();
        test(&numbered(&text.lines().map(row).collect::<Vec<_>>()));
    })
}

fn text(path: &Path) -> std::io::Result<String> {
    if path.extension().is_none_or(|extension| extension != "gz") {
        return std::fs::read_to_string(path);
    }
    let unpacked = Command::new("gzip").arg("-dc").arg(path).output()?.stdout;
    String::from_utf8(unpacked).map_err(std::io::Error::other)
}

/// A test for each file that is the first word of a line of `golden`: of its baskets, and the words of its lines.
fn of_each_file(name: &str, golden: &'static str, test: fn(&Named, &[&str])) -> Vec<Trial> {
    let lines = || golden.lines().skip(1).map(|line| line.split(' ').collect::<Vec<_>>());
    let files: BTreeSet<&str> = lines().map(|words| words[0]).collect();
    let trial = |file: &'static str| {
        of_baskets(&format!("{name}::{file}"), file, move |named| {
            lines()
                .filter(|words| words[0] == file)
                .for_each(|words| test(named, &words));
        })
    };
    files.into_iter().map(trial).collect()
}

fn main() {
    let trials = [
        cohorts::trials(),
        coverage::trials(),
        item_log::trials(),
        itemsets::trials(),
        kmeans::trials(),
        purchase_fits::trials(),
        recommend::trials(),
        rhythm::trials(),
        rules::trials(),
        seasonality::trials(),
        survival::trials(),
        won_lost::trials(),
    ];
    libtest_mimic::run(&Arguments::from_args(), trials.into_iter().flatten().collect()).exit();
}
