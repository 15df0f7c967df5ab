-- Churn.
SET datestyle = 'ISO, YMD';
SET search_path = public, clientele;
-- what calls warn of is tested in warnings.sql
SET client_min_messages = error;
CREATE TABLE log AS SELECT clientele.order_log(customer_id, ordered_at, total) AS log FROM many_orders;

-- churn is what the model says, customer by customer
CREATE TABLE models AS SELECT clientele.fit_purchases(log) AS m FROM log;
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
-- customers with returns only have no purchases, and no row
SELECT count(*) FROM clientele.churn((SELECT clientele.order_log(customer_id, ordered_at, total) FROM (
    SELECT customer_id, ordered_at, total FROM many_orders UNION ALL VALUES (9999, timestamp '2023-05-05', -9.99)) m));

RESET client_min_messages;
-- nothing, and wrong on purpose
SELECT count(*) FROM clientele.churn(NULL::clientele.order_log);
SELECT * FROM clientele.churn((SELECT clientele.order_log(1, timestamp '2023-01-01')));
SELECT c.* FROM log, clientele.churn(log, medium_from => 0.8) c;
SELECT c.* FROM log, clientele.churn(log, period => 'decade') c;
SELECT count(*) FROM log, clientele.churn(log, horizon => '1 day');
DROP TABLE models, log;
