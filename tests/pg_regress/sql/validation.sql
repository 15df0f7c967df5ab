-- Would the models have been right?
SET datestyle = 'ISO, YMD';
SET search_path = public, clientele;
CREATE FUNCTION pg_temp.u(i bigint, seed bigint) RETURNS float8 LANGUAGE sql IMMUTABLE AS $$
    SELECT ((hashint8extended(i, seed) & 1048575) + 0.5) / 1048576 $$;
CREATE TABLE many AS
SELECT customer_id, timestamp '2023-01-01' + days * interval '1 day' AS ordered_at,
       round((10 * (0.2 + pg_temp.u(customer_id, 6)) / (0.1 + pg_temp.u(customer_id * 1000 + n, 7)))::numeric, 2) AS total
FROM (SELECT i AS customer_id, n, pg_temp.u(i, 1) * 90 - sum(ln(pg_temp.u(i * 1000 + n, 2)) * (n > 0)::int) OVER (PARTITION BY i ORDER BY n)
                 * 20 / -ln(pg_temp.u(i, 3)) AS days
      FROM generate_series(1, 2000) i, generate_series(0, 60) n WHERE n <= ln(pg_temp.u(i, 4)) / ln(pg_temp.u(i, 5) ^ 0.3)) orders
WHERE days < 365;
CREATE TABLE returned AS SELECT customer_id, ordered_at + interval '8 days' AS ordered_at, -2 * total AS total FROM many WHERE total > 60;
CREATE TABLE log AS SELECT clientele.order_log(customer_id, ordered_at, total) AS log FROM (TABLE many UNION ALL TABLE returned) rows;

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

-- money; the same numbers in plain SQL
SELECT method, round(predicted_revenue::numeric, 2) AS predicted, actual_revenue AS actual, round(revenue_bias::numeric, 5) AS bias, round(revenue_mae::numeric, 4) AS mae,
       round(revenue_rmse::numeric, 4) AS rmse, round(revenue_rank_correlation::numeric, 5) AS rank_correlation, round(top_tenth_share::numeric, 5) AS top_tenth_share,
       coverage BETWEEN 0 AND 1 AS covered
FROM log, clientele.compare_purchase_models(log, split => '2023-08-01', as_of => '2023-11-30');
SELECT method, customers, round(predicted::numeric, 2) AS predicted, actual, round(bias::numeric, 5) AS bias, round(mae::numeric, 4) AS mae,
       round(rmse::numeric, 4) AS rmse, round(rank_correlation::numeric, 5) AS rank_correlation, round(top_tenth_share::numeric, 5) AS top_tenth_share,
       coverage BETWEEN 0 AND 1 AS covered
FROM log, clientele.validate_clv(log, split => '2023-08-01', as_of => '2023-11-30') WHERE decile IS NULL;
CREATE TABLE pairs AS
WITH fitted AS MATERIALIZED (SELECT clientele.fit_purchases(log, as_of => '2023-08-01') AS m, clientele.fit_spend(log, as_of => '2023-08-01') AS s FROM log),
     rows AS (TABLE many UNION ALL TABLE returned),
     came AS (SELECT customer_id, sum(total) FILTER (WHERE ordered_at > '2023-08-01' AND ordered_at <= '2023-11-30') AS after,
                     sum(total) FILTER (WHERE ordered_at > '2023-04-02' AND ordered_at <= '2023-08-01') AS before FROM rows GROUP BY 1),
     later AS (SELECT customer_id, frequency FROM log, clientele.customers(log, as_of => '2023-11-30')),
     earlier AS (SELECT customer_id, frequency, age - recency AS silence FROM log, clientele.customers(log, as_of => '2023-04-02'))
SELECT k.*, e.silence, k.frequency = e.frequency AS left_before, k.frequency = l.frequency AS left_after, coalesce(after, 0) AS after, coalesce(before, 0) AS before,
       clientele.expected_orders(m, k.frequency, k.recency, k.age, '121 days') * clientele.expected_spend(s, k.frequency, k.monetary_value) AS predicted,
       clientele.churn_probability(m, k.frequency, k.recency, k.age, '121 days') AS churn
FROM fitted, log, clientele.customers(log, as_of => '2023-08-01') k JOIN came USING (customer_id) JOIN later l USING (customer_id) LEFT JOIN earlier e USING (customer_id)
WHERE k.frequency IS NOT NULL;
CREATE TABLE by_method AS SELECT method, customer_id, v.predicted, after FROM pairs, LATERAL (VALUES
    ('mbg/nbd', pairs.predicted), ('same rate', CASE WHEN age > 0 THEN frequency / age * 121 * greatest(monetary_value, 0) ELSE 0 END),
    ('same again', before), ('mean of all', (SELECT avg(before) FROM pairs)), ('nobody', 0)) v(method, predicted);
SELECT method, round(sum(predicted)::numeric, 2) AS predicted, sum(after) AS actual, round((sum(predicted) / sum(after) - 1)::numeric, 5) AS bias,
       round(avg(abs(predicted - after))::numeric, 4) AS mae, round(sqrt(avg((predicted - after::float8) ^ 2))::numeric, 4) AS rmse, round(corr(p, a)::numeric, 5) AS rank_correlation,
       round(sum(after) FILTER (WHERE place > 1800) / sum(after), 5) AS top_tenth_share
FROM (SELECT *, rank() OVER (PARTITION BY method ORDER BY predicted) + (count(*) OVER (PARTITION BY method, predicted) - 1) / 2.0 AS p,
             rank() OVER (PARTITION BY method ORDER BY after) + (count(*) OVER (PARTITION BY method, after) - 1) / 2.0 AS a,
             row_number() OVER (PARTITION BY method ORDER BY predicted, customer_id) AS place FROM by_method) ranked
GROUP BY method ORDER BY array_position(ARRAY['mbg/nbd', 'same rate', 'same again', 'mean of all', 'nobody'], method);
SELECT decile, customers, round(predicted::numeric, 2) AS predicted, actual, round(rank_correlation::numeric, 4) AS rank_correlation, top_tenth_share, coverage BETWEEN 0 AND 1 AS covered
FROM log, clientele.validate_clv(log, '2023-08-01', 'pareto/nbd') WHERE method = 'pareto/nbd' AND decile > 0;
SELECT method, sum(customers) FILTER (WHERE decile IS NULL) = sum(customers) FILTER (WHERE decile > 0) AS customers,
       sum(actual::numeric) FILTER (WHERE decile IS NULL) = sum(actual::numeric) FILTER (WHERE decile > 0) AS actual, count(decile) AS deciles
FROM log, clientele.validate_clv(log, '2023-08-01', 'bg/nbd') GROUP BY 1 ORDER BY 1;
-- wider limits hold more
SELECT v.coverage < w.coverage AS wider FROM log, clientele.validate_clv(log, '2023-08-01', confidence => 0.5) v, clientele.validate_clv(log, '2023-08-01', confidence => 0.99) w
WHERE v.method = 'mbg/nbd' AND w.method = 'mbg/nbd' AND v.decile IS NULL AND w.decile IS NULL;

-- churn; the same numbers in plain SQL
SELECT method, customers, round(predicted_churn::numeric, 6) AS predicted_churn, actual_churn, round(brier_score::numeric, 6) AS brier_score,
       round(log_loss::numeric, 6) AS log_loss, round(auc::numeric, 6) AS auc
FROM log, clientele.validate_churn(log, split => '2023-08-01', as_of => '2023-11-30') WHERE decile IS NULL;
SELECT count(*) AS customers, round(avg(churn)::numeric, 6) AS predicted_churn, round(avg(left_after::int), 4) AS actual_churn,
       round(avg((churn - left_after::int) ^ 2)::numeric, 6) AS brier_score, round(avg(-ln(CASE WHEN left_after THEN churn ELSE 1 - churn END))::numeric, 6) AS log_loss,
       (SELECT round(avg(CASE WHEN a.churn > b.churn THEN 1 WHEN a.churn = b.churn THEN 0.5 ELSE 0 END), 6) FROM pairs a, pairs b WHERE a.left_after AND NOT b.left_after) AS auc,
       round(avg(left_before::int), 6) AS base_rate,
       (SELECT round(avg(CASE WHEN a.age - a.recency > b.age - b.recency THEN 1 WHEN a.age - a.recency = b.age - b.recency THEN 0.5 ELSE 0 END), 6)
        FROM pairs a, pairs b WHERE a.left_after AND NOT b.left_after) AS auc_of_recency
FROM pairs;
SELECT method, decile, customers, round(predicted_churn::numeric, 4) AS predicted_churn, round(actual_churn::numeric, 4) AS actual_churn
FROM log, clientele.validate_churn(log, split => '2023-08-01', as_of => '2023-11-30') WHERE decile > 0;
-- nobody was there before: nothing to learn from
SELECT DISTINCT method FROM log, clientele.validate_churn(log, split => '2023-03-01', as_of => '2023-11-30');

-- little money: none at all, the same for all, one customer, returns only after the split
SELECT method, predicted_revenue, actual_revenue, revenue_bias, revenue_mae, revenue_rank_correlation, top_tenth_share, coverage
FROM clientele.compare_purchase_models((SELECT clientele.order_log(customer_id, ordered_at) FROM many), '2023-08-01');
SELECT v.* FROM clientele.validate_clv((SELECT clientele.order_log(customer_id, ordered_at) FROM many), '2023-08-01') v;
SELECT method, decile, customers, actual, round(bias::numeric, 5) AS bias, mae > 0 AS wrong, top_tenth_share > 0.1 AS best
FROM clientele.validate_clv((SELECT clientele.order_log(customer_id, ordered_at, 10) FROM many), '2023-08-01') WHERE decile IS NULL;
SELECT method, customers, actual, rank_correlation, top_tenth_share
FROM clientele.validate_clv((SELECT clientele.order_log(1, timestamp '2023-01-01' + i * interval '10 days', 7.5) FROM generate_series(0, 8) i), '2023-02-15') WHERE decile IS NULL;
SELECT method, actual, bias, top_tenth_share
FROM clientele.validate_clv((SELECT clientele.order_log(customer_id, ordered_at, total) FROM (
    SELECT * FROM many WHERE ordered_at <= '2023-08-01' UNION ALL SELECT 1, '2023-09-01', -5.25) rows), '2023-08-01', as_of => '2023-11-30') WHERE decile IS NULL;

-- nothing, and wrong on purpose
SELECT count(*) FROM clientele.validate_purchases(NULL), clientele.compare_purchase_models(NULL);
SELECT count(*) FROM clientele.validate_clv(NULL), clientele.validate_churn(NULL);
SELECT v.* FROM log, clientele.validate_clv(log, '2022-08-01') v;
SELECT v.* FROM log, clientele.validate_churn(log, '2022-08-01') v;
SELECT v.* FROM log, clientele.validate_clv(log, '2023-08-01', confidence => 1) v;
SELECT v.* FROM clientele.validate_clv(NULL, confidence => 'NaN') v;
SELECT v.* FROM log, clientele.validate_churn(log, '2024-08-01', as_of => '2024-07-01') v;
SELECT v.* FROM log, clientele.validate_purchases(log, '2024-08-01') v;
SELECT v.* FROM log, clientele.validate_purchases(log, '2023-08-01', as_of => '2023-08-01 10:00') v;
SELECT v.* FROM log, clientele.validate_purchases(log, '2024-08-01', as_of => '2024-07-01') v;
SELECT v.* FROM log, clientele.compare_purchase_models(log, '2022-08-01') v;
SELECT v.* FROM log, clientele.validate_purchases(log, 'infinity') v;
SELECT v.* FROM log, clientele.validate_purchases(log, model => 'best') v;
SELECT v.* FROM clientele.validate_purchases((SELECT clientele.order_log(i, timestamp '2023-01-01' + i * interval '1 hour') FROM generate_series(1, 3) i)) v;
SELECT v.* FROM clientele.compare_purchase_models((SELECT clientele.order_log(1, now()) FROM log WHERE false)) v;
DROP TABLE many, returned, log, pairs, by_method;
