//! What no feature covers: functions in no long call or in none that needs memory, types that nobody stores.

use crate::database::{Database, one};
use crate::features::{FEATURES, calls_that_need_memory, make, store};
use crate::parts::{FOR_USERS, install_list, label};
use crate::{Failure, Outcome, ensure};
use postgres::Client;
use std::collections::BTreeSet;

crate::trials!(every_part_is_a_feature, every_call_is_covered, every_type_is_stored);

/// Every part of the SQL that declares something for users is a feature, and in the same order.
fn every_part_is_a_feature(_: &Database) -> Outcome {
    let parts = install_list()?;
    let words: Vec<&str> = FEATURES.iter().map(|feature| feature.word).collect();
    let expected: Vec<&String> = parts
        .iter()
        .filter(|part| !["schema", "planner"].contains(&part.as_str()))
        .collect();
    ensure!(expected == words, "the parts are {expected:?}, the features {words:?}");
    Ok(())
}

/// What a family of functions is called by: functions of one name and with the same C function behind them are one, and so
/// are aggregates that combine and end alike.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Family {
    word: String,
    name: String,
    symbol: String,
}

/// The families of all functions that users call.
fn all_called() -> String {
    format!(
        "SELECT p.oid, obj_description(p.oid, 'pg_proc') AS word, p.proname::text AS name,
                CASE prokind WHEN 'a' THEN concat_ws(', ', aggcombinefn, aggfinalfn) ELSE prosrc END AS symbol
         FROM pg_proc p LEFT JOIN pg_aggregate ON aggfnoid = p.oid WHERE {FOR_USERS}"
    )
}

/// The families of functions that queries call: PostgreSQL says which, of views made of them.
fn families_of<'q>(
    client: &mut Client,
    queries: impl IntoIterator<Item = (&'q str, &'q str)>,
) -> Result<BTreeSet<Family>, Failure> {
    let mut called = BTreeSet::new();
    for (what, query) in queries {
        client
            .batch_execute(&format!(
                "CREATE OR REPLACE TEMP VIEW asked AS SELECT count(q) FROM ({query}) q"
            ))
            .map_err(|error| format!("{what}: {error:?}"))?;
        called.extend(families(
            client,
            &format!(
                "SELECT DISTINCT word, name, symbol FROM ({}) f
                 JOIN pg_depend ON refclassid = 'pg_proc'::regclass AND refobjid = f.oid AND classid = 'pg_rewrite'::regclass
                 JOIN pg_rewrite r ON r.oid = objid AND ev_class = 'asked'::regclass",
                all_called()
            ),
        )?);
    }
    Ok(called)
}

fn families(client: &mut Client, query: &str) -> Result<Vec<Family>, Failure> {
    let row = |row: &postgres::Row| -> Result<Family, Failure> {
        Ok(Family {
            word: row.try_get(0)?,
            name: row.try_get(1)?,
            symbol: row.try_get(2)?,
        })
    };
    client.query(query, &[])?.iter().map(row).collect()
}

/// Each function that users call is in long work and in a call that needs memory, or its feature says why not.
fn every_call_is_covered(database: &Database) -> Outcome {
    let mut client = make(database, 1000)?;
    label(&mut client)?;
    let all = families(
        &mut client,
        &format!("SELECT DISTINCT word, name, symbol FROM ({}) f", all_called()),
    )?;
    ensure!(all.len() > 40, "only {} kinds of functions are there", all.len());
    let mut long = families_of(
        &mut client,
        FEATURES.iter().flat_map(|feature| feature.long.iter().copied()),
    )?;
    for single in FEATURES.iter().flat_map(|feature| feature.single) {
        let input = single.input.replace('N', "100");
        client.batch_execute(&format!(
            "DROP TABLE IF EXISTS input CASCADE; CREATE TABLE input AS {input}"
        ))?;
        long.extend(families_of(
            &mut client,
            [(single.what, single.call), (single.what, &*input)],
        )?);
    }
    let large = families_of(&mut client, calls_that_need_memory())?;
    let mut wrong = Vec::new();
    for family in &all {
        let Family { word, name, symbol } = family;
        let short = FEATURES
            .iter()
            .find(|feature| feature.word == word)
            .is_some_and(|feature| feature.short.iter().any(|short| short.0 == name));
        let missing: Vec<&str> = [(&long, "long work"), (&large, "calls that need memory")]
            .iter()
            .filter(|(covered, _)| !covered.contains(family))
            .map(|(_, what)| *what)
            .collect();
        if !missing.is_empty() && !short {
            wrong.push(format!(
                "{word}: {name} ({symbol}) is not in {}",
                missing.join(", nor in ")
            ));
        }
    }
    for feature in FEATURES {
        for (name, reason) in feature.short {
            let of_name: Vec<&Family> = all
                .iter()
                .filter(|family| family.word == feature.word && family.name == *name)
                .collect();
            if of_name
                .iter()
                .all(|family| long.contains(*family) && large.contains(*family))
            {
                wrong.push(format!(
                    "{}: {name} is covered or not there, so that no reason is needed: {reason}",
                    feature.word
                ));
            }
        }
    }
    ensure!(wrong.is_empty(), "{}", wrong.join("\n"));
    Ok(())
}

/// A table holds a value of each type of the extension.
fn every_type_is_stored(database: &Database) -> Outcome {
    let mut client = database.client()?;
    store(&mut client)?;
    let missing: Vec<String> = types_without_a_value(&mut client)?;
    ensure!(missing.is_empty(), "no feature stores {missing:?}");
    Ok(())
}

/// The types of the extension of which no table holds a value.
pub fn types_without_a_value(client: &mut Client) -> Result<Vec<String>, Failure> {
    let types = client.query(
        "SELECT oid::regtype::text,
                ARRAY(SELECT format('SELECT EXISTS (SELECT FROM %s WHERE %I IS NOT NULL)', attrelid::regclass, attname)
                      FROM pg_attribute JOIN pg_class c ON c.oid = attrelid AND relkind = 'r' WHERE atttypid = t.oid AND attnum > 0)
         FROM pg_type t JOIN pg_depend ON classid = 'pg_type'::regclass AND objid = t.oid AND deptype = 'e'
         WHERE refclassid = 'pg_extension'::regclass AND refobjid = (SELECT oid FROM pg_extension WHERE extname = 'clientele')
           AND typcategory <> 'A'",
        &[],
    )?;
    ensure!(!types.is_empty(), "the extension has no types");
    let mut missing = Vec::new();
    for row in types {
        let (name, queries): (String, Vec<String>) = (row.try_get(0)?, row.try_get(1)?);
        let mut held = false;
        for query in queries {
            held |= one::<bool>(client, &query)?;
        }
        if !held {
            missing.push(name);
        }
    }
    Ok(missing)
}
