//! A fitted model as a value: JSON to read, bytes to store.

mod text;

use super::fit::MAX_CLUSTERS;
use super::scaling::{Method, Scaling};
use crate::codec::{Reader, put_float, put_signed, put_text, put_varint, seal, unseal};
use crate::error::{Error, Result, sentence};
use crate::estimate::Status;
use crate::feature_set::MAX_DIMENSION;
use ndarray::Array2;

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
/// What is added to the number of the scaling where clusters have weights.
const WEIGHTED: u8 = 1 << 7;

/// What is known of a cluster beside its center.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Cluster {
    /// The rows that were in it.
    pub size: u64,
    /// Their weights, added up: as many as there are rows, if these have none.
    pub weight: f64,
    /// Their squared distances to the center, by their weights, added up, in scaled units.
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
    /// Their weights, added up: as many as there are rows, if these have none.
    pub weight: f64,
    /// The squared distances of the rows to their centers, by their weights, added up, in scaled units.
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
            weight: 0.0,
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

    /// Whether the rows had weights.
    fn is_weighted(&self) -> bool {
        let differ = |cluster: &Cluster| cluster.weight != cluster.size as f64;
        self.weight != self.rows as f64 || self.clusters.iter().any(differ)
    }

    /// The means of the features over all rows; nothing if it is not known how many rows there were.
    pub fn means(&self) -> Option<Vec<f64>> {
        let total: f64 = self.clusters.iter().map(|cluster| cluster.weight).sum();
        let weighted = |column: ndarray::ArrayView1<'_, f64>| {
            let parts = column.into_iter().zip(&self.clusters);
            parts.map(|(center, cluster)| center * (cluster.weight / total)).sum()
        };
        (total > 0.0).then(|| self.centers.columns().into_iter().map(weighted).collect())
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

    /// The stored form: features with their scaling, clusters with their centers, then what is known of the fit. Weights only where there are some.
    pub fn encode(&self) -> Vec<u8> {
        let weighted = self.is_weighted();
        seal(VERSION, |out| {
            out.push(self.scaling.method as u8 | if weighted { WEIGHTED } else { 0 });
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
                if weighted {
                    put_float(out, cluster.weight);
                }
                put_float(out, cluster.inertia);
                center.iter().for_each(|&value| put_float(out, value));
            }
            put_varint(out, self.rows);
            if weighted {
                put_float(out, self.weight);
            }
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
        let word = reader.byte()?;
        let weighted = word & WEIGHTED != 0;
        let method = Method::ALL.get(usize::from(word & !WEIGHTED)).copied();
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
            let size = reader.varint()?;
            let weight = if weighted { reader.float()? } else { size as f64 };
            let inertia = reader.float()?;
            clusters.push(Cluster { size, weight, inertia });
            for _ in 0..dimension {
                centers.push(reader.float()?);
            }
        }
        let centers = Array2::from_shape_vec((k, dimension), centers).expect("as many as were read");
        let scaling = Scaling { method, center, scale };
        let rows = reader.varint()?;
        let weight = if weighted { reader.float()? } else { rows as f64 };
        let inertia = reader.float()?;
        let mut index = || Ok(Some(reader.float()?).filter(|index| !index.is_nan()));
        let (silhouette, calinski_harabasz, davies_bouldin) = (index()?, index()?, index()?);
        let (iterations, starts, seed) = (reader.varint()?, reader.varint()?, reader.signed()?);
        let warnings = (0..limited(reader, 8, MOST_WARNINGS)?)
            .map(|_| Ok(reader.text()?.to_owned()))
            .collect::<Result<_>>()?;
        let model = Model {
            clusters,
            rows,
            weight,
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
        };
        if weighted && !model.is_weighted() {
            return Err(reader.error("Its weights are those of rows that have none."));
        }
        Ok(model)
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
        let weights = self.clusters.iter().map(|cluster| cluster.weight);
        if !weights
            .chain([self.weight])
            .all(|weight| weight.is_finite() && weight >= 0.0)
        {
            return Err(wrong("weights must be finite and not negative"));
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
