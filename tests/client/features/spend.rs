use super::{Aggregates, Feature, purchases, strings};

pub const FEATURE: Feature = Feature {
    word: "spend",
    long: &[
        (
            "fitting spend",
            "SELECT count(clientele.fit_spend(log)) FROM logs, generate_series(1, 400)",
        ),
        (
            "fitting spend of summaries",
            "SELECT clientele.fit_spend(1 + i % 9, 1 + i % 99991 / 7.0) FROM generate_series(1, 20000000) i",
        ),
    ],
    growing: &[
        ("fitting spend", "SELECT clientele.fit_spend(log) FROM logs"),
        (
            "fitting spend of summaries",
            "SELECT clientele.fit_spend(1 + i % 9, 1 + i % 99991 / 7.0) FROM generate_series(1, 600000) i",
        ),
    ],
    stored: "
        CREATE TABLE spending AS SELECT clientele.fit_spend(log) AS spend FROM whole",
    aggregates: Some(Aggregates {
        rows: purchases::SUMMARIES,
        calls: || {
            strings(&[
                "clientele.fit_spend(frequency, monetary_value)",
                "clientele.fit_spend(frequency, monetary_value, weight)",
            ])
        },
        bytes: "clientele.spend_model_send({})",
        orders: &["frequency", "md5(age::text)", "monetary_value DESC"],
        groups: None,
        pieces: None,
    }),
    short: &[
        ("expected_spend", "a formula of one customer"),
        ("parameters", "as much as a model has parameters"),
        ("describe", "as much as a model has parameters"),
    ],
    ..Feature::NONE
};
