//! Recommendations for the baskets of a grocery.

use crate::baskets::Named;
use crate::of_baskets;
use clientele_core::checkpoint::Unhindered;
use clientele_core::recommend::{Model, Options, recommend};
use clientele_core::rules::{Measure, rule_counts};
use libtest_mimic::Trial;

pub fn trials() -> Vec<Trial> {
    vec![of_baskets(
        "recommend::groceries_go_together",
        "golden/groceries.dat",
        groceries_go_together,
    )]
}

fn groceries_go_together(named: &Named) {
    let options = Options {
        min_count: 10,
        ..Options::default()
    };
    let name = &mut |item| format!("item {item}");
    let model = Model::fit(&named.baskets, &options, name, &mut Unhindered).unwrap();
    for basket in named.baskets.iter().step_by(97) {
        let names: Vec<String> = basket.iter().map(|item| format!("item {item}")).collect();
        let offers = model.recommend(names.iter().map(String::as_str), 10, Measure::Confidence);
        assert_eq!(offers.len(), 10);
        let direct = recommend(
            &named.baskets,
            basket,
            10,
            Measure::Confidence,
            &options,
            &mut Unhindered,
        );
        assert_eq!(direct.unwrap(), offers);
        for offer in &offers {
            let counts = rule_counts(&named.baskets, &offer.antecedent, &[offer.item], &mut Unhindered).unwrap();
            assert_eq!(offer.counts, counts);
            assert!(!basket.contains(&offer.item));
        }
    }
}
