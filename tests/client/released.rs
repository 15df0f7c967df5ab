//! What each release stored is read for ever. `released/VERSION.tsv` has values of every type, one in a line: what it is, its type, its
//! bytes as they lie in a table, its text, a question and the answer.
//!
//! `RELEASED=write make client TEST=released` writes the file of a version that is not released yet.

use crate::database::{Database, one};
use crate::features::SHOP;
use crate::parts::directory;
use crate::{Failure, Outcome, ensure, upgrades};
use postgres::Client;
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

crate::trials!(what_was_released_is_read);

/// A value to store: what it is, its type, a query that makes it, and an expression over `value` that all that is in it answers.
type Stored = (&'static str, &'static str, &'static str, &'static str);

/// Few rows, with all that a column can hold.
const ROWS: &str = "
    CREATE TABLE few AS SELECT * FROM orders WHERE customer_id < 3
    UNION ALL SELECT NULL, '2024-01-05 00:00+00', 5 UNION ALL SELECT 1, NULL, 5 UNION ALL SELECT 4, '2024-01-05 00:00+00', NULL;
    CREATE TABLE customers AS
    SELECT i AS id, x AS frequency, CASE WHEN x = 0 THEN 0 ELSE 3 + i * 31 % 90 END AS recency, 100 + i * 17 % 80 AS age,
           CASE WHEN x = 0 THEN 0 ELSE (1000 + i * 7919 % 5000) / 100.0::float8 END AS monetary_value
    FROM generate_series(1, 200) i, LATERAL (SELECT i * i % 7 AS x) of;
    CREATE TABLE baskets AS
    SELECT i / 3 AS basket, i * 7 % 5 AS number, 'item é ' || i * 7 % 5 AS name, md5((i * 7 % 5)::text)::uuid AS code
    FROM generate_series(1, 90) i";

/// What a collected value holds, and what is known of it.
const HELD: &str = "jsonb_build_array(md5((value::jsonb)::text), clientele.describe(value))";
/// What a model of purchases says of a customer. Digits beyond the ninth may depend on the C library.
const ORDERS: &str = "jsonb_build_array(round(clientele.p_alive(value, 3, 20, 40)::numeric, 9), \
    round(clientele.expected_orders(value, 3, 20, 40, '720 days')::numeric, 9))";

#[rustfmt::skip]
const VALUES: &[Stored] = &[
    ("integers at instants", "order_log", "SELECT clientele.order_log(customer_id, ordered_at, total) FROM few", HELD),
    ("smallints on dates", "order_log", "SELECT clientele.order_log(customer_id::smallint, ordered_at::date) FROM few", HELD),
    ("bigints at clocks' times", "order_log", "SELECT clientele.order_log(customer_id::bigint << 40, ordered_at::timestamp, total::numeric) FROM few", HELD),
    ("uuids", "order_log", "SELECT clientele.order_log(md5(customer_id::text)::uuid, ordered_at, -total / 7) FROM few", HELD),
    ("texts", "order_log", "SELECT clientele.order_log('Zoë ' || customer_id, ordered_at, 1e300 * total) FROM few", HELD),
    ("merged", "order_log", "SELECT clientele.merge(log) FROM (SELECT clientele.order_log(customer_id, ordered_at, total) AS log FROM few GROUP BY ordered_at) l", HELD),
    ("nothing", "order_log", "SELECT clientele.order_log(customer_id, ordered_at, total) FROM few WHERE total = 1234567", HELD),
    ("texts of integers", "basket_log", "SELECT clientele.basket_log(basket, name) FROM baskets", HELD),
    ("integers of texts", "basket_log", "SELECT clientele.basket_log('basket ' || basket, number) FROM baskets", HELD),
    ("uuids of rows", "basket_log", "SELECT clientele.basket_log((basket, number % 2), code) FROM baskets", HELD),
    ("texts at instants", "item_log", "SELECT clientele.item_log(customer_id, ordered_at, 'item é ' || customer_id % 2, total) FROM few", HELD),
    ("integers on dates, returns", "item_log", "SELECT clientele.item_log('Zoë ' || customer_id, ordered_at::date, customer_id, -total / 7) FROM few", HELD),
    ("uuids without amounts", "item_log", "SELECT clientele.item_log(customer_id, ordered_at::timestamp, md5(customer_id::text)::uuid) FROM few", HELD),
    ("integers", "feature_set", "SELECT clientele.feature_set(id, ARRAY[frequency, recency / 3.0::float8, NULLIF(age, 117)]) FROM customers", HELD),
    ("texts and weights", "feature_set", "SELECT clientele.feature_set('Zoë ' || id, ARRAY[monetary_value], frequency) FROM customers", HELD),
    ("of a log", "rfm_model", "SELECT clientele.fit_rfm(clientele.order_log(customer_id, ordered_at, total)) FROM orders",
        "clientele.rfm_score(value, 3, 50, 5000)"),
    ("three bins and names", "rfm_model", "SELECT clientele.fit_rfm(clientele.order_log(customer_id, ordered_at, total), bins => 3, monetary => 'mean',
            segments => '{\"gut\": [\"3**\"], \"übrige\": [\"1**\", \"2**\"]}') FROM orders",
        "clientele.rfm_segment(value, 3, 50, 5000)"),
    ("bg/nbd", "purchase_model", "SELECT clientele.fit_purchases(frequency, recency, age, 1, 'bg/nbd', '1 day') FROM customers", ORDERS),
    ("mbg/nbd", "purchase_model", "SELECT clientele.fit_purchases(frequency, recency, age) FROM customers", ORDERS),
    ("pareto/nbd", "purchase_model", "SELECT clientele.fit_purchases(frequency, recency, age, 2.5, 'pareto/nbd', '7 days') FROM customers", ORDERS),
    ("mbg/cnbd-3", "purchase_model", "SELECT clientele.fit_purchases(frequency, recency, age, 1, 'mbg/cnbd-3', '1 day') FROM customers", ORDERS),
    ("bg/bb", "purchase_model", "SELECT clientele.fit_purchases(frequency, greatest(frequency, recency / 10), age / 10, 1, 'bg/bb', '1 year') FROM customers", ORDERS),
    ("of a log, the best", "purchase_model", "SELECT clientele.fit_purchases(clientele.order_log(customer_id, ordered_at, total), 'auto') FROM orders", ORDERS),
    ("four parameters", "purchase_model", "SELECT '{\"purchase_model\":1,\"model\":\"mbg/nbd\",\"time_unit\":\"1 day\",
            \"parameters\":{\"r\":1,\"alpha\":9,\"a\":1,\"b\":3}}'::clientele.purchase_model", ORDERS),
    ("fitted", "spend_model", "SELECT clientele.fit_spend(frequency, monetary_value) FROM customers",
        "round(clientele.expected_spend(value, 3, 25)::numeric, 9)"),
    ("fitted", "retention_model", "SELECT clientele.fit_retention(period, 1000 - 90 * period) FROM generate_series(0, 6) period",
        "round(clientele.survival(value, 3)::numeric, 9)"),
    ("standard", "kmeans_model", "SELECT clientele.fit_kmeans(clientele.feature_set(id, ARRAY[frequency, age]::float8[]), 3) FROM customers",
        "clientele.kmeans_assign(value, ARRAY[5, 120])"),
    ("robust, with names and weights", "kmeans_model", "SELECT clientele.fit_kmeans(clientele.feature_set(id, ARRAY[frequency, age]::float8[], frequency), 4,
            scaling => 'robust', names => ARRAY['orders', 'age é']) FROM customers",
        "clientele.kmeans_assign(value, ARRAY[5, 120])"),
    ("of texts", "basket_model", "SELECT clientele.fit_baskets(clientele.basket_log(basket, name), min_count => 2) FROM baskets",
        "(SELECT array_agg(item ORDER BY item) FROM clientele.recommend(value, ARRAY['item é 1']))"),
    ("of integers", "basket_model", "SELECT clientele.fit_baskets(clientele.basket_log(basket, number), min_count => 2) FROM baskets",
        "(SELECT array_agg(item ORDER BY item) FROM clientele.recommend(value, ARRAY['1']))"),
];

fn path(version: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("released/{version}.tsv"))
}

/// Values of all types, and whoever asks may take them for bytes, and bytes for them, as they lie in a table.
fn open(client: &mut Client) -> Result<BTreeSet<String>, Failure> {
    client.batch_execute("SET client_min_messages = error")?;
    let types = client.query(
        "SELECT typname::text FROM pg_type WHERE typnamespace = 'clientele'::regnamespace AND typtype = 'b' AND typcategory <> 'A'",
        &[],
    )?;
    let types: BTreeSet<String> = types.iter().map(|row| row.get(0)).collect();
    for name in &types {
        client.batch_execute(&format!(
            "CREATE CAST (clientele.{name} AS bytea) WITHOUT FUNCTION; CREATE CAST (bytea AS clientele.{name}) WITHOUT FUNCTION"
        ))?;
    }
    Ok(types)
}

/// Stores all values, as a file of today's version has them.
fn write(client: &mut Client) -> Result<String, Failure> {
    client.batch_execute(SHOP)?;
    client.batch_execute(ROWS)?;
    let mut text = String::new();
    for (what, name, made, question) in VALUES {
        let line: Option<String> = one(
            client,
            &format!("SELECT concat_ws(E'\\t', encode(value::bytea, 'hex'), value::text, ({question})::text) FROM ({made}) made (value)"),
        )
        .map_err(|failure| format!("{name}: {what}: {}", crate::told(&*failure)))?;
        let line = line.ok_or_else(|| format!("{name}: {what}: is NULL"))?;
        let [bytes, value, answer] = line.split('\t').collect::<Vec<_>>()[..] else {
            return Err(format!("{name}: {what}: a part is NULL, or has a tab: {line}").into());
        };
        let question = question.split_whitespace().collect::<Vec<_>>().join(" ");
        text += &[what, name, bytes, value, &question, answer].join("\t");
        text += "\n";
    }
    Ok(text)
}

/// What is not as a line says.
fn differences(client: &mut Client, line: &str) -> Result<Vec<String>, Failure> {
    let [what, name, bytes, text, question, answer] = line.split('\t').collect::<Vec<_>>()[..] else {
        return Err(format!("not six columns: {line}").into());
    };
    let row = client
        .query_one(
            &format!(
                "SELECT value::text, ({question})::text, value OPERATOR(clientele.=) text::clientele.{name}, text::clientele.{name}::text
                 FROM (SELECT decode($1, 'hex')::clientele.{name}, $2::text) stored (value, text)"
            ),
            &[&bytes, &text],
        )
        .map_err(|error| format!("{name}: {what}: {error:?}"))?;
    let found = [
        ("as text", text, row.try_get::<_, Option<String>>(0)?),
        ("answers", answer, row.try_get(1)?),
        (
            "equals what is read of its text",
            "true",
            row.try_get::<_, Option<bool>>(2)?.map(|is| is.to_string()),
        ),
        ("of text, as text", text, row.try_get(3)?),
    ];
    let different = found
        .into_iter()
        .filter(|(_, expected, found)| found.as_deref() != Some(expected));
    Ok(different
        .map(|(of, expected, found)| format!("{name}: {what}: {of}: {found:?} and not {expected}"))
        .collect())
}

fn what_was_released_is_read(database: &Database) -> Outcome {
    let mut client = database.client()?;
    let types = open(&mut client)?;
    let released = upgrades::released(&directory())?;
    let today = upgrades::today(&mut client)?;
    let of_today = write(&mut client)?;
    if std::env::var_os("RELEASED").is_some_and(|value| value == "write") {
        ensure!(
            !released.contains(&today),
            "{today} is released: what it stored does not change"
        );
        fs::create_dir_all(path(&today).parent().ok_or("no directory")?)?;
        fs::write(path(&today), &of_today)?;
    }
    let mut files = vec![("of today".to_owned(), of_today)];
    for version in released {
        let text =
            fs::read_to_string(path(&version)).map_err(|error| format!("{}: {error}", path(&version).display()))?;
        files.push((version, text));
    }
    let mut found = Vec::new();
    for (version, text) in files {
        let stored: BTreeSet<&str> = text.lines().filter_map(|line| line.split('\t').nth(1)).collect();
        let without: Vec<&String> = types.iter().filter(|name| !stored.contains(name.as_str())).collect();
        ensure!(
            version != "of today" || without.is_empty(),
            "nothing is stored of {without:?}"
        );
        for line in text.lines() {
            let here = differences(&mut client, line)?;
            found.extend(here.into_iter().map(|difference| format!("{version}: {difference}")));
        }
    }
    ensure!(found.is_empty(), "{}", found.join("\n"));
    Ok(())
}
