//! Long calls can be cancelled, end in time, and show how far they are.

use crate::database::{Database, error_of, one, process_size};
use crate::{Failure, Outcome, ensure};
use postgres::{Client, NoTls};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

crate::trials!(
    calls_can_be_cancelled,
    single_calls_can_be_cancelled,
    statement_timeout_is_kept,
    nothing_is_left_behind,
    progress_is_shown,
);

/// Long work, each of another kind: more than two seconds, were it not cancelled.
const LONG: [(&str, &str); 22] = [
    (
        "collecting",
        "SELECT pg_column_size(clientele.order_log(i * 7919 % 1000003, timestamp '2024-01-01' + i * interval '1 second', i::float8))
         FROM generate_series(1, 30000000::bigint) i",
    ),
    ("merging", "SELECT pg_column_size(clientele.merge(log)) FROM logs, generate_series(1, 40)"),
    ("writing text", "SELECT sum(length(log::text)) FROM logs, generate_series(1, 40)"),
    ("reading text", "SELECT sum(pg_column_size(t::clientele.order_log)) FROM texts, generate_series(1, 40)"),
    ("scoring", "SELECT sum(r) FROM logs, generate_series(1, 40), clientele.rfm(log, ties => 'ntile')"),
    ("fitting", "SELECT count(clientele.fit_rfm(log)) FROM logs, generate_series(1, 400)"),
    (
        "fitting purchases",
        "SELECT clientele.fit_purchases(x, x * 2.0 + u, x * 2.0 + 3 * u + 1, 1, 'pareto/nbd', '1 day')
         FROM (SELECT i % 50 AS x, (i % 50 > 0)::int * sqrt(i % 99991) AS u FROM generate_series(1, 1000000) i) s",
    ),
    ("valuing", "SELECT sum(clv) FROM logs, generate_series(1, 400), clientele.clv(log, discount_rate => 0.1)"),
    (
        "validating",
        "SELECT sum(predicted)
         FROM logs, generate_series(1, 40) i, clientele.validate_purchases(log, as_of => timestamp '2024-02-01' + i * interval '1 day')",
    ),
    ("fitting retention", "SELECT clientele.fit_retention(i, 2000000 - i) FROM generate_series(0, 2000000) i"),
    (
        "collecting features",
        "SELECT pg_column_size(clientele.feature_set(i * 7919 % 1000003, ARRAY[i, i % 365, i / 7.0]::float8[])) FROM generate_series(1, 12000000::bigint) i",
    ),
    (
        "writing features",
        "SELECT pg_column_size(clientele.feature_set(r.customer_id::text, ARRAY[r.days_since_last, r.orders, r.revenue]))
         FROM logs, generate_series(1, 40), clientele.customers(log) r",
    ),
    (
        "merging features",
        "SELECT pg_column_size(clientele.merge(set))
         FROM (SELECT clientele.feature_set(c.customer_id, ARRAY[c.days_since_last, c.orders, c.revenue]) AS set FROM logs, clientele.customers(log) c) s,
              generate_series(1, 40)",
    ),
    (
        "clusters",
        "SELECT clusters FROM (SELECT clientele.feature_set(i, ARRAY[i * 7919 % 100003, i * i % 65537, sqrt(i)]) AS set FROM generate_series(1, 400000::bigint) i) s,
              generate_series(1, 50) n, clientele.describe(clientele.fit_kmeans(set, 40, seed => n))",
    ),
    (
        "exact silhouettes",
        "SELECT count(*) FROM clientele.kmeans((SELECT clientele.feature_set(i, ARRAY[i * 7919 % 100003, sqrt(i)]) FROM generate_series(1, 300000::bigint) i), 2,
              n_init => 1, silhouette => 'exact')",
    ),
    (
        "itemsets without an end",
        "SELECT count(*) FROM (SELECT clientele.basket_log(b, i) AS log FROM generate_series(1, 300) b, generate_series(1, 60) i WHERE hashint4(b * 64 + i) % 5 <> 0) l,
              clientele.frequent_itemsets(log, min_count => 3, target => 'closed')",
    ),
    (
        "rules of many baskets",
        "SELECT count(*) FROM (SELECT clientele.basket_log(b, hashint8extended(b * 25 + i, 1) % 400) AS log FROM generate_series(1, 20000::bigint) b, generate_series(1, 25) i) l,
              generate_series(1, 100) n, clientele.association_rules(log, min_count => 40 + n % 20, top => 5)",
    ),
    (
        "counting rules",
        "SELECT count(*) FROM (SELECT clientele.basket_log(b, (b * b * 7 + i * 13 + i * b) % 400) AS log FROM generate_series(1, 20000::bigint) b, generate_series(1, 25) i) l,
              generate_series(1, 100000) n, clientele.rule_counts(log, ARRAY[(n % 200)::text], ARRAY[(n % 199)::text])",
    ),
    (
        // Items in every number of baskets, and names that have to be looked for among all of them.
        "looking items up",
        "SELECT count(*) FROM (SELECT clientele.basket_log(b, i) AS log FROM generate_series(1, 1500) i, generate_series(1, i) b) l,
              clientele.recommend(log, (SELECT array_agg(i) FROM generate_series(1000000, 1400000) i))",
    ),
    (
        "collecting baskets",
        "SELECT pg_column_size(clientele.basket_log(i * 7919 % 1000003, i % 1009)) FROM generate_series(1, 30000000::bigint) i",
    ),
    (
        "merging baskets",
        "SELECT pg_column_size(clientele.merge(b.log))
         FROM (SELECT clientele.basket_log((i % 50000, 'x'), i * 7919 % 1009) AS log FROM generate_series(1, 500000::bigint) i) b, generate_series(1, 200)",
    ),
    (
        "looking into baskets",
        "SELECT sum(entries)
         FROM (SELECT clientele.basket_log(i % 50000, i * 7919 % 1009) AS log FROM generate_series(1, 500000::bigint) i) b, generate_series(1, 4000) n,
              clientele.describe(CASE WHEN n > 0 THEN b.log END)",
    ),
];

/// How long cancelled work may go on.
const SOON: Duration = Duration::from_millis(500);

/// Runs work and cancels it a while later; how long it went on after that.
fn cancelled(client: &mut Client, work: &str) -> Result<Duration, Failure> {
    cancelled_after(client, work, Duration::from_millis(700))
}

fn cancelled_after(client: &mut Client, work: &str, while_later: Duration) -> Result<Duration, Failure> {
    let token = client.cancel_token();
    let canceller = thread::spawn(move || {
        thread::sleep(while_later);
        let asked = Instant::now();
        token.cancel_query(NoTls).map(|()| asked)
    });
    let stopped = stopped(client, work);
    let ended = Instant::now();
    let asked = canceller.join().map_err(|_| "the cancelling thread failed")??;
    stopped?;
    Ok(ended.saturating_duration_since(asked))
}

/// Runs work that is stopped from outside.
fn stopped(client: &mut Client, work: &str) -> Outcome {
    let (code, message) = error_of(client, work)?;
    ensure!(code == "57014", "{code} {message}");
    Ok(())
}

/// Runs each kind of long work until it ends soon after it was stopped: a machine may hold everything up for a moment, but not
/// three times.
fn all_end_soon(client: &mut Client, end: impl Fn(&mut Client, &str) -> Result<Duration, Failure>) -> Outcome {
    for (what, work) in LONG {
        let mut took = Vec::new();
        while took.last().is_none_or(|&last| last >= SOON) {
            ensure!(took.len() < 3, "{what} went on for {took:?}");
            took.push(end(client, work).map_err(|failure| format!("{what}: {failure}"))?);
        }
    }
    Ok(())
}

fn calls_can_be_cancelled(database: &Database) -> Outcome {
    let mut client = database.client_with_log(1_000_000)?;
    all_end_soon(&mut client, cancelled)
}

/// One call each, which PostgreSQL's own checks between calls and rows cannot stop: what it is given, made of so many rows, and
/// the call.
const SINGLE: [(&str, &str, &str); 8] = [
    (
        "scoring",
        LOG_OF,
        "SELECT count(*) FROM input, clientele.rfm(value, ties => 'ntile')",
    ),
    (
        "totals",
        LOG_OF,
        "SELECT count(*) FROM input, clientele.customers(value)",
    ),
    ("fitting", LOG_OF, "SELECT clientele.fit_rfm(value) IS NULL FROM input"),
    (
        "fitting purchases",
        LOG_OF,
        "SELECT clientele.fit_purchases(value, 'pareto/nbd') IS NULL FROM input",
    ),
    (
        "valuing",
        LOG_OF,
        "SELECT count(*) FROM input, clientele.clv(value, discount_rate => 0.1)",
    ),
    (
        "clusters",
        FEATURES_OF,
        "SELECT clientele.fit_kmeans(value, 40, n_init => 5) IS NULL FROM input",
    ),
    (
        "itemsets",
        BASKETS_OF,
        "SELECT count(*) FROM input, clientele.frequent_itemsets(value, min_support => 0.002, target => 'maximal')",
    ),
    ("writing text", LOG_OF, "SELECT length(value::text) FROM input"),
];
const LOG_OF: &str = "SELECT clientele.order_log(i * 7919 % (N / 2 + 1), timestamp '2024-01-01' + i * 104729 % 31536000 * interval '1 second', i % 1000 / 4.0) AS value
                      FROM generate_series(1, N::bigint) i";
const FEATURES_OF: &str = "SELECT clientele.feature_set(i, ARRAY[i * 7919 % 100003, i * i % 65537, sqrt(i)]) AS value FROM generate_series(1, N::bigint) i";
const BASKETS_OF: &str =
    "SELECT clientele.basket_log(i / 16, hashint8extended(i, 7) & 31) AS value FROM generate_series(1, N::bigint) i";
/// A call that takes as long as this goes on far too long if nothing stops it.
const LONG_ENOUGH: Duration = Duration::from_millis(1200);
/// When it is cancelled.
const EARLY: Duration = Duration::from_millis(200);

/// Whatever the machine, the call is made long enough: the input is doubled until it is.
fn single_calls_can_be_cancelled(database: &Database) -> Outcome {
    let mut client = database.client()?;
    client
        .batch_execute("SET clientele.memory_limit = '4GB'; SET max_parallel_workers_per_gather = 0; SET jit = off")?;
    for (what, input, call) in SINGLE {
        let mut n = 1 << 19;
        loop {
            client.batch_execute(&format!(
                "DROP TABLE IF EXISTS input; CREATE TABLE input AS {}",
                input.replace('N', &n.to_string())
            ))?;
            let begun = Instant::now();
            client.batch_execute(call).map_err(|error| format!("{what}: {error}"))?;
            if begun.elapsed() >= LONG_ENOUGH {
                break;
            }
            n *= 2;
            ensure!(n <= 1 << 25, "{what} is never long enough");
        }
        // What works with threads has them stopped, too.
        let threads: &[u32] = if what == "clusters" { &[1, 4] } else { &[1] };
        for threads in threads {
            client.batch_execute(&format!("SET clientele.threads = {threads}"))?;
            let mut took = Vec::new();
            while took.last().is_none_or(|&last| last >= SOON) {
                ensure!(took.len() < 3, "{what} with {threads} threads went on for {took:?}");
                took.push(cancelled_after(&mut client, call, EARLY).map_err(|failure| format!("{what}: {failure}"))?);
            }
        }
        client.batch_execute("SET clientele.threads = 1")?;
    }
    Ok(())
}

fn statement_timeout_is_kept(database: &Database) -> Outcome {
    let timeout = Duration::from_millis(400);
    let mut client = database.client_with_log(1_000_000)?;
    client.batch_execute(&format!("SET statement_timeout = {}", timeout.as_millis()))?;
    all_end_soon(&mut client, |client, work| {
        let begun = Instant::now();
        stopped(client, work)?;
        Ok(begun.elapsed().saturating_sub(timeout))
    })
}

/// After many cancelled calls the session holds no more memory than after the first ones.
fn nothing_is_left_behind(database: &Database) -> Outcome {
    let mut client = database.client_with_log(1_000_000)?;
    client.batch_execute("SET clientele.memory_limit = '300MB'; SET statement_timeout = '250ms'")?;
    let mut held = Vec::new();
    for _ in 0..6 {
        for (what, work) in LONG {
            stopped(&mut client, work).map_err(|failure| format!("{what}: {failure}"))?;
        }
        held.push(process_size(&mut client, "RssAnon")?);
    }
    let (first, last) = (held[1], held[5]);
    ensure!(
        last < first + (48 << 20),
        "memory of the session after each round: {held:?}"
    );
    Ok(())
}

fn progress_is_shown(database: &Database) -> Outcome {
    let notices = Arc::new(Mutex::new(Vec::new()));
    let heard = Arc::clone(&notices);
    let mut client = database
        .config()?
        .notice_callback(move |notice| {
            heard
                .lock()
                .unwrap_or_else(|poisoned| poisoned.into_inner())
                .push(notice.message().to_owned());
        })
        .connect(NoTls)?;
    let process: i32 = one(&mut client, "SELECT pg_backend_pid()")?;
    let title = move || {
        std::fs::read(format!("/proc/{process}/cmdline")).map(|title| String::from_utf8_lossy(&title).into_owned())
    };
    let work = "SELECT pg_column_size(clientele.order_log(i * 7919 % 1000003, timestamp '2024-01-01' + i * interval '1 second', i::float8))
                FROM generate_series(1, 12000000::bigint) i";
    let watcher = thread::spawn(move || {
        let begun = Instant::now();
        while begun.elapsed() < Duration::from_secs(60) {
            match title() {
                Ok(title) if title.contains("order_log") => return Ok(title),
                Ok(_) => thread::sleep(Duration::from_millis(5)),
                Err(error) => return Err(error.to_string()),
            }
        }
        Err("the title of the process never said how far it was".to_owned())
    });
    client.batch_execute("SET clientele.progress = on")?;
    client.batch_execute(work)?;
    let title = watcher.join().map_err(|_| "the watching thread failed")??;
    ensure!(title.contains("order_log collect"), "the title was {title}");
    let told = || std::mem::take(&mut *notices.lock().unwrap_or_else(|poisoned| poisoned.into_inner()));
    let asked_for: Vec<String> = told();
    ensure!(
        asked_for.iter().any(|notice| notice.starts_with("order_log ")),
        "the notices were {asked_for:?}"
    );
    let after = std::fs::read(format!("/proc/{process}/cmdline"))?;
    ensure!(
        !String::from_utf8_lossy(&after).contains("order_log"),
        "the title stayed"
    );
    // Who did not ask is not told.
    client.batch_execute("SET clientele.progress = off")?;
    client.batch_execute(work)?;
    let unasked = told();
    ensure!(unasked.is_empty(), "nobody asked for {unasked:?}");
    Ok(())
}
