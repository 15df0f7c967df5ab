//! The compact text form of a value: the name of its type, its version, what its header counts, and its bytes in base64.
//!
//! ```text
//! order_log:1:rows=3:AQIm…
//! ```
//! Nothing in it has to be quoted or escaped in an array, a row, `COPY` or JSON, and it is the same in every encoding.

use super::Collected;
use crate::checkpoint::{Checkpoint, vec_of};
use crate::codec::{Sink, invalid_text};
use crate::error::{Error, Kind, Result};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use std::fmt::Write;

/// Bytes that are written at a time, and letters that are read.
const BYTES: usize = 48 << 10;
const LETTERS: usize = BYTES / 3 * 4;
/// The longest head, all in all.
const HEAD: usize = 256;

/// What stands before the bytes.
fn head<C: Collected>(bytes: &[u8]) -> Result<String> {
    let version = bytes.first().copied().unwrap_or(0);
    let mut head = format!("{}:{version}:", C::NAME);
    for (name, fact) in C::facts(bytes)? {
        // Writing to a string cannot fail.
        let _ = write!(head, "{name}={fact}:");
    }
    Ok(head)
}

pub(super) fn write<C: Collected>(bytes: &[u8], sink: &mut dyn Sink, checkpoint: &mut dyn Checkpoint) -> Result<()> {
    sink.append(head::<C>(bytes)?.as_bytes())?;
    let mut letters = vec_of(0, LETTERS, checkpoint)?;
    for (done, part) in bytes.chunks(BYTES).enumerate() {
        checkpoint.pass("writing", done * BYTES, bytes.len())?;
        let len = STANDARD.encode_slice(part, &mut letters);
        sink.append(&letters[..len.expect("there is room for that many letters")])?;
    }
    Ok(())
}

/// The bytes that a text in the compact form spells, which are what this library writes; nothing if the text is JSON.
pub(super) fn read<C: Collected>(text: &str, checkpoint: &mut dyn Checkpoint) -> Result<Option<Vec<u8>>> {
    let text = text.trim_ascii().as_bytes();
    let is_compact = text
        .strip_prefix(C::NAME.as_bytes())
        .is_some_and(|rest| rest.first() == Some(&b':'));
    let start = text
        .iter()
        .take(HEAD)
        .rposition(|&letter| letter == b':')
        .map_or(0, |colon| colon + 1);
    if !is_compact && text.starts_with(b"{") {
        return Ok(None);
    }
    if !is_compact {
        let what = C::NAME;
        return Err(invalid_text(
            what,
            &format!("it begins neither with \"{what}:\" nor with \"{{\""),
        ));
    }
    let bytes = decode::<C>(&text[start..], checkpoint)?;
    let spelled = C::check(&bytes, checkpoint).and_then(|()| head::<C>(&bytes));
    let own = spelled.map_err(|error| match error.kind() {
        Kind::Corrupted => invalid_text(C::NAME, "").detail(error.detail_text().unwrap_or_default()),
        // Memory may have been too small, whatever the text is.
        _ => error,
    })?;
    if own.as_bytes() == &text[..start] {
        Ok(Some(bytes))
    } else {
        let given = String::from_utf8_lossy(&text[..start]);
        Err(invalid_text(
            C::NAME,
            &format!("its head is \"{given}\", and that of its bytes is \"{own}\""),
        ))
    }
}

fn decode<C: Collected>(letters: &[u8], checkpoint: &mut dyn Checkpoint) -> Result<Vec<u8>> {
    let mut bytes = vec_of(0, letters.len().div_ceil(4) * 3, checkpoint)?;
    let mut len = 0;
    for (done, part) in letters.chunks(LETTERS).enumerate() {
        checkpoint.pass("reading", done * LETTERS, letters.len())?;
        let is_last = (done + 1) * LETTERS >= letters.len();
        match STANDARD.decode_slice(part, &mut bytes[len..]) {
            // Only the last letters may stand for fewer bytes.
            Ok(n) if n == BYTES || is_last => len += n,
            _ => return Err(no_base64::<C>()),
        }
    }
    bytes.truncate(len);
    Ok(bytes)
}

#[cold]
fn no_base64<C: Collected>() -> Error {
    invalid_text(C::NAME, "what stands behind its head is not base64")
}
