//! Timestamps, intervals and time zones.

use super::error::notice;
use super::value::datum_of;
use clientele_core::calendar::{DAY, END_TIME, MIN_TIME, Period, SECOND, YEAR};
use clientele_core::zone::Zone;
use clientele_core::{Error, Kind, Result};
use pgrx::callconv::{Arg, ArgAbi};
use pgrx::prelude::*;
use std::ffi::CString;

/// The seconds from 1970-01-01, where the time zone library begins, to 2000-01-01.
const UNIX_TO_POSTGRES: i64 = 946_684_800;

/// A `timestamp` that a function is given.
#[derive(Clone, Copy, Debug)]
pub struct Timestamp(i64);

impl Timestamp {
    /// The time as it stands; infinite ones are refused. `what` names the argument.
    pub fn finite(self, what: &str) -> Result<i64> {
        if (MIN_TIME..END_TIME).contains(&self.0) {
            Ok(self.0)
        } else {
            Err(Error::new(
                Kind::TimeOutOfRange,
                format!("{what} must be a finite time"),
            ))
        }
    }
}

/// An `interval` that a function is given.
#[derive(Clone, Copy, Debug)]
pub struct Interval {
    months: i32,
    days: i32,
    micros: i64,
}

impl Interval {
    /// Its length where that is always the same, with days of 24 hours. `what` names the argument.
    pub fn fixed(self, what: &str) -> Result<i64> {
        self.finite(what)?;
        if self.months != 0 {
            return Err(Error::invalid(format!("{what} must have a fixed length"))
                .detail("Months and years have no fixed length.")
                .hint("Give it in weeks, days or hours, for example '30 days'."));
        }
        let length = i128::from(self.days) * i128::from(DAY) + i128::from(self.micros);
        if length <= 0 {
            return Err(Error::invalid(format!("{what} must be longer than nothing")));
        }
        i64::try_from(length).map_err(|_| too_long(what))
    }

    /// Its length, not negative, by the rule of `extract(epoch …)`: a year has 365.25 days, a month that is part of one 30. `what` names
    /// the argument.
    pub fn length(self, what: &str) -> Result<i64> {
        self.finite(what)?;
        let (years, months) = (i64::from(self.months / 12), i64::from(self.months % 12));
        // A quarter of a day is a whole number of microseconds.
        let months = i128::from(years * 1_461 + months * 120) * i128::from(DAY / 4);
        self.with_months(months, what)
    }

    /// The same where each month is a twelfth of a year, for those who count periods of the calendar.
    pub fn even_length(self, what: &str) -> Result<i64> {
        self.finite(what)?;
        self.with_months(i128::from(self.months) * i128::from(YEAR / 12), what)
    }

    fn with_months(self, months: i128, what: &str) -> Result<i64> {
        let length = months + i128::from(self.days) * i128::from(DAY) + i128::from(self.micros);
        if length < 0 {
            return Err(Error::invalid(format!("{what} must not be negative")));
        }
        i64::try_from(length).map_err(|_| too_long(what))
    }

    /// The month, quarter or year that it is as long as, if it is one.
    pub fn period(self) -> Option<Period> {
        let months = i64::from(self.months);
        let period = Period::of_length(months.checked_mul(YEAR / 12)?)?;
        (self.days == 0 && self.micros == 0).then_some(period)
    }

    fn finite(self, what: &str) -> Result<()> {
        let parts = (self.months, self.days, self.micros);
        if parts == (i32::MAX, i32::MAX, i64::MAX) || parts == (i32::MIN, i32::MIN, i64::MIN) {
            return Err(Error::invalid(format!("{what} must be finite")));
        }
        Ok(())
    }

    /// The same, for one question about many rows: less than a day is pointed out, because `'12'` is twelve seconds.
    pub fn horizon(self, what: &str) -> Result<i64> {
        told_if_short(self.length(what)?, what)
    }

    /// The same where each month is a twelfth of a year.
    pub fn even_horizon(self, what: &str) -> Result<i64> {
        told_if_short(self.even_length(what)?, what)
    }

    /// The same as `length`, and longer than nothing.
    pub fn positive_length(self, what: &str) -> Result<i64> {
        match self.length(what)? {
            0 => Err(Error::invalid(format!("{what} must be longer than nothing"))),
            length => Ok(length),
        }
    }
}

/// A length of time; less than a day is pointed out.
fn told_if_short(length: i64, what: &str) -> Result<i64> {
    if (1..DAY).contains(&length) {
        let detail = format!("It is {} seconds.", length as f64 / SECOND as f64);
        let about = Error::invalid(format!("{what} is shorter than a day")).detail(detail);
        notice(&about.hint("A number without a unit counts seconds: write '12 months' or '90 days'."));
    }
    Ok(length)
}

#[cold]
fn too_long(what: &str) -> Error {
    Error::invalid(format!("{what} is too long")).detail(format!("The limit is {} days.", i64::MAX / DAY))
}

/// The instant of a local time in the zone called `name`; hours that come twice or not at all are read in standard time, as
/// PostgreSQL does everywhere.
pub fn instant(local: i64, name: &str) -> Result<i64> {
    let zone = find(name)?;
    // SAFETY: all pointers are to variables of the types asked for; no zone is asked for where none is given.
    let west = unsafe {
        let mut parts = pg_sys::pg_tm::default();
        let (mut fraction, none) = (0, std::ptr::null_mut());
        if pg_sys::timestamp2tm(
            local,
            none,
            &mut parts,
            &mut fraction,
            std::ptr::null_mut(),
            none.cast(),
        ) != 0
        {
            return Err(out_of_range());
        }
        pg_sys::DetermineTimeZoneOffset(&mut parts, zone)
    };
    in_range(local + i64::from(west) * SECOND)
}

/// A time if it is one that SQL can show: at the ends of the calendar, clocks of some zones are beyond them.
#[inline]
pub(super) fn in_range(time: i64) -> Result<i64> {
    if (MIN_TIME..END_TIME).contains(&time) {
        Ok(time)
    } else {
        Err(out_of_range())
    }
}

/// A zone as `SET timezone` understands its name; abbreviations of offsets, which come first for `AT TIME ZONE`, are none.
fn find(name: &str) -> Result<*mut pg_sys::pg_tz> {
    // SAFETY: the name ends with a zero; zones are kept by the server for ever.
    let zone = CString::new(name)
        .ok()
        .map(|name| unsafe { pg_sys::pg_tzset(name.as_ptr()) });
    // SAFETY: as above.
    zone.filter(|&zone| !zone.is_null() && unsafe { pg_sys::pg_tz_acceptable(zone) })
        .ok_or_else(|| unknown(name))
}

#[cold]
fn unknown(name: &str) -> Error {
    Error::invalid("unknown value for option \"time_zone\"")
        .detail(format!("It is \"{name}\"."))
        .hint("The names that are known are in the view pg_timezone_names.")
}

/// The name of a zone, if there is one of that name.
pub fn known(name: &str) -> Result<&str> {
    find(name).map(|_| name)
}

/// The offsets of the zone called `name` for instants up to `end`.
pub fn zone(name: &str, end: i64) -> Result<Zone> {
    let zone = find(name)?;
    let mut time = MIN_TIME / SECOND + UNIX_TO_POSTGRES;
    let mut first = None;
    let mut changes = Vec::new();
    loop {
        check_for_interrupts!();
        let next = next_change(time, zone).ok_or_else(|| unknown(name))?;
        first.get_or_insert(next.before * SECOND);
        // At the last change that it has in its table, the server finds none; behind it, it goes by the rules.
        let next = match next.at {
            Some(_) => next,
            None => next_change(time + 1, zone).ok_or_else(|| unknown(name))?,
        };
        let Some(at) = next.at else {
            return Ok(Zone::new(first.unwrap_or(0), changes));
        };
        let change = (at - UNIX_TO_POSTGRES).saturating_mul(SECOND);
        if change > end || change >= Zone::ENOUGH {
            return Ok(Zone::new(first.unwrap_or(0), changes));
        }
        changes.push((change, next.after * SECOND));
        time = at;
    }
}

/// The offsets of a zone around the next change behind a time, in seconds, and when that is, if there is one.
struct Change {
    before: i64,
    at: Option<i64>,
    after: i64,
}

/// The next change behind a time in seconds since 1970; nothing if the zone cannot be asked.
fn next_change(time: i64, zone: *mut pg_sys::pg_tz) -> Option<Change> {
    let (mut before, mut after, mut boundary) = (0, 0, 0);
    let (mut before_is_dst, mut after_is_dst) = (0, 0);
    // SAFETY: all pointers are to variables of the types asked for, and the zone is one that was found.
    let found = unsafe {
        pg_sys::pg_next_dst_boundary(
            &time,
            &mut before,
            &mut before_is_dst,
            &mut boundary,
            &mut after,
            &mut after_is_dst,
            zone,
        )
    };
    (found >= 0).then_some(Change {
        before,
        at: (found > 0).then_some(boundary),
        after,
    })
}

#[cold]
fn out_of_range() -> Error {
    Error::new(Kind::TimeOutOfRange, "timestamp out of range")
}

// SAFETY: a timestamp is passed by value, in microseconds.
unsafe impl<'fcx> ArgAbi<'fcx> for Timestamp {
    unsafe fn unbox_arg_unchecked(arg: Arg<'_, 'fcx>) -> Self {
        // SAFETY: an argument that is not NULL.
        Timestamp(unsafe { arg.unbox_unchecked::<i64>() })
    }
}

// SAFETY: an interval is a pointer to its parts.
unsafe impl<'fcx> ArgAbi<'fcx> for Interval {
    unsafe fn unbox_arg_unchecked(arg: Arg<'_, 'fcx>) -> Self {
        // SAFETY: an argument that is not NULL; the parts are copied.
        let parts = unsafe { *datum_of(arg).cast_mut_ptr::<pg_sys::Interval>() };
        Interval {
            months: parts.month,
            days: parts.day,
            micros: parts.time,
        }
    }
}
