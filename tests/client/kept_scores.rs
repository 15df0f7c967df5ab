//! The scripts of docs/kept_scores, run as a user runs them: whatever happens to the orders, what is kept is what computing
//! everything anew gives, bit for bit.

use crate::database::{Database, one, program};
use crate::pages::root;
use crate::{Failure, Outcome, ensure};
use postgres::Client;
use std::fs;
use std::io::Write;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

crate::trials!(
    integer_keys_follow_any_change,
    uuid_keys_follow_any_change,
    text_keys_follow_any_change,
    late_commits_are_found,
    a_note_does_not_hide_another,
    jobs_wait_for_each_other,
    erased_customers_leave_no_trace,
    archived_orders_are_erased_from_logs,
    scores_are_those_of_the_functions,
    applications_need_no_rights_on_notes,
);

/// The two ways: the schema of each, which has the name of its scripts.
const WAYS: [&str; 2] = ["logs", "rows"];

/// A type of keys, how one comes from a number, and a type of times.
struct Kind {
    key: &'static str,
    key_of: &'static str,
    time: &'static str,
}

const INTEGER: Kind = Kind {
    key: "integer",
    key_of: "n",
    time: "timestamptz",
};
const UUID: Kind = Kind {
    key: "uuid",
    key_of: "md5(n::text)::uuid",
    time: "timestamptz",
};
const TEXT: Kind = Kind {
    key: "text",
    key_of: "'Käufer ' || n",
    time: "timestamp",
};

/// The scripts with the names of a table, and the database that has it.
struct Shop<'d> {
    database: &'d Database,
    scripts: PathBuf,
    key: &'static str,
}

impl<'d> Shop<'d> {
    /// Orders of some customers, and both ways set up and run once.
    fn open(database: &'d Database, kind: &Kind) -> Result<Shop<'d>, Failure> {
        let scripts = std::env::temp_dir().join(format!("{}.kept_scores", database.name()));
        fs::create_dir_all(&scripts)?;
        for entry in fs::read_dir(root().join("docs/kept_scores"))? {
            let entry = entry?;
            let mut text = fs::read_to_string(entry.path())?;
            if entry.file_name() == "names.sql" {
                text = text.replace("'integer'", &format!("'{}'", kind.key));
                if kind.time == "timestamp" {
                    text = text.replace("\n-- \\set", "\n\\set");
                }
            }
            fs::write(scripts.join(entry.file_name()), text)?;
        }
        let Kind { key, key_of, time } = kind;
        let mut client = database.client()?;
        client.batch_execute(&format!(
            "SET timezone = 'UTC';
             CREATE FUNCTION customer(n bigint) RETURNS {key} LANGUAGE sql IMMUTABLE AS $$ SELECT {key_of} $$;
             CREATE TABLE orders (
                 order_id bigint GENERATED ALWAYS AS IDENTITY, household_id {key}, ordered_at {time} NOT NULL, total numeric(10, 2));
             INSERT INTO orders (household_id, ordered_at, total)
             SELECT customer(i * 7919 % 211), timestamp '2024-01-01' + i * i % 8640 * interval '20 minutes', i % 1000 / 4.0
             FROM generate_series(1, 1500) i;
             CREATE INDEX ON orders (household_id);
             CREATE INDEX ON orders (ordered_at);
             CREATE SCHEMA logs; CREATE SCHEMA rows; ANALYZE"
        ))?;
        let shop = Shop { database, scripts, key };
        for way in WAYS {
            shop.run(way, "scores", &[])?;
            shop.run(way, way, &[])?;
        }
        shop.refresh()?;
        Ok(shop)
    }

    /// psql in the schema of a way, about to run a script.
    fn psql(&self, way: &str, script: &str, arguments: &[&str]) -> Command {
        let mut psql = program("psql");
        psql.args(["-Xq", "-d", self.database.name(), "-v", "as_of=2024-06-01"])
            .args(arguments)
            .arg("-f")
            .arg(self.scripts.join(script).with_extension("sql"))
            .env(
                "PGOPTIONS",
                format!("-c search_path={way},public -c timezone=America/New_York"),
            )
            .stdout(Stdio::null())
            .stderr(Stdio::piped());
        psql
    }

    fn run(&self, way: &str, script: &str, arguments: &[&str]) -> Outcome {
        finish(self.psql(way, script, arguments).spawn()?)
    }

    fn job(&self, way: &str) -> Result<Child, Failure> {
        Ok(self.psql(way, &format!("{way}_refresh"), &[]).spawn()?)
    }

    /// Both jobs, one after the other.
    fn refresh(&self) -> Outcome {
        WAYS.iter().try_for_each(|way| finish(self.job(way)?))
    }

    /// Whether all that is kept is what computing it anew gives.
    fn check(&self, client: &mut Client, when: &str) -> Outcome {
        for way in WAYS {
            let different: Option<String> = one(
                client,
                &format!(
                    "SELECT string_agg(concat_ws(', ', kept, anew), '; ')
                         FILTER (WHERE kept.* IS DISTINCT FROM anew.*) FROM {way}.customers_as_of kept FULL JOIN
                     clientele.customers((SELECT clientele.order_log(household_id, ordered_at, total) FROM orders), NULL::{},
                         as_of => '2024-06-01') anew USING (customer_id)",
                    self.key
                ),
            )?;
            let different = different.unwrap_or_default();
            ensure!(different.is_empty(), "{when}: {way} keeps, and should: {different}");
        }
        let same: bool = one(
            client,
            "SELECT clientele.merge(log) OPERATOR(clientele.=)
                    (SELECT clientele.order_log(household_id, ordered_at, total) FROM orders) FROM logs.kept_logs",
        )?;
        ensure!(same, "{when}: the log of all orders is another");
        let days: i64 = one(
            client,
            "SELECT count(*) FILTER (WHERE (kept.log OPERATOR(clientele.=) anew.log) IS NOT TRUE)
             FROM logs.order_logs kept FULL JOIN (
                 SELECT (ordered_at AT TIME ZONE 'UTC' AT TIME ZONE 'UTC')::date AS day,
                        clientele.order_log(household_id, ordered_at, total) AS log FROM orders GROUP BY 1) anew USING (day)",
        )?;
        ensure!(days == 0, "{when}: {days} daily logs are others");
        Ok(())
    }
}

impl Drop for Shop<'_> {
    fn drop(&mut self) {
        // A directory that stays harms nobody.
        let _ = fs::remove_dir_all(&self.scripts);
    }
}

fn finish(child: Child) -> Outcome {
    let output = child.wait_with_output()?;
    let said = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success() && !said.contains("ERROR"), "psql: {said}");
    Ok(())
}

/// Until so many sessions wait for a lock.
fn until_waiting(client: &mut Client, sessions: i64) -> Outcome {
    let begin = Instant::now();
    let query = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'";
    while one::<i64>(client, query)? < sessions {
        ensure!(begin.elapsed() < Duration::from_secs(30), "nobody waits for a lock");
        thread::sleep(Duration::from_millis(10));
    }
    Ok(())
}

fn integer_keys_follow_any_change(database: &Database) -> Outcome {
    follow_any_change(database, &INTEGER, 1)
}

fn uuid_keys_follow_any_change(database: &Database) -> Outcome {
    follow_any_change(database, &UUID, 2)
}

fn text_keys_follow_any_change(database: &Database) -> Outcome {
    follow_any_change(database, &TEXT, 3)
}

/// Numbers that look random and are the same in every run.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, end: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % end
    }
}

fn follow_any_change(database: &Database, kind: &Kind, seed: u64) -> Outcome {
    let shop = Shop::open(database, kind)?;
    let mut client = database.client()?;
    client.batch_execute("SET timezone = 'UTC'")?;
    shop.check(&mut client, "at first")?;
    let mut numbers = Numbers(seed);
    for round in 0..6 {
        let mut done = Vec::new();
        for _ in 0..5 {
            // One of them empties the table, once.
            let change = match (round, done.len()) {
                (4, 2) => "TRUNCATE orders".to_owned(),
                _ => change(&mut numbers),
            };
            client.batch_execute(&change)?;
            done.push(change);
        }
        copy(&mut client, &mut numbers, kind)?;
        shop.refresh()?;
        shop.check(&mut client, &done.join(";\n"))?;
    }
    client.batch_execute("DELETE FROM orders")?;
    shop.refresh()?;
    shop.check(&mut client, "without any orders")
}

/// A statement, or some in a transaction that may come to nothing.
fn change(numbers: &mut Numbers) -> String {
    let statement = statement(numbers);
    match numbers.below(6) {
        0 => format!("BEGIN; {statement}; ROLLBACK"),
        1 => format!(
            "BEGIN; {statement}; SAVEPOINT here; {}; ROLLBACK TO here; {}; COMMIT",
            self::statement(numbers),
            self::statement(numbers)
        ),
        _ => statement,
    }
}

fn statement(numbers: &mut Numbers) -> String {
    let (customer, other, day) = (numbers.below(230), numbers.below(230), numbers.below(130));
    let at = format!(
        "timestamp '2024-01-01' + interval '{day} days {} seconds'",
        numbers.below(86_400)
    );
    match numbers.below(9) {
        0 => format!("INSERT INTO orders (household_id, ordered_at, total) VALUES (customer({customer}), {at}, {day})"),
        1 => format!(
            "INSERT INTO orders (household_id, ordered_at, total)
             SELECT customer({customer} + i % 9), {at} + i % 5 * interval '9 hours', i * 1.37 - 8 FROM generate_series(1, 20) i"
        ),
        2 => format!(
            "INSERT INTO orders (household_id, ordered_at, total)
             VALUES (NULL, {at}, 5), (customer({customer}), {at}, NULL), (customer({customer}), {at}, -3)"
        ),
        3 => format!("UPDATE orders SET household_id = customer({other}) WHERE household_id = customer({customer})"),
        4 => format!("UPDATE orders SET ordered_at = {at} WHERE order_id % 97 = {}", day % 97),
        5 => format!("UPDATE orders SET total = total + 0.01 WHERE household_id = customer({customer})"),
        6 => format!("UPDATE orders SET household_id = NULL WHERE order_id % 97 = {}", day % 97),
        7 => format!("DELETE FROM orders WHERE household_id = customer({customer})"),
        _ => format!("DELETE FROM orders WHERE order_id % 89 = {}", day % 89),
    }
}

/// Rows by COPY, of customers who may be new.
fn copy(client: &mut Client, numbers: &mut Numbers, kind: &Kind) -> Outcome {
    let customer = format!("SELECT customer(1000 + {})::text", numbers.below(5));
    let customer: String = one(client, &customer)?;
    let mut rows = client.copy_in("COPY orders (household_id, ordered_at, total) FROM STDIN (FORMAT csv)")?;
    for day in 1..4 {
        let zone = if kind.time == "timestamptz" { "+00" } else { "" };
        writeln!(rows, "{customer},2024-03-0{day} 23:59:59{zone},{}", numbers.below(1000))?;
    }
    rows.finish()?;
    Ok(())
}

const ORDER: &str =
    "INSERT INTO orders (household_id, ordered_at, total) VALUES (7, timestamptz '2024-02-03 04:05 UTC', 9)";

fn late_commits_are_found(database: &Database) -> Outcome {
    let shop = Shop::open(database, &INTEGER)?;
    let (mut client, mut writer) = (database.client()?, database.client()?);
    let mut open = writer.transaction()?;
    open.batch_execute(ORDER)?;
    shop.refresh()?;
    shop.check(&mut client, "before the commit")?;
    open.commit()?;
    shop.refresh()?;
    shop.check(&mut client, "after the commit")
}

/// The job takes a note of a customer of whom another one is not committed yet.
fn a_note_does_not_hide_another(database: &Database) -> Outcome {
    let shop = Shop::open(database, &INTEGER)?;
    let (mut client, mut writer) = (database.client()?, database.client()?);
    client.batch_execute(ORDER)?;
    let mut open = writer.transaction()?;
    open.batch_execute("SET LOCAL lock_timeout = '5s'")?;
    open.batch_execute(ORDER)?;
    shop.refresh()?;
    shop.check(&mut client, "with one of two orders")?;
    open.commit()?;
    shop.refresh()?;
    shop.check(&mut client, "with both orders")
}

/// A job has read its orders and waits before it writes, one more is committed, and another job comes. If it did not wait, by the lock
/// or by the notes that the first takes away, it would be through at once, and then the first would write what it read before.
fn jobs_wait_for_each_other(database: &Database) -> Outcome {
    let shop = Shop::open(database, &INTEGER)?;
    let (mut client, mut holder) = (database.client()?, database.client()?);
    for (way, leaving) in WAYS.iter().zip([9, 10]) {
        client.batch_execute(&format!("{ORDER}; DELETE FROM orders WHERE household_id = {leaving}"))?;
        let mut held = holder.transaction()?;
        held.batch_execute(&format!(
            "SELECT FROM {way}.customer_totals WHERE customer_id = {leaving} FOR UPDATE"
        ))?;
        let first = shop.job(way)?;
        until_waiting(&mut client, 1)?;
        client.batch_execute(ORDER)?;
        let second = shop.job(way)?;
        until_waiting(&mut client, 2)?;
        let served: i64 = one(&mut client, &format!("SELECT count(*) FROM {way}.customer_scores"))?;
        ensure!(served > 200, "readers find {served} customers while jobs run");
        held.commit()?;
        finish(first)?;
        finish(second)?;
    }
    // What came to the first way while the other was tried.
    finish(shop.job(WAYS[0])?)?;
    shop.check(&mut client, "after jobs that came at once")
}

/// Deleted from the orders, and from all that was collected.
fn erased_customers_leave_no_trace(database: &Database) -> Outcome {
    for kind in [&INTEGER, &TEXT] {
        let database = match kind.key {
            "integer" => database,
            _ => &Database::create()?,
        };
        let shop = Shop::open(database, kind)?;
        let mut client = database.client()?;
        client.batch_execute("SET timezone = 'UTC'; DELETE FROM orders WHERE household_id = customer(7)")?;
        shop.refresh()?;
        shop.check(&mut client, "without the customer")?;
    }
    Ok(())
}

/// Nothing is in the table of orders any more, and the logs hold it all.
fn archived_orders_are_erased_from_logs(database: &Database) -> Outcome {
    for kind in [&INTEGER, &UUID, &TEXT] {
        let database = match kind.key {
            "integer" => database,
            _ => &Database::create()?,
        };
        let shop = Shop::open(database, kind)?;
        let mut client = database.client()?;
        // No two rows of one customer are at one instant, and one day has nobody else.
        client.batch_execute(
            "SET timezone = 'UTC'; TRUNCATE orders; INSERT INTO orders (household_id, ordered_at, total)
             SELECT customer(i % 11), timestamp '2024-01-01' + i * interval '5 hours 7 seconds', i % 13 - 2 FROM generate_series(1, 400) i
             UNION ALL SELECT customer(7), '2024-05-20 12:00', 3",
        )?;
        shop.refresh()?;
        client.batch_execute(
            "SET session_replication_role = replica; DELETE FROM orders WHERE household_id = customer(7)",
        )?;
        let erase: String = one(&mut client, "SELECT 'erase=' || customer(8)")?;
        let refused = shop.run("logs", "erase", &["-v", &erase]).is_err();
        ensure!(refused, "a customer who has orders is erased from logs");
        let erase: String = one(&mut client, "SELECT 'erase=' || customer(7)")?;
        shop.run("logs", "erase", &["-v", &erase])?;
        client.batch_execute("INSERT INTO rows.customers_noted VALUES (NULL)")?;
        finish(shop.job("rows")?)?;
        shop.check(&mut client, "erased from the logs")?;
    }
    Ok(())
}

/// The view gives what the functions over the log give, at any time, and time that passes writes nothing.
fn scores_are_those_of_the_functions(database: &Database) -> Outcome {
    let shop = Shop::open(database, &INTEGER)?;
    let mut client = database.client()?;
    let log = "(SELECT clientele.order_log(household_id, ordered_at, total) FROM orders)";
    for way in WAYS {
        finish(shop.job(way)?)?;
        shop.run(way, "fit", &[])?;
        let rows = |client: &mut Client| {
            one::<String>(
                client,
                &format!(
                    "SELECT md5(string_agg(xmin || ' ' || ctid, ',' ORDER BY customer_id)) FROM {way}.customer_totals"
                ),
            )
        };
        let before = rows(&mut client)?;
        for as_of in ["2024-06-01", "2024-07-04 05:06:07.89"] {
            finish(
                shop.psql(way, &format!("{way}_refresh"), &["-v", &format!("as_of={as_of}")])
                    .spawn()?,
            )?;
            let different: i64 = one(
                &mut client,
                &format!(
                    "WITH m AS MATERIALIZED (SELECT * FROM {way}.score_models)
                     SELECT count(*) FILTER (WHERE (s.customer_id, s.last_order, s.days_since_last, s.orders, s.revenue, s.score, s.segment,
                                                    s.p_alive, s.expected_orders, s.expected_spend, s.clv, s.churn_probability)
                         IS DISTINCT FROM (r.customer_id, r.last_order, r.days_since_last, r.orders, r.revenue, r.score, r.segment,
                                           v.p_alive, v.expected_orders, v.expected_spend, v.clv, c.churn_probability))
                     FROM m, {way}.customer_scores s
                     FULL JOIN (SELECT r.* FROM m, clientele.rfm({log}, NULL::integer, rfm, as_of => '{as_of}') r) r USING (customer_id)
                     FULL JOIN (SELECT v.* FROM m, clientele.clv({log}, NULL::integer, as_of => '{as_of}', intervals => false,
                                    purchases => purchases, spend => spend) v) v USING (customer_id)
                     FULL JOIN (SELECT c.* FROM m, clientele.churn({log}, NULL::integer, as_of => '{as_of}', purchases => purchases) c) c
                         USING (customer_id)"
                ),
            )?;
            ensure!(
                different == 0,
                "{way}, {as_of}: {different} customers have other scores"
            );
        }
        ensure!(before == rows(&mut client)?, "{way}: time that passes writes totals");
        client.batch_execute(ORDER)?;
        finish(shop.job(way)?)?;
        let new: i64 = one(
            &mut client,
            &format!("SELECT count(DISTINCT xmin::text) FROM {way}.customer_totals"),
        )?;
        ensure!(new == 2, "{way}: {new} transactions wrote totals, and not two");
    }
    Ok(())
}

fn applications_need_no_rights_on_notes(database: &Database) -> Outcome {
    let shop = Shop::open(database, &INTEGER)?;
    let mut client = database.client()?;
    let user = format!("{}_application", database.name());
    client.batch_execute(&format!(
        "CREATE ROLE {user} LOGIN; GRANT SELECT, INSERT, UPDATE, DELETE ON orders TO {user}"
    ))?;
    let worked = (|| -> Outcome {
        let mut application = database.client_of(&user)?;
        // Tables of its own do not come between.
        application.batch_execute(&format!(
            "CREATE TEMP TABLE customers_noted (customer_id text); CREATE TEMP TABLE days_noted (day text);
             {ORDER}; UPDATE orders SET total = 0 WHERE household_id = 8; DELETE FROM orders WHERE household_id = 9"
        ))?;
        let denied = application.batch_execute("SELECT FROM rows.customers_noted").is_err();
        ensure!(denied, "an application may read the notes");
        Ok(())
    })();
    client.batch_execute(&format!("DROP OWNED BY {user}; DROP ROLE {user}"))?;
    worked?;
    shop.refresh()?;
    shop.check(&mut client, "changed by an application")
}
