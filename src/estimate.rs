//! `parameters` and `describe`: what fitted models have in common.

use crate::pg::call::Call;
use crate::pg::error::notice;
use crate::pg::rows::{Cell, Column, RowSet, Rows};
use clientele_core::Result;
use clientele_core::estimate::{Estimate, Fitted, Parameter};

/// The model, if there is one; where there was nothing to fit one to, a NOTICE says so.
pub fn told<M>(fitted: Fitted<M>) -> Option<M> {
    match fitted {
        Fitted::Model(model) => Some(model),
        Fitted::Nothing(about) => {
            notice(&about);
            None
        }
    }
}

/// A score, if it is a number.
pub fn finite(score: f64) -> Option<f64> {
    Some(score).filter(|score| score.is_finite())
}

const PARAMETERS: &[Column] = &[
    Column::Text,
    Column::Float8,
    Column::Float8,
    Column::Float8,
    Column::Float8,
];

/// One row for each parameter.
pub fn parameters(parameters: &[Parameter], call: Call<'_>) -> Result<RowSet> {
    let mut rows = Rows::begin(call, PARAMETERS, None)?;
    for parameter in parameters {
        rows.put(&[
            Cell::Text(parameter.name),
            Cell::Float(parameter.estimate),
            Cell::of(parameter.standard_error, Cell::Float),
            Cell::of(parameter.interval, |interval| Cell::Float(interval.0)),
            Cell::of(parameter.interval, |interval| Cell::Float(interval.1)),
        ])?;
    }
    Ok(rows.finish())
}

const DESCRIPTION: &[Column] = &[
    Column::Text,
    Column::Text,
    Column::Float8,
    Column::Float8,
    Column::Float8,
    Column::Float8,
    Column::Text,
];

/// One row: the model, how it was fitted, and what to know before one trusts it.
pub fn describe<const N: usize>(model: &str, estimate: &Estimate<N>, call: Call<'_>) -> Result<RowSet> {
    let warnings = estimate.warnings.join("; ");
    let mut rows = Rows::begin(call, DESCRIPTION, None)?;
    rows.put(&[
        Cell::Text(model),
        Cell::Text(estimate.status.name()),
        Cell::Float(estimate.customers),
        Cell::of(estimate.log_likelihood, Cell::Float),
        Cell::of(estimate.aic(), Cell::Float),
        Cell::of(estimate.bic(), Cell::Float),
        match &*warnings {
            "" => Cell::Null,
            warnings => Cell::Text(warnings),
        },
    ])?;
    Ok(rows.finish())
}
