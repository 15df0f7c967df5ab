//! Frequent itemsets of public baskets, as three other programs list them.

use crate::baskets::Named;
use crate::of_each_file;
use crate::sha256::sha256;
use clientele_core::checkpoint::{Checkpoint, Unhindered};
use clientele_core::itemsets::{Options, Target, frequent_itemsets};
use libtest_mimic::Trial;
use std::fmt::Write;

pub fn trials() -> Vec<Trial> {
    of_each_file(
        "itemsets",
        include_str!("../golden/itemsets.txt"),
        sets_are_those_of_others,
    )
}

fn mined(named: &Named, options: &Options) -> Vec<(Vec<u32>, u32)> {
    let mut found = Vec::new();
    let mut visit = |items: &[u32], count: u32, _: &mut dyn Checkpoint| {
        found.push((items.to_vec(), count));
        Ok(())
    };
    frequent_itemsets(&named.baskets, options, &mut visit, &mut Unhindered).unwrap();
    found
}

fn sets_are_those_of_others(named: &Named, words: &[&str]) {
    let mut options = Options {
        min_count: words[1].parse().unwrap(),
        ..Options::default()
    };
    let mut found = mined(named, &options);
    assert_eq!(found.len().to_string(), words[2], "{words:?}");
    for (items, _) in &mut found {
        items.iter_mut().for_each(|item| *item = named.names[*item as usize]);
        items.sort_unstable();
    }
    found.sort_unstable();
    let mut listing = String::new();
    for (items, count) in &found {
        let items: Vec<String> = items.iter().map(u32::to_string).collect();
        writeln!(listing, "{}:{count}", items.join(" ")).unwrap();
    }
    assert_eq!(sha256(listing.as_bytes()), words[6], "{words:?}");
    let longest = found.iter().map(|(items, _)| items.len()).max().unwrap_or(0);
    assert_eq!(longest.to_string(), words[5], "{words:?}");
    for (target, want) in [(Target::Closed, words[3]), (Target::Maximal, words[4])] {
        options.target = target;
        let found = mined(named, &options).len().to_string();
        assert!(want == "-" || found == want, "{words:?}: {found} {}", target.name());
    }
}
