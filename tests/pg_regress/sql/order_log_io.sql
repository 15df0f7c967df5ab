-- Text and binary forms: what goes out comes in, what is no log stays out.
SET search_path = public, clientele;
CREATE TABLE logs (id integer PRIMARY KEY, log clientele.order_log);
INSERT INTO logs
SELECT 1, clientele.order_log(customer_id, ordered_at, total) FROM small_orders
UNION ALL SELECT 2, clientele.order_log(i % 10, date '2024-01-01' + i, i / 7.0::float8) FROM generate_series(1, 100) i
UNION ALL SELECT 3, clientele.order_log('key ' || i, timestamp '2024-01-01' + i * interval '1 ms', -i) FROM generate_series(1, 3) i
UNION ALL SELECT 4, clientele.order_log(md5(i::text)::uuid, now(), i) FROM generate_series(1, 100) i
UNION ALL SELECT 5, clientele.order_log(1, now(), 1) FROM small_orders WHERE false
UNION ALL SELECT 6, NULL;
SELECT id, log::text::clientele.order_log = log AS text_is_exact, log::jsonb::clientele.order_log = log AS jsonb_is_exact
FROM logs ORDER BY id;

-- binary, through COPY
CREATE TABLE copied (LIKE logs);
\copy logs TO PROGRAM 'psql -d clientele_regression -Xqc "COPY copied FROM STDIN (FORMAT binary)"' (FORMAT binary)
SELECT count(*) FILTER (WHERE a.log = b.log) AS same FROM logs a JOIN copied b USING (id);
-- the bytes, as any language can read them
SELECT clientele.order_log_send(clientele.order_log(7, date '2000-01-01', 12.5));

-- the text form: a head, and the bytes in base64; nothing that an array, a row, COPY or JSON would have to quote
SELECT clientele.order_log(7, date '2000-01-01', 12.5) AS log, ARRAY[clientele.order_log(7, date '2000-01-01', 12.5)] AS logs, ROW(1, clientele.order_log(NULL, now())) AS row;
SELECT decode(split_part(log::text, ':', 4), 'base64') = clientele.order_log_send(log) AS same_bytes, octet_length(log::text) < 1.4 * pg_column_size(log) AS is_short
FROM logs WHERE id = 4;
TRUNCATE copied;
\copy logs TO PROGRAM 'psql -d clientele_regression -Xqc "COPY copied FROM STDIN"'
SELECT count(*) FILTER (WHERE a.log = b.log) AS same FROM logs a JOIN copied b USING (id);
SELECT array_agg(log)::text::clientele.order_log[] = array_agg(log) AS arrays_are_exact, bool_and(l::text::logs = l) AS rows_are_exact FROM logs l WHERE log IS NOT NULL;
SELECT '  order_log:1:rows=0:AQCRGwyhAAAAAAAAAAAAAACA
'::clientele.order_log = log AS same FROM logs WHERE id = 5;
-- JSON, in both directions
SELECT log::json AS json, log::jsonb AS jsonb, to_jsonb(log) = log::jsonb AS same, log::json::clientele.order_log = log AS json_is_exact
FROM (SELECT clientele.order_log('Zoë "the" \ one', timestamptz '2000-01-01 00:00+00', 12.5) AS log) l;
-- a head that lies, and bytes that are none
SELECT 'order_log:1:rows=1:AQCRGwyhAAAAAAAAAAAAAACA'::clientele.order_log;
SELECT 'order_log:2:rows=0:AQCRGwyhAAAAAAAAAAAAAACA'::clientele.order_log;
SELECT 'order_log:AQCRGwyhAAAAAAAAAAAAAACA'::clientele.order_log;
SELECT 'order_log:1:rows=0:AQCRGwyhAAAAAAAAAAAAAAC'::clientele.order_log;
SELECT 'order_log:1:rows=0:AQCRGwyhAAAAAAAAAAAAAACB'::clientele.order_log;
SELECT 'order_log:1:rows=0:AgCRGwyhAAAAAAAAAAAAAACA'::clientele.order_log;
SELECT 'order_log:1:rows=0:'::clientele.order_log;
SELECT 'order_log:1:rows=0:AQCR GwyhAAAAAAAAAAAAAACA'::clientele.order_log;
SELECT 'order_log:é'::clientele.order_log;
SELECT clientele.basket_log(1, 'a'::text)::text::clientele.order_log;
SELECT '"order_log:1:rows=0:AQCRGwyhAAAAAAAAAAAAAACA"'::jsonb::clientele.order_log;

-- by hand
SELECT '{"order_log":1,"keys":"text","times":"timestamp","customers":{"a":[["2024-05-05 10:00",1e2],["2024-05-05T10:00:00",0.50]]}}'::clientele.order_log::json AS order_log;

-- text that is no log
SELECT ''::clientele.order_log;
SELECT '{}'::clientele.order_log;
SELECT 'null'::clientele.order_log;
SELECT '{"order_log":2}'::clientele.order_log;
SELECT '{"order_log":1,"customers":{"1":[]}}'::clientele.order_log;
SELECT '{"order_log":1,"keys":"bigint","times":"timestamp","customers":{}}'::clientele.order_log;
SELECT '{"order_log":1,"keys":"integer","times":"timestamp","customers":{"x":[["2024-01-01",1]]}}'::clientele.order_log;
SELECT '{"order_log":1,"keys":"integer","times":"timestamp","customers":{"1":[["2024-13-01",1]]}}'::clientele.order_log;
SELECT '{"order_log":1,"keys":"integer","times":"timestamp","customers":{"1":[["infinity",1]]}}'::clientele.order_log;
SELECT '{"order_log":1,"keys":"integer","times":"timestamp","customers":{"1":[["2024-01-01","1"]]}}'::clientele.order_log;
SELECT '{"order_log":1,"keys":"integer","times":"timestamp","customers":{"1":[["2024-01-01",NaN]]}}'::clientele.order_log;
SELECT '{"order_log":1,"keys":"integer","times":"timestamp","customers":{"1":[["2024-01-01",1e999]]}}'::clientele.order_log;
SELECT '{"order_log":1,"keys":"integer","times":"timestamp","customers":{"1":[["2024-01-01"]]}}'::clientele.order_log;
SELECT '{"order_log":1,"keys":"text","times":"timestamp","customers":{"a\u0000b":[["2024-01-01",1]]}}'::clientele.order_log;

-- stored bytes that were damaged: an error, and the rest of the table can still be read
CREATE FUNCTION damage(log clientele.order_log, at integer, bits integer) RETURNS bytea LANGUAGE sql AS
    $$ SELECT set_byte(b, at, get_byte(b, at) # bits) FROM (SELECT clientele.order_log_send(log)) s (b) $$;
-- what superusers can do, and nobody should
CREATE CAST (bytea AS clientele.order_log) WITHOUT FUNCTION;
SELECT damage(log, 20, 1)::clientele.order_log FROM logs WHERE id = 1;
SELECT damage(log, 0, 3)::clientele.order_log FROM logs WHERE id = 1;
SELECT o.* FROM logs, clientele.orders(damage(log, 20, 1)::clientele.order_log) o WHERE id = 1;
SELECT clientele.merge(damage(log, 20, 1)::clientele.order_log) FROM logs WHERE id = 1;
SELECT r.* FROM logs, clientele.rfm('\x01'::bytea::clientele.order_log) r WHERE id = 1;
SELECT c.* FROM logs, clientele.customers(''::bytea::clientele.order_log) c WHERE id = 1;
-- no byte of it can be changed unnoticed
CREATE FUNCTION is_refused(bytes bytea) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
    PERFORM clientele.describe(bytes::clientele.order_log);
    RETURN false;
EXCEPTION WHEN data_corrupted THEN
    RETURN true;
END $$;
SELECT id, count(*) AS bytes, count(*) FILTER (WHERE is_refused(damage(log, at, bits))) AS refused
FROM logs, generate_series(0, octet_length(clientele.order_log_send(log)) - 1) at, unnest(ARRAY[1, 128]) bits
WHERE id IN (1, 3, 5) GROUP BY id ORDER BY id;
SELECT id, count(*) AS prefixes, count(*) FILTER (WHERE is_refused(substr(clientele.order_log_send(log), 1, n))) AS refused
FROM logs, generate_series(0, octet_length(clientele.order_log_send(log)) - 1) n WHERE id IN (1, 3, 5) GROUP BY id ORDER BY id;
SELECT count(*) FROM logs WHERE log IS NOT NULL AND octet_length(log::text) > 0;
DROP CAST (bytea AS clientele.order_log);

-- large values go out of line and come back; keys of all lengths
INSERT INTO logs
SELECT 7, clientele.order_log(i, timestamptz '2024-01-01' + i * interval '1 second', i) FROM generate_series(1, 100000) i
UNION ALL
SELECT 8, clientele.order_log(repeat('k', 1 << i) || i, timestamptz '2024-01-01', i) FROM generate_series(0, 20) i;
SELECT id, (clientele.describe(log)).customers, pg_column_size(log) > 2000 AS out_of_line, log::text::clientele.order_log = log AS same
FROM logs WHERE id > 6 ORDER BY id;
DROP TABLE logs, copied;
DROP FUNCTION damage, is_refused;
