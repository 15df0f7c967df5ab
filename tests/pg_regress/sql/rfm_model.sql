-- Cut points: today's scale for tomorrow's customers.
SET datestyle = 'ISO, YMD';
SET search_path = public, clientele;
CREATE TABLE many AS
SELECT i % 997 AS customer_id, timestamp '2023-01-01' + (i * 7919 % 365) * interval '1 day' AS ordered_at, (i * 31 % 9000) / 100.0 AS total
FROM generate_series(1, 6000) i;
CREATE TABLE log AS SELECT clientele.order_log(customer_id, ordered_at, total) AS log FROM many;
SELECT clientele.fit_rfm(log) FROM log;
SELECT clientele.fit_rfm(log, as_of => '2023-06-30', bins => 3,
                         segments => '{"Stars": ["[23]3[23]"], "Sleepers": ["1**"], "Others": ["[23][12]*", "[23]31"]}') FROM log;
-- a model scores its own customers as rfm() does
SELECT bins, count(*) AS customers,
       count(*) FILTER (WHERE clientele.rfm_score(model, days_since_last, orders, revenue) = score) AS same_score,
       count(*) FILTER (WHERE clientele.rfm_segment(model, days_since_last, orders, revenue) IS NOT DISTINCT FROM segment) AS same_segment
FROM log, unnest(ARRAY[1, 2, 5, 7, 12]) bins, LATERAL (SELECT clientele.fit_rfm(log, bins => bins) AS model) f, clientele.rfm(log, bins => bins)
GROUP BY bins ORDER BY bins;

-- a new customer, on the scale of a stored model
CREATE TABLE models (day date PRIMARY KEY, model clientele.rfm_model NOT NULL);
INSERT INTO models SELECT date '2023-12-31', clientele.fit_rfm(log) FROM log;
SELECT clientele.rfm_score(model, 0.5, 40, 5000), clientele.rfm_segment(model, 0.5, 40, 5000) FROM models;
SELECT clientele.rfm_score(model, 364, 1, -3.5), clientele.rfm_segment(model, 364, 1, -3.5) FROM models;
SELECT clientele.rfm_score(model, NULL, 1, 1) FROM models;
SELECT clientele.rfm_score(model, 'infinity', 1, 'infinity') FROM models;

-- in a view, a generated column and an expression index
CREATE TABLE scored (customer_id integer, days_since_last float8, orders bigint, revenue float8,
    score text GENERATED ALWAYS AS (clientele.rfm_score('{"rfm_model":1,"bins":2,"customers":9,"days_since_last":[30],"orders":[1],"revenue":[99.5]}',
                                                        days_since_last, orders, revenue)) STORED);
CREATE INDEX ON scored (clientele.rfm_segment('{"rfm_model":1,"bins":2,"customers":9,"days_since_last":[30],"orders":[1],"revenue":[99.5],
                                                "segments":{"Good":["2**"],"Bad":["1**"]}}', days_since_last, orders, revenue));
INSERT INTO scored (customer_id, days_since_last, orders, revenue) VALUES (1, 3, 5, 200), (2, 300, 1, 20), (3, NULL, NULL, NULL);
SELECT * FROM scored ORDER BY customer_id;

-- many models in one query: each row gets the score of its own; names too long to stand in the row
CREATE TABLE scales AS
SELECT n, clientele.fit_rfm(log, as_of => date '2023-03-01' + 30 * n, bins => 2 + n % 3, segments => (
              SELECT jsonb_object_agg(name || r, jsonb_build_array(r || '**'))
              FROM generate_series(1, 2 + n % 3) r,
                   (SELECT string_agg(md5(format('%s %s', n, j)), '-') AS name FROM generate_series(1, 40 * n) j) names)) AS model
FROM log, generate_series(1, 8) n;
SELECT n, pg_column_size(model) > 2000 AS is_long FROM scales ORDER BY n;
SELECT count(*) AS scores, count(*) FILTER (WHERE a.score = b.score AND a.segment = b.segment) AS same, count(DISTINCT a.segment) AS segments
FROM (SELECT n, days, clientele.rfm_score(model, days, days, days) AS score, clientele.rfm_segment(model, days, days, days) AS segment
      FROM scales, generate_series(1, 200) days ORDER BY n) a
JOIN (SELECT n, days, clientele.rfm_score(model, days, days, days) AS score, clientele.rfm_segment(model, days, days, days) AS segment
      FROM (SELECT * FROM scales, generate_series(1, 200) days ORDER BY days, n OFFSET 0) turns) b USING (n, days);
DROP TABLE scales;

-- text, jsonb, binary, equality
SELECT model::text::clientele.rfm_model = model AS text_is_exact, model::jsonb::clientele.rfm_model = model AS jsonb_is_exact FROM models;
SELECT model::jsonb -> 'orders' AS cuts FROM models;
CREATE TABLE copied (LIKE models);
\copy models TO PROGRAM 'psql -d clientele_regression -Xqc "COPY copied FROM STDIN (FORMAT binary)"' (FORMAT binary)
SELECT a.model = b.model AS same, a.model <> b.model AS different FROM models a, copied b;
SELECT count(*) FROM (SELECT model FROM models UNION SELECT model FROM copied) m;

-- wrong on purpose
SELECT clientele.rfm_score(model, 'NaN', 1, 1) FROM models;
SELECT clientele.rfm_score(model, 1, 0, 1) FROM models;
SELECT ''::clientele.rfm_model;
SELECT '{"rfm_model":2}'::clientele.rfm_model;
SELECT '{"rfm_model":1,"bins":3,"customers":9,"days_since_last":[30],"orders":[1],"revenue":[99.5]}'::clientele.rfm_model;
SELECT '{"rfm_model":1,"bins":3,"customers":9,"days_since_last":[30,40],"orders":[1,2],"revenue":[1,2]}'::clientele.rfm_model;
SELECT '{"rfm_model":1,"bins":2,"customers":9,"days_since_last":[30],"orders":[1],"revenue":[99.5],"segments":{"Good":["2**"]}}'::clientele.rfm_model;
SELECT '{"rfm_model":1,"bins":2,"customers":9,"days_since_last":[30],"orders":[-1],"revenue":[99.5]}'::clientele.rfm_model;
DROP TABLE models, copied, scored, many, log;
