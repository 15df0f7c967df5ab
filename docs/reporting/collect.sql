-- What the reports are made of, collected from the tables of the demo shop: the one file to change for your own tables.
-- The schema logs is not for the tools: its values are for functions, not for people.
CREATE SCHEMA logs;
CREATE SCHEMA reports;
COMMENT ON SCHEMA logs IS 'Collected orders and baskets, and models of them; what the reports are made of';
COMMENT ON SCHEMA reports IS 'What reporting tools read';

CREATE MATERIALIZED VIEW logs.orders AS
SELECT clientele.order_log(household_id, ordered_at, total) AS log FROM orders;

CREATE MATERIALIZED VIEW logs.baskets AS
SELECT clientele.basket_log(order_id, category) AS log FROM order_items JOIN categories USING (category_id);

CREATE MATERIALIZED VIEW logs.bought_by_customer AS
SELECT clientele.basket_log(household_id, category) AS log
FROM orders JOIN order_items USING (order_id) JOIN categories USING (category_id);

-- Fitted once and refreshed once a month, so that scores of different days are on one scale. WARNINGs come here.
CREATE MATERIALIZED VIEW logs.models AS
SELECT (clientele.describe(log)).last_order::date AS fitted_on, clientele.fit_rfm(log) AS rfm,
       clientele.fit_purchases(log) AS purchases, clientele.fit_spend(log) AS spend
FROM logs.orders;

ANALYZE logs.orders, logs.baskets, logs.bought_by_customer, logs.models;
