-- ---------------------------------------------------------------------------------------------------------------------
-- churn
-- ---------------------------------------------------------------------------------------------------------------------

CREATE FUNCTION churn(log order_log, horizon interval DEFAULT '90 days', model text DEFAULT 'mbg/nbd', as_of timestamp DEFAULT NULL, period text DEFAULT NULL, time_zone text DEFAULT 'UTC', medium_from double precision DEFAULT 0.33, high_from double precision DEFAULT 0.67, purchases purchase_model DEFAULT NULL)
RETURNS TABLE (
    customer_id bigint,
    days_since_last double precision,
    p_alive double precision,
    churn_probability double precision,
    risk text
)
LANGUAGE c IMMUTABLE PARALLEL SAFE COST 20000000 ROWS 500000 SUPPORT plan_customers
AS 'MODULE_PATHNAME', 'churn_wrapper';
COMMENT ON FUNCTION churn(log order_log, horizon interval, model text, as_of timestamp, period text, time_zone text, medium_from double precision, high_from double precision, purchases purchase_model) IS
'the probability that each customer places no order within the horizon, and its band: low, medium or high';

CREATE FUNCTION churn(log order_log, key anyelement, horizon interval DEFAULT '90 days', model text DEFAULT 'mbg/nbd', as_of timestamp DEFAULT NULL, period text DEFAULT NULL, time_zone text DEFAULT 'UTC', medium_from double precision DEFAULT 0.33, high_from double precision DEFAULT 0.67, purchases purchase_model DEFAULT NULL)
RETURNS TABLE (
    customer_id anyelement,
    days_since_last double precision,
    p_alive double precision,
    churn_probability double precision,
    risk text
)
LANGUAGE c IMMUTABLE PARALLEL SAFE COST 20000000 ROWS 500000 SUPPORT plan_customers
AS 'MODULE_PATHNAME', 'churn_wrapper';
COMMENT ON FUNCTION churn(log order_log, key anyelement, horizon interval, model text, as_of timestamp, period text, time_zone text, medium_from double precision, high_from double precision, purchases purchase_model) IS
'the probability that each customer places no order within the horizon, and its band: low, medium or high; keys of the type of the second argument, such as NULL::uuid';
