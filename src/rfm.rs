//! `rfm` and `fit_rfm`: customers by recency, frequency and monetary value, and the model that keeps their scale.

use crate::observation::End;
use crate::order_log::{Log, times};
use crate::pg::aggregate::State;
use crate::pg::call::Call;
use crate::pg::decoded::Decoded;
use crate::pg::error::{notice, or_raise};
use crate::pg::interrupt::Backend;
use crate::pg::mergeable::{collecting, mergeable};
use crate::pg::model::model_type;
use crate::pg::options::Options;
use crate::pg::rows::{Cell, Column, RowSet, Rows};
use crate::pg::text::{Json, Text, TextType};
use crate::pg::value::{Given, Made};
use clientele_core::order_log::OrderLog;
use clientele_core::rfm::{
    Bins, CustomerTable, Model, Monetary, NAME, Standing, Standings, Ties, USUAL_BINS, Wanted, code, read_bins,
    segment, segments,
};
use clientele_core::summary::whole;
use clientele_core::zone::Zone;
use clientele_core::{Kind, Result};
use hashbrown::HashMap;
use pgrx::prelude::*;

model_type! {
    /// The SQL type of cut points.
    RfmModel is Model, named NAME, with rfm_model_in, rfm_model_out, rfm_model_recv
}

/// How scores are to be made and named, as options ask for it, of what money is.
fn named(options: &Options<'_>, monetary: Monetary) -> Result<Wanted> {
    let each = [options.get("r_bins")?, options.get("f_bins")?, options.get("m_bins")?];
    let bins = read_bins(options.get("bins")?, each)?;
    let segments: Option<Json<'_>> = options.get("segments")?;
    Wanted::read(bins, monetary, segments.as_deref())
}

/// How scores are to be made, as options ask for it.
fn wanted(options: &Options<'_>) -> Result<Wanted> {
    named(options, options.word("monetary", Monetary::Total, Monetary::parse)?)
}

/// The bins that the scores of three numbers alone are of.
const USUAL: Bins = [USUAL_BINS; 3];

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

/// `rfm(log, as_of, bins, ties, …)`.
#[pg_extern(sql = false, immutable, parallel_safe)]
fn rfm<'a>(log: Option<Given<'a, Log>>, options: Options<'a>, call: Call<'a>) -> RowSet<'a> {
    or_raise(|| {
        let end = End::read(&options)?;
        let wanted = wanted(&options)?;
        let ties = options.word("ties", Ties::Tied, Ties::parse)?;
        let Some(log) = log else {
            return Rows::none(call, COLUMNS);
        };
        let log = OrderLog::open(log.bytes())?;
        let rows = Rows::begin(call, COLUMNS, log.kinds().map(|kinds| kinds.0))?;
        let (as_of, zone) = end.of(times(&log))?;
        let mut backend = Backend::of_call("rfm");
        let table = CustomerTable::of(&log, as_of, &mut backend)?;
        let scores = table.scores(&wanted, ties, &mut backend)?;
        let scored = |at: usize| (scores[at][0] > 0).then_some(scores[at]);
        let named = |scores| {
            let name = segment(wanted.segments.as_ref(), wanted.bins, scores);
            (code(scores, wanted.bins), name)
        };
        written(&table, zone, scored, named, rows)
    })
}

/// `rfm(log, model, as_of, time_zone)`.
#[pg_extern(sql = false, immutable, parallel_safe)]
fn rfm_of_model<'a>(log: Option<Given<'a, Log>>, options: Options<'a>, call: Call<'a>) -> RowSet<'a> {
    or_raise(|| {
        let end = End::read(&options)?;
        let model: Option<Decoded<'_, RfmModel>> = options.get("model")?;
        let (Some(log), Some(model)) = (log, model) else {
            return Rows::none(call, COLUMNS);
        };
        let log = OrderLog::open(log.bytes())?;
        let rows = Rows::begin(call, COLUMNS, log.kinds().map(|kinds| kinds.0))?;
        let (as_of, zone) = end.of(times(&log))?;
        let table = CustomerTable::of(&log, as_of, &mut Backend::of_call("rfm"))?;
        let scored = |at: usize| model.score(table.days_since_last[at], table.orders[at] as f64, table.revenue[at]);
        let named = |scores| (model.code(scores), model.segment(scores));
        written(&table, zone, scored, named, rows)
    })
}

/// One row for each customer: what the scores are made of, and the scores, if there are any, with their code and the name of their segment.
fn written<'a, 'n>(
    table: &CustomerTable,
    zone: Zone,
    scored: impl Fn(usize) -> Option<[u8; 3]>,
    named: impl Fn([u8; 3]) -> (String, Option<&'n str>),
    mut rows: Rows<'a>,
) -> Result<RowSet<'a>> {
    // Few different scores, many rows: their texts are made once.
    let mut texts = HashMap::new();
    for at in 0..table.keys.len() {
        let scores = scored(at);
        let (code, segment) = scores.map_or((Cell::Null, Cell::Null), |scores| {
            *texts.entry(scores).or_insert_with(|| {
                let (code, name) = named(scores);
                (
                    Cell::Shared(rows.share(&code)),
                    Cell::of(name, |name| Cell::Shared(rows.share(name))),
                )
            })
        });
        let [r, f, m] = [0, 1, 2].map(|place| Cell::of(scores, |scores| Cell::Integer(i64::from(scores[place]))));
        let days = table.days_since_last[at];
        rows.put(&[
            Cell::Key(table.keys.get(at)),
            Cell::of(table.last_order(at), |last| Cell::Time(zone.local(last))),
            if days.is_nan() { Cell::Null } else { Cell::Float(days) },
            Cell::Integer(table.orders[at] as i64),
            Cell::Float(table.revenue[at]),
            r,
            f,
            m,
            code,
            segment,
        ])?;
    }
    Ok(rows.finish())
}

/// A model for SQL; NULL, and a notice, where there is nothing to fit one to.
fn told<'a>(model: Result<Option<Model>>, call: Call<'a>) -> Result<Option<Made<'a, RfmModel>>> {
    match model {
        Ok(model) => model.map(|model| Made::of(call, &model.encode())).transpose(),
        Err(nothing) if nothing.kind() == Kind::NotEnough => {
            notice(&nothing);
            Ok(None)
        }
        Err(error) => Err(error),
    }
}

/// `fit_rfm(log, as_of, bins, …)`.
#[pg_extern(sql = false, immutable, parallel_safe)]
fn fit_rfm<'a>(log: Option<Given<'a, Log>>, options: Options<'a>, call: Call<'a>) -> Option<Made<'a, RfmModel>> {
    or_raise(|| {
        let end = End::read(&options)?;
        let wanted = wanted(&options)?;
        let Some(log) = log else {
            return Ok(None);
        };
        let log = OrderLog::open(log.bytes())?;
        let (as_of, _) = end.of(times(&log))?;
        let mut backend = Backend::of_call("fit_rfm");
        let table = CustomerTable::of(&log, as_of, &mut backend)?;
        told(Model::fit(&table, wanted, &mut backend).map(Some), call)
    })
}

mergeable! {
    Standings {
        combine: fit_rfm_combine,
        serial: fit_rfm_serial,
        deserial: fit_rfm_deserial,
    }
}

/// Days since the last order, orders, net spend and weight.
type Row = [Option<f64>; 4];

/// Takes a row, which is none where something in it is NULL. `options` are bins for all, for each score, what money is, and a map.
fn add(
    standings: &mut Standings,
    row: Row,
    bins: Option<i32>,
    each: [Option<i32>; 3],
    monetary: Option<Text<'_>>,
    segments: Option<Json<'_>>,
) -> Result<()> {
    let bins = read_bins(bins, each)?;
    let monetary = monetary.map_or(Ok(Monetary::Total), |word| Monetary::parse(&word))?;
    let [Some(days_since_last), Some(orders), Some(revenue), Some(weight)] = row else {
        return Ok(());
    };
    standings.want(bins, monetary, segments.as_deref())?;
    let standing = Standing::new(days_since_last, whole("orders", orders)?, revenue, weight)?;
    standings.push(standing, &mut collecting::<Standings>())
}

/// `fit_rfm(days_since_last, orders, revenue)`, one row.
#[pg_extern(sql = false, immutable, parallel_safe)]
fn fit_rfm_trans<'a>(
    mut state: State<'a, Standings>,
    days_since_last: Option<f64>,
    orders: Option<f64>,
    revenue: Option<f64>,
) -> State<'a, Standings> {
    let row = [days_since_last, orders, revenue, Some(1.0)];
    or_raise(|| add(state.get(), row, None, [None; 3], None, None));
    state
}

/// `fit_rfm(days_since_last, orders, revenue, weight)`, one row.
#[pg_extern(sql = false, immutable, parallel_safe)]
fn fit_rfm_weighted_trans<'a>(
    mut state: State<'a, Standings>,
    days_since_last: Option<f64>,
    orders: Option<f64>,
    revenue: Option<f64>,
    weight: Option<f64>,
) -> State<'a, Standings> {
    let row = [days_since_last, orders, revenue, weight];
    or_raise(|| add(state.get(), row, None, [None; 3], None, None));
    state
}

/// `fit_rfm(days_since_last, orders, revenue, weight, bins, monetary, segments)`, one row.
#[pg_extern(sql = false, immutable, parallel_safe)]
#[expect(clippy::too_many_arguments, reason = "one for each argument in SQL")]
fn fit_rfm_named_trans<'a>(
    mut state: State<'a, Standings>,
    days_since_last: Option<f64>,
    orders: Option<f64>,
    revenue: Option<f64>,
    weight: Option<f64>,
    bins: Option<i32>,
    monetary: Option<Text<'a>>,
    segments: Option<Json<'a>>,
) -> State<'a, Standings> {
    let row = [days_since_last, orders, revenue, weight];
    or_raise(|| add(state.get(), row, bins, [None; 3], monetary, segments));
    state
}

/// `fit_rfm(days_since_last, orders, revenue, weight, r_bins, f_bins, m_bins, monetary, segments)`, one row.
#[pg_extern(sql = false, immutable, parallel_safe)]
#[expect(clippy::too_many_arguments, reason = "one for each argument in SQL")]
fn fit_rfm_three_bins_trans<'a>(
    mut state: State<'a, Standings>,
    days_since_last: Option<f64>,
    orders: Option<f64>,
    revenue: Option<f64>,
    weight: Option<f64>,
    r_bins: Option<i32>,
    f_bins: Option<i32>,
    m_bins: Option<i32>,
    monetary: Option<Text<'a>>,
    segments: Option<Json<'a>>,
) -> State<'a, Standings> {
    let row = [days_since_last, orders, revenue, weight];
    or_raise(|| add(state.get(), row, None, [r_bins, f_bins, m_bins], monetary, segments));
    state
}

/// The model; NULL where there was no row.
#[pg_extern(sql = false, immutable, parallel_safe)]
fn fit_rfm_final<'a>(mut state: State<'_, Standings>, call: Call<'a>) -> Option<Made<'a, RfmModel>> {
    or_raise(|| {
        let model = Model::of_standings(state.get(), &mut Backend::of_call("fit_rfm"));
        told(model, call)
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
        let name = segment(None, USUAL, scores);
        name.map(|name| Made::text(call, name)).transpose()
    })
}

/// `rfm_segments(bins, r_bins, f_bins, m_bins, segments)`.
#[pg_extern(sql = false, immutable, parallel_safe)]
fn rfm_segments<'a>(options: Options<'a>, call: Call<'a>) -> RowSet<'a> {
    const COLUMNS: &[(&str, Column)] = &[
        ("segment", Column::Text),
        ("r", Column::Int4),
        ("f", Column::Int4),
        ("m", Column::Int4),
        ("score", Column::Text),
    ];
    or_raise(|| {
        let wanted = named(&options, Monetary::Total)?;
        let mut rows = Rows::begin(call, COLUMNS, None)?;
        for (name, scores) in segments(&wanted)? {
            let [r, f, m] = scores.map(|score| Cell::Integer(i64::from(score)));
            rows.put(&[Cell::Text(name), r, f, m, Cell::Text(&code(scores, wanted.bins))])?;
        }
        Ok(rows.finish())
    })
}
