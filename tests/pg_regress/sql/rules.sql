-- What goes with what: rules, their measures, and what is left out.
SET search_path = public, clientele;
CREATE TABLE lines AS
SELECT i / 5 AS basket, (ARRAY['beer', 'bread', 'butter', 'cola', 'eggs', 'milk', 'nuts', 'wine'])[1 + ((i * i * 11 + i / 3) % 97) % 8] AS item, i % 2 AS half
FROM generate_series(0, 1499) i;
CREATE TABLE log AS SELECT clientele.basket_log(basket, item) AS log FROM lines;
SELECT r.antecedent, r.consequent, r.baskets, r.antecedent_baskets, r.consequent_baskets, r.all_baskets, round(r.confidence::numeric, 4) AS confidence, round(r.lift::numeric, 4) AS lift
FROM log, clientele.association_rules(log, 0.05, min_confidence => 0.6) r;
-- every measure by its definition
WITH r AS (SELECT r.*, baskets::float8 AS n_ab, antecedent_baskets::float8 AS n_a, consequent_baskets::float8 AS n_b, all_baskets::float8 AS n
           FROM log, clientele.association_rules(log, min_count => 3, min_confidence => 0, max_consequent => 2) r),
     m AS (SELECT *, n_ab / n AS s, n_ab / n_a AS c, n_b / n AS s_b, n_a / n AS s_a FROM r)
SELECT count(*) AS rules,
       count(*) FILTER (WHERE abs(support - s) > 1e-12) AS support, count(*) FILTER (WHERE abs(confidence - c) > 1e-12) AS confidence,
       count(*) FILTER (WHERE abs(lift - c / s_b) > 1e-9) AS lift,
       count(*) FILTER (WHERE abs(lift_low - (n_ab + 0.5) / (n_a * n_b / n + 0.5) * 2 ^ (-3.3 / sqrt(n_ab + 0.5) - 2 / (n_ab + 0.5) ^ 1.5)) > 1e-9) AS lift_low, count(*) FILTER (WHERE abs(leverage - (s - s_a * s_b)) > 1e-12) AS leverage,
       count(*) FILTER (WHERE c < 1 AND abs(conviction - (1 - s_b) / (1 - c)) > 1e-9 OR c = 1 AND conviction <> 'Infinity') AS conviction,
       count(*) FILTER (WHERE abs(zhang - (s - s_a * s_b) / greatest(s * (1 - s_a), s_a * (s_b - s))) > 1e-9) AS zhang,
       count(*) FILTER (WHERE abs(jaccard - n_ab / (n_a + n_b - n_ab)) > 1e-12) AS jaccard, count(*) FILTER (WHERE abs(cosine - s / sqrt(s_a * s_b)) > 1e-12) AS cosine,
       count(*) FILTER (WHERE abs(kulczynski - (n_ab / n_a + n_ab / n_b) / 2) > 1e-12) AS kulczynski,
       count(*) FILTER (WHERE abs(imbalance - abs(n_a - n_b) / (n_a + n_b - n_ab)) > 1e-12) AS imbalance,
       count(*) FILTER (WHERE p_value NOT BETWEEN 0 AND 1) AS p_value
FROM m;
-- Fisher's exact test: the tail of the hypergeometric distribution
CREATE FUNCTION ln_factorial(n bigint) RETURNS float8 LANGUAGE sql IMMUTABLE AS $$ SELECT coalesce(sum(ln(i::float8)), 0) FROM generate_series(2, n) i $$;
WITH r AS (SELECT r.* FROM log, clientele.association_rules(log, min_count => 3, min_confidence => 0, top => 25, by => 'p_value') r)
SELECT count(*) AS rules, count(*) FILTER (WHERE abs(p_value / tail - 1) > 1e-9) AS differences
FROM r, LATERAL (
    SELECT sum(exp(ln_factorial(antecedent_baskets) - ln_factorial(k) - ln_factorial(antecedent_baskets - k) + ln_factorial(all_baskets - antecedent_baskets)
               - ln_factorial(consequent_baskets - k) - ln_factorial(all_baskets - antecedent_baskets - consequent_baskets + k) - ln_factorial(all_baskets)
               + ln_factorial(consequent_baskets) + ln_factorial(all_baskets - consequent_baskets))) AS tail
    FROM generate_series(baskets, least(antecedent_baskets, consequent_baskets)) k) t;
-- the counts of a rule, frequent or not; unknown items are in no basket
SELECT c.baskets, c.antecedent_baskets, c.consequent_baskets, c.all_baskets, c.lift FROM log, clientele.rule_counts(log, ARRAY['beer', 'milk'], ARRAY['wine']) c;
SELECT c.baskets, c.antecedent_baskets, c.consequent_baskets, c.all_baskets, c.confidence, c.conviction FROM log, clientele.rule_counts(log, ARRAY['beer', 'caviar'], ARRAY['wine']) c;
SELECT count(*) AS rules, count(*) FILTER (WHERE (c.baskets, c.antecedent_baskets, c.consequent_baskets, c.all_baskets, c.lift) IS DISTINCT FROM (r.baskets, r.antecedent_baskets, r.consequent_baskets, r.all_baskets, r.lift)) AS differences
FROM log, LATERAL clientele.association_rules(log, 0.02, min_confidence => 0.1, max_consequent => 3) r, LATERAL clientele.rule_counts(log, r.antecedent, r.consequent) c;
-- the n best, filters, redundancy, significance
SELECT r.antecedent, r.consequent, round(r.leverage::numeric, 5) AS leverage FROM log, clientele.association_rules(log, top => 3, by => 'leverage') r;
SELECT r.antecedent, r.consequent, round(r.confidence::numeric, 4) AS confidence
FROM log, clientele.association_rules(log, top => 3, by => 'confidence', only_consequent => ARRAY['milk', 'caviar'], only_antecedent => ARRAY['beer', 'nuts', 'eggs']) r;
SELECT redundant, count(*) FROM log, unnest(ARRAY[true, false]) redundant, clientele.association_rules(log, min_count => 3, min_confidence => 0.3, redundant => redundant) r GROUP BY 1 ORDER BY 1;
SELECT level, count(*) FROM log, unnest(ARRAY[0.001, 0.05, 1]) level, clientele.association_rules(log, min_count => 3, min_confidence => 0.3, significance_level => level) r GROUP BY 1 ORDER BY 1;
SELECT count(*) FILTER (WHERE 'milk' = ANY (r.antecedent || r.consequent)) AS too_frequent, count(*) > 0 AS others
FROM log, clientele.association_rules(log, 0.02, max_item_support => 0.5, min_confidence => 0.1) r;
-- the best by each measure are those that plain SQL would have chosen
SELECT by, bool_and(same) AS same FROM (
    SELECT by, t.value = p.value AS same
    FROM (SELECT by, value, row_number() OVER (PARTITION BY by ORDER BY value) AS n
          FROM log, unnest('{support,confidence,lift,lift_low,leverage,conviction,zhang,jaccard,cosine,kulczynski,p_value}'::text[]) by,
               LATERAL (SELECT (to_jsonb(r) ->> by)::float8 AS value FROM clientele.association_rules(log, top => 20, by => by, max_antecedent => 2) r) t) t
    JOIN (SELECT by, value, row_number() OVER (PARTITION BY by ORDER BY value) AS n
          FROM log, unnest('{support,confidence,lift,lift_low,leverage,conviction,zhang,jaccard,cosine,kulczynski,p_value}'::text[]) by,
               LATERAL (SELECT (to_jsonb(r) ->> by)::float8 AS value FROM clientele.association_rules(log, min_count => 5, min_confidence => 0, max_antecedent => 2) r
                        ORDER BY CASE WHEN by = 'p_value' THEN -(to_jsonb(r) ->> by)::float8 ELSE (to_jsonb(r) ->> by)::float8 END DESC NULLS LAST LIMIT 20) p) p USING (by, n)) c
GROUP BY by HAVING count(*) = 20 ORDER BY by;
-- without redundant ones: no smaller antecedent does as well
WITH rules AS MATERIALIZED (SELECT r.* FROM log, clientele.association_rules(log, min_count => 3, min_confidence => 0.3) r),
     plain AS (SELECT antecedent, consequent FROM rules r WHERE NOT EXISTS (
         SELECT FROM rules s WHERE s.consequent = r.consequent AND s.antecedent <@ r.antecedent AND s.antecedent <> r.antecedent AND s.confidence >= r.confidence)),
     kept AS (SELECT r.antecedent, r.consequent FROM log, clientele.association_rules(log, min_count => 3, min_confidence => 0.3, redundant => false) r)
SELECT count(*) > 10 AS some, count(*) FILTER (WHERE k.antecedent IS NULL) AS missed, (SELECT count(*) FROM kept) - count(*) AS too_many FROM plain LEFT JOIN kept k USING (antecedent, consequent);
-- a significance level leaves those that Benjamini and Hochberg would
WITH tested AS (SELECT p_value, row_number() OVER (ORDER BY p_value) AS rank, count(*) OVER () AS rules
                FROM log, clientele.association_rules(log, min_count => 3, min_confidence => 0.3)),
     levels AS (SELECT level, (SELECT max(p_value) FROM tested WHERE p_value <= level * rank / rules) AS most FROM unnest(ARRAY[0.01, 0.5, 0.9]) level)
SELECT level, (SELECT count(*) FROM tested WHERE p_value <= most) AS plain, (SELECT count(*) FROM log, clientele.association_rules(log, min_count => 3, min_confidence => 0.3, significance_level => level)) AS ours
FROM levels ORDER BY level;
-- items that the log does not have change nothing, and none at all leave no rule
SELECT count(*) FROM log, clientele.association_rules(log, min_count => 3, min_confidence => 0, only_antecedent => '{caviar}');
SELECT count(*) FROM log, clientele.association_rules(log, min_count => 3, min_confidence => 0, only_consequent => '{}');
-- the same set is the same array in every log, by code point of the items: so rules of two months join, whatever was frequent in which
CREATE TABLE months AS SELECT 1 AS month, b AS basket, unnest(ARRAY['zucchini', 'Zimt', 'apple', 'Ähre', '10', '9']) AS item FROM generate_series(1, 20) b
UNION ALL SELECT 1, 100 + b, unnest(CASE WHEN b < 5 THEN ARRAY['zucchini', '9'] WHEN b < 9 THEN ARRAY['zucchini'] ELSE ARRAY['Ähre'] END) FROM generate_series(1, 30) b
UNION ALL SELECT 2, b, unnest(ARRAY['apple', 'Zimt', '10', '9', 'zucchini', 'Ähre']) FROM generate_series(1, 20) b
UNION ALL SELECT 2, 100 + b, unnest(CASE WHEN b < 7 THEN ARRAY['apple', '10'] WHEN b < 9 THEN ARRAY['Zimt', '10'] ELSE ARRAY['9'] END) FROM generate_series(1, 30) b;
WITH logs AS MATERIALIZED (SELECT month, clientele.basket_log(basket, item) AS log FROM months GROUP BY month),
     rules AS MATERIALIZED (SELECT month, r.* FROM logs, clientele.association_rules(log, min_count => 2, min_confidence => 0, max_consequent => 5) r),
     sets AS MATERIALIZED (SELECT month, f.* FROM logs, clientele.frequent_itemsets(log, min_count => 2) f),
     offers AS MATERIALIZED (SELECT month, r.* FROM logs, clientele.recommend(log, ARRAY['Zimt', '10', 'apple'], 9, by => 'support') r),
     arrays AS (SELECT antecedent AS items FROM rules UNION ALL SELECT consequent FROM rules UNION ALL SELECT items FROM sets UNION ALL SELECT antecedent FROM offers)
SELECT (SELECT count(*) FROM rules WHERE month = 1) AS rules_of_1, (SELECT count(*) FROM rules WHERE month = 2) AS rules_of_2,
       (SELECT count(*) FROM rules a JOIN rules b USING (antecedent, consequent) WHERE a.month = 1 AND b.month = 2) AS rules_of_both,
       (SELECT count(*) FROM sets a JOIN sets b USING (items) WHERE a.month = 1 AND b.month = 2) AS sets_of_both,
       (SELECT count(*) FROM arrays WHERE items <> ARRAY(SELECT i FROM unnest(items) i ORDER BY i COLLATE "C")) AS in_another_order;
SELECT DISTINCT ON (month) month, f.items FROM (SELECT month, clientele.basket_log(basket, item) AS log FROM months GROUP BY month) l, clientele.frequent_itemsets(log, min_length => 6) f;
SELECT count(*) > 10 AS some, count(*) FILTER (WHERE antecedent <> ARRAY(SELECT i FROM unnest(antecedent) i ORDER BY i COLLATE "C")) AS in_another_order
FROM (SELECT ARRAY(SELECT jsonb_array_elements_text(r -> 'antecedent')) AS antecedent FROM log, jsonb_array_elements(clientele.fit_baskets(log)::jsonb -> 'rules') r) a WHERE cardinality(antecedent) > 1;
-- numbers too, as the text that they are written as
SELECT f.items FROM clientele.frequent_itemsets((SELECT clientele.basket_log(b, i) FROM generate_series(1, 3) b, unnest(ARRAY[-1, 10, 9, 100, 2]) i), min_length => 5) f;
DROP TABLE months;
-- one period beside another
SELECT half, c.baskets, c.antecedent_baskets, c.consequent_baskets, c.all_baskets
FROM (SELECT half, clientele.basket_log(basket, item) AS log FROM lines GROUP BY half) l, clientele.rule_counts(log, '{beer}', '{wine}') c ORDER BY half;
-- a confidence at its threshold, and one of 1
SELECT r.* FROM (SELECT clientele.basket_log(b, i) AS log FROM (VALUES (1, 'a'), (1, 'b'), (2, 'a'), (2, 'b'), (3, 'a'), (3, 'b'), (4, 'a'), (4, 'b'), (5, 'a'), (6, 'c')) v (b, i)) l,
     clientele.association_rules(log, min_count => 1, min_confidence => 0.8) r;
-- items as arrays of any type of key, each in its own way, and option words in any case
WITH l AS MATERIALIZED (SELECT clientele.basket_log(i / 5, (i * i * 11 + i / 3) % 97 % 8) AS log FROM generate_series(0, 1499) i)
SELECT (SELECT count(*) FROM l, clientele.association_rules(log, 0.02, only_antecedent => ARRAY[1, 2], only_consequent => ARRAY[3::bigint, 4], min_confidence => 0.1)) AS integers,
       (SELECT count(*) FROM l, clientele.association_rules(log, 0.02, only_antecedent => ARRAY['1', '2'], only_consequent => '{3,4}', min_confidence => 0.1)) AS texts,
       (SELECT count(*) FROM l, clientele.association_rules(log, 0.02, only_antecedent => NULL, only_consequent => ARRAY[3], min_confidence => 0.1)) AS one,
       (SELECT count(*) FROM l, clientele.association_rules(log, 0.02, only_consequent => '{3}'::text[], min_confidence => 0.1)) AS same,
       (SELECT sum(c.baskets) FROM l, clientele.rule_counts(log, ARRAY[1], ARRAY[2, 3]) c) AS counted, (SELECT sum(c.baskets) FROM l, clientele.rule_counts(log, '{1}', '{2,3}') c) AS counted_too,
       (SELECT sum(c.baskets) FROM l, clientele.rule_counts(log, ARRAY[1::bigint], '{2,3}') c) AS and_too,
       (SELECT count(*) FROM l, clientele.association_rules(log, top => 3, by => 'Lift_LOW')) AS any_case;
PREPARE items AS SELECT sum(c.baskets) FROM log, clientele.rule_counts(log, $1, $2) c;
EXECUTE items(ARRAY['beer'], '{wine}');
DEALLOCATE items;
SELECT * FROM log, clientele.association_rules(log, only_antecedent => 'beer'::text);
SELECT * FROM log, clientele.association_rules(log, only_antecedent => 7);
SELECT * FROM log, clientele.association_rules(log, only_consequent => ARRAY[1.5]);
SELECT * FROM log, clientele.association_rules(log, only_consequent => 'beer');
SELECT * FROM log, clientele.rule_counts(log, ARRAY['beer'], ARRAY[1]);
-- a log for each group, of which some are empty or thin: no rows of these
SELECT basket % 4 AS part, d.baskets, count(r) AS rules, (SELECT count(*) FROM clientele.frequent_itemsets(l.log)) > 0 AS sets
FROM (SELECT basket % 4 AS basket, clientele.basket_log(basket, CASE WHEN basket % 4 = 0 THEN NULL WHEN basket % 4 = 1 THEN 'one' ELSE item END) FILTER (WHERE basket % 4 <> 2 OR basket = 2) AS log FROM lines GROUP BY 1) l
     CROSS JOIN LATERAL clientele.describe(log) d LEFT JOIN LATERAL clientele.association_rules(log, top => 5) r ON true GROUP BY l.basket, l.log, d.baskets ORDER BY 1;
-- nothing
SELECT count(*) FROM clientele.association_rules(NULL);
SELECT count(*) FROM clientele.association_rules((SELECT clientele.basket_log(NULL, 1)), top => 5);
SELECT count(*) FROM clientele.rule_counts(NULL, ARRAY['a'], ARRAY['b']);
-- what is wrong
SELECT * FROM log, clientele.association_rules(log, 2);
SELECT * FROM log, clientele.association_rules(log, min_confidence => 1.5);
SELECT * FROM log, clientele.association_rules(log, max_antecedent => 0);
SELECT * FROM log, clientele.association_rules(log, max_consequent => 0);
SELECT * FROM log, clientele.association_rules(log, top => 0);
SELECT * FROM log, clientele.association_rules(log, by => 'surprise');
SELECT * FROM log, clientele.association_rules(log, significance_level => 0);
SELECT * FROM log, clientele.association_rules(log, max_item_support => 7);
SELECT * FROM log, clientele.association_rules(log, min_confidence => 'NaN');
SELECT * FROM log, clientele.association_rules(log, 0.1, 7);
SELECT * FROM log, clientele.association_rules(log, significance_level => 'NaN');
SELECT * FROM log, clientele.rule_counts(log, ARRAY['beer', NULL], ARRAY['wine']);
SELECT * FROM log, clientele.rule_counts(log, '{{beer},{milk}}', '{wine}');
DROP TABLE lines, log;
DROP FUNCTION ln_factorial(bigint);
