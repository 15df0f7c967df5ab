-- ---------------------------------------------------------------------------------------------------------------------
-- frequent_itemsets
-- ---------------------------------------------------------------------------------------------------------------------

CREATE FUNCTION frequent_itemsets(log basket_log, min_support double precision DEFAULT NULL, min_count bigint DEFAULT NULL, target text DEFAULT 'all', min_length integer DEFAULT 1, max_length integer DEFAULT NULL)
RETURNS TABLE (
    items text[],
    length integer,
    baskets bigint,
    support double precision,
    all_baskets bigint
)
LANGUAGE c IMMUTABLE PARALLEL SAFE COST 20000000 ROWS 500000 SUPPORT plan_work
AS 'MODULE_PATHNAME', 'frequent_itemsets_wrapper';
COMMENT ON FUNCTION frequent_itemsets(log basket_log, min_support double precision, min_count bigint, target text, min_length integer, max_length integer) IS
'items that are together in at least min_support (a share) or min_count of the baskets: all sets of them, the closed or the maximal ones';
