//! Public orders as logs.

use clientele_core::amount::Amount;
use clientele_core::calendar::{DAY, SECOND, days_from_civil};
use clientele_core::checkpoint::Unhindered;
use clientele_core::collect::Collected;
use clientele_core::key::Key;
use clientele_core::order_log::{Collector, TimeKind};

/// The files.
pub const ONLINE_RETAIL: &str = "data/online_retail.csv.gz";
pub const CDNOW: &str = "data/cdnow_master.csv.gz";

/// `2011-12-09 12:50:00`, or a part of it that begins it: `2011-12`.
pub fn time(text: &str) -> i64 {
    let number = |from: usize, usual: i64| text.get(from..from + 2).map_or(usual, |word| word.parse().unwrap());
    let year = text[..4].parse().unwrap();
    let day = days_from_civil(year, number(5, 1) as u32, number(8, 1) as u32);
    day * DAY + ((number(11, 0) * 60 + number(14, 0)) * 60 + number(17, 0)) * SECOND
}

/// A number with at most so many digits behind the point, in units of the last one.
pub fn decimal(text: &str, digits: i32) -> i64 {
    (text.parse::<f64>().unwrap() * 10f64.powi(digits)).round() as i64
}

fn log(rows: impl Iterator<Item = (i64, i64, Amount)>) -> Vec<u8> {
    let mut log = Collector::new(1 << 30);
    for (customer, time, amount) in rows {
        log.push(Key::Integer(customer), TimeKind::Local, time, amount, &mut Unhindered)
            .unwrap();
    }
    let mut bytes = Vec::new();
    log.write(&mut bytes, &mut Unhindered).unwrap();
    bytes
}

/// Lines of known customers; only those of goods that were sent and paid for if it is to be `clean`.
pub fn online_retail(text: &str, clean: bool) -> Vec<u8> {
    log(text.lines().skip(1).filter_map(|line| {
        // Names of goods have commas.
        let words: Vec<&str> = line.rsplitn(6, ',').collect();
        let [_, customer, price, at, quantity, _] = words[..] else {
            panic!("{line}")
        };
        let (price, quantity) = (decimal(price, 3), quantity.parse::<i64>().unwrap());
        let is_clean = quantity > 0 && price > 0;
        let customer = customer.parse().ok().filter(|_| is_clean || !clean)?;
        Some((customer, time(at), Amount::decimal(price * quantity, 3)))
    }))
}

/// Days of all customers.
pub fn cdnow(text: &str) -> Vec<u8> {
    log(text.lines().skip(1).map(|line| {
        let words: Vec<&str> = line.split(',').collect();
        let amount = Amount::decimal(decimal(words[3], 2), 2);
        (words[0].parse().unwrap(), time(words[1]), amount)
    }))
}
