//! Customers that come row by row, so that a scale can be fitted to many tables, shards and partitions at once.

use super::wanted::{Bins, Monetary, Wanted, told};
use crate::checkpoint::Checkpoint;
use crate::codec::{Sealer, Sink, unseal};
use crate::error::{Error, Kind, Result, spelled};
use crate::mergeable::Mergeable;
use crate::rank::{sortable, unsortable};
use crate::summary::{Row, Summaries, checked_weight};

const VERSION: u8 = 1;

/// Where a customer stands, or several who stand alike.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Standing {
    /// Days since the last order.
    pub days_since_last: f64,
    /// Orders.
    pub orders: u64,
    /// Net spend.
    pub revenue: f64,
    /// How many customers stand there.
    pub weight: f64,
}

impl Standing {
    /// A row, checked.
    ///
    /// # Errors
    /// Of kind [`Kind::OutOfRange`] for what is negative or no finite number; net spend may be negative.
    pub fn new(days_since_last: f64, orders: i64, revenue: f64, weight: f64) -> Result<Standing> {
        let wrong = |message: &'static str, value: String| {
            Err(Error::new(Kind::OutOfRange, message).detail(format!("It is {value}.")))
        };
        if !(days_since_last.is_finite() && days_since_last >= 0.0) {
            let message = "days_since_last must be a finite number that is not negative";
            return wrong(message, spelled(days_since_last));
        }
        if !revenue.is_finite() {
            return wrong("revenue must be a finite number", spelled(revenue));
        }
        let Ok(orders) = u64::try_from(orders) else {
            return wrong("orders must not be negative", orders.to_string());
        };
        // Minus zero is zero.
        Ok(Standing {
            days_since_last: days_since_last + 0.0,
            orders,
            revenue: revenue + 0.0,
            weight: checked_weight(weight)?,
        })
    }
}

impl Row<4> for Standing {
    const NAME: &'static str = "fit_rfm";

    fn bits(&self) -> [u64; 4] {
        [
            self.days_since_last.to_bits(),
            self.orders,
            sortable(self.revenue),
            self.weight.to_bits(),
        ]
    }

    fn of_bits([days, orders, revenue, weight]: [u64; 4]) -> Result<Standing> {
        let signed = i64::try_from(orders).unwrap_or(-1);
        let (days, weight) = (f64::from_bits(days), f64::from_bits(weight));
        let standing = Standing::new(days, signed, unsortable(revenue), weight)?;
        if standing.orders == 0 || standing.weight == 0.0 {
            return Err(Error::new(
                Kind::OutOfRange,
                "a row without orders or weight is not kept",
            ));
        }
        Ok(standing)
    }
}

/// Where customers stand, collected in any order, and how they are to be scored.
#[derive(Clone, Debug, Default)]
pub struct Standings {
    /// Those who have ordered.
    rows: Summaries<Standing, 4>,
    /// How many rows are of customers with returns only.
    without_order: u64,
    wanted: Option<Wanted>,
    /// The map of segments as the rows give it, so that it need not be read for each of them.
    map: Option<Box<str>>,
    /// The bytes of the map and of what it was read to, about.
    map_bytes: usize,
}

/// What a map of segments takes beside its text: names for scores.
const READ_MAP: usize = 4_096;

impl Standings {
    /// Says how the next row is to be scored, which has to be the same for all. `segments` is a map as JSON.
    ///
    /// # Errors
    /// Of kind [`Kind::InvalidParameter`] for a map that is none, or where another row says otherwise.
    pub fn want(&mut self, bins: Bins, monetary: Monetary, segments: Option<&str>) -> Result<()> {
        match &self.wanted {
            Some(known) if known.bins == bins && known.monetary == monetary && self.map.as_deref() == segments => {
                Ok(())
            }
            _ => {
                self.agree(&Wanted::read(bins, monetary, segments)?)?;
                if self.map.is_none() {
                    self.map = segments.map(Box::from);
                    self.map_bytes += segments.map_or(0, str::len);
                }
                Ok(())
            }
        }
    }

    #[cold]
    fn agree(&mut self, wanted: &Wanted) -> Result<()> {
        let Some(first) = &self.wanted else {
            let segments = wanted.segments.as_ref();
            self.map_bytes = segments.map_or(0, |map| READ_MAP + 3 * map.text().len());
            self.wanted = Some(wanted.clone());
            return Ok(());
        };
        if first == wanted {
            return Ok(());
        }
        let message = "bins, monetary and segments must be the same in all rows";
        let detail = if (first.bins, first.monetary) == (wanted.bins, wanted.monetary) {
            "The segments of one row are not those of another.".to_owned()
        } else {
            let told = |wanted: &Wanted| format!("{} bins and \"{}\"", told(wanted.bins), wanted.monetary.name());
            format!("They are {} in one row, {} in another.", told(first), told(wanted))
        };
        Err(Error::invalid(message).detail(detail))
    }

    /// Takes a row, after it was said how it is to be scored. Customers without an order are counted only, and a row that stands for nobody
    /// is none.
    pub fn push(&mut self, standing: Standing, checkpoint: &mut dyn Checkpoint) -> Result<()> {
        if standing.weight == 0.0 {
            return Ok(());
        }
        if standing.orders == 0 {
            self.without_order += 1;
            return Ok(());
        }
        self.rows.push(standing, checkpoint)
    }

    /// Those who have ordered, as they came.
    pub fn rows(&self) -> &[Standing] {
        self.rows.rows()
    }

    /// How many rows are of customers with returns only.
    pub fn without_order(&self) -> u64 {
        self.without_order
    }

    /// How they are to be scored; nothing where there was no row.
    pub fn wanted(&self) -> Option<&Wanted> {
        self.wanted.as_ref()
    }
}

impl Mergeable for Standings {
    const NAME: &'static str = Standing::NAME;

    fn new(_: usize) -> Standings {
        Standings::default()
    }

    fn heap_bytes(&self) -> usize {
        self.rows.heap_bytes() + self.map_bytes
    }

    fn written_bytes(&self) -> usize {
        self.rows.written_bytes() + self.map_bytes
    }

    fn merge(&mut self, other: &Standings, checkpoint: &mut dyn Checkpoint) -> Result<()> {
        if let Some(wanted) = &other.wanted {
            self.agree(wanted)?;
        }
        self.without_order += other.without_order;
        self.rows.merge(&other.rows, checkpoint)
    }

    fn write(&mut self, sink: &mut dyn Sink, checkpoint: &mut dyn Checkpoint) -> Result<()> {
        let mut sealer = Sealer::new(VERSION, sink);
        if let Some(wanted) = &self.wanted {
            let mut head = Vec::new();
            wanted.put(&mut head);
            sealer.append(&head)?;
            sealer.varint(self.without_order)?;
            self.rows.put(&mut sealer, checkpoint)?;
        }
        sealer.finish()
    }

    fn read(bytes: &[u8], _: usize, checkpoint: &mut dyn Checkpoint) -> Result<Standings> {
        let mut standings = Standings::default();
        unseal("state of fit_rfm", VERSION, bytes, |reader| {
            if reader.is_at_end() {
                return Ok(());
            }
            standings.agree(&Wanted::take(reader)?)?;
            standings.without_order = reader.varint()?;
            standings.rows.take(reader, checkpoint)
        })?;
        Ok(standings)
    }
}
