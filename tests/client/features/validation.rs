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
        (
            "validating money",
            "SELECT sum(predicted)
             FROM logs, generate_series(1, 40) i, clientele.validate_clv(log, as_of => timestamp '2024-02-01' + i * interval '1 day')",
        ),
        (
            "validating churn",
            "SELECT sum(brier_score)
             FROM logs, generate_series(1, 40) i, clientele.validate_churn(log, as_of => timestamp '2024-02-01' + i * interval '1 day')",
        ),
    ],
    growing: &[
        ("validating", "SELECT sum(predicted) FROM logs, clientele.validate_purchases(log, model => 'bg/nbd')"),
        ("validating money", "SELECT sum(predicted) FROM logs, clientele.validate_clv(log)"),
        ("validating churn", "SELECT sum(brier_score) FROM logs, clientele.validate_churn(log)"),
        ("comparing models", "SELECT count(*) FROM logs, clientele.compare_purchase_models(log)"),
    ],
    ..Feature::NONE
};
