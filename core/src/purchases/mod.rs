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
mod family;
mod fit;
mod history;
mod likelihood;
mod model;
mod outlook;
mod search;

pub use family::{Family, Sought, Stages, parse_family};
pub use fit::{Fitting, climb_from, fit, fit_all};
pub use history::{Histories, History, Wanted, of_log};
pub use model::{Model, NAME};
pub use outlook::{Customer, Outlook};
