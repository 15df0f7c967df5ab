//! Up to when a log is known.

use super::OrderLog;
use crate::checkpoint::Checkpoint;
use crate::error::Result;
use crate::observation::Seen;
use crate::zone::Zone;

impl OrderLog<'_> {
    /// What is seen up to `as_of`. A log of instants is known for one by its first customers; a log of dates is read to the end.
    pub fn seen(&self, as_of: i64, zone: &Zone, checkpoint: &mut dyn Checkpoint) -> Result<Seen> {
        let mut cursor = self.cursor();
        while cursor.advance(checkpoint)? {
            let part = cursor.part().until(as_of);
            if !part.times.iter().all(|&time| zone.begins_day(time)) {
                return Ok(Seen::new(as_of, false, zone));
            }
        }
        Ok(Seen::new(as_of, true, zone))
    }
    /// The time of the newest row, an order or a return; nothing in a log without entries. One pass over the log.
    pub fn newest_row(&self, checkpoint: &mut dyn Checkpoint) -> Result<Option<i64>> {
        let mut newest = None;
        let mut cursor = self.cursor();
        while cursor.advance(checkpoint)? {
            newest = newest.max(cursor.part().times.last().copied());
        }
        Ok(newest)
    }
}
