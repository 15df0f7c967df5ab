-- The tables that the programs of docs/applications.md work with, over the demo shop.
\set ON_ERROR_STOP on
SET client_min_messages = error;
CREATE EXTENSION IF NOT EXISTS clientele;
CREATE TABLE shop AS SELECT clientele.order_log(household_id, ordered_at, total) AS log FROM orders;
CREATE TABLE archive (LIKE shop);
CREATE TABLE models (fitted_on date PRIMARY KEY, rfm clientele.rfm_model NOT NULL, purchases clientele.purchase_model NOT NULL);
INSERT INTO models SELECT '2017-12-31', clientele.fit_rfm(log), clientele.fit_purchases(log) FROM shop;
CREATE VIEW model AS SELECT * FROM models ORDER BY fitted_on DESC LIMIT 1;
CREATE TABLE offers AS
SELECT clientele.fit_baskets(clientele.basket_log(order_id, category), min_count => 500) AS model
FROM order_items JOIN categories USING (category_id);
CREATE MATERIALIZED VIEW customer_scores AS SELECT customer_id, segment, revenue FROM shop, clientele.rfm(log, NULL::integer);
