-- What will our customers be worth? By tenths of them, and of each in reports.customers.
CREATE VIEW reports.what_customers_are_worth AS
SELECT tenth, count(*)::integer AS customers, sum(expected_orders)::numeric(12, 0) AS expected_orders,
       sum(expected_revenue)::numeric(14, 2) AS expected_revenue, min(expected_revenue) AS least_of_a_customer,
       (100 * sum(expected_revenue) / nullif(sum(sum(expected_revenue)) OVER (), 0))::numeric(4, 1) AS percent_of_all
FROM (SELECT ntile(10) OVER (ORDER BY expected_revenue DESC, customer_id) AS tenth, expected_orders, expected_revenue
      FROM reports.customers WHERE expected_revenue IS NOT NULL) ranked
GROUP BY tenth;

COMMENT ON VIEW reports.what_customers_are_worth IS 'What tenths of the customers are expected to bring within six months';
COMMENT ON COLUMN reports.what_customers_are_worth.tenth IS 'Tenth of the customers; 1 are those of whom most is expected';
COMMENT ON COLUMN reports.what_customers_are_worth.customers IS 'Number of customers';
COMMENT ON COLUMN reports.what_customers_are_worth.expected_orders IS 'Orders expected within six months';
COMMENT ON COLUMN reports.what_customers_are_worth.expected_revenue IS 'Revenue expected within six months';
COMMENT ON COLUMN reports.what_customers_are_worth.least_of_a_customer IS 'Least revenue expected of a customer of this tenth';
COMMENT ON COLUMN reports.what_customers_are_worth.percent_of_all IS 'Share of all expected revenue, in percent';

-- What may a new customer cost? What one is expected to bring within six months, before anything else is known.
CREATE VIEW reports.what_a_new_customer_is_worth AS
SELECT (1 + n.orders)::numeric(8, 1) AS expected_orders, n.spend::numeric(14, 2) AS average_order,
       ((1 + n.orders) * n.spend)::numeric(14, 2) AS expected_revenue
FROM logs.models, LATERAL (SELECT clientele.expected_orders_new_customer(purchases, '6 months') AS orders,
                                  clientele.expected_spend(spend, 0, 0) AS spend) n;

COMMENT ON VIEW reports.what_a_new_customer_is_worth IS 'What a new customer is expected to bring within six months';
COMMENT ON COLUMN reports.what_a_new_customer_is_worth.expected_orders IS 'Orders expected, the first one included';
COMMENT ON COLUMN reports.what_a_new_customer_is_worth.average_order IS 'What an order of a new customer is expected to be worth';
COMMENT ON COLUMN reports.what_a_new_customer_is_worth.expected_revenue IS 'Revenue expected, the first order included';
