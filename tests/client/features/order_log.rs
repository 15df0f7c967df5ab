use super::{Aggregates, Feature, KEYS, Single};

/// `N` orders.
pub const ROWS: &str = "SELECT clientele.order_log(i * 7919 % (N / 2 + 1), timestamp '2024-01-01' + i * 104729 % 31536000 * interval '1 second', i % 1000 / 4.0) AS value
                        FROM generate_series(1, N::bigint) i";

/// 150 000 rows of 5 000 customers with keys, times and amounts of every type; every 20th row is a return.
pub const EVERY_TYPE: &str = "
    CREATE TABLE rows AS
    SELECT k::int2 AS int2, k AS int4, k * 4000000000 AS int8, md5(k::text)::uuid AS uuid, 'customer ' || k AS text,
           ('c' || k)::varchar(20) AS varchar, t AS timestamptz, t::timestamp AS timestamp, t::date AS date, a AS numeric,
           CASE WHEN k % 2 = 0 THEN a::float8 ELSE a::float8 / 3 END AS float8
    FROM (SELECT (i::bigint * 7919 % 5000) AS k, timestamptz '2021-01-01 00:00+00' + (i::bigint * 104729 % 900000) * interval '97 seconds' AS t,
                 (CASE WHEN i % 20 = 0 THEN -1 ELSE 1 END * (i * 31 % 100000))::numeric / 100 AS a
          FROM generate_series(1, 150000) i) s";

const TIMES: [&str; 3] = ["timestamptz", "timestamp", "date"];
const AMOUNTS: [&str; 3] = [", numeric", ", float8", ""];

pub const FEATURE: Feature = Feature {
    word: "order_log",
    long: &[
        (
            "collecting",
            "SELECT pg_column_size(clientele.order_log(i * 7919 % 1000003, timestamp '2024-01-01' + i * interval '1 second', i::float8))
             FROM generate_series(1, 30000000::bigint) i",
        ),
        ("merging", "SELECT pg_column_size(clientele.merge(log)) FROM logs, generate_series(1, 40)"),
        ("writing text", "SELECT sum(length(log::text)) FROM logs, generate_series(1, 4000)"),
        ("reading text", "SELECT sum(pg_column_size(t::clientele.order_log)) FROM texts, generate_series(1, 400)"),
        ("writing JSON", "SELECT sum(length(log::json::text)) FROM logs, generate_series(1, 40)"),
        ("reading JSON", "SELECT sum(pg_column_size(log::json::clientele.order_log)) FROM logs, generate_series(1, 40)"),
        ("orders", "SELECT count(*) FROM logs, generate_series(1, 40), clientele.orders(log)"),
        ("describing", "SELECT sum((clientele.describe(log)).orders) FROM logs, generate_series(1, 4000)"),
    ],
    single: &[
        Single {
            what: "writing JSON",
            input: ROWS,
            call: "SELECT length(value::json::text) FROM input",
            threads: &[1],
        },
    ],
    growing: &[
        (
            "collecting orders",
            "SELECT pg_column_size(clientele.order_log(i * 7919 % 1000003, timestamp '2024-01-01' + i * interval '1 second', i::float8))
             FROM generate_series(1, 3000000::bigint) i",
        ),
        (
            "collecting orders of named customers",
            "SELECT pg_column_size(clientele.order_log('customer ' || i, timestamp '2024-01-01' + i * interval '1 second', i / 3.0))
             FROM generate_series(1, 500000) i",
        ),
        (
            "collecting in groups",
            "SELECT sum(pg_column_size(log)) FROM (SELECT clientele.order_log(i, date '2024-01-01' + i % 99, 1.5) AS log
             FROM generate_series(1, 600000) i GROUP BY i % 20000) l",
        ),
        ("merging orders", "SELECT pg_column_size(clientele.merge(log)) FROM logs, generate_series(1, 20)"),
        ("orders as JSON and back", "SELECT pg_column_size(log::json::clientele.order_log) FROM logs"),
    ],
    filling: &[
        ("writing orders as text", "SELECT length(log::text) FROM logs"),
        ("reading orders from text", "SELECT pg_column_size(t::clientele.order_log) FROM texts"),
        ("writing orders as JSON", "SELECT length(log::json::text) FROM logs"),
        ("orders", "SELECT sum(amount) FROM logs, clientele.orders(log)"),
    ],
    stored: "
        CREATE TABLE logs (day date PRIMARY KEY, log clientele.order_log NOT NULL);
        INSERT INTO logs SELECT ordered_at::date, clientele.order_log(customer_id, ordered_at, total) FROM orders GROUP BY 1;
        INSERT INTO logs SELECT '1999-01-01', clientele.order_log('customer ' || customer_id, ordered_at, total::float8 / 3) FROM orders;
        CREATE VIEW whole AS SELECT clientele.merge(log) AS log FROM logs WHERE day > '2000-01-01'",
    aggregates: Some(Aggregates {
        rows: EVERY_TYPE,
        calls: every_order_log,
        bytes: "clientele.order_log_send({})",
        orders: &["float8", "timestamptz DESC", "md5(float8::text)", "text, timestamptz"],
        groups: Some("int4"),
        pieces: Some("date"),
    }),
    short: &[
        ("describe", "holds one block of the log"),
    ],
    ..Feature::NONE
};

fn every_order_log() -> Vec<String> {
    let times = |key| TIMES.map(move |time| (key, time)).into_iter();
    KEYS.into_iter()
        .flat_map(times)
        .flat_map(|(key, time)| AMOUNTS.map(|amount| format!("clientele.order_log({key}, {time}{amount})")))
        .collect()
}
