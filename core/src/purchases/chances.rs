//! Chances that come once a period: what BG/BB asks of histories, of how a log is looked at, and of horizons.

use super::{Customer, Family};
use crate::calendar::{Period, format_length};
use crate::error::{Error, Kind, Result};
use crate::observation::Observation;

/// The most chances that a customer can have had, and the most that are looked ahead: 27 years of days. Sums run over them.
pub const MOST_CHANCES: f64 = 10_000.0;

/// Checks that there can be a customer with these numbers in a model of this family.
///
/// # Errors
/// For BG/BB: times that are not whole, more chances than [`MOST_CHANCES`], more purchases than chances up to the last one.
pub fn check(family: Family, customer: &Customer) -> Result<()> {
    if family != Family::Bb {
        return Ok(());
    }
    let Customer {
        frequency,
        recency,
        age,
    } = *customer;
    for (name, time) in [("recency", recency), ("age", age)] {
        if time.fract() != 0.0 {
            let error = Error::invalid(format!("{name} must be a whole number of periods for bg/bb"));
            return Err(error
                .detail(format!("It is {time}."))
                .hint("Let a log count them, with period => 'year', or divide days by 365.25 and round."));
        }
    }
    if frequency > recency {
        let error = Error::invalid("frequency must not be greater than recency for bg/bb");
        return Err(error
            .detail(format!("They are {frequency} and {recency}."))
            .hint("There is one chance in each period after that of the first purchase."));
    }
    if age > MOST_CHANCES {
        let message = format!("bg/bb takes at most {MOST_CHANCES} periods after the first purchase");
        return Err(Error::new(Kind::OutOfRange, message)
            .detail(format!("There are {age}."))
            .hint("Count longer periods."));
    }
    Ok(())
}

/// The error of BG/BB without a period. A day, which is what other models take, is hardly ever meant: nobody is asked to donate every day.
pub fn no_period(detail: impl Into<String>) -> Error {
    Error::invalid("bg/bb needs a period: a customer has one chance in each")
        .detail(detail)
        .hint("Pass period => 'year', 'quarter', 'month', 'week' or 'day'.")
}

/// How a log is looked at by BG/BB: times are counted in periods, in those of `unit` microseconds if there is a model already.
///
/// # Errors
/// No period, or another one than `unit`.
pub fn by_chances(observation: Observation, unit: Option<i64>) -> Result<Observation> {
    let period = observation.period;
    let Some(time_unit) = period.length() else {
        return Err(no_period(format!("The period is \"{}\".", period.name())));
    };
    if let Some(unit) = unit.filter(|&unit| unit != time_unit) {
        let error = Error::invalid("period must be the unit of time of bg/bb").detail(format!(
            "The unit is {}, and the period is \"{}\".",
            format_length(unit),
            period.name()
        ));
        return Err(match Period::of_length(unit) {
            Some(period) => error.hint(format!("Pass period => '{}'.", period.name())),
            None => error.hint("Count chances yourself, and score with (frequency, recency, age)."),
        });
    }
    Ok(Observation {
        time_unit,
        ..observation
    })
}

/// Checks that a horizon in periods is not too long.
pub(super) fn check_horizon(family: Family, periods: f64) -> Result<f64> {
    if family != Family::Bb || periods <= MOST_CHANCES {
        return Ok(periods);
    }
    Err(Error::invalid("horizon is too long for bg/bb").detail(format!(
        "It holds {} periods of the model; the limit is {MOST_CHANCES}.",
        periods.floor()
    )))
}
