-- Agreement of labels.
SELECT (clientele.segment_agreement(a, b)).* FROM (VALUES (1, 'x'), (1, 'x'), (2, 'y'), (2, 'z')) v (a, b);
SELECT clientele.segment_agreement(a, b) FROM (VALUES (1, 7), (2, 8), (NULL, 9), (3, NULL)) v (a, b);
SELECT clientele.segment_agreement(a, b) FROM (VALUES (1, 7)) v (a, b) WHERE a > 1;
SELECT clientele.segment_agreement(a, b) FROM (VALUES (1.5, 7)) v (a, b);
-- labels of every type; the same clusters by other names, and none in common but by chance
SELECT (clientele.segment_agreement(a, b)).* FROM (SELECT i % 7 AS a, md5((i % 7)::text)::uuid AS b FROM generate_series(1, 1000) i) v;
SELECT (clientele.segment_agreement(a, b)).rows, (clientele.segment_agreement(a, b)).adjusted_rand < 0.001 AS by_chance
FROM (SELECT i % 7 AS a, (i % 11)::text AS b FROM generate_series(1, 7700) i) v;
-- each group by itself
SELECT g, (clientele.segment_agreement(i % 3, i % 6)).rows FROM generate_series(1, 100) i, LATERAL (SELECT i % 2) h (g) GROUP BY g ORDER BY g;
