-- ---------------------------------------------------------------------------------------------------------------------
-- rhythm
-- ---------------------------------------------------------------------------------------------------------------------

CREATE FUNCTION rhythm(
    log order_log,
    period text DEFAULT 'day',
    as_of timestamp DEFAULT NULL,
    time_zone text DEFAULT 'UTC',
    OUT customers bigint,
    OUT customers_with_gaps bigint,
    OUT gaps bigint,
    OUT typical_gap double precision,
    OUT typical_first_gap double precision,
    OUT within_variance double precision,
    OUT between_variance double precision,
    OUT kappa double precision,
    OUT regularity double precision,
    OUT regularity_customers bigint,
    OUT history_days double precision,
    OUT warnings text[]
)
LANGUAGE c IMMUTABLE PARALLEL SAFE COST 4000000 SUPPORT plan_work
AS 'MODULE_PATHNAME', 'rhythm_wrapper';
COMMENT ON FUNCTION rhythm(log order_log, period text, as_of timestamp, time_zone text) IS
'how long customers wait between purchases: the typical gap in days, how far customers differ in it, how regular purchases are, and what makes that doubtful';

CREATE FUNCTION purchase_gaps(log order_log, period text DEFAULT 'day', as_of timestamp DEFAULT NULL, time_zone text DEFAULT 'UTC')
RETURNS TABLE (
    after_order integer,
    customers bigint,
    next bigint,
    mean_days double precision,
    p10 double precision,
    p25 double precision,
    median double precision,
    p75 double precision,
    p90 double precision
)
LANGUAGE c IMMUTABLE PARALLEL SAFE COST 6000000 ROWS 1000 SUPPORT plan_work
AS 'MODULE_PATHNAME', 'purchase_gaps_wrapper';
COMMENT ON FUNCTION purchase_gaps(log order_log, period text, as_of timestamp, time_zone text) IS
'the days from the first purchase to the second, from the second to the third, and so on, and from each to the next: how many customers came that far, their mean and quantiles';

CREATE FUNCTION lifecycle(log order_log, at_risk_after double precision DEFAULT 2, lost_after double precision DEFAULT 4, mature_orders integer DEFAULT 4, growth double precision DEFAULT 1.25, decline double precision DEFAULT 1.5, won_back_orders integer DEFAULT 2, as_of timestamp DEFAULT NULL, time_zone text DEFAULT 'UTC')
RETURNS TABLE (
    customer_id bigint,
    stage text,
    purchases bigint,
    last_purchase timestamp,
    days_since_last double precision,
    typical_gap double precision,
    silence_ratio double precision,
    trend double precision,
    expected_next timestamp,
    days_overdue double precision
)
LANGUAGE c IMMUTABLE PARALLEL SAFE COST 6000000 ROWS 500000 SUPPORT plan_customers
AS 'MODULE_PATHNAME', 'lifecycle_wrapper';
COMMENT ON FUNCTION lifecycle(log order_log, at_risk_after double precision, lost_after double precision, mature_orders integer, growth double precision, decline double precision, won_back_orders integer, as_of timestamp, time_zone text) IS
'the stage of life of each customer: new, growing, mature, declining, at risk, lost or won back, by multiples of the own typical gap between purchases, and when the next one is expected';

CREATE FUNCTION lifecycle(log order_log, key anyelement, at_risk_after double precision DEFAULT 2, lost_after double precision DEFAULT 4, mature_orders integer DEFAULT 4, growth double precision DEFAULT 1.25, decline double precision DEFAULT 1.5, won_back_orders integer DEFAULT 2, as_of timestamp DEFAULT NULL, time_zone text DEFAULT 'UTC')
RETURNS TABLE (
    customer_id anyelement,
    stage text,
    purchases bigint,
    last_purchase timestamp,
    days_since_last double precision,
    typical_gap double precision,
    silence_ratio double precision,
    trend double precision,
    expected_next timestamp,
    days_overdue double precision
)
LANGUAGE c IMMUTABLE PARALLEL SAFE COST 6000000 ROWS 500000 SUPPORT plan_customers
AS 'MODULE_PATHNAME', 'lifecycle_wrapper';
COMMENT ON FUNCTION lifecycle(log order_log, key anyelement, at_risk_after double precision, lost_after double precision, mature_orders integer, growth double precision, decline double precision, won_back_orders integer, as_of timestamp, time_zone text) IS
'the stage of life of each customer: new, growing, mature, declining, at risk, lost or won back, by multiples of the own typical gap between purchases, and when the next one is expected; keys of the type of the second argument, such as NULL::uuid';
