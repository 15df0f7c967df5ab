-- Merging: pieces give the same bytes as the whole.
-- Operators are looked up on the search path; everything else is called by its full name.
SET search_path = public, clientele;
SET datestyle = 'ISO, YMD';
CREATE TABLE numbers AS
SELECT i AS n, i % 97 AS customer_id, timestamptz '2024-01-01 00:00+00' + i % 1000 * interval '37 minutes' AS ordered_at,
       (i * 7919 % 20000 - 1000) / 100.0 AS total
FROM generate_series(1, 20000) i;
CREATE TABLE whole AS SELECT clientele.order_log(customer_id, ordered_at, total) AS log FROM numbers;
SELECT d.customers, d.orders, d.revenue, d.rows FROM whole, clientele.describe(log) d;
-- the same numbers in plain SQL
SELECT count(DISTINCT customer_id) AS customers,
       count(DISTINCT (customer_id, ordered_at)) FILTER (WHERE total >= 0) AS orders, sum(total) AS revenue, count(*) AS rows
FROM numbers;

-- by day, by customer, by hash, shuffled, twice merged
CREATE TABLE pieces AS
SELECT 'day' AS cut, clientele.order_log(customer_id, ordered_at, total) AS log FROM numbers GROUP BY ordered_at::date
UNION ALL SELECT 'customer', clientele.order_log(customer_id, ordered_at, total) FROM numbers GROUP BY customer_id
UNION ALL SELECT 'hash', clientele.order_log(customer_id, ordered_at, total) FROM numbers GROUP BY hashint4(n) % 7
UNION ALL SELECT 'row', clientele.order_log(customer_id, ordered_at, total) FROM numbers GROUP BY n
UNION ALL SELECT 'one', clientele.order_log(customer_id, ordered_at, total)
          FROM (SELECT * FROM numbers ORDER BY md5(n::text)) shuffled;
SELECT cut, count(*) AS pieces, clientele.merge(p.log) = (SELECT log FROM whole) AS same FROM pieces p GROUP BY cut ORDER BY cut;
SELECT clientele.merge(log) = (SELECT log FROM whole) AS merged_of_merged
FROM (SELECT clientele.merge(log) AS log FROM pieces WHERE cut = 'hash' GROUP BY length(log::text) % 3) m;

-- empty and NULL logs are the identity
SELECT clientele.merge(log) = (SELECT log FROM whole) AS same
FROM (SELECT log FROM whole UNION ALL SELECT NULL
      UNION ALL SELECT clientele.order_log(customer_id, ordered_at, total) FROM numbers WHERE false) l;
SELECT clientele.merge(NULL::clientele.order_log);
SELECT clientele.merge(log) FROM whole WHERE false;

-- equality is one of content: GROUP BY, DISTINCT, joins
SELECT count(*) AS different FROM (SELECT DISTINCT log FROM (SELECT log FROM pieces WHERE cut = 'one' UNION ALL SELECT log FROM whole) l) d;
SELECT count(*) FROM whole a JOIN whole b ON a.log = b.log;
SELECT a.log <> b.log AS differs FROM whole a, pieces b WHERE b.cut = 'hash' LIMIT 1;
SELECT log, count(*) FROM (SELECT clientele.order_log(1, date '2024-01-01', i % 2) AS log FROM generate_series(1, 6) i GROUP BY i) l
GROUP BY log ORDER BY 2;

-- kinds of keys or times do not mix
SELECT clientele.merge(log)
FROM (SELECT clientele.order_log(1, date '2024-01-01') AS log UNION ALL SELECT clientele.order_log('a'::text, date '2024-01-01')) l;
SELECT clientele.merge(log)
FROM (SELECT clientele.order_log(1, date '2024-01-01') AS log UNION ALL SELECT clientele.order_log(1, timestamptz '2024-01-01')) l;

DO $$
BEGIN
    PERFORM clientele.merge(log)
    FROM (SELECT clientele.order_log(1, date '2024-01-01') AS log UNION ALL SELECT clientele.order_log('a'::text, date '2024-01-01')) l;
EXCEPTION WHEN datatype_mismatch THEN
    RAISE NOTICE '%', SQLSTATE;
END $$;
DROP TABLE pieces, whole, numbers;
