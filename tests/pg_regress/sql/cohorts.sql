-- Cohorts, against the same in plain SQL.
SET datestyle = 'ISO, YMD';
CREATE TABLE log AS SELECT clientele.order_log(customer_id, ordered_at, total) AS log FROM small_orders;
SELECT c.* FROM log, clientele.cohorts(log, period => 'day') c;
-- returns that come later, and a customer with returns only
SELECT cohort, age, customers, observed, active, revenue, complete FROM log, clientele.cohorts(log, period => 'day', as_of => '2024-01-06') c;
SELECT cohort, age, observed, active, observed_active, complete
FROM log, clientele.cohorts(log, period => 'week', windows => 'rolling', length => '36 hours', definition => 'on_or_after', as_of => '2024-01-06') c;
-- the end is inclusive, to the microsecond; nothing up to it is no rows
SELECT cohort, age, orders FROM log, clientele.cohorts(log, as_of => '2024-01-01 10:00:00') c;
SELECT cohort, age, orders FROM log, clientele.cohorts(log, as_of => '2024-01-01 09:59:59.999999') c;
-- in another zone, the days are those of the zone
SELECT cohort, age, orders FROM log, clientele.cohorts(log, period => 'day', time_zone => 'Pacific/Auckland') c;
-- a log of dates is seen to the end of its last day, one of times is not
SELECT cohort, complete FROM clientele.cohorts((SELECT clientele.order_log(1, date '2024-06-30'))) c;
SELECT cohort, complete FROM clientele.cohorts((SELECT clientele.order_log(1, timestamp '2024-06-30 23:59'))) c;
SELECT cohort, complete FROM clientele.cohorts((SELECT clientele.order_log(1, timestamptz '2024-06-30 00:00+02')), time_zone => 'Europe/Berlin') c;
-- NULL options are the default ones
SELECT count(*) FROM (SELECT c.* FROM log, clientele.cohorts(log) c
                      EXCEPT SELECT c.* FROM log, clientele.cohorts(log, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL) c) d;
SELECT * FROM clientele.cohorts(NULL);
SELECT c.* FROM (SELECT clientele.order_log(1, now()) AS log FROM log WHERE false) l, clientele.cohorts(log) c;

-- many orders, against plain SQL: calendar windows of each period, in a zone with summer time
CREATE TABLE many AS
SELECT i / 12 - i * 31 % 50 AS customer_id, timestamptz '2023-01-01 00:00+00' + i * 8640 * interval '1 second' AS ordered_at,
       (i * 31 % 9000 - 500) / 100.0 AS total
FROM generate_series(1, 5000) i;
CREATE TABLE many_log AS SELECT clientele.order_log(customer_id, ordered_at, total) AS log FROM many;
CREATE FUNCTION plain_cohorts(period text, zone text)
RETURNS TABLE (cohort timestamp, age bigint, customers bigint, active bigint, orders bigint, revenue float8)
LANGUAGE sql AS $$
    WITH rows AS (
        SELECT customer_id, ordered_at, total, date_trunc(period, ordered_at AT TIME ZONE zone) AS at FROM many
        WHERE ordered_at <= (SELECT max(ordered_at) FROM many WHERE total >= 0)
    ), starts AS (
        SELECT s, row_number() OVER (ORDER BY s) AS number
        FROM (SELECT min(at) AS low, max(at) AS high FROM rows) r,
             generate_series(low, high, replace('1 ' || period, '1 quarter', '3 months')::interval) s
    ), firsts AS (
        SELECT customer_id, min(at) FILTER (WHERE total >= 0) AS cohort, min(ordered_at) FILTER (WHERE total >= 0) AS first
        FROM rows GROUP BY 1
    ), aged AS (
        SELECT f.cohort, greatest(n.number - c.number, 0) AS age, r.*
        FROM rows r JOIN firsts f USING (customer_id) JOIN starts n ON n.s = r.at JOIN starts c ON c.s = f.cohort
    )
    SELECT cohort, age, customers, count(DISTINCT customer_id) FILTER (WHERE total >= 0),
           count(DISTINCT (customer_id, ordered_at)) FILTER (WHERE total >= 0), coalesce(sum(total), 0)
    FROM (SELECT f.cohort, n.number - c.number AS age, count(*) AS customers
          FROM firsts f JOIN starts c ON c.s = f.cohort JOIN starts n ON n.number >= c.number GROUP BY 1, 2) g
    LEFT JOIN aged USING (cohort, age) GROUP BY 1, 2, 3
$$;
SELECT period, zone, count(*) AS rows, count(*) FILTER (WHERE c IS DISTINCT FROM p) AS different
FROM many_log, unnest(ARRAY['week', 'month', 'quarter', 'year']) period, unnest(ARRAY['UTC', 'America/New_York']) zone,
     LATERAL (SELECT (c.age::bigint, c.customers, c.active, c.orders, c.revenue) AS c, (p.age, p.customers, p.active, p.orders, p.revenue) AS p
              FROM (SELECT * FROM clientele.cohorts(log, period => period, time_zone => zone) WHERE cohort IS NOT NULL) c
              FULL JOIN plain_cohorts(period, zone) p ON p.cohort = c.cohort AND p.age = c.age) j
GROUP BY 1, 2 ORDER BY 1, 2;
-- rolling windows, in which months are added by SQL itself
SELECT count(*) AS rows, count(*) FILTER (WHERE plain.active IS DISTINCT FROM c.active) AS different, sum(c.active) AS active
FROM many_log, clientele.cohorts(log, windows => 'rolling') c
LEFT JOIN LATERAL (
    SELECT count(DISTINCT m.customer_id) AS active
    FROM (SELECT customer_id, min(ordered_at) AT TIME ZONE 'UTC' AS first FROM many WHERE total >= 0 GROUP BY 1) f JOIN many m USING (customer_id)
    WHERE total >= 0 AND date_trunc('month', first) = c.cohort AND m.ordered_at AT TIME ZONE 'UTC' >= first + c.age * interval '1 month'
      AND m.ordered_at AT TIME ZONE 'UTC' < first + (c.age + 1) * interval '1 month') plain ON true;
-- all revenue is somewhere
SELECT sum(c.revenue)::numeric(12, 2) = (clientele.describe(log)).revenue::numeric(12, 2) AS all_revenue
FROM many_log, clientele.cohorts(log, as_of => '2030-01-01') c GROUP BY log;
-- the greatest age, and limits
SELECT cohort, age, observed, observed_active, rate, rate_low, rate_high
FROM many_log, clientele.cohorts(log, period => 'quarter', max_age => 1, confidence => 0.5) c;

-- wrong input
SELECT * FROM clientele.cohorts(NULL, period => 'none');
SELECT * FROM clientele.cohorts(NULL, period => 'fortnight');
SELECT * FROM clientele.cohorts(NULL, definition => 'before');
SELECT * FROM clientele.cohorts(NULL, windows => 'sliding');
SELECT * FROM clientele.cohorts(NULL, length => '30 days');
SELECT * FROM clientele.cohorts(NULL, windows => 'rolling', length => '0');
SELECT * FROM clientele.cohorts(NULL, windows => 'rolling', length => '-1 day');
SELECT * FROM clientele.cohorts(NULL, max_age => -1);
SELECT * FROM clientele.cohorts(NULL, confidence => 1);
SELECT * FROM clientele.cohorts(NULL, time_zone => 'Mars/Olympus');
SELECT * FROM clientele.cohorts(NULL, as_of => 'infinity');
SELECT count(*) FROM log, clientele.cohorts(log, windows => 'rolling', length => '1 microsecond');
SET clientele.row_limit = 3;
SELECT count(*) FROM log, clientele.cohorts(log, period => 'day');
SELECT count(*) FROM log, clientele.cohorts(log, period => 'day', max_age => 0);
RESET clientele.row_limit;
SET clientele.memory_limit = '1MB';
SELECT count(*) FROM log, clientele.cohorts(log, windows => 'rolling', length => '5 seconds');
RESET clientele.memory_limit;
DROP FUNCTION plain_cohorts;
DROP TABLE log, many, many_log;
