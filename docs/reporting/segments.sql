-- What kinds of customers do we have, and what does each kind bring?
CREATE VIEW reports.segments AS
SELECT segment, count(*)::integer AS customers, (100.0 * count(*) / sum(count(*)) OVER ())::numeric(4, 1) AS percent_of_customers,
       sum(revenue)::numeric(14, 2) AS revenue,
       (100 * sum(revenue) / nullif(sum(sum(revenue)) OVER (), 0))::numeric(6, 1) AS percent_of_revenue,
       avg(orders)::numeric(8, 1) AS average_orders, avg(days_since_last)::numeric(8, 1) AS average_days_since_last,
       sum(expected_revenue)::numeric(14, 2) AS expected_revenue
FROM reports.customers GROUP BY segment;

COMMENT ON VIEW reports.segments IS 'Segments by recency, frequency and revenue, and what they bring';
COMMENT ON COLUMN reports.segments.segment IS 'Name of the segment';
COMMENT ON COLUMN reports.segments.customers IS 'Number of customers';
COMMENT ON COLUMN reports.segments.percent_of_customers IS 'Share of all customers, in percent';
COMMENT ON COLUMN reports.segments.revenue IS 'Revenue so far, returns taken off';
COMMENT ON COLUMN reports.segments.percent_of_revenue IS 'Share of all revenue, in percent';
COMMENT ON COLUMN reports.segments.average_orders IS 'Orders of a customer, on average';
COMMENT ON COLUMN reports.segments.average_days_since_last IS 'Days since the last order, on average';
COMMENT ON COLUMN reports.segments.expected_revenue IS 'Revenue expected within six months';

-- The same as of any day and with other numbers of scores, for tools that pass parameters. It reads the log with the rights
-- of its owner, so that who calls it needs none on the log. NULL is the default of an option.
CREATE FUNCTION reports.segments_as_of(as_of timestamp DEFAULT NULL, bins integer DEFAULT NULL)
RETURNS TABLE (segment text, customers integer, revenue numeric)
STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp LANGUAGE sql
BEGIN ATOMIC
    SELECT coalesce(r.segment, 'Returns only'), count(*)::integer, sum(r.revenue)::numeric(14, 2)
    FROM logs.orders o, clientele.rfm(o.log, as_of => segments_as_of.as_of, bins => segments_as_of.bins) r GROUP BY 1;
END;

COMMENT ON FUNCTION reports.segments_as_of IS
    'Segments of all customers as of a time in UTC, the newest order by default, with 3 to 5 scores of each kind';
