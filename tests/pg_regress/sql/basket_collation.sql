-- Texts under a collation that calls different ones equal; a server that was built without ICU has none.
SET search_path = public, clientele;
SELECT NOT EXISTS (SELECT FROM pg_collation WHERE collname = 'und-x-icu') AS without_icu \gset
\if :without_icu
\quit
\endif
CREATE COLLATION loose (provider = icu, locale = 'und-u-ks-level1', deterministic = false);
CREATE DOMAIN loose_text AS text COLLATE loose;
CREATE TYPE loose_range AS RANGE (subtype = text, collation = loose);
CREATE TYPE loose_row AS (id integer, name text COLLATE loose);
CREATE FUNCTION refused(type text, spelled text[], OUT why text)
LANGUAGE plpgsql AS $$
DECLARE detail text; hint text;
BEGIN
    EXECUTE format('SELECT clientele.basket_log(s::%s, 1) FROM unnest($1) s', type) USING spelled;
EXCEPTION WHEN datatype_mismatch THEN
    GET STACKED DIAGNOSTICS detail = PG_EXCEPTION_DETAIL, hint = PG_EXCEPTION_HINT;
    why := concat_ws(' ', SQLERRM || '.', detail, hint);
END $$;
SELECT type, refused(type, spelled::text[]) FROM (VALUES
    ('text COLLATE loose', '{a,A}'), ('char(4) COLLATE loose', '{a,A}'), ('name COLLATE loose', '{a,A}'), ('text[] COLLATE loose', '{"{a}","{A}"}'), ('loose_text', '{a,A}'),
    ('loose_range', '{"[a,b]"}'), ('loose_row', '{"(1,a)"}'), ('loose_row[]', '{"{\"(1,a)\"}"}')) v (type, spelled);
SELECT clientele.basket_log((1, v COLLATE loose), 1) FROM unnest(ARRAY['a', 'A']) v;
-- items too; where bytes are to decide, that can be said; the collation of one argument is not that of the other
SELECT clientele.basket_log(1, v COLLATE loose) FROM unnest(ARRAY['a', 'A']) v;
SELECT clientele.basket_log(1, v::loose_text) FROM unnest(ARRAY['a', 'A']) v;
SELECT d.items FROM clientele.describe((SELECT clientele.basket_log(1, v::loose_text COLLATE "C") FROM unnest(ARRAY['a', 'A']) v)) d;
SELECT clientele.basket_log(a, b) FROM (VALUES ('a'::loose_text, 'b' COLLATE "C")) v (a, b);
SELECT clientele.basket_log(a, b) FROM (VALUES ('a' COLLATE "C", 'b'::loose_text)) v (a, b);
SELECT clientele.order_log(v COLLATE loose, date '2024-01-01') FROM unnest(ARRAY['a', 'A']) v;
DROP FUNCTION refused(text, text[]);
DROP TYPE loose_range, loose_row;
DROP DOMAIN loose_text;
DROP COLLATION loose;
