//! MBG/CNBD-k: values at high precision, laws of its k, and that one stage is MBG/NBD.

mod fitted;
mod scored;
mod tolerance;

use clientele_core::Kind;
use clientele_core::checkpoint::Unhindered;
use clientele_core::purchases::{Customer, Family, History, Outlook, Sought, Stages, fit, fit_all};
use fitted::{FITTING, fitted, ln_likelihood};
use scored::check_scores;
use tolerance::{FORMULA, LEAST, NOTHING};

/// Values at 45 digits, by sums over stages one by one.
const VALUES: &str = include_str!("golden/regular.txt");

/// The lines of a kind, each a model and numbers.
fn lines(kind: &str) -> impl Iterator<Item = (Family, [f64; 4], Vec<f64>)> {
    let lines = VALUES.lines().filter_map(move |line| line.strip_prefix(kind));
    lines.map(|line| {
        let (name, rest) = line.trim_start().split_once(' ').unwrap();
        let numbers: Vec<f64> = rest.split(' ').map(|word| word.parse().unwrap()).collect();
        let (parameters, rest) = numbers.split_at(4);
        (
            Family::find(name).unwrap(),
            parameters.try_into().unwrap(),
            rest.to_vec(),
        )
    })
}

fn close(found: f64, want: f64, what: &str) {
    scored::close(found, want, LEAST, what);
}

#[test]
fn scores_are_those_at_high_precision() {
    let mut checked = 0;
    for (family, parameters, numbers) in lines("scores") {
        let [
            x,
            recency,
            age,
            horizon,
            n,
            ln_likelihood,
            p_alive,
            orders,
            none,
            exactly,
        ] = numbers[..]
        else {
            panic!("{numbers:?}")
        };
        let customer = Customer::new(x as i64, recency, age).unwrap();
        let outlook = Outlook::of(family, &parameters, &customer);
        let what = format!("{} {parameters:?} {customer:?} {horizon}", family.name());
        let found = outlook.ln_likelihood(&parameters, &customer);
        assert!(
            (found - ln_likelihood).abs() <= FORMULA * ln_likelihood.abs() + NOTHING,
            "log-likelihood {found} and not {ln_likelihood}, {what}"
        );
        let want = [p_alive, orders, none, exactly];
        check_scores(&outlook, (horizon, n), want, LEAST, &what);
        checked += 1;
    }
    assert!(checked >= 180, "{checked}");
}

#[test]
fn discounted_orders_are_those_at_high_precision() {
    let mut checked = 0;
    for (family, parameters, numbers) in lines("discounted") {
        let [x, recency, age, horizon, rate, want] = numbers[..] else {
            panic!("{numbers:?}")
        };
        let customer = Customer::new(x as i64, recency, age).unwrap();
        let found = Outlook::of(family, &parameters, &customer).discounted_orders(horizon, rate);
        close(found, want, &format!("{} {parameters:?} {customer:?}", family.name()));
        checked += 1;
    }
    assert_eq!(checked, 6);
}

/// Customers who buy about every ten days, more or less, in days, with what is known of the gaps.
fn regular() -> Vec<History> {
    let gaps = [9.0, 11.0, 10.0, 7.0, 12.5, 8.5, 13.0, 10.5];
    (0..60)
        .map(|n| {
            let times = 1.0 + f64::from(n % 7) / 5.0;
            let of = gaps.iter().cycle().skip(n as usize % 8).take(n as usize % 9);
            let gaps: Vec<f64> = of.map(|gap| gap * times).collect();
            let recency: f64 = gaps.iter().sum();
            History {
                ln_gaps: Some(gaps.iter().map(|gap| gap.ln()).sum()),
                ..History::new(gaps.len() as i64, recency, recency + f64::from(n % 5) * 6.0 + 1.0, 1.0).unwrap()
            }
        })
        .collect()
}

#[test]
fn the_most_likely_k_is_found() {
    let histories = regular();
    let best = fit(&histories, Sought::Regular, FITTING, &mut Unhindered)
        .unwrap()
        .model()
        .unwrap();
    let all: Vec<f64> = Stages::all()
        .map(|stages| ln_likelihood(&fitted(Family::Regular(stages), &histories)))
        .collect();
    let greatest = all.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    assert!(
        (ln_likelihood(&best) - greatest).abs() < FORMULA * greatest.abs(),
        "{best:?} {all:?}"
    );
    assert!(best.family.name() > "mbg/cnbd-1", "{}", best.family.name());
    let choice = best.choice.clone().unwrap();
    assert!(choice.contains("has the greatest log-likelihood"), "{choice}");
    // What is compared is the likelihood of all that was seen: gaps of k stages each.
    let (orders, ln_gaps): (f64, f64) = histories
        .iter()
        .map(|history| (history.frequency as f64, history.ln_gaps.unwrap()))
        .fold((0.0, 0.0), |sum, one| (sum.0 + one.0, sum.1 + one.1));
    for (stages, ln_likelihood) in Stages::all().zip(all) {
        let k = f64::from(stages.count());
        let family = Family::Regular(stages);
        let parameters = fitted(family, &histories).estimate.values;
        let ln_factorial: f64 = (1..stages.count()).map(|i| f64::from(i).ln()).sum();
        let one = |history: &History| {
            let customer = history.customer();
            Outlook::of(family, &parameters, &customer).ln_likelihood(&parameters, &customer)
        };
        let want = histories.iter().map(one).sum::<f64>() + (k - 1.0) * ln_gaps - orders * ln_factorial;
        close(ln_likelihood, want, family.name());
    }
    // k counts as a parameter.
    let bic = 5.0 * 60f64.ln() - 2.0 * ln_likelihood(&best);
    close(best.estimate.bic().unwrap(), bic, "bic");
    let models = fit_all(&histories, FITTING, &mut Unhindered).unwrap().model().unwrap();
    assert_eq!(models.len(), 4);
    assert_eq!(models[3], best);
}

#[test]
fn one_stage_is_mbg_nbd() {
    let histories = regular();
    let one = fitted(Family::find("mbg/cnbd-1").unwrap(), &histories);
    let mut mbg = fitted(Family::Mbg, &histories);
    // Warnings tell the names of the models.
    for warning in &mut mbg.estimate.warnings {
        *warning = warning.replace("mbg/nbd", "mbg/cnbd-1");
    }
    assert_eq!(one.estimate, mbg.estimate);
    let customer = Customer::new(3, 20.0, 40.0).unwrap();
    let (one, mbg) = (one.outlook(&customer), mbg.outlook(&customer));
    assert_eq!(one.p_alive(), mbg.p_alive());
    assert_eq!(one.expected_orders(90.0), mbg.expected_orders(90.0));
    assert_eq!(one.p_orders(2, 90.0), mbg.p_orders(2, 90.0));
}

#[test]
fn without_gaps_k_has_to_be_named() {
    let mut histories = regular();
    let known = fitted(Family::find("mbg/cnbd-3").unwrap(), &histories);
    // One customer's are enough to be unknown, but not those of one who has none.
    let at = histories.iter().position(|history| history.frequency == 0).unwrap();
    histories[at].ln_gaps = None;
    assert_eq!(fitted(Family::find("mbg/cnbd-3").unwrap(), &histories), known);
    let at = histories.iter().position(|history| history.frequency > 0).unwrap();
    histories[at].ln_gaps = None;
    let named = fitted(Family::find("mbg/cnbd-3").unwrap(), &histories);
    assert_eq!(named.estimate.values, known.estimate.values);
    assert!(named.estimate.warnings.iter().any(|warning| warning.contains("gaps")));
    let error = fit(&histories, Sought::Regular, FITTING, &mut Unhindered).unwrap_err();
    assert_eq!(error.kind(), Kind::InvalidParameter);
    assert!(error.hint_text().is_some());
    let models = fit_all(&histories, FITTING, &mut Unhindered).unwrap().model().unwrap();
    assert_eq!(models.len(), 3);
}
