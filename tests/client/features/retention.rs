use super::{Aggregates, Feature, strings};

pub const FEATURE: Feature = Feature {
    word: "retention",
    long: &[
        ("fitting retention", "SELECT clientele.fit_retention(i, 2000000 - i) FROM generate_series(0, 2000000) i"),
        (
            "fitting retention of customers",
            "SELECT clientele.fit_retention(i % 1000, 1 + i % 7, i % 3 = 0) FROM generate_series(1, 20000000) i",
        ),
    ],
    growing: &[
        ("fitting retention", "SELECT clientele.fit_retention(i, 2000000 - i) FROM generate_series(0, 1000000) i"),
        (
            "fitting retention of customers",
            "SELECT clientele.fit_retention(1 + i, 5, i % 2 = 0) FROM generate_series(0, 500000) i",
        ),
    ],
    stored: "
        CREATE TABLE retention AS
        SELECT clientele.fit_retention(period, 1000 - 90 * period) AS model FROM generate_series(0, 6) period;
        CREATE TABLE subscribers (renewals integer, lifetime float8 GENERATED ALWAYS AS
            (clientele.expected_lifetime('{\"retention_model\":1,\"parameters\":{\"alpha\":0.7,\"beta\":3.8}}', renewals, 0.1)) STORED);
        INSERT INTO subscribers VALUES (0), (7)",
    aggregates: Some(Aggregates {
        rows: "
        CREATE TABLE rows AS
        SELECT i % 9000 AS plan, 1 + i / 9000 AS period, 1 + i * 7919 % 40 AS customers, i * 31 % 7 < 3 AS has_left
        FROM generate_series(0, 200000) i",
        calls: || {
            strings(&[
                "clientele.fit_retention(period, customers, has_left)",
                "clientele.fit_retention(period - 1, 2000000 / period - customers)",
            ])
        },
        bytes: "clientele.retention_model_send({})",
        orders: &["customers", "md5(period::text)", "period DESC"],
        groups: Some("plan"),
        pieces: None,
    }),
    short: &[
        ("survival", "a formula"),
        ("retention_rate", "a formula"),
        ("expected_lifetime", "a sum in closed form"),
        ("parameters", "as much as a model has parameters"),
        ("describe", "as much as a model has parameters"),
    ],
    ..Feature::NONE
};
