//! What the orders of a log amount to, period by period.

use super::two_rounds;
use crate::amount::Sum;
use crate::calendar::{END_TIME, Period, SECOND};
use crate::checkpoint::{Checkpoint, attempt, vec_with_capacity};
use crate::choice::choose;
use crate::error::{Error, Kind, Result};
use crate::order_log::{OrderLog, Part};
use crate::zone::Zone;
use std::collections::VecDeque;

/// The most periods of a series.
pub const MOST_PERIODS: usize = 100_000;

const HOUR: i64 = 3_600 * SECOND;

/// The periods of a series.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Grain {
    /// Hours, as clocks show them.
    Hour,
    /// Civil days.
    Day,
    /// Weeks, Monday to Sunday.
    Week,
    /// Civil months.
    Month,
    /// Quarters of civil years.
    Quarter,
}

impl Grain {
    const ALL: [Grain; 5] = [Grain::Hour, Grain::Day, Grain::Week, Grain::Month, Grain::Quarter];

    /// The grain a word stands for.
    pub fn parse(word: &str) -> Result<Grain> {
        choose("period", word, &Grain::ALL.map(|grain| (grain.name(), grain)))
    }

    /// The word for it.
    pub fn name(self) -> &'static str {
        match self {
            Grain::Hour => "hour",
            _ => self.period().name(),
        }
    }

    /// Periods of the season that it usually has.
    pub fn season(self) -> usize {
        match self {
            Grain::Hour => 24,
            Grain::Day => 7,
            Grain::Week => 52,
            Grain::Month => 12,
            Grain::Quarter => 4,
        }
    }

    /// The period of the calendar that it is, hours aside.
    fn period(self) -> Period {
        match self {
            Grain::Hour => Period::None,
            Grain::Day => Period::Day,
            Grain::Week => Period::Week,
            Grain::Month => Period::Month,
            Grain::Quarter => Period::Quarter,
        }
    }

    /// The number of the period that holds a local time.
    #[inline]
    fn number(self, local: i64) -> i64 {
        // Only hours are no periods of the calendar.
        self.period().number(local).unwrap_or_else(|| local.div_euclid(HOUR))
    }

    /// The local time at which the period of a number begins.
    pub fn begin(self, number: i64) -> i64 {
        self.period()
            .begin(number)
            .unwrap_or_else(|| number.saturating_mul(HOUR))
    }
}

/// What is added up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Measure {
    /// All amounts, returns taken off.
    Revenue,
    /// Orders.
    Orders,
    /// Customers with an order.
    Customers,
}

impl Measure {
    /// The measure a word stands for.
    pub fn parse(word: &str) -> Result<Measure> {
        let words = [
            ("revenue", Measure::Revenue),
            ("orders", Measure::Orders),
            ("customers", Measure::Customers),
        ];
        choose("value", word, &words)
    }
}

/// The time that a series is about.
#[derive(Clone, Debug)]
pub struct Span {
    /// Where it begins, an instant, inclusive; what is earlier is not seen. Nothing: with the first row of the log.
    pub since: Option<i64>,
    /// The end of observation, inclusive: what is later is not seen. The end of the calendar: the last row of the log.
    pub as_of: i64,
    /// The time zone in which periods begin.
    pub zone: Zone,
}

/// Whole periods, one after the other.
#[derive(Clone, Debug)]
pub struct Series {
    /// What they are.
    pub grain: Grain,
    /// The number of the first one, as [`Grain::begin`] takes it.
    pub first: i64,
    /// What each amounts to; 0 where there is nothing.
    pub values: Vec<f64>,
}

impl Series {
    /// The series of a log; nothing where no row is in its span. Without holes; the first period is left out unless the first row, or the
    /// beginning of the span, is on its first day; the last one unless it is over, or all rows up to then are at the very beginning of a period, as
    /// those of a table of monthly sums are. One pass over the log, and a glance at its times; memory for up to 100 000 periods.
    ///
    /// # Errors
    /// More periods than that, or a sum out of range.
    pub fn of(
        log: &OrderLog<'_>,
        grain: Grain,
        measure: Measure,
        span: &Span,
        checkpoint: &mut dyn Checkpoint,
    ) -> Result<Option<Series>> {
        let mut cells = Cells::new(grain, measure);
        let (mut oldest, mut newest) = (i64::MAX, i64::MIN);
        let mut sums = true;
        let mut cursor = log.cursor();
        let mut customer = Customer::default();
        while cursor.advance(checkpoint)? {
            let mut part = cursor.part();
            if part.starts {
                customer = Customer::default();
            }
            part = part.until(span.as_of);
            // A log of instants has another one among its first rows.
            sums = sums && part.times.iter().all(|&time| begins(grain, span.zone.local(time)));
            if let Some(since) = span.since {
                part = part.after(since.saturating_sub(1));
            }
            let (Some(&first), Some(&last)) = (part.times.first(), part.times.last()) else {
                continue;
            };
            (oldest, newest) = (oldest.min(first), newest.max(last));
            cells.add(&part, &span.zone, &mut customer, checkpoint)?;
        }
        if oldest > newest {
            return Ok(None);
        }

        let local = span.zone.local(span.since.unwrap_or(oldest));
        let first = grain.number(local);
        let seen_from_its_beginning = grain == Grain::Hour || Period::Day.start(local) <= grain.begin(first);
        let first = first + i64::from(!seen_from_its_beginning);

        // Where there are returns only, nobody says where observation ends: with the last of them.
        let as_of = if span.as_of == END_TIME - 1 { newest } else { span.as_of };
        let seen = log.seen(as_of, &span.zone, checkpoint)?;
        let last = grain.number(span.zone.local(as_of));
        let is_over = seen.is_over_before(span.zone.instant(grain.begin(last + 1)));
        let last = last - i64::from(!is_over);
        let last = if sums {
            last.max(grain.number(span.zone.local(newest)))
        } else {
            last
        };

        let n = usize::try_from(last - first + 1).unwrap_or(0);
        if n > MOST_PERIODS {
            return Err(too_many(grain));
        }
        Ok(Some(Series {
            grain,
            first,
            values: cells.values(first, n, checkpoint)?,
        }))
    }

    /// The local time at which the period at a place begins; places may be behind the last one.
    pub fn begin(&self, at: usize) -> i64 {
        self.grain.begin(self.first + at as i64)
    }

    /// The periods of a season: what is asked for, or else what the grain has.
    ///
    /// # Errors
    /// Fewer than two whole rounds.
    pub fn season(&self, wanted: Option<usize>) -> Result<usize> {
        let m = wanted.unwrap_or(self.grain.season());
        two_rounds(self, m)?;
        Ok(m)
    }

    /// The same where nobody insists: 1, no season, where what the grain has does not go by twice.
    pub fn season_if_known(&self, wanted: Option<usize>) -> Result<usize> {
        match wanted {
            None if self.values.len() < 2 * self.grain.season() => Ok(1),
            Some(1) => Ok(1),
            _ => self.season(wanted),
        }
    }
}

/// Whether a period begins with a local time.
fn begins(grain: Grain, local: i64) -> bool {
    grain.begin(grain.number(local)) == local
}

#[cold]
fn too_many(grain: Grain) -> Error {
    Error::new(Kind::TooLarge, format!("a series has at most {MOST_PERIODS} periods"))
        .detail(format!("The log has rows of more {}s.", grain.name()))
        .hint("Take longer periods, or say by since where the series begins.")
}

/// What was counted of a customer last.
#[derive(Default)]
struct Customer {
    order: Option<i64>,
    period: Option<i64>,
}

/// A cell for each period, from the first one that was seen to the last.
struct Cells {
    grain: Grain,
    measure: Measure,
    first: i64,
    sums: VecDeque<Sum>,
    counts: VecDeque<u64>,
    /// The period of the row before: when it begins and ends, in local time, and its number.
    current: (i64, i64, i64),
}

impl Cells {
    fn new(grain: Grain, measure: Measure) -> Cells {
        Cells {
            grain,
            measure,
            first: 0,
            sums: VecDeque::new(),
            counts: VecDeque::new(),
            current: (0, 0, 0),
        }
    }

    fn add(
        &mut self,
        part: &Part<'_>,
        zone: &Zone,
        customer: &mut Customer,
        checkpoint: &mut dyn Checkpoint,
    ) -> Result<()> {
        for (time, amount) in part.entries() {
            let number = self.number(zone.local(time));
            match self.measure {
                Measure::Revenue => {
                    let at = self.place(number, checkpoint)?;
                    self.sums[at].add(amount);
                }
                _ if amount.is_negative() => {}
                Measure::Orders => {
                    // What did not add exactly is several entries, but one order.
                    if customer.order != Some(time) {
                        customer.order = Some(time);
                        let at = self.place(number, checkpoint)?;
                        self.counts[at] += 1;
                    }
                }
                Measure::Customers => {
                    if customer.period < Some(number) {
                        customer.period = Some(number);
                        let at = self.place(number, checkpoint)?;
                        self.counts[at] += 1;
                    }
                }
            }
        }
        Ok(())
    }

    /// The number of the period of a local time. That of the time before, mostly.
    #[inline]
    fn number(&mut self, local: i64) -> i64 {
        if !(self.current.0..self.current.1).contains(&local) {
            let number = self.grain.number(local);
            self.current = (self.grain.begin(number), self.grain.begin(number + 1), number);
        }
        self.current.2
    }

    /// The cell of a period, with room made for it.
    #[inline]
    fn place(&mut self, number: i64, checkpoint: &mut dyn Checkpoint) -> Result<usize> {
        let n = self.sums.len().max(self.counts.len());
        let at = number.wrapping_sub(self.first);
        if at >= 0 && (at as usize) < n {
            return Ok(at as usize);
        }
        self.make_room(number, checkpoint)
    }

    #[cold]
    fn make_room(&mut self, number: i64, checkpoint: &mut dyn Checkpoint) -> Result<usize> {
        let n = self.sums.len().max(self.counts.len()) as i64;
        if n == 0 {
            self.first = number;
        }
        let before = (self.first - number).max(0);
        let behind = (number - (self.first + n - 1)).max(0);
        // Periods that are not whole are left out later, one at either end.
        if before.saturating_add(behind) + n > MOST_PERIODS as i64 + 2 {
            return Err(too_many(self.grain));
        }
        let (before, behind) = (before as usize, behind as usize);
        self.first -= before as i64;
        match self.measure {
            Measure::Revenue => grow(&mut self.sums, before, behind, checkpoint)?,
            _ => grow(&mut self.counts, before, behind, checkpoint)?,
        }
        Ok((number - self.first) as usize)
    }

    /// The values of the n periods from `first` on.
    fn values(&self, first: i64, n: usize, checkpoint: &mut dyn Checkpoint) -> Result<Vec<f64>> {
        let mut values = vec_with_capacity(n, checkpoint)?;
        for number in first..first + n as i64 {
            let at = usize::try_from(number - self.first).unwrap_or(usize::MAX);
            values.push(match self.measure {
                Measure::Revenue => self.sums.get(at).map_or(Ok(0.0), Sum::value)?,
                _ => self.counts.get(at).map_or(0.0, |&count| count as f64),
            });
        }
        Ok(values)
    }
}

/// Makes room for so many cells before and behind those that are there.
fn grow<T: Clone + Default>(
    cells: &mut VecDeque<T>,
    before: usize,
    behind: usize,
    checkpoint: &mut dyn Checkpoint,
) -> Result<()> {
    let more = before + behind;
    if cells.capacity() - cells.len() < more {
        let room = more.max(cells.len()).max(64);
        checkpoint.reserve(room.saturating_mul(size_of::<T>()))?;
        attempt(|| cells.try_reserve_exact(room))?;
    }
    cells.resize(cells.len() + behind, T::default());
    (0..before).for_each(|_| cells.push_front(T::default()));
    Ok(())
}
