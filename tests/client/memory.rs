//! Memory: limited, given back, and never the end of the server.

use crate::database::{Database, error_of, one};
use crate::exhaustion::{Ending, held_bytes, run_out};
use crate::features::{FEATURES, calls_that_need_memory, make};
use crate::{Failure, Outcome, ensure};
use postgres::Client;

crate::trials!(
    the_limit_is_kept,
    running_out_of_memory_is_an_error,
    what_was_held_is_given_back,
    values_are_bounded_by_a_gigabyte,
    long_keys_are_kept,
    baskets_of_any_shape_are_kept,
    baskets_of_any_shape_are_mined,
    an_answer_is_whole_or_an_error,
);

const MANY: &str = "SELECT pg_column_size(clientele.order_log(i * 7919 % 1000003, timestamp '2024-01-01' + i * interval '1 second', i::float8))
                    FROM generate_series(1, 6000000::bigint) i";

/// Each kind of call with little memory: SQLSTATE 53400, and afterwards all is as before.
fn the_limit_is_kept(database: &Database) -> Outcome {
    let mut client = make(database, 1_000_000)?;
    for limit in ["1MB", "2MB", "5MB", "16MB"] {
        for (_, call) in FEATURES.iter().flat_map(|feature| feature.growing) {
            client.batch_execute(&format!("SET clientele.memory_limit = '{limit}'"))?;
            if let Err(error) = client.batch_execute(call) {
                let error = error
                    .as_db_error()
                    .ok_or_else(|| format!("{call} with {limit}: {error}"))?;
                let (code, message) = (error.code().code(), error.message());
                ensure!(code == "53400", "{call} with {limit}: {code} {message}");
                ensure!(message.contains("clientele.memory_limit"), "{message}");
            } else {
                ensure!(limit == "16MB", "{call} took no more than {limit}");
            }
        }
    }
    // What each of them held has been given back: the same work fits into the same limit again and again.
    client.batch_execute("SET clientele.memory_limit = '250MB'")?;
    for _ in 0..3 {
        client.batch_execute(MANY)?;
    }
    Ok(())
}

/// The system says no, in the middle of each kind of call: SQLSTATE 53200, nothing stays behind, and the server goes on.
fn running_out_of_memory_is_an_error(database: &Database) -> Outcome {
    let mut witness = make(database, 1_000_000)?;
    for call in calls_that_need_memory() {
        let ran_out =
            |megabytes: u64, threads, witness: &mut _| run_out(database, witness, call, threads, megabytes << 10);
        // Next to nothing is not enough for anything that grows.
        for threads in [1, 4] {
            let ending = ran_out(1, threads, &mut witness)?;
            ensure!(ending == Ending::OutOfMemory, "{} took next to nothing", call.0);
        }
        ran_out(8, 1, &mut witness)?;
        ran_out(16, 4, &mut witness)?;
    }
    Ok(())
}

/// What a call held is given back, whatever limit ends it and where: the same work then has as much room as before.
fn what_was_held_is_given_back(database: &Database) -> Outcome {
    drop(make(database, 1_000_000)?);
    let mut client = database.client()?;
    client.batch_execute("SET max_parallel_workers_per_gather = 0")?;
    for (what, call) in calls_that_need_memory() {
        for (threads, limits) in [(1, ["1MB", "4MB", "13MB"]), (4, ["2MB", "7MB", "24MB"])] {
            client.batch_execute(&format!(
                "SET clientele.threads = {threads}; SET clientele.memory_limit = '1GB'"
            ))?;
            client.batch_execute(call)?;
            let held = held_bytes(&mut client)?;
            for limit in limits {
                client.batch_execute(&format!("SET clientele.memory_limit = '{limit}'"))?;
                if let Err(error) = client.batch_execute(call) {
                    let code = error.code().map(|code| code.code().to_owned());
                    ensure!(code.as_deref() == Some("53400"), "{what} with {limit}: {error:?}");
                }
                let holds = held_bytes(&mut client)?;
                ensure!(
                    holds == held,
                    "{what} with {limit} and {threads} threads holds {holds} kB, and {held} before"
                );
            }
        }
    }
    Ok(())
}

/// A value whose text would not fit a row of a gigabyte is an error that says so, and so is JSON that is larger.
fn values_are_bounded_by_a_gigabyte(database: &Database) -> Outcome {
    let mut client = database.client()?;
    client.batch_execute("SET clientele.memory_limit = '8GB'; SET clientele.max_memory_limit = '8GB'")?;
    let (code, message) = error_of(
        &mut client,
        "SELECT clientele.order_log(repeat(md5(i::text), 3000000) || i, timestamp '2024-01-01') FROM generate_series(1, 12) i",
    )?;
    ensure!(code == "54000", "{code} {message}");
    ensure!(message == "too much for one value", "{message}");
    // As JSON it is six times as large, and as text by a third.
    client.batch_execute(
        "CREATE TABLE wide AS
         SELECT clientele.order_log(repeat(E'\\x01', 60000000) || i, timestamp '2024-01-01') AS log FROM generate_series(1, 4) i",
    )?;
    let (code, message) = error_of(&mut client, "SELECT length(log::json::text) FROM wide")?;
    ensure!(
        code == "54000" && message == "order_log is too large for JSON",
        "{code} {message}"
    );
    let same: bool = one(
        &mut client,
        "SELECT log::text::clientele.order_log OPERATOR(clientele.=) log FROM wide",
    )?;
    ensure!(same, "the text form loses something");
    let customers: i64 = one(&mut client, "SELECT (clientele.describe(log)).customers FROM wide")?;
    ensure!(customers == 4, "{customers} customers");
    Ok(())
}

/// Keys of ten megabytes go in and come out.
fn long_keys_are_kept(database: &Database) -> Result<(), Failure> {
    let mut client = database.client()?;
    let same: i64 = one(
        &mut client,
        "WITH keys AS MATERIALIZED (SELECT repeat(chr(64 + i), 10000000) AS key FROM generate_series(1, 5) i),
              log AS MATERIALIZED (SELECT clientele.order_log(key, date '2024-01-01', 1.5) AS log FROM keys, generate_series(1, 3))
         SELECT count(*) FROM log, clientele.rfm(log, NULL::text) r JOIN keys ON r.customer_id = keys.key",
    )?;
    ensure!(same == 5, "{same} keys came back");
    Ok(())
}

/// A basket of everything among small ones, a million items, items of a megabyte.
fn baskets_of_any_shape_are_kept(database: &Database) -> Outcome {
    let mut client = database.client()?;
    let shape = |client: &mut Client, call: &str, rows: &str| -> Result<(i64, i64, i64, i64), Failure> {
        let query = format!(
            "SELECT d.* FROM (SELECT {call} AS log FROM {rows}) l, clientele.describe(log) d,
                    LATERAL (SELECT count(*) AS n, sum(baskets) AS entries FROM clientele.items(log)) i
             WHERE i.n = d.items AND i.entries = d.entries"
        );
        let row = client.query_one(&query, &[])?;
        Ok((
            row.get("baskets"),
            row.get("items"),
            row.get("entries"),
            row.get("largest_basket"),
        ))
    };
    let large = shape(
        &mut client,
        "clientele.basket_log(CASE WHEN i <= 100000 THEN 0 ELSE i / 2 END, i % 100000)",
        "generate_series(1, 300000) i",
    )?;
    ensure!(large == (100_002, 100_000, 300_000, 100_000), "{large:?}");
    let many = shape(
        &mut client,
        "clientele.basket_log(i / 10, (i::bigint * 7919 % 1000003)::text)",
        "generate_series(0, 999999) i",
    )?;
    ensure!(many == (100_000, 1_000_000, 1_000_000, 10), "{many:?}");
    let long = shape(
        &mut client,
        "clientele.basket_log(i % 2, repeat(chr(65 + i), 1000000))",
        "generate_series(0, 19) i",
    )?;
    ensure!(long == (2, 20, 20, 10), "{long:?}");
    Ok(())
}

/// The same, and the sets in them.
fn baskets_of_any_shape_are_mined(database: &Database) -> Outcome {
    let mut client = database.client()?;
    let mut sets = |call: &str, rows: &str, options: &str| -> Result<(i64, i64), Failure> {
        let query = format!(
            "SELECT count(*), sum(length) FROM (SELECT {call} AS log FROM {rows}) l, clientele.frequent_itemsets(log, {options})"
        );
        let row = client.query_one(&query, &[])?;
        Ok((row.try_get(0)?, row.try_get(1)?))
    };
    // Each item is in the large basket and in two of two: all are frequent, and so is each pair of a small basket.
    let large = sets(
        "clientele.basket_log(CASE WHEN i <= 100000 THEN 0 ELSE i / 2 END, i % 100000)",
        "generate_series(1, 300000) i",
        "min_count => 3",
    )?;
    ensure!(large == (149_999, 199_998), "{large:?}");
    let many = sets(
        "clientele.basket_log(i / 2, (i::bigint * 7919 % 1000003)::text)",
        "generate_series(0, 999999) i",
        "min_count => 1",
    )?;
    ensure!(many == (1_500_000, 2_000_000), "{many:?}");
    // Two baskets of eight items.
    let long = sets(
        "clientele.basket_log(i % 2, repeat(chr(65 + i), 1000000))",
        "generate_series(0, 15) i",
        "min_count => 1",
    )?;
    ensure!(long == (510, 2048), "{long:?}");
    Ok(())
}

/// Twenty equal baskets of thirty items have a thousand million sets, which is known, and said, long before they are found.
fn an_answer_is_whole_or_an_error(database: &Database) -> Outcome {
    let mut client = database.client()?;
    client.batch_execute(
        "CREATE TABLE log AS SELECT clientele.basket_log(i, j) AS log FROM generate_series(1, 20) i, generate_series(1, 30) j;
         SET clientele.memory_limit = '64MB'; SET temp_file_limit = '64MB'; SET work_mem = '1MB'",
    )?;
    let Err(error) = client.batch_execute("SELECT count(*) FROM log, clientele.association_rules(log, min_count => 1)")
    else {
        return Err("the rules fit".into());
    };
    let error = error.as_db_error().ok_or("the session ended")?;
    ensure!(
        error.code().code() == "53400" && error.detail() == Some("There are at least 1073741823 frequent itemsets."),
        "{error:?}"
    );
    let all = "SELECT count(*) FROM log, clientele.frequent_itemsets(log, min_count => 1)";
    let (code, message) = error_of(&mut client, all)?;
    ensure!(
        code == "54000" && message.contains("clientele.row_limit"),
        "{code} {message}"
    );
    // Sets go to disk, as far as there is room for them.
    client.batch_execute("SET clientele.row_limit = 2000000000")?;
    let (code, message) = error_of(&mut client, all)?;
    ensure!(
        code == "53400" && message.contains("temp_file_limit"),
        "{code} {message}"
    );
    client.batch_execute("SET clientele.row_limit = 100000")?;
    let (code, message) = error_of(&mut client, all)?;
    ensure!(
        code == "54000" && message.contains("clientele.row_limit"),
        "{code} {message}"
    );
    Ok(())
}
