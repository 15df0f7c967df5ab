//! Faults at random moments, as tests/trials/faults asks for: `FAULTS` is for how many seconds, `SEED` repeats a run.

use crate::database::{Database, one};
use crate::exhaustion::{FIRST_USE, held_bytes};
use crate::features::{FEATURES, make};
use crate::{Failure, Outcome, ensure, told};
use postgres::Client;
use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};
use std::{env, fs, thread};

crate::trials!(faults_harm_nobody_else);

/// Numbers that are random enough, the same for the same seed (xorshift).
pub struct Random(u64);

impl Random {
    /// By `SEED`, or one that is told.
    pub fn new() -> Random {
        let seed = env::var("SEED").ok().and_then(|seed| seed.parse().ok());
        let seed = seed.unwrap_or_else(|| u64::from(std::process::id()));
        eprintln!("SEED={seed}");
        Random(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    /// Numbers that are random from this one on.
    pub fn another(&mut self) -> Random {
        Random(self.next() | 1)
    }

    /// A number from 0 to one below `end`.
    pub fn below(&mut self, end: usize) -> usize {
        (self.next() >> 16) as usize % end.max(1)
    }

    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }
}

/// The number that a variable of the environment asks for.
pub fn asked(name: &str) -> Result<usize, Failure> {
    let number = env::var(name).map_err(|_| format!("{name} is not set: tests/trials has programs that set it"))?;
    Ok(number.parse()?)
}

/// A call as one row that says what all its rows are.
pub fn digest(call: &str) -> String {
    format!("SELECT coalesce(md5(string_agg(q::text, ',' ORDER BY q::text)), '') FROM ({call}) q")
}

/// Files that only work under way has: temporary ones, and memory that processes share.
fn files_of_work() -> Result<usize, Failure> {
    let data = env::var("SERVER_DATA").map_err(|_| "SERVER_DATA is not set: run this by tests/server")?;
    let count = |directory: &str| fs::read_dir(Path::new(&data).join(directory)).map_or(0, Iterator::count);
    Ok(count("base/pgsql_tmp") + count("pg_dynshmem"))
}

/// A session, as soon as the server takes one.
fn connected(database: &Database) -> Result<Client, Failure> {
    let begun = Instant::now();
    loop {
        match database.client() {
            Ok(client) => return Ok(client),
            Err(failure) if begun.elapsed() > Duration::from_secs(60) => return Err(failure),
            Err(_) => thread::sleep(Duration::from_millis(50)),
        }
    }
}

/// Waits until no process of a session and no file of its work is left.
fn all_is_gone(witness: &mut Client, process: i32, files: usize) -> Outcome {
    let begun = Instant::now();
    let query = format!("SELECT count(*) FROM pg_stat_activity WHERE {process} IN (pid, leader_pid)");
    loop {
        let (left, now): (i64, usize) = (one(witness, &query)?, files_of_work()?);
        if left == 0 && now <= files {
            return Ok(());
        }
        ensure!(
            begun.elapsed() < Duration::from_secs(20),
            "{left} processes are left, and {now} files where there were {files}"
        );
        thread::sleep(Duration::from_millis(20));
    }
}

/// What goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Fault {
    Cancel,
    Terminate,
    Timeout,
    Kill,
}

impl Fault {
    const ALL: [Fault; 4] = [Fault::Cancel, Fault::Terminate, Fault::Timeout, Fault::Kill];

    /// Whether this is how the session that it happened to may end its call. A killed one, and those who are ended, may hear nothing more.
    fn explains(self, error: &postgres::Error) -> bool {
        let code = error.code().map(|code| code.code());
        match self {
            Fault::Cancel | Fault::Timeout => code == Some("57014"),
            Fault::Terminate => matches!(code, None | Some("57P01")),
            Fault::Kill => matches!(code, None | Some("57P02")),
        }
    }
}

/// A call with what it answers and how long that takes.
struct Call {
    what: &'static str,
    query: &'static str,
    answer: String,
    usual: Duration,
}

/// The calls of all features that need memory, and one by parallel workers.
fn calls(client: &mut Client) -> Result<Vec<Call>, Failure> {
    let workers = (
        "parallel workers",
        "SELECT pg_column_size(clientele.order_log(customer_id, ordered_at)) FROM many",
    );
    FEATURES
        .iter()
        .flat_map(|feature| feature.growing.iter().copied())
        .chain([workers])
        .map(|(what, query)| {
            let begun = Instant::now();
            let answer =
                one(client, &digest(query)).map_err(|failure| Failure::from(format!("{what}: {}", told(&*failure))))?;
            let usual = begun.elapsed();
            Ok(Call {
                what,
                query,
                answer,
                usual,
            })
        })
        .collect()
}

/// One fault in one call while another session is at work; whether it met the call at work.
fn happen(
    database: &Database,
    witness: &mut Client,
    random: &mut Random,
    fault: Fault,
    call: &Call,
    beside: &'static str,
) -> Result<bool, Failure> {
    let threads = 1 + 3 * random.below(2);
    let mut client = database.client_with_library()?;
    client.batch_execute(&format!(
        "SET clientele.threads = {threads}; SET clientele.progress = activity;
         SET parallel_setup_cost = 0; SET parallel_tuple_cost = 0"
    ))?;
    let held = held_bytes(&mut client)?;
    let process: i32 = one(&mut client, "SELECT pg_backend_pid()")?;
    let moment = call.usual.mul_f64(random.below(1000) as f64 / 900.0);
    let (mut faulting, mut other) = (database.client()?, database.client()?);
    let other_call = thread::spawn(move || -> Result<String, Failure> { one(&mut other, &digest(beside)) });
    if fault == Fault::Timeout {
        client.batch_execute(&format!("SET statement_timeout = {}", moment.as_millis().max(1)))?;
    }
    let happening = thread::spawn(move || -> Outcome {
        thread::sleep(moment);
        match fault {
            Fault::Cancel => faulting.batch_execute(&format!("SELECT pg_cancel_backend({process})"))?,
            Fault::Terminate => faulting.batch_execute(&format!("SELECT pg_terminate_backend({process})"))?,
            Fault::Timeout => {}
            Fault::Kill => {
                Command::new("kill").args(["-9", &process.to_string()]).status()?;
            }
        }
        Ok(())
    });
    let ended = client.batch_execute(call.query);
    happening.join().map_err(|_| "the faulting thread failed")??;
    if let Err(error) = &ended {
        ensure!(fault.explains(error), "{error:?}");
    }
    let of_other = other_call
        .join()
        .map_err(|_| "the thread of the other session failed")?;
    match fault {
        Fault::Cancel | Fault::Timeout => {
            // A late cancel may still meet what comes next.
            let _ = client.batch_execute("SELECT pg_sleep(0.01)");
            client.batch_execute("SET statement_timeout = 0")?;
            let holds = held_bytes(&mut client)?;
            ensure!(
                holds <= held + FIRST_USE,
                "the session holds {holds} kB, and {held} before"
            );
        }
        Fault::Terminate => {}
        Fault::Kill => {
            // The server takes new sessions until it knows.
            let begun = Instant::now();
            while witness.batch_execute("SELECT 1").is_ok() {
                ensure!(begun.elapsed() < Duration::from_secs(20), "the server did not notice");
                thread::sleep(Duration::from_millis(10));
            }
            *witness = connected(database)?;
        }
    }
    if fault != Fault::Kill {
        let answer: String = one(witness, &digest(beside)).map_err(|failure| format!("the witness: {failure}"))?;
        ensure!(of_other? == answer, "another session had another answer");
    }
    Ok(ended.is_err())
}

/// Whatever happens to a session at whatever moment: others go on, nothing is left, and answers are as before. After a process was killed,
/// PostgreSQL ends all sessions and begins anew.
fn faults_harm_nobody_else(database: &Database) -> Outcome {
    const BESIDE: &str = "SELECT r FROM logs, clientele.rfm(log) r WHERE customer_id < 1000";
    let longest = Duration::from_secs(asked("FAULTS")? as u64);
    let mut random = Random::new();
    let mut client = make(database, 50_000)?;
    client.batch_execute(
        "CREATE TABLE many AS
         SELECT i * 7919 % 100003 AS customer_id, timestamp '2024-01-01' + i * interval '1 minute' AS ordered_at
         FROM generate_series(1, 1000000::bigint) i; ANALYZE many",
    )?;
    let calls = calls(&mut client)?;
    drop(client);
    let mut witness = database.client()?;
    let files = files_of_work()?;
    let (begun, mut tally) = (Instant::now(), BTreeMap::<Fault, [usize; 2]>::new());
    // Each call has its turn, beginning anywhere.
    let first = random.below(calls.len());
    for call in calls.iter().cycle().skip(first) {
        if begun.elapsed() > longest {
            break;
        }
        let fault = Fault::ALL[random.below(Fault::ALL.len())];
        let about = |failure: Failure| format!("{fault:?} of {}: {}", call.what, told(&*failure));
        let met = happen(database, &mut witness, &mut random, fault, call, BESIDE).map_err(about)?;
        let counts = tally.entry(fault).or_default();
        counts[0] += 1;
        counts[1] += usize::from(met);
        let mut client = connected(database)?;
        let again: String = one(&mut client, &digest(call.query)).map_err(about)?;
        ensure!(again == call.answer, "{}: another answer after {fault:?}", call.what);
        let process: i32 = one(&mut client, "SELECT pg_backend_pid()")?;
        drop(client);
        all_is_gone(&mut witness, process, files).map_err(about)?;
    }
    eprintln!("{} kinds of calls in {} s", calls.len(), begun.elapsed().as_secs());
    for (fault, [all, met]) in &tally {
        eprintln!("{fault:?}: {all} times, {met} of them at work");
    }
    ensure!(tally.values().any(|&[_, met]| met > 0), "no fault met a call at work");
    Ok(())
}
