use super::{Feature, Single, feature_set};

pub const FEATURE: Feature = Feature {
    word: "kmeans",
    long: &[
        (
            "clusters",
            "SELECT clusters FROM (SELECT clientele.feature_set(i, ARRAY[i * 7919 % 100003, i * i % 65537, sqrt(i)]) AS set FROM generate_series(1, 400000::bigint) i) s,
             generate_series(1, 50) n, clientele.describe(clientele.fit_kmeans(set, 40, seed => n))",
        ),
        (
            "clusters by weight",
            "SELECT clusters FROM (SELECT clientele.feature_set(i, ARRAY[i * 7919 % 100003, i * i % 65537, sqrt(i)], 1 + i % 7 / 7.0) AS set
                                   FROM generate_series(1, 400000::bigint) i) s,
             generate_series(1, 50) n, clientele.describe(clientele.fit_kmeans(set, 40, 'robust', seed => n))",
        ),
        (
            "exact silhouettes",
            "SELECT count(*) FROM clientele.kmeans((SELECT clientele.feature_set(i, ARRAY[i * 7919 % 100003, sqrt(i)]) FROM generate_series(1, 300000::bigint) i), 2,
             n_init => 1, silhouette => 'exact')",
        ),
        (
            "exact silhouettes of a model",
            "SELECT count(*) FROM (SELECT clientele.feature_set(i, ARRAY[i * 7919 % 100003, sqrt(i)]) AS set FROM generate_series(1, 300000::bigint) i) s,
             clientele.kmeans(set, clientele.fit_kmeans(set, 2, n_init => 1), silhouette => 'exact')",
        ),
        (
            "numbers of clusters",
            "SELECT sum(inertia)
             FROM clientele.kmeans_scan((SELECT clientele.feature_set(i, ARRAY[i * 7919 % 100003, i * i % 65537, sqrt(i)]) FROM generate_series(1, 400000::bigint) i), 2, 20)",
        ),
    ],
    single: &[
        Single {
            what: "clusters",
            input: feature_set::ROWS,
            call: "SELECT clientele.fit_kmeans(value, 40, n_init => 5) IS NULL FROM input",
            threads: &[1, 4],
        },
    ],
    growing: &[
        ("fitting clusters", "SELECT clientele.fit_kmeans(set, 5, n_init => 2) FROM sets"),
        ("clusters", "SELECT sum(cluster) FROM sets, clientele.kmeans(set, 5, n_init => 1)"),
        (
            "clusters of a model",
            "SELECT sum(cluster) FROM sets, clientele.kmeans(set, clientele.fit_kmeans(set, 3, n_init => 1))",
        ),
        (
            "fitting clusters by weight",
            "SELECT clientele.fit_kmeans((SELECT clientele.feature_set(i, ARRAY[i * 7919 % 100003, sqrt(i)], i % 5) FROM generate_series(1, 200000::bigint) i),
                                         5, 'robust', n_init => 2)",
        ),
        ("trying numbers of clusters", "SELECT sum(inertia) FROM sets, clientele.kmeans_scan(set, 2, 3, n_init => 1)"),
    ],
    stored: "
        CREATE TABLE clusters AS SELECT clientele.fit_kmeans(set, 3) AS model FROM sets WHERE day IN ('1998-01-01', '1999-01-01');
        CREATE TABLE placed (a float8, b float8, cluster integer GENERATED ALWAYS AS (clientele.kmeans_assign(
            '{\"kmeans_model\":1,\"features\":[\"a\",\"b\"],\"scaling\":{\"method\":\"none\",\"center\":[0,0],\"scale\":[1,1]},
              \"clusters\":[{\"cluster\":1,\"center\":[0,0]},{\"cluster\":2,\"center\":[5,5]}]}', ARRAY[a, b])) STORED);
        INSERT INTO placed VALUES (1, 1), (4, 7)",
    short: &[
        ("kmeans_assign", "as much as a model has numbers"),
        ("kmeans_distances", "as much as a model has numbers"),
        ("kmeans_centers", "as much as a model has numbers"),
        ("kmeans_profile", "as much as a model has numbers"),
        ("describe", "as much as a model has numbers"),
    ],
    ..Feature::NONE
};
