//! Baskets for tests, of rows of item numbers.

// Each test uses a part of it.
#![allow(dead_code)]

use clientele_core::basket_log::Baskets;
use clientele_core::checkpoint::Unhindered;

/// Baskets, and the names of their items by number.
pub struct Named {
    pub baskets: Baskets,
    pub names: Vec<u32>,
}

/// Numbers items from the most frequent one down.
pub fn numbered(rows: &[Vec<u32>]) -> Named {
    let items = rows.iter().flatten().max().map_or(0, |&item| item as usize + 1);
    let mut counts = vec![0u32; items];
    rows.iter().flatten().for_each(|&item| counts[item as usize] += 1);
    let mut names: Vec<u32> = (0..items as u32).filter(|&item| counts[item as usize] > 0).collect();
    names.sort_by_key(|&item| (std::cmp::Reverse(counts[item as usize]), item));
    let mut numbers = vec![0; items];
    for (number, &item) in names.iter().enumerate() {
        numbers[item as usize] = number as u32;
    }
    let mut baskets = Baskets::new(names.iter().map(|&item| counts[item as usize]).collect());
    for row in rows {
        let mut row: Vec<u32> = row.iter().map(|&item| numbers[item as usize]).collect();
        row.sort_unstable();
        baskets.push(&row, &mut Unhindered).unwrap();
    }
    Named { baskets, names }
}
