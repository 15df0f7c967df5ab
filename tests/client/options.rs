//! Options: what SQL declares is what Rust reads, and NULL is the default.

use crate::contract::functions_with_options;
use crate::database::Database;
use crate::{Failure, Outcome, ensure};
use postgres::{Client, GenericClient};
use std::collections::BTreeSet;

crate::trials!(
    every_option_is_read_as_what_it_is_declared,
    wrong_options_and_columns_are_noticed,
    functions_of_one_symbol_differ_in_the_key,
    null_is_the_default,
    options_are_checked_before_what_they_are_about,
);

/// A function as SQL declares it.
struct Declared {
    name: String,
    symbol: String,
    library: String,
    returns: String,
    arguments: Vec<Argument>,
}

struct Argument {
    name: String,
    of: String,
    has_default: bool,
}

impl Argument {
    /// An argument that gives the type of keys, and no more.
    fn is_key(&self) -> bool {
        self.of == "anyelement"
    }

    /// NULL, of the type that is declared or one that can stand for it.
    fn null(&self) -> String {
        format!(
            "NULL::{}",
            match &*self.of {
                "anyelement" => "bigint",
                "\"any\"" | "anycompatiblearray" => "text[]",
                of => of,
            }
        )
    }

    /// What is passed where the first argument is NULL: NULL, unless there has to be something.
    fn beside_null(&self) -> String {
        match (&*self.of, self.has_default) {
            ("integer", false) => "2".to_owned(),
            ("interval", false) => "interval '60 days'".to_owned(),
            _ => self.null(),
        }
    }
}

/// All functions written in C that users call and that are no aggregates.
fn declared(client: &mut impl GenericClient) -> Result<Vec<Declared>, Failure> {
    let rows = client.query(
        "SELECT proname::text, prosrc, probin, pg_get_function_result(p.oid),
                ARRAY(SELECT format_type(t, NULL) FROM unnest(proargtypes) WITH ORDINALITY u (t, n) ORDER BY n),
                coalesce(proargnames[:pronargs], '{}'), pronargdefaults::int
         FROM pg_proc p JOIN pg_language l ON l.oid = prolang
         WHERE pronamespace = 'clientele'::regnamespace AND lanname = 'c' ORDER BY p.oid",
        &[],
    )?;
    rows.iter()
        .map(|row| {
            let (types, names): (Vec<String>, Vec<String>) = (row.try_get(4)?, row.try_get(5)?);
            let defaults: i32 = row.try_get(6)?;
            let first_default = types.len() - defaults as usize;
            let arguments = types.into_iter().zip(names).enumerate();
            Ok(Declared {
                name: row.try_get(0)?,
                symbol: row.try_get(1)?,
                library: row.try_get(2)?,
                returns: row.try_get(3)?,
                arguments: arguments
                    .map(|(at, (of, name))| Argument {
                        name,
                        of,
                        has_default: at >= first_default,
                    })
                    .collect(),
            })
        })
        .collect()
}

/// Those that read options by their names, each with how many arguments stand before these.
fn declared_with_options(client: &mut impl GenericClient) -> Result<Vec<(Declared, usize)>, Failure> {
    let known = functions_with_options()?;
    let mut found = Vec::new();
    for function in declared(client)? {
        if let Some(&before) = known.get(&function.symbol) {
            found.push((function, before));
        }
    }
    ensure!(found.len() > 20, "only {} functions have options", found.len());
    Ok(found)
}

impl Declared {
    /// Declares it once more, as `clientele.again`, with other types or names of arguments or columns.
    fn again(&self, argument: impl Fn(&Argument) -> String, returns: &str) -> String {
        let arguments: Vec<String> = self.arguments.iter().map(argument).collect();
        format!(
            "CREATE FUNCTION clientele.again({}) RETURNS {returns} LANGUAGE c IMMUTABLE AS '{}', '{}'",
            arguments.join(", "),
            self.library,
            self.symbol
        )
    }

    fn call(&self, name: &str, value: impl Fn(&Argument) -> String) -> String {
        let values: Vec<String> = self.arguments.iter().map(value).collect();
        // One row of OUT parameters is declared again as a record of anything.
        let columns = match name == "again" && self.returns == "record" {
            true => " AS again (answer integer)",
            false => "",
        };
        format!("SELECT * FROM clientele.{name}({}){columns}", values.join(", "))
    }
}

fn as_declared(argument: &Argument) -> String {
    format!("\"{}\" {}", argument.name, argument.of)
}

/// What the server says of a call of a function that is declared wrong.
fn error_of(client: &mut Client, declaration: &str, call: &str) -> Result<Option<String>, Failure> {
    let mut transaction = client.transaction()?;
    transaction.batch_execute(declaration)?;
    let error = transaction.query(call, &[]).err();
    let told = error.map(|error| {
        let told = error
            .as_db_error()
            .map(|error| format!("{} {}", error.code().code(), error.message()));
        told.unwrap_or_else(|| error.to_string())
    });
    transaction.rollback()?;
    Ok(told)
}

/// Whether Rust reads an option is seen when it is declared as what nothing is read as.
fn every_option_is_read_as_what_it_is_declared(database: &Database) -> Outcome {
    let mut client = database.client()?;
    client.batch_execute("SET search_path = clientele, public")?;
    let (mut wrong, mut options) = (Vec::new(), 0);
    for (function, before) in declared_with_options(&mut client)? {
        let call = function.call(&function.name, Argument::beside_null);
        match client.query(&call, &[]) {
            // What is about nothing but its options has an answer.
            Ok(rows) if before > 0 && function.returns.starts_with("TABLE") && !rows.is_empty() => {
                wrong.push(format!("{call} gives rows"));
            }
            Ok(_) => {}
            Err(error) => wrong.push(format!("{call}: {error:?}")),
        }
        for option in function
            .arguments
            .iter()
            .skip(before)
            .filter(|argument| !argument.is_key())
        {
            options += 1;
            let declaration = function.again(
                |argument| match argument.name == option.name {
                    true => format!("\"{}\" point", argument.name),
                    false => as_declared(argument),
                },
                &function.returns,
            );
            let call = function.call("again", |argument| match argument.name == option.name {
                true => "NULL::point".to_owned(),
                false => argument.beside_null(),
            });
            let told = error_of(&mut client, &declaration, &call)?;
            let due = format!(
                "42804 clientele.again is declared with the option \"{}\" of another type",
                option.name
            );
            if told.as_ref() != Some(&due) {
                wrong.push(format!("{} of {}: {told:?}", option.name, function.name));
            }
        }
    }
    ensure!(options > 150, "there are only {options} options");
    ensure!(wrong.is_empty(), "{}", wrong.join("\n"));
    Ok(())
}

fn wrong_options_and_columns_are_noticed(database: &Database) -> Outcome {
    let mut client = database.client()?;
    client.batch_execute("SET search_path = clientele, public")?;
    for (function, before) in declared_with_options(&mut client)? {
        let call = function.call("again", Argument::beside_null);
        let option = function
            .arguments
            .iter()
            .skip(before)
            .find(|argument| !argument.is_key());
        let option = option.ok_or_else(|| format!("{} has no options", function.name))?;
        let renamed = function.again(
            |argument| match argument.name == option.name {
                true => format!("another {}", argument.of),
                false => as_declared(argument),
            },
            &function.returns,
        );
        let told = error_of(&mut client, &renamed, &call)?;
        let due = format!(
            "42804 clientele.again is declared without the option \"{}\"",
            option.name
        );
        ensure!(told.as_ref() == Some(&due), "{}: {told:?}", function.name);
        let Some(columns) = function.returns.strip_prefix("TABLE(") else {
            continue;
        };
        let returns = format!("TABLE(another_{columns}");
        let told = error_of(&mut client, &function.again(as_declared, &returns), &call)?;
        let due = "42804 clientele.again is declared with other columns than it returns";
        ensure!(told.as_deref() == Some(due), "{}: {told:?}", function.name);
    }
    Ok(())
}

/// Functions that share what is behind them have the same options, defaults, columns and costs; one of them is given the type of keys.
fn functions_of_one_symbol_differ_in_the_key(database: &Database) -> Outcome {
    let mut client = database.client()?;
    let shared = client.query(
        "SELECT prosrc, count(*),
                count(DISTINCT row(array_remove(proargnames[:pronargs], 'key'), array_remove(proargtypes::oid[], 'anyelement'::regtype::oid),
                                   proargnames[pronargs + 1:], pg_get_expr(proargdefaults, 0), pronargdefaults, proretset, procost, prorows,
                                   prosupport)),
                count(*) FILTER (WHERE 'key' = ANY (proargnames))
         FROM pg_proc
         WHERE pronamespace = 'clientele'::regnamespace AND prolang = (SELECT oid FROM pg_language WHERE lanname = 'c')
           AND prosrc = ANY ($1) GROUP BY prosrc HAVING count(*) > 1 OR bool_or('key' = ANY (proargnames))",
        &[&functions_with_options()?.into_keys().collect::<Vec<_>>()],
    )?;
    ensure!(shared.len() > 5, "only {} have a type of keys", shared.len());
    for row in shared {
        let (symbol, functions, different, with_key): (String, i64, i64, i64) =
            (row.try_get(0)?, row.try_get(1)?, row.try_get(2)?, row.try_get(3)?);
        ensure!(
            (functions, different, with_key) == (2, 1, 1),
            "{symbol}: {functions} functions, {with_key} of which take a key, and {different} different"
        );
    }
    Ok(())
}

/// What arguments without a default are given: by type, and by name where that does not say enough.
const GIVEN: &[(&str, &str, &str)] = &[
    ("order_log", "", "(SELECT orders FROM given)"),
    (
        "order_log[]",
        "",
        "ARRAY[(SELECT orders FROM given), (SELECT orders FROM given)]",
    ),
    ("feature_set", "", "(SELECT features FROM given)"),
    ("basket_log", "", "(SELECT baskets FROM given)"),
    ("item_log", "", "(SELECT items FROM given)"),
    ("basket_model", "", "(SELECT clientele.fit_baskets(baskets) FROM given)"),
    (
        "kmeans_model",
        "model",
        "(SELECT clientele.fit_kmeans(features, 3) FROM given)",
    ),
    ("rfm_model", "model", "(SELECT clientele.fit_rfm(orders) FROM given)"),
    ("retention_model", "", "(SELECT retention FROM given)"),
    (
        "purchase_model",
        "model",
        "(SELECT clientele.fit_purchases(orders) FROM given)",
    ),
    ("double precision", "frequency", "3"),
    ("double precision", "recency", "100"),
    ("double precision", "age", "150"),
    ("interval", "horizon", "'90 days'"),
    ("interval", "lost_after", "'20 days'"),
    ("anycompatiblearray", "items", "ARRAY['item 1', 'item 2']"),
    ("anyelement", "key", "NULL::bigint"),
    ("integer", "k", "3"),
];

/// Each option that is NULL is as if it was not passed.
fn null_is_the_default(database: &Database) -> Outcome {
    let mut client = database.client()?;
    client.batch_execute(
        "SET search_path = clientele, public;
         CREATE TABLE public.given AS SELECT
             (SELECT order_log(i * i % 97, timestamptz '2024-01-01 00:00+00' + i * i % 24001 * interval '1 hour', i % 50 / 4.0)
              FROM generate_series(1, 600) i) AS orders,
             (SELECT feature_set(i, ARRAY[i % 7, i * i % 11 + i % 3, sqrt(i)]) FROM generate_series(1, 90) i) AS features,
             (SELECT basket_log(b, 'item ' || b * i % (3 + i)) FROM generate_series(1, 200) b, generate_series(1, 5) i) AS baskets,
             (SELECT item_log(i * i % 97, timestamptz '2024-01-01 00:00+00' + i * i % 8111 * interval '1 hour', 'item ' || i % 7, i % 50 / 4.0)
              FROM generate_series(1, 600) i) AS items,
             (SELECT fit_retention(period, customers) FROM (VALUES (0, 100), (1, 80), (2, 70), (3, 65)) v (period, customers)) AS retention",
    )?;
    let (mut wrong, mut count) = (Vec::new(), 0);
    let mut names = BTreeSet::new();
    for function in declared(&mut client)? {
        if !function.arguments.iter().any(|argument| argument.has_default) {
            continue;
        }
        names.insert(function.name.clone());
        let required = function.arguments.iter().filter(|argument| !argument.has_default);
        let given: Result<Vec<&str>, Failure> = required
            .map(|argument| {
                let known = GIVEN
                    .iter()
                    .find(|(of, name, _)| *of == argument.of && (name.is_empty() || *name == argument.name));
                known.map(|known| known.2).ok_or_else(|| {
                    format!(
                        "nothing to pass for {} {} of {}",
                        argument.name, argument.of, function.name
                    )
                    .into()
                })
            })
            .collect();
        let given = given?.join(", ");
        let mut answer = |more: &str| -> Result<(i64, Option<String>), Failure> {
            let query = format!(
                "SELECT count(*), string_agg(r::text, ' ') FROM {}({given}{more}) r",
                function.name
            );
            let row = client
                .query_one(&query, &[])
                .map_err(|error| format!("{query}: {error:?}"))?;
            Ok((row.try_get(0)?, row.try_get(1)?))
        };
        let usual = answer("")?;
        ensure!(
            usual.0 > 0 && usual.1.is_some(),
            "{}({given}) gives no rows",
            function.name
        );
        for option in function.arguments.iter().filter(|argument| argument.has_default) {
            count += 1;
            let comma = if given.is_empty() { "" } else { ", " };
            if answer(&format!("{comma}\"{}\" => {}", option.name, option.null()))? != usual {
                wrong.push(format!("{}: {} NULL is another answer", function.name, option.name));
            }
        }
    }
    ensure!(names.len() > 15 && count > 150, "only {count} options of {names:?}");
    ensure!(wrong.is_empty(), "{}", wrong.join("\n"));
    Ok(())
}

/// Calls with an option that may not be so, about nothing.
const WRONG: [(&str, &str); 23] = [
    (
        "orders(NULL, time_zone => 'Nowhere')",
        "unknown value for option \"time_zone\"",
    ),
    (
        "customers(NULL, time_unit => '1 month')",
        "time_unit must have a fixed length",
    ),
    (
        "rfm(NULL, NULL::uuid, bins => 0)",
        "number of bins must be between 1 and 100, not 0",
    ),
    ("rfm(NULL, f_bins => 101)", "f_bins must be between 1 and 100, not 101"),
    (
        "fit_rfm(NULL, monetary => 'median')",
        "unknown value for option \"monetary\"",
    ),
    (
        "fit_rfm(NULL, segments => '[]')",
        "segments must be an object of names with arrays of patterns",
    ),
    (
        "fit_purchases(NULL, model => 'best')",
        "unknown value for option \"model\"",
    ),
    (
        "fit_spend(NULL, period => 'decade')",
        "unknown value for option \"period\"",
    ),
    (
        "clv(NULL, margin => -1)",
        "margin must be a finite number that is not negative",
    ),
    (
        "churn(NULL, medium_from => 2)",
        "limits of risk must ascend between 0 and 1",
    ),
    (
        "validate_purchases(NULL, split => 'infinity')",
        "split must be a finite time",
    ),
    (
        "validate_clv(NULL, confidence => 0)",
        "confidence must be between 0 and 1",
    ),
    (
        "validate_churn(NULL, model => 'best')",
        "unknown value for option \"model\"",
    ),
    (
        "lifecycle(NULL, lost_after => 2)",
        "at_risk_after and lost_after must ascend above 1",
    ),
    (
        "survival(NULL::clientele.order_log, '0 days')",
        "lost_after must be longer than nothing",
    ),
    ("reorders(NULL, after_order => 0)", "after_order must be at least 1"),
    ("fit_kmeans(NULL, 0)", "k must be between 1 and 65535"),
    (
        "kmeans(NULL, 3, tolerance => -1)",
        "tolerance must be a finite number that is not negative",
    ),
    (
        "kmeans_scan(NULL, k_min => 5, k_max => 4)",
        "k_min must be at least 1, and k_max between k_min and 65535",
    ),
    (
        "frequent_itemsets(NULL, min_length => 3, max_length => 2)",
        "max_length must be at least min_length",
    ),
    (
        "association_rules(NULL, min_support => 0.1, min_count => 3)",
        "min_support and min_count cannot both be given",
    ),
    (
        "association_rules(NULL, significance_level => 2)",
        "significance_level must be above 0 and at most 1",
    ),
    (
        "fit_baskets(NULL, min_confidence => 1.5)",
        "min_confidence must be between 0 and 1",
    ),
];

fn options_are_checked_before_what_they_are_about(database: &Database) -> Outcome {
    let mut client = database.client()?;
    let mut wrong = Vec::new();
    for (call, due) in WRONG {
        let error = client.query(&format!("SELECT * FROM clientele.{call}"), &[]).err();
        let told = error
            .as_ref()
            .and_then(|error| error.as_db_error())
            .map(|error| error.message());
        if told != Some(due) {
            wrong.push(format!("{call}: {told:?}"));
        }
    }
    ensure!(wrong.is_empty(), "{}", wrong.join("\n"));
    Ok(())
}
