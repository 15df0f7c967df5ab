//! Collecting rows in any order.
//!
//! Items are numbered as they come, and so are baskets whose keys are no numbers. A row is then twelve bytes, which go onto a
//! pile. The pile is sorted when the log is asked for, or when it has grown large: then rows that came more than once go. Only
//! now it is known how many baskets each item is in, and by that the items get their final numbers.

use super::encode::Encoder;
use super::{BasketLog, Counts, Kinds, NAME, STEPS, different, json};
use crate::checkpoint::{Checkpoint, grow, vec_of, vec_with_capacity};
use crate::codec::Sink;
use crate::collect::pile::{Pile, Row};
use crate::collect::{Collected, Counted, Names, meet, with_bytes};
use crate::error::{Error, Kind, Result};
use crate::key::{AnyKey, Form, Key};
use crate::words::sort_by_word;
use std::cmp::Ordering;

/// One item in one basket: the number of the basket in two words, the higher one first, and that of the item.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Entry([u32; 3]);

impl Entry {
    #[inline]
    fn new(basket: u64, item: u32) -> Entry {
        Entry([(basket >> 32) as u32, basket as u32, item])
    }

    #[inline]
    fn basket(self) -> u64 {
        u64::from(self.0[0]) << 32 | u64::from(self.0[1])
    }

    #[inline]
    fn item(self) -> u32 {
        self.0[2]
    }
}

impl Row for Entry {
    const ZERO: Self = Entry([0; 3]);

    #[inline]
    fn number(self) -> u128 {
        u128::from(self.basket()) << 64 | u128::from(self.item()) << 32
    }
}

// As one number, which takes less time than word by word.
impl Ord for Entry {
    #[inline]
    fn cmp(&self, other: &Entry) -> Ordering {
        self.number().cmp(&other.number())
    }
}

impl PartialOrd for Entry {
    #[inline]
    fn partial_cmp(&self, other: &Entry) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// Flipped, so that numbers sort as the integers that they stand for.
const SIGN: u64 = 1 << 63;

/// A basket log in the making: the state of the aggregates.
#[derive(Debug)]
pub struct Collector {
    counts: Counts,
    kinds: Option<Kinds>,
    entries: Pile<Entry>,
    items: Names,
    /// The keys of baskets that are no numbers.
    baskets: Option<Box<Names>>,
    /// The bytes of entries at which they are sorted.
    limit: usize,
    /// The bytes all this takes on the heap.
    heap_bytes: usize,
}

impl Collected for Collector {
    const NAME: &'static str = NAME;

    /// An empty collection that looks for rows that came more than once whenever its rows take `limit` bytes, or twice as
    /// much as after it last did.
    fn new(limit: usize) -> Collector {
        Collector {
            counts: Counts::default(),
            kinds: None,
            entries: Pile::default(),
            items: Names::default(),
            baskets: None,
            limit,
            heap_bytes: 0,
        }
    }

    fn absorb(&mut self, bytes: &[u8], checkpoint: &mut dyn Checkpoint) -> Result<()> {
        let log = BasketLog::open(bytes)?;
        if let Some(kinds) = log.kinds() {
            let mut numbers = vec_with_capacity(log.items, checkpoint)?;
            let mut cursor = log.cursor(
                &mut |key, _, checkpoint| {
                    numbers.push(self.item_of_log(kinds, key.item(kinds.1)?, checkpoint)?);
                    Ok(())
                },
                checkpoint,
            )?;
            while cursor.advance(checkpoint)? {
                let items = cursor.items().iter().map(|&item| numbers[item as usize]);
                self.basket_of_log(kinds, cursor.key(), items, checkpoint)?;
            }
        }
        self.counts.add(log.counts());
        Ok(())
    }

    fn merge(&mut self, other: &Collector, checkpoint: &mut dyn Checkpoint) -> Result<()> {
        if let Some(kinds) = other.kinds {
            meet(&mut self.kinds, kinds, different)?;
            let mut items = vec_with_capacity(other.items.len(), checkpoint)?;
            for place in 0..other.items.len() as u32 {
                at_times(place, "merging", checkpoint)?;
                items.push(self.named_item(other.items.bytes(place), checkpoint)?);
            }
            let mut baskets = Vec::new();
            if let Some(names) = &other.baskets {
                grow(&mut baskets, names.len(), checkpoint)?;
                for place in 0..names.len() as u32 {
                    at_times(place, "merging", checkpoint)?;
                    baskets.push(self.named_basket(names.bytes(place), checkpoint)?);
                }
            }
            for piece in other.entries.pieces() {
                checkpoint.pass("merging", 0, 0)?;
                for &entry in piece {
                    // Only names have been numbered.
                    let basket = match &other.baskets {
                        Some(_) => baskets[entry.basket() as usize],
                        None => entry.basket(),
                    };
                    self.push_entry(Entry::new(basket, items[entry.item() as usize]), checkpoint)?;
                }
            }
        }
        self.counts.add(&other.counts);
        Ok(())
    }

    fn write(&mut self, sink: &mut dyn Sink, checkpoint: &mut dyn Checkpoint) -> Result<()> {
        self.sort(checkpoint)?;
        let (counts, baskets) = self.count(checkpoint)?;
        let order = self.order_of_items(&counts, checkpoint)?;
        let kinds = self.kinds.filter(|_| baskets > 0);
        let mut encoder = Encoder::new(sink, kinds, &self.counts, order.len(), baskets)?;
        let Some((_, items)) = kinds else {
            return encoder.finish();
        };
        let mut numbers = vec_of(0, counts.len(), checkpoint)?;
        for (number, &place) in order.iter().enumerate() {
            if number % STEPS == 0 {
                checkpoint.pass("writing items", number, order.len())?;
            }
            numbers[place as usize] = number as u32;
            let form = match self.items.key(place, items) {
                Key::Integer(item) => Form::Number(item),
                _ => Form::Bytes(self.items.bytes(place)),
            };
            encoder.item(form, counts[place as usize])?;
        }
        encoder.end_items();
        self.encode_baskets(&numbers, &mut encoder, checkpoint)?;
        encoder.finish()
    }

    #[inline]
    fn heap_bytes(&self) -> usize {
        self.heap_bytes
    }

    /// An entry shrinks to some two bytes of twelve.
    fn written_bytes(&self) -> usize {
        self.heap_bytes / 8
    }

    fn check(bytes: &[u8], checkpoint: &mut dyn Checkpoint) -> Result<()> {
        BasketLog::open(bytes)?.check(checkpoint)
    }

    fn facts(bytes: &[u8]) -> Result<Vec<(&'static str, u64)>> {
        let log = BasketLog::open(bytes)?;
        Ok(vec![
            ("rows", log.counts.rows),
            ("baskets", log.baskets as u64),
            ("items", log.items as u64),
        ])
    }

    fn write_json(bytes: &[u8], sink: &mut dyn Sink, checkpoint: &mut dyn Checkpoint) -> Result<()> {
        json::write(&BasketLog::open(bytes)?, sink, checkpoint)
    }

    fn parse_json(text: &str, limit: usize, checkpoint: &mut dyn Checkpoint) -> Result<Collector> {
        json::parse(text, Collector::new(limit), checkpoint)
    }
}

impl Collector {
    /// Counts a row without a basket.
    pub fn ignore_null_basket(&mut self) {
        self.counts.null_baskets += 1;
    }

    /// Counts a row with a basket but without an item.
    pub fn ignore_null_item(&mut self) {
        self.counts.null_items += 1;
    }

    /// Takes a row.
    #[inline]
    pub fn push(&mut self, basket: AnyKey<'_>, item: Key<'_>, checkpoint: &mut dyn Checkpoint) -> Result<()> {
        meet(&mut self.kinds, (basket.kind(), item.kind()), different)?;
        self.counts.rows += 1;
        let item = self.item_number(item, checkpoint)?;
        let basket = self.basket_number(basket.form(), checkpoint)?;
        self.push_entry(Entry::new(basket, item), checkpoint)
    }

    /// Says how many rows a log was made from.
    pub(crate) fn set_counts(&mut self, counts: Counts) {
        self.counts = counts;
    }

    /// Takes an item that entries of a log may name by the number that is returned.
    pub(crate) fn item_of_log(&mut self, kinds: Kinds, item: Key<'_>, checkpoint: &mut dyn Checkpoint) -> Result<u32> {
        meet(&mut self.kinds, kinds, different)?;
        self.item_number(item, checkpoint)
    }

    /// Takes a basket of a log. Its items have numbers already.
    pub(crate) fn basket_of_log(
        &mut self,
        kinds: Kinds,
        basket: AnyKey<'_>,
        items: impl Iterator<Item = u32>,
        checkpoint: &mut dyn Checkpoint,
    ) -> Result<()> {
        meet(&mut self.kinds, kinds, different)?;
        let basket = self.basket_number(basket.form(), checkpoint)?;
        for item in items {
            self.push_entry(Entry::new(basket, item), checkpoint)?;
        }
        Ok(())
    }

    fn encode_baskets(
        &self,
        numbers: &[u32],
        encoder: &mut Encoder<'_>,
        checkpoint: &mut dyn Checkpoint,
    ) -> Result<()> {
        let mut basket = None;
        let mut items: Vec<u32> = Vec::new();
        let mut put = |basket: Option<u64>, items: &mut Vec<u32>| {
            items.sort_unstable();
            basket.map_or(Ok(()), |basket| encoder.basket(self.basket_key(basket), items))
        };
        for piece in self.entries.pieces() {
            checkpoint.pass("writing baskets", 0, 0)?;
            for &entry in piece {
                if basket != Some(entry.basket()) {
                    put(basket, &mut items)?;
                    basket = Some(entry.basket());
                    items.clear();
                }
                crate::checkpoint::push(&mut items, numbers[entry.item() as usize], checkpoint)?;
            }
        }
        put(basket, &mut items)
    }

    /// Takes note of the bytes it takes, after something has grown.
    fn measure(&mut self) {
        let baskets = self
            .baskets
            .as_ref()
            .map_or(0, |names| size_of::<Names>() + names.heap_bytes());
        self.heap_bytes = self.entries.heap_bytes() + self.items.heap_bytes() + baskets;
    }

    #[inline]
    fn item_number(&mut self, item: Key<'_>, checkpoint: &mut dyn Checkpoint) -> Result<u32> {
        with_bytes(item, |bytes| self.named_item(bytes, checkpoint))
    }

    #[inline]
    fn named_item(&mut self, item: &[u8], checkpoint: &mut dyn Checkpoint) -> Result<u32> {
        let known = self.items.len();
        let number = self.items.number(item, checkpoint)?;
        if self.items.len() > known {
            self.measure();
        }
        Ok(number)
    }

    #[inline]
    fn basket_number(&mut self, basket: Form<'_>, checkpoint: &mut dyn Checkpoint) -> Result<u64> {
        match basket {
            Form::Number(number) => Ok(number as u64 ^ SIGN),
            Form::Bytes(bytes) => self.named_basket(bytes, checkpoint),
        }
    }

    fn named_basket(&mut self, basket: &[u8], checkpoint: &mut dyn Checkpoint) -> Result<u64> {
        let names = self.baskets.get_or_insert_default();
        let known = names.len();
        let number = names.number(basket, checkpoint)?;
        if names.len() > known {
            self.measure();
        }
        Ok(u64::from(number))
    }

    /// The key of the basket that has a number.
    fn basket_key(&self, number: u64) -> Form<'_> {
        match &self.baskets {
            Some(names) => Form::Bytes(names.bytes(number as u32)),
            None => Form::Number((number ^ SIGN) as i64),
        }
    }

    #[inline(always)]
    fn push_entry(&mut self, entry: Entry, checkpoint: &mut dyn Checkpoint) -> Result<()> {
        if self.entries.push(entry) {
            Ok(())
        } else {
            self.push_slowly(entry, checkpoint)
        }
    }

    /// Makes room first, by taking out what came more than once if there is much.
    #[cold]
    fn push_slowly(&mut self, entry: Entry, checkpoint: &mut dyn Checkpoint) -> Result<()> {
        checkpoint.pass("collecting", self.counts.rows as usize, 0)?;
        if self.entries.heap_bytes() >= self.limit {
            self.entries.sort(checkpoint)?;
            self.limit = self.limit.max(2 * self.entries.heap_bytes());
        }
        self.entries.push_slowly(entry, checkpoint)?;
        self.measure();
        Ok(())
    }

    /// Puts entries in the order of the baskets' keys, one of each.
    fn sort(&mut self, checkpoint: &mut dyn Checkpoint) -> Result<()> {
        if let Some(names) = &mut self.baskets
            && let Some(numbers) = names.sort(checkpoint)?
        {
            let mut renumbered = Pile::default();
            for piece in self.entries.pieces() {
                checkpoint.pass("sorting", 0, 0)?;
                for entry in piece {
                    let basket = u64::from(numbers[entry.basket() as usize]);
                    renumbered.push_slowly(Entry::new(basket, entry.item()), checkpoint)?;
                }
            }
            self.entries = renumbered;
        }
        self.entries.sort(checkpoint)?;
        self.measure();
        Ok(())
    }

    /// In how many baskets each item is, and how many baskets there are. Entries are sorted.
    fn count(&self, checkpoint: &mut dyn Checkpoint) -> Result<(Vec<u32>, u32)> {
        let mut counts = vec_of(0, self.items.len(), checkpoint)?;
        let (mut baskets, mut last) = (0u32, None);
        for piece in self.entries.pieces() {
            checkpoint.pass("counting", 0, 0)?;
            for entry in piece {
                if last != Some(entry.basket()) {
                    last = Some(entry.basket());
                    baskets = baskets.checked_add(1).ok_or_else(too_many_baskets)?;
                }
                counts[entry.item() as usize] += 1;
            }
        }
        Ok((counts, baskets))
    }

    /// The items in the order of their final numbers. Those in no basket are left out.
    fn order_of_items(&self, counts: &[u32], checkpoint: &mut dyn Checkpoint) -> Result<Vec<u32>> {
        let mut order = self.items.in_order(checkpoint)?;
        let mut places = vec_with_capacity(order.len(), checkpoint)?;
        places.extend((0u64..).zip(&order).filter_map(|(at, &place)| {
            let count = counts[place as usize];
            (count > 0).then_some((u64::from(u32::MAX - count) << 32 | at, place))
        }));
        let mut spare = vec_of((0, 0), places.len(), checkpoint)?;
        sort_by_word(&mut places, &mut spare, checkpoint)?;
        order.clear();
        order.extend(places.iter().map(|&(_, place)| place));
        Ok(order)
    }
}

/// Passes the checkpoint every few thousand steps.
fn at_times(step: u32, stage: &'static str, checkpoint: &mut dyn Checkpoint) -> Result<()> {
    match step as usize % STEPS {
        0 => checkpoint.pass(stage, step as usize, 0),
        _ => Ok(()),
    }
}

#[cold]
fn too_many_baskets() -> Error {
    Error::new(Kind::TooLarge, "too many baskets").detail(format!("One log can hold {} of them.", u32::MAX))
}
