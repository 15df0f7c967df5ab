//! `won_lost` and `won_lost_trend`: whom one won and lost, and what money went with them.

use crate::observation::{End, confidence};
use crate::order_log::{Log, times};
use crate::pg::call::Call;
use crate::pg::error::or_raise;
use crate::pg::interrupt::Backend;
use crate::pg::options::Options;
use crate::pg::rows::{Cell, Column, RowSet, Rows};
use crate::pg::settings;
use crate::pg::time::Timestamp;
use crate::pg::value::Given;
use clientele_core::Result;
use clientele_core::calendar::Period;
use clientele_core::checkpoint::Checkpoint;
use clientele_core::order_log::OrderLog;
use clientele_core::won_lost::{self, Row, Trend};
use pgrx::prelude::*;

const PERIODS: &[(&str, Column)] = &[
    ("period_start", Column::Timestamp),
    ("customers", Column::Int8),
    ("new", Column::Int8),
    ("kept", Column::Int8),
    ("won_back", Column::Int8),
    ("lost", Column::Int8),
    ("revenue", Column::Float8),
    ("revenue_new", Column::Float8),
    ("revenue_kept", Column::Float8),
    ("revenue_won_back", Column::Float8),
    ("revenue_inactive", Column::Float8),
    ("kept_before", Column::Float8),
    ("lost_before", Column::Float8),
    ("inactive_before", Column::Float8),
    ("lost_share", Column::Float8),
    ("lost_share_low", Column::Float8),
    ("lost_share_high", Column::Float8),
    ("complete", Column::Bool),
];

const TRENDS: &[(&str, Column)] = &[
    ("measure", Column::Text),
    ("periods", Column::Int8),
    ("events", Column::Int8),
    ("at_risk", Column::Int8),
    ("share", Column::Float8),
    ("share_low", Column::Float8),
    ("share_high", Column::Float8),
    ("chi2", Column::Float8),
    ("df", Column::Int8),
    ("p_same", Column::Float8),
    ("trend_z", Column::Float8),
    ("p_trend", Column::Float8),
];

/// What is asked, besides the log.
fn read<'a>(options: &Options<'a>) -> Result<(won_lost::Options, End<'a>)> {
    let asked = won_lost::Options {
        period: options.word("period", Period::Month, Period::parse_of_calendar)?,
        since: options.read_given("since", Timestamp::finite)?,
        until: options.read_given("until", Timestamp::finite)?,
        confidence: confidence(options)?,
        row_limit: settings::row_limit() as u64,
    };
    asked.check()?;
    Ok((asked, End::read(options)?))
}

/// `won_lost(log, period, since, until, as_of, time_zone, confidence)`.
#[pg_extern(sql = false, immutable, parallel_safe)]
fn won_lost<'a>(log: Option<Given<'a, Log>>, options: Options<'a>, call: Call<'a>) -> RowSet<'a> {
    or_raise(|| {
        let (asked, end) = read(&options)?;
        let Some(log) = log else {
            return Rows::none(call, PERIODS);
        };
        let log = OrderLog::open(log.bytes())?;
        let mut rows = Rows::begin(call, PERIODS, None)?;
        let (as_of, zone) = end.of(times(&log))?;
        let put = &mut |row: &Row, _: &mut dyn Checkpoint| {
            let share = row.lost_share(asked.confidence);
            rows.put(&[
                Cell::Time(row.start),
                Cell::Integer(row.customers() as i64),
                Cell::Integer(row.new as i64),
                Cell::Integer(row.kept as i64),
                Cell::Integer(row.won_back as i64),
                Cell::Integer(row.lost as i64),
                Cell::Float(row.revenue()?),
                Cell::Float(row.revenue_new.value()?),
                Cell::Float(row.revenue_kept.value()?),
                Cell::Float(row.revenue_won_back.value()?),
                Cell::Float(row.revenue_inactive.value()?),
                Cell::Float(row.kept_before.value()?),
                Cell::Float(row.lost_before.value()?),
                Cell::Float(row.inactive_before.value()?),
                Cell::of(share, |share| Cell::Float(share.0)),
                Cell::of(share, |(_, limits)| Cell::Float(limits.0)),
                Cell::of(share, |(_, limits)| Cell::Float(limits.1)),
                Cell::Bool(row.complete),
            ])
        };
        won_lost::each(&log, as_of, &zone, &asked, &mut Backend::of_call("won_lost"), put)?;
        Ok(rows.finish())
    })
}

/// `won_lost_trend(log, period, since, until, as_of, time_zone, confidence)`.
#[pg_extern(sql = false, immutable, parallel_safe)]
fn won_lost_trend<'a>(log: Option<Given<'a, Log>>, options: Options<'a>, call: Call<'a>) -> RowSet<'a> {
    or_raise(|| {
        let (asked, end) = read(&options)?;
        let Some(log) = log else {
            return Rows::none(call, TRENDS);
        };
        let log = OrderLog::open(log.bytes())?;
        let mut rows = Rows::begin(call, TRENDS, None)?;
        let (as_of, zone) = end.of(times(&log))?;
        let backend = &mut Backend::of_call("won_lost_trend");
        for trend in won_lost::trends(&log, as_of, &zone, &asked, backend)?.iter().flatten() {
            rows.put(&of(trend))?;
        }
        Ok(rows.finish())
    })
}

fn of(trend: &Trend) -> [Cell<'_>; 12] {
    [
        Cell::Text(trend.measure),
        Cell::Integer(trend.periods as i64),
        Cell::Integer(trend.events as i64),
        Cell::Integer(trend.at_risk as i64),
        Cell::of(trend.share, |share| Cell::Float(share.0)),
        Cell::of(trend.share, |(_, limits)| Cell::Float(limits.0)),
        Cell::of(trend.share, |(_, limits)| Cell::Float(limits.1)),
        Cell::of(trend.test, |test| Cell::Float(test.chi_square)),
        Cell::of(trend.test, |test| Cell::Integer(test.degrees as i64)),
        Cell::of(trend.test, |test| Cell::Float(test.p_same)),
        Cell::of(trend.test, |test| Cell::Float(test.z)),
        Cell::of(trend.test, |test| Cell::Float(test.p_trend)),
    ]
}
