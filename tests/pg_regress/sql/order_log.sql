-- Collecting orders: what goes in comes out, whatever the types.
-- Operators are looked up on the search path; everything else is called by its full name.
SET search_path = public, clientele;
SET datestyle = 'ISO, YMD';
SELECT clientele.order_log(customer_id, ordered_at, total)::json FROM small_orders;
SELECT * FROM clientele.describe((SELECT clientele.order_log(customer_id, ordered_at, total) FROM small_orders));
SELECT * FROM clientele.orders((SELECT clientele.order_log(customer_id, ordered_at, total) FROM small_orders));

-- orders() gives back what order_log() collects
SELECT (SELECT clientele.order_log(o.customer_id, o.ordered_at AT TIME ZONE 'UTC', o.amount) FROM clientele.orders(log) o)
           ::jsonb -> 'customers' = log::jsonb -> 'customers' AS same
FROM (SELECT clientele.order_log(customer_id, ordered_at, total) AS log FROM small_orders) l;

-- up to a time, and in a time zone
SELECT * FROM clientele.orders((SELECT clientele.order_log(customer_id, ordered_at, total) FROM small_orders),
                               as_of => '2024-01-03 01:00', time_zone => 'Europe/Berlin');

-- every type of key
SELECT pg_typeof(o.customer_id), o.*
FROM (SELECT clientele.order_log(i::int2, date '2024-01-01' + i, i) AS log FROM generate_series(-1, 1) i) l,
     clientele.orders(log) o;
SELECT pg_typeof(o.customer_id), o.*
FROM (SELECT clientele.order_log(i, date '2024-01-01' + i, i) AS log FROM generate_series(-1, 1) i) l,
     clientele.orders(log, NULL::int2) o;
SELECT pg_typeof(o.customer_id), o.*
FROM (SELECT clientele.order_log(i::int8 * 5000000000, date '2024-01-01' + i, i) AS log FROM generate_series(-1, 1) i) l,
     clientele.orders(log, NULL::int8) o;
SELECT pg_typeof(o.customer_id), o.*
FROM (SELECT clientele.order_log(('0000000' || i || '-0000-0000-0000-00000000000f')::uuid, date '2024-01-01' + i, i) AS log
      FROM generate_series(0, 2) i) l,
     clientele.orders(log, NULL::uuid) o;
SELECT pg_typeof(o.customer_id), o.*
FROM (SELECT clientele.order_log(k, date '2024-01-01', 1) AS log
      FROM unnest(ARRAY['Zoë', '', 'Ångström', E'tab\t"quote"', 'Zoe']) k) l,
     clientele.orders(log, NULL::text) o;
SELECT pg_typeof(o.customer_id), o.*
FROM (SELECT clientele.order_log(k::varchar(3), date '2024-01-01', 1) AS log FROM unnest(ARRAY['b', 'a']) k) l,
     clientele.orders(log, NULL::varchar) o;
CREATE DOMAIN customer_number AS integer CHECK (VALUE > 0);
SELECT pg_typeof(o.customer_id), o.*
FROM (SELECT clientele.order_log(7::customer_number, date '2024-01-01', 1) AS log) l, clientele.orders(log) o;

-- every type of time: those without a zone stand as they are
SELECT clientele.order_log(1, timestamptz '2024-03-31 02:30+01', 1)::json;
SELECT clientele.order_log(1, timestamp '2024-03-31 02:30:00.000001', 1)::json;
SELECT clientele.order_log(1, date '2024-03-31', 1)::json;
SELECT clientele.order_log(1, t, 1)::json
FROM unnest(ARRAY['4714-11-24 BC', '0001-12-31 BC', '294276-12-31 23:59:59.999999', '1999-12-31 23:59:59.999999']::timestamp[]) t;

-- every type of amount: the same amount is the same, whatever its type
SELECT clientele.order_log(1, date '2024-01-01', a) = clientele.order_log(1, date '2024-01-01', a::float8) AS same
FROM unnest(ARRAY[0, 0.1, 12.34, -99999.999, 123456789012345, 0.000000001, 1000, 1e15]::numeric[]) a;
SELECT i, substring(clientele.order_log(1, date '2024-01-01', a)::json::text FROM '"customers":.*') AS amount
FROM unnest(ARRAY['0', '-0', '12.50', '1e-9', '1e-10', '99999999999999.9', '999999999999999.9', '12345678901234567890.12',
                  '0.3333333333333333333333', '1e300', '-1e-300', '10000', '0.00010000', '1.23456789']::numeric[])
     WITH ORDINALITY AS u (a, i) GROUP BY i ORDER BY i;
SELECT i, substring(clientele.order_log(1, date '2024-01-01', a)::json::text FROM '"customers":.*') AS amount
FROM unnest(ARRAY['0', '-0', '12.5', '0.1', '1e-9', '1e-10', '0.30000000000000004', '1.7976931348623157e308',
                  '4.9406564584124654e-324', '-1e22', '280206.02']::float8[])
     WITH ORDINALITY AS u (a, i) GROUP BY i ORDER BY i;
SELECT clientele.order_log(1, date '2024-01-01')::jsonb AS no_amount;

-- amounts of one instant add up exactly
SELECT clientele.order_log(1, date '2024-01-01', a)::jsonb -> 'customers' AS sums
FROM unnest(array_fill(0.1::float8, ARRAY[10]) || ARRAY[-0.7::float8, -0.7, -0.7]) a;
-- numbers that are no decimals stay as they are, in a fixed order
SELECT clientele.order_log(1, date '2024-01-01', a)::jsonb -> 'customers' AS raw
FROM unnest(ARRAY[2, 1, -1, 3]::float8[]) n, LATERAL (SELECT n / 3 AS a) s;

-- rows without a customer or a time are ignored and counted; a NULL amount is an order of amount 0
SELECT * FROM clientele.describe((
    SELECT clientele.order_log(c, t, a)
    FROM (VALUES (1, date '2024-01-01', 5.0), (NULL, '2024-01-01', 5), (1, NULL, 5), (NULL, NULL, NULL), (2, '2024-01-02', NULL))
         AS v (c, t, a)));

-- no rows: an empty log, not NULL
SELECT clientele.order_log(customer_id, ordered_at, total) FROM small_orders WHERE false;
SELECT * FROM clientele.describe((SELECT clientele.order_log(customer_id, ordered_at, total) FROM small_orders WHERE false));
SELECT * FROM clientele.orders((SELECT clientele.order_log(customer_id, ordered_at, total) FROM small_orders WHERE false));
SELECT * FROM clientele.describe(NULL::clientele.order_log);
SELECT * FROM clientele.orders(NULL);

-- describe() is one row and no set: it may stand wherever a value may
CREATE TABLE shop_logs (shop text, log order_log, CHECK ((clientele.describe(log)).null_customers = 0));
INSERT INTO shop_logs SELECT 'shop ' || customer_id % 2, clientele.order_log(customer_id, ordered_at, total) FROM small_orders GROUP BY 1;
INSERT INTO shop_logs SELECT 'none', clientele.order_log(NULL::integer, now());
SELECT shop, CASE WHEN (clientele.describe(log)).repeat_customers > 0 THEN (clientele.describe(log)).repeat_customers END AS repeat_customers
FROM shop_logs WHERE (clientele.describe(log)).orders > 0 ORDER BY shop;
DROP TABLE shop_logs;
-- who comes again on the same day only, or for returns only, does not repeat
SELECT d.customers, d.repeat_customers, d.orders
FROM clientele.describe((
    SELECT clientele.order_log(c, t, a)
    FROM (VALUES (1, timestamp '2024-01-01 00:00', 1), (1, '2024-01-01 23:59:59.999999', 1), (2, '2024-01-01 23:59:59.999999', 1),
                 (2, '2024-01-02', 1), (3, '2024-01-01', 1), (3, '2024-01-02', -1), (4, '1999-12-31', -1)) AS v (c, t, a))) d;

-- FILTER, DISTINCT, ORDER BY, GROUP BY, OVER
SELECT clientele.order_log(customer_id, ordered_at, total) FILTER (WHERE customer_id = 2)::json FROM small_orders;
SELECT clientele.order_log(customer_id, ordered_at, total ORDER BY total DESC)
     = clientele.order_log(customer_id, ordered_at, total) AS same
FROM small_orders;
SELECT clientele.order_log(DISTINCT 1, date '2024-01-01', 1.5)::jsonb -> 'rows' AS distinct_rows FROM small_orders;
SELECT customer_id, (clientele.describe(clientele.order_log(customer_id, ordered_at, total))).*
FROM small_orders GROUP BY customer_id ORDER BY customer_id;
SELECT customer_id, ordered_at AT TIME ZONE 'UTC' AS ordered_at,
       (clientele.describe(clientele.order_log(customer_id, ordered_at, total) OVER (ORDER BY ordered_at, total))).revenue
FROM small_orders ORDER BY ordered_at, total;
SELECT ordered_at AT TIME ZONE 'UTC' AS ordered_at,
       (clientele.describe(clientele.order_log(customer_id, ordered_at, total)
                           OVER (ORDER BY ordered_at, total ROWS BETWEEN 1 PRECEDING AND CURRENT ROW))).revenue
FROM small_orders ORDER BY ordered_at, total;

-- no result depends on the settings of the session
SET timezone = 'America/Los_Angeles';
SET datestyle = 'SQL, DMY';
SET intervalstyle = 'sql_standard';
SET extra_float_digits = -3;
SELECT clientele.order_log(customer_id, ordered_at, total)::json FROM small_orders;
RESET ALL;
