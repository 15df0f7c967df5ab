//! The header of a collected value, and writing one.

use crate::codec::{Reader, Sink, put_varint};
use crate::error::{Error, Kind, Result};
use std::ops::Range;

/// The most bytes of a value. Its text form, which is four thirds of that and a head, then fits a row of a gigabyte beside other columns: what
/// can be stored can be dumped, copied and restored.
pub const MOST_BYTES: usize = 768_000_000;

/// The version of all formats.
const VERSION: u8 = 1;
/// Where the checksum stands.
const CHECKSUM: Range<usize> = 2..6;

/// How many rows were seen, by what became of them.
pub(crate) trait Counted: Copy + Default {
    /// The counts and their names, in the order in which they are written.
    fn fields(&mut self) -> impl Iterator<Item = (&'static str, &mut u64)>;

    /// Adds those of another value.
    fn add(&mut self, other: &Self) {
        let mut other = *other;
        for ((_, sum), (_, count)) in self.fields().zip(other.fields()) {
            *sum = sum.saturating_add(*count);
        }
    }

    /// Reads them, where they stand behind the head of a value.
    fn read(reader: &mut Reader<'_>) -> Result<Self> {
        let mut counts = Self::default();
        for (_, count) in counts.fields() {
            *count = reader.varint()?;
        }
        Ok(counts)
    }
}

/// The first bytes of a value, read.
pub(crate) struct Head<'a> {
    /// What tells which kinds of keys the value has.
    pub(crate) kinds: u8,
    /// What follows.
    pub(crate) rest: Reader<'a>,
}

impl<'a> Head<'a> {
    /// Reads the head of a value of the type `what`, and checks the checksum of all its bytes.
    pub(crate) fn open(what: &'static str, bytes: &'a [u8]) -> Result<Head<'a>> {
        let mut rest = Reader::new(what, bytes);
        let version = rest.byte()?;
        if version != VERSION {
            return Err(rest.error(format!(
                "It has version {version}; this is a reader of version {VERSION}."
            )));
        }
        let kinds = rest.byte()?;
        if rest.array()? != checksum(bytes, &crc32fast::Hasher::new()) {
            return Err(rest.error("Its checksum does not match its bytes."));
        }
        Ok(Head { kinds, rest })
    }
}

/// The checksum of a value that begins with the bytes of `head` and goes on with those that are in `rest`.
fn checksum(head: &[u8], rest: &crc32fast::Hasher) -> [u8; 4] {
    let mut crc = crc32fast::Hasher::new();
    crc.update(&head[..CHECKSUM.start]);
    crc.update(&head[CHECKSUM.end..]);
    crc.combine(rest);
    crc.finalize().to_le_bytes()
}

/// Writes a value: its header, then what follows, and the checksum at last.
pub(crate) struct Writer<'s> {
    sink: &'s mut dyn Sink,
    head: Vec<u8>,
    rest: crc32fast::Hasher,
    /// The bytes written so far.
    len: usize,
}

impl<'s> Writer<'s> {
    /// Begins a value in an empty sink. `known_last` bytes of the header, behind the counts, are known only in the end.
    pub(crate) fn begin<C: Counted>(
        sink: &'s mut dyn Sink,
        kinds: u8,
        counts: &C,
        known_last: usize,
    ) -> Result<Writer<'s>> {
        let mut head = vec![VERSION, kinds];
        head.resize(CHECKSUM.end, 0);
        let mut counts = *counts;
        for (_, count) in counts.fields() {
            put_varint(&mut head, *count);
        }
        head.resize(head.len() + known_last, 0);
        sink.append(&head)?;
        Ok(Writer {
            sink,
            len: head.len(),
            head,
            rest: crc32fast::Hasher::new(),
        })
    }

    /// Appends bytes.
    pub(crate) fn append(&mut self, bytes: &[u8]) -> Result<()> {
        self.len += bytes.len();
        if self.len > MOST_BYTES {
            return Err(too_large());
        }
        self.rest.update(bytes);
        self.sink.append(bytes)
    }

    /// Appends what was put together in `piece`, and empties it.
    pub(crate) fn append_piece(&mut self, piece: &mut Vec<u8>) -> Result<()> {
        self.append(piece)?;
        piece.clear();
        Ok(())
    }

    /// Fills in the rest of the header.
    pub(crate) fn finish(mut self, known_last: &[u8]) {
        let end = self.head.len();
        self.head[end - known_last.len()..].copy_from_slice(known_last);
        let checksum = checksum(&self.head, &self.rest);
        self.head[CHECKSUM].copy_from_slice(&checksum);
        self.sink.overwrite(0, &self.head);
    }
}

#[cold]
fn too_large() -> Error {
    Error::new(Kind::TooLarge, "too much for one value")
        .detail(format!("A collected value can have at most {MOST_BYTES} bytes."))
        .hint("Collect and merge by ranges of the key, such as one value for every million customers, and analyse each of them.")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Clone, Copy, Debug, Default, PartialEq)]
    struct Counts([u64; 2]);

    impl Counted for Counts {
        fn fields(&mut self) -> impl Iterator<Item = (&'static str, &mut u64)> {
            ["rows", "none"].into_iter().zip(&mut self.0)
        }
    }

    /// Keeps the header only.
    #[derive(Default)]
    struct Nowhere(Vec<u8>);

    impl Sink for Nowhere {
        fn append(&mut self, _: &[u8]) -> Result<()> {
            Ok(())
        }

        fn overwrite(&mut self, _: usize, bytes: &[u8]) {
            self.0 = bytes.to_vec();
        }
    }

    #[test]
    fn what_was_written_is_opened_and_nothing_else() {
        let counts = Counts([300, 7]);
        let mut bytes = Vec::new();
        let mut writer = Writer::begin(&mut bytes, 0x21, &counts, 2).unwrap();
        writer.append(b"some").unwrap();
        writer.append_piece(&mut b" more".to_vec()).unwrap();
        writer.finish(b"**");
        let Head { kinds, mut rest } = Head::open("test", &bytes).unwrap();
        assert_eq!((kinds, Counts::read(&mut rest).unwrap()), (0x21, counts));
        assert_eq!(rest.bytes(rest.remaining()).unwrap(), b"**some more");
        for at in 0..bytes.len() {
            let mut wrong = bytes.clone();
            wrong[at] ^= 16;
            assert!(Head::open("test", &wrong).is_err(), "{at}");
            assert!(Head::open("test", &bytes[..at]).is_err(), "{at}");
        }
    }

    #[test]
    fn counts_do_not_overflow() {
        let mut counts = Counts([u64::MAX - 1, 1]);
        counts.add(&Counts([2, 2]));
        assert_eq!(counts, Counts([u64::MAX, 3]));
    }

    #[test]
    fn a_value_whose_text_would_be_too_long_is_refused() {
        let mut sink = Nowhere::default();
        let mut writer = Writer::begin(&mut sink, 0, &Counts::default(), 0).unwrap();
        let piece = vec![0; 1_000_000];
        let head = 8;
        for _ in 1..MOST_BYTES / piece.len() {
            writer.append(&piece).unwrap();
        }
        writer.append(&piece[head..]).unwrap();
        let error = writer.append(&[0]).unwrap_err();
        assert_eq!(error.kind(), Kind::TooLarge);
        assert!(error.hint_text().unwrap().contains("ranges of the key"), "{error}");
        // A row of 1 GB less a byte has room for the text and as much again as twenty million letters.
        assert!(MOST_BYTES.div_ceil(3) * 4 + 20_000_000 < 0x3fff_ffff);
    }
}
