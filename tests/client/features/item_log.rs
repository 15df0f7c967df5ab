use super::{Aggregates, Feature};

/// 100 000 rows of 3 000 customers with keys, times, items and amounts of every type; every 20th row is a return.
const EVERY_TYPE: &str = "
    CREATE TABLE rows AS
    SELECT k AS int4, k * 4000000000 AS int8, md5(k::text)::uuid AS uuid, 'customer ' || k AS text,
           t AS timestamptz, t::timestamp AS timestamp, t::date AS date, a AS numeric,
           CASE WHEN k % 2 = 0 THEN a::float8 ELSE a::float8 / 3 END AS float8,
           p::smallint AS product, md5(p::text)::uuid AS code, 'product ' || p AS name
    FROM (SELECT (i::bigint * 7919 % 3000) AS k, timestamptz '2021-01-01 00:00+00' + (i::bigint * 104729 % 9000) * interval '97 minutes' AS t,
                 (CASE WHEN i % 20 = 0 THEN -1 ELSE 1 END * (i * 31 % 100000))::numeric / 100 AS a, i::bigint * i % 600 AS p
          FROM generate_series(1, 100000) i) s";

pub const FEATURE: Feature = Feature {
    word: "item_log",
    long: &[
        (
            "collecting items",
            "SELECT pg_column_size(clientele.item_log(i * 7919 % 1000003, timestamp '2024-01-01' + i * interval '1 second', i % 1009, i::float8))
             FROM generate_series(1, 30000000::bigint) i",
        ),
        (
            "merging items",
            "SELECT pg_column_size(clientele.merge(log))
             FROM (SELECT clientele.item_log(i % 50000, date '2024-01-01' + i % 99, i * 4099 % 1009, 1.5) AS log FROM generate_series(1, 500000) i) b, generate_series(1, 100)",
        ),
        (
            "describing items",
            "SELECT sum(entries)
             FROM (SELECT clientele.item_log(i % 50000, date '2024-01-01' + i % 99, i % 1009, 1.5) AS log FROM generate_series(1, 500000) i) b, generate_series(1, 1000) n,
                  clientele.describe(CASE WHEN n > 0 THEN b.log END)",
        ),
        (
            "listing what items were bought",
            "SELECT count(*)
             FROM (SELECT clientele.item_log(i % 50000, date '2024-01-01' + i % 99, i % 1009, 1.5) AS log FROM generate_series(1, 500000) i) b, generate_series(1, 1000) n,
                  clientele.items(CASE WHEN n > 0 THEN b.log END)",
        ),
        (
            "orders of items",
            "SELECT sum(pg_column_size(clientele.order_log(CASE WHEN n > 0 THEN b.log END)))
             FROM (SELECT clientele.item_log(i % 50000, date '2024-01-01' + i % 99, i % 1009, 1.5) AS log FROM generate_series(1, 500000) i) b, generate_series(1, 400) n",
        ),
        (
            "baskets of items",
            "SELECT sum(pg_column_size(clientele.baskets(CASE WHEN n > 0 THEN b.log END, 'week')))
             FROM (SELECT clientele.item_log(i % 50000, date '2024-01-01' + i % 99, i % 1009, 1.5) AS log FROM generate_series(1, 500000) i) b, generate_series(1, 100) n",
        ),
    ],
    growing: &[
        (
            "collecting items",
            "SELECT pg_column_size(clientele.item_log(i * 7919 % 1000003, timestamp '2024-01-01' + i * interval '1 second', i % 1009, i::float8))
             FROM generate_series(1, 2000000::bigint) i",
        ),
        (
            "collecting named items of named customers",
            "SELECT pg_column_size(clientele.item_log('customer ' || i, date '2024-01-01', 'item ' || i, i / 3.0)) FROM generate_series(1, 200000) i",
        ),
        ("merging items", "SELECT pg_column_size(clientele.merge(log)) FROM sold, generate_series(1, 6)"),
        ("items as JSON and back", "SELECT pg_column_size(log::json::clientele.item_log) FROM sold"),
        ("baskets of items", "SELECT pg_column_size(clientele.baskets(log)) FROM sold"),
        (
            "listing what items were bought",
            "SELECT count(*) FROM (SELECT clientele.item_log(i, date '2024-01-01', 'item ' || i) AS log FROM generate_series(1, 100000) i) b, clientele.items(log)",
        ),
    ],
    filling: &[
        ("items as text and back", "SELECT pg_column_size(log::text::clientele.item_log) FROM sold"),
        ("writing items as JSON", "SELECT length(log::json::text) FROM sold"),
        ("orders of items", "SELECT pg_column_size(clientele.order_log(log)) FROM sold, generate_series(1, 4)"),
    ],
    made: "CREATE TABLE sold AS
           SELECT clientele.item_log(i::bigint * 7919 % 50021, timestamp '2024-01-01' + i % 40000 * interval '11 minutes', (i::bigint * i % 997)::text, i % 900 / 4.0) AS log
           FROM generate_series(1, 500000) i",
    stored: "
        CREATE TABLE item_logs AS
        SELECT customer_id % 3 AS part, clientele.item_log(customer_id, ordered_at, 'item ' || round(total), total) AS log FROM orders GROUP BY 1;
        INSERT INTO item_logs SELECT 9, clientele.item_log('customer ' || customer_id, ordered_at::date, customer_id) FROM orders;
        CREATE MATERIALIZED VIEW sold_items AS
        SELECT i.* FROM (SELECT clientele.merge(log) AS log FROM item_logs WHERE part < 9) b, clientele.items(log) i;
        CREATE VIEW baskets_of_weeks AS SELECT clientele.baskets(log, 'week') AS baskets, clientele.order_log(log) AS orders FROM item_logs",
    aggregates: Some(Aggregates {
        rows: EVERY_TYPE,
        calls: every_item_log,
        bytes: "clientele.item_log_send({})",
        orders: &["float8", "timestamptz DESC", "md5(name || float8)"],
        groups: Some("int4"),
        // Each piece holds a part of every customer.
        pieces: Some("product % 50"),
    }),
    short: &[
        ("describe", "holds one block of the log"),
    ],
    ..Feature::NONE
};

fn every_item_log() -> Vec<String> {
    let of_time = |time: &str| {
        [
            ("int4", "name", ", numeric"),
            ("int8", "product", ", float8"),
            ("uuid", "code", ""),
            ("text", "name", ", float8"),
        ]
        .map(|(customer, item, amount)| format!("clientele.item_log({customer}, {time}, {item}{amount})"))
    };
    let mut calls: Vec<String> = ["timestamptz", "timestamp", "date"]
        .into_iter()
        .flat_map(of_time)
        .collect();
    calls.extend(["timestamptz", "timestamp", "date"].into_iter().flat_map(|time| {
        ["", ", numeric", ", float8"].map(|amount| format!("clientele.item_log(int4, {time}, product{amount})"))
    }));
    calls
}
