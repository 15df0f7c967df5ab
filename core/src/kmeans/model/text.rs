//! The text form of a model: JSON that people read, and write by hand.

use super::{Cluster, MOST_WARNINGS, Model, NAME, VERSION};
use crate::codec::invalid_text;
use crate::error::Result;
use crate::estimate::Status;
use crate::feature_set::MAX_DIMENSION;
use crate::json;
use crate::kmeans::fit::MAX_CLUSTERS;
use crate::kmeans::scaling::Scaling;
use ndarray::Array2;
use serde::de::{SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};
use std::fmt;
use std::marker::PhantomData;

/// The longest text form: more than what the largest model comes to.
const LONGEST_TEXT: usize = 1 << 27;

/// The text form.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Text {
    #[serde(rename = "kmeans_model")]
    version: u8,
    #[serde(deserialize_with = "at_most::<MAX_DIMENSION, _, _>")]
    features: Vec<String>,
    scaling: Scaling,
    #[serde(deserialize_with = "at_most::<MAX_CLUSTERS, _, _>")]
    clusters: Vec<ClusterText>,
    #[serde(default)]
    rows: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    weight: Option<f64>,
    #[serde(default)]
    inertia: f64,
    #[serde(default)]
    silhouette: Option<f64>,
    #[serde(default)]
    calinski_harabasz: Option<f64>,
    #[serde(default)]
    davies_bouldin: Option<f64>,
    #[serde(default)]
    status: Status,
    #[serde(default)]
    iterations: u64,
    #[serde(default)]
    starts: u64,
    #[serde(default)]
    seed: i64,
    #[serde(default, deserialize_with = "at_most::<MOST_WARNINGS, _, _>")]
    warnings: Vec<String>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ClusterText {
    cluster: usize,
    #[serde(default)]
    size: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    weight: Option<f64>,
    #[serde(default)]
    inertia: f64,
    #[serde(deserialize_with = "at_most::<MAX_DIMENSION, _, _>")]
    center: Vec<f64>,
}

impl Model {
    /// Reads the text form, which is JSON.
    pub fn parse(text: &str) -> Result<Model> {
        let wrong = |message: &str| invalid_text(NAME, message);
        let text: Text = json::read(NAME, text, LONGEST_TEXT)?;
        if text.version != VERSION {
            return Err(wrong(&format!("the version in \"{NAME}\" must be {VERSION}")));
        }
        let dimension = text.features.len();
        let mut centers = Vec::new();
        for (at, cluster) in text.clusters.iter().enumerate() {
            if cluster.cluster != at + 1 {
                return Err(wrong("clusters must be numbered from 1 in their order"));
            }
            if cluster.center.len() != dimension {
                return Err(wrong(&format!(
                    "the center of cluster {} must have one number for each feature",
                    at + 1
                )));
            }
            centers.extend_from_slice(&cluster.center);
        }
        if [text.scaling.center.len(), text.scaling.scale.len()] != [dimension; 2] {
            return Err(wrong("\"scaling\" must have one center and one scale for each feature"));
        }
        let shape = (text.clusters.len(), dimension);
        let centers = Array2::from_shape_vec(shape, centers).expect("as many numbers as features in each");
        let clusters = text.clusters.iter().map(
            |&ClusterText {
                 size, weight, inertia, ..
             }| Cluster {
                size,
                weight: weight.map_or(size as f64, |weight| weight + 0.0),
                inertia,
            },
        );
        let model = Model {
            clusters: clusters.collect(),
            rows: text.rows,
            weight: text.weight.map_or(text.rows as f64, |weight| weight + 0.0),
            inertia: text.inertia,
            silhouette: text.silhouette,
            calinski_harabasz: text.calinski_harabasz,
            davies_bouldin: text.davies_bouldin,
            status: text.status,
            iterations: text.iterations,
            starts: text.starts,
            seed: text.seed,
            warnings: text.warnings,
            ..Model::of(text.features, text.scaling, centers)
        };
        model.checked(wrong)
    }

    /// The text form.
    pub fn text(&self) -> String {
        let clusters = self.clusters.iter().zip(self.centers.rows()).enumerate();
        let text = Text {
            version: VERSION,
            features: self.features.clone(),
            scaling: self.scaling.clone(),
            clusters: clusters
                .map(|(at, (&Cluster { size, weight, inertia }, center))| ClusterText {
                    cluster: at + 1,
                    size,
                    weight: of_rows(weight, size),
                    inertia,
                    center: center.to_vec(),
                })
                .collect(),
            rows: self.rows,
            weight: of_rows(self.weight, self.rows),
            inertia: self.inertia,
            silhouette: self.silhouette,
            calinski_harabasz: self.calinski_harabasz,
            davies_bouldin: self.davies_bouldin,
            status: self.status,
            iterations: self.iterations,
            starts: self.starts,
            seed: self.seed,
            warnings: self.warnings.clone(),
        };
        serde_json::to_string(&text).expect("numbers and names can be written")
    }
}

/// A weight, if it says more than how many rows there are.
fn of_rows(weight: f64, rows: u64) -> Option<f64> {
    (weight != rows as f64).then_some(weight)
}

/// Reads a list, until it is longer than it may be.
fn at_most<'de, const MOST: usize, T: Deserialize<'de>, D: Deserializer<'de>>(
    from: D,
) -> std::result::Result<Vec<T>, D::Error> {
    struct List<const MOST: usize, T>(PhantomData<T>);

    impl<'de, const MOST: usize, T: Deserialize<'de>> Visitor<'de> for List<MOST, T> {
        type Value = Vec<T>;

        fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
            write!(out, "a list of at most {MOST}")
        }

        fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> std::result::Result<Vec<T>, A::Error> {
            let mut all = Vec::new();
            while let Some(next) = list.next_element()? {
                if all.len() == MOST {
                    return Err(serde::de::Error::invalid_length(MOST + 1, &self));
                }
                all.push(next);
            }
            Ok(all)
        }
    }

    from.deserialize_seq(List::<MOST, T>(PhantomData))
}
