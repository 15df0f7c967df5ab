-- The end of both jobs: what has changed goes from totals_now into customer_totals, and the end of observation moves on.
-- A customer without any orders and returns left has no row in clientele.customers, so no orders here.
DELETE FROM customer_totals t USING totals_now n WHERE t.customer_id = n.customer_id AND n.orders IS NULL;
INSERT INTO customer_totals AS t SELECT * FROM totals_now n WHERE n.orders IS NOT NULL
ON CONFLICT (customer_id) DO UPDATE
SET first_order = excluded.first_order, last_order = excluded.last_order, orders = excluded.orders, revenue = excluded.revenue,
    returns = excluded.returns, frequency = excluded.frequency, recency = excluded.recency,
    monetary_value = excluded.monetary_value
WHERE t.* IS DISTINCT FROM excluded.*;

-- Read from the clock at the end, so that no order that was seen is later: scores of orders to come are NULL until then.
\if :{?as_of}
UPDATE scores_as_of SET as_of = :'as_of';
\else
UPDATE scores_as_of SET as_of = clock_timestamp() AT TIME ZONE :'zone';
\endif
