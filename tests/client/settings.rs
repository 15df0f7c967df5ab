//! Settings are kept, those of the operator before those of the user, whoever sets them, wherever and whenever.

use crate::database::{Database, User, error_of, one};
use crate::{Failure, Outcome, ensure};
use postgres::error::DbError;
use postgres::{Client, NoTls};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

crate::trials!(
    the_lower_of_two_limits_holds,
    threads_are_bounded,
    users_cannot_raise_bounds,
    users_with_the_right_can,
    settings_reach_workers,
    a_preloaded_library_knows_its_settings,
    activity_shows_progress,
    activity_is_taken_back,
);

/// More than 4 MB.
const MUCH: &str = "SELECT pg_column_size(clientele.order_log(i * 7919 % 1000003, timestamp '2024-01-01' + i * interval '1 hour', i::float8))
                    FROM generate_series(1, 1000000::bigint) i";
/// Some seconds of work.
const LONG: &str = "SELECT pg_column_size(clientele.order_log(i * 7919 % 1000003, timestamp '2024-01-01' + i * interval '1 second', i::float8))
                    FROM generate_series(1, 7000000::bigint) i";

/// The limit that ends work which needs more than there is.
fn limit_of(client: &mut Client, work: &str) -> Result<DbError, Failure> {
    let error = client.batch_execute(work).err().ok_or("it fits")?;
    let error = error.as_db_error().ok_or_else(|| error.to_string())?.clone();
    ensure!(error.code().code() == "53400", "{error:?}");
    Ok(error)
}

fn the_lower_of_two_limits_holds(database: &Database) -> Outcome {
    let user = User::create(database, "glutton")?;
    let mut admin = database.client()?;
    admin.batch_execute(&format!(
        "ALTER ROLE {} SET clientele.max_memory_limit = '4MB'",
        user.name
    ))?;
    let mut client = database.client_of(&user.name)?;
    for (set, named, kilobytes) in [
        ("100GB", "clientele.max_memory_limit", 4 << 10),
        ("4MB", "clientele.max_memory_limit", 4 << 10),
        ("3MB", "clientele.memory_limit", 3 << 10),
    ] {
        client.batch_execute(&format!("SET clientele.memory_limit = '{set}'"))?;
        let error = limit_of(&mut client, MUCH)?;
        let (detail, hint) = (error.detail().unwrap_or_default(), error.hint().unwrap_or_default());
        ensure!(
            error.message() == format!("order_log needs more memory than {named} allows")
                && detail.ends_with(&format!("the limit is {kilobytes} kB."))
                && hint.contains(&format!("{named} ")) | hint.contains(&format!("{named},")),
            "{set}: {error:?}"
        );
    }
    // Rights that are not the caller's are those of the function that has them.
    admin.batch_execute(&format!(
        "CREATE FUNCTION nightly() RETURNS integer LANGUAGE sql SECURITY DEFINER SET clientele.max_memory_limit = '1GB'
             SET clientele.memory_limit = '1GB' AS $$ {MUCH} $$;
         GRANT EXECUTE ON FUNCTION nightly() TO {}",
        user.name
    ))?;
    let bytes: i32 = one(&mut client, "SELECT nightly()")?;
    ensure!(bytes > 1 << 20, "{bytes} bytes");
    limit_of(&mut client, MUCH)?;
    Ok(())
}

/// How many threads a session has at most while it fits clusters.
fn threads_seen(client: &mut Client, settings: &str) -> Result<usize, Failure> {
    client.batch_execute(settings)?;
    let process: i32 = one(client, "SELECT pg_backend_pid()")?;
    let done = Arc::new(Mutex::new(false));
    let watched = Arc::clone(&done);
    let watcher = thread::spawn(move || {
        let mut most = 0;
        while !*watched.lock().unwrap_or_else(|poisoned| poisoned.into_inner()) {
            most = most.max(std::fs::read_dir(format!("/proc/{process}/task")).map_or(0, Iterator::count));
            thread::sleep(Duration::from_millis(1));
        }
        most
    });
    let work = client.batch_execute(
        "SELECT clientele.fit_kmeans(clientele.feature_set(i, ARRAY[i * 7919 % 100003, sqrt(i)]), 20) FROM generate_series(1, 100000::bigint) i",
    );
    *done.lock().unwrap_or_else(|poisoned| poisoned.into_inner()) = true;
    let most = watcher.join().map_err(|_| "the watching thread failed")?;
    work?;
    Ok(most)
}

fn threads_are_bounded(database: &Database) -> Outcome {
    let mut client = database.client_with_library()?;
    for (settings, threads) in [
        ("SET clientele.threads = 64", 8),
        ("SET clientele.max_threads = 3", 3),
        ("SET clientele.threads = 2", 2),
        ("SET clientele.max_threads = 1", 1),
    ] {
        let seen = threads_seen(&mut client, settings)?;
        // Those at their end may still be seen beside the next; where processors are few, not all are seen at once.
        let most = 2 * threads - 1;
        ensure!((most.min(2)..=most).contains(&seen), "{settings}: {seen} threads");
    }
    Ok(())
}

fn users_cannot_raise_bounds(database: &Database) -> Outcome {
    const LOAD: &str = "SELECT clientele.rfm_segment(1, 1, 1)";
    let user = User::create(database, "climber")?;
    let mut admin = database.client()?;
    admin.batch_execute(&format!(
        "ALTER DATABASE {} OWNER TO {}; GRANT CREATE ON SCHEMA public TO {1}",
        database.name(),
        user.name
    ))?;
    for (bound, high, usual) in [("max_memory_limit", "100GB", "4GB"), ("max_threads", "64", "8")] {
        let bound = format!("clientele.{bound}");
        let show = format!("SHOW {bound}");
        // By a session that has the library, and by one that has it not: there PostgreSQL takes nothing that would last.
        for load in [LOAD, "SELECT"] {
            let mut client = database.client_of(&user.name)?;
            client.batch_execute(load)?;
            for statement in [
                format!("ALTER ROLE {} SET {bound} = '{high}'", user.name),
                format!("ALTER DATABASE {} SET {bound} = '{high}'", database.name()),
                format!(
                    "CREATE FUNCTION own() RETURNS text LANGUAGE sql SET {bound} = '{high}' AS $$ SELECT current_setting('{bound}') $$"
                ),
                format!("ALTER SYSTEM SET {bound} = '{high}'"),
            ] {
                let (code, message) = error_of(&mut client, &statement)?;
                ensure!(code == "42501", "{statement} after {load}: {code} {message}");
            }
        }
        let mut client = database.client_of(&user.name)?;
        client.batch_execute(LOAD)?;
        for statement in [
            format!("SET {bound} = '{high}'"),
            format!("SELECT set_config('{bound}', '{high}', true)"),
        ] {
            let (code, message) = error_of(&mut client, &statement)?;
            ensure!(code == "42501", "{statement}: {code} {message}");
        }
        // What was set before the library is there is set again when it is, with the rights of who set it.
        let mut client = database.client_of(&user.name)?;
        client.batch_execute(&format!("SET {bound} = '{high}'; {LOAD}"))?;
        let value: String = one(&mut client, &show)?;
        ensure!(value == usual, "{bound} set before the library is loaded is {value}");
        let options = format!("-c {bound}={high}");
        let mut client = database.config()?.user(&user.name).options(&options).connect(NoTls)?;
        client.batch_execute(LOAD)?;
        let value: String = one(&mut client, &show)?;
        ensure!(value == usual, "{bound} set on connecting is {value}");
    }
    admin.batch_execute(&format!("ALTER DATABASE {} OWNER TO CURRENT_USER", database.name()))?;
    Ok(())
}

fn users_with_the_right_can(database: &Database) -> Outcome {
    let mut admin = database.client_with_library()?;
    let version: i32 = one(&mut admin, "SELECT current_setting('server_version_num')::integer")?;
    if version < 150_000 {
        eprintln!("skipped: rights on settings are of PostgreSQL 15 and later");
        return Ok(());
    }
    let user = User::create(database, "trusted")?;
    admin.batch_execute(&format!(
        "GRANT SET ON PARAMETER clientele.max_memory_limit TO {}",
        user.name
    ))?;
    for (when, before, after) in [("after", "SELECT 1", "SET"), ("before", "SET", "SELECT 1")] {
        let mut client = database.client_of(&user.name)?;
        let set = |what: &str| what.replace("SET", "SET clientele.max_memory_limit = '100GB'");
        client.batch_execute(&format!(
            "{}; SELECT clientele.rfm_segment(1, 1, 1); {}",
            set(before),
            set(after)
        ))?;
        let value: String = one(&mut client, "SHOW clientele.max_memory_limit")?;
        ensure!(value == "100GB", "set {when} the library is loaded, it is {value}");
    }
    Ok(())
}

/// Workers get the settings of the session, in whatever order, and those that its user may not set.
fn settings_reach_workers(database: &Database) -> Outcome {
    let user = User::create(database, "parallel")?;
    let mut admin = database.client()?;
    admin.batch_execute(&format!(
        "ALTER ROLE {0} SET clientele.max_memory_limit = '4MB'; ALTER ROLE {0} SET clientele.memory_limit = '100GB';
         ALTER ROLE {0} SET clientele.progress = 'activity';
         CREATE TABLE orders AS SELECT i AS customer_id, timestamp '2024-01-01' + i * interval '1 hour' AS ordered_at
         FROM generate_series(1, 1000000::bigint) i;
         GRANT SELECT ON orders TO {0}; ALTER TABLE orders SET (parallel_workers = 2)",
        user.name
    ))?;
    admin.batch_execute("ANALYZE orders")?;
    let mut client = database.client_of(&user.name)?;
    client.batch_execute(
        "SET parallel_setup_cost = 0; SET parallel_tuple_cost = 0; SET min_parallel_table_scan_size = 0; SET parallel_leader_participation = off",
    )?;
    let query = "SELECT pg_column_size(clientele.order_log(md5(customer_id::text), ordered_at)) FROM orders";
    let plan: Vec<String> = client
        .query(&format!("EXPLAIN {query}"), &[])?
        .iter()
        .map(|row| row.get(0))
        .collect();
    ensure!(
        plan.iter().any(|line| line.contains("Partial Aggregate")),
        "{}",
        plan.join("\n")
    );
    let error = limit_of(&mut client, query)?;
    ensure!(
        error.message().ends_with("than clientele.max_memory_limit allows")
            && error.where_().is_some_and(|place| place.contains("parallel worker")),
        "{error:?}"
    );
    Ok(())
}

fn a_preloaded_library_knows_its_settings(database: &Database) -> Outcome {
    let user = User::create(database, "early")?;
    // As it is without: nobody knows them before the first call.
    let (code, _) = error_of(&mut database.client_of(&user.name)?, "SHOW clientele.max_memory_limit")?;
    ensure!(code == "42704", "{code}");
    database.client()?.batch_execute(&format!(
        "ALTER DATABASE {0} SET session_preload_libraries = 'clientele'; ALTER DATABASE {0} SET clientele.max_threads = 4",
        database.name()
    ))?;
    let mut client = database.client_of(&user.name)?;
    let (limit, threads): (String, String) = (
        one(&mut client, "SHOW clientele.max_memory_limit")?,
        one(&mut client, "SHOW clientele.max_threads")?,
    );
    ensure!((&*limit, &*threads) == ("4GB", "4"), "{limit} and {threads}");
    let version: i32 = one(&mut client, "SELECT current_setting('server_version_num')::integer")?;
    if version >= 150_000 {
        let (code, _) = error_of(&mut client, "SET clientele.memory_limt = '1GB'")?;
        ensure!(code == "42602", "a name that there is not: {code}");
    }
    // Who owns a role may give it what anybody may set, then.
    client.batch_execute(&format!("ALTER ROLE {} SET clientele.memory_limit = '64MB'", user.name))?;
    Ok(())
}

/// What others see of the application of a session.
fn seen(watcher: &mut Client, process: i32) -> Result<String, Failure> {
    one(
        watcher,
        &format!(
            "SELECT coalesce(string_agg(application_name, '|' ORDER BY backend_type), '') FROM pg_stat_activity WHERE {process} IN (pid, leader_pid)"
        ),
    )
}

/// Waits until others see a text in the name of the application of a session.
fn seen_with(watcher: &mut Client, process: i32, text: &str) -> Result<String, Failure> {
    let begun = Instant::now();
    let mut names = Vec::new();
    while begun.elapsed() < Duration::from_secs(60) {
        let name = seen(watcher, process)?;
        if name.contains(text) {
            return Ok(name);
        }
        if names.last() != Some(&name) {
            names.push(name);
        }
        thread::sleep(Duration::from_millis(5));
    }
    Err(format!("{text} was never seen: {names:?}").into())
}

fn activity_shows_progress(database: &Database) -> Outcome {
    // Only such a role sees whose worker a worker is.
    let user = User::create(database, "monitor")?;
    let mut client = database.client_with_library()?;
    client.batch_execute(&format!("GRANT pg_monitor TO {}", user.name))?;
    client.batch_execute("SET clientele.progress = activity; SET max_parallel_workers_per_gather = 0")?;
    let process: i32 = one(&mut client, "SELECT pg_backend_pid()")?;
    let long = "a name of an application that is as long as a name may ever be.";
    for name in ["", long] {
        client.batch_execute(&format!("SET application_name = '{name}'"))?;
        let mut watcher = database.client_of(&user.name)?;
        let watching = thread::spawn(move || seen_with(&mut watcher, process, "order_log collect"));
        client.batch_execute(LONG)?;
        let seen_then = watching.join().map_err(|_| "the watching thread failed")??;
        let (before, progress) = seen_then.split_at(seen_then.find("order_log").unwrap_or_default());
        ensure!(
            before.trim_end() == name || name == long && long.starts_with(before.trim_end()) && seen_then.len() == 63,
            "{name}: {seen_then}"
        );
        ensure!(progress.starts_with("order_log collecting "), "{seen_then}");
        let now = seen(&mut database.client_of(&user.name)?, process)?;
        ensure!(now == name, "{name}: then {now}");
        let own: String = one(&mut client, "SHOW application_name")?;
        ensure!(own == name, "{name}: the setting is {own}");
    }
    // Workers show their own.
    client.batch_execute(
        "SET application_name = 'nightly'; SET max_parallel_workers_per_gather = 2; SET parallel_setup_cost = 0;
         SET parallel_tuple_cost = 0; SET min_parallel_table_scan_size = 0; SET parallel_leader_participation = off;
         CREATE TABLE numbers AS SELECT i FROM generate_series(1, 1000::bigint) i; ANALYZE numbers;
         ALTER TABLE numbers SET (parallel_workers = 2)",
    )?;
    let mut watcher = database.client_of(&user.name)?;
    let watching = thread::spawn(move || seen_with(&mut watcher, process, "nightly order_log collect"));
    client.batch_execute(
        "SELECT pg_column_size(clientele.order_log(i * 1000 + j, timestamp '2024-01-01' + j * interval '1 second'))
         FROM numbers, generate_series(1, 10000) j",
    )?;
    let seen_then = watching.join().map_err(|_| "the watching thread failed")??;
    ensure!(
        seen_then.starts_with("nightly|nightly order_log collect"),
        "{seen_then}"
    );
    let now = seen(&mut database.client_of(&user.name)?, process)?;
    ensure!(now == "nightly", "then {now}");
    Ok(())
}

/// In whatever way a statement ends, its progress goes with it.
fn activity_is_taken_back(database: &Database) -> Outcome {
    let mut client = database.client_with_library()?;
    client.batch_execute(
        "SET clientele.progress = activity; SET max_parallel_workers_per_gather = 0; SET application_name = 'nightly'",
    )?;
    let process: i32 = one(&mut client, "SELECT pg_backend_pid()")?;
    let ends = [
        // Cancelled, and then with nothing done in the transaction that failed.
        ("a cancelled statement", format!("BEGIN; {LONG}"), true, "nightly"),
        ("a rolled back transaction", "ROLLBACK".to_owned(), false, "nightly"),
        // The error is caught, and the statement goes on without the work.
        (
            "a block that catches",
            "DO $$ BEGIN
                     BEGIN PERFORM pg_column_size(clientele.order_log(i, timestamp '2024-01-01' + 1 / (6500000 - i) * interval '1 day'))
                         FROM generate_series(1, 7000000::bigint) i;
                     EXCEPTION WHEN division_by_zero THEN NULL; END;
                     PERFORM set_config('nightly.seen', (SELECT application_name FROM pg_stat_activity WHERE pid = pg_backend_pid()), false);
                 END $$"
            .to_owned(),
            false,
            "nightly",
        ),
        // The name is changed by what is rolled back.
        (
            "a changed name",
            format!("BEGIN; SET LOCAL application_name = 'other'; {LONG}; ROLLBACK"),
            false,
            "nightly",
        ),
        // A transaction goes on.
        ("an open transaction", format!("BEGIN; {LONG}"), false, "nightly"),
    ];
    for (what, work, cancel, name) in ends {
        let mut watcher = database.client()?;
        let shows = work.contains("order_log");
        let token = client.cancel_token();
        let watching = thread::spawn(move || -> Outcome {
            if shows {
                seen_with(&mut watcher, process, "order_log collect")?;
            }
            if cancel {
                token.cancel_query(NoTls)?;
            }
            Ok(())
        });
        let ended = client.batch_execute(&work);
        watching.join().map_err(|_| "the watching thread failed")??;
        ensure!(ended.is_err() == cancel, "{what}: {ended:?}");
        // The client has an error before the server has cleaned up, and an answer to this after.
        client.batch_execute("")?;
        let now = seen(&mut database.client()?, process)?;
        ensure!(now == name, "{what}: {now}");
    }
    let meanwhile: String = one(&mut client, "SHOW nightly.seen")?;
    ensure!(meanwhile == "nightly", "after the error was caught: {meanwhile}");
    Ok(())
}
