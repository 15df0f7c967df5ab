-- All reports: run it in the database of the orders, by psql. collect.sql is to be changed for tables of your own.
\set ON_ERROR_STOP on
BEGIN;
\ir collect.sql
\ir customers.sql
\ir best_customers.sql
\ir segments.sql
\ir who_is_leaving.sql
\ir what_customers_are_worth.sql
\ir over_time.sql
\ir who_moved.sql
\ir groups.sql
\ir bought_together.sql
\ir what_to_offer.sql
\ir is_the_forecast_right.sql
\ir doubts.sql
\ir rights.sql
COMMIT;
