//! Many sorted logs into one, in one pass, with one block of each in memory.

use super::OrderLog;
use super::cursor::Cursor;
use super::encode::Encoder;
use crate::checkpoint::Checkpoint;
use crate::error::Result;
use std::cmp::Ordering;

/// Writes the entries of all `logs` to `encoder`, in order. O(entries · log logs), less where customers do not overlap.
pub(super) fn merge(logs: &[OrderLog<'_>], encoder: &mut Encoder<'_>, checkpoint: &mut dyn Checkpoint) -> Result<()> {
    let mut heads = Vec::with_capacity(logs.len());
    for log in logs {
        let mut cursor = log.cursor();
        if cursor.advance(checkpoint)? {
            heads.push(Head { cursor, at: 0 });
        }
    }
    for root in (0..heads.len() / 2).rev() {
        sift_down(&mut heads, root);
    }
    while let Some(head) = heads.first() {
        let part = head.cursor.part();
        let times = &part.times[head.at..];
        // All that does not come behind the least of the others can go at once.
        let rival = heads[1..].iter().take(2).min_by(|a, b| a.cmp(b));
        let n = match rival.map(|rival| (part.key.cmp(&rival.cursor.part().key), rival.time())) {
            None | Some((Ordering::Less, _)) => times.len(),
            Some((_, time)) => times.partition_point(|&own| own <= time),
        };
        encoder.customer(part.key)?;
        for at in head.at..head.at + n {
            encoder.entry(part.times[at], part.amount(at))?;
        }

        let exhausted = n == times.len();
        let head = &mut heads[0];
        head.at += n;
        if exhausted {
            head.at = 0;
            if !head.cursor.advance(checkpoint)? {
                heads.swap_remove(0);
            }
        }
        sift_down(&mut heads, 0);
    }
    Ok(())
}

/// A log being merged: its next entry.
struct Head<'a> {
    cursor: Cursor<'a>,
    /// The place of the entry in the cursor's part.
    at: usize,
}

impl Head<'_> {
    fn time(&self) -> i64 {
        self.cursor.part().times[self.at]
    }

    fn cmp(&self, other: &Self) -> Ordering {
        let keys = self.cursor.part().key.cmp(&other.cursor.part().key);
        keys.then_with(|| self.time().cmp(&other.time()))
    }
}

/// Restores the order of a binary heap, least head first, after the one at `root` has grown.
fn sift_down(heads: &mut [Head<'_>], mut root: usize) {
    loop {
        let children = 2 * root + 1..(2 * root + 3).min(heads.len());
        let Some(least) = children.min_by(|&a, &b| heads[a].cmp(&heads[b])) else {
            return;
        };
        if heads[root].cmp(&heads[least]).is_le() {
            return;
        }
        heads.swap(root, least);
        root = least;
    }
}
