//! `fit_kmeans`, `kmeans` and what belongs to them: segments that the data suggest.

use crate::feature_set::Set;
use crate::options::required;
use crate::pg::array::{MadeNumbers, Numbers, Texts};
use crate::pg::call::Call;
use crate::pg::decoded::Decoded;
use crate::pg::error::{notice, or_raise};
use crate::pg::interrupt::Backend;
use crate::pg::model::model_type;
use crate::pg::options::Options;
use crate::pg::record::{Field, Record};
use crate::pg::rows::{Cell, Column, RowSet, Rows};
use crate::pg::text::Text;
use crate::pg::value::{Given, Made};
use clientele_core::checkpoint::Checkpoint;
use clientele_core::choice::choose;
use clientele_core::feature_set::FeatureSet;
use clientele_core::kmeans::{
    self, Features, Method, Model, NAME, Place, Silhouette, check_scan, fit, place, preferred, scan, segment,
};
use clientele_core::{Error, Kind, Result};
use pgrx::prelude::*;

model_type! {
    /// The SQL type of clusters.
    KmeansModel is Model, named NAME, with kmeans_model_in, kmeans_model_out, kmeans_model_recv
}

/// What all functions that fit let choose.
struct Choices {
    scaling: Method,
    n_init: Option<i32>,
    max_iter: i32,
    tolerance: Option<f64>,
    seed: i64,
    /// Whether rows with NULL among their features are done without.
    skips_nulls: bool,
    silhouette: Silhouette,
}

impl Choices {
    fn read(options: &Options<'_>) -> Result<Choices> {
        let usual = kmeans::Options::new(1);
        let nulls = [("error", false), ("skip", true)];
        Ok(Choices {
            scaling: options.word("scaling", usual.scaling, Method::parse)?,
            n_init: options.get("n_init")?,
            max_iter: options.or("max_iter", usual.iterations)?,
            tolerance: options.get("tolerance")?,
            seed: options.or("seed", usual.seed)?,
            skips_nulls: options.word("nulls", false, |word| choose("nulls", word, &nulls))?,
            silhouette: silhouette(options)?,
        })
    }

    /// The options of a fit with `k` clusters.
    fn with(&self, k: i32) -> kmeans::Options<'static> {
        kmeans::Options {
            scaling: self.scaling,
            starts: self.n_init,
            iterations: self.max_iter,
            tolerance: self.tolerance,
            seed: self.seed,
            silhouette: self.silhouette,
            ..kmeans::Options::new(k)
        }
    }

    /// The rows of a set, if they are such as may be clustered.
    fn weighted(&self, set: &FeatureSet<'_>, checkpoint: &mut dyn Checkpoint) -> Result<Weighted> {
        let counts = set.counts();
        let ignored = match (counts.null_features, counts.null_weights) {
            (0, 0) => None,
            (0, ignored) => Some(("some rows have NULL as their weight", ignored)),
            (ignored, _) => Some(("some rows have NULL among their features", ignored)),
        };
        match ignored {
            Some((message, ignored)) if !self.skips_nulls && !set.is_empty() => Err(Error::invalid(message)
                .detail(format!(
                    "There are {ignored} of them; the feature set does not hold them."
                ))
                .hint("Pass nulls => 'skip' to do without them, or collect them with coalesce().")),
            _ => Weighted::read(set, checkpoint),
        }
    }
}

/// The rows of a set.
struct Weighted {
    features: Features,
    weights: Option<Vec<f64>>,
}

impl Weighted {
    fn read(set: &FeatureSet<'_>, checkpoint: &mut dyn Checkpoint) -> Result<Weighted> {
        Ok(Weighted {
            features: set.features(checkpoint)?,
            weights: set.weights(checkpoint)?,
        })
    }

    fn rows(&self) -> kmeans::Rows<'_> {
        kmeans::Rows::weighted(&self.features, self.weights.as_deref())
    }
}

fn silhouette(options: &Options<'_>) -> Result<Silhouette> {
    let known = [("simplified", Silhouette::Simplified), ("exact", Silhouette::Exact)];
    options.word("silhouette", Silhouette::default(), |word| {
        choose("silhouette", word, &known)
    })
}

/// The model that an option gives.
fn model(options: &Options<'_>, name: &str) -> Result<Option<Model>> {
    options.read_given(name, |model: Given<'_, KmeansModel>, _| Model::decode(model.bytes()))
}

/// What clusters are numbered by.
fn order_by<'a>(options: &Options<'a>) -> Result<&'a str> {
    let word = options.get::<Text<'a>>("order_by")?;
    Ok(word.map_or(kmeans::Options::new(1).order_by, Text::as_str))
}

/// What was fitted to a set, if it has rows: where there are none, a NOTICE says why.
fn told<T>(set: &FeatureSet<'_>, fitted: Result<T>) -> Result<Option<T>> {
    match fitted {
        Ok(fitted) => Ok(Some(fitted)),
        Err(error) if error.kind() == Kind::NotEnough => {
            let counts = set.counts();
            // Those that are there have no weight.
            let why = [
                (counts.null_features, "NULL among their features"),
                (counts.null_ids, "a NULL id"),
                (counts.null_weights, "a NULL weight"),
                (counts.rows, "weight 0"),
            ];
            let why = why.map(|(rows, reason)| format!("{rows} for {reason}")).join(", ");
            notice(&Error::new(Kind::NotEnough, error.message().to_owned()).detail(format!("Rows left out: {why}.")));
            Ok(None)
        }
        Err(error) => Err(error),
    }
}

/// `fit_kmeans(set, k, …)`.
#[pg_extern(sql = false, immutable, parallel_safe)]
fn fit_kmeans<'a>(set: Option<Given<'a, Set>>, options: Options<'a>, call: Call<'a>) -> Option<Made<'a, KmeansModel>> {
    or_raise(|| {
        let (choices, previous) = (Choices::read(&options)?, model(&options, "previous")?);
        let options = kmeans::Options {
            previous: previous.as_ref(),
            names: options.read_given("names", Texts::all)?,
            order_by: order_by(&options)?,
            ..choices.with(required(&options, "k")?)
        };
        options.check()?;
        let Some(set) = set else {
            return Ok(None);
        };
        let mut backend = Backend::of_call("fit_kmeans");
        let set = FeatureSet::open(set.bytes())?;
        let weighted = choices.weighted(&set, &mut backend)?;
        let model = told(&set, fit(weighted.rows(), &options, &mut backend))?;
        model.map(|model| Made::of(call, &model.encode())).transpose()
    })
}

const ROWS: &[(&str, Column)] = &[
    ("id", Column::Key),
    ("cluster", Column::Int4),
    ("distance", Column::Float8),
    ("silhouette", Column::Float8),
];

/// `kmeans(set, k, …)`.
#[pg_extern(sql = false, immutable, parallel_safe)]
fn kmeans<'a>(set: Option<Given<'a, Set>>, options: Options<'a>, call: Call<'a>) -> RowSet<'a> {
    or_raise(|| {
        let (choices, previous) = (Choices::read(&options)?, model(&options, "previous")?);
        let options = kmeans::Options {
            previous: previous.as_ref(),
            order_by: order_by(&options)?,
            ..choices.with(required(&options, "k")?)
        };
        options.check()?;
        let Some(set) = set else {
            return Rows::none(call, ROWS);
        };
        let set = FeatureSet::open(set.bytes())?;
        let rows = Rows::begin(call, ROWS, set.kind())?;
        let mut backend = Backend::of_call("kmeans");
        let weighted = choices.weighted(&set, &mut backend)?;
        match told(&set, segment(weighted.rows(), &options, &mut backend))? {
            Some(places) => written(&set, &places, rows, &mut backend),
            None => Ok(rows.finish()),
        }
    })
}

/// `kmeans(set, model, silhouette)`.
#[pg_extern(sql = false, immutable, parallel_safe)]
fn kmeans_by_model<'a>(set: Option<Given<'a, Set>>, options: Options<'a>, call: Call<'a>) -> RowSet<'a> {
    or_raise(|| {
        let kind = silhouette(&options)?;
        let (Some(model), Some(set)) = (model(&options, "model")?, set) else {
            return Rows::none(call, ROWS);
        };
        let set = FeatureSet::open(set.bytes())?;
        let rows = Rows::begin(call, ROWS, set.kind())?;
        if set.is_empty() {
            return Ok(rows.finish());
        }
        let mut backend = Backend::of_call("kmeans");
        let weighted = Weighted::read(&set, &mut backend)?;
        let places = place(&model, weighted.rows(), kind, &mut backend)?;
        written(&set, &places, rows, &mut backend)
    })
}

/// One row for each of a set: where it is placed.
fn written<'a>(
    set: &FeatureSet<'_>,
    places: &[Place],
    mut rows: Rows<'a>,
    checkpoint: &mut dyn Checkpoint,
) -> Result<RowSet<'a>> {
    let ids = set.ids(checkpoint)?;
    for (at, place) in places.iter().enumerate() {
        rows.put(&[
            Cell::Key(ids.get(at)),
            Cell::Integer(i64::from(place.cluster)),
            Cell::Float(place.distance),
            Cell::of(place.silhouette, Cell::Float),
        ])?;
    }
    Ok(rows.finish())
}

/// `kmeans_scan(set, k_min, k_max, …)`.
#[pg_extern(sql = false, immutable, parallel_safe)]
fn kmeans_scan<'a>(set: Option<Given<'a, Set>>, options: Options<'a>, call: Call<'a>) -> RowSet<'a> {
    const COLUMNS: &[(&str, Column)] = &[
        ("k", Column::Int4),
        ("inertia", Column::Float8),
        ("silhouette", Column::Float8),
        ("calinski_harabasz", Column::Float8),
        ("davies_bouldin", Column::Float8),
        ("preferred_by", Column::TextArray),
        ("warnings", Column::Text),
    ];
    or_raise(|| {
        let choices = Choices::read(&options)?;
        let numbers = check_scan(options.or("k_min", 2)?, options.or("k_max", 10)?)?;
        let options = choices.with(*numbers.start());
        options.check()?;
        let Some(set) = set else {
            return Rows::none(call, COLUMNS);
        };
        let mut rows = Rows::begin(call, COLUMNS, None)?;
        let mut backend = Backend::of_call("kmeans_scan");
        let set = FeatureSet::open(set.bytes())?;
        let weighted = choices.weighted(&set, &mut backend)?;
        let models = told(&set, scan(weighted.rows(), numbers, &options, &mut backend))?.unwrap_or_default();
        let preferred = preferred(&models);
        let names = preferred.map(|(name, _)| rows.share(name));
        for (at, model) in models.iter().enumerate() {
            let by = preferred.iter().zip(names).filter(|((_, best), _)| *best == Some(at));
            let by: Vec<_> = by.map(|(_, name)| name).collect();
            let warnings = model.warnings.join("; ");
            rows.put(&[
                Cell::Integer(model.k() as i64),
                Cell::Float(model.inertia),
                Cell::of(model.silhouette, Cell::Float),
                Cell::of(model.calinski_harabasz, Cell::Float),
                Cell::of(model.davies_bouldin, Cell::Float),
                Cell::Texts(&by),
                Cell::text_or_null(&warnings),
            ])?;
        }
        Ok(rows.finish())
    })
}

/// `kmeans_assign(model, features)`.
#[pg_extern(sql = false, immutable, strict, parallel_safe)]
fn kmeans_assign(model: Decoded<'_, KmeansModel>, features: Numbers<'_>) -> Option<i32> {
    or_raise(|| {
        model.check_dimension(features.len)?;
        features.all.map_or(Ok(None), |features| model.assign(&features))
    })
    .map(|cluster| cluster as i32)
}

/// `kmeans_distances(model, features)`.
#[pg_extern(sql = false, immutable, strict, parallel_safe)]
fn kmeans_distances<'a>(
    model: Decoded<'_, KmeansModel>,
    features: Numbers<'_>,
    call: Call<'a>,
) -> Option<MadeNumbers<'a>> {
    or_raise(|| {
        model.check_dimension(features.len)?;
        let distances = features.all.map_or(Ok(None), |features| model.distances(&features))?;
        distances.map(|distances| MadeNumbers::of(call, &distances)).transpose()
    })
}

/// `kmeans_centers(model)`.
#[pg_extern(sql = false, immutable, strict, parallel_safe)]
fn kmeans_centers<'a>(model: Given<'_, KmeansModel>, call: Call<'a>) -> RowSet<'a> {
    const COLUMNS: &[(&str, Column)] = &[
        ("cluster", Column::Int4),
        ("size", Column::Int8),
        ("weight", Column::Float8),
        ("share", Column::Float8),
        ("radius", Column::Float8),
        ("center", Column::Float8Array),
    ];
    or_raise(|| {
        let model = Model::decode(model.bytes())?;
        let mut rows = Rows::begin(call, COLUMNS, None)?;
        for (at, (cluster, center)) in model.clusters.iter().zip(model.centers().rows()).enumerate() {
            let weight = cluster.weight;
            let known = weight > 0.0;
            rows.put(&[
                Cell::Integer(at as i64 + 1),
                Cell::Integer(cluster.size as i64),
                Cell::Float(weight),
                Cell::of(known.then(|| weight / model.weight), Cell::Float),
                Cell::of(known.then(|| (cluster.inertia / weight).sqrt()), Cell::Float),
                Cell::Floats(&center.to_vec()),
            ])?;
        }
        Ok(rows.finish())
    })
}

/// `kmeans_profile(model)`.
#[pg_extern(sql = false, immutable, strict, parallel_safe)]
fn kmeans_profile<'a>(model: Given<'_, KmeansModel>, call: Call<'a>) -> RowSet<'a> {
    const COLUMNS: &[(&str, Column)] = &[
        ("cluster", Column::Int4),
        ("size", Column::Int8),
        ("feature", Column::Text),
        ("value", Column::Float8),
        ("mean", Column::Float8),
        ("scaled", Column::Float8),
    ];
    or_raise(|| {
        let model = Model::decode(model.bytes())?;
        let mut rows = Rows::begin(call, COLUMNS, None)?;
        let means = model.means();
        for (at, (cluster, center)) in model.clusters.iter().zip(model.centers().rows()).enumerate() {
            for (feature, name) in model.features.iter().enumerate() {
                let mean = means.as_ref().map(|means| means[feature]);
                rows.put(&[
                    Cell::Integer(at as i64 + 1),
                    Cell::Integer(cluster.size as i64),
                    Cell::Text(name),
                    Cell::Float(center[feature]),
                    Cell::of(mean, Cell::Float),
                    Cell::Float(model.scaling.scaled(feature, center[feature])),
                ])?;
            }
        }
        Ok(rows.finish())
    })
}

/// `describe(kmeans_model)`.
#[pg_extern(sql = false, immutable, strict, parallel_safe)]
fn kmeans_model_describe<'a>(model: Given<'_, KmeansModel>, call: Call<'a>) -> Record<'a> {
    or_raise(|| {
        let model = Model::decode(model.bytes())?;
        let features: Vec<&str> = model.features.iter().map(|name| &**name).collect();
        let warnings = model.warnings.join("; ");
        let fields = [
            ("clusters", Field::Int4(Some(model.k() as i32))),
            ("features", Field::TextArray(Some(&features))),
            ("scaling", Field::Text(Some(model.scaling.method.name()))),
            ("rows", Field::Int8(Some(model.rows as i64))),
            ("weight", Field::Float8(Some(model.weight))),
            ("inertia", Field::Float8(Some(model.inertia))),
            ("silhouette", Field::Float8(model.silhouette)),
            ("calinski_harabasz", Field::Float8(model.calinski_harabasz)),
            ("davies_bouldin", Field::Float8(model.davies_bouldin)),
            ("status", Field::Text(Some(model.status.name()))),
            ("iterations", Field::Int8(Some(model.iterations as i64))),
            ("starts", Field::Int8(Some(model.starts as i64))),
            ("seed", Field::Int8(Some(model.seed))),
            (
                "warnings",
                Field::Text(Some(&*warnings).filter(|text| !text.is_empty())),
            ),
        ];
        Record::of(&fields, call)
    })
}
