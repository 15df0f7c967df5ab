//! Between what limits orders and what they bring will be, beside the mixture worked out the slow way.

mod tolerance;

use clientele_core::checkpoint::Unhindered;
use clientele_core::clv::{Terms, Valuation, Value};
use clientele_core::purchases::{Customer, Family, History, Model, Stages};
use clientele_core::special::logit::LogitBeta;
use clientele_core::spend::{self, Spender};
use tolerance::{FORMULA, QUANTILE, close};

const DAY: i64 = 86_400_000_000;

fn purchases(family: Family, parameters: [f64; 4]) -> Model {
    let names = family.parameter_names();
    let [r, alpha, a, b] = parameters;
    Model::parse(&format!(
        r#"{{"purchase_model":1,"model":"{}","time_unit":"1 day","parameters":{{"{}":{r:e},"{}":{alpha:e},"{}":{a:e},"{}":{b:e}}}}}"#,
        family.name(),
        names[0],
        names[1],
        names[2],
        names[3]
    ))
    .unwrap()
}

fn spending([p, q, v]: [f64; 3]) -> spend::Model {
    spend::Model::parse(&format!(
        r#"{{"spend_model":1,"parameters":{{"p":{p:e},"q":{q:e},"v":{v:e}}}}}"#
    ))
    .unwrap()
}

fn terms(days: f64, confidence: f64) -> Terms {
    Terms {
        horizon: (days * DAY as f64) as i64,
        confidence,
        ..Terms::default()
    }
}

fn valued(models: (&Model, &spend::Model), terms: &Terms, customer: [f64; 3], mean: f64) -> Value {
    let customer = Customer::new(customer[0] as i64, customer[1], customer[2]).unwrap();
    Valuation::new(Some(models.0), Some(models.1), terms)
        .unwrap()
        .value(&customer, mean, &mut Unhindered)
        .unwrap()
}

/// The probabilities of each number of orders one by one, as far as they are something.
fn chances(model: &Model, horizon: f64, [x, recency, age]: [f64; 3], tail: f64) -> Vec<f64> {
    let outlook = model.outlook(&Customer::new(x as i64, recency, age).unwrap());
    let (mut chances, mut left) = (Vec::new(), 1.0);
    while left > (1e-10 * tail).max(2e-14) && chances.len() < 40_000 {
        chances.push(outlook.p_orders(chances.len() as u64, horizon));
        left -= chances.last().unwrap();
    }
    chances
}

/// How likely the total of these orders, one at least, is above or below e^t, number by number.
fn beyond(chances: &[f64], [p, degrees]: [f64; 2], t: f64, above: bool) -> f64 {
    let one = |(n, chance): (usize, &f64)| {
        let a = p * n as f64;
        // What is beyond all doubt is not worked out.
        let far = (t - (a / degrees).ln()) / (1.0 / a + 1.0 / degrees).sqrt();
        let side = match above {
            true if far > 60.0 && degrees > 1.0 => 0.0,
            false if far < -60.0 && a > 1.0 => 0.0,
            true if far < -60.0 && a > 1.0 => 1.0,
            false if far > 60.0 && degrees > 1.0 => 1.0,
            true => LogitBeta::new(degrees, a).below((a / degrees).ln() - t),
            false => LogitBeta::new(a, degrees).below(t - (a / degrees).ln()),
        };
        chance * side
    };
    chances.iter().enumerate().skip(1).map(one).sum()
}

/// That limits are where the mixture, worked out number by number, has the tails that are wanted: a little below and a little above them,
/// it has more and less.
fn check(models: (&Model, &spend::Model), terms: &Terms, customer: [f64; 3], mean: f64) {
    let what = format!(
        "{:?} {:?} {:?} {customer:?} {mean} {}",
        models.0.family, models.0.estimate.values, models.1.estimate.values, terms.confidence
    );
    let found = valued(models, terms, customer, mean);
    let tail = 0.5 * (1.0 - terms.confidence);
    let chances = chances(models.0, models.0.units(terms.horizon), customer, tail);
    let below = |n: f64| chances[..n as usize].iter().sum::<f64>();
    let (low, high) = found.orders.expect(&what);
    assert!(below(low) < tail && below(low + 1.0) >= tail, "{low}, {what}");
    assert!(
        1.0 - below(high + 1.0) <= tail && (high == 0.0 || 1.0 - below(high) > tail),
        "{high}, {what}"
    );

    let [p, q, v] = models.1.estimate.values;
    let known = if customer[0] > 0.0 && mean > 0.0 {
        customer[0]
    } else {
        0.0
    };
    let unit = v + known * mean;
    let (least, most) = found.interval.expect(&what);
    if chances[0] >= tail {
        assert_eq!(least, 0.0, "{what}");
    } else {
        let at = |factor: f64| chances[0] + beyond(&chances, [p, p * known + q], (factor * least / unit).ln(), false);
        let (less, more) = (at(1.0 - QUANTILE), at(1.0 + QUANTILE));
        assert!(less < tail && tail < more, "{least}: {less} {more}, {what}");
    }
    if 1.0 - chances[0] <= tail {
        assert_eq!(most, 0.0, "{what}");
    } else {
        let at = |factor: f64| beyond(&chances, [p, p * known + q], (factor * most / unit).ln(), true);
        let (more, less) = (at(1.0 - QUANTILE), at(1.0 + QUANTILE));
        assert!(less < tail && tail < more, "{most}: {less} {more}, {what}");
    }
}

#[test]
fn limits_are_those_of_the_mixture() {
    let customers = [
        ([0.0, 0.0, 0.0], 0.0),
        ([0.0, 0.0, 200.0], 0.0),
        ([1.0, 30.0, 100.0], 12.0),
        ([3.0, 200.0, 200.0], -5.0),
        ([7.0, 200.0, 280.0], 44.0),
        ([40.0, 350.0, 364.0], 25.5),
    ];
    let stages = |k| Family::Regular(Stages::new(k).unwrap());
    for family in Family::POISSON
        .into_iter()
        .chain([stages(2), stages(5), stages(12), Family::Bb])
    {
        for (parameters, spend) in [
            ([0.6, 60.0, 0.8, 2.4], [6.2, 3.7, 15.4]),
            ([2.0, 14.0, 1.0, 5.0], [1.0, 1.01, 30.0]),
            ([0.3, 40.0, 0.02, 0.05], [0.3, 0.8, 100.0]),
        ] {
            let models = (&purchases(family, parameters), &spending(spend));
            for (customer, mean) in customers {
                for confidence in [0.5, 0.95, 0.999] {
                    check(models, &terms(365.25, confidence), customer, mean);
                }
            }
        }
    }
}

#[test]
fn limits_of_customers_that_nobody_has() {
    let tail = |confidence| terms(365.25, confidence);
    // Ten thousand orders, up to the last day; hundreds to come, from a spend that is known well and one that is not.
    let busy = [[10_000.0, 364.0, 364.0], [900.0, 364.0, 364.0], [300.0, 100.0, 364.0]];
    for (parameters, spend) in [
        ([0.6, 60.0, 0.8, 2.4], [6.2, 3.7, 15.4]),
        ([2.0, 14.0, 1.0, 500.0], [0.05, 1.001, 3.0]),
    ] {
        let models = (&purchases(Family::Mbg, parameters), &spending(spend));
        for customer in busy {
            check(models, &tail(0.95), customer, 31.0);
        }
    }
    // Who is new to a shop of daily buyers may order once or a thousand times.
    let daily = purchases(Family::Bg, [0.4, 3.0, 0.05, 2.0]);
    for spend in [[6.2, 3.7, 15.4], [1e-2, 0.3, 1.0], [1e6, 1e6, 20.0], [900.0, 1.0, 0.1]] {
        for confidence in [0.5, 0.95] {
            check((&daily, &spending(spend)), &tail(confidence), [0.0, 0.0, 0.0], 0.0);
            check((&daily, &spending(spend)), &tail(confidence), [2.0, 2.0, 2.0], 7.0);
        }
    }
    // Customers who leave quickly, and at a time of their own.
    for parameters in [[0.5, 10.0, 30.0, 20.0], [1.4, 6.8, 19.2, 0.08], [0.6, 60.0, 0.6, 9.0]] {
        let models = (&purchases(Family::Pareto, parameters), &spending([6.2, 3.7, 15.4]));
        for customer in [[0.0, 0.0, 3.0], [6.0, 2.6, 3.9], [60.0, 300.0, 310.0]] {
            check(models, &tail(0.95), customer, 31.0);
        }
    }
}

/// Spend that is next to the same for everybody, or known next to exactly, or not at all: the total then is a comb, a bell, or both.
#[test]
fn limits_where_orders_are_worth_the_same_or_anything() {
    let thirty = [2.0, 25.0, 0.5, 30.0];
    let spends = [
        [1e3, 1e3, 80.0],
        [1e6, 1e6, 20.0],
        [1e30, 1e30, 20.0],
        [40.0, 1e6, 1e-12],
        [1e6, 40.0, 5.0],
        [16.0, 150.0, 5.0],
        [2e4, 1.000_1, 3.0],
        [0.01, 1.01, 1e-9],
        [0.01, 1e4, 1.0],
        [1.0, 0.05, 7.0],
    ];
    for family in [Family::Mbg, Family::Pareto, Family::Regular(Stages::new(2).unwrap())] {
        let parameters = match family {
            Family::Pareto => [2.0, 25.0, 0.6, 400.0],
            _ => thirty,
        };
        for spend in spends {
            let models = (&purchases(family, parameters), &spending(spend));
            for customer in [[0.0, 0.0, 10.0], [2.0, 20.0, 21.0], [25.0, 200.0, 201.0]] {
                for confidence in [0.5, 0.95] {
                    check(models, &terms(365.25, confidence), customer, 31.0);
                }
            }
            // Few orders, and limits far out.
            check(models, &terms(30.0, 0.999_99), [9.0, 80.0, 80.0], 31.0);
        }
    }
}

/// Hundreds of orders that are worth about the same.
#[test]
fn limits_of_hundreds_of_orders_that_are_alike() {
    let daily = &purchases(Family::Mbg, [3.0, 3.0, 0.05, 20.0]);
    for spend in [[1e3, 1e3, 80.0], [1e6, 1e6, 1e-6], [2.0, 1e5, 5.0]] {
        check((daily, &spending(spend)), &terms(365.25, 0.95), [7.0, 8.0, 8.0], 31.0);
    }
}

#[test]
fn totals_beyond_numbers_are_nothing() {
    let models = (
        &purchases(Family::Mbg, [2.0, 14.0, 1.0, 5.0]),
        &spending([1e-6, 1e-6, 1.0]),
    );
    let found = valued(models, &terms(365.25, 0.95), [0.0, 0.0, 0.0], 0.0);
    assert_eq!(found.interval, None);
    assert!(found.orders.is_some());
    // So many orders are not told one by one.
    let models = (
        &purchases(Family::Mbg, [1e6, 1.0, 1e-3, 1e9]),
        &spending([6.0, 4.0, 15.0]),
    );
    let found = valued(models, &terms(365.25, 0.95), [0.0, 0.0, 0.0], 0.0);
    assert_eq!((found.interval, found.orders), (None, None));
    assert!(found.clv.is_some());
}

/// Customers one by one, in their order and in the opposite one: the same to the last bit.
#[test]
fn answers_depend_on_nobody_else() {
    let regular = Family::Regular(Stages::new(3).unwrap());
    let spends = [[6.2, 3.7, 15.4], [1e3, 1e3, 80.0], [1e6, 1e6, 80.0]];
    let families = Family::POISSON.into_iter().chain([regular, Family::Bb]);
    for (family, spend) in families.flat_map(|family| spends.map(|spend| (family, spend))) {
        let models = (&purchases(family, [0.6, 60.0, 0.8, 2.4]), &spending(spend));
        let terms = Terms {
            discount_rate: 0.1,
            margin: 0.3,
            ..terms(200.0, 0.9)
        };
        let mut customers = Vec::new();
        for i in 0..400u32 {
            let x = i64::from(i * i % 13);
            let age = f64::from(100 + i % 90);
            let recency = if x == 0 { 0.0 } else { age * f64::from(i % 7 + 1) / 7.0 };
            let value = if i % 11 == 0 { -1.0 } else { f64::from(i % 50) };
            customers.push((
                History::new(x, recency, age, 1.0).unwrap(),
                Spender::new(x, value, 1.0).unwrap(),
            ));
        }
        let valuation = Valuation::new(Some(models.0), Some(models.1), &terms).unwrap();
        let all = |customers: &[(History, Spender)]| {
            let (histories, spenders): (Vec<_>, Vec<_>) = customers.iter().copied().unzip();
            let mut values = Vec::new();
            valuation
                .each(&histories, &spenders, &mut Unhindered, &mut |value| {
                    values.push(*value);
                    Ok(())
                })
                .unwrap();
            values
        };
        let values = all(&customers);
        customers.reverse();
        let mut backwards = all(&customers);
        backwards.reverse();
        assert_eq!(values, backwards);
        customers.reverse();
        for ((history, spender), value) in customers.iter().zip(&values).step_by(7) {
            let alone = valuation
                .value(&history.customer(), spender.value, &mut Unhindered)
                .unwrap();
            assert_eq!(alone, *value);
            let outlook = models.0.outlook(&history.customer());
            assert_eq!(outlook.orders_between(200.0, 0.05), value.orders);
        }
        // Without limits, the same values.
        let plain = Valuation::new(
            Some(models.0),
            Some(models.1),
            &Terms {
                intervals: false,
                ..terms
            },
        )
        .unwrap();
        for ((history, spender), value) in customers.iter().zip(&values) {
            let bare = plain
                .value(&history.customer(), spender.value, &mut Unhindered)
                .unwrap();
            assert_eq!((bare.orders, bare.interval, bare.mean), (None, None, None));
            close(bare.clv.unwrap(), value.clv.unwrap(), FORMULA, "clv");
        }
    }
}

#[test]
fn later_orders_count_less_in_limits_as_well() {
    let models = (
        &purchases(Family::Mbg, [0.6, 60.0, 0.8, 2.4]),
        &spending([6.2, 3.7, 15.4]),
    );
    let customer = [7.0, 200.0, 280.0];
    let whole = valued(models, &terms(365.25, 0.9), customer, 44.0);
    let discounted = Terms {
        discount_rate: 0.5,
        margin: 0.3,
        ..terms(365.25, 0.9)
    };
    let found = valued(models, &discounted, customer, 44.0);
    let (share, limits) = (found.clv.unwrap() / whole.clv.unwrap(), whole.interval.unwrap());
    assert!(share < 0.29);
    close(found.interval.unwrap().0, share * limits.0, FORMULA, "low");
    close(found.interval.unwrap().1, share * limits.1, FORMULA, "high");
    assert_eq!(found.orders, whole.orders);
}
