//! How well rules of one half of the baskets hold in the other half: `cargo bench -p clientele-core --bench rules [name]`.
//!
//! Reads files of one basket a line, its items as numbers, named `*.dat`, from the directory that `BASKETS` names. The first half of the lines
//! is searched for rules, which are then counted in the second half. Besides the measures that rules can be ordered by, other forms of a lift
//! that shrinks with the evidence are printed.

use clientele_core::basket_log::Baskets;
use clientele_core::checkpoint::Unhindered;
use clientele_core::rules::{Counts, Measure, Options, association_rules, usual_count};

/// What rules are ordered by.
struct Order {
    name: &'static str,
    of: Box<dyn Fn(&Counts) -> f64>,
    /// Whether it is a lift that rules are said to have.
    is_lift: bool,
}

fn orders() -> Vec<Order> {
    let measures = Measure::ALL.iter().map(|&by| Order {
        name: by.name(),
        of: Box::new(move |counts| by.rank(counts)),
        is_lift: matches!(by, Measure::Lift | Measure::LiftLow),
    });
    let expected = |counts: &Counts| counts.n_a as f64 * counts.n_b as f64 / counts.n as f64;
    let shrunk = move |counts: &Counts, by: f64| (counts.n_ab as f64 + by) / (expected(counts) + by);
    let low = |counts: &Counts, variance: f64| counts.lift().unwrap_or(0.0) * (-1.96 * variance.max(0.0).sqrt()).exp();
    let inverse = |count: u64| 1.0 / count as f64;
    type ByCounts = Box<dyn Fn(&Counts) -> f64>;
    let others: [(&str, ByCounts); 5] = [
        // The delta method, for baskets drawn by chance (all counts vary).
        (
            "limit, all vary",
            Box::new(move |c| {
                let lift = c.lift().unwrap_or(0.0);
                low(
                    c,
                    inverse(c.n_ab) - inverse(c.n_a) - inverse(c.n_b) + (2.0 * lift - 1.0) * inverse(c.n),
                )
            }),
        ),
        // Wilson's limit of the confidence, over the share of the consequent.
        (
            "limit, Wilson",
            Box::new(|c| wilson(c.n_ab as f64, c.n_a as f64) * c.n as f64 / c.n_b as f64),
        ),
        ("shrunk by 1/2", Box::new(move |c| shrunk(c, 0.5))),
        ("shrunk by 5", Box::new(move |c| shrunk(c, 5.0))),
        ("shrunk by 20", Box::new(move |c| shrunk(c, 20.0))),
    ];
    let others = others.into_iter().map(|(name, of)| Order {
        name,
        of,
        is_lift: true,
    });
    measures.chain(others).collect()
}

fn wilson(found: f64, n: f64) -> f64 {
    let (z, share) = (1.96f64, found / n);
    let spread = z * (share * (1.0 - share) / n + z * z / (4.0 * n * n)).sqrt();
    (share + z * z / (2.0 * n) - spread) / (1.0 + z * z / n)
}

/// Baskets with items numbered from the most frequent one down, the items by number, and for each the baskets that hold it, as bits.
struct Half {
    baskets: Baskets,
    items: Vec<usize>,
    columns: Vec<Vec<u64>>,
}

impl Half {
    fn of(rows: &[Vec<usize>], items: usize) -> Half {
        let mut counts = vec![0u32; items];
        rows.iter().flatten().for_each(|&item| counts[item] += 1);
        let mut order: Vec<usize> = (0..items).filter(|&item| counts[item] > 0).collect();
        order.sort_by_key(|&item| (std::cmp::Reverse(counts[item]), item));
        let mut numbers = vec![0; items];
        order.iter().enumerate().for_each(|(i, &item)| numbers[item] = i as u32);
        let mut baskets = Baskets::new(order.iter().map(|&item| counts[item]).collect());
        let mut columns = vec![vec![0u64; rows.len().div_ceil(64)]; items];
        for (place, row) in rows.iter().enumerate() {
            let mut row_numbers: Vec<u32> = row.iter().map(|&item| numbers[item]).collect();
            row_numbers.sort_unstable();
            baskets.push(&row_numbers, &mut Unhindered).expect("memory is there");
            row.iter()
                .for_each(|&item| columns[item][place / 64] |= 1 << (place % 64));
        }
        Half {
            baskets,
            items: order,
            columns,
        }
    }

    fn counts(&self, antecedent: &[usize], consequent: &[usize]) -> Counts {
        let holders =
            |items: &[usize], word: usize| items.iter().fold(u64::MAX, |all, &item| all & self.columns[item][word]);
        let mut counts = Counts {
            n: self.baskets.len() as u64,
            ..Counts::default()
        };
        for word in 0..self.baskets.len().div_ceil(64) {
            let (a, b) = (holders(antecedent, word), holders(consequent, word));
            counts.n_a += u64::from(a.count_ones());
            counts.n_b += u64::from(b.count_ones());
            counts.n_ab += u64::from((a & b).count_ones());
        }
        counts
    }
}

fn measure(first: &Half, second: &Half, min_count: u32) {
    let options = Options {
        min_count: Some(min_count),
        max_antecedent: 2,
        ..Options::default()
    };
    let found = association_rules(&first.baskets, &options, &mut Unhindered).expect("memory is there");
    let original = |side: &[u32]| side.iter().map(|&item| first.items[item as usize]).collect::<Vec<_>>();
    let rules: Vec<[Counts; 2]> = found
        .iter()
        .map(|rule| {
            [
                rule.counts,
                second.counts(&original(&rule.antecedent), &original(&rule.consequent)),
            ]
        })
        .collect();
    println!("{} rules in at least {min_count} baskets", rules.len());
    println!(
        "{:<16} {:>8} {:>8} {:>8} {:>8} {:>9} {:>6} {:>6}",
        "the best by", "lift 20", "later", "lift 100", "later", "baskets", "again", "held"
    );
    for order in orders() {
        let best = |half: usize| {
            let mut places: Vec<usize> = (0..rules.len()).collect();
            let values: Vec<f64> = rules.iter().map(|rule| (order.of)(&rule[half])).collect();
            places.sort_by(|&a, &b| {
                values[b]
                    .total_cmp(&values[a])
                    .then(rules[b][0].n_ab.cmp(&rules[a][0].n_ab))
            });
            // What is not defined is not good.
            places.retain(|&place| !values[place].is_nan());
            places.truncate(100);
            places
        };
        let (here, there) = (best(0), best(1));
        let lift = |place: usize, half: usize| rules[place][half].lift().unwrap_or(0.0);
        let mean = |n: usize, half: usize| {
            let places = &here[..n.min(here.len())];
            places.iter().map(|&place| lift(place, half)).sum::<f64>() / places.len() as f64
        };
        let mut baskets: Vec<u64> = here.iter().map(|&place| rules[place][0].n_ab).collect();
        baskets.sort_unstable();
        let held = here
            .iter()
            .filter(|&&place| lift(place, 1) >= (order.of)(&rules[place][0]))
            .count();
        println!(
            "{:<16} {:>8.2} {:>8.2} {:>8.2} {:>8.2} {:>9} {:>6} {:>6}",
            order.name,
            mean(20, 0),
            mean(20, 1),
            mean(100, 0),
            mean(100, 1),
            baskets[baskets.len() / 2],
            here.iter().filter(|place| there.contains(place)).count(),
            if order.is_lift { held.to_string() } else { String::new() },
        );
    }
}

fn main() {
    let Some(directory) = std::env::var_os("BASKETS") else {
        println!("skipped: BASKETS names no directory of baskets");
        return;
    };
    let wanted = std::env::args().skip(1).find(|arg| !arg.starts_with('-'));
    for name in ["retail", "groceries", "demo"] {
        if wanted.as_ref().is_some_and(|wanted| wanted != name) {
            continue;
        }
        let path = std::path::Path::new(&directory).join(format!("{name}.dat"));
        let Ok(text) = std::fs::read_to_string(&path) else {
            println!("skipped: there is no {}", path.display());
            continue;
        };
        let row = |line: &str| {
            line.split_whitespace()
                .map(|word| word.parse().expect("a number"))
                .collect()
        };
        let rows: Vec<Vec<usize>> = text.lines().map(row).collect();
        let items = rows.iter().flatten().max().map_or(0, |item| item + 1);
        let (first, second) = rows.split_at(rows.len() / 2);
        let (first, second) = (Half::of(first, items), Half::of(second, items));
        let mut floors = vec![5, usual_count(first.baskets.len())];
        floors.dedup();
        for min_count in floors {
            println!("\n{name}, {} and {} baskets", first.baskets.len(), second.baskets.len());
            measure(&first, &second, min_count);
        }
    }
}
