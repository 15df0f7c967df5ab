//! One answer whatever the plan: serial, parallel, in pieces, spilled to disk.

use crate::database::{Database, one};
use crate::{Failure, Outcome, ensure};
use postgres::Client;

crate::trials!(
    every_aggregate_is_merged_and_tried,
    order_logs_are_alike_in_every_plan,
    basket_logs_are_alike_in_every_plan,
    feature_sets_are_alike_in_every_plan,
    purchases_are_fitted_alike_in_every_plan,
    spend_is_fitted_alike_in_every_plan,
    retention_is_fitted_alike_in_every_plan,
    agreements_are_alike_in_every_plan,
    revenue_is_the_same_in_every_order_of_rows,
    groups_spill_to_disk,
    every_time_zone_is_that_of_the_server,
);

/// Aggregates with one kind of state, and what they are tried with.
struct Family {
    /// Makes the table `rows`.
    rows: &'static str,
    /// Calls of the aggregates over it, not all of which give the same.
    calls: fn() -> Vec<String>,
    /// The bytes of a result, which is `{}`.
    bytes: &'static str,
    /// Rows come in these orders, too.
    orders: &'static [&'static str],
    /// By this there are so many groups that they do not fit into a megabyte; nothing where a fit to each of them would take too long.
    groups: Option<&'static str>,
    /// By this there are pieces whose values are merged by `clientele.merge`, where there is such a thing.
    pieces: Option<&'static str>,
}

const ORDER_LOG: Family = Family {
    rows: EVERY_TYPE,
    calls: every_order_log,
    bytes: "clientele.order_log_send({})",
    orders: &["float8", "timestamptz DESC", "md5(float8::text)", "text, timestamptz"],
    groups: Some("int4"),
    pieces: Some("date"),
};

const BASKET_LOG: Family = Family {
    rows: "
    CREATE TABLE rows AS
    SELECT i * 31 % 20000 AS receipt, 'customér ' || i % 400 AS customer, date '2024-01-01' + i % 300 AS day,
           i::bigint * i % 600 AS product, md5((i::bigint * i % 600)::text)::uuid AS uuid, 'product ' || i::bigint * i % 600 AS name
    FROM generate_series(1, 200000) i",
    calls: every_basket_log,
    bytes: "clientele.basket_log_send({})",
    orders: &["product", "md5(name || receipt)", "receipt DESC"],
    groups: Some("receipt"),
    // Each piece holds a part of every basket.
    pieces: Some("product % 50"),
};

const FEATURE_SET: Family = Family {
    rows: FEATURES,
    calls: every_feature_set,
    bytes: "clientele.feature_set_send({})",
    orders: &["features", "md5(features::text)", "int4 DESC"],
    groups: Some("int4"),
    pieces: Some("int4 % 50"),
};

/// Summaries of 20 000 customers; some rows hold NULL, and are none.
const SUMMARIES: &str = "
    CREATE TABLE rows AS
    SELECT nullif(i * 31 % 17, 16) AS frequency, CASE WHEN i * 31 % 17 > 0 THEN i * 7 % 200 ELSE 0 END AS recency, 200 + i * 13 % 100 AS age,
           nullif(i * 7919 % 10007, 5) / 100.0 + i * 31 % 17 AS monetary_value, 1 + i % 3 AS weight
    FROM generate_series(1, 20000) i";

const PURCHASES: Family = Family {
    rows: SUMMARIES,
    calls: || {
        strings(&[
            "clientele.fit_purchases(frequency, recency, age)",
            "clientele.fit_purchases(frequency, recency, age, weight)",
            "clientele.fit_purchases(frequency, recency, age, weight, 'bg/nbd', '7 days')",
        ])
    },
    bytes: "clientele.purchase_model_send({})",
    orders: &["frequency", "md5(age::text)", "recency DESC"],
    groups: None,
    pieces: None,
};

const SPEND: Family = Family {
    rows: SUMMARIES,
    calls: || {
        strings(&[
            "clientele.fit_spend(frequency, monetary_value)",
            "clientele.fit_spend(frequency, monetary_value, weight)",
        ])
    },
    bytes: "clientele.spend_model_send({})",
    orders: &["frequency", "md5(age::text)", "monetary_value DESC"],
    groups: None,
    pieces: None,
};

const RETENTION: Family = Family {
    rows: "
    CREATE TABLE rows AS
    SELECT i % 9000 AS plan, 1 + i / 9000 AS period, 1 + i * 7919 % 40 AS customers, i * 31 % 7 < 3 AS has_left
    FROM generate_series(0, 200000) i",
    calls: || {
        strings(&[
            "clientele.fit_retention(period, customers, has_left)",
            "clientele.fit_retention(period - 1, 2000000 / period - customers)",
        ])
    },
    bytes: "clientele.retention_model_send({})",
    orders: &["customers", "md5(period::text)", "period DESC"],
    groups: Some("plan"),
    pieces: None,
};

const SEGMENT_AGREEMENT: Family = Family {
    rows: "
    CREATE TABLE rows AS
    SELECT i % 9000 AS plan, i * 31 % 700 AS number, 'segmént ' || i::bigint * i % 900 AS name, md5((i % 600)::text)::uuid AS uuid
    FROM generate_series(1, 200000) i",
    calls: || {
        strings(&[
            "clientele.segment_agreement(number, name)",
            "clientele.segment_agreement(name, uuid)",
            "clientele.segment_agreement(uuid, number / 7)",
        ])
    },
    bytes: "textsend(({})::text)",
    orders: &["number", "md5(name || number)", "name DESC"],
    groups: Some("plan"),
    pieces: None,
};

/// All families: an aggregate that none of them calls is an aggregate that no test has seen in a parallel plan.
const FAMILIES: [Family; 7] = [
    ORDER_LOG,
    BASKET_LOG,
    FEATURE_SET,
    PURCHASES,
    SPEND,
    RETENTION,
    SEGMENT_AGREEMENT,
];

const PARALLEL: &str = "SET parallel_setup_cost = 0; SET parallel_tuple_cost = 0; SET min_parallel_table_scan_size = 0;
                        SET max_parallel_workers_per_gather = 3; SET max_parallel_workers = 8; SET enable_seqscan = on";

/// 150 000 rows of 5 000 customers with keys, times and amounts of every type; every 20th row is a return.
const EVERY_TYPE: &str = "
    CREATE TABLE rows AS
    SELECT k::int2 AS int2, k AS int4, k * 4000000000 AS int8, md5(k::text)::uuid AS uuid, 'customer ' || k AS text,
           ('c' || k)::varchar(20) AS varchar, t AS timestamptz, t::timestamp AS timestamp, t::date AS date, a AS numeric,
           CASE WHEN k % 2 = 0 THEN a::float8 ELSE a::float8 / 3 END AS float8
    FROM (SELECT (i::bigint * 7919 % 5000) AS k, timestamptz '2021-01-01 00:00+00' + (i::bigint * 104729 % 900000) * interval '97 seconds' AS t,
                 (CASE WHEN i % 20 = 0 THEN -1 ELSE 1 END * (i * 31 % 100000))::numeric / 100 AS a
          FROM generate_series(1, 150000) i) s";

/// 150 000 rows with ids of every type, and some without features.
const FEATURES: &str = "
    CREATE TABLE rows AS
    SELECT k::int2 AS int2, k AS int4, k * 4000000000 AS int8, md5(k::text)::uuid AS uuid, 'customer ' || k AS text,
           ('c' || k)::varchar(20) AS varchar, ARRAY[k, a, CASE WHEN k % 2 = 0 THEN a ELSE a / 3 END, nullif(k % 1000, 7)]::float8[] AS features
    FROM (SELECT (i::bigint * 7919 % 5000) AS k, (i * 31 % 100000)::numeric / 100 AS a FROM generate_series(1, 150000) i) s";

const KEYS: [&str; 6] = ["int2", "int4", "int8", "uuid", "text", "varchar"];
const TIMES: [&str; 3] = ["timestamptz", "timestamp", "date"];
const AMOUNTS: [&str; 3] = [", numeric", ", float8", ""];

fn every_order_log() -> Vec<String> {
    let times = |key| TIMES.map(move |time| (key, time)).into_iter();
    KEYS.into_iter()
        .flat_map(times)
        .flat_map(|(key, time)| AMOUNTS.map(|amount| format!("clientele.order_log({key}, {time}{amount})")))
        .collect()
}

fn every_basket_log() -> Vec<String> {
    [
        "receipt",
        "customer",
        "day",
        "uuid",
        "(customer, day)",
        "day::timestamp",
        "receipt / 8.0",
    ]
    .iter()
    .flat_map(|basket| ["product", "uuid", "name"].map(|item| format!("clientele.basket_log({basket}, {item})")))
    .collect()
}

fn every_feature_set() -> Vec<String> {
    KEYS.map(|key| format!("clientele.feature_set({key}, features)")).into()
}

fn strings(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|&text| text.to_owned()).collect()
}

fn plan(client: &mut Client, options: &str, query: &str) -> Result<String, Failure> {
    let lines = client.query(&format!("EXPLAIN (COSTS OFF{options}) {query}"), &[])?;
    Ok(lines.iter().map(|line| line.get::<_, String>(0) + "\n").collect())
}

/// Every aggregate of the extension can be merged and travel between parallel workers, and one of the families calls it.
fn every_aggregate_is_merged_and_tried(database: &Database) -> Outcome {
    let mut client = database.client()?;
    let incomplete: Vec<String> = one(
        &mut client,
        "SELECT coalesce(array_agg(a.aggfnoid::regprocedure::text), '{}') FROM pg_aggregate a JOIN pg_proc p ON p.oid = a.aggfnoid
         JOIN pg_depend d ON d.classid = 'pg_proc'::regclass AND d.objid = a.aggfnoid AND d.deptype = 'e'
         WHERE a.aggcombinefn = 0 OR a.aggserialfn = 0 OR a.aggdeserialfn = 0 OR a.aggtransspace <= 0 OR p.proparallel <> 's'",
    )?;
    ensure!(incomplete.is_empty(), "these cannot be merged: {incomplete:?}");
    client.batch_execute("CREATE TABLE called (aggregate oid)")?;
    for family in FAMILIES {
        client.batch_execute(&family.rows.replace("CREATE TABLE rows", "CREATE VIEW rows"))?;
        let mut calls: Vec<String> = (family.calls)();
        if family.pieces.is_some() {
            calls.push(format!("clientele.merge(({})) OVER ()", calls[0]));
        }
        // A view says which functions it calls.
        for call in calls {
            client.batch_execute(&format!(
                "CREATE VIEW calling AS SELECT {call} FROM rows;
                 INSERT INTO called SELECT d.refobjid FROM pg_rewrite r JOIN pg_depend d ON d.classid = 'pg_rewrite'::regclass AND d.objid = r.oid
                 WHERE r.ev_class = 'calling'::regclass AND d.refclassid = 'pg_proc'::regclass;
                 DROP VIEW calling"
            ))?;
        }
        client.batch_execute("DROP VIEW rows")?;
    }
    let untried: Vec<String> = one(
        &mut client,
        "SELECT coalesce(array_agg(a.aggfnoid::regprocedure::text), '{}') FROM pg_aggregate a
         JOIN pg_depend d ON d.classid = 'pg_proc'::regclass AND d.objid = a.aggfnoid AND d.deptype = 'e'
         WHERE NOT EXISTS (SELECT FROM called WHERE aggregate = a.aggfnoid)",
    )?;
    ensure!(untried.is_empty(), "no family calls these: {untried:?}");
    Ok(())
}

fn order_logs_are_alike_in_every_plan(database: &Database) -> Outcome {
    alike_in_every_plan(database, &ORDER_LOG)
}

fn basket_logs_are_alike_in_every_plan(database: &Database) -> Outcome {
    alike_in_every_plan(database, &BASKET_LOG)
}

fn feature_sets_are_alike_in_every_plan(database: &Database) -> Outcome {
    alike_in_every_plan(database, &FEATURE_SET)
}

fn purchases_are_fitted_alike_in_every_plan(database: &Database) -> Outcome {
    alike_in_every_plan(database, &PURCHASES)
}

fn spend_is_fitted_alike_in_every_plan(database: &Database) -> Outcome {
    alike_in_every_plan(database, &SPEND)
}

fn retention_is_fitted_alike_in_every_plan(database: &Database) -> Outcome {
    alike_in_every_plan(database, &RETENTION)
}

fn agreements_are_alike_in_every_plan(database: &Database) -> Outcome {
    alike_in_every_plan(database, &SEGMENT_AGREEMENT)
}

/// Serial and parallel, rows in any order, in pieces, groups in memory and on disk.
fn alike_in_every_plan(database: &Database, family: &Family) -> Outcome {
    let mut client = database.client()?;
    client.batch_execute(family.rows)?;
    client.batch_execute(
        "ALTER TABLE rows SET (parallel_workers = 3); ANALYZE rows; SET max_parallel_workers_per_gather = 0",
    )?;
    let calls = (family.calls)();
    let query = |call: &str, from: &str| format!("SELECT md5({}) FROM {from}", family.bytes.replace("{}", call));
    let mut serial: Vec<String> = Vec::new();
    for call in &calls {
        serial.push(one(&mut client, &query(call, "rows"))?);
    }
    let mut different = serial.clone();
    different.sort();
    different.dedup();
    ensure!(different.len() > 1, "all calls give the same");
    // Each order with some of the calls, all of them if they are few.
    for order in family.orders {
        for (call, serial) in calls.iter().zip(&serial).step_by(calls.len().div_ceil(8)) {
            let ordered: String = one(
                &mut client,
                &query(call, &format!("(SELECT * FROM rows ORDER BY {order}) o")),
            )?;
            ensure!(ordered == *serial, "{call} differs for rows ordered by {order}");
        }
    }
    if let Some(pieces) = family.pieces {
        client.batch_execute(&format!(
            "CREATE TABLE pieces AS SELECT {} AS piece FROM rows GROUP BY {pieces}; ALTER TABLE pieces SET (parallel_workers = 3)",
            calls[0]
        ))?;
        let merged: String = one(&mut client, &query("clientele.merge(piece)", "pieces"))?;
        ensure!(
            merged == serial[0],
            "what is merged differs from what is collected at once"
        );
    }
    if let Some(group) = family.groups {
        let grouped = format!("SELECT {group} AS g, {} AS value FROM rows GROUP BY {group}", calls[0]);
        let bytes = family.bytes.replace("{}", "value");
        let fingerprint = format!("SELECT md5(string_agg(md5({bytes}), '' ORDER BY g)) FROM ({grouped}) g");
        client.batch_execute("SET work_mem = '1GB'")?;
        let in_memory: String = one(&mut client, &fingerprint)?;
        client.batch_execute("SET work_mem = '1MB'; SET hash_mem_multiplier = 1; SET enable_sort = off")?;
        let hashed = plan(&mut client, ", ANALYZE, TIMING OFF, SUMMARY OFF", &grouped)?;
        ensure!(
            hashed.contains("HashAggregate") && hashed.contains("Disk Usage"),
            "nothing was spilled:\n{hashed}"
        );
        let spilled: String = one(&mut client, &fingerprint)?;
        ensure!(spilled == in_memory, "what was spilled came back different");
        client.batch_execute("RESET work_mem; RESET enable_sort")?;
    }

    client.batch_execute(PARALLEL)?;
    // Workers have the encoding of the database for that of the client: nothing may depend on it.
    client.batch_execute("SET client_encoding = 'LATIN1'")?;
    let of_rows = calls.iter().map(|call| (call.as_str(), "rows")).zip(&serial);
    let of_pieces = family
        .pieces
        .map(|_| (("clientele.merge(piece)", "pieces"), &serial[0]));
    for ((call, from), serial) in of_rows.chain(of_pieces) {
        let plan = plan(&mut client, "", &query(call, from))?;
        ensure!(
            plan.contains("Partial Aggregate") && plan.contains("Finalize Aggregate"),
            "{call} is not parallel:\n{plan}"
        );
        let parallel: String = one(&mut client, &query(call, from))?;
        ensure!(parallel == *serial, "{call} differs when it runs in parallel");
    }
    Ok(())
}

/// Sums that are not exact have an order of their own.
fn revenue_is_the_same_in_every_order_of_rows(database: &Database) -> Outcome {
    let mut client = database.client()?;
    client.batch_execute(EVERY_TYPE)?;
    client.batch_execute("SET max_parallel_workers_per_gather = 0")?;
    for call in [
        "clientele.order_log(int8, timestamptz, float8)",
        "clientele.order_log(text, date, float8)",
    ] {
        let revenue = |from: &str| format!("SELECT (clientele.describe({call})).revenue::text FROM {from}");
        let as_they_are: String = one(&mut client, &revenue("rows"))?;
        let ordered: String = one(&mut client, &revenue("(SELECT * FROM rows ORDER BY float8) o"))?;
        ensure!(
            as_they_are == ordered,
            "{call}: the revenue is {as_they_are} or {ordered}"
        );
    }
    Ok(())
}

/// PostgreSQL sees the memory of the states: a hashed GROUP BY with many groups goes to disk instead of growing.
fn groups_spill_to_disk(database: &Database) -> Outcome {
    let mut client = database.client()?;
    client.batch_execute(
        "CREATE TABLE visits AS
         SELECT (i::bigint * 7919) % 200000 AS customer_id, timestamp '2024-01-01' + i * interval '1 second' AS at FROM generate_series(1, 600000) i;
         ANALYZE visits; SET max_parallel_workers_per_gather = 0; SET work_mem = '4MB'; SET hash_mem_multiplier = 1;
         SET enable_sort = off",
    )?;
    let query = "SELECT customer_id, clientele.order_log(customer_id, at) AS log FROM visits GROUP BY customer_id";
    let plan = plan(&mut client, ", ANALYZE, TIMING OFF, SUMMARY OFF", query)?;
    ensure!(plan.contains("HashAggregate"), "no hashed plan:\n{plan}");
    let number = |name: &str| -> Result<u64, Failure> {
        let at = plan.find(name).ok_or_else(|| format!("no {name} in\n{plan}"))? + name.len();
        Ok(plan[at..]
            .chars()
            .take_while(char::is_ascii_digit)
            .collect::<String>()
            .parse()?)
    };
    let (batches, memory) = (number("Batches: ")?, number("Memory Usage: ")?);
    ensure!(batches > 1, "it did not spill:\n{plan}");
    ensure!(memory < 16 << 10, "it took {memory} kB of 4 MB:\n{plan}");
    let spilled: String = one(
        &mut client,
        &format!("SELECT md5(string_agg(log::text, '' ORDER BY customer_id)) FROM ({query}) l"),
    )?;
    client.batch_execute("SET work_mem = '1GB'; RESET enable_sort")?;
    let in_memory: String = one(
        &mut client,
        &format!("SELECT md5(string_agg(log::text, '' ORDER BY customer_id)) FROM ({query}) l"),
    )?;
    ensure!(spilled == in_memory, "what was spilled came back different");
    Ok(())
}

/// Local times, and the days, weeks and months they fall into, against `AT TIME ZONE`, around every change of the clocks.
fn every_time_zone_is_that_of_the_server(database: &Database) -> Outcome {
    let mut client = database.client()?;
    client.batch_execute(
        "CREATE TABLE instants AS
         SELECT 1 + i % 50 AS customer_id, timestamptz '1965-01-01 00:00+00' + i * interval '2 days 1 hour' AS at
         FROM generate_series(1, 900) i
         UNION ALL SELECT 1 + i % 50, timestamptz '2019-01-01 00:00+00' + i * interval '5 hours 57 minutes' FROM generate_series(1, 1500) i
         UNION ALL SELECT 1 + i % 50, timestamptz '2060-01-01 00:00+00' + i * interval '3 days 1 hour' FROM generate_series(1, 300) i
         UNION ALL SELECT 1 + i % 50, timestamptz '1700-01-01 00:00+00' + i * interval '1 year' FROM generate_series(1, 200) i;
         ANALYZE instants;
         CREATE TABLE log AS SELECT clientele.order_log(customer_id, at) AS log FROM instants;
         CREATE TABLE zones AS SELECT name FROM pg_timezone_names
         WHERE name NOT LIKE 'posix%' AND name NOT IN (SELECT abbrev FROM pg_timezone_abbrevs)",
    )?;
    // `AT TIME ZONE` reads these as abbreviations, which have one offset for ever; `SET timezone` reads them as zones.
    for name in ["CET", "EET", "MET", "WET"] {
        client.batch_execute(&format!("SET timezone = '{name}'"))?;
        let different: i64 = one(
            &mut client,
            &format!(
                "SELECT count(*) FROM (SELECT DISTINCT customer_id, at::timestamp AS ordered_at FROM instants) i
                 FULL JOIN (SELECT o.* FROM log, clientele.orders(log, time_zone => '{name}') o) o USING (customer_id, ordered_at)
                 WHERE i IS NULL OR o IS NULL"
            ),
        )?;
        ensure!(different == 0, "{different} local times differ in {name}");
    }
    let zones: i64 = one(&mut client, "SELECT count(*) FROM zones")?;
    ensure!(zones > 300, "only {zones} time zones");
    let wrong: Vec<String> = one(
        &mut client,
        "SELECT array(SELECT name FROM zones WHERE (
             SELECT array_agg(o.ordered_at ORDER BY o.customer_id, o.ordered_at) FROM log, clientele.orders(log, time_zone => name) o)
           IS DISTINCT FROM (
             SELECT array_agg(at AT TIME ZONE name ORDER BY customer_id, at AT TIME ZONE name)
             FROM (SELECT DISTINCT customer_id, at FROM instants) i))",
    )?;
    ensure!(wrong.is_empty(), "local times differ in {wrong:?}");
    let wrong: Vec<String> = one(
        &mut client,
        "SELECT array(SELECT name || ' by ' || period FROM zones, unnest(ARRAY['day', 'week', 'month']) period WHERE (
             SELECT array_agg((c.customer_id, c.frequency) ORDER BY c.customer_id)
             FROM log, clientele.customers(log, NULL::int, period => period, time_zone => name) c)
           IS DISTINCT FROM (
             SELECT array_agg((customer_id, frequency) ORDER BY customer_id) FROM (
                 SELECT customer_id, count(DISTINCT date_trunc(period, at AT TIME ZONE name)) - 1 AS frequency
                 FROM instants GROUP BY customer_id) f))",
    )?;
    ensure!(wrong.is_empty(), "purchase periods differ in {wrong:?}");
    let wrong: Vec<String> = one(
        &mut client,
        "SELECT array(SELECT name FROM zones, unnest(ARRAY['2024-03-31 02:30', '2024-10-27 02:30', '2024-07-01 00:00']::timestamp[]) as_of
             WHERE (SELECT count(*) FROM log, clientele.orders(log, as_of => as_of, time_zone => name))
                   <> (SELECT count(*) FROM (SELECT DISTINCT customer_id, at FROM instants) i WHERE at <= as_of AT TIME ZONE name))",
    )?;
    ensure!(wrong.is_empty(), "as_of is another instant in {wrong:?}");
    Ok(())
}
