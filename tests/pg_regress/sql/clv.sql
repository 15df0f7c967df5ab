-- Lifetime value.
SET datestyle = 'ISO, YMD';
SET search_path = public, clientele;
-- what calls warn of is tested in warnings.sql
SET client_min_messages = error;
CREATE TABLE log AS SELECT clientele.order_log(customer_id, ordered_at, total) AS log FROM many_orders;

-- clv is what the models say, customer by customer
CREATE TABLE values AS SELECT v.* FROM log, clientele.clv(log) v;
CREATE TABLE models AS SELECT clientele.fit_purchases(log) AS m, clientele.fit_spend(log) AS s FROM log;
SELECT customer_id, round(p_alive::numeric, 6) AS p_alive, round(expected_orders::numeric, 6) AS expected_orders, round(expected_spend::numeric, 6) AS expected_spend,
       round(clv::numeric, 5) AS clv, round(clv_low::numeric, 5) AS clv_low, round(clv_high::numeric, 5) AS clv_high,
       round(mean_low::numeric, 5) AS mean_low, round(mean_high::numeric, 5) AS mean_high, orders_low, orders_high FROM values ORDER BY customer_id LIMIT 5;
SELECT count(*) AS customers,
       count(*) FILTER (WHERE abs(v.p_alive - clientele.p_alive(m, frequency, recency, age)) < 1e-12) AS p_alive,
       count(*) FILTER (WHERE abs(v.expected_orders / clientele.expected_orders(m, frequency, recency, age, '1 year') - 1) < 1e-12) AS expected_orders,
       count(*) FILTER (WHERE abs(v.expected_spend / clientele.expected_spend(s, frequency, monetary_value) - 1) < 1e-12) AS expected_spend,
       count(*) FILTER (WHERE abs(v.clv / (v.expected_orders * v.expected_spend) - 1) < 1e-12) AS clv,
       count(*) FILTER (WHERE v.orders_low = clientele.orders_low(m, frequency, recency, age, '1 year')
                          AND v.orders_high = clientele.orders_high(m, frequency, recency, age, '1 year', confidence => 0.95)) AS orders,
       count(*) FILTER (WHERE v.mean_low < v.clv AND v.clv < v.mean_high) AS in_limits
FROM log, clientele.customers(log) c JOIN values v USING (customer_id), models;
-- with the models of another day; a margin; a discount, for which a year's ten percent are a day's 0.026; narrower limits
SELECT count(*) FILTER (WHERE v = w) AS same FROM values v JOIN (
    SELECT w.* FROM log, models, clientele.clv(log, purchases => m, spend => s) w) w USING (customer_id);
WITH margin AS MATERIALIZED (SELECT v.* FROM log, clientele.clv(log, margin => 0.25) v),
     discounted AS MATERIALIZED (SELECT v.* FROM log, clientele.clv(log, discount_rate => 0.1) v),
     by_day AS MATERIALIZED (SELECT v.* FROM log, clientele.clv(log, discount_rate => 1.1 ^ (1 / 365.25) - 1, discount_period => '1 day') v),
     narrow AS MATERIALIZED (SELECT v.* FROM log, clientele.clv(log, confidence => 0.5) v)
SELECT round(sum(v.clv)::numeric, 3) AS clv, round((sum(w.clv) / sum(v.clv))::numeric, 6) AS with_margin, round((sum(x.clv) / sum(v.clv))::numeric, 6) AS discounted,
       bool_and(abs(x.clv / y.clv - 1) < 1e-9) AS another_period, bool_and(z.clv_low >= v.clv_low AND z.clv_high <= v.clv_high AND z.mean_low > v.mean_low AND z.mean_high < v.mean_high) AS narrower,
       bool_and(abs(w.clv_high - 0.25 * v.clv_high) <= 1e-12 * v.clv_high AND abs(x.clv_high * v.clv - v.clv_high * x.clv) <= 1e-12 * v.clv_high * v.clv) AS limits_as_well
FROM values v JOIN margin w USING (customer_id) JOIN discounted x USING (customer_id) JOIN by_day y USING (customer_id) JOIN narrow z USING (customer_id);
-- limits are 0 where even the upper one is no order; none are wanted
SELECT count(*) FILTER (WHERE clv_high = 0) AS nothing_to_come, bool_and((clv_high = 0) = (orders_high = 0) AND (clv_low > 0) = (orders_low > 0)) AS both FROM log, clientele.clv(log, horizon => '7 days') v;
SELECT count(*) AS customers, bool_and(abs(w.clv / v.clv - 1) < 1e-12) AS clv, count(w.orders_low) + count(w.orders_high) + count(w.clv_low) + count(w.clv_high) + count(w.mean_low) + count(w.mean_high) AS limits
FROM log, clientele.clv(log, intervals => false) w JOIN values v USING (customer_id);
SELECT m, round(sum(clv)::numeric, 3) AS clv, count(clv_low) AS limits, count(mean_low) AS of_means FROM log, unnest(ARRAY['bg/nbd', 'mbg/nbd', 'pareto/nbd', 'auto', NULL]) m, clientele.clv(log, model => m) GROUP BY 1 ORDER BY 1;
SELECT round(sum(clv)::numeric, 3) AS clv, count(*) FROM log, clientele.clv(log, '6 mons', 0.1, 0.3, as_of => '2023-06-30', period => 'week', time_zone => 'Europe/Rome');
SELECT pg_typeof(customer_id), count(*) FROM log, clientele.clv(log, NULL::integer) GROUP BY 1;

-- one group of customers at a time
SELECT half, count(*), round(sum(clv)::numeric, 2) AS clv
FROM (SELECT customer_id % 2 AS half, clientele.order_log(customer_id, ordered_at, total) AS log FROM many_orders GROUP BY 1) h, clientele.clv(h.log) GROUP BY half ORDER BY half;

RESET client_min_messages;
-- nothing, and wrong on purpose
SELECT count(*) FROM clientele.clv(NULL::clientele.order_log);
-- where there is nothing to fit to, each customer keeps the row, and a notice says why
SELECT count(*) AS customers, count(p_alive) AS alive, count(expected_orders) AS orders, count(expected_spend) AS spend, count(clv) AS clv
FROM clientele.clv((SELECT clientele.order_log(customer_id, ordered_at) FROM many_orders));
SELECT * FROM clientele.clv((SELECT clientele.order_log(1, timestamp '2023-01-01', 5)));
SELECT count(*), count(clv) FROM log, clientele.clv((SELECT clientele.order_log(i, timestamp '2023-01-01', 5) FROM generate_series(1, 3) i),
    purchases => (SELECT clientele.fit_purchases(log))) v;
-- a thin group ends no query over groups
SELECT g, count(*) AS customers, count(clv) AS clv, count(c.risk) AS risk
FROM (SELECT CASE WHEN customer_id = 1 THEN 'thin' ELSE 'others' END AS g, clientele.order_log(customer_id, ordered_at, total) AS log
      FROM many_orders WHERE customer_id > 1 OR ordered_at = (SELECT min(ordered_at) FROM many_orders WHERE customer_id = 1) GROUP BY 1) l,
     clientele.clv(log) v JOIN LATERAL clientele.churn(log) c USING (customer_id) GROUP BY g ORDER BY g;
SELECT v.* FROM log, clientele.clv(log, NULL::uuid) v;
SELECT v.* FROM log, clientele.clv(log, horizon => '-1 day') v;
SELECT v.* FROM log, clientele.clv(log, discount_rate => -0.1) v;
SELECT v.* FROM log, clientele.clv(log, discount_rate => 'NaN') v;
SELECT v.* FROM log, clientele.clv(log, discount_period => '0') v;
SELECT v.* FROM log, clientele.clv(log, margin => 'Infinity') v;
SELECT v.* FROM log, clientele.clv(log, confidence => 1) v;
SELECT v.* FROM log, clientele.clv(log, model => 'gamma') v;
-- A number without a unit counts seconds.
SELECT count(*) FROM log, clientele.clv(log, horizon => '12');
DROP TABLE models, values, log;
