-- The first way: a log for each day, a snapshot of them, and triggers that note the days whose orders change. Run once, behind scores.sql.
-- An index on the time of the orders, btree or brin, lets the job find a day.
\ir names.sql
SELECT current_schema() AS schema \gset
BEGIN;

-- The orders of each day; and those of all days up to one, merged, one row, so that history is not merged anew every time.
CREATE TABLE order_logs (day date PRIMARY KEY, log clientele.order_log NOT NULL);
CREATE TABLE order_snapshot (through date NOT NULL, log clientele.order_log NOT NULL);
CREATE UNIQUE INDEX ON order_snapshot ((true));

-- What is to be read: SELECT clientele.merge(log) FROM kept_logs is the log of all orders. Two logs merge faster than many.
CREATE VIEW kept_logs AS
SELECT log FROM order_snapshot UNION ALL
SELECT clientele.merge(log) FROM order_logs WHERE day > coalesce((SELECT through FROM order_snapshot), '-infinity');

-- No key on purpose: see rows.sql. NULL stands for all days.
CREATE TABLE days_noted (day date);

SELECT format($sql$
CREATE FUNCTION note_days() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $body$
BEGIN
    IF TG_OP IN ('INSERT', 'UPDATE') THEN
        INSERT INTO %1$I.days_noted SELECT DISTINCT %2$s FROM new_rows WHERE %3$I IS NOT NULL;
    END IF;
    IF TG_OP IN ('DELETE', 'UPDATE') THEN
        INSERT INTO %1$I.days_noted SELECT DISTINCT %2$s FROM old_rows WHERE %3$I IS NOT NULL;
    END IF;
    IF TG_OP = 'TRUNCATE' THEN
        INSERT INTO %1$I.days_noted VALUES (NULL);
    END IF;
    RETURN NULL;
END
$body$ $sql$, :'schema', :'day_of', :'ordered_at') \gexec

CREATE TRIGGER note_days_inserted AFTER INSERT ON :orders REFERENCING NEW TABLE AS new_rows
FOR EACH STATEMENT EXECUTE FUNCTION note_days();
CREATE TRIGGER note_days_updated AFTER UPDATE ON :orders REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
FOR EACH STATEMENT EXECUTE FUNCTION note_days();
CREATE TRIGGER note_days_deleted AFTER DELETE ON :orders REFERENCING OLD TABLE AS old_rows
FOR EACH STATEMENT EXECUTE FUNCTION note_days();
CREATE TRIGGER note_days_truncated AFTER TRUNCATE ON :orders
FOR EACH STATEMENT EXECUTE FUNCTION note_days();

-- The first run collects all days.
INSERT INTO days_noted VALUES (NULL);
COMMIT;
