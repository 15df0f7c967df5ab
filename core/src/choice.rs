//! Options that are one of a few words.

use crate::error::{Error, Result};

/// What stands behind the word `given` for an option, in any case of its letters.
///
/// # Errors
/// A word that is not among the known ones: the message names the option, the detail the word, the hint all known words.
pub fn choose<T: Copy>(option: &str, given: &str, known: &[(&str, T)]) -> Result<T> {
    match known.iter().find(|(word, _)| word.eq_ignore_ascii_case(given)) {
        Some(&(_, value)) => Ok(value),
        None => Err(unknown(option, given, known.iter().map(|(word, _)| *word))),
    }
}

/// What is said about a word that is not among the known ones.
#[cold]
pub fn unknown<'a>(option: &str, given: &str, known: impl Iterator<Item = &'a str>) -> Error {
    let words: Vec<String> = known.map(|word| format!("\"{word}\"")).collect();
    Error::invalid(format!("unknown value for option \"{option}\""))
        .detail(format!("It is \"{given}\"."))
        .hint(format!("Use {}.", one_of(&words)))
}

/// Words as a sentence lists them: `a`, `a or b`, `a, b or c`.
fn one_of(words: &[String]) -> String {
    match words {
        [rest @ .., last] if !rest.is_empty() => format!("{} or {last}", rest.join(", ")),
        _ => words.concat(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_found_in_any_case_and_listed_where_they_are_not() {
        let known = [("tied", 1), ("ntile", 2), ("Café", 3)];
        assert_eq!(choose("ties", "NTile", &known), Ok(2));
        assert_eq!(choose("ties", "café", &known), Ok(3));
        let error = choose("ties", "dense", &known).unwrap_err();
        assert_eq!(error.message(), "unknown value for option \"ties\"");
        assert_eq!(error.detail_text(), Some("It is \"dense\"."));
        assert_eq!(error.hint_text(), Some("Use \"tied\", \"ntile\" or \"Café\"."));
        assert_eq!(
            choose("ties", "", &known[..1]).unwrap_err().hint_text(),
            Some("Use \"tied\".")
        );
    }
}
