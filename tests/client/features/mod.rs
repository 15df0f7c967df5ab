//! What each feature gives to the tests of qualities: long calls, calls that need memory, what can be stored. One file is one
//! feature, named as its part of the SQL; the trials go through all, and [`coverage`](crate::coverage) names what no feature covers.

mod basket_log;
mod churn;
mod clv;
mod cohorts;
mod customers;
mod feature_set;
mod item_log;
mod itemsets;
mod kmeans;
pub mod order_log;
mod purchases;
mod recommend;
mod retention;
mod rfm;
mod rhythm;
mod rules;
mod seasonality;
mod segment_agreement;
mod spend;
mod survival;
mod validation;
mod won_lost;

use crate::database::Database;
use crate::{Failure, Outcome, ensure};
use postgres::error::SqlState;
use postgres::{Client, GenericClient};
use std::collections::BTreeMap;

/// What the tests know of a feature. Queries read `logs` and `texts`, each of one row, an order log and its text, and what
/// features [make](Feature::made) for them.
#[derive(Clone, Copy)]
pub struct Feature {
    /// Its word, which is that of its part in sql/parts.
    pub word: &'static str,
    /// Long work, each of another kind, with a million orders: more than two seconds, were it not stopped.
    pub long: &'static [(&'static str, &'static str)],
    /// One call each, which PostgreSQL's own checks between calls and rows cannot stop.
    pub single: &'static [Single],
    /// Calls, each of another kind, that with a million orders hold more than five megabytes.
    pub growing: &'static [(&'static str, &'static str)],
    /// Calls whose memory is for the most part PostgreSQL's: rows and texts that go out.
    pub filling: &'static [(&'static str, &'static str)],
    /// Tables for `growing` and `filling` calls.
    pub made: &'static str,
    /// Tables with a value of each type, and views, generated columns and indexes that call functions. `orders` is there, and
    /// what features before this one store.
    pub stored: &'static str,
    /// The aggregates, if there are any.
    pub aggregates: Option<Aggregates>,
    /// Functions for which there is nothing long, or nothing that needs memory, each with the reason.
    pub short: &'static [(&'static str, &'static str)],
}

impl Feature {
    const NONE: Feature = Feature {
        word: "",
        long: &[],
        single: &[],
        growing: &[],
        filling: &[],
        made: "",
        stored: "",
        aggregates: None,
        short: &[],
    };
}

/// Aggregates with one kind of state, and what they are tried with.
#[derive(Clone, Copy)]
pub struct Aggregates {
    /// Makes the table `rows`.
    pub rows: &'static str,
    /// Calls of the aggregates over it, not all of which give the same.
    pub calls: fn() -> Vec<String>,
    /// The bytes of a result, which is `{}`.
    pub bytes: &'static str,
    /// Rows come in these orders, too.
    pub orders: &'static [&'static str],
    /// By this there are so many groups that they do not fit into a megabyte; nothing where a fit to each of them would take too long.
    pub groups: Option<&'static str>,
    /// By this there are pieces whose values are merged by `clientele.merge`, where there is such a thing.
    pub pieces: Option<&'static str>,
}

/// A call that is made as long as it has to be.
#[derive(Clone, Copy)]
pub struct Single {
    pub what: &'static str,
    /// A query of one `value`, made of `N` rows.
    pub input: &'static str,
    /// The call, over the value in the table `input`.
    pub call: &'static str,
    /// With how many threads it is tried.
    pub threads: &'static [u32],
}

/// Columns with keys of each type, in the tables of [`Aggregates`].
const KEYS: [&str; 6] = ["int2", "int4", "int8", "uuid", "text", "varchar"];

/// All features, in the order of their parts.
pub const FEATURES: &[Feature] = &[
    order_log::FEATURE,
    customers::FEATURE,
    rfm::FEATURE,
    rhythm::FEATURE,
    survival::FEATURE,
    purchases::FEATURE,
    spend::FEATURE,
    clv::FEATURE,
    churn::FEATURE,
    validation::FEATURE,
    cohorts::FEATURE,
    won_lost::FEATURE,
    retention::FEATURE,
    seasonality::FEATURE,
    feature_set::FEATURE,
    kmeans::FEATURE,
    segment_agreement::FEATURE,
    basket_log::FEATURE,
    itemsets::FEATURE,
    rules::FEATURE,
    recommend::FEATURE,
    item_log::FEATURE,
];

fn strings(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|&text| text.to_owned()).collect()
}

/// The calls of all features that need memory.
pub fn calls_that_need_memory() -> impl Iterator<Item = (&'static str, &'static str)> {
    FEATURES
        .iter()
        .flat_map(|feature| feature.growing.iter().chain(feature.filling).copied())
}

/// Makes what calls that need memory read, with a log of so many orders.
pub fn make(database: &Database, orders: u32) -> Result<Client, Failure> {
    let mut client = database.client_with_log(orders)?;
    for feature in FEATURES {
        client.batch_execute(feature.made)?;
    }
    Ok(client)
}

/// 5 000 orders of 97 customers.
pub const SHOP: &str = "
    CREATE TABLE orders AS
    SELECT i % 97 AS customer_id, timestamptz '2024-01-01 00:00+00' + i % 1000 * interval '37 minutes' AS ordered_at,
           CASE WHEN i % 3 = 0 THEN i / 7.0::float8 ELSE (i * 7919 % 20000 - 1000) / 100.0 END AS total
    FROM generate_series(1, 5000) i";

/// Stores what each feature stores.
pub fn store(client: &mut Client) -> Outcome {
    let lacking = store_what_there_is(client)?;
    ensure!(lacking.is_empty(), "there is not all that features store: {lacking:?}");
    Ok(())
}

/// Stores what each feature stores that an older version has, and tells what the others lack.
pub fn store_what_there_is(client: &mut Client) -> Result<Vec<String>, Failure> {
    client.batch_execute(SHOP)?;
    let mut lacking = Vec::new();
    for feature in FEATURES {
        let Err(error) = client.batch_execute(feature.stored) else {
            continue;
        };
        let told = format!("{}: {error:?}", feature.word);
        match error.code() {
            Some(&(SqlState::UNDEFINED_FUNCTION | SqlState::UNDEFINED_OBJECT)) => lacking.push(told),
            _ => return Err(told.into()),
        }
    }
    Ok(lacking)
}

/// What [`store`] executes, as a script for `psql`.
pub fn script() -> String {
    let parts = FEATURES.iter().map(|feature| feature.stored);
    std::iter::once(SHOP)
        .chain(parts)
        .map(|part| format!("{};\n", part.trim_end().trim_end_matches(';')))
        .collect()
}

/// What is stored in the tables and materialized views of the schema public, as the bytes that the types send: for each of them
/// the number of its rows and a digest.
pub fn stored(client: &mut impl GenericClient) -> Result<BTreeMap<String, String>, Failure> {
    let queries: Vec<(String, String)> = client
        .query(
            "SELECT relname::text,
                    format('SELECT count(*) || '' rows, '' || coalesce(md5(string_agg(row, '''' ORDER BY row)), '''')
                            FROM (SELECT md5(concat_ws('','', %s)) AS row FROM public.%I t) r',
                           string_agg(format('%s(t.%I)', typsend::oid::regproc, attname), ', ' ORDER BY attnum), relname)
             FROM pg_class c JOIN pg_attribute a ON attrelid = c.oid JOIN pg_type t ON t.oid = atttypid
             WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'm') AND attnum > 0 AND NOT attisdropped
             GROUP BY relname",
            &[],
        )?
        .iter()
        .map(|row| Ok((row.try_get(0)?, row.try_get(1)?)))
        .collect::<Result<_, Failure>>()?;
    queries
        .into_iter()
        .map(|(name, query)| Ok((name, client.query_one(&query, &[])?.try_get(0)?)))
        .collect()
}
