//! What the pages say of functions is what the server knows of them: names, arguments, defaults, columns.

use crate::database::Database;
use crate::{Failure, Outcome, ensure};
use postgres::Client;
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

crate::trials!(pages_declare_what_there_is, the_readme_lists_all_functions);

/// A function as the server knows it, without the argument that only gives a type.
struct Function {
    name: String,
    arguments: Vec<(String, Option<String>)>,
    columns: Vec<String>,
    returns: String,
}

/// A function as a page shows it.
struct Shown {
    name: String,
    /// Names, and defaults as they are written.
    arguments: Vec<(String, Option<String>)>,
    /// Whether there are more.
    open: bool,
    result: String,
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// All functions that users call: those that are not parts of types, operators and aggregates.
fn functions(client: &mut Client) -> Result<Vec<Function>, Failure> {
    let rows = client.query(
        "SELECT proname::text, pg_get_function_arguments(p.oid), format_type(prorettype, NULL),
                coalesce(ARRAY(SELECT n FROM unnest(proargnames, proargmodes) WITH ORDINALITY u (n, m, i) WHERE m IN ('o', 't') ORDER BY i), '{}')
         FROM pg_proc p JOIN pg_language l ON l.oid = prolang
         WHERE pronamespace = 'clientele'::regnamespace AND (lanname <> 'internal' OR prokind = 'a')
           AND NOT proargtypes::oid[] && ARRAY['internal'::regtype::oid, 'cstring'::regtype] AND prorettype <> 'cstring'::regtype
           AND NOT EXISTS (SELECT FROM pg_cast WHERE castfunc = p.oid)",
        &[],
    )?;
    rows.iter()
        .map(|row| {
            let (arguments, columns): (String, Vec<String>) = (row.try_get(1)?, row.try_get(3)?);
            let returns: String = row.try_get(2)?;
            Ok(Function {
                name: row.try_get(0)?,
                arguments: parts(&arguments)
                    .iter()
                    .filter(|argument| !argument.starts_with("OUT ") && !argument.starts_with("key "))
                    .map(|argument| {
                        let (declared, default) = match argument.split_once(" DEFAULT ") {
                            Some((declared, default)) => (declared, Some(plain(default))),
                            None => (argument.as_str(), None),
                        };
                        (declared.split(' ').next().unwrap_or_default().to_owned(), default)
                    })
                    .collect(),
                columns,
                returns: returns.replace("clientele.", ""),
            })
        })
        .collect()
}

/// What commas outside of quotes and brackets part.
fn parts(list: &str) -> Vec<String> {
    let (mut parts, mut part, mut depth, mut quoted) = (Vec::new(), String::new(), 0, false);
    for c in list.chars() {
        match c {
            '\'' => quoted = !quoted,
            '(' if !quoted => depth += 1,
            ')' if !quoted => depth -= 1,
            ',' if !quoted && depth == 0 => {
                parts.push(std::mem::take(&mut part).trim().to_owned());
                continue;
            }
            _ => {}
        }
        part.push(c);
    }
    parts.push(part.trim().to_owned());
    parts.retain(|part| !part.is_empty());
    parts
}

/// A default as pages write it: without its type.
fn plain(default: &str) -> String {
    let value = default.split("::").next().unwrap_or_default();
    value.replace("'@ ", "'")
}

/// The functions that a page declares: in a fenced block of no language, each with its arguments, and perhaps an arrow and what comes out.
fn shown(page: &str) -> Vec<Shown> {
    let mut blocks = Vec::new();
    let mut block: Option<(bool, String)> = None;
    for line in page.lines() {
        match (&mut block, line.strip_prefix("```")) {
            (None, Some(kind)) => block = Some((kind.is_empty(), String::new())),
            (Some(_), Some(_)) => blocks.extend(block.take().filter(|block| block.0).map(|block| block.1)),
            (Some((_, text)), None) => *text += &format!("{line} "),
            (None, None) => {}
        }
    }
    let declared = blocks.iter().flat_map(|block| block.split("clientele.").skip(1));
    declared
        .filter_map(|text| {
            let (name, rest) = text.split_once('(')?;
            let (arguments, result) = rest.split_once(')')?;
            let arguments = parts(&arguments.replace(['[', ']'], ""));
            Some(Shown {
                name: name.to_owned(),
                open: arguments.iter().any(|argument| argument == "…"),
                arguments: arguments
                    .iter()
                    .filter(|argument| *argument != "…" && *argument != "NULL::type")
                    .map(|argument| match argument.split_once(" => ") {
                        Some((name, default)) => (name.trim().to_owned(), Some(default.trim().to_owned())),
                        None => (argument.clone(), None),
                    })
                    .collect(),
                result: result
                    .trim()
                    .trim_start_matches('→')
                    .split_whitespace()
                    .collect::<Vec<_>>()
                    .join(" "),
            })
        })
        .collect()
}

/// How the declaration of a page differs from a function.
fn difference(shown: &Shown, function: &Function) -> Option<String> {
    let names: Vec<&String> = function.arguments.iter().map(|argument| &argument.0).collect();
    let said: Vec<&String> = shown.arguments.iter().map(|argument| &argument.0).collect();
    let fits = match shown.open {
        true => said.iter().all(|name| names.contains(name)),
        false => said == names,
    };
    if !fits {
        return Some(format!("takes {names:?}"));
    }
    for (name, said) in &shown.arguments {
        let default = function
            .arguments
            .iter()
            .find(|argument| argument.0 == *name)?
            .1
            .as_deref();
        // What an option that is left out comes to is told in words where it is no constant.
        let fits = match said.as_deref() {
            Some("…") => default == Some("NULL"),
            said => said == default,
        };
        if !fits {
            return Some(format!("has {default:?} as the default of {name}, not {said:?}"));
        }
    }
    let result = shown.result.trim_end_matches(", an aggregate");
    let columns: Vec<&str> = result.trim_end_matches(", …").split(", ").collect();
    let in_words = result.is_empty()
        || ["one row", "rows"].contains(&result)
        || result.starts_with("the same")
        || result.starts_with(',');
    let known: Vec<&str> = match function.columns.is_empty() {
        true => vec![&function.returns],
        false => function.columns.iter().map(String::as_str).collect(),
    };
    let fits = match result.ends_with('…') {
        true => known.starts_with(&columns),
        false => known == columns,
    };
    // The columns of a composite type are not those of the function.
    let composite = function.returns == "agreement";
    (!fits && !in_words && !composite).then(|| format!("gives {known:?}, not {columns:?}"))
}

fn pages_declare_what_there_is(database: &Database) -> Outcome {
    let functions = functions(&mut database.client()?)?;
    let (mut wrong, mut count) = (Vec::new(), 0);
    for entry in fs::read_dir(root().join("docs"))? {
        let page = entry?.path();
        if page.extension().is_none_or(|end| end != "md") {
            continue;
        }
        for shown in shown(&fs::read_to_string(&page)?) {
            count += 1;
            let differences: Vec<Option<String>> = functions
                .iter()
                .filter(|function| function.name == shown.name)
                .map(|function| difference(&shown, function))
                .collect();
            if !differences.contains(&None) {
                let differences: Vec<String> = differences.into_iter().flatten().collect();
                let name = page.file_name().unwrap_or_default().display();
                wrong.push(format!(
                    "{name}: {} {}",
                    shown.name,
                    if differences.is_empty() {
                        "does not exist".to_owned()
                    } else {
                        differences.join("; ")
                    }
                ));
            }
        }
    }
    ensure!(count > 40, "only {count} functions are declared");
    ensure!(wrong.is_empty(), "{}", wrong.join("\n"));
    Ok(())
}

fn the_readme_lists_all_functions(database: &Database) -> Outcome {
    let functions = functions(&mut database.client()?)?;
    let readme = fs::read_to_string(root().join("README.md"))?;
    let table = readme
        .split("| function |")
        .nth(1)
        .ok_or("there is no table of functions")?;
    let rows = table.split("\n\n").next().unwrap_or_default().lines().skip(2);
    let calls: Vec<String> = rows
        .flat_map(|row| {
            row.split('|')
                .nth(1)
                .unwrap_or_default()
                .split('`')
                .skip(1)
                .step_by(2)
                .map(str::to_owned)
                .collect::<Vec<_>>()
        })
        .collect();
    ensure!(calls.len() > 40, "only {calls:?} are listed");
    let mut wrong = Vec::new();
    let mut listed = BTreeSet::new();
    for call in &calls {
        let (name, arguments) = call.split_once('(').unwrap_or((call, "…)"));
        listed.insert(name);
        let overloads: Vec<&Function> = functions.iter().filter(|function| function.name == name).collect();
        let arguments = arguments.trim_end_matches(')').replace(['[', ']'], "");
        // A row for functions of many values calls them what they are.
        let known = |argument: &String| {
            ["…", "NULL::type"].contains(&&**argument)
                || overloads
                    .iter()
                    .any(|function| function.arguments.iter().any(|known| known.0 == *argument))
        };
        if overloads.is_empty() || !parts(&arguments).iter().all(known) {
            wrong.push(format!("README.md: there is no {call}"));
        }
    }
    for function in &functions {
        if !listed.contains(&*function.name) {
            wrong.push(format!("README.md does not list {}", function.name));
        }
    }
    ensure!(wrong.is_empty(), "{}", wrong.join("\n"));
    Ok(())
}
