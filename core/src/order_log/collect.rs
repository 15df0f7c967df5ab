//! Collecting rows in any order.
//!
//! Rows go onto a pile as they come. Sorting waits until the log is asked for, or until the pile is too large: then it
//! becomes a *run*, an order log of its own, and a new pile is begun. Runs are merged at the end.

use super::encode::{Encoder, put_empty};
use super::merge::merge;
use super::{Counts, Kinds, NAME, OrderLog, TimeKind, different, json};
use crate::amount::Amount;
use crate::checkpoint::{Checkpoint, push, vec_from};
use crate::codec::Sink;
use crate::collect::pile::Pile;
use crate::collect::row::{Base, Narrow, Wide, code, unwiden, widen};
use crate::collect::{Collected, Counted, Names, meet};
use crate::error::Result;
use crate::key::{Key, KeyKind};
use std::sync::Arc;

/// Logs with fewer bytes are taken apart into rows; larger ones are kept as runs.
const RUN_BYTES: usize = 512 << 10;

/// An order log in the making: the state of the aggregates.
#[derive(Debug)]
pub struct Collector {
    counts: Counts,
    kinds: Option<Kinds>,
    rows: Rows,
    /// Bytes of rows that make a run.
    limit: usize,
    /// The bytes all this takes on the heap.
    heap_bytes: usize,
    /// What most small collections do not need.
    more: Option<Box<More>>,
}

#[derive(Debug, Default)]
struct More {
    names: Names,
    /// Amounts that do not fit a row.
    odd: Vec<Amount>,
    runs: Vec<Arc<Vec<u8>>>,
}

#[derive(Debug)]
enum Rows {
    None,
    Narrow(Base, Pile<Narrow>),
    Wide(Pile<Wide>),
}

impl Collected for Collector {
    const NAME: &'static str = NAME;

    /// An empty collection that turns rows into a run when they take `limit` bytes. Sorting them takes as much again.
    fn new(limit: usize) -> Collector {
        Collector {
            counts: Counts::default(),
            kinds: None,
            rows: Rows::None,
            limit,
            heap_bytes: 0,
            more: None,
        }
    }

    fn absorb(&mut self, bytes: &[u8], checkpoint: &mut dyn Checkpoint) -> Result<()> {
        let log = OrderLog::open(bytes)?;
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
        match self.meet_log(&OrderLog::open(bytes)?)? {
            true => self.push_run(Arc::clone(bytes), checkpoint),
            false => Ok(()),
        }
    }

    fn merge(&mut self, other: &Collector, checkpoint: &mut dyn Checkpoint) -> Result<()> {
        if let Some(kinds) = other.kinds {
            meet(&mut self.kinds, kinds, different)?;
            other.each_row(&mut |key, time, amount| {
                let number = self.number(key, checkpoint)?;
                self.push_entry(number, time, amount, checkpoint)
            })?;
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
            let mut encoder = Encoder::new(sink, kinds, &self.counts)?;
            self.encode_rows(&mut encoder, checkpoint)?;
            return encoder.finish();
        }
        let last = self.encode_run(checkpoint)?;
        let runs = self.runs().iter().map(|run| run.as_slice());
        let logs: Vec<OrderLog<'_>> = runs.chain(last.as_deref()).map(OrderLog::open).collect::<Result<_>>()?;
        let mut encoder = Encoder::new(sink, kinds, &self.counts)?;
        merge(&logs, &mut encoder, checkpoint)?;
        encoder.finish()
    }

    #[inline]
    fn heap_bytes(&self) -> usize {
        self.heap_bytes
    }

    fn check(bytes: &[u8], checkpoint: &mut dyn Checkpoint) -> Result<()> {
        OrderLog::open(bytes)?.check(checkpoint)
    }

    fn facts(bytes: &[u8]) -> Result<Vec<(&'static str, u64)>> {
        Ok(vec![("rows", OrderLog::open(bytes)?.counts().rows)])
    }

    fn write_json(bytes: &[u8], sink: &mut dyn Sink, checkpoint: &mut dyn Checkpoint) -> Result<()> {
        json::write(&OrderLog::open(bytes)?, sink, checkpoint)
    }

    fn parse_json(text: &str, limit: usize, checkpoint: &mut dyn Checkpoint) -> Result<Collector> {
        json::parse(text, Collector::new(limit), checkpoint)
    }
}

impl Collector {
    /// Counts a row without a customer.
    pub fn ignore_null_customer(&mut self) {
        self.counts.null_customers += 1;
    }

    /// Counts a row without a time.
    pub fn ignore_null_time(&mut self) {
        self.counts.null_times += 1;
    }

    /// Counts a row whose amount is NULL; it is pushed with amount 0.
    pub fn count_null_amount(&mut self) {
        self.counts.null_amounts += 1;
    }

    /// Takes a row.
    pub fn push(
        &mut self,
        key: Key<'_>,
        times: TimeKind,
        time: i64,
        amount: Amount,
        checkpoint: &mut dyn Checkpoint,
    ) -> Result<()> {
        let number = self.number(key, checkpoint)?;
        self.push_numbered(key.kind(), number, times, time, amount, checkpoint)
    }

    /// The number under which rows of a key are pushed: an integer key is its own number.
    #[inline]
    pub fn number(&mut self, key: Key<'_>, checkpoint: &mut dyn Checkpoint) -> Result<i64> {
        match key {
            Key::Integer(key) => Ok(key),
            Key::Uuid(key) => self.name(&key.to_be_bytes(), checkpoint),
            Key::Text(key) => self.name(key.as_bytes(), checkpoint),
        }
    }

    /// Takes a row whose key, of the kind `keys`, has a number already.
    #[inline(always)]
    pub fn push_numbered(
        &mut self,
        keys: KeyKind,
        number: i64,
        times: TimeKind,
        time: i64,
        amount: Amount,
        checkpoint: &mut dyn Checkpoint,
    ) -> Result<()> {
        meet(&mut self.kinds, (keys, times), different)?;
        self.counts.rows += 1;
        self.push_entry(number, time, amount, checkpoint)
    }

    /// Takes an entry of a log, which is no row of its own.
    pub(super) fn push_of_log(
        &mut self,
        kinds: Kinds,
        key: Key<'_>,
        time: i64,
        amount: Amount,
        checkpoint: &mut dyn Checkpoint,
    ) -> Result<()> {
        meet(&mut self.kinds, kinds, different)?;
        let number = self.number(key, checkpoint)?;
        self.push_entry(number, time, amount, checkpoint)
    }

    /// Says how many rows a log was made from.
    pub(super) fn set_counts(&mut self, counts: Counts) {
        self.counts = counts;
    }

    /// Takes the kinds and counts of a log; false if that is all there is.
    fn meet_log(&mut self, log: &OrderLog<'_>) -> Result<bool> {
        if let Some(kinds) = log.kinds() {
            meet(&mut self.kinds, kinds, different)?;
        }
        self.counts.add(log.counts());
        Ok(log.kinds().is_some())
    }

    /// Takes the entries of a log one by one.
    fn push_entries(&mut self, log: &OrderLog<'_>, checkpoint: &mut dyn Checkpoint) -> Result<()> {
        let mut cursor = log.cursor();
        while cursor.advance(checkpoint)? {
            let part = cursor.part();
            let (mut number, mut runs) = (self.number(part.key, checkpoint)?, self.runs().len());
            for (time, amount) in part.entries() {
                // Keys are numbered anew when rows become a run.
                if runs < self.runs().len() {
                    (number, runs) = (self.number(part.key, checkpoint)?, self.runs().len());
                }
                self.push_entry(number, time, amount, checkpoint)?;
            }
        }
        Ok(())
    }

    /// Takes note of the bytes it takes, after something has grown.
    fn measure(&mut self) {
        let more = self.more.as_ref().map_or(0, |more| {
            let runs: usize = more.runs.iter().map(|run| run.capacity()).sum();
            size_of::<More>() + more.names.heap_bytes() + more.odd.capacity() * size_of::<Amount>() + runs
        });
        self.heap_bytes = self.row_bytes() + more;
    }

    #[inline(always)]
    fn push_entry(&mut self, number: i64, time: i64, amount: Amount, checkpoint: &mut dyn Checkpoint) -> Result<()> {
        let code = match code::of(amount) {
            Some(code) => code,
            None => self.put_odd(amount, checkpoint)?,
        };
        let has_room = match &mut self.rows {
            Rows::Narrow(base, pile) => match base.pack(number, time, code) {
                Some(row) => pile.push(row),
                None => false,
            },
            Rows::Wide(pile) => pile.push(widen(number, time, code)),
            Rows::None => false,
        };
        if has_room {
            Ok(())
        } else {
            self.push_slowly(number, time, code, checkpoint)
        }
    }

    /// Makes room first: on the pile, in wider rows, or by turning the rows into a run.
    #[cold]
    fn push_slowly(&mut self, number: i64, time: i64, code: u64, checkpoint: &mut dyn Checkpoint) -> Result<()> {
        checkpoint.pass("collecting", self.counts.rows as usize, 0)?;
        if let Rows::None = self.rows {
            self.rows = Rows::Narrow(Base::around(number, time), Pile::default());
        }
        if let Rows::Narrow(base, pile) = &self.rows
            && base.pack(number, time, code).is_none()
        {
            let mut wide = Pile::default();
            for &row in pile.rows() {
                let (number, time, code) = base.unpack(row);
                wide.push_slowly(widen(number, time, code), checkpoint)?;
            }
            self.rows = Rows::Wide(wide);
        }
        match &mut self.rows {
            Rows::Narrow(base, pile) => match base.pack(number, time, code) {
                Some(row) => pile.push_slowly(row, checkpoint)?,
                None => unreachable!("a row that does not fit has widened all rows"),
            },
            Rows::Wide(pile) => pile.push_slowly(widen(number, time, code), checkpoint)?,
            Rows::None => unreachable!("rows have been begun"),
        }
        if self.row_bytes() >= self.limit
            && let Some(run) = self.encode_run(checkpoint)?
        {
            self.rows = Rows::None;
            let more = self.more();
            more.names = Names::default();
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

    #[inline]
    fn name(&mut self, key: &[u8], checkpoint: &mut dyn Checkpoint) -> Result<i64> {
        let names = &mut self.more().names;
        let known = names.len();
        let number = names.number(key, checkpoint)?;
        if names.len() > known {
            self.measure();
        }
        Ok(i64::from(number))
    }

    #[cold]
    fn put_odd(&mut self, amount: Amount, checkpoint: &mut dyn Checkpoint) -> Result<u64> {
        let odd = &mut self.more().odd;
        push(odd, amount, checkpoint)?;
        let code = code::of_odd(odd.len() - 1);
        self.measure();
        Ok(code)
    }

    fn row_bytes(&self) -> usize {
        match &self.rows {
            Rows::None => 0,
            Rows::Narrow(_, pile) => pile.heap_bytes(),
            Rows::Wide(pile) => pile.heap_bytes(),
        }
    }

    /// The key that has a number while it is collected.
    fn key(&self, number: i64) -> Key<'_> {
        match (self.kinds, &self.more) {
            (Some((kind, _)), Some(more)) if kind != KeyKind::Integer => more.names.key(number as u32, kind),
            _ => Key::Integer(number),
        }
    }

    fn odd(&self) -> &[Amount] {
        self.more.as_ref().map_or(&[], |more| &more.odd)
    }

    /// Visits all rows that are not in runs, in no particular order.
    fn each_row(&self, visit: &mut dyn FnMut(Key<'_>, i64, Amount) -> Result<()>) -> Result<()> {
        let mut visit = |(number, time, code)| visit(self.key(number), time, code::amount(code, self.odd()));
        match &self.rows {
            Rows::None => Ok(()),
            Rows::Narrow(base, pile) => pile.rows().try_for_each(|&row| visit(base.unpack(row))),
            Rows::Wide(pile) => pile.rows().try_for_each(|&row| visit(unwiden(row))),
        }
    }

    /// The rows as a log of their own, if there are any.
    fn encode_run(&mut self, checkpoint: &mut dyn Checkpoint) -> Result<Option<Vec<u8>>> {
        let (Some(kinds), true) = (self.kinds, self.row_bytes() > 0) else {
            return Ok(None);
        };
        // Nearly always enough, and given back if it was too much.
        checkpoint.reserve(self.row_bytes() / 2)?;
        let mut run = Vec::new();
        let mut encoder = Encoder::new(&mut run, kinds, &Counts::default())?;
        self.encode_rows(&mut encoder, checkpoint)?;
        encoder.finish()?;
        Ok(Some(run))
    }

    /// Writes all rows that are not in runs, in order.
    fn encode_rows(&mut self, encoder: &mut Encoder<'_>, checkpoint: &mut dyn Checkpoint) -> Result<()> {
        self.sort_names(checkpoint)?;
        let this = &*self;
        let odd = this.odd();
        let key = |number| this.key(number);
        match &this.rows {
            Rows::None => Ok(()),
            Rows::Narrow(base, pile) => pile.in_order(checkpoint, &mut |rows, _| {
                encoder.rows(rows, |row| base.unpack(row), key, odd)
            }),
            Rows::Wide(pile) => pile.in_order(checkpoint, &mut |rows, _| encoder.rows(rows, unwiden, key, odd)),
        }
    }

    /// Numbers named keys in their order, so that rows sort by number.
    fn sort_names(&mut self, checkpoint: &mut dyn Checkpoint) -> Result<()> {
        let Some(numbers) = self
            .more
            .as_mut()
            .map_or(Ok(None), |more| more.names.sort(checkpoint))?
        else {
            return Ok(());
        };
        let renumber = |number: i64| i64::from(numbers[number as usize]);
        match &mut self.rows {
            Rows::None => {}
            Rows::Narrow(base, pile) => {
                let mut sorted = Pile::default();
                for &row in pile.rows() {
                    let (number, time, code) = base.unpack(row);
                    let row = base.pack(renumber(number), time, code).expect("all numbers fit");
                    sorted.push_slowly(row, checkpoint)?;
                }
                *pile = sorted;
            }
            Rows::Wide(pile) => {
                let mut sorted = Pile::default();
                for &row in pile.rows() {
                    let (number, time, code) = unwiden(row);
                    sorted.push_slowly(widen(renumber(number), time, code), checkpoint)?;
                }
                *pile = sorted;
            }
        }
        Ok(())
    }
}
