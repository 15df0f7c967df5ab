//! Fits of purchase models, beside those that were computed at high precision.

use crate::fitted::{fitted, ln_likelihood};
use crate::tolerance::{LIKELIHOOD, STANDARD_ERROR, close};
use clientele_core::estimate::Status;
use clientele_core::purchases::{Family, History};

/// Fits at 60 digits, and histories.
pub const FITS: &str = include_str!("../golden/fits.txt");

pub fn numbers(line: &str) -> Vec<f64> {
    line.split(' ').map(|word| word.parse().unwrap()).collect()
}

/// That fits to `histories` are what the lines of this name say, with parameters to this tolerance.
pub fn check_fits(name: &str, histories: &[History], tolerance: f64) {
    for family in Family::POISSON {
        let model = fitted(family, histories);
        let start = format!("{name} {} ", family.name());
        let want = FITS.lines().find_map(|line| line.strip_prefix(&start)).unwrap();
        let want = numbers(want);
        assert_eq!(model.estimate.status, Status::Converged);
        close(ln_likelihood(&model), want[4], LIKELIHOOD, "log-likelihood");
        for (i, parameter) in model.parameters().iter().enumerate() {
            let what = format!("{} of {start}", parameter.name);
            close(parameter.estimate, want[i], tolerance, &what);
            close(parameter.standard_error.unwrap(), want[5 + i], STANDARD_ERROR, &what);
        }
        let (aic, bic) = (8.0 - 2.0 * want[4], 4.0 * model.estimate.customers.ln() - 2.0 * want[4]);
        close(model.estimate.aic().unwrap(), aic, LIKELIHOOD, "AIC");
        close(model.estimate.bic().unwrap(), bic, LIKELIHOOD, "BIC");
    }
}
