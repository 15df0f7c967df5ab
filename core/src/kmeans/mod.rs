//! k-means: segments that the data suggest, with their quality and names that stay.
//!
//! | module | what it does |
//! |---|---|
//! | [`fit`] | the whole: scaling, several starts, numbering, matching to an earlier model |
//! | [`scan`] | models with several numbers of clusters, and which of them each measure prefers |
//! | [`place`], [`segment`] | where a model places rows, a fitted one its own |
//! | [`Model`] | centers in the units of the features, scaling inside: assigns and explains |
//! | [`Scaling`] | brings features to one scale |
//! | [`Rows`] | features, and what rows weigh |
//! | `points`, `kernel` | points in tiles, and their distances to centers |
//! | `seeding`, `lloyd`, `swaps` | greedy k-means++, the iterations, and the way out of local optima |
//! | `means`, `weighted_means` | what centers are: the means of their rows, in the units of the features |
//! | `numbering` | the numbers of clusters: in a stated order, or those of another model |
//! | [`Quality`] | inertia, silhouette, Caliński-Harabasz, Davies-Bouldin |
//! | `matching` | optimal assignment of clusters to those of another model |
//!
//! A row of weight w counts as w rows in everything: scaling, seeding, means, inertia and all measures. A row of weight 0 is placed only.
//!
//! Sums are added in an order that depends on the rows and on nothing else: the same rows, options and seed give the same bits with any
//! number of threads.

mod fit;
mod kernel;
mod lloyd;
mod matching;
mod means;
mod model;
mod numbering;
mod place;
mod points;
mod quality;
mod rows;
mod scaling;
mod scan;
mod seeding;
mod swaps;
mod weighted_means;

pub use fit::{MAX_CLUSTERS, Options, fit};
pub use model::{Cluster, Model, NAME};
pub use place::{Place, place, segment};
pub use quality::{Quality, Silhouette};
pub use rows::Rows;
pub use scaling::{Method, Scaling};
pub use scan::{check_scan, preferred, scan};

/// Features of customers: one row for each feature, in standard layout; one column for each customer.
pub type Features = ndarray::Array2<f64>;
