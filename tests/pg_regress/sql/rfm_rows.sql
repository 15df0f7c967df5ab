-- A scale that is fitted row by row, bins of each score, the mean of an order, and logs on a kept scale.
SET datestyle = 'ISO, YMD';
SET search_path = public, clientele;
CREATE TABLE many AS
SELECT i % 997 AS customer_id, timestamp '2023-01-01' + (i * 7919 % 365) * interval '1 day' AS ordered_at, (i * 31 % 9000 - 500) / 100.0 AS total
FROM generate_series(1, 6000) i WHERE i % 997 < 900 OR i % 7 = 0;
CREATE TABLE log AS SELECT clientele.order_log(customer_id, ordered_at, total) AS log FROM many;
-- days, orders and revenue of each customer; those with returns only have no days
CREATE TABLE totals AS SELECT c.customer_id, days_since_last, orders, revenue FROM log, clientele.customers(log) c;
SELECT count(*) AS customers, count(*) FILTER (WHERE orders = 0) AS returns_only, count(DISTINCT orders) AS different_orders FROM totals;

-- a table of customers has the scale of their log, whatever the types of its columns
SELECT clientele.fit_rfm(days_since_last, orders, revenue) = (SELECT clientele.fit_rfm(log) FROM log) AS same,
       clientele.fit_rfm(days_since_last::numeric, orders::integer, revenue::numeric) = (SELECT clientele.fit_rfm(log) FROM log) AS of_other_types,
       clientele.fit_rfm(days_since_last, orders, revenue, 1) = (SELECT clientele.fit_rfm(log) FROM log) AS of_one_each FROM totals;
SELECT bins, monetary, clientele.fit_rfm(days_since_last, orders, revenue, 1, bins, monetary, NULL)
           = (SELECT clientele.fit_rfm(log, bins => bins, monetary => monetary) FROM log) AS same
FROM totals, unnest(ARRAY[1, 3, 7, 100, NULL], ARRAY['mean', 'total', 'mean', 'mean', NULL]) o (bins, monetary) GROUP BY bins, monetary ORDER BY bins;
SELECT clientele.fit_rfm(days_since_last, orders, revenue, 1, 10, NULL, 3, 'mean', NULL)
           = (SELECT clientele.fit_rfm(log, monetary => 'mean', r_bins => 10, m_bins => 3) FROM log) AS three_numbers_of_bins FROM totals;
-- shards: each customer in one of them
SELECT clientele.fit_rfm(c.days_since_last, c.orders, c.revenue) = (SELECT clientele.fit_rfm(log) FROM log) AS same
FROM (SELECT customer_id % 4 AS shard, clientele.order_log(customer_id, ordered_at, total) AS log FROM many GROUP BY 1) shards,
     clientele.customers(log, as_of => (SELECT max(ordered_at) FROM many)) c;
-- a weight is so many rows
SELECT clientele.fit_rfm(days_since_last, orders, revenue, 1 + orders % 3, 4, 'mean', NULL)
           = (SELECT clientele.fit_rfm(days_since_last, orders, revenue, 1, 4, 'mean', NULL) FROM totals, generate_series(0, orders % 3)) AS same,
       (clientele.fit_rfm(days_since_last, orders, revenue, 0.1)::jsonb - 'customers') = ((SELECT clientele.fit_rfm(log)::jsonb - 'customers' FROM log)) AS of_a_tenth_each,
       clientele.fit_rfm(days_since_last, orders, revenue, orders % 2) = (SELECT clientele.fit_rfm(days_since_last, orders, revenue) FROM totals WHERE orders % 2 = 1) AS some_of_nothing
FROM totals;
SELECT clientele.fit_rfm(d, 1, d, w, 2, NULL, NULL) FROM (VALUES (1, 0.75), (2, 0.5), (3, 0.25)) v (d, w);

-- the scores of the definition: 1 + floor(customers below * bins / customers)
SELECT monetary, ties, count(*) AS customers, count(*) FILTER (WHERE (r.r, r.f, r.m) = (s.r, s.f, s.m)) AS same, min(score) AS least, max(score) AS most
FROM log, (VALUES ('total', 'tied'), ('mean', 'tied'), ('mean', 'ntile')) o (monetary, ties),
     LATERAL clientele.rfm(log, NULL::integer, bins => 12, f_bins => 4, m_bins => 3, monetary => monetary, ties => ties) r
     JOIN LATERAL (
         SELECT customer_id,
                CASE ties WHEN 'tied' THEN 1 + (rank() OVER (ORDER BY days_since_last DESC) - 1) * 12 / count(*) OVER () ELSE ntile(12) OVER (ORDER BY days_since_last DESC, customer_id) END AS r,
                CASE ties WHEN 'tied' THEN 1 + (rank() OVER (ORDER BY orders) - 1) * 4 / count(*) OVER () ELSE ntile(4) OVER (ORDER BY orders, customer_id) END AS f,
                CASE ties WHEN 'tied' THEN 1 + (rank() OVER (ORDER BY money) - 1) * 3 / count(*) OVER () ELSE ntile(3) OVER (ORDER BY money, customer_id) END AS m
         FROM totals, LATERAL (SELECT CASE monetary WHEN 'mean' THEN revenue / orders ELSE revenue END AS money) n WHERE orders > 0) s USING (customer_id)
GROUP BY monetary, ties ORDER BY ties DESC, monetary DESC;

-- a log on a kept scale: as rfm_score and rfm_segment have it, row by row, for keys of any type
CREATE TABLE scales AS
SELECT n, clientele.fit_rfm(log, as_of => '2023-08-01', bins => bins, r_bins => r_bins, monetary => monetary, segments => segments) AS model
FROM log, (VALUES (1, 5, NULL::integer, 'total', NULL::jsonb), (2, 4, 3, 'mean', NULL), (3, 12, NULL, 'mean', NULL), (4, 2, 3, 'total', '{"Good": ["[23]2*"], "Rest": ["1**", "[23]1*"]}')) o (n, bins, r_bins, monetary, segments);
SELECT n, model::text::clientele.rfm_model = model AS text, model::jsonb::clientele.rfm_model = model AS json, model::jsonb -> 'bins' AS bins, model::jsonb -> 'monetary' AS monetary FROM scales ORDER BY n;
SELECT n, count(*) AS customers, count(score) AS scored,
       count(*) FILTER (WHERE score IS NOT DISTINCT FROM clientele.rfm_score(model, days_since_last, orders, revenue)
                          AND segment IS NOT DISTINCT FROM clientele.rfm_segment(model, days_since_last, orders, revenue)
                          AND score IS NOT DISTINCT FROM CASE WHEN n = 3 THEN r || '-' || f || '-' || m ELSE r || '' || f || m END) AS same
FROM scales, log, clientele.rfm(log, model => model, as_of => '2023-11-01') GROUP BY n ORDER BY n;
SELECT n, count(*) AS customers, count(*) FILTER (WHERE (own.*) IS NOT DISTINCT FROM (kept.*)) AS as_when_it_was_fitted
FROM scales, log, LATERAL clientele.rfm(log, NULL::integer, model, as_of => '2023-08-01', time_zone => 'Asia/Tokyo') kept
     JOIN LATERAL clientele.rfm(log, NULL::integer, as_of => '2023-08-01') own USING (customer_id) WHERE n = 1 GROUP BY n;
SELECT * FROM log, clientele.rfm(log, model => NULL);
SELECT * FROM clientele.rfm(NULL, (SELECT model FROM scales WHERE n = 1));
SELECT kept.* FROM clientele.rfm((SELECT clientele.order_log(name, day, amount) FROM (VALUES ('Ann', date '2024-01-01', 50), ('Bob', '2024-02-01', -5)) v (name, day, amount)),
                                 NULL::text, '{"rfm_model": 1, "bins": [3, 2, 2], "monetary": "mean", "days_since_last": [60, 30], "orders": [2], "revenue": [50]}', as_of => '2024-02-01') kept;
SELECT * FROM clientele.rfm((SELECT clientele.order_log('Ann'::text, date '2024-01-01', 50)), (SELECT model FROM scales WHERE n = 1));
-- a scale has its own bins, ties and names
SELECT * FROM log, clientele.rfm(log, model => NULL, bins => 5);

-- numbers that are cut by money an order: 30 days, 2 orders, 25 each
SELECT days, orders, revenue, clientele.rfm_score('{"rfm_model": 1, "bins": 2, "monetary": "mean", "days_since_last": [30], "orders": [2], "revenue": [25]}', days, orders, revenue)
FROM (VALUES (30, 2, 50), (30.5, 1, 24.99), (30, 4, 99.99), (0, 3, 75)) v (days, orders, revenue);

-- NULL in a row: there is no such row; no row, or nobody with an order: no scale
SELECT clientele.fit_rfm(d, o, r, w) FROM (VALUES (NULL, 1, 1, 1), (1, NULL, 1, 1), (1, 1, NULL, 1), (1, 1, 1, NULL), (2, 3, 4, 1), (NULL, 0, -4, 1), (7, 0, -4, 1)) v (d, o, r, w);
SELECT clientele.fit_rfm(d, o, r) FROM (VALUES (NULL::float8, 1, 1)) v (d, o, r);
SELECT clientele.fit_rfm(i, i, i) FROM generate_series(1, 0) i;
SELECT clientele.fit_rfm(i, 0, -i) FROM generate_series(1, 3) i;
SELECT g, clientele.fit_rfm(i, i * g, i) FROM generate_series(1, 3) i, generate_series(0, 1) g GROUP BY g ORDER BY g;
-- one customer, all equal, fewer customers than bins
SELECT clientele.fit_rfm(3, 2, 10.5);
SELECT clientele.fit_rfm(3, 2, 10.5, 1, 3, NULL, NULL) FROM generate_series(1, 10);
SELECT clientele.fit_rfm(i, i, i) FROM generate_series(1, 3) i;
-- a window frame asks again and again
SELECT i, clientele.rfm_score(clientele.fit_rfm(i, i, i) OVER (ORDER BY i), i, i, i) FROM generate_series(1, 6) i;

-- what no customer has
SELECT clientele.fit_rfm('NaN'::float8, 1, 1);
SELECT clientele.fit_rfm('Infinity'::float8, 1, 1);
SELECT clientele.fit_rfm(-1, 1, 1);
SELECT clientele.fit_rfm(1, 1.5, 1);
SELECT clientele.fit_rfm(1, 'NaN'::float8, 1);
SELECT clientele.fit_rfm(1, 1e300, 1);
SELECT clientele.fit_rfm(1, -1, 1);
SELECT clientele.fit_rfm(1, 1, '-Infinity'::float8);
SELECT clientele.fit_rfm(1, 1, 1, -1);
SELECT clientele.fit_rfm(1, 1, 1, 'NaN'::float8);
SELECT clientele.fit_rfm(1, 1, 1, 1.7e308) FROM generate_series(1, 2);
SELECT clientele.fit_rfm(1, 1, 1.7976931348623157e308::float8);
-- what all rows have to want, and what nothing can
SELECT clientele.fit_rfm(1, 1, 1, 1, i, NULL, NULL) FROM generate_series(3, 4) i;
SELECT clientele.fit_rfm(1, 1, 1, 1, 3, i, NULL) FROM unnest(ARRAY['total', 'mean']) i;
SELECT clientele.fit_rfm(1, 1, 1, 1, 2, NULL, i) FROM unnest(ARRAY['{"A": ["***"]}', '{"B": ["***"]}']::jsonb[]) i;
SELECT clientele.fit_rfm(1, 1, 1, 1, 2, NULL, '{"A": ["1**"]}');
SELECT clientele.fit_rfm(1, 1, 1, 1, 101, NULL, NULL);
SELECT clientele.fit_rfm(1, 1, 1, 1, 5, 0, NULL, NULL, NULL);
SELECT clientele.fit_rfm(1, 1, 1, 1, 3, 'median', NULL);
SELECT clientele.fit_rfm(log, monetary => 'median') FROM log;
SELECT clientele.fit_rfm(log, bins => 9, m_bins => 10, segments => '{"A": ["***"]}') FROM log;
SELECT clientele.fit_rfm(log, bins => 3, m_bins => 2, segments => '{"A": ["**3"]}') FROM log;
SELECT '{"rfm_model": 1, "bins": [3, 2], "days_since_last": [60, 30], "orders": [2], "revenue": [50]}'::clientele.rfm_model;
SELECT '{"rfm_model": 1, "bins": [3, 2, 2], "days_since_last": [30], "orders": [2], "revenue": [50]}'::clientele.rfm_model;
SELECT '{"rfm_model": 1, "bins": 2, "monetary": "most", "days_since_last": [30], "orders": [2], "revenue": [50]}'::clientele.rfm_model;

-- maps of three and four bins: each score has one name, which is that of five bins in its place
SELECT bins, count(*) AS scores, count(DISTINCT score) AS different, count(DISTINCT segment) AS names,
       count(*) FILTER (WHERE segment = clientele.rfm_segment(place[r], place[f], place[m])) AS as_of_five
FROM (VALUES (3, ARRAY[1, 3, 5]), (4, ARRAY[1, 2, 4, 5]), (5, ARRAY[1, 2, 3, 4, 5])) v (bins, place), clientele.rfm_segments(bins) GROUP BY bins ORDER BY bins;
SELECT segment, string_agg(score, ' ' ORDER BY score DESC) AS scores FROM clientele.rfm_segments(bins => 3) GROUP BY segment ORDER BY max(score) DESC;
SELECT segment, string_agg(score, ' ' ORDER BY score DESC) AS scores FROM clientele.rfm_segments(bins => 4) GROUP BY segment ORDER BY max(score) DESC;
SELECT segment, count(*) AS scores FROM clientele.rfm_segments(r_bins => 5, f_bins => 3, m_bins => 3) GROUP BY segment ORDER BY segment;
SELECT count(*) FROM log, unnest(ARRAY[3, 4, 5]) bins, LATERAL clientele.rfm(log, bins => bins, m_bins => 3) s
    JOIN LATERAL clientele.rfm_segments(bins, m_bins => 3) l USING (score) WHERE s.segment <> l.segment OR (s.r, s.f, s.m) <> (l.r, l.f, l.m);
SELECT * FROM clientele.rfm_segments(2, m_bins => 1, segments => '{"Good": ["2**"], "Rest": ["1**"]}');
SELECT clientele.rfm_segments(6);
SELECT clientele.rfm_segments(5, f_bins => 2);
SELECT clientele.rfm_segments(0);
SELECT clientele.rfm_segments(2, segments => '{"Good": ["2**"]}');
SELECT count(*) = 125 AS usual FROM clientele.rfm_segments(NULL, NULL, NULL, NULL, NULL);
DROP TABLE many, log, totals, scales;
