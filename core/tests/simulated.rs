//! The models against customers who do as the models say, with parameters that are known.

mod tolerance;

use clientele_core::checkpoint::Unhindered;
use clientele_core::clv::{Terms, Valuation, Value};
use clientele_core::estimate::{Parameter, Status};
use clientele_core::purchases::{Customer, Family, Fitting, History, Model, Outlook, Sought, Stages, fit};
use clientele_core::spend::{self, Spender};
use tolerance::LIKELIHOOD;

/// Xorshift (Marsaglia 2003), and distributions made of it.
struct Chance(u64);

impl Chance {
    /// Anywhere in (0, 1).
    fn uniform(&mut self) -> f64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        ((self.0 >> 11) as f64 + 0.5) / (1u64 << 53) as f64
    }

    /// Exponentially distributed with this rate.
    fn exponential(&mut self, rate: f64) -> f64 {
        -self.uniform().ln() / rate
    }

    /// Normal (Box & Muller).
    fn normal(&mut self) -> f64 {
        (-2.0 * self.uniform().ln()).sqrt() * (2.0 * std::f64::consts::PI * self.uniform()).cos()
    }

    /// Gamma distributed (Marsaglia & Tsang 2000).
    fn gamma(&mut self, shape: f64, rate: f64) -> f64 {
        if shape < 1.0 {
            return self.gamma(shape + 1.0, rate) * self.uniform().powf(1.0 / shape);
        }
        let d = shape - 1.0 / 3.0;
        loop {
            let x = self.normal();
            let v = (1.0 + x / (9.0 * d).sqrt()).powi(3);
            if v > 0.0 && self.uniform().ln() < 0.5 * x * x + d * (1.0 - v + v.ln()) {
                return d * v / rate;
            }
        }
    }

    fn beta(&mut self, a: f64, b: f64) -> f64 {
        let (one, other) = (self.gamma(a, 1.0), self.gamma(b, 1.0));
        one / (one + other)
    }
}

/// What a customer did, and what they do next.
struct Story {
    history: History,
    there: bool,
    /// Orders within the horizon after the end of observation.
    later: u32,
}

/// The story of a customer by the definition of the model.
fn story(chance: &mut Chance, family: Family, parameters: &[f64; 4], age: f64, horizon: f64) -> Story {
    let [r, alpha, a, b] = *parameters;
    let rate = chance.gamma(r, alpha);
    // The time of leaving if it is a matter of time, and its probability after each order if it is one of orders.
    let (end, p) = match family {
        Family::Pareto => {
            let leaving = chance.gamma(a, b);
            (chance.exponential(leaving), 0.0)
        }
        Family::Bg | Family::Mbg | Family::Regular(_) => (f64::INFINITY, chance.beta(a, b)),
        Family::Bb => panic!("its times are no times: it has tests of its own"),
    };
    let stages = match family {
        Family::Regular(stages) => stages.count(),
        _ => 1,
    };
    let (mut x, mut recency, mut later, mut ln_gaps) = (0, 0.0, 0, 0.0);
    let mut there = matches!(family, Family::Bg | Family::Pareto) || chance.uniform() >= p;
    let mut there_at_age = there && end > age;
    let mut time = 0.0;
    while there {
        let gap: f64 = (0..stages).map(|_| chance.exponential(rate)).sum();
        time += gap;
        if time > end.min(age + horizon) {
            break;
        }
        there = chance.uniform() >= p;
        if time <= age {
            (x, recency) = (x + 1, time);
            ln_gaps += gap.ln();
            there_at_age = there && end > age;
        } else {
            later += 1;
        }
    }
    Story {
        history: History {
            ln_gaps: Some(ln_gaps),
            ..History::new(x, recency, age, 1.0).unwrap()
        },
        there: there_at_age,
        later,
    }
}

const REGULAR: Family = Family::Regular(Stages::new(3).unwrap());

const CASES: [(Family, [f64; 4]); 4] = [
    (Family::Bg, [0.8, 4.0, 0.8, 2.4]),
    (Family::Mbg, [1.2, 5.0, 0.8, 1.9]),
    (Family::Pareto, [0.9, 8.0, 1.2, 15.0]),
    (REGULAR, [1.4, 2.0, 0.8, 3.2]),
];

/// Customers who came at any time of the first year of two, in weeks.
fn histories(chance: &mut Chance, family: Family, parameters: &[f64; 4], n: usize) -> Vec<History> {
    (0..n)
        .map(|_| {
            let age = 104.0 - 52.0 * chance.uniform();
            story(chance, family, parameters, age, 0.0).history
        })
        .collect()
}

fn fitted(family: Family, histories: &[History]) -> Vec<Parameter> {
    fitted_model(Sought::One(family), histories).parameters()
}

fn fitted_model(sought: Sought, histories: &[History]) -> Model {
    let fitting = Fitting {
        time_unit: 1,
        period: None,
    };
    let model = fit(histories, sought, fitting, &mut Unhindered)
        .unwrap()
        .model()
        .unwrap();
    assert_eq!(model.estimate.status, Status::Converged);
    model
}

/// Customers whose orders are worth what the Gamma-Gamma model says.
fn spenders(chance: &mut Chance, [p, q, v]: [f64; 3], n: usize) -> Vec<Spender> {
    (0..n)
        .map(|_| {
            let frequency = 1 + chance.exponential(0.4) as i64;
            let x = frequency as f64;
            let nu = chance.gamma(q, v);
            Spender::new(frequency, chance.gamma(p * x, nu * x), 1.0).unwrap()
        })
        .collect()
}

fn spend_fitted(spenders: &[Spender]) -> Vec<Parameter> {
    let model = spend::fit(spenders, &mut Unhindered).unwrap().model().unwrap();
    assert_eq!(model.estimate.status, Status::Converged);
    model.parameters()
}

fn check_recovery(parameters: &[Parameter], truth: &[f64]) {
    for (parameter, truth) in parameters.iter().zip(truth) {
        let error = parameter.standard_error.unwrap();
        let off = (parameter.estimate - truth).abs() / error;
        assert!(off < 4.0, "{parameter:?}: {off} standard errors from {truth}");
        assert!(error < 0.1 * truth, "{parameter:?}: the data tell little");
    }
}

#[test]
fn parameters_are_recovered() {
    let mut chance = Chance(20_050_817);
    for (family, truth) in CASES {
        check_recovery(&fitted(family, &histories(&mut chance, family, &truth, 50_000)), &truth);
    }
    let truth = [6.0, 4.0, 15.0];
    check_recovery(&spend_fitted(&spenders(&mut chance, truth, 50_000)), &truth);
}

/// That intervals cover the truth in as many of these fits as chance allows of 95 %: within 4 standard deviations of a binomial
/// distribution, which all of some ten parameters are but for one time in a thousand.
fn check_coverage(fits: &[Vec<Parameter>], truth: &[f64]) {
    let n = fits.len() as f64;
    for (i, truth) in truth.iter().enumerate() {
        let covers = |fit: &&Vec<Parameter>| {
            let (low, high) = fit[i].interval.unwrap();
            low <= *truth && *truth <= high
        };
        let covered = fits.iter().filter(covers).count() as f64;
        let spread = (n * 0.95 * 0.05).sqrt();
        assert!(
            (covered - 0.95 * n).abs() < 4.0 * spread,
            "{}: {covered} of {n} intervals cover {truth}",
            fits[0][i].name
        );
    }
}

fn check_intervals(seed: u64, (family, truth): (Family, [f64; 4]), replications: usize) {
    let mut chance = Chance(seed);
    let fits: Vec<_> = (0..replications)
        .map(|_| fitted(family, &histories(&mut chance, family, &truth, 1_500)))
        .collect();
    check_coverage(&fits, &truth);
}

#[test]
fn intervals_of_bg_cover_the_truth() {
    check_intervals(1, CASES[0], 200);
}

#[test]
fn intervals_of_mbg_cover_the_truth() {
    check_intervals(2, CASES[1], 200);
}

#[test]
fn intervals_of_pareto_cover_the_truth() {
    // A fit takes a quarter of a second where nothing is optimised: with 200 of them these intervals passed too.
    check_intervals(3, CASES[2], 30);
}

#[test]
fn intervals_of_regular_customers_cover_the_truth() {
    check_intervals(6, CASES[3], 100);
}

#[test]
fn the_number_of_stages_is_recovered() {
    let mut chance = Chance(20_160_301);
    for k in [1, 2, 5, 12] {
        let family = Family::Regular(Stages::new(k).unwrap());
        let truth = [1.4, 6.0 / f64::from(k), 0.8, 3.2];
        let histories = histories(&mut chance, family, &truth, 2_000);
        let model = fitted_model(Sought::Regular, &histories);
        assert_eq!(model.family, family, "{:?}", model.choice);
        // Among all models, it is the best by far, but where orders come at random.
        if k > 1 {
            let best = fitted_model(Sought::Best, &histories);
            assert_eq!(best.family, family, "{:?}", best.choice);
        }
        // Whoever names the same k gets the same model.
        let named = fitted_model(Sought::One(family), &histories);
        let (found, want) = (
            model.estimate.log_likelihood.unwrap(),
            named.estimate.log_likelihood.unwrap(),
        );
        assert!((found - want).abs() < LIKELIHOOD * want.abs(), "{found} and not {want}");
    }
}

#[test]
fn intervals_of_spend_cover_the_truth() {
    let mut chance = Chance(4);
    let truth = [6.0, 4.0, 15.0];
    let fits: Vec<_> = (0..200)
        .map(|_| spend_fitted(&spenders(&mut chance, truth, 1_500)))
        .collect();
    check_coverage(&fits, &truth);
}

/// Sums of what was predicted and what came, with the variance of the difference.
#[derive(Default)]
struct Tally {
    predicted: f64,
    came: f64,
    squares: f64,
}

impl Tally {
    fn add(&mut self, predicted: f64, came: f64) {
        self.predicted += predicted;
        self.came += came;
        self.squares += (came - predicted).powi(2);
    }

    fn check(&self, what: &str) {
        let off = (self.came - self.predicted) / self.squares.sqrt();
        assert!(
            off.abs() < 4.0,
            "{what}: {} predicted, {} came",
            self.predicted,
            self.came
        );
    }
}

#[test]
fn predictions_come_true() {
    const HORIZON: f64 = 26.0;
    let mut chance = Chance(5);
    for (family, parameters) in CASES {
        // By frequency, and whether the last order is long ago: being there, orders, none, one, two and three.
        let mut tallies: Vec<[Tally; 6]> = (0..6).map(|_| Default::default()).collect();
        for _ in 0..10_000 {
            let age = 60.0 - 50.0 * chance.uniform();
            let story = story(&mut chance, family, &parameters, age, HORIZON);
            let customer: Customer = story.history.customer();
            let outlook = Outlook::of(family, &parameters, &customer);
            let long_ago = customer.age - customer.recency > 15.0;
            let group = 2 * story.history.frequency.min(2) as usize + usize::from(long_ago);
            let tallies = &mut tallies[group];
            tallies[0].add(outlook.p_alive(), f64::from(u8::from(story.there)));
            tallies[1].add(outlook.expected_orders(HORIZON), f64::from(story.later));
            for n in 0..4 {
                let came = f64::from(u8::from(story.later == n));
                tallies[2 + n as usize].add(outlook.p_orders(n.into(), HORIZON), came);
            }
        }
        for (group, tallies) in tallies.iter().enumerate() {
            for (kind, tally) in tallies.iter().enumerate() {
                // One who is there for certain is no surprise.
                if tally.squares > 0.0 {
                    tally.check(&format!("{family:?}, group {group}, kind {kind}"));
                }
            }
        }
    }
}

/// How many of a hundred customers bring what is within limits of 95 % by the models with these parameters and by those fitted to as many customers
/// as there are.
fn held(chance: &mut Chance, customers: usize, shops: usize) -> [f64; 2] {
    const HORIZON: f64 = 26.0;
    let (family, parameters) = CASES[1];
    let spend @ [p, q, v] = [6.0, 4.0, 15.0];
    let terms = Terms {
        horizon: HORIZON as i64,
        ..Terms::default()
    };
    let mut held = [0, 0];
    for _ in 0..shops {
        let (mut histories, mut spenders, mut totals) = (Vec::new(), Vec::new(), Vec::new());
        for _ in 0..customers {
            let age = 104.0 - 52.0 * chance.uniform();
            let story = story(chance, family, &parameters, age, HORIZON);
            let x = story.history.frequency as f64;
            let rate = chance.gamma(q, v);
            let value = if x > 0.0 { chance.gamma(p * x, rate * x) } else { 0.0 };
            let later = f64::from(story.later);
            totals.push(if later > 0.0 {
                chance.gamma(p * later, rate)
            } else {
                0.0
            });
            spenders.push(Spender::new(x as i64, value, 1.0).unwrap());
            histories.push(story.history);
        }
        let fitting = Fitting {
            time_unit: 1,
            period: None,
        };
        let fitted = fit(&histories, Sought::One(family), fitting, &mut Unhindered)
            .unwrap()
            .model()
            .unwrap();
        let fitted_spend = spend::fit(&spenders, &mut Unhindered).unwrap().model().unwrap();
        let (mut true_one, mut true_spend) = (fitted.clone(), fitted_spend.clone());
        (true_one.estimate.values, true_spend.estimate.values) = (parameters, spend);
        for (held, models) in held
            .iter_mut()
            .zip([(&true_one, &true_spend), (&fitted, &fitted_spend)])
        {
            let valuation = Valuation::new(Some(models.0), Some(models.1), &terms).unwrap();
            let mut totals = totals.iter();
            let visit = &mut |value: &Value| {
                let ((low, high), total) = (value.interval.unwrap(), totals.next().unwrap());
                *held += usize::from(low <= *total && *total <= high);
                Ok(())
            };
            valuation.each(&histories, &spenders, &mut Unhindered, visit).unwrap();
        }
    }
    held.map(|held| 100.0 * held as f64 / (customers * shops) as f64)
}

#[test]
fn limits_of_what_customers_bring_hold() {
    let mut chance = Chance(6);
    for (customers, shops) in [(30, 80), (300, 8)] {
        let [known, fitted] = held(&mut chance, customers, shops);
        // More than 95: nobody brings less than a lower limit of 0. What is not known of the parameters is little beside chance.
        assert!(
            (96.5..=99.5).contains(&known),
            "{customers}: {known} with parameters that are known"
        );
        assert!(
            (fitted - known).abs() < 0.6,
            "{customers}: {fitted} where {known} would be held"
        );
    }
}
