-- What customers amount to, against the same in plain SQL.
SET datestyle = 'ISO, YMD';
CREATE TABLE log AS SELECT clientele.order_log(customer_id, ordered_at, total) AS log FROM small_orders;
SELECT c.* FROM log, clientele.customers(log) c;
-- the returns that came after the newest order are seen with a later end
SELECT c.* FROM log, clientele.customers(log, as_of => '2024-01-06') c;
SELECT c.* FROM log, clientele.customers(log, NULL::integer, as_of => '2024-01-06') c WHERE customer_id = 1;
-- the end is inclusive, to the microsecond
SELECT customer_id, orders FROM log, clientele.customers(log, as_of => '2024-01-01 09:59:59.999999') c;
SELECT customer_id, orders FROM log, clientele.customers(log, as_of => '2024-01-01 10:00:00') c;
-- in another zone, the end and the days are those of the zone
SELECT customer_id, last_order, frequency, recency, age
FROM log, clientele.customers(log, as_of => '2024-01-06', time_zone => 'Pacific/Auckland') c;
-- NULL options are the default ones
SELECT count(*) FROM (SELECT c.* FROM log, clientele.customers(log) c
                      EXCEPT SELECT c.* FROM log, clientele.customers(log, as_of => NULL, period => NULL, time_zone => NULL, time_unit => NULL) c) d;
SELECT * FROM clientele.customers(NULL);
SELECT * FROM clientele.customers(NULL, NULL::uuid);
SELECT c.* FROM (SELECT clientele.order_log(1, now()) AS log FROM log WHERE false) l, clientele.customers(log) c;

-- many orders, every period, against plain SQL
CREATE TABLE many AS
SELECT i % 211 AS customer_id,
       timestamptz '2023-01-01 00:00+00' + (i * 7919 % 100003) * interval '433 seconds' AS ordered_at,
       (i * 31 % 9000 - 500) / 100.0 AS total
FROM generate_series(1, 5000) i;
CREATE TABLE many_log AS SELECT clientele.order_log(customer_id, ordered_at, total) AS log FROM many;
CREATE FUNCTION by_sql(as_of timestamptz, period text, zone text, days float8)
RETURNS TABLE (customer_id integer, first_order timestamp, last_order timestamp, orders bigint, revenue numeric, returns numeric,
               days_since_last float8, frequency bigint, recency float8, age float8, monetary_value float8)
LANGUAGE sql AS $$
    WITH seen AS (
        SELECT m.customer_id, m.ordered_at, m.total,
               CASE period WHEN 'none' THEN m.ordered_at AT TIME ZONE 'UTC'
                           ELSE date_trunc(period, m.ordered_at AT TIME ZONE zone) END AS p
        FROM many m WHERE m.ordered_at <= as_of
    ), periods AS (
        SELECT s.customer_id, p, sum(total) AS spend, min(p) OVER (PARTITION BY s.customer_id) AS first_p
        FROM seen s GROUP BY s.customer_id, p HAVING bool_or(total >= 0)
    ), purchases AS (
        SELECT q.customer_id, count(*) - 1 AS frequency, min(p) AS first_p, max(p) AS last_p,
               sum(spend) FILTER (WHERE p > first_p) AS repeat_spend
        FROM periods q GROUP BY q.customer_id
    ), ending AS (
        SELECT CASE period WHEN 'none' THEN as_of AT TIME ZONE 'UTC' ELSE date_trunc(period, as_of AT TIME ZONE zone) END AS e
    )
    SELECT s.customer_id, min(ordered_at) FILTER (WHERE total >= 0) AT TIME ZONE zone,
           max(ordered_at) FILTER (WHERE total >= 0) AT TIME ZONE zone,
           count(DISTINCT ordered_at) FILTER (WHERE total >= 0), sum(total), -sum(least(total, 0)),
           extract(epoch FROM as_of - max(ordered_at) FILTER (WHERE total >= 0)) / 86400, p.frequency,
           extract(epoch FROM last_p - first_p) / 86400 / days, extract(epoch FROM e - first_p) / 86400 / days,
           CASE WHEN p.frequency > 0 THEN repeat_spend / p.frequency ELSE 0 END
    FROM seen s LEFT JOIN purchases p USING (customer_id), ending GROUP BY s.customer_id, p.frequency, first_p, last_p, repeat_spend, e
$$;
SELECT period, zone, count(*) AS customers,
       count(*) FILTER (WHERE (c.first_order, c.last_order, c.orders, c.revenue::numeric, c.returns::numeric, c.frequency)
                              IS NOT DISTINCT FROM (s.first_order, s.last_order, s.orders, s.revenue, s.returns, s.frequency)) AS same,
       max(abs(c.days_since_last - s.days_since_last)) < 1e-9 AS days, max(abs(c.recency - s.recency)) < 1e-9 AS recency,
       max(abs(c.age - s.age)) < 1e-9 AS age, max(abs(c.monetary_value - s.monetary_value)) < 1e-9 AS monetary
FROM many_log, unnest(ARRAY['none', 'day', 'week', 'month', 'quarter', 'year']) period,
     unnest(ARRAY['UTC', 'Europe/Berlin', 'Asia/Kathmandu', 'America/St_Johns']) zone,
     LATERAL clientele.customers(log, NULL::integer, as_of => timestamptz '2023-10-29 04:30+00' AT TIME ZONE zone,
                                 period => period, time_zone => zone, time_unit => '7 days') c
     FULL JOIN LATERAL by_sql('2023-10-29 04:30+00', period, zone, 7) s USING (customer_id)
GROUP BY period, zone ORDER BY period, zone;

-- where the unit of time is the period, periods are counted, however long each is
SELECT period, count(*) AS customers, max(recency) AS recency, max(age) AS age,
       count(*) FILTER (WHERE recency = m.last - m.first AND age = m.until - m.first) AS counted
FROM (VALUES ('month', interval '1 month', 1), ('quarter', '3 months', 3), ('year', '1 year', 12)) p (period, unit, months),
     LATERAL (SELECT c.* FROM many_log, clientele.customers(log, as_of => '2024-02-29', period => period, time_unit => unit) c) c,
     LATERAL (SELECT div(extract(year FROM first_order) * 12 + extract(month FROM first_order) - 1, months) AS first,
                     div(extract(year FROM last_order) * 12 + extract(month FROM last_order) - 1, months) AS last, div(2024 * 12 + 1, months) AS until) m
GROUP BY period ORDER BY period;


-- times without a zone stand as they are, whatever zone is given
SELECT count(*) FROM (
    SELECT c.* FROM (SELECT clientele.order_log(customer_id, ordered_at AT TIME ZONE 'UTC', total) AS log FROM many) l, clientele.customers(log) c
    EXCEPT
    SELECT c.* FROM (SELECT clientele.order_log(customer_id, ordered_at AT TIME ZONE 'UTC', total) AS log FROM many) l,
                    clientele.customers(log, time_zone => 'Asia/Tokyo') c) d;

-- history can be rebuilt: customers and revenue at the end of each quarter
SELECT q, count(*) AS customers, sum(orders) AS orders, round(sum(revenue)::numeric, 2) AS revenue
FROM many_log, generate_series(timestamp '2023-04-01', '2024-07-01', '3 months') q, clientele.customers(log, q - interval '1 us') c
GROUP BY q ORDER BY q;
DROP FUNCTION by_sql;
DROP TABLE log, many, many_log;

-- times from one end of the calendar to the other
SELECT c.recency, c.age, d.last_order::date - d.first_order::date AS days
FROM (SELECT clientele.order_log(1, t) AS log FROM unnest(ARRAY[timestamp '4713-01-01 BC', '294276-12-31']) t) l,
     clientele.customers(log) c, clientele.describe(log) d;
-- summer time never ends: the rules go on with the calendar
SELECT count(*) AS times, count(*) FILTER (WHERE o.ordered_at <> t.t AT TIME ZONE zone) AS wrong,
       count(*) FILTER (WHERE s.standard <> t.t AT TIME ZONE zone) > 10000 AS has_summers
FROM unnest(ARRAY['America/New_York', 'Europe/Berlin', 'Australia/Lord_Howe', 'Asia/Tokyo']) zone,
     LATERAL (SELECT array_agg(timestamptz '1850-01-01 00:00Z' + i * interval '555 days 7 hours 13 minutes' ORDER BY i) AS times FROM generate_series(1, 10000) i) a,
     LATERAL (SELECT clientele.order_log(i, times[i]) AS log FROM generate_series(1, 10000) i) l,
     LATERAL clientele.orders(log, time_zone => zone) o,
     LATERAL (SELECT times[o.customer_id] AS t) t,
     LATERAL (SELECT t.t AT TIME ZONE 'UTC' + (timestamptz '2021-01-01' AT TIME ZONE zone - timestamptz '2021-01-01' AT TIME ZONE 'UTC') AS standard) s;
SELECT o.* FROM clientele.orders((SELECT clientele.order_log(1, timestamptz '294276-12-31 23:30Z')), time_zone => 'America/New_York') o;
SELECT o.* FROM clientele.orders((SELECT clientele.order_log(1, timestamptz '294276-12-31 23:30Z')), time_zone => 'Asia/Tokyo') o;
-- lengths of time that are too long
SELECT * FROM clientele.customers((SELECT clientele.order_log(1, date '2024-01-01')), time_unit => '200000000 days');
SELECT * FROM clientele.customers((SELECT clientele.order_log(1, date '2024-01-01')), time_unit => '-200000000 days');
SELECT * FROM clientele.customers((SELECT clientele.order_log(1, date '2024-01-01')), time_unit => '106751991 days 4 hours');
SELECT clientele.expected_orders_new_customer('{"purchase_model":1,"model":"bg/nbd","time_unit":"1 day","parameters":{"r":1,"alpha":1,"a":1,"b":1}}', '293000 years');
