-- Which groups of customers do the data suggest?
CREATE MATERIALIZED VIEW logs.groups AS
SELECT clientele.fit_kmeans(clientele.feature_set(c.customer_id, ARRAY[c.days_since_last, c.orders, ln(1 + greatest(c.revenue, 0))]), 4,
                            names => ARRAY['days_since_last', 'orders', 'ln_revenue'], order_by => 'ln_revenue desc') AS model
FROM logs.orders o, clientele.customers(o.log) c WHERE c.orders > 0;
ANALYZE logs.groups;

CREATE VIEW reports.groups AS
SELECT c.cluster AS group_number, c.size::integer AS customers, (100 * c.share)::numeric(4, 1) AS percent_of_customers,
       c.center[1]::numeric(8, 1) AS days_since_last, c.center[2]::numeric(8, 1) AS orders,
       (exp(c.center[3]) - 1)::numeric(14, 0) AS typical_revenue
FROM logs.groups g, clientele.kmeans_centers(g.model) c;

COMMENT ON VIEW reports.groups IS 'Groups of customers who are alike in recency, orders and revenue';
COMMENT ON COLUMN reports.groups.group_number IS 'Number of the group; 1 are those who spend most';
COMMENT ON COLUMN reports.groups.customers IS 'Number of customers';
COMMENT ON COLUMN reports.groups.percent_of_customers IS 'Share of all customers, in percent';
COMMENT ON COLUMN reports.groups.days_since_last IS 'Days since the last order, on average';
COMMENT ON COLUMN reports.groups.orders IS 'Orders of a customer, on average';
COMMENT ON COLUMN reports.groups.typical_revenue IS 'Revenue of a typical customer: the geometric mean';
