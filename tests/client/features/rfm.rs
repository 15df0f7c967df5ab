use super::{Aggregates, Feature, Single, order_log, strings};

/// 20 000 customers, some of whom have returns only; some rows hold NULL, and are none.
const CUSTOMERS: &str = "
    CREATE TABLE rows AS
    SELECT i % 1999 AS region, nullif(i * 31 % 4999, 16) / 8.0 AS days, nullif(i * 17 % 23, 22) AS orders,
           nullif(i * 7919 % 10007, 5) / 100.0 - 3 AS revenue, 1 + i % 3 / 4.0 AS weight
    FROM generate_series(1, 20000) i";

pub const FEATURE: Feature = Feature {
    word: "rfm",
    long: &[
        ("scoring", "SELECT sum(r) FROM logs, generate_series(1, 40), clientele.rfm(log, ties => 'ntile')"),
        ("fitting", "SELECT count(clientele.fit_rfm(log)) FROM logs, generate_series(1, 400)"),
        (
            "scoring on the scale of a model",
            "SELECT sum(r) FROM logs, (SELECT clientele.fit_rfm(log) AS model FROM logs) m, generate_series(1, 40), clientele.rfm(log, model)",
        ),
        (
            "fitting rows",
            "SELECT clientele.fit_rfm(i % 1000, 1 + i % 50, i % 99991, 1 + i % 2) FROM generate_series(1, 30000000) i",
        ),
    ],
    single: &[
        Single {
            what: "scoring",
            input: order_log::ROWS,
            call: "SELECT count(*) FROM input, clientele.rfm(value, ties => 'ntile')",
            threads: &[1],
        },
        Single {
            what: "fitting",
            input: order_log::ROWS,
            call: "SELECT clientele.fit_rfm(value) IS NULL FROM input",
            threads: &[1],
        },
        Single {
            what: "scoring on the scale of a model",
            input: order_log::ROWS,
            call: "SELECT count(*) FROM input, clientele.rfm(value, clientele.fit_rfm(value))",
            threads: &[1],
        },
    ],
    growing: &[
        ("scoring", "SELECT sum(r) FROM logs, clientele.rfm(log)"),
        ("fitting scores", "SELECT clientele.fit_rfm(log) FROM logs"),
        ("scoring on the scale of a model", "SELECT sum(r) FROM logs, clientele.rfm(log, clientele.fit_rfm(log))"),
        (
            "fitting scores of rows",
            "SELECT clientele.fit_rfm(i % 1000, 1 + i % 50, i % 99991, 1 + i % 2) FROM generate_series(1, 300000) i",
        ),
    ],
    filling: &[
        (
            "scores of many models",
            "SELECT count(clientele.rfm_segment(1 + i % 5, 1 + i % 5, 1 + i % 5)) FROM generate_series(1, 300000) i",
        ),
    ],
    stored: "
        CREATE TABLE models AS SELECT clientele.fit_rfm(clientele.merge(log)) AS model FROM logs WHERE day > '2000-01-01';
        CREATE MATERIALIZED VIEW scores AS SELECT r.* FROM whole, clientele.rfm(log) r;
        CREATE UNIQUE INDEX ON scores (customer_id);
        CREATE TABLE scored (days float8, orders bigint, revenue float8, score text GENERATED ALWAYS AS
            (clientele.rfm_score('{\"rfm_model\":1,\"bins\":2,\"customers\":9,\"days_since_last\":[30],\"orders\":[1],\"revenue\":[99.5]}',
                                 days, orders, revenue)) STORED);
        INSERT INTO scored VALUES (1, 2, 300), (100, 1, 5);
        CREATE INDEX by_score ON scored (clientele.rfm_segment(1, 1, orders::int))",
    aggregates: Some(Aggregates {
        rows: CUSTOMERS,
        calls: || {
            strings(&[
                "clientele.fit_rfm(days, orders, revenue)",
                "clientele.fit_rfm(days, orders, revenue, weight)",
                "clientele.fit_rfm(days, orders, revenue, weight, 3, 'mean', '{\"Good\": [\"3**\"], \"Rest\": [\"[12]**\"]}')",
                "clientele.fit_rfm(days, orders, revenue, weight, 10, 7, 3, 'mean', NULL)",
            ])
        },
        bytes: "clientele.rfm_model_send({})",
        orders: &["days", "md5(revenue::text)", "orders DESC"],
        groups: Some("region"),
        pieces: None,
    }),
    short: &[
        ("rfm_score", "a few comparisons"),
        ("rfm_segment", "a few comparisons"),
        ("rfm_segments", "a row for each code there is"),
    ],
    ..Feature::NONE
};
