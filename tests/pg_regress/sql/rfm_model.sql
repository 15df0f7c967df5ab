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
FROM log, unnest(ARRAY[1, 2, 5, 7, 12, 100]) bins, LATERAL (SELECT clientele.fit_rfm(log, bins => bins) AS model) f, clientele.rfm(log, bins => bins)
GROUP BY bins ORDER BY bins;

-- a new customer, on the scale of a stored model
CREATE TABLE models (day date PRIMARY KEY, model clientele.rfm_model NOT NULL);
INSERT INTO models SELECT date '2023-12-31', clientele.fit_rfm(log) FROM log;
SELECT clientele.rfm_score(model, 0.5, 40, 5000), clientele.rfm_segment(model, 0.5, 40, 5000) FROM models;
SELECT clientele.rfm_score(model, 364, 1, -3.5), clientele.rfm_segment(model, 364, 1, -3.5) FROM models;
SELECT clientele.rfm_score(model, NULL, 1, 1) FROM models;
-- numbers that no customer with an order has
SELECT days, orders, revenue, clientele.rfm_score(model, days, orders, revenue), clientele.rfm_segment(model, days, orders, revenue)
FROM models, (VALUES (0::float8, 1::float8, -5::float8), (0, 0, 1), (0, -1, 1), (0, 1.5, 1), (0, 'NaN', 1), (0, 'Infinity', 1), (-1, 1, 1), ('NaN', 1, 1), ('Infinity', 1, 1),
              (1, 1, 'NaN'), (1, 1, 'Infinity'), (1, 1, '-Infinity')) AS odd (days, orders, revenue);
-- orders of any type of numbers
SELECT clientele.rfm_score(model, 2, 8::smallint, 100), clientele.rfm_score(model, 2, 8, 100), clientele.rfm_score(model, 2, 8::bigint, 100), clientele.rfm_score(model, 2, 8.0, 100),
       clientele.rfm_score(model, 2, 8::real, 100), clientele.rfm_score(model, 2::real, '8', 100::numeric), clientele.rfm_segment(model, 2, 8::bigint, 100::numeric) FROM models;
-- cut points are reached where they are: 256 and more, 30 days or fewer; the number of customers may be left out
SELECT days, orders, revenue, clientele.rfm_score('{"rfm_model":1,"bins":3,"days_since_last":[90,30],"orders":[2,5],"revenue":[100,256]}', days, orders, revenue)
FROM (VALUES (91, 1, 99.99), (90, 2, 100), (30.5, 4, 255.99), (30, 5, 256), (0, 500, 1e6)) AS at (days, orders, revenue);
SELECT '{"rfm_model":1,"bins":2,"days_since_last":[30],"orders":[1],"revenue":[99.5]}'::clientele.rfm_model;

-- nobody to fit to: NULL, and one notice for each call
SELECT clientele.fit_rfm(clientele.order_log(i, date '2024-01-01' + i, -i)) AS returns_only FROM generate_series(1, 3) i;
SELECT clientele.fit_rfm(clientele.order_log(i, now(), 1)) AS nobody FROM generate_series(1, 0) i;
SELECT clientele.fit_rfm(log, as_of => '1999-01-01') AS too_early, clientele.fit_rfm(NULL) AS no_log FROM log;
SELECT g, clientele.fit_rfm(log, bins => 2) IS NULL AS nothing
FROM (SELECT i % 3 AS g, clientele.order_log(i, date '2024-01-01' + i, CASE WHEN i % 3 = 1 THEN -i ELSE i END) AS log FROM generate_series(1, 9) i GROUP BY 1) l ORDER BY g;
SELECT clientele.rfm_score(NULL, 1, 1, 1), clientele.rfm_segment(NULL::clientele.rfm_model, 1, 1, 1);
-- amounts and times of any size
CREATE TABLE sizes AS
SELECT size, clientele.fit_rfm(log, bins => 4) AS model, log
FROM (SELECT size, clientele.order_log(i, time, (i % 4 * power(10::float8, size))) AS log
      FROM generate_series(-300, 300, 60) size, generate_series(1, 9) i,
           LATERAL (SELECT timestamp '4700-01-01 BC' + i * power(10::float8, size / 20) * interval '1 microsecond' AS time) t GROUP BY size) l;
SELECT count(*) AS models, count(*) FILTER (WHERE model::text::clientele.rfm_model = model) AS exact FROM sizes;
SELECT count(*) AS customers, count(*) FILTER (WHERE score = clientele.rfm_score(model, days_since_last, orders, revenue)) AS same FROM sizes, clientele.rfm(log, bins => 4);
DROP TABLE sizes;
SELECT clientele.fit_rfm(clientele.order_log(1, now(), 1.7976931348623157e308::float8));

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
SELECT ''::clientele.rfm_model;
SELECT '{"rfm_model":2}'::clientele.rfm_model;
SELECT '{"rfm_model":1,"bins":3,"customers":9,"days_since_last":[30],"orders":[1],"revenue":[99.5]}'::clientele.rfm_model;
SELECT '{"rfm_model":1,"bins":3,"customers":9,"days_since_last":[30,40],"orders":[1,2],"revenue":[1,2]}'::clientele.rfm_model;
SELECT '{"rfm_model":1,"bins":2,"customers":9,"days_since_last":[30],"orders":[1],"revenue":[99.5],"segments":{"Good":["2**"]}}'::clientele.rfm_model;
SELECT '{"rfm_model":1,"bins":2,"customers":9,"days_since_last":[30],"orders":[-1],"revenue":[99.5]}'::clientele.rfm_model;
SELECT '{"rfm_model":1,"bins":2,"customers":0,"days_since_last":[30],"orders":[1],"revenue":[99.5]}'::clientele.rfm_model;
SELECT '{"rfm_model":1,"bins":1,"days_since_last":[],"orders":[],"revenue":[],"segments":{"A\u0000B":["***"]}}'::clientele.rfm_model;
SELECT '{"rfm_model":1,"bins":2,"days_since_last":[1e999],"orders":[1],"revenue":[99.5]}'::clientele.rfm_model;
SELECT ('{"rfm_model":1,"bins":2,"days_since_last":[' || repeat('1,', 1000000) || '1],"orders":[1],"revenue":[99.5]}')::clientele.rfm_model;
SELECT ('{"rfm_model":1,"bins":1,"days_since_last":[],"orders":[],"revenue":[],"segments":{' || string_agg(format('"%s":["***"]', n), ',') || '}}')::clientele.rfm_model
FROM generate_series(1, 70000) n;
SELECT ('{"rfm_model":1,"bins":1,"days_since_last":[],"orders":[],"revenue":[],"segments":{"A":' || repeat('[', 10000) || repeat(']', 10000) || '}}')::clientele.rfm_model;
SELECT ('{"rfm_model":1,"bins":1,"customers":' || repeat('9', 100000) || ',"days_since_last":[],"orders":[],"revenue":[]}')::clientele.rfm_model;
SELECT (repeat(' ', 9000000) || model::text)::clientele.rfm_model FROM models;
DROP TABLE models, copied, scored, many, log;
