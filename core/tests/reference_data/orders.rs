//! The orders of public data, as logs.

use crate::{bought, text_of};
use clientele_core::amount::Amount;
use clientele_core::calendar::{DAY, SECOND, days_from_civil};
use clientele_core::order_log::TimeKind;

/// Customer, time, thousandths of money.
pub type Row = (i64, i64, i64);

/// The files.
pub const ONLINE_RETAIL: &str = "data/online_retail.csv.gz";
pub const CDNOW: &str = "data/cdnow_master.csv.gz";

/// A time such as `2010-12-01 08:26:00`, or a part of it that begins it: `2010-12`.
pub fn time(text: &str) -> i64 {
    let number = |from: usize, usual: i64| text.get(from..from + 2).map_or(usual, |word| word.parse().unwrap());
    let day = days_from_civil(text[..4].parse().unwrap(), number(5, 1) as u32, number(8, 1) as u32);
    day * DAY + (3_600 * number(11, 0) + 60 * number(14, 0) + number(17, 0)) * SECOND
}

/// The last instant of a date.
pub fn end_of(date: &str) -> i64 {
    time(date) + DAY - 1
}

fn thousandths(amount: &str) -> i64 {
    (amount.parse::<f64>().unwrap() * 1e3).round() as i64
}

/// A line of `online_retail_known`, and whether goods were sent and paid for, as in all lines of `online_retail_clean`.
fn retail(line: &str) -> Option<(Row, bool)> {
    // What a product is called may hold commas: columns from the right.
    let words: Vec<&str> = line.rsplit(',').collect();
    let (quantity, price): (i64, i64) = (words[4].parse().unwrap(), thousandths(words[2]));
    let customer = words[1].parse().ok()?;
    Some(((customer, time(words[3]), quantity * price), quantity > 0 && price > 0))
}

/// The file of a set.
pub fn file(set: &str) -> &'static str {
    if set == "cdnow" { CDNOW } else { ONLINE_RETAIL }
}

/// The rows of `online_retail_known`, of `online_retail_clean` or of `cdnow`.
pub fn rows(set: &str) -> Vec<Row> {
    let row: fn(&str) -> Option<Row> = match set {
        "online_retail_known" => |line| Some(retail(line)?.0),
        "online_retail_clean" => |line| retail(line).filter(|line| line.1).map(|line| line.0),
        "cdnow" => |line| {
            let words: Vec<&str> = line.split(',').collect();
            Some((words[0].parse().unwrap(), time(words[1]), thousandths(words[3])))
        },
        _ => unreachable!("{set} is no set of orders"),
    };
    text_of(file(set)).unwrap().lines().skip(1).filter_map(row).collect()
}

/// The log of such rows.
pub fn log_of<'a>(rows: impl IntoIterator<Item = &'a Row>) -> Vec<u8> {
    bought::log_of(
        TimeKind::Local,
        rows.into_iter()
            .map(|&(key, time, amount)| (key, time, Amount::decimal(amount, 3))),
    )
}
