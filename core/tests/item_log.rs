//! What is special to item logs: sizes, texts and golden bytes. What they share with all that is collected is in `laws`.

#[path = "keys/basket_log.rs"]
mod item_keys;
#[path = "keys/order_log.rs"]
mod keys;

use clientele_core::Kind;
use clientele_core::amount::Amount;
use clientele_core::calendar::DAY;
use clientele_core::checkpoint::Unhindered;
use clientele_core::collect::Collected;
use clientele_core::item_log::{Collector, ItemLog, Kinds, TimeKind};
use clientele_core::key::KeyKind;
use item_keys::with_item;
use keys::with_key;

/// Large enough that rows never become a run.
const LARGE: usize = 1 << 40;

/// Customer, time, item and amount, if there is one.
type Row = (i64, i64, i64, Option<f64>);

const PLAIN: Kinds = Kinds {
    customers: KeyKind::Integer,
    times: TimeKind::Local,
    items: KeyKind::Integer,
};

fn collect(kinds: Kinds, rows: &[Row], limit: usize) -> Collector {
    let mut log = Collector::new(limit);
    for &(customer, time, item, amount) in rows {
        let time = (kinds.times, time);
        with_key(kinds.customers, customer, |customer| {
            with_item(kinds.items, item, |item| match amount {
                None => log.push_without_amount(customer, time, item, &mut Unhindered),
                Some(amount) => log.push(customer, time, item, Amount::from_f64(amount), &mut Unhindered),
            })
        })
        .expect("sound");
    }
    log
}

fn bytes(mut log: Collector) -> Vec<u8> {
    let mut bytes = Vec::new();
    log.write(&mut bytes, &mut Unhindered).expect("a log can be written");
    bytes
}

/// A fixed stream of numbers.
fn numbers() -> impl FnMut() -> u64 {
    let mut seed = 11u64;
    move || {
        seed = seed
            .wrapping_mul(0x5851_f42d_4c95_7f2d)
            .wrapping_add(0x1405_7b7e_f767_814f);
        seed >> 24
    }
}

#[test]
fn logs_are_compact() {
    let mut next = numbers();
    let mut rows: Vec<Row> = Vec::new();
    for _ in 0..20_000 {
        let (customer, minute) = ((next() % 4_000) as i64, (next() % 500_000) as i64);
        for _ in 0..next() % 20 + 1 {
            let amount = (next() % 10_000) as f64 / 100.0;
            rows.push((customer, minute * 60_000_000, (next() % 3_000) as i64, Some(amount)));
        }
    }
    let with_amounts = bytes(collect(PLAIN, &rows, LARGE)).len() as f64 / rows.len() as f64;
    rows.iter_mut().for_each(|row| row.3 = None);
    let without = bytes(collect(PLAIN, &rows, LARGE)).len() as f64 / rows.len() as f64;
    assert!(with_amounts <= 4.5, "{with_amounts} bytes an entry");
    assert!(without <= 2.5, "{without} bytes an entry without amounts");
    let one = bytes(collect(
        PLAIN,
        &[(1_000_000_007, DAY, 3, Some(9.99)), (1_000_000_007, DAY, 4, Some(1.5))],
        LARGE,
    ));
    assert!(one.len() <= 64, "an order of two items takes {} bytes", one.len());
}

#[test]
fn rows_take_24_bytes() {
    let rows: Vec<Row> = (0..400_000)
        .map(|i| (i % 9_973, i * DAY / 97, i % 1_009, Some(i as f64)))
        .collect();
    let all = collect(PLAIN, &rows, LARGE).heap_bytes() as f64 / rows.len() as f64;
    assert!(all < 32.0, "{all} bytes a row");
    // Those that became runs take less.
    let packed = collect(PLAIN, &rows, 2 << 20).heap_bytes() as f64 / rows.len() as f64;
    assert!(packed < 20.0, "{packed} bytes a row");
}

#[test]
fn text_that_is_no_log_is_refused() {
    let twice = concat!(
        r#"{"item_log":1,"keys":["integer","integer"],"times":"timestamp","items":[1],"#,
        r#""keys":["integer","uuid"],"customers":{"1":[["2024-01-01",[0,1]]]}}"#
    );
    let error = Collector::parse_json(twice, LARGE, &mut Unhindered).unwrap_err();
    assert_eq!(error.kind(), Kind::InvalidText);
    assert!(error.to_string().contains("must come before"), "{error}");
    // Items of a list that are in no event are none of the log.
    let unused = r#"{"item_log":1,"keys":["integer","integer"],"times":"timestamp","items":[5,1,9],"customers":{"1":[["2024-01-01",[1,2]]]}}"#;
    let log = bytes(Collector::parse_json(unused, LARGE, &mut Unhindered).unwrap());
    assert_eq!(ItemLog::open(&log).unwrap().items(), 1);
    Collector::check(&log, &mut Unhindered).unwrap();
}

/// Bytes as they were written once. They must be readable for ever; if this fails, the format needs a new version.
#[test]
fn version_1_is_read_and_written() {
    let rows: &[Row] = &[
        (7, DAY, 300, Some(1.25)),
        (7, DAY, 2, Some(3.5)),
        (7, DAY, 2, Some(-0.5)),
        (7, 3 * DAY, 300, None),
        (9, DAY + 1, 2, Some(1.0 / 3.0)),
        (-1, 0, 1, Some(1e15)),
    ];
    let of = |customers, times, items| Kinds {
        customers,
        times,
        items,
    };
    let cases: [(Kinds, &[Row]); 5] = [
        (PLAIN, rows),
        (of(KeyKind::Uuid, TimeKind::Zoned, KeyKind::Uuid), &rows[..3]),
        (of(KeyKind::Text, TimeKind::Zoned, KeyKind::Text), &rows[..4]),
        (of(KeyKind::Integer, TimeKind::Local, KeyKind::Text), &rows[3..4]),
        (PLAIN, &[]),
    ];
    let written = cases.map(|(kinds, rows)| {
        let log = bytes(collect(kinds, rows, LARGE));
        ItemLog::open(&log).unwrap().check(&mut Unhindered).unwrap();
        log.iter().map(|byte| format!("{byte:02x}")).collect::<String>()
    });
    assert_eq!(written, GOLDEN);
}

/// What those rows were written as.
const GOLDEN: [&str; 5] = [
    "01118746959f060000000005002086593c000000010302090052020406000125260201030f0200000000000000ecba8306805d775000c0ae3b28020882390001000102016332008a5d78456321030000000000000000000000007805000000000020030000000000400640b10baf682c20ff555555555555d53f",
    "0122b1648c0a0300000000030060d71d14000000020200000080000000000000020000000000000000800000000000012c0000000000010205000000008000000000000007000000000000000702060209000001639001bc02",
    "01330cc2139c040000000003002086593c000000020227001e6ec3ba6d65726f20223039323233333732303336383534373735383130221905363130382202020501000202330031637573746f6d6572206ec3ba6d65726f203039323233333732303336383534373735383135206f66207468652073686f700102020202020900000101639001bc9201",
    "0131c9cacc13010000000000002086593c000000010120001e6ec3ba6d65726f2022303932323333373230333638353437373631303822010205000000000e00060200000000",
    "0100e4596baf0000000000000000000000000080",
];
