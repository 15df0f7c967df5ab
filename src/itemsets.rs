//! `frequent_itemsets`: what is often bought together.

use crate::basket_log::{Content, ItemNames, Log, min_count, places};
use crate::pg::call::Call;
use crate::pg::error::answer;
use crate::pg::interrupt::Backend;
use crate::pg::rows::{Cell, Column, RowSet, Rows};
use crate::pg::settings;
use crate::pg::text::Text;
use crate::pg::value::Given;
use clientele_core::checkpoint::Checkpoint;
use clientele_core::itemsets::{Options, Target, at_least, frequent_itemsets as mine, min_count_of};
use clientele_core::{Error, Kind, Result};
use pgrx::prelude::*;

/// The support where nothing is said.
const SUPPORT: f64 = 0.01;

/// `frequent_itemsets(log, min_support, min_count, target, min_length, max_length)`.
#[pg_extern(sql = false, immutable, parallel_safe)]
fn frequent_itemsets<'a>(
    log: Option<Given<'a, Log>>,
    min_support: Option<f64>,
    count: Option<i64>,
    target: Option<Text<'a>>,
    min_length: Option<i32>,
    max_length: Option<i32>,
    call: Call<'a>,
) -> RowSet<'a> {
    const COLUMNS: &[Column] = &[
        Column::TextArray,
        Column::Int4,
        Column::Int8,
        Column::Float8,
        Column::Int8,
    ];
    answer(|| {
        let Some(log) = log else {
            return Rows::none(call, COLUMNS);
        };
        let mut rows = Rows::begin(call, COLUMNS, None)?;
        let mut backend = Backend::of_call("frequent_itemsets");
        let content = Content::read(log.bytes(), &mut backend)?;
        let Content { items, baskets } = &content;
        let options = Options {
            min_count: min_count(min_support, count, baskets.len())?.map_or_else(|| least(baskets.len()), Ok)?,
            target: target.map_or(Ok(Target::All), |word| Target::parse(&word))?,
            min_length: length(min_length, "min_length", 1)?,
            max_length: length(max_length, "max_length", usize::MAX)?,
        };
        if options.max_length < options.min_length {
            return Err(Error::invalid("max_length must be at least min_length")
                .detail(format!("They are {} and {}.", options.max_length, options.min_length)));
        }
        let places = places(&content, options.min_count, &mut backend)?;
        let mut names = ItemNames::new(items, &places);
        let limit = settings::row_limit();
        let mut found = 0;
        let mut visit = |items: &[u32], count: u32, checkpoint: &mut dyn Checkpoint| {
            found += 1;
            let known = at_least(baskets, &options, found, checkpoint)?.unwrap_or(0);
            if known.max(found as u64) > limit as u64 {
                return Err(too_many(limit, options.min_count));
            }
            let names = names.of(items, &mut rows);
            rows.put(&[
                Cell::Texts(names),
                Cell::Integer(items.len() as i64),
                Cell::Integer(i64::from(count)),
                Cell::Float(f64::from(count) / baskets.len() as f64),
                Cell::Integer(baskets.len() as i64),
            ])
        };
        mine(baskets, &options, &mut visit, &mut backend)?;
        Ok(rows.finish())
    })
}

/// The count of the usual support.
pub fn least(baskets: usize) -> Result<u32> {
    min_count_of(SUPPORT, baskets)
}

/// A number of things that must not be none.
pub fn at_least_one(n: i32, what: &str) -> Result<usize> {
    match n {
        1.. => Ok(n as usize),
        _ => Err(Error::invalid(format!("{what} must be at least 1")).detail(format!("It is {n}."))),
    }
}

/// The same, where it is given.
pub fn length(length: Option<i32>, what: &str, usual: usize) -> Result<usize> {
    length.map_or(Ok(usual), |length| at_least_one(length, what))
}

#[cold]
fn too_many(limit: usize, min_count: u32) -> Error {
    Error::new(
        Kind::TooLarge,
        "there are more itemsets than clientele.row_limit allows",
    )
    .detail(format!("More than {limit} are in at least {min_count} baskets."))
    .hint("Raise min_support, ask for closed or maximal sets, or raise clientele.row_limit.")
}
