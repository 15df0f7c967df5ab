-- ---------------------------------------------------------------------------------------------------------------------
-- won_lost
-- ---------------------------------------------------------------------------------------------------------------------

CREATE FUNCTION won_lost(log order_log, period text DEFAULT 'month', since timestamp DEFAULT NULL, until timestamp DEFAULT NULL, as_of timestamp DEFAULT NULL, time_zone text DEFAULT 'UTC', confidence double precision DEFAULT 0.95)
RETURNS TABLE (
    period_start timestamp,
    customers bigint,
    new bigint,
    kept bigint,
    won_back bigint,
    lost bigint,
    revenue double precision,
    revenue_new double precision,
    revenue_kept double precision,
    revenue_won_back double precision,
    revenue_inactive double precision,
    kept_before double precision,
    lost_before double precision,
    inactive_before double precision,
    lost_share double precision,
    lost_share_low double precision,
    lost_share_high double precision,
    complete boolean
)
LANGUAGE c IMMUTABLE PARALLEL SAFE COST 4000000 ROWS 1000 SUPPORT plan_work
AS 'MODULE_PATHNAME', 'won_lost_wrapper';
COMMENT ON FUNCTION won_lost(log order_log, period text, since timestamp, until timestamp, as_of timestamp, time_zone text, confidence double precision) IS
'period by period, how many customers are new, kept, won back and lost, and what money came and went with them';

CREATE FUNCTION won_lost_trend(log order_log, period text DEFAULT 'month', since timestamp DEFAULT NULL, until timestamp DEFAULT NULL, as_of timestamp DEFAULT NULL, time_zone text DEFAULT 'UTC', confidence double precision DEFAULT 0.95)
RETURNS TABLE (
    measure text,
    periods bigint,
    events bigint,
    at_risk bigint,
    share double precision,
    share_low double precision,
    share_high double precision,
    chi2 double precision,
    df bigint,
    p_same double precision,
    trend_z double precision,
    p_trend double precision
)
LANGUAGE c IMMUTABLE PARALLEL SAFE COST 4000000 ROWS 2 SUPPORT plan_work
AS 'MODULE_PATHNAME', 'won_lost_trend_wrapper';
COMMENT ON FUNCTION won_lost_trend(log order_log, period text, since timestamp, until timestamp, as_of timestamp, time_zone text, confidence double precision) IS
'whether the shares of customers who are lost and new are the same in all periods, or rise or fall: random or a trend';
