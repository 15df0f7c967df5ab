-- ---------------------------------------------------------------------------------------------------------------------
-- clv
-- ---------------------------------------------------------------------------------------------------------------------

CREATE FUNCTION clv(log order_log, horizon interval DEFAULT '1 year', discount_rate double precision DEFAULT 0, margin double precision DEFAULT 1, model text DEFAULT 'mbg/nbd', as_of timestamp DEFAULT NULL, period text DEFAULT NULL, time_zone text DEFAULT 'UTC', discount_period interval DEFAULT '1 year', confidence double precision DEFAULT 0.95, purchases purchase_model DEFAULT NULL, spend spend_model DEFAULT NULL, intervals boolean DEFAULT true)
RETURNS TABLE (
    customer_id bigint,
    p_alive double precision,
    expected_orders double precision,
    orders_low double precision,
    orders_high double precision,
    expected_spend double precision,
    clv double precision,
    clv_low double precision,
    clv_high double precision,
    mean_low double precision,
    mean_high double precision
)
LANGUAGE c IMMUTABLE PARALLEL SAFE COST 20000000 ROWS 500000 SUPPORT plan_customers
AS 'MODULE_PATHNAME', 'clv_wrapper';
COMMENT ON FUNCTION clv(log order_log, horizon interval, discount_rate double precision, margin double precision, model text, as_of timestamp, period text, time_zone text, discount_period interval, confidence double precision, purchases purchase_model, spend spend_model, intervals boolean) IS
'customer lifetime value: what the orders of each customer within the horizon are expected to bring, discounted, between what limits that will actually be, and between what limits the expectation lies';

CREATE FUNCTION clv(log order_log, key anyelement, horizon interval DEFAULT '1 year', discount_rate double precision DEFAULT 0, margin double precision DEFAULT 1, model text DEFAULT 'mbg/nbd', as_of timestamp DEFAULT NULL, period text DEFAULT NULL, time_zone text DEFAULT 'UTC', discount_period interval DEFAULT '1 year', confidence double precision DEFAULT 0.95, purchases purchase_model DEFAULT NULL, spend spend_model DEFAULT NULL, intervals boolean DEFAULT true)
RETURNS TABLE (
    customer_id anyelement,
    p_alive double precision,
    expected_orders double precision,
    orders_low double precision,
    orders_high double precision,
    expected_spend double precision,
    clv double precision,
    clv_low double precision,
    clv_high double precision,
    mean_low double precision,
    mean_high double precision
)
LANGUAGE c IMMUTABLE PARALLEL SAFE COST 20000000 ROWS 500000 SUPPORT plan_customers
AS 'MODULE_PATHNAME', 'clv_wrapper';
COMMENT ON FUNCTION clv(log order_log, key anyelement, horizon interval, discount_rate double precision, margin double precision, model text, as_of timestamp, period text, time_zone text, discount_period interval, confidence double precision, purchases purchase_model, spend spend_model, intervals boolean) IS
'customer lifetime value: what the orders of each customer within the horizon are expected to bring, discounted, between what limits that will actually be, and between what limits the expectation lies; keys of the type of the second argument, such as NULL::uuid';
