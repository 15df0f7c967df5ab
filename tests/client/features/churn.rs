use super::Feature;

pub const FEATURE: Feature = Feature {
    word: "churn",
    long: &[
        ("churn", "SELECT sum(churn_probability) FROM logs, generate_series(1, 400), clientele.churn(log)"),
    ],
    growing: &[
        ("churn", "SELECT sum(churn_probability) FROM logs, clientele.churn(log, horizon => '90 days')"),
    ],
    stored: "
        CREATE MATERIALIZED VIEW worth AS SELECT v.*, c.churn_probability, c.risk
            FROM whole JOIN LATERAL clientele.clv(log) v ON true JOIN LATERAL clientele.churn(log) c USING (customer_id);
        CREATE UNIQUE INDEX ON worth (customer_id)",
    ..Feature::NONE
};
