//! Reading bytes that may be wrong.

use crate::error::{Error, Result};

/// A cursor over bytes that believes nothing: every read checks what is left.
#[derive(Clone, Debug)]
pub struct Reader<'a> {
    what: &'static str,
    bytes: &'a [u8],
}

impl<'a> Reader<'a> {
    /// Reads `bytes`, which should be a value of the type `what`.
    pub fn new(what: &'static str, bytes: &'a [u8]) -> Reader<'a> {
        Reader { what, bytes }
    }

    /// A reader of other bytes of the same value.
    pub fn over<'b>(&self, bytes: &'b [u8]) -> Reader<'b> {
        Reader::new(self.what, bytes)
    }

    /// Whether everything has been read.
    pub fn is_at_end(&self) -> bool {
        self.bytes.is_empty()
    }

    /// The bytes that are left.
    pub fn remaining(&self) -> usize {
        self.bytes.len()
    }

    /// The error for bytes that make no sense.
    #[cold]
    pub fn error(&self, detail: impl Into<String>) -> Error {
        Error::corrupted(self.what, detail)
    }

    /// The next `n` bytes.
    #[inline]
    pub fn bytes(&mut self, n: usize) -> Result<&'a [u8]> {
        match self.bytes.split_at_checked(n) {
            Some((head, rest)) => {
                self.bytes = rest;
                Ok(head)
            }
            None => Err(self.error(format!(
                "{n} more bytes are needed, but only {} are left.",
                self.bytes.len()
            ))),
        }
    }

    /// The next `N` bytes as an array.
    #[inline]
    pub fn array<const N: usize>(&mut self) -> Result<[u8; N]> {
        Ok(self.bytes(N)?.try_into().expect("as many as asked for"))
    }

    /// The next byte.
    pub fn byte(&mut self) -> Result<u8> {
        Ok(self.array::<1>()?[0])
    }

    /// A floating point number, whatever its bits.
    pub fn float(&mut self) -> Result<f64> {
        Ok(f64::from_le_bytes(self.array()?))
    }

    /// A text, its length first. One with a zero byte is none to the server.
    pub fn text(&mut self) -> Result<&'a str> {
        let len = self.count(8)?;
        let bytes = self.bytes(len)?;
        if bytes.contains(&0) {
            return Err(self.error("A text has a zero byte."));
        }
        std::str::from_utf8(bytes).map_err(|error| self.error(format!("A text has an {error}.")))
    }

    /// A variable-length unsigned integer.
    #[inline]
    pub fn varint(&mut self) -> Result<u64> {
        match self.bytes.split_first() {
            Some((&byte, rest)) if byte < 0x80 => {
                self.bytes = rest;
                Ok(u64::from(byte))
            }
            _ => self.long_varint(),
        }
    }

    fn long_varint(&mut self) -> Result<u64> {
        let mut value = 0u64;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            let bits = u64::from(byte & 0x7f);
            if shift == 63 && bits > 1 {
                break;
            }
            value |= bits << shift;
            if byte & 0x80 == 0 {
                // The same number in more bytes than needed would make equal values differ.
                if byte == 0 && shift > 0 {
                    return Err(self.error("A number is longer than it has to be."));
                }
                return Ok(value);
            }
        }
        Err(self.error("A number is longer than 64 bits."))
    }

    /// A variable-length signed integer.
    pub fn signed(&mut self) -> Result<i64> {
        let value = self.varint()?;
        Ok((value >> 1) as i64 ^ -((value & 1) as i64))
    }

    /// How many bits each of some packed numbers has.
    pub fn bits(&mut self) -> Result<u32> {
        match self.byte()? {
            bits @ 0..=64 => Ok(bits.into()),
            bits => Err(self.error(format!("A packed number has {bits} bits."))),
        }
    }

    /// The bytes of `n` packed numbers of so many bits. `n` is believed.
    pub fn packed(&mut self, n: usize, bits: u32) -> Result<&'a [u8]> {
        self.bytes((n * bits as usize).div_ceil(8))
    }

    /// A variable-length integer that counts things, of which each takes at least `bits_each` of the bits that are left.
    pub fn count(&mut self, bits_each: usize) -> Result<usize> {
        let count = self.varint()?;
        match usize::try_from(count) {
            Ok(n) if n.saturating_mul(bits_each) <= self.bytes.len().saturating_mul(8) => Ok(n),
            _ => Err(self.error(format!("A count of {count} is more than the bytes can hold."))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::{put_signed, put_varint};
    use super::*;

    #[test]
    fn integers_round_trip() {
        for value in [0, 1, 127, 128, 300, u64::from(u32::MAX), u64::MAX] {
            let mut out = Vec::new();
            put_varint(&mut out, value);
            assert_eq!(Reader::new("test", &out).varint(), Ok(value));
        }
        for value in [0, -1, 1, i64::MIN, i64::MAX, -300] {
            let mut out = Vec::new();
            put_signed(&mut out, value);
            assert_eq!(Reader::new("test", &out).signed(), Ok(value));
        }
    }

    #[test]
    fn wrong_integers_are_refused() {
        for bytes in [&[][..], &[0x80], &[0xff; 10], &[0x80, 0x00], &[0xff; 20]] {
            assert!(Reader::new("test", bytes).varint().is_err(), "{bytes:?}");
        }
    }

    #[test]
    fn texts_hold_no_zero_bytes() {
        assert_eq!(Reader::new("test", b"\x03a b").text(), Ok("a b"));
        for bytes in [&b"\x03a\0b"[..], b"\x01\0", b"\x01\xff", b"\x02a"] {
            assert!(Reader::new("test", bytes).text().is_err(), "{bytes:?}");
        }
    }

    #[test]
    fn counts_are_bounded_by_the_bytes() {
        let mut out = Vec::new();
        put_varint(&mut out, 3);
        out.extend([0; 3]);
        assert_eq!(Reader::new("test", &out).count(8), Ok(3));
        assert!(Reader::new("test", &out).count(9).is_err());
        assert!(Reader::new("test", &[0xff, 0xff, 0x7f]).count(1).is_err());
    }
}
