//! A collection that may have arrived as bytes, from a parallel worker for example.

use super::Collected;
use crate::checkpoint::{Checkpoint, vec_from};
use crate::codec::Sink;
use crate::error::Result;
use crate::mergeable::Mergeable;
use std::sync::Arc;

/// A value in the making, or the bytes of a finished one: these are taken apart once, by what they are merged into, and not before.
#[derive(Debug)]
pub struct Collection<C> {
    collector: C,
    arrived: Option<Arc<Vec<u8>>>,
}

impl<C: Collected> Collection<C> {
    /// What takes rows and values.
    #[inline]
    pub fn collector(&mut self, checkpoint: &mut dyn Checkpoint) -> Result<&mut C> {
        if let Some(bytes) = self.arrived.take() {
            self.collector.absorb_shared(&bytes, checkpoint)?;
        }
        Ok(&mut self.collector)
    }
}

impl<C: Collected + 'static> Mergeable for Collection<C> {
    const NAME: &'static str = C::NAME;

    fn new(limit: usize) -> Collection<C> {
        Collection {
            collector: C::new(limit),
            arrived: None,
        }
    }

    #[inline]
    fn heap_bytes(&self) -> usize {
        self.collector.heap_bytes() + self.arrived.as_ref().map_or(0, |bytes| bytes.capacity())
    }

    fn written_bytes(&self) -> usize {
        self.arrived
            .as_ref()
            .map_or_else(|| self.collector.written_bytes(), |bytes| bytes.len())
    }

    fn merge(&mut self, other: &Collection<C>, checkpoint: &mut dyn Checkpoint) -> Result<()> {
        let collector = self.collector(checkpoint)?;
        match &other.arrived {
            Some(bytes) => collector.absorb_shared(bytes, checkpoint),
            None => collector.merge(&other.collector, checkpoint),
        }
    }

    fn write(&mut self, sink: &mut dyn Sink, checkpoint: &mut dyn Checkpoint) -> Result<()> {
        match &self.arrived {
            Some(bytes) => sink.append(bytes),
            None => self.collector.write(sink, checkpoint),
        }
    }

    /// Keeps the bytes: written by this library, they are not checked before they are looked into.
    fn read(bytes: &[u8], limit: usize, checkpoint: &mut dyn Checkpoint) -> Result<Collection<C>> {
        let bytes = vec_from(bytes.len(), bytes.iter().copied(), checkpoint)?;
        Ok(Collection {
            collector: C::new(limit),
            arrived: Some(Arc::new(bytes)),
        })
    }
}
