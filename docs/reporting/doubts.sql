-- What should we know before we trust it? The warnings of the models, which tools do not show, and what was left out.
CREATE VIEW reports.doubts AS
SELECT m.fitted_on, d.about, d.doubt
FROM logs.models m CROSS JOIN logs.orders o
     CROSS JOIN LATERAL (
         SELECT 'orders' AS about, unnest(string_to_array(p.warnings, '; ')) AS doubt FROM clientele.describe(m.purchases) p
         UNION ALL
         SELECT 'spend', unnest(string_to_array(s.warnings, '; ')) FROM clientele.describe(m.spend) s
         UNION ALL
         SELECT 'rows', n || ' rows have no ' || what
         FROM clientele.describe(o.log) l
              CROSS JOIN LATERAL (VALUES (l.null_customers, 'customer, and are left out'), (l.null_times, 'time, and are left out'),
                                         (l.null_amounts, 'amount, and count as 0')) AS nulls (n, what)
         WHERE n > 0) d;

COMMENT ON VIEW reports.doubts IS 'What to know before one trusts the forecasts; no rows are good news';
COMMENT ON COLUMN reports.doubts.fitted_on IS 'As of which day the models were fitted';
COMMENT ON COLUMN reports.doubts.about IS 'What it is about: orders, spend, or rows that were collected';
COMMENT ON COLUMN reports.doubts.doubt IS 'What to know';

-- As of when is it?
CREATE VIEW reports.as_of AS
SELECT d.last_order AT TIME ZONE 'UTC' AS newest_order, d.first_order AT TIME ZONE 'UTC' AS oldest_order,
       d.customers::integer AS customers, d.orders::integer AS orders, d.revenue::numeric(14, 2) AS revenue, m.fitted_on
FROM logs.orders o CROSS JOIN LATERAL clientele.describe(o.log) d CROSS JOIN logs.models m;

COMMENT ON VIEW reports.as_of IS 'What the reports are made of, and as of when';
COMMENT ON COLUMN reports.as_of.newest_order IS 'When the newest order was placed: what the reports are as of';
COMMENT ON COLUMN reports.as_of.oldest_order IS 'When the oldest order was placed';
COMMENT ON COLUMN reports.as_of.customers IS 'Number of customers';
COMMENT ON COLUMN reports.as_of.orders IS 'Number of orders';
COMMENT ON COLUMN reports.as_of.revenue IS 'Revenue, returns taken off';
COMMENT ON COLUMN reports.as_of.fitted_on IS 'As of which day the models were fitted';
