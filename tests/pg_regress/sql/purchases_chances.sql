-- BG/BB: chances that come once a period. The donations of Fader, Hardie & Shang (2010).
SET datestyle = 'ISO, YMD';
SET search_path = public, clientele;
CREATE TABLE donors (frequency integer, recency integer, donors integer);
INSERT INTO donors VALUES (0, 0, 3464), (1, 1, 1091), (1, 2, 277), (1, 3, 129), (1, 4, 78), (1, 5, 119), (1, 6, 129), (2, 2, 613), (2, 3, 255), (2, 4, 155),
    (2, 5, 173), (2, 6, 234), (3, 3, 322), (3, 4, 181), (3, 5, 225), (3, 6, 357), (4, 4, 240), (4, 5, 284), (4, 6, 512), (5, 5, 335), (5, 6, 728), (6, 6, 1203);
CREATE TABLE models AS SELECT fit_purchases(frequency, recency, 6, donors, 'bg/bb', '1 year') AS model FROM donors;
SELECT parameter, round(estimate::numeric, 4) AS estimate, standard_error > 0 AS has_error, low < estimate AND estimate < high AS inside FROM models, parameters(model);
SELECT d.model, status, customers, round(log_likelihood::numeric, 4) AS log_likelihood FROM models m, describe(m.model) d;
SELECT model::jsonb - 'covariance' - 'standard_errors' - 'log_likelihood' - 'aic' - 'bic' - 'parameters' AS text, model::text::purchase_model = model AS same FROM models;

-- what is published of it: who is there, and how much all will give in five years
SELECT frequency, recency, round(p_alive(model, frequency, recency, 6)::numeric, 2) AS p_alive FROM models, donors
WHERE (frequency, recency) IN ((0, 0), (2, 4), (6, 6)) ORDER BY frequency;
SELECT round(sum(donors * expected_orders(model, frequency, recency, 6, '5 years'))::numeric, 1) AS total FROM models, donors;
SELECT n, round((11104 * p_orders(model, 0, 0, 0, n, '6 years'))::numeric, 1) AS donors FROM models, unnest(ARRAY[0, 6]) n;
SELECT round(expected_orders_new_customer(model, '6 years')::numeric, 6) AS new, round(expected_orders(model, 0, 0, 0, '6 years')::numeric, 6) AS same FROM models;
-- horizons hold whole chances; a month is a twelfth of a year
SELECT horizon, expected_orders(model, 2, 4, 6, horizon::interval) = expected_orders(model, 2, 4, 6, whole::interval) AS whole,
       round(expected_orders(model, 2, 4, 6, horizon::interval)::numeric, 4) AS expected_orders,
       round(churn_probability(model, 2, 4, 6, horizon::interval)::numeric, 4) AS churn_probability, p_orders(model, 2, 4, 6, 1, horizon::interval) > 0 AS any
FROM models, (VALUES ('0', '0'), ('364 days', '0'), ('1 year', '12 months'), ('23 months', '1 year'), ('2 years 40 days', '24 months'), ('10000 years', '120000 months')) h (horizon, whole);
SELECT round(expected_orders_new_customer(m::purchase_model, '1 month')::numeric, 6) AS month, round(expected_orders_new_customer(m::purchase_model, '11 months')::numeric, 6) AS months,
       expected_orders_new_customer(m::purchase_model, '30 days') AS days
FROM (VALUES ('{"purchase_model":1,"model":"bg/bb","time_unit":"1 month","parameters":{"alpha":1.2,"beta":0.75,"gamma":0.66,"delta":2.8}}')) v (m);

-- a log of the same donations: that of 1995, one in each year up to the last but one, and the last one; some give twice
CREATE TABLE donations AS
SELECT donor, make_date(1995 + year, 1 + (donor + year)::int % 12, 1 + (donor * 7)::int % 28) + extra * time '08:00' AS donated_at, 20 + donor % 30 AS amount
FROM (SELECT row_number() OVER (ORDER BY frequency, recency) AS donor, d.* FROM donors d, generate_series(1, donors)) d,
     LATERAL (SELECT generate_series(0, frequency - 1) UNION SELECT recency) y (year), generate_series(0, 1) extra
WHERE extra = 0 OR donor % 5 = 0;
CREATE TABLE logs AS SELECT order_log(donor, donated_at, amount) AS log FROM donations;
SELECT bool_and(abs(a.estimate / b.estimate - 1) < 1e-7) AS same_fit
FROM logs, models, parameters(fit_purchases(log, 'BG/BB', '2001-12-31', 'year')) a JOIN LATERAL parameters(model) b USING (parameter);
SELECT frequency, recency, age, count(*), (SELECT donors FROM donors d WHERE (d.frequency, d.recency) = (c.frequency, c.recency)) AS donors
FROM logs, customers(log, as_of => '2001-12-31', period => 'year', time_unit => '1 year') c GROUP BY 1, 2, 3 ORDER BY 1, 2 LIMIT 4;
CREATE TABLE kept AS SELECT fit_purchases(log, 'bg/bb', '2001-12-31', 'year') AS model FROM logs;
SELECT model::jsonb ->> 'period' AS period, model::jsonb ->> 'time_unit' AS time_unit FROM kept;
-- the functions over logs: each says what the scalar ones say, with a model that is kept or not, from a summary or a log
SELECT count(*), bool_and(abs(v.p_alive - p_alive(model, frequency, recency, age)) < 1e-7) AS p_alive,
       bool_and(abs(v.expected_orders / expected_orders(model, frequency, recency, age, '3 years') - 1) < 1e-7) AS expected_orders,
       bool_and(v.clv < v.expected_orders * v.expected_spend) AS discounted
FROM logs, kept, clv(log, horizon => '3 years', discount_rate => 0.1, model => 'bg/bb', as_of => '2001-12-31', period => 'year') v
     JOIN LATERAL customers(log, as_of => '2001-12-31', period => 'year', time_unit => '1 year') c USING (customer_id);
SELECT count(*), bool_and(a.churn_probability = b.churn_probability AND abs(a.p_alive - c.p_alive) < 1e-7) AS same
FROM logs, kept, models, churn(log, horizon => '2 years', as_of => '2001-12-31', purchases => kept.model) a
     JOIN LATERAL churn(log, horizon => '24 months', as_of => '2001-12-31', period => 'year', purchases => kept.model) b USING (customer_id)
     JOIN LATERAL churn(log, horizon => '2 years', as_of => '2001-12-31', purchases => models.model) c USING (customer_id);
-- discounting: a chance at the end of each year
SELECT bool_and(abs(v.clv / (v.expected_spend * (e.one / 1.1 + (e.two - e.one) / 1.21)) - 1) < 1e-9) AS at_the_end
FROM logs, kept, clv(log, horizon => '2 years', discount_rate => 0.1, as_of => '2001-12-31', purchases => kept.model) v
     JOIN LATERAL customers(log, as_of => '2001-12-31', period => 'year', time_unit => '1 year') c USING (customer_id),
     LATERAL (SELECT expected_orders(model, frequency, recency, age, '1 year') AS one, expected_orders(model, frequency, recency, age, '2 years') AS two) e;
SELECT method, customers, round(predicted) AS predicted, actual FROM logs, validate_purchases(log, '1998-12-31', 'bg/bb', '2001-12-31', 'year') WHERE decile IS NULL;
-- quarters and months are counted as well
SELECT p, (f::jsonb -> 'time_unit') AS time_unit, round((f::jsonb -> 'parameters' -> 'gamma')::numeric, 2) > 0 AS fitted
FROM (SELECT order_log(donor, donated_at) AS log FROM donations WHERE donor % 40 = 0) l, unnest(ARRAY['quarter', 'month', 'week']) p,
     LATERAL fit_purchases(log, 'bg/bb', '2001-12-30', p) f;
-- an order of zones: the year begins where clocks are
SELECT z, frequency, recency, age FROM (SELECT order_log(1, t) AS log FROM unnest(ARRAY['2020-12-31 23:30+00', '2022-06-01 12:00+00']::timestamptz[]) t) l,
     unnest(ARRAY['UTC', 'Europe/Berlin']) z, customers(log, as_of => '2023-12-31', period => 'year', time_zone => z, time_unit => '1 year') c;

-- a year that is not over
SELECT fit_purchases(log, 'bg/bb', '2001-06-30', 'year')::jsonb -> 'warnings' AS warnings FROM logs;
SELECT warnings FROM logs, describe(fit_purchases(log, 'bg/bb', '2001-06-30', 'year'));
SELECT count(*) FROM logs, kept, clv(log, as_of => '2001-06-30', purchases => kept.model);
SELECT count(*) FROM logs, kept, churn(log, horizon => '1 year', as_of => '2001-06-30', purchases => kept.model);
SELECT count(*) > 0 AS validated FROM logs, validate_purchases(log, '1998-12-31', 'bg/bb', '2001-06-30', 'year');
-- what no customer can be has no score
SELECT x, recency, age, p_alive(model, x, recency, age) AS p_alive, expected_orders(model, x, recency, age, '1 year') AS expected_orders,
       churn_probability(model, x, recency, age, '1 year') AS churn_probability, p_orders(model, x, recency, age, 1, '1 year') AS p_orders
FROM models, (VALUES (1, 1.5::float8, 3::float8), (1, 1, 3.5), (3, 2, 3), (1, 1, 10001), (0, 1, 2), (1, 'NaN', 2)) c (x, recency, age);

-- wrong on purpose
SELECT fit_purchases(1, 1.5, 3, 1, 'bg/bb', '1 year');
SELECT fit_purchases(1, 1, 3.5, 1, 'bg/bb', '1 year');
SELECT fit_purchases(3, 2, 3, 1, 'bg/bb', '1 year');
SELECT fit_purchases(1, 1, 20000, 1, 'bg/bb', '1 year');
SELECT fit_purchases(1, 1, 3, 1, 'mbg/nbd', '1 year');
SELECT fit_purchases(0, 0, 0, 7, 'bg/bb', '1 year');
SELECT fit_purchases(log, 'bg/bb', '2001-12-31', 'none') FROM logs;
SELECT fit_purchases(log, 'bg/bb', '2001-12-31') FROM logs;
SELECT count(*) FROM logs, clv(log, model => 'bg/bb', as_of => '2001-12-31');
SELECT fit_purchases(log, 'bg/bb', '2001-12-31', 'year', time_unit => '7 days') FROM logs;
SELECT fit_purchases(log, 'bg/bb', '2001-12-31', 'decade') FROM logs;
SELECT count(*) FROM logs, kept, churn(log, as_of => '2001-12-31', purchases => model);
SELECT count(*) FROM logs, kept, clv(log, as_of => '2001-12-31', period => 'month', purchases => model);
SELECT count(*) FROM logs, clv(log, as_of => '2001-12-31', purchases => '{"purchase_model":1,"model":"bg/bb","time_unit":"180 days","parameters":{"alpha":1,"beta":1,"gamma":1,"delta":1}}');
SELECT expected_orders(model, 2, 4, 6, '10001 years') FROM models;
SELECT '{"purchase_model":1,"model":"bg/bb","time_unit":"1 year","parameters":{"r":1,"alpha":1,"a":1,"b":1}}'::purchase_model;
DROP TABLE donors, donations, logs, models, kept;
