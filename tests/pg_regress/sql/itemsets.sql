-- What is bought together: all, closed and maximal sets, against brute force.
SET search_path = public, clientele;
CREATE TABLE lines (basket integer, item text);
INSERT INTO lines VALUES
    (1, 'bread'), (1, 'milk'), (2, 'bread'), (2, 'diapers'), (2, 'beer'), (2, 'eggs'), (3, 'milk'), (3, 'diapers'), (3, 'beer'), (3, 'cola'),
    (4, 'bread'), (4, 'milk'), (4, 'diapers'), (4, 'beer'), (5, 'bread'), (5, 'milk'), (5, 'diapers'), (5, 'cola'), (5, 'cola');
CREATE TABLE log AS SELECT clientele.basket_log(basket, item) AS log FROM lines;
SELECT f.* FROM log, clientele.frequent_itemsets(log, 0.6) f;
SELECT f.items, f.baskets FROM log, clientele.frequent_itemsets(log, min_count => 2, target => 'closed', min_length => 3) f;
SELECT f.items, f.baskets FROM log, clientele.frequent_itemsets(log, min_count => 2, target => 'maximal') f;
SELECT f.items, f.baskets FROM log, clientele.frequent_itemsets(log, min_count => 2, max_length => 1) f;
-- the same as every set of items, counted
CREATE TABLE many AS
SELECT i / 6 AS basket, 'item ' || (i * i * 7 + i) % 9 AS item FROM generate_series(1, 360) i;
WITH items AS (SELECT item, row_number() OVER (ORDER BY item) AS bit FROM (SELECT DISTINCT item FROM many) d),
     baskets AS (SELECT basket, sum(DISTINCT 1 << (bit::int - 1)) AS bits FROM many JOIN items USING (item) GROUP BY basket),
     sets AS (SELECT s, (SELECT array_agg(item ORDER BY item COLLATE "C") FROM items WHERE s & (1 << (bit::int - 1)) > 0) AS items FROM generate_series(1, (1 << (SELECT count(*) FROM items)::int) - 1) s),
     counted AS (SELECT items, count(*) AS baskets FROM sets JOIN baskets ON bits & s = s GROUP BY s, items),
     found AS (SELECT items, f.baskets FROM (SELECT clientele.basket_log(basket, item) AS log FROM many) l, clientele.frequent_itemsets(log, min_count => 4) f)
SELECT count(*) AS sets, count(*) FILTER (WHERE c.baskets = f.baskets) AS equal
FROM (SELECT * FROM counted WHERE baskets >= 4) c FULL JOIN found f USING (items);
SELECT target, count(*), sum(f.baskets) FROM (SELECT clientele.basket_log(basket, item) AS log FROM many) l, unnest(ARRAY['all', 'closed', 'maximal']) target,
     clientele.frequent_itemsets(log, min_count => 4, target => target) f GROUP BY target ORDER BY target;
-- closed and maximal ones by definition
WITH logs AS MATERIALIZED (SELECT clientele.basket_log(i / 7, (i * 7919 % 23 * (i % 5 + 1)) % 17) AS log FROM generate_series(1, 3000) i),
     sets AS MATERIALIZED (SELECT s.items, s.length, s.baskets FROM logs, clientele.frequent_itemsets(log, min_count => 4) s),
     kept AS (SELECT target, s.items FROM logs, unnest(ARRAY['closed', 'maximal']) target, clientele.frequent_itemsets(log, min_count => 4, target => target) s),
     plain AS (
         SELECT 'closed' AS target, items FROM sets s WHERE NOT EXISTS (SELECT FROM sets t WHERE t.items @> s.items AND t.length > s.length AND t.baskets = s.baskets)
         UNION ALL SELECT 'maximal', items FROM sets s WHERE NOT EXISTS (SELECT FROM sets t WHERE t.items @> s.items AND t.length > s.length))
SELECT target, count(*) > 10 AS some, count(*) FILTER (WHERE k.items IS NULL OR p.items IS NULL) AS differences
FROM kept k FULL JOIN plain p USING (target, items) GROUP BY target ORDER BY target;
-- shares and numbers of baskets
SELECT share, (SELECT count(*) FROM clientele.frequent_itemsets(log, share)) AS sets, (SELECT count(*) FROM clientele.frequent_itemsets(log, min_count => n)) AS same
FROM log, (VALUES (0.2, 1), (0.4, 2), (0.6, 3), (0.60001, 4), (0.8, 4), (1.0, 5)) v (share, n);
-- one log for each group
SELECT half, f.items, f.baskets FROM (SELECT basket % 2 AS half, clientele.basket_log(basket, item) AS log FROM lines GROUP BY 1) l, clientele.frequent_itemsets(log, 1) f
ORDER BY half, f.items;
-- items that are UUIDs, all sets of one basket, the one closed set of a basket of many
SELECT f.items, f.baskets FROM (SELECT clientele.basket_log(i, lpad((i % 3)::text, 32, '0')::uuid) AS log FROM generate_series(1, 10) i) l, clientele.frequent_itemsets(log, 0.4) f;
SELECT count(*), max(f.length) FROM (SELECT clientele.basket_log(1, i) AS log FROM generate_series(1, 12) i) l, clientele.frequent_itemsets(log) f;
SELECT count(*), max(f.length) FROM (SELECT clientele.basket_log(1, i) AS log FROM generate_series(1, 1000) i) l, clientele.frequent_itemsets(log, target => 'closed') f;
-- items that are integers, and a support exactly at the limit
SELECT f.items, f.baskets, f.support FROM (SELECT clientele.basket_log(i, i % 3) AS log FROM generate_series(1, 10) i) l, clientele.frequent_itemsets(log, 0.3) f;
SELECT f.items FROM (SELECT clientele.basket_log(i, i % 3) AS log FROM generate_series(1, 10) i) l, clientele.frequent_itemsets(log, 0.30001) f;
-- nothing
SELECT count(*) FROM clientele.frequent_itemsets(NULL);
SELECT count(*) FROM clientele.frequent_itemsets((SELECT clientele.basket_log(NULL, 1)), 0.5);
SELECT count(*) FROM log, clientele.frequent_itemsets(log, min_count => 100000000000);
SELECT count(*) AS usual FROM log, clientele.frequent_itemsets(log, NULL, NULL, NULL, NULL, NULL);
-- what is wrong
SELECT * FROM log, clientele.frequent_itemsets(log, 5);
SELECT * FROM log, clientele.frequent_itemsets(log, 0);
SELECT * FROM log, clientele.frequent_itemsets(log, 'NaN');
SELECT * FROM log, clientele.frequent_itemsets(log, 'Infinity');
SELECT * FROM log, clientele.frequent_itemsets(log, 0.5, 3);
SELECT * FROM log, clientele.frequent_itemsets(log, min_count => 0);
SELECT * FROM log, clientele.frequent_itemsets(log, target => 'some');
SELECT * FROM log, clientele.frequent_itemsets(log, min_length => 0);
SELECT * FROM log, clientele.frequent_itemsets(log, max_length => -1);
SELECT * FROM log, clientele.frequent_itemsets(log, min_length => 3, max_length => 2);
-- an answer that is too large is an error, and no part of it comes
SET clientele.row_limit = 1000;
SELECT count(*) FROM (SELECT clientele.basket_log(b, i) AS log FROM generate_series(1, 3) b, generate_series(1, 40) i) l, clientele.frequent_itemsets(log, 1);
RESET clientele.row_limit;
SELECT count(*), max(length) FROM (SELECT clientele.basket_log(b, i) AS log FROM generate_series(1, 3) b, generate_series(1, 40) i) l, clientele.frequent_itemsets(log, 1, target => 'maximal');
DROP TABLE lines, log, many;
