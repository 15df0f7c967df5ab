use super::{Feature, Single, order_log};

pub const FEATURE: Feature = Feature {
    word: "clv",
    long: &[(
        "valuing",
        "SELECT sum(clv) FROM logs, generate_series(1, 400), clientele.clv(log, discount_rate => 0.1)",
    )],
    single: &[Single {
        what: "valuing",
        input: order_log::ROWS,
        call: "SELECT count(*) FROM input, clientele.clv(value, discount_rate => 0.1)",
        threads: &[1],
    }],
    growing: &[(
        "lifetime values",
        "SELECT sum(clv) FROM logs, clientele.clv(log, horizon => '1 year', discount_rate => 0.1)",
    )],
    ..Feature::NONE
};
