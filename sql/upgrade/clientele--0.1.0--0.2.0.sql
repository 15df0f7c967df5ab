-- From 0.1.0 to 0.2.0: sql/upgrade-step puts in the parts that are named.
-- all of parts/rhythm.sql

-- all of parts/survival.sql

-- all of parts/cohorts.sql

-- all of parts/won_lost.sql

-- all of parts/seasonality.sql

-- all of parts/item_log.sql
