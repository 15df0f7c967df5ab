-- Takes a customer out of the logs: psql -X -v erase=42 -f erase.sql. It is for customers whose orders are no longer in the table of
-- orders. Where they are, delete them there and run logs_refresh.sql: their days are collected anew then.
\ir names.sql
SELECT EXISTS (SELECT FROM :orders WHERE :customer = :'erase') AS has_orders \gset
\if :has_orders
DO 'BEGIN RAISE EXCEPTION USING MESSAGE = $$the customer still has orders$$, HINT = $$Delete them, and run logs_refresh.sql.$$; END';
\endif
BEGIN ISOLATION LEVEL READ COMMITTED;
LOCK TABLE customer_totals IN SHARE ROW EXCLUSIVE MODE;

-- All orders of a customer at one instant are one row here: a log that is collected from these rows has the same orders to the last
-- byte, but counts these rows, and none that were NULL.
CREATE TEMP TABLE cleaned ON COMMIT DROP AS
SELECT l.day, c.log, c.others
FROM order_logs l CROSS JOIN LATERAL (
    SELECT clientele.order_log(customer_id, :collected, amount) FILTER (WHERE customer_id <> :'erase') AS log,
           count(*) FILTER (WHERE customer_id <> :'erase') AS others, count(*) AS orders
    FROM clientele.orders(l.log, CAST(NULL AS :key)) o) c
WHERE c.others < c.orders;
DELETE FROM order_logs l USING cleaned c WHERE l.day = c.day AND c.others = 0;
UPDATE order_logs l SET log = c.log FROM cleaned c WHERE l.day = c.day;
UPDATE order_snapshot SET log = (SELECT clientele.merge(log) FROM order_logs WHERE day <= through)
WHERE EXISTS (SELECT FROM cleaned WHERE day <= through);
DELETE FROM customer_totals WHERE customer_id = :'erase';
COMMIT;

-- Old versions of rows stay on disk until they are vacuumed; in WAL and backups for as long as you keep these.
VACUUM order_logs, order_snapshot, customer_totals;
