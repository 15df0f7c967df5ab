//! `seasonality`, `decompose`, `forecast` and `validate_forecast`: seasons, and what comes next.

use crate::observation::{End, confidence};
use crate::options::at_least_one;
use crate::order_log::{Log, times};
use crate::pg::call::Call;
use crate::pg::error::or_raise;
use crate::pg::interrupt::{Backend, WholeCall};
use crate::pg::options::Options;
use crate::pg::rows::{Cell, Column, RowSet, Rows};
use crate::pg::time::Timestamp;
use crate::pg::value::Given;
use clientele_core::order_log::OrderLog;
use clientele_core::seasonality::validate::validate;
use clientele_core::seasonality::{
    self as seasons, By, Forecaster, Grain, MOST_HORIZON, MOST_ORIGINS, MOST_SEASON, Measure, Method, Series,
    Smoothing, Span,
};
use clientele_core::{Error, Result};
use pgrx::prelude::*;

/// The series that is asked about: all options of it but its periods.
struct Question<'a> {
    end: End<'a>,
    /// As clocks in the time zone show it.
    since: Option<i64>,
    measure: Measure,
}

impl<'a> Question<'a> {
    fn read(options: &Options<'a>) -> Result<Question<'a>> {
        Ok(Question {
            end: End::read(options)?,
            since: options.read_given("since", Timestamp::finite)?,
            measure: options.word("value", Measure::Revenue, Measure::parse)?,
        })
    }

    /// The rows that `put` writes of the series; none for a log that is NULL, or has nothing in that time.
    fn rows<'c>(
        &self,
        (name, columns): (&'static str, &'static [(&'static str, Column)]),
        log: Option<Given<'_, Log>>,
        grain: Grain,
        call: Call<'c>,
        put: impl FnOnce(&mut Rows<'c>, &Series, &mut WholeCall) -> Result<()>,
    ) -> Result<RowSet<'c>> {
        let Some(log) = log else {
            return Rows::none(call, columns);
        };
        let log = OrderLog::open(log.bytes())?;
        let mut rows = Rows::begin(call, columns, None)?;
        let mut backend = Backend::of_call(name);
        let times = times(&log);
        let (as_of, zone) = self.end.of(times)?;
        let since = self.since.map(|since| self.end.instant(since, times)).transpose()?;
        let span = Span { since, as_of, zone };
        if let Some(series) = Series::of(&log, grain, self.measure, &span, &mut backend)? {
            put(&mut rows, &series, &mut backend)?;
        }
        Ok(rows.finish())
    }
}

/// The option `period`.
fn grain(options: &Options<'_>) -> Result<Grain> {
    options.word("period", Grain::Month, Grain::parse)
}

/// The option `season`, from `least` to `most`; nothing where it is not given.
fn season(options: &Options<'_>, least: usize, most: Option<usize>) -> Result<Option<usize>> {
    options.read_given("season", |season: i32, name| within(season, name, least, most))
}

/// A number of things that must not be too few or too many.
fn within(n: i32, name: &str, least: usize, most: Option<usize>) -> Result<usize> {
    let range = least..=most.unwrap_or(usize::MAX);
    usize::try_from(n).ok().filter(|n| range.contains(n)).ok_or_else(|| {
        let message = match most {
            Some(most) => format!("{name} must be between {least} and {most}"),
            None => format!("{name} must be at least {least}"),
        };
        Error::invalid(message).detail(format!("It is {n}."))
    })
}

/// The option `horizon`.
fn horizon(options: &Options<'_>) -> Result<usize> {
    options.read("horizon", 12, |horizon: i32, name| {
        within(horizon, name, 1, Some(MOST_HORIZON))
    })
}

const SEASONALITY: &[(&str, Column)] = &[
    ("season", Column::Int4),
    ("name", Column::Text),
    ("index", Column::Float8),
    ("share", Column::Float8),
    ("periods", Column::Int4),
    ("p_value", Column::Float8),
    ("strength", Column::Float8),
];

/// `seasonality(log, by, value, method, since, as_of, time_zone)`.
#[pg_extern(sql = false, immutable, parallel_safe)]
fn seasonality<'a>(log: Option<Given<'a, Log>>, options: Options<'a>, call: Call<'a>) -> RowSet<'a> {
    or_raise(|| {
        let question = Question::read(&options)?;
        let by = options.word("by", By::Month, By::parse)?;
        let method = options.word("method", None, Method::parse)?;
        question.rows(
            ("seasonality", SEASONALITY),
            log,
            by.grain(),
            call,
            |rows, series, backend| {
                let found = seasons::seasonality(series, by, method, backend)?;
                for place in &found.places {
                    rows.put(&[
                        Cell::Integer(i64::from(place.number)),
                        Cell::Text(&place.name),
                        Cell::of(place.index, Cell::Float),
                        Cell::of(place.share, Cell::Float),
                        Cell::Integer(place.periods as i64),
                        Cell::of(found.p_value, Cell::Float),
                        Cell::of(found.strength, Cell::Float),
                    ])?;
                }
                Ok(())
            },
        )
    })
}

const DECOMPOSE: &[(&str, Column)] = &[
    ("period_start", Column::Timestamp),
    ("value", Column::Float8),
    ("trend", Column::Float8),
    ("seasonal", Column::Float8),
    ("remainder", Column::Float8),
];

/// `decompose(log, period, season, value, seasonal_smoother, robust, since, as_of, time_zone)`.
#[pg_extern(sql = false, immutable, parallel_safe)]
fn decompose<'a>(log: Option<Given<'a, Log>>, options: Options<'a>, call: Call<'a>) -> RowSet<'a> {
    or_raise(|| {
        let question = Question::read(&options)?;
        let season = season(&options, 2, None)?;
        let smoothing = Smoothing::new(options.get("seasonal_smoother")?, options.or("robust", false)?)?;
        let grain = grain(&options)?;
        question.rows(("decompose", DECOMPOSE), log, grain, call, |rows, series, backend| {
            let parts = seasons::decompose(series, series.season(season)?, smoothing, backend)?;
            for (at, value) in series.values.iter().enumerate() {
                rows.put(&[
                    Cell::Time(series.begin(at)),
                    Cell::Float(*value),
                    Cell::Float(parts.trend[at]),
                    Cell::Float(parts.seasonal[at]),
                    Cell::Float(parts.remainder[at]),
                ])?;
            }
            Ok(())
        })
    })
}

const FORECAST: &[(&str, Column)] = &[
    ("period_start", Column::Timestamp),
    ("step", Column::Int4),
    ("forecast", Column::Float8),
    ("low", Column::Float8),
    ("high", Column::Float8),
];

/// `forecast(log, period, horizon, season, value, method, confidence, random_seed, since, as_of, time_zone)`.
#[pg_extern(sql = false, immutable, parallel_safe)]
fn forecast<'a>(log: Option<Given<'a, Log>>, options: Options<'a>, call: Call<'a>) -> RowSet<'a> {
    or_raise(|| {
        let question = Question::read(&options)?;
        let grain = grain(&options)?;
        let horizon = horizon(&options)?;
        let season = season(&options, 1, Some(MOST_SEASON))?;
        let way = options.word("method", Forecaster::Ets, Forecaster::parse)?;
        let confidence = confidence(&options)?;
        // All limits have formulas: nothing is simulated, whatever the seed.
        let _: i64 = options.or("random_seed", 1)?;
        question.rows(("forecast", FORECAST), log, grain, call, |rows, series, backend| {
            let m = series.season_if_known(season)?;
            let steps = seasons::forecast(&series.values, m, way, horizon, confidence.z(), backend)?;
            for (at, step) in steps.iter().enumerate() {
                rows.put(&[
                    Cell::Time(series.begin(series.values.len() + at)),
                    Cell::Integer(at as i64 + 1),
                    Cell::Float(step.point),
                    Cell::of(step.limits, |limits| Cell::Float(limits.0)),
                    Cell::of(step.limits, |limits| Cell::Float(limits.1)),
                ])?;
            }
            Ok(())
        })
    })
}

const VALIDATE_FORECAST: &[(&str, Column)] = &[
    ("method", Column::Text),
    ("origins", Column::Int4),
    ("mase", Column::Float8),
    ("smape", Column::Float8),
    ("bias", Column::Float8),
    ("coverage", Column::Float8),
    ("warnings", Column::TextArray),
];

/// `validate_forecast(log, period, horizon, season, value, origins, step, since, as_of, time_zone)`.
#[pg_extern(sql = false, immutable, parallel_safe)]
fn validate_forecast<'a>(log: Option<Given<'a, Log>>, options: Options<'a>, call: Call<'a>) -> RowSet<'a> {
    or_raise(|| {
        let question = Question::read(&options)?;
        let grain = grain(&options)?;
        let horizon = horizon(&options)?;
        let season = season(&options, 1, Some(MOST_SEASON))?;
        let origins = options.read("origins", 6, |origins: i32, name| {
            within(origins, name, 1, Some(MOST_ORIGINS))
        })?;
        let step = options.read("step", horizon, |step: i32, name| at_least_one(step, name))?;
        question.rows(
            ("validate_forecast", VALIDATE_FORECAST),
            log,
            grain,
            call,
            |rows, series, backend| {
                let m = series.season_if_known(season)?;
                for trial in validate(series, m, horizon, origins, step, backend)? {
                    let warnings: Vec<_> = trial.warnings.iter().map(|warning| rows.share(warning)).collect();
                    rows.put(&[
                        Cell::Text(trial.way.name()),
                        Cell::Integer(trial.origins as i64),
                        Cell::of(trial.mase, Cell::Float),
                        Cell::Float(trial.smape),
                        Cell::of(trial.bias, Cell::Float),
                        Cell::of(trial.coverage, Cell::Float),
                        Cell::Texts(&warnings),
                    ])?;
                }
                Ok(())
            },
        )
    })
}
