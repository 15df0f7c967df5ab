//! `parameters` and `describe`: what fitted models have in common.

use crate::pg::call::Call;
use crate::pg::error::notice;
use crate::pg::record::{Field, Record};
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

const PARAMETERS: &[(&str, Column)] = &[
    ("parameter", Column::Text),
    ("estimate", Column::Float8),
    ("standard_error", Column::Float8),
    ("low", Column::Float8),
    ("high", Column::Float8),
    ("at_limit", Column::Bool),
];

/// One row for each parameter.
pub fn parameters<'a>(parameters: &[Parameter], call: Call<'a>) -> Result<RowSet<'a>> {
    let mut rows = Rows::begin(call, PARAMETERS, None)?;
    for parameter in parameters {
        rows.put(&[
            Cell::Text(parameter.name),
            Cell::Float(parameter.estimate),
            Cell::of(parameter.standard_error, Cell::Float),
            Cell::of(parameter.interval, |interval| Cell::Float(interval.0)),
            Cell::of(parameter.interval, |interval| Cell::Float(interval.1)),
            Cell::Bool(parameter.at_limit),
        ])?;
    }
    Ok(rows.finish())
}

/// One row: the model, how it was fitted, what else there is to say about the data, and what to know before one trusts it.
pub fn describe<'a, const N: usize>(
    model: &str,
    estimate: &Estimate<N>,
    data: &[(&str, Field<'_>)],
    call: Call<'a>,
) -> Result<Record<'a>> {
    let warnings = estimate.warnings.join("; ");
    let first = [
        ("model", Field::Text(Some(model))),
        ("status", Field::Text(Some(estimate.status.name()))),
        ("customers", Field::Float8(Some(estimate.customers))),
    ];
    let last = [
        ("log_likelihood", Field::Float8(estimate.log_likelihood)),
        ("aic", Field::Float8(estimate.aic())),
        ("bic", Field::Float8(estimate.bic())),
        (
            "warnings",
            Field::Text(Some(&*warnings).filter(|text| !text.is_empty())),
        ),
    ];
    Record::of(&[&first, data, &last].concat(), call)
}
