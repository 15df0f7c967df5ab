//! Long calls can be cancelled, end in time, and show how far they are.

use crate::database::{Database, error_of, one, process_size};
use crate::features::{FEATURES, Single};
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

/// Long work of all features.
fn long() -> impl Iterator<Item = (&'static str, &'static str)> {
    FEATURES.iter().flat_map(|feature| feature.long.iter().copied())
}

/// Runs each kind of long work until it ends soon after it was stopped: a machine may hold everything up for a moment, but not
/// three times.
fn all_end_soon(client: &mut Client, end: impl Fn(&mut Client, &str) -> Result<Duration, Failure>) -> Outcome {
    for (what, work) in long() {
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

/// A call that takes as long as this goes on far too long if nothing stops it.
const LONG_ENOUGH: Duration = Duration::from_millis(1200);
/// When it is cancelled.
const EARLY: Duration = Duration::from_millis(200);

/// Whatever the machine, the call is made long enough: the input is doubled until it is.
fn single_calls_can_be_cancelled(database: &Database) -> Outcome {
    let mut client = database.client()?;
    client
        .batch_execute("SET clientele.memory_limit = '4GB'; SET max_parallel_workers_per_gather = 0; SET jit = off")?;
    for &Single {
        what,
        input,
        call,
        threads,
    } in FEATURES.iter().flat_map(|feature| feature.single)
    {
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
        for (what, work) in long() {
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
    client.batch_execute("SET clientele.progress = notice")?;
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
