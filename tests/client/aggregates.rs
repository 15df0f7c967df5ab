//! One answer whatever the plan: serial, parallel, in pieces, spilled to disk.

use crate::database::{Database, one};
use crate::features::{Aggregates, FEATURES, order_log::EVERY_TYPE};
use crate::{Failure, Outcome, ensure};
use libtest_mimic::Trial;
use postgres::Client;

pub fn trials() -> Vec<Trial> {
    let trial = |name: &str, test: fn(&Database) -> Outcome| crate::trial(&format!("aggregates::{name}"), test);
    let mut trials = vec![
        trial(
            "every_aggregate_is_merged_and_tried",
            every_aggregate_is_merged_and_tried,
        ),
        trial(
            "revenue_is_the_same_in_every_order_of_rows",
            revenue_is_the_same_in_every_order_of_rows,
        ),
        trial("groups_spill_to_disk", groups_spill_to_disk),
        trial(
            "every_time_zone_is_that_of_the_server",
            every_time_zone_is_that_of_the_server,
        ),
    ];
    trials.extend(FEATURES.iter().filter_map(|feature| {
        let aggregates = feature.aggregates.as_ref()?;
        let name = format!("aggregates::{}_is_alike_in_every_plan", feature.word);
        Some(crate::trial(&name, move |database| {
            alike_in_every_plan(database, aggregates)
        }))
    }));
    trials
}

const PARALLEL: &str = "SET parallel_setup_cost = 0; SET parallel_tuple_cost = 0; SET min_parallel_table_scan_size = 0;
                        SET max_parallel_workers_per_gather = 3; SET max_parallel_workers = 8; SET enable_seqscan = on";

fn plan(client: &mut Client, options: &str, query: &str) -> Result<String, Failure> {
    let lines = client.query(&format!("EXPLAIN (COSTS OFF{options}) {query}"), &[])?;
    Ok(lines.iter().map(|line| line.get::<_, String>(0) + "\n").collect())
}

/// Every aggregate of the extension can be merged and travel between parallel workers, and a feature tries it.
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
    for family in FEATURES.iter().filter_map(|feature| feature.aggregates.as_ref()) {
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
    ensure!(untried.is_empty(), "no feature tries these: {untried:?}");
    Ok(())
}

/// Serial and parallel, rows in any order, in pieces, groups in memory and on disk.
fn alike_in_every_plan(database: &Database, family: &Aggregates) -> Outcome {
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
