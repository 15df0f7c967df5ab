//! The numbers of clusters: in a stated order, and those of an earlier model where they are the same.

use super::matching;
use super::model::Model;
use super::points::Points;
use super::quality::{self, Quality};
use super::rows::Rows;
use crate::checkpoint::Checkpoint;
use crate::choice::unknown;
use crate::error::Result;
use ndarray::Array2;

/// What follows the name of a feature to number by it from the greatest on.
const DESC: &str = " desc";
/// So many words are listed where one is unknown.
const MOST_WORDS: usize = 20;

/// What clusters are numbered by.
pub(super) enum Order {
    Size,
    Feature { at: usize, descending: bool },
}

impl Order {
    /// Names are what they are; the words around them may be in any case.
    pub(super) fn parse(word: &str, names: &[String]) -> Result<Order> {
        let place = |name: &str| names.iter().position(|known| known == name);
        let backwards = || {
            let (name, desc) = word.split_at_checked(word.len().checked_sub(DESC.len())?)?;
            desc.eq_ignore_ascii_case(DESC).then(|| place(name)).flatten()
        };
        let order = |at, descending| Order::Feature { at, descending };
        if let Some(at) = place(word) {
            return Ok(order(at, false));
        }
        if word.eq_ignore_ascii_case("size") {
            return Ok(Order::Size);
        }
        backwards().map(|at| order(at, true)).ok_or_else(|| {
            let words = ["size"].into_iter().chain(names.iter().map(|name| &**name));
            let error = unknown("order_by", word, words.take(MOST_WORDS));
            let hint = error.hint_text().unwrap_or_default().to_owned();
            error.hint(format!("{hint} A name and \"{DESC}\" begins with the greatest."))
        })
    }

    /// The clusters in this order; equal ones in that of their centers.
    pub(super) fn of(&self, model: &Model, quality: &Quality) -> Vec<usize> {
        let key = |at: usize| match *self {
            Order::Size => -quality.weights[at],
            Order::Feature {
                at: feature,
                descending,
            } => {
                let value = model.centers()[(at, feature)];
                if descending { -value } else { value }
            }
        };
        let mut order: Vec<usize> = (0..model.k()).collect();
        order.sort_by(|&a, &b| {
            let centers = model.centers().row(a).into_iter().zip(model.centers().row(b));
            let by_center = centers.map(|(a, b)| a.total_cmp(b)).find(|order| order.is_ne());
            key(a)
                .total_cmp(&key(b))
                .then(by_center.unwrap_or(std::cmp::Ordering::Equal))
        });
        order
    }
}

/// Which cluster of the previous model each cluster is: by the weight of the rows that both hold. There are so many
/// clusters, of `k` that were asked for.
pub(super) fn same_as(
    previous: &Model,
    rows: Rows<'_>,
    points: &Points,
    (clusters, k): (usize, usize),
    checkpoint: &mut dyn Checkpoint,
) -> Result<Vec<Option<usize>>> {
    let mut before = Points::of(rows, &previous.scaling, k, checkpoint)?;
    quality::settle(&mut before, previous.scaled_centers(), checkpoint)?;
    let mut shared = Array2::zeros((clusters, previous.k()));
    for (now, before) in points.shards.iter().zip(&before.shards) {
        for ((&now, &before), &weight) in now.clusters.iter().zip(&before.clusters).zip(&now.weights) {
            shared[(now as usize, before as usize)] += weight;
        }
    }
    matching::assign(&shared, checkpoint)
}

/// The clusters in the order of their numbers: those that are the same as a previous one keep its number if it is not beyond the last;
/// the others fill the gaps in the order that they have.
pub(super) fn keep_numbers(order: &[usize], same_as: &[Option<usize>]) -> Vec<usize> {
    let mut numbers = vec![None; order.len()];
    for (cluster, number) in same_as.iter().enumerate() {
        if let Some(slot) = number.and_then(|number| numbers.get_mut(number)) {
            *slot = Some(cluster);
        }
    }
    let kept: Vec<usize> = numbers.iter().flatten().copied().collect();
    let mut others = order.iter().filter(|cluster| !kept.contains(cluster));
    numbers
        .into_iter()
        .map(|cluster| cluster.unwrap_or_else(|| *others.next().expect("as many clusters as numbers")))
        .collect()
}
