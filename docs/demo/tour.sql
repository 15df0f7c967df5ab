-- What the demo shows. Run it in the database that load.sql has filled.
\set ON_ERROR_STOP on
\set QUIET on
\pset footer off
\pset linestyle unicode
\pset border 1
SET timezone = 'UTC';

\echo
\echo '1. Collect the orders into one value, as any aggregate: SELECT clientele.order_log(household_id, ordered_at, total) FROM orders'
\echo
CREATE TABLE log AS SELECT clientele.order_log(household_id, ordered_at, total) AS log FROM orders;
SELECT customers, orders, first_order, last_order, revenue, bytes, round(bytes::numeric / orders, 1) AS bytes_an_order
FROM log, clientele.describe(log);

\echo '2. What kinds of customers are there, and what do they bring? SELECT … FROM log, clientele.rfm(log) GROUP BY segment'
\echo
SELECT segment, count(*) AS customers, round(sum(revenue)::numeric) AS revenue,
       round(100 * (sum(revenue) / sum(sum(revenue)) OVER ())::numeric, 1) AS percent,
       round(avg(days_since_last)::numeric, 1) AS days_since_last, round(avg(orders), 1) AS orders
FROM log, clientele.rfm(log) GROUP BY segment ORDER BY sum(revenue) DESC;

\echo '3. Who are the best ones? … WHERE score = ''555'' ORDER BY revenue DESC'
\echo
SELECT customer_id, round(days_since_last::numeric, 1) AS days_since_last, orders, revenue, score, segment
FROM log, clientele.rfm(log) WHERE score = '555' ORDER BY revenue DESC LIMIT 8;

\echo '4. Who used to buy much and has stopped? … WHERE segment = ''At Risk'' ORDER BY revenue DESC'
\echo
SELECT customer_id, round(days_since_last::numeric, 1) AS days_since_last, orders, revenue, score
FROM log, clientele.rfm(log) WHERE segment = 'At Risk' ORDER BY revenue DESC LIMIT 8;

\echo '5. Who was a champion in the middle of the year, and where are they at its end? clientele.rfm(log, as_of => ''2017-07-01'')'
\echo
SELECT then_.segment AS "1 July", now_.segment AS "31 December", count(*) AS customers
FROM log, LATERAL clientele.rfm(log, as_of => '2017-07-01') then_ JOIN LATERAL clientele.rfm(log) now_ USING (customer_id)
WHERE then_.segment = 'Champions' GROUP BY 1, 2 ORDER BY 3 DESC;

\echo '6. What will each be worth in the next half year? clientele.clv(log, horizon => ''6 months'', discount_rate => 0.1)'
\echo
SELECT customer_id, round(p_alive::numeric, 3) AS p_alive, round(expected_orders::numeric, 1) AS expected_orders,
       orders_low, orders_high, round(expected_spend::numeric, 2) AS expected_spend,
       round(clv::numeric) AS clv, round(clv_low::numeric) AS clv_low, round(clv_high::numeric) AS clv_high
FROM log, clientele.clv(log, horizon => '6 months', discount_rate => 0.1) ORDER BY clv DESC LIMIT 8;

\echo '7. Who is about to leave, and what goes with them? clientele.churn(log, horizon => ''30 days'')'
\echo
SELECT c.risk, count(*) AS customers, round(avg(c.churn_probability)::numeric, 3) AS churn_probability, round(avg(c.p_alive)::numeric, 3) AS p_alive,
       round(sum(r.revenue)::numeric) AS revenue_so_far
FROM log, LATERAL clientele.churn(log, horizon => '30 days') c JOIN LATERAL clientele.rfm(log) r USING (customer_id) GROUP BY c.risk ORDER BY 3;

\echo '8. Would that have been right in July? Active in the 30 days after, predicted by what was known on 1 July'
\echo
SELECT c.risk, count(*) AS customers, round(sum(1 - churn_probability)) AS predicted_active, count(active.household_id) AS active
FROM log, LATERAL clientele.churn(log, horizon => '30 days', as_of => '2017-07-01') c
     LEFT JOIN (SELECT DISTINCT household_id FROM orders WHERE ordered_at >= '2017-07-02' AND ordered_at < '2017-08-01') active
         ON active.household_id = c.customer_id GROUP BY c.risk ORDER BY 3 DESC;

\echo '9. Which groups do the data suggest, and what are they like? clientele.fit_kmeans(feature_set(…), 4, previous => yesterday)'
\echo
CREATE TABLE segments AS
SELECT clientele.fit_kmeans(clientele.feature_set(customer_id, ARRAY[days_since_last, orders, ln(1 + greatest(revenue, 0))]), 4,
                            names => ARRAY['days_since_last', 'orders', 'ln_revenue'], order_by => 'ln_revenue desc') AS model
FROM log, clientele.customers(log);
SELECT c.cluster, (ARRAY['every other day', 'every week', 'now and then', 'gone'])[c.cluster] AS name, c.size AS customers,
       round(100 * c.share::numeric, 1) AS percent, round(c.center[1]::numeric, 1) AS days_since_last, round(c.center[2]::numeric, 1) AS orders,
       round(exp(c.center[3])::numeric) AS typical_revenue
FROM segments, clientele.kmeans_centers(model) c;

\echo '   How many should there be? clientele.kmeans_scan(feature_set(…), 2, 7)'
\echo
SELECT s.k, round(s.inertia::numeric) AS inertia, round(s.silhouette::numeric, 3) AS silhouette, round(s.calinski_harabasz::numeric) AS calinski_harabasz,
       round(s.davies_bouldin::numeric, 3) AS davies_bouldin, array_to_string(s.preferred_by, ', ') AS preferred_by
FROM (SELECT clientele.feature_set(customer_id, ARRAY[days_since_last, orders, ln(1 + greatest(revenue, 0))]) AS set FROM log, clientele.customers(log)) f,
     clientele.kmeans_scan(set, 2, 7) s;

\echo '10. What goes with what? clientele.association_rules(basket_log(order_id, category), min_count => 500, top => 8, redundant => false)'
\echo
CREATE TABLE baskets AS
SELECT clientele.basket_log(order_id, category) AS log FROM order_items JOIN categories USING (category_id);
SELECT array_to_string(r.antecedent, ' + ') AS "who buys", array_to_string(r.consequent, ', ') AS "also buys", r.baskets,
       round(100 * r.confidence::numeric, 1) AS "in % of cases", round(r.lift::numeric, 1) AS "times as often"
FROM baskets, clientele.association_rules(log, min_count => 500, top => 8, redundant => false) r;

\echo '11. What to offer to a basket with hot dogs and soft drinks? clientele.recommend(log, ARRAY[…], 5)'
\echo
SELECT r.item AS offer, round(100 * r.confidence::numeric, 1) AS "bought in %", array_to_string(r.antecedent, ' + ') AS "because of", round(r.lift::numeric, 1) AS "times as often"
FROM baskets, clientele.recommend(log, ARRAY['Hot Dogs', 'Soft Drinks'], 5) r;

\echo '12. How are those kept who came in the same month? clientele.cohorts(log)'
\echo
SELECT c.cohort::date AS came_in, c.customers, max(round(100 * c.rate::numeric)) FILTER (WHERE c.age = 1) AS "after 1 month, %",
       max(round(100 * c.rate::numeric)) FILTER (WHERE c.age = 3) AS "after 3", max(round(100 * c.rate::numeric)) FILTER (WHERE c.age = 6) AS "after 6"
FROM log, clientele.cohorts(log) c WHERE c.complete GROUP BY c.cohort, c.customers ORDER BY c.cohort LIMIT 8;

\echo '13. Who is late by their own rhythm? clientele.lifecycle(log)'
\echo
SELECT l.customer_id, l.purchases, round(l.typical_gap::numeric, 1) AS typical_gap, l.last_purchase::date, l.expected_next::date,
       round(l.days_overdue::numeric) AS days_overdue, l.stage
FROM log, clientele.lifecycle(log) l WHERE l.stage = 'at risk' AND l.purchases >= 50 ORDER BY l.days_overdue DESC LIMIT 8;

\echo '14. What comes next week, and how wrong were such forecasts before? clientele.forecast(log, period => ''day'', horizon => 7)'
\echo
SELECT f.period_start::date AS day, round(f.forecast::numeric) AS revenue, round(f.low::numeric) AS low, round(f.high::numeric) AS high
FROM log, clientele.forecast(log, period => 'day', horizon => 7) f;
SELECT v.method, v.origins, round(v.mase::numeric, 2) AS mase, round(100 * v.bias::numeric, 1) AS "bias, %", round(100 * v.coverage::numeric) AS "within limits, %"
FROM log, clientele.validate_forecast(log, period => 'day', horizon => 7) v;

-- The tour of the README goes on from here, and makes its own.
DROP TABLE log, segments, baskets;
