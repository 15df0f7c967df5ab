-- ---------------------------------------------------------------------------------------------------------------------
-- survival
-- ---------------------------------------------------------------------------------------------------------------------

CREATE FUNCTION survival(log order_log, lost_after interval, period text DEFAULT 'day', as_of timestamp DEFAULT NULL, time_zone text DEFAULT 'UTC', confidence double precision DEFAULT 0.95)
RETURNS TABLE (
    days double precision,
    at_risk bigint,
    lost bigint,
    survival double precision,
    survival_low double precision,
    survival_high double precision
)
LANGUAGE c IMMUTABLE PARALLEL SAFE COST 4000000 ROWS 1000 SUPPORT plan_work
AS 'MODULE_PATHNAME', 'survival_wrapper';
COMMENT ON FUNCTION survival(log order_log, lost_after interval, period text, as_of timestamp, time_zone text, confidence double precision) IS
'the share of customers who are not lost so many days after their first purchase, by Kaplan and Meier: lost is who lets so much time pass without a purchase';

CREATE FUNCTION reorders(log order_log, after_order integer DEFAULT 1, period text DEFAULT 'day', as_of timestamp DEFAULT NULL, time_zone text DEFAULT 'UTC', confidence double precision DEFAULT 0.95)
RETURNS TABLE (
    days double precision,
    at_risk bigint,
    reordered bigint,
    share double precision,
    share_low double precision,
    share_high double precision
)
LANGUAGE c IMMUTABLE PARALLEL SAFE COST 4000000 ROWS 1000 SUPPORT plan_work
AS 'MODULE_PATHNAME', 'reorders_wrapper';
COMMENT ON FUNCTION reorders(log order_log, after_order integer, period text, as_of timestamp, time_zone text, confidence double precision) IS
'the share of customers who have bought again so many days after their first purchase, or a later one, by Kaplan and Meier: who is still waited for counts as long as that';

CREATE FUNCTION compare_survival(logs order_log[], lost_after interval DEFAULT NULL, after_order integer DEFAULT NULL, period text DEFAULT 'day', as_of timestamp DEFAULT NULL, time_zone text DEFAULT 'UTC')
RETURNS TABLE (
    log integer,
    customers bigint,
    events bigint,
    expected double precision,
    chi2 double precision,
    df integer,
    p_value double precision
)
LANGUAGE c IMMUTABLE PARALLEL SAFE COST 8000000 ROWS 10 SUPPORT plan_work
AS 'MODULE_PATHNAME', 'compare_survival_wrapper';
COMMENT ON FUNCTION compare_survival(logs order_log[], lost_after interval, after_order integer, period text, as_of timestamp, time_zone text) IS
'whether the customers of several logs differ in how soon they are lost, or buy again, by the log-rank test';
