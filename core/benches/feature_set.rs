//! Collecting, writing, reading and merging feature sets: `cargo bench -p clientele-core --bench feature_set [thousand rows]`.

mod measuring;

use clientele_core::checkpoint::Unhindered;
use clientele_core::collect::Collected;
use clientele_core::feature_set::{Collector, FeatureSet};
use clientele_core::key::Key;
use measuring::{Numbers, timed};
use std::hint::black_box;

fn written(set: &mut Collector) -> Vec<u8> {
    let mut bytes = Vec::new();
    set.write(&mut bytes, &mut Unhindered).expect("a set can be written");
    bytes
}

fn main() {
    let thousands = std::env::args().find_map(|arg| arg.parse::<usize>().ok());
    let n = thousands.unwrap_or(1_000) * 1_000;
    let mut numbers = Numbers(1);
    let shuffled: Vec<u64> = {
        let mut ids: Vec<u64> = (0..n as u64).collect();
        for i in (1..n).rev() {
            ids.swap(i, (numbers.next() % (i as u64 + 1)) as usize);
        }
        ids
    };
    type Id = fn(u64, &mut String);
    let texts: Id = |id, text| *text = format!("customer-{id:09}");
    for (what, ids, text, dimension) in [
        ("integers in order", None, None, 3),
        ("integers in any order", Some(&shuffled), None, 3),
        ("integers in any order", Some(&shuffled), None, 8),
        ("texts in any order", Some(&shuffled), Some(texts), 3),
    ] {
        println!("{n} rows of {dimension}, {what}");
        // Days, counts, money, then numbers with all their digits.
        let features: Vec<f64> = (0..n * dimension)
            .map(|at| match at % dimension {
                0 => (numbers.next() % 365) as f64,
                1 => (numbers.next() % 20) as f64,
                2 => (numbers.next() % 1_000_000) as f64 / 100.0,
                _ => numbers.next() as f64 / 1e17,
            })
            .collect();
        let id_at = |row: usize| ids.map_or(row as u64, |ids| ids[row]);
        let collect = |range: std::ops::Range<usize>| {
            let mut set = Collector::default();
            let mut name = String::new();
            for row in range {
                let features = &features[row * dimension..][..dimension];
                let id = match text {
                    Some(text) => {
                        text(id_at(row), &mut name);
                        Key::Text(&name)
                    }
                    None => Key::Integer(id_at(row) as i64),
                };
                set.push(id, features, &mut Unhindered).expect("rows are sound");
            }
            set
        };
        for _ in 0..2 {
            let mut set = timed("collect", n, || collect(0..n));
            let bytes = timed("sort and write", n, || written(&mut set));
            println!("{:<40} {:>8.2} bytes a row", "size", bytes.len() as f64 / n as f64);
            let set = timed("open", n, || FeatureSet::open(&bytes).expect("a set can be read"));
            timed("ids", n, || {
                black_box(set.ids(&mut Unhindered).expect("a set can be read"))
            });
            timed("features", n, || {
                black_box(set.features(&mut Unhindered).expect("a set can be read"))
            });
        }
        let pieces: Vec<Vec<u8>> = (0..100)
            .map(|part| written(&mut collect(n * part / 100..n * (part + 1) / 100)))
            .collect();
        timed("merge 100 sets", n, || {
            let mut all = Collector::default();
            for piece in &pieces {
                all.absorb(piece, &mut Unhindered).expect("sets can be merged");
            }
            written(&mut all)
        });
    }
}
