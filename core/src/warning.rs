//! What users should know before they trust an answer: told with the call, and kept with the model.

use crate::error::{Error, Kind, sentence};

/// Something about data, a model or a question that makes answers doubtful.
#[derive(Clone, Debug, PartialEq)]
pub struct Warning {
    /// What it is, in words that are always the same: logs are searched for them.
    pub headline: &'static str,
    /// The same with its numbers, to be read alone: a sentence without its capital letter and full stop.
    pub facts: String,
    /// What to do about it, as a sentence.
    pub advice: String,
}

/// Several warnings as one message, as a call tells them: what they are, in their order, then a line for the numbers of each, and
/// one for what to do about it, unless another has the same. Nothing where there is none.
pub fn message(warnings: &[Warning]) -> Option<Error> {
    if warnings.is_empty() {
        return None;
    }
    let headlines: Vec<&str> = warnings.iter().map(|warning| warning.headline).collect();
    let facts: Vec<String> = warnings.iter().map(|warning| sentence(&warning.facts)).collect();
    let mut advice: Vec<&str> = Vec::new();
    for warning in warnings {
        if !advice.contains(&&*warning.advice) {
            advice.push(&warning.advice);
        }
    }
    let about = Error::new(Kind::NotEnough, headlines.join("; "));
    Some(about.detail(facts.join("\n")).hint(advice.join("\n")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn several_are_one_message() {
        let warning = |headline, facts: &str, advice: &str| Warning {
            headline,
            facts: facts.to_owned(),
            advice: advice.to_owned(),
        };
        assert_eq!(message(&[]), None);
        let few = warning("few rows", "only 3 rows are there", "Wait for more.");
        let late = warning("it is late", "it is 11 o'clock", "Go home.");
        let one = message(std::slice::from_ref(&few)).unwrap();
        assert_eq!(one.message(), "few rows");
        assert_eq!(one.detail_text(), Some("Only 3 rows are there."));
        assert_eq!(one.hint_text(), Some("Wait for more."));
        let both = message(&[few.clone(), late, few]).unwrap();
        assert_eq!(both.message(), "few rows; it is late; few rows");
        assert_eq!(
            both.detail_text(),
            Some("Only 3 rows are there.\nIt is 11 o'clock.\nOnly 3 rows are there.")
        );
        assert_eq!(both.hint_text(), Some("Wait for more.\nGo home."));
    }
}
