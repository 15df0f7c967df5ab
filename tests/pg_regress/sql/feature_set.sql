-- Collecting features: what goes in comes out, whatever the types.
SET search_path = public, clientele;
CREATE FUNCTION sqlstate_of(statement text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE statement;
    RETURN 'no error';
EXCEPTION WHEN OTHERS THEN
    RETURN SQLSTATE || ' ' || SQLERRM;
END $$;
CREATE TABLE people (id integer, days integer, orders bigint, revenue numeric(10,2), score float8, vector float8[]);
INSERT INTO people VALUES
    (3, 30, 1, 10.50, 0.1, '{30,1,10.5}'),
    (1, 2, 12, 1234.56, 1e300, '{2,12,1234.56}'),
    (2, 400, 3, -5, -0.0, '{400,3,-5}'),
    (1, 2, 11, 0, 1/3.0, '{2,11,0}');
SELECT clientele.feature_set(id, vector)::json FROM people;
SELECT * FROM clientele.describe((SELECT clientele.feature_set(id, vector) FROM people));

-- arrays of every type of number, and of several
SELECT clientele.feature_set(id, ARRAY[days, orders, revenue]) = clientele.feature_set(id, vector) AS same FROM people;
SELECT clientele.feature_set(id, ARRAY[days, orders, revenue, score])::jsonb -> 'rows' AS mixed FROM people;
SELECT clientele.feature_set(id, ARRAY[days, days + 1])::jsonb -> 'rows' AS integers FROM people;
SELECT clientele.feature_set(id, ARRAY[orders])::jsonb -> 'rows' AS bigints FROM people;
SELECT clientele.feature_set(id, ARRAY[days::smallint, 7::smallint])::jsonb -> 'rows' AS smallints FROM people;
SELECT clientele.feature_set(id, ARRAY[revenue])::jsonb -> 'rows' AS numerics FROM people;
SELECT clientele.feature_set(id, ARRAY[0.1::real, orders])::jsonb -> 'rows' AS reals FROM people;
SELECT clientele.feature_set(id, '{1, 2.5}')::jsonb -> 'rows' AS literal FROM people;
CREATE DOMAIN vector_of_3 AS float8[] CHECK (array_length(VALUE, 1) = 3);
SELECT clientele.feature_set(id, vector::vector_of_3) = clientele.feature_set(id, vector) AS domain FROM people;
-- wherever an array comes from: in a row, out of line, with another first index, built in PL/pgSQL, with a NULL taken out
SELECT clientele.feature_set(id, v) = clientele.feature_set(id, vector) AS same FROM (SELECT id, vector, ('[5:7]=' || vector::text)::float8[] AS v FROM people) p;
CREATE TABLE wide AS SELECT i AS id, array_agg((i * j % 101)::float8 / 7) AS vector FROM generate_series(1, 50) i, generate_series(1, 2000) j GROUP BY i;
SELECT d.rows, d.dimension, pg_column_size(w.vector) < 16000 AS compressed
FROM wide w, LATERAL (SELECT clientele.feature_set(id, vector) AS set FROM wide) s, clientele.describe(set) d WHERE id = 1;
SELECT count(*) AS different
FROM (SELECT clientele.feature_set(id, vector) AS set FROM wide) s, jsonb_array_elements(set::jsonb -> 'rows') r JOIN wide w ON w.id = (r ->> 0)::int
WHERE (SELECT array_agg(x::float8 ORDER BY n) FROM jsonb_array_elements_text(r -> 1) WITH ORDINALITY u (x, n)) <> w.vector;
CREATE FUNCTION doubled(v float8[]) RETURNS float8[] LANGUAGE plpgsql AS $$
BEGIN
    FOR i IN 1 .. array_length(v, 1) LOOP v[i] := v[i] * 2; END LOOP;
    RETURN v;
END $$;
SELECT clientele.feature_set(id, doubled(vector))::jsonb -> 'rows' AS doubled FROM people;
SELECT clientele.feature_set(id, w.v)::jsonb -> 'rows' AS filled FROM people, LATERAL (SELECT doubled(vector || NULL::float8) AS v) n, LATERAL (SELECT n.v[1:3] AS v) w;

-- every type of id; equal ids stay several rows
SELECT clientele.feature_set(i::int2, ARRAY[i])::json FROM generate_series(-1, 1) i;
SELECT clientele.feature_set(i::int8 * 5000000000, ARRAY[i])::json FROM generate_series(-1, 1) i;
SELECT clientele.feature_set(('0000000' || i || '-0000-0000-0000-00000000000f')::uuid, ARRAY[i])::json FROM generate_series(0, 2) i;
SELECT clientele.feature_set(k, ARRAY[1])::json FROM unnest(ARRAY['Zoë', '', 'Ångström', E'tab\t"quote"', 'Zoe']) k;
SELECT clientele.feature_set(k::varchar(3), ARRAY[1])::json FROM unnest(ARRAY['b', 'a', 'b']) k;

-- NULLs are counted; coalesce gives them a value
SELECT * FROM clientele.describe((
    SELECT clientele.feature_set(i, v)
    FROM (VALUES (1, ARRAY[1, 2]), (NULL, ARRAY[1, 2]), (3, NULL), (4, ARRAY[1, NULL]), (5, ARRAY[NULL, NULL]::integer[]), (NULL, NULL)) AS t (i, v)));
SELECT clientele.feature_set(i, ARRAY[1, coalesce(v, 0)])::jsonb FROM (VALUES (1, 2), (2, NULL)) AS t (i, v);

-- weights: a column where one is not 1, else nothing
SELECT clientele.feature_set(id, vector, orders)::json FROM people;
SELECT clientele.feature_set(id, vector, 1) = clientele.feature_set(id, vector) AS same FROM people;
SELECT pg_column_size(clientele.feature_set(i, ARRAY[i], 1)) AS without, pg_column_size(clientele.feature_set(i, ARRAY[i], i % 4)) AS with
FROM generate_series(1, 100000) i;
SELECT * FROM clientele.describe((
    SELECT clientele.feature_set(i, ARRAY[i], w)
    FROM (VALUES (1, 2.5), (2, 0), (3, NULL), (NULL, 1), (4, '-0')) AS t (i, w)));
SELECT clientele.feature_set(i, CASE WHEN i < 3 THEN ARRAY[i] END, CASE WHEN i > 1 THEN i END)::json FROM generate_series(1, 4) i;
-- of every type of number; rows of one id and the same features are in the order of their weights
SELECT clientele.feature_set(7, ARRAY[1], w::smallint) = clientele.feature_set(7, ARRAY[1], w) AND clientele.feature_set(7, ARRAY[1], w::numeric / 8)
       = clientele.feature_set(7, ARRAY[1], w::real / 8) AS same, clientele.feature_set(7, ARRAY[1], w)::jsonb -> 'rows' AS rows FROM generate_series(3, 0, -1) w;
SELECT clientele.feature_set(DISTINCT 1, ARRAY[2], 3)::jsonb -> 'rows' AS distinct_rows FROM people;
SELECT days, (clientele.feature_set(id, ARRAY[days], days) OVER (ORDER BY days, orders ROWS BETWEEN 1 PRECEDING AND CURRENT ROW))::jsonb -> 'rows' AS rows
FROM people;

-- no rows: an empty set, not NULL
SELECT clientele.feature_set(id, vector) FROM people WHERE false;
SELECT * FROM clientele.describe((SELECT clientele.feature_set(id, vector) FROM people WHERE false));
SELECT * FROM clientele.describe(NULL::clientele.feature_set);

-- FILTER, DISTINCT, ORDER BY, GROUP BY, OVER
SELECT clientele.feature_set(id, vector) FILTER (WHERE id = 2)::json FROM people;
SELECT clientele.feature_set(DISTINCT 1, ARRAY[2])::jsonb -> 'rows' AS distinct_rows FROM people;
SELECT clientele.feature_set(id, vector ORDER BY score) = clientele.feature_set(id, vector ORDER BY days) AS same FROM people;
SELECT id, clientele.feature_set(id, vector)::jsonb -> 'rows' AS rows FROM people GROUP BY id ORDER BY id;
SELECT days, (clientele.describe(clientele.feature_set(id, vector) OVER (ORDER BY days, orders))).rows FROM people;
SELECT days, (clientele.feature_set(id, ARRAY[days]) OVER (ORDER BY days, orders ROWS BETWEEN 1 PRECEDING AND CURRENT ROW))::jsonb -> 'rows' AS rows
FROM people;

-- the text form and jsonb lose nothing; equality is one of content
CREATE TABLE sets AS SELECT 'integer' AS ids, clientele.feature_set(id, ARRAY[days, revenue, score]) AS set FROM people
UNION ALL SELECT 'text', clientele.feature_set('p' || id, ARRAY[days, revenue, score]) FROM people
UNION ALL SELECT 'uuid', clientele.feature_set(md5(id::text)::uuid, ARRAY[days, revenue, score]) FROM people
UNION ALL SELECT 'weights', clientele.feature_set(id, ARRAY[days, revenue], days / 3.0) FROM people
UNION ALL SELECT 'none', clientele.feature_set(id, vector) FROM people WHERE false;
SELECT ids, set::text::clientele.feature_set = set AS as_text, set::jsonb::clientele.feature_set = set AS as_json, set::json::clientele.feature_set = set AS as_plain_json,
       substring(set::text, '.*:') AS head FROM sets ORDER BY ids;
SELECT count(*) AS different FROM (SELECT DISTINCT set FROM (SELECT set FROM sets UNION ALL SELECT set FROM sets) s) d;
SELECT count(*) FROM sets a JOIN sets b ON a.set = b.set;
SELECT a.set <> b.set AS differs FROM sets a, sets b WHERE a.ids = 'text' AND b.ids = 'uuid';
CREATE TABLE copied (ids text, set clientele.feature_set);
\copy sets TO PROGRAM 'psql -d clientele_regression -Xqc "COPY copied FROM STDIN (FORMAT binary)"' (FORMAT binary)
SELECT count(*) FROM sets JOIN copied USING (ids, set);
DROP TABLE copied;
SELECT '{"feature_set":1,"ids":"integer","rows":[[1,[1,2]],[2,[3]]]}'::clientele.feature_set;
SELECT '{"feature_set":1,"ids":"integer","rows":[[1,["1"]]]}'::clientele.feature_set;
SELECT '{"feature_set":1,"ids":"integer","rows":[[1,[1],-2]]}'::clientele.feature_set;
SELECT '{"feature_set":1,"ids":"integer","rows":[[1,[1],2,3]]}'::clientele.feature_set;
SELECT '{"feature_set":1,"ids":"integer","rows":[[1,[1],1],[2,[3],1.0],[3,[4]]]}'::clientele.feature_set::json;
SELECT '{"feature_set":2}'::clientele.feature_set;
SELECT 'nonsense'::clientele.feature_set;

-- what is merged is what is collected at once
CREATE TABLE many AS SELECT i AS n, i * 7919 % 10007 AS id, ARRAY[i % 365, i % 11, (i * 31 % 99991) / 100.0, i / 7.0]::float8[] AS v FROM generate_series(1, 20000) i;
CREATE TABLE whole AS SELECT clientele.feature_set(id, v) AS set FROM many;
SELECT d.* FROM whole, clientele.describe(set) d;
SELECT cut, count(*) AS pieces, clientele.merge(p.set) = (SELECT set FROM whole) AS same
FROM (SELECT 'id' AS cut, clientele.feature_set(id, v) AS set FROM many GROUP BY id
      UNION ALL SELECT 'hash', clientele.feature_set(id, v) FROM many GROUP BY hashint4(n) % 7
      UNION ALL SELECT 'shuffled', clientele.feature_set(id, v) FROM (SELECT * FROM many ORDER BY md5(n::text)) s) p GROUP BY cut ORDER BY cut;
SELECT clientele.merge(set) = (SELECT set FROM whole) AS same
FROM (SELECT set FROM whole UNION ALL SELECT NULL UNION ALL SELECT clientele.feature_set(id, v) FROM many WHERE false) s;
SELECT clientele.merge(set) FROM whole WHERE false;
-- with weights and without: where there is none it is 1
SELECT count(*) AS pieces, clientele.merge(set) = (SELECT clientele.feature_set(id, v, CASE WHEN n % 7 < 3 THEN n % 5 ELSE 1 END) FROM many) AS same
FROM (SELECT n % 7, CASE WHEN n % 7 < 3 THEN clientele.feature_set(id, v, n % 5) ELSE clientele.feature_set(id, v) END AS set FROM many GROUP BY n % 7) s;
SELECT clientele.merge(set) FROM sets WHERE ids IN ('integer', 'text');
SELECT clientele.merge(set) FROM (SELECT set FROM sets WHERE ids = 'integer' UNION ALL SELECT clientele.feature_set(1, ARRAY[1, 2])) s;

-- bad input
SELECT clientele.feature_set(id, ARRAY[1, 'NaN'::float8]) FROM people;
SELECT clientele.feature_set(id, ARRAY['-Infinity'::float8]) FROM people;
SELECT clientele.feature_set(id, ARRAY['NaN'::numeric]) FROM people;
SELECT clientele.feature_set(md5('1')::uuid, ARRAY['Infinity'::float8]);
SELECT clientele.feature_set(id, ARRAY[1e400]) FROM people;
SELECT clientele.feature_set(i, array_fill(1.5::float8, ARRAY[i])) FROM generate_series(2, 3) i;
SELECT clientele.feature_set(1, '{}');
SELECT clientele.feature_set(1, ARRAY[[1, 2], [3, 4]]);
SELECT clientele.feature_set(1, array_fill(1.5::float8, ARRAY[16000]))::jsonb #>> '{rows,0,1,15999}' AS last_feature;
SELECT clientele.feature_set(1, array_fill(1.5::float8, ARRAY[16001]));
SELECT clientele.feature_set(1.5, ARRAY[1]);
SELECT clientele.feature_set('a literal', ARRAY[1])::jsonb -> 'ids' AS ids;
SELECT clientele.feature_set(1, ARRAY['1']);
SELECT clientele.feature_set(1, 2);
SELECT clientele.feature_set(1, ARRAY[1], -1);
SELECT clientele.feature_set(1, ARRAY[1], 'NaN');
SELECT clientele.feature_set(1, ARRAY[1], 'Infinity');
SELECT clientele.feature_set(1, ARRAY[1], true);
SELECT sqlstate_of(s) FROM unnest(ARRAY[
    'SELECT clientele.feature_set(1, ARRAY[''NaN''::float8])',
    'SELECT clientele.feature_set(i, array_fill(1.5::float8, ARRAY[i])) FROM generate_series(2, 3) i',
    'SELECT clientele.feature_set(1, ''{}'')',
    'SELECT clientele.feature_set(1, array_fill(1.5::float8, ARRAY[16001]))',
    'SELECT clientele.feature_set(1.5, ARRAY[1])',
    'SELECT clientele.feature_set(1, ARRAY[1], -1)',
    'SELECT clientele.merge(set) FROM sets']) s;
DROP TABLE people, sets, many, whole;
DROP FUNCTION sqlstate_of(text), doubled(float8[]);
DROP DOMAIN vector_of_3;
