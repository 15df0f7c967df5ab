use super::{Feature, Single, order_log};

pub const FEATURE: Feature = Feature {
    word: "customers",
    single: &[Single {
        what: "totals",
        input: order_log::ROWS,
        call: "SELECT count(*) FROM input, clientele.customers(value)",
        threads: &[1],
    }],
    filling: &[("customers", "SELECT sum(orders) FROM logs, clientele.customers(log)")],
    stored: "
        CREATE MATERIALIZED VIEW totals AS SELECT c.* FROM whole, clientele.customers(log) c",
    ..Feature::NONE
};
