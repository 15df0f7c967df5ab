//! Whether bytes are what this library writes: they are written again, in one pass, and compared while that goes on.

use super::encode::{Encoder, put_empty};
use super::{NAME, OrderLog};
use crate::checkpoint::Checkpoint;
use crate::codec::Sink;
use crate::error::{Error, Result};

/// A sink that keeps nothing, but compares what comes with what there is.
struct Comparison<'a> {
    bytes: &'a [u8],
    len: usize,
    same: bool,
}

impl Comparison<'_> {
    fn compare(&mut self, at: usize, bytes: &[u8]) {
        self.same &= self.bytes.get(at..at + bytes.len()) == Some(bytes);
    }
}

impl Sink for Comparison<'_> {
    fn append(&mut self, bytes: &[u8]) -> Result<()> {
        // What comes first is the header, which is written once more when everything is known.
        if self.len > 0 {
            self.compare(self.len, bytes);
        }
        self.len += bytes.len();
        if self.same { Ok(()) } else { Err(differs()) }
    }

    fn overwrite(&mut self, at: usize, bytes: &[u8]) {
        self.compare(at, bytes);
    }
}

pub(super) fn check(log: &OrderLog<'_>, checkpoint: &mut dyn Checkpoint) -> Result<()> {
    let mut written = Comparison {
        bytes: log.bytes(),
        len: 0,
        same: true,
    };
    match log.kinds() {
        None => put_empty(&mut written, log.counts())?,
        Some(kinds) => {
            let mut encoder = Encoder::new(&mut written, kinds, log.counts())?;
            let mut cursor = log.cursor();
            while cursor.advance(checkpoint)? {
                let part = cursor.part();
                encoder.customer(part.key)?;
                for (time, amount) in part.entries() {
                    if !amount.is_normal() {
                        return Err(Error::corrupted(NAME, "A decimal amount is kept as a double."));
                    }
                    encoder.entry(time, amount)?;
                }
            }
            encoder.finish()?;
        }
    }
    if written.same && written.len == log.bytes().len() {
        Ok(())
    } else {
        Err(differs())
    }
}

#[cold]
fn differs() -> Error {
    Error::corrupted(NAME, "It holds what there are other bytes for.")
}
