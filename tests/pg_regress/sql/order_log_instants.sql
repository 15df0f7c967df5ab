-- Many rows at one instant, and the ends of all ranges: all readers see the same, and all plans give the same value.
SET search_path = public, clientele;
SET datestyle = 'ISO, YMD';

-- an instant whose rows are on both sides of the end of a block
WITH lines(c, a) AS (
    SELECT i, 5::numeric FROM generate_series(1, 1023) i
    UNION ALL SELECT 5000, i FROM generate_series(1, 100) i
    UNION ALL SELECT 5000, 1000000)
SELECT d.orders, (SELECT sum(orders) FROM clientele.customers(log)) AS true_orders, (SELECT count(*) FROM clientele.orders(log)) AS rows,
       log::text::order_log = log AS text_is_exact
FROM (SELECT clientele.order_log(c, date '2024-01-01', a) AS log FROM lines) l, clientele.describe(log) d;
SELECT a % 2 = 0 AS decimals, d.orders, d.repeat_customers, (SELECT sum(orders) FROM clientele.customers(log)) AS customers,
       (SELECT count(*) FROM clientele.orders(log)) AS rows, log::text::order_log = log AS text_is_exact
FROM generate_series(0, 1) a,
     LATERAL (SELECT clientele.order_log(i, date '2024-01-01', CASE a WHEN 0 THEN n ELSE n / 3.0 END) AS log
              FROM generate_series(1, 2000) i, unnest(ARRAY[1, 2, 5]) n) l,
     clientele.describe(log) d;

-- one row for the orders of an instant and one for the returns
SELECT o.customer_id, o.ordered_at, round(o.amount::numeric, 2) AS amount
FROM clientele.orders((SELECT clientele.order_log(1, date '2024-01-01', a) FROM unnest(ARRAY[10 / 3.0, -5, 20]) a)) o;
SELECT count(*) FILTER (WHERE abs(o.amount - s.amount) > 1e-9) AS wrong, count(*) FILTER (WHERE o.amount IS NULL OR s.amount IS NULL) AS lost, count(*) > 1000 AS many
FROM (SELECT clientele.order_log(c, t, a) AS log FROM (
          SELECT i % 97 AS c, timestamp '2024-01-01' + (i % 13) * interval '1 day' AS t, (i % 31 - 7) / (1 + i % 3)::float8 AS a
          FROM generate_series(1, 30000) i) r) l,
     LATERAL clientele.orders(log) o
     FULL JOIN (SELECT (i % 97)::bigint AS customer_id, timestamp '2024-01-01' + (i % 13) * interval '1 day' AS ordered_at,
                       i % 31 < 7 AS returned, sum((i % 31 - 7) / (1 + i % 3)::float8) AS amount
                FROM generate_series(1, 30000) i GROUP BY 1, 2, 3) s
     ON s.customer_id = o.customer_id AND s.ordered_at = o.ordered_at AND s.returned = (o.amount < 0);
-- collected again, they are the same log but for the number of rows
SELECT (SELECT clientele.order_log(o.customer_id, o.ordered_at, o.amount) FROM clientele.orders(log) o)::jsonb - 'rows' = log::jsonb - 'rows' AS same, d.rows, d.orders
FROM (SELECT clientele.order_log(i % 7, date '2024-01-01' + i % 50, i % 9 - 2.25) AS log FROM generate_series(1, 20000) i) l, clientele.describe(log) d;

CREATE FUNCTION pg_temp.sqlstate_of(query text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE query;
    RETURN '00000';
EXCEPTION WHEN OTHERS THEN
    RETURN sqlstate;
END $$;
-- sums beyond the range are errors in all functions, as in PostgreSQL's sum
CREATE TABLE sums AS
SELECT what, clientele.order_log(1, date '2024-01-01' + n::integer * (what = 'days')::integer, a) AS log
FROM (VALUES ('instant', ARRAY[1e308, 1e308, 1e308]), ('days', ARRAY[1e308, 1e308, 1e308]), ('both', ARRAY[1e308, 1e308, -1e308, -1e308])) v (what, amounts),
     unnest(amounts::float8[]) WITH ORDINALITY u (a, n) GROUP BY what;
SELECT what, call, pg_temp.sqlstate_of(replace(call, 'LOG', format('(SELECT log FROM sums WHERE what = %L)', what)))
FROM sums, unnest(ARRAY['SELECT clientele.describe(LOG)', 'SELECT * FROM clientele.customers(LOG)', 'SELECT * FROM clientele.rfm(LOG)',
                        'SELECT clientele.fit_rfm(LOG)', 'SELECT * FROM clientele.orders(LOG)']) WITH ORDINALITY AS c (call, n)
ORDER BY what, n;
SELECT d.revenue FROM clientele.describe((SELECT clientele.order_log(i, date '2024-01-01', a) FROM unnest(ARRAY[1e308, -1e308, 5]) WITH ORDINALITY u (a, i))) d;
SELECT clientele.describe(log) FROM sums WHERE what = 'days';

-- the ends of all ranges in one log
SELECT o.* FROM (SELECT clientele.order_log(c, t, a) AS log
      FROM (VALUES (-9223372036854775808, timestamp '4713-01-01 BC', 5e-324::float8), (9223372036854775807, '294276-12-31 23:59:59.999999', 1e300),
                   (9223372036854775807, '4713-01-01 BC', -1e15), (0, '2000-01-01', 0.1)) v (c, t, a)) l, clientele.orders(log) o;
SELECT clientele.order_log(c, timestamp '2024-01-01', 1)::json
FROM (VALUES (-9223372036854775808), (9223372036854775807)) v (c);

-- text that no writer wrote is taken, and written as it should be
SELECT '{"order_log":1,"keys":"integer","times":"timestamp","rows":1,"customers":{"1":[["2024-01-01",1.5],["2024-01-01",1.50],["2024-01-01",-1]]}}'::order_log::json AS order_log;
DROP TABLE sums;
