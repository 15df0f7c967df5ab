//! What plans may expect of the analyses: how many rows come out, where what goes in is known.
//!
//! A log that comes from a table is not known when the query is planned: then what `sql/` declares is taken, which is much, on
//! purpose. The plan for many rows is hardly slower with few, but a nested loop for few rows never ends with many.

use crate::pg::planner::{Answer, Known, Planned, Request};
use clientele_core::basket_log::BasketLog;
use clientele_core::checkpoint::Unhindered;
use clientele_core::feature_set::FeatureSet;
use clientele_core::item_log::ItemLog;
use clientele_core::kmeans;
use clientele_core::order_log::OrderLog;
use pgrx::prelude::*;

/// Logs up to this many bytes are looked into: a millisecond or two.
const LOOKED_INTO: usize = 1 << 20;
/// The bytes that an order takes, where nobody looked.
const BYTES_AN_ORDER: f64 = 5.0;
/// And a customer.
const BYTES_A_CUSTOMER: f64 = 40.0;
/// And a row of features, or an item.
const BYTES_A_ROW: f64 = 20.0;
/// And an item of an item log, which is bought often.
const BYTES_A_SOLD_ITEM: f64 = 400.0;

/// Rows as a value says them if it can be looked into, and by its size if not.
fn rows_of(value: Option<Known<'_>>, bytes_a_row: f64, look: impl FnOnce(&[u8]) -> Option<f64>) -> Option<f64> {
    match value? {
        Known::Null => Some(0.0),
        // What cannot be read fails when it is called, and not here.
        Known::Value(size, Some(bytes)) if size <= LOOKED_INTO => look(bytes),
        Known::Value(size, _) => Some(size as f64 / bytes_a_row),
        Known::Integer(_) => None,
    }
}

/// A number of rows that is an argument itself, if it is given; NULL is no limit.
fn limit(call: &Planned<'_>, name: &str) -> Option<f64> {
    match call.named(name) {
        Some(Known::Integer(n)) => Some(n as f64),
        _ => None,
    }
}

/// Functions with a row for each customer of an order log.
#[pg_extern(sql = false, immutable, strict, parallel_safe)]
fn plan_customers(request: Request<'_>) -> Answer {
    request.answer(|call| {
        rows_of(call.argument(0), BYTES_A_CUSTOMER, |bytes| {
            let log = OrderLog::open(bytes).ok()?;
            Some(log.describe(&mut Unhindered).ok()?.customers as f64)
        })
    })
}

/// Functions with a row for each order.
#[pg_extern(sql = false, immutable, strict, parallel_safe)]
fn plan_orders(request: Request<'_>) -> Answer {
    request.answer(|call| {
        rows_of(call.argument(0), BYTES_AN_ORDER, |bytes| {
            Some(OrderLog::open(bytes).ok()?.counts().rows as f64)
        })
    })
}

/// Functions with a row for each row of a feature set.
#[pg_extern(sql = false, immutable, strict, parallel_safe)]
fn plan_features(request: Request<'_>) -> Answer {
    request.answer(|call| {
        rows_of(call.argument(0), BYTES_A_ROW, |bytes| {
            Some(FeatureSet::open(bytes).ok()?.len() as f64)
        })
    })
}

/// Functions with a row for each number of clusters.
#[pg_extern(sql = false, immutable, strict, parallel_safe)]
fn plan_numbers_of_clusters(request: Request<'_>) -> Answer {
    request.answer(|call| Some(limit(call, "k_max")? - limit(call, "k_min")? + 1.0))
}

/// Functions with a row for each cluster of a model.
#[pg_extern(sql = false, immutable, strict, parallel_safe)]
fn plan_clusters(request: Request<'_>) -> Answer {
    request.answer(|call| {
        rows_of(call.argument(0), BYTES_A_ROW, |bytes| {
            Some(kmeans::Model::decode(bytes).ok()?.k() as f64)
        })
    })
}

/// Functions with a row for each feature of each cluster of a model.
#[pg_extern(sql = false, immutable, strict, parallel_safe)]
fn plan_profiles(request: Request<'_>) -> Answer {
    request.answer(|call| {
        rows_of(call.argument(0), BYTES_A_ROW, |bytes| {
            let model = kmeans::Model::decode(bytes).ok()?;
            Some((model.k() * model.features.len()) as f64)
        })
    })
}

/// Functions with a row for each item of a basket log.
#[pg_extern(sql = false, immutable, strict, parallel_safe)]
fn plan_items(request: Request<'_>) -> Answer {
    request.answer(|call| {
        rows_of(call.argument(0), BYTES_A_ROW, |bytes| {
            let log = BasketLog::open(bytes).ok()?;
            Some(log.describe(&mut Unhindered).ok()?.items as f64)
        })
    })
}

/// Functions with a row for each item of an item log.
#[pg_extern(sql = false, immutable, strict, parallel_safe)]
fn plan_item_log(request: Request<'_>) -> Answer {
    request.answer(|call| {
        rows_of(call.argument(0), BYTES_A_SOLD_ITEM, |bytes| {
            Some(ItemLog::open(bytes).ok()?.items() as f64)
        })
    })
}

/// Rules: as many as are asked for.
#[pg_extern(sql = false, immutable, strict, parallel_safe)]
fn plan_rules(request: Request<'_>) -> Answer {
    request.answer(|call| limit(call, "top"))
}

/// Recommendations: as many as are asked for.
#[pg_extern(sql = false, immutable, strict, parallel_safe)]
fn plan_recommendations(request: Request<'_>) -> Answer {
    request.answer(|call| limit(call, "n"))
}

/// Functions that are no sets, and are more work the more they are given.
#[pg_extern(sql = false, immutable, strict, parallel_safe)]
fn plan_work(request: Request<'_>) -> Answer {
    request.answer(|_| None)
}
