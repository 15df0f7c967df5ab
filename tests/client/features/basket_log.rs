use super::{Aggregates, Feature};

/// `N` entries of baskets.
pub const ROWS: &str =
    "SELECT clientele.basket_log(i / 16, hashint8extended(i, 7) & 31) AS value FROM generate_series(1, N::bigint) i";

pub const FEATURE: Feature = Feature {
    word: "basket_log",
    long: &[
        (
            "collecting baskets",
            "SELECT pg_column_size(clientele.basket_log(i * 7919 % 1000003, i % 1009))
             FROM generate_series(1, 30000000::bigint) i",
        ),
        (
            "merging baskets",
            "SELECT pg_column_size(clientele.merge(b.log))
             FROM (SELECT clientele.basket_log((i % 50000, 'x'), i * 7919 % 1009) AS log FROM generate_series(1, 500000::bigint) i) b, generate_series(1, 200)",
        ),
        (
            "looking into baskets",
            "SELECT sum(entries)
             FROM (SELECT clientele.basket_log(i % 50000, i * 7919 % 1009) AS log FROM generate_series(1, 500000::bigint) i) b, generate_series(1, 4000) n,
                  clientele.describe(CASE WHEN n > 0 THEN b.log END)",
        ),
        (
            "listing items",
            "SELECT count(*)
             FROM (SELECT clientele.basket_log(i % 50000, i % 300000) AS log FROM generate_series(1, 600000::bigint) i) b, generate_series(1, 400) n,
                  clientele.items(CASE WHEN n > 0 THEN b.log END)",
        ),
    ],
    growing: &[
        (
            "collecting baskets",
            "SELECT pg_column_size(clientele.basket_log(i * 7919 % 1000003, i % 1009))
             FROM generate_series(1, 3000000::bigint) i",
        ),
        (
            "collecting baskets of named items",
            "SELECT pg_column_size(clientele.basket_log((i, i), 'item ' || i)) FROM generate_series(1, 300000) i",
        ),
        ("merging baskets", "SELECT pg_column_size(clientele.merge(log)) FROM baskets, generate_series(1, 6)"),
        ("baskets as JSON and back", "SELECT pg_column_size(log::json::clientele.basket_log) FROM baskets"),
    ],
    filling: &[
        ("baskets as text and back", "SELECT pg_column_size(log::text::clientele.basket_log) FROM baskets"),
        ("writing baskets as JSON", "SELECT length(log::json::text) FROM baskets"),
        (
            "listing items",
            "SELECT count(*) FROM (SELECT clientele.basket_log(i, 'item ' || i) AS log FROM generate_series(1, 300000) i) b, clientele.items(log)",
        ),
    ],
    made: "CREATE TABLE baskets AS
           SELECT clientele.basket_log(i::bigint * 7919 % 100003, (i::bigint * i % 997 * (i % 7) / 5)::text) AS log FROM generate_series(1, 600000) i;
           CREATE TABLE dense AS
           SELECT clientele.basket_log(b, i) AS log FROM generate_series(1, 40) b, generate_series(1, 18) i WHERE b % 5 <> i % 5 OR b < 9",
    stored: "
        CREATE TABLE basket_logs AS
        SELECT customer_id % 3 AS part, clientele.basket_log((customer_id, date_trunc('week', ordered_at)), 'item ' || round(total)) AS log
        FROM orders GROUP BY 1;
        INSERT INTO basket_logs SELECT 9, clientele.basket_log(ordered_at, customer_id) FROM orders;
        CREATE MATERIALIZED VIEW bought AS
        SELECT i.* FROM (SELECT clientele.merge(log) AS log FROM basket_logs WHERE part < 9) b, clientele.items(log) i",
    aggregates: Some(Aggregates {
        rows: "
        CREATE TABLE rows AS
        SELECT i * 31 % 20000 AS receipt, 'customér ' || i % 400 AS customer, date '2024-01-01' + i % 300 AS day,
               i::bigint * i % 600 AS product, md5((i::bigint * i % 600)::text)::uuid AS uuid, 'product ' || i::bigint * i % 600 AS name
        FROM generate_series(1, 200000) i",
        calls: every_basket_log,
        bytes: "clientele.basket_log_send({})",
        orders: &["product", "md5(name || receipt)", "receipt DESC"],
        groups: Some("receipt"),
        // Each piece holds a part of every basket.
        pieces: Some("product % 50"),
    }),
    short: &[
        ("describe", "holds the sizes of baskets only"),
    ],
    ..Feature::NONE
};

fn every_basket_log() -> Vec<String> {
    [
        "receipt",
        "customer",
        "day",
        "uuid",
        "(customer, day)",
        "day::timestamp",
        "receipt / 8.0",
    ]
    .iter()
    .flat_map(|basket| ["product", "uuid", "name"].map(|item| format!("clientele.basket_log({basket}, {item})")))
    .collect()
}
