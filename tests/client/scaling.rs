//! What docs/scaling.md promises beyond one process and one server: far servers, subscribers, standbys, shards, states that travel as text.

use crate::database::{Database, one, program, run};
use crate::features::{FEATURES, SHOP, store, stored};
use crate::pages::{Page, Part};
use crate::{Failure, Outcome, ensure};
use libtest_mimic::Trial;
use postgres::{Client, Config, NoTls};
use std::env;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread::sleep;
use std::time::{Duration, Instant};

pub fn trials() -> Vec<Trial> {
    let trial = |name: &str, test: fn(&Database) -> Outcome| crate::trial(&format!("scaling::{name}"), test);
    let far = match is_available("postgres_fdw") {
        true => trial("far_servers_collect_and_score", far_servers_collect_and_score),
        false => {
            Trial::test("scaling::far_servers skipped: there is no postgres_fdw", || Ok(())).with_ignored_flag(true)
        }
    };
    vec![
        far,
        trial("values_are_replicated", values_are_replicated),
        trial("a_standby_answers_as_its_primary", a_standby_answers_as_its_primary),
        trial("shards_are_scored_as_the_whole", shards_are_scored_as_the_whole),
        trial("states_travel_as_text", states_travel_as_text),
    ]
}

/// Whether the server that is tested could create an extension.
pub fn is_available(extension: &str) -> bool {
    let pg_config = env::var("PG_CONFIG").unwrap_or_else(|_| "pg_config".to_owned());
    let Ok(output) = Command::new(pg_config).arg("--sharedir").output() else {
        return false;
    };
    let directory = PathBuf::from(String::from_utf8_lossy(&output.stdout).trim());
    directory
        .join("extension")
        .join(format!("{extension}.control"))
        .exists()
}

/// 40 000 orders of 2 000 customers.
const ORDERS: &str = "
    CREATE TABLE orders AS
    SELECT i * 7919 % 1999 AS customer_id, timestamptz '2024-01-01 00:00+00' + i % 9973 * interval '53 minutes' AS ordered_at,
           (CASE WHEN i % 20 = 0 THEN -1 ELSE 1 END * (i * 31 % 10000))::numeric / 100 AS total
    FROM generate_series(1, 40000) i";

const LOG: &str = "clientele.order_log(customer_id, ordered_at, total)";

/// The plan of a query with all it says, as lines.
fn plan(client: &mut Client, query: &str) -> Result<String, Failure> {
    let lines = client.query(&format!("EXPLAIN (VERBOSE, COSTS OFF) {query}"), &[])?;
    Ok(lines.iter().map(|line| line.get::<_, String>(0) + "\n").collect())
}

/// Fails unless a plan has all of these words, and none of those.
fn expect(client: &mut Client, query: &str, there: &[&str], absent: &[&str]) -> Outcome {
    let plan = plan(client, query)?;
    for words in there {
        ensure!(plan.contains(words), "{query}: no \"{words}\" in\n{plan}");
    }
    for words in absent {
        ensure!(!plan.contains(words), "{query}: \"{words}\" in\n{plan}");
    }
    Ok(())
}

/// Two databases with half of the customers each, and one that asks both.
fn far_servers_collect_and_score(here: &Database) -> Outcome {
    let mut client = here.client()?;
    client.batch_execute(ORDERS)?;
    client.batch_execute(&format!(
        "CREATE EXTENSION postgres_fdw; CREATE TABLE whole AS SELECT {LOG} AS log FROM orders;
         CREATE TABLE everywhere (customer_id integer, ordered_at timestamptz, total numeric, region integer) PARTITION BY LIST (region)"
    ))?;
    let far = [Database::create()?, Database::create()?];
    for (n, database) in far.iter().enumerate() {
        let mut there = database.client()?;
        there.batch_execute(ORDERS)?;
        there.batch_execute(&format!(
            "DELETE FROM orders WHERE customer_id % 2 <> {n}; ALTER TABLE orders ADD region integer DEFAULT {n};
             CREATE VIEW logs AS SELECT {LOG} AS log FROM orders;
             CREATE TABLE customers AS SELECT c.* FROM logs, clientele.customers(log, as_of => '2025-01-01') c"
        ))?;
        client.batch_execute(&format!(
            "CREATE SERVER far_{n} FOREIGN DATA WRAPPER postgres_fdw
                 OPTIONS (host '{}', port '{}', dbname '{}', extensions 'clientele', async_capable 'true');
             CREATE USER MAPPING FOR CURRENT_USER SERVER far_{n};
             CREATE FOREIGN TABLE logs_{n} (log clientele.order_log) SERVER far_{n} OPTIONS (table_name 'logs');
             CREATE FOREIGN TABLE customers_{n} (customer_id bigint, frequency float8, recency float8, age float8)
                 SERVER far_{n} OPTIONS (table_name 'customers');
             CREATE FOREIGN TABLE orders_{n} PARTITION OF everywhere FOR VALUES IN ({n}) SERVER far_{n} OPTIONS (table_name 'orders')",
            env::var("PGHOST")?,
            env::var("PGPORT")?,
            database.name()
        ))?;
    }
    let same = |client: &mut Client, query: &str| -> Outcome {
        let same: bool = one(
            client,
            &format!("SELECT ({query}) OPERATOR(clientele.=) (SELECT log FROM whole)"),
        )?;
        ensure!(same, "{query} is another log");
        Ok(())
    };

    let one_far = format!("SELECT {LOG} FROM orders_0");
    expect(&mut client, &one_far, &["Remote SQL: SELECT clientele.order_log("], &[])?;
    let logs = "SELECT clientele.merge(log) FROM (SELECT log FROM logs_0 UNION ALL SELECT log FROM logs_1) l";
    expect(
        &mut client,
        logs,
        &["Async Foreign Scan", "Remote SQL: SELECT log FROM"],
        &[],
    )?;
    same(&mut client, logs)?;

    client.batch_execute("SET enable_partitionwise_aggregate = on")?;
    let by_server =
        format!("SELECT clientele.merge(log) FROM (SELECT region, {LOG} AS log FROM everywhere GROUP BY region) l");
    let shipped = ["Async Foreign Scan", "Remote SQL: SELECT region, clientele.order_log("];
    expect(&mut client, &by_server, &shipped, &["Partial Aggregate"])?;
    same(&mut client, &by_server)?;
    let at_once = format!("SELECT {LOG} FROM everywhere");
    let fetched = [
        "Partial Aggregate",
        "Remote SQL: SELECT customer_id, ordered_at, total FROM",
    ];
    expect(&mut client, &at_once, &fetched, &["Remote SQL: SELECT clientele"])?;
    same(&mut client, &at_once)?;

    // A fit over a far summary is that of the far log, and a far filter knows the model.
    let fit = "SELECT clientele.fit_purchases(frequency, recency, age) FROM customers_0";
    expect(&mut client, fit, &["Remote SQL: SELECT clientele.fit_purchases("], &[])?;
    client.batch_execute(&format!("CREATE TABLE models AS SELECT ({fit}) AS model"))?;
    let model: String = one(&mut client, "SELECT model::text FROM models")?;
    let there: String = one(
        &mut far[0].client()?,
        "SELECT clientele.fit_purchases(frequency, recency, age)::text FROM customers",
    )?;
    ensure!(model == there, "{model} is not {there}");
    let expected = "clientele.expected_orders((SELECT model FROM models), frequency, recency, age, '90 days')";
    let mean: f64 = one(&mut client, &format!("SELECT avg({expected}) FROM customers_0"))?;
    let few = format!("SELECT count(*) FROM customers_0 WHERE {expected} < {mean}");
    let filtered = ["WHERE ((clientele.expected_orders($1::clientele.purchase_model"];
    expect(&mut client, &few, &filtered, &[])?;
    let far_count: i64 = one(&mut client, &few)?;
    let here_count: i64 = one(
        &mut client,
        &format!("SELECT count(*) FROM (SELECT {expected} AS n FROM customers_0 OFFSET 0) c WHERE n < {mean}"),
    )?;
    ensure!(
        far_count == here_count && far_count > 0,
        "{far_count} over there, {here_count} here"
    );

    // Without the option, rows are fetched, and the answer is the same.
    client
        .batch_execute("ALTER SERVER far_0 OPTIONS (DROP extensions); ALTER SERVER far_1 OPTIONS (DROP extensions)")?;
    expect(
        &mut client,
        &one_far,
        &["Remote SQL: SELECT customer_id, ordered_at, total FROM"],
        &[],
    )?;
    same(&mut client, &by_server)
}

/// A value of each type that is stored, in another database by logical replication, as text and in binary, with what changes later.
fn values_are_replicated(publisher: &Database) -> Outcome {
    let mut from = publisher.client()?;
    if one::<String>(&mut from, "SHOW wal_level")? != "logical" {
        return Err("the server needs wal_level = logical".into());
    }
    store(&mut from)?;
    // Tables with values of our types, but for those that are generated from others.
    let tables: Vec<String> = one(
        &mut from,
        "SELECT array_agg(DISTINCT relname::text) FROM pg_class c JOIN pg_attribute a ON attrelid = c.oid JOIN pg_type t ON t.oid = atttypid
         WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' AND typnamespace = 'clientele'::regnamespace",
    )?;
    ensure!(tables.len() >= 8, "only {tables:?} have values");
    from.batch_execute(&format!("CREATE PUBLICATION logs FOR TABLE {}", tables.join(", ")))?;
    for binary in [false, true] {
        let subscriber = Database::create()?;
        let mut to = subscriber.client()?;
        let copied = run(Command::new("bash").arg("-c").arg(format!(
            "set -eo pipefail; '{0}' --schema-only --no-publications {1} {2} | '{3}' -Xq -v ON_ERROR_STOP=1 -d {4}",
            path_of("pg_dump"),
            tables
                .iter()
                .map(|table| format!("-t {table}"))
                .collect::<Vec<_>>()
                .join(" "),
            publisher.name(),
            path_of("psql"),
            subscriber.name()
        )));
        copied?;
        let subscription = subscribe(publisher, &mut from, &mut to, binary)?;
        wait(
            &mut from,
            "SELECT count(*) = 1 FROM pg_replication_slots WHERE active AND slot_name LIKE 'logs_%'",
        )?;
        wait(&mut to, "SELECT bool_and(srsubstate = 'r') FROM pg_subscription_rel")?;
        from.batch_execute(
            "UPDATE logs SET log = (SELECT clientele.merge(log) FROM logs WHERE day > '2000-01-01') WHERE day = '1999-01-01';
             DELETE FROM logs WHERE day = (SELECT max(day) FROM logs)",
        )?;
        let position: String = one(&mut from, "SELECT pg_current_wal_lsn()::text")?;
        wait(
            &mut from,
            &format!(
                "SELECT confirmed_flush_lsn >= '{position}' FROM pg_replication_slots WHERE slot_name = 'logs_{binary}'"
            ),
        )?;
        let (sent, arrived) = (stored(&mut from)?, stored(&mut to)?);
        let different: Vec<&String> = tables
            .iter()
            .filter(|name| sent.get(*name) != arrived.get(*name))
            .collect();
        to.batch_execute(&format!(
            "ALTER SUBSCRIPTION {subscription} DISABLE; ALTER SUBSCRIPTION {subscription} SET (slot_name = NONE); DROP SUBSCRIPTION {subscription}"
        ))?;
        wait(&mut from, "SELECT NOT bool_or(active) FROM pg_replication_slots")?;
        from.batch_execute(&format!("SELECT pg_drop_replication_slot('logs_{binary}')"))?;
        ensure!(different.is_empty(), "binary {binary}: {different:?} arrived otherwise");
    }
    Ok(())
}

/// Subscribes as the page says. A slot on the same server has to be there before: to make one is to wait for all transactions, that of
/// the subscription, too.
fn subscribe(publisher: &Database, from: &mut Client, to: &mut Client, binary: bool) -> Result<String, Failure> {
    let said = "WITH (binary = true)";
    let page = Page::read("docs/scaling.md")?;
    let block = page.parts().into_iter().find_map(|part| match part {
        Part::Block(_, text) if text.contains("CREATE SUBSCRIPTION") => Some(text),
        _ => None,
    });
    let block = block.ok_or("the page makes no subscription")?;
    let statement = &block[block.find("CREATE SUBSCRIPTION").unwrap_or_default()..];
    let statement: String = statement
        .lines()
        .map(|line| line.split("--").next().unwrap_or_default().to_owned() + "\n")
        .collect();
    ensure!(
        statement.contains("'host=primary dbname=shop'") && statement.contains(said),
        "the page says otherwise: {statement}"
    );
    let address = format!(
        "'host={} port={} dbname={}'",
        env::var("PGHOST")?,
        env::var("PGPORT")?,
        publisher.name()
    );
    let statement = statement.replace("'host=primary dbname=shop'", &address);
    let options = format!("WITH (binary = {binary}, create_slot = false, slot_name = 'logs_{binary}')");
    from.batch_execute(&format!(
        "SELECT pg_create_logical_replication_slot('logs_{binary}', 'pgoutput')"
    ))?;
    to.batch_execute(&statement.replace(said, &options))?;
    Ok("logs".to_owned())
}

fn path_of(name: &str) -> String {
    program(name).get_program().to_string_lossy().into_owned()
}

/// Waits until a query says yes.
fn wait(client: &mut Client, query: &str) -> Outcome {
    let start = Instant::now();
    while !client
        .query_one(query, &[])?
        .try_get::<_, Option<bool>>(0)?
        .unwrap_or(false)
    {
        ensure!(start.elapsed() < Duration::from_secs(60), "still not: {query}");
        sleep(Duration::from_millis(20));
    }
    Ok(())
}

/// A copy of the server that follows it; gone when this goes.
struct Standby {
    data: PathBuf,
    config: Config,
}

impl Standby {
    fn of(database: &Database) -> Result<Standby, Failure> {
        let home = env::var("SERVER_DATA")?;
        let home = Path::new(&home).parent().ok_or("the data is nowhere")?;
        let mut config = Config::new();
        config.host(&env::var("PGHOST")?).user(&env::var("PGUSER")?);
        config.port(PORT).dbname(database.name());
        let data = home.join("standby");
        let standby = Standby { data, config };
        run(owned("pg_basebackup")?
            .args(["--write-recovery-conf", "--checkpoint=fast", "--no-sync", "--pgdata"])
            .arg(&standby.data))?;
        let mut start = owned("pg_ctl")?;
        start
            .arg("-D")
            .arg(&standby.data)
            .arg("-l")
            .arg(home.join("standby.log"));
        // What pg_ctl starts goes on writing to what is given to it.
        start.args(["-w", "-t", "60", "-o", &format!("-c port={PORT}"), "start"]);
        let status = start
            .stdout(std::process::Stdio::null())
            .stderr(std::process::Stdio::null())
            .status()?;
        ensure!(status.success(), "the standby does not start");
        Ok(standby)
    }
}

/// The port of the standby, beside the socket of its primary.
const PORT: u16 = 5433;

impl Drop for Standby {
    fn drop(&mut self) {
        let stopped = owned("pg_ctl")
            .and_then(|mut stop| run(stop.arg("-D").arg(&self.data).args(["-m", "immediate", "-w", "stop"])));
        if let Err(failure) = stopped {
            eprintln!("the standby goes on: {failure}");
        }
        // A test that starts another finds nothing of this one.
        let _ = std::fs::remove_dir_all(&self.data);
    }
}

/// A program of the server's installation, run by the owner of the server.
fn owned(name: &str) -> Result<Command, Failure> {
    let owner = std::fs::metadata(env::var("SERVER_DATA")?)?.uid();
    if std::fs::metadata("/proc/self")?.uid() == owner {
        return Ok(program(name));
    }
    let mut command = Command::new("runuser");
    command.args(["-u", "postgres", "--", &path_of(name)]);
    Ok(command)
}

/// What of each feature is stored is read, and made anew by the queries that made it on the primary.
fn a_standby_answers_as_its_primary(database: &Database) -> Outcome {
    let mut primary = database.client()?;
    store(&mut primary)?;
    let standby = Standby::of(database)?;
    let mut client = standby.config.connect(NoTls)?;
    // What is written after the copy was made arrives, too.
    primary.batch_execute(
        "INSERT INTO logs SELECT '1990-01-01', clientele.merge(log) FROM logs WHERE day > '2000-01-01'",
    )?;
    let position: String = one(&mut primary, "SELECT pg_current_wal_lsn()::text")?;
    wait(&mut client, &format!("SELECT pg_last_wal_replay_lsn() >= '{position}'"))?;
    ensure!(one(&mut client, "SELECT pg_is_in_recovery()")?, "the standby is none");
    let (there, here) = (stored(&mut primary)?, stored(&mut client)?);
    ensure!(there.len() > 16 && there == here, "the standby holds something else");

    let made = FEATURES
        .iter()
        .flat_map(|feature| feature.stored.split(';'))
        .filter_map(|statement| {
            let statement = statement.replace('\n', " ");
            let (create, query) = statement.split_once(" AS ")?;
            // Of tables whose columns are listed, the first query is in a column.
            let is_made = ["CREATE TABLE", "CREATE MATERIALIZED"]
                .iter()
                .any(|kind| create.trim_start().starts_with(kind));
            (is_made && !create.contains('(')).then(|| query.to_owned())
        });
    let queries: Vec<String> = made.chain(ASKED.map(str::to_owned)).collect();
    ensure!(queries.len() > 20, "only {} queries", queries.len());
    for query in queries {
        let digest = format!("SELECT md5(string_agg(t::text, '' ORDER BY t::text)) FROM ({query}) t");
        let answer = |client: &mut Client| -> Result<Option<String>, Failure> {
            one(client, &digest).map_err(|failure| format!("{query}: {failure:?}").into())
        };
        let (there, here) = (answer(&mut primary)?, answer(&mut client)?);
        ensure!(
            there.is_some() && there == here,
            "{query}: {here:?}, and {there:?} on the primary"
        );
    }
    Ok(())
}

/// Queries over what features store that none of them stores the answer of.
const ASKED: [&str; 11] = [
    "SELECT clientele.order_log(customer_id, ordered_at, total) FROM orders",
    "SELECT d.* FROM logs, clientele.describe(log) d",
    "SELECT o.* FROM whole, clientele.orders(log) o",
    "SELECT m.* FROM whole, clientele.compare_purchase_models(log, split => '2024-01-20') m",
    "SELECT v.* FROM whole, clientele.validate_purchases(log, split => '2024-01-20') v",
    "SELECT clientele.p_alive(purchases, 3, 5, 9), clientele.expected_orders(purchases, 3, 5, 9, '1 month') FROM fitted",
    "SELECT clientele.expected_spend(spend, 3, 50) FROM spending",
    "SELECT k.* FROM sets, clientele.kmeans(set, 3) k WHERE day = '1998-01-01'",
    "SELECT i.* FROM basket_logs, clientele.frequent_itemsets(log, min_count => 2, max_length => 2) i WHERE part < 9",
    "SELECT r.* FROM basket_logs, clientele.association_rules(log, min_count => 2, min_confidence => 0.1) r WHERE part < 9",
    "SELECT clientele.rfm_score(model, 3, 5, 99) FROM models",
];

/// Customers in four logs are scored by models of all as customers in one log are.
fn shards_are_scored_as_the_whole(database: &Database) -> Outcome {
    let mut client = database.client()?;
    client.batch_execute(ORDERS)?;
    client.batch_execute(&format!(
        "DELETE FROM orders WHERE customer_id % 4 = 3 AND ordered_at > '2024-10-01 00:00+00';
         CREATE TABLE whole AS SELECT {LOG} AS log FROM orders;
         CREATE TABLE shards AS SELECT customer_id % 4 AS shard, {LOG} AS log FROM orders GROUP BY 1;
         CREATE TABLE summary AS
         SELECT shard, c.* FROM (SELECT max(d.last_order) AS as_of FROM shards, clientele.describe(log) d) e,
                                shards, LATERAL clientele.customers(log, as_of => e.as_of) c;
         CREATE TABLE models AS
         SELECT clientele.fit_purchases(frequency, recency, age) AS purchases, clientele.fit_spend(frequency, monetary_value) AS spend,
                clientele.fit_rfm(days_since_last, orders, revenue) AS rfm FROM summary"
    ))?;
    let differences = [
        (
            "rfm",
            "SELECT customer_id, clientele.rfm_score(rfm, days_since_last, orders, revenue) AS score FROM summary, models",
            "SELECT customer_id, score FROM whole, clientele.rfm(log)",
        ),
        (
            "clv",
            "SELECT v.customer_id, v.clv FROM models, (SELECT max(d.last_order) AS as_of FROM shards, clientele.describe(log) d) e, shards,
                    LATERAL clientele.clv(log, as_of => e.as_of, purchases => purchases, spend => spend, intervals => false) v",
            "SELECT customer_id, clv FROM whole, clientele.clv(log, intervals => false)",
        ),
        (
            "churn",
            "SELECT customer_id, clientele.churn_probability(purchases, frequency, recency, age, '90 days') AS p FROM summary, models WHERE frequency IS NOT NULL",
            "SELECT customer_id, churn_probability AS p FROM whole, clientele.churn(log, horizon => '90 days')",
        ),
        (
            "weights",
            "SELECT clientele.fit_purchases(frequency, recency, age, weight)::text
             FROM (SELECT frequency, recency, age, count(*)::float8 AS weight FROM summary GROUP BY 1, 2, 3) s",
            "SELECT purchases::text FROM models",
        ),
    ];
    for (what, shards, whole) in differences {
        let rows: i64 = one(&mut client, &format!("SELECT count(*) FROM ({whole}) w"))?;
        let different: i64 = one(
            &mut client,
            &format!("SELECT count(*) FROM ((({shards}) EXCEPT ({whole})) UNION ALL (({whole}) EXCEPT ({shards}))) d"),
        )?;
        ensure!(rows > 0 && different == 0, "{what}: {different} of {rows} differ");
    }
    // By an end of its own, the shard whose customers are quiet is another.
    let different: i64 = one(
        &mut client,
        "SELECT count(*) FROM shards, LATERAL clientele.customers(log) c JOIN summary s USING (customer_id) WHERE c.age <> s.age",
    )?;
    ensure!(different > 0, "all shards end alike");
    Ok(())
}

/// What engines do that move states or results between servers as text: bytes are kept, and merging is exact.
fn states_travel_as_text(database: &Database) -> Outcome {
    let mut client = database.client()?;
    client.batch_execute(SHOP)?;
    let whole = format!("SELECT {LOG}::text FROM orders");
    let whole: String = one(&mut client, &whole)?;
    // A value of each worker, by the functions that the type declares, each looked up anew.
    client.batch_execute(
        "CREATE FUNCTION travelled(value text) RETURNS clientele.order_log LANGUAGE plpgsql AS $$
         DECLARE log clientele.order_log;
         BEGIN EXECUTE format('SELECT %L::clientele.order_log', value) INTO log; RETURN log; END $$",
    )?;
    for group in ["customer_id % 7", "ordered_at::date", "random() < 0.5", "total"] {
        let merged: String = one(
            &mut client,
            &format!(
                "SELECT clientele.merge(travelled(piece))::text FROM (SELECT {LOG}::text AS piece FROM orders GROUP BY {group}) p"
            ),
        )?;
        ensure!(merged == whole, "pieces by {group} are merged to another log");
    }
    // Of nothing, and in pieces of pieces.
    let merged: String = one(
        &mut client,
        &format!(
            "SELECT clientele.merge(travelled(piece))::text FROM (
                 SELECT clientele.merge(travelled(piece))::text AS piece FROM (
                     SELECT customer_id % 3 AS third, {LOG} FILTER (WHERE customer_id % 3 > 0 OR total > 1e9)::text AS piece
                     FROM orders GROUP BY 1, ordered_at::date
                     UNION ALL SELECT 3, {LOG}::text FROM orders WHERE customer_id % 3 = 0) p GROUP BY third) q"
        ),
    )?;
    ensure!(merged == whole, "pieces of pieces are merged to another log");
    Ok(())
}
