//! Orders and returns, one of each for an instant.

use super::Part;
use crate::amount::{Amount, Sum};
use crate::error::Result;

/// All orders of a customer at one instant, or all returns.
#[derive(Clone, Copy, Debug)]
pub struct Order {
    /// The instant.
    pub time: i64,
    sum: Sum,
}

impl Order {
    /// What it amounts to; less than nothing for returns.
    #[inline]
    pub fn amount(&self) -> Result<f64> {
        self.sum.value()
    }
}

impl<'c> Part<'c> {
    /// The orders and returns of the part in order of time: for each instant its orders, and then its returns, if it has any.
    pub fn orders(self) -> impl Iterator<Item = Order> + use<'c> {
        let mut entries = self.entries().peekable();
        let mut returns: Option<Order> = None;
        std::iter::from_fn(move || {
            if let Some(returns) = returns.take() {
                return Some(returns);
            }
            let (time, first) = entries.next()?;
            let mut sums: [Option<Sum>; 2] = [None, None];
            let mut add = |amount: Amount| {
                let sum = &mut sums[usize::from(amount.is_negative())];
                sum.get_or_insert_default().add(amount);
            };
            add(first);
            while let Some((_, amount)) = entries.next_if(|entry| entry.0 == time) {
                add(amount);
            }
            let [orders, returned] = sums.map(|sum| sum.map(|sum| Order { time, sum }));
            match orders {
                Some(orders) => {
                    returns = returned;
                    Some(orders)
                }
                None => returned,
            }
        })
    }
}
