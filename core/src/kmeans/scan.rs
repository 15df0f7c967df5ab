//! Models with several numbers of clusters, to choose one of.

use super::fit::{MAX_CLUSTERS, Options, fit};
use super::model::Model;
use super::rows::Rows;
use crate::checkpoint::Checkpoint;
use crate::error::{Error, Result};
use std::ops::RangeInclusive;

/// What models can be preferred by: the name of each measure, and how much of it a model has; more is better.
type Preference = (&'static str, fn(&Model) -> Option<f64>);
const PREFERENCES: [Preference; 3] = [
    ("silhouette", |model| model.silhouette),
    ("calinski_harabasz", |model| model.calinski_harabasz),
    ("davies_bouldin", |model| model.davies_bouldin.map(|index| -index)),
];

/// Checks from which to which number of clusters models are wanted.
pub fn check_scan(k_min: i32, k_max: i32) -> Result<RangeInclusive<i32>> {
    if k_min < 1 || k_max < k_min || k_max as usize > MAX_CLUSTERS {
        return Err(
            Error::invalid("k_min must be at least 1, and k_max between k_min and 65535")
                .detail(format!("They are {k_min} and {k_max}.")),
        );
    }
    Ok(k_min..=k_max)
}

/// Models with each of these numbers of clusters, up to as many as there are different rows. All other options are the same.
pub fn scan<'a>(
    rows: impl Into<Rows<'a>>,
    numbers: RangeInclusive<i32>,
    options: &Options<'_>,
    checkpoint: &mut dyn Checkpoint,
) -> Result<Vec<Model>> {
    let rows = rows.into();
    let mut models: Vec<Model> = Vec::new();
    for k in numbers {
        let model = fit(rows, &Options { k, ..options.clone() }, checkpoint)?;
        // Beyond the number of different rows there is nothing new.
        if models.last().is_some_and(|last| last.k() == model.k()) {
            break;
        }
        models.push(model);
    }
    Ok(models)
}

/// The measures, each with the place of the model that is best by it, the first of several.
pub fn preferred(models: &[Model]) -> [(&'static str, Option<usize>); 3] {
    PREFERENCES.map(|(name, measure)| (name, best(models, measure)))
}

/// The model with the greatest value, the first of several.
fn best(models: &[Model], value: impl Fn(&Model) -> Option<f64>) -> Option<usize> {
    let values = models
        .iter()
        .enumerate()
        .filter_map(|(at, model)| Some((at, value(model)?)));
    let better = |best: (usize, f64), next: (usize, f64)| if next.1 > best.1 { next } else { best };
    values.reduce(better).map(|(at, _)| at)
}
