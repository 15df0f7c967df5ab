use super::Feature;

pub const FEATURE: Feature = Feature {
    word: "validation",
    long: &[
        (
            "validating",
            "SELECT sum(predicted)
             FROM logs, generate_series(1, 40) i, clientele.validate_purchases(log, as_of => timestamp '2024-02-01' + i * interval '1 day')",
        ),
        (
            "comparing models",
            "SELECT sum(log_likelihood)
             FROM logs, generate_series(1, 40) i, clientele.compare_purchase_models(log, as_of => timestamp '2024-01-05' + i * interval '1 hour')",
        ),
    ],
    growing: &[
        ("validating", "SELECT sum(predicted) FROM logs, clientele.validate_purchases(log, model => 'bg/nbd')"),
        ("comparing models", "SELECT count(*) FROM logs, clientele.compare_purchase_models(log)"),
    ],
    ..Feature::NONE
};
