//! What the targets share: the laws that hold for whatever could be read.

use clientele_core::amount::Amount;
use clientele_core::basket_log;
use clientele_core::calendar::{DAY, END_TIME, SECOND};
use clientele_core::checkpoint::Unhindered;
use clientele_core::collect::Collected;
use clientele_core::item_log::{self, Basket, ItemLog};
use clientele_core::mergeable::Mergeable;
use clientele_core::order_log;
use clientele_core::retention;
use clientele_core::rfm::{Model, Standings};
use clientele_core::rules::Measure;
use clientele_core::zone::Zone;
use clientele_core::{Result, kmeans, purchases, recommend, spend};

/// Large enough that nothing becomes a run.
pub const NO_RUNS: usize = 1 << 40;

/// The bytes of a collection, which are what this library writes.
pub fn written<C: Collected>(mut collector: C) -> Vec<u8> {
    let mut bytes = Vec::new();
    collector.write(&mut bytes, &mut Unhindered).expect("it can be written");
    C::check(&bytes, &mut Unhindered).expect("what was written is sound");
    bytes
}

/// Merges values that are sound.
pub fn merged<C: Collected>(values: &[&[u8]]) -> Vec<u8> {
    let mut all = C::new(NO_RUNS);
    for bytes in values {
        all.absorb(bytes, &mut Unhindered).expect("a sound value can be merged");
    }
    written(all)
}

/// The bytes of a value that a text spells, in either form.
pub fn parsed<C: Collected>(text: &str, limit: usize) -> clientele_core::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    C::parse(text, limit, &mut bytes, &mut Unhindered)?;
    Ok(bytes)
}

/// Reads bytes as they are, and with the version and the checksum that every collected value has.
pub fn read_sealed(bytes: &[u8], read: fn(&[u8])) {
    read(bytes);
    if bytes.len() >= 6 {
        let mut sealed = bytes.to_vec();
        sealed[0] = 1;
        let mut crc = crc32fast::Hasher::new();
        crc.update(&sealed[..2]);
        crc.update(&sealed[6..]);
        sealed[2..6].copy_from_slice(&crc.finalize().to_le_bytes());
        read(&sealed);
    }
}

/// What holds for the bytes of a value that were written by this library.
pub fn check_written<C: Collected>(bytes: &[u8]) {
    C::check(bytes, &mut Unhindered).expect("it was written");
    let (mut json, mut text) = (Vec::new(), Vec::new());
    C::write_json(bytes, &mut json, &mut Unhindered).expect("a sound value has JSON");
    C::write_text(bytes, &mut text, &mut Unhindered).expect("a sound value has a text form");
    for form in [&json, &text] {
        let form = str::from_utf8(form).expect("both forms are text");
        assert_eq!(parsed::<C>(form, NO_RUNS).as_deref(), Ok(bytes), "text loses nothing");
        if form.len() < 2_000 {
            // Every few rows are made smaller, which takes long where there are many.
            assert_eq!(parsed::<C>(form, 1).as_deref(), Ok(bytes), "limits do not show");
        }
    }
    assert_eq!(merged::<C>(&[bytes]), bytes, "a merge of one value is that value");
}

/// What holds for every model.
pub fn check_model(model: &Model) {
    assert_eq!(Model::decode(&model.encode()).as_ref(), Ok(model));
    assert_eq!(Model::parse(&model.text()).as_ref(), Ok(model));
    for (days, orders, revenue) in [(0.0, 1.0, 0.0), (f64::MAX, 1e300, f64::MIN), (1e-300, 2.0, 99.95)] {
        let scores = model.score(days, orders, revenue).expect("these can be scored");
        let _ = (model.code(scores), model.segment(scores));
    }
    for (days, orders, revenue) in [(-1.0, 1.0, 0.0), (0.0, 0.5, 0.0), (0.0, 1.0, f64::NAN)] {
        assert_eq!(model.score(days, orders, revenue), None, "no customer has these");
    }
}

/// What holds for customers that came row by row: they are written and read as they are, and make a model or an error.
pub fn check_standings(mut standings: Standings) {
    let mut bytes = Vec::new();
    standings.write(&mut bytes, &mut Unhindered).expect("there is memory");
    let again = Standings::read(&bytes, 0, &mut Unhindered).expect("it was written");
    assert_eq!((again.rows(), again.wanted()), (standings.rows(), standings.wanted()));
    let [one, other] = [&standings, &again].map(|rows| Model::of_standings(rows, &mut Unhindered));
    assert_eq!(one, other);
    if let Ok(Some(model)) = one {
        check_model(&model);
    }
}

/// The models that bytes are: as they are, with a right checksum, and as text.
pub fn read<T>(bytes: &[u8], decode: fn(&[u8]) -> Result<T>, parse: fn(&str) -> Result<T>) -> Vec<T> {
    let mut sealed = bytes.to_vec();
    sealed.extend_from_slice(&crc32fast::hash(bytes).to_le_bytes());
    let text = str::from_utf8(bytes).map(parse);
    [decode(bytes), decode(&sealed)]
        .into_iter()
        .chain(text.ok())
        .flatten()
        .collect()
}

/// Both forms of a model of purchases lose nothing.
pub fn check_purchase_forms(model: &purchases::Model) {
    assert_eq!(purchases::Model::decode(&model.encode()).as_ref(), Ok(model));
    assert_eq!(purchases::Model::parse(&model.text()).as_ref(), Ok(model));
}

/// What holds for every model of purchases.
pub fn check_purchase_model(model: &purchases::Model) {
    check_purchase_forms(model);
    for (frequency, recency, age) in [(0.0, 0.0, 0.0), (2.0, 30.43, 38.86), (1e4, 1e-3, 1e4)] {
        let customer = purchases::Customer::known(frequency, recency, age).expect("there can be such customers");
        for horizon in [1e-6, 52.0, 1e6] {
            check_scores(&model.outlook(&customer), horizon, 3);
        }
    }
    let _ = model.parameters();
}

/// What holds for everything that a model of purchases says.
pub fn check_scores(outlook: &purchases::Outlook, horizon: f64, n: u64) {
    let probability = 0.0..=1.0;
    for p in [
        outlook.p_alive(),
        outlook.p_no_order(horizon),
        outlook.p_orders(n, horizon),
    ] {
        assert!(probability.contains(&p), "{p} within {horizon}: {outlook:?}");
    }
    let orders = outlook.expected_orders(horizon);
    assert!(
        orders.is_finite() && orders >= 0.0,
        "{orders} within {horizon}: {outlook:?}"
    );
    let discounted = outlook.discounted_orders(horizon, 1e-3);
    assert!(
        (0.0..=orders * (1.0 + 1e-6)).contains(&discounted),
        "{discounted} of {orders}: {outlook:?}"
    );
}

/// What holds for every model of spend.
pub fn check_spend_model(model: &spend::Model) {
    assert_eq!(spend::Model::decode(&model.encode()).as_ref(), Ok(model));
    assert_eq!(spend::Model::parse(&model.text()).as_ref(), Ok(model));
    for (frequency, value) in [(0.0, 0.0), (1.0, 1e-300), (9e18, 1e300), (0.5, f64::NAN)] {
        let spend = model.expected_spend(frequency, value);
        assert!(spend.is_none_or(f64::is_finite), "{spend:?}");
    }
    let _ = model.parameters();
}

/// What holds for every model of retention.
pub fn check_retention_model(model: &retention::Model) {
    assert_eq!(retention::Model::decode(&model.encode()).as_ref(), Ok(model));
    assert_eq!(retention::Model::parse(&model.text()).as_ref(), Ok(model));
    let shares = [0.0, 1.0, 40.0, 9e15].map(|t| model.survival(t).expect("that many periods there can be"));
    assert!(shares.iter().all(|share| (0.0..=1.0).contains(share)), "{shares:?}");
    assert!(shares.is_sorted_by(|a, b| *a >= b * (1.0 - 1e-12)), "{shares:?}");
    for (renewals, discount_rate, horizon) in [
        (0.0, 0.0, None),
        (5.0, 0.1, None),
        (9e15, 1e-9, Some(9e15)),
        (0.0, 0.0, Some(1.0)),
    ] {
        let periods = model
            .expected_lifetime(renewals, discount_rate, horizon)
            .expect("these are in range");
        assert!(periods.is_some_and(|periods| periods >= 1.0), "{periods:?}");
    }
    let _ = model.parameters();
}

/// What holds for everything that was collected: it can be written, and fitted or refused.
pub fn check_tenures(mut tenures: retention::Tenures, bytes: &[u8]) {
    let mut written = Vec::new();
    tenures.write(&mut written, &mut Unhindered).expect("there is memory");
    assert_eq!(written, bytes, "there is one way to write it");
    for table in [tenures.curve(&mut Unhindered), tenures.life_table(&mut Unhindered)]
        .into_iter()
        .flatten()
        .filter_map(|fitted| fitted.model())
    {
        check_retention_model(&table.fit(&mut Unhindered).expect("what has renewals can be fitted"));
    }
}

/// What holds for the bytes of a basket log that were written by this library.
pub fn check_written_baskets(bytes: &[u8]) {
    check_written::<basket_log::Collector>(bytes);
    let log = basket_log::BasketLog::open(bytes).expect("it was written");
    let items = log.items(&mut Unhindered).expect("a sound log has items");
    for number in 0..items.len() as u32 {
        assert_eq!(items.number(items.key(number)), Some(number));
    }
    let baskets = log.baskets(&mut Unhindered).expect("a sound log has baskets");
    let about = log.describe(&mut Unhindered).expect("a sound log can be described");
    assert_eq!(baskets.entries().len() as u64, about.entries);
}

/// What holds for the bytes of an item log that were written by this library.
pub fn check_written_items(bytes: &[u8]) {
    check_written::<item_log::Collector>(bytes);
    let log = ItemLog::open(bytes).expect("it was written");
    log.item_totals(END_TIME, &mut Unhindered)
        .expect("a sound log has items");
    let mut orders = Vec::new();
    // Sums may be beyond the range, and nothing else may be wrong.
    if log.write_orders(&mut orders, &mut Unhindered).is_ok() {
        check_written::<order_log::Collector>(&orders);
    }
    let baskets = log
        .baskets(Basket::Order, END_TIME, &Zone::utc(), NO_RUNS, &mut Unhindered)
        .expect("a sound log has baskets");
    check_written_baskets(&written(baskets));
}

/// What holds for every model of clusters.
pub fn check_kmeans_model(model: &kmeans::Model) {
    assert_eq!(kmeans::Model::decode(&model.encode()).as_ref(), Ok(model));
    assert_eq!(kmeans::Model::parse(&model.text()).as_ref(), Ok(model));
    for value in [0.0, -1e-300, 1e300, f64::MAX] {
        let row = vec![value; model.dimension()];
        if let (Ok(Some(cluster)), Ok(Some(distances))) = (model.assign(&row), model.distances(&row)) {
            let nearest = distances.iter().copied().fold(f64::INFINITY, f64::min);
            assert_eq!(
                distances[cluster as usize - 1],
                nearest,
                "it is assigned to the nearest"
            );
        }
    }
    let _ = model.means();
}

/// What holds for every model of baskets.
pub fn check_basket_model(model: &recommend::Model) {
    assert_eq!(
        recommend::Model::decode(&model.encode(), &mut Unhindered).as_ref(),
        Ok(model)
    );
    assert_eq!(
        recommend::Model::parse(&model.text(), &mut Unhindered).as_ref(),
        Ok(model)
    );
    let names: Vec<&str> = (0..model.items() as u32).map(|item| model.name(item)).collect();
    let (half, _) = names.split_at(names.len() / 2);
    for basket in [&[], half, &names[..]] {
        for by in [Measure::Confidence, Measure::Lift, Measure::PValue] {
            for offer in model.recommend(basket.iter().copied(), 10, by) {
                assert!(!basket.contains(&model.name(offer.item)), "it is in the basket");
                assert!(offer.antecedent.iter().all(|&item| basket.contains(&model.name(item))));
            }
        }
    }
}

/// A time zone: four bytes are a change, so many quarters of an hour behind the one before, to an offset of so many minutes.
pub fn zone(bytes: &[u8]) -> Zone {
    const MINUTE: i64 = 60 * SECOND;
    let mut at = -(40_000 * DAY);
    let changes = bytes.as_chunks::<4>().0.iter().map(|&[step, more, offset, finer]| {
        at += (i64::from(u16::from_le_bytes([step, more])) + 1) * 15 * MINUTE;
        (at, i64::from(i16::from_le_bytes([offset, finer]) % 1_080) * MINUTE)
    });
    let changes = changes.collect();
    Zone::new(0, changes)
}

/// An amount: of money, a small number, or any that there is.
pub fn any_amount(style: u8, bytes: [u8; 8]) -> Option<Amount> {
    let number = i64::from_le_bytes(bytes);
    Amount::from_f64(match style & 3 {
        0 | 1 => (number % 100_000) as f64 / 100.0,
        2 => (number % 4) as f64,
        _ => f64::from_bits(number as u64),
    })
}
