use super::{Aggregates, Feature, KEYS};

/// `N` rows of features.
pub const ROWS: &str = "SELECT clientele.feature_set(i, ARRAY[i * 7919 % 100003, i * i % 65537, sqrt(i)]) AS value FROM generate_series(1, N::bigint) i";

/// 150 000 rows with ids of every type, and some without features.
const EVERY_TYPE: &str = "
    CREATE TABLE rows AS
    SELECT k::int2 AS int2, k AS int4, k * 4000000000 AS int8, md5(k::text)::uuid AS uuid, 'customer ' || k AS text,
           ('c' || k)::varchar(20) AS varchar, nullif(k % 9, 8) / 2.0 AS weight, ARRAY[k, a, CASE WHEN k % 2 = 0 THEN a ELSE a / 3 END, nullif(k % 1000, 7)]::float8[] AS features
    FROM (SELECT (i::bigint * 7919 % 5000) AS k, (i * 31 % 100000)::numeric / 100 AS a FROM generate_series(1, 150000) i) s";

pub const FEATURE: Feature = Feature {
    word: "feature_set",
    long: &[
        (
            "collecting features",
            "SELECT pg_column_size(clientele.feature_set(i * 7919 % 1000003, ARRAY[i, i % 365, i / 7.0]::float8[]))
             FROM generate_series(1, 12000000::bigint) i",
        ),
        (
            "writing features",
            "SELECT pg_column_size(clientele.feature_set(r.customer_id::text, ARRAY[r.days_since_last, r.orders, r.revenue]))
             FROM logs, generate_series(1, 40), clientele.customers(log) r",
        ),
        (
            "merging features",
            "SELECT pg_column_size(clientele.merge(set))
             FROM (SELECT clientele.feature_set(c.customer_id, ARRAY[c.days_since_last, c.orders, c.revenue]) AS set FROM logs, clientele.customers(log) c) s,
                  generate_series(1, 40)",
        ),
    ],
    growing: &[
        (
            "collecting features with weights",
            "SELECT pg_column_size(clientele.feature_set(i * 7919 % 1000003, ARRAY[i, i % 365, i / 7.0], i % 5))
             FROM generate_series(1, 1000000::bigint) i",
        ),
        (
            "collecting features",
            "SELECT pg_column_size(clientele.feature_set(i * 7919 % 1000003, ARRAY[i, i % 365, i / 7.0]))
             FROM generate_series(1, 1000000::bigint) i",
        ),
        ("merging features", "SELECT pg_column_size(clientele.merge(set)) FROM sets, generate_series(1, 6)"),
        ("writing features as JSON", "SELECT length(set::json::text) FROM sets"),
        ("features as JSON and back", "SELECT pg_column_size(set::json::clientele.feature_set) FROM sets"),
        ("weighing features that had no weights", "SELECT pg_column_size(clientele.merge(set)) FROM (SELECT set FROM sets UNION ALL SELECT clientele.feature_set(1, ARRAY[1, 2, 3], 5)) s"),
    ],
    filling: &[
        ("writing features as text", "SELECT length(set::text) FROM sets"),
        ("reading features from text", "SELECT pg_column_size(set::text::clientele.feature_set) FROM sets"),
    ],
    made: "CREATE TABLE sets AS
           SELECT clientele.feature_set(i * 7919 % 1000003, ARRAY[i, i % 365, i / 7.0]) AS set FROM generate_series(1, 400000::bigint) i",
    stored: "
        CREATE TABLE sets AS SELECT day, clientele.feature_set(c.customer_id, ARRAY[c.orders, c.revenue, c.age / 3]) AS set
            FROM logs, clientele.customers(log) c WHERE day > '2000-01-01' GROUP BY day;
        INSERT INTO sets SELECT '1999-01-01', clientele.feature_set('Zoë ' || customer_id, ARRAY[total]::float8[]) FROM orders;
        INSERT INTO sets SELECT '1998-01-01', clientele.feature_set(customer_id, ARRAY[total]::float8[], total) FROM orders WHERE total >= 0",
    aggregates: Some(Aggregates {
        rows: EVERY_TYPE,
        calls: every_feature_set,
        bytes: "clientele.feature_set_send({})",
        orders: &["features", "md5(features::text)", "int4 DESC"],
        groups: Some("int4"),
        pieces: Some("int4 % 50"),
    }),
    short: &[
        ("describe", "what the header says, and a column of weights"),
    ],
    ..Feature::NONE
};

fn every_feature_set() -> Vec<String> {
    let with = |rest: &str| KEYS.map(|key| format!("clientele.feature_set({key}, {rest})"));
    [with("features"), with("features, weight")].concat()
}
