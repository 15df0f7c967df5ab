-- Scores and segments, against the same in plain SQL.
SET datestyle = 'ISO, YMD';
SELECT r.* FROM clientele.rfm((SELECT clientele.order_log(customer_id, ordered_at, total) FROM small_orders)) r;
SELECT r.* FROM clientele.rfm((SELECT clientele.order_log(customer_id, ordered_at, total) FROM small_orders), as_of => '2024-01-06') r;

CREATE TABLE many AS
SELECT i % 997 AS customer_id, timestamp '2023-01-01' + (i * 7919 % 365) * interval '1 day' AS ordered_at,
       (i * 31 % 9000) / 100.0 AS total
FROM generate_series(1, 6000) i WHERE i % 997 < 900 OR i % 7 = 0;
CREATE TABLE log AS SELECT clientele.order_log(customer_id, ordered_at, total) AS log FROM many;
CREATE VIEW totals AS
SELECT customer_id, extract(epoch FROM (SELECT max(ordered_at) FROM many) - max(ordered_at)) / 86400 AS days,
       count(DISTINCT ordered_at) AS orders, sum(total) AS revenue
FROM many GROUP BY customer_id;
SELECT count(*) AS customers, count(DISTINCT orders) AS different_orders FROM totals;

-- equal values get equal scores: 1 + floor(customers below * bins / customers)
SELECT bins, count(*) AS customers,
       count(*) FILTER (WHERE (r.r, r.f, r.m) = (s.r, s.f, s.m) AND (r.orders, r.revenue::numeric) = (s.orders, s.revenue)) AS same
FROM log, unnest(ARRAY[1, 2, 3, 5, 10]) bins,
     LATERAL clientele.rfm(log, NULL::integer, bins => bins) r
     JOIN LATERAL (
         SELECT t.*, 1 + (rank() OVER (ORDER BY days DESC) - 1) * bins / count(*) OVER () AS r,
                1 + (rank() OVER (ORDER BY orders) - 1) * bins / count(*) OVER () AS f,
                1 + (rank() OVER (ORDER BY revenue) - 1) * bins / count(*) OVER () AS m
         FROM totals t) s USING (customer_id)
GROUP BY bins ORDER BY bins;
-- ntile, with ties broken by the key
SELECT bins, count(*) AS customers, count(*) FILTER (WHERE (r.r, r.f, r.m) = (s.r, s.f, s.m)) AS same
FROM log, unnest(ARRAY[1, 2, 3, 5, 10]) bins,
     LATERAL clientele.rfm(log, NULL::integer, bins => bins, ties => 'ntile') r
     JOIN LATERAL (
         SELECT t.*, ntile(bins) OVER (ORDER BY days DESC, customer_id) AS r,
                ntile(bins) OVER (ORDER BY orders, customer_id) AS f, ntile(bins) OVER (ORDER BY revenue, customer_id) AS m
         FROM totals t) s USING (customer_id)
GROUP BY bins ORDER BY bins;
SELECT customer_id, score, segment FROM log, clientele.rfm(log) ORDER BY customer_id LIMIT 5;
SELECT score, segment FROM log, clientele.rfm(log, bins => 10) ORDER BY customer_id LIMIT 3;
SELECT segment, count(*) FROM log, clientele.rfm(log) GROUP BY segment ORDER BY 2 DESC, 1;
-- the segment is that of the scores
SELECT count(*) FROM log, clientele.rfm(log) WHERE segment IS DISTINCT FROM clientele.rfm_segment(r, f, m) OR score <> format('%s%s%s', r, f, m);

-- a map of one's own
SELECT segment, count(*)
FROM log, clientele.rfm(log, bins => 3, segments => '{"Stars": ["[23]3[23]"], "Sleepers": ["1**"], "Others": ["[23][12]*", "[23]31"]}')
GROUP BY segment ORDER BY segment;

-- all equal, one customer, fewer customers than bins, nobody
SELECT DISTINCT score FROM clientele.rfm((SELECT clientele.order_log(i, date '2024-01-01', 5) FROM generate_series(1, 100) i));
SELECT score, segment FROM clientele.rfm((SELECT clientele.order_log(1, date '2024-01-01', 5)));
SELECT customer_id, score FROM clientele.rfm((SELECT clientele.order_log(i, date '2024-01-01' + i, i) FROM generate_series(1, 3) i));
SELECT customer_id, score FROM clientele.rfm((SELECT clientele.order_log(i, date '2024-01-01' + i, i) FROM generate_series(1, 3) i), ties => 'ntile');
SELECT * FROM clientele.rfm((SELECT clientele.order_log(i, now(), i) FROM generate_series(1, 0) i));
SELECT * FROM clientele.rfm(NULL);
SELECT * FROM clientele.rfm(NULL, NULL::text);
SELECT customer_id, score FROM log, clientele.rfm(log, as_of => '1999-01-01');

-- returns only, or nothing, up to as_of
SELECT customer_id, last_order, days_since_last, orders, revenue, score, segment
FROM clientele.rfm((SELECT clientele.order_log(i, date '2024-01-01' + i, CASE WHEN i = 2 THEN -5 ELSE i END) FROM generate_series(1, 3) i), as_of => '2024-01-04 06:00');
-- the last order is that of customers(), in the same zone, whatever zone the session has; the second key is of its type
SELECT time_zone, count(*) AS customers, count(*) FILTER (WHERE r.last_order = c.last_order AND r.days_since_last = c.days_since_last) AS same,
       count(*) FILTER (WHERE r.last_order = own.last_at AT TIME ZONE time_zone) AS of_the_table
FROM (SELECT clientele.order_log(customer_id::text, ordered_at AT TIME ZONE 'UTC', total) AS log FROM many) l, unnest(ARRAY['UTC', 'Asia/Tokyo', 'America/New_York']) time_zone,
     LATERAL clientele.rfm(log, NULL::text, time_zone => time_zone) r JOIN LATERAL clientele.customers(log, NULL::text, time_zone => time_zone) c USING (customer_id)
     JOIN (SELECT customer_id::text, max(ordered_at) AT TIME ZONE 'UTC' AS last_at FROM many GROUP BY 1) own USING (customer_id)
GROUP BY time_zone ORDER BY time_zone;
-- kept rows change for those only for whom something happened
WITH kept AS (SELECT r.customer_id, r.last_order, r.orders, r.revenue FROM log, clientele.rfm(log, as_of => '2023-12-01') r),
     now AS (SELECT r.customer_id, r.last_order, r.orders, r.revenue FROM log, clientele.rfm(log, as_of => '2023-12-04') r)
SELECT count(*) FILTER (WHERE now.last_order IS DISTINCT FROM kept.last_order) AS changed,
       (SELECT count(DISTINCT customer_id) FROM many WHERE ordered_at > '2023-12-01' AND ordered_at <= '2023-12-04') AS ordered
FROM now LEFT JOIN kept USING (customer_id);
-- ntile of keys that are texts is SQL's where those are compared as bytes
SELECT count(*) AS customers, count(*) FILTER (WHERE r.f = s.f) AS same
FROM clientele.rfm((SELECT clientele.order_log(key, time, 1) FROM (SELECT chr(65 + i % 2 * 32 + i % 26) || i AS key, timestamp '2024-01-01' + i % 7 * interval '1 day' AS time
                                                                   FROM generate_series(1, 200) i) o), NULL::text, ties => 'ntile') r
     JOIN (SELECT chr(65 + i % 2 * 32 + i % 26) || i AS customer_id,
                  ntile(5) OVER (ORDER BY (chr(65 + i % 2 * 32 + i % 26) || i) COLLATE "C") AS f FROM generate_series(1, 200) i) s USING (customer_id);

-- maps that are none: at once, and as errors of the option
CREATE FUNCTION complaint(segments jsonb, bins integer DEFAULT 5) RETURNS TABLE (code text, message text, detail text) LANGUAGE plpgsql AS $$
BEGIN
    PERFORM clientele.rfm(log, bins => complaint.bins, segments => complaint.segments) FROM log;
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS code = RETURNED_SQLSTATE, message = MESSAGE_TEXT, detail = PG_EXCEPTION_DETAIL;
    RETURN NEXT;
END $$;
SELECT names, complaint.* FROM unnest(ARRAY[126, 730, 20000, 65537, 70000]) names,
     LATERAL complaint((SELECT jsonb_object_agg(n, '["***"]'::jsonb) FROM generate_series(1, names) n)) ORDER BY names;
SELECT * FROM complaint(jsonb_build_object('A', (SELECT jsonb_agg('***'::text) FROM generate_series(1, 126))));
SELECT * FROM complaint((repeat('[', 10000) || repeat(']', 10000))::jsonb);
SELECT * FROM complaint(('{"A": ' || repeat('[', 10000) || repeat(']', 10000) || '}')::jsonb);
SELECT code, message, left(detail, 80) AS detail FROM complaint(('{"A": ' || repeat('9', 100000) || '}')::jsonb);
SELECT code, message, left(detail, 80) AS detail FROM complaint(('{"A": [' || repeat('9', 100000) || '.5]}')::jsonb);
SELECT * FROM complaint(jsonb_build_object('A', jsonb_build_array('[' || repeat('1', 2000000) || ']**')), 1);
SELECT code, length(detail) < 1000 AS short FROM complaint(jsonb_build_object(repeat('x', 100000), jsonb_build_array(repeat('y', 100000))));
DROP FUNCTION complaint;

-- per group, in one query
SELECT g, count(*) AS customers, count(*) FILTER (WHERE segment = 'Champions') AS champions
FROM (SELECT customer_id % 3 AS g, clientele.order_log(customer_id, ordered_at, total) AS log FROM many GROUP BY 1) l, clientele.rfm(log) r
GROUP BY g ORDER BY g;

-- the usual map
SELECT segment, count(*) AS scores, min(score), max(score) FROM clientele.rfm_segments() GROUP BY segment ORDER BY segment;
SELECT count(*) AS scores, count(DISTINCT score) AS different,
       count(*) FILTER (WHERE segment = clientele.rfm_segment(r, f, m)) AS same FROM clientele.rfm_segments();
SELECT clientele.rfm_segment(5, 5, 5), clientele.rfm_segment(1, 1, 1), clientele.rfm_segment(1, NULL, 1);
-- no scores, no name
SELECT r, clientele.rfm_segment(r, 1, 1), clientele.rfm_segment(1, r, 1), clientele.rfm_segment(1, 1, r)
FROM unnest(ARRAY[1, 0, 6, -1, 256, 257, 1000, 2147483647, -2147483648]) r;
DROP VIEW totals;
DROP TABLE many, log;
