-- What to offer to a basket? For each item, the three that are bought most often with it, in one of 1000 baskets at least.
CREATE MATERIALIZED VIEW reports.what_to_offer AS
SELECT r.in_the_basket, r.place, r.offer, r.confidence::numeric(4, 1) AS percent_of_cases, r.lift::numeric(8, 1) AS times_as_often
FROM (SELECT antecedent[1] AS in_the_basket, consequent[1] AS offer, 100 * confidence AS confidence, lift,
             row_number() OVER (PARTITION BY antecedent ORDER BY confidence DESC, consequent)::integer AS place
      FROM logs.baskets b, clientele.association_rules(b.log, min_support => 0.001, min_confidence => 0, max_antecedent => 1)) r
WHERE r.place <= 3;
CREATE UNIQUE INDEX ON reports.what_to_offer (in_the_basket, place);

COMMENT ON MATERIALIZED VIEW reports.what_to_offer IS 'The three best offers for each item of a basket';
COMMENT ON COLUMN reports.what_to_offer.in_the_basket IS 'What is in the basket';
COMMENT ON COLUMN reports.what_to_offer.place IS 'Place of the offer; 1 is best';
COMMENT ON COLUMN reports.what_to_offer.offer IS 'What to offer';
COMMENT ON COLUMN reports.what_to_offer.percent_of_cases IS 'In how many of 100 such baskets it is bought';
COMMENT ON COLUMN reports.what_to_offer.times_as_often IS 'How many times as often as in any basket';

-- What to offer to those who may leave? What others buy who have bought the same, and they have not. The rules hold for one of
-- five customers at least: where customers have less in common, lower min_support.
CREATE MATERIALIZED VIEW logs.offers AS
SELECT clientele.fit_baskets(b.log, min_support => 0.2, max_antecedent => 1) AS model FROM logs.bought_by_customer b;
ANALYZE logs.offers;

CREATE MATERIALIZED VIEW reports.what_to_offer_to_whom AS
SELECT h.customer_id, r.place::integer AS place, r.item AS offer, (100 * r.confidence)::numeric(4, 1) AS percent_of_cases,
       array_to_string(r.antecedent, ' + ') AS because_of
FROM logs.offers m
     CROSS JOIN (SELECT household_id AS customer_id, array_agg(DISTINCT category) AS items
                 FROM orders JOIN order_items USING (order_id) JOIN categories USING (category_id)
                 WHERE household_id IN (SELECT customer_id FROM reports.who_is_leaving) GROUP BY 1) h
     CROSS JOIN LATERAL clientele.recommend(m.model, h.items, 3) WITH ORDINALITY
         AS r(item, score, antecedent, baskets, antecedent_baskets, consequent_baskets, all_baskets, confidence, lift, place)
WHERE r.antecedent <> '{}';
CREATE UNIQUE INDEX ON reports.what_to_offer_to_whom (customer_id, place);

COMMENT ON MATERIALIZED VIEW reports.what_to_offer_to_whom IS 'The three best offers to each customer who may leave, of what was not bought yet';
COMMENT ON COLUMN reports.what_to_offer_to_whom.customer_id IS 'Number of the customer';
COMMENT ON COLUMN reports.what_to_offer_to_whom.place IS 'Place of the offer; 1 is best';
COMMENT ON COLUMN reports.what_to_offer_to_whom.offer IS 'What to offer';
COMMENT ON COLUMN reports.what_to_offer_to_whom.percent_of_cases IS 'How many of 100 who bought the like have bought it, too';
COMMENT ON COLUMN reports.what_to_offer_to_whom.because_of IS 'What this customer bought that speaks for it';
