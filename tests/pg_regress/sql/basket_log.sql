-- Collecting baskets: what goes in comes out, whatever the types.
-- Operators are looked up on the search path; everything else is called by its full name.
SET search_path = public, clientele;
SET datestyle = 'ISO, YMD';
CREATE TABLE lines (receipt int, customer text, at timestamptz, product text);
INSERT INTO lines VALUES
    (1, 'ann', '2024-01-01 10:00+00', 'bread'), (1, 'ann', '2024-01-01 10:00+00', 'milk'), (1, 'ann', '2024-01-01 10:00+00', 'bread'),
    (2, 'bob', '2024-01-01 11:00+00', 'milk'), (2, 'bob', '2024-01-01 11:00+00', 'beer'),
    (3, 'ann', '2024-01-09 09:00+00', 'bread'), (3, 'ann', '2024-01-09 09:00+00', 'milk'), (3, 'ann', '2024-01-09 09:00+00', 'eggs'),
    (NULL, 'eve', '2024-02-01 09:00+00', 'gum'), (4, 'eve', '2024-02-01 09:00+00', NULL), (NULL, NULL, NULL, NULL);
SELECT clientele.basket_log(receipt, product)::json FROM lines;
SELECT * FROM clientele.describe((SELECT clientele.basket_log(receipt, product) FROM lines));
SELECT * FROM clientele.items((SELECT clientele.basket_log(receipt, product) FROM lines));

-- the same in plain SQL
SELECT product AS item, count(DISTINCT receipt) AS baskets,
       count(DISTINCT receipt)::float8 / (SELECT count(DISTINCT receipt) FROM lines WHERE product IS NOT NULL) AS support
FROM lines WHERE receipt IS NOT NULL AND product IS NOT NULL GROUP BY product ORDER BY baskets DESC, product COLLATE "C";

-- every type of key that a basket can have, named or not
CREATE DOMAIN receipt_number AS integer CHECK (VALUE > 0);

CREATE TYPE visit AS (customer text, day date);
CREATE TABLE kinds AS
SELECT 'smallint' AS type, clientele.basket_log(receipt::int2, product) AS log FROM lines
UNION ALL SELECT 'integer', clientele.basket_log(receipt, product) FROM lines
UNION ALL SELECT 'bigint', clientele.basket_log(receipt::int8, product) FROM lines
UNION ALL SELECT 'domain', clientele.basket_log(receipt::receipt_number, product) FROM lines
UNION ALL SELECT 'uuid', clientele.basket_log(lpad(receipt::text, 32, '0')::uuid, product) FROM lines
UNION ALL SELECT 'text', clientele.basket_log(receipt::text, product) FROM lines
UNION ALL SELECT 'varchar', clientele.basket_log(receipt::varchar, product) FROM lines
UNION ALL SELECT 'char', clientele.basket_log(receipt::char(3), product) FROM lines
UNION ALL SELECT 'date', clientele.basket_log(date '2024-01-01' + receipt, product) FROM lines
UNION ALL SELECT 'timestamp', clientele.basket_log(timestamp '2024-01-01' + receipt * interval '1 us', product) FROM lines
UNION ALL SELECT 'timestamptz', clientele.basket_log(timestamptz '2024-01-01 00:00+00' + receipt * interval '1 h', product) FROM lines
UNION ALL SELECT 'numeric', clientele.basket_log(receipt::numeric, product) FROM lines
UNION ALL SELECT 'float8', clientele.basket_log(receipt / 8.0::float8, product) FROM lines
UNION ALL SELECT 'interval', clientele.basket_log(receipt * interval '1 hour', product) FROM lines
UNION ALL SELECT 'range', clientele.basket_log(int4range(receipt, receipt + 1), product) FROM lines WHERE receipt IS NOT NULL
UNION ALL SELECT 'array', clientele.basket_log(ARRAY[receipt], product) FROM lines WHERE receipt IS NOT NULL
UNION ALL SELECT 'row', clientele.basket_log((receipt, customer, at), product) FROM lines WHERE receipt IS NOT NULL
UNION ALL SELECT 'row type', clientele.basket_log(ROW(customer, at)::visit, product) FROM lines WHERE receipt IS NOT NULL
UNION ALL SELECT 'bytea', clientele.basket_log(receipt::text::bytea, product) FROM lines;
SELECT k.type, d.basket_keys, d.baskets, d.items, d.entries, d.largest_basket, d.rows, log::text::clientele.basket_log = log AS same
FROM kinds k, clientele.describe(log) d ORDER BY k.type;
SELECT clientele.basket_log(t, product)::json FROM lines, unnest(ARRAY['infinity', '-infinity', '4714-11-24 BC']::date[]) t WHERE receipt = 2;

-- values that are equal are one basket, however they are written
SELECT what, d.baskets
FROM (SELECT 'numeric' AS what, clientele.basket_log(v, 1) AS log FROM unnest(ARRAY[1, 1.0, 1.00, 100e-2]) v
      UNION ALL SELECT 'numeric in a row', clientele.basket_log((v, 'x'), 1) FROM unnest(ARRAY[1, 1.0, 1.00, 100e-2]) v
      UNION ALL SELECT 'in a row in a row', clientele.basket_log(ROW(1, ROW(v, NULL)), 1) FROM unnest(ARRAY[1, 1.0, 1.00, 100e-2]) v
      UNION ALL SELECT 'float8', clientele.basket_log(v, 1) FROM unnest(ARRAY[0, '-0']::float8[]) v
      UNION ALL SELECT 'float4', clientele.basket_log(v, 1) FROM unnest(ARRAY[0, '-0', 'NaN', 'Infinity']::float4[]) v
      UNION ALL SELECT 'char', clientele.basket_log(v, 1) FROM (SELECT 'a'::char(1) UNION ALL SELECT 'a'::char(5)) c (v)
      UNION ALL SELECT 'others', clientele.basket_log((a, b), 1)
                FROM (VALUES (1, 'a'), (1, 'b'), (2, 'a'), (NULL, 'a'), (1, NULL), (1, ''), (0, 'a'), (NULL, NULL)) v (a, b)) l,
     clientele.describe(log) d ORDER BY what;

-- of every type there are as many baskets as values that differ, or it is refused with what to write
CREATE TYPE colour AS ENUM ('red', 'green', 'blue');
CREATE DOMAIN price AS numeric CHECK (VALUE >= 0);
CREATE DOMAIN tags AS jsonb;
CREATE TYPE sold AS (product text, price price, colours colour[], during tsrange);
CREATE TYPE tagged AS (product text, tags tags);
CREATE TYPE spans AS RANGE (subtype = float8);
CREATE FUNCTION told_apart(type text, spelled text[], OUT kind text, OUT different bigint, OUT baskets bigint, OUT refused text)
LANGUAGE plpgsql AS $$
DECLARE detail text; hint text;
BEGIN
    EXECUTE format('SELECT d.basket_keys, d.baskets FROM clientele.describe((SELECT clientele.basket_log(s::%s, 1) FROM unnest($1) s)) d', type) USING spelled INTO kind, baskets;
    EXECUTE format('SELECT count(DISTINCT s::%s) FROM unnest($1) s', type) USING spelled INTO different;
EXCEPTION WHEN datatype_mismatch THEN
    GET STACKED DIAGNOSTICS detail = PG_EXCEPTION_DETAIL, hint = PG_EXCEPTION_HINT;
    refused := concat_ws(' ', SQLERRM || '.', detail, hint);
END $$;
SELECT type, t.* FROM (VALUES
    ('boolean', '{t,true,f}'), ('"char"', '{a,b,a}'), ('bytea', '{\\x00,\\x0000,\\000}'), ('smallint', '{1,01,2}'), ('money', '{1,1.00,2}'), ('oid', '{1,2,01}'),
    ('numeric', '{1,1.0,1.00,-0,0,0.000,NaN,Infinity,1e3,1000,1e-3,0.0010}'), ('real', '{1,1.0,0,-0,NaN,-NaN,Infinity,-Infinity}'), ('float8', '{1,1.0,0,-0,NaN,-NaN,Infinity,-Infinity}'),
    ('text', '{a,A,"a "}'), ('varchar(5)', '{a,A,"a "}'), ('char(4)', '{a,"a  ",A}'), ('name', '{a,A}'),
    ('date', '{2024-01-01,20240101,infinity}'), ('time', '{10:00,10:00:00,24:00}'), ('timetz', '{10:00+00,11:00+01}'), ('timestamp', '{2024-01-01,"2024-01-01 00:00"}'),
    ('timestamptz', '{"2024-01-01 00:00+00","2024-01-01 01:00+01"}'), ('interval', '{"1 day","24 hours","-1 month","-30 days","1 month -29 days","0","1 year","360 days","12 months"}'),
    ('bit(3)', '{101,100}'), ('varbit', '{101,1010}'), ('inet', '{10.0.0.1,10.0.0.1/32,10.0.0.1/8,::1}'), ('cidr', '{10.0.0.0/8,10.0.0.0/9}'), ('macaddr', '{08:00:2b:01:02:03,08002b-010203}'),
    ('uuid', '{00000000-0000-0000-0000-00000000000A,0000000000000000000000000000000a}'), ('xid8', '{1,2}'), ('pg_lsn', '{0/1,00/01}'), ('regclass', '{pg_class,pg_catalog.pg_class}'),
    ('colour', '{red,green,red}'), ('price', '{1.50,1.5,2}'), ('integer[]', '{"{1,2}","[2:3]={1,2}","{{1,2}}","{1,NULL}","{}"}'), ('numeric[]', '{"{1.0,2}","{1.00,2.0}","{1}"}'),
    ('float8[]', '{"{0}","{-0}","{NaN}","{-NaN}"}'), ('char(3)[]', '{"{a}","{\"a \"}","{b}"}'), ('price[]', '{"{1.50}","{1.5}"}'), ('interval[]', '{"{1 day}","{24:00}"}'),
    ('int4range', '{"[1,3]","[1,4)","empty","[2,2)","(,)"}'), ('numrange', '{"[1.0,2)","[1.00,2.0)","[1,2]","(,1]","empty"}'), ('tsrange', '{"[2024-01-01,2024-01-02)"}'), ('spans', '{"[0,1)","[-0,1)"}'),
    ('nummultirange', '{"{[1.0,2)}","{[1.00,1.5),[1.5,2.0)}","{}","{[1,2),[3,4)}"}'), ('numrange[]', '{"{\"[1.0,2)\"}","{\"[1,2)\"}"}'),
    ('sold', '{"(a,1.50,\"{red}\",)","(a,1.5,\"{red}\",)","(a,,,)","(a,1.5,\"{red}\",empty)"}'), ('sold[]', '{"{\"(a,1.50,,)\"}","{\"(a,1.5,,)\"}"}'),
    ('jsonb', '{1}'), ('json', '{1}'), ('tags', '{1}'), ('tagged', '{"(a,1)"}'), ('jsonb[]', '{"{1}"}'), ('tsvector', '{a}'), ('point', '{"(0,0)"}'), ('int2vector', '{1}'),
    ('pg_snapshot', '{1:1:}')) v (type, spelled), told_apart(type, spelled::text[]) t;

-- what is computed need not look like what is written: an array that once held a NULL, a NaN with a sign
SELECT what, d.baskets
FROM (SELECT 'once NULL' AS what, clientele.basket_log(v, 1) AS log FROM (VALUES ((ARRAY[1, NULL])[1:1]), (ARRAY[1])) a (v)
      UNION ALL SELECT 'in a row', clientele.basket_log((v, 1), 1) FROM (VALUES ((ARRAY[1, NULL])[1:1]), (ARRAY[1])) a (v)
      UNION ALL SELECT 'NaN', clientele.basket_log(v, 1) FROM (VALUES ('Infinity'::float8 - 'Infinity'), ('NaN')) a (v)) l, clientele.describe(log) d ORDER BY what;
-- rows without a name, in each other, and of several kinds; columns that cannot be told apart
SELECT d.baskets FROM clientele.describe((SELECT clientele.basket_log(CASE i % 3 WHEN 0 THEN ROW(i / 3, 1.0) WHEN 1 THEN ROW(i / 3, 1.00) ELSE ROW(i / 3, ROW(1.50, interval '1 day')) END, 1) FROM generate_series(0, 8) i)) d;
SELECT clientele.basket_log(ROW(1, ROW(jsonb '1')), 1);
SELECT clientele.basket_log(ARRAY[ROW(1, 2)], 1);
-- a literal is text
SELECT clientele.basket_log('x', 1)::json, clientele.basket_log(1, 'Zoë')::json, clientele.basket_log('x', 'y') = clientele.basket_log('x'::text, 'y'::varchar) AS same, clientele.basket_log(NULL, 'y')::jsonb -> 'null_baskets' AS nulls;
DROP FUNCTION told_apart(text, text[]);
DROP TYPE sold, tagged, spans;
DROP DOMAIN price, tags;
DROP TYPE colour;

-- composite keys: no two are one
SELECT d.baskets = (SELECT count(DISTINCT (i % 97, md5((i % 31)::text), (i % 7)::numeric / 2)) FROM generate_series(1, 30000) i) AS same
FROM clientele.describe((SELECT clientele.basket_log((i % 97, md5((i % 31)::text), (i % 7)::numeric / 2), i % 5) FROM generate_series(1, 30000) i)) d;

-- same day, same week, same month, same customer
SELECT what, d.baskets, d.entries
FROM (SELECT 'day' AS what, clientele.basket_log(at::date, product) AS log FROM lines
      UNION ALL SELECT 'month', clientele.basket_log(date_trunc('month', at), product) FROM lines
      UNION ALL SELECT 'customer', clientele.basket_log(customer, product) FROM lines
      UNION ALL SELECT 'customer and week', clientele.basket_log((customer, date_trunc('week', at)), product) FROM lines) l,
     clientele.describe(log) d ORDER BY what;

-- every type of item
SELECT d.item_keys, array_agg(i.item) AS items
FROM (SELECT 1 AS n, clientele.basket_log(1, v::int2) AS log FROM generate_series(-1, 1) v
      UNION ALL SELECT 2, clientele.basket_log(1, v * 5000000000) FROM generate_series(-1, 1) v
      UNION ALL SELECT 3, clientele.basket_log(1, ('0000000' || v || '-0000-0000-0000-00000000000f')::uuid) FROM generate_series(0, 2) v
      UNION ALL SELECT 4, clientele.basket_log(1, v) FROM unnest(ARRAY['Zoë', '', 'Ångström', E'tab\t"quote"']) v
      UNION ALL SELECT 5, clientele.basket_log(1, v::varchar(2)) FROM unnest(ARRAY['b', 'a']) v) l,
     clientele.describe(log) d, clientele.items(log) i
GROUP BY n, d.item_keys ORDER BY n;

-- no result depends on the settings of the session, not even on the encoding of the client
CREATE TABLE names AS SELECT clientele.basket_log((i, 'Zoë', ARRAY['Ångström']), 'Łódź'::text) AS log FROM generate_series(1, 9) i;
SET client_encoding = 'LATIN2';
SET timezone = 'America/Los_Angeles';
SET datestyle = 'SQL, DMY';
SET extra_float_digits = -3;
SET bytea_output = 'escape';
SELECT clientele.basket_log((i, E'Zo\u00eb', ARRAY[E'\u00c5ngstr\u00f6m']), E'\u0141\u00f3d\u017a'::text) = (SELECT log FROM names) AS same FROM generate_series(1, 9) i;
SHOW client_encoding;
RESET ALL;
SET search_path = public, clientele;
SET datestyle = 'ISO, YMD';

-- no rows: an empty log, not NULL
SELECT clientele.basket_log(receipt, product) FROM lines WHERE false;
SELECT * FROM clientele.describe((SELECT clientele.basket_log(receipt, product) FROM lines WHERE product IS NULL));
SELECT * FROM clientele.items((SELECT clientele.basket_log(receipt, product) FROM lines WHERE false));
SELECT * FROM clientele.describe(NULL::clientele.basket_log);

-- FILTER, DISTINCT, ORDER BY, GROUP BY, OVER
SELECT clientele.basket_log(receipt, product) FILTER (WHERE receipt = 2)::json FROM lines;
SELECT clientele.basket_log(receipt, product ORDER BY product DESC) = clientele.basket_log(receipt, product) AS same FROM lines;
SELECT clientele.basket_log(DISTINCT receipt, product)::jsonb -> 'rows' AS distinct_rows FROM lines WHERE receipt = 1;
SELECT customer, d.baskets, d.items FROM (SELECT customer, clientele.basket_log(receipt, product) AS log FROM lines GROUP BY customer) l,
     clientele.describe(log) d ORDER BY customer;
SELECT receipt, (clientele.describe(clientele.basket_log(receipt, product) OVER (ORDER BY receipt, product ROWS BETWEEN 2 PRECEDING AND CURRENT ROW))).entries
FROM lines WHERE receipt < 4 ORDER BY receipt, product;

-- merging pieces, which share baskets, gives the same bytes as the whole
CREATE TABLE numbers AS SELECT i AS n, i * 7919 % 997 AS basket, 'item ' || i * 104729 % 61 AS item FROM generate_series(1, 20000) i;
CREATE TABLE whole AS SELECT clientele.basket_log(basket, item) AS log FROM numbers;
SELECT d.baskets, d.items, d.entries, d.largest_basket, d.rows FROM whole, clientele.describe(log) d;
SELECT count(DISTINCT basket) AS baskets, count(DISTINCT item) AS items, count(DISTINCT (basket, item)) AS entries, count(*) AS rows FROM numbers;
SELECT count(*) AS wrong FROM whole, clientele.items(log) i
FULL JOIN (SELECT item, count(DISTINCT basket) AS baskets FROM numbers GROUP BY item) n USING (item, baskets) WHERE i IS NULL OR n IS NULL;
CREATE TABLE pieces AS
SELECT 'basket' AS cut, clientele.basket_log(basket, item) AS log FROM numbers GROUP BY basket
UNION ALL SELECT 'item', clientele.basket_log(basket, item) FROM numbers GROUP BY item
UNION ALL SELECT 'hash', clientele.basket_log(basket, item) FROM numbers GROUP BY hashint4(n) % 7
UNION ALL SELECT 'one', clientele.basket_log(basket, item) FROM (SELECT * FROM numbers ORDER BY md5(n::text)) shuffled;
SELECT cut, count(*) AS pieces, clientele.merge(p.log) = (SELECT log FROM whole) AS same FROM pieces p GROUP BY cut ORDER BY cut;
SELECT clientele.merge(log) = (SELECT log FROM whole) AS same
FROM (SELECT log FROM whole UNION ALL SELECT NULL UNION ALL SELECT clientele.basket_log(basket, item) FROM numbers WHERE false) l;
SELECT clientele.merge(NULL::clientele.basket_log);
SELECT count(*) AS different FROM (SELECT DISTINCT log FROM (SELECT log FROM pieces WHERE cut = 'one' UNION ALL SELECT log FROM whole) l) d;
SELECT count(*) FROM whole a JOIN whole b ON a.log = b.log WHERE NOT a.log <> b.log;

-- kinds of keys do not mix
SELECT clientele.merge(log)
FROM (SELECT clientele.basket_log(1, 'a'::text) AS log UNION ALL SELECT clientele.basket_log(date '2024-01-01', 'a'::text)) l;
SELECT clientele.merge(log)
FROM (SELECT clientele.basket_log(1, 'a'::text) AS log UNION ALL SELECT clientele.basket_log(1, 1)) l;

-- items of other types
SELECT clientele.basket_log(1, 1.5);
SELECT clientele.basket_log(1, 'a'::char(3));
SELECT clientele.basket_log(1, ROW(1, 2));
SELECT clientele.basket_log(NULL, NULL)::jsonb -> 'null_baskets' AS counted;
SELECT clientele.basket_log_trans(NULL::text, 1, 1);

-- text and binary forms
CREATE TABLE logs (id text PRIMARY KEY, log clientele.basket_log);
INSERT INTO logs SELECT type, log FROM kinds UNION ALL SELECT 'whole', log FROM whole UNION ALL SELECT 'names', log FROM names
UNION ALL SELECT 'empty', clientele.basket_log(receipt, product) FROM lines WHERE false UNION ALL SELECT 'null', NULL;
SELECT count(*) FILTER (WHERE log::text::clientele.basket_log = log) AS text_is_exact,
       count(*) FILTER (WHERE log::jsonb::clientele.basket_log = log) AS jsonb_is_exact,
       count(*) FILTER (WHERE log::json::clientele.basket_log = log) AS json_is_exact FROM logs;
SELECT id, substring(log::text, '.*:') AS head FROM logs WHERE id IN ('whole', 'names', 'empty') ORDER BY id;
CREATE TABLE copied (LIKE logs);
\copy logs TO PROGRAM 'psql -d clientele_regression -Xqc "COPY copied FROM STDIN (FORMAT binary)"' (FORMAT binary)
SELECT count(*) FILTER (WHERE a.log = b.log) AS same FROM logs a JOIN copied b USING (id);
SELECT clientele.basket_log_send(clientele.basket_log(7, 'a'::text));
SELECT '{"basket_log":1,"keys":["date","text"],"items":["a","b","a"],"baskets":{"0":[0,1,2],"-5":[2]}}'::clientele.basket_log::json AS basket_log;
SELECT ''::clientele.basket_log;
SELECT '{}'::clientele.basket_log;
SELECT 'null'::clientele.basket_log;
SELECT '{"basket_log":2}'::clientele.basket_log;
SELECT '{"basket_log":1,"items":["a"]}'::clientele.basket_log;
SELECT '{"basket_log":1,"keys":["week","text"],"items":["a"],"baskets":{"0":[0]}}'::clientele.basket_log;
SELECT '{"basket_log":1,"keys":["integer","text"],"items":["a"],"baskets":{"x":[0]}}'::clientele.basket_log;
SELECT '{"basket_log":1,"keys":["integer","text"],"items":["a"],"baskets":{"1":[1]}}'::clientele.basket_log;
SELECT '{"basket_log":1,"keys":["integer","uuid"],"items":["a"],"baskets":{"1":[0]}}'::clientele.basket_log;
-- a log is not another log
SELECT clientele.order_log(1, date '2024-01-01')::text::clientele.basket_log;
SELECT * FROM clientele.rfm((SELECT log FROM whole));

-- a large basket, many items, long names
SELECT d.* FROM clientele.describe((SELECT clientele.basket_log(CASE WHEN i <= 100000 THEN 0 ELSE i END, i % 100000) FROM generate_series(1, 101000) i)) d;
SELECT d.items, d.entries, length(i.item) AS long
FROM (SELECT clientele.basket_log(1, repeat('é', 1000000) || i) AS log FROM generate_series(1, 3) i) l, clientele.describe(log) d, clientele.items(log) i;

-- memory: rows that come again take none
SET clientele.memory_limit = '16MB';
SELECT d.entries, d.rows FROM clientele.describe((SELECT clientele.basket_log(i % 10000, i % 7) FROM generate_series(1, 3000000) i)) d;
\set VERBOSITY terse
SELECT clientele.basket_log(i, i) FROM generate_series(1, 3000000) i;
\set VERBOSITY default
RESET clientele.memory_limit;
DROP TABLE lines, kinds, names, numbers, whole, pieces, logs, copied;
DROP DOMAIN receipt_number;
DROP TYPE visit;
