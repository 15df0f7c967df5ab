use super::{Aggregates, Feature, Single, order_log, strings};

/// Summaries of 20 000 customers; some rows hold NULL, and are none.
pub const SUMMARIES: &str = "
    CREATE TABLE rows AS
    SELECT nullif(i * 31 % 17, 16) AS frequency, CASE WHEN i * 31 % 17 > 0 THEN i * 7 % 200 ELSE 0 END AS recency, 200 + i * 13 % 100 AS age,
           nullif(i * 7919 % 10007, 5) / 100.0 + i * 31 % 17 AS monetary_value, 1 + i % 3 AS weight
    FROM generate_series(1, 20000) i";

pub const FEATURE: Feature = Feature {
    word: "purchases",
    long: &[
        (
            "fitting purchases",
            "SELECT clientele.fit_purchases(x, x * 2.0 + u, x * 2.0 + 3 * u + 1, 1, 'pareto/nbd', '1 day')
             FROM (SELECT i % 50 AS x, (i % 50 > 0)::int * sqrt(i % 99991) AS u FROM generate_series(1, 1000000) i) s",
        ),
        (
            "fitting a rhythm",
            "SELECT clientele.fit_purchases(x, x * 2.0 + u, x * 2.0 + 3 * u + 1, 1, 'mbg/cnbd-12', '1 day')
             FROM (SELECT i % 50 AS x, (i % 50 > 0)::int * sqrt(i % 99991) AS u FROM generate_series(1, 1000000) i) s",
        ),
    ],
    single: &[
        Single {
            what: "fitting purchases",
            input: order_log::ROWS,
            call: "SELECT clientele.fit_purchases(value, 'pareto/nbd') IS NULL FROM input",
            threads: &[1],
        },
    ],
    growing: &[
        ("fitting purchases", "SELECT clientele.fit_purchases(log, model => 'bg/nbd') FROM logs"),
        (
            "fitting purchases of summaries",
            "SELECT clientele.fit_purchases(x, x * 2.0 + u, x * 2.0 + 3 * u + 1)
             FROM (SELECT i % 50 AS x, (i % 50 > 0)::int * sqrt(i % 99991) AS u FROM generate_series(1, 300000) i) s",
        ),
    ],
    stored: "
        CREATE TABLE fitted AS SELECT clientele.fit_purchases(log, 'bg/nbd') AS purchases FROM whole;
        CREATE TABLE leaving (x bigint, t_x float8, t float8, churn float8 GENERATED ALWAYS AS (clientele.churn_probability(
            '{\"purchase_model\":1,\"model\":\"mbg/nbd\",\"time_unit\":\"1 day\",\"parameters\":{\"r\":1,\"alpha\":9,\"a\":1,\"b\":3}}',
            x, t_x, t, '30 days')) STORED);
        INSERT INTO leaving VALUES (0, 0, 30), (4, 25, 30);
        CREATE INDEX by_p_alive ON leaving (clientele.p_alive(
            '{\"purchase_model\":1,\"model\":\"mbg/nbd\",\"time_unit\":\"1 day\",\"parameters\":{\"r\":1,\"alpha\":9,\"a\":1,\"b\":3}}', x, t_x, t))",
    aggregates: Some(Aggregates {
        rows: SUMMARIES,
        calls: || {
            strings(&[
                "clientele.fit_purchases(frequency, recency, age)",
                "clientele.fit_purchases(frequency, recency, age, weight)",
                "clientele.fit_purchases(frequency, recency, age, weight, 'bg/nbd', '7 days')",
            ])
        },
        bytes: "clientele.purchase_model_send({})",
        orders: &["frequency", "md5(age::text)", "recency DESC"],
        groups: None,
        pieces: None,
    }),
    short: &[
        ("p_alive", "a formula of one customer"),
        ("expected_orders", "a formula of one customer"),
        ("churn_probability", "a formula of one customer"),
        ("p_orders", "a formula of one customer"),
        ("orders_low", "at most 65 535 numbers of orders of one customer"),
        ("orders_high", "at most 65 535 numbers of orders of one customer"),
        ("expected_orders_new_customer", "a formula"),
        ("parameters", "as much as a model has parameters"),
        ("describe", "as much as a model has parameters"),
    ],
    ..Feature::NONE
};
