-- item_log: what each customer bought and when
SET search_path = public, clientele;
SET datestyle = 'ISO, YMD';
SET timezone = 'UTC';
CREATE TABLE lines (customer int, at timestamptz, item text, amount numeric);
INSERT INTO lines VALUES
    (1, '2024-03-01 09:30+00', 'milk', 1.20), (1, '2024-03-01 09:30+00', 'bread', 3.50), (1, '2024-03-01 09:30+00', 'milk', 1.20),
    (1, '2024-03-05 18:00+00', 'milk', -1.20), (1, '2024-03-31 23:30+00', 'Zoë', 10), (2, '2024-03-01 12:00+00', 'milk', NULL),
    (2, '2024-04-02 12:00+00', 'bread', 3.50), (2, '2024-04-02 12:00+00', 'bread', -0.50), (2, '2024-04-02 12:00+00', 'returned only', -7),
    (3, '2024-04-03 12:00+00', 'returned only', -7), (NULL, '2024-04-03', 'milk', 1), (4, NULL, 'milk', 1), (4, '2024-04-03', NULL, 1),
    (NULL, NULL, NULL, 1), (NULL, NULL, 'milk', 1);
CREATE TABLE logs AS SELECT clientele.item_log(customer, at, item, amount) AS log FROM lines;
SELECT d.* FROM logs, clientele.describe(log) d \gx
SELECT i.* FROM logs, clientele.items(log) i;

-- up to an end, and as clocks in a zone show it
SELECT i.* FROM logs, clientele.items(log, as_of => '2024-03-31') i;
SELECT i.* FROM logs, clientele.items(log, as_of => '2024-04-01 01:30', time_zone => 'Europe/Berlin') i WHERE item = 'Zoë';
SELECT i.* FROM logs, clientele.items(log, as_of => '2023-01-01') i;
SELECT i.* FROM logs, clientele.items(log, as_of => NULL, time_zone => NULL) i LIMIT 1;

-- its orders are those of the rows that have an item
SELECT clientele.order_log(log) = (SELECT clientele.order_log(customer, at, amount) FROM lines WHERE item IS NOT NULL) AS same FROM logs;
SELECT clientele.order_log(clientele.item_log(customer, at, item)) = clientele.order_log(customer, at) FILTER (WHERE item IS NOT NULL) AS same FROM lines;
SELECT clientele.order_log(clientele.item_log(customer, at, item, amount::float8 / 7)) = clientele.order_log(customer, at, amount::float8 / 7) FILTER (WHERE item IS NOT NULL) AS same FROM lines;

-- baskets of what was bought: no returns
SELECT period, d.basket_keys, d.baskets, d.entries, d.rows
FROM logs, unnest(ARRAY['order', 'day', 'week', 'month', 'quarter', 'year', 'customer', NULL]) WITH ORDINALITY p (period, n), clientele.baskets(log, period) b, clientele.describe(b) d ORDER BY n;
SELECT i.* FROM logs, clientele.items(clientele.baskets(log)) i;
SELECT clientele.baskets(log, 'customer')::json AS baskets FROM logs;
SELECT time_zone, d.baskets FROM logs, unnest(ARRAY['UTC', 'Europe/Berlin']) time_zone,
     clientele.describe(clientele.baskets(log, 'month', as_of => '2024-04-01 12:00', time_zone => time_zone)) d;
SELECT clientele.baskets(log, 'decade') FROM logs;
SELECT clientele.baskets(NULL, 'decade');
SELECT clientele.baskets(NULL), clientele.order_log(NULL::clientele.item_log);
SELECT clientele.baskets(log, time_zone => 'Mars') FROM logs;
SELECT clientele.baskets(log, as_of => 'infinity') FROM logs;

-- 1 000 logs at random: as plain SQL has it
CREATE TABLE random AS
SELECT n, (h1 & 7)::int AS customer, timestamp '2024-01-01' + (h2 & 15) * interval '7 hours' AS at, 'item ' || (h3 & 7) AS item, ((h1 >> 8) % 1000 - 100) / 100.0 AS amount
FROM generate_series(1, 1000) n, generate_series(1, 30) i,
     LATERAL (SELECT abs(hashint8extended(i, n)) AS h1, abs(hashint8extended(i, n + 5000)) AS h2, abs(hashint8extended(i, n + 9000)) AS h3) h;
CREATE TABLE made AS SELECT n, clientele.item_log(customer, at, item, amount) AS log FROM random GROUP BY n;
SELECT count(*) AS logs, count(*) FILTER (WHERE clientele.order_log(log) = orders) AS orders_are_the_same
FROM made JOIN (SELECT n, clientele.order_log(customer, at, amount) AS orders FROM random GROUP BY n) o USING (n);
CREATE FUNCTION as_rows(log clientele.basket_log) RETURNS text LANGUAGE sql AS
$$SELECT md5(string_agg(s::text, ',' ORDER BY s.items)) FROM clientele.frequent_itemsets(log, min_count => 1, max_length => 3) s$$;
SELECT count(*) AS logs, count(*) FILTER (WHERE as_rows(clientele.baskets(log)) = as_rows(orders)) AS orders,
       count(*) FILTER (WHERE as_rows(clientele.baskets(log, 'day')) = as_rows(days)) AS days,
       count(*) FILTER (WHERE as_rows(clientele.baskets(log, 'week')) = as_rows(weeks)) AS weeks,
       count(*) FILTER (WHERE clientele.baskets(log, 'customer')::jsonb - 'rows' = customers::jsonb - 'rows') AS customers
FROM made JOIN (SELECT n, clientele.basket_log((customer, at), item) AS orders, clientele.basket_log((customer, at::date), item) AS days,
                       clientele.basket_log((customer, date_trunc('week', at)), item) AS weeks, clientele.basket_log(customer, item) AS customers
                FROM random WHERE amount >= 0 GROUP BY n) b USING (n);
SELECT count(*) AS different
FROM (SELECT n, i.item, i.customers, i.events, round(i.revenue::numeric, 2) AS revenue, i.first_bought, i.last_bought FROM made, clientele.items(log, as_of => '2025-01-01') i) found
FULL JOIN (SELECT n, item, count(DISTINCT customer) FILTER (WHERE amount >= 0) AS customers, count(DISTINCT (customer, at)) FILTER (WHERE amount >= 0) AS events,
                  round(sum(amount), 2) AS revenue, min(at) FILTER (WHERE amount >= 0) AS first_bought, max(at) FILTER (WHERE amount >= 0) AS last_bought
           FROM random GROUP BY n, item) expected USING (n, item)
WHERE (found.customers, found.events, found.revenue, found.first_bought, found.last_bought)
      IS DISTINCT FROM (expected.customers, expected.events, expected.revenue, expected.first_bought, expected.last_bought);

-- merging pieces, which share events, gives the same bytes as the whole
CREATE TABLE whole AS SELECT clientele.item_log(customer, at, item, amount) AS log FROM random;
SELECT cut, count(*) AS pieces, clientele.merge(log) = (SELECT log FROM whole) AS same
FROM (SELECT 'number' AS cut, log FROM made
      UNION ALL SELECT 'item', clientele.item_log(customer, at, item, amount) FROM random GROUP BY item
      UNION ALL SELECT 'amount', clientele.item_log(customer, at, item, amount) FROM random GROUP BY amount
      UNION ALL SELECT 'one', clientele.item_log(customer, at, item, amount) FROM (SELECT * FROM random ORDER BY md5(random::text)) shuffled) pieces
GROUP BY cut ORDER BY cut;
SELECT clientele.merge(log) = (SELECT log FROM whole) AS same
FROM (SELECT log FROM whole UNION ALL SELECT NULL UNION ALL SELECT clientele.item_log(customer, at, item) FROM random WHERE false) l;
SELECT clientele.merge(NULL::clientele.item_log);
SELECT count(*) AS different FROM (SELECT DISTINCT log FROM (SELECT log FROM whole UNION ALL SELECT log FROM whole) l) d;

-- every type of key and time
SELECT d.keys, d.times, d.item_keys, d.has_amounts, i.item
FROM (SELECT 1 AS n, clientele.item_log(1::smallint, date '2024-01-01', 1::smallint) AS log
      UNION ALL SELECT 2, clientele.item_log(5000000000, timestamp '2024-01-01', 7000000000, 1.5)
      UNION ALL SELECT 3, clientele.item_log('00000000-0000-0000-0000-00000000000f'::uuid, timestamptz '2024-01-01', '00000000-0000-0000-0000-00000000000a'::uuid, 1.5::float8)
      UNION ALL SELECT 4, clientele.item_log('Łódź'::varchar, date '2024-01-01', 'Ångström', NULL::numeric)
      UNION ALL SELECT 5, clientele.item_log('', date '2024-01-01', '')) l,
     clientele.describe(log) d, clientele.items(log) i ORDER BY n;
-- items that differ by case only are two; numbers go by number
SELECT string_agg(item, ' ') AS items FROM clientele.items((SELECT clientele.item_log(1, date '2024-01-01', item) FROM unnest(ARRAY['b', 'a', 'B', 'A', 'é']) item)) i;
SELECT string_agg(item, ' ') AS items FROM clientele.items((SELECT clientele.item_log(1, date '2024-01-01', item) FROM unnest(ARRAY[10, 9, -1, 100]) item)) i;

-- kinds do not mix
SELECT clientele.merge(log) FROM (SELECT clientele.item_log(1, date '2024-01-01', 'a'::text) AS log UNION ALL SELECT clientele.item_log('a'::text, date '2024-01-01', 'a'::text)) l;
SELECT clientele.merge(log) FROM (SELECT clientele.item_log(1, date '2024-01-01', 'a'::text) AS log UNION ALL SELECT clientele.item_log(1, timestamptz '2024-01-01', 'a'::text)) l;
SELECT clientele.merge(log) FROM (SELECT clientele.item_log(1, date '2024-01-01', 'a'::text) AS log UNION ALL SELECT clientele.item_log(1, date '2024-01-01', 1)) l;
SELECT clientele.item_log(1.5, date '2024-01-01', 'a');
SELECT clientele.item_log(1, date '2024-01-01', 1.5);
SELECT clientele.item_log(1, date 'infinity', 'a');
SELECT clientele.item_log(1, date '2024-01-01', 'a', 'NaN'::float8);
SELECT clientele.item_log_trans(NULL::text, 1, date '2024-01-01', 1);

-- nothing
SELECT clientele.item_log(customer, at, item) FROM lines WHERE false;
SELECT d.* FROM clientele.describe((SELECT clientele.item_log(customer, at, item) FROM lines WHERE item IS NULL)) d \gx
SELECT * FROM clientele.describe(NULL::clientele.item_log) \gx
SELECT * FROM clientele.items((SELECT clientele.item_log(customer, at, item) FROM lines WHERE false));
SELECT * FROM clientele.items(NULL::clientele.item_log);
SELECT clientele.order_log(log), clientele.baskets(log) FROM (SELECT clientele.item_log(customer, at, item) AS log FROM lines WHERE false) l;
-- returns only: all are seen
SELECT i.* FROM clientele.items((SELECT clientele.item_log(customer, at, item, amount) FROM lines WHERE amount < 0)) i;

-- FILTER, DISTINCT, ORDER BY, GROUP BY, OVER
SELECT clientele.item_log(customer, at, item, amount) FILTER (WHERE customer = 1)::json FROM lines;
SELECT clientele.item_log(customer, at, item, amount ORDER BY amount DESC) = clientele.item_log(customer, at, item, amount) AS same FROM lines;
SELECT (clientele.describe(clientele.item_log(DISTINCT customer, at, item, amount))).rows FROM lines;
SELECT customer, d.events, d.entries, d.revenue FROM (SELECT customer, clientele.item_log(customer, at, item, amount) AS log FROM lines GROUP BY customer) l, clientele.describe(log) d ORDER BY customer;
SELECT customer, item, (clientele.describe(clientele.item_log(customer, at, item) OVER (ORDER BY customer, at, item ROWS BETWEEN 2 PRECEDING AND CURRENT ROW))).entries
FROM lines WHERE customer < 3 ORDER BY customer, at, item, amount;

-- text and binary forms
CREATE TABLE kept (id int PRIMARY KEY, log clientele.item_log);
INSERT INTO kept SELECT n, log FROM made WHERE n < 50 UNION ALL SELECT 0, log FROM logs UNION ALL SELECT -1, clientele.item_log(customer, at, item) FROM lines WHERE false UNION ALL SELECT -2, NULL;
SELECT count(*) FILTER (WHERE log::text::clientele.item_log = log) AS text_is_exact, count(*) FILTER (WHERE log::jsonb::clientele.item_log = log) AS jsonb_is_exact,
       count(*) FILTER (WHERE log::json::clientele.item_log = log) AS json_is_exact FROM kept;
CREATE TABLE copied (LIKE kept);
\copy kept TO PROGRAM 'psql -d clientele_regression -Xqc "COPY copied FROM STDIN (FORMAT binary)"' (FORMAT binary)
SELECT count(*) FILTER (WHERE a.log = b.log) AS same FROM kept a JOIN copied b USING (id);
SELECT clientele.item_log_send(clientele.item_log(7, date '2024-01-01', 'a', 1.5));
SELECT clientele.item_log(7, date '2024-01-01', 'a', 1.5);
SELECT '{"item_log":1,"keys":["integer","text"],"times":"timestamp","items":["b","a","not bought"],"customers":{"7":[["2024-01-01",[1,1.5],[0,2],[1,-3],[1,0.5]]]}}'::clientele.item_log::json AS item_log;
SELECT ''::clientele.item_log;
SELECT '{}'::clientele.item_log;
SELECT '{"item_log":2}'::clientele.item_log;
SELECT '{"item_log":1,"items":["a"]}'::clientele.item_log;
SELECT '{"item_log":1,"keys":["integer","date"],"items":["a"]}'::clientele.item_log;
SELECT '{"item_log":1,"keys":["integer","text"],"items":["a"],"customers":{}}'::clientele.item_log;
SELECT '{"item_log":1,"keys":["integer","text"],"times":"timestamp","items":["a"],"customers":{"x":[]}}'::clientele.item_log;
SELECT '{"item_log":1,"keys":["integer","text"],"times":"timestamp","items":["a"],"customers":{"1":[["yesterday",[0,1]]]}}'::clientele.item_log;
SELECT '{"item_log":1,"keys":["integer","text"],"times":"timestamp","items":["a"],"customers":{"1":[["2024-01-01",[1,1]]]}}'::clientele.item_log;
SELECT '{"item_log":1,"keys":["integer","text"],"times":"timestamp","items":["a"],"customers":{"1":[["2024-01-01",[0,"x"]]]}}'::clientele.item_log;
SELECT '{"item_log":1,"keys":["integer","text"],"times":"timestamp","items":["a"],"customers":{"1":[[]]}}'::clientele.item_log;
-- a log is not another log
SELECT clientele.basket_log(1, 1)::text::clientele.item_log;
SELECT clientele.describe(log::text::clientele.order_log) FROM logs;

-- sums beyond the range; a large event, long names
SELECT clientele.describe(clientele.item_log(1, date '2024-01-01', i, 1.7e308::float8)) FROM generate_series(1, 3) i;
SELECT d.events, d.items, d.entries, d.revenue FROM clientele.describe((SELECT clientele.item_log(i % 2, date '2024-01-01', i, 0.5) FROM generate_series(1, 100000) i)) d;
SELECT d.items, d.bytes < 3000000 AS is_small, length(i.item) AS long
FROM (SELECT clientele.item_log(1, date '2024-01-01', repeat('é', 1000000) || i) AS log FROM generate_series(1, 3) i) l, clientele.describe(log) d, clientele.items(log) i;

-- memory: rows become runs
SET clientele.memory_limit = '16MB';
SELECT d.entries, d.rows, d.revenue FROM clientele.describe((SELECT clientele.item_log(i % 1000, date '2024-01-01' + i % 31, i % 7, 0.25) FROM generate_series(1, 1000000) i)) d;
\set VERBOSITY terse
SELECT clientele.item_log(i, date '2024-01-01', 'item ' || i) FROM generate_series(1, 1000000) i;
\set VERBOSITY default
RESET clientele.memory_limit;
DROP FUNCTION as_rows(clientele.basket_log);
DROP TABLE lines, logs, random, made, whole, kept, copied;
