use super::Feature;

pub const FEATURE: Feature = Feature {
    word: "recommend",
    long: &[
        (
            // Items in every number of baskets, and names that have to be looked for among all of them.
            "looking items up",
            "SELECT count(*) FROM (SELECT clientele.basket_log(b, i) AS log FROM generate_series(1, 1500) i, generate_series(1, i) b) l,
             clientele.recommend(log, (SELECT array_agg(i) FROM generate_series(1000000, 1400000) i))",
        ),
        (
            "fitting baskets",
            "SELECT sum(pg_column_size(clientele.fit_baskets(log, min_count => 40 + n % 20)))
             FROM (SELECT clientele.basket_log(b, hashint8extended(b * 25 + i, 1) % 400) AS log FROM generate_series(1, 20000::bigint) b, generate_series(1, 25) i) l,
                  generate_series(1, 400) n",
        ),
        (
            "recommending by a model",
            "SELECT count(*)
             FROM (SELECT clientele.fit_baskets(clientele.basket_log(b, hashint8extended(b * 25 + i, 1) % 400), min_count => 40) AS model
                   FROM generate_series(1, 20000::bigint) b, generate_series(1, 25) i) m,
                  generate_series(1, 1000000) n, clientele.recommend(model, ARRAY[(n % 400)::text])",
        ),
    ],
    growing: &[
        ("fitting baskets", "SELECT pg_column_size(clientele.fit_baskets(log, min_count => 50)) FROM baskets"),
    ],
    filling: &[
        (
            "recommending by a model",
            "SELECT count(*) FROM baskets, clientele.recommend(clientele.fit_baskets(log, min_count => 50), ARRAY['1', '2'])",
        ),
        ("recommending", "SELECT count(*) FROM baskets, clientele.recommend(log, ARRAY['1', '2'], 10)"),
    ],
    stored: "
        CREATE TABLE offers AS SELECT clientele.fit_baskets(log, min_count => 2) AS model FROM basket_logs WHERE part < 9",
    short: &[
        ("describe", "what the header says"),
    ],
    ..Feature::NONE
};
