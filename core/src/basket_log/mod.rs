//! Items that were in one basket, collected into one compact value.

mod baskets;

pub use baskets::Baskets;
