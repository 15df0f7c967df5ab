//! The baskets that what was bought together, by one customer, makes.

use super::ItemLog;
use crate::basket_log;
use crate::calendar::Period;
use crate::checkpoint::{Checkpoint, push, vec_of};
use crate::choice::choose;
use crate::collect::{Collected, with_bytes};
use crate::error::Result;
use crate::key::{AnyKey, AnyKind, Key, KeyKind};
use crate::zone::Zone;

/// What a basket is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Basket {
    /// All that a customer bought at one instant.
    Order,
    /// All that a customer bought in a period of the calendar.
    Period(Period),
    /// All that a customer ever bought.
    Customer,
}

impl Basket {
    /// The basket that a word stands for.
    pub fn parse(word: &str) -> Result<Basket> {
        choose(
            "period",
            word,
            &[
                ("order", Basket::Order),
                ("day", Basket::Period(Period::Day)),
                ("week", Basket::Period(Period::Week)),
                ("month", Basket::Period(Period::Month)),
                ("quarter", Basket::Period(Period::Quarter)),
                ("year", Basket::Period(Period::Year)),
                ("customer", Basket::Customer),
            ],
        )
    }
}

/// Flipped, so that the bytes of times sort as these do.
const SIGN: u64 = 1 << 63;

/// No number.
const NONE: u32 = u32::MAX;

impl ItemLog<'_> {
    /// What was bought up to `as_of`, as baskets. The key of a basket is the customer's, or bytes of it and of the start of the
    /// period in the zone. Rows are purchases: one item at one event. `limit` is that of a [`Collected`].
    pub fn baskets(
        &self,
        basket: Basket,
        as_of: i64,
        zone: &Zone,
        limit: usize,
        checkpoint: &mut dyn Checkpoint,
    ) -> Result<basket_log::Collector> {
        let mut baskets = basket_log::Collector::new(limit);
        let mut counts = basket_log::Counts::default();
        let Some(kinds) = self.kinds else {
            return Ok(baskets);
        };
        let keys = match (basket, kinds.customers) {
            (Basket::Customer, KeyKind::Integer) => AnyKind::Integer,
            (Basket::Customer, KeyKind::Uuid) => AnyKind::Uuid,
            (Basket::Customer, KeyKind::Text) => AnyKind::Text,
            _ => AnyKind::Other,
        };
        let names = self.names(checkpoint)?;
        let mut numbers = vec_of(NONE, self.items, checkpoint)?;
        let (mut items, mut key) = (Vec::new(), Vec::new());
        let mut cursor = self.cursor();
        while cursor.advance(checkpoint)? {
            let part = cursor.part();
            for event in part.until(as_of).events() {
                items.clear();
                for item in event.bought() {
                    let number = &mut numbers[item as usize];
                    if *number == NONE {
                        let name = names.get(item as usize);
                        *number = baskets.item_of_log((keys, kinds.items), name, checkpoint)?;
                    }
                    push(&mut items, *number, checkpoint)?;
                }
                if items.is_empty() {
                    continue;
                }
                counts.rows += items.len() as u64;
                let start = match basket {
                    Basket::Order => Some(event.time),
                    Basket::Period(period) => Some(period.start(zone.local(event.time))),
                    Basket::Customer => None,
                };
                key.clear();
                with_bytes(part.key, |bytes| key.extend_from_slice(bytes));
                let key = match (start, part.key) {
                    (Some(start), _) => {
                        key.extend_from_slice(&(start as u64 ^ SIGN).to_be_bytes());
                        AnyKey::other(&key)
                    }
                    (None, Key::Integer(key)) => AnyKey::integer(key),
                    (None, Key::Text(key)) => AnyKey::text(key),
                    (None, Key::Uuid(_)) => AnyKey::bytes(AnyKind::Uuid, &key),
                };
                baskets.basket_of_log((keys, kinds.items), key, items.iter().copied(), checkpoint)?;
            }
        }
        baskets.set_counts(counts);
        Ok(baskets)
    }
}
