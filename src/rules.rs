//! `association_rules` and `rule_counts`: what goes with what.

use crate::basket_log::{Content, ItemNames, Log, numbers_of, places};
use crate::itemsets::SUPPORT;
use crate::options::{Support, at_least_one};
use crate::pg::call::Call;
use crate::pg::decoded::Decoded;
use crate::pg::error::or_raise;
use crate::pg::interrupt::Backend;
use crate::pg::keys::{KeyArray, LooseKeyArray};
use crate::pg::options::Options;
use crate::pg::rows::{Cell, Column, RowSet, Rows};
use crate::pg::value::Given;
use clientele_core::checkpoint::{Checkpoint, vec_with_capacity};
use clientele_core::rules::{self, Counts, Measure, association_rules as mine, rule_counts as count_rule, usual_count};
use clientele_core::support::{max_count_of, share};
use pgrx::prelude::*;

/// The confidence where nothing is said, and not only the best are asked for.
const CONFIDENCE: f64 = 0.5;

/// The counts of a rule and all measures of it.
const MEASURES: [(&str, Column); 17] = [
    ("baskets", Column::Int8),
    ("antecedent_baskets", Column::Int8),
    ("consequent_baskets", Column::Int8),
    ("all_baskets", Column::Int8),
    ("support", Column::Float8),
    ("confidence", Column::Float8),
    ("lift", Column::Float8),
    ("lift_low", Column::Float8),
    ("leverage", Column::Float8),
    ("conviction", Column::Float8),
    ("zhang", Column::Float8),
    ("jaccard", Column::Float8),
    ("cosine", Column::Float8),
    ("kulczynski", Column::Float8),
    ("imbalance", Column::Float8),
    ("odds_ratio", Column::Float8),
    ("p_value", Column::Float8),
];

fn measures(counts: &Counts) -> [Cell<'static>; 17] {
    let measure = |value: Option<f64>| Cell::of(value, Cell::Float);
    [
        Cell::Integer(counts.n_ab as i64),
        Cell::Integer(counts.n_a as i64),
        Cell::Integer(counts.n_b as i64),
        Cell::Integer(counts.n as i64),
        measure(counts.support()),
        measure(counts.confidence()),
        measure(counts.lift()),
        measure(counts.lift_low()),
        measure(counts.leverage()),
        measure(counts.conviction()),
        measure(counts.zhang()),
        measure(counts.jaccard()),
        measure(counts.cosine()),
        measure(counts.kulczynski()),
        measure(counts.imbalance()),
        measure(counts.odds_ratio()),
        Cell::Float(counts.p_value()),
    ]
}

/// The columns of rules: the items, then what is known of them.
const RULES: [(&str, Column); 19] = {
    let mut columns = [("antecedent", Column::TextArray); 19];
    columns[1].0 = "consequent";
    let (_, measures) = columns.split_at_mut(2);
    measures.copy_from_slice(&MEASURES);
    columns
};

/// `association_rules(log, …)`.
#[pg_extern(sql = false, immutable, parallel_safe)]
fn association_rules<'a>(log: Option<Given<'a, Log>>, options: Options<'a>, call: Call<'a>) -> RowSet<'a> {
    or_raise(|| {
        let top = options.read_given("top", at_least_one)?;
        let support = Support::read(&options)?.or(top.is_none().then_some(SUPPORT));
        let confidence = if top.is_some() { 0.0 } else { CONFIDENCE };
        let antecedents = options.read_given("only_antecedent", LooseKeyArray::known)?;
        let consequents = options.read_given("only_consequent", LooseKeyArray::known)?;
        let max_item_support = options.read_given("max_item_support", share)?;
        let chosen = rules::Options {
            min_confidence: options.or("min_confidence", confidence)?,
            max_antecedent: options.read("max_antecedent", usize::MAX, at_least_one)?,
            max_consequent: options.read("max_consequent", 1, at_least_one)?,
            redundant: options.or("redundant", true)?,
            significance: options.get("significance_level")?,
            top,
            by: options.word("by", Measure::default(), Measure::parse)?,
            ..rules::Options::default()
        };
        chosen.check()?;
        let Some(log) = log else {
            return Rows::none(call, &RULES);
        };
        let mut rows = Rows::begin(call, &RULES, None)?;
        let mut backend = Backend::of_call("association_rules");
        let content = Content::read(log.bytes(), &mut backend)?;
        let Content { items, baskets } = &content;
        let mut numbers =
            |keys: Option<Vec<String>>| keys.map(|keys| numbers_of(items, &keys, &mut backend)).transpose();
        let (antecedents, consequents) = (numbers(antecedents)?, numbers(consequents)?);
        let options = rules::Options {
            min_count: support.map(|support| support.count(baskets.len())).transpose()?,
            antecedents: antecedents.as_deref(),
            consequents: consequents.as_deref(),
            max_item_count: max_item_support.map_or(Ok(u32::MAX), |support| max_count_of(support, baskets.len()))?,
            ..chosen
        };
        let found = mine(baskets, &options, &mut backend)?;
        let least = options.min_count.unwrap_or_else(|| usual_count(baskets.len()));
        let places = places(&content, least, &mut backend)?;
        let mut names = ItemNames::new(items, &places, &mut backend)?;
        let (mut left, mut right) = (Vec::new(), Vec::new());
        for rule in found.iter() {
            names.of(&rule.antecedent, &mut rows, &mut left);
            names.of(&rule.consequent, &mut rows, &mut right);
            let mut cells = [Cell::Null; 19];
            (cells[0], cells[1]) = (Cell::Texts(&left), Cell::Texts(&right));
            cells[2..].copy_from_slice(&measures(&rule.counts));
            rows.put(&cells)?;
        }
        Ok(rows.finish())
    })
}

/// `rule_counts(log, antecedent, consequent)`.
#[pg_extern(sql = false, immutable, strict, parallel_safe)]
fn rule_counts<'a>(log: Decoded<'a, Log>, antecedent: KeyArray, consequent: KeyArray, call: Call<'a>) -> RowSet<'a> {
    or_raise(|| {
        let mut rows = Rows::begin(call, &MEASURES, None)?;
        // An item that is in no basket has a number that is in none.
        let mut backend = Backend::of_call("rule_counts");
        let mut numbers = |keys: KeyArray, what: &str| {
            let keys = keys.all(what)?;
            let mut numbers = vec_with_capacity(keys.len(), &mut backend)?;
            for (place, key) in keys.iter().enumerate() {
                if place % 64 == 0 {
                    backend.pass("looking items up", place, keys.len())?;
                }
                numbers.push(log.items.find(key).unwrap_or(u32::MAX));
            }
            numbers.sort_unstable();
            numbers.dedup();
            Ok(numbers)
        };
        let (antecedent, consequent) = (numbers(antecedent, "antecedent")?, numbers(consequent, "consequent")?);
        let counts = count_rule(&log.baskets, &antecedent, &consequent, &mut backend)?;
        rows.put(&measures(&counts))?;
        Ok(rows.finish())
    })
}
