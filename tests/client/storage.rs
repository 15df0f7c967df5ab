//! Values that stay: dumped and restored, in materialized views, in databases of other encodings, sent as binary.

use crate::database::{Database, error_of, one, program, run};
use crate::{Failure, Outcome, ensure};
use postgres::Client;

crate::trials!(
    dumps_are_restored,
    materialized_views_are_refreshed,
    other_encodings_hold_the_same_log,
    other_encodings_hold_the_same_baskets,
    extensions_come_and_go,
);

const SHOP: &str = "
    CREATE TABLE orders AS
    SELECT i % 97 AS customer_id, timestamptz '2024-01-01 00:00+00' + i % 1000 * interval '37 minutes' AS ordered_at,
           CASE WHEN i % 3 = 0 THEN i / 7.0::float8 ELSE (i * 7919 % 20000 - 1000) / 100.0 END AS total
    FROM generate_series(1, 5000) i";

/// With all objects that can depend on the extension: tables, views, generated columns, expression indexes, defaults.
fn dumps_are_restored(database: &Database) -> Outcome {
    let mut client = database.client()?;
    client.batch_execute(SHOP)?;
    client.batch_execute(
        "CREATE TABLE logs (day date PRIMARY KEY, log clientele.order_log NOT NULL);
         INSERT INTO logs SELECT ordered_at::date, clientele.order_log(customer_id, ordered_at, total) FROM orders GROUP BY 1;
         INSERT INTO logs SELECT '1999-01-01', clientele.order_log('customer ' || customer_id, ordered_at, total::float8 / 3) FROM orders;
         CREATE TABLE sets AS SELECT day, clientele.feature_set(c.customer_id, ARRAY[c.orders, c.revenue, c.age / 3]) AS set
             FROM logs, clientele.customers(log) c WHERE day > '2000-01-01' GROUP BY day;
         INSERT INTO sets SELECT '1999-01-01', clientele.feature_set('Zoë ' || customer_id, ARRAY[total]::float8[]) FROM orders;
         CREATE TABLE models AS SELECT clientele.fit_rfm(clientele.merge(log)) AS model FROM logs WHERE day > '2000-01-01';
         CREATE TABLE retention AS
         SELECT clientele.fit_retention(period, 1000 - 90 * period) AS model FROM generate_series(0, 6) period;
         CREATE TABLE subscribers (renewals integer, lifetime float8 GENERATED ALWAYS AS
             (clientele.expected_lifetime('{\"retention_model\":1,\"parameters\":{\"alpha\":0.7,\"beta\":3.8}}', renewals, 0.1)) STORED);
         INSERT INTO subscribers VALUES (0), (7);
         CREATE VIEW whole AS SELECT clientele.merge(log) AS log FROM logs WHERE day > '2000-01-01';
         CREATE MATERIALIZED VIEW scores AS SELECT r.* FROM whole, clientele.rfm(log) r;
         CREATE UNIQUE INDEX ON scores (customer_id);
         CREATE TABLE scored (days float8, orders bigint, revenue float8, score text GENERATED ALWAYS AS
             (clientele.rfm_score('{\"rfm_model\":1,\"bins\":2,\"customers\":9,\"days_since_last\":[30],\"orders\":[1],\"revenue\":[99.5]}',
                                  days, orders, revenue)) STORED);
         INSERT INTO scored VALUES (1, 2, 300), (100, 1, 5);
         CREATE INDEX by_score ON scored (clientele.rfm_segment(1, 1, orders::int));
         CREATE TABLE fitted AS SELECT clientele.fit_purchases(log, 'bg/nbd') AS purchases, clientele.fit_spend(log) AS spend FROM whole;
         CREATE MATERIALIZED VIEW worth AS SELECT v.*, c.churn_probability, c.risk
             FROM whole JOIN LATERAL clientele.clv(log) v ON true JOIN LATERAL clientele.churn(log) c USING (customer_id);
         CREATE UNIQUE INDEX ON worth (customer_id);
         CREATE TABLE leaving (x bigint, t_x float8, t float8, churn float8 GENERATED ALWAYS AS (clientele.churn_probability(
             '{\"purchase_model\":1,\"model\":\"mbg/nbd\",\"time_unit\":\"1 day\",\"parameters\":{\"r\":1,\"alpha\":9,\"a\":1,\"b\":3}}',
             x, t_x, t, '30 days')) STORED);
         INSERT INTO leaving VALUES (0, 0, 30), (4, 25, 30);
         CREATE INDEX by_p_alive ON leaving (clientele.p_alive(
             '{\"purchase_model\":1,\"model\":\"mbg/nbd\",\"time_unit\":\"1 day\",\"parameters\":{\"r\":1,\"alpha\":9,\"a\":1,\"b\":3}}',
             x, t_x, t));
         CREATE TABLE basket_logs AS
         SELECT customer_id % 3 AS part, clientele.basket_log((customer_id, date_trunc('week', ordered_at)), 'item ' || round(total)) AS log
         FROM orders GROUP BY 1;
         INSERT INTO basket_logs SELECT 9, clientele.basket_log(ordered_at, customer_id) FROM orders;
         CREATE MATERIALIZED VIEW bought AS SELECT i.* FROM (SELECT clientele.merge(log) AS log FROM basket_logs WHERE part < 9) b, clientele.items(log) i;
         CREATE TABLE clusters AS SELECT clientele.fit_kmeans(set, 3) AS model FROM sets WHERE day = '1999-01-01';
         CREATE TABLE offers AS SELECT clientele.fit_baskets(log, min_count => 2) AS model FROM basket_logs WHERE part < 9;
         CREATE TABLE placed (a float8, b float8, cluster integer GENERATED ALWAYS AS (clientele.kmeans_assign(
             '{\"kmeans_model\":1,\"features\":[\"a\",\"b\"],\"scaling\":{\"method\":\"none\",\"center\":[0,0],\"scale\":[1,1]},
               \"clusters\":[{\"cluster\":1,\"center\":[0,0]},{\"cluster\":2,\"center\":[5,5]}]}', ARRAY[a, b])) STORED);
         INSERT INTO placed VALUES (1, 1), (4, 7);",
    )?;
    let fingerprint = "
        SELECT (SELECT md5(string_agg(md5(clientele.order_log_send(log)), '' ORDER BY day)) FROM logs)
            || (SELECT md5(string_agg(md5(clientele.feature_set_send(set)), '' ORDER BY day)) FROM sets)
            || (SELECT md5(clientele.rfm_model_send(model)) FROM models)
            || (SELECT md5(clientele.retention_model_send(model)) FROM retention)
            || (SELECT string_agg(lifetime::text, ',' ORDER BY renewals) FROM subscribers)
            || (SELECT md5(string_agg(s::text, '' ORDER BY customer_id)) FROM scores s)
            || (SELECT string_agg(score, ',' ORDER BY days) FROM scored)
            || (SELECT md5(clientele.purchase_model_send(purchases)) || md5(clientele.spend_model_send(spend)) FROM fitted)
            || (SELECT md5(string_agg(w::text, '' ORDER BY customer_id)) FROM worth w)
            || (SELECT string_agg(churn::text, ',' ORDER BY x) FROM leaving)
            || (SELECT md5(string_agg(md5(clientele.basket_log_send(log)), '' ORDER BY part)) FROM basket_logs)
            || (SELECT md5(string_agg(b::text, '' ORDER BY item)) FROM bought b)
            || (SELECT md5(string_agg(md5(clientele.kmeans_model_send(model)), '')) FROM clusters)
            || (SELECT string_agg(md5(clientele.basket_model_send(model)), ',' ORDER BY md5(clientele.basket_model_send(model))) FROM offers)
            || (SELECT string_agg(cluster::text, ',' ORDER BY a) FROM placed)";
    let before: String = one(&mut client, fingerprint)?;
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
        let after: String = one(&mut copy.client()?, fingerprint)?;
        ensure!(after == before, "the {format} dump came back different");
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
