use super::{Feature, Single};

pub const FEATURE: Feature = Feature {
    word: "won_lost",
    long: &[
        (
            "winning and losing",
            "SELECT sum(lost) FROM logs, generate_series(1, 400) i, clientele.won_lost(log, as_of => timestamp '2024-01-05' + i * interval '1 hour')",
        ),
        (
            "trends",
            "SELECT sum(events) FROM logs, generate_series(1, 400) i, clientele.won_lost_trend(log, as_of => timestamp '2024-01-05' + i * interval '1 hour')",
        ),
    ],
    single: &[Single {
        what: "rows of periods",
        input: "SELECT clientele.order_log(1, timestamp '0001-01-01' + i * interval '1 day') AS value
                FROM generate_series(0, N::bigint, N::bigint) i",
        call: "SELECT count(*) FROM input, clientele.won_lost(value, period => 'day')",
        threads: &[1],
    }],
    growing: &[
        (
            "winning and losing",
            "SELECT sum(lost) FROM (SELECT clientele.merge(l) AS log
                 FROM (SELECT log AS l FROM logs UNION ALL SELECT clientele.order_log(-1, timestamp '1900-01-01')) a) b,
                 clientele.won_lost(log, period => 'day')",
        ),
        (
            "trends",
            "SELECT sum(events) FROM (SELECT clientele.merge(l) AS log
                 FROM (SELECT log AS l FROM logs UNION ALL SELECT clientele.order_log(-1, timestamp '1900-01-01')) a) b,
                 clientele.won_lost_trend(log, period => 'day')",
        ),
    ],
    stored: "
        CREATE MATERIALIZED VIEW won_lost AS SELECT w.* FROM whole, clientele.won_lost(log) w;
        CREATE MATERIALIZED VIEW won_lost_trends AS SELECT t.* FROM whole, clientele.won_lost_trend(log) t",
    ..Feature::NONE
};
