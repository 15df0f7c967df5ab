-- The tables and views of kept scores, for both ways. Run once, before logs.sql or rows.sql.
\ir names.sql
BEGIN;

-- What orders tell of each customer, whatever day it is: written only where orders have changed.
CREATE TABLE customer_totals (
    customer_id :key PRIMARY KEY,
    first_order timestamp,
    last_order timestamp,
    orders bigint NOT NULL,
    revenue double precision NOT NULL,
    returns double precision NOT NULL,
    frequency bigint,
    recency double precision,
    monetary_value double precision
) WITH (fillfactor = 90);

-- The end of observation, one row, which the jobs move on.
CREATE TABLE scores_as_of (as_of timestamp NOT NULL);
CREATE UNIQUE INDEX ON scores_as_of ((true));
INSERT INTO scores_as_of SELECT clock_timestamp() AT TIME ZONE :'zone';

-- The models, of which the newest is in use: fit.sql adds one.
CREATE TABLE score_models (
    fitted_at timestamptz PRIMARY KEY DEFAULT clock_timestamp(),
    rfm clientele.rfm_model,
    purchases clientele.purchase_model,
    spend clientele.spend_model
);

-- What clientele.customers returns for all orders, as of then. Whoever wants scores as of this very moment
-- writes clock_timestamp() AT TIME ZONE 'UTC' in place of scores_as_of.
CREATE VIEW customers_as_of AS
SELECT t.customer_id, t.first_order, t.last_order, t.orders, t.revenue, t.returns,
       (extract(epoch FROM a.as_of - t.last_order) * 1000000)::double precision / 86400000000 AS days_since_last,
       t.frequency, t.recency, (a.as_of::date - t.first_order::date)::double precision AS age, t.monetary_value
FROM customer_totals t, scores_as_of a;

-- The scores. Take away what nobody asks for: each costs some microseconds a row, when it is read.
CREATE VIEW customer_scores AS
SELECT c.customer_id, c.last_order, c.days_since_last, c.orders, c.revenue,
       clientele.rfm_score(m.rfm, c.days_since_last, c.orders, c.revenue) AS score,
       clientele.rfm_segment(m.rfm, c.days_since_last, c.orders, c.revenue) AS segment,
       clientele.p_alive(m.purchases, c.frequency, c.recency, c.age) AS p_alive,
       clientele.churn_probability(m.purchases, c.frequency, c.recency, c.age, '90 days') AS churn_probability,
       clientele.expected_orders(m.purchases, c.frequency, c.recency, c.age, '1 year') AS expected_orders,
       clientele.expected_spend(m.spend, c.frequency, c.monetary_value) AS expected_spend,
       clientele.expected_orders(m.purchases, c.frequency, c.recency, c.age, '1 year')
           * clientele.expected_spend(m.spend, c.frequency, c.monetary_value) AS clv
FROM customers_as_of c
     LEFT JOIN (SELECT * FROM score_models ORDER BY fitted_at DESC LIMIT 1) m ON true;

COMMIT;
