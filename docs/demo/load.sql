-- The demo shop: see README.md. Run it in this directory.
\set ON_ERROR_STOP on
\set QUIET on
SET client_min_messages = warning;
SET timezone = 'UTC';

CREATE TABLE categories (category_id integer PRIMARY KEY, category text NOT NULL);
\copy categories FROM 'categories.csv' (FORMAT csv, HEADER)

CREATE TEMP TABLE baskets (
    order_id bigint GENERATED ALWAYS AS IDENTITY, household_id integer, ordered_at timestamptz, categories integer[], cents integer[]
);
\copy baskets (household_id, ordered_at, categories, cents) FROM PROGRAM 'gzip -dc orders.tsv.gz'

CREATE TABLE order_items AS
SELECT order_id, category_id, (amount / 100.0)::numeric(10,2) AS amount FROM baskets, unnest(categories, cents) AS item (category_id, amount);
ALTER TABLE order_items ADD PRIMARY KEY (order_id, category_id);

CREATE TABLE orders AS
SELECT order_id, household_id, ordered_at, sum(amount)::numeric(10,2) AS total
FROM baskets JOIN order_items USING (order_id) GROUP BY order_id, household_id, ordered_at ORDER BY order_id;
ALTER TABLE orders ADD PRIMARY KEY (order_id);
DROP TABLE baskets;
ANALYZE;
