//! Flows of customers between periods, added up customer by customer.

use super::{Options, Row};
use crate::amount::{Amount, Sum};
use crate::checkpoint::{Checkpoint, grow};
use crate::error::{Error, Kind, Result};
use crate::observation::Seen;
use crate::zone::Zone;

/// Rows between two looks at the checkpoint.
const STRIDE: usize = 4_096;

/// What is counted of a period.
#[derive(Clone, Debug, Default)]
struct Cell {
    new: u64,
    kept: u64,
    won_back: u64,
    lost: u64,
    revenue_new: Sum,
    revenue_kept: Sum,
    revenue_won_back: Sum,
    revenue_inactive: Sum,
    kept_before: Sum,
    lost_before: Sum,
    inactive_before: Sum,
}

/// A customer's rows of one period.
#[derive(Clone, Copy, Debug)]
struct Spell {
    number: i64,
    has_order: bool,
    revenue: Sum,
}

/// All periods.
pub struct Flows<'a> {
    options: &'a Options,
    seen: Seen,
    zone: &'a Zone,
    /// The numbers of the first and the last period that may be shown.
    shown: (i64, i64),
    /// The number of the first period with a row.
    first: Option<i64>,
    /// From the last period that may be shown back, as far as anything is known.
    cells: Vec<Cell>,
    /// Of the customer at hand: the period under way, and the last one before it with an order, with what it amounts to.
    spell: Option<Spell>,
    active: Option<(i64, Sum)>,
}

impl<'a> Flows<'a> {
    pub fn new(options: &'a Options, seen: Seen, zone: &'a Zone) -> Flows<'a> {
        let number = |local| options.period.number(local).unwrap_or(0);
        let first = options.since.map_or(i64::MIN, |since| {
            let first = number(since);
            // Only what begins from then on.
            first + i64::from(options.period.start(since) < since)
        });
        let last = number(zone.local(seen.end));
        let last = options.until.map_or(last, |until| last.min(number(until)));
        Flows {
            options,
            seen,
            zone,
            shown: (first, last),
            first: None,
            cells: Vec::new(),
            spell: None,
            active: None,
        }
    }

    /// Adds an entry of the customer at hand, which follows those before.
    #[inline]
    pub fn add(&mut self, time: i64, amount: Amount, checkpoint: &mut dyn Checkpoint) -> Result<()> {
        let number = self.options.period.number(self.zone.local(time)).unwrap_or(0);
        let is_order = !amount.is_negative();
        match &mut self.spell {
            // Where clocks go back, so would periods.
            Some(spell) if spell.number >= number => {
                spell.has_order |= is_order;
                spell.revenue.add(amount);
            }
            _ => {
                self.end_spell(checkpoint)?;
                let mut revenue = Sum::default();
                revenue.add(amount);
                self.spell = Some(Spell {
                    number,
                    has_order: is_order,
                    revenue,
                });
            }
        }
        Ok(())
    }

    /// Counts the period of the customer that was under way.
    fn end_spell(&mut self, checkpoint: &mut dyn Checkpoint) -> Result<()> {
        let Some(spell) = self.spell.take() else {
            return Ok(());
        };
        let (number, revenue) = (spell.number, spell.revenue);
        self.first = Some(self.first.map_or(number, |first| first.min(number)));
        if !spell.has_order {
            if let Some(cell) = self.cell(number, checkpoint)? {
                cell.revenue_inactive.add_sum(&revenue);
            }
            if let Some(cell) = self.cell(number + 1, checkpoint)? {
                cell.inactive_before.add_sum(&revenue);
            }
            return Ok(());
        }
        let before = self.active.replace((number, revenue));
        let is_kept = before.is_some_and(|(last, _)| last + 1 == number);
        if !is_kept {
            self.lose(before, checkpoint)?;
        }
        let Some(cell) = self.cell(number, checkpoint)? else {
            return Ok(());
        };
        match before {
            None => {
                cell.new += 1;
                cell.revenue_new.add_sum(&revenue);
            }
            Some((_, revenue_before)) if is_kept => {
                cell.kept += 1;
                cell.revenue_kept.add_sum(&revenue);
                cell.kept_before.add_sum(&revenue_before);
            }
            Some(_) => {
                cell.won_back += 1;
                cell.revenue_won_back.add_sum(&revenue);
            }
        }
        Ok(())
    }

    /// Counts a customer as lost in the period after the last one with an order, if that has begun.
    fn lose(&mut self, active: Option<(i64, Sum)>, checkpoint: &mut dyn Checkpoint) -> Result<()> {
        if let Some((number, revenue)) = active
            && let Some(cell) = self.cell(number + 1, checkpoint)?
        {
            cell.lost += 1;
            cell.lost_before.add_sum(&revenue);
        }
        Ok(())
    }

    /// Ends the customer at hand.
    pub fn end_customer(&mut self, checkpoint: &mut dyn Checkpoint) -> Result<()> {
        self.end_spell(checkpoint)?;
        let active = self.active.take();
        self.lose(active, checkpoint)
    }

    /// What is counted of a period, if it may be shown.
    #[inline]
    fn cell(&mut self, number: i64, checkpoint: &mut dyn Checkpoint) -> Result<Option<&mut Cell>> {
        let (first, last) = self.shown;
        if !(first..=last).contains(&number) {
            return Ok(None);
        }
        let place = (last - number) as usize;
        if place >= self.cells.len() {
            self.widen(place + 1, checkpoint)?;
        }
        Ok(Some(&mut self.cells[place]))
    }

    #[cold]
    fn widen(&mut self, n: usize, checkpoint: &mut dyn Checkpoint) -> Result<()> {
        if n as u64 > self.options.row_limit {
            return Err(self.too_many());
        }
        if n > self.cells.capacity() {
            let more = (n - self.cells.len()).max(self.cells.len() / 8);
            grow(&mut self.cells, more, checkpoint).map_err(advised)?;
        }
        self.cells.resize(n, Cell::default());
        Ok(())
    }

    /// Visits the periods.
    pub fn rows(
        mut self,
        checkpoint: &mut dyn Checkpoint,
        visit: &mut dyn FnMut(&Row, &mut dyn Checkpoint) -> Result<()>,
    ) -> Result<()> {
        let Some(known) = self.first else {
            return Ok(());
        };
        let (first, last) = (known.max(self.shown.0), self.shown.1);
        if first > last {
            return Ok(());
        }
        // Nothing is known of a period in which nothing began or ended; it has a row all the same.
        self.widen(((last - first) as u64).saturating_add(1) as usize, checkpoint)?;
        let begin = |number| self.options.period.begin(number).unwrap_or(0);
        let rows = (first..=last).zip(self.cells.iter().rev());
        for (done, (number, cell)) in rows.enumerate() {
            if done % STRIDE == 0 {
                checkpoint.pass("writing", done, self.cells.len())?;
            }
            let row = Row {
                start: begin(number),
                is_first: number == known,
                new: cell.new,
                kept: cell.kept,
                won_back: cell.won_back,
                lost: cell.lost,
                revenue_new: cell.revenue_new,
                revenue_kept: cell.revenue_kept,
                revenue_won_back: cell.revenue_won_back,
                revenue_inactive: cell.revenue_inactive,
                kept_before: cell.kept_before,
                lost_before: cell.lost_before,
                inactive_before: cell.inactive_before,
                complete: self.seen.is_over_before(self.zone.instant(begin(number + 1))),
            };
            visit(&row, checkpoint)?;
        }
        Ok(())
    }

    #[cold]
    fn too_many(&self) -> Error {
        Error::new(Kind::TooLarge, "there are more periods than clientele.row_limit allows")
            .detail(format!("There are more than {}.", self.options.row_limit))
            .hint("Pass since, or a longer period, or raise clientele.row_limit.")
    }
}

/// What makes the work smaller, where it takes too much memory.
#[cold]
fn advised(error: Error) -> Error {
    match (error.kind(), error.hint_text()) {
        (Kind::MemoryLimit, Some(hint)) => {
            let hint = format!("Pass since, or a longer period. {hint}");
            error.hint(hint)
        }
        _ => error,
    }
}
