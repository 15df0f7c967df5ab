//! Retention: who stays where leaving is seen, as with subscriptions, memberships and contracts.
//!
//! The shifted-beta-geometric model of Fader & Hardie, "How to project customer retention" (Journal of Interactive Marketing 21,
//! 2007): a customer leaves at each renewal with a probability θ of its own, and θ is beta distributed (alpha, beta) over
//! customers. Those likely to leave do so early, so that the retention rate of those who are left rises from renewal to renewal.
//!
//! - [`Tenures`] collects how many customers left and stayed at which renewal, in any order and number of pieces;
//! - [`LifeTable`] is what the likelihood is of: who came to each renewal, and who left there;
//! - [`Model`] holds the parameters, and what follows from them.

mod fit;
mod lifetime;
mod model;
mod tenures;

pub use fit::LifeTable;
pub use model::{Model, NAME};
pub use tenures::Tenures;

/// The names of the parameters.
pub const PARAMETERS: [&str; 2] = ["alpha", "beta"];
