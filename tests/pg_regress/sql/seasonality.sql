-- Seasons and forecasts.
SET datestyle = 'ISO, YMD';
SET search_path = public, clientele;
CREATE TABLE series AS
SELECT timestamp '2019-01-01' + (i - 1) * interval '1 month' AS month,
       (100 + 2 * i + 30 * sin(pi() * i / 6) + (i * 7919 % 13))::numeric(10, 2) AS value
FROM generate_series(1, 60) i;
CREATE TABLE log AS SELECT clientele.order_log(0, month, value) AS log FROM series;

-- the months are those of plain SQL, holes are 0, and all of them are over
SELECT count(*), min(period_start), max(period_start), bool_and(d.value = s.value::float8) AS same,
       bool_and(abs(trend + seasonal + remainder - d.value) < 1e-9) AS adds_up
FROM log, clientele.decompose(log) d FULL JOIN series s ON month = period_start;
SELECT period_start, value FROM log, clientele.decompose(log, as_of => '2021-06-15') d ORDER BY 1 DESC LIMIT 2;
-- a log of orders has its first and last periods left out if they are not whole
CREATE TABLE lines AS SELECT i % 7 AS customer, timestamp '2023-03-15 12:00' + i * interval '5 hours' AS ordered_at, i % 10 - 1 AS total FROM generate_series(1, 800) i;
CREATE TABLE days AS SELECT clientele.order_log(customer, ordered_at, total) AS log FROM lines;
SELECT what, count(*) AS days, bool_and(d.value = CASE what WHEN 'revenue' THEN revenue WHEN 'orders' THEN orders ELSE customers END) AS same
FROM days, unnest(ARRAY['revenue', 'orders', 'customers']) what, clientele.decompose(log, period => 'day', value => what) d
JOIN (SELECT date_trunc('day', ordered_at) AS period_start, sum(total) AS revenue, count(*) FILTER (WHERE total >= 0) AS orders,
             count(DISTINCT customer) FILTER (WHERE total >= 0) AS customers FROM lines GROUP BY 1) s USING (period_start) GROUP BY what ORDER BY what;
SELECT min(period_start), max(period_start), count(*) FROM days, clientele.decompose(log, period => 'day');
SELECT min(period_start), max(period_start), count(*) FROM days, clientele.decompose(log, period => 'week', season => 4);
SELECT min(period_start), max(period_start), count(*) FROM days, clientele.decompose(log, period => 'week', season => 4, since => '2023-03-13', as_of => '2023-08-28');
SELECT what, count(*), sum(value) FROM days, unnest(ARRAY['revenue', 'orders', 'customers']) what, clientele.decompose(log, period => 'day', value => what) GROUP BY what ORDER BY what;
SELECT min(period_start), max(period_start) FROM (SELECT clientele.order_log(1, ts) AS log FROM generate_series(timestamptz '2023-03-15 00:00+00', '2023-05-15 00:00+00', '1 hour') ts) l,
       clientele.decompose(log, period => 'day', time_zone => 'America/New_York');

-- indices
SELECT season, name, round(index::numeric, 4) AS index, round(share::numeric, 4) AS share, periods, round(p_value::numeric, 6) AS p_value, round(strength::numeric, 4) AS strength
FROM log, clientele.seasonality(log);
SELECT name, round(index::numeric, 2) AS index FROM log, clientele.seasonality(log, by => 'quarter', method => 'difference');
SELECT season, name, round(index::numeric, 3) AS index, periods FROM days, clientele.seasonality(log, by => 'weekday', value => 'orders');
SELECT count(*), round(avg(index)::numeric, 6) AS mean FROM days, clientele.seasonality(log, by => 'hour', value => 'customers');
-- a shop that is closed on Saturdays and Sundays
CREATE TABLE office AS SELECT clientele.order_log(1, ts, 10 + extract(isodow FROM ts) * 3 + extract(day FROM ts)::int % 4) AS log
FROM generate_series(timestamp '2024-01-01', '2024-06-30', '1 day') ts WHERE extract(isodow FROM ts) < 6;
SELECT name, round(index::numeric, 3) AS index, round(share::numeric, 3) AS share, periods FROM office, clientele.seasonality(log, by => 'weekday');
SELECT period_start::date AS day, to_char(period_start, 'Dy') AS weekday, step, round(forecast::numeric, 2) AS forecast, low = forecast AS is_certain
FROM office, clientele.forecast(log, period => 'day', horizon => 9, as_of => '2024-06-28');

-- forecasts
SELECT method, step, period_start, round(forecast::numeric, 2) AS forecast, round(low::numeric, 1) AS low, round(high::numeric, 1) AS high
FROM log, unnest(ARRAY['ets', 'theta', 'seasonal naive']) WITH ORDINALITY m (method, i), clientele.forecast(log, horizon => 2, method => method) ORDER BY i, step;
SELECT bool_and(a = b) AS same FROM log, clientele.forecast(log) WITH ORDINALITY a JOIN LATERAL clientele.forecast(log, NULL, NULL, NULL, NULL, NULL, NULL, 7) WITH ORDINALITY b USING (ordinality);
SELECT bool_and(a.low > b.low AND a.high < b.high AND a.forecast = b.forecast) AS narrower FROM log, clientele.forecast(log, confidence => 0.5) a JOIN LATERAL clientele.forecast(log) b USING (step);
-- too little for a season, for limits, for anything
SELECT count(*), count(low) FROM clientele.forecast((SELECT clientele.order_log(0, month, value) FROM series WHERE month < '2020-01-01'), horizon => 3);
SELECT * FROM clientele.forecast((SELECT clientele.order_log(0, month, value) FROM series WHERE month < '2019-03-01'), horizon => 2);
SELECT * FROM clientele.forecast((SELECT clientele.order_log(0, month, 42) FROM series), horizon => 2);
SELECT * FROM clientele.forecast((SELECT clientele.order_log(0, timestamp '2024-01-05 12:00', 42)), horizon => 2);

-- how it would have gone
SELECT method, origins, round(mase::numeric, 3) AS mase, round(smape::numeric, 4) AS smape, round(bias::numeric, 4) AS bias, round(coverage::numeric, 3) AS coverage, warnings
FROM log, clientele.validate_forecast(log, horizon => 6, origins => 4);
SELECT method, origins, mase, bias, warnings FROM clientele.validate_forecast((SELECT clientele.order_log(0, month, value) FROM series WHERE month < '2019-09-01'), horizon => 6);

-- nothing, and wrong on purpose
SELECT count(*) FROM clientele.seasonality(NULL::clientele.order_log);
SELECT count(*) FROM clientele.forecast((SELECT clientele.order_log(1, timestamp '2023-01-01') WHERE false));
SELECT count(*) FROM log, clientele.validate_forecast(log, as_of => '2018-01-01');
SELECT s.* FROM log, clientele.seasonality(log, by => 'decade') s;
SELECT s.* FROM log, clientele.seasonality(log, by => 'weekday', value => 'money') s;
SELECT s.* FROM log, clientele.seasonality(log, by => 'month', as_of => '2020-06-30') s;
SELECT s.* FROM log, clientele.seasonality(log, by => 'weekday', value => 'orders', method => 'ratio', since => '2019-01-02', as_of => '2019-04-01') s;
SELECT d.* FROM log, clientele.decompose(log, period => 'year') d;
SELECT d.* FROM log, clientele.decompose(log, season => 1) d;
SELECT d.* FROM log, clientele.decompose(log, season => 31) d;
SELECT d.* FROM log, clientele.decompose(log, seasonal_smoother => 8) d;
SELECT d.* FROM log, clientele.decompose(log, period => 'hour', season => 9000) d;
SELECT f.* FROM log, clientele.forecast(log, method => 'naive') f;
SELECT f.* FROM log, clientele.forecast(log, horizon => 0) f;
SELECT f.* FROM log, clientele.forecast(log, season => 367) f;
SELECT f.* FROM log, clientele.forecast(log, season => 40) f;
SELECT f.* FROM log, clientele.forecast(log, confidence => 1) f;
SELECT v.* FROM log, clientele.validate_forecast(log, origins => 0) v;
SELECT v.* FROM log, clientele.validate_forecast(log, step => 0) v;
SELECT v.* FROM log, clientele.validate_forecast(log, horizon => 60) v;
SELECT d.* FROM clientele.decompose((SELECT clientele.order_log(1, ts) FROM unnest(ARRAY[timestamp '1900-01-01', '2024-01-01']) ts), period => 'hour') d;
DROP TABLE series, log, lines, days, office;
