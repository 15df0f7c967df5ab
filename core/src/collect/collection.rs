//! A collection that may have arrived as bytes, from a parallel worker for example.

use super::Collected;
use crate::checkpoint::{Checkpoint, vec_from};
use crate::codec::Sink;
use crate::error::Result;
use std::sync::Arc;

/// A value in the making, or the bytes of a finished one: these are taken apart once, by what they are merged into, and not before.
#[derive(Debug)]
pub struct Collection<C> {
    collector: C,
    arrived: Option<Arc<Vec<u8>>>,
}

impl<C: Collected> Collection<C> {
    /// An empty collection.
    pub fn new(limit: usize) -> Collection<C> {
        Collection {
            collector: C::new(limit),
            arrived: None,
        }
    }

    /// A collection of what a value holds, which is written by this library: it is not checked before it is looked into.
    pub fn arrived(bytes: &[u8], limit: usize, checkpoint: &mut dyn Checkpoint) -> Result<Collection<C>> {
        let bytes = vec_from(bytes.len(), bytes.iter().copied(), checkpoint)?;
        Ok(Collection {
            collector: C::new(limit),
            arrived: Some(Arc::new(bytes)),
        })
    }

    /// What takes rows and values.
    #[inline]
    pub fn collector(&mut self, checkpoint: &mut dyn Checkpoint) -> Result<&mut C> {
        if let Some(bytes) = self.arrived.take() {
            self.collector.absorb_shared(&bytes, checkpoint)?;
        }
        Ok(&mut self.collector)
    }

    /// Takes everything from another collection, which stays as it is.
    pub fn merge(&mut self, other: &Collection<C>, checkpoint: &mut dyn Checkpoint) -> Result<()> {
        let collector = self.collector(checkpoint)?;
        match &other.arrived {
            Some(bytes) => collector.absorb_shared(bytes, checkpoint),
            None => collector.merge(&other.collector, checkpoint),
        }
    }

    /// Writes the value to an empty sink. The collection still holds the same afterwards.
    pub fn write(&mut self, sink: &mut dyn Sink, checkpoint: &mut dyn Checkpoint) -> Result<()> {
        match &self.arrived {
            Some(bytes) => sink.append(bytes),
            None => self.collector.write(sink, checkpoint),
        }
    }

    /// The bytes it takes on the heap. O(1).
    #[inline]
    pub fn heap_bytes(&self) -> usize {
        self.collector.heap_bytes() + self.arrived.as_ref().map_or(0, |bytes| bytes.capacity())
    }
}
