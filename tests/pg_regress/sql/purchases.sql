-- Models of purchases: fitting, and what they say about customers.
SET datestyle = 'ISO, YMD';
SET search_path = public, clientele;
-- what calls warn of is tested in warnings.sql
SET client_min_messages = error;
-- customers who order at rates of their own, and leave after an order with a probability of their own
CREATE FUNCTION pg_temp.u(i bigint, seed bigint) RETURNS float8 LANGUAGE sql IMMUTABLE AS $$
    SELECT ((hashint8extended(i, seed) & 1048575) + 0.5) / 1048576 $$;
CREATE TABLE many AS
SELECT customer_id, timestamp '2023-01-01' + days * interval '1 day' AS ordered_at, (500 + customer_id * 131 % 4000 + n * 377 % 900) / 100.0 AS total
FROM (SELECT i AS customer_id, n, pg_temp.u(i, 1) * 90 - sum(ln(pg_temp.u(i * 1000 + n, 2)) * (n > 0)::int) OVER (PARTITION BY i ORDER BY n)
                 * 20 / -ln(pg_temp.u(i, 3)) AS days
      FROM generate_series(1, 3000) i, generate_series(0, 60) n WHERE n <= ln(pg_temp.u(i, 4)) / ln(pg_temp.u(i, 5) ^ 0.3)) orders
WHERE days < 365;
CREATE TABLE log AS SELECT clientele.order_log(customer_id, ordered_at, total) AS log FROM many;
CREATE FUNCTION pg_temp.rounded(model clientele.purchase_model) RETURNS TABLE (model text, status text, parameters text, log_likelihood numeric)
LANGUAGE sql AS $$
    SELECT j ->> 'model', j ->> 'status', (SELECT string_agg(p.parameter || ' ' || round(p.estimate::numeric, 6) || ' +- ' ||
        round(p.standard_error::numeric, 4), ', ') FROM clientele.parameters(model) p), round((j ->> 'log_likelihood')::numeric, 5)
    FROM (SELECT model::jsonb AS j) m $$;

-- each model, and the best of them
SELECT r.* FROM log, unnest(ARRAY['bg/nbd', 'mbg/nbd', 'pareto/nbd', 'auto', NULL]) m, pg_temp.rounded(clientele.fit_purchases(log, m)) r;
SELECT regexp_replace(clientele.fit_purchases(log, 'auto')::jsonb ->> 'choice', '\d+\.\d+', 'N', 'g') AS choice FROM log;
SELECT d.model, d.status, d.customers, round(d.aic::numeric, 4) AS aic, round(d.bic::numeric, 4) AS bic, d.warnings
FROM log, clientele.describe(clientele.fit_purchases(log, 'bg/nbd')) d;
SELECT parameter, round(estimate::numeric, 5) AS estimate, round(low::numeric, 3) AS low, round(high::numeric, 3) AS high
FROM log, clientele.parameters(clientele.fit_purchases(log)) p;

-- another unit of time scales the times, and another period other purchases
SELECT round((j -> 'parameters' ->> 'alpha')::numeric, 5) AS alpha, j ->> 'time_unit' AS time_unit, j ->> 'period' AS period
FROM log, unnest(ARRAY['1 day', '7 days', '12 hours']::interval[]) u, unnest(ARRAY['day', 'week']) p,
     LATERAL (SELECT clientele.fit_purchases(log, period => p, time_unit => u)::jsonb AS j) f;

-- from a summary: the same model; a row may stand for many customers; NULLs are left out; no row, no model
CREATE TABLE summary AS SELECT frequency, recency, age FROM log, clientele.customers(log);
SELECT (f::jsonb - 'period') = (g::jsonb - 'period') AS same
FROM log, LATERAL (SELECT clientele.fit_purchases(log) AS f) l, LATERAL (SELECT clientele.fit_purchases(frequency, recency, age) AS g FROM summary) s;
SELECT clientele.fit_purchases(frequency, recency, age, n) = (SELECT clientele.fit_purchases(frequency, recency, age) FROM summary) AS same
FROM (SELECT frequency, recency, age, count(*) AS n FROM summary GROUP BY 1, 2, 3 ORDER BY 3, 1) s;
SELECT r.model, r.parameters FROM (
    SELECT clientele.fit_purchases(frequency, recency / 7, age / 7, 1, 'bg/nbd', '7 days') AS m FROM (
        SELECT * FROM summary UNION ALL VALUES (NULL, 1, 1), (1, NULL, 1), (1, 1, NULL)) s) f, pg_temp.rounded(m) r;
SELECT clientele.fit_purchases(1, 2.0, 3.0) FILTER (WHERE false) IS NULL AS none;
-- parallel workers: the same bits
ALTER TABLE summary SET (parallel_workers = 2);
SELECT clientele.fit_purchases(frequency, recency, age, 1, 'auto', '1 day') AS model INTO TEMP serial FROM summary;
SET parallel_setup_cost = 0; SET parallel_tuple_cost = 0; SET min_parallel_table_scan_size = 0;
EXPLAIN (COSTS off) SELECT clientele.fit_purchases(frequency, recency, age, 1, 'auto', '1 day') FROM summary;
SELECT clientele.fit_purchases(frequency, recency, age, 1, 'auto', '1 day') = (SELECT model FROM serial) AS same FROM summary;
RESET parallel_setup_cost; RESET parallel_tuple_cost; RESET min_parallel_table_scan_size;

-- scoring, with parameters of the papers
CREATE TABLE models (name text, model clientele.purchase_model);
INSERT INTO models VALUES
    ('bg', '{"purchase_model":1,"model":"bg/nbd","time_unit":"7 days","parameters":{"r":0.243,"alpha":4.414,"a":0.793,"b":2.426}}'),
    ('mbg', '{"purchase_model":1,"model":"mbg/nbd","time_unit":"7 days","parameters":{"r":0.525,"alpha":6.183,"a":0.891,"b":1.614}}'),
    ('pareto', '{"purchase_model":1,"model":"pareto/nbd","time_unit":"7 days","parameters":{"r":0.553,"alpha":10.578,"s":0.606,"beta":11.669}}');
SELECT name, x, round(clientele.p_alive(model, x, t_x, t)::numeric, 9) AS p_alive,
       round(clientele.expected_orders(model, x, t_x, t, '39 weeks')::numeric, 7) AS expected_orders,
       round(clientele.churn_probability(model, x, t_x, t, '39 weeks')::numeric, 9) AS churn_probability
FROM models, (VALUES (0, 0.0, 38.86), (2, 30.43, 38.86), (26, 30.86, 31), (100, 38, 38.86), (100, 20, 38.86), (1000, 38.8, 38.86),
                     (5000, 38.85, 38.86), (10000, 38.86, 38.86)) c (x, t_x, t)
ORDER BY name, x, t_x;
SELECT name, round(clientele.expected_orders_new_customer(model, '364 days')::numeric, 6) AS in_a_year,
       round(sum(clientele.p_orders(model, 2, 30.43, 38.86, n, '1 year'))::numeric, 9) AS certain,
       round(sum(n * clientele.p_orders(model, 2, 30.43, 38.86, n, '1 year') / clientele.expected_orders(model, 2, 30.43, 38.86, '1 year'))::numeric, 9) AS mean,
       bool_and(clientele.p_orders(model, 2, 30.43, 38.86, 0, '1 year') = clientele.churn_probability(model, 2, 30.43, 38.86, '1 year')) AS none
FROM models, generate_series(0, 300) n GROUP BY 1, 2 ORDER BY 1;
-- where closed forms are 0/0: a = 1, a + b = 1, s = 1, alpha = beta
SELECT round(clientele.expected_orders(m::clientele.purchase_model, 2, 30.43, 38.86, '39 weeks')::numeric, 7) AS expected_orders,
       round(clientele.expected_orders(m::clientele.purchase_model, 0, 0, 38.86, '39 weeks')::numeric, 7) AS without_repeat
FROM unnest(ARRAY['{"purchase_model":1,"model":"bg/nbd","time_unit":"7 days","parameters":{"r":0.243,"alpha":4.414,"a":1,"b":2.426}}',
                  '{"purchase_model":1,"model":"mbg/nbd","time_unit":"7 days","parameters":{"r":0.243,"alpha":4.414,"a":0.4,"b":0.6}}',
                  '{"purchase_model":1,"model":"pareto/nbd","time_unit":"7 days","parameters":{"r":0.5,"alpha":10,"s":1,"beta":10}}']) m;
-- horizons: no time, no orders; a year is 365.25 days, a month 30
SELECT name, clientele.expected_orders(model, 2, 30, 39, '0') AS none, clientele.churn_probability(model, 2, 30, 39, '0 days') AS sure,
       clientele.p_orders(model, 2, 30, 39, 1, '0') AS no_order, clientele.p_orders(model, 2, 30, 39, -1, '1 day') AS less_than_none,
       clientele.expected_orders(model, 2, 30, 39, '2 years 1 mon') = clientele.expected_orders(model, 2, 30, 39, '760 days 12 hours') AS as_epoch
FROM models ORDER BY 1;
SELECT clientele.p_alive(model, NULL, 1, 1), clientele.expected_orders(NULL, 1, 1, 1, '1 day') FROM models WHERE name = 'bg';
-- limits of the number of orders: less and more than them are together at most as likely as is left of the confidence
SELECT name, confidence, low, high, sum(p) >= confidence::numeric AS within,
       bool_and(n > low OR below + p >= (1 - confidence::numeric) / 2) AND bool_and(n < high OR below < (1 + confidence::numeric) / 2) AS no_wider
FROM (SELECT name, model, confidence, clientele.orders_low(model, 9, 36, 38.86, '1 year', confidence) AS low, clientele.orders_high(model, 9, 36, 38.86, '1 year', confidence) AS high
      FROM models, unnest(ARRAY[0.5, 0.95, 0.999]) confidence) l,
     LATERAL (SELECT n, clientele.p_orders(model, 9, 36, 38.86, n, '1 year')::numeric AS p, (SELECT coalesce(sum(clientele.p_orders(model, 9, 36, 38.86, m, '1 year')), 0)::numeric FROM generate_series(0, n - 1) m) AS below
              FROM generate_series(low::integer, high::integer) n) d
GROUP BY name, confidence, low, high ORDER BY name, confidence;
SELECT clientele.orders_low(model, 0, 0, 39, '0'), clientele.orders_high(model, 0, 0, 39, '0'), clientele.orders_high(model, 1.5, 1, 2, '1 day'), clientele.orders_high(model, 1, 1, 2, '1 day', NULL)
FROM models WHERE name = 'bg';
SELECT clientele.orders_low(model, 1, 1, 2, '1 day', 1) FROM models WHERE name = 'bg';
SELECT clientele.orders_high(model, 1, 1, 2, '-1 day') FROM models WHERE name = 'bg';

-- in a generated column and an expression index
CREATE TABLE scored (customer_id integer, x bigint, t_x float8, t float8, p float8 GENERATED ALWAYS AS (clientele.churn_probability(
    '{"purchase_model":1,"model":"mbg/nbd","time_unit":"7 days","parameters":{"r":0.525,"alpha":6.183,"a":0.891,"b":1.614}}', x, t_x, t, '90 days')) STORED);
INSERT INTO scored SELECT i, i % 20, CASE WHEN i % 20 = 0 THEN 0 ELSE i % 30 END, 30 + i % 9 FROM generate_series(1, 2000) i;
CREATE INDEX by_churn ON scored (clientele.churn_probability(
    '{"purchase_model":1,"model":"mbg/nbd","time_unit":"7 days","parameters":{"r":0.525,"alpha":6.183,"a":0.891,"b":1.614}}', x, t_x, t, '90 days'));
ANALYZE scored;
SET enable_seqscan = off;
EXPLAIN (COSTS off) SELECT customer_id FROM scored WHERE clientele.churn_probability(
    '{"purchase_model":1,"model":"mbg/nbd","time_unit":"7 days","parameters":{"r":0.525,"alpha":6.183,"a":0.891,"b":1.614}}', x, t_x, t, '90 days') < 0.2;
SELECT count(*) AS by_index, (SELECT count(*) FROM scored WHERE p < 0.2) AS by_column FROM scored WHERE clientele.churn_probability(
    '{"purchase_model":1,"model":"mbg/nbd","time_unit":"7 days","parameters":{"r":0.525,"alpha":6.183,"a":0.891,"b":1.614}}', x, t_x, t, '90 days') < 0.2;
RESET enable_seqscan;

-- text, jsonb, binary, equality
INSERT INTO models SELECT m, clientele.fit_purchases(log, m) FROM log, unnest(ARRAY['bg/nbd', 'mbg/nbd', 'pareto/nbd', 'auto']) m;
SELECT count(*) AS models, count(*) FILTER (WHERE model::text::clientele.purchase_model = model) AS text_is_exact,
       count(*) FILTER (WHERE model::jsonb::clientele.purchase_model = model) AS jsonb_is_exact FROM models;
SELECT model FROM models WHERE name = 'bg';
CREATE TABLE copied (LIKE models);
\copy models TO PROGRAM 'psql -d clientele_regression -Xqc "COPY copied FROM STDIN (FORMAT binary)"' (FORMAT binary)
SELECT count(*) FILTER (WHERE a.model = b.model) AS same, count(*) FILTER (WHERE a.model <> b.model) AS different
FROM models a JOIN copied b USING (name);
SELECT count(*) FROM (SELECT model FROM models UNION SELECT model FROM copied) m;

-- too little to be sure of: told, not refused
SELECT name, m::jsonb ->> 'status' AS status, m::jsonb -> 'at_limit' AS at_limit, jsonb_array_length(m::jsonb -> 'warnings') > 0 AS warned
FROM (SELECT name, clientele.fit_purchases(x, t_x, t, n) AS m
      FROM (VALUES ('one-time buyers', 0, 0.0, 30.0, 200), ('one customer', 3, 20, 30, 1), ('all the same', 5, 25, 30, 500), ('one heavy buyer', 5000, 30, 30, 1)) s (name, x, t_x, t, n)
      GROUP BY name) f ORDER BY name;

RESET client_min_messages;
-- wrong on purpose
SELECT clientele.fit_purchases(log, 'weibull') FROM log;
SELECT clientele.fit_purchases(log, as_of => '2000-01-01') FROM log;
SELECT clientele.fit_purchases(log, as_of => '2023-01-01') FROM log;
SELECT clientele.fit_purchases(clientele.order_log(1, now())) FROM log WHERE false;
SELECT clientele.fit_purchases(NULL::clientele.order_log) IS NULL AS nothing;
SELECT clientele.fit_purchases(log, time_unit => '1 month') FROM log;
SELECT clientele.fit_purchases(0, 0.0, 0.0);
SELECT clientele.fit_purchases(2, 5.0, 4.0);
SELECT clientele.fit_purchases(0, 5.0, 6.0);
SELECT clientele.fit_purchases(-1, 0.0, 6.0);
SELECT clientele.fit_purchases(1, 'NaN', 6.0);
SELECT clientele.fit_purchases(1, 2, 'Infinity');
SELECT clientele.fit_purchases(1, 2, 3, -1);
SELECT clientele.fit_purchases(1, 2, 3, 1, m, '1 day') FROM unnest(ARRAY['bg/nbd', 'mbg/nbd']) m;
SELECT clientele.fit_purchases(1.5, 2, 3);
-- what a table may hold is no error of scoring
SELECT x, recency, age, clientele.p_alive(model, x, recency, age) AS p_alive, clientele.expected_orders(model, x, recency, age, '1 day') AS expected_orders,
       clientele.churn_probability(model, x, recency, age, '1 day') AS churn_probability, clientele.p_orders(model, x, recency, age, 1, '1 day') AS p_orders
FROM models, (VALUES (-1, 0, 1::float8), (1, 3, 2), (0, 1, 2), (1.5, 1, 2), (1, 'NaN'::float8, 2), (1, 1, 'Infinity'), ('NaN'::float8, 1, 2)) c (x, recency, age) WHERE name = 'bg';
SELECT n, clientele.p_orders(model, 1, 1, 2, n, '1 day') AS p_orders FROM models, unnest(ARRAY[-1, 0.5, 'NaN'::float8]) n WHERE name = 'bg';
-- numbers as other tools write them
SELECT bool_and(p = clientele.p_alive(model, 2, 3, 4)) AS same FROM models, LATERAL (VALUES (clientele.p_alive(model, 2::bigint, 3, 4)), (clientele.p_alive(model, 2::numeric, 3::numeric, 4)),
    (clientele.p_alive(model, 2::real, 3::real, 4::smallint)), (clientele.p_alive(model, '2', '3', '4'))) v (p) WHERE name = 'bg';
-- parameters that no data have, in a time that has a bound
SELECT tiny, round(clientele.expected_orders_new_customer(format('{"purchase_model":1,"model":"bg/nbd","time_unit":"1 day","parameters":{"r":1,"alpha":1,"a":%s,"b":%s}}', tiny, tiny)::clientele.purchase_model, '1 day')::numeric, 12) AS orders
FROM unnest(ARRAY['1e-15', '1e-16', '1e-17', '1e-30']) tiny;
EXPLAIN (COSTS OFF) SELECT clientele.expected_orders_new_customer('{"purchase_model":1,"model":"bg/nbd","time_unit":"1 day","parameters":{"r":1,"alpha":1,"a":1e-17,"b":1e-17}}', '1 day');
SELECT round(clientele.p_orders('{"purchase_model":1,"model":"mbg/nbd","time_unit":"1 day","parameters":{"r":0.5,"alpha":6,"a":0.9,"b":1.6}}', 400, 720, 730, 1000, '5 years')::numeric, 9) AS p_orders;
SELECT jsonb_typeof(to_jsonb(model)) AS to_jsonb, json_typeof(to_json(model)) AS to_json, to_jsonb(model) = model::jsonb AS same FROM models;
SELECT u, clientele.fit_purchases(log) IS NULL AS nothing FROM (SELECT u, clientele.order_log(u, timestamp '2023-01-01') AS log FROM generate_series(1, 2) u GROUP BY u) l ORDER BY u;
SELECT unit, (format('{"purchase_model":1,"model":"BG/NBD","time_unit":"%s","parameters":{"r":1,"alpha":1,"a":1,"b":1}}', unit)::clientele.purchase_model)::json ->> 'time_unit' AS time_unit
FROM unnest(ARRAY['1 week', '2 Weeks', '12:00', '1 day 06:00:00', '1.5 hours', '7d']) unit;
SELECT clientele.expected_orders(model, 1, 1, 2, '-1 day') FROM models WHERE name = 'bg';
SELECT ''::clientele.purchase_model;
SELECT '{"purchase_model":2,"model":"bg/nbd","time_unit":"1 day","parameters":{"r":1,"alpha":1,"a":1,"b":1}}'::clientele.purchase_model;
SELECT '{"purchase_model":1,"model":"nbd","time_unit":"1 day","parameters":{"r":1,"alpha":1,"a":1,"b":1}}'::clientele.purchase_model;
SELECT '{"purchase_model":1,"model":"bg/nbd","time_unit":"1 fortnight","parameters":{"r":1,"alpha":1,"a":1,"b":1}}'::clientele.purchase_model;
SELECT '{"purchase_model":1,"model":"bg/nbd","time_unit":"1 day","parameters":{"r":1,"alpha":1,"s":1,"beta":1}}'::clientele.purchase_model;
SELECT '{"purchase_model":1,"model":"bg/nbd","time_unit":"1 day","parameters":{"r":1,"alpha":1,"a":1}}'::clientele.purchase_model;
SELECT '{"purchase_model":1,"model":"bg/nbd","time_unit":"1 day","parameters":{"r":1,"alpha":0,"a":1,"b":1}}'::clientele.purchase_model;
SELECT '{"purchase_model":1,"model":"bg/nbd","time_unit":"1 day","parameters":{"r":1,"alpha":1,"a":1,"b":1},"covariance":[[1,2],[2,1]]}'::clientele.purchase_model;
SELECT '{"purchase_model":1,"model":"bg/nbd","time_unit":"1 day","parameters":{"r":1,"alpha":1,"a":1,"b":1},"colour":"red"}'::clientele.purchase_model;
DROP TABLE models, copied, scored, summary, many, log;

SET client_min_messages = error;
-- customers who buy on a rhythm, every third of an exponentially distributed time: k is found, or named
CREATE TABLE rhythm AS SELECT clientele.order_log(customer_id, timestamp '2023-01-01' + days * interval '1 day') AS log
FROM (SELECT i AS customer_id, n, pg_temp.u(i, 1) * 90 - sum(ln(pg_temp.u(i * 1000 + n, 2) * pg_temp.u(i * 1000 + n, 6) * pg_temp.u(i * 1000 + n, 7))
                 * (n > 0)::int) OVER (PARTITION BY i ORDER BY n) * 4 / (0.3 - ln(pg_temp.u(i, 3))) AS days
      FROM generate_series(1, 1500) i, generate_series(0, 60) n WHERE n <= ln(pg_temp.u(i, 4)) / ln(pg_temp.u(i, 5) ^ 0.3)) orders
WHERE days < 365;
SELECT r.model, r.status, r.log_likelihood FROM rhythm, unnest(ARRAY['mbg/nbd', 'mbg/cnbd-1', 'mbg/cnbd-2', 'MBG/CNBD-k', 'auto']) m,
       pg_temp.rounded(clientele.fit_purchases(log, m, period => 'none')) r;
SELECT regexp_replace(clientele.fit_purchases(log, 'mbg/cnbd-k', period => 'none')::jsonb ->> 'choice', '-\d+\.\d+', '-N', 'g') AS choice FROM rhythm;
SELECT m::text::clientele.purchase_model = m AS text_is_exact, d.bic - 5 * ln(d.customers) = -2 * d.log_likelihood AS k_is_a_parameter
FROM rhythm, LATERAL (SELECT clientele.fit_purchases(log, 'mbg/cnbd-k', period => 'none') AS m) f, clientele.describe(m) d;
-- from a summary a k has to be named, and auto does without
CREATE TABLE rhythms AS SELECT frequency, recency, age FROM rhythm, clientele.customers(log, period => 'none');
SELECT (f -> 'parameters') = (g -> 'parameters') AS same, g -> 'warnings' AS warnings
FROM rhythm, LATERAL (SELECT clientele.fit_purchases(log, 'mbg/cnbd-3', period => 'none')::jsonb AS f) l,
     LATERAL (SELECT clientele.fit_purchases(frequency, recency, age, 1, 'mbg/cnbd-3', '1 day')::jsonb AS g FROM rhythms) s;
SELECT clientele.fit_purchases(frequency, recency, age, 1, 'mbg/cnbd-k', '1 day') FROM rhythms;
SELECT clientele.fit_purchases(log, 'mbg/cnbd-13') FROM rhythm;
SELECT '{"purchase_model":1,"model":"mbg/cnbd-k","time_unit":"7 days","parameters":{"r":1,"alpha":1,"a":1,"b":1}}'::clientele.purchase_model;
-- one stage is MBG/NBD; the more there are, the sooner silence tells
SELECT k, round(clientele.p_alive(m, 26, 26, 26 + weeks)::numeric, 9) AS p_alive, round(clientele.expected_orders(m, 26, 26, 26 + weeks, '1 year')::numeric, 7) AS expected_orders,
       round(clientele.churn_probability(m, 26, 26, 26 + weeks, '3 weeks')::numeric, 9) AS churn_probability, round(clientele.p_orders(m, 26, 26, 26 + weeks, 2, '3 weeks')::numeric, 9) AS p_2
FROM unnest(ARRAY['mbg/nbd', 'mbg/cnbd-1', 'mbg/cnbd-3', 'mbg/cnbd-12']) k, unnest(ARRAY[0, 1, 3]) weeks,
     LATERAL (SELECT format('{"purchase_model":1,"model":"%s","time_unit":"7 days","parameters":{"r":4,"alpha":%s,"a":1,"b":20}}', k,
         4.0 / coalesce(substring(k FROM '\d+$')::int, 1))::clientele.purchase_model AS m) model ORDER BY m::jsonb ->> 'model', weeks;
