//! The SQL that is written by hand agrees with the Rust functions behind it: where it does not, calls crash the server.

use crate::database::{Database, one};
use crate::{Failure, Outcome, ensure};
use object::{Object, ObjectSection};
use pgrx_sql_entity_graph::metadata::{Returns, SqlMapping};
use pgrx_sql_entity_graph::section::{decode_entities, is_schema_section_name};
use pgrx_sql_entity_graph::{ExternArgs, PgExternEntity, PgExternReturnEntity, SqlGraphEntity, UsedTypeEntity};
use postgres::GenericClient;
use std::collections::BTreeMap;

crate::trials!(
    declarations_match_signatures,
    wrong_declarations_are_noticed,
    texts_have_one_road,
    every_way_installs_the_same,
);

fn declarations_match_signatures(database: &Database) -> Outcome {
    let mut client = database.client()?;
    let count: i64 = one(
        &mut client,
        "SELECT count(*) FROM pg_proc WHERE prosrc LIKE '%\\_wrapper'",
    )?;
    ensure!(count > 140, "only {count} functions are declared");
    let mismatches = mismatches(&mut client)?;
    ensure!(mismatches.is_empty(), "{}", mismatches.join("\n"));
    Ok(())
}

fn wrong_declarations_are_noticed(database: &Database) -> Outcome {
    let mut client = database.client()?;
    let library: String = one(&mut client, "SELECT probin FROM pg_proc WHERE proname = 'rfm_score'")?;
    let score = ("rfm_score_wrapper", "clientele.rfm_model, float8, float8, float8");
    let wrong = [
        (
            "too few arguments",
            score.0,
            "clientele.rfm_model, float8, float8",
            "text",
            "IMMUTABLE STRICT PARALLEL SAFE",
        ),
        (
            "another type",
            score.0,
            "clientele.rfm_model, float8, bigint, float8",
            "text",
            "IMMUTABLE STRICT PARALLEL SAFE",
        ),
        (
            "another result",
            score.0,
            score.1,
            "cstring",
            "IMMUTABLE STRICT PARALLEL SAFE",
        ),
        (
            "a set",
            score.0,
            score.1,
            "SETOF text",
            "IMMUTABLE STRICT PARALLEL SAFE",
        ),
        ("not strict", score.0, score.1, "text", "IMMUTABLE PARALLEL SAFE"),
        ("volatile", score.0, score.1, "text", "STRICT PARALLEL SAFE"),
        ("not parallel safe", score.0, score.1, "text", "IMMUTABLE STRICT"),
        (
            "no state",
            "order_log_trans_wrapper",
            "bigint, internal",
            "internal",
            "IMMUTABLE PARALLEL SAFE",
        ),
    ];
    for (what, symbol, arguments, returns, attributes) in wrong {
        let mut transaction = client.transaction()?;
        transaction.batch_execute(&format!(
            "CREATE FUNCTION clientele.wrong({arguments}) RETURNS {returns} LANGUAGE c {attributes} AS '{library}', '{symbol}'"
        ))?;
        let mismatches = mismatches(&mut transaction)?;
        ensure!(mismatches.len() == 1, "{what}: {mismatches:?}");
        transaction.rollback()?;
    }
    Ok(())
}

/// Text goes in and out through types that know the encoding of the database. Only input functions are given C strings.
fn texts_have_one_road(database: &Database) -> Outcome {
    for path in [
        "&str",
        "Option<&'a str>",
        "alloc::string::String",
        "Option < pgrx :: JsonB >",
        "&core::ffi::CStr",
    ] {
        ensure!(past_the_encoding(path).is_some(), "{path} is taken for sound");
    }
    for path in [
        "clientele::pg::text::Text<'_>",
        "Option<crate::pg::text::Json<'_>>",
        "Made<'a, TextType>",
    ] {
        ensure!(past_the_encoding(path).is_none(), "{path} is not taken for sound");
    }
    let mut client = database.client()?;
    let inputs: Vec<String> = one(
        &mut client,
        "SELECT array_agg(prosrc) FROM pg_type t JOIN pg_proc p ON p.oid = typinput WHERE typnamespace = 'clientele'::regnamespace",
    )?;
    let section = section()?;
    let (mut functions, mut found) = (0, Vec::new());
    for entity in decode_entities(&section).map_err(|error| format!("the library's description: {error:?}"))? {
        let SqlGraphEntity::Function(function) = entity else {
            continue;
        };
        functions += 1;
        let is_input = inputs.contains(&format!("{}_wrapper", function.unaliased_name));
        let used = function.fn_args.iter().map(|argument| &argument.used_ty);
        let returned = match &function.fn_return {
            PgExternReturnEntity::Type { ty } | PgExternReturnEntity::SetOf { ty } => Some(ty),
            _ => None,
        };
        for used in used.chain(returned) {
            for path in [used.ty_source, used.full_path] {
                if let Some(name) = past_the_encoding(path)
                    && !(is_input && name == "CStr")
                {
                    found.push(format!("{} has {path}", function.name));
                }
            }
        }
    }
    ensure!(functions > 100, "only {functions} functions are defined");
    ensure!(found.is_empty(), "{}", found.join("\n"));
    Ok(())
}

/// `cargo pgrx install` takes the SQL from the library, and `make install` from the files.
fn every_way_installs_the_same(database: &Database) -> Outcome {
    let installed: String = one(
        &mut database.client()?,
        "SELECT pg_read_file(format('%s/extension/clientele--%s.sql', setting, extversion))
         FROM pg_config, pg_extension WHERE name = 'SHAREDIR' AND extname = 'clientele'",
    )?;
    let section = section()?;
    let entities = decode_entities(&section).map_err(|error| format!("the library's description: {error:?}"))?;
    let scripts: Vec<&str> = entities
        .iter()
        .filter_map(|entity| match entity {
            SqlGraphEntity::CustomSql(script) => Some(script.sql),
            _ => None,
        })
        .collect();
    ensure!(scripts == [installed], "the library holds other SQL than is installed");
    Ok(())
}

/// What in the path of a Rust type is text or JSON that knows nothing of encodings.
fn past_the_encoding(path: &str) -> Option<&str> {
    words(path).find(|word| matches!(*word, "str" | "String" | "CStr" | "CString" | "JsonB" | "JsonString"))
}

/// The names in the path of a Rust type.
fn words(path: &str) -> impl Iterator<Item = &str> {
    path.split(|c: char| !c.is_alphanumeric() && c != '_')
}

/// A function, as SQL declares it or as Rust defines it.
#[derive(Debug, PartialEq)]
struct Signature {
    arguments: Vec<String>,
    returns: String,
    returns_set: bool,
    strict: bool,
    immutable: bool,
    parallel_safe: bool,
}

/// A function that Rust defines.
struct Defined {
    signature: Signature,
    /// Whether it looks up all further arguments itself, in every call: those of an aggregate, or options by their names.
    finds_arguments: bool,
    /// Which arguments may be declared as any array of keys.
    keys: Vec<usize>,
    /// Whether it can take NULL for each argument.
    takes_null: bool,
}

/// What arguments that are arrays of keys may be declared as; the signature has the first.
const KEYS: [&str; 4] = ["text[]", "integer[]", "bigint[]", "uuid[]"];

/// The functions that read options by their names: what they are called in the library, and how many arguments stand before the options.
pub fn functions_with_options() -> Result<BTreeMap<String, usize>, Failure> {
    let section = section()?;
    let mut found = BTreeMap::new();
    for entity in decode_entities(&section).map_err(|error| format!("the library's description: {error:?}"))? {
        if let SqlGraphEntity::Function(function) = entity {
            let places = function.fn_args.iter();
            let before = places.take_while(|argument| argument.used_ty.metadata.type_ident() != Some("options"));
            let before = before.count();
            if before < function.fn_args.len() {
                found.insert(format!("{}_wrapper", function.unaliased_name), before);
            }
        }
    }
    Ok(found)
}

/// Where the declarations in the schema and the functions in the library differ.
fn mismatches(client: &mut impl GenericClient) -> Result<Vec<String>, Failure> {
    client.batch_execute("SET search_path = clientele")?;
    let section = section()?;
    let mut defined = BTreeMap::new();
    for entity in decode_entities(&section).map_err(|error| format!("the library's description: {error:?}"))? {
        if let SqlGraphEntity::Function(function) = entity {
            defined.insert(
                format!("{}_wrapper", function.unaliased_name),
                Defined::of(&function, client)?,
            );
        }
    }
    let mut unused: Vec<String> = defined.keys().cloned().collect();
    let mut found = Vec::new();
    for (name, symbol, mut declared) in declared(client)? {
        unused.retain(|unused| *unused != symbol);
        let Some(defined) = defined.get(&symbol) else {
            found.push(format!("{name}: there is no {symbol}"));
            continue;
        };
        if defined.finds_arguments {
            declared.arguments.truncate(defined.signature.arguments.len());
        }
        for &at in &defined.keys {
            if let Some(argument) = declared.arguments.get_mut(at)
                && KEYS.contains(&argument.as_str())
            {
                *argument = KEYS[0].to_owned();
            }
        }
        if declared != defined.signature {
            found.push(format!(
                "{name}: declared as {declared:?}, but {symbol} is {:?}",
                defined.signature
            ));
        } else if !declared.strict && !defined.takes_null {
            found.push(format!("{name} is not strict, but {symbol} cannot take NULL"));
        }
    }
    found.extend(unused.iter().map(|symbol| format!("no SQL declares {symbol}")));
    Ok(found)
}

fn declared(client: &mut impl GenericClient) -> Result<Vec<(String, String, Signature)>, Failure> {
    let rows = client.query(
        "SELECT oid::regprocedure::text, prosrc, prorettype::regtype::text, proretset, proisstrict, provolatile = 'i',
                proparallel = 's', ARRAY(SELECT format_type(t, NULL) FROM unnest(proargtypes) WITH ORDINALITY u (t, n) ORDER BY n)
         FROM pg_proc
         WHERE pronamespace = 'clientele'::regnamespace AND prolang = (SELECT oid FROM pg_language WHERE lanname = 'c')",
        &[],
    )?;
    rows.iter()
        .map(|row| {
            let signature = Signature {
                returns: row.try_get(2)?,
                returns_set: row.try_get(3)?,
                strict: row.try_get(4)?,
                immutable: row.try_get(5)?,
                parallel_safe: row.try_get(6)?,
                arguments: row.try_get(7)?,
            };
            Ok((row.try_get(0)?, row.try_get(1)?, signature))
        })
        .collect()
}

impl Defined {
    fn of(function: &PgExternEntity<'_>, client: &mut impl GenericClient) -> Result<Defined, Failure> {
        let has = |attribute: ExternArgs| function.extern_attrs.contains(&attribute);
        let (mut arguments, mut finds_arguments, mut all_take_null) = (Vec::new(), false, true);
        let mut keys = Vec::new();
        for argument in &function.fn_args {
            let used = &argument.used_ty;
            match &used.metadata.argument_sql {
                Ok(SqlMapping::As(sql)) => {
                    if used.metadata.type_ident() == Some("keys") {
                        keys.push(arguments.len());
                    }
                    arguments.push(type_name(client, sql)?);
                    all_take_null &= takes_null(used);
                }
                Ok(SqlMapping::Skip) => {
                    let ident = used.metadata.type_ident();
                    if ident == Some("transition") {
                        arguments.push("internal".to_owned());
                    }
                    finds_arguments |= matches!(ident, Some("transition" | "options"));
                }
                other => return Err(format!("{}: an argument is {other:?}", function.name).into()),
            }
        }
        let (used, returns_set) = match &function.fn_return {
            PgExternReturnEntity::Type { ty } => (ty, false),
            PgExternReturnEntity::SetOf { ty } => (ty, true),
            other => return Err(format!("{} returns {other:?}", function.name).into()),
        };
        let (sql, returns_set) = match &used.metadata.return_sql {
            Ok(Returns::One(SqlMapping::As(sql))) => (sql, returns_set),
            Ok(Returns::SetOf(SqlMapping::As(sql))) => (sql, true),
            other => return Err(format!("{} returns {other:?}", function.name).into()),
        };
        Ok(Defined {
            signature: Signature {
                arguments,
                returns: type_name(client, sql)?,
                returns_set,
                strict: has(ExternArgs::Strict),
                immutable: has(ExternArgs::Immutable),
                parallel_safe: has(ExternArgs::ParallelSafe),
            },
            finds_arguments,
            keys,
            takes_null: all_take_null,
        })
    }
}

/// Whether NULL can come in: as `None`, or as a state that is not there yet.
fn takes_null(used: &UsedTypeEntity<'_>) -> bool {
    used.optional || used.metadata.type_ident() == Some("internal")
}

/// The name of a type as the server writes it.
fn type_name(client: &mut impl GenericClient, sql: &str) -> Result<String, Failure> {
    let name: Option<String> = client.query_one("SELECT to_regtype($1)::text", &[&sql])?.try_get(0)?;
    name.ok_or_else(|| format!("there is no type {sql}").into())
}

/// What the library says about its functions.
fn section() -> Result<Vec<u8>, Failure> {
    let path = std::env::var("LIBRARY")
        .unwrap_or_else(|_| concat!(env!("CARGO_MANIFEST_DIR"), "/../../target/release/libclientele.so").to_owned());
    let bytes = std::fs::read(&path).map_err(|error| format!("{path}: {error}"))?;
    let file = object::File::parse(&*bytes)?;
    let section = file
        .sections()
        .find(|section| section.name().is_ok_and(is_schema_section_name))
        .ok_or_else(|| format!("{path} says nothing about its functions"))?;
    Ok(section.data()?.to_vec())
}
