//! The server that the environment names, and a database on it.

use crate::{Failure, Outcome, ensure};
use postgres::types::FromSqlOwned;
use postgres::{Client, Config, GenericClient, NoTls};
use std::env;
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};

static NEXT: AtomicUsize = AtomicUsize::new(0);

/// A database that is gone when this goes.
pub struct Database {
    name: String,
}

impl Database {
    /// A new database with the extension in it.
    pub fn create() -> Result<Database, Failure> {
        let database = Database::with("TEMPLATE template0 ENCODING 'UTF8'")?;
        database.client()?.batch_execute("CREATE EXTENSION clientele")?;
        Ok(database)
    }

    /// A new database with options of `CREATE DATABASE` and nothing in it.
    pub fn with(options: &str) -> Result<Database, Failure> {
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let name = format!("clientele_{}_{number}", std::process::id());
        config("postgres")?
            .connect(NoTls)?
            .batch_execute(&format!("CREATE DATABASE {name} {options}"))?;
        Ok(Database { name })
    }

    /// A new session.
    pub fn client(&self) -> Result<Client, Failure> {
        Ok(self.config()?.connect(NoTls)?)
    }

    /// A new session that has loaded the library.
    pub fn client_with_library(&self) -> Result<Client, Failure> {
        let mut client = self.client()?;
        client.batch_execute("SELECT clientele.rfm_segment(1, 1, 1)")?;
        Ok(client)
    }

    /// A new session of another user.
    pub fn client_of(&self, user: &str) -> Result<Client, Failure> {
        Ok(self.config()?.user(user).connect(NoTls)?)
    }

    /// A session in which a log of so many orders is the one row of the table `logs`, and its text that of `texts`.
    pub fn client_with_log(&self, orders: u32) -> Result<Client, Failure> {
        let mut client = self.client()?;
        client.batch_execute(&format!(
            "SET max_parallel_workers_per_gather = 0; SET clientele.memory_limit = '4GB';
             CREATE TABLE logs AS
             SELECT clientele.order_log(i * 7919 % 300007, timestamp '2024-01-01' + i * interval '1 second', i % 1000 / 4.0) AS log
             FROM generate_series(1, {orders}::bigint) i;
             CREATE TABLE texts AS SELECT log::text AS t FROM logs"
        ))?;
        Ok(client)
    }

    /// How to reach it.
    pub fn config(&self) -> Result<Config, Failure> {
        config(&self.name)
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        let drop = || -> Result<(), Failure> {
            let statement = format!("DROP DATABASE {} WITH (FORCE)", self.name);
            Ok(config("postgres")?.connect(NoTls)?.batch_execute(&statement)?)
        };
        if let Err(failure) = drop() {
            eprintln!("database {} stays: {failure}", self.name);
        }
    }
}

/// A user who is gone when this goes.
pub struct User {
    pub name: String,
    admin: Client,
}

impl User {
    /// A new user, whose name is that of the database and this one.
    pub fn create(database: &Database, name: &str) -> Result<User, Failure> {
        let mut admin = database.client()?;
        let name = format!("{}_{name}", database.name());
        admin.batch_execute(&format!("CREATE USER {name}"))?;
        Ok(User { name, admin })
    }
}

impl Drop for User {
    fn drop(&mut self) {
        let statement = format!("DROP OWNED BY {0} CASCADE; DROP USER {0}", self.name);
        if let Err(failure) = self.admin.batch_execute(&statement) {
            eprintln!("user {} stays: {failure}", self.name);
        }
    }
}

fn config(database: &str) -> Result<Config, Failure> {
    let variable = |name: &str| env::var(name).map_err(|_| format!("{name} is not set: run this by tests/server"));
    let mut config = Config::new();
    config
        .host(&variable("PGHOST")?)
        .port(variable("PGPORT")?.parse()?)
        .user(&variable("PGUSER")?)
        .dbname(database);
    Ok(config)
}

/// A program of the server's installation, such as psql.
pub fn program(name: &str) -> Command {
    let directory = env::var("SERVER_BIN").map(|bin| bin + "/").unwrap_or_default();
    Command::new(format!("{directory}{name}"))
}

/// Runs a program to its end.
pub fn run(command: &mut Command) -> Outcome {
    let output = command.output()?;
    ensure!(
        output.status.success(),
        "{:?}: {}",
        command.get_program(),
        String::from_utf8_lossy(&output.stderr)
    );
    Ok(())
}

/// What a query answers that has one row and one column.
pub fn one<T: FromSqlOwned>(client: &mut impl GenericClient, query: &str) -> Result<T, Failure> {
    Ok(client.query_one(query, &[])?.try_get(0)?)
}

/// The SQLSTATE and the message that a query fails with.
pub fn error_of(client: &mut impl GenericClient, query: &str) -> Result<(String, String), Failure> {
    match client.batch_execute(query) {
        Ok(()) => Err(format!("no error: {query}").into()),
        Err(error) => {
            let error = error.as_db_error().ok_or_else(|| format!("{query}: {error}"))?;
            Ok((error.code().code().to_owned(), error.message().to_owned()))
        }
    }
}

/// A size that the system tells of the process of a session, such as `VmSize`, in bytes.
pub fn process_size(client: &mut Client, name: &str) -> Result<u64, Failure> {
    let process: i32 = one(client, "SELECT pg_backend_pid()")?;
    let status = std::fs::read_to_string(format!("/proc/{process}/status"))?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
    let size = line.ok_or_else(|| format!("the system tells no {name}"))?;
    Ok(size.trim().trim_end_matches(" kB").parse::<u64>()? << 10)
}
