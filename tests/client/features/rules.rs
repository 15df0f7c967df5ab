use super::Feature;

pub const FEATURE: Feature = Feature {
    word: "rules",
    long: &[
        (
            "rules of many baskets",
            "SELECT count(*) FROM (SELECT clientele.basket_log(b, hashint8extended(b * 25 + i, 1) % 400) AS log FROM generate_series(1, 20000::bigint) b, generate_series(1, 25) i) l,
             generate_series(1, 100) n, clientele.association_rules(log, min_count => 40 + n % 20, top => 5)",
        ),
        (
            "counting rules",
            "SELECT count(*) FROM (SELECT clientele.basket_log(b, (b * b * 7 + i * 13 + i * b) % 400) AS log FROM generate_series(1, 20000::bigint) b, generate_series(1, 25) i) l,
             generate_series(1, 100000) n, clientele.rule_counts(log, ARRAY[(n % 200)::text], ARRAY[(n % 199)::text])",
        ),
    ],
    growing: &[
        (
            "rules",
            "SELECT count(*) FROM (SELECT log FROM dense LIMIT 1) l, clientele.association_rules(log, min_count => 8)",
        ),
    ],
    short: &[
        ("rule_counts", "holds the decoded log, as recommend does"),
    ],
    ..Feature::NONE
};
