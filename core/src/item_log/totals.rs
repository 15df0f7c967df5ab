//! What is in a log, and what each item amounts to.

use super::ItemLog;
use crate::amount::Sum;
use crate::checkpoint::{Checkpoint, vec_of};
use crate::error::Result;

/// What is in a log.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Description {
    /// Distinct customers, those with returns only among them.
    pub customers: u64,
    /// Instants of a customer at which something was bought: orders.
    pub events: u64,
    /// Distinct customers, instants and items.
    pub entries: u64,
    /// The time of the oldest order.
    pub first_order: Option<i64>,
    /// The time of the newest order.
    pub last_order: Option<i64>,
    /// All amounts, returns taken off.
    pub revenue: f64,
}

/// What one item amounts to.
#[derive(Clone, Copy, Debug, Default)]
pub struct ItemTotals {
    /// Customers who bought it.
    pub customers: u64,
    /// Events at which it was bought.
    pub events: u64,
    /// When it was bought first, if it was.
    pub first_bought: Option<i64>,
    /// When it was bought last.
    pub last_bought: Option<i64>,
    /// Whether there is anything of it, and be it a return.
    pub is_seen: bool,
    revenue: Sum,
    /// One more than the number of the last customer who bought it.
    last_customer: u64,
    /// When that customer bought it last.
    last_at: Option<i64>,
}

impl ItemTotals {
    /// All amounts, returns taken off.
    pub fn revenue(&self) -> Result<f64> {
        self.revenue.value()
    }
}

impl ItemLog<'_> {
    /// What is in the log. One pass over it. Sums go customer by customer in order of their keys, and by time.
    pub fn describe(&self, checkpoint: &mut dyn Checkpoint) -> Result<Description> {
        let mut about = Description::default();
        let mut revenue = Sum::default();
        let mut cursor = self.cursor();
        while cursor.advance(checkpoint)? {
            let part = cursor.part();
            about.customers += u64::from(part.starts);
            for event in part.events() {
                let (mut is_order, mut last) = (false, None);
                for (item, amount) in event.entries() {
                    about.entries += u64::from(last.replace(item) != Some(item));
                    is_order |= !amount.is_negative();
                    revenue.add(amount);
                }
                if is_order {
                    about.events += 1;
                    about.first_order = Some(about.first_order.map_or(event.time, |first| first.min(event.time)));
                    about.last_order = about.last_order.max(Some(event.time));
                }
            }
        }
        about.revenue = revenue.value()?;
        Ok(about)
    }

    /// What each item amounts to up to `as_of`, in the order of the items. Memory: some 150 bytes an item.
    pub fn item_totals(&self, as_of: i64, checkpoint: &mut dyn Checkpoint) -> Result<Vec<ItemTotals>> {
        let mut totals = vec_of(ItemTotals::default(), self.items, checkpoint)?;
        let mut customer = 0;
        let mut cursor = self.cursor();
        while cursor.advance(checkpoint)? {
            let part = cursor.part();
            customer += u64::from(part.starts);
            for event in part.until(as_of).events() {
                for (item, amount) in event.entries() {
                    let item = &mut totals[item as usize];
                    item.is_seen = true;
                    item.revenue.add(amount);
                    if amount.is_negative() {
                        continue;
                    }
                    // Entries of one customer come in order of time; several of an item may be at one event.
                    let again = item.last_customer == customer && item.last_at == Some(event.time);
                    if !again {
                        item.events += 1;
                        item.customers += u64::from(item.last_customer != customer);
                        (item.last_customer, item.last_at) = (customer, Some(event.time));
                        let first = item.first_bought.map_or(event.time, |first| first.min(event.time));
                        item.first_bought = Some(first);
                        item.last_bought = item.last_bought.max(Some(event.time));
                    }
                }
            }
        }
        Ok(totals)
    }
}
