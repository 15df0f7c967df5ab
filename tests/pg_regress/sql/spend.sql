-- Spend: Gamma-Gamma models and what they say.
SET datestyle = 'ISO, YMD';
SET search_path = public, clientele;
CREATE TABLE log AS SELECT clientele.order_log(customer_id, ordered_at, total) AS log FROM many_orders;

-- from the log, from a summary, weighted, in parallel
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

-- text, jsonb, binary, equality
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
SELECT clientele.fit_spend(clientele.order_log(1, timestamp '2023-01-01', 5)) IS NULL AS nothing;
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
DROP TABLE models, copied, summary, log;
