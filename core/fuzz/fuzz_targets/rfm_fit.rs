//! Any log: what a fit to it returns can be read, scores the customers of the log as their table does, and is what a fit to these customers,
//! row by row, returns.
#![no_main]

use clientele_core::Kind;
use clientele_core::amount::Amount;
use clientele_core::calendar::{DAY, END_TIME, MIN_TIME};
use clientele_core::checkpoint::Unhindered;
use clientele_core::collect::Collected;
use clientele_core::key::Key;
use clientele_core::mergeable::Mergeable;
use clientele_core::order_log::{Collector, OrderLog, TimeKind};
use clientele_core::rfm::{CustomerTable, MAX_BINS, Model, Monetary, Standing, Standings, Ties, Wanted};
use clientele_core_fuzz::{NO_RUNS, check_model, check_standings, written};
use libfuzzer_sys::fuzz_target;

/// The most rows of one input.
const MOST: usize = 500;

fuzz_target!(|bytes: &[u8]| {
    let Some((head, bytes)) = bytes.split_first_chunk::<4>() else {
        return;
    };
    let [r, f, m, money] = head.map(usize::from);
    let wanted = Wanted {
        monetary: [Monetary::Total, Monetary::Mean][money & 1],
        ..Wanted::new([r, f, m].map(|bins| bins % MAX_BINS + 1))
    };
    let mut log = Collector::new(NO_RUNS);
    // A byte of style, one of a customer, two of a day, eight of an amount.
    for chunk in bytes.as_chunks::<12>().0.iter().take(MOST) {
        let [style, customer, day, finer, amount @ ..] = *chunk;
        let day = i64::from(u16::from_le_bytes([day, finer]));
        let time = match style & 3 {
            0 => MIN_TIME + day,
            1 => END_TIME - 1 - day,
            _ => day * DAY / 4,
        };
        let number = i64::from_le_bytes(amount);
        let amount = match style >> 2 & 3 {
            0 => (number % 1_000) as f64 / 100.0,
            1 => (number % 4) as f64,
            _ => f64::from_bits(number as u64),
        };
        if let Some(amount) = Amount::from_f64(amount) {
            let key = Key::Integer(i64::from(customer));
            log.push(key, TimeKind::Local, time, amount, &mut Unhindered)
                .expect("such rows can be collected");
        }
    }
    let bytes = written(log);
    let log = OrderLog::open(&bytes).expect("it was written");
    let as_of = log.newest_order().unwrap_or(END_TIME - 1);
    // Sums may be beyond the range.
    let Ok(table) = CustomerTable::of(&log, as_of, &mut Unhindered) else {
        return;
    };
    let model = match Model::fit(&table, wanted.clone(), &mut Unhindered) {
        Ok(model) => model,
        Err(error) => {
            assert!(matches!(error.kind(), Kind::NotEnough | Kind::OutOfRange), "{error}");
            return;
        }
    };
    check_model(&model);
    let scores = table
        .scores(&wanted, Ties::Tied, &mut Unhindered)
        .expect("all fits in memory");
    for (at, &want) in scores.iter().enumerate() {
        let own = model.score(table.days_since_last[at], table.orders[at] as f64, table.revenue[at]);
        assert_eq!(own, Some(want).filter(|_| table.orders[at] > 0));
    }
    let mut standings = Standings::new(0);
    standings
        .want(wanted.bins, wanted.monetary, None)
        .expect("nobody wants anything else");
    for at in (0..scores.len()).rev().filter(|&at| table.orders[at] > 0) {
        let (days, orders, revenue) = (table.days_since_last[at], table.orders[at] as i64, table.revenue[at]);
        let standing = Standing::new(days, orders, revenue, 1.0).expect("a log has such customers");
        standings.push(standing, &mut Unhindered).expect("there is memory");
    }
    assert_eq!(Model::of_standings(&standings, &mut Unhindered), Ok(Some(model)));
    check_standings(standings);
});
