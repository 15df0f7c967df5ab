-- Bad input gets a clear error: SQLSTATE, DETAIL, HINT, and nothing is lost.
SET datestyle = 'ISO, YMD';
CREATE FUNCTION sqlstate_of(statement text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE statement;
    RETURN 'no error';
EXCEPTION WHEN OTHERS THEN
    RETURN SQLSTATE || ' ' || SQLERRM;
END $$;

-- keys
SELECT clientele.order_log(1.5, now(), 1);
SELECT clientele.order_log('c'::char(3), now(), 1);
SELECT clientele.order_log('a literal', now(), 1)::jsonb -> 'keys' AS keys;
SELECT clientele.order_log(NULL, now(), 1)::json::text ~ '"null_customers":1' AS counted;
SELECT clientele.order_log(ARRAY[1], now(), 1);
SELECT clientele.order_log(ROW(1, 2), now(), 1);
SELECT clientele.order_log(c, now(), 1) FROM (VALUES (1::float8)) v (c);

-- times
SELECT clientele.order_log(1, 'infinity'::timestamptz, 1);
SELECT clientele.order_log(1, '-infinity'::timestamp, 1);
SELECT clientele.order_log(1, 'infinity'::date, 1);
SELECT clientele.order_log(1, '-infinity'::date, 1);
SELECT clientele.order_log(1, date '294277-01-01', 1);
SELECT clientele.order_log(1, date '5874897-12-31', 1);
SELECT clientele.order_log(1, 'yesterday'::text, 1);
SELECT clientele.order_log(1, time '10:00', 1);

-- amounts
SELECT clientele.order_log(1, now(), 'NaN'::float8);
SELECT clientele.order_log(1, now(), 'Infinity'::float8);
SELECT clientele.order_log(1, now(), '-Infinity'::float8);
SELECT clientele.order_log(1, now(), 'NaN'::numeric);
SELECT clientele.order_log(1, now(), 'Infinity'::numeric);
SELECT clientele.order_log(1, now(), '-Infinity'::numeric);
SELECT clientele.order_log(1, now(), 1e400::numeric);
SELECT clientele.order_log(1, now(), 'a'::text);

-- one bad row among good ones: the error names the argument
SELECT clientele.order_log(i, timestamp '2024-01-01', (CASE i WHEN 500 THEN 'NaN' ELSE '1' END)::float8) FROM generate_series(1, 1000) i;

-- a log with other keys than the call returns: what to write instead
CREATE TABLE logs AS
SELECT 'text' AS keys, clientele.order_log('a'::text, date '2024-01-01', 1) AS log
UNION ALL SELECT 'uuid', clientele.order_log('0a000000-0000-0000-0000-000000000000'::uuid, date '2024-01-01', 1)
UNION ALL SELECT 'integer', clientele.order_log(5000000000, date '2024-01-01', 1);
SELECT o.* FROM logs, clientele.orders(log) o WHERE keys = 'text';
SELECT o.* FROM logs, clientele.orders(log) o WHERE keys = 'uuid';
SELECT o.* FROM logs, clientele.orders(log, NULL::uuid) o WHERE keys = 'text';
SELECT o.* FROM logs, clientele.orders(log, NULL::text) o WHERE keys = 'integer';
SELECT o.* FROM logs, clientele.orders(log, NULL::int4) o WHERE keys = 'integer';
SELECT o.* FROM logs, clientele.orders(log, NULL::int2) o WHERE keys = 'integer';
SELECT o.* FROM logs, clientele.orders(log, NULL::numeric) o WHERE keys = 'integer';
SELECT o.* FROM logs, clientele.orders(log, now()) o WHERE keys = 'integer';
SELECT c.* FROM logs, clientele.customers(log) c WHERE keys = 'uuid';
SELECT r.* FROM logs, clientele.rfm(log) r WHERE keys = 'text';
SELECT sqlstate_of('SELECT c.* FROM logs, clientele.customers(log) c');
DROP TABLE logs;

-- options
CREATE TABLE log AS SELECT clientele.order_log(customer_id, ordered_at, total) AS log FROM small_orders;
SELECT o.* FROM log, clientele.orders(log, time_zone => 'Mars/Olympus') o;
SELECT o.* FROM log, clientele.orders(log, time_zone => '') o;
SELECT o.* FROM log, clientele.orders(log, as_of => 'infinity') o;
SELECT c.* FROM log, clientele.customers(log, period => 'fortnight') c;
SELECT c.* FROM log, clientele.customers(log, period => 'Day') c;
SELECT c.* FROM log, clientele.customers(log, time_unit => '1 month') c;
SELECT c.* FROM log, clientele.customers(log, time_unit => '0 days') c;
SELECT c.* FROM log, clientele.customers(log, time_unit => '-7 days') c;
SELECT r.* FROM log, clientele.rfm(log, bins => 0) r;
SELECT r.* FROM log, clientele.rfm(log, bins => 101) r;
SELECT r.* FROM log, clientele.rfm(log, bins => -5) r;
SELECT r.* FROM log, clientele.rfm(log, ties => 'dense') r;
SELECT r.* FROM log, clientele.rfm(log, segments => '[]') r;
SELECT r.* FROM log, clientele.rfm(log, segments => '{"Best": ["5**"]}') r;
SELECT r.* FROM log, clientele.rfm(log, bins => 2, segments => '{"Best": ["2**"], "Rest": ["1**", "21*"]}') r;
SELECT r.* FROM log, clientele.rfm(log, bins => 2, segments => '{"Best": ["[2-1]**"]}') r;
SELECT clientele.fit_rfm(log, as_of => '2000-01-01') FROM log;
SELECT clientele.fit_rfm(clientele.order_log(1, now())) FROM small_orders WHERE false;
DROP TABLE log;

-- nothing else is called by mistake
SELECT clientele.order_log_trans(NULL::text, 1, now(), 1::numeric);
SELECT clientele.order_log_final(NULL::text);
SELECT clientele.merge(1);

-- settings; what PostgreSQL says of these differs from major to major
\set VERBOSITY sqlstate
SET clientele.memory_limit = '1kB';
DO $$
BEGIN
    SET clientele.no_such_setting = 1;
    -- Before 15, no prefix can be reserved.
    IF current_setting('server_version_num')::integer < 150000 THEN
        RAISE invalid_name;
    END IF;
END $$;
\set VERBOSITY default
SET clientele.memory_limit = 'lots';
SET clientele.memory_limit = '1MB';
-- how much is held differs from platform to platform
\set VERBOSITY terse
SELECT clientele.order_log(i, timestamp '2024-01-01' + i * interval '1 second', i) FROM generate_series(1, 1000000) i;
SELECT sqlstate_of('SELECT clientele.order_log(i, timestamp ''2024-01-01'', i) FROM generate_series(1, 1000000) i');
\set VERBOSITY default
-- the session goes on, and what was held is given back
SET clientele.memory_limit = '64MB';
SELECT (clientele.describe(clientele.order_log(i, timestamp '2024-01-01' + i * interval '1 second', i))).orders
FROM generate_series(1, 100000) i;
RESET clientele.memory_limit;
SHOW clientele.memory_limit;
SHOW clientele.progress;
