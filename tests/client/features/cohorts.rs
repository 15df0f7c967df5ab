use super::{Feature, Single};

pub const FEATURE: Feature = Feature {
    word: "cohorts",
    long: &[(
        "cohorts",
        "SELECT sum(active) FROM logs, generate_series(1, 400) i, clientele.cohorts(log, windows => 'rolling', max_age => i)",
    )],
    single: &[Single {
        what: "rows of cohorts",
        input: "SELECT clientele.order_log(1, timestamp '2024-01-01' + i * interval '1 second') AS value
                    FROM generate_series(0, N::bigint, N::bigint) i",
        call: "SELECT count(*) FROM input, clientele.cohorts(value, windows => 'rolling', length => '1 second')",
        threads: &[1],
    }],
    growing: &[(
        "cohorts",
        "SELECT sum(active) FROM logs, clientele.cohorts(log, windows => 'rolling', length => '10 seconds')",
    )],
    stored: "
        CREATE MATERIALIZED VIEW cohorts AS SELECT c.* FROM whole, clientele.cohorts(log) c",
    ..Feature::NONE
};
