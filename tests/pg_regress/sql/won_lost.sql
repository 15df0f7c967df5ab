-- Customers won and lost, against the same in plain SQL.
SET datestyle = 'ISO, YMD';
CREATE TABLE log AS SELECT clientele.order_log(customer_id, ordered_at, total) AS log FROM small_orders;
SELECT w.* FROM log, clientele.won_lost(log, period => 'day', as_of => '2024-01-06') w;
-- to the newest order
SELECT period_start, customers, new, kept, won_back, lost, revenue, lost_share, complete FROM log, clientele.won_lost(log, period => 'day') w;
SELECT period_start, customers, new, kept, won_back, lost, revenue, lost_share, complete
FROM log, clientele.won_lost(log, period => 'day', since => '2024-01-01 00:00:00.000001', until => '2024-01-03') w;
-- the end is inclusive, to the microsecond; nothing up to it is no rows
SELECT period_start, customers, revenue FROM log, clientele.won_lost(log, as_of => '2024-01-01 10:00:00') w;
SELECT period_start, customers, revenue FROM log, clientele.won_lost(log, as_of => '2024-01-01 09:59:59.999999') w;
-- in another zone, the days are those of the zone
SELECT period_start, customers, revenue FROM log, clientele.won_lost(log, period => 'day', time_zone => 'Pacific/Auckland') w;
-- NULL options are the default ones
SELECT count(*) FROM (SELECT w.* FROM log, clientele.won_lost(log) w
                      EXCEPT SELECT w.* FROM log, clientele.won_lost(log, NULL, NULL, NULL, NULL, NULL, NULL) w) d;
SELECT count(*) FROM (SELECT t.* FROM log, clientele.won_lost_trend(log) t
                      EXCEPT SELECT t.* FROM log, clientele.won_lost_trend(log, NULL, NULL, NULL, NULL, NULL, NULL) t) d;
SELECT * FROM clientele.won_lost(NULL);
SELECT * FROM clientele.won_lost_trend(NULL);
SELECT w.* FROM (SELECT clientele.order_log(1, now()) AS log FROM log WHERE false) l, clientele.won_lost(log) w;
SELECT t.* FROM (SELECT clientele.order_log(1, now()) AS log FROM log WHERE false) l, clientele.won_lost_trend(log) t;
SELECT t.* FROM log, clientele.won_lost_trend(log, as_of => '2020-01-01') t;
SELECT t.* FROM log, clientele.won_lost_trend(log, period => 'day') t;

-- many orders, against plain SQL
CREATE TABLE many AS
SELECT i / 12 - i * 31 % 50 AS customer_id, timestamptz '2023-01-01 00:00+00' + i * 14400 * interval '1 second' AS ordered_at,
       (i * 31 % 9000 - 500) / 100.0 AS total
FROM generate_series(1, 3000) i;
CREATE TABLE many_log AS SELECT clientele.order_log(customer_id, ordered_at, total) AS log FROM many;
CREATE FUNCTION plain_won_lost(period text, zone text)
RETURNS TABLE (period_start timestamp, new bigint, kept bigint, won_back bigint, lost bigint, revenue_new float8, revenue_kept float8,
               revenue_won_back float8, revenue_inactive float8, kept_before float8, lost_before float8, inactive_before float8)
LANGUAGE sql AS $$
    WITH spells AS (
        SELECT customer_id, date_trunc(period, ordered_at AT TIME ZONE zone) AS at, bool_or(total >= 0) AS active, sum(total) AS revenue FROM many
        WHERE ordered_at <= (SELECT max(ordered_at) FROM many WHERE total >= 0) GROUP BY 1, 2
    ), every AS (
        SELECT c.customer_id, s.at, coalesce(p.active, false) AS active, coalesce(p.revenue, 0) AS revenue
        FROM (SELECT DISTINCT customer_id FROM spells) c
        CROSS JOIN (SELECT generate_series(min(at), max(at), replace('1 ' || period, '1 quarter', '3 months')::interval) AS at FROM spells) s
        LEFT JOIN spells p ON p.customer_id = c.customer_id AND p.at = s.at
    ), states AS (
        SELECT at, active, revenue, coalesce(lag(active) OVER of_one, false) AS was, coalesce(lag(revenue) OVER of_one, 0) AS before,
               coalesce(bool_or(active) OVER (of_one ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), false) AS ever
        FROM every WINDOW of_one AS (PARTITION BY customer_id ORDER BY at)
    )
    SELECT at, count(*) FILTER (WHERE active AND NOT ever), count(*) FILTER (WHERE active AND was),
           count(*) FILTER (WHERE active AND ever AND NOT was), count(*) FILTER (WHERE was AND NOT active),
           coalesce(sum(revenue) FILTER (WHERE active AND NOT ever), 0), coalesce(sum(revenue) FILTER (WHERE active AND was), 0),
           coalesce(sum(revenue) FILTER (WHERE active AND ever AND NOT was), 0), coalesce(sum(revenue) FILTER (WHERE NOT active), 0),
           coalesce(sum(before) FILTER (WHERE active AND was), 0), coalesce(sum(before) FILTER (WHERE was AND NOT active), 0),
           coalesce(sum(before) FILTER (WHERE NOT was), 0)
    FROM states GROUP BY at
$$;
SELECT period, zone, n AS rows, different
FROM many_log, unnest(ARRAY['day', 'week', 'month', 'quarter', 'year']) period, unnest(ARRAY['UTC', 'America/New_York']) zone,
     LATERAL (SELECT count(*) AS n, count(*) FILTER (WHERE w IS DISTINCT FROM p) AS different
              FROM (SELECT period_start, new, kept, won_back, lost, revenue_new, revenue_kept, revenue_won_back, revenue_inactive, kept_before, lost_before, inactive_before
                    FROM clientele.won_lost(log, period => period, time_zone => zone)) w
              FULL JOIN plain_won_lost(period, zone) p USING (period_start)) d
ORDER BY 1, 2;
-- what adds up, to the last digit
SELECT count(*) AS rows,
       count(*) FILTER (WHERE customers <> new + kept + won_back) AS customers,
       count(*) FILTER (WHERE lag <> kept + lost) AS customers_before,
       count(*) FILTER (WHERE revenue::numeric <> revenue_new::numeric + revenue_kept::numeric + revenue_won_back::numeric + revenue_inactive::numeric) AS revenue,
       count(*) FILTER (WHERE revenue_before::numeric <> kept_before::numeric + lost_before::numeric + inactive_before::numeric) AS revenue_before
FROM (SELECT w.*, lag(customers) OVER o AS lag, lag(revenue) OVER o AS revenue_before
      FROM many_log, clientele.won_lost(log, period => 'week') w WINDOW o AS (ORDER BY period_start)) w;
SELECT sum(w.revenue::numeric) = (clientele.describe(log)).revenue::numeric AS all_revenue
FROM many_log, clientele.won_lost(log, as_of => '2030-01-01') w GROUP BY log;
SELECT measure, periods, events, at_risk, share, share_low, share_high, round(chi2::numeric, 9) AS chi2, df, round(p_same::numeric, 9) AS p_same,
       round(trend_z::numeric, 9) AS trend_z, round(p_trend::numeric, 9) AS p_trend
FROM many_log, clientele.won_lost_trend(log) t;

-- wrong input
SELECT * FROM clientele.won_lost(NULL, period => 'none');
SELECT * FROM clientele.won_lost(NULL, since => '2024-02-01', until => '2024-01-01');
SELECT * FROM clientele.won_lost(NULL, since => 'infinity');
SELECT * FROM clientele.won_lost(NULL, confidence => 0);
SELECT * FROM clientele.won_lost_trend(NULL, period => 'fortnight');
SELECT * FROM clientele.won_lost_trend(NULL, time_zone => 'Mars/Olympus');
SET clientele.row_limit = 2;
SELECT count(*) FROM log, clientele.won_lost(log, period => 'day');
SELECT count(*) FROM log, clientele.won_lost(log, period => 'day', since => '2024-01-02');
RESET clientele.row_limit;
SET clientele.memory_limit = '1MB';
SELECT count(*) FROM log, clientele.won_lost(log, period => 'day', as_of => '2100-01-01');
RESET clientele.memory_limit;
DROP FUNCTION plain_won_lost;
DROP TABLE log, many, many_log;
