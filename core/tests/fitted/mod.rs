//! Fits of one model.

use clientele_core::checkpoint::Unhindered;
use clientele_core::purchases::{Family, Fitting, History, Model, Sought, fit};

/// In days, of orders that are told apart.
pub const FITTING: Fitting = Fitting {
    time_unit: 1,
    period: None,
};

pub fn fitted(family: Family, histories: &[History]) -> Model {
    fit(histories, Sought::One(family), FITTING, &mut Unhindered)
        .unwrap()
        .model()
        .unwrap()
}

pub fn ln_likelihood(model: &Model) -> f64 {
    model.estimate.log_likelihood.unwrap()
}
