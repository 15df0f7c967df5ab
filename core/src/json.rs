//! JSON that comes from outside: what a text form may be, before it is believed.

use crate::codec::invalid_text;
use crate::error::Result;
use serde::de::DeserializeOwned;

/// Refuses `\u0000` in JSON, as `jsonb` does: a text of the server cannot hold a zero byte. `what` is the type that the text should spell.
pub fn refuse_zero(what: &str, text: &str) -> Result<()> {
    let mut bytes = text.as_bytes();
    while let Some(at) = bytes.iter().position(|&byte| byte == b'\\' || byte == 0) {
        if bytes[at] == 0 || bytes[at + 1..].starts_with(b"u0000") {
            return Err(invalid_text(what, "\\u0000 cannot be converted to text"));
        }
        // What is escaped by a backslash escapes nothing.
        bytes = bytes.get(at + 2..).unwrap_or_default();
    }
    Ok(())
}

/// Reads the JSON of a value of the type `what`, of no more than `longest` bytes: while it is read, each of its parts takes some thirty
/// times as much.
pub fn read<T: DeserializeOwned>(what: &str, text: &str, longest: usize) -> Result<T> {
    if text.len() > longest {
        let detail = format!("it is {} bytes long, and {longest} are the most", text.len());
        return Err(invalid_text(what, &detail));
    }
    refuse_zero(what, text)?;
    serde_json::from_str(text).map_err(|error| invalid_text(what, &error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Kind;

    #[test]
    fn zero_bytes_are_refused_however_they_are_written() {
        for text in [
            r#""\u0000""#,
            r#"{"a\u0000b":1}"#,
            r#""\\\u0000""#,
            "\"\0\"",
            r#"["\n", "x\u0000"]"#,
        ] {
            assert_eq!(
                refuse_zero("test", text).unwrap_err().kind(),
                Kind::InvalidText,
                "{text}"
            );
        }
        for text in [r#""\\u0000""#, r#""\u0001""#, r#""u0000""#, "\"\\", "", r#""\u00001""#] {
            assert_eq!(refuse_zero("test", text).is_ok(), !text.contains("00001"), "{text}");
        }
    }

    #[test]
    fn texts_are_bounded() {
        assert_eq!(read::<Vec<u8>>("test", "[1]", 3), Ok(vec![1]));
        for (text, longest) in [("[1]", 2), ("[1", 3), (r#"["\u0000"]"#, 100)] {
            let error = read::<Vec<String>>("test", text, longest).unwrap_err();
            assert_eq!(
                (error.kind(), error.message()),
                (Kind::InvalidText, "invalid input syntax for type test")
            );
        }
    }
}
