-- ---------------------------------------------------------------------------------------------------------------------
-- cohorts
-- ---------------------------------------------------------------------------------------------------------------------

CREATE FUNCTION cohorts(log order_log, period text DEFAULT 'month', definition text DEFAULT 'on', windows text DEFAULT 'calendar', length interval DEFAULT NULL, max_age integer DEFAULT NULL, as_of timestamp DEFAULT NULL, time_zone text DEFAULT 'UTC', confidence double precision DEFAULT 0.95)
RETURNS TABLE (
    cohort timestamp,
    age integer,
    customers bigint,
    observed bigint,
    active bigint,
    observed_active bigint,
    orders bigint,
    rate double precision,
    rate_low double precision,
    rate_high double precision,
    revenue double precision,
    complete boolean
)
LANGUAGE c IMMUTABLE PARALLEL SAFE COST 4000000 ROWS 1000 SUPPORT plan_work
AS 'MODULE_PATHNAME', 'cohorts_wrapper';
COMMENT ON FUNCTION cohorts(log order_log, period text, definition text, windows text, length interval, max_age integer, as_of timestamp, time_zone text, confidence double precision) IS
'the customers whose first orders fell into one period, at each age since: how many of them are active, as a share of those whose window of that age is over, and what they bring';
