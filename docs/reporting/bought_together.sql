-- What is bought together? The 200 rules that say most, of those that hold in one of 200 baskets.
CREATE MATERIALIZED VIEW reports.bought_together AS
SELECT row_number() OVER (ORDER BY r.lift_low DESC, r.antecedent, r.consequent)::integer AS place,
       array_to_string(r.antecedent, ' + ') AS who_buys, array_to_string(r.consequent, ' + ') AS also_buys,
       r.baskets::integer AS baskets, (100 * r.support)::numeric(5, 2) AS percent_of_baskets,
       (100 * r.confidence)::numeric(4, 1) AS percent_of_cases, r.lift::numeric(8, 1) AS times_as_often
FROM logs.baskets b, clientele.association_rules(b.log, min_support => 0.005, top => 200, redundant => false) r;
CREATE UNIQUE INDEX ON reports.bought_together (place);

COMMENT ON MATERIALIZED VIEW reports.bought_together IS 'What is bought together more often than chance would have it';
COMMENT ON COLUMN reports.bought_together.place IS 'Place by how much more often than by chance, at least; 1 is the most';
COMMENT ON COLUMN reports.bought_together.who_buys IS 'Who buys all of this ...';
COMMENT ON COLUMN reports.bought_together.also_buys IS '... also buys this';
COMMENT ON COLUMN reports.bought_together.baskets IS 'Baskets with all of it';
COMMENT ON COLUMN reports.bought_together.percent_of_baskets IS 'Share of all baskets, in percent';
COMMENT ON COLUMN reports.bought_together.percent_of_cases IS 'Share of the baskets with the first that also hold the second, in percent';
COMMENT ON COLUMN reports.bought_together.times_as_often IS 'How many times as often as in any basket';
