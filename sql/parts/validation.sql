-- ---------------------------------------------------------------------------------------------------------------------
-- validation: whether models would have been right
-- ---------------------------------------------------------------------------------------------------------------------

CREATE FUNCTION validate_purchases(log order_log, split timestamp DEFAULT NULL, model text DEFAULT 'mbg/nbd', as_of timestamp DEFAULT NULL, period text DEFAULT NULL, time_zone text DEFAULT 'UTC')
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
LANGUAGE c IMMUTABLE PARALLEL SAFE COST 20000000 ROWS 35 SUPPORT plan_work
AS 'MODULE_PATHNAME', 'validate_purchases_wrapper';
COMMENT ON FUNCTION validate_purchases(log order_log, split timestamp, model text, as_of timestamp, period text, time_zone text) IS
'fits a model of purchases to what came up to the split, and puts what it predicts after it beside what came, and beside rules of thumb: for all customers (decile NULL), and by deciles of what was predicted';

CREATE FUNCTION validate_clv(log order_log, split timestamp DEFAULT NULL, model text DEFAULT 'mbg/nbd', as_of timestamp DEFAULT NULL, period text DEFAULT NULL, time_zone text DEFAULT 'UTC', confidence double precision DEFAULT 0.95)
RETURNS TABLE (
    method text,
    decile integer,
    customers bigint,
    predicted double precision,
    actual double precision,
    bias double precision,
    mae double precision,
    rmse double precision,
    rank_correlation double precision,
    top_tenth_share double precision,
    coverage double precision
)
LANGUAGE c IMMUTABLE PARALLEL SAFE COST 20000000 ROWS 35 SUPPORT plan_work
AS 'MODULE_PATHNAME', 'validate_clv_wrapper';
COMMENT ON FUNCTION validate_clv(log order_log, split timestamp, model text, as_of timestamp, period text, time_zone text, confidence double precision) IS
'fits models of purchases and of spend to what came up to the split, and puts the revenue that they predict after it beside what came in, and beside rules of thumb: for all customers (decile NULL), and by deciles of what was predicted';

CREATE FUNCTION validate_churn(log order_log, split timestamp DEFAULT NULL, model text DEFAULT 'mbg/nbd', as_of timestamp DEFAULT NULL, period text DEFAULT NULL, time_zone text DEFAULT 'UTC')
RETURNS TABLE (
    method text,
    decile integer,
    customers bigint,
    predicted_churn double precision,
    actual_churn double precision,
    brier_score double precision,
    log_loss double precision,
    auc double precision
)
LANGUAGE c IMMUTABLE PARALLEL SAFE COST 20000000 ROWS 23 SUPPORT plan_work
AS 'MODULE_PATHNAME', 'validate_churn_wrapper';
COMMENT ON FUNCTION validate_churn(log order_log, split timestamp, model text, as_of timestamp, period text, time_zone text) IS
'fits a model of purchases to what came up to the split, and puts the probability of no order after it beside who placed none, and beside what the time before teaches: for all customers (decile NULL), and by deciles of the probability';

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
    actual_active double precision,
    predicted_revenue double precision,
    actual_revenue double precision,
    revenue_bias double precision,
    revenue_mae double precision,
    revenue_rmse double precision,
    revenue_rank_correlation double precision,
    top_tenth_share double precision,
    coverage double precision
)
LANGUAGE c IMMUTABLE PARALLEL SAFE COST 20000000 ROWS 8 SUPPORT plan_work
AS 'MODULE_PATHNAME', 'compare_purchase_models_wrapper';
COMMENT ON FUNCTION compare_purchase_models(log order_log, split timestamp, as_of timestamp, period text, time_zone text) IS
'fits all models of purchases but bg/bb, and one of spend, to what came up to the split, and puts the orders and the revenue that each predicts after it beside what came, and beside rules of thumb';
