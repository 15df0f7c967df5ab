//! Sorting by 64-bit words, such that the work can be stopped at any time.
//!
//! What is longer than a word is sorted by its first word, then what has the same first word by the second one, and so on: nothing is
//! special about keys with a long common beginning.

use crate::checkpoint::{Checkpoint, push, vec_of, vec_with_capacity};
use crate::error::Result;

/// What is sorted, read or moved at a time, before the caller is asked again.
pub(crate) const PASS: usize = 1 << 14;
/// Fewer are compared with each other.
const FEW: usize = 32;

/// Sorts by the words; what has the same word stays in no particular order. `spare` is as long as `places`.
pub(crate) fn sort_by_word<'p, P: Copy>(
    mut places: &'p mut [(u64, P)],
    mut spare: &'p mut [(u64, P)],
    checkpoint: &mut dyn Checkpoint,
) -> Result<()> {
    if places.len() <= PASS {
        places.sort_unstable_by_key(|place| place.0);
        return Ok(());
    }
    // By the last byte, then by the one before, and so on; bytes that are all the same are left out.
    let (any, all) = places
        .iter()
        .fold((0, u64::MAX), |(any, all), place| (any | place.0, all & place.0));
    let mut moved = false;
    for shift in (0..64).step_by(8).filter(|shift| (any ^ all) >> shift & 255 != 0) {
        let mut ends = [0; 256];
        for place in places.iter() {
            ends[(place.0 >> shift & 255) as usize] += 1;
        }
        let mut start = 0;
        for end in &mut ends {
            start += std::mem::replace(end, start);
        }
        for (done, part) in places.chunks(PASS).enumerate() {
            checkpoint.pass("sorting", done * PASS, places.len())?;
            for place in part {
                let end = &mut ends[(place.0 >> shift & 255) as usize];
                spare[*end] = *place;
                *end += 1;
            }
        }
        (places, spare) = (spare, places);
        moved = !moved;
    }
    if moved {
        spare.copy_from_slice(places);
    }
    Ok(())
}

/// The numbers from 0 to `n`, in the order of the bytes that they stand for.
pub(crate) fn order_of_bytes<'a>(
    n: u32,
    bytes: impl Fn(u32) -> &'a [u8],
    checkpoint: &mut dyn Checkpoint,
) -> Result<Vec<u32>> {
    let mut places: Vec<(u64, u32)> = vec_with_capacity(n as usize, checkpoint)?;
    places.extend((0..n).map(|place| (0, place)));
    let mut spare = vec_of((0, 0), n as usize, checkpoint)?;
    // Those which have the words before the given one in common.
    let mut open = vec![(0..n as usize, 0)];
    while let Some((range, word)) = open.pop() {
        let places = &mut places[range.clone()];
        let total = places.len();
        for (done, part) in places.chunks_mut(PASS).enumerate() {
            checkpoint.pass("sorting keys", done * PASS, total)?;
            for place in part {
                place.0 = word_of(bytes(place.1), word);
            }
        }
        sort_by_word(places, &mut spare[range.clone()], checkpoint)?;
        let (mut start, mut seen) = (range.start, 0);
        for same in places.chunk_by_mut(|a, b| a.0 == b.0) {
            seen += same.len();
            if seen > PASS {
                seen = 0;
                checkpoint.pass("sorting keys", start, n as usize)?;
            }
            let is_at_end = same[0].0 & 0xff <= WORD as u64;
            if same.len() > FEW && !is_at_end {
                push(&mut open, (start..start + same.len(), word + 1), checkpoint)?;
            } else if same.len() > 1 && !is_at_end {
                same.sort_unstable_by(|a, b| bytes(a.1).cmp(bytes(b.1)));
            }
            start += same.len();
        }
    }
    let mut order = vec_with_capacity(n as usize, checkpoint)?;
    order.extend(places.iter().map(|place| place.1));
    Ok(order)
}

/// The bytes of a word: the last of its eight tells how many of the seven others there are, or that more follow.
const WORD: usize = 7;

/// A word of some bytes, such that bytes are in the order of the first word in which they differ.
#[inline]
fn word_of(bytes: &[u8], word: usize) -> u64 {
    let rest = &bytes[bytes.len().min(word * WORD)..];
    let mut own = [0; 8];
    let n = rest.len().min(WORD);
    own[..n].copy_from_slice(&rest[..n]);
    own[WORD] = rest.len().min(WORD + 1) as u8;
    u64::from_be_bytes(own)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checkpoint::Unhindered;

    #[test]
    fn bytes_come_in_order_however_long_their_common_beginnings_are() {
        let mut seed = 5u64;
        let mut next = move |n: u64| {
            seed = seed.wrapping_mul(0x5851_f42d_4c95_7f2d).wrapping_add(1);
            (seed >> 33) % n
        };
        assert_eq!(
            order_of_bytes(100, |_| b"the same".as_slice(), &mut Unhindered)
                .unwrap()
                .len(),
            100
        );
        for (n, letters, longest) in [(0, 1, 1), (1, 1, 9), (3_000, 2, 40), (40_000, 256, 4), (40_000, 3, 23)] {
            let mut all: Vec<Vec<u8>> = (0..n)
                .map(|_| (0..next(longest + 1)).map(|_| next(letters) as u8).collect())
                .collect();
            for common in [0, 6, 7, 8, 100] {
                all.extend((0..n / 20).map(|i| [vec![0; common], vec![b'x'; 7], vec![0; i % 40]].concat()));
            }
            all.sort();
            all.dedup();
            // Any order that is not this one.
            let place = |at: u32| &all[(at as usize * 7_919) % all.len()][..];
            if all.len().is_multiple_of(7_919) {
                continue;
            }
            let order = order_of_bytes(all.len() as u32, place, &mut Unhindered).unwrap();
            let sorted: Vec<&[u8]> = order.iter().map(|&at| place(at)).collect();
            assert!(sorted.iter().zip(&all).all(|(a, b)| a == b), "{n} of {letters} letters");
        }
    }
}
