-- ---------------------------------------------------------------------------------------------------------------------
-- association_rules
-- ---------------------------------------------------------------------------------------------------------------------

CREATE FUNCTION association_rules(log basket_log, min_support double precision DEFAULT NULL, min_count bigint DEFAULT NULL, min_confidence double precision DEFAULT NULL, max_antecedent integer DEFAULT NULL, max_consequent integer DEFAULT 1, top integer DEFAULT NULL, by text DEFAULT 'lift_low', redundant boolean DEFAULT true, only_antecedent "any" DEFAULT NULL, only_consequent "any" DEFAULT NULL, max_item_support double precision DEFAULT NULL, significance_level double precision DEFAULT NULL)
RETURNS TABLE (
    antecedent text[],
    consequent text[],
    baskets bigint,
    antecedent_baskets bigint,
    consequent_baskets bigint,
    all_baskets bigint,
    support double precision,
    confidence double precision,
    lift double precision,
    lift_low double precision,
    leverage double precision,
    conviction double precision,
    zhang double precision,
    jaccard double precision,
    cosine double precision,
    kulczynski double precision,
    imbalance double precision,
    odds_ratio double precision,
    p_value double precision
)
LANGUAGE c IMMUTABLE PARALLEL SAFE COST 20000000 ROWS 500000 SUPPORT plan_rules
AS 'MODULE_PATHNAME', 'association_rules_wrapper';
COMMENT ON FUNCTION association_rules(log basket_log, min_support double precision, min_count bigint, min_confidence double precision, max_antecedent integer, max_consequent integer, top integer, by text, redundant boolean, only_antecedent "any", only_consequent "any", max_item_support double precision, significance_level double precision) IS
'baskets with all items of the antecedent also hold the consequent: the rules, the best first, with their counts and measures';

CREATE FUNCTION rule_counts(log basket_log, antecedent anycompatiblearray, consequent anycompatiblearray)
RETURNS TABLE (
    baskets bigint,
    antecedent_baskets bigint,
    consequent_baskets bigint,
    all_baskets bigint,
    support double precision,
    confidence double precision,
    lift double precision,
    lift_low double precision,
    leverage double precision,
    conviction double precision,
    zhang double precision,
    jaccard double precision,
    cosine double precision,
    kulczynski double precision,
    imbalance double precision,
    odds_ratio double precision,
    p_value double precision
)
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 100000 ROWS 1 SUPPORT plan_work
AS 'MODULE_PATHNAME', 'rule_counts_wrapper';
COMMENT ON FUNCTION rule_counts(log basket_log, antecedent anycompatiblearray, consequent anycompatiblearray) IS
'the counts and measures of one rule in the baskets of a log, frequent or not';
