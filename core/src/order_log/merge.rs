//! Many sorted logs into one, in one pass, with one block of each in memory.

use super::OrderLog;
use super::cursor::{Behind, Cursor, Part};
use super::encode::Encoder;
use crate::checkpoint::Checkpoint;
use crate::collect::row::code;
use crate::error::Result;
use crate::key::Key;
use std::cmp::Ordering;

/// Writes the entries of all `logs` to `encoder`, in order. O(entries + customers · log logs), with each customer counted once
/// for every log they are in.
///
/// A customer's entries are gathered from all logs and then put in order: most have few, and sorting knows what is in order
/// already. Walking through all logs entry by entry took twice as long.
pub(super) fn merge(logs: &[OrderLog<'_>], encoder: &mut Encoder<'_>, checkpoint: &mut dyn Checkpoint) -> Result<()> {
    let mut heads = Heads::open(logs.iter().map(OrderLog::cursor), checkpoint)?;
    let (mut group, mut rows, mut odd) = (Vec::new(), Vec::new(), Vec::new());
    loop {
        heads.at_least_key(&mut group);
        let Some(&first) = group.first() else {
            return Ok(());
        };
        let until = heads.until(&group);
        rows.clear();
        odd.clear();
        heads.gather(&group, until, |_, _, part| {
            rows.extend(part.times.iter().enumerate().map(|(at, &time)| {
                let amount = part.amount(at);
                let code = code::of(amount).unwrap_or_else(|| {
                    odd.push(amount);
                    code::of_odd(odd.len() - 1)
                });
                (time, code)
            }));
            Ok(())
        })?;
        if group.len() > 1 {
            rows.sort_by_key(|row| row.0);
        }
        let key = heads.cursor(first).key();
        encoder.rows(&rows, |(time, code)| (0, time, code), |_| key, &odd)?;
        for &place in group.iter().rev() {
            heads.pass(place, until, checkpoint)?;
        }
    }
}

/// The logs being merged, in a binary heap: the one whose next customer has the least key comes first.
pub(crate) struct Heads<'a, B = ()> {
    heads: Vec<Head<'a, B>>,
    heap: Vec<Place>,
}

/// A log being merged.
struct Head<'a, B> {
    /// Its number.
    log: usize,
    cursor: Cursor<'a, B>,
    /// How many entries of the cursor's part have been passed.
    passed: usize,
}

/// What the heap is ordered by.
#[derive(Clone, Copy)]
struct Place {
    /// The beginning of the key, as a number in the same order.
    rank: u64,
    /// The number of the head; [`ENDED`] behind all keys.
    head: u32,
}

const ENDED: Place = Place {
    rank: u64::MAX,
    head: u32::MAX,
};

impl Place {
    fn of(head: usize, key: Key<'_>) -> Place {
        let rank = match key {
            Key::Integer(key) => key as u64 ^ 1 << 63,
            Key::Uuid(key) => (key >> 64) as u64,
            Key::Text(key) => {
                let mut start = [0; 8];
                let n = key.len().min(8);
                start[..n].copy_from_slice(&key.as_bytes()[..n]);
                u64::from_be_bytes(start)
            }
        };
        Place {
            rank,
            head: head as u32,
        }
    }
}

impl<'a, B: Behind<'a>> Heads<'a, B> {
    /// Stands before the first customers of logs, each of which has a number: its place.
    pub(crate) fn open(
        cursors: impl Iterator<Item = Cursor<'a, B>>,
        checkpoint: &mut dyn Checkpoint,
    ) -> Result<Heads<'a, B>> {
        let mut all = Heads {
            heads: Vec::new(),
            heap: Vec::new(),
        };
        for (log, mut cursor) in cursors.enumerate() {
            if cursor.advance(checkpoint)? {
                all.heap.push(Place::of(all.heads.len(), cursor.key()));
                all.heads.push(Head { log, cursor, passed: 0 });
            }
        }
        for place in (0..all.heap.len() / 2).rev() {
            all.sift_down(place);
        }
        Ok(all)
    }

    /// The places in the heap of all logs whose next customer is the least one, ascending; none at the end.
    pub(crate) fn at_least_key(&self, group: &mut Vec<usize>) {
        group.clear();
        if self.heap.first().is_some_and(|first| first.head != ENDED.head) {
            group.push(0);
        }
        // Equal keys are neighbours: children of equal parents.
        let mut looked_at = 0;
        while let Some(&parent) = group.get(looked_at) {
            let children = 2 * parent + 1..(2 * parent + 3).min(self.heap.len());
            group.extend(children.filter(|&child| self.cmp(child, parent).is_eq()));
            looked_at += 1;
        }
    }

    /// The log at a place.
    pub(crate) fn cursor(&self, place: usize) -> &Cursor<'a, B> {
        &self.heads[self.heap[place].head as usize].cursor
    }

    /// Up to when the next parts of the logs at the places of `group` hold all that there is of the customer.
    pub(crate) fn until(&self, group: &[usize]) -> i64 {
        let mut until = i64::MAX;
        for &place in group {
            let head = &self.heads[self.heap[place].head as usize];
            let part = head.cursor.part().from(head.passed);
            if let (false, Some(&last)) = (part.ends, part.times.last()) {
                until = until.min(last);
            }
        }
        until
    }

    /// Hands on the next entries up to the time `until` of the logs at the places of `group`, each with the number of its log.
    pub(crate) fn gather(
        &self,
        group: &[usize],
        until: i64,
        mut take: impl FnMut(usize, &Cursor<'a, B>, Part<'_>) -> Result<()>,
    ) -> Result<()> {
        for &place in group {
            let head = &self.heads[self.heap[place].head as usize];
            let part = head.cursor.part().from(head.passed);
            take(head.log, &head.cursor, part.until(until))?;
        }
        Ok(())
    }

    /// Goes on behind all entries of the customer up to the time `until`. What lies below `place` must be a heap already.
    pub(crate) fn pass(&mut self, place: usize, until: i64, checkpoint: &mut dyn Checkpoint) -> Result<()> {
        let number = self.heap[place].head as usize;
        let head = &mut self.heads[number];
        if until < i64::MAX {
            let part = head.cursor.part();
            let passed = part.until(until).times.len();
            if passed < part.times.len() {
                head.passed = passed;
                return Ok(());
            }
        }
        head.passed = 0;
        self.heap[place] = if head.cursor.advance(checkpoint)? {
            Place::of(number, head.cursor.key())
        } else {
            ENDED
        };
        self.sift_down(place);
        Ok(())
    }

    #[inline]
    fn cmp(&self, a: usize, b: usize) -> Ordering {
        let (a, b) = (self.heap[a], self.heap[b]);
        a.rank.cmp(&b.rank).then_with(|| self.cmp_keys(a, b))
    }

    /// Compares keys of the same rank.
    #[inline]
    fn cmp_keys(&self, a: Place, b: Place) -> Ordering {
        if a.head == ENDED.head || b.head == ENDED.head {
            return (a.head == ENDED.head).cmp(&(b.head == ENDED.head));
        }
        let key = |place: Place| self.heads[place.head as usize].cursor.key();
        match key(a) {
            Key::Integer(_) => Ordering::Equal,
            a => a.cmp(&key(b)),
        }
    }

    /// Restores the order of the heap after the log at `place` has gone on.
    fn sift_down(&mut self, mut place: usize) {
        loop {
            let mut least = place;
            for child in 2 * place + 1..(2 * place + 3).min(self.heap.len()) {
                if self.cmp(child, least).is_lt() {
                    least = child;
                }
            }
            if least == place {
                return;
            }
            self.heap.swap(place, least);
            place = least;
        }
    }
}
