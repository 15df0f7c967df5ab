//! Names with letters beyond ASCII, in databases of other encodings: the answers and the errors are those of a UTF-8 database.

use crate::database::{Database, one};
use crate::{Failure, Outcome, ensure};
use postgres::{Client, SimpleQueryMessage};

crate::trials!(
    answers_are_those_of_utf8,
    characters_that_are_missing_are_escaped_in_errors
);

/// An encoding, and three names that it has the letters for, in ascending order of code points.
const ENCODINGS: [(&str, [&str; 3]); 3] = [
    ("LATIN1", ["Café", "Höhe", "Zürich"]),
    ("EUC_JP", ["さくら", "りんご", "東京"]),
    ("WIN1251", ["Анна", "Мария", "Яблоко"]),
];

/// Statements in which {0}, {1} and {2} stand for the names.
const SETUP: &str = r#"
    CREATE TABLE rows AS
    SELECT (ARRAY['{0}', '{1}', '{2}', 'plain'])[1 + i % 4] AS name, (ARRAY['{0}', '{1}', '{2}', 'plain'])[1 + i / 3 % 4] AS other,
           date '2024-01-01' + i % 97 AS day, i % 13 + 0.25 AS amount, i
    FROM generate_series(1, 400) i;
    CREATE TABLE logs AS SELECT clientele.order_log(name, day, amount) AS log FROM rows;
    CREATE TABLE baskets AS
    SELECT clientele.basket_log(i % 150, CASE WHEN i % 2 = 0 THEN name ELSE other END) AS log FROM rows;
    CREATE TABLE sets AS SELECT clientele.feature_set(name || i, ARRAY[i % 17, i % 5]::float8[]) AS set FROM rows;
    CREATE TABLE clusters AS
    SELECT clientele.fit_kmeans(set, 2, names => ARRAY['{1}', '{2}'], order_by => '{2}') AS model FROM sets;
    CREATE TABLE scales AS
    SELECT clientele.fit_rfm(log, bins => 2, segments => '{"{0}": ["1**"], "{2}": ["2**"]}') AS model FROM logs;
    CREATE TABLE offers AS SELECT clientele.fit_baskets(log, min_count => 1) AS model FROM baskets;
    CREATE TYPE "{1}" AS ENUM ('{2}')
"#;

/// What answers with rows. The server orders the keys of a `jsonb` by their length in its encoding, so that only parts are compared.
const ANSWERS: &[&str] = &[
    "SELECT c.* FROM logs, clientele.customers(log, NULL::text) c",
    "SELECT count(*), min(o.customer_id), max(o.customer_id) FROM logs, clientele.orders(log, NULL::varchar) o",
    "SELECT log, log::json::text, log::text::clientele.order_log OPERATOR(clientele.=) log FROM logs",
    "SELECT log::jsonb -> 'customers' -> '{1}', log::jsonb::text::clientele.order_log OPERATOR(clientele.=) log FROM logs",
    "SELECT r.* FROM logs, clientele.rfm(log, NULL::text, bins => 2, segments => '{\"{1}\": [\"1**\"], \"{2}\": [\"2**\"]}') r",
    "SELECT model, model::jsonb -> 'segments' -> '{2}', model::text::clientele.rfm_model OPERATOR(clientele.=) model FROM scales",
    "SELECT clientele.rfm_segment(model, 1, 9, 99), octet_length(clientele.rfm_segment(model, 1, 9, 99)) = octet_length('{2}') FROM scales",
    "SELECT i.* FROM baskets, clientele.items(log) i",
    "SELECT log, log::json::text, log::json::clientele.basket_log OPERATOR(clientele.=) log, log::jsonb -> 'items' FROM baskets",
    "SELECT f.* FROM baskets, clientele.frequent_itemsets(log, min_count => 2) f",
    "SELECT a.* FROM baskets, clientele.association_rules(log, min_count => 2, min_confidence => 0, only_consequent => ARRAY['{1}']) a",
    "SELECT c.* FROM baskets, clientele.rule_counts(log, ARRAY['{0}'], ARRAY['{2}']) c",
    "SELECT r.* FROM baskets, clientele.recommend(log, ARRAY['{0}'], min_count => 1) r",
    "SELECT r.* FROM offers, clientele.recommend(model, ARRAY['{2}']) r",
    "SELECT model, model::jsonb::text, model::text::clientele.basket_model OPERATOR(clientele.=) model FROM offers",
    "SELECT set, set::json::text, set::json::clientele.feature_set OPERATOR(clientele.=) set FROM sets",
    "SELECT k.* FROM sets, clientele.kmeans(set, NULL::text, 2) k",
    "SELECT p.* FROM clusters, clientele.kmeans_profile(model) p",
    "SELECT model, model::jsonb::text, model::text::clientele.kmeans_model OPERATOR(clientele.=) model FROM clusters",
];

/// What is an error that names what was given.
const ERRORS: &[&str] = &[
    "SELECT c.* FROM logs, clientele.customers(log, NULL::text, time_zone => '{2}') c",
    "SELECT c.* FROM logs, clientele.customers(log, NULL::text, period => '{0}') c",
    "SELECT r.* FROM logs, clientele.rfm(log, NULL::text, ties => '{1}') r",
    "SELECT r.* FROM logs, clientele.rfm(log, NULL::text, segments => '{\"{1}\": [\"1**\"], \"{2}\": [\"1**\"]}') r",
    "SELECT clientele.fit_kmeans(set, 2, names => ARRAY['{1}', '{1}']) FROM sets",
    "SELECT clientele.fit_kmeans(set, 2, scaling => '{1}') FROM sets",
    "SELECT clientele.kmeans_assign(model, ARRAY[1, 2, 3]::float8[]) FROM clusters",
    "SELECT a.* FROM baskets, clientele.association_rules(log, by => '{1}') a",
    "SELECT clientele.order_log('{2}'::\"{1}\", date '2024-01-01')",
    "SELECT clientele.fit_purchases(log, '{0}') FROM logs",
    "SELECT '{0}'::clientele.order_log",
    "SELECT '{\"{1}\": 1}'::clientele.kmeans_model",
    "SELECT '{\"rfm_model\": 1, \"bins\": \"{1}\"}'::clientele.rfm_model",
];

fn answers_are_those_of_utf8(database: &Database) -> Outcome {
    let mut beyond_ascii = 0;
    for (encoding, names) in ENCODINGS {
        let with_names = |statement: &str| {
            (0..).zip(names).fold(statement.to_owned(), |statement, (at, name)| {
                statement.replace(&format!("{{{at}}}"), name)
            })
        };
        let other = Database::with(&format!("TEMPLATE template0 ENCODING '{encoding}' LOCALE 'C'"))?;
        other.client()?.batch_execute("CREATE EXTENSION clientele")?;
        let unicode = Database::with("TEMPLATE template0 ENCODING 'UTF8' LOCALE 'C'")?;
        unicode.client()?.batch_execute("CREATE EXTENSION clientele")?;
        let (mut other, mut unicode) = (other.client()?, unicode.client()?);
        for client in [&mut other, &mut unicode] {
            client.batch_execute(&with_names(SETUP))?;
        }
        for statement in ANSWERS.iter().map(|statement| with_names(statement)) {
            let (expected, found) = (rows(&mut unicode, &statement)?, rows(&mut other, &statement)?);
            ensure!(!expected.is_empty(), "{statement} gives no rows");
            ensure!(
                found == expected,
                "{encoding}: {statement}\nis {found:?}\nand not {expected:?}"
            );
        }
        for statement in ERRORS.iter().map(|statement| with_names(statement)) {
            let (expected, found) = (error(&mut unicode, &statement)?, error(&mut other, &statement)?);
            ensure!(
                found == expected && expected[0] != "XX000",
                "{encoding}: {statement}\nis {found:?}\nand not {expected:?}"
            );
            beyond_ascii += usize::from(expected.iter().any(|text| !text.is_ascii()));
            // The next error is told by itself again, also where this one was caught.
            let caught = format!(
                "DO $$ BEGIN BEGIN PERFORM * FROM ({statement}) s; EXCEPTION WHEN OTHERS THEN RAISE NOTICE '%', SQLERRM; END;
                 RAISE EXCEPTION 'another'; END $$"
            );
            let another = error(&mut other, &caught)?;
            ensure!(another[1] == "another", "after an error that was caught: {another:?}");
        }
    }
    ensure!(
        beyond_ascii >= 3 * ENCODINGS.len(),
        "only {beyond_ascii} errors say what was given"
    );
    drop(database.client()?);
    Ok(())
}

/// A model from elsewhere may hold names that cannot be written here: an error about it is still that error.
fn characters_that_are_missing_are_escaped_in_errors(database: &Database) -> Outcome {
    let model: Vec<u8> = one(
        &mut database.client()?,
        "SELECT clientele.kmeans_model_send(clientele.fit_kmeans(clientele.feature_set(i, ARRAY[i, i % 3]::float8[]), 2,
                names => ARRAY[U&'pre\\00E7o \\20AC', U&'\\+01F600']))
         FROM generate_series(1, 9) i",
    )?;
    let other = Database::with("TEMPLATE template0 ENCODING 'LATIN1' LOCALE 'C'")?;
    let mut client = other.client()?;
    client.batch_execute(
        "CREATE EXTENSION clientele; CREATE CAST (bytea AS clientele.kmeans_model) WITHOUT FUNCTION;
         CREATE TABLE models (model clientele.kmeans_model)",
    )?;
    client.execute("INSERT INTO models SELECT $1::bytea::clientele.kmeans_model", &[&model])?;
    let found = error(
        &mut client,
        "SELECT clientele.kmeans_assign(model, ARRAY[1]::float8[]) FROM models",
    )?;
    ensure!(
        found[0] == "22023" && found[2] == "There are 1; the model has 2: preço \\u20AC, \\U0001F600.",
        "{found:?}"
    );
    Ok(())
}

/// The rows of a query, as text.
fn rows(client: &mut Client, query: &str) -> Result<Vec<Vec<Option<String>>>, Failure> {
    let messages = client
        .simple_query(query)
        .map_err(|failure| format!("{query}: {failure:?}"))?;
    Ok(messages
        .iter()
        .filter_map(|message| match message {
            SimpleQueryMessage::Row(row) => Some((0..row.len()).map(|at| row.get(at).map(str::to_owned)).collect()),
            _ => None,
        })
        .collect())
}

/// SQLSTATE, message, detail and hint of the error that a query ends with.
fn error(client: &mut Client, query: &str) -> Result<[String; 4], Failure> {
    match client.batch_execute(query) {
        Ok(()) => Err(format!("no error: {query}").into()),
        Err(error) => {
            let error = error.as_db_error().ok_or_else(|| format!("{query}: {error}"))?;
            let text = |text: Option<&str>| text.unwrap_or_default().to_owned();
            Ok([
                error.code().code().to_owned(),
                error.message().to_owned(),
                text(error.detail()),
                text(error.hint()),
            ])
        }
    }
}
