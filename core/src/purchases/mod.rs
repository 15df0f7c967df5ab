//! Who buys again, how often, and for how long: the models of buying until leaving unnoticed.
//!
//! | model | orders | leaving | source |
//! |---|---|---|---|
//! | BG/NBD | Poisson at a gamma distributed rate (r, alpha) | after each *repeat* order with a beta distributed probability (a, b) | Fader, Hardie & Lee, "Counting your customers the easy way", Marketing Science 24 (2005) |
//! | MBG/NBD | the same | after each order, the first included | Batislam, Denizel & Filiztekin, Int. J. Research in Marketing 24 (2007) |
//! | Pareto/NBD | the same | at any time, at a gamma distributed rate (s, beta) | Schmittlein, Morrison & Colombo, Management Science 33 (1987) |
//! | MBG/CNBD-k | k such events to an order | as in MBG/NBD | Platzer & Reutterer, Marketing Science 35 (2016) |
//! | BG/BB | once a period there is a chance, taken with a beta distributed probability (alpha, beta) | before each chance, with a beta distributed probability (gamma, delta) | Fader, Hardie & Shang, "Customer-base analysis in a discrete-time noncontractual setting", Marketing Science 29 (2010) |
//!
//! All have one shape: the likelihood of a customer is that of one who is there to the end, times one plus the *odds of having left*.
//! A customer is its frequency x, recency t_x and age T, as [`crate::customers`] defines them.

mod cells;
mod chances;
mod family;
mod fit;
mod history;
mod likelihood;
mod model;
mod outlook;
mod search;
mod warnings;

pub use chances::{MOST_CHANCES, by_chances, check, no_period};
pub use family::{Family, Sought, Stages, parse_family};
pub use fit::{Fitting, climb_from, fit, fit_all, fit_for_churn};
pub use history::{Histories, History, Wanted, of_log};
pub use model::{Model, NAME};
pub use outlook::{Counts, Customer, Outlook};
