//! A few customers with any orders, looked at in any way: what models and rules of thumb say of them, lifetime values and churn, and how that
//! compares with what came, are numbers that can be, or errors.
#![no_main]

use clientele_core::calendar::{DAY, END_TIME, MIN_TIME, Period};
use clientele_core::checkpoint::Unhindered;
use clientele_core::clv::{Terms, Valuation};
use clientele_core::collect::Collected;
use clientele_core::customers;
use clientele_core::estimate::Fitted;
use clientele_core::key::Key;
use clientele_core::observation::Observation;
use clientele_core::order_log::{Collector, OrderLog, TimeKind};
use clientele_core::purchases::{Family, Fitting, Sought, by_chances, fit, fit_for_churn, of_log};
use clientele_core::spend::{self, Spender};
use clientele_core::validation::{Accuracy, Churn, Orders, Prediction, Revenue, Rule, Trial};
use clientele_core::{Kind, Result};
use clientele_core_fuzz::{NO_RUNS, any_amount, written, zone};
use libfuzzer_sys::fuzz_target;

/// The most rows of one input: fits to more take long, and find nothing else.
const MOST: usize = 60;

fuzz_target!(|bytes: &[u8]| {
    let Some((head, bytes)) = bytes.split_first_chunk::<16>() else {
        return;
    };
    let (rows, changes) = bytes.split_at(bytes.len().min(12 * MOST));
    let log = written(collected(rows));
    let log = OrderLog::open(&log).expect("it was written");
    let [choice, of_family, of_period, of_unit, early, late, rate, share, ..] = *head;
    let newest = log.newest_order().unwrap_or(END_TIME - 1);
    let as_of = match choice & 1 {
        0 => newest,
        _ => newest.saturating_add(i64::from(late) * DAY / 2).min(END_TIME - 1),
    };
    let families: Vec<Family> = Family::all().chain([Family::Bb]).collect();
    let family = families[usize::from(of_family) % families.len()];
    let observation = Observation {
        as_of,
        period: Period::ALL[usize::from(of_period) % Period::ALL.len()],
        zone: zone(changes),
        time_unit: [1, DAY / 24, DAY, 30 * DAY, i64::MAX][usize::from(of_unit) % 5],
    };
    let observation = match family {
        Family::Bb => match by_chances(observation, None) {
            Ok(observation) => observation,
            Err(error) => return assert_eq!(error.kind(), Kind::InvalidParameter, "{error}"),
        },
        _ => observation,
    };
    let terms = Terms {
        horizon: i64::from(late) * DAY * i64::from(rate),
        discount_rate: f64::from(rate) / 64.0,
        margin: f64::from(share) / 16.0,
        intervals: choice & 2 != 0,
        confidence: f64::from(share.max(1)) / 256.0,
        ..Terms::default()
    };
    told(value(&log, &observation, family, &terms));
    let split = (choice & 4 != 0).then(|| as_of.saturating_sub(i64::from(early) * DAY / 2).max(MIN_TIME));
    told(validate(&log, &observation, family, split, terms.confidence));
});

fn collected(rows: &[u8]) -> Collector {
    let mut log = Collector::new(NO_RUNS);
    // A byte of style, one of a customer, two of a time, eight of an amount.
    for row in rows.as_chunks::<12>().0 {
        let [style, customer, time, finer, amount @ ..] = *row;
        let time = i64::from(u16::from_le_bytes([time, finer]));
        let time = match style & 7 {
            0 => MIN_TIME + time,
            1 => END_TIME - 1 - time,
            _ => time * DAY / 4,
        };
        if let Some(amount) = any_amount(style >> 3, amount) {
            let key = Key::Integer(i64::from(customer % 32));
            log.push(key, TimeKind::Zoned, time, amount, &mut Unhindered)
                .expect("such rows can be collected");
        }
    }
    log
}

/// Sums, times and parameters may be beyond the range, and nothing else may be wrong.
fn told(result: Result<()>) {
    if let Err(error) = result {
        let known = [Kind::OutOfRange, Kind::TimeOutOfRange, Kind::InvalidParameter];
        assert!(known.contains(&error.kind()), "{error}");
    }
}

/// Lifetime values and churn of all customers of a log.
fn value(log: &OrderLog<'_>, observation: &Observation, family: Family, terms: &Terms) -> Result<()> {
    let mut spenders = Vec::new();
    let histories = of_log(log, observation, &mut Unhindered, &mut |customer, _| {
        let purchases = customer.purchases.as_ref().expect("others are left out");
        check_purchases(purchases);
        spenders.push(Spender::of(purchases));
        Ok(())
    })?;
    assert_eq!(histories.len(), spenders.len());
    let fitting = Fitting::of(observation);
    let purchases = fit(&histories, Sought::One(family), fitting, &mut Unhindered)?.model();
    let spend = spend::fit(&spenders, &mut Unhindered)?.model();
    let valuation = Valuation::new(purchases.as_ref(), spend.as_ref(), terms)?;
    let share = 0.0..=1.0;
    valuation.each(&histories, &spenders, &mut Unhindered, &mut |value| {
        assert!(value.p_alive.is_none_or(|p| share.contains(&p)), "{value:?}");
        let numbers = [value.expected_orders, value.expected_spend, value.clv];
        assert!(
            numbers.iter().flatten().all(|x| x.is_finite() && *x >= 0.0),
            "{value:?}"
        );
        for (low, high) in [value.orders, value.interval, value.mean].into_iter().flatten() {
            assert!(low <= high, "{value:?}");
        }
        Ok(())
    })?;
    let Fitted::Model(model) = fit_for_churn(&histories, Sought::One(family), fitting, &mut Unhindered)? else {
        return Ok(());
    };
    let horizon = model.horizon_of_churn(terms.horizon)?;
    for history in &histories {
        let p = model.outlook(&history.customer()).p_no_order(horizon);
        assert!(share.contains(&p), "{p} of {history:?}");
    }
    let _ = (
        model.warnings(),
        model.warning_of_churn(),
        model.warning_of_horizon(terms.horizon),
    );
    Ok(())
}

fn check_purchases(purchases: &customers::Purchases) {
    assert!(
        purchases.recency.is_finite() && purchases.age.is_finite(),
        "{purchases:?}"
    );
    assert!(purchases.monetary_value.is_finite(), "{purchases:?}");
    if purchases.frequency == 0 {
        assert_eq!(
            (purchases.recency, purchases.monetary_value),
            (0.0, 0.0),
            "{purchases:?}"
        );
    }
}

/// What the validation of each kind says.
fn validate(
    log: &OrderLog<'_>,
    observation: &Observation,
    family: Family,
    split: Option<i64>,
    confidence: f64,
) -> Result<()> {
    let Fitted::Model(trial) = Trial::of(log, observation, split, &mut Unhindered)? else {
        return Ok(());
    };
    let n = trial.histories().len();
    assert!(trial.spenders().len() == n && trial.after().len() == n && trial.before().len() == n);
    if n == 0 {
        return Ok(());
    }
    let sought = Sought::One(family);
    let share = 0.0..=1.0;
    let mut orders = Vec::new();
    let mut revenue = Vec::new();
    for rule in Rule::ALL {
        orders.push(Orders::by_rule(&trial, rule, &mut Unhindered)?);
        revenue.push(Revenue::by_rule(&trial, rule, &mut Unhindered)?);
    }
    let mut churn = Churn::by_rules(&trial, &mut Unhindered)?;
    if let Fitted::Model(model) = fit(trial.histories(), sought, trial.fitting(), &mut Unhindered)? {
        orders.push(Orders::by_model(&trial, &model, &mut Unhindered)?);
        if let Fitted::Model(spend) = spend::fit(trial.spenders(), &mut Unhindered)? {
            revenue.push(Revenue::by_models(
                &trial,
                (&model, &spend),
                confidence,
                &mut Unhindered,
            )?);
        }
    }
    if let Fitted::Model(model) = fit_for_churn(trial.histories(), sought, trial.fitting(), &mut Unhindered)? {
        churn.push(Churn::by_model(&trial, &model, &mut Unhindered)?);
    }
    for prediction in &orders {
        for comparison in compared(prediction, &trial)? {
            check_accuracy(&comparison.accuracy);
            assert!(share.contains(&comparison.actual_active), "{comparison:?}");
        }
    }
    for prediction in &revenue {
        for comparison in compared(prediction, &trial)? {
            check_accuracy(&comparison.accuracy);
            assert!(
                comparison.coverage.is_none_or(|coverage| share.contains(&coverage)),
                "{comparison:?}"
            );
        }
        let _ = prediction.top_tenth_share(&trial, &mut Unhindered)?;
    }
    for prediction in &churn {
        for comparison in compared(prediction, &trial)? {
            let shares = [comparison.predicted, comparison.actual, comparison.brier_score];
            assert!(shares.iter().all(|x| (0.0..=1.0 + 1e-9).contains(x)), "{comparison:?}");
            assert!((0.0..37.0).contains(&comparison.log_loss), "{comparison:?}");
            assert!(comparison.auc.is_none_or(|auc| share.contains(&auc)), "{comparison:?}");
        }
    }
    Ok(())
}

/// Of all, and of each tenth: these are all of them together, where there are any.
fn compared<P: Prediction>(prediction: &P, trial: &Trial) -> Result<Vec<P::Comparison>> {
    let tenths = prediction.compare_tenths(trial, &mut Unhindered)?;
    assert!(tenths.len() <= 10);
    let mut all = vec![prediction.compare(trial, &mut Unhindered)?];
    all.extend(tenths.into_iter().map(|(_, comparison)| comparison));
    Ok(all)
}

fn check_accuracy(accuracy: &Accuracy) {
    assert!(accuracy.customers > 0);
    assert!(!(accuracy.mae > accuracy.rmse * (1.0 + 1e-9)), "{accuracy:?}");
    assert!(
        accuracy
            .rank_correlation
            .is_none_or(|r| (-1.0 - 1e-9..=1.0 + 1e-9).contains(&r)),
        "{accuracy:?}"
    );
}
