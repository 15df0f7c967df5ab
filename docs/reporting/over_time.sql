-- How is it going? By whole months, in UTC.
CREATE MATERIALIZED VIEW reports.over_time AS
WITH months AS (
    SELECT date_trunc('month', r.ordered_at) AS month, r.customer_id, count(*) FILTER (WHERE r.amount >= 0) AS orders,
           sum(r.amount) AS revenue
    FROM logs.orders o, clientele.orders(o.log) r GROUP BY 1, 2
), firsts AS (
    SELECT customer_id, min(month) FILTER (WHERE orders > 0) AS first_month FROM months GROUP BY 1
)
SELECT month::date AS month, count(*) FILTER (WHERE orders > 0)::integer AS customers,
       count(*) FILTER (WHERE orders > 0 AND month = first_month)::integer AS new_customers,
       count(*) FILTER (WHERE orders > 0 AND month > first_month)::integer AS returning_customers,
       sum(orders)::integer AS orders, sum(revenue)::numeric(14, 2) AS revenue
FROM months JOIN firsts USING (customer_id)
WHERE month < (SELECT date_trunc('month', (clientele.describe(log)).last_order) FROM logs.orders)
GROUP BY month;
CREATE UNIQUE INDEX ON reports.over_time (month);

COMMENT ON MATERIALIZED VIEW reports.over_time IS 'Customers, orders and revenue of each whole month';
COMMENT ON COLUMN reports.over_time.month IS 'First day of the month';
COMMENT ON COLUMN reports.over_time.customers IS 'Customers who ordered in it';
COMMENT ON COLUMN reports.over_time.new_customers IS 'Customers whose first order was in it';
COMMENT ON COLUMN reports.over_time.returning_customers IS 'Customers who ordered in it, and before it';
COMMENT ON COLUMN reports.over_time.orders IS 'Orders';
COMMENT ON COLUMN reports.over_time.revenue IS 'Revenue, returns taken off';

-- In which segments were our customers at the end of each month, by the scale of the model?
CREATE MATERIALIZED VIEW reports.segments_over_time AS
SELECT month::date AS month, coalesce(r.segment, 'Returns only') AS segment, count(*)::integer AS customers,
       sum(r.revenue)::numeric(14, 2) AS revenue_so_far
FROM logs.orders o CROSS JOIN logs.models m CROSS JOIN LATERAL clientele.describe(o.log) d
     CROSS JOIN LATERAL generate_series(date_trunc('month', d.first_order),
         date_trunc('month', d.last_order) - interval '1 month', interval '1 month') month
     CROSS JOIN LATERAL clientele.rfm(o.log, model => m.rfm, as_of => month + interval '1 month') r
GROUP BY 1, 2;
CREATE UNIQUE INDEX ON reports.segments_over_time (month, segment);

COMMENT ON MATERIALIZED VIEW reports.segments_over_time IS 'How many customers were in which segment at the end of each whole month';
COMMENT ON COLUMN reports.segments_over_time.month IS 'First day of the month';
COMMENT ON COLUMN reports.segments_over_time.segment IS 'Segment at its end';
COMMENT ON COLUMN reports.segments_over_time.customers IS 'Number of customers';
COMMENT ON COLUMN reports.segments_over_time.revenue_so_far IS 'Revenue up to the end of the month, returns taken off';
