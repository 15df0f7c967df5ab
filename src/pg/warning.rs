//! Warnings of a call, as one WARNING.
//!
//! A query over many groups calls a function for each of them, and a WARNING for each would bury the first and fill the server's log. So
//! each place of a query says the same once: what is wrong in one group is told with that group's numbers, and a NOTICE says if there are more.

use super::call::Call;
use super::call_site::remembered;
use super::error::{notice, warning};
use clientele_core::warning::{Warning, message};
use clientele_core::{Error, Kind};
use std::cell::RefCell;

/// Where the place of a call remembers what it has told; no argument of a function has this number.
const PLACE: usize = usize::MAX;

/// What a place has told.
#[derive(Default)]
struct Told {
    headlines: Vec<&'static str>,
    /// Whether it has said that there is more of the same.
    more: bool,
}

/// Tells what this place of the query has not told before.
pub fn warn(warnings: Vec<Warning>, call: Call<'_>) {
    if warnings.is_empty() {
        return;
    }
    // SAFETY: the call is under way, and the place keeps what it remembers longer than the call takes.
    let told: &RefCell<Told> = unsafe { remembered((*call.fcinfo()).flinfo, PLACE, RefCell::default) };
    let (new, more) = told.borrow_mut().sort(warnings);
    // What these raise passes no borrow.
    if let Some(about) = message(&new) {
        warning(&about);
    }
    if more {
        notice(
            &Error::new(Kind::NotEnough, "warnings hold for other calls of this query, too")
                .detail("Each is told once for each place of a query.")
                .hint("What describe returns of a model has all of that model."),
        );
    }
}

impl Told {
    /// Those that are new, and whether it is the first time that one is not.
    fn sort(&mut self, warnings: Vec<Warning>) -> (Vec<Warning>, bool) {
        let before = self.headlines.clone();
        let old = |warning: &Warning| before.contains(&warning.headline);
        let more = !self.more && warnings.iter().any(old);
        self.more |= more;
        let mut new = Vec::new();
        for warning in warnings {
            if !self.headlines.contains(&warning.headline) {
                self.headlines.push(warning.headline);
                new.push(warning);
            }
        }
        (new, more)
    }
}
