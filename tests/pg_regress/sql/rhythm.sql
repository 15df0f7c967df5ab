-- Gaps between purchases, and stages of life, against the same in plain SQL.
SET datestyle = 'ISO, YMD';
CREATE TABLE bought (customer_id integer, day date);
INSERT INTO bought
SELECT 1, date '2024-01-01' + d FROM unnest(ARRAY[0, 10, 20, 30, 40, 50, 60, 70, 80, 90, 100, 110]) d UNION ALL
SELECT 2, date '2024-01-01' + d FROM unnest(ARRAY[0, 10, 20, 40, 60, 84, 108]) d UNION ALL
SELECT 3, date '2024-01-01' + d FROM unnest(ARRAY[0, 12, 100, 107]) d UNION ALL
SELECT 4, date '2024-01-01' + d FROM unnest(ARRAY[0, 8, 19]) d UNION ALL
SELECT 5, date '2024-01-01' + d FROM unnest(ARRAY[60, 72, 81]) d UNION ALL
SELECT 6, date '2024-04-20' UNION ALL
SELECT 7, date '2024-01-01' + d FROM unnest(ARRAY[70, 90, 105]) d UNION ALL
SELECT 8, date '2024-01-01' + d FROM unnest(ARRAY[0, 30, 60, 80, 95, 107]) d;
CREATE TABLE log AS SELECT clientele.order_log(customer_id, day) AS log FROM bought;
SELECT customers, customers_with_gaps, gaps, typical_gap::numeric(9,4), typical_first_gap::numeric(9,4), within_variance::numeric(9,5),
       between_variance::numeric(9,5), kappa::numeric(9,4), regularity::numeric(9,4), regularity_customers, history_days, warnings
FROM log, clientele.rhythm(log);
-- what nobody bought, and what is not told, is known of nobody
SELECT * FROM clientele.rhythm(NULL);
SELECT r.* FROM log, clientele.rhythm(log, as_of => '2023-12-31') r;
SELECT r.* FROM (SELECT clientele.order_log(1, date '2024-01-01', -5) AS log) l, clientele.rhythm(log) r;
SELECT r.* FROM (SELECT clientele.order_log(c, date '2024-01-01', 5) AS log FROM generate_series(1, 3) c) l, clientele.rhythm(log) r;

SELECT customer_id, stage, purchases, last_purchase, days_since_last AS days, typical_gap::numeric(9,4) AS gap, silence_ratio::numeric(9,4) AS silence,
       trend::numeric(9,4), date_trunc('second', expected_next) AS expected_next, days_overdue::numeric(9,4) AS overdue
FROM log, clientele.lifecycle(log);
-- as of later on, all are lost; as of earlier, with only what was there by then
SELECT as_of, string_agg(customer_id || ' ' || stage, ', ' ORDER BY customer_id)
FROM log, unnest(ARRAY[date '2024-02-05', '2024-05-20', '2025-01-01']) as_of, clientele.lifecycle(log, NULL::integer, as_of => as_of) GROUP BY as_of ORDER BY as_of;
-- other limits
SELECT string_agg(customer_id || ' ' || stage, ', ' ORDER BY customer_id)
FROM log, clientele.lifecycle(log, at_risk_after => 1.1, lost_after => 1.5, mature_orders => 3, growth => 3, decline => 3, won_back_orders => 1);
-- who returned something only, and nobody
SELECT s.* FROM (SELECT clientele.order_log(c, date '2024-01-01' + c, c - 1.5) AS log FROM generate_series(1, 2) c) l, clientele.lifecycle(log) s;
SELECT customer_id, stage FROM (SELECT clientele.order_log('customer ' || customer_id, day) AS log FROM bought) l, clientele.lifecycle(log, NULL::text) LIMIT 2;
SELECT customer_id, stage FROM (SELECT clientele.order_log(md5(customer_id::text)::uuid, day) AS log FROM bought) l, clientele.lifecycle(log, NULL::uuid) LIMIT 2;
SELECT * FROM clientele.lifecycle(NULL);
SELECT * FROM clientele.lifecycle(NULL, NULL::uuid);
SELECT l.* FROM log, clientele.lifecycle(log, as_of => '2023-12-31') l;

SELECT g.* FROM log, clientele.purchase_gaps(log) g;
SELECT * FROM clientele.purchase_gaps(NULL);
SELECT g.* FROM log, clientele.purchase_gaps(log, as_of => '2023-12-31') g;
-- periods of several kinds against plain SQL
CREATE TABLE many AS
SELECT (((hashint4(i + 100000) & 65535) / 65536.0) ^ 2 * 211)::integer AS customer_id, timestamptz '2023-01-01 00:00+00' + (hashint4(i) & 524287) * interval '80 seconds' AS ordered_at,
       (i * 31 % 9000 - 500) / 100.0 AS total
FROM generate_series(1, 5000) i;
CREATE TABLE many_log AS SELECT clientele.order_log(customer_id, ordered_at, total) AS log FROM many;
CREATE FUNCTION gaps_by_sql(as_of timestamptz, period text, zone text)
RETURNS TABLE (customer_id integer, after_order bigint, day timestamp, gap float8) LANGUAGE sql AS $$
    WITH purchases AS (
        SELECT DISTINCT m.customer_id, CASE period WHEN 'none' THEN m.ordered_at AT TIME ZONE 'UTC' ELSE date_trunc(period, m.ordered_at AT TIME ZONE zone) END AS p
        FROM many m WHERE m.ordered_at <= as_of AND total >= 0)
    SELECT p.customer_id, row_number() OVER w, p, extract(epoch FROM lead(p) OVER w - p) / 86400 FROM purchases p WINDOW w AS (PARTITION BY p.customer_id ORDER BY p)
$$;
SELECT period, zone, count(*) AS numbers, bool_and(g.customers = s.customers) AS customers, bool_and(g.next = s.next) AS next,
       max(abs(g.mean_days - s.mean)) < 1e-9 AS mean,
       bool_and(s.next = 0 AND g.median IS NULL OR abs(g.p10 - s.at[1]) + abs(g.p25 - s.at[2]) + abs(g.median - s.at[3]) + abs(g.p75 - s.at[4]) + abs(g.p90 - s.at[5]) < 1e-9) AS quantiles
FROM many_log, unnest(ARRAY['none', 'day', 'week', 'month']) period, unnest(ARRAY['UTC', 'America/St_Johns']) zone,
     LATERAL (SELECT coalesce(after_order, 0) AS after_order, customers, next, mean_days, p10, p25, median, p75, p90
              FROM clientele.purchase_gaps(log, period, timestamptz '2024-01-29 04:30+00' AT TIME ZONE zone, zone)) g
     FULL JOIN LATERAL (SELECT coalesce(after_order, 0) AS after_order, CASE WHEN after_order IS NULL THEN count(DISTINCT customer_id) ELSE count(*) END AS customers, count(gap) AS next, avg(gap) AS mean,
                               percentile_cont(ARRAY[0.1, 0.25, 0.5, 0.75, 0.9]) WITHIN GROUP (ORDER BY gap) AS at
                        FROM gaps_by_sql('2024-01-29 04:30+00', period, zone) GROUP BY GROUPING SETS ((after_order), ())) s USING (after_order)
GROUP BY period, zone ORDER BY period, zone;
-- typical gaps and ratios as their definition says
WITH r AS (SELECT r.* FROM many_log, clientele.rhythm(log, time_zone => 'Asia/Tokyo') r),
     s AS (SELECT customer_id, count(*) AS purchases, max(day) AS last, sum(ln(gap)) AS sum, count(gap) AS n
           FROM gaps_by_sql((SELECT max(ordered_at) FROM many WHERE total >= 0), 'day', 'Asia/Tokyo') GROUP BY customer_id)
SELECT count(*) AS customers, count(DISTINCT l.stage) > 3 AS stages, bool_and(l.purchases = s.purchases) AS purchases, bool_and(l.last_purchase = s.last) AS last,
       max(abs(l.typical_gap / exp((s.sum + kappa * ln(r.typical_gap)) / (n + kappa)) - 1)) < 1e-9 AS typical_gap,
       max(abs(l.silence_ratio - l.days_since_last / l.typical_gap)) < 1e-9 AS silence_ratio,
       max(abs(extract(epoch FROM l.expected_next - s.last) / 86400 - l.typical_gap)) < 1e-6 AS expected_next
FROM r, many_log, clientele.lifecycle(log, time_zone => 'Asia/Tokyo') l JOIN s USING (customer_id) WHERE n > 0;
-- what comes later changes nothing, whatever the pieces are
SELECT as_of AT TIME ZONE 'UTC' AS as_of, count(*) AS customers, count(*) FILTER (WHERE whole IS NOT DISTINCT FROM part) AS same
FROM unnest(ARRAY[timestamptz '2023-06-01 12:00+00', '2023-12-24 23:30+00']) as_of,
     LATERAL (SELECT clientele.merge(log) AS log FROM (SELECT clientele.order_log(customer_id, ordered_at, total) AS log FROM many WHERE ordered_at <= as_of GROUP BY customer_id % 3) p) c,
     many_log m, LATERAL clientele.lifecycle(m.log, as_of => as_of AT TIME ZONE 'Asia/Tokyo', time_zone => 'Asia/Tokyo') whole
     FULL JOIN LATERAL clientele.lifecycle(c.log, as_of => as_of AT TIME ZONE 'Asia/Tokyo', time_zone => 'Asia/Tokyo') part USING (customer_id)
GROUP BY as_of ORDER BY as_of;

-- wrong options
SELECT * FROM log, clientele.rhythm(log, period => 'fortnight');
SELECT * FROM log, clientele.purchase_gaps(log, time_zone => 'Nowhere');
SELECT * FROM log, clientele.lifecycle(log, at_risk_after => 4);
SELECT * FROM log, clientele.lifecycle(log, at_risk_after => 1);
SELECT * FROM log, clientele.lifecycle(log, lost_after => 'Infinity');
SELECT * FROM log, clientele.lifecycle(log, growth => 1);
SELECT * FROM log, clientele.lifecycle(log, decline => 'NaN');
SELECT * FROM log, clientele.lifecycle(log, mature_orders => 0);
SELECT * FROM log, clientele.lifecycle(log, won_back_orders => -1);
SELECT * FROM log, clientele.lifecycle(log, NULL::uuid);
DROP FUNCTION gaps_by_sql;
DROP TABLE bought, log, many, many_log;
