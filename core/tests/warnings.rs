//! What models warn of, and where each warning begins.

use clientele_core::calendar::DAY;
use clientele_core::checkpoint::Unhindered;
use clientele_core::purchases::{self, Family, Fitting, History, Sought, fit};
use clientele_core::spend::{self, Spender};
use clientele_core::warning::Warning;

/// A model of purchases with these parameters and these numbers of its data, fitted to 300 customers in 100 days.
fn model(name: &str, [r, alpha, a, b]: [f64; 4], more: &str) -> purchases::Model {
    let third = if name == "pareto/nbd" {
        ["s", "beta"]
    } else {
        ["a", "b"]
    };
    let text = format!(
        r#"{{"purchase_model":1,"model":"{name}","time_unit":"1 day","parameters":{{"r":{r},"alpha":{alpha},"{}":{a:e},"{}":{b:e}}},{more}}}"#,
        third[0], third[1]
    );
    purchases::Model::parse(&text).unwrap()
}

fn of_data(repeat: f64, early: f64, status: &str) -> purchases::Model {
    let data = format!(
        r#""status":"{status}","customers":300,"repeat_customers":{repeat},"observed":100,"early_customers":{early}"#
    );
    model("mbg/nbd", [0.5, 6.0, 0.9, 1.6], &data)
}

fn headlines(warnings: &[Warning]) -> Vec<&'static str> {
    warnings.iter().map(|warning| warning.headline).collect()
}

const FEW: &str = "few customers have bought again";
const NONE: &str = "no customer has bought again";
const EARLY: &str = "many customers were there from the beginning";
const LOYAL: &str = "the model expects hardly anybody to leave";

#[test]
fn data_are_judged_at_the_edge() {
    for (repeat, early, expected) in [
        (100.0, 100.0, vec![]),
        (99.0, 100.0, vec![FEW]),
        (99.999, 100.0, vec![FEW]),
        (0.5, 30.0, vec![FEW]),
        (0.0, 30.0, vec![NONE]),
        (100.0, 100.0001, vec![EARLY]),
        (100.0, 101.0, vec![EARLY]),
        (99.0, 299.0, vec![FEW, EARLY]),
        // All of them: a cohort.
        (100.0, 300.0, vec![]),
    ] {
        let found = of_data(repeat, early, "converged").warnings();
        assert_eq!(headlines(&found), expected, "{repeat} {early}");
        assert_eq!(headlines(&of_data(repeat, early, "boundary").warnings()), expected);
        // Of a model that was written by hand, nobody knows the data.
        assert_eq!(of_data(repeat, early, "given").warnings(), []);
    }
    let both = of_data(12.0, 150.0, "converged").warnings();
    assert_eq!(
        both[0].facts,
        "only 12 of 300 customers bought again: parameters are rough below 100"
    );
    assert_eq!(
        both[1].facts,
        "150 of 300 customers placed their first order in the first tenth of the 100 days observed"
    );
}

#[test]
fn horizons_are_judged_at_the_edge() {
    let model = of_data(200.0, 30.0, "converged");
    assert_eq!(model.warning_of_horizon(0), None);
    assert_eq!(model.warning_of_horizon(50 * DAY), None);
    let warning = model.warning_of_horizon(50 * DAY + 1).unwrap();
    assert_eq!(warning.headline, "the horizon is longer than half of the time observed");
    let year = model.warning_of_horizon(1_461 * DAY / 4).unwrap();
    assert_eq!(
        year.facts,
        "the horizon is 365.25 days, and no customer was observed for longer than 100 days"
    );
    assert!(year.advice.starts_with("Ask for 50 days at most"), "{}", year.advice);
    // In another unit of time the same.
    let text = model.text().replace("1 day", "7 days");
    let weeks = purchases::Model::parse(&text).unwrap();
    assert_eq!(weeks.warning_of_horizon(350 * DAY), None);
    assert!(weeks.warning_of_horizon(350 * DAY + 1).is_some());
    assert_eq!(weeks.observed_length(), Some(700 * DAY));
    // A model by hand is judged if it says how long.
    let given = purchases::Model::parse(&model.text().replace("converged", "given")).unwrap();
    assert!(given.warning_of_horizon(i64::MAX).is_some());
    let unknown = purchases::Model::parse(&model.text().replace(r#""observed":100.0"#, r#""observed":null"#)).unwrap();
    assert_eq!(
        (unknown.warning_of_horizon(i64::MAX), unknown.observed_length()),
        (None, None)
    );
}

/// The share of the orders within `age` that a new customer of MBG/NBD does not place because of leaving. With a rate and a probability
/// of leaving, 1/p - 1 orders are placed times the chance of having left by then; over rates it is a power, over p a sum.
fn lost_in_mbg([r, alpha, a, b]: [f64; 4], age: f64) -> f64 {
    let n = 200_000;
    let (mut orders, mut weights) = (0.0, 0.0);
    for i in 0..n {
        let p = (i as f64 + 0.5) / n as f64;
        let weight = p.powf(a - 1.0) * (1.0 - p).powf(b - 1.0);
        weights += weight;
        orders += weight * (1.0 - p) / p * (1.0 - (alpha / (alpha + p * age)).powf(r));
    }
    1.0 - orders / weights / (r / alpha * age)
}

/// The same in Pareto/NBD, by its closed form.
fn lost_in_pareto([_, _, s, beta]: [f64; 4], age: f64) -> f64 {
    1.0 - beta / (age * (s - 1.0)) * (1.0 - (beta / (beta + age)).powf(s - 1.0))
}

#[test]
fn loyalty_is_judged_at_the_edge() {
    let data = r#""status":"converged","customers":300,"repeat_customers":200,"observed":100,"early_customers":30"#;
    type Lost = fn([f64; 4], f64) -> f64;
    let cases: [(&str, Lost, f64); 2] = [("mbg/nbd", lost_in_mbg, 3.0), ("pareto/nbd", lost_in_pareto, 1.5)];
    for (name, lost, leaving) in cases {
        let parameters = |last: f64| [0.8, 20.0, leaving, last];
        // The greater the last parameter, the fewer leave.
        let (mut less, mut more) = (1.0f64, 1e6f64);
        for _ in 0..60 {
            let middle = (less * more).sqrt();
            if lost(parameters(middle), 100.0) > 0.01 {
                less = middle;
            } else {
                more = middle;
            }
        }
        let warnings = |last: f64| headlines(&model(name, parameters(last), data).warnings());
        assert_eq!(warnings(less * 0.9999), Vec::<&str>::new(), "{name}");
        assert_eq!(warnings(more * 1.0001), [LOYAL], "{name}");
        // Where nobody bought again there is nothing that could be said about leaving.
        let none = model(name, parameters(1e9), &data.replace("200", "0"));
        assert_eq!(headlines(&none.warnings()), [NONE]);
    }
    let never = model("bg/nbd", [0.8, 20.0, 1e-6, 1e6], data).warnings();
    assert_eq!(
        never[0].facts,
        "by bg/nbd, leaving costs a new customer 0 % of the orders within 100 days, and p_alive is near 1 for all"
    );
}

#[test]
fn churn_is_not_for_bg() {
    for family in Family::POISSON {
        let model = model(family.name(), [0.5, 6.0, 0.9, 1.6], r#""customers":0"#);
        assert_eq!(model.warning_of_churn().is_some(), family == Family::Bg);
        assert_eq!((model.warnings(), model.observed_length()), (vec![], None));
    }
}

#[test]
fn a_fit_counts_who_was_there_early() {
    // Of ages up to 10 days, those above 9 are the first tenth; who has no weight is not there.
    let ages = [10.0, 9.000_001, 9.0, 8.0, 5.0, 2.0, 0.0];
    let mut histories: Vec<History> = ages.map(|age| History::new(0, 0.0, age, 1.5).unwrap()).to_vec();
    histories.extend((0..100).map(|_| History::new(2, 3.0, 4.0, 1.0).unwrap()));
    histories.push(History::new(1, 11.0, 20.0, 0.0).unwrap());
    let fitting = Fitting {
        time_unit: DAY,
        period: None,
    };
    for family in Family::POISSON {
        let model = fit(&histories, Sought::One(family), fitting, &mut Unhindered)
            .unwrap()
            .model()
            .unwrap();
        assert_eq!(
            (model.observed, model.early_customers),
            (Some(10.0), 3.0),
            "{}",
            family.name()
        );
        assert_eq!(model.observed_length(), Some(10 * DAY));
        // What is warned of is what the model keeps, and comes first.
        let kept = &model.estimate.warnings;
        let told: Vec<String> = model.warnings().into_iter().map(|warning| warning.facts).collect();
        assert_eq!(kept[..told.len()], told);
        assert_eq!(
            kept.last() == model.warning_of_churn().map(|warning| warning.facts).as_ref(),
            family == Family::Bg
        );
    }
}

#[test]
fn weights_beyond_all_measure_are_told() {
    let history = |age| History::new(1, 1.0, age, 1e290).unwrap();
    let fitting = Fitting {
        time_unit: DAY,
        period: None,
    };
    let histories: Vec<History> = [50.0, 50.0, 49.0, 3.0, 2.0].map(history).to_vec();
    let model = fit(&histories, Sought::One(Family::Mbg), fitting, &mut Unhindered)
        .unwrap()
        .model()
        .unwrap();
    assert!(
        model.estimate.warnings[0].starts_with("3e+290 of 5e+290 customers"),
        "{:?}",
        model.estimate.warnings
    );
}

fn spend_model(customers: f64, rho: f64, p_value: f64, status: &str) -> spend::Model {
    spend::Model::parse(&format!(
        r#"{{"spend_model":1,"parameters":{{"p":6.25,"q":3.75,"v":15.5}},"status":"{status}","customers":{customers},"rank_correlation":{rho},"independence_p_value":{p_value}}}"#
    ))
    .unwrap()
}

#[test]
fn spend_is_judged_at_the_edge() {
    const FEW: &str = "few customers tell what they spend";
    const DEPENDS: &str = "spend depends on frequency";
    for (customers, rho, p_value, expected) in [
        (100.0, 0.29999, 0.0, vec![]),
        (99.0, 0.0, 1.0, vec![FEW]),
        (100.0, 0.3, 0.009_999, vec![DEPENDS]),
        (100.0, -0.3, 0.009_999, vec![DEPENDS]),
        (100.0, 0.3, 0.01, vec![]),
        (9.0, 0.9, 0.001, vec![FEW, DEPENDS]),
    ] {
        let found = spend_model(customers, rho, p_value, "converged").warnings();
        assert_eq!(headlines(&found), expected, "{customers} {rho} {p_value}");
        assert_eq!(spend_model(customers, rho, p_value, "given").warnings(), []);
    }
    // A fit keeps them: frequent buyers who spend the more.
    let spenders: Vec<Spender> = (1..=60)
        .map(|x| Spender::new(x, 10.0 * x as f64, 1.0).unwrap())
        .collect();
    let model = spend::fit(&spenders, &mut Unhindered).unwrap().model().unwrap();
    let told = model.warnings();
    assert_eq!(headlines(&told), [FEW, DEPENDS]);
    assert_eq!(
        model.estimate.warnings[0],
        "only 60 of 60 customers spent something again: parameters are rough below 100"
    );
    assert_eq!(model.estimate.warnings[1], told[1].facts);
}
