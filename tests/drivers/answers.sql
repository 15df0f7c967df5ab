-- What psql says to the questions that each program asks: a name, a tabulator, an answer in one line.
\set ON_ERROR_STOP on
\pset format unaligned
\pset tuples_only on
\pset fieldsep '\t'
SET timezone = 'UTC';
CREATE TEMP VIEW best AS
SELECT 'now' AS label, * FROM clientele.rfm((SELECT log FROM shop), NULL::integer)
UNION ALL SELECT 'july', * FROM clientele.rfm((SELECT log FROM shop), NULL::integer, as_of => '2017-07-01')
-- The last order of the best customer of that day, to the second, and a second before.
UNION ALL SELECT 'at', * FROM clientele.rfm((SELECT log FROM shop), NULL::integer, as_of => '2017-06-25 16:23:03')
UNION ALL SELECT 'before', * FROM clientele.rfm((SELECT log FROM shop), NULL::integer, as_of => '2017-06-25 16:23:02')
UNION ALL SELECT 'bins', * FROM clientele.rfm((SELECT log FROM shop), NULL::integer, bins => 3);
WITH ranked AS (SELECT *, row_number() OVER (PARTITION BY label ORDER BY revenue DESC) AS place FROM best)
SELECT label || '.' || name, value
FROM (SELECT label, string_agg(customer_id::text, ' ' ORDER BY place) AS customers, min(segment) FILTER (WHERE place = 1) AS segment,
             to_char(min(last_order) FILTER (WHERE place = 1), 'YYYY-MM-DD"T"HH24:MI:SS') AS last_order,
             min(revenue) FILTER (WHERE place = 1) AS revenue
      FROM ranked WHERE place <= 3 GROUP BY label) b,
     LATERAL (VALUES ('customers', customers), ('segment', segment), ('last_order', last_order), ('revenue', revenue::text)) v (name, value);
SELECT 'expected.' || h, sum(expected_orders)
FROM model, unnest(ARRAY['1 year', '365 days', '00:06:05']) h,
     LATERAL clientele.clv((SELECT log FROM shop), horizon => h::interval, purchases => purchases) GROUP BY h;
SELECT 'offers.basket', string_agg(item, '|') FROM offers, clientele.recommend(model, ARRAY['Hot Dogs', 'Soft Drinks'], 3);
SELECT 'offers.empty', string_agg(item, '|') FROM offers, clientele.recommend(model, ARRAY[]::text[], 3);
SELECT 'churn', clientele.churn_probability(purchases, 3, 100.5, 200, '30 days') FROM model;
SELECT 'customers', count(*) FROM customer_scores;
SELECT 'log', md5(log::text) FROM shop;
