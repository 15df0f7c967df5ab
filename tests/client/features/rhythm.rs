use super::{Feature, Single, order_log};

pub const FEATURE: Feature = Feature {
    word: "rhythm",
    single: &[
        Single {
            what: "typical gaps",
            input: order_log::ROWS,
            call: "SELECT typical_gap FROM input, clientele.rhythm(value)",
            threads: &[1],
        },
        Single {
            what: "gaps of each order",
            input: order_log::ROWS,
            call: "SELECT count(*) FROM input, clientele.purchase_gaps(value, period => 'none')",
            threads: &[1],
        },
        Single {
            what: "stages",
            input: order_log::ROWS,
            call: "SELECT count(*) FROM input, clientele.lifecycle(value)",
            threads: &[1],
        },
    ],
    growing: &[("gaps", "SELECT sum(next) FROM logs, clientele.purchase_gaps(log)")],
    filling: &[("stages", "SELECT sum(purchases) FROM logs, clientele.lifecycle(log)")],
    stored: "
        CREATE MATERIALIZED VIEW stages AS SELECT l.* FROM whole, clientele.lifecycle(log) l",
    short: &[(
        "rhythm",
        "holds one block of the log, and a few numbers for each number of gaps",
    )],
    ..Feature::NONE
};
