//! Public order data with known results, beside the same numbers from plain SQL.
//!
//! The files are not part of the project: `REFERENCE_DATA` names the directory of their folders `data` and `golden`. Where they are
//! not, there or in `../shared`, a test is skipped and says so.

mod models;
mod seasonality;
mod stages;
mod validation;

use crate::database::{Database, one, program, run};
use crate::{Failure, Outcome, ensure};
use libtest_mimic::Trial;
use std::path::{Path, PathBuf};

type Check = fn(&mut postgres::Client) -> Outcome;

/// Each check with the tables that it reads.
const CHECKS: &[(&str, &[&str], Check)] = &[
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
    (
        "online_retail_in_every_plan",
        &["online_retail"],
        online_retail_in_every_plan,
    ),
    ("cdnow_repeat_purchases", &["cdnow_master"], cdnow_repeat_purchases),
    ("cdnow_scores", &["cdnow_master", "rfm_cdnow"], cdnow_scores),
    ("cdnow_models", &["cdnow_master"], models::cdnow_models),
    ("online_retail_models", &["online_retail"], models::online_retail_models),
    ("cdnow_predictions", &["cdnow_sample"], cdnow_predictions),
    ("cdnow_money", &["cdnow_master"], validation::cdnow_money),
    ("cdnow_churn", &["cdnow_master"], validation::cdnow_churn),
    (
        "online_retail_money",
        &["online_retail"],
        validation::online_retail_money,
    ),
    (
        "online_retail_days",
        &["online_retail"],
        seasonality::online_retail_days,
    ),
    ("online_retail_stages", &["online_retail"], stages::online_retail_stages),
    (
        "online_retail_survival",
        &["online_retail"],
        stages::online_retail_survival,
    ),
    ("cdnow_segments", &["kmeans_cdnow"], cdnow_segments),
    ("groceries", &["groceries_baskets"], groceries),
    (
        "public_itemsets",
        &["retail", "mushroom", "chess", "t10i4d100k"],
        public_itemsets,
    ),
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
        "cdnow_sample" => "data/cdnow_sample.csv.gz",
        "rfm_cdnow" => "golden/rfm_cdnow.csv",
        "kmeans_cdnow" => "golden/kmeans_cdnow.csv",
        "groceries_baskets" => "data/groceries_baskets.csv.gz",
        "retail" => "data/fimi/retail.dat.gz",
        "mushroom" => "data/fimi/mushroom.dat.gz",
        "chess" => "data/fimi/chess.dat.gz",
        "t10i4d100k" => "data/fimi/T10I4D100K.dat.gz",
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
        "cdnow_sample" => {
            "master_id integer, customer_id integer, date date, units integer, dollars numeric(10,2)"
        }
        "kmeans_cdnow" => {
            "id integer, recency_days float8, frequency float8, monetary float8, z1 float8, z2 float8, z3 float8"
        }
        "groceries_baskets" | "retail" | "mushroom" | "chess" | "t10i4d100k" => "line text",
        _ => {
            "customer_id integer, days integer, orders bigint, cents bigint, r_ntile integer, r_tied integer, f_ntile integer,
             f_tied integer, m_ntile integer, m_tied integer"
        }
    };
    database
        .client()?
        .batch_execute(&format!("CREATE TABLE {table} ({columns})"))?;
    let file = file_of(directory, table);
    // A basket is a line, of as many items as it has.
    let format = match columns {
        "line text" => "FORMAT text",
        _ => "FORMAT csv, HEADER",
    };
    let copy = format!(
        "\\copy {table} FROM PROGRAM 'gzip -dcf \"{}\"' ({format})",
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

/// Order lines, some hundreds of them at one instant, with amounts that add exactly and with others: one value whatever the plan, and the
/// same orders for all readers and for plain SQL.
fn online_retail_in_every_plan(client: &mut postgres::Client) -> Outcome {
    client.batch_execute(
        "CREATE TABLE lines AS
         SELECT customer_id, invoice_date AS at, quantity * unit_price AS cents, (quantity * unit_price)::real AS real,
                quantity * unit_price / 3.0 AS thirds
         FROM online_retail;
         ALTER TABLE lines SET (parallel_workers = 3); ANALYZE lines;
         SET parallel_setup_cost = 0; SET parallel_tuple_cost = 0; SET max_parallel_workers = 8",
    )?;
    for amount in ["cents", "real", "thirds"] {
        let call = format!("clientele.order_log(customer_id, at, {amount})");
        let mut values = Vec::new();
        for from in ["lines", "(SELECT * FROM lines ORDER BY cents DESC) l"] {
            for workers in [0, 3] {
                client.batch_execute(&format!("SET max_parallel_workers_per_gather = {workers}"))?;
                values.push(one::<String>(
                    client,
                    &format!("SELECT md5(clientele.order_log_send({call})) FROM {from}"),
                )?);
            }
        }
        for pieces in ["at::date", "customer_id % 5", "cents < 10"] {
            values.push(one(
                client,
                &format!(
                    "SELECT md5(clientele.order_log_send(clientele.merge(log))) FROM (SELECT {call} AS log FROM lines GROUP BY {pieces}) p"
                ),
            )?);
        }
        values.push(one(
            client,
            &format!("SELECT md5(clientele.order_log_send({call}::text::clientele.order_log)) FROM lines"),
        )?);
        ensure!(
            values.iter().all(|value| *value == values[0]),
            "{amount}: what is collected depends on the way: {values:?}"
        );
        let row = client.query_one(
            &format!(
                "WITH log AS MATERIALIZED (SELECT {call} AS log FROM lines),
                      plain AS (SELECT customer_id, at, sum({amount}::float8) AS amount FROM lines
                                WHERE customer_id IS NOT NULL GROUP BY customer_id, at, {amount} < 0)
                 SELECT d.orders, (SELECT sum(orders)::bigint FROM clientele.customers(log)),
                        (SELECT count(*) FROM clientele.orders(log) WHERE amount >= 0), (SELECT count(*) FROM plain WHERE amount >= 0),
                        (SELECT count(*) FROM clientele.orders(log) o JOIN plain p
                         ON (p.customer_id, p.at, p.amount < 0) = (o.customer_id, o.ordered_at, o.amount < 0)
                         WHERE abs(p.amount - o.amount) <= 1e-9 * (1 + abs(p.amount))),
                        (SELECT count(*) FROM plain),
                        d.repeat_customers, (SELECT count(*) FROM clientele.customers(log) WHERE frequency > 0)
                 FROM log, clientele.describe(log) d"
            ),
            &[],
        )?;
        let found: Vec<i64> = (0..8).map(|at| row.try_get(at)).collect::<Result<_, _>>()?;
        ensure!(
            found[..4] == [18_444; 4] && found[4] == found[5] && found[6] == found[7],
            "{amount}: orders of describe, customers, orders and plain SQL, those that agree, and who came again: {found:?}"
        );
    }
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

/// Half a year of the sample predicted from the first 39 weeks, against published figures.
fn cdnow_predictions(client: &mut postgres::Client) -> Outcome {
    let want = [
        ("bg/nbd", "1653.4 0.785 1.608"),
        ("mbg/nbd", "1576.7 0.765 1.607"),
        ("pareto/nbd", "1665.5 0.755 1.603"),
        ("same rate", "2930.1 1.024 2.212"),
        ("nobody", "0.0 0.798 2.206"),
    ];
    for (method, figures) in want {
        let found: String = one(
            client,
            &format!(
                "SELECT round(predicted::numeric, 1) || ' ' || round(mae::numeric, 3) || ' ' || round(rmse::numeric, 3)
                 FROM clientele.compare_purchase_models((SELECT clientele.order_log(customer_id, date, dollars) FROM cdnow_sample),
                                                        split => '1997-09-30', as_of => '1998-06-30')
                 WHERE method = '{method}' AND actual = 1882"
            ),
        )?;
        ensure!(found == figures, "{method}: {found} and not {figures}");
    }
    Ok(())
}

/// The best inertia of 50 runs of scikit-learn, which ten of them find, of RFM values whose logarithms are standardised.
fn cdnow_segments(client: &mut postgres::Client) -> Outcome {
    client.batch_execute(
        "CREATE TABLE sets AS SELECT clientele.feature_set(id, ARRAY[z1, z2, z3]) AS set FROM kmeans_cdnow",
    )?;
    for (k, inertia) in [
        (2, 28844.060368740997),
        (3, 19818.629571824422),
        (4, 15999.558330287478),
    ] {
        let fit = format!("SELECT clientele.fit_kmeans(set, {k}, scaling => 'none') AS model FROM sets");
        let row = client.query_one(
            &format!("SELECT d.inertia, d.status FROM ({fit}) f, clientele.describe(model) d"),
            &[],
        )?;
        let (found, status): (f64, String) = (row.try_get(0)?, row.try_get(1)?);
        ensure!(
            (found / inertia - 1.0).abs() < 1e-9 && status == "converged",
            "k = {k}: {found}, {status}"
        );
    }
    // Labels stay: one customer in a hundred is moved.
    client.batch_execute(
        "CREATE TABLE moved AS SELECT clientele.feature_set(id, ARRAY[z1, z2, z3 + CASE WHEN id % 100 = 0 THEN 1 ELSE 0 END]) AS set FROM kmeans_cdnow",
    )?;
    for k in 3..=8 {
        let per_mille: i32 = one(
            client,
            &format!(
                "WITH f AS MATERIALIZED (SELECT clientele.fit_kmeans(set, {k}, scaling => 'none') AS model FROM sets)
                 SELECT floor(1000 * avg((a.cluster = b.cluster)::integer))::integer
                 FROM f, sets s, moved m, LATERAL clientele.kmeans(s.set, model) a
                      JOIN LATERAL clientele.kmeans(m.set, {k}, scaling => 'none', previous => model) b USING (id) WHERE id % 100 <> 0"
            ),
        )?;
        ensure!(per_mille >= 990, "k = {k}: {per_mille} of a thousand labels stayed");
    }
    Ok(())
}

/// Counts and rules as arules, mlxtend and other programs find them.
fn groceries(client: &mut postgres::Client) -> Outcome {
    client.batch_execute(
        "CREATE TABLE log AS
         SELECT clientele.basket_log(basket, item) AS log
         FROM (SELECT row_number() OVER () AS basket, line FROM groceries_baskets) b, string_to_table(line, ',') item",
    )?;
    let sets = |options: &str| {
        format!("SELECT count(*) || ' ' || max(length) FROM log, clientele.frequent_itemsets(log, {options})")
    };
    let rules = |options: &str| format!("SELECT count(*)::text FROM log, clientele.association_rules(log, {options})");
    let top = "SELECT antecedent::text || consequent::text || baskets || ' ' || round(confidence::numeric, 6) || ' ' || round(lift::numeric, 6)
               FROM log, clientele.association_rules(log, 0.001, min_confidence => 0.8, top => 1, by => 'lift')";
    for (query, answer) in [
        (sets("0.01"), "333 3"),
        (sets("min_count => 50"), "1001 4"),
        (sets("0.001"), "13492 6"),
        (sets("0.001, target => 'closed'"), "13464 6"),
        (sets("0.001, target => 'maximal'"), "7794 6"),
        (rules("0.001, min_confidence => 0.8"), "410"),
        (rules("0.001, min_confidence => 0.5"), "5668"),
        (rules("0.001, min_confidence => 0.5, max_consequent => 9"), "5829"),
        (rules("0.006, min_confidence => 0.25"), "463"),
        (rules("0.01"), "15"),
        (
            top.to_owned(),
            "{liquor,\"red/blush wine\"}{\"bottled beer\"}19 0.904762 11.235269",
        ),
    ] {
        let found: String = one(client, &query)?;
        ensure!(found == answer, "{query}: {found}, and not {answer}");
    }
    Ok(())
}

/// Sets of the data that programs are compared with, as other programs count them.
fn public_itemsets(client: &mut postgres::Client) -> Outcome {
    for table in ["retail", "mushroom", "chess", "t10i4d100k"] {
        client.batch_execute(&format!(
            "CREATE TABLE {table}_log AS
             SELECT clientele.basket_log(basket, item::integer) AS log
             FROM (SELECT row_number() OVER () AS basket, btrim(line) AS line FROM {table}) b, string_to_table(line, ' ') item"
        ))?;
    }
    for (table, min_count, all, closed, longest) in [
        ("retail", 882, 159, 159, 4),
        ("retail", 441, 580, 580, 5),
        ("retail", 89, 7_589, 7_572, 5),
        ("mushroom", 3_250, 565, 140, 7),
        ("mushroom", 1_625, 53_583, 1_197, 15),
        ("mushroom", 1_219, 98_575, 2_261, 15),
        ("chess", 2_557, 8_227, 5_083, 10),
        ("chess", 2_238, 48_731, 23_892, 13),
        ("chess", 1_918, 254_944, 98_392, 14),
        ("t10i4d100k", 1_000, 385, 385, 3),
        ("t10i4d100k", 500, 1_073, 1_073, 5),
        ("t10i4d100k", 100, 27_532, 26_806, 10),
    ] {
        for (target, sets) in [("all", all), ("closed", closed)] {
            let found: String = one(
                client,
                &format!(
                    "SELECT count(*) || ' ' || max(length)
                     FROM {table}_log, clientele.frequent_itemsets(log, min_count => {min_count}, target => '{target}')"
                ),
            )?;
            ensure!(
                found == format!("{sets} {longest}"),
                "{table}, {target} in {min_count}: {found}, and not {sets} {longest}"
            );
        }
    }
    Ok(())
}
