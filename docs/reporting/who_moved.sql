-- Who moved from which segment to which in the last three months, by the scale of the model?
CREATE MATERIALIZED VIEW reports.who_moved AS
SELECT coalesce(b.segment, 'Not yet a customer') AS segment_before, coalesce(r.segment, 'Returns only') AS segment_now,
       count(*)::integer AS customers, sum(r.revenue - coalesce(b.revenue, 0))::numeric(14, 2) AS revenue_since
FROM logs.orders o CROSS JOIN logs.models m CROSS JOIN LATERAL clientele.describe(o.log) d
     CROSS JOIN LATERAL clientele.rfm(o.log, model => m.rfm) r
     LEFT JOIN LATERAL clientele.rfm(o.log, model => m.rfm, as_of => d.last_order - interval '3 months') b USING (customer_id)
GROUP BY 1, 2;
CREATE UNIQUE INDEX ON reports.who_moved (segment_before, segment_now);

COMMENT ON MATERIALIZED VIEW reports.who_moved IS 'How many customers went from which segment to which within three months';
COMMENT ON COLUMN reports.who_moved.segment_before IS 'Segment three months ago';
COMMENT ON COLUMN reports.who_moved.segment_now IS 'Segment now';
COMMENT ON COLUMN reports.who_moved.customers IS 'Number of customers';
COMMENT ON COLUMN reports.who_moved.revenue_since IS 'What they have brought in these three months';
