-- ---------------------------------------------------------------------------------------------------------------------
-- what the planner may expect
-- ---------------------------------------------------------------------------------------------------------------------

-- Where a log, a set or a model is constant, these say how many rows come out, and how much work it is. Elsewhere the declared COST
-- counts, which is that of a value of 4 MB, and the declared ROWS, which are more than most have, on purpose: PostgreSQL thinks
-- that each comparison with a column lets one row in two hundred through, and a nested loop over two rows never ends if they are
-- a hundred thousand, while a hash join takes few rows as well as many.

CREATE FUNCTION plan_customers(internal)
RETURNS internal
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'plan_customers_wrapper';
COMMENT ON FUNCTION plan_customers(internal) IS
'planner support of functions with a row for each customer of an order log';

CREATE FUNCTION plan_orders(internal)
RETURNS internal
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'plan_orders_wrapper';
COMMENT ON FUNCTION plan_orders(internal) IS
'planner support of functions with a row for each order of an order log';

CREATE FUNCTION plan_features(internal)
RETURNS internal
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'plan_features_wrapper';
COMMENT ON FUNCTION plan_features(internal) IS
'planner support of functions with a row for each row of a feature set';

CREATE FUNCTION plan_numbers_of_clusters(internal)
RETURNS internal
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'plan_numbers_of_clusters_wrapper';
COMMENT ON FUNCTION plan_numbers_of_clusters(internal) IS
'planner support of functions with a row for each number of clusters';

CREATE FUNCTION plan_clusters(internal)
RETURNS internal
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'plan_clusters_wrapper';
COMMENT ON FUNCTION plan_clusters(internal) IS
'planner support of functions with a row for each cluster of a model';

CREATE FUNCTION plan_profiles(internal)
RETURNS internal
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'plan_profiles_wrapper';
COMMENT ON FUNCTION plan_profiles(internal) IS
'planner support of functions with a row for each feature of each cluster of a model';

CREATE FUNCTION plan_items(internal)
RETURNS internal
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'plan_items_wrapper';
COMMENT ON FUNCTION plan_items(internal) IS
'planner support of functions with a row for each item of a basket log';

CREATE FUNCTION plan_rules(internal)
RETURNS internal
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'plan_rules_wrapper';
COMMENT ON FUNCTION plan_rules(internal) IS
'planner support of functions with top rows';

CREATE FUNCTION plan_recommendations(internal)
RETURNS internal
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'plan_recommendations_wrapper';
COMMENT ON FUNCTION plan_recommendations(internal) IS
'planner support of functions with n rows';

CREATE FUNCTION plan_work(internal)
RETURNS internal
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'plan_work_wrapper';
COMMENT ON FUNCTION plan_work(internal) IS
'planner support of functions that are more work the more they are given';
