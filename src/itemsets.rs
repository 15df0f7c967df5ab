//! `frequent_itemsets`: what is often bought together.

use crate::basket_log::{Content, ItemNames, Log, places};
use crate::options::{Support, at_least_one};
use crate::pg::call::Call;
use crate::pg::error::or_raise;
use crate::pg::interrupt::Backend;
use crate::pg::options::Options;
use crate::pg::rows::{Cell, Column, RowSet, Rows};
use crate::pg::settings;
use crate::pg::value::Given;
use clientele_core::checkpoint::Checkpoint;
use clientele_core::itemsets::{self, Target, at_least, frequent_itemsets as mine};
use clientele_core::{Error, Kind};
use pgrx::prelude::*;

/// The support where nothing is said.
pub const SUPPORT: Support = Support::Share(0.01);

/// `frequent_itemsets(log, min_support, min_count, target, min_length, max_length)`.
#[pg_extern(sql = false, immutable, parallel_safe)]
fn frequent_itemsets<'a>(log: Option<Given<'a, Log>>, options: Options<'a>, call: Call<'a>) -> RowSet<'a> {
    const COLUMNS: &[(&str, Column)] = &[
        ("items", Column::TextArray),
        ("length", Column::Int4),
        ("baskets", Column::Int8),
        ("support", Column::Float8),
        ("all_baskets", Column::Int8),
    ];
    or_raise(|| {
        let support = Support::read(&options)?.unwrap_or(SUPPORT);
        let target = options.word("target", Target::All, Target::parse)?;
        let min_length = options.read("min_length", 1, at_least_one)?;
        let max_length = options.read("max_length", usize::MAX, at_least_one)?;
        if max_length < min_length {
            return Err(Error::invalid("max_length must be at least min_length")
                .detail(format!("They are {max_length} and {min_length}.")));
        }
        let Some(log) = log else {
            return Rows::none(call, COLUMNS);
        };
        let mut rows = Rows::begin(call, COLUMNS, None)?;
        let mut backend = Backend::of_call("frequent_itemsets");
        let content = Content::read(log.bytes(), &mut backend)?;
        let Content { items, baskets } = &content;
        let options = itemsets::Options {
            min_count: support.count(baskets.len())?,
            target,
            min_length,
            max_length,
        };
        let places = places(&content, options.min_count, &mut backend)?;
        let mut names = ItemNames::new(items, &places, &mut backend)?;
        let mut set = Vec::new();
        let limit = settings::row_limit();
        let mut found = 0;
        let mut visit = |items: &[u32], count: u32, checkpoint: &mut dyn Checkpoint| {
            found += 1;
            let known = at_least(baskets, &options, found, checkpoint)?.unwrap_or(0);
            if known.max(found as u64) > limit as u64 {
                return Err(too_many(limit, options.min_count));
            }
            names.of(items, &mut rows, &mut set);
            rows.put(&[
                Cell::Texts(&set),
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

#[cold]
fn too_many(limit: usize, min_count: u32) -> Error {
    Error::new(
        Kind::TooLarge,
        "there are more itemsets than clientele.row_limit allows",
    )
    .detail(format!("More than {limit} are in at least {min_count} baskets."))
    .hint("Raise min_support, ask for closed or maximal sets, or raise clientele.row_limit.")
}
