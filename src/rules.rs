//! `association_rules` and `rule_counts`: what goes with what.

use crate::basket_log::{Content, ItemNames, Log, min_count, numbers_of, places};
use crate::itemsets::{at_least_one, least, length};
use crate::pg::call::Call;
use crate::pg::decoded::Decoded;
use crate::pg::error::answer;
use crate::pg::interrupt::Backend;
use crate::pg::keys::{KeyArray, LooseKeyArray};
use crate::pg::rows::{Cell, Column, RowSet, Rows};
use crate::pg::text::Text;
use crate::pg::value::Given;
use clientele_core::checkpoint::{Checkpoint, vec_with_capacity};
use clientele_core::itemsets::max_count_of;
use clientele_core::rules::{
    Counts, Measure, Options, association_rules as mine, rule_counts as count_rule, usual_count,
};
use pgrx::prelude::*;

/// The confidence where nothing is said, and not only the best are asked for.
const CONFIDENCE: f64 = 0.5;

/// The counts of a rule and all measures of it, in the order of the columns.
const MEASURES: [Column; 17] = [
    Column::Int8,
    Column::Int8,
    Column::Int8,
    Column::Int8,
    Column::Float8,
    Column::Float8,
    Column::Float8,
    Column::Float8,
    Column::Float8,
    Column::Float8,
    Column::Float8,
    Column::Float8,
    Column::Float8,
    Column::Float8,
    Column::Float8,
    Column::Float8,
    Column::Float8,
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

/// `association_rules(log, …)`.
#[pg_extern(sql = false, immutable, parallel_safe)]
#[allow(clippy::too_many_arguments, reason = "one for each argument of the SQL function")]
fn association_rules<'a>(
    log: Option<Given<'a, Log>>,
    min_support: Option<f64>,
    count: Option<i64>,
    min_confidence: Option<f64>,
    max_antecedent: Option<i32>,
    max_consequent: Option<i32>,
    top: Option<i32>,
    by: Option<Text<'a>>,
    redundant: Option<bool>,
    only_antecedent: Option<LooseKeyArray>,
    only_consequent: Option<LooseKeyArray>,
    max_item_support: Option<f64>,
    significance_level: Option<f64>,
    call: Call<'a>,
) -> RowSet<'a> {
    const COLUMNS: &[Column] = &{
        let mut columns = [Column::TextArray; 19];
        let mut at = 0;
        while at < MEASURES.len() {
            columns[2 + at] = MEASURES[at];
            at += 1;
        }
        columns
    };
    answer(|| {
        let Some(log) = log else {
            return Rows::none(call, COLUMNS);
        };
        let mut rows = Rows::begin(call, COLUMNS, None)?;
        let mut backend = Backend::of_call("association_rules");
        let content = Content::read(log.bytes(), &mut backend)?;
        let Content { items, baskets } = &content;
        let top = top.map(|top| at_least_one(top, "top")).transpose()?;
        let mut only = |keys: Option<LooseKeyArray>, what: &str| {
            let keys = keys.map(|keys| keys.known(what)).transpose()?;
            keys.map(|keys| numbers_of(items, &keys, &mut backend)).transpose()
        };
        let antecedents = only(only_antecedent, "only_antecedent")?;
        let consequents = only(only_consequent, "only_consequent")?;
        let options = Options {
            min_count: match min_count(min_support, count, baskets.len())? {
                None if top.is_none() => Some(least(baskets.len())?),
                count => count,
            },
            min_confidence: min_confidence.unwrap_or(if top.is_some() { 0.0 } else { CONFIDENCE }),
            max_antecedent: length(max_antecedent, "max_antecedent", usize::MAX)?,
            max_consequent: length(max_consequent, "max_consequent", 1)?,
            redundant: redundant.unwrap_or(true),
            antecedents: antecedents.as_deref(),
            consequents: consequents.as_deref(),
            max_item_count: match max_item_support {
                None => u32::MAX,
                Some(support) => max_count_of(support, baskets.len())?,
            },
            significance: significance_level,
            top,
            by: by.map_or(Ok(Measure::default()), |word| Measure::parse(&word))?,
        };
        let found = mine(baskets, &options, &mut backend)?;
        let least = options.min_count.unwrap_or_else(|| usual_count(baskets.len()));
        let places = places(&content, least, &mut backend)?;
        let (mut left, mut right) = (ItemNames::new(items, &places), ItemNames::new(items, &places));
        for rule in found.iter() {
            let (left, right) = (
                left.of(&rule.antecedent, &mut rows),
                right.of(&rule.consequent, &mut rows),
            );
            let mut cells = [Cell::Null; 19];
            (cells[0], cells[1]) = (Cell::Texts(left), Cell::Texts(right));
            cells[2..].copy_from_slice(&measures(&rule.counts));
            rows.put(&cells)?;
        }
        Ok(rows.finish())
    })
}

/// `rule_counts(log, antecedent, consequent)`.
#[pg_extern(sql = false, immutable, strict, parallel_safe)]
fn rule_counts<'a>(log: Decoded<'a, Log>, antecedent: KeyArray, consequent: KeyArray, call: Call<'a>) -> RowSet<'a> {
    answer(|| {
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
