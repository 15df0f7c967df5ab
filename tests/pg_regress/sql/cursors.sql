-- States of aggregates that outlive a command: a server with assertions looks at all memory between two commands of a
-- transaction, and finds those of an open cursor there.
SET search_path = public, clientele;
BEGIN;
DECLARE orders CURSOR FOR
SELECT i, (describe(order_log(i, timestamp '2024-01-01' + i * interval '1 hour', i) OVER (ORDER BY i))).orders FROM generate_series(1, 3000) i;
DECLARE baskets CURSOR FOR SELECT i, (describe(basket_log(i, i % 7) OVER (ORDER BY i))).baskets FROM generate_series(1, 3000) i;
DECLARE features CURSOR FOR SELECT i, (describe(feature_set(i, ARRAY[i, 1]) OVER (ORDER BY i))).rows FROM generate_series(1, 3000) i;
DECLARE agreement CURSOR FOR SELECT i, (segment_agreement(i % 3, i % 2) OVER (ORDER BY i)).rows FROM generate_series(1, 3000) i;
DECLARE merged CURSOR FOR
SELECT i, (describe(merge(log) OVER (ORDER BY i))).orders
FROM (SELECT i, order_log(i, date '2024-01-01', 1) AS log FROM generate_series(1, 3000) i GROUP BY i) logs;
FETCH 1 FROM orders;
FETCH 1 FROM baskets;
FETCH 1 FROM features;
FETCH 1 FROM agreement;
FETCH 1 FROM merged;
MOVE 2000 FROM orders;
MOVE 2000 FROM baskets;
MOVE 2000 FROM features;
MOVE 2000 FROM agreement;
MOVE 100 FROM merged;
FETCH 1 FROM orders;
FETCH 1 FROM baskets;
FETCH 1 FROM features;
FETCH 1 FROM agreement;
FETCH 1 FROM merged;
-- nor is anything left that should not be after an error among them
SAVEPOINT before;
SELECT order_log(i, date '2024-01-01', 1 / (3000 - i)) OVER (ORDER BY i) FROM generate_series(1, 3000) i;
ROLLBACK TO before;
CLOSE baskets;
FETCH 1 FROM orders;
COMMIT;
