-- ---------------------------------------------------------------------------------------------------------------------
-- seasonality: seasons and forecasts
-- ---------------------------------------------------------------------------------------------------------------------

CREATE FUNCTION seasonality(log order_log, by text DEFAULT 'month', value text DEFAULT 'revenue', method text DEFAULT 'auto', since timestamp DEFAULT NULL, as_of timestamp DEFAULT NULL, time_zone text DEFAULT 'UTC')
RETURNS TABLE (
    season integer,
    name text,
    index double precision,
    share double precision,
    periods integer,
    p_value double precision,
    strength double precision
)
LANGUAGE c IMMUTABLE PARALLEL SAFE COST 20000000 ROWS 24 SUPPORT plan_work
AS 'MODULE_PATHNAME', 'seasonality_wrapper';
COMMENT ON FUNCTION seasonality(log order_log, by text, value text, method text, since timestamp, as_of timestamp, time_zone text) IS
'how much of revenue, orders or customers is due to the month, quarter, week, weekday or hour: an index for each, by the classical decomposition, and whether it is more than chance';

CREATE FUNCTION decompose(log order_log, period text DEFAULT 'month', season integer DEFAULT NULL, value text DEFAULT 'revenue', seasonal_smoother integer DEFAULT NULL, robust boolean DEFAULT false, since timestamp DEFAULT NULL, as_of timestamp DEFAULT NULL, time_zone text DEFAULT 'UTC')
RETURNS TABLE (
    period_start timestamp,
    value double precision,
    trend double precision,
    seasonal double precision,
    remainder double precision
)
LANGUAGE c IMMUTABLE PARALLEL SAFE COST 20000000 ROWS 100 SUPPORT plan_work
AS 'MODULE_PATHNAME', 'decompose_wrapper';
COMMENT ON FUNCTION decompose(log order_log, period text, season integer, value text, seasonal_smoother integer, robust boolean, since timestamp, as_of timestamp, time_zone text) IS
'revenue, orders or customers period by period, and what of each is trend, season and remainder, by STL';

CREATE FUNCTION forecast(log order_log, period text DEFAULT 'month', horizon integer DEFAULT 12, season integer DEFAULT NULL, value text DEFAULT 'revenue', method text DEFAULT 'ets', confidence double precision DEFAULT 0.95, random_seed bigint DEFAULT 1, since timestamp DEFAULT NULL, as_of timestamp DEFAULT NULL, time_zone text DEFAULT 'UTC')
RETURNS TABLE (
    period_start timestamp,
    step integer,
    forecast double precision,
    low double precision,
    high double precision
)
LANGUAGE c IMMUTABLE PARALLEL SAFE COST 20000000 ROWS 24 SUPPORT plan_work
AS 'MODULE_PATHNAME', 'forecast_wrapper';
COMMENT ON FUNCTION forecast(log order_log, period text, horizon integer, season integer, value text, method text, confidence double precision, random_seed bigint, since timestamp, as_of timestamp, time_zone text) IS
'revenue, orders or customers of the next periods, and between what limits they will be, by exponential smoothing, the theta model or the last season';

CREATE FUNCTION validate_forecast(log order_log, period text DEFAULT 'month', horizon integer DEFAULT 12, season integer DEFAULT NULL, value text DEFAULT 'revenue', origins integer DEFAULT 6, step integer DEFAULT NULL, since timestamp DEFAULT NULL, as_of timestamp DEFAULT NULL, time_zone text DEFAULT 'UTC')
RETURNS TABLE (
    method text,
    origins integer,
    mase double precision,
    smape double precision,
    bias double precision,
    coverage double precision,
    warnings text[]
)
LANGUAGE c IMMUTABLE PARALLEL SAFE COST 20000000 ROWS 4 SUPPORT plan_work
AS 'MODULE_PATHNAME', 'validate_forecast_wrapper';
COMMENT ON FUNCTION validate_forecast(log order_log, period text, horizon integer, season integer, value text, origins integer, step integer, since timestamp, as_of timestamp, time_zone text) IS
'forecasts from several times before the end by each method, and puts them beside what came, and beside the last season and the last value';
