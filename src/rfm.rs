//! `rfm`: scores and named segments, and the model that keeps their scale.

use crate::observation::End;
use crate::order_log::{Log, times};
use crate::pg::call::Call;
use crate::pg::decoded::Decoded;
use crate::pg::error::{notice, or_raise};
use crate::pg::interrupt::Backend;
use crate::pg::model::model_type;
use crate::pg::options::Options;
use crate::pg::rows::{Cell, Column, RowSet, Rows};
use crate::pg::text::{Json, TextType};
use crate::pg::value::{Given, Made};
use clientele_core::order_log::OrderLog;
use clientele_core::rfm::{CustomerTable, Model, NAME, Segments, Ties, check_bins, code, default_segments, segment};
use clientele_core::{Kind, Result};
use hashbrown::HashMap;
use pgrx::prelude::*;

model_type! {
    /// The SQL type of cut points.
    RfmModel is Model, named NAME, with rfm_model_in, rfm_model_out, rfm_model_recv
}

/// The bins where nothing else is asked for.
const BINS: i32 = 5;

/// What is asked of both functions that look at a log.
struct Question<'a> {
    end: End<'a>,
    bins: usize,
    segments: Option<Segments>,
}

impl<'a> Question<'a> {
    fn read(options: &Options<'a>) -> Result<Question<'a>> {
        let bins = check_bins(options.or("bins", BINS)?)?;
        Ok(Question {
            end: End::read(options)?,
            bins,
            segments: options.read_given("segments", |map: Json<'_>, _| Segments::parse(&map, bins))?,
        })
    }
}

const COLUMNS: &[(&str, Column)] = &[
    ("customer_id", Column::Key),
    ("last_order", Column::Timestamp),
    ("days_since_last", Column::Float8),
    ("orders", Column::Int8),
    ("revenue", Column::Float8),
    ("r", Column::Int4),
    ("f", Column::Int4),
    ("m", Column::Int4),
    ("score", Column::Text),
    ("segment", Column::Text),
];

/// `rfm(log, as_of, bins, ties, time_zone, segments)`.
#[pg_extern(sql = false, immutable, parallel_safe)]
fn rfm<'a>(log: Option<Given<'a, Log>>, options: Options<'a>, call: Call<'a>) -> RowSet<'a> {
    or_raise(|| {
        let question = Question::read(&options)?;
        let ties = options.word("ties", Ties::Tied, Ties::parse)?;
        let Some(log) = log else {
            return Rows::none(call, COLUMNS);
        };
        let log = OrderLog::open(log.bytes())?;
        let mut rows = Rows::begin(call, COLUMNS, log.kinds().map(|kinds| kinds.0))?;
        let (as_of, zone) = question.end.of(times(&log))?;
        let mut backend = Backend::of_call("rfm");
        let table = CustomerTable::of(&log, as_of, &mut backend)?;
        let scores = table.scores(question.bins, ties, &mut backend)?;

        // Few different scores, many rows: their texts are made once.
        let mut texts = HashMap::new();
        for (at, &scores) in scores.iter().enumerate() {
            let (code, segment) = *texts.entry(scores).or_insert_with(|| {
                if scores[0] == 0 {
                    return (Cell::Null, Cell::Null);
                }
                let name = segment(question.segments.as_ref(), question.bins, scores);
                (
                    Cell::Shared(rows.share(&code(scores, question.bins))),
                    Cell::of(name, |name| Cell::Shared(rows.share(name))),
                )
            });
            let score = |score: u8| {
                if score == 0 {
                    Cell::Null
                } else {
                    Cell::Integer(i64::from(score))
                }
            };
            let days = table.days_since_last[at];
            rows.put(&[
                Cell::Key(table.keys.get(at)),
                Cell::of(table.last_order(at), |last| Cell::Time(zone.local(last))),
                if days.is_nan() { Cell::Null } else { Cell::Float(days) },
                Cell::Integer(table.orders[at] as i64),
                Cell::Float(table.revenue[at]),
                score(scores[0]),
                score(scores[1]),
                score(scores[2]),
                code,
                segment,
            ])?;
        }
        Ok(rows.finish())
    })
}

/// `fit_rfm(log, as_of, bins, time_zone, segments)`.
#[pg_extern(sql = false, immutable, parallel_safe)]
fn fit_rfm<'a>(log: Option<Given<'a, Log>>, options: Options<'a>, call: Call<'a>) -> Option<Made<'a, RfmModel>> {
    or_raise(|| {
        let question = Question::read(&options)?;
        let Some(log) = log else {
            return Ok(None);
        };
        let log = OrderLog::open(log.bytes())?;
        let (as_of, _) = question.end.of(times(&log))?;
        let mut backend = Backend::of_call("fit_rfm");
        let table = CustomerTable::of(&log, as_of, &mut backend)?;
        match Model::fit(&table, question.bins, question.segments, &mut backend) {
            Ok(model) => Made::of(call, &model.encode()).map(Some),
            Err(nothing) if nothing.kind() == Kind::NotEnough => {
                notice(&nothing);
                Ok(None)
            }
            Err(error) => Err(error),
        }
    })
}

/// `rfm_score(model, days_since_last, orders, revenue)`.
#[pg_extern(sql = false, immutable, strict, parallel_safe)]
fn rfm_score<'a>(
    model: Decoded<'_, RfmModel>,
    days_since_last: f64,
    orders: f64,
    revenue: f64,
    call: Call<'a>,
) -> Option<Made<'a, TextType>> {
    or_raise(|| {
        let scores = model.score(days_since_last, orders, revenue);
        scores.map(|scores| Made::text(call, &model.code(scores))).transpose()
    })
}

/// `rfm_segment(model, days_since_last, orders, revenue)`.
#[pg_extern(sql = false, immutable, strict, parallel_safe)]
fn rfm_segment_of_model<'a>(
    model: Decoded<'_, RfmModel>,
    days_since_last: f64,
    orders: f64,
    revenue: f64,
    call: Call<'a>,
) -> Option<Made<'a, TextType>> {
    or_raise(|| {
        let scores = model.score(days_since_last, orders, revenue);
        let name = scores.and_then(|scores| model.segment(scores));
        name.map(|name| Made::text(call, name)).transpose()
    })
}

/// `rfm_segment(r, f, m)`.
#[pg_extern(sql = false, immutable, strict, parallel_safe)]
fn rfm_segment<'a>(r: i32, f: i32, m: i32, call: Call<'a>) -> Option<Made<'a, TextType>> {
    or_raise(|| {
        // 0 is no score.
        let scores = [r, f, m].map(|score| u8::try_from(score).unwrap_or(0));
        let name = segment(None, BINS as usize, scores);
        name.map(|name| Made::text(call, name)).transpose()
    })
}

/// `rfm_segments()`.
#[pg_extern(sql = false, immutable, strict, parallel_safe)]
fn rfm_segments<'a>(call: Call<'a>) -> RowSet<'a> {
    const COLUMNS: &[(&str, Column)] = &[
        ("segment", Column::Text),
        ("r", Column::Int4),
        ("f", Column::Int4),
        ("m", Column::Int4),
        ("score", Column::Text),
    ];
    or_raise(|| {
        let mut rows = Rows::begin(call, COLUMNS, None)?;
        for (name, scores) in default_segments() {
            let [r, f, m] = scores.map(|score| Cell::Integer(i64::from(score)));
            rows.put(&[Cell::Text(name), r, f, m, Cell::Text(&code(scores, BINS as usize))])?;
        }
        Ok(rows.finish())
    })
}
