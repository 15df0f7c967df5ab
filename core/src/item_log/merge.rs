//! Many sorted logs into one, in one pass, with one block of each in memory.

use super::cursor::Part;
use super::encode::Encoder;
use super::{Counts, ItemLog, Kinds};
use crate::checkpoint::{Checkpoint, push, vec_of, vec_with_capacity};
use crate::codec::Sink;
use crate::collect::{Names, with_bytes};
use crate::error::Result;
use crate::order_log::Heads;

/// Writes the entries of all `logs`, which are of these kinds, as one log. Memory: the items of all, and for each log a number for
/// each of its items.
pub(super) fn merge(
    logs: &[ItemLog<'_>],
    kinds: Kinds,
    counts: &Counts,
    sink: &mut dyn Sink,
    checkpoint: &mut dyn Checkpoint,
) -> Result<()> {
    let mut names = Names::default();
    let mut places = vec_with_capacity(logs.len(), checkpoint)?;
    for log in logs {
        let own = log.names(checkpoint)?;
        let mut numbers = vec_with_capacity(log.items(), checkpoint)?;
        for item in 0..log.items() {
            numbers.push(with_bytes(own.get(item), |bytes| names.number(bytes, checkpoint))?);
        }
        places.push(numbers);
    }
    let (order, ranks) = ranked(&names, checkpoint)?;
    for numbers in &mut places {
        for number in numbers {
            *number = ranks[*number as usize];
        }
    }
    let items = order.iter().map(|&place| names.key(place, kinds.items));
    let mut encoder = Encoder::new(sink, kinds, counts, items, checkpoint)?;
    let mut heads = Heads::open(logs.iter().map(|log| log.cursor().blocks()), checkpoint)?;
    let (mut group, mut entries) = (Vec::new(), Vec::new());
    loop {
        heads.at_least_key(&mut group);
        let Some(&first) = group.first() else {
            return encoder.finish(checkpoint);
        };
        let until = heads.until(&group);
        entries.clear();
        heads.gather(&group, until, |log, cursor, part| {
            for event in Part::of(part, cursor.behind()).events() {
                for (item, amount) in event.entries() {
                    let item = places[log][item as usize];
                    push(&mut entries, (event.time, item, amount), checkpoint)?;
                }
            }
            Ok(())
        })?;
        if group.len() > 1 {
            entries.sort_by_key(|entry| entry.0);
        }
        encoder.customer(heads.cursor(first).key(), checkpoint)?;
        for &(time, item, amount) in &entries {
            encoder.entry(time, item, amount, checkpoint)?;
        }
        for &place in group.iter().rev() {
            heads.pass(place, until, checkpoint)?;
        }
    }
}

/// The numbers of names in order of these, and for each number its place there.
pub(super) fn ranked(names: &Names, checkpoint: &mut dyn Checkpoint) -> Result<(Vec<u32>, Vec<u32>)> {
    let order = names.in_order(checkpoint)?;
    let mut ranks = vec_of(0, order.len(), checkpoint)?;
    for (rank, &place) in (0..).zip(&order) {
        ranks[place as usize] = rank;
    }
    Ok((order, ranks))
}
