//! One answer whatever the plan: serial, parallel, in pieces, spilled to disk.

use crate::database::{Database, one};
use crate::{Failure, Outcome, ensure};
use postgres::Client;

crate::trials!(
    parallel_plans_give_the_same_bits,
    every_order_of_rows_gives_the_same_bits,
    retention_is_fitted_alike_in_every_plan,
    feature_sets_are_alike_in_every_plan,
    baskets_are_collected_alike_in_every_plan,
    groups_spill_to_disk,
    every_time_zone_is_that_of_the_server,
);

const PARALLEL: &str = "SET parallel_setup_cost = 0; SET parallel_tuple_cost = 0; SET min_parallel_table_scan_size = 0;
                        SET max_parallel_workers_per_gather = 3; SET max_parallel_workers = 8; SET enable_seqscan = on";

/// 150 000 rows of 5 000 customers with keys, times and amounts of every type; every 20th row is a return.
const EVERY_TYPE: &str = "
    CREATE TABLE every_type AS
    SELECT k::int2 AS int2, k AS int4, k * 4000000000 AS int8, md5(k::text)::uuid AS uuid, 'customer ' || k AS text,
           ('c' || k)::varchar(20) AS varchar, t AS timestamptz, t::timestamp AS timestamp, t::date AS date, a AS numeric,
           CASE WHEN k % 2 = 0 THEN a::float8 ELSE a::float8 / 3 END AS float8
    FROM (SELECT (i::bigint * 7919 % 5000) AS k, timestamptz '2021-01-01 00:00+00' + (i::bigint * 104729 % 900000) * interval '97 seconds' AS t,
                 (CASE WHEN i % 20 = 0 THEN -1 ELSE 1 END * (i * 31 % 100000))::numeric / 100 AS a
          FROM generate_series(1, 150000) i) s;
    ALTER TABLE every_type SET (parallel_workers = 3); ANALYZE every_type";

const KEYS: [&str; 6] = ["int2", "int4", "int8", "uuid", "text", "varchar"];
const TIMES: [&str; 3] = ["timestamptz", "timestamp", "date"];
const AMOUNTS: [&str; 3] = [", numeric", ", float8", ""];

/// Each aggregate over each type of key.
fn every_call() -> impl Iterator<Item = String> {
    KEYS.iter().flat_map(|key| {
        TIMES.iter().flat_map(move |time| {
            AMOUNTS
                .iter()
                .map(move |amount| format!("clientele.order_log({key}, {time}{amount})"))
        })
    })
}

fn fingerprint(client: &mut Client, call: &str, from: &str) -> Result<String, Failure> {
    one(
        client,
        &format!("SELECT md5(clientele.order_log_send({call})) FROM {from}"),
    )
}

fn plan(client: &mut Client, options: &str, query: &str) -> Result<String, Failure> {
    let lines = client.query(&format!("EXPLAIN (COSTS OFF{options}) {query}"), &[])?;
    Ok(lines.iter().map(|line| line.get::<_, String>(0) + "\n").collect())
}

fn parallel_plans_give_the_same_bits(database: &Database) -> Outcome {
    let mut client = database.client()?;
    client.batch_execute(EVERY_TYPE)?;
    let mut serial = Vec::new();
    client.batch_execute("SET max_parallel_workers_per_gather = 0")?;
    for call in every_call() {
        serial.push(fingerprint(&mut client, &call, "every_type")?);
    }
    client.batch_execute("CREATE TABLE pieces AS SELECT clientele.order_log(int8, timestamptz, numeric) AS log FROM every_type GROUP BY date")?;
    let merged = fingerprint(&mut client, "clientele.merge(log)", "pieces")?;

    client.batch_execute(PARALLEL)?;
    for (call, serial) in every_call().zip(&serial) {
        let plan = plan(&mut client, "", &format!("SELECT {call} FROM every_type"))?;
        ensure!(
            plan.contains("Partial Aggregate") && plan.contains("Finalize Aggregate"),
            "{call} is not parallel:\n{plan}"
        );
        let parallel = fingerprint(&mut client, &call, "every_type")?;
        ensure!(parallel == *serial, "{call} differs when it runs in parallel");
    }
    client.batch_execute("ALTER TABLE pieces SET (parallel_workers = 3)")?;
    let plan = plan(&mut client, "", "SELECT clientele.merge(log) FROM pieces")?;
    ensure!(plan.contains("Partial Aggregate"), "merge is not parallel:\n{plan}");
    ensure!(
        fingerprint(&mut client, "clientele.merge(log)", "pieces")? == merged,
        "merge differs when it runs in parallel"
    );
    ensure!(
        fingerprint(
            &mut client,
            "clientele.order_log(int8, timestamptz, numeric)",
            "every_type"
        )? == merged,
        "what is merged differs from what is collected at once"
    );
    Ok(())
}

fn every_order_of_rows_gives_the_same_bits(database: &Database) -> Outcome {
    let mut client = database.client()?;
    client.batch_execute(EVERY_TYPE)?;
    client.batch_execute("SET max_parallel_workers_per_gather = 0")?;
    for call in [
        "clientele.order_log(int8, timestamptz, float8)",
        "clientele.order_log(text, date, float8)",
    ] {
        let stored = fingerprint(&mut client, call, "every_type")?;
        for order in ["float8", "timestamptz DESC", "md5(float8::text)", "text, timestamptz"] {
            let from = format!("(SELECT * FROM every_type ORDER BY {order}) ordered");
            ensure!(
                fingerprint(&mut client, call, &from)? == stored,
                "{call} differs for rows ordered by {order}"
            );
        }
        // Sums that are not exact have an order of their own.
        let revenue = "SELECT (clientele.describe(LOG)).revenue::text FROM ROWS".replace("LOG", call);
        let sums: Vec<String> = ["every_type", "(SELECT * FROM every_type ORDER BY float8) o"]
            .iter()
            .map(|from| one(&mut client, &revenue.replace("ROWS", from)))
            .collect::<Result<_, _>>()?;
        ensure!(sums[0] == sums[1], "{call}: the revenue is {} or {}", sums[0], sums[1]);
    }
    Ok(())
}

/// Serial and parallel, rows in any order, groups in memory and on disk.
fn retention_is_fitted_alike_in_every_plan(database: &Database) -> Outcome {
    let mut client = database.client()?;
    client.batch_execute(
        "CREATE TABLE terms AS
         SELECT i % 9000 AS plan, 1 + i / 9000 AS period, 1 + i * 7919 % 40 AS customers, i * 31 % 7 < 3 AS has_left
         FROM generate_series(0, 200000) i;
         ALTER TABLE terms SET (parallel_workers = 3); ANALYZE terms; SET max_parallel_workers_per_gather = 0",
    )?;
    let calls = [
        "clientele.fit_retention(period, customers, has_left)",
        "clientele.fit_retention(period - 1, 2000000 / period - customers)",
    ];
    let query = |call: &str, from: &str| format!("SELECT md5(clientele.retention_model_send({call})) FROM {from}");
    let mut serial = Vec::new();
    for call in calls {
        serial.push(one::<String>(&mut client, &query(call, "terms"))?);
        for order in ["customers", "md5(period::text)", "period DESC"] {
            let ordered: String = one(
                &mut client,
                &query(call, &format!("(SELECT * FROM terms ORDER BY {order}) o")),
            )?;
            ensure!(
                ordered == serial[serial.len() - 1],
                "{call} differs for rows ordered by {order}"
            );
        }
    }
    let grouped = format!("SELECT plan, {} AS model FROM terms GROUP BY plan", calls[0]);
    let fingerprint = format!("SELECT md5(string_agg(model::text, '' ORDER BY plan)) FROM ({grouped}) g");
    let in_memory: String = one(&mut client, &fingerprint)?;
    client.batch_execute("SET work_mem = '1MB'; SET hash_mem_multiplier = 1; SET enable_sort = off")?;
    let hashed = plan(&mut client, ", ANALYZE, TIMING OFF, SUMMARY OFF", &grouped)?;
    ensure!(
        hashed.contains("HashAggregate") && hashed.contains("Disk Usage"),
        "nothing was spilled:\n{hashed}"
    );
    let spilled: String = one(&mut client, &fingerprint)?;
    ensure!(spilled == in_memory, "what was spilled came back different");

    client.batch_execute(PARALLEL)?;
    for (call, serial) in calls.iter().zip(&serial) {
        let plan = plan(&mut client, "", &query(call, "terms"))?;
        ensure!(plan.contains("Partial Aggregate"), "{call} is not parallel:\n{plan}");
        let parallel: String = one(&mut client, &query(call, "terms"))?;
        ensure!(parallel == *serial, "{call} differs when it runs in parallel");
    }
    Ok(())
}

/// Serial and parallel, rows in any order, in pieces, groups in memory and on disk.
fn feature_sets_are_alike_in_every_plan(database: &Database) -> Outcome {
    let mut client = database.client()?;
    client.batch_execute(EVERY_TYPE)?;
    client.batch_execute(
        "ALTER TABLE every_type ADD features float8[];
         UPDATE every_type SET features = ARRAY[int4, numeric, float8, nullif(int4 % 1000, 7)];
         ANALYZE every_type; SET max_parallel_workers_per_gather = 0",
    )?;
    let query = |call: &str, from: &str| format!("SELECT md5(clientele.feature_set_send({call})) FROM {from}");
    let calls = KEYS.map(|key| format!("clientele.feature_set({key}, features)"));
    let mut serial = Vec::new();
    for call in &calls {
        serial.push(one::<String>(&mut client, &query(call, "every_type"))?);
        for order in ["features", "md5(float8::text)", "timestamptz DESC"] {
            let from = format!("(SELECT * FROM every_type ORDER BY {order}) o");
            let ordered: String = one(&mut client, &query(call, &from))?;
            ensure!(
                ordered == serial[serial.len() - 1],
                "{call} differs for rows ordered by {order}"
            );
        }
    }
    // As many groups as fill more than a megabyte.
    let grouped = format!("SELECT int4, {} AS set FROM every_type GROUP BY int4", calls[4]);
    let fingerprint = format!(
        "SELECT md5(string_agg(set::text, '' ORDER BY int4)) || md5(clientele.feature_set_send(clientele.merge(set))) FROM ({grouped}) g"
    );
    let in_memory: String = one(&mut client, &fingerprint)?;
    ensure!(
        in_memory.ends_with(&serial[4]),
        "what is merged differs from what is collected at once"
    );
    client.batch_execute("SET work_mem = '1MB'; SET hash_mem_multiplier = 1; SET enable_sort = off")?;
    let hashed = plan(&mut client, ", ANALYZE, TIMING OFF, SUMMARY OFF", &grouped)?;
    ensure!(
        hashed.contains("HashAggregate") && hashed.contains("Disk Usage"),
        "nothing was spilled:\n{hashed}"
    );
    let spilled: String = one(&mut client, &fingerprint)?;
    ensure!(spilled == in_memory, "what was spilled came back different");
    client.batch_execute(&format!(
        "CREATE TABLE sets AS {grouped}; ALTER TABLE sets SET (parallel_workers = 3)"
    ))?;

    client.batch_execute(PARALLEL)?;
    let merge = ("clientele.merge(set)".to_owned(), "sets", &serial[4]);
    let collect = calls.into_iter().zip(&serial);
    for (call, from, serial) in collect
        .map(|(call, serial)| (call, "every_type", serial))
        .chain([merge])
    {
        let plan = plan(&mut client, "", &query(&call, from))?;
        ensure!(plan.contains("Partial Aggregate"), "{call} is not parallel:\n{plan}");
        let parallel: String = one(&mut client, &query(&call, from))?;
        ensure!(parallel == *serial, "{call} differs when it runs in parallel");
    }
    Ok(())
}

/// Serial and parallel, rows in any order, groups in memory and on disk, for keys of every kind.
fn baskets_are_collected_alike_in_every_plan(database: &Database) -> Outcome {
    let mut client = database.client()?;
    client.batch_execute(
        "CREATE TABLE lines AS
         SELECT i * 31 % 20000 AS receipt, 'customér ' || i % 400 AS customer, date '2024-01-01' + i % 300 AS day,
                i::bigint * i % 600 AS product, md5((i::bigint * i % 600)::text)::uuid AS uuid, 'product ' || i::bigint * i % 600 AS name
         FROM generate_series(1, 200000) i;
         ALTER TABLE lines SET (parallel_workers = 3); ANALYZE lines; SET max_parallel_workers_per_gather = 0",
    )?;
    let calls: Vec<String> = [
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
    .collect();
    let query = |call: &str, from: &str| format!("SELECT md5(clientele.basket_log_send({call})) FROM {from}");
    let mut serial = Vec::new();
    for call in &calls {
        serial.push(one::<String>(&mut client, &query(call, "lines"))?);
    }
    for order in ["product", "md5(name || receipt)", "receipt DESC"] {
        for place in [0, 5, 14] {
            let ordered: String = one(
                &mut client,
                &query(&calls[place], &format!("(SELECT * FROM lines ORDER BY {order}) o")),
            )?;
            ensure!(
                ordered == serial[place],
                "{} differs for rows ordered by {order}",
                calls[place]
            );
        }
    }
    // Pieces that each hold a part of every basket.
    client.batch_execute(
        "CREATE TABLE pieces AS SELECT clientele.basket_log(receipt, name) AS log FROM lines GROUP BY product % 50",
    )?;
    let merge = "clientele.merge(log)";
    let merged: String = one(&mut client, &query(merge, "pieces"))?;
    ensure!(
        merged == serial[2],
        "what is merged differs from what is collected at once"
    );

    let grouped = "SELECT receipt, clientele.basket_log(day, name) AS log FROM lines GROUP BY receipt";
    let fingerprint = format!("SELECT md5(string_agg(md5(log::text), '' ORDER BY receipt)) FROM ({grouped}) g");
    let in_memory: String = one(&mut client, &fingerprint)?;
    client.batch_execute("SET work_mem = '1MB'; SET hash_mem_multiplier = 1; SET enable_sort = off")?;
    let hashed = plan(&mut client, ", ANALYZE, TIMING OFF, SUMMARY OFF", grouped)?;
    ensure!(
        hashed.contains("HashAggregate") && hashed.contains("Disk Usage"),
        "nothing was spilled:\n{hashed}"
    );
    let spilled: String = one(&mut client, &fingerprint)?;
    ensure!(spilled == in_memory, "what was spilled came back different");

    client.batch_execute(PARALLEL)?;
    // Workers have the encoding of the database for that of the client: keys must not depend on it.
    client.batch_execute("SET client_encoding = 'LATIN1'; ALTER TABLE pieces SET (parallel_workers = 3)")?;
    for (call, serial) in calls.iter().zip(&serial) {
        let plan = plan(&mut client, "", &query(call, "lines"))?;
        ensure!(plan.contains("Partial Aggregate"), "{call} is not parallel:\n{plan}");
        let parallel: String = one(&mut client, &query(call, "lines"))?;
        ensure!(parallel == *serial, "{call} differs when it runs in parallel");
    }
    let plan = plan(&mut client, "", &query(merge, "pieces"))?;
    ensure!(plan.contains("Partial Aggregate"), "merge is not parallel:\n{plan}");
    let parallel: String = one(&mut client, &query(merge, "pieces"))?;
    ensure!(parallel == merged, "merge differs when it runs in parallel");
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
