-- Who are our best customers? The first has brought the most revenue.
CREATE VIEW reports.best_customers AS
SELECT rank() OVER (ORDER BY revenue DESC)::integer AS place, customer_id, segment, revenue, orders, average_order, last_order,
       (100 * sum(revenue) OVER (ORDER BY revenue DESC, customer_id) / nullif(sum(revenue) OVER (), 0))::numeric(6, 1)
           AS percent_of_revenue_so_far
FROM reports.customers WHERE orders > 0;

COMMENT ON VIEW reports.best_customers IS 'Customers by revenue, and the share of all revenue that comes from the best';
COMMENT ON COLUMN reports.best_customers.place IS 'Place by revenue; 1 is best';
COMMENT ON COLUMN reports.best_customers.customer_id IS 'Number of the customer';
COMMENT ON COLUMN reports.best_customers.segment IS 'Segment by recency, frequency and revenue';
COMMENT ON COLUMN reports.best_customers.revenue IS 'Revenue so far, returns taken off';
COMMENT ON COLUMN reports.best_customers.orders IS 'Number of orders';
COMMENT ON COLUMN reports.best_customers.average_order IS 'Revenue for each order';
COMMENT ON COLUMN reports.best_customers.last_order IS 'Day of the last order';
COMMENT ON COLUMN reports.best_customers.percent_of_revenue_so_far IS
    'Share of all revenue that this customer and all better ones have brought, in percent';
