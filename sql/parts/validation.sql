-- ---------------------------------------------------------------------------------------------------------------------
-- validation: whether models of purchases would have been right
-- ---------------------------------------------------------------------------------------------------------------------

CREATE FUNCTION validate_purchases(log order_log, split timestamp DEFAULT NULL, model text DEFAULT 'mbg/nbd', as_of timestamp DEFAULT NULL, period text DEFAULT 'day', time_zone text DEFAULT 'UTC')
RETURNS TABLE (
    method text,
    decile integer,
    customers bigint,
    predicted double precision,
    actual bigint,
    bias double precision,
    mae double precision,
    rmse double precision,
    rank_correlation double precision,
    predicted_active double precision,
    actual_active double precision
)
LANGUAGE c IMMUTABLE PARALLEL SAFE COST 20000000 ROWS 44 SUPPORT plan_work
AS 'MODULE_PATHNAME', 'validate_purchases_wrapper';
COMMENT ON FUNCTION validate_purchases(log order_log, split timestamp, model text, as_of timestamp, period text, time_zone text) IS
'fits a model of purchases to what came up to the split, and puts what it predicts after it beside what came, and beside rules of thumb: for all customers (decile NULL), and by deciles of what was predicted';

CREATE FUNCTION compare_purchase_models(log order_log, split timestamp DEFAULT NULL, as_of timestamp DEFAULT NULL, period text DEFAULT 'day', time_zone text DEFAULT 'UTC')
RETURNS TABLE (
    method text,
    status text,
    log_likelihood double precision,
    aic double precision,
    bic double precision,
    customers bigint,
    predicted double precision,
    actual bigint,
    bias double precision,
    mae double precision,
    rmse double precision,
    rank_correlation double precision,
    predicted_active double precision,
    actual_active double precision
)
LANGUAGE c IMMUTABLE PARALLEL SAFE COST 20000000 ROWS 6 SUPPORT plan_work
AS 'MODULE_PATHNAME', 'compare_purchase_models_wrapper';
COMMENT ON FUNCTION compare_purchase_models(log order_log, split timestamp, as_of timestamp, period text, time_zone text) IS
'fits all models of purchases to what came up to the split, and puts what each predicts after it beside what came, and beside rules of thumb';
