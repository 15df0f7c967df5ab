-- Every night, while the reports are being read. REFRESH MATERIALIZED VIEW logs.models, once a month, comes before it.
\set ON_ERROR_STOP on
REFRESH MATERIALIZED VIEW logs.orders;
REFRESH MATERIALIZED VIEW logs.baskets;
REFRESH MATERIALIZED VIEW logs.bought_by_customer;
REFRESH MATERIALIZED VIEW logs.groups;
REFRESH MATERIALIZED VIEW CONCURRENTLY reports.customers;
REFRESH MATERIALIZED VIEW CONCURRENTLY reports.over_time;
REFRESH MATERIALIZED VIEW CONCURRENTLY reports.segments_over_time;
REFRESH MATERIALIZED VIEW CONCURRENTLY reports.who_moved;
REFRESH MATERIALIZED VIEW CONCURRENTLY reports.bought_together;
REFRESH MATERIALIZED VIEW CONCURRENTLY reports.what_to_offer;
REFRESH MATERIALIZED VIEW CONCURRENTLY reports.what_to_offer_to_whom;
REFRESH MATERIALIZED VIEW CONCURRENTLY reports.is_the_forecast_right;
REFRESH MATERIALIZED VIEW CONCURRENTLY reports.forecast_by_tenth;
