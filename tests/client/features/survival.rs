use super::{Feature, Single, order_log};

pub const FEATURE: Feature = Feature {
    word: "survival",
    single: &[
        Single {
            what: "who is lost",
            input: order_log::ROWS,
            call: "SELECT count(*) FROM input, clientele.survival(value, '30 days')",
            threads: &[1],
        },
        Single {
            what: "who comes again",
            input: order_log::ROWS,
            call: "SELECT count(*) FROM input, clientele.reorders(value, period => 'none')",
            threads: &[1],
        },
        Single {
            what: "comparing groups",
            input: order_log::ROWS,
            call: "SELECT max(chi2) FROM input, clientele.compare_survival(ARRAY[value, value], '30 days')",
            threads: &[1],
        },
    ],
    growing: &[
        (
            "who is lost",
            "SELECT sum(lost) FROM logs, clientele.survival(log, '30 days')",
        ),
        (
            "who comes again",
            "SELECT sum(reordered) FROM logs, clientele.reorders(log)",
        ),
        (
            "comparing groups",
            "SELECT sum(events) FROM logs, clientele.compare_survival(ARRAY[log, log], '30 days')",
        ),
    ],
    stored: "
        CREATE MATERIALIZED VIEW came_again AS SELECT r.* FROM whole, clientele.reorders(log) r",
    ..Feature::NONE
};
