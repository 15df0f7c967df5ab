-- The job of the first way: collects the days that were noted anew, and computes the customers whose orders differ there.
-- as_of is the end of observation, the time of the clock if it is not given: psql -X -v as_of=2018-01-02 -f logs_refresh.sql
\ir names.sql
-- Each statement sees what is committed when it begins, behind the lock: two jobs at once would write what the slower one has read.
BEGIN ISOLATION LEVEL READ COMMITTED;
LOCK TABLE customer_totals IN SHARE ROW EXCLUSIVE MODE;

-- A note that is seen here was committed together with its rows, so that the next statements see those, too. What is committed
-- later keeps its note for the next run.
CREATE TEMP TABLE notes_taken (noted_day date) ON COMMIT DROP;
WITH taken AS (DELETE FROM days_noted RETURNING day)
INSERT INTO notes_taken SELECT DISTINCT day FROM taken;
SELECT EXISTS (SELECT FROM notes_taken WHERE noted_day IS NULL) AS everything \gset

-- The logs of these days, as they were and as they are.
CREATE TEMP TABLE day_changes (day date PRIMARY KEY, old clientele.order_log, new clientele.order_log) ON COMMIT DROP;
\if :everything
INSERT INTO day_changes
SELECT day, was.log, now.log
FROM order_logs was FULL JOIN (
    SELECT :day_of AS day, clientele.order_log(:customer, :ordered_at, :amount) AS log
    FROM :orders WHERE :ordered_at IS NOT NULL GROUP BY 1) now USING (day);
\else
INSERT INTO day_changes
SELECT n.noted_day, (SELECT l.log FROM order_logs l WHERE l.day = n.noted_day), now.log
FROM notes_taken n CROSS JOIN LATERAL (
    SELECT CASE WHEN count(*) > 0 THEN clientele.order_log(:customer, :ordered_at, :amount) END AS log
    FROM :orders WHERE :ordered_at >= :day_from AND :ordered_at < :day_until AND :day_of = n.noted_day) now;
\endif
DELETE FROM day_changes WHERE old OPERATOR(clientele.=) new;

DELETE FROM order_logs l USING day_changes d WHERE l.day = d.day AND d.new IS NULL;
INSERT INTO order_logs SELECT day, new FROM day_changes WHERE new IS NOT NULL
ON CONFLICT (day) DO UPDATE SET log = excluded.log;

-- The snapshot ends a week before the newest day. It is written anew, all of it, if one of its days has changed or five weeks are
-- behind it. Days to come do not count.
CREATE TEMP TABLE newest ON COMMIT DROP AS
SELECT least(max(day), (clock_timestamp() AT TIME ZONE :'zone')::date) AS day FROM order_logs;
DELETE FROM order_snapshot
WHERE through >= (SELECT min(day) FROM day_changes) OR through < (SELECT day - 35 FROM newest) OR (SELECT day FROM newest) IS NULL;
INSERT INTO order_snapshot
SELECT max(day), clientele.merge(log) FROM order_logs WHERE day <= (SELECT day - 7 FROM newest)
HAVING count(*) > 0 AND NOT EXISTS (SELECT FROM order_snapshot);

-- Without as_of, the newest order of these customers would be the end, and returns behind it were not seen.
\if :everything
CREATE TEMP TABLE totals_now ON COMMIT DROP AS
SELECT customer_id, c.first_order, c.last_order, c.orders, c.revenue, c.returns, c.frequency, c.recency, c.monetary_value
FROM customer_totals FULL JOIN clientele.customers(
    (SELECT clientele.merge(log) FROM kept_logs), CAST(NULL AS :key), as_of => '9999-12-31', time_zone => :'zone') c USING (customer_id);
\else
-- Customers with an order or a return that was not there before, or is no more.
CREATE TEMP TABLE touched (customer_id :key PRIMARY KEY) ON COMMIT DROP;
CREATE TEMP TABLE day_orders ON COMMIT DROP AS
SELECT o.customer_id, o.ordered_at, o.amount, 1 AS more FROM day_changes, clientele.orders(new, CAST(NULL AS :key)) o UNION ALL
SELECT o.customer_id, o.ordered_at, o.amount, -1 FROM day_changes, clientele.orders(old, CAST(NULL AS :key)) o;
ANALYZE day_orders;
INSERT INTO touched
SELECT DISTINCT customer_id
FROM (SELECT customer_id FROM day_orders GROUP BY customer_id, ordered_at, amount HAVING sum(more) <> 0) differ;
ANALYZE touched;

CREATE TEMP TABLE totals_now ON COMMIT DROP AS
SELECT customer_id, c.first_order, c.last_order, c.orders, c.revenue, c.returns, c.frequency, c.recency, c.monetary_value
FROM touched LEFT JOIN clientele.customers(
    (SELECT clientele.merge(log) FROM kept_logs), CAST(NULL AS :key), as_of => '9999-12-31', time_zone => :'zone') c USING (customer_id);
\endif
\ir write.sql
COMMIT;
