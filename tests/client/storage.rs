//! Values that stay: dumped and restored, in materialized views, in databases of other encodings, sent as binary.

use crate::database::{Database, error_of, one, program, run};
use crate::features::{SHOP, store, stored};
use crate::{Failure, Outcome, ensure};
use postgres::Client;

crate::trials!(
    dumps_are_restored,
    materialized_views_are_refreshed,
    other_encodings_hold_the_same_log,
    other_encodings_hold_the_same_baskets,
    extensions_come_and_go,
);

/// With all objects that can depend on the extension: tables, views, generated columns, expression indexes, defaults.
fn dumps_are_restored(database: &Database) -> Outcome {
    let mut client = database.client()?;
    store(&mut client)?;
    let before = stored(&mut client)?;
    ensure!(before.len() > 16, "only {} tables", before.len());
    for format in ["plain", "custom"] {
        let copy = Database::with("TEMPLATE template0")?;
        let dump = std::env::temp_dir().join(format!("{}.dump", copy.name()));
        let dumped = run(program("pg_dump")
            .args(["--format", format, database.name(), "--file"])
            .arg(&dump));
        let restored = dumped.and_then(|()| match format {
            "plain" => run(program("psql")
                .args(["-Xq", "-v", "ON_ERROR_STOP=1", "-d", copy.name(), "-f"])
                .arg(&dump)),
            _ => run(program("pg_restore")
                .args(["--exit-on-error", "-d", copy.name()])
                .arg(&dump)),
        });
        std::fs::remove_file(&dump)?;
        restored?;
        let after = stored(&mut copy.client()?)?;
        let different: Vec<&String> = before
            .keys()
            .filter(|name| after.get(*name) != before.get(*name))
            .collect();
        ensure!(
            different.is_empty() && after.len() == before.len(),
            "the {format} dump came back with another {different:?}"
        );
    }
    Ok(())
}

fn materialized_views_are_refreshed(database: &Database) -> Outcome {
    let mut client = database.client()?;
    client.batch_execute(SHOP)?;
    client.batch_execute(
        "CREATE MATERIALIZED VIEW scores AS
         SELECT r.* FROM clientele.rfm((SELECT clientele.order_log(customer_id, ordered_at, total) FROM orders)) r;
         CREATE UNIQUE INDEX ON scores (customer_id);
         INSERT INTO orders SELECT 1000, '2024-02-01 00:00+00', 99999;
         REFRESH MATERIALIZED VIEW CONCURRENTLY scores",
    )?;
    let best: String = one(&mut client, "SELECT score FROM scores WHERE customer_id = 1000")?;
    ensure!(best == "515", "the new customer has {best}");
    client.batch_execute(
        "CREATE MATERIALIZED VIEW worth AS
         SELECT v.customer_id, v.clv, c.churn_probability, c.risk
         FROM (SELECT clientele.order_log(customer_id, ordered_at, total) AS log FROM orders) l,
              LATERAL clientele.clv(log) v JOIN LATERAL clientele.churn(log) c USING (customer_id);
         CREATE UNIQUE INDEX ON worth (customer_id);
         CREATE INDEX ON worth (churn_probability);
         INSERT INTO orders SELECT 2000, timestamptz '2024-01-02 00:00+00' + n * interval '1 day', 50 FROM generate_series(0, 20) n;
         REFRESH MATERIALIZED VIEW CONCURRENTLY worth",
    )?;
    let known: bool = one(
        &mut client,
        "SELECT clv > 0 AND churn_probability BETWEEN 0 AND 1 AND risk IS NOT NULL FROM worth WHERE customer_id = 2000",
    )?;
    ensure!(known, "the new customer is worth nothing");
    Ok(())
}

/// A log has the same bytes whatever the encoding of the database; keys that an encoding does not have are an error.
fn other_encodings_hold_the_same_log(database: &Database) -> Outcome {
    let log = "SELECT clientele.order_log(k, date '2024-01-01', 2.5) AS log
               FROM unnest(ARRAY[U&'Zo\\00EB', U&'\\00C5ngstr\\00F6m', 'plain']) k";
    let read = |client: &mut Client| -> Result<(Vec<u8>, String), Failure> {
        let row = client.query_one(
            &format!("SELECT clientele.order_log_send(log), log::text FROM ({log}) l"),
            &[],
        )?;
        Ok((row.try_get(0)?, row.try_get(1)?))
    };
    let mut unicode = database.client()?;
    let (bytes, text) = read(&mut unicode)?;
    let other = Database::with("TEMPLATE template0 ENCODING 'LATIN1' LOCALE 'C'")?;
    let mut latin = other.client()?;
    latin.batch_execute("CREATE EXTENSION clientele")?;
    ensure!(
        read(&mut latin)? == (bytes, text.clone()),
        "another encoding gave another log"
    );

    latin.batch_execute("CREATE TABLE logs (log clientele.order_log)")?;
    latin.execute("INSERT INTO logs VALUES ($1::text::clientele.order_log)", &[&text])?;
    let keys = "SELECT array_agg(o.customer_id) FROM logs, clientele.orders(log, NULL::text) o";
    let keys: Vec<String> = one(&mut latin, keys)?;
    ensure!(keys == ["Zoë", "plain", "Ångström"], "the keys are {keys:?}");

    let euro: Vec<u8> = one(
        &mut unicode,
        "SELECT clientele.order_log_send(clientele.order_log(U&'\\20AC'::text, date '2024-01-01'))",
    )?;
    // Binary input does not look into keys; what shows them does.
    latin.batch_execute("CREATE CAST (bytea AS clientele.order_log) WITHOUT FUNCTION; TRUNCATE logs")?;
    latin.execute("INSERT INTO logs VALUES ($1::bytea::clientele.order_log)", &[&euro])?;
    let (code, message) = error_of(&mut latin, "SELECT o.* FROM logs, clientele.orders(log, NULL::text) o")?;
    ensure!(code == "22P05", "{code} {message}");
    Ok(())
}

/// Baskets are told apart by the same bytes whatever the encodings of the database and of the client, in rows and documents too.
fn other_encodings_hold_the_same_baskets(database: &Database) -> Outcome {
    let send = "SELECT clientele.basket_log_send(clientele.basket_log((k, n), k)) || clientele.basket_log_send(clientele.basket_log(ARRAY[k], k))
                FROM unnest(ARRAY[U&'Zo\\00EB', U&'\\00C5ngstr\\00F6m', 'plain']) k, generate_series(1, 3) n";
    let expected: Vec<u8> = one(&mut database.client()?, send)?;
    let other = Database::with("TEMPLATE template0 ENCODING 'LATIN1' LOCALE 'C'")?;
    let mut latin = other.client()?;
    latin.batch_execute("CREATE EXTENSION clientele")?;
    for (database, encoding) in [
        (database, "WIN1252"),
        (database, "LATIN1"),
        (&other, "UTF8"),
        (&other, "LATIN1"),
        (&other, "MULE_INTERNAL"),
    ] {
        let mut client = database.client()?;
        client.batch_execute(&format!("SET client_encoding = '{encoding}'"))?;
        let sent: Vec<u8> = one(&mut client, send)?;
        ensure!(sent == expected, "{encoding} gave another log");
        let after: String = one(&mut client, "SELECT current_setting('client_encoding')")?;
        ensure!(after == encoding, "the client's encoding became {after}");
        let text: Vec<u8> = one(&mut client, "SELECT textsend(U&'Zo\\00EB')")?;
        ensure!(
            text[..2] == *b"Zo" && (text.len() > 3) == (encoding != "LATIN1" && encoding != "WIN1252"),
            "{encoding} sends {text:?}"
        );
    }
    // An error on the way leaves the encoding of the client as it was.
    let windows = Database::with("TEMPLATE template0 ENCODING 'WIN1252' LOCALE 'C'")?;
    let mut client = windows.client()?;
    client.batch_execute("CREATE EXTENSION clientele; SET client_encoding = 'WIN1252'")?;
    let (code, message) = error_of(&mut client, "SELECT clientele.basket_log(ARRAY[chr(129)], 1)")?;
    ensure!(code == "22P05", "{code} {message}");
    let text: Vec<u8> = one(&mut client, "SELECT textsend(chr(235))")?;
    ensure!(text == b"\xEB", "text is sent as {text:?}");
    Ok(())
}

fn extensions_come_and_go(database: &Database) -> Result<(), Failure> {
    let mut client = database.client()?;
    client.batch_execute("CREATE TABLE logs (log clientele.order_log)")?;
    let (code, _) = error_of(&mut client, "DROP EXTENSION clientele")?;
    ensure!(code == "2BP01", "dropping it while a table uses it: {code}");
    client.batch_execute(
        "DROP TABLE logs; DROP EXTENSION clientele; DROP SCHEMA IF EXISTS clientele; CREATE EXTENSION clientele",
    )?;
    let (code, _) = error_of(&mut client, "CREATE EXTENSION clientele")?;
    ensure!(code == "42710", "creating it twice: {code}");
    let (code, message) = error_of(&mut client, "ALTER EXTENSION clientele SET SCHEMA public")?;
    ensure!(code == "0A000", "moving it: {code} {message}");
    Ok(())
}
