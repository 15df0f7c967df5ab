//! A fitted model as a value: JSON to read, bytes to store.

use super::fit::MAX_CLUSTERS;
use super::scaling::{Method, Scaling};
use crate::codec::{Reader, invalid_text, put_float, put_signed, put_text, put_varint, seal, unseal};
use crate::error::{Error, Result, sentence};
use crate::estimate::Status;
use crate::feature_set::MAX_DIMENSION;
use crate::json;
use ndarray::Array2;
use serde::de::{SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};
use std::fmt;
use std::marker::PhantomData;

/// The name of the type, for messages.
pub const NAME: &str = "kmeans_model";

const VERSION: u8 = 1;

/// The most numbers that the centers of a model have: clusters times features.
pub(super) const MOST_NUMBERS: usize = 1 << 21;
/// The most bytes of the name of a feature.
pub(super) const LONGEST_NAME: usize = 200;
/// And of a warning, which may hold a name.
const LONGEST_WARNING: usize = LONGEST_NAME + 200;
/// The most warnings: two about each feature, and some about the whole.
const MOST_WARNINGS: usize = 2 * MAX_DIMENSION + 8;
/// The longest text form: more than what the largest model comes to.
const LONGEST_TEXT: usize = 1 << 27;

/// What is known of a cluster beside its center.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Cluster {
    /// The rows that were in it.
    pub size: u64,
    /// Their squared distances to the center, added up, in scaled units.
    pub inertia: f64,
}

/// Clusters of features.
#[derive(Clone, Debug, PartialEq)]
pub struct Model {
    /// The names of the features.
    pub features: Vec<String>,
    /// How features are scaled before distances are taken.
    pub scaling: Scaling,
    /// One row for each cluster, in the units of the features.
    centers: Array2<f64>,
    /// The same, scaled.
    scaled: Array2<f64>,
    /// The clusters, in the order of their numbers.
    pub clusters: Vec<Cluster>,
    /// How many rows it was fitted to.
    pub rows: u64,
    /// The squared distances of the rows to their centers, added up, in scaled units.
    pub inertia: f64,
    /// The mean silhouette of the rows.
    pub silhouette: Option<f64>,
    /// The index of Caliński and Harabasz.
    pub calinski_harabasz: Option<f64>,
    /// The index of Davies and Bouldin.
    pub davies_bouldin: Option<f64>,
    /// Whether the iterations ended by themselves.
    pub status: Status,
    /// How many iterations led from the start that was best to the end.
    pub iterations: u64,
    /// How many starts were tried.
    pub starts: u64,
    /// What random numbers began with.
    pub seed: i64,
    /// What to know before one trusts it.
    pub warnings: Vec<String>,
}

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
    #[serde(default)]
    inertia: f64,
    #[serde(deserialize_with = "at_most::<MAX_DIMENSION, _, _>")]
    center: Vec<f64>,
}

impl Model {
    /// A model with these centers, which are scaled.
    pub(super) fn new(features: Vec<String>, scaling: Scaling, centers: &Array2<f64>) -> Model {
        let centers = Array2::from_shape_fn(centers.dim(), |(row, at)| scaling.original(at, centers[(row, at)]));
        Model::of(features, scaling, centers)
    }

    /// A model with these centers in the units of the features, of which nothing else is known.
    fn of(features: Vec<String>, scaling: Scaling, centers: Array2<f64>) -> Model {
        let scaled = Array2::from_shape_fn(centers.dim(), |(row, at)| scaling.scaled(at, centers[(row, at)]));
        Model {
            features,
            scaling,
            centers,
            scaled,
            clusters: Vec::new(),
            rows: 0,
            inertia: 0.0,
            silhouette: None,
            calinski_harabasz: None,
            davies_bouldin: None,
            status: Status::default(),
            iterations: 0,
            starts: 0,
            seed: 0,
            warnings: Vec::new(),
        }
    }

    /// How many clusters there are.
    pub fn k(&self) -> usize {
        self.centers.nrows()
    }

    /// How many features.
    pub fn dimension(&self) -> usize {
        self.centers.ncols()
    }

    /// The centers in the units of the features: one row for each cluster.
    pub fn centers(&self) -> &Array2<f64> {
        &self.centers
    }

    /// The means of the features over all rows; nothing if it is not known how many rows there were.
    pub fn means(&self) -> Option<Vec<f64>> {
        let rows: f64 = self.clusters.iter().map(|cluster| cluster.size as f64).sum();
        let weighted = |column: ndarray::ArrayView1<'_, f64>| {
            let parts = column.into_iter().zip(&self.clusters);
            parts
                .map(|(center, cluster)| center * (cluster.size as f64 / rows))
                .sum()
        };
        (rows > 0.0).then(|| self.centers.columns().into_iter().map(weighted).collect())
    }

    pub(super) fn scaled_centers(&self) -> &Array2<f64> {
        &self.scaled
    }

    /// The centers as another scaling sees them.
    pub(super) fn centers_in(&self, scaling: &Scaling) -> Array2<f64> {
        Array2::from_shape_fn(self.centers.dim(), |(row, at)| {
            scaling.scaled(at, self.centers[(row, at)])
        })
    }

    /// Takes these centers, in the units of the features.
    pub(super) fn set_centers(&mut self, centers: Array2<f64>) {
        self.centers = centers;
        self.scaled = self.centers_in(&self.scaling);
    }

    /// Puts the clusters into this order.
    pub(super) fn renumber(&mut self, order: &[usize]) {
        self.centers = self.centers.select(ndarray::Axis(0), order);
        self.scaled = self.scaled.select(ndarray::Axis(0), order);
    }

    /// Checks that so many features are what the model is about.
    pub fn check_dimension(&self, dimension: usize) -> Result<()> {
        if dimension == self.dimension() {
            return Ok(());
        }
        Err(
            Error::invalid("there are not as many features as in the model").detail(format!(
                "There are {dimension}; the model has {}: {}.",
                self.dimension(),
                self.features.join(", ")
            )),
        )
    }

    /// The squared distances of a row to the centers, in scaled units; nothing if one of its features is no finite number.
    fn squares<'a>(&'a self, row: &'a [f64]) -> Result<Option<impl Iterator<Item = f64> + 'a>> {
        self.check_dimension(row.len())?;
        if !row.iter().all(|value| value.is_finite()) {
            return Ok(None);
        }
        Ok(Some(self.scaled.rows().into_iter().map(|center| {
            let mut sum = 0.0;
            for (at, (&value, &middle)) in row.iter().zip(center).enumerate() {
                let difference = middle - self.scaling.scaled(at, value);
                sum += difference * difference;
            }
            sum
        })))
    }

    /// The number of the nearest cluster, from 1; of several as near the first. Nothing if a feature is no finite number.
    pub fn assign(&self, row: &[f64]) -> Result<Option<u32>> {
        let Some(squares) = self.squares(row)? else {
            return Ok(None);
        };
        let mut nearest = (f64::INFINITY, 0);
        for (at, square) in squares.enumerate() {
            if square < nearest.0 || at == 0 {
                nearest = (square, at);
            }
        }
        Ok(Some(nearest.1 as u32 + 1))
    }

    /// The distances to all centers, in scaled units. Nothing if a feature is no finite number.
    pub fn distances(&self, row: &[f64]) -> Result<Option<Vec<f64>>> {
        let squares = self.squares(row)?;
        Ok(squares.map(|squares| squares.map(f64::sqrt).collect()))
    }

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
        let clusters = text
            .clusters
            .iter()
            .map(|&ClusterText { size, inertia, .. }| Cluster { size, inertia });
        let model = Model {
            clusters: clusters.collect(),
            rows: text.rows,
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
                .map(|(at, (&Cluster { size, inertia }, center))| ClusterText {
                    cluster: at + 1,
                    size,
                    inertia,
                    center: center.to_vec(),
                })
                .collect(),
            rows: self.rows,
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

    /// The stored form: features with their scaling, clusters with their centers, then what is known of the fit.
    pub fn encode(&self) -> Vec<u8> {
        seal(VERSION, |out| {
            out.push(self.scaling.method as u8);
            out.push(self.status as u8);
            put_varint(out, self.dimension() as u64);
            for (at, name) in self.features.iter().enumerate() {
                put_text(out, name);
                put_float(out, self.scaling.center[at]);
                put_float(out, self.scaling.scale[at]);
            }
            put_varint(out, self.k() as u64);
            for (cluster, center) in self.clusters.iter().zip(self.centers.rows()) {
                put_varint(out, cluster.size);
                put_float(out, cluster.inertia);
                center.iter().for_each(|&value| put_float(out, value));
            }
            put_varint(out, self.rows);
            put_float(out, self.inertia);
            for index in [self.silhouette, self.calinski_harabasz, self.davies_bouldin] {
                put_float(out, index.unwrap_or(f64::NAN));
            }
            put_varint(out, self.iterations);
            put_varint(out, self.starts);
            put_signed(out, self.seed);
            put_varint(out, self.warnings.len() as u64);
            self.warnings.iter().for_each(|warning| put_text(out, warning));
        })
    }

    /// Reads the stored form.
    pub fn decode(bytes: &[u8]) -> Result<Model> {
        let model = unseal(NAME, VERSION, bytes, Model::read)?;
        model.checked(|message| Error::corrupted(NAME, sentence(message)))
    }

    fn read(reader: &mut Reader<'_>) -> Result<Model> {
        let method = Method::ALL.get(usize::from(reader.byte()?)).copied();
        let method = method.ok_or_else(|| reader.error("Its scaling is unknown."))?;
        let status = Status::of_byte(reader.byte()?).ok_or_else(|| reader.error("Its status is unknown."))?;
        let dimension = limited(reader, 17 * 8, MAX_DIMENSION)?;
        let mut features = Vec::with_capacity(dimension);
        let (mut center, mut scale) = (Vec::with_capacity(dimension), Vec::with_capacity(dimension));
        for _ in 0..dimension {
            features.push(reader.text()?.to_owned());
            center.push(reader.float()?);
            scale.push(reader.float()?);
        }
        let k = limited(reader, (9 + 8 * dimension) * 8, MAX_CLUSTERS)?;
        let mut clusters = Vec::with_capacity(k);
        let mut centers = Vec::with_capacity(k * dimension);
        for _ in 0..k {
            clusters.push(Cluster {
                size: reader.varint()?,
                inertia: reader.float()?,
            });
            for _ in 0..dimension {
                centers.push(reader.float()?);
            }
        }
        let centers = Array2::from_shape_vec((k, dimension), centers).expect("as many as were read");
        let scaling = Scaling { method, center, scale };
        let rows = reader.varint()?;
        let inertia = reader.float()?;
        let mut index = || Ok(Some(reader.float()?).filter(|index| !index.is_nan()));
        let (silhouette, calinski_harabasz, davies_bouldin) = (index()?, index()?, index()?);
        let (iterations, starts, seed) = (reader.varint()?, reader.varint()?, reader.signed()?);
        let warnings = (0..limited(reader, 8, MOST_WARNINGS)?)
            .map(|_| Ok(reader.text()?.to_owned()))
            .collect::<Result<_>>()?;
        Ok(Model {
            clusters,
            rows,
            inertia,
            silhouette,
            calinski_harabasz,
            davies_bouldin,
            status,
            iterations,
            starts,
            seed,
            warnings,
            ..Model::of(features, scaling, centers)
        })
    }

    /// Checks what reading alone does not.
    fn checked(self, wrong: impl Fn(&str) -> Error) -> Result<Model> {
        if self.features.is_empty() || self.clusters.is_empty() {
            return Err(wrong("there must be at least one feature and one cluster"));
        }
        if self.centers.len() > MOST_NUMBERS || self.k() > MAX_CLUSTERS || self.dimension() > MAX_DIMENSION {
            return Err(wrong("there are too many features and clusters"));
        }
        let too_long = |texts: &[String], longest| texts.iter().any(|text| text.len() > longest);
        if too_long(&self.features, LONGEST_NAME) || too_long(&self.warnings, LONGEST_WARNING) {
            return Err(wrong("names and warnings must not be longer than those of a fit"));
        }
        if !self.scaling.scale.iter().all(|&scale| scale.is_finite() && scale > 0.0) {
            return Err(wrong("scales must be finite and greater than 0"));
        }
        let numbers = self.scaling.center.iter().chain(&self.centers).chain(&self.scaled);
        if !numbers.chain([&self.inertia]).all(|number| number.is_finite()) {
            return Err(wrong("centers, scaling and inertia must be finite numbers"));
        }
        let indices = [self.silhouette, self.calinski_harabasz, self.davies_bouldin];
        let inertias = self.clusters.iter().map(|cluster| cluster.inertia);
        if !indices.into_iter().flatten().chain(inertias).all(f64::is_finite) {
            return Err(wrong("measures must be finite numbers"));
        }
        Ok(self)
    }
}

/// A count, that what it counts may be asked memory for.
fn limited(reader: &mut Reader<'_>, bits_each: usize, most: usize) -> Result<usize> {
    match reader.count(bits_each)? {
        count if count > most => Err(reader.error(format!("A count of {count} is more than the {most} there can be."))),
        count => Ok(count),
    }
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
