use super::{Feature, Single, basket_log};

pub const FEATURE: Feature = Feature {
    word: "itemsets",
    long: &[
        (
            "itemsets without an end",
            "SELECT count(*) FROM (SELECT clientele.basket_log(b, i) AS log FROM generate_series(1, 300) b, generate_series(1, 60) i WHERE hashint4(b * 64 + i) % 5 <> 0) l,
             clientele.frequent_itemsets(log, min_count => 3, target => 'closed')",
        ),
    ],
    single: &[
        Single {
            what: "itemsets",
            input: basket_log::ROWS,
            call: "SELECT count(*) FROM input, clientele.frequent_itemsets(value, min_support => 0.002, target => 'maximal')",
            threads: &[1],
        },
    ],
    filling: &[
        (
            "itemsets",
            "SELECT count(*) FROM (SELECT log FROM dense LIMIT 1) l, clientele.frequent_itemsets(log, min_count => 8)",
        ),
    ],
    ..Feature::NONE
};
