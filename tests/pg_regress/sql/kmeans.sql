-- Segments: fitting, placing, explaining; what is wrong is said.
SET search_path = public, clientele;
CREATE TABLE people (id integer, days float8, orders integer, revenue float8);
-- Three kinds of customers, around (10, 20, 1000), (100, 5, 200) and (300, 1, 30).
INSERT INTO people
SELECT i, (ARRAY[10, 100, 300])[1 + i % 3] + i * 7 % 5, (ARRAY[20, 5, 1])[1 + i % 3] + i * 11 % 2, (ARRAY[1000, 200, 30])[1 + i % 3] + i * 13 % 17
FROM generate_series(1, 90) i;
CREATE TABLE sets AS SELECT clientele.feature_set(id, ARRAY[days, orders, revenue]) AS set FROM people;
CREATE TABLE models AS
SELECT clientele.fit_kmeans(set, 3, names => ARRAY['days', 'orders', 'revenue'], order_by => 'revenue desc') AS model FROM sets;

SELECT clusters, features, scaling, rows, weight, round(inertia::numeric, 9) AS inertia, round(silhouette::numeric, 9) AS silhouette,
       round(calinski_harabasz::numeric, 4) AS calinski_harabasz, round(davies_bouldin::numeric, 9) AS davies_bouldin, status, starts, seed, warnings
FROM models, clientele.describe(model);
SELECT cluster, size, weight, round(share::numeric, 4) AS share, round(radius::numeric, 6) AS radius, ARRAY(SELECT round(x::numeric, 4) FROM unnest(center) x) AS center
FROM models, clientele.kmeans_centers(model);
SELECT cluster, size, feature, round(value::numeric, 4) AS value, round(mean::numeric, 4) AS mean, round(scaled::numeric, 4) AS scaled
FROM models, clientele.kmeans_profile(model);
-- a center is the mean of its rows, and sizes are counts
SELECT count(*) AS clusters, count(*) FILTER (
    WHERE c.size <> m.size OR abs(c.center[1] - m.days) > 1e-9 OR abs(c.center[2] - m.orders) > 1e-9 OR abs(c.center[3] - m.revenue) > 1e-9) AS differences
FROM (SELECT cluster, count(*) AS size, avg(days) AS days, avg(orders) AS orders, avg(revenue) AS revenue
      FROM models, sets, LATERAL clientele.kmeans(set, model) k JOIN people p USING (id) GROUP BY cluster) m
JOIN (SELECT c.* FROM models, clientele.kmeans_centers(model) c) c USING (cluster);

-- rows, by a fit and by a model, and one by one
SELECT id, cluster, round(distance::numeric, 6) AS distance, round(silhouette::numeric, 6) AS silhouette
FROM sets, clientele.kmeans(set, 3, order_by => 'feature_3 desc') WHERE id <= 4;
SELECT count(*) AS rows, count(*) FILTER (WHERE k.cluster <> clientele.kmeans_assign(model, ARRAY[days, orders, revenue])) AS differences,
       count(*) FILTER (WHERE k.distance <> (clientele.kmeans_distances(model, ARRAY[days, orders, revenue]))[k.cluster]) AS other_distances
FROM models, sets, LATERAL clientele.kmeans(set, model) k JOIN people p USING (id);
SELECT clientele.kmeans_assign(model, ARRAY[12, 19, 900]) AS best, clientele.kmeans_assign(model, '{299, 1, 31}') AS worst,
       clientele.kmeans_assign(model, ARRAY[1, NULL, 3]) AS unknown, clientele.kmeans_assign(NULL, ARRAY[1]) AS no_model,
       cardinality(clientele.kmeans_distances(model, ARRAY[12, 19, 900])) AS distances, clientele.kmeans_distances(model, ARRAY[1, NULL, 3]) AS no_distances
FROM models;
-- the ids of other types
SELECT k.* FROM (SELECT clientele.feature_set('customer ' || id, ARRAY[days]) AS set FROM people WHERE id <= 3) s,
     clientele.kmeans(set, NULL::text, 3, scaling => 'none', order_by => 'feature_1') k;
SELECT k.* FROM (SELECT clientele.feature_set(id, ARRAY[days]) AS set FROM people WHERE id <= 2) s, clientele.kmeans(set, NULL::smallint, 1) k;
SELECT k.id, k.cluster FROM models, (SELECT clientele.feature_set(md5(id::text)::uuid, ARRAY[days, orders, revenue]) AS set FROM people WHERE id <= 2) s,
     clientele.kmeans(set, NULL::uuid, model) k ORDER BY 1;
-- exact silhouettes, by their definition
WITH k AS (SELECT k.*, p.days, p.orders, p.revenue FROM sets, LATERAL clientele.kmeans(set, 4, 'none', silhouette => 'exact') k JOIN people p USING (id)),
     pairs AS (SELECT a.id, a.cluster AS own, b.cluster, a.silhouette,
                      sum(sqrt((a.days - b.days) ^ 2 + (a.orders - b.orders) ^ 2 + (a.revenue - b.revenue) ^ 2)) AS distance, count(*) AS n
               FROM k a JOIN k b ON true GROUP BY a.id, a.cluster, b.cluster, a.silhouette),
     means AS (SELECT id, silhouette, max(n) FILTER (WHERE cluster = own) AS size, sum(distance / nullif(n - 1, 0)) FILTER (WHERE cluster = own) AS a,
                      min(distance / n) FILTER (WHERE cluster <> own) AS b FROM pairs GROUP BY id, silhouette)
SELECT count(*) AS rows, count(*) FILTER (WHERE abs(silhouette - CASE WHEN size > 1 THEN (b - a) / greatest(a, b) ELSE 0 END) > 1e-12) AS differences FROM means;

-- how many clusters
SELECT k, round(inertia::numeric, 6) AS inertia, round(silhouette::numeric, 6) AS silhouette, preferred_by, warnings
FROM sets, clientele.kmeans_scan(set, 1, 5);
SELECT k, round(inertia::numeric, 6) AS inertia, preferred_by, warnings
FROM (SELECT clientele.feature_set(i, ARRAY[i % 3]) AS set FROM generate_series(1, 30) i) s, clientele.kmeans_scan(set, 2, 10);

-- the same rows in another order, other numbers of threads: the same bytes
CREATE TABLE other_order AS SELECT clientele.feature_set(id, ARRAY[days, orders, revenue]) AS set FROM (SELECT * FROM people ORDER BY md5(id::text)) p;
SET clientele.threads = 4;
SELECT clientele.fit_kmeans(o.set, 5) = clientele.fit_kmeans(s.set, 5) AS same FROM other_order o, sets s;
CREATE TABLE many AS SELECT clientele.feature_set(i, ARRAY[i * 7919 % 100003, i * i % 65537, sqrt(i)]) AS set FROM generate_series(1, 50000::bigint) i;
CREATE TABLE four AS SELECT clientele.fit_kmeans(set, 8, n_init => 2) AS model FROM many;
RESET clientele.threads;
SELECT clientele.fit_kmeans(set, 8, n_init => 2) = model AS same FROM many, four;
SET clientele.threads = 0;
RESET clientele.threads;

-- labels that stay: the same data, and with one customer in a hundred changed
CREATE TABLE changed AS
SELECT clientele.feature_set(id, ARRAY[CASE WHEN id % 100 = 0 THEN days + 100 ELSE days END, orders, revenue]) AS set FROM people;
SELECT (clientele.segment_agreement(a.cluster, b.cluster)).rows, count(*) FILTER (WHERE a.cluster = b.cluster) AS same_label
FROM models, sets s, changed c, LATERAL clientele.kmeans(s.set, model) a
     JOIN LATERAL clientele.kmeans(c.set, 3, previous => model, seed => 99) b USING (id) WHERE a.id % 100 <> 0;
SELECT d.features, clientele.fit_kmeans(set, 3, previous => model)::jsonb -> 'clusters' = model::jsonb -> 'clusters' AS same FROM models, sets, clientele.describe(model) d;
SELECT d.clusters, d.features FROM models, sets, clientele.describe(clientele.fit_kmeans(set, 4, previous => model)) d;

-- few rows, many clusters, nothing to tell apart
SELECT d.clusters, d.warnings FROM (VALUES (ARRAY[1, 1]), (ARRAY[2, 1])) v (f), LATERAL (SELECT clientele.feature_set(i, f) AS set FROM generate_series(1, 5) i) s,
     clientele.describe(clientele.fit_kmeans(set, 3)) d;
SELECT d.clusters, d.inertia, d.silhouette FROM sets, clientele.describe(clientele.fit_kmeans(set, 1)) d;
SELECT d.clusters, d.inertia, d.silhouette FROM (SELECT clientele.feature_set(i, ARRAY[i]) AS set FROM generate_series(1, 6) i) s,
     clientele.describe(clientele.fit_kmeans(set, 6)) d;
SELECT d.clusters, d.status, d.warnings FROM many, clientele.describe(clientele.fit_kmeans(set, 8, max_iter => 1)) d;
SELECT scaling, k.cluster, count(*) FROM (VALUES ('standard'), ('robust'), ('minmax')) m (scaling),
     (SELECT clientele.feature_set(i, ARRAY[i % 2 * 1e300, 7, i % 2]) AS set FROM generate_series(1, 10) i) s, clientele.kmeans(set, 2, scaling => m.scaling) k GROUP BY 1, 2 ORDER BY 1, 2;

-- what is wrong
SELECT clientele.fit_kmeans(set, 0) FROM sets;
SELECT clientele.fit_kmeans(set, NULL) FROM sets;
SELECT clientele.fit_kmeans(set, 3, scaling => 'log') FROM sets;
SELECT clientele.fit_kmeans(set, 3, n_init => 0) FROM sets;
SELECT clientele.fit_kmeans(set, 3, max_iter => -1) FROM sets;
SELECT clientele.fit_kmeans(set, 3, tolerance => 'NaN') FROM sets;
SELECT clientele.fit_kmeans(set, 3, names => ARRAY['a', 'b']) FROM sets;
SELECT clientele.fit_kmeans(set, 3, names => ARRAY['a', 'b', NULL]) FROM sets;
SELECT clientele.fit_kmeans(set, 3, names => ARRAY['a', 'b', 'a']) FROM sets;
SELECT clientele.fit_kmeans(set, 3, names => ARRAY[['a', 'b', 'c']]) FROM sets;
SELECT clientele.fit_kmeans(set, 3, order_by => 'revenue') FROM sets;
SELECT clientele.fit_kmeans(set, 3, nulls => 'ignore') FROM sets;
SELECT clientele.fit_kmeans(set, 3, silhouette => 'fast') FROM sets;
SELECT clientele.fit_kmeans(set, 3, previous => model) FROM models, (SELECT clientele.feature_set(1, ARRAY[1, 2]) AS set) s;
SELECT clientele.fit_kmeans(clientele.feature_set(i, CASE WHEN i > 1 THEN ARRAY[i] END), 2) FROM generate_series(1, 3) i;
SELECT clientele.fit_kmeans(clientele.feature_set(i, ARRAY[i * 1e300]), 2, scaling => 'none') FROM generate_series(1, 3) i;
SELECT clientele.kmeans_assign(model, ARRAY[1, 2]) FROM models;
SELECT clientele.kmeans_distances(model, ARRAY[[1, 2, 3]]) FROM models;
SELECT * FROM sets, clientele.kmeans_scan(set, 5, 4);
SELECT * FROM (SELECT clientele.feature_set('a'::text, ARRAY[1]) AS set) s, clientele.kmeans(set, 1);
SELECT '{"kmeans_model":1}'::clientele.kmeans_model;
SELECT '{"kmeans_model":1,"features":["a"],"scaling":{"method":"none","center":[0],"scale":[0]},"clusters":[{"cluster":1,"center":[5]}]}'::clientele.kmeans_model;
SELECT clientele.fit_kmeans(set, 3, names => ARRAY['a', 'b', repeat('c', 201)]) FROM sets;
SELECT clientele.fit_kmeans(clientele.feature_set(i, ARRAY[i * 1e-300]), 2, scaling => 'none') FROM generate_series(1, 3) i;
SELECT clientele.fit_kmeans(clientele.feature_set(i, ARRAY[CASE WHEN i = 11 THEN 1e20 ELSE i END]), 3) FROM generate_series(1, 11) i;
SELECT clientele.fit_kmeans(clientele.feature_set(i, ARRAY[i * 1.7e308]), 2, scaling => 'minmax') FROM (VALUES (-1), (1)) v (i);
SELECT clientele.kmeans_distances(model, ARRAY[1, float8 'NaN']) FROM models;
SELECT clientele.kmeans_assign(model, ARRAY[1, NULL]) FROM models;
SELECT clientele.kmeans_distances(model, ARRAY[NULL, 1, 2, 3]) FROM models;
SELECT clientele.kmeans_assign(model, '{}') FROM models;
SELECT '{"kmeans_model":1,"features":["a\u0000b"],"scaling":{"method":"none","center":[0],"scale":[1]},"clusters":[{"cluster":1,"center":[5]}]}'::clientele.kmeans_model;
SELECT format('{"kmeans_model":1,"features":[%s],"scaling":{"method":"none","center":[0],"scale":[1]},"clusters":[{"cluster":1,"center":[5]}]}',
              repeat('"",', 16000) || '""')::clientele.kmeans_model;
-- data that a table may hold
SELECT f, clientele.kmeans_assign(model, f) AS cluster, clientele.kmeans_distances(model, f) AS distances
FROM models, (VALUES (ARRAY[1, 2, float8 'NaN']), (ARRAY[1, float8 'Infinity', 3]), (ARRAY[float8 '-Infinity', 2, 3]), (ARRAY[1, NULL, 3])) v (f);
-- centers lie among their rows, whatever else there is
SELECT d.warnings, c.cluster, c.size, c.center
FROM (SELECT clientele.fit_kmeans(clientele.feature_set(i, ARRAY[CASE WHEN i = 100 THEN 1e20 ELSE i % 10 END]), 2) AS model FROM generate_series(0, 100) i) s,
     clientele.kmeans_centers(model) c, clientele.describe(model) d;
SELECT count(*) AS clusters, count(*) FILTER (WHERE c.center[1] < 0) AS below_zero
FROM (SELECT clientele.fit_kmeans(clientele.feature_set(i, ARRAY[CASE WHEN i % 3 = 0 THEN 0 ELSE (i * 7919 % 1009) ^ 3 / 7 END, i % 97, i * i % 31]), k) AS model
      FROM generate_series(1, 2000) i, generate_series(2, 30, 7) k GROUP BY k) s, clientele.kmeans_centers(model) c;
-- words in any case
SELECT clientele.fit_kmeans(set, 3, order_by => 'SIZE') = clientele.fit_kmeans(set, 3) AS size,
       clientele.fit_kmeans(set, 3, order_by => 'feature_3 DESC') = clientele.fit_kmeans(set, 3, order_by => 'feature_3 desc') AS descending FROM sets;
-- groups without rows to cluster, and with few different ones: the others have their models
CREATE TABLE groups (g integer, id integer, a float8, b float8);
INSERT INTO groups SELECT 1, i, i % 5, i FROM generate_series(1, 20) i;
INSERT INTO groups SELECT 2, i, NULL, i FROM generate_series(1, 4) i;
INSERT INTO groups VALUES (3, NULL, 1, 1), (3, 1, NULL, 1), (4, 1, 1, 1), (4, 2, 1, 1), (5, 1, 1, 1), (5, 2, 2, 2);
SELECT g, d.clusters, d.warnings
FROM (SELECT g, clientele.fit_kmeans(clientele.feature_set(id, ARRAY[a, b]), 3) AS model FROM groups GROUP BY g) s
     LEFT JOIN LATERAL clientele.describe(model) d ON true ORDER BY g;
SELECT g, count(k.id) AS rows, count(DISTINCT k.cluster) AS clusters
FROM (SELECT g, clientele.feature_set(id, ARRAY[a, b]) AS set FROM groups GROUP BY g) s LEFT JOIN LATERAL clientele.kmeans(set, 2) k ON true
GROUP BY g ORDER BY g;
SELECT count(*) FROM clientele.kmeans_scan((SELECT clientele.feature_set(id, ARRAY[a]) FROM groups WHERE g = 2));
SELECT clientele.fit_kmeans(clientele.feature_set(1, NULL), 2, nulls => 'skip') IS NULL AS no_model;
SELECT clientele.fit_kmeans(clientele.feature_set(1, NULL), 0);
SELECT clientele.fit_kmeans(clientele.feature_set(1, NULL), 2, scaling => 'log');
SELECT clientele.fit_kmeans(clientele.feature_set(1, NULL), 2, nulls => 'ignore');
SELECT clientele.kmeans_assign(NULL, ARRAY[1]), clientele.kmeans_distances(NULL, ARRAY[1]);
DROP TABLE groups;
-- weights: a row of weight w is as w rows, and 0 is placed only
CREATE TABLE weighed AS SELECT id, ARRAY[days, orders, revenue] AS features, id % 4 AS weight FROM people;
CREATE TABLE of_weights AS
SELECT (SELECT clientele.feature_set(id, features, weight) FROM weighed) AS weighted,
       (SELECT clientele.feature_set(id, features) FROM weighed, generate_series(1, weight)) AS repeated;
SELECT m.scaling, q.silhouette AS kind, round(a.inertia::numeric, 9) = round(b.inertia::numeric, 9) AS inertia, round(a.silhouette::numeric, 9) = round(b.silhouette::numeric, 9) AS silhouette,
       round(a.calinski_harabasz::numeric, 6) = round(b.calinski_harabasz::numeric, 6) AS calinski_harabasz,
       round(a.davies_bouldin::numeric, 9) = round(b.davies_bouldin::numeric, 9) AS davies_bouldin, a.rows, a.weight, b.rows AS as_rows, b.weight AS as_weight
FROM of_weights, (VALUES ('none'), ('standard'), ('robust'), ('minmax')) m (scaling), (VALUES ('exact'), ('simplified')) q (silhouette),
     clientele.describe(clientele.fit_kmeans(weighted, 4, m.scaling, silhouette => q.silhouette)) a,
     clientele.describe(clientele.fit_kmeans(repeated, 4, m.scaling, silhouette => q.silhouette)) b ORDER BY 1, 2;
SELECT c.cluster, c.size, c.weight, round(c.share::numeric, 4) AS share, round(c.radius::numeric, 6) AS radius, r.size AS as_size, r.weight AS as_weight,
       round(r.share::numeric, 4) AS as_share, round(r.radius::numeric, 6) AS as_radius
FROM of_weights, clientele.kmeans_centers(clientele.fit_kmeans(weighted, 3)) c JOIN LATERAL clientele.kmeans_centers(clientele.fit_kmeans(repeated, 3)) r USING (cluster);
SELECT a.k, a.preferred_by = b.preferred_by AS preferred, round(a.silhouette::numeric, 9) = round(b.silhouette::numeric, 9) AS silhouette
FROM of_weights, clientele.kmeans_scan(weighted, 2, 4) a JOIN LATERAL clientele.kmeans_scan(repeated, 2, 4) b USING (k);
SELECT count(*) AS rows, count(*) FILTER (WHERE weight = 0) AS of_weight_0, count(*) FILTER (WHERE k.cluster <> clientele.kmeans_assign(model, features)) AS differences,
       count(*) FILTER (WHERE k.silhouette IS NULL) AS unknown
FROM of_weights, LATERAL (SELECT clientele.fit_kmeans(weighted, 3) AS model) m, LATERAL clientele.kmeans(weighted, 3) k JOIN weighed USING (id);
-- centers are means by weight, and clusters are numbered by it
SELECT count(*) AS clusters, count(*) FILTER (WHERE c.size <> m.size OR c.weight <> m.weight OR abs(c.center[3] - m.revenue) > 1e-9) AS differences
FROM (SELECT k.cluster, count(*) FILTER (WHERE weight > 0) AS size, sum(weight) AS weight, sum(weight * features[3]) / sum(weight) AS revenue
      FROM of_weights, LATERAL clientele.kmeans(weighted, 3) k JOIN weighed USING (id) GROUP BY cluster) m
JOIN (SELECT c.* FROM of_weights, clientele.kmeans_centers(clientele.fit_kmeans(weighted, 3)) c) c USING (cluster);
SELECT c.cluster, c.size, c.weight FROM (SELECT clientele.feature_set(id, features, CASE id % 3 WHEN 2 THEN 2.5 ELSE 0.5 END) AS set FROM weighed WHERE id < 90) s,
     clientele.kmeans_centers(clientele.fit_kmeans(set, 3)) c;
-- the means of all are by weight too, and a model with weights is read from its text
SELECT round(p.mean::numeric, 6) AS mean, (SELECT round((sum(weight * features[1]) / sum(weight))::numeric, 6) FROM weighed) AS same,
       model::text::clientele.kmeans_model OPERATOR(clientele.=) model AND model::jsonb::clientele.kmeans_model OPERATOR(clientele.=) model AS read
FROM of_weights, LATERAL (SELECT clientele.fit_kmeans(weighted, 3) AS model) m, clientele.kmeans_profile(model) p WHERE (p.cluster, p.feature) = (1, 'feature_1');
SELECT clientele.fit_kmeans(clientele.feature_set(id, features, 1), 3) = clientele.fit_kmeans(clientele.feature_set(id, features), 3) AS same FROM weighed;
SET clientele.threads = 4;
CREATE TABLE weighted_by_four AS SELECT clientele.fit_kmeans((SELECT clientele.feature_set(i, ARRAY[i * 7919 % 100003, sqrt(i)], i % 97 / 7.0)
                                                               FROM generate_series(1, 40000::bigint) i), 6, n_init => 2) AS model;
RESET clientele.threads;
SELECT clientele.fit_kmeans((SELECT clientele.feature_set(i, ARRAY[i * 7919 % 100003, sqrt(i)], i % 97 / 7.0) FROM generate_series(40000::bigint, 1, -1) i), 6, n_init => 2)
       = model AS same FROM weighted_by_four;
-- nothing that weighs anything, NULL, and weights that cannot be added up
SELECT clientele.fit_kmeans(clientele.feature_set(id, features, 0), 3) IS NULL AS no_model FROM weighed;
SELECT count(*) FROM clientele.kmeans((SELECT clientele.feature_set(id, features, 0) FROM weighed), 3);
SELECT clientele.fit_kmeans(clientele.feature_set(id, features, nullif(weight, 0)), 3) FROM weighed;
SELECT d.rows, d.weight FROM (SELECT clientele.fit_kmeans(clientele.feature_set(id, features, nullif(weight, 0)), 3, nulls => 'skip') AS model FROM weighed) s,
     clientele.describe(model) d;
SELECT clientele.fit_kmeans(clientele.feature_set(id, features, 1e300), 3) FROM weighed;
SELECT clientele.fit_kmeans(clientele.feature_set(id, features, 1e-300), 3) FROM weighed;
SELECT d.warnings FROM (SELECT clientele.fit_kmeans(clientele.feature_set(id, features, CASE id WHEN 7 THEN 1e12 ELSE 1 END), 3, 'none') AS model FROM weighed) s,
     clientele.describe(model) d;
DROP TABLE weighed, of_weights, weighted_by_four;
-- nothing from nothing
SELECT clientele.fit_kmeans(NULL, 3) AS no_set;
SELECT count(*) FROM clientele.kmeans(NULL, 3);
SELECT count(*) FROM clientele.kmeans(NULL, NULL::clientele.kmeans_model);
SELECT count(*) FROM clientele.kmeans_scan(NULL);
SELECT count(*) AS skipped_rows FROM (SELECT clientele.feature_set(i, CASE WHEN i > 1 THEN ARRAY[i] END) AS set FROM generate_series(1, 3) i) s,
     clientele.kmeans(set, 1, nulls => 'skip');
-- the model by hand, and stored
SELECT clientele.kmeans_assign('{"kmeans_model":1,"features":["a"],"scaling":{"method":"none","center":[0],"scale":[1]},"clusters":[{"cluster":1,"center":[5]},{"cluster":2,"center":[9]}]}', ARRAY[8]);
SELECT model::text::clientele.kmeans_model OPERATOR(clientele.=) model AS same, model::jsonb ->> 'status' AS status,
       count(*) OVER () AS models FROM models;
DROP TABLE people, sets, models, other_order, many, four, changed;
