//! Public order data with known results, beside the same numbers from plain SQL.
//!
//! The files are not part of the project: `REFERENCE_DATA` names the directory of their folders `data` and `golden`. Where they are
//! not, there or in `../shared`, a test is skipped and says so.

use crate::database::{Database, one, program, run};
use crate::{Failure, Outcome, ensure};
use libtest_mimic::Trial;
use std::path::{Path, PathBuf};

type Check = fn(&mut postgres::Client) -> Outcome;

/// Each check with the tables that it reads.
const CHECKS: [(&str, &[&str], Check); 4] = [
    (
        "online_retail_without_returns",
        &["online_retail"],
        online_retail_without_returns,
    ),
    (
        "online_retail_with_returns",
        &["online_retail"],
        online_retail_with_returns,
    ),
    ("cdnow_repeat_purchases", &["cdnow_master"], cdnow_repeat_purchases),
    ("cdnow_scores", &["cdnow_master", "rfm_cdnow"], cdnow_scores),
];

pub fn trials() -> Vec<Trial> {
    let directory = std::env::var_os("REFERENCE_DATA").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared"),
        PathBuf::from,
    );
    CHECKS
        .iter()
        .map(|&(name, tables, check)| {
            if let Some(table) = tables.iter().find(|table| !file_of(&directory, table).exists()) {
                let name = format!("real_data::{name} skipped: there is no {table}");
                return Trial::test(name, || Ok(())).with_ignored_flag(true);
            }
            let directory = directory.clone();
            Trial::test(format!("real_data::{name}"), move || {
                run_check(&directory, tables, check).map_err(|failure| crate::told(&*failure).into())
            })
        })
        .collect()
}

/// Where a table comes from.
fn file_of(directory: &Path, table: &str) -> PathBuf {
    directory.join(match table {
        "online_retail" => "data/online_retail.csv.gz",
        "cdnow_master" => "data/cdnow_master.csv.gz",
        "rfm_cdnow" => "golden/rfm_cdnow.csv",
        table => unreachable!("{table} is no table of reference data"),
    })
}

fn run_check(directory: &Path, tables: &[&str], check: Check) -> Outcome {
    let database = Database::create()?;
    for table in tables {
        load(&database, directory, table)?;
    }
    check(&mut database.client()?)
}

/// Loads one of the files as a table of its name.
fn load(database: &Database, directory: &Path, table: &str) -> Result<(), Failure> {
    let columns = match table {
        "online_retail" => {
            "invoice_no text, stock_code text, description text, quantity integer, invoice_date timestamp, unit_price numeric(12,3),
             customer_id integer, country text"
        }
        "cdnow_master" => "customer_id integer, date date, units integer, dollars numeric(10,2)",
        _ => {
            "customer_id integer, days integer, orders bigint, cents bigint, r_ntile integer, r_tied integer, f_ntile integer,
             f_tied integer, m_ntile integer, m_tied integer"
        }
    };
    database
        .client()?
        .batch_execute(&format!("CREATE TABLE {table} ({columns})"))?;
    let file = file_of(directory, table);
    let copy = format!(
        "\\copy {table} FROM PROGRAM 'gzip -dcf \"{}\"' (FORMAT csv, HEADER)",
        file.display()
    );
    run(program("psql").args(["-Xq", "-d", database.name(), "-c", &copy]))?;
    database.client()?.batch_execute(&format!("ANALYZE {table}"))?;
    Ok(())
}

/// Puts each customer of ours beside the same in plain SQL: there are so many, and all agree.
fn all_agree(client: &mut postgres::Client, lines: &str, customers: i64) -> Outcome {
    let row = client.query_one(
        &format!(
            "WITH lines AS MATERIALIZED ({lines}),
                  ours AS (SELECT c.* FROM clientele.customers((SELECT clientele.order_log(customer_id, at, amount) FROM lines)) c),
                  instants AS (SELECT customer_id, at, sum(amount) AS amount, bool_or(amount >= 0) AS is_order FROM lines
                               WHERE customer_id IS NOT NULL GROUP BY customer_id, at),
                  plain AS (SELECT customer_id, count(*) FILTER (WHERE is_order) AS orders, sum(amount) AS revenue,
                                   min(at) FILTER (WHERE is_order) AS first_order, max(at) FILTER (WHERE is_order) AS last_order,
                                   greatest(count(DISTINCT at::date) FILTER (WHERE is_order) - 1, 0) AS frequency
                            FROM instants GROUP BY customer_id)
             SELECT (SELECT count(*) FROM ours), (SELECT count(*) FROM plain), count(*)
             FROM ours JOIN plain USING (customer_id)
             WHERE (ours.orders, ours.revenue::numeric(20,3)) = (plain.orders, plain.revenue)
               AND (ours.first_order, ours.last_order, coalesce(ours.frequency, 0)) IS NOT DISTINCT FROM
                   (plain.first_order, plain.last_order, plain.frequency)"
        ),
        &[],
    )?;
    let found: [i64; 3] = [row.try_get(0)?, row.try_get(1)?, row.try_get(2)?];
    ensure!(
        found == [customers; 3],
        "ours, plain SQL's, and those that agree: {found:?}"
    );
    Ok(())
}

/// Customers, orders and revenue that `describe` finds.
fn totals(client: &mut postgres::Client, lines: &str) -> Result<(i64, i64, String), Failure> {
    let row = client.query_one(
        &format!(
            "SELECT d.customers, d.orders, d.revenue::numeric(20,3)::text
             FROM clientele.describe((SELECT clientele.order_log(customer_id, at, amount) FROM ({lines}) l)) d"
        ),
        &[],
    )?;
    Ok((row.try_get(0)?, row.try_get(1)?, row.try_get(2)?))
}

fn online_retail_without_returns(client: &mut postgres::Client) -> Outcome {
    let clean = "SELECT customer_id, invoice_date AS at, quantity * unit_price AS amount FROM online_retail
                 WHERE customer_id IS NOT NULL AND quantity > 0 AND unit_price > 0";
    let found = totals(client, clean)?;
    ensure!(found == (4338, 18440, "8911407.904".into()), "found {found:?}");
    all_agree(client, clean, 4338)?;
    let best: String = one(
        client,
        &format!(
            "SELECT customer_id || ' ' || revenue FROM clientele.rfm((SELECT clientele.order_log(customer_id, at, amount) FROM ({clean}) l))
             ORDER BY revenue DESC LIMIT 1"
        ),
    )?;
    ensure!(best == "14646 280206.02", "the best customer is {best}");
    Ok(())
}

fn online_retail_with_returns(client: &mut postgres::Client) -> Outcome {
    let all = "SELECT customer_id, invoice_date AS at, quantity * unit_price AS amount FROM online_retail";
    let found = totals(client, all)?;
    ensure!(found == (4372, 18444, "8300065.814".into()), "found {found:?}");
    all_agree(client, all, 4372)?;
    let ignored: i64 = one(
        client,
        &format!(
            "SELECT (clientele.describe(clientele.order_log(customer_id, at, amount))).null_customers FROM ({all}) l"
        ),
    )?;
    ensure!(ignored == 135_080, "{ignored} lines without a customer");
    Ok(())
}

fn cdnow_repeat_purchases(client: &mut postgres::Client) -> Outcome {
    let lines = "SELECT customer_id, date AS at, dollars AS amount FROM cdnow_master";
    all_agree(client, lines, 23_570)?;
    let repeats: i64 = one(
        client,
        "SELECT sum(frequency)::bigint FROM clientele.customers((SELECT clientele.order_log(customer_id, date, dollars) FROM cdnow_master),
                                                                as_of => '1997-09-30')",
    )?;
    let plain: i64 = one(
        client,
        "SELECT sum(days - 1)::bigint FROM (SELECT count(DISTINCT date) AS days FROM cdnow_master WHERE date <= '1997-09-30' GROUP BY customer_id) d",
    )?;
    ensure!(
        (repeats, plain) == (24_337, 24_337),
        "{repeats} repeat purchases, {plain} in plain SQL"
    );
    Ok(())
}

/// Scores by both rules for ties, against those of two other engines.
fn cdnow_scores(client: &mut postgres::Client) -> Outcome {
    for ties in ["tied", "ntile"] {
        let different: i64 = one(
            client,
            &format!(
                "SELECT count(*) FROM rfm_cdnow theirs FULL JOIN clientele.rfm((
                     SELECT clientele.order_log(customer_id, date, dollars) FROM cdnow_master), ties => '{ties}') ours USING (customer_id)
                 WHERE (ours.r, ours.f, ours.m) IS DISTINCT FROM (theirs.r_{ties}, theirs.f_{ties}, theirs.m_{ties})
                    OR (ours.orders, round(ours.revenue * 100), ours.days_since_last) IS DISTINCT FROM
                       (theirs.orders, theirs.cents::float8, theirs.days::float8)"
            ),
        )?;
        ensure!(different == 0, "{different} customers differ with ties => {ties}");
    }
    Ok(())
}
