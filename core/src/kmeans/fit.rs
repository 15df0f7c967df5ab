//! Fitting a model: from features to numbered clusters.

use super::Features;
use super::lloyd::{Limits, Run, farthest, iterate};
use super::means::means;
use super::model::{Cluster, LONGEST_NAME, MOST_NUMBERS, Model};
use super::numbering::{Order, keep_numbers, same_as};
use super::points::{Points, different};
use super::quality::{self, Silhouette, Squares, measure};
use super::rows::Rows;
use super::scaling::{GREATEST, Method, Scaling};
use super::seeding::seed;
use super::swaps::{Ends, improve, settle};
use crate::checkpoint::Checkpoint;
use crate::error::{Error, Kind, Result, spelled};
use crate::estimate::Status;
use crate::random::Random;

/// The most clusters there can be.
pub const MAX_CLUSTERS: usize = 65_535;
/// With more different rows than this, the starts are tried out on so many of them.
const SAMPLE: usize = 1 << 15;
/// From so many seedings it is tried.
const STARTS: i32 = 10;
/// And from more of them where clusters are few, so that one swap changes too much and seedings cost little: this over the square of k,
const MORE_STARTS: usize = 1000;
/// but no more than that.
const MOST_MORE: usize = 40;
/// The tolerance where there is a previous model.
const STEADY: f64 = 1e-3;
/// The random numbers that rows are sampled by.
const SAMPLING: u64 = u64::MAX;
/// And those that swaps are drawn by.
const SWAPPING: u64 = SAMPLING - 1;
/// How many swaps are tried: so many for each cluster, within limits.
const SWAPS: usize = 5;
const SWAP_LIMITS: (usize, usize) = (40, 80);
/// And with all rows, after a sample.
const LAST_SWAPS: usize = 5;
/// A start is preferred to the previous centers where they lead to an inertia that is more than this much above its own.
const WORSE: f64 = 1.01;

/// A cluster with this part of the rows is told of.
const MOST_ROWS: f64 = 0.95;
/// Centers are made means of their rows, and the rows placed by them, at most so often.
const ROUNDS: usize = 32;

/// What can be chosen.
#[derive(Clone, Debug)]
pub struct Options<'a> {
    /// How many clusters.
    pub k: i32,
    /// How features are brought to one scale.
    pub scaling: Method,
    /// From how many seedings the iterations start, and from some more where clusters are few; the best end counts. Nothing is 10, or 0 where there is a previous model with as
    /// many clusters, whose centers are a start of their own.
    pub starts: Option<i32>,
    /// The most iterations of each.
    pub iterations: i32,
    /// Iterations end when the squares of the steps of all centers add up to this part of the mean variance of the features. With 0,
    /// when no row changes its cluster. Nothing is 0, or 0.001 from the centers of a previous model: from there on, long ways that gain
    /// little only make labels change.
    pub tolerance: Option<f64>,
    /// Other seeds give other starts.
    pub seed: i64,
    /// An earlier model, whose numbers of clusters are kept.
    pub previous: Option<&'a Model>,
    /// The names of the features; those of the previous model, or `feature_1` and so on.
    pub names: Option<Vec<String>>,
    /// What clusters are numbered by: `size`, the greatest first, or the name of a feature, the least first, or the name and ` desc`.
    pub order_by: &'a str,
    /// How the silhouette is computed.
    pub silhouette: Silhouette,
}

impl Options<'_> {
    /// The usual choices for `k` clusters.
    pub fn new(k: i32) -> Self {
        Options {
            k,
            scaling: Method::default(),
            starts: None,
            iterations: 300,
            tolerance: None,
            seed: 1,
            previous: None,
            names: None,
            order_by: "size",
            silhouette: Silhouette::default(),
        }
    }

    /// The previous model, if the iterations can start from its centers.
    fn follows(&self) -> Option<&Model> {
        self.previous
            .filter(|previous| i32::try_from(previous.k()) == Ok(self.k))
    }

    fn tolerance(&self) -> f64 {
        self.tolerance
            .unwrap_or(if self.previous.is_some() { STEADY } else { 0.0 })
    }

    fn starts(&self) -> i32 {
        self.starts.unwrap_or(if self.follows().is_some() { 0 } else { STARTS })
    }

    /// How many clusters, checked.
    fn k(&self) -> Result<usize> {
        match usize::try_from(self.k) {
            Ok(k @ 1..=MAX_CLUSTERS) => Ok(k),
            _ => Err(out_of_range("k", self.k, "between 1 and 65535")),
        }
    }

    /// Whether they may be chosen, whatever the features are.
    ///
    /// # Errors
    /// The option that may not be so, with its value.
    pub fn check(&self) -> Result<()> {
        self.k()?;
        let least = i32::from(self.follows().is_none());
        if self.starts() < least {
            return Err(out_of_range("n_init", self.starts(), &format!("at least {least}")));
        }
        if self.iterations < 0 {
            return Err(out_of_range("max_iter", self.iterations, "at least 0"));
        }
        let tolerance = self.tolerance();
        if !(tolerance.is_finite() && tolerance >= 0.0) {
            return Err(Error::invalid("tolerance must be a finite number that is not negative")
                .detail(format!("It is {}.", spelled(tolerance))));
        }
        Ok(())
    }

    /// The names of so many features.
    fn names(&self, dimension: usize) -> Result<Vec<String>> {
        let Some(names) = &self.names else {
            return Ok(match self.previous {
                Some(previous) => previous.features.clone(),
                None => (1..=dimension).map(|number| format!("feature_{number}")).collect(),
            });
        };
        if names.len() != dimension {
            return Err(Error::invalid("there must be one name for each feature")
                .detail(format!("There are {} names and {dimension} features.", names.len())));
        }
        for (at, name) in names.iter().enumerate() {
            if name.is_empty() || name == "size" || names[..at].contains(name) {
                return Err(
                    Error::invalid("names of features must be different, and neither empty nor \"size\"")
                        .detail(format!("There is \"{name}\".")),
                );
            }
            if name.len() > LONGEST_NAME {
                return Err(
                    Error::invalid(format!("names of features must have at most {LONGEST_NAME} bytes"))
                        .detail(format!("Name {} has {}.", at + 1, name.len())),
                );
            }
        }
        Ok(names.clone())
    }
}

fn out_of_range(what: &str, value: i32, range: &str) -> Error {
    Error::invalid(format!("{what} must be {range}")).detail(format!("It is {value}."))
}

/// A model, and what the fit knows of the rows that it was fitted to.
pub(super) struct Fitted {
    pub model: Model,
    /// The rows, with the clusters of the fit.
    pub points: Points,
    /// The distances of the points to these clusters, if they were to be kept.
    pub squares: Squares,
    /// The cluster of the fit that each cluster of the model is.
    pub numbers: Vec<usize>,
}

/// Fits a model to the rows that weigh something. Memory: a copy of the features and some 30 bytes for each row, and one more where some rows
/// weigh nothing.
pub fn fit<'a>(rows: impl Into<Rows<'a>>, options: &Options<'_>, checkpoint: &mut dyn Checkpoint) -> Result<Model> {
    fit_points(rows.into(), options, false, checkpoint).map(|fitted| fitted.model)
}

/// Fits a model, and keeps the distances of the rows to its centers if that is asked for.
pub(super) fn fit_points(
    rows: Rows<'_>,
    options: &Options<'_>,
    keep: bool,
    checkpoint: &mut dyn Checkpoint,
) -> Result<Fitted> {
    options.check()?;
    let k = options.k()?;
    let heavy = rows.without_weightless(checkpoint)?;
    let of_all = rows.len();
    let rows = heavy
        .as_ref()
        .map_or(rows, |(features, weights)| Rows::weighted(features, Some(weights)));
    let (features, dimension) = (rows.features, rows.features.nrows());
    if rows.len() == 0 {
        let error = Error::new(Kind::NotEnough, "no rows to fit k-means to");
        return Err(error.detail(match of_all {
            0 => "The feature set is empty.".to_owned(),
            _ => format!("Rows of weight 0: {of_all}."),
        }));
    }
    rows.check()?;
    if let Some(previous) = options.previous {
        previous.check_dimension(dimension)?;
    }
    let names = options.names(dimension)?;
    if k.saturating_mul(dimension) > MOST_NUMBERS {
        return Err(
            Error::new(Kind::TooLarge, "too many clusters for so many features").detail(format!(
                "A model holds {MOST_NUMBERS} numbers, and not {k} times {dimension}."
            )),
        );
    }
    let order = Order::parse(options.order_by, &names)?;
    let (scaling, mut warnings) = Scaling::fit(options.scaling, rows, &names, checkpoint)?;
    let mut points = Points::of(rows, &scaling, k, checkpoint)?;
    let run = search(&mut points, &scaling, k, options, checkpoint)?;
    let found = run.centers.nrows();
    let different = different(features, k, checkpoint)?;
    if found < k.min(different) {
        return Err(indistinct(scaling.method));
    }
    match different {
        1 if k > 1 => warnings.push(format!("all rows are the same: there is one cluster, and not {k}")),
        _ if different < k => warnings.push(format!(
            "only {different} rows are different: there are as many clusters, and not {k}"
        )),
        _ => {}
    }
    if !run.converged {
        warnings.push("max_iter was reached before the clusters stopped changing".to_owned());
    }
    // What is reported is what the model says of the rows: its centers are those in the units of the features.
    let mut model = Model::new(names, scaling, &run.centers);
    quality::settle(&mut points, &run.centers, checkpoint)?;
    let went_to_end = run.converged && options.tolerance() == 0.0;
    center(&mut model, went_to_end, features, &mut points, checkpoint)?;
    let (centers, kind) = (model.scaled_centers(), options.silhouette);
    let (quality, squares) = measure(&mut points, centers, kind, keep, checkpoint)?;
    let mut numbers = order.of(&model, &quality);
    if let Some(previous) = options.previous {
        let kept = same_as(previous, rows, &points, (found, k), checkpoint)?;
        numbers = keep_numbers(&numbers, &kept);
    }
    model.renumber(&numbers);
    let sizes = points.sizes(&quality.weights, checkpoint)?;
    model.clusters = numbers
        .iter()
        .map(|&at| Cluster {
            size: sizes[at],
            weight: quality.weights[at],
            inertia: quality.inertias[at],
        })
        .collect();
    model.rows = rows.len() as u64;
    model.weight = quality.weights.iter().sum();
    // Of several clusters.
    let nearly_all = |cluster: &Cluster| found > 1 && cluster.weight >= MOST_ROWS * model.weight;
    if let Some(at) = model.clusters.iter().position(nearly_all) {
        let Cluster { size, weight, .. } = model.clusters[at];
        let (share, few) = if points.weighted {
            let percent = (100.0 * weight / model.weight).floor();
            (format!("{percent} % of the weight"), "have little")
        } else {
            (format!("{size} of {} rows", model.rows), "be few")
        };
        warnings.push(format!(
            "cluster {} holds {share}: the others may {few} because their values are extreme",
            at + 1
        ));
    }
    model.inertia = quality.inertia;
    model.silhouette = quality.silhouette;
    model.calinski_harabasz = quality.calinski_harabasz;
    model.davies_bouldin = quality.davies_bouldin;
    model.status = if run.converged {
        Status::Converged
    } else {
        Status::Unfinished
    };
    model.iterations = run.iterations as u64;
    model.starts = options.starts() as u64;
    model.seed = options.seed;
    model.warnings = warnings;
    debug_assert_eq!(Model::decode(&model.encode()).as_ref(), Ok(&model));
    debug_assert_eq!(Model::parse(&model.text()).as_ref(), Ok(&model));
    Ok(Fitted {
        model,
        points,
        squares,
        numbers,
    })
}

/// Rows that differ, and are the same to distances.
#[cold]
fn indistinct(scaling: Method) -> Error {
    Error::new(
        Kind::OutOfRange,
        "rows that differ are too near each other to be told apart",
    )
    .detail(format!(
        "With scaling \"{}\", what is between them is lost beside the greatest values.",
        scaling.name()
    ))
    .hint("Leave out rows with extreme values, take logarithms, or ask for fewer clusters.")
}

/// Moves the centers of the model to the means of their rows, in the units of the features, and places the rows by them: more than once,
/// because rows that are as near to two centers may go to the other one by rounding. A center that has lost all of its rows goes to the row
/// that is farthest from its own.
///
/// Where the iterations ended before the clusters stopped changing, once will do: the means are those of the clusters as they were at the end.
fn center(
    model: &mut Model,
    went_to_end: bool,
    features: &Features,
    points: &mut Points,
    checkpoint: &mut dyn Checkpoint,
) -> Result<()> {
    for _ in 0..ROUNDS {
        let (mut centers, empty) = means(features, points, model.centers(), checkpoint)?;
        let far = farthest(points, model.scaled_centers(), empty.len(), checkpoint)?;
        for (cluster, point) in empty.into_iter().zip(far) {
            centers.row_mut(cluster).assign(&features.column(points.row(point)));
        }
        model.set_centers(centers);
        let settled = !quality::settle(points, model.scaled_centers(), checkpoint)?;
        if (settled || !went_to_end) && points.are_in_all(model.k()) {
            return Ok(());
        }
        if settled && went_to_end {
            break;
        }
    }
    // Rows have no center to stay with only where others are the same to distances.
    Err(indistinct(model.scaling.method))
}

/// The best of several runs; that from the previous centers unless another is clearly better.
fn search(
    points: &mut Points,
    scaling: &Scaling,
    k: usize,
    options: &Options<'_>,
    checkpoint: &mut dyn Checkpoint,
) -> Result<Run> {
    let limits = Limits {
        iterations: options.iterations as usize,
        shift: match options.tolerance() {
            0.0 => 0.0,
            tolerance => tolerance * points.mean_variance(),
        },
    };
    let mut sample = if points.len() > SAMPLE {
        let mut random = Random::stream(options.seed as u64, SAMPLING);
        Some(points.sample(SAMPLE, k, &mut random, checkpoint)?)
    } else {
        None
    };
    let mut best: Option<Run> = None;
    if options.starts() > 0 {
        let tried = sample.as_mut().unwrap_or(points);
        let mut ends = Ends::default();
        let more = (MORE_STARTS / (k * k)).min(MOST_MORE);
        for start in 0..options.starts() as u64 + more as u64 {
            let centers = seed(tried, k, &mut Random::stream(options.seed as u64, start), checkpoint)?;
            ends.add(iterate(tried, centers, limits, checkpoint)?);
        }
        let mut random = Random::stream(options.seed as u64, SWAPPING);
        let swaps = (SWAPS * k).clamp(SWAP_LIMITS.0, SWAP_LIMITS.1);
        improve(tried, &mut ends, swaps, limits, &mut random, checkpoint)?;
        if sample.is_some() {
            ends = settle(points, ends, limits, checkpoint)?;
            improve(points, &mut ends, LAST_SWAPS, limits, &mut random, checkpoint)?;
        }
        best = ends.into_best();
    }
    if let Some(previous) = options.follows() {
        // Where it cannot be compared with the rows, it is only far away.
        let centers = previous.centers_in(scaling).mapv(|x| x.clamp(-GREATEST, GREATEST));
        let run = iterate(points, centers, limits, checkpoint)?;
        if best.as_ref().is_none_or(|best| run.inertia <= WORSE * best.inertia) {
            best = Some(run);
        }
    }
    Ok(best.expect("there is a start or a previous model"))
}
