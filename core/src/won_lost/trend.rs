//! Whether what comes and goes is more than chance, and whether it rises or falls.

use super::Row;
use crate::checkpoint::{Checkpoint, push};
use crate::error::Result;
use crate::estimate::{Confidence, Homogeneity};

/// A share over all periods that are over and have one before them, and what speaks against its being the same in all.
#[derive(Clone, Debug, PartialEq)]
pub struct Trend {
    /// What the share is of: `lost`, of the customers of the period before, or `new`, of the customers of the period.
    pub measure: &'static str,
    /// Periods with somebody at risk.
    pub periods: u64,
    /// Customers lost, or new.
    pub events: u64,
    /// Customers of all the periods that the share is of.
    pub at_risk: u64,
    /// Their share, with Wilson's limits; nothing where there are no customers.
    pub share: Option<(f64, (f64, f64))>,
    /// Whether it is the same in all periods, which are scored by their number; nothing where fewer than three periods have customers, or all
    /// or none are lost or new.
    pub test: Option<Homogeneity>,
}

/// Rows of periods one after the other, of which trends are wanted.
#[derive(Clone, Debug, Default)]
pub(super) struct Trends {
    rows: u64,
    lost: Vec<(f64, u64, u64)>,
    new: Vec<(f64, u64, u64)>,
}

impl Trends {
    /// Takes the next row.
    pub fn add(&mut self, row: &Row, checkpoint: &mut dyn Checkpoint) -> Result<()> {
        let score = self.rows as f64;
        self.rows += 1;
        if !row.is_first && row.complete {
            push(&mut self.lost, (score, row.lost, row.customers_before()), checkpoint)?;
            push(&mut self.new, (score, row.new, row.customers()), checkpoint)?;
        }
        Ok(())
    }

    /// The trends of all rows: of what is lost, and of what is new; nothing without rows.
    pub fn finish(&self, confidence: Confidence) -> Option<[Trend; 2]> {
        let trends = [("lost", &self.lost), ("new", &self.new)].map(|(measure, groups)| {
            let events = groups.iter().map(|group| group.1).sum();
            let at_risk = groups.iter().map(|group| group.2).sum();
            let limits = confidence.wilson(events, at_risk);
            Trend {
                measure,
                periods: groups.iter().filter(|group| group.2 > 0).count() as u64,
                events,
                at_risk,
                share: limits.map(|limits| (events as f64 / at_risk as f64, limits)),
                test: Homogeneity::of(groups),
            }
        });
        Some(trends).filter(|_| self.rows > 0)
    }
}
