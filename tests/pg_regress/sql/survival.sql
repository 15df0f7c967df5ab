-- How long customers stay and how soon they come again, against the same in plain SQL.
SET datestyle = 'ISO, YMD';
CREATE TABLE bought (customer_id integer, day date);
INSERT INTO bought
SELECT 1, date '2024-01-01' + d FROM unnest(ARRAY[0, 10, 20, 50]) d UNION ALL
SELECT 2, date '2024-01-01' + d FROM unnest(ARRAY[0, 30, 60, 91]) d UNION ALL
SELECT 3, date '2024-01-01' UNION ALL
SELECT 4, date '2024-03-01' UNION ALL
SELECT 5, date '2024-01-01' + d FROM unnest(ARRAY[70, 100]) d UNION ALL
SELECT 6, date '2024-03-11';
CREATE TABLE log AS SELECT clientele.order_log(customer_id, day) AS log FROM bought;
-- the newest day is 2024-04-10: a log of dates knows all of it
SELECT days, at_risk, lost, survival::numeric(9,6), survival_low::numeric(9,6), survival_high::numeric(9,6) FROM log, clientele.survival(log, '30 days');
SELECT days, at_risk, reordered, share::numeric(9,6), share_low::numeric(9,6), share_high::numeric(9,6) FROM log, clientele.reorders(log);
SELECT days, at_risk, reordered, share::numeric(9,6), share_low::numeric(9,6), share_high::numeric(9,6) FROM log, clientele.reorders(log, 2, confidence => 0.5);
SELECT count(*) FROM log, clientele.reorders(log, 4);
-- exactly so many days later keeps a customer, and one more does not; a day is over when the next one begins
SELECT gap, kind, s.* FROM (VALUES (30), (31)) g (gap),
     LATERAL (SELECT 'dates' AS kind, clientele.order_log(1, date '2024-01-01' + i * gap) AS log FROM generate_series(0, 1) i
              UNION ALL SELECT 'times', clientele.order_log(1, timestamp '2024-01-01 12:00' + i * gap * interval '1 day') FROM generate_series(0, 1) i) l,
     LATERAL clientele.survival(log, '30 days') s ORDER BY gap, kind;
SELECT as_of, count(s) AS points FROM unnest(ARRAY[timestamp '2024-01-30 23:59:59.999999', '2024-01-31', '2024-01-31 23:59:59.999999', '2024-02-01']) as_of,
     (SELECT clientele.order_log(1, timestamp '2024-01-01 12:00') AS times, clientele.order_log(1, date '2024-01-01') AS dates) l
     LEFT JOIN LATERAL clientele.survival(times, '30 days', as_of => as_of) s ON true GROUP BY as_of ORDER BY as_of;
SELECT as_of, count(s) AS points FROM unnest(ARRAY[timestamp '2024-01-30 23:59:59.999999', '2024-01-31', '2024-02-01']) as_of,
     (SELECT clientele.order_log(1, date '2024-01-01') AS dates) l
     LEFT JOIN LATERAL clientele.survival(dates, '30 days', as_of => as_of) s ON true GROUP BY as_of ORDER BY as_of;
-- a return is no purchase; who only returned something is not waited for
SELECT s.* FROM (SELECT clientele.order_log(c, date '2024-01-01' + d, a) AS log FROM (VALUES (1, 0, 5), (1, 20, -5), (1, 40, 5), (2, 0, -1)) v (c, d, a)) l,
     clientele.survival(log, '30 days') s;
SELECT * FROM clientele.survival(NULL::clientele.order_log, '30 days');
SELECT * FROM clientele.reorders(NULL);
SELECT * FROM clientele.compare_survival(NULL);
SELECT s.* FROM log, clientele.survival(log, '30 days', as_of => '2023-12-31') s;
-- the survival of a model is another function
SELECT round(clientele.survival(clientele.fit_retention(p, c), 2)::numeric, 4) FROM (VALUES (0, 1000), (1, 800), (2, 700), (3, 650)) v (p, c);

-- many orders, against the definition in plain SQL
CREATE TABLE many AS
SELECT (((hashint4(i + 100000) & 65535) / 65536.0) ^ 2 * 211)::integer AS customer_id, timestamptz '2023-01-01 00:00+00' + (hashint4(i) & 524287) * interval '80 seconds' AS ordered_at,
       (i * 31 % 9000 - 500) / 100.0 AS total
FROM generate_series(1, 2000) i;
CREATE TABLE many_log AS SELECT clientele.order_log(customer_id, ordered_at, total) AS log FROM many;
CREATE FUNCTION survival_by_sql(as_of timestamptz, zone text, lost_after integer, after_order integer)
RETURNS TABLE (days float8, at_risk bigint, events bigint, survival float8) LANGUAGE sql AS $$
    WITH purchases AS (SELECT DISTINCT m.customer_id, date(m.ordered_at AT TIME ZONE zone) AS d FROM many m WHERE m.ordered_at <= as_of AND total >= 0),
    numbered AS (SELECT p.customer_id, d, row_number() OVER w AS n, first_value(d) OVER w AS first, lead(d) OVER w AS next,
                        date(as_of AT TIME ZONE zone) AS today FROM purchases p WINDOW w AS (PARTITION BY p.customer_id ORDER BY d)),
    waits AS (
        SELECT coalesce(min(d + lost_after) FILTER (WHERE coalesce(next > d + lost_after, d + lost_after < today)), max(today)) - min(first) AS days,
               bool_or(coalesce(next > d + lost_after, d + lost_after < today)) AS event
        FROM numbered WHERE lost_after IS NOT NULL GROUP BY numbered.customer_id
        UNION ALL
        SELECT coalesce(next, today) - d, next IS NOT NULL FROM numbered WHERE n = after_order),
    times AS (SELECT w.days, count(*) FILTER (WHERE event) AS events, sum(count(*)) OVER (ORDER BY w.days DESC) AS at_risk FROM waits w GROUP BY w.days)
    SELECT t.days, t.at_risk::bigint, t.events,
           CASE WHEN bool_or(events = t.at_risk) OVER w THEN 0 ELSE exp(sum(CASE WHEN events < t.at_risk THEN ln(1 - events::float8 / t.at_risk::float8) END) OVER w) END
    FROM times t WHERE events > 0 WINDOW w AS (ORDER BY t.days)
$$;
SELECT zone, as_of AT TIME ZONE 'UTC' AS as_of, days_lost, count(*) AS points, count(*) FILTER (WHERE (s.at_risk, s.lost) = (p.at_risk, p.events)) AS same, max(abs(s.survival - p.survival)) < 1e-12 AS survival
FROM many_log, unnest(ARRAY['UTC', 'Asia/Tokyo']) zone, unnest(ARRAY[timestamptz '2023-10-01 03:00+00', '2024-04-20 00:00+00']) as_of, unnest(ARRAY[20, 45]) days_lost,
     LATERAL clientele.survival(log, days_lost * interval '1 day', as_of => as_of AT TIME ZONE zone, time_zone => zone) s
     FULL JOIN LATERAL survival_by_sql(as_of, zone, days_lost, NULL) p USING (days)
GROUP BY zone, as_of, days_lost ORDER BY zone, as_of, days_lost;
SELECT n, count(*) AS points, count(*) FILTER (WHERE (r.at_risk, r.reordered) = (p.at_risk, p.events)) AS same, max(abs(1 - r.share - p.survival)) < 1e-12 AS share
FROM many_log, generate_series(1, 4) n, LATERAL clientele.reorders(log, n, as_of => '2023-10-01 03:00') r
     FULL JOIN LATERAL survival_by_sql('2023-10-01 03:00+00', 'UTC', NULL, n) p USING (days) GROUP BY n ORDER BY n;
-- other periods
SELECT period, count(*) AS points, max(days) AS longest, max(lost) FILTER (WHERE days = least) AS first_lost, least
FROM (SELECT period, s.*, min(days) OVER (PARTITION BY period) AS least FROM many_log, unnest(ARRAY['week', 'month', 'none']) period, clientele.survival(log, '45 days', period) s) s
GROUP BY period, least ORDER BY period;

-- groups that are parts of one, and groups that differ
CREATE TABLE groups AS
SELECT customer_id % 3 AS g, clientele.order_log(customer_id, ordered_at, total) AS log, clientele.order_log(customer_id, ordered_at + customer_id % 3 * (ordered_at - timestamptz '2023-01-01 00:00+00')) AS slower
FROM many GROUP BY g;
SELECT c.log, c.customers, c.events, c.expected::numeric(9,4), c.chi2::numeric(9,4), c.df, c.p_value::numeric(9,4)
FROM (SELECT array_agg(log ORDER BY g) AS logs FROM groups) l, clientele.compare_survival(logs, lost_after => '30 days') c;
SELECT c.log, c.customers, c.events, c.expected::numeric(9,4), c.chi2::numeric(9,4), c.df, c.p_value::numeric(9,4)
FROM (SELECT array_agg(slower ORDER BY g) AS logs FROM groups) l, clientele.compare_survival(logs) c;
-- without customers, and NULL; alone
SELECT c.log, c.customers, c.events, c.expected::numeric(9,4), c.chi2::numeric(9,4), c.df, c.p_value::numeric(9,4)
FROM (SELECT array_agg(log ORDER BY g) || NULL::clientele.order_log || (SELECT clientele.order_log(1, now()) FROM log WHERE false) AS logs FROM groups WHERE g < 2) l,
     clientele.compare_survival(logs, after_order => 2) c;
SELECT c.* FROM groups, clientele.compare_survival(ARRAY[log]) c WHERE g = 0;
SELECT * FROM clientele.compare_survival('{}');
SELECT * FROM clientele.compare_survival(ARRAY[NULL]::clientele.order_log[]);
-- the order of the logs changes nothing but the rows
SELECT count(DISTINCT (chi2::numeric(20,12), df, p_value::numeric(20,12)))
FROM (SELECT array_agg(log ORDER BY g) AS logs FROM groups UNION ALL SELECT array_agg(log ORDER BY -g) FROM groups) l, clientele.compare_survival(logs, lost_after => '30 days') c;

-- wrong options
SELECT * FROM log, clientele.survival(log, NULL);
SELECT * FROM log, clientele.survival(log, '0 days');
SELECT * FROM log, clientele.survival(log, '-5 days');
SELECT * FROM log, clientele.survival(log, '36 hours');
SELECT * FROM log, clientele.survival(log, '1 year');
SELECT count(*) FROM log, clientele.survival(log, '36 hours', period => 'none');
SELECT * FROM log, clientele.survival(log, '30 days', confidence => 1);
SELECT * FROM log, clientele.reorders(log, 0);
SELECT * FROM log, clientele.compare_survival(ARRAY[log], '30 days', 1);
SELECT * FROM log, clientele.compare_survival(ARRAY[[log], [log]]);
SELECT * FROM log, many_log, clientele.compare_survival(ARRAY[log.log, many_log.log]);
DROP FUNCTION survival_by_sql;
DROP TABLE bought, log, many, many_log, groups;
