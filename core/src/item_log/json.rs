//! A log as JSON that people can read and programs can write, and that loses nothing.
//!
//! ```json
//! {"item_log":1,"keys":["integer","text"],"times":"timestamptz","rows":3,"null_items":0,"null_customers":0,"null_times":0,
//!  "null_amounts":0,"amounts":3,"items":["bread","milk"],
//!  "customers":{"17":[["2024-03-01T09:30:00Z",[0,3.5],[1,1.2]],["2024-03-05T18:00:00Z",[1,-1.2]]]}}
//! ```
//! `keys`, those of customers and of items, `times` and `items` come before `customers`, each with events: a time, and for each entry
//! the place in `items`, counted from 0, and the amount, as in the JSON of an order log.

use super::{Collector, Counts, ItemLog, Kinds, NAME, STEPS, TimeKind};
use crate::checkpoint::Checkpoint;
use crate::codec::Sink;
use crate::collect::Listed;
use crate::collect::json::{Array, Elements, Fields, Form, Object, Pieces, Reading, kind, put_key, put_name, read};
use crate::error::Result;
use crate::key::{Key, KeyKind, Keys};
use crate::order_log::json::{parse_amount, parse_time, put_amount, put_time};
use serde::de::{self, DeserializeSeed, Deserializer, MapAccess, SeqAccess};
use serde_json::value::RawValue;
use std::fmt::Write;
use std::result;

pub(super) fn write(log: &ItemLog<'_>, sink: &mut dyn Sink, checkpoint: &mut dyn Checkpoint) -> Result<()> {
    let mut json = Pieces::begin(NAME, sink);
    let kinds = log.kinds();
    if let Some(Kinds {
        customers,
        times,
        items,
    }) = kinds
    {
        // Writing to a string cannot fail.
        let _ = write!(
            json.text,
            ",\"keys\":[\"{customers}\",\"{items}\"],\"times\":\"{times}\""
        );
    }
    json.put_counts(log.counts(), |_| true);
    json.text.push_str(",\"items\":[");
    let names = log.names(checkpoint)?;
    for item in 0..log.items() {
        if item % STEPS == 0 {
            checkpoint.pass("writing items", item, log.items())?;
        }
        json.text.push_str(if item == 0 { "" } else { "," });
        put_key(&mut json.text, names.get(item));
        json.flush_if_full()?;
    }
    json.text.push_str("],\"customers\":{");
    let zoned = kinds.is_some_and(|kinds| kinds.times == TimeKind::Zoned);
    let mut cursor = log.cursor();
    let mut separator = "";
    while cursor.advance(checkpoint)? {
        let part = cursor.part();
        if part.starts {
            json.text.push_str(separator);
            put_name(&mut json.text, part.key);
            json.text.push_str(":[");
            separator = "";
        }
        for event in part.events() {
            json.text.push_str(separator);
            json.text.push_str("[\"");
            put_time(&mut json.text, event.time, zoned);
            json.text.push('"');
            for (item, amount) in event.entries() {
                let _ = write!(json.text, ",[{item},");
                put_amount(&mut json.text, amount);
                json.text.push(']');
                json.flush_if_full()?;
            }
            json.text.push(']');
            separator = ",";
        }
        if part.ends {
            json.text.push(']');
        }
        json.flush_if_full()?;
    }
    json.text.push('}');
    json.finish()
}

pub(super) fn parse(text: &str, log: Collector, checkpoint: &mut dyn Checkpoint) -> Result<Collector> {
    let empty = Log {
        log,
        keys: None,
        times: None,
        items: None,
    };
    Ok(read(text, empty, checkpoint)?.log)
}

/// A log on its way in.
struct Log {
    log: Collector,
    keys: Option<(KeyKind, KeyKind)>,
    times: Option<TimeKind>,
    items: Option<Keys>,
}

impl<'de> Form<'de> for Log {
    const NAME: &'static str = NAME;
    type Counts = Counts;

    fn field<A: MapAccess<'de>>(
        reading: &mut Reading<'_, Log>,
        name: &str,
        fields: &mut A,
    ) -> result::Result<bool, A::Error> {
        match name {
            "keys" => {
                let (customers, items): (String, String) = fields.next_value()?;
                let kinds = KeyKind::of_name(&customers).zip(KeyKind::of_name(&items));
                let unknown = || de::Error::custom("\"keys\" must be kinds of keys that there are");
                reading.into.keys = Some(kinds.ok_or_else(unknown)?);
                // Items of other kinds are none of these.
                reading.into.items = None;
            }
            "times" => reading.into.times = Some(kind(name, &fields.next_value::<String>()?)?),
            "items" => {
                // Without items there need not be keys.
                reading.into.items = reading.into.keys.map(|keys| Keys::new(keys.1));
                fields.next_value_seed(Array(Items(reading)))?;
            }
            "customers" => fields.next_value_seed(Object(Customers(reading)))?,
            _ => return Ok(false),
        }
        Ok(true)
    }

    fn set_counts(&mut self, counts: Counts) {
        self.log.set_counts(counts);
    }
}

struct Items<'r, 'c>(&'r mut Reading<'c, Log>);

impl<'de> Elements<'de> for Items<'_, '_> {
    const EXPECTED: &'static str = "an array of items";

    fn elements<A: SeqAccess<'de>>(&mut self, items: &mut A) -> result::Result<(), A::Error> {
        let mut passed = 0;
        while items.next_element_seed(Item(self.0))?.is_some() {
            passed += 1;
            if passed % STEPS == 0 {
                let pass = self.0.checkpoint.pass("reading items", passed, 0);
                self.0.pass(pass)?;
            }
        }
        Ok(())
    }
}

/// The key of an item.
struct Item<'r, 'c>(&'r mut Reading<'c, Log>);

impl<'de> DeserializeSeed<'de> for Item<'_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> result::Result<(), D::Error> {
        let Reading { into, checkpoint, .. } = &mut *self.0;
        let Some(items) = &mut into.items else {
            return Err(de::Error::custom("\"keys\" must come before \"items\""));
        };
        let text: String;
        let item = if items.kind() == KeyKind::Integer {
            Key::Integer(de::Deserialize::deserialize(json)?)
        } else {
            text = de::Deserialize::deserialize(json)?;
            let unknown = || de::Error::custom(format_args!("an item is no {}", items.kind()));
            Key::parse(items.kind(), &text).ok_or_else(unknown)?
        };
        let taken = items.push(item, *checkpoint);
        self.0.pass(taken)
    }
}

struct Customers<'r, 'c>(&'r mut Reading<'c, Log>);

impl<'de> Fields<'de> for Customers<'_, '_> {
    const EXPECTED: &'static str = "an object with the events of each customer";

    fn field<A: MapAccess<'de>>(&mut self, name: &str, fields: &mut A) -> result::Result<(), A::Error> {
        let log = &self.0.into;
        let (Some((customers, items)), Some(times), true) = (log.keys, log.times, log.items.is_some()) else {
            return Err(de::Error::custom(
                "\"keys\", \"times\" and \"items\" must come before \"customers\"",
            ));
        };
        let Some(customer) = Key::parse(customers, name) else {
            return Err(de::Error::custom(format_args!(
                "a customer has a key that is no {customers}"
            )));
        };
        let kinds = Kinds {
            customers,
            times,
            items,
        };
        let reading = &mut *self.0;
        fields.next_value_seed(Array(Events {
            reading,
            kinds,
            customer,
        }))
    }
}

struct Events<'r, 'c, 'k> {
    reading: &'r mut Reading<'c, Log>,
    kinds: Kinds,
    customer: Key<'k>,
}

impl<'de> Elements<'de> for Events<'_, '_, '_> {
    const EXPECTED: &'static str = "an array of events";

    fn elements<A: SeqAccess<'de>>(&mut self, events: &mut A) -> result::Result<(), A::Error> {
        while events.next_element_seed(Array(Event(self)))?.is_some() {}
        Ok(())
    }
}

struct Event<'e, 'r, 'c, 'k>(&'e mut Events<'r, 'c, 'k>);

impl<'de> Elements<'de> for Event<'_, '_, '_, '_> {
    const EXPECTED: &'static str = "a time and entries";

    fn elements<A: SeqAccess<'de>>(&mut self, event: &mut A) -> result::Result<(), A::Error> {
        let Some(text) = event.next_element::<String>()? else {
            return Err(de::Error::custom("an event has no time"));
        };
        let Some(time) = parse_time(&text) else {
            return Err(de::Error::custom(format_args!("\"{text}\" is no time")));
        };
        while let Some((place, amount)) = event.next_element::<(usize, &'de RawValue)>()? {
            let Some(amount) = parse_amount(amount.get()) else {
                return Err(de::Error::custom(format_args!("{} is no amount", amount.get())));
            };
            let (kinds, customer) = (self.0.kinds, self.0.customer);
            let Reading { into, checkpoint, .. } = &mut *self.0.reading;
            let items = into.items.as_ref().filter(|items| place < items.len());
            let Some(items) = items else {
                return Err(de::Error::custom(format_args!(
                    "an event has item {place}, counted from 0, of {} in \"items\"",
                    into.items.as_ref().map_or(0, Keys::len)
                )));
            };
            let item = items.get(place);
            let taken = into.log.push_of_log(kinds, customer, time, item, amount, *checkpoint);
            self.0.reading.pass(taken)?;
        }
        Ok(())
    }
}
