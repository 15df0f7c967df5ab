//! Calls of every function of the extension, over values of every type: by many sessions at a time, and thousands of times in one.
//!
//! Both are asked for by a variable of the environment, as the programs in tests/trials do: `SESSIONS` is a number of sessions, `CALLS`
//! a number of calls of each function. `SEED` repeats a run. Functions are taken from the catalog, and values of the types of the
//! extension from what [features store](crate::features::store): what is new joins by itself.

use crate::database::{Database, one, process_size};
use crate::exhaustion::{FIRST_USE, held_bytes};
use crate::faults::{Random, asked, digest};
use crate::features::store;
use crate::{Failure, Outcome, ensure, told};
use postgres::Client;
use std::collections::BTreeMap;
use std::sync::Barrier;
use std::thread;
use std::time::{Duration, Instant};

crate::trials!(many_sessions_answer_as_one_does, many_calls_hold_as_much_as_few);

/// A call, and what it answers alone: a digest of its rows, or a SQLSTATE.
struct Call {
    what: String,
    query: String,
    alone: String,
}

impl Call {
    fn is_refused(&self) -> bool {
        self.alone.len() == SQLSTATE
    }
}

/// The letters of a SQLSTATE, of which no digest has so few.
const SQLSTATE: usize = 5;

/// What an argument of a type that every database has is given in row `i`; those of these names come first.
fn builtin(name: &str, of_type: &str) -> Option<&'static str> {
    Some(match (name, of_type) {
        ("frequency", _) => "i % 5",
        ("recency", _) => "i % 5 * 2.0",
        ("age", _) => "i % 5 * 2.0 + 1 + i % 3",
        ("r" | "f" | "m", _) => "1 + i % 5",
        ("model", "text") => "'bg/nbd'",
        ("monetary", "text") => "'total'",
        ("segments", "jsonb") => r#"'{"All": ["***"]}'"#,
        ("period", _) => "i - 1",
        ("customers", _) => "100 - i",
        (_, "\"any\"") => "i % 7",
        (_, "anyelement") => "NULL::bigint",
        (_, "anycompatiblearray") => "ARRAY['item 1', 'item 2']",
        (_, "boolean") => "i % 3 = 0",
        (_, "integer") => "3",
        (_, "bigint" | "numeric" | "double precision") => "1 + i % 9",
        (_, "double precision[]") => "ARRAY[i]",
        (_, "interval") => "'30 days'",
        (_, "date") => "date '2024-01-01' + i",
        (_, "timestamp without time zone" | "timestamp with time zone") => {
            "timestamp '2024-01-01' + i * interval '5 hours'"
        }
        _ => return None,
    })
}

/// A value of each type of the extension, the first that is stored in the first table with one, as a query of one value.
fn stored(client: &mut Client) -> Result<BTreeMap<String, String>, Failure> {
    store(client)?;
    // What is stored has keys and numbers of all kinds, and many; these have few, of kinds that functions take without being told.
    client.batch_execute(
        "CREATE TABLE a AS
         SELECT clientele.order_log(customer_id, ordered_at, total) AS log,
                clientele.basket_log(ordered_at, 'item ' || customer_id % 10) AS baskets,
                clientele.fit_baskets(clientele.basket_log(ordered_at, 'item ' || customer_id % 10), min_count => 3) AS offers,
                (SELECT clientele.feature_set(customer_id, ARRAY[total], 1)
                 FROM (SELECT customer_id, sum(total) AS total FROM orders GROUP BY 1) c) AS set
         FROM orders WHERE customer_id < 30",
    )?;
    let rows = client.query(
        "SELECT DISTINCT ON (atttypid) format_type(atttypid, NULL),
                format('(SELECT %I FROM public.%I WHERE %1$I IS NOT NULL LIMIT 1)',
                       attname, relname)
         FROM pg_attribute JOIN pg_class c ON c.oid = attrelid JOIN pg_type t ON t.oid = atttypid
         WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' AND NOT attisdropped
         AND typnamespace = 'clientele'::regnamespace AND typtype = 'b'
         ORDER BY atttypid, relname",
        &[],
    )?;
    Ok(rows.iter().map(|row| (row.get(0), row.get(1))).collect())
}

/// A call of each function, aggregate, operator and cast that SQL can call, and of the input and output of each type.
fn calls(client: &mut Client) -> Result<Vec<Call>, Failure> {
    let values = stored(client)?;
    let functions = client.query(
        "SELECT p.oid::regprocedure::text, p.oid::regproc::text,
                CASE WHEN prokind = 'a' THEN 40 WHEN proretset THEN 1 ELSE 4 END,
                ARRAY(SELECT coalesce(proargnames[n], '') FROM generate_series(1, pronargs - pronargdefaults) n ORDER BY n),
                ARRAY(SELECT format_type(proargtypes[n - 1], NULL) FROM generate_series(1, pronargs - pronargdefaults) n ORDER BY n)
         FROM pg_proc p WHERE pronamespace = 'clientele'::regnamespace
         AND NOT ARRAY['internal'::regtype, 'cstring'::regtype]::oid[] && (proargtypes::oid[] || prorettype) ORDER BY 1",
        &[],
    )?;
    let mut queries = Vec::new();
    for row in functions {
        let (what, name, rows): (String, String, i32) = (row.get(0), row.get(1), row.get(2));
        let (names, types): (Vec<String>, Vec<String>) = (row.get(3), row.get(4));
        let arguments = names.iter().zip(&types).map(|(name, of_type)| {
            let own = values.get(of_type).map(String::as_str);
            let value = own.or_else(|| builtin(name, of_type));
            let value = value.ok_or_else(|| format!("{what}: there is no value for {of_type}"))?;
            Ok(match of_type.starts_with("any") || of_type.starts_with('"') {
                true => value.to_owned(),
                false => format!("({value})::{of_type}"),
            })
        });
        let arguments = arguments.collect::<Result<Vec<String>, Failure>>()?.join(", ");
        let query = match rows {
            1 => format!("SELECT r FROM generate_series(1, 1) i, {name}({arguments}) r"),
            _ => format!("SELECT {name}({arguments}) FROM generate_series(1, {rows}) i"),
        };
        queries.push((what, query));
    }
    for (of_type, value) in &values {
        for form in ["text", "json::text", "jsonb"] {
            let cast = format!("{of_type} as {form} and back");
            queries.push((cast, format!("SELECT {value}::{form}::{of_type}::text")));
        }
    }
    let alone = |(what, query): (String, String)| {
        let query = digest(&query);
        let alone = answer(client, &query);
        Call { what, query, alone }
    };
    Ok(queries.into_iter().map(alone).collect())
}

fn answer(client: &mut Client, query: &str) -> String {
    match client.query_one(query, &[]) {
        Ok(row) => row.get(0),
        Err(error) => error
            .code()
            .map_or_else(|| format!("{error:?}"), |code| code.code().to_owned()),
    }
}

/// Says which calls end as errors, and fails where these are more than a few or internal ones.
fn tell_refused(calls: &[Call]) -> Outcome {
    let refused = || calls.iter().filter(|call| call.is_refused());
    for call in refused() {
        eprintln!("{} ends as an error {}", call.what, call.alone);
        ensure!(!call.alone.starts_with("XX"), "{}: an internal error", call.what);
    }
    ensure!(refused().count() * 5 < calls.len(), "too many calls end as errors");
    Ok(())
}

/// Sessions that call everything at the same time.
fn many_sessions_answer_as_one_does(database: &Database) -> Outcome {
    const CALLS: usize = 50;
    let sessions = asked("SESSIONS")?;
    let mut random = Random::new();
    let calls = calls(&mut database.client()?)?;
    tell_refused(&calls)?;
    let together = Barrier::new(sessions);
    let run = |mut random: Random, mut client: Client| -> Outcome {
        together.wait();
        client.batch_execute(&format!(
            "SET clientele.threads = {}; SET work_mem = '{}kB'",
            1 + random.below(2),
            64 << random.below(8)
        ))?;
        for _ in 0..CALLS {
            let Call { what, query, alone } = &calls[random.below(calls.len())];
            let beside = answer(&mut client, query);
            ensure!(beside == *alone, "{what}: {beside} beside others, {alone} alone");
        }
        Ok(())
    };
    let clients: Vec<Client> = (0..sessions).map(|_| database.client()).collect::<Result<_, _>>()?;
    let begun = Instant::now();
    let wrong: Vec<String> = thread::scope(|scope| {
        let running: Vec<_> = clients
            .into_iter()
            .map(|client| {
                let random = random.another();
                let run = &run;
                scope.spawn(move || run(random, client))
            })
            .collect();
        let ended = running
            .into_iter()
            .map(|one| one.join().unwrap_or_else(|_| Err("a thread failed".into())));
        ended
            .filter_map(|outcome| outcome.err().map(|failure| told(&*failure)))
            .collect()
    });
    eprintln!(
        "{sessions} sessions at a time, each with {CALLS} calls of {} kinds, in {} s: {} wrong",
        calls.len(),
        begun.elapsed().as_secs(),
        wrong.len()
    );
    ensure!(wrong.is_empty(), "{}", wrong.join("\n"));
    Ok(())
}

/// What a session holds: of PostgreSQL's contexts, of the system's memory, and by Rust code.
fn holds(client: &mut Client) -> Result<[u64; 3], Failure> {
    let rust = held_bytes(client)? << 10;
    let contexts: i64 = one(
        client,
        "SELECT sum(total_bytes)::bigint FROM pg_backend_memory_contexts",
    )?;
    Ok([contexts as u64, process_size(client, "RssAnon")?, rust])
}

/// After the first calls of a function, a session holds no more however often it calls. What takes long is called less often.
fn many_calls_hold_as_much_as_few(database: &Database) -> Outcome {
    /// Bytes that a session may grow by in half of the calls: of contexts, as the system counts them, by pages and arenas, and by Rust code.
    const GROWTH: [u64; 3] = [64 << 10, 1 << 20, FIRST_USE << 10];
    /// How long half of the calls may take.
    const LONGEST: Duration = Duration::from_secs(5);
    let number = asked("CALLS")?;
    let calls = calls(&mut database.client()?)?;
    tell_refused(&calls)?;
    let mut client = database.client_with_library()?;
    let (mut wrong, mut most, mut all) = (Vec::new(), [0; 3], 0);
    for Call { what, query, alone } in &calls {
        let (mut halves, mut made) = (Vec::new(), 0);
        for _ in 0..2 {
            let begun = Instant::now();
            for _ in 0..number.div_ceil(2) {
                if begun.elapsed() > LONGEST {
                    break;
                }
                made += 1;
                let again = answer(&mut client, query);
                ensure!(again == *alone, "{what}: {again}, and {alone} before");
            }
            halves.push(holds(&mut client)?);
        }
        all += made;
        if made < number {
            eprintln!("{what}: only {made} calls, which take long");
        }
        for (at, most) in most.iter_mut().enumerate() {
            let grown = halves[1][at].saturating_sub(halves[0][at]);
            *most = grown.max(*most);
            if grown > GROWTH[at] {
                wrong.push(format!("{what}: {halves:?}"));
            }
        }
    }
    let most = most.map(|bytes| bytes >> 10);
    let [contexts, process, rust] = holds(&mut client)?.map(|bytes| bytes >> 10);
    eprintln!(
        "{all} calls of {} kinds in one session: in the second half of those of a kind PostgreSQL's contexts grew by at most {} kB, \
         the process by {} kB, what Rust code holds by {} kB; after all they are {contexts} kB, {process} kB and {rust} kB",
        calls.len(),
        most[0],
        most[1],
        most[2],
    );
    ensure!(wrong.is_empty(), "{}", wrong.join("\n"));
    Ok(())
}
