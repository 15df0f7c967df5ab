//! Whether bytes are what this library writes: they are written again, and compared while that goes on.

use crate::codec::Sink;
use crate::error::{Error, Result};

/// A sink that keeps nothing, but compares what comes with the bytes that there are.
pub(crate) struct Comparison<'a> {
    what: &'static str,
    bytes: &'a [u8],
    len: usize,
    same: bool,
}

impl<'a> Comparison<'a> {
    /// Compares with the bytes of a value of the type `what`.
    pub(crate) fn with(what: &'static str, bytes: &'a [u8]) -> Comparison<'a> {
        Comparison {
            what,
            bytes,
            len: 0,
            same: true,
        }
    }

    fn compare(&mut self, at: usize, bytes: &[u8]) {
        self.same &= self.bytes.get(at..at + bytes.len()) == Some(bytes);
    }

    /// Whether everything that came is all there is.
    pub(crate) fn finish(self) -> Result<()> {
        if self.same && self.len == self.bytes.len() {
            Ok(())
        } else {
            Err(self.differs())
        }
    }

    #[cold]
    fn differs(&self) -> Error {
        Error::corrupted(self.what, "It holds what there are other bytes for.")
    }
}

impl Sink for Comparison<'_> {
    fn append(&mut self, bytes: &[u8]) -> Result<()> {
        // What comes first is the header, which is written once more when everything is known.
        if self.len > 0 {
            self.compare(self.len, bytes);
        }
        self.len += bytes.len();
        if self.same { Ok(()) } else { Err(self.differs()) }
    }

    fn overwrite(&mut self, at: usize, bytes: &[u8]) {
        self.compare(at, bytes);
    }
}
