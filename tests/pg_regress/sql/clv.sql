-- Spend, lifetime value, and churn.
SET datestyle = 'ISO, YMD';
SET search_path = public, clientele;
CREATE FUNCTION pg_temp.u(i bigint, seed bigint) RETURNS float8 LANGUAGE sql IMMUTABLE AS $$
    SELECT ((hashint8extended(i, seed) & 1048575) + 0.5) / 1048576 $$;
CREATE TABLE many AS
SELECT customer_id, timestamp '2023-01-01' + days * interval '1 day' AS ordered_at,
       round((20 / sqrt(pg_temp.u(customer_id, 6)) * (0.5 + pg_temp.u(customer_id * 1000 + n, 7)))::numeric, 2) AS total
FROM (SELECT i AS customer_id, n, pg_temp.u(i, 1) * 90 - sum(ln(pg_temp.u(i * 1000 + n, 2)) * (n > 0)::int) OVER (PARTITION BY i ORDER BY n)
                 * 20 / -ln(pg_temp.u(i, 3)) AS days
      FROM generate_series(1, 3000) i, generate_series(0, 60) n WHERE n <= ln(pg_temp.u(i, 4)) / ln(pg_temp.u(i, 5) ^ 0.3)) orders
WHERE days < 365;
CREATE TABLE log AS SELECT clientele.order_log(customer_id, ordered_at, total) AS log FROM many;

-- spend: from the log, from a summary, weighted, in parallel
SELECT p.parameter, round(p.estimate::numeric, 6) AS estimate, round(p.standard_error::numeric, 3) AS standard_error, round(p.low::numeric, 2) AS low,
       round(p.high::numeric, 2) AS high FROM log, clientele.parameters(clientele.fit_spend(log)) p;
SELECT d.model, d.status, d.customers, round(d.log_likelihood::numeric, 5) AS log_likelihood, round(d.aic::numeric, 4) AS aic, d.warnings
FROM log, clientele.describe(clientele.fit_spend(log)) d;
SELECT j -> 'left_out' AS left_out, round((j ->> 'mean_value')::numeric, 6) AS mean_value, round((j ->> 'correlation')::numeric, 6) AS correlation,
       round((j ->> 'rank_correlation')::numeric, 6) AS rank_correlation, round((j ->> 'independence_p_value')::numeric, 6) AS p_value
FROM log, LATERAL (SELECT clientele.fit_spend(log)::jsonb AS j) f;
CREATE TABLE summary AS SELECT frequency, monetary_value FROM log, clientele.customers(log);
SELECT clientele.fit_spend(frequency, monetary_value) = (SELECT clientele.fit_spend(log) FROM log) AS same FROM summary;
SELECT clientele.fit_spend(frequency, monetary_value, 1) = (SELECT clientele.fit_spend(frequency, monetary_value) FROM summary) AS same
FROM (SELECT * FROM summary UNION ALL VALUES (NULL, 1), (1, NULL) ORDER BY 2) s;
SELECT clientele.fit_spend(1, 2.0) FILTER (WHERE false) IS NULL AS none;
ALTER TABLE summary SET (parallel_workers = 2);
SET parallel_setup_cost = 0; SET parallel_tuple_cost = 0; SET min_parallel_table_scan_size = 0;
SELECT clientele.fit_spend(frequency, monetary_value) = (SELECT clientele.fit_spend(log) FROM log) AS same FROM summary;
RESET parallel_setup_cost; RESET parallel_tuple_cost; RESET min_parallel_table_scan_size;
-- parameters of the paper: the first customers of its data; no repeat purchases, no spend, only returns: as anybody
SELECT x, z, round(clientele.expected_spend('{"spend_model":1,"parameters":{"p":6.25,"q":3.74,"v":15.44}}', x, z)::numeric, 6) AS expected_spend
FROM (VALUES (2, 22.35), (1, 11.77), (0, 0), (7, 73.74), (3, 0), (3, -5)) c (x, z);
SELECT clientele.expected_spend('{"spend_model":1,"parameters":{"p":6.25,"q":0.9,"v":15.44},"mean_value":42}', 0, 0) AS of_the_data,
       clientele.expected_spend('{"spend_model":1,"parameters":{"p":6.25,"q":0.9,"v":15.44}}', 0, 0) AS no_mean;

-- clv is what the models say, customer by customer
CREATE TABLE values AS SELECT v.* FROM log, clientele.clv(log) v;
CREATE TABLE models AS SELECT clientele.fit_purchases(log) AS m, clientele.fit_spend(log) AS s FROM log;
SELECT customer_id, round(p_alive::numeric, 6) AS p_alive, round(expected_orders::numeric, 6) AS expected_orders, round(expected_spend::numeric, 6) AS expected_spend,
       round(clv::numeric, 5) AS clv, round(clv_low::numeric, 5) AS clv_low, round(clv_high::numeric, 5) AS clv_high FROM values ORDER BY customer_id LIMIT 5;
SELECT count(*) AS customers,
       count(*) FILTER (WHERE abs(v.p_alive - clientele.p_alive(m, frequency, recency, age)) < 1e-12) AS p_alive,
       count(*) FILTER (WHERE abs(v.expected_orders / clientele.expected_orders(m, frequency, recency, age, '1 year') - 1) < 1e-12) AS expected_orders,
       count(*) FILTER (WHERE abs(v.expected_spend / clientele.expected_spend(s, frequency, monetary_value) - 1) < 1e-12) AS expected_spend,
       count(*) FILTER (WHERE abs(v.clv / (v.expected_orders * v.expected_spend) - 1) < 1e-12) AS clv,
       count(*) FILTER (WHERE v.clv_low < v.clv AND v.clv < v.clv_high) AS in_limits
FROM log, clientele.customers(log) c JOIN values v USING (customer_id), models;
-- with the models of another day; a margin; a discount, for which a year's ten percent are a day's 0.026; narrower limits
SELECT count(*) FILTER (WHERE v = w) AS same FROM values v JOIN (
    SELECT w.* FROM log, models, clientele.clv(log, purchases => m, spend => s) w) w USING (customer_id);
WITH margin AS MATERIALIZED (SELECT v.* FROM log, clientele.clv(log, margin => 0.25) v),
     discounted AS MATERIALIZED (SELECT v.* FROM log, clientele.clv(log, discount_rate => 0.1) v),
     by_day AS MATERIALIZED (SELECT v.* FROM log, clientele.clv(log, discount_rate => 1.1 ^ (1 / 365.25) - 1, discount_period => '1 day') v),
     narrow AS MATERIALIZED (SELECT v.* FROM log, clientele.clv(log, confidence => 0.5) v)
SELECT round(sum(v.clv)::numeric, 3) AS clv, round((sum(w.clv) / sum(v.clv))::numeric, 6) AS with_margin, round((sum(x.clv) / sum(v.clv))::numeric, 6) AS discounted,
       bool_and(abs(x.clv / y.clv - 1) < 1e-9) AS another_period, bool_and(z.clv_low > v.clv_low AND z.clv_high < v.clv_high) AS narrower
FROM values v JOIN margin w USING (customer_id) JOIN discounted x USING (customer_id) JOIN by_day y USING (customer_id) JOIN narrow z USING (customer_id);
SELECT m, round(sum(clv)::numeric, 3) AS clv, count(clv_low) AS limits FROM log, unnest(ARRAY['bg/nbd', 'mbg/nbd', 'pareto/nbd', 'auto', NULL]) m, clientele.clv(log, model => m) GROUP BY 1 ORDER BY 1;
SELECT round(sum(clv)::numeric, 3) AS clv, count(*) FROM log, clientele.clv(log, '6 mons', 0.1, 0.3, as_of => '2023-06-30', period => 'week', time_zone => 'Europe/Rome');
SELECT pg_typeof(customer_id), count(*) FROM log, clientele.clv(log, NULL::integer) GROUP BY 1;

-- churn
SELECT c.customer_id, round(c.days_since_last::numeric, 4) AS days_since_last, round(c.p_alive::numeric, 6) AS p_alive,
       round(c.churn_probability::numeric, 6) AS churn_probability, c.risk FROM log, clientele.churn(log) c ORDER BY customer_id LIMIT 5;
SELECT count(*) AS customers, count(*) FILTER (WHERE abs(x.churn_probability - clientele.churn_probability(m, frequency, recency, age, '90 days')) < 1e-12) AS same,
       count(*) FILTER (WHERE x.days_since_last = c.days_since_last) AS same_days
FROM log, clientele.customers(log) c JOIN LATERAL clientele.churn(log) x USING (customer_id), models;
SELECT risk, count(*), round(min(churn_probability)::numeric, 4) AS least, round(max(churn_probability)::numeric, 4) AS most
FROM log, clientele.churn(log) GROUP BY risk ORDER BY least;
SELECT risk, count(*) FROM log, clientele.churn(log, horizon => '30 days', medium_from => 0.5, high_from => 0.9) GROUP BY risk ORDER BY risk;
SELECT model, round(avg(p_alive)::numeric, 5) AS p_alive, round(avg(churn_probability)::numeric, 5) AS churn_probability
FROM log, unnest(ARRAY['bg/nbd', 'mbg/nbd', 'pareto/nbd']) model, clientele.churn(log, model => model) GROUP BY 1 ORDER BY 1;
SELECT pg_typeof(customer_id), count(*) FROM log, clientele.churn(log, NULL::smallint, purchases => clientele.fit_purchases(log)) GROUP BY 1;

-- one group of customers at a time; customers with returns only have no purchases, and no row
SELECT half, count(*), round(sum(clv)::numeric, 2) AS clv
FROM (SELECT customer_id % 2 AS half, clientele.order_log(customer_id, ordered_at, total) AS log FROM many GROUP BY 1) h, clientele.clv(h.log) GROUP BY half ORDER BY half;
SELECT count(*) FROM clientele.churn((SELECT clientele.order_log(customer_id, ordered_at, total) FROM (
    SELECT customer_id, ordered_at, total FROM many UNION ALL VALUES (9999, timestamp '2023-05-05', -9.99)) m));

-- text, jsonb, binary, equality
DROP TABLE models;
CREATE TABLE models AS SELECT clientele.fit_spend(log) AS model FROM log;
SELECT model::text::clientele.spend_model = model AS text_is_exact, model::jsonb::clientele.spend_model = model AS jsonb_is_exact FROM models;
SELECT '{"spend_model":1,"parameters":{"q":3.74,"p":6.25,"v":15.44}}'::clientele.spend_model;
CREATE TABLE copied (LIKE models);
\copy models TO PROGRAM 'psql -d clientele_regression -Xqc "COPY copied FROM STDIN (FORMAT binary)"' (FORMAT binary)
SELECT a.model = b.model AS same, a.model <> b.model AS different FROM models a, copied b;
SELECT count(*) FROM (SELECT model FROM models UNION SELECT model FROM copied) m;

-- too little to be sure of: told, not refused
SELECT name, m::jsonb ->> 'status' AS status, (m::jsonb ->> 'warnings') ~ 'standard errors' AS no_errors, (m::jsonb ->> 'warnings') ~ 'depend' AS dependent
FROM (SELECT name, clientele.fit_spend(x, z::float8, n) AS m
      FROM (VALUES ('one customer', 3, 20.0, 1), ('all the same', 5, 25, 500), ('wide', 1, 0.001, 100), ('wide', 2, 1e6, 100), ('dependent', 1, 1, 300),
                   ('dependent', 2, 2.2, 200), ('dependent', 3, 2.9, 200), ('dependent', 4, 2, 100)) s (name, x, z, n) GROUP BY name) f ORDER BY name;

-- nothing, and wrong on purpose
SELECT count(*) FROM clientele.clv(NULL::clientele.order_log), clientele.churn(NULL::clientele.order_log);
-- where there is nothing to fit to, each customer keeps the row, and a notice says why
SELECT count(*) AS customers, count(p_alive) AS alive, count(expected_orders) AS orders, count(expected_spend) AS spend, count(clv) AS clv
FROM clientele.clv((SELECT clientele.order_log(customer_id, ordered_at) FROM many));
SELECT * FROM clientele.churn((SELECT clientele.order_log(1, timestamp '2023-01-01')));
SELECT * FROM clientele.clv((SELECT clientele.order_log(1, timestamp '2023-01-01', 5)));
SELECT count(*), count(clv) FROM log, clientele.clv((SELECT clientele.order_log(i, timestamp '2023-01-01', 5) FROM generate_series(1, 3) i),
    purchases => (SELECT clientele.fit_purchases(log))) v;
-- a thin group ends no query over groups
SELECT g, count(*) AS customers, count(clv) AS clv, count(c.risk) AS risk
FROM (SELECT CASE WHEN customer_id = 1 THEN 'thin' ELSE 'others' END AS g, clientele.order_log(customer_id, ordered_at, total) AS log
      FROM many WHERE customer_id > 1 OR ordered_at = (SELECT min(ordered_at) FROM many WHERE customer_id = 1) GROUP BY 1) l,
     clientele.clv(log) v JOIN LATERAL clientele.churn(log) c USING (customer_id) GROUP BY g ORDER BY g;
SELECT clientele.fit_spend(clientele.order_log(1, timestamp '2023-01-01', 5)) IS NULL AS nothing;
SELECT v.* FROM log, clientele.clv(log, NULL::uuid) v;
SELECT v.* FROM log, clientele.clv(log, horizon => '-1 day') v;
SELECT v.* FROM log, clientele.clv(log, discount_rate => -0.1) v;
SELECT v.* FROM log, clientele.clv(log, discount_rate => 'NaN') v;
SELECT v.* FROM log, clientele.clv(log, discount_period => '0') v;
SELECT v.* FROM log, clientele.clv(log, margin => 'Infinity') v;
SELECT v.* FROM log, clientele.clv(log, confidence => 1) v;
SELECT v.* FROM log, clientele.clv(log, model => 'gamma') v;
SELECT c.* FROM log, clientele.churn(log, medium_from => 0.8) c;
SELECT c.* FROM log, clientele.churn(log, period => 'year') c;
SELECT clientele.fit_spend(1, 'NaN');
SELECT clientele.fit_spend(-1, 2.0);
SELECT clientele.fit_spend(0, 0.0);
SELECT clientele.fit_spend(1.5, 2.0);
-- what a table may hold is no error of scoring
SELECT x, z, clientele.expected_spend(model, x, z) AS expected_spend
FROM models, (VALUES (-1, 3::float8), (1.5, 3), ('NaN'::numeric, 3), (1, '-Infinity'), (1, 'NaN')) c (x, z);
-- amounts of any magnitude make a model that can be read
SELECT power, round((p.estimate / 10::float8 ^ power)::numeric, 6) AS v, m::text::clientele.spend_model OPERATOR(clientele.=) m AS text_is_exact
FROM (SELECT power, clientele.fit_spend(x, (x % 7 + 1) * (x * 7919 % 13 + 1) * 10::float8 ^ power) AS m FROM unnest(ARRAY[-36, 0, 36]) power, generate_series(1, 300) x GROUP BY power) f,
     clientele.parameters(m) p WHERE parameter = 'v' ORDER BY power;
SELECT clientele.fit_spend(x, 1e300) FROM generate_series(1, 9) x;
SELECT '{"spend_model":1,"parameters":{"p":6.25,"q":3.74,"v":1},"warnings":["a\u0000b"]}'::clientele.spend_model;
SELECT jsonb_typeof(to_jsonb(model)) AS to_jsonb, json_typeof(to_json(model)) AS to_json, to_jsonb(model) = model::jsonb AS same FROM models;
SELECT '{"spend_model":1,"parameters":{"p":6.25,"q":3.74,"v":-1}}'::clientele.spend_model;
SELECT '{"spend_model":1,"parameters":{"p":6.25,"q":3.74,"v":1},"mean_value":-3}'::clientele.spend_model;
SELECT '{"spend_model":1,"p":6.25,"q":3.74,"v":1}'::clientele.spend_model;
-- A number without a unit counts seconds.
SELECT count(*) FROM log, clientele.clv(log, horizon => '12');
SELECT count(*) FROM log, clientele.churn(log, horizon => '1 day');
DROP TABLE models, copied, values, summary, many, log;
