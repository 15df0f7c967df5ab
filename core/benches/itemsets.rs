//! Frequent itemsets over public sets of baskets: `cargo bench -p clientele-core --bench itemsets [name]`.
//!
//! Reads files of one basket a line, its items as numbers, named `*.dat`, from the directory that `BASKETS` names.

use clientele_core::basket_log::Baskets;
use clientele_core::checkpoint::Unhindered;
use clientele_core::itemsets::{Options, Target, frequent_itemsets};
use clientele_core::recommend::{self, Model};
use clientele_core::rules::{self, Measure, association_rules};
use std::time::Instant;

const RUNS: usize = 5;

/// Baskets with items numbered from the most frequent one down.
fn baskets(text: &str) -> Baskets {
    let mut rows: Vec<Vec<usize>> = text
        .lines()
        .map(|line| line.split_whitespace().map(|word| word.parse().unwrap()).collect())
        .collect();
    let items = rows.iter().flatten().max().map_or(0, |item| item + 1);
    let mut counts = vec![0u32; items];
    rows.iter().flatten().for_each(|&item| counts[item] += 1);
    let mut order: Vec<usize> = (0..items).filter(|&item| counts[item] > 0).collect();
    order.sort_by_key(|&item| (std::cmp::Reverse(counts[item]), item));
    let mut number = vec![0; items];
    order.iter().enumerate().for_each(|(i, &item)| number[item] = i as u32);
    let mut baskets = Baskets::new(order.iter().map(|&item| counts[item]).collect());
    for row in &mut rows {
        let mut row: Vec<u32> = row.iter().map(|&item| number[item]).collect();
        row.sort_unstable();
        baskets.push(&row, &mut Unhindered).unwrap();
    }
    baskets
}

fn main() {
    let Some(directory) = std::env::var_os("BASKETS") else {
        println!("skipped: BASKETS names no directory of baskets");
        return;
    };
    let wanted = std::env::args().skip(1).find(|arg| !arg.starts_with('-'));
    let sets: [(&str, &[u32]); 5] = [
        ("T10I4D100K", &[1000, 500, 100, 50, 20]),
        ("retail", &[882, 441, 88, 44, 9]),
        ("mushroom", &[2438, 1625, 813, 407]),
        ("chess", &[2557, 2238, 1918, 1598]),
        ("groceries", &[98, 49, 10, 5]),
    ];
    println!(
        "{:<12} {:>9} {:>10} {:>9} {:>10} {:>9} {:>10} {:>9}",
        "baskets", "min_count", "all", "s", "closed", "s", "maximal", "s"
    );
    for (name, counts) in sets {
        if wanted.as_ref().is_some_and(|wanted| wanted != name) {
            continue;
        }
        let path = std::path::Path::new(&directory).join(format!("{name}.dat"));
        let Ok(text) = std::fs::read_to_string(&path) else {
            println!("skipped: there is no {}", path.display());
            continue;
        };
        let baskets = baskets(&text);
        for &min_count in counts {
            print!("{name:<12} {min_count:>9}");
            for target in [Target::All, Target::Closed, Target::Maximal] {
                let options = Options {
                    min_count,
                    target,
                    ..Options::default()
                };
                let (mut best, mut found) = (f64::INFINITY, 0u64);
                for _ in 0..RUNS {
                    let start = Instant::now();
                    (found, _) = listed(&baskets, &options);
                    best = best.min(start.elapsed().as_secs_f64());
                }
                print!(" {found:>10} {best:>9.4}");
            }
            println!();
        }
        rules(&baskets);
    }
}

/// The best rules without a minimum count, and recommendations.
fn rules(baskets: &Baskets) {
    for by in [Measure::Leverage, Measure::PValue, Measure::Lift] {
        let options = rules::Options {
            top: Some(10),
            by,
            max_antecedent: 3,
            ..rules::Options::default()
        };
        // Where there is no end to the sets that are in a few baskets, as among chess positions, there is none to the rules.
        if by == Measure::Lift
            && baskets
                .counts()
                .first()
                .is_some_and(|&most| most as usize * 10 > baskets.len() * 9)
        {
            continue;
        }
        let start = Instant::now();
        let found = association_rules(baskets, &options, &mut Unhindered).unwrap();
        let seconds = start.elapsed().as_secs_f64();
        println!("{:>4} best rules by {:<12} {seconds:>9.4} s", found.len(), by.name());
    }
    let options = recommend::Options {
        min_count: (baskets.len() / 1000).max(10) as u32,
        max_antecedent: 2,
        ..recommend::Options::default()
    };
    let start = Instant::now();
    let model = Model::fit(baskets, &options, &mut |item| item.to_string(), &mut Unhindered).unwrap();
    let fit = start.elapsed().as_secs_f64();
    let (mut scored, mut offered) = (0, 0);
    let start = Instant::now();
    for basket in baskets.iter().step_by(baskets.len() / 1000) {
        let names: Vec<String> = basket.iter().map(u32::to_string).collect();
        let offers = model.recommend(names.iter().map(String::as_str), 5, Measure::Confidence);
        scored += 1;
        offered += offers.len();
    }
    let each = start.elapsed().as_secs_f64() / f64::from(scored);
    let basket = baskets.iter().next().unwrap_or_default();
    let start = Instant::now();
    let direct = recommend::recommend(baskets, basket, 5, Measure::Confidence, &options, &mut Unhindered).unwrap();
    println!(
        "model of {} rules in {fit:.4} s, {:.1} us a basket, {offered} offers; {} offers without a model in {:.4} s",
        model.rules(),
        each * 1e6,
        direct.len(),
        start.elapsed().as_secs_f64()
    );
}

/// Writes all sets to memory, as a caller who wants them would; how many there are, and their items.
fn listed(baskets: &Baskets, options: &Options) -> (u64, usize) {
    let (mut found, mut items) = (0, Vec::new());
    let mut visit = |set: &[u32], count: u32, _: &mut dyn clientele_core::checkpoint::Checkpoint| {
        found += 1;
        items.extend_from_slice(set);
        items.push(count);
        Ok(())
    };
    frequent_itemsets(baskets, options, &mut visit, &mut Unhindered).unwrap();
    (found, items.len())
}
