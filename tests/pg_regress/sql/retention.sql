-- Contractual churn: survivor curves, the model fitted to them, and what it says of customers.
SET search_path = public, clientele;
-- Fader & Hardie (2007), table 1: percent of customers still there after 0 to 12 years
CREATE TABLE cohorts AS
SELECT segment, (n - 1)::integer AS year, percent * 10 AS customers
FROM (VALUES ('High End', ARRAY[100, 86.9, 74.3, 65.3, 59.3, 55.1, 51.7, 49.1, 46.8, 44.5, 42.7, 40.9, 39.4]),
             ('Regular', ARRAY[100, 63.1, 46.8, 38.2, 32.6, 28.9, 26.2, 24.1, 22.3, 20.7, 19.4, 18.3, 17.3])) c (segment, percents),
     unnest(percents) WITH ORDINALITY p (percent, n);
CREATE TABLE models AS
SELECT segment, clientele.fit_retention(year, customers::bigint) AS model FROM cohorts WHERE year <= 7 GROUP BY segment;
SELECT segment, parameter, round(estimate::numeric, 4) AS estimate, round(standard_error::numeric, 4) AS standard_error,
       round(low::numeric, 4) AS low, round(high::numeric, 4) AS high
FROM models, clientele.parameters(model) ORDER BY segment, parameter;
SELECT segment, m ->> 'status' AS status, round((m ->> 'log_likelihood')::numeric, 3) AS log_likelihood, round((m ->> 'aic')::numeric, 2) AS aic,
       round((m ->> 'bic')::numeric, 2) AS bic, m -> 'customers' AS customers, m -> 'periods' AS periods, m -> 'warnings' AS warnings
FROM (SELECT segment, model::jsonb AS m FROM models) m ORDER BY segment;
SELECT segment, d.model, status, customers, round(log_likelihood::numeric, 3) AS log_likelihood, round(aic::numeric, 2) AS aic, round(bic::numeric, 2) AS bic, warnings
FROM models m, clientele.describe(m.model) d ORDER BY segment;
-- the projection from 7 years to 12
SELECT year, segment, customers / 10 AS percent, round(100 * clientele.survival(model, year)::numeric, 1) AS expected
FROM cohorts JOIN models USING (segment) WHERE year > 7 ORDER BY segment, year;
SELECT segment, round(clientele.retention_rate(model, 1)::numeric, 4) AS first, round(clientele.retention_rate(model, 10)::numeric, 4) AS tenth,
       clientele.expected_lifetime(model) AS whole, round(clientele.expected_lifetime(model, discount_rate => 0.1)::numeric, 6) AS discounted,
       round(clientele.expected_lifetime(model, 4, 0.1)::numeric, 6) AS after_four, round(clientele.expected_lifetime(model, horizon => 5)::numeric, 6) AS five,
       round(clientele.expected_lifetime(model, 4, 0.1, 2147483647)::numeric, 6) AS far
FROM models ORDER BY segment;
-- the same numbers in plain SQL
SELECT segment, abs(clientele.survival(model, 9) / exp(sum(ln(clientele.retention_rate(model, t))) FILTER (WHERE t <= 9)) - 1) < 1e-12 AS survival,
       abs(clientele.expected_lifetime(model, 0, 0.1) / (1 + sum(clientele.survival(model, t) / 1.1 ^ t)) - 1) < 1e-12 AS discounted,
       abs(clientele.expected_lifetime(model, 0, 0, 400) / (1 + sum(clientele.survival(model, t)) FILTER (WHERE t < 400)) - 1) < 1e-12 AS horizon
FROM models, generate_series(1, 1000) t GROUP BY segment, model ORDER BY segment;

-- customers say the same one by one, or added up by when they left
CREATE TABLE customers AS
SELECT segment, least(t, 7) AS period, (customers - coalesce(later, 0))::bigint AS customers, t <= 7 AS has_left
FROM (SELECT segment, year + 1 AS t, customers, lead(customers) OVER (PARTITION BY segment ORDER BY year) AS later FROM cohorts WHERE year <= 7) c;
SELECT segment, clientele.fit_retention(period, customers, has_left) = model AS added_up FROM customers JOIN models USING (segment)
GROUP BY segment, model ORDER BY segment;
SELECT segment, clientele.fit_retention(period, 1, has_left) = model AS one_by_one
FROM customers JOIN models USING (segment), generate_series(1, customers) GROUP BY segment, model ORDER BY segment;
-- two cohorts of the same length add up; rows in any order
SELECT clientele.fit_retention(year, customers::bigint) = clientele.fit_retention(year, customers::bigint ORDER BY customers) AS same
FROM cohorts WHERE year <= 7;
-- what is NULL is no row
SELECT clientele.fit_retention(period, customers, has_left) = clientele.fit_retention(period, customers, has_left) FILTER (WHERE segment = 'Regular') AS same
FROM (SELECT * FROM customers UNION ALL VALUES (NULL, NULL, 5, true), (NULL, 3, NULL, true), (NULL, 3, 5, NULL)) c WHERE segment = 'Regular' OR segment IS NULL;
SELECT clientele.fit_retention(year, customers::bigint) IS NULL AS of_nothing, clientele.fit_retention(NULL, 1, true) IS NULL AS of_nulls
FROM cohorts WHERE year < 0;

-- parallel workers, in pieces
CREATE TABLE many AS
SELECT 1 + i * 7919 % 23 AS period, i % 40 AS customers, i * 31 % 7 < 3 AS has_left FROM generate_series(1, 50000) i;
ALTER TABLE many SET (parallel_workers = 3);
ANALYZE many;
SET max_parallel_workers_per_gather = 0;
CREATE TABLE serial AS
SELECT clientele.fit_retention(period, customers, has_left) AS model,
       (SELECT clientele.fit_retention(period, customers) FROM (SELECT period - 1 AS period, 24 - period AS customers FROM many) s) AS curve FROM many;
SET parallel_setup_cost = 0; SET parallel_tuple_cost = 0; SET min_parallel_table_scan_size = 0; SET max_parallel_workers_per_gather = 3;
EXPLAIN (COSTS OFF) SELECT clientele.fit_retention(period, customers, has_left) FROM many;
SELECT clientele.fit_retention(period, customers, has_left) = (SELECT model FROM serial) AS same FROM many;
SELECT clientele.fit_retention(period - 1, 24 - period) = (SELECT curve FROM serial) AS same FROM many;
RESET parallel_setup_cost; RESET parallel_tuple_cost; RESET min_parallel_table_scan_size; RESET max_parallel_workers_per_gather;
-- a window asks the same state again and again
SELECT year, model::jsonb -> 'customers' AS customers, model::jsonb -> 'periods' AS periods
FROM (SELECT year, clientele.fit_retention(year, customers::bigint, year < 4) OVER (ORDER BY year) AS model
      FROM cohorts WHERE segment = 'Regular' AND year BETWEEN 1 AND 4) w ORDER BY year;

-- where the data do not tell
SELECT what, m ->> 'status' AS status, m -> 'at_limit' AS at_limit, m ->> 'warnings' AS warnings,
       round(clientele.retention_rate(model, 1)::numeric, 4) AS first, round(clientele.retention_rate(model, 9)::numeric, 4) AS ninth
FROM (SELECT what, clientele.fit_retention(period::integer - 1, customers) AS model
      FROM (VALUES (1, 'nobody left', ARRAY[9, 9, 9]), (2, 'everybody left', ARRAY[9, 0]), (3, 'one renewal', ARRAY[9, 7]),
                   (4, 'more and more leave', ARRAY[1000, 900, 700, 400]), (5, 'at once or never', ARRAY[100, 50, 50, 50])) d (n, what, curve),
           unnest(curve) WITH ORDINALITY u (customers, period) GROUP BY n, what) f, LATERAL (SELECT model::jsonb AS m) j
ORDER BY what;
SELECT p.* FROM (SELECT clientele.fit_retention(t, 9) AS model FROM generate_series(0, 2) t) f, clientele.parameters(model) p;

-- text, jsonb, binary, equality
SELECT model::text::clientele.retention_model = model AS text_is_exact, model::jsonb::clientele.retention_model = model AS jsonb_is_exact FROM models;
CREATE TABLE hand (model clientele.retention_model);
INSERT INTO hand VALUES ('{"retention_model":1,"parameters":{"alpha":2,"beta":3}}');
SELECT model FROM hand;
SELECT clientele.survival(model, 0), round(clientele.survival(model, 1)::numeric, 12) AS first, clientele.retention_rate(model, 1), clientele.expected_lifetime(model),
       clientele.expected_lifetime(model, 10), clientele.expected_lifetime(model, horizon => 2), clientele.expected_lifetime(model, horizon => 0)
FROM hand;
SELECT p.* FROM hand, clientele.parameters(model) p;
SELECT d.* FROM hand, clientele.describe(model) d;
CREATE TABLE copied (LIKE models);
\copy models TO PROGRAM 'psql -d clientele_regression -Xqc "COPY copied FROM STDIN (FORMAT binary)"' (FORMAT binary)
SELECT a.model = b.model AS same, a.model <> b.model AS different FROM models a JOIN copied b USING (segment);
SELECT count(*) FROM (SELECT model FROM models UNION SELECT model FROM copied) m;
-- NULL in, NULL out; a NULL option is the default
SELECT clientele.survival(NULL::clientele.retention_model, 1), clientele.expected_lifetime(NULL::clientele.retention_model),
       clientele.expected_lifetime(model, NULL, NULL, NULL) = clientele.expected_lifetime(model) AS default FROM hand;
SELECT * FROM clientele.parameters(NULL::clientele.retention_model);
SELECT * FROM clientele.describe(NULL::clientele.retention_model);
-- in a generated column, with a model for each row
CREATE TABLE subscribers (renewals integer, lifetime float8 GENERATED ALWAYS AS
    (clientele.expected_lifetime('{"retention_model":1,"parameters":{"alpha":2,"beta":3}}', renewals)) STORED);
INSERT INTO subscribers VALUES (0), (1), (10);
SELECT * FROM subscribers ORDER BY renewals;
SELECT segment, t, round(clientele.survival(model, t)::numeric, 4) AS survival FROM models, generate_series(0, 2) t ORDER BY t, segment;

-- wrong on purpose
SELECT clientele.fit_retention(year, customers::bigint) FROM cohorts WHERE year > 2;
SELECT clientele.fit_retention(year, customers::bigint) FROM cohorts WHERE year <> 3;
SELECT clientele.fit_retention(t, 100 + t) FROM generate_series(0, 3) t;
SELECT clientele.fit_retention(t, 100 - t) FROM generate_series(-1, 3) t;
SELECT clientele.fit_retention(t, 2 - t) FROM generate_series(0, 3) t;
SELECT clientele.fit_retention(t, 1, true) FROM generate_series(0, 3) t;
SELECT clientele.fit_retention(0, 100);
SELECT clientele.fit_retention(0, 25, false) FROM generate_series(1, 4);
SELECT clientele.fit_retention(t, 0) FROM generate_series(0, 3) t;
SELECT clientele.fit_retention(1, 9e18, true) FROM generate_series(1, 2);
SELECT clientele.fit_retention(1, 9223372036854775807, true);
SELECT clientele.fit_retention(0.5, 100);
SELECT clientele.fit_retention(1, 99.5);
SELECT clientele.fit_retention(3e9, 100);
-- what a table may hold is no error of scoring
SELECT t, clientele.survival(model, t) AS survival, clientele.retention_rate(model, t) AS retention_rate, clientele.expected_lifetime(model, t) AS expected_lifetime
FROM hand, unnest(ARRAY[-1, 0.5, 'NaN', 'Infinity'::float8]) t;
SELECT clientele.retention_rate(model, 0) FROM hand;
SELECT clientele.expected_lifetime(model, horizon => 1.5) FROM hand;
SELECT jsonb_typeof(to_jsonb(model)) AS to_jsonb, json_typeof(to_json(model)) AS to_json FROM hand;
SELECT clientele.expected_lifetime(model, discount_rate => -0.1) FROM hand;
SELECT clientele.expected_lifetime(model, discount_rate => 'NaN') FROM hand;
SELECT clientele.expected_lifetime(model, discount_rate => 'infinity') FROM hand;
SELECT clientele.expected_lifetime(model, horizon => -1) FROM hand;
SELECT ''::clientele.retention_model;
SELECT '{"retention_model":2,"parameters":{"alpha":1,"beta":1}}'::clientele.retention_model;
SELECT '{"retention_model":1,"parameters":{"alpha":1}}'::clientele.retention_model;
SELECT '{"retention_model":1,"parameters":{"alpha":0,"beta":1}}'::clientele.retention_model;
SELECT '{"retention_model":1,"parameters":{"alpha":1,"beta":1e999}}'::clientele.retention_model;
SELECT '{"retention_model":1,"parameters":{"alpha":1,"beta":1,"gamma":1}}'::clientele.retention_model;
SELECT '{"retention_model":1,"parameters":{"alpha":1,"beta":1},"covariance":[[1,2],[3,4]]}'::clientele.retention_model;
DROP TABLE cohorts, models, customers, many, serial, hand, copied, subscribers;
