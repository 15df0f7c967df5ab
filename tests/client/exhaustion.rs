//! Calls for which the system has no memory: an error of the statement, and nothing else.
//!
//! [`memory`](crate::memory) tries each call with some limits. With `EVERY_LIMIT` set, as tests/trials/out_of_memory does, all calls
//! are tried with many, or those whose names hold what it says.

use crate::database::{Database, one, process_size};
use crate::features::{calls_that_need_memory, make};
use crate::{Failure, Outcome, ensure};
use postgres::Client;
use std::time::Duration;

crate::trials!(every_call_with_every_limit, every_call_on_a_small_server);

/// The kilobytes that a session keeps for good when something is first used, such as what shows progress.
pub const FIRST_USE: u64 = 2;

/// How a call ended.
#[derive(Debug, PartialEq)]
pub enum Ending {
    /// With a result.
    Result,
    /// With SQLSTATE 53200, or 53400 where a limit of the statement's own came first.
    OutOfMemory,
}

/// The calls that are asked for: those whose names hold what `EVERY_LIMIT` says, or all.
fn chosen() -> impl Iterator<Item = (&'static str, &'static str)> {
    let word = std::env::var("EVERY_LIMIT").unwrap_or_default();
    calls_that_need_memory().filter(move |call| word == "yes" || call.0.contains(&word))
}

/// Runs a call in a new session that has so much more address space than it begins with, and then looks whether all is well.
pub fn run_out(
    database: &Database,
    witness: &mut Client,
    (what, call): (&str, &str),
    threads: u32,
    kilobytes: u64,
) -> Result<Ending, Failure> {
    let about = format!("{what} with {kilobytes} kB and {threads} threads");
    let mut client = database.client()?;
    client.batch_execute(&format!(
        "SET jit = off; SET max_parallel_workers_per_gather = 0; SET work_mem = '256MB';
         SET clientele.memory_limit = '100GB'; SET clientele.max_memory_limit = '100GB';
         SET clientele.threads = {threads}; SELECT clientele.rfm_segment(1, 1, 1)"
    ))?;
    let held = held_bytes(&mut client)?;
    let process: i32 = one(&mut client, "SELECT pg_backend_pid()")?;
    let size = process_size(&mut client, "VmSize")?;
    limit_address_space(witness, process, Some(size + (kilobytes << 10)))?;
    let ending = match client.batch_execute(call) {
        Ok(()) => Ending::Result,
        Err(error) => {
            let code = error
                .code()
                .ok_or_else(|| format!("{about} ended the session: {error}"))?;
            ensure!(matches!(code.code(), "53200" | "53400"), "{about}: {error:?}");
            Ending::OutOfMemory
        }
    };
    let alive: i32 = one(&mut client, "SELECT 1").map_err(|failure| format!("{about}: then {failure}"))?;
    ensure!(alive == 1, "the session is confused");
    // A crash of any session would have ended this one.
    let alive: i32 = one(witness, "SELECT 1").map_err(|failure| format!("{about} restarted the server: {failure}"))?;
    ensure!(alive == 1, "the server restarted");
    limit_address_space(witness, process, None)?;
    let holds = held_bytes(&mut client)?;
    ensure!(
        holds <= held + FIRST_USE,
        "{about}: it held {held} kB before, and {holds} kB afterwards"
    );
    Ok(ending)
}

/// The kilobytes that Rust code of an idle session holds, as the error of a call tells that asks for too much.
pub fn held_bytes(client: &mut Client) -> Result<u64, Failure> {
    client.batch_execute("BEGIN; SET LOCAL clientele.memory_limit = '1MB'")?;
    let Err(error) = client.batch_execute("SELECT clientele.order_log(repeat('x', 3000000), date '2024-01-01')") else {
        return Err("a key of three megabytes took less than one".into());
    };
    client.batch_execute("ROLLBACK")?;
    let error = error.as_db_error().ok_or("the session ended")?;
    ensure!(error.code().code() == "53400", "{error:?}");
    let detail = error.detail().unwrap_or_default();
    let held = detail.strip_prefix("It holds ").and_then(|rest| rest.split(' ').next());
    Ok(held.ok_or_else(|| format!("no bytes in {detail}"))?.parse()?)
}

/// Limits the address space of the process of a session, or lifts the limit. The server itself does it, in
/// another session: who runs the tests may be another user.
fn limit_address_space(witness: &mut Client, process: i32, bytes: Option<u64>) -> Outcome {
    let bytes = bytes.map_or("unlimited".to_owned(), |bytes| bytes.to_string());
    witness.batch_execute(&format!(
        "CREATE TEMP TABLE IF NOT EXISTS output (line text); COPY output FROM PROGRAM 'prlimit --pid={process} --as={bytes}:'"
    ))?;
    Ok(())
}

/// What many runs came to.
#[derive(Default)]
struct Tally {
    runs: usize,
    ran_out: usize,
    wrong: Vec<String>,
}

impl Tally {
    fn count(&mut self, ending: Result<Ending, Failure>) {
        self.runs += 1;
        match ending {
            Ok(Ending::Result) => {}
            Ok(Ending::OutOfMemory) => self.ran_out += 1,
            Err(failure) => {
                let failure = crate::told(&*failure);
                eprintln!("{failure}");
                self.wrong.push(failure);
            }
        }
    }

    fn outcome(self) -> Outcome {
        let Tally { runs, ran_out, wrong } = self;
        eprintln!(
            "{runs} runs, {ran_out} of them out of memory, {} gone wrong",
            wrong.len()
        );
        ensure!(wrong.is_empty(), "{}", wrong.join("\n"));
        ensure!(ran_out * 4 > runs, "only {ran_out} of {runs} ran out of memory");
        Ok(())
    }
}

/// A session again, after the server has restarted.
fn again(database: &Database) -> Client {
    loop {
        match database.client() {
            Ok(client) => return client,
            Err(_) => std::thread::sleep(Duration::from_millis(500)),
        }
    }
}

/// Kilobytes, from next to nothing up.
const LIMITS: [u64; 14] = [
    256,
    512,
    1 << 10,
    2 << 10,
    3 << 10,
    4 << 10,
    5 << 10,
    6 << 10,
    8 << 10,
    12 << 10,
    16 << 10,
    24 << 10,
    40 << 10,
    80 << 10,
];

fn every_call_with_every_limit(database: &Database) -> Outcome {
    let mut witness = make(database, 1_000_000)?;
    let mut tally = Tally::default();
    for call in chosen() {
        for threads in [1, 4] {
            let before = tally.ran_out;
            for kilobytes in LIMITS {
                let ending = run_out(database, &mut witness, call, threads, kilobytes)
                    .map_err(|failure| format!("{}, {kilobytes} kB: {}", call.0, crate::told(&*failure)).into());
                tally.count(ending);
                if witness.is_closed() {
                    witness = again(database);
                }
            }
            eprintln!("{}, {threads} threads: {} ran out", call.0, tally.ran_out - before);
        }
    }
    tally.outcome()
}

/// The same where all processes of the server are limited from their start, as by `ulimit -v`.
fn every_call_on_a_small_server(database: &Database) -> Outcome {
    let mut witness = make(database, 1_000_000)?;
    let size = process_size(&mut database.client_with_library()?, "VmSize")?;
    let server: String = one(
        &mut witness,
        "SELECT split_part(pg_read_file('postmaster.pid'), E'\\n', 1)",
    )?;
    let server: i32 = server.parse()?;
    let mut tally = Tally::default();
    // What a session has to begin with is no part of this.
    for kilobytes in [3 << 10, 4 << 10, 6 << 10, 10 << 10, 20 << 10, 50 << 10] {
        limit_address_space(&mut witness, server, Some(size + (kilobytes << 10)))?;
        let before = tally.ran_out;
        for (number, (what, call)) in chosen().enumerate() {
            let threads = if number % 2 == 0 { 1 } else { 4 };
            tally.count(run_small(database, &mut witness, call, threads).map_err(|failure| {
                format!("{what}, {kilobytes} kB for each process: {}", crate::told(&*failure)).into()
            }));
            if witness.is_closed() {
                witness = again(database);
            }
        }
        eprintln!("{kilobytes} kB for each process: {} ran out", tally.ran_out - before);
    }
    limit_address_space(&mut witness, server, None)?;
    tally.outcome()
}

fn run_small(database: &Database, witness: &mut Client, call: &str, threads: u32) -> Result<Ending, Failure> {
    let mut client = database.client_with_library()?;
    client.batch_execute(&format!(
        "SET jit = off; SET work_mem = '256MB';
         SET clientele.memory_limit = '100GB'; SET clientele.max_memory_limit = '100GB'; SET clientele.threads = {threads}"
    ))?;
    let ending = match client.batch_execute(call) {
        Ok(()) => Ending::Result,
        Err(error) => {
            let code = error.code().ok_or_else(|| format!("the session ended: {error}"))?;
            ensure!(matches!(code.code(), "53200" | "53400"), "{error:?}");
            Ending::OutOfMemory
        }
    };
    one::<i32>(&mut client, "SELECT 1")?;
    one::<i32>(witness, "SELECT 1")?;
    Ok(ending)
}
