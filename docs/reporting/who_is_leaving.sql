-- Who is about to leave? The most valuable first.
CREATE VIEW reports.who_is_leaving AS
SELECT row_number() OVER (ORDER BY revenue DESC, customer_id)::integer AS place, customer_id, risk, churn_percent,
       days_since_last, usual_gap_days, last_order, orders, revenue, segment
FROM reports.customers WHERE risk IN ('medium', 'high');

COMMENT ON VIEW reports.who_is_leaving IS 'Customers at a medium or high risk of no order within 30 days, by revenue';
COMMENT ON COLUMN reports.who_is_leaving.place IS 'Place by revenue; 1 is the greatest';
COMMENT ON COLUMN reports.who_is_leaving.customer_id IS 'Number of the customer';
COMMENT ON COLUMN reports.who_is_leaving.risk IS 'Risk of no order within 30 days: medium or high';
COMMENT ON COLUMN reports.who_is_leaving.churn_percent IS 'Probability of no order within 30 days, in percent';
COMMENT ON COLUMN reports.who_is_leaving.days_since_last IS 'Days since the last order';
COMMENT ON COLUMN reports.who_is_leaving.usual_gap_days IS 'Mean of the days between purchases; empty with one purchase';
COMMENT ON COLUMN reports.who_is_leaving.last_order IS 'Day of the last order';
COMMENT ON COLUMN reports.who_is_leaving.orders IS 'Number of orders';
COMMENT ON COLUMN reports.who_is_leaving.revenue IS 'Revenue so far, returns taken off';
COMMENT ON COLUMN reports.who_is_leaving.segment IS 'Segment by recency, frequency and revenue';

CREATE VIEW reports.risks AS
SELECT CASE risk WHEN 'low' THEN '1 low' WHEN 'medium' THEN '2 medium' WHEN 'high' THEN '3 high' ELSE '4 unknown' END AS risk,
       count(*)::integer AS customers, sum(revenue)::numeric(14, 2) AS revenue,
       sum(1 - churn_percent / 100)::numeric(12, 0) AS expected_to_order
FROM reports.customers GROUP BY 1;

COMMENT ON VIEW reports.risks IS 'How many customers are at which risk of no order within 30 days';
COMMENT ON COLUMN reports.risks.risk IS 'Risk of no order within 30 days, with a number to sort by; unknown: no orders yet';
COMMENT ON COLUMN reports.risks.customers IS 'Number of customers';
COMMENT ON COLUMN reports.risks.revenue IS 'Revenue so far, returns taken off';
COMMENT ON COLUMN reports.risks.expected_to_order IS 'How many of them are expected to order within 30 days';
