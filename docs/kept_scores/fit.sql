-- Fits the models anew, once a week or a month, from the totals that are kept. Readers see them from its end on.
\ir names.sql
INSERT INTO score_models (rfm, purchases, spend)
SELECT clientele.fit_rfm(days_since_last, orders, revenue), clientele.fit_purchases(frequency, recency, age),
       clientele.fit_spend(frequency, monetary_value)
FROM customers_as_of WHERE age >= 0;
