//! That the work stops, and asks for memory.

use crate::{DAY, Row, daily, log_of, model, spend_model, trial};
use clientele_core::checkpoint::Checkpoint;
use clientele_core::order_log::OrderLog;
use clientele_core::validation::{Churn, Orders, Prediction, Revenue, Rule, Trial};
use clientele_core::{Error, Kind, Result};
use std::collections::BTreeSet;

/// Customers who come each so many days as their number, again and again.
pub fn shop(customers: i64, days: i64) -> Vec<Row> {
    (1..=customers)
        .flat_map(|key| (key..days).step_by(key as usize).map(move |day| (key, day * DAY, 100)))
        .collect()
}

/// Says stop at one of its looks.
struct Stop {
    looks: usize,
    at: usize,
    stages: BTreeSet<&'static str>,
}

impl Checkpoint for Stop {
    fn pass(&mut self, stage: &'static str, _: usize, _: usize) -> Result<()> {
        self.looks += 1;
        self.stages.insert(stage);
        if self.looks > self.at {
            return Err(Error::new(Kind::Stopped, "stopped"));
        }
        Ok(())
    }

    fn reserve(&mut self, _: usize) -> Result<()> {
        Ok(())
    }
}

#[test]
fn it_stops_wherever_it_is() {
    let bytes = log_of(&shop(40, 200));
    let work = |at: usize| -> Result<Stop> {
        let stages = BTreeSet::new();
        let mut stop = Stop { looks: 0, at, stages };
        let log = OrderLog::open(&bytes)?;
        let trial = Trial::of(&log, &daily(200 * DAY), None, &mut stop)?
            .model()
            .expect("enough");
        let orders = Orders::by_model(&trial, &model(), &mut stop)?;
        orders.compare(&trial, &mut stop)?;
        orders.compare_tenths(&trial, &mut stop)?;
        let revenue = Revenue::by_models(&trial, (&model(), &spend_model()), 0.95, &mut stop)?;
        revenue.compare(&trial, &mut stop)?;
        revenue.top_tenth_share(&trial, &mut stop)?;
        Revenue::by_rule(&trial, Rule::SameAgain, &mut stop)?.compare_tenths(&trial, &mut stop)?;
        let churn = Churn::by_model(&trial, &model(), &mut stop)?;
        churn.compare(&trial, &mut stop)?;
        for rule in Churn::by_rules(&trial, &mut stop)? {
            rule.compare_tenths(&trial, &mut stop)?;
        }
        Ok(stop)
    };
    let Stop { looks, stages, .. } = work(usize::MAX).unwrap();
    assert_eq!(
        stages.into_iter().collect::<Vec<_>>(),
        [
            "fitting",
            "forecasting",
            "predicting",
            "ranking",
            "reading",
            "sorting",
            "valuing"
        ]
    );
    for at in 0..looks {
        let stopped = work(at).err().map(|error| error.kind());
        assert_eq!(stopped, Some(Kind::Stopped), "{at} of {looks}");
    }
}

/// Says how much memory was asked for.
struct Asked(usize);

impl Checkpoint for Asked {
    fn pass(&mut self, _: &'static str, _: usize, _: usize) -> Result<()> {
        Ok(())
    }

    fn reserve(&mut self, bytes: usize) -> Result<()> {
        self.0 += bytes;
        Ok(())
    }
}

#[test]
fn memory_is_asked_for() {
    let rows: Vec<Row> = (0..5_000)
        .flat_map(|key| [(key, 0, 1), (key, key % 90 * DAY, 1)])
        .collect();
    let trial = trial(&rows, &daily(90 * DAY), None).unwrap();
    let asked = |of: &dyn Fn(&mut Asked)| {
        let mut asked = Asked(0);
        of(&mut asked);
        asked.0
    };
    fn compare<P: Prediction>(trial: &Trial, prediction: &P, asked: &mut Asked) {
        assert!(prediction.compare(trial, asked).is_ok());
    }
    fn compare_tenths<P: Prediction>(trial: &Trial, prediction: &P, asked: &mut Asked) {
        assert!(prediction.compare_tenths(trial, asked).is_ok());
    }
    let orders = Orders::by_model(&trial, &model(), &mut Asked(0)).unwrap();
    let revenue = Revenue::by_models(&trial, (&model(), &spend_model()), 0.95, &mut Asked(0)).unwrap();
    let churn = Churn::by_model(&trial, &model(), &mut Asked(0)).unwrap();
    // Which customers; twice a list to sort and a list of ranks, or once for churn, which is either so or not.
    let [two, one] = [2, 1].map(|lists| 5_000 * (4 + lists * (16 + 8)));
    assert_eq!(asked(&|asked| compare(&trial, &orders, asked)), two);
    assert_eq!(asked(&|asked| compare(&trial, &revenue, asked)), two);
    assert_eq!(asked(&|asked| compare(&trial, &churn, asked)), one);
    // For the tenths, a list to sort too.
    let list = 5_000 * 16;
    assert_eq!(asked(&|asked| compare_tenths(&trial, &orders, asked)), list + two);
    assert_eq!(asked(&|asked| compare_tenths(&trial, &revenue, asked)), list + two);
    assert_eq!(asked(&|asked| compare_tenths(&trial, &churn, asked)), list + one);
    // A number of each customer, and two of what goes with it.
    for (bytes, of) in [
        (
            16,
            &(|asked: &mut Asked| drop(Orders::by_model(&trial, &model(), asked).unwrap())) as &dyn Fn(&mut Asked),
        ),
        (8, &|asked| {
            drop(Orders::by_rule(&trial, Rule::SameRate, asked).unwrap())
        }),
        (8, &|asked| drop(Churn::by_model(&trial, &model(), asked).unwrap())),
    ] {
        assert_eq!(asked(of), 5_000 * bytes);
    }
}
