-- What do we know of this customer? One row of each: the past, the segment, and what is to be expected in six months.
CREATE MATERIALIZED VIEW reports.customers AS
SELECT c.customer_id, coalesce(r.segment, 'Returns only') AS segment, r.score,
       c.first_order::date AS first_order, c.last_order::date AS last_order,
       round(c.days_since_last)::integer AS days_since_last,
       (c.recency / nullif(c.frequency, 0))::numeric(8, 1) AS usual_gap_days,
       c.orders::integer AS orders, c.revenue::numeric(14, 2) AS revenue,
       (c.revenue / nullif(c.orders, 0))::numeric(14, 2) AS average_order,
       h.risk, (100 * h.churn_probability)::numeric(4, 1) AS churn_percent,
       v.expected_orders::numeric(8, 1) AS expected_orders, v.clv::numeric(14, 2) AS expected_revenue,
       v.clv_low::numeric(14, 2) AS expected_revenue_low, v.clv_high::numeric(14, 2) AS expected_revenue_high
FROM logs.orders o CROSS JOIN logs.models m
     CROSS JOIN LATERAL clientele.customers(o.log, NULL::integer) c
     LEFT JOIN LATERAL clientele.rfm(o.log, NULL::integer, model => m.rfm) r USING (customer_id)
     LEFT JOIN LATERAL clientele.churn(o.log, NULL::integer, horizon => '30 days', purchases => m.purchases) h
         USING (customer_id)
     LEFT JOIN LATERAL clientele.clv(o.log, NULL::integer, horizon => '6 months', purchases => m.purchases,
         spend => m.spend) v USING (customer_id);
CREATE UNIQUE INDEX ON reports.customers (customer_id);
CREATE INDEX ON reports.customers (segment);

COMMENT ON MATERIALIZED VIEW reports.customers IS 'One row of each customer: the past, the segment, and what to expect';
COMMENT ON COLUMN reports.customers.customer_id IS 'Number of the customer';
COMMENT ON COLUMN reports.customers.segment IS 'Segment by recency, frequency and revenue';
COMMENT ON COLUMN reports.customers.score IS 'Scores of recency, frequency and revenue, 1 to 5 each; 555 is best';
COMMENT ON COLUMN reports.customers.first_order IS 'Day of the first order';
COMMENT ON COLUMN reports.customers.last_order IS 'Day of the last order';
COMMENT ON COLUMN reports.customers.days_since_last IS 'Days from the last order to the newest of all customers';
COMMENT ON COLUMN reports.customers.usual_gap_days IS 'Mean of the days between purchases; empty with one purchase';
COMMENT ON COLUMN reports.customers.orders IS 'Number of orders';
COMMENT ON COLUMN reports.customers.revenue IS 'Revenue so far, returns taken off';
COMMENT ON COLUMN reports.customers.average_order IS 'Revenue for each order';
COMMENT ON COLUMN reports.customers.risk IS 'Risk of no order within 30 days: low, medium or high';
COMMENT ON COLUMN reports.customers.churn_percent IS 'Probability of no order within 30 days, in percent';
COMMENT ON COLUMN reports.customers.expected_orders IS 'Orders expected within six months';
COMMENT ON COLUMN reports.customers.expected_revenue IS 'Revenue expected within six months';
COMMENT ON COLUMN reports.customers.expected_revenue_low IS 'At least this much, in 95 of 100 cases between the limits';
COMMENT ON COLUMN reports.customers.expected_revenue_high IS 'At most this much, in 95 of 100 cases between the limits';
