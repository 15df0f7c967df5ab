-- The job of the second way: computes the customers that were noted. Run it as often as you like; readers wait for nothing.
-- as_of is the end of observation, the time of the clock if it is not given: psql -X -v as_of=2018-01-02 -f rows_refresh.sql
\ir names.sql
-- Each statement sees what is committed when it begins, behind the lock: two jobs at once would write what the slower one has read.
BEGIN ISOLATION LEVEL READ COMMITTED;
LOCK TABLE customer_totals IN SHARE ROW EXCLUSIVE MODE;

-- A note that is seen here was committed together with its rows, so that the next statements see those, too. What is committed
-- later keeps its note for the next run.
CREATE TEMP TABLE notes_taken (customer_id :key) ON COMMIT DROP;
WITH taken AS (DELETE FROM customers_noted RETURNING customer_id)
INSERT INTO notes_taken SELECT DISTINCT customer_id FROM taken;
ANALYZE notes_taken;

-- Where a twentieth of all customers are noted, one pass over all orders costs less than an index.
SELECT count(*) > greatest(1000, (SELECT reltuples / 20 FROM pg_class WHERE oid = 'customer_totals'::regclass))
       OR count(*) > count(customer_id) AS everything FROM notes_taken \gset

-- Without as_of, the newest order of these customers would be the end, and returns behind it were not seen.
\if :everything
CREATE TEMP TABLE totals_now ON COMMIT DROP AS
SELECT customer_id, c.first_order, c.last_order, c.orders, c.revenue, c.returns, c.frequency, c.recency, c.monetary_value
FROM customer_totals FULL JOIN clientele.customers(
    (SELECT clientele.order_log(:customer, :ordered_at, :amount) FROM :orders),
    CAST(NULL AS :key), as_of => '9999-12-31', time_zone => :'zone') c USING (customer_id);
\else
CREATE TEMP TABLE totals_now ON COMMIT DROP AS
SELECT customer_id, c.first_order, c.last_order, c.orders, c.revenue, c.returns, c.frequency, c.recency, c.monetary_value
FROM notes_taken LEFT JOIN clientele.customers(
    (SELECT clientele.order_log(n.customer_id, o.ordered_at, o.amount)
     FROM notes_taken n CROSS JOIN LATERAL (
         -- OFFSET 0 has the index asked for each customer, whatever the planner thinks of it.
         SELECT :ordered_at AS ordered_at, :amount AS amount FROM :orders WHERE :customer = n.customer_id OFFSET 0) o),
    CAST(NULL AS :key), as_of => '9999-12-31', time_zone => :'zone') c USING (customer_id);
\endif
\ir write.sql
COMMIT;
