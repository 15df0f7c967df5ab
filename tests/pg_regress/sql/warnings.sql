-- What calls warn of: one WARNING, and each thing once for each place of a query.
SET datestyle = 'ISO, YMD';
SET search_path = public, clientele;
CREATE TABLE log AS SELECT clientele.order_log(customer_id, ordered_at, total) AS log FROM many_orders;
CREATE TABLE given AS SELECT '{"purchase_model":1,"model":"mbg/nbd","time_unit":"1 day","parameters":{"r":0.5,"alpha":6,"a":0.9,"b":1.6}}'::clientele.purchase_model AS m;
CREATE TABLE models AS SELECT clientele.fit_purchases(log) AS m, clientele.fit_spend(log) AS s FROM log;

-- horizons longer than half of the 364 days that were observed, also with a model that was kept; other warnings it has told when it was fitted
SELECT count(*) FROM log, models, clientele.clv(log, horizon => '182 days', purchases => m, spend => s);
SELECT count(*) FROM log, models, clientele.clv(log, horizon => '182 days 1 second', purchases => m, spend => s);
SELECT count(*) FROM log, models, clientele.churn(log, horizon => '182 days', purchases => m);
SELECT count(*) FROM log, models, clientele.churn(log, horizon => '1 year', purchases => m);
-- with one that is fitted by the call, all at once
SELECT count(*) FROM log, clientele.clv(log);
SELECT count(*) FROM log, clientele.churn(log, model => 'bg/nbd');
-- of models by hand nothing is known, but what they say themselves; scoring functions never warn
SELECT count(*) FROM log, given, clientele.clv(log, horizon => '10 years', purchases => m, spend => '{"spend_model":1,"parameters":{"p":6.25,"q":3.75,"v":15.5}}');
SELECT count(*) FROM log, given, clientele.churn(log, purchases => (m::jsonb || '{"observed": 100}')::clientele.purchase_model);
SELECT clientele.expected_orders(m, 1, 1, 2, '10 years') > 0 AS scored FROM models;

-- few customers, who order to the end, all from the beginning, and spend the more the more often they order
CREATE TABLE loyal AS SELECT clientele.order_log(i, timestamp '2023-01-01' + n * interval '9 days', i) AS log FROM generate_series(2, 12) i, generate_series(0, 3 * i) n;
SELECT count(*) FROM loyal, clientele.clv(log, horizon => '90 days', as_of => '2023-04-01');
SELECT count(*) FROM loyal, clientele.validate_purchases(log);
SELECT method FROM loyal, clientele.compare_purchase_models(log) WHERE log_likelihood IS NOT NULL;
SELECT clientele.fit_purchases(frequency, recency, age) IS NULL AS nothing FROM loyal, clientele.customers(log);
SELECT clientele.fit_spend(log) IS NULL AS nothing FROM loyal;
SELECT clientele.fit_spend(frequency, monetary_value) IS NULL AS nothing FROM loyal, clientele.customers(log);
SELECT clientele.fit_purchases(0, 0.0, age) IS NULL AS nothing FROM generate_series(1.0, 20) age;

-- over groups: each once, with the numbers of the first, and that there is more
SET enable_hashagg = off;
SELECT g, (clientele.describe(clientele.fit_purchases(1, 1, 1 + customer % 10))).repeat_customers FROM generate_series(1, 4) g, generate_series(1, 80 + 5 * g) customer GROUP BY g ORDER BY g;
RESET enable_hashagg;
-- other places of the same query tell it themselves
SELECT (clientele.describe(clientele.fit_spend(1, g))).customers AS one, (clientele.describe(clientele.fit_spend(2, g))).customers AS other FROM generate_series(1, 9) g;

-- for tools: columns
SELECT d.model, d.customers, d.repeat_customers, d.early_customers, d.observed, d.observed / 2 AS longest_horizon, d.warnings FROM models, clientele.describe(m) d;
SELECT d.customers, d.repeat_customers, d.early_customers, d.observed, d.warnings FROM given, clientele.describe(m) d;
SELECT d.observed FROM clientele.describe('{"purchase_model":1,"model":"bg/nbd","time_unit":"7 days","parameters":{"r":1,"alpha":1,"a":1,"b":1},"observed":5.5}'::clientele.purchase_model) d;
SELECT m::text::clientele.purchase_model OPERATOR(clientele.=) m AS text_is_exact, m::jsonb -> 'observed' AS observed, m::jsonb -> 'early_customers' AS early_customers FROM models;
SELECT '{"purchase_model":1,"model":"bg/nbd","time_unit":"1 day","parameters":{"r":1,"alpha":1,"a":1,"b":1},"observed":-1}'::clientele.purchase_model;
SELECT '{"purchase_model":1,"model":"bg/nbd","time_unit":"1 day","parameters":{"r":1,"alpha":1,"a":1,"b":1},"early_customers":-1}'::clientele.purchase_model;
-- who does not want to be told
SET client_min_messages = error;
SELECT count(*) FROM log, clientele.clv(log);
DROP TABLE log, given, models, loyal;
