//! Writing a log: entries come in order, those of one instant are added up, full blocks go out.

use super::block::{OwnedKey, Writer};
use super::row::code;
use super::{CHECKSUM, Counts, Kinds, NEWEST, NO_ORDER, VERSION, finish_checksum, kind_byte};
use crate::amount::Amount;
use crate::codec::{Sink, put_varint};
use crate::error::Result;
use crate::key::Key;

/// Writes one log to a sink. Customers must come in ascending order, and their entries in order of time.
pub(super) struct Encoder<'s> {
    sink: &'s mut dyn Sink,
    head: Vec<u8>,
    crc: crc32fast::Hasher,
    block: Writer,
    key: Option<OwnedKey>,
    /// Whether the current customer has entries in an earlier block.
    continued: bool,
    /// Whether the current customer has entries in this block.
    begun: bool,
    /// The time of the entry that came last, if it is of the current customer.
    time: Option<i64>,
    /// All amounts at that time, if there is more than one; else it is the last entry of the block.
    together: Vec<Amount>,
}

impl<'s> Encoder<'s> {
    /// Begins a log in an empty sink.
    pub(super) fn new(sink: &'s mut dyn Sink, kinds: Kinds, counts: &Counts) -> Result<Encoder<'s>> {
        let head = header(Some(kinds), counts);
        sink.append(&head)?;
        Ok(Encoder {
            sink,
            head,
            crc: crc32fast::Hasher::new(),
            block: Writer::new(kinds.0),
            key: None,
            continued: false,
            begun: false,
            time: None,
            together: Vec::new(),
        })
    }

    /// What follows belongs to `key`: the current customer or one behind it.
    #[inline]
    pub(super) fn customer(&mut self, key: Key<'_>) -> Result<()> {
        let same = match (&self.key, key) {
            (Some(OwnedKey::Integer(own)), Key::Integer(key)) => *own == key,
            (Some(OwnedKey::Uuid(own)), Key::Uuid(key)) => *own == key,
            (Some(OwnedKey::Text(own)), Key::Text(key)) => own == key,
            _ => false,
        };
        if same { Ok(()) } else { self.next_customer(key) }
    }

    fn next_customer(&mut self, key: Key<'_>) -> Result<()> {
        self.finish_instant()?;
        self.time = None;
        self.continued = false;
        self.begun = false;
        match (&mut self.key, key) {
            (Some(OwnedKey::Text(own)), Key::Text(key)) => {
                own.clear();
                own.push_str(key);
            }
            (own, Key::Integer(key)) => *own = Some(OwnedKey::Integer(key)),
            (own, Key::Uuid(key)) => *own = Some(OwnedKey::Uuid(key)),
            (own, Key::Text(key)) => *own = Some(OwnedKey::Text(key.to_owned())),
        }
        Ok(())
    }

    /// Appends what happened to the current customer at `time`, which is not before what came last.
    #[inline]
    pub(super) fn entry(&mut self, time: i64, amount: Amount) -> Result<()> {
        if self.time == Some(time) {
            self.same_instant(amount);
            return Ok(());
        }
        self.finish_instant()?;
        self.time = Some(time);
        self.put(time, amount)
    }

    /// Appends many entries at once, in order. `unpack` gives the number of a row's customer, its time and the code of its
    /// amount; `key` the key that has a number.
    #[inline]
    pub(super) fn rows<'k, R: Copy>(
        &mut self,
        rows: &[R],
        unpack: impl Fn(R) -> (i64, i64, u64),
        key: impl Fn(i64) -> Key<'k>,
        odd: &[Amount],
    ) -> Result<()> {
        for rows in rows.chunk_by(|&a, &b| unpack(a).0 == unpack(b).0) {
            let (number, first, _) = unpack(rows[0]);
            self.customer(key(number))?;
            self.finish_instant()?;
            // The usual case: all at different times, and no amount out of the ordinary.
            if !self.begun || self.block.is_full(false) {
                self.begin()?;
            }
            let rest = |row| (unpack(row).1, unpack(row).2);
            if self.time.is_none_or(|time| time < first) && self.block.plain_entries(rows, rest) {
                self.time = Some(unpack(rows[rows.len() - 1]).1);
                continue;
            }
            for &row in rows {
                let (_, time, code) = unpack(row);
                self.entry(time, code::amount(code, odd))?;
            }
        }
        Ok(())
    }

    /// Writes what is left and the checksum.
    pub(super) fn finish(mut self) -> Result<()> {
        self.finish_instant()?;
        if !self.block.is_empty() {
            self.block.flush(self.sink, &mut self.crc)?;
        }
        seal(self.sink, self.head, self.crc, self.block.newest());
        Ok(())
    }

    #[cold]
    fn same_instant(&mut self, amount: Amount) {
        if self.together.is_empty() {
            self.together.extend(self.block.pop_entry());
        }
        self.together.push(amount);
    }

    #[inline]
    fn finish_instant(&mut self) -> Result<()> {
        match self.time {
            Some(time) if !self.together.is_empty() => self.put_together(time),
            _ => Ok(()),
        }
    }

    /// One entry for all orders, one for all returns, and one for each number that does not add exactly, in ascending
    /// order: the same entries in whatever order the amounts came.
    #[cold]
    fn put_together(&mut self, time: i64) -> Result<()> {
        let (mut order, mut returned) = (None, None);
        let mut raw = Vec::new();
        for amount in self.together.drain(..) {
            match amount.nano() {
                Some(nano) if nano < 0 => *returned.get_or_insert(0) += nano,
                Some(nano) => *order.get_or_insert(0) += nano,
                None => raw.push(amount.to_f64()),
            }
        }
        raw.sort_unstable_by(f64::total_cmp);
        let sums = [order, returned].into_iter().flatten().flat_map(Amount::of_sum);
        for amount in sums.chain(raw.into_iter().map(Amount::raw)) {
            self.put(time, amount)?;
        }
        Ok(())
    }

    #[inline]
    fn put(&mut self, time: i64, amount: Amount) -> Result<()> {
        if !self.begun || self.block.is_full(false) {
            self.begin()?;
        }
        self.block.entry(time, amount);
        Ok(())
    }

    /// Begins the current customer in a block that has room.
    fn begin(&mut self) -> Result<()> {
        if self.block.is_full(!self.begun) {
            self.block.flush(self.sink, &mut self.crc)?;
            self.continued = self.begun;
        }
        if let Some(key) = &self.key {
            self.block.customer(key, self.continued);
        }
        self.begun = true;
        Ok(())
    }
}

/// Writes a log without entries.
pub(super) fn put_empty(sink: &mut dyn Sink, counts: &Counts) -> Result<()> {
    let head = header(None, counts);
    sink.append(&head)?;
    seal(sink, head, crc32fast::Hasher::new(), NO_ORDER);
    Ok(())
}

/// Everything before the first block; checksum and newest order are filled in when they are known.
fn header(kinds: Option<Kinds>, counts: &Counts) -> Vec<u8> {
    let mut head = vec![0; NEWEST.end];
    head[0] = VERSION;
    head[1] = kind_byte(kinds);
    for count in counts.as_array() {
        put_varint(&mut head, count);
    }
    head
}

fn seal(sink: &mut dyn Sink, mut head: Vec<u8>, crc: crc32fast::Hasher, newest: i64) {
    head[NEWEST].copy_from_slice(&newest.to_le_bytes());
    let checksum = finish_checksum(crc, &head);
    head[CHECKSUM].copy_from_slice(&checksum.to_le_bytes());
    sink.overwrite(0, &head);
}
