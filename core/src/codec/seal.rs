//! The cover of small stored values: a version in front, a checksum behind.

use super::{Reader, Sink, put_varint};
use crate::error::{Error, Result, sentence};

/// Pieces are put together up to so many bytes, because checksums of many short ones take long.
const PIECE: usize = 4_096;

/// Writes the stored form of a value piece by piece, to where it is to stay. The same bytes as of [`seal`].
pub struct Sealer<'a> {
    sink: &'a mut dyn Sink,
    checksum: crc32fast::Hasher,
    piece: Vec<u8>,
}

impl<'a> Sealer<'a> {
    /// Begins a value of this version in an empty sink.
    pub fn new(version: u8, sink: &'a mut dyn Sink) -> Sealer<'a> {
        let mut piece = Vec::with_capacity(PIECE);
        piece.push(version);
        Sealer {
            sink,
            checksum: crc32fast::Hasher::new(),
            piece,
        }
    }

    /// Appends bytes.
    pub fn append(&mut self, bytes: &[u8]) -> Result<()> {
        if self.piece.len() + bytes.len() > PIECE {
            self.pass_on()?;
        }
        if bytes.len() > PIECE {
            self.checksum.update(bytes);
            return self.sink.append(bytes);
        }
        self.piece.extend_from_slice(bytes);
        Ok(())
    }

    /// Appends an unsigned integer, as [`put_varint`] writes it.
    pub fn varint(&mut self, value: u64) -> Result<()> {
        if self.piece.len() + 10 > PIECE {
            self.pass_on()?;
        }
        put_varint(&mut self.piece, value);
        Ok(())
    }

    fn pass_on(&mut self) -> Result<()> {
        self.checksum.update(&self.piece);
        self.sink.append(&self.piece)?;
        self.piece.clear();
        Ok(())
    }

    /// Ends the value.
    pub fn finish(mut self) -> Result<()> {
        self.pass_on()?;
        let checksum = self.checksum.finalize();
        self.sink.append(&checksum.to_le_bytes())
    }
}

/// The stored form of a value: its version, what `write` appends, and the CRC-32 of both.
pub fn seal(version: u8, write: impl FnOnce(&mut Vec<u8>)) -> Vec<u8> {
    let mut out = vec![version];
    write(&mut out);
    let checksum = crc32fast::hash(&out);
    out.extend_from_slice(&checksum.to_le_bytes());
    out
}

/// Reads the stored form of a value of the type `what`; `read` must read all that [`seal`] was given to write.
pub fn unseal<T>(
    what: &'static str,
    version: u8,
    bytes: &[u8],
    read: impl FnOnce(&mut Reader<'_>) -> Result<T>,
) -> Result<T> {
    let Some((body, checksum)) = bytes.split_last_chunk::<4>() else {
        return Err(Error::corrupted(what, "It is too short."));
    };
    let mut reader = Reader::new(what, body);
    let found = reader.byte()?;
    if found != version {
        return Err(reader.error(format!(
            "It has version {found}; this is a reader of version {version}."
        )));
    }
    if crc32fast::hash(body) != u32::from_le_bytes(*checksum) {
        return Err(reader.error("Its checksum does not match its bytes."));
    }
    let value = read(&mut reader)?;
    if !reader.is_at_end() {
        return Err(reader.error("There are bytes behind its end."));
    }
    Ok(value)
}

/// The error for text that does not spell a value of the type `what`.
#[cold]
pub fn invalid_text(what: &str, message: &str) -> Error {
    Error::new(
        crate::error::Kind::InvalidText,
        format!("invalid input syntax for type {what}"),
    )
    .detail(sentence(message))
}

/// The error for text that does not spell a value of the type `what` because of a word that [`choose`](crate::choice::choose) does not know.
#[cold]
pub fn invalid_word(what: &str, unknown: &Error) -> Error {
    let detail = format!(
        "{} {}",
        sentence(unknown.message()),
        unknown.detail_text().unwrap_or_default()
    );
    let error = Error::new(
        crate::error::Kind::InvalidText,
        format!("invalid input syntax for type {what}"),
    );
    error
        .detail(detail.trim_end())
        .hint(unknown.hint_text().unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_sealed_in_pieces_is_sealed_alike() {
        let long = [7; PIECE + 1];
        for n in [0, 1, 300, 3 * PIECE] {
            let mut pieces = Vec::new();
            let mut sealer = Sealer::new(3, &mut pieces);
            for i in 0..n as u64 {
                sealer.varint(i * i * i).unwrap();
                sealer.append(&long[..(i as usize * 11) % 90]).unwrap();
            }
            sealer.append(&long).unwrap();
            sealer.append(&long[..PIECE]).unwrap();
            sealer.finish().unwrap();
            let whole = seal(3, |out| {
                for i in 0..n as u64 {
                    put_varint(out, i * i * i);
                    out.extend_from_slice(&long[..(i as usize * 11) % 90]);
                }
                out.extend_from_slice(&long);
                out.extend_from_slice(&long[..PIECE]);
            });
            assert!(pieces == whole, "{n} integers");
        }
    }
}
