//! `cohorts`: who came when, and who of them is still active.

use crate::observation::{End, confidence};
use crate::order_log::{Log, times};
use crate::pg::call::Call;
use crate::pg::error::or_raise;
use crate::pg::interrupt::Backend;
use crate::pg::options::Options;
use crate::pg::rows::{Cell, Column, RowSet, Rows};
use crate::pg::settings;
use crate::pg::time::Interval;
use crate::pg::value::Given;
use clientele_core::calendar::Period;
use clientele_core::choice::choose;
use clientele_core::cohorts::{self, Definition, Windows};
use clientele_core::order_log::OrderLog;
use clientele_core::{Error, Result};
use pgrx::prelude::*;

const COLUMNS: &[(&str, Column)] = &[
    ("cohort", Column::Timestamp),
    ("age", Column::Int4),
    ("customers", Column::Int8),
    ("observed", Column::Int8),
    ("active", Column::Int8),
    ("observed_active", Column::Int8),
    ("orders", Column::Int8),
    ("rate", Column::Float8),
    ("rate_low", Column::Float8),
    ("rate_high", Column::Float8),
    ("revenue", Column::Float8),
    ("complete", Column::Bool),
];

/// What is asked of `cohorts`, besides the log and the end of observation.
fn read(options: &Options<'_>) -> Result<cohorts::Options> {
    let length = options.read_given("length", Interval::positive_length)?;
    let is_rolling = options.word("windows", false, |word| {
        choose("windows", word, &[("calendar", false), ("rolling", true)])
    })?;
    if length.is_some() && !is_rolling {
        return Err(Error::invalid("length needs rolling windows")
            .detail("Windows of the calendar are as long as the period.")
            .hint("Pass windows => 'rolling', or a period and no length."));
    }
    Ok(cohorts::Options {
        period: options.word("period", Period::Month, Period::parse_of_calendar)?,
        definition: options.word("definition", Definition::default(), Definition::parse)?,
        windows: if is_rolling {
            Windows::Rolling(length)
        } else {
            Windows::Calendar
        },
        max_age: options.read_given("max_age", |age: i32, what| {
            u64::try_from(age)
                .map_err(|_| Error::invalid(format!("{what} must not be negative")).detail(format!("It is {age}.")))
        })?,
        confidence: confidence(options)?,
        row_limit: settings::row_limit() as u64,
    })
}

/// `cohorts(log, period, definition, windows, length, max_age, as_of, time_zone, confidence)`.
#[pg_extern(sql = false, immutable, parallel_safe)]
fn cohorts<'a>(log: Option<Given<'a, Log>>, options: Options<'a>, call: Call<'a>) -> RowSet<'a> {
    or_raise(|| {
        let (asked, end) = (read(&options)?, End::read(&options)?);
        let Some(log) = log else {
            return Rows::none(call, COLUMNS);
        };
        let log = OrderLog::open(log.bytes())?;
        let mut rows = Rows::begin(call, COLUMNS, None)?;
        let (as_of, zone) = end.of(times(&log))?;
        cohorts::each(
            &log,
            as_of,
            &zone,
            &asked,
            &mut Backend::of_call("cohorts"),
            &mut |row| {
                rows.put(&[
                    Cell::of(row.cohort, Cell::Time),
                    Cell::Integer(row.age as i64),
                    Cell::Integer(row.customers as i64),
                    Cell::Integer(row.observed as i64),
                    Cell::Integer(row.active as i64),
                    Cell::Integer(row.observed_active as i64),
                    Cell::Integer(row.orders as i64),
                    Cell::of(row.rate, |rate| Cell::Float(rate.0)),
                    Cell::of(row.rate, |(_, limits)| Cell::Float(limits.0)),
                    Cell::of(row.rate, |(_, limits)| Cell::Float(limits.1)),
                    Cell::Float(row.revenue),
                    Cell::Bool(row.complete),
                ])
            },
        )?;
        Ok(rows.finish())
    })
}
