//! In which stage of life each customer is.

use super::typical::Typical;
use super::{days, ln_days};
use crate::calendar::{DAY, END_TIME};
use crate::checkpoint::Checkpoint;
use crate::customers::each_purchase_times;
use crate::error::{Error, Result, spelled};
use crate::key::Key;
use crate::observation::Observation;
use crate::order_log::OrderLog;

/// A typical gap is a power of e, with an error in its last digits: whoever is exactly as late as a limit is not later, and what is exactly a
/// limit has reached it.
const ROUNDING: f64 = 1e-12;

/// A stage of life.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Stage {
    /// Has bought once, and is not late.
    New,
    /// Has bought a few times, or buys faster than before.
    Growing,
    /// Buys as ever.
    Mature,
    /// Buys more slowly than before.
    Declining,
    /// Is late.
    AtRisk,
    /// Is so late that most of those do not come back.
    Lost,
    /// Was lost, and has bought again not long ago.
    WonBack,
}

impl Stage {
    /// All of them.
    pub const ALL: [Stage; 7] = [
        Stage::New,
        Stage::Growing,
        Stage::Mature,
        Stage::Declining,
        Stage::AtRisk,
        Stage::Lost,
        Stage::WonBack,
    ];

    /// The words for it.
    pub fn name(self) -> &'static str {
        match self {
            Stage::New => "new",
            Stage::Growing => "growing",
            Stage::Mature => "mature",
            Stage::Declining => "declining",
            Stage::AtRisk => "at risk",
            Stage::Lost => "lost",
            Stage::WonBack => "won back",
        }
    }
}

/// Where stages end.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Limits {
    /// A customer is at risk after a silence of so many of the own typical gaps,
    pub at_risk_after: f64,
    /// and lost after one of so many.
    pub lost_after: f64,
    /// Who has bought fewer times is growing.
    pub mature_orders: u64,
    /// And so is who buys so many times as fast as before.
    pub growth: f64,
    /// Who buys so many times as slowly as before is declining.
    pub decline: f64,
    /// Who was lost is won back for so many purchases.
    pub won_back_orders: u64,
}

impl Default for Limits {
    /// Of customers of Online Retail who were at risk by these, 36 to 49 % bought in the next 90 days, of those lost 27 to 36 %, of mature ones
    /// 86 %; of those of CDNOW in 180 days 44 to 49, 12 to 16, and 70 to 80 %.
    fn default() -> Limits {
        Limits {
            at_risk_after: 2.0,
            lost_after: 4.0,
            mature_orders: 4,
            growth: 1.25,
            decline: 1.5,
            won_back_orders: 2,
        }
    }
}

impl Limits {
    /// Checks them.
    ///
    /// # Errors
    /// Silences that do not ascend above 1, growth or decline that is not above 1, or numbers of purchases below 1.
    pub fn check(self) -> Result<Limits> {
        let (at_risk, lost) = (self.at_risk_after, self.lost_after);
        if !(1.0 < at_risk && at_risk < lost && lost.is_finite()) {
            return Err(
                Error::invalid("at_risk_after and lost_after must ascend above 1").detail(format!(
                    "at_risk_after is {}, and lost_after {}.",
                    spelled(at_risk),
                    spelled(lost)
                )),
            );
        }
        for (name, value) in [("growth", self.growth), ("decline", self.decline)] {
            if !(value > 1.0 && value.is_finite()) {
                let error = Error::invalid(format!("{name} must be a finite number above 1"));
                return Err(error.detail(format!("It is {}.", spelled(value))));
            }
        }
        for (name, value) in [
            ("mature_orders", self.mature_orders),
            ("won_back_orders", self.won_back_orders),
        ] {
            if value == 0 {
                return Err(Error::invalid(format!("{name} must be at least 1")).detail("It is 0."));
            }
        }
        Ok(self)
    }
}

/// One customer at the end of observation.
#[derive(Clone, Copy, Debug)]
pub struct Life {
    /// Where in life.
    pub stage: Stage,
    /// Purchases: days with an order.
    pub purchases: u64,
    /// The start of the day of the last one, in local time.
    pub last_purchase: i64,
    /// Whole days from the last purchase to the end of observation.
    pub silence: f64,
    /// What depends on how long gaps are; nothing where nobody has any.
    pub pace: Option<Pace>,
}

/// How fast one customer buys.
#[derive(Clone, Copy, Debug)]
pub struct Pace {
    /// The typical gap between purchases, in days.
    pub typical_gap: f64,
    /// The last two gaps by those before: above 1 where purchases get slower. The silence counts as a gap once it is longer than a typical one.
    /// Nothing with fewer than four gaps.
    pub trend: Option<f64>,
    /// When the next purchase is expected, in local time; nothing where that is behind the end of the calendar.
    pub expected_next: Option<i64>,
    /// Days since then; 0 if it is to come.
    pub days_overdue: f64,
}

impl Life {
    /// The silence in typical gaps.
    pub fn silence_ratio(&self) -> Option<f64> {
        self.pace.map(|pace| self.silence / pace.typical_gap)
    }
}

/// The gaps of one customer while the purchases pass by.
#[derive(Default)]
struct Gaps {
    last: Option<i64>,
    /// How many there are.
    n: u64,
    /// The sum of the logarithms of all but the last two, and these two, the older one first.
    before: f64,
    recent: [f64; 2],
    /// The number of the last gap after which the customer was lost.
    lost_before: Option<u64>,
}

impl Gaps {
    /// The sum of the logarithms.
    fn sum(&self) -> f64 {
        self.before + self.recent[0] + self.recent[1]
    }

    fn add(&mut self, start: i64, typical: Option<&Typical>, ln_lost: f64) {
        if let (Some(last), Some(typical)) = (self.last, typical) {
            let logarithm = ln_days(days(last, start));
            if logarithm - typical.ln_gap(self.sum(), self.n as f64) > ln_lost + ROUNDING {
                self.lost_before = Some(self.n);
            }
            self.n += 1;
            self.before += self.recent[0];
            self.recent = [self.recent[1], logarithm];
        }
        self.last = Some(start);
    }

    /// How much longer recent gaps are than those before, with a silence if it counts as one.
    fn trend(&self, silence: Option<f64>) -> Option<f64> {
        let [older, newer] = self.recent;
        let (sum, n, recent) = match silence {
            Some(silence) => (self.before + older, self.n.checked_sub(1)?, newer + ln_days(silence)),
            None => (self.before, self.n.checked_sub(2)?, older + newer),
        };
        (n >= 2).then(|| (recent / 2.0 - sum / n as f64).exp())
    }
}

/// Tells the stage of each customer with an entry up to the end of observation, in order of their keys: nothing for one with returns only.
/// Purchases are days with an order, whatever the period of the observation is. One pass over the log.
pub fn lifecycle(
    log: &OrderLog<'_>,
    observation: &Observation,
    limits: &Limits,
    typical: Option<&Typical>,
    checkpoint: &mut dyn Checkpoint,
    mut visit: impl FnMut(Key<'_>, Option<Life>) -> Result<()>,
) -> Result<()> {
    let end = observation.zone.local(observation.as_of);
    let today = observation.period_start(observation.as_of);
    let ln_lost = limits.lost_after.ln();
    let add = |gaps: &mut Gaps, start: i64| gaps.add(start, typical, ln_lost);
    each_purchase_times(log, observation, checkpoint, add, |key, gaps, _| {
        let life = gaps.last.map(|last| {
            // Where clocks have just gone back over midnight, the last day may be tomorrow's.
            let silence = days(last, today).max(0.0);
            let pace = typical.map(|typical| pace_of(gaps, last, silence, end, typical));
            Life {
                stage: pace.map_or(Stage::New, |pace| stage_of(gaps, silence, &pace, limits)),
                purchases: gaps.n + 1,
                last_purchase: last,
                silence,
                pace,
            }
        });
        visit(key, life)
    })
}

fn pace_of(gaps: &Gaps, last: i64, silence: f64, end: i64, typical: &Typical) -> Pace {
    let typical_gap = typical.ln_gap(gaps.sum(), gaps.n as f64).exp();
    let is_gap = silence > typical_gap * (1.0 + ROUNDING);
    let wait = (typical_gap * DAY as f64).round();
    let expected_next = last.checked_add(wait as i64).filter(|&next| next < END_TIME);
    Pace {
        typical_gap,
        trend: gaps.trend(is_gap.then_some(silence)),
        expected_next,
        days_overdue: expected_next.map_or(0.0, |next| days(next, end).max(0.0)),
    }
}

fn stage_of(gaps: &Gaps, silence: f64, pace: &Pace, limits: &Limits) -> Stage {
    let silent_for = |gaps: f64| silence > gaps * pace.typical_gap * (1.0 + ROUNDING);
    if silent_for(limits.lost_after) {
        return Stage::Lost;
    }
    if silent_for(limits.at_risk_after) {
        return Stage::AtRisk;
    }
    if gaps
        .lost_before
        .is_some_and(|gap| gaps.n - gap <= limits.won_back_orders)
    {
        return Stage::WonBack;
    }
    if gaps.n == 0 {
        return Stage::New;
    }
    if gaps.n + 1 < limits.mature_orders {
        return Stage::Growing;
    }
    match pace.trend {
        Some(trend) if trend >= limits.decline * (1.0 - ROUNDING) => Stage::Declining,
        Some(trend) if trend * limits.growth <= 1.0 + ROUNDING => Stage::Growing,
        _ => Stage::Mature,
    }
}
