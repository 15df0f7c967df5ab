//! The orders that an item log amounts to.

use super::{ItemLog, Kinds};
use crate::checkpoint::Checkpoint;
use crate::codec::Sink;
use crate::error::Result;
use crate::order_log::{Counts, Encoder, put_empty};

impl ItemLog<'_> {
    /// Writes an order log to an empty sink: what collecting customer, time and amount of the same rows gives, byte for byte. One
    /// pass; memory: one block.
    pub fn write_orders(&self, sink: &mut dyn Sink, checkpoint: &mut dyn Checkpoint) -> Result<()> {
        let counts = Counts {
            rows: self.counts.rows,
            null_customers: self.counts.null_customers,
            null_times: self.counts.null_times,
            null_amounts: self.counts.null_amounts,
        };
        let Some(Kinds { customers, times, .. }) = self.kinds else {
            return put_empty(sink, &counts);
        };
        let mut encoder = Encoder::new(sink, (customers, times), &counts)?;
        let mut cursor = self.cursor();
        while cursor.advance(checkpoint)? {
            let part = cursor.part();
            encoder.customer(part.key)?;
            for event in part.events() {
                for (_, amount) in event.entries() {
                    encoder.entry(event.time, amount)?;
                }
            }
        }
        encoder.finish()
    }
}
