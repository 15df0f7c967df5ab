-- What your orders are called. Change this file, and leave the others as they are: they read it.
-- Run the scripts as the owner of the orders, with the schema that is to hold the scores first in the search path.
\set ON_ERROR_STOP on
\set QUIET on

-- The table, its columns, and the type of the customers' keys: smallint, integer, bigint, uuid or text.
\set orders 'orders'
\set customer 'household_id'
\set key 'integer'
\set ordered_at 'ordered_at'
\set amount 'total'

-- Where days begin, which day an order is of, and between what times an index finds the orders of a day. Three hours on either side
-- are for clocks that are set back at midnight. What a log gives back becomes the column again by :collected.
\set zone 'UTC'
\set day_of '(ordered_at AT TIME ZONE ''UTC'')::date'
\set day_from '(noted_day::timestamp AT TIME ZONE ''UTC'') - interval ''3 hours'''
\set day_until '((noted_day + 1)::timestamp AT TIME ZONE ''UTC'') + interval ''3 hours'''
\set collected 'ordered_at AT TIME ZONE ''UTC'''
-- Where ordered_at is a timestamp without a zone, or a date:
-- \set day_of 'ordered_at::date'
-- \set day_from 'noted_day::timestamp'
-- \set day_until '(noted_day + 1)::timestamp'
-- \set collected 'ordered_at'
