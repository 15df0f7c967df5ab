//! Fits of BG/BB: to the donations of the paper, from a summary and from a log, to simulated donors, and to what has no best fit.

mod tolerance;

use clientele_core::Kind;
use clientele_core::amount::Amount;
use clientele_core::calendar::{DAY, Period, YEAR, days_from_civil};
use clientele_core::checkpoint::Unhindered;
use clientele_core::collect::Collected;
use clientele_core::estimate::{Fitted, Status};
use clientele_core::key::Key;
use clientele_core::observation::Observation;
use clientele_core::order_log::{Collector, OrderLog, TimeKind};
use clientele_core::purchases::{
    Customer, Family, Fitting, History, MOST_CHANCES, Model, Outlook, Sought, by_chances, fit, of_log,
};
use clientele_core::zone::Zone;
use tolerance::{IDENTITY, OPTIMUM, SUM, close, printed};

/// Donors of 1995 and what they gave in the six years after: years with a donation, the last of them, how many donors. Fader, Hardie & Shang
/// (2010), table 1.
const DONORS: [(i64, i64, u32); 22] = [
    (0, 0, 3464),
    (1, 1, 1091),
    (1, 2, 277),
    (1, 3, 129),
    (1, 4, 78),
    (1, 5, 119),
    (1, 6, 129),
    (2, 2, 613),
    (2, 3, 255),
    (2, 4, 155),
    (2, 5, 173),
    (2, 6, 234),
    (3, 3, 322),
    (3, 4, 181),
    (3, 5, 225),
    (3, 6, 357),
    (4, 4, 240),
    (4, 5, 284),
    (4, 6, 512),
    (5, 5, 335),
    (5, 6, 728),
    (6, 6, 1203),
];

const YEARLY: Fitting = Fitting {
    time_unit: YEAR,
    period: Some(Period::Year),
};

fn summary() -> Vec<History> {
    DONORS
        .iter()
        .map(|&(x, last, donors)| History::new(x, last as f64, 6.0, f64::from(donors)).unwrap())
        .collect()
}

fn fitted(histories: &[History]) -> Model {
    let model = fit(histories, Sought::One(Family::Bb), YEARLY, &mut Unhindered);
    model.unwrap().model().unwrap()
}

fn outlook(model: &Model, x: i64, last: f64, chances: f64) -> Outlook {
    model.outlook(&Customer::new(x, last, chances).unwrap())
}

#[test]
fn the_published_fit_comes_out() {
    let model = fitted(&summary());
    assert_eq!(model.estimate.status, Status::Converged, "{:?}", model.estimate);
    let ln = model.estimate.log_likelihood.unwrap();
    assert!((ln - -33_225.581_3).abs() < printed(4), "{ln}");
    let names: Vec<&str> = model.parameters().iter().map(|parameter| parameter.name).collect();
    assert_eq!(names, ["alpha", "beta", "gamma", "delta"]);
    for (parameter, want) in model.parameters().iter().zip([1.203_52, 0.749_72, 0.656_72, 2.783_44]) {
        assert!((parameter.estimate - want).abs() < printed(5) * 1.2, "{parameter:?}");
        assert!(parameter.standard_error.unwrap() > 0.0);
    }
    assert_eq!(Model::parse(&model.text()).unwrap(), model);
    assert_eq!(Model::decode(&model.encode()).unwrap(), model);
    assert!(
        model.text().contains(r#""time_unit":"1 year","period":"year""#),
        "{}",
        model.text()
    );
}

#[test]
fn published_predictions_come_out() {
    let model = fitted(&summary());
    for (x, last, want) in [(0, 0.0, 0.11), (2, 4.0, 0.59), (6, 6.0, 0.93)] {
        let p_alive = outlook(&model, x, last, 6.0).p_alive();
        assert!((p_alive - want).abs() < printed(2), "{p_alive} and not {want}");
    }
    let all = DONORS
        .iter()
        .map(|&(x, last, donors)| f64::from(donors) * outlook(&model, x, last as f64, 6.0).expected_orders(5.0));
    let all: f64 = all.sum();
    assert!((all - 12_884.2).abs() < printed(1), "{all}");
    // How many would be expected to give never, and each year.
    for (n, want) in [(0, 3_454.9), (6, 1_253.1)] {
        let expected = 11_104.0 * model.outlook(&Customer::NEW).p_orders(n, 6.0);
        assert!((expected - want).abs() < printed(1), "{expected} and not {want}");
    }
}

/// A log of the same donations: that of 1995, one in each year after it up to the last but one of those with any, and the last one.
fn log() -> Vec<u8> {
    let mut log = Collector::new(1 << 30);
    let mut donor = 0;
    for (x, last, donors) in DONORS {
        for _ in 0..donors {
            donor += 1;
            let years = std::iter::once(0).chain(1..x).chain((x > 0).then_some(last));
            for year in years {
                // Any day of the year, its first and last among them.
                let first = days_from_civil(1995 + year, 1, 1);
                let day = match (donor + year) % 50 {
                    0 => first,
                    1 => days_from_civil(1996 + year, 1, 1) - 1,
                    n => first + n * 7,
                };
                // Some give twice.
                for hour in 0..1 + donor % 2 {
                    let time = day * DAY + hour * DAY / 2;
                    log.push(
                        Key::Integer(donor),
                        TimeKind::Local,
                        time,
                        Amount::decimal(2_500, 2),
                        &mut Unhindered,
                    )
                    .unwrap();
                }
            }
        }
    }
    let mut bytes = Vec::new();
    log.write(&mut bytes, &mut Unhindered).unwrap();
    bytes
}

/// As of the end of a day.
fn yearly(year: i64, month: u32, day: u32) -> Observation {
    let observation = Observation {
        as_of: (days_from_civil(year, month, day) + 1) * DAY - 1,
        period: Period::Year,
        zone: Zone::utc(),
        time_unit: DAY,
    };
    by_chances(observation, None).unwrap()
}

#[test]
fn a_log_of_years_is_its_summary() {
    let bytes = log();
    let log = OrderLog::open(&bytes).unwrap();
    let observation = yearly(2001, 12, 31);
    let histories = of_log(&log, &observation, &mut Unhindered, &mut |_, _| Ok(())).unwrap();
    assert_eq!(histories.len(), 11_104);
    let mut donors = DONORS
        .iter()
        .flat_map(|&(x, last, donors)| (0..donors).map(move |_| (x as u64, last as f64)));
    for history in &histories {
        assert_eq!(
            (Some((history.frequency, history.recency)), history.age),
            (donors.next(), 6.0)
        );
    }
    let (of_log, of_summary) = (fitted(&histories), fitted(&summary()));
    close(
        of_log.estimate.log_likelihood.unwrap(),
        of_summary.estimate.log_likelihood.unwrap(),
        SUM,
        "log-likelihood",
    );
    for (one, other) in of_log.estimate.values.iter().zip(of_summary.estimate.values) {
        close(*one, other, OPTIMUM, "parameter");
    }
}

#[test]
fn a_year_that_is_not_over_is_told() {
    for (day, told) in [
        ((2001, 12, 31), false),
        ((2001, 12, 30), true),
        ((2001, 7, 1), true),
        ((2002, 1, 1), true),
    ] {
        let about = yearly(day.0, day.1, day.2).unfinished();
        assert_eq!(about.is_some(), told, "{day:?}");
    }
    let about = yearly(2001, 7, 1).unfinished().unwrap();
    assert_eq!(
        about.facts,
        "the last year is not over as of 2001-07-01 23:59:59, and counts as one that customers without an order have let pass"
    );
    assert_eq!(
        about.advice,
        "Pass the last day of a year as as_of, such as '2000-12-31' or '2001-12-31'."
    );
}

#[test]
fn chances_need_a_period_and_that_of_the_model() {
    let observation = |period| Observation {
        period,
        ..yearly(2001, 12, 31)
    };
    let error = by_chances(observation(Period::None), None).unwrap_err();
    assert_eq!(
        error.message(),
        "bg/bb needs a period: a customer has one chance in each"
    );
    let error = by_chances(observation(Period::Month), Some(YEAR)).unwrap_err();
    assert_eq!(error.hint_text(), Some("Pass period => 'year'."));
    let error = by_chances(observation(Period::Month), Some(180 * DAY)).unwrap_err();
    assert_eq!(
        error.detail_text(),
        Some("The unit is 180 days, and the period is \"month\".")
    );
    for (period, unit) in [
        (Period::Week, 7 * DAY),
        (Period::Month, YEAR / 12),
        (Period::Year, YEAR),
    ] {
        assert_eq!(by_chances(observation(period), Some(unit)).unwrap().time_unit, unit);
    }
}

#[test]
fn what_counts_no_chances_is_refused() {
    for (x, last, chances, message, kind) in [
        (
            1,
            1.5,
            3.0,
            "recency must be a whole number of periods for bg/bb",
            Kind::InvalidParameter,
        ),
        (
            1,
            1.0,
            3.25,
            "age must be a whole number of periods for bg/bb",
            Kind::InvalidParameter,
        ),
        (
            3,
            2.0,
            3.0,
            "frequency must not be greater than recency for bg/bb",
            Kind::InvalidParameter,
        ),
        (
            1,
            1.0,
            MOST_CHANCES + 1.0,
            "bg/bb takes at most 10000 periods after the first purchase",
            Kind::OutOfRange,
        ),
    ] {
        let history = History::new(x, last, chances, 1.0).unwrap();
        let error = fit(&[history], Sought::One(Family::Bb), YEARLY, &mut Unhindered).unwrap_err();
        assert_eq!((error.message(), error.kind()), (message, kind));
    }
    // Nobody has had a chance yet.
    let none = fit(
        &[History::new(0, 0.0, 0.0, 5.0).unwrap()],
        Sought::One(Family::Bb),
        YEARLY,
        &mut Unhindered,
    );
    assert!(matches!(none.unwrap(), Fitted::Nothing(_)));
    // Other models take any times.
    let one = [History::new(3, 2.5, 3.0, 1.0).unwrap()];
    assert!(fit(&one, Sought::One(Family::Mbg), YEARLY, &mut Unhindered).is_ok());
}

/// Anywhere in (0, 1), by the golden ratio's shuffling (splitmix64).
fn uniform(state: &mut u64) -> f64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut z = *state;
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    (((z ^ (z >> 31)) >> 11) as f64 + 0.5) / (1u64 << 53) as f64
}

/// Beta distributed, by Jöhnk's rejection.
fn beta(state: &mut u64, a: f64, b: f64) -> f64 {
    loop {
        let (one, other) = (uniform(state).powf(1.0 / a), uniform(state).powf(1.0 / b));
        if one + other <= 1.0 {
            return one / (one + other);
        }
    }
}

/// What somebody does who has so many chances by the definition of the model, who is there for the next, and what they take of five more.
fn story(state: &mut u64, [alpha, b, gamma, delta]: [f64; 4], chances: u32) -> (History, bool, u32) {
    let (p, theta) = (beta(state, alpha, b), beta(state, gamma, delta));
    let (mut x, mut last, mut later, mut there, mut alive) = (0, 0.0, 0, true, true);
    for chance in 1..=chances + 5 {
        there = there && uniform(state) >= theta;
        let takes = there && uniform(state) < p;
        if chance == chances + 1 {
            alive = there;
        }
        if takes && chance <= chances {
            (x, last) = (x + 1, f64::from(chance));
        } else if takes {
            later += 1;
        }
    }
    (History::new(x, last, f64::from(chances), 1.0).unwrap(), alive, later)
}

#[test]
fn simulated_donors_are_recovered() {
    const TRUTH: [f64; 4] = [1.2, 0.75, 0.65, 2.8];
    let mut state = 2_010;
    let stories: Vec<(History, bool, u32)> = (0..60_000u32).map(|i| story(&mut state, TRUTH, 4 + i % 9)).collect();
    let histories: Vec<History> = stories.iter().map(|story| story.0).collect();
    let model = fitted(&histories);
    assert_eq!(model.estimate.status, Status::Converged);
    for (parameter, truth) in model.parameters().iter().zip(TRUTH) {
        let error = parameter.standard_error.unwrap();
        assert!(
            (parameter.estimate - truth).abs() < 4.0 * error,
            "{parameter:?} and not {truth}"
        );
        assert!(error < 0.1 * truth, "{parameter:?}: the data tell little");
    }
    // Whoever is said to be there is, and gives as much as is expected: within four standard errors of sums of so many.
    let there = stories.iter().filter(|story| story.1).count() as f64;
    let later: u32 = stories.iter().map(|story| story.2).sum();
    let sum = |of: &dyn Fn(&Outlook) -> f64| -> f64 {
        histories
            .iter()
            .map(|history| of(&model.outlook(&history.customer())))
            .sum()
    };
    let n = histories.len() as f64;
    let said = sum(&Outlook::p_alive);
    assert!((said - there).abs() < 4.0 * (0.25 * n).sqrt(), "{said} and not {there}");
    let said = sum(&|outlook| outlook.expected_orders(5.0));
    assert!(
        (said - f64::from(later)).abs() < 4.0 * (6.25 * n).sqrt(),
        "{said} and not {later}"
    );
}

#[test]
fn customers_who_do_not_differ_stop_at_a_limit() {
    // All take every second chance, and nobody leaves.
    let same: Vec<History> = (0..50).map(|_| History::new(10, 20.0, 20.0, 1.0).unwrap()).collect();
    let model = fitted(&same);
    assert_ne!(model.estimate.status, Status::Converged);
    assert!(model.estimate.log_likelihood.unwrap().is_finite());
    let p_alive = outlook(&model, 10, 20.0, 20.0).p_alive();
    assert!(p_alive > 0.99, "{p_alive}");
}

#[test]
fn thousands_of_chances_are_fitted() {
    // Days of some ten years, with long silences.
    let mut state = 7;
    let truth = [0.8, 30.0, 0.6, 400.0];
    let histories: Vec<History> = (0..60u32).map(|i| story(&mut state, truth, 1_000 + 50 * i).0).collect();
    let model = fitted(&histories);
    let at = |parameters: &[f64; 4]| -> f64 {
        let one = |history: &History| {
            let customer = history.customer();
            Outlook::of(Family::Bb, parameters, &customer).ln_likelihood(parameters, &customer)
        };
        histories.iter().map(one).sum()
    };
    let ln = model.estimate.log_likelihood.unwrap();
    close(ln, at(&model.estimate.values), IDENTITY, "log-likelihood");
    assert!(ln >= at(&truth), "{ln}");
}
