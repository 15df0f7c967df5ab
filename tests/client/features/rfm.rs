use super::{Feature, Single, order_log};

pub const FEATURE: Feature = Feature {
    word: "rfm",
    long: &[
        ("scoring", "SELECT sum(r) FROM logs, generate_series(1, 40), clientele.rfm(log, ties => 'ntile')"),
        ("fitting", "SELECT count(clientele.fit_rfm(log)) FROM logs, generate_series(1, 400)"),
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
    ],
    growing: &[
        ("scoring", "SELECT sum(r) FROM logs, clientele.rfm(log)"),
        ("fitting scores", "SELECT clientele.fit_rfm(log) FROM logs"),
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
    short: &[
        ("rfm_score", "a few comparisons"),
        ("rfm_segment", "a few comparisons"),
        ("rfm_segments", "a row for each code there is"),
    ],
    ..Feature::NONE
};
