//! What an order of a customer is worth: the Gamma-Gamma model.
//!
//! Spend of an order is gamma distributed (p, ν) around each customer's own mean, and ν is gamma distributed over customers (q, v);
//! independent of how often they order. A customer is known by the number of repeat purchases x and their mean value z: see
//! [`crate::customers`]. Source: Fader & Hardie, "The Gamma-Gamma model of monetary value" (2013), after Fader, Hardie & Lee, "RFM and CLV:
//! using iso-value curves", J. Marketing Research 42 (2005); Colombo & Jiang (1999).

mod fit;
mod model;
mod warnings;

pub use fit::{Spender, fit, of_log};
pub use model::{Model, NAME};

/// The names of the parameters; the third is in units of money.
pub const PARAMETERS: [&str; 3] = ["p", "q", "v"];

/// Which of them are money.
const SCALES: [bool; 3] = [false, false, true];
