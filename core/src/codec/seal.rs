//! The cover of small stored values: a version in front, a checksum behind.

use super::Reader;
use crate::error::{Error, Result, sentence};

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
