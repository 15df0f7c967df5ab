//! The end of observation, and how what came before it is looked at: the options `as_of`, `time_zone` and `period`.

use crate::pg::options::Options;
use crate::pg::text::Text;
use crate::pg::time::{self, Interval, Timestamp};
use clientele_core::Result;
use clientele_core::calendar::{DAY, END_TIME, Period};
use clientele_core::estimate::Confidence;
use clientele_core::observation::{Observation, TimeKind};
use clientele_core::zone::Zone;

/// The times that something holds.
#[derive(Clone, Copy, Debug)]
pub struct Times {
    /// What they are; nothing where there are none.
    pub kind: Option<TimeKind>,
    /// Where observation ends if nothing else is asked for. Without it there is no end: all is seen.
    pub newest: Option<i64>,
}

/// The options `as_of` and `time_zone`.
#[derive(Clone, Copy, Debug)]
pub struct End<'a> {
    /// As clocks in the zone show it.
    as_of: Option<i64>,
    zone: &'a str,
}

impl<'a> End<'a> {
    /// Reads the options.
    pub fn read(options: &Options<'a>) -> Result<End<'a>> {
        Ok(End {
            as_of: options.read_given("as_of", Timestamp::finite)?,
            zone: options.read("time_zone", "UTC", |zone: Text<'a>, _| time::known(zone.as_str()))?,
        })
    }

    /// Whether an end is asked for.
    pub fn is_given(&self) -> bool {
        self.as_of.is_some()
    }

    /// The end of observation, inclusive, and the time zone: UTC for times that have none and stand as they are.
    pub fn of(&self, times: Times) -> Result<(i64, Zone)> {
        let usual = times.newest.unwrap_or(END_TIME - 1);
        let as_of = self.as_of.map_or(Ok(usual), |as_of| self.instant(as_of, times))?;
        let zone = match times.kind {
            // Days and windows end behind it.
            Some(TimeKind::Zoned) => time::zone(self.zone, usual.max(as_of).saturating_add(3 * DAY))?,
            _ => Zone::utc(),
        };
        Ok((as_of, zone))
    }

    /// The instant at which clocks in the zone show a time; as it stands where times have no zone.
    pub fn instant(&self, local: i64, times: Times) -> Result<i64> {
        match times.kind {
            Some(TimeKind::Zoned) => time::instant(local, self.zone),
            _ => Ok(local),
        }
    }
}

/// The options `as_of`, `time_zone` and `period`.
#[derive(Clone, Copy, Debug)]
pub struct ObservationOptions<'a> {
    /// The end of observation.
    pub end: End<'a>,
    /// The grain at which orders are one purchase.
    period: Option<Period>,
}

impl<'a> ObservationOptions<'a> {
    /// Reads the options.
    pub fn read(options: &Options<'a>) -> Result<ObservationOptions<'a>> {
        Ok(ObservationOptions {
            end: End::read(options)?,
            period: options.word("period", None, |word| Period::parse(word).map(Some))?,
        })
    }

    /// Whether a period is asked for.
    pub fn has_period(&self) -> bool {
        self.period.is_some()
    }

    /// The period that is asked for, or the `usual` one.
    pub fn period_or(&self, usual: Period) -> Period {
        self.period.unwrap_or(usual)
    }

    /// The option `time_unit`: a fixed length of time, or the month, quarter or year that the option `period` is, too.
    pub fn time_unit(&self, options: &Options<'a>) -> Result<i64> {
        options.read("time_unit", DAY, |unit: Interval, what| {
            let period = unit.period().filter(|&period| Some(period) == self.period);
            period.and_then(Period::length).map_or_else(|| unit.fixed(what), Ok)
        })
    }

    /// The observation, in units of time of that many microseconds; of the `usual` period if none is asked for.
    pub fn of(&self, times: Times, usual: Period, time_unit: i64) -> Result<Observation> {
        let (as_of, zone) = self.end.of(times)?;
        Ok(Observation {
            as_of,
            period: self.period.unwrap_or(usual),
            zone,
            time_unit,
        })
    }
}

/// The option `confidence`: that of limits.
pub fn confidence(options: &Options<'_>) -> Result<Confidence> {
    Confidence::new(options.or("confidence", 0.95)?)
}
