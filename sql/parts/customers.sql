-- ---------------------------------------------------------------------------------------------------------------------
-- customers
-- ---------------------------------------------------------------------------------------------------------------------

CREATE FUNCTION customers(log order_log, as_of timestamp DEFAULT NULL, period text DEFAULT 'day', time_zone text DEFAULT 'UTC', time_unit interval DEFAULT '1 day')
RETURNS TABLE (
    customer_id bigint,
    first_order timestamp,
    last_order timestamp,
    orders bigint,
    revenue double precision,
    returns double precision,
    days_since_last double precision,
    frequency bigint,
    recency double precision,
    age double precision,
    monetary_value double precision
)
LANGUAGE c IMMUTABLE PARALLEL SAFE COST 4000000 ROWS 500000 SUPPORT plan_customers
AS 'MODULE_PATHNAME', 'customers_wrapper';
COMMENT ON FUNCTION customers(log order_log, as_of timestamp, period text, time_zone text, time_unit interval) IS
'what the orders of each customer amount to, as of a time: totals, and frequency, recency and age as Fader and Hardie define them';

CREATE FUNCTION customers(log order_log, key anyelement, as_of timestamp DEFAULT NULL, period text DEFAULT 'day', time_zone text DEFAULT 'UTC', time_unit interval DEFAULT '1 day')
RETURNS TABLE (
    customer_id anyelement,
    first_order timestamp,
    last_order timestamp,
    orders bigint,
    revenue double precision,
    returns double precision,
    days_since_last double precision,
    frequency bigint,
    recency double precision,
    age double precision,
    monetary_value double precision
)
LANGUAGE c IMMUTABLE PARALLEL SAFE COST 4000000 ROWS 500000 SUPPORT plan_customers
AS 'MODULE_PATHNAME', 'customers_wrapper';
COMMENT ON FUNCTION customers(log order_log, key anyelement, as_of timestamp, period text, time_zone text, time_unit interval) IS
'what the orders of each customer amount to, as of a time: totals, and frequency, recency and age as Fader and Hardie define them; keys of the type of the second argument, such as NULL::uuid';
