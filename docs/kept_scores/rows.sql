-- The second way: triggers note the customers whose orders change, and a job computes these anew from their rows. Run once, behind
-- scores.sql. It needs an index on the customers of the orders.
\ir names.sql
SELECT current_schema() AS schema \gset
BEGIN;

-- No key on purpose. A note of a customer who is noted already has to be written all the same: the job may be about to take away the
-- other, and does not see the order that belongs to this one. NULL stands for everybody.
CREATE TABLE customers_noted (customer_id :key);

-- It runs as who made it, so that an application needs no rights on the notes, and resolves no name by the search path of the caller.
SELECT format($sql$
CREATE FUNCTION note_customers() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $body$
BEGIN
    IF TG_OP IN ('INSERT', 'UPDATE') THEN
        INSERT INTO %1$I.customers_noted SELECT DISTINCT %2$I FROM new_rows WHERE %2$I IS NOT NULL;
    END IF;
    IF TG_OP IN ('DELETE', 'UPDATE') THEN
        INSERT INTO %1$I.customers_noted SELECT DISTINCT %2$I FROM old_rows WHERE %2$I IS NOT NULL;
    END IF;
    IF TG_OP = 'TRUNCATE' THEN
        INSERT INTO %1$I.customers_noted VALUES (NULL);
    END IF;
    RETURN NULL;
END
$body$ $sql$, :'schema', :'customer') \gexec

CREATE TRIGGER note_inserted AFTER INSERT ON :orders REFERENCING NEW TABLE AS new_rows
FOR EACH STATEMENT EXECUTE FUNCTION note_customers();
CREATE TRIGGER note_updated AFTER UPDATE ON :orders REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
FOR EACH STATEMENT EXECUTE FUNCTION note_customers();
CREATE TRIGGER note_deleted AFTER DELETE ON :orders REFERENCING OLD TABLE AS old_rows
FOR EACH STATEMENT EXECUTE FUNCTION note_customers();
CREATE TRIGGER note_truncated AFTER TRUNCATE ON :orders
FOR EACH STATEMENT EXECUTE FUNCTION note_customers();

-- The first run computes everybody.
INSERT INTO customers_noted VALUES (NULL);
COMMIT;
