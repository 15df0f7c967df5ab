-- Is the forecast right? What would have been forecast when two thirds of the time had passed, and what came.
CREATE MATERIALIZED VIEW reports.is_the_forecast_right AS
SELECT what, method, customers::integer AS customers, predicted::numeric(14, 0) AS predicted, actual::numeric(14, 0) AS actual,
       (100 * (predicted / nullif(actual, 0) - 1))::numeric(10, 1) AS percent_off, ranks_right::numeric(4, 2) AS ranks_right
FROM (
    SELECT 'orders' AS what, v.method, v.customers, v.predicted, v.actual, v.rank_correlation AS ranks_right
    FROM logs.orders o, clientele.validate_purchases(o.log) v WHERE v.decile IS NULL
    UNION ALL
    SELECT 'revenue', v.method, v.customers, v.predicted, v.actual, v.rank_correlation
    FROM logs.orders o, clientele.validate_clv(o.log) v WHERE v.decile IS NULL
    UNION ALL
    SELECT 'customers who stay away', v.method, v.customers, v.customers * v.predicted_churn, v.customers * v.actual_churn, 2 * v.auc - 1
    FROM logs.orders o, clientele.validate_churn(o.log) v WHERE v.decile IS NULL) validated;
CREATE UNIQUE INDEX ON reports.is_the_forecast_right (what, method);

COMMENT ON MATERIALIZED VIEW reports.is_the_forecast_right IS
    'What models and rules of thumb would have forecast for the last third of the time, and what came';
COMMENT ON COLUMN reports.is_the_forecast_right.what IS 'What was forecast; customers who stay away place no order';
COMMENT ON COLUMN reports.is_the_forecast_right.method IS 'The model mbg/nbd, or a rule of thumb that needs none';
COMMENT ON COLUMN reports.is_the_forecast_right.customers IS 'Customers who were known then';
COMMENT ON COLUMN reports.is_the_forecast_right.predicted IS 'What would have been forecast of them';
COMMENT ON COLUMN reports.is_the_forecast_right.actual IS 'What came';
COMMENT ON COLUMN reports.is_the_forecast_right.percent_off IS 'How much too high the forecast was, in percent; below 0, too low';
COMMENT ON COLUMN reports.is_the_forecast_right.ranks_right IS 'Whether the right customers were put first: 1 is perfect, 0 is chance';

-- By tenths of the customers, from those of whom least was expected (1) to those of whom most was (10).
CREATE MATERIALIZED VIEW reports.forecast_by_tenth AS
SELECT v.decile AS tenth, v.customers::integer AS customers, v.predicted::numeric(14, 0) AS predicted_orders,
       v.actual::numeric(14, 0) AS actual_orders
FROM logs.orders o, clientele.validate_purchases(o.log) v WHERE v.method = 'mbg/nbd' AND v.decile IS NOT NULL;
CREATE UNIQUE INDEX ON reports.forecast_by_tenth (tenth);

COMMENT ON MATERIALIZED VIEW reports.forecast_by_tenth IS 'Orders that the model would have forecast of each tenth of the customers';
COMMENT ON COLUMN reports.forecast_by_tenth.tenth IS 'Tenth of the customers; 10 are those of whom most was expected';
COMMENT ON COLUMN reports.forecast_by_tenth.customers IS 'Number of customers';
COMMENT ON COLUMN reports.forecast_by_tenth.predicted_orders IS 'Orders forecast';
COMMENT ON COLUMN reports.forecast_by_tenth.actual_orders IS 'Orders that came';
