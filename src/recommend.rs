//! `fit_baskets` and `recommend`: what to offer to a basket.

use crate::basket_log::{Content, ItemNames, Log, numbers_of, places};
use crate::options::{Support, at_least_one};
use crate::pg::call::Call;
use crate::pg::decoded::{Decode, Decoded};
use crate::pg::encoding;
use crate::pg::error::{or_raise, or_save};
use crate::pg::interrupt::Backend;
use crate::pg::keys::KeyArray;
use crate::pg::options::Options;
use crate::pg::record::{Field, Record};
use crate::pg::rows::{Cell, Column, RowSet, Rows, Shared};
use crate::pg::value::{Given, Made, MadeText, Received, TypeName};
use clientele_core::Result;
use clientele_core::recommend::{self, Model, NAME, Recommendation, recommend as find};
use clientele_core::rules::{self, Measure, usual_count};
use pgrx::prelude::*;
use std::ffi::CStr;

/// The SQL type of rules to recommend by.
pub enum BasketModel {}

impl TypeName for BasketModel {
    const NAME: &'static str = NAME;
}

impl Decode for BasketModel {
    type Value = Model;

    fn decode(bytes: &[u8]) -> Result<Model> {
        Model::decode(bytes, &mut Backend::of_call(NAME))
    }
}

/// Text input.
#[pg_extern(sql = false, immutable, strict, parallel_safe)]
fn basket_model_in<'a>(text: &CStr, call: Call<'a>) -> Option<Made<'a, BasketModel>> {
    or_save(call, || {
        let text = encoding::from_server(text.to_bytes())?;
        Made::of(
            call,
            &Model::parse(&text, &mut Backend::of_call("basket_model_in"))?.encode(),
        )
    })
}

/// Text output.
#[pg_extern(sql = false, immutable, strict, parallel_safe)]
fn basket_model_out<'a>(model: Given<'a, BasketModel>, call: Call<'a>) -> MadeText<'a> {
    or_raise(|| {
        let bytes = model.bytes();
        let model = BasketModel::decode(bytes)?;
        MadeText::build(call, NAME, 4 * bytes.len(), |builder| {
            model.write_text(&mut encoding::ToServer(builder))
        })
    })
}

/// Binary input: the stored bytes.
#[pg_extern(sql = false, immutable, strict, parallel_safe)]
fn basket_model_recv<'a>(message: Received<'_>, call: Call<'a>) -> Made<'a, BasketModel> {
    or_raise(|| message.check(call, |bytes| BasketModel::decode(bytes).map(drop)))
}

/// The most items of an antecedent where nothing is said.
const ANTECEDENT: usize = 2;
/// How many items are offered where nothing is said.
const ITEMS: usize = 10;

/// Which rules are gone by.
struct Selection {
    support: Option<Support>,
    rules: rules::Options<'static>,
}

impl Selection {
    fn read(options: &Options<'_>) -> Result<Selection> {
        let support = Support::read(options)?;
        let rules = rules::Options {
            min_confidence: options.or("min_confidence", 0.0)?,
            max_antecedent: options.read("max_antecedent", ANTECEDENT, at_least_one)?,
            ..rules::Options::default()
        };
        rules.check()?;
        Ok(Selection { support, rules })
    }

    /// Those of so many baskets.
    fn of(self, baskets: usize) -> Result<recommend::Options> {
        let usual = || Ok(usual_count(baskets));
        Ok(recommend::Options {
            min_count: self.support.map_or_else(usual, |support| support.count(baskets))?,
            min_confidence: self.rules.min_confidence,
            max_antecedent: self.rules.max_antecedent,
        })
    }
}

/// `fit_baskets(log, …)`.
#[pg_extern(sql = false, immutable, parallel_safe)]
fn fit_baskets<'a>(log: Option<Given<'a, Log>>, options: Options<'a>, call: Call<'a>) -> Option<Made<'a, BasketModel>> {
    or_raise(|| {
        let selection = Selection::read(&options)?;
        let Some(log) = log else {
            return Ok(None);
        };
        let mut backend = Backend::of_call("fit_baskets");
        let Content { items, baskets } = Content::read(log.bytes(), &mut backend)?;
        let options = selection.of(baskets.len())?;
        let mut name = |item| items.key(item).to_string();
        Made::of(call, &Model::fit(&baskets, &options, &mut name, &mut backend)?.encode()).map(Some)
    })
}

const COLUMNS: &[(&str, Column)] = &[
    ("item", Column::Text),
    ("score", Column::Float8),
    ("antecedent", Column::TextArray),
    ("baskets", Column::Int8),
    ("antecedent_baskets", Column::Int8),
    ("consequent_baskets", Column::Int8),
    ("all_baskets", Column::Int8),
    ("confidence", Column::Float8),
    ("lift", Column::Float8),
];

fn put(rows: &mut Rows<'_>, recommendation: &Recommendation, item: &str, antecedent: &[Shared]) -> Result<()> {
    let counts = &recommendation.counts;
    rows.put(&[
        Cell::Text(item),
        Cell::of(recommendation.score, Cell::Float),
        Cell::Texts(antecedent),
        Cell::Integer(counts.n_ab as i64),
        Cell::Integer(counts.n_a as i64),
        Cell::Integer(counts.n_b as i64),
        Cell::Integer(counts.n as i64),
        Cell::of(counts.confidence(), Cell::Float),
        Cell::of(counts.lift(), Cell::Float),
    ])
}

/// How many items are offered, and by which measure: the options `n` and `by`.
fn ranking(options: &Options<'_>) -> Result<(usize, Measure)> {
    let by = options.word("by", Measure::Confidence, Measure::parse)?;
    Ok((options.read("n", ITEMS, at_least_one)?, by))
}

/// `recommend(log, items, n, …)`.
#[pg_extern(sql = false, immutable, parallel_safe)]
fn recommend<'a>(
    log: Option<Decoded<'a, Log>>,
    basket: Option<KeyArray>,
    options: Options<'a>,
    call: Call<'a>,
) -> RowSet<'a> {
    or_raise(|| {
        let ((n, by), selection) = (ranking(&options)?, Selection::read(&options)?);
        let (Some(log), Some(basket)) = (log, basket) else {
            return Rows::none(call, COLUMNS);
        };
        let mut rows = Rows::begin(call, COLUMNS, None)?;
        let Content { items, baskets } = &*log;
        let options = selection.of(baskets.len())?;
        let mut backend = Backend::of_call("recommend");
        let basket = numbers_of(items, &basket.known("items")?, &mut backend)?;
        let places = places(&log, options.min_count, &mut backend)?;
        let mut names = ItemNames::new(items, &places, &mut backend)?;
        let mut antecedent = Vec::new();
        for found in find(baskets, &basket, n, by, &options, &mut backend)? {
            names.of(&found.antecedent, &mut rows, &mut antecedent);
            put(&mut rows, &found, &items.key(found.item).to_string(), &antecedent)?;
        }
        Ok(rows.finish())
    })
}

/// `recommend(model, items, n, by)`.
#[pg_extern(sql = false, immutable, parallel_safe)]
fn recommend_by_model<'a>(
    model: Option<Decoded<'a, BasketModel>>,
    basket: Option<KeyArray>,
    options: Options<'a>,
    call: Call<'a>,
) -> RowSet<'a> {
    or_raise(|| {
        let (n, by) = ranking(&options)?;
        let (Some(model), Some(basket)) = (model, basket) else {
            return Rows::none(call, COLUMNS);
        };
        let mut rows = Rows::begin(call, COLUMNS, None)?;
        let basket = basket.known("items")?;
        for found in model.recommend(basket.iter().map(String::as_str), n, by) {
            let mut names: Vec<&str> = found.antecedent.iter().map(|&item| model.name(item)).collect();
            names.sort_unstable();
            let antecedent: Vec<Shared> = names.into_iter().map(|name| rows.share(name)).collect();
            put(&mut rows, &found, model.name(found.item), &antecedent)?;
        }
        Ok(rows.finish())
    })
}

/// `describe(basket_model)`.
#[pg_extern(sql = false, immutable, strict, parallel_safe)]
fn basket_model_describe<'a>(model: Given<'a, BasketModel>, call: Call<'a>) -> Record<'a> {
    or_raise(|| {
        let bytes = model.bytes();
        let model = BasketModel::decode(bytes)?;
        let options = model.options();
        let fields = [
            ("baskets", Field::Int8(Some(model.baskets() as i64))),
            ("items", Field::Int8(Some(model.items() as i64))),
            ("rules", Field::Int8(Some(model.rules() as i64))),
            ("min_count", Field::Int8(Some(i64::from(options.min_count)))),
            ("min_confidence", Field::Float8(Some(options.min_confidence))),
            (
                "max_antecedent",
                Field::Int8(i64::try_from(options.max_antecedent).ok()),
            ),
            ("bytes", Field::Int8(Some(bytes.len() as i64))),
        ];
        Record::of(&fields, call)
    })
}
