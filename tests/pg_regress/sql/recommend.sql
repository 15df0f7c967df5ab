-- What to offer to a basket: from a log, and by a model.
SET search_path = public, clientele;
CREATE TABLE lines AS
SELECT i / 5 AS basket, (ARRAY['beer', 'bread', 'butter', 'cola', 'eggs', 'milk', 'nuts', 'wine'])[1 + ((i * i * 11 + i / 3) % 97) % 8] AS item
FROM generate_series(0, 1499) i;
CREATE TABLE log AS SELECT clientele.basket_log(basket, item) AS log FROM lines;
CREATE TABLE models AS SELECT clientele.fit_baskets(log) AS model FROM log;
SELECT baskets, items, rules, min_count, min_confidence, max_antecedent FROM models, clientele.describe(model);
SELECT r.item, round(r.score::numeric, 4) AS score, r.antecedent, r.baskets, r.antecedent_baskets, r.consequent_baskets, r.all_baskets, round(r.confidence::numeric, 4) AS confidence, round(r.lift::numeric, 4) AS lift
FROM log, clientele.recommend(log, ARRAY['beer', 'nuts', 'wine'], 3) r;
SELECT r.item, round(r.score::numeric, 4) AS score, r.antecedent FROM models, clientele.recommend(model, ARRAY['beer', 'nuts', 'wine'], 3, 'lift') r;
-- both say the same, whatever the basket and the measure
SELECT count(*) AS rows, count(*) FILTER (WHERE a IS DISTINCT FROM b) AS differences
FROM (SELECT by, basket, r::text AS a, row_number() OVER (PARTITION BY by, basket) AS n
      FROM log, unnest(ARRAY['confidence', 'lift', 'leverage', 'p_value', 'support']) by, (SELECT basket, array_agg(item) AS items FROM lines WHERE basket < 20 GROUP BY basket) b, clientele.recommend(log, items, 4, by) r) x
FULL JOIN (SELECT by, basket, r::text AS b, row_number() OVER (PARTITION BY by, basket) AS n
      FROM models, unnest(ARRAY['confidence', 'lift', 'leverage', 'p_value', 'support']) by, (SELECT basket, array_agg(item) AS items FROM lines WHERE basket < 20 GROUP BY basket) b, clientele.recommend(model, items, 4, by) r) y USING (by, basket, n);
-- what is in the basket is not offered; an empty basket and unknown items get what is popular
SELECT count(*) FROM log, clientele.recommend(log, ARRAY['beer', 'bread', 'butter', 'cola', 'eggs', 'milk', 'nuts', 'wine'], 5);
SELECT r.item, r.antecedent, r.baskets, r.lift FROM log, clientele.recommend(log, '{}', 2) r;
SELECT r.item, r.antecedent, r.baskets FROM models, clientele.recommend(model, ARRAY['caviar', NULL], 2) r;
-- scores are those of rules
SELECT count(*) > 0 AS some, bool_and((r.score, r.confidence, r.lift, r.baskets, r.all_baskets) = (c.confidence, c.confidence, c.lift, c.baskets, c.all_baskets)) AS same
FROM log, clientele.recommend(log, ARRAY['beer', 'nuts']) r, clientele.rule_counts(log, antecedent, ARRAY[item]) c WHERE antecedent <> '{}';
-- what a customer bought before as the basket
SELECT basket, array_agg(r.item ORDER BY r.score DESC, r.item) AS offers
FROM models, (SELECT basket, array_agg(DISTINCT item) AS items FROM lines WHERE basket < 4 GROUP BY basket) b, clientele.recommend(model, items, 2) r GROUP BY basket ORDER BY basket;
-- items as arrays of any type of key, as literals, and from the columns they come from
CREATE TABLE keyed AS SELECT i / 3 AS basket, i % 3 + i / 30 AS item, lpad((i % 3 + i / 30)::text, 32, '0')::uuid AS id FROM generate_series(1, 90) i;
CREATE TABLE by_key AS SELECT 'integer' AS key, clientele.basket_log(basket, item) AS log FROM keyed UNION ALL SELECT 'uuid', clientele.basket_log(basket, id) FROM keyed
UNION ALL SELECT 'text', clientele.basket_log(basket, item::text) FROM keyed;
SELECT what, array_agg(item || antecedent::text ORDER BY n) AS offers FROM (
    SELECT 'integer[]' AS what, r.*, row_number() OVER () AS n FROM by_key, clientele.recommend(log, ARRAY[1, 2], 2) r WHERE key = 'integer'
    UNION ALL SELECT 'smallint[]', r.*, row_number() OVER () FROM by_key, clientele.recommend(log, ARRAY[1, 2]::int2[], 2) r WHERE key = 'integer'
    UNION ALL SELECT 'bigint[]', r.*, row_number() OVER () FROM by_key, clientele.recommend(log, ARRAY[1::bigint, NULL, 2], 2) r WHERE key = 'integer'
    UNION ALL SELECT 'text[]', r.*, row_number() OVER () FROM by_key, clientele.recommend(log, ARRAY['1', '2'], 2) r WHERE key = 'integer'
    UNION ALL SELECT 'literal', r.*, row_number() OVER () FROM by_key, clientele.recommend(log, '{1,2}', 2) r WHERE key = 'integer'
    UNION ALL SELECT 'integers for text', r.*, row_number() OVER () FROM by_key, clientele.recommend(log, ARRAY[1, 2], 2) r WHERE key = 'text'
    UNION ALL SELECT 'varchar[]', r.*, row_number() OVER () FROM by_key, clientele.recommend(log, ARRAY['1', '2']::varchar(3)[], 2) r WHERE key = 'text'
    UNION ALL SELECT 'char[]', r.*, row_number() OVER () FROM by_key, clientele.recommend(log, ARRAY['1', '2']::char(3)[], 2) r WHERE key = 'text'
    UNION ALL SELECT 'model', r.*, row_number() OVER () FROM by_key, clientele.recommend(clientele.fit_baskets(log), ARRAY[1, 2], 2) r WHERE key = 'integer'
    UNION ALL SELECT 'uuid[]', right(r.item, 1), r.score, ARRAY[right(r.antecedent[1], 1)], r.baskets, r.antecedent_baskets, r.consequent_baskets, r.all_baskets, r.confidence, r.lift, row_number() OVER ()
              FROM by_key, clientele.recommend(log, (SELECT array_agg(DISTINCT id) FROM keyed WHERE item IN (1, 2)), 2) r WHERE key = 'uuid') o GROUP BY what ORDER BY what;
SELECT count(*) FROM by_key, clientele.recommend(log, ARRAY[1.5, 2]);
SELECT count(*) FROM by_key, clientele.recommend(log, ARRAY[[1, 2], [3, 4]]);
DROP TABLE keyed, by_key;
-- items that are integers
SELECT r.item, r.antecedent, r.baskets FROM (SELECT clientele.basket_log(i / 3, i % 3 + i / 30) AS log FROM generate_series(1, 90) i) l, clientele.recommend(log, ARRAY['1'], 2) r;
-- the model as a value
SELECT model::text::clientele.basket_model OPERATOR(clientele.=) model AS same, jsonb_array_length(model::jsonb -> 'items') AS items FROM models;
SELECT clientele.fit_baskets(clientele.basket_log(b, i), min_count => 2) FROM (VALUES (1, 'a'), (1, 'b'), (2, 'a'), (2, 'b'), (3, 'a')) v (b, i);
-- nothing
SELECT clientele.fit_baskets(NULL) AS no_model;
SELECT count(*) FROM clientele.recommend(NULL::clientele.basket_log, ARRAY['a']);
SELECT count(*) FROM log, clientele.recommend(log, NULL);
SELECT count(*) FROM clientele.recommend(NULL::clientele.basket_model, ARRAY['a']);
SELECT count(*) FROM clientele.recommend((SELECT clientele.basket_log(NULL, 1)), ARRAY['a']);
-- what is wrong
SELECT * FROM log, clientele.recommend(log, ARRAY['beer'], 0);
SELECT * FROM log, clientele.recommend(log, ARRAY['beer'], by => 'taste');
SELECT * FROM models, clientele.recommend(model, ARRAY['beer'], -1);
SELECT * FROM models, clientele.recommend(model, ARRAY['beer'], by => 'taste');
SELECT clientele.fit_baskets(log, 1.5) FROM log;
SELECT clientele.fit_baskets(log, max_antecedent => 0) FROM log;
SELECT clientele.fit_baskets(log, min_confidence => -1) FROM log;
SELECT '{"basket_model":1}'::clientele.basket_model;
SELECT '{"basket_model":1,"baskets":3,"min_count":1,"min_confidence":0,"items":[["a\u0000b",2]],"rules":[]}'::clientele.basket_model;
SELECT '{"basket_model":1,"baskets":1,"min_count":1,"min_confidence":0,"items":[["a",2]],"rules":[]}'::clientele.basket_model;
SELECT '{"basket_model":1,"baskets":3,"min_count":1,"min_confidence":0,"items":[["a",2]],"rules":[{"antecedent":["b"],"consequent":"a","n_ab":1,"n_a":1}]}'::clientele.basket_model;
-- a model that holds more than memory is given for
SET clientele.memory_limit = '4MB';
\set VERBOSITY terse
SELECT format('{"basket_model":1,"baskets":3,"min_count":1,"min_confidence":0,"items":[["a",3]%s],"rules":[]}', repeat(',["",1]', 500000))::clientele.basket_model IS NULL;
\set VERBOSITY default
RESET clientele.memory_limit;
DROP TABLE lines, log, models;
