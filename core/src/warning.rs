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
/// one for what to do about it. Nothing where there is none.
pub fn message(warnings: &[Warning]) -> Option<Error> {
    if warnings.is_empty() {
        return None;
    }
    let all = |of: &dyn Fn(&Warning) -> String, between| warnings.iter().map(of).collect::<Vec<_>>().join(between);
    let about = Error::new(Kind::NotEnough, all(&|warning| warning.headline.to_owned(), "; "));
    let about = about.detail(all(&|warning| sentence(&warning.facts), "\n"));
    Some(about.hint(all(&|warning| warning.advice.clone(), "\n")))
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
        let both = message(&[few, late]).unwrap();
        assert_eq!(both.message(), "few rows; it is late");
        assert_eq!(both.detail_text(), Some("Only 3 rows are there.\nIt is 11 o'clock."));
        assert_eq!(both.hint_text(), Some("Wait for more.\nGo home."));
    }
}
