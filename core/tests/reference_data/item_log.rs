//! Item logs of a year of Online Retail.

use crate::of_text;
use clientele_core::amount::Amount;
use clientele_core::basket_log;
use clientele_core::calendar::{DAY, END_TIME, SECOND, days_from_civil};
use clientele_core::checkpoint::Unhindered;
use clientele_core::collect::Collected;
use clientele_core::item_log::{Basket, Collector, ItemLog, TimeKind};
use clientele_core::key::{AnyKey, Key};
use clientele_core::order_log;
use clientele_core::zone::Zone;
use libtest_mimic::Trial;

/// Bytes of an entry, with amounts and without.
const MOST_BYTES: [f64; 2] = [6.0, 2.5];

pub fn trials() -> Vec<Trial> {
    vec![of_text(
        "item_log::online_retail_is_what_it_is",
        "data/online_retail.csv.gz",
        online_retail_is_what_it_is,
    )]
}

/// A line of a customer who is known.
struct Line<'t> {
    item: &'t str,
    time: i64,
    customer: i64,
    amount: Amount,
}

fn line(text: &str) -> Option<Line<'_>> {
    // The description may hold commas: what is before it is read from the left, the rest from the right.
    let mut left = text.splitn(3, ',');
    let (_, item) = (left.next()?, left.next()?);
    let mut right = text.rsplit(',');
    let (_, customer, price, time, quantity) = (
        right.next()?,
        right.next()?,
        right.next()?,
        right.next()?,
        right.next()?,
    );
    let number = |from: usize, to: usize| time.get(from..to)?.parse::<i64>().ok();
    let day = days_from_civil(number(0, 4)?, number(5, 7)? as u32, number(8, 10)? as u32);
    let seconds = (number(11, 13)? * 60 + number(14, 16)?) * 60 + number(17, 19)?;
    let (whole, fraction) = price.split_once('.').unwrap_or((price, ""));
    let mantissa: i64 = format!("{whole}{fraction}").parse().ok()?;
    let amount = Amount::decimal(mantissa * quantity.parse::<i64>().ok()?, fraction.len() as u8);
    (mantissa > 0 && !amount.is_negative()).then_some(())?;
    Some(Line {
        item,
        time: day * DAY + seconds * SECOND,
        customer: customer.parse().ok()?,
        amount,
    })
}

fn written<C: Collected>(mut collector: C) -> Vec<u8> {
    let mut bytes = Vec::new();
    collector.write(&mut bytes, &mut Unhindered).unwrap();
    bytes
}

fn online_retail_is_what_it_is(text: &str) {
    let lines: Vec<Line<'_>> = text.lines().skip(1).filter_map(line).collect();
    assert_eq!(lines.len(), 397_884);
    let (mut items, mut bare) = (Collector::new(1 << 40), Collector::new(1 << 40));
    let mut orders = order_log::Collector::new(1 << 40);
    let mut baskets = basket_log::Collector::new(1 << 40);
    for line in &lines {
        let (customer, item) = (Key::Integer(line.customer), Key::Text(line.item));
        let time = (TimeKind::Local, line.time);
        items
            .push(customer, time, item, Some(line.amount), &mut Unhindered)
            .unwrap();
        bare.push_without_amount(customer, time, item, &mut Unhindered).unwrap();
        orders
            .push(customer, time.0, time.1, line.amount, &mut Unhindered)
            .unwrap();
        let basket = format!("{} {}", line.customer, line.time);
        baskets.push(AnyKey::text(&basket), item, &mut Unhindered).unwrap();
    }
    let (items, bare) = (written(items), written(bare));
    let log = ItemLog::open(&items).unwrap();
    log.check(&mut Unhindered).unwrap();
    let about = log.describe(&mut Unhindered).unwrap();
    assert_eq!((about.customers, about.events, log.items()), (4_338, 18_440, 3_665));
    assert_eq!((about.entries, about.revenue), (387_763, 8_911_407.904));
    for (bytes, most) in [&items, &bare].into_iter().zip(MOST_BYTES) {
        let size = bytes.len() as f64 / about.entries as f64;
        assert!(size <= most, "{size} bytes an entry");
    }
    let mut made = Vec::new();
    log.write_orders(&mut made, &mut Unhindered).unwrap();
    assert!(made == written(orders), "the orders, byte for byte");
    let made = log
        .baskets(Basket::Order, END_TIME, &Zone::utc(), 1 << 40, &mut Unhindered)
        .unwrap();
    let (made, baskets) = (written(made), written(baskets));
    let of = |bytes: &[u8]| {
        let log = basket_log::BasketLog::open(bytes).unwrap();
        let items = log.items(&mut Unhindered).unwrap();
        let names: Vec<String> = (0..items.len() as u32)
            .map(|item| items.key(item).to_string())
            .collect();
        let baskets = log.baskets(&mut Unhindered).unwrap();
        let mut sets: Vec<Vec<u32>> = baskets.iter().map(<[u32]>::to_vec).collect();
        sets.sort();
        (names, items.counts().to_vec(), sets)
    };
    assert!(of(&made) == of(&baskets), "the baskets");
}
