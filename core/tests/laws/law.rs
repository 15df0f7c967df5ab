//! The laws themselves. Each takes rows and the bytes that they come to, and panics where it does not hold.

use crate::{Case, LARGE, Lawful, Reader, bytes, collect, numbers, seal};
use clientele_core::checkpoint::{Checkpoint, Unhindered};
use clientele_core::collect::Collection;
use clientele_core::error::{Error, Kind, Result};
use clientele_core::mergeable::Mergeable;
use serde_json::value::RawValue;
use std::collections::BTreeMap;

/// Values of up to so many bytes are broken at each bit, others at some.
const BROKEN_EVERYWHERE: usize = 1_500;

/// A limit of memory at which so many rows are sorted, or become runs, several times.
fn small_for(rows: usize) -> usize {
    match rows {
        ..300 => 1,
        300..3_000 => 1 << 10,
        _ => 1 << 20,
    }
}

fn shuffled<T: Clone>(rows: &[T], seed: u64) -> Vec<T> {
    let mut rows = rows.to_vec();
    let mut next = numbers(seed);
    for i in (1..rows.len()).rev() {
        rows.swap(i, next() as usize % (i + 1));
    }
    rows
}

/// Bytes as long as each other and otherwise equal: a message of thousands of bytes helps nobody.
#[track_caller]
fn assert_same(found: &[u8], whole: &[u8], what: &str) {
    if found != whole {
        let at = found.iter().zip(whole).take_while(|(a, b)| a == b).count();
        let lengths = (found.len(), whole.len());
        panic!("{what}: bytes differ from byte {at} on; their lengths are {lengths:?}");
    }
}

pub fn what_goes_in_comes_out<C: Lawful>(case: &Case<C>) {
    C::check(&case.whole, &mut Unhindered).expect("what is written is sound");
    C::check_readers(case.kinds, &case.rows, &case.whole);
}

pub fn the_order_of_rows_does_not_matter<C: Lawful>(case: &Case<C>) {
    let small = small_for(case.rows.len());
    let mut backwards = case.rows.clone();
    backwards.reverse();
    for (rows, what) in [
        (&case.rows, "as they came"),
        (&backwards, "backwards"),
        (&shuffled(&case.rows, case.seed), "shuffled"),
    ] {
        for limit in [LARGE, small] {
            let found = bytes(collect::<C>(case.kinds, rows, limit));
            assert_same(&found, &case.whole, &format!("{what}, within {limit} bytes"));
        }
    }
}

/// As workers do: each takes some of the rows, and what they have is put together, as it is or from its bytes.
pub fn pieces_merge_to_the_whole<C: Lawful>(case: &Case<C>) {
    let small = small_for(case.rows.len());
    for (workers, limit) in [(2, LARGE), (3, small), (7, LARGE)] {
        // A cut somewhere, then one row to each in turn; one worker has nothing.
        let rows = case.rows.len();
        let cut = case.seed as usize % (rows + 1);
        let mut pieces = vec![case.rows[..cut].to_vec(), Vec::new()];
        for worker in 0..workers {
            pieces.push(case.rows[cut..].iter().skip(worker).step_by(workers).cloned().collect());
        }
        let piece = |rows: &Vec<C::Row>| collect::<C>(case.kinds, rows, limit);
        let written: Vec<Vec<u8>> = pieces.iter().map(|rows| bytes(piece(rows))).collect();
        let (mut merged, mut absorbed, mut backwards) = (C::new(limit), C::new(limit), C::new(small));
        for (rows, written) in pieces.iter().zip(&written) {
            merged.merge(&piece(rows), &mut Unhindered).unwrap();
            absorbed.absorb(written, &mut Unhindered).unwrap();
        }
        // Each onto one that has something already, and the whole of that onto the last.
        let mut pairs = C::new(LARGE);
        for pair in written.chunks(2) {
            let mut both = C::new(LARGE);
            pair.iter()
                .for_each(|piece| both.absorb(piece, &mut Unhindered).unwrap());
            pairs.absorb(&bytes(both), &mut Unhindered).unwrap();
        }
        for written in written.iter().rev() {
            backwards.absorb(written, &mut Unhindered).unwrap();
        }
        // As parallel workers send them.
        let mut sent = Collection::<C>::new(limit);
        for written in &written {
            let arrived = Collection::<C>::read(written, limit, &mut Unhindered).unwrap();
            sent.merge(&arrived, &mut Unhindered).unwrap();
        }
        let mut together = Vec::new();
        sent.write(&mut together, &mut Unhindered).unwrap();
        assert_same(&together, &case.whole, &format!("{workers} workers, sent"));
        // Rows after what was absorbed.
        let mut onwards = C::new(limit);
        onwards.absorb(&written[0], &mut Unhindered).unwrap();
        for row in &case.rows[cut..] {
            onwards.take(case.kinds, row).unwrap();
        }
        for (found, what) in [
            (merged, "merged"),
            (absorbed, "absorbed"),
            (backwards, "absorbed from the last one on"),
            (pairs, "absorbed in pairs"),
            (onwards, "collected onwards"),
        ] {
            assert_same(&bytes(found), &case.whole, &format!("{workers} workers, {what}"));
        }
    }
}

pub fn nothing_is_the_identity<C: Lawful>(case: &Case<C>) {
    let nothing = bytes(C::new(LARGE));
    C::check(&nothing, &mut Unhindered).expect("nothing is sound");
    C::check_readers(case.kinds, &[], &nothing);
    for parts in [[&nothing, &case.whole], [&case.whole, &nothing]] {
        let (mut absorbed, mut merged) = (C::new(LARGE), C::new(LARGE));
        for part in parts {
            absorbed.absorb(part, &mut Unhindered).unwrap();
            let mut other = C::new(LARGE);
            other.absorb(part, &mut Unhindered).unwrap();
            merged.merge(&other, &mut Unhindered).unwrap();
        }
        assert_same(&bytes(absorbed), &case.whole, "absorbed");
        assert_same(&bytes(merged), &case.whole, "merged");
    }
}

pub fn writing_changes_nothing<C: Lawful>(case: &Case<C>) {
    let cut = case.seed as usize % (case.rows.len() + 1);
    let mut value = collect::<C>(case.kinds, &case.rows[..cut], small_for(case.rows.len()));
    let (mut first, mut again) = (Vec::new(), Vec::new());
    value.write(&mut first, &mut Unhindered).unwrap();
    value.write(&mut again, &mut Unhindered).unwrap();
    assert_same(&again, &first, "written again");
    for row in &case.rows[cut..] {
        value.take(case.kinds, row).unwrap();
    }
    assert_same(&bytes(value), &case.whole, "collected onwards");
}

pub fn what_is_given_back_is_the_same<C: Lawful>(case: &Case<C>) {
    let again = bytes(C::collected_again(&case.whole));
    C::check(&again, &mut Unhindered).expect("it is sound");
    assert!(C::contents(&again) == C::contents(&case.whole), "{:?}", case.kinds);
}

/// The text forms of a value, the compact one first.
fn texts<C: Lawful>(value: &[u8]) -> [String; 2] {
    let (mut compact, mut json) = (Vec::new(), Vec::new());
    C::write_text(value, &mut compact, &mut Unhindered).expect("it has a text");
    C::write_json(value, &mut json, &mut Unhindered).expect("it can be written as JSON");
    [compact, json].map(|text| String::from_utf8(text).expect("the text form is text"))
}

/// The value that a text spells, read with memory for so many bytes before rows are sorted.
fn parsed<C: Lawful>(text: &str, limit: usize, checkpoint: &mut dyn Checkpoint) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    C::parse(text, limit, &mut bytes, checkpoint)?;
    Ok(bytes)
}

pub fn text_loses_nothing<C: Lawful>(case: &Case<C>) {
    let read = |text: &str| parsed::<C>(text, small_for(case.rows.len()), &mut Unhindered).unwrap();
    for text in texts::<C>(&case.whole) {
        assert_same(&read(&text), &case.whole, "as text");
        if let Ok(fields) = serde_json::from_str::<BTreeMap<&str, &RawValue>>(&text) {
            // jsonb puts short names first, and spaces between.
            let mut fields: Vec<_> = fields.into_iter().collect();
            fields.sort_by_key(|field| field.0.len());
            let fields: Vec<String> = fields
                .iter()
                .map(|(name, value)| format!("\"{name}\": {value}"))
                .collect();
            assert_same(&read(&format!("{{{}}}", fields.join(", "))), &case.whole, "as jsonb");
        }
        // No part of a text is a text, and with one byte changed it is none or one of something.
        let mut next = numbers(case.seed);
        for _ in 0..if text.len() < 10_000 { 20 } else { 2 } {
            let at = text.floor_char_boundary(next() as usize % text.len());
            let error = parsed::<C>(&text[..at], LARGE, &mut Unhindered).expect_err("a part is refused");
            assert_eq!(error.kind(), Kind::InvalidText, "{error}");
            let mut changed = text.clone().into_bytes();
            changed[at] = b" 09:,[]{}\"-e+/=AZaz"[next() as usize % 19];
            let value = str::from_utf8(&changed).map(|text| parsed::<C>(text, LARGE, &mut Unhindered));
            if let Ok(Ok(value)) = value {
                C::check(&value, &mut Unhindered).expect("what is read is sound");
            }
        }
    }
}

pub fn wrong_bytes_are_refused<C: Lawful>(case: &Case<C>) {
    let refused = |wrong: &[u8]| match C::facts(wrong) {
        Ok(_) => panic!("{} bytes are believed that are wrong", wrong.len()),
        Err(error) => assert_eq!(error.kind(), Kind::Corrupted, "{error}"),
    };
    let mut wrong = case.whole.clone();
    wrong.push(0);
    refused(&wrong);
    wrong.pop();
    let mut next = numbers(case.seed);
    let n = wrong.len();
    let places: Vec<usize> = match n <= BROKEN_EVERYWHERE {
        true => (0..n).collect(),
        false => (0..60).map(|_| next() as usize % n).collect(),
    };
    for at in places {
        refused(&case.whole[..at]);
        for bit in 0..8 {
            wrong[at] ^= 1 << bit;
            refused(&wrong);
            wrong[at] ^= 1 << bit;
        }
    }
}

/// Bytes of which a few are anything, with the checksum that belongs to them: either an error, or a value that has that form only, and that
/// can be read, merged and written.
pub fn wrong_bytes_with_a_right_checksum_do_no_harm<C: Lawful>(case: &Case<C>) {
    let mut next = numbers(case.seed);
    for _ in 0..3 {
        let mut wrong = case.whole.clone();
        for _ in 0..next() % 5 + 1 {
            let at = next() as usize % wrong.len();
            wrong[at] = next() as u8;
        }
        if next().is_multiple_of(4) {
            wrong.truncate(next() as usize % wrong.len());
        }
        seal(&mut wrong);
        for (_, reader) in C::READERS {
            let _ = reader(&wrong, &mut Unhindered);
        }
        if C::check(&wrong, &mut Unhindered).is_err() {
            continue;
        }
        for (name, reader) in C::READERS {
            if let Err(error) = reader(&wrong, &mut Unhindered) {
                panic!("{name} refuses what was checked: {error}");
            }
        }
        for text in texts::<C>(&wrong) {
            let read = parsed::<C>(&text, LARGE, &mut Unhindered).expect("its text is one");
            assert_same(&read, &wrong, "what is believed has one form");
        }
        let mut twice = C::new(LARGE);
        twice.absorb(&wrong, &mut Unhindered).unwrap();
        twice.absorb(&wrong, &mut Unhindered).unwrap();
        let mut both = Vec::new();
        // Sums may be too large.
        if twice.write(&mut both, &mut Unhindered).is_ok() {
            C::check(&both, &mut Unhindered).expect("twice the same is sound");
        }
    }
}

/// Rows of different kinds are refused.
pub fn kinds_do_not_mix<C: Lawful>() {
    let rows = C::many(3);
    for one in C::kinds() {
        for other in C::kinds().into_iter().filter(|other| *other != one) {
            let mut value = collect::<C>(one, &rows, LARGE);
            let others = collect::<C>(other, &rows, LARGE);
            let errors = [
                value.merge(&others, &mut Unhindered),
                value.absorb(&bytes(others), &mut Unhindered),
                value.take(other, &rows[0]),
            ];
            for error in errors {
                let error = error.expect_err("kinds do not mix");
                assert_eq!(error.kind(), Kind::WrongType, "{one:?} and {other:?}: {error}");
                assert!(error.detail_text().is_some() && error.hint_text().is_some(), "{error}");
            }
        }
    }
}

/// Stops after so many passes, and gives no more than so many bytes.
struct Hindered {
    passes: usize,
    bytes: usize,
}

impl Checkpoint for Hindered {
    fn pass(&mut self, _: &'static str, _: usize, _: usize) -> Result<()> {
        let left = self.passes.checked_sub(1);
        self.passes = left.ok_or(Error::new(Kind::Stopped, "stopped"))?;
        Ok(())
    }

    fn reserve(&mut self, bytes: usize) -> Result<()> {
        let left = self.bytes.checked_sub(bytes);
        self.bytes = left.ok_or(Error::new(Kind::MemoryLimit, "no"))?;
        Ok(())
    }
}

/// What takes long asks every few thousand rows whether it may go on, and what grows with the rows asks for its memory before.
pub fn all_can_be_stopped_and_is_bounded<C: Lawful>() {
    const ROWS: usize = 60_000;
    let free = || Hindered {
        passes: usize::MAX,
        bytes: usize::MAX,
    };
    let rows = C::many(ROWS);
    let kinds = C::kinds();
    for kinds in [kinds[0], kinds[kinds.len() - 1]] {
        let collected = || collect::<C>(kinds, &rows, LARGE);
        let (other, whole) = (collected(), bytes(collected()));
        let texts = texts::<C>(&whole);
        type Work<'w> = Box<dyn Fn(&mut Hindered) -> Result<()> + 'w>;
        let mut works: Vec<(&str, Work<'_>)> = vec![
            // What was written once has its memory.
            (
                "write",
                Box::new(|hindered| collected().write(&mut Vec::new(), hindered)),
            ),
            // Large bytes are kept as they are, until they are written.
            (
                "absorb",
                Box::new(|hindered| {
                    let mut value = C::new(LARGE);
                    value.absorb(&whole, hindered)?;
                    value.write(&mut Vec::new(), hindered)
                }),
            ),
            ("merge", Box::new(|hindered| C::new(LARGE).merge(&other, hindered))),
        ];
        for (text, name) in texts.iter().zip(["parse text", "parse JSON"]) {
            works.push((name, Box::new(|hindered| parsed::<C>(text, LARGE, hindered).map(drop))));
        }
        let shared: [(&str, Reader); 3] = [
            ("check", C::check),
            ("write text", |bytes, checkpoint| {
                C::write_text(bytes, &mut Vec::new(), checkpoint)
            }),
            ("write JSON", |bytes, checkpoint| {
                C::write_json(bytes, &mut Vec::new(), checkpoint)
            }),
        ];
        for &(name, reader) in shared.iter().chain(C::READERS) {
            let whole = &whole;
            works.push((name, Box::new(move |hindered| reader(whole, hindered))));
        }
        for (name, work) in works {
            let what = format!("{name}, {kinds:?}");
            let mut all = free();
            work(&mut all).expect(&what);
            let (passes, taken) = (usize::MAX - all.passes, usize::MAX - all.bytes);
            assert!(passes >= ROWS / 16_384, "{what}: {passes} passes");
            for passes in [0, 1, passes / 2, passes - 1] {
                let stopped = work(&mut Hindered { passes, ..free() }).expect_err(&what);
                assert_eq!(stopped.kind(), Kind::Stopped, "{what}");
            }
            for bytes in [0, taken / 2, taken.saturating_sub(1)] {
                if bytes < taken {
                    let refused = work(&mut Hindered { bytes, ..free() }).expect_err(&what);
                    assert_eq!(refused.kind(), Kind::MemoryLimit, "{what}");
                }
            }
        }
    }
}
