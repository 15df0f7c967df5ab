//! Collecting baskets and items with keys of any kind: what was collected can be read, and pieces merge to the whole.
#![no_main]

use clientele_core::basket_log::Collector;
use clientele_core::checkpoint::Unhindered;
use clientele_core::collect::Collected;
use clientele_core::key::{AnyKey, Key};
use clientele_core_fuzz::{NO_RUNS, check_written_baskets, written};
use libfuzzer_sys::fuzz_target;

/// Takes a row from the front of some bytes: how long both keys are, and these.
fn row(bytes: &[u8]) -> Option<(&[u8], &[u8], &[u8])> {
    let (&lengths, rest) = bytes.split_first()?;
    let (basket, rest) = rest.split_at_checked(usize::from(lengths & 15))?;
    let (item, rest) = rest.split_at_checked(usize::from(lengths >> 4))?;
    Some((basket, item, rest))
}

fn number(bytes: &[u8]) -> i64 {
    bytes
        .iter()
        .fold(0i64, |number, &byte| number << 8 | i64::from(byte as i8))
}

fn sixteen(bytes: &[u8]) -> [u8; 16] {
    std::array::from_fn(|at| bytes.get(at).copied().unwrap_or(0))
}

fn push(log: &mut Collector, kinds: u8, basket: &[u8], item: &[u8]) {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).replace('\0', " ");
    let (basket_text, basket_id, item_text) = (text(basket), sixteen(basket), text(item));
    let basket = match kinds & 7 {
        0 => AnyKey::integer(number(basket)),
        1 => AnyKey::uuid(&basket_id),
        2 => AnyKey::text(&basket_text),
        3 => AnyKey::date(number(basket) as i32),
        4 => AnyKey::timestamp(number(basket)),
        5 => AnyKey::timestamptz(number(basket)),
        6 => AnyKey::other(basket),
        _ => return log.ignore_null_basket(),
    };
    let item = match kinds >> 3 & 3 {
        0 => Key::Integer(number(item)),
        1 => Key::Uuid(u128::from_be_bytes(sixteen(item))),
        2 => Key::Text(&item_text),
        _ => return log.ignore_null_item(),
    };
    log.push(basket, item, &mut Unhindered)
        .expect("all rows are of the same kinds");
}

fuzz_target!(|bytes: &[u8]| {
    let Some((&kinds, mut rest)) = bytes.split_first() else {
        return;
    };
    // Every few rows are sorted where the limit is small.
    let limit = if kinds & 32 == 0 { NO_RUNS } else { 1 };
    let (mut whole, mut pieces) = (Collector::new(limit), [Collector::new(NO_RUNS), Collector::new(limit)]);
    let mut rows = 0;
    while let Some((basket, item, behind)) = row(rest) {
        push(&mut whole, kinds, basket, item);
        push(&mut pieces[rows % 2], kinds, basket, item);
        rows += 1;
        rest = behind;
    }
    let whole = written(whole);
    check_written_baskets(&whole);
    let [first, second] = pieces;
    let mut merged = Collector::new(limit);
    merged.merge(&first, &mut Unhindered).expect("kinds are the same");
    merged
        .absorb(&written(second), &mut Unhindered)
        .expect("what was written can be merged");
    assert_eq!(written(merged), whole, "pieces are the whole");
});
