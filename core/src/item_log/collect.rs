//! Collecting rows in any order.
//!
//! Items are numbered as they come, and so are customers whose keys are no integers. Rows go onto a pile, 24 bytes each; when they are
//! many they become a *run*, an item log of its own, and a new pile is begun. Runs are merged at the end.

use super::encode::{Encoder, put_empty};
use super::merge::{merge, ranked};
use super::numbers::Numbers;
use super::row::{self, Entry};
use super::{Counts, ItemLog, Kinds, NAME, TimeKind, different, json};
use crate::amount::Amount;
use crate::checkpoint::{Checkpoint, push, vec_from};
use crate::codec::Sink;
use crate::collect::pile::Pile;
use crate::collect::row::{Base, Wide, code};
use crate::collect::{Collected, Counted, Names, meet, with_bytes};
use crate::error::Result;
use crate::key::Key;
use std::sync::Arc;

/// Logs with fewer bytes are taken apart into rows; larger ones are kept as runs.
const RUN_BYTES: usize = 512 << 10;

/// An item log in the making: the state of the aggregates.
#[derive(Debug)]
pub struct Collector {
    counts: Counts,
    kinds: Option<Kinds>,
    rows: Pile<Wide>,
    form: Form,
    items: Names,
    /// Bytes of rows that make a run.
    limit: usize,
    /// The bytes all this takes on the heap.
    heap_bytes: usize,
    /// What most small collections do not need.
    more: Option<Box<More>>,
}

/// How customer and time stand in a row.
#[derive(Clone, Copy, Debug)]
enum Form {
    /// There are no rows.
    None,
    /// As distances: integer keys that are near each other.
    Near(Base),
    /// Customers are numbered.
    Numbered,
}

#[derive(Debug, Default)]
struct More {
    customers: Names,
    /// Amounts that do not fit a row.
    odd: Vec<Amount>,
    runs: Vec<Arc<Vec<u8>>>,
}

impl Collected for Collector {
    const NAME: &'static str = NAME;

    /// An empty collection that turns rows into a run when they take `limit` bytes.
    fn new(limit: usize) -> Collector {
        Collector {
            counts: Counts::default(),
            kinds: None,
            rows: Pile::default(),
            form: Form::None,
            items: Names::default(),
            limit,
            heap_bytes: 0,
            more: None,
        }
    }

    fn absorb(&mut self, bytes: &[u8], checkpoint: &mut dyn Checkpoint) -> Result<()> {
        let log = ItemLog::open(bytes)?;
        if !self.meet_log(&log)? {
            return Ok(());
        }
        if bytes.len() < RUN_BYTES {
            return self.push_entries(&log, checkpoint);
        }
        let run = vec_from(bytes.len(), bytes.iter().copied(), checkpoint)?;
        self.push_run(Arc::new(run), checkpoint)
    }

    fn absorb_shared(&mut self, bytes: &Arc<Vec<u8>>, checkpoint: &mut dyn Checkpoint) -> Result<()> {
        if bytes.len() < RUN_BYTES {
            return self.absorb(bytes, checkpoint);
        }
        match self.meet_log(&ItemLog::open(bytes)?)? {
            true => self.push_run(Arc::clone(bytes), checkpoint),
            false => Ok(()),
        }
    }

    fn merge(&mut self, other: &Collector, checkpoint: &mut dyn Checkpoint) -> Result<()> {
        if let Some(kinds) = other.kinds {
            meet(&mut self.kinds, kinds, different)?;
            let mut numbers = Numbers::of(other.items.len(), checkpoint)?;
            for &row in other.rows.rows() {
                let entry = other.entry(row);
                let item = match numbers.known(entry.item, self.runs().len()) {
                    Some(number) => number,
                    None => {
                        let number = self.item_number(other.items.bytes(entry.item), checkpoint)?;
                        numbers.set(entry.item, number)
                    }
                };
                let amount = code::amount(entry.code, other.odd());
                self.push_entry(other.customer(entry.customer), entry.time, item, amount, checkpoint)?;
            }
            for run in other.runs() {
                self.push_run(Arc::clone(run), checkpoint)?;
            }
        }
        self.counts.add(&other.counts);
        Ok(())
    }

    fn write(&mut self, sink: &mut dyn Sink, checkpoint: &mut dyn Checkpoint) -> Result<()> {
        let Some(kinds) = self.kinds else {
            return put_empty(sink, &self.counts);
        };
        if self.runs().is_empty() {
            return self.write_rows(sink, kinds, &self.counts.clone(), checkpoint);
        }
        let last = self.encode_run(checkpoint)?;
        let runs = self.runs().iter().map(|run| run.as_slice());
        let logs: Vec<ItemLog<'_>> = runs.chain(last.as_deref()).map(ItemLog::open).collect::<Result<_>>()?;
        merge(&logs, kinds, &self.counts, sink, checkpoint)
    }

    #[inline]
    fn heap_bytes(&self) -> usize {
        self.heap_bytes
    }

    /// A row shrinks to some five bytes of 24.
    fn written_bytes(&self) -> usize {
        self.heap_bytes / 4
    }

    fn check(bytes: &[u8], checkpoint: &mut dyn Checkpoint) -> Result<()> {
        ItemLog::open(bytes)?.check(checkpoint)
    }

    fn facts(bytes: &[u8]) -> Result<Vec<(&'static str, u64)>> {
        let log = ItemLog::open(bytes)?;
        Ok(vec![("rows", log.counts().rows), ("items", log.items() as u64)])
    }

    fn write_json(bytes: &[u8], sink: &mut dyn Sink, checkpoint: &mut dyn Checkpoint) -> Result<()> {
        json::write(&ItemLog::open(bytes)?, sink, checkpoint)
    }

    fn parse_json(text: &str, limit: usize, checkpoint: &mut dyn Checkpoint) -> Result<Collector> {
        json::parse(text, Collector::new(limit), checkpoint)
    }
}

impl Collector {
    /// Counts a row without an item.
    pub fn ignore_null_item(&mut self) {
        self.counts.null_items += 1;
    }

    /// Counts a row with an item but without a customer.
    pub fn ignore_null_customer(&mut self) {
        self.counts.null_customers += 1;
    }

    /// Counts a row that has all but a time.
    pub fn ignore_null_time(&mut self) {
        self.counts.null_times += 1;
    }

    /// Takes a row without an amount: a purchase of amount 0.
    pub fn push_without_amount(
        &mut self,
        customer: Key<'_>,
        (times, time): (TimeKind, i64),
        item: Key<'_>,
        checkpoint: &mut dyn Checkpoint,
    ) -> Result<()> {
        self.push_row(customer, (times, time), item, Amount::ZERO, checkpoint)
    }

    /// Takes a row with an amount; one that is NULL is 0, and counted.
    pub fn push(
        &mut self,
        customer: Key<'_>,
        (times, time): (TimeKind, i64),
        item: Key<'_>,
        amount: Option<Amount>,
        checkpoint: &mut dyn Checkpoint,
    ) -> Result<()> {
        match amount {
            Some(_) => self.counts.amounts += 1,
            None => self.counts.null_amounts += 1,
        }
        let amount = amount.unwrap_or(Amount::ZERO);
        self.push_row(customer, (times, time), item, amount, checkpoint)
    }

    fn push_row(
        &mut self,
        customer: Key<'_>,
        (times, time): (TimeKind, i64),
        item: Key<'_>,
        amount: Amount,
        checkpoint: &mut dyn Checkpoint,
    ) -> Result<()> {
        let kinds = Kinds {
            customers: customer.kind(),
            times,
            items: item.kind(),
        };
        self.push_of_log(kinds, customer, time, item, amount, checkpoint)?;
        self.counts.rows += 1;
        Ok(())
    }

    /// Takes an entry of a log, which is no row of its own.
    pub(super) fn push_of_log(
        &mut self,
        kinds: Kinds,
        customer: Key<'_>,
        time: i64,
        item: Key<'_>,
        amount: Amount,
        checkpoint: &mut dyn Checkpoint,
    ) -> Result<()> {
        meet(&mut self.kinds, kinds, different)?;
        let item = with_bytes(item, |bytes| self.item_number(bytes, checkpoint))?;
        self.push_entry(customer, time, item, amount, checkpoint)
    }

    /// Says how many rows a log was made from.
    pub(super) fn set_counts(&mut self, counts: Counts) {
        self.counts = counts;
    }

    /// Takes the kinds and counts of a log; false if that is all there is.
    fn meet_log(&mut self, log: &ItemLog<'_>) -> Result<bool> {
        if let Some(kinds) = log.kinds() {
            meet(&mut self.kinds, kinds, different)?;
        }
        self.counts.add(log.counts());
        Ok(log.kinds().is_some())
    }

    /// Takes the entries of a log one by one.
    fn push_entries(&mut self, log: &ItemLog<'_>, checkpoint: &mut dyn Checkpoint) -> Result<()> {
        let names = log.names(checkpoint)?;
        let mut numbers = Numbers::of(log.items(), checkpoint)?;
        let mut cursor = log.cursor();
        while cursor.advance(checkpoint)? {
            let part = cursor.part();
            for event in part.events() {
                for (place, amount) in event.entries() {
                    let item = match numbers.known(place, self.runs().len()) {
                        Some(number) => number,
                        None => {
                            let name = names.get(place as usize);
                            let number = with_bytes(name, |bytes| self.item_number(bytes, checkpoint))?;
                            numbers.set(place, number)
                        }
                    };
                    self.push_entry(part.key, event.time, item, amount, checkpoint)?;
                }
            }
        }
        Ok(())
    }

    /// Takes note of the bytes it takes, after something has grown.
    fn measure(&mut self) {
        let more = self.more.as_ref().map_or(0, |more| {
            let runs: usize = more.runs.iter().map(|run| run.capacity()).sum();
            size_of::<More>() + more.customers.heap_bytes() + more.odd.capacity() * size_of::<Amount>() + runs
        });
        self.heap_bytes = self.rows.heap_bytes() + self.items.heap_bytes() + more;
    }

    #[inline]
    fn item_number(&mut self, item: &[u8], checkpoint: &mut dyn Checkpoint) -> Result<u32> {
        let known = self.items.len();
        let number = self.items.number(item, checkpoint)?;
        if self.items.len() > known {
            self.measure();
        }
        Ok(number)
    }

    #[inline]
    fn customer_number(&mut self, customer: Key<'_>, checkpoint: &mut dyn Checkpoint) -> Result<u32> {
        let names = &mut self.more().customers;
        let known = names.len();
        let number = with_bytes(customer, |bytes| names.number(bytes, checkpoint))?;
        if names.len() > known {
            self.measure();
        }
        Ok(number)
    }

    #[inline]
    fn push_entry(
        &mut self,
        customer: Key<'_>,
        time: i64,
        item: u32,
        amount: Amount,
        checkpoint: &mut dyn Checkpoint,
    ) -> Result<()> {
        let code = match code::of(amount) {
            Some(code) => code,
            None => self.put_odd(amount, checkpoint)?,
        };
        let row = match (self.form, customer) {
            (Form::Near(base), Key::Integer(key)) => row::near(base, key, time, item, code),
            (Form::Numbered, _) => {
                let number = self.customer_number(customer, checkpoint)?;
                Some(row::numbered(number, time, item, code))
            }
            _ => None,
        };
        match row {
            Some(row) if self.rows.push(row) => Ok(()),
            Some(row) => self.push_slowly(row, checkpoint),
            None => {
                self.choose_form(customer, time, checkpoint)?;
                let row = match (self.form, customer) {
                    (Form::Near(base), Key::Integer(key)) => row::near(base, key, time, item, code),
                    _ => None,
                };
                let row = match row {
                    Some(row) => row,
                    None => row::numbered(self.customer_number(customer, checkpoint)?, time, item, code),
                };
                self.push_slowly(row, checkpoint)
            }
        }
    }

    /// Begins rows, or numbers the customers of those that there are, one of which is too far away from a new one.
    #[cold]
    fn choose_form(&mut self, customer: Key<'_>, time: i64, checkpoint: &mut dyn Checkpoint) -> Result<()> {
        self.form = match (self.form, customer) {
            (Form::None, Key::Integer(key)) => Form::Near(Base::around(key, time)),
            (Form::Near(base), _) => {
                for &row in std::mem::take(&mut self.rows).rows() {
                    let Entry {
                        customer,
                        time,
                        item,
                        code,
                    } = row::of_near(base, row);
                    let number = self.customer_number(Key::Integer(customer), checkpoint)?;
                    let row = row::numbered(number, time, item, code);
                    self.rows.push_slowly(row, checkpoint)?;
                }
                Form::Numbered
            }
            _ => Form::Numbered,
        };
        Ok(())
    }

    /// Makes room first, and turns the rows into a run when they are many.
    #[cold]
    fn push_slowly(&mut self, row: Wide, checkpoint: &mut dyn Checkpoint) -> Result<()> {
        checkpoint.pass("collecting", self.counts.rows as usize, 0)?;
        self.rows.push_slowly(row, checkpoint)?;
        if self.rows.heap_bytes() >= self.limit
            && let Some(run) = self.encode_run(checkpoint)?
        {
            self.rows = Pile::default();
            self.form = Form::None;
            self.items = Names::default();
            let more = self.more();
            more.customers = Names::default();
            more.odd = Vec::new();
            push(&mut more.runs, Arc::new(run), checkpoint)?;
        }
        self.measure();
        Ok(())
    }

    fn push_run(&mut self, run: Arc<Vec<u8>>, checkpoint: &mut dyn Checkpoint) -> Result<()> {
        push(&mut self.more().runs, run, checkpoint)?;
        self.measure();
        Ok(())
    }

    fn more(&mut self) -> &mut More {
        self.more.get_or_insert_default()
    }

    fn runs(&self) -> &[Arc<Vec<u8>>] {
        self.more.as_ref().map_or(&[], |more| &more.runs)
    }

    fn odd(&self) -> &[Amount] {
        self.more.as_ref().map_or(&[], |more| &more.odd)
    }

    #[cold]
    fn put_odd(&mut self, amount: Amount, checkpoint: &mut dyn Checkpoint) -> Result<u64> {
        let odd = &mut self.more().odd;
        push(odd, amount, checkpoint)?;
        let code = code::of_odd(odd.len() - 1);
        self.measure();
        Ok(code)
    }

    fn entry(&self, row: Wide) -> Entry {
        match self.form {
            Form::Near(base) => row::of_near(base, row),
            _ => row::of_numbered(row),
        }
    }

    /// The key of the customer that stands in a row by this number.
    fn customer(&self, number: i64) -> Key<'_> {
        match (self.form, self.kinds, &self.more) {
            (Form::Numbered, Some(kinds), Some(more)) => more.customers.key(number as u32, kinds.customers),
            _ => Key::Integer(number),
        }
    }

    /// The rows as a log of their own, if there are any.
    fn encode_run(&mut self, checkpoint: &mut dyn Checkpoint) -> Result<Option<Vec<u8>>> {
        let (Some(kinds), true) = (self.kinds, self.rows.heap_bytes() > 0) else {
            return Ok(None);
        };
        // Nearly always enough, and given back if it was too much.
        checkpoint.reserve(self.rows.heap_bytes() / 3)?;
        let mut run = Vec::new();
        self.write_rows(&mut run, kinds, &Counts::default(), checkpoint)?;
        Ok(Some(run))
    }

    /// Writes all rows that are not in runs as a log.
    fn write_rows(
        &mut self,
        sink: &mut dyn Sink,
        kinds: Kinds,
        counts: &Counts,
        checkpoint: &mut dyn Checkpoint,
    ) -> Result<()> {
        self.sort_customers(checkpoint)?;
        let this = &*self;
        let (order, ranks) = ranked(&this.items, checkpoint)?;
        let items = order.iter().map(|&place| this.items.key(place, kinds.items));
        let mut encoder = Encoder::new(sink, kinds, counts, items, checkpoint)?;
        let mut current = None;
        this.rows.in_order(checkpoint, &mut |rows, checkpoint| {
            for &row in rows {
                let entry = this.entry(row);
                if current != Some(entry.customer) {
                    current = Some(entry.customer);
                    encoder.customer(this.customer(entry.customer), checkpoint)?;
                }
                let amount = code::amount(entry.code, this.odd());
                encoder.entry(entry.time, ranks[entry.item as usize], amount, checkpoint)?;
            }
            Ok(())
        })?;
        encoder.finish(checkpoint)
    }

    /// Numbers customers in the order of their keys, so that rows sort by number.
    fn sort_customers(&mut self, checkpoint: &mut dyn Checkpoint) -> Result<()> {
        let Form::Numbered = self.form else {
            return Ok(());
        };
        let Some(numbers) = self.more().customers.sort(checkpoint)? else {
            return Ok(());
        };
        let mut sorted = Pile::default();
        for &row in self.rows.rows() {
            let entry = row::of_numbered(row);
            let number = numbers[entry.customer as usize];
            let row = row::numbered(number, entry.time, entry.item, entry.code);
            sorted.push_slowly(row, checkpoint)?;
        }
        self.rows = sorted;
        Ok(())
    }
}
