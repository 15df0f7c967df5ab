-- Would the models have been right?
SET datestyle = 'ISO, YMD';
SET search_path = public, clientele;
CREATE FUNCTION pg_temp.u(i bigint, seed bigint) RETURNS float8 LANGUAGE sql IMMUTABLE AS $$
    SELECT ((hashint8extended(i, seed) & 1048575) + 0.5) / 1048576 $$;
CREATE TABLE many AS
SELECT customer_id, timestamp '2023-01-01' + days * interval '1 day' AS ordered_at, 1.00 AS total
FROM (SELECT i AS customer_id, n, pg_temp.u(i, 1) * 90 - sum(ln(pg_temp.u(i * 1000 + n, 2)) * (n > 0)::int) OVER (PARTITION BY i ORDER BY n)
                 * 20 / -ln(pg_temp.u(i, 3)) AS days
      FROM generate_series(1, 2000) i, generate_series(0, 60) n WHERE n <= ln(pg_temp.u(i, 4)) / ln(pg_temp.u(i, 5) ^ 0.3)) orders
WHERE days < 365;
CREATE TABLE log AS SELECT clientele.order_log(customer_id, ordered_at, total) AS log FROM many;

-- all models and rules; the same numbers in plain SQL
SELECT method, status, round(log_likelihood::numeric, 3) AS log_likelihood, round(aic::numeric, 2) AS aic, customers, round(predicted::numeric, 4) AS predicted, actual,
       round(bias::numeric, 5) AS bias, round(mae::numeric, 5) AS mae, round(rmse::numeric, 5) AS rmse, round(rank_correlation::numeric, 5) AS rank_correlation,
       round(predicted_active::numeric, 5) AS predicted_active, round(actual_active::numeric, 5) AS actual_active
FROM log, clientele.compare_purchase_models(log, split => '2023-08-01', as_of => '2023-11-30');
WITH fitted AS MATERIALIZED (SELECT clientele.fit_purchases(log, as_of => '2023-08-01') AS m FROM log),
     known AS (SELECT c.* FROM log, clientele.customers(log, as_of => '2023-08-01') c),
     later AS (SELECT customer_id, count(DISTINCT ordered_at::date) AS n FROM many
               WHERE ordered_at > '2023-08-01' AND ordered_at <= '2023-11-30'
                 AND NOT EXISTS (SELECT FROM many m WHERE m.customer_id = many.customer_id AND m.ordered_at <= '2023-08-01' AND m.ordered_at::date = many.ordered_at::date)
               GROUP BY 1),
     before AS (SELECT customer_id, count(DISTINCT ordered_at::date) AS n FROM many WHERE ordered_at > '2023-04-02' AND ordered_at <= '2023-08-01' GROUP BY 1),
     pairs AS (SELECT known.*, coalesce(later.n, 0) AS actual, clientele.expected_orders(m, frequency, recency, age, '121 days') AS predicted,
                     CASE WHEN age > 0 THEN frequency / age * 121 ELSE 0 END AS rate, least(coalesce(before.n, 0), frequency) AS again
              FROM known LEFT JOIN later USING (customer_id) LEFT JOIN before USING (customer_id),
                   fitted),
     ranked AS (SELECT *, rank() OVER (ORDER BY predicted) + (count(*) OVER (PARTITION BY predicted) - 1) / 2.0 AS p,
                       rank() OVER (ORDER BY actual) + (count(*) OVER (PARTITION BY actual) - 1) / 2.0 AS a FROM pairs)
SELECT count(*) AS customers, round(sum(predicted)::numeric, 4) AS predicted, sum(actual) AS actual, round(avg(abs(predicted - actual))::numeric, 5) AS mae,
       round(sqrt(avg((predicted - actual) ^ 2))::numeric, 5) AS rmse, round(corr(p, a)::numeric, 5) AS rank_correlation,
       round(sum(rate)::numeric, 4) AS same_rate, sum(again) AS same_again
FROM ranked;

-- one model, by tenths, which add up
SELECT method, decile, customers, round(predicted::numeric, 3) AS predicted, actual, round(predicted_active::numeric, 4) AS predicted_active, round(actual_active::numeric, 4) AS actual_active
FROM log, clientele.validate_purchases(log, '2023-08-01') WHERE method = 'mbg/nbd';
SELECT method, sum(customers) FILTER (WHERE decile IS NULL) = sum(customers) FILTER (WHERE decile > 0) AS customers,
       sum(actual) FILTER (WHERE decile IS NULL) = sum(actual) FILTER (WHERE decile > 0) AS actual, count(decile) AS deciles
FROM log, clientele.validate_purchases(log, '2023-08-01', 'bg/nbd') GROUP BY 1 ORDER BY 1;
-- the split is a third of the time before the end, if none is given
SELECT count(*) AS methods, count(DISTINCT d) AS different FROM (
    SELECT v::text AS d FROM log, clientele.compare_purchase_models(log) v UNION ALL
    SELECT v::text FROM log, clientele.describe(log) l, clientele.compare_purchase_models(log, l.last_order - (l.last_order - l.first_order) / 3) v) t;
-- other periods and zones; five customers
SELECT method, actual FROM log, unnest(ARRAY['day', 'week', 'none']) p, clientele.compare_purchase_models(log, '2023-08-01', period => p) WHERE method = 'nobody';
SELECT method, decile, customers, actual FROM clientele.validate_purchases((
    SELECT clientele.order_log(customer_id, ordered_at AT TIME ZONE 'Europe/Rome', total) FROM many WHERE customer_id <= 5), '2023-06-30', time_zone => 'Europe/Rome');

-- nothing, and wrong on purpose
SELECT count(*) FROM clientele.validate_purchases(NULL), clientele.compare_purchase_models(NULL);
SELECT v.* FROM log, clientele.validate_purchases(log, '2024-08-01') v;
SELECT v.* FROM log, clientele.validate_purchases(log, '2023-08-01', as_of => '2023-08-01 10:00') v;
SELECT v.* FROM log, clientele.validate_purchases(log, '2024-08-01', as_of => '2024-07-01') v;
SELECT v.* FROM log, clientele.compare_purchase_models(log, '2022-08-01') v;
SELECT v.* FROM log, clientele.validate_purchases(log, 'infinity') v;
SELECT v.* FROM log, clientele.validate_purchases(log, model => 'best') v;
SELECT v.* FROM clientele.validate_purchases((SELECT clientele.order_log(i, timestamp '2023-01-01' + i * interval '1 hour') FROM generate_series(1, 3) i)) v;
SELECT v.* FROM clientele.compare_purchase_models((SELECT clientele.order_log(1, now()) FROM log WHERE false)) v;
DROP TABLE many, log;
