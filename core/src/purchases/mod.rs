//! Who buys again, how often, and for how long: the models of buying until leaving unnoticed.
//!
//! | model | orders | leaving | source |
//! |---|---|---|---|
//! | BG/NBD | Poisson at a gamma distributed rate (r, alpha) | after each *repeat* order with a beta distributed probability (a, b) | Fader, Hardie & Lee, "Counting your customers the easy way", Marketing Science 24 (2005) |
//! | MBG/NBD | the same | after each order, the first included | Batislam, Denizel & Filiztekin, Int. J. Research in Marketing 24 (2007) |
//! | Pareto/NBD | the same | at any time, at a gamma distributed rate (s, beta) | Schmittlein, Morrison & Colombo, Management Science 33 (1987) |
//!
//! All three have one shape: the likelihood of a customer is that of one who is there to the end, times one plus the *odds of having left*.
//! A customer is its frequency x, recency t_x and age T, as [`crate::customers`] defines them.

mod cells;
mod fit;
mod history;
mod likelihood;
mod model;
mod outlook;

pub use fit::{Fitting, fit, fit_all};
pub use history::{Histories, History, Wanted, of_log};
pub use model::{Model, NAME};
pub use outlook::{Customer, Outlook};

use crate::choice::choose;
use crate::error::Result;

/// The models.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Family {
    /// BG/NBD.
    Bg,
    /// MBG/NBD.
    Mbg,
    /// Pareto/NBD.
    Pareto,
}

impl Family {
    /// All of them.
    pub const ALL: [Family; 3] = [Family::Bg, Family::Mbg, Family::Pareto];

    /// The name of the model.
    pub fn name(self) -> &'static str {
        match self {
            Family::Bg => "bg/nbd",
            Family::Mbg => "mbg/nbd",
            Family::Pareto => "pareto/nbd",
        }
    }

    /// The model of that name, if there is one.
    pub fn find(name: &str) -> Option<Family> {
        Family::ALL.into_iter().find(|family| family.name() == name)
    }

    /// The model of that name.
    fn named(name: &str) -> Result<Family> {
        choose("model", name, &Family::ALL.map(|family| (family.name(), family)))
    }

    /// The names of the parameters. The second and, for Pareto/NBD, the fourth are in units of time.
    pub fn parameter_names(self) -> [&'static str; 4] {
        match self {
            Family::Bg | Family::Mbg => ["r", "alpha", "a", "b"],
            Family::Pareto => ["r", "alpha", "s", "beta"],
        }
    }

    /// Which of the parameters are times.
    fn scales(self) -> [bool; 4] {
        [false, true, false, self == Family::Pareto]
    }

    /// How many orders can be the last one besides the repeat orders: the first one, or none.
    fn first(self) -> f64 {
        match self {
            Family::Mbg => 1.0,
            Family::Bg | Family::Pareto => 0.0,
        }
    }
}

/// Reads the name of a model; nothing for `auto`, which is the best of all.
pub fn parse_family(name: &str) -> Result<Option<Family>> {
    let [bg, mbg, pareto] = Family::ALL.map(|family| (family.name(), Some(family)));
    choose("model", name, &[bg, mbg, pareto, ("auto", None)])
}
