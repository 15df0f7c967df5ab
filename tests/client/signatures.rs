//! What the pages say of functions is what the server knows of them: names, arguments, defaults, columns.

use crate::database::Database;
use crate::pages::{Page, Part};
use crate::{Failure, Outcome, ensure};
use postgres::Client;
use std::collections::BTreeSet;

crate::trials!(
    pages_declare_what_there_is,
    tables_name_columns_and_defaults,
    the_reference_lists_all_functions
);

/// The page that lists all functions.
const REFERENCE: &str = "docs/reference.md";

/// An argument of a function.
struct Argument {
    name: String,
    type_name: String,
    default: Option<String>,
}

/// A function as the server knows it, without the argument that only gives a type.
struct Function {
    name: String,
    arguments: Vec<Argument>,
    /// Whether it has an argument that only gives the type of the keys.
    keyed: bool,
    /// The names of columns, or of the fields of the type that it returns, and their types.
    columns: Vec<(String, String)>,
    returns: String,
    aggregate: bool,
    comment: String,
}

/// A function as a page shows it.
struct Shown {
    name: String,
    /// Names, and defaults as they are written.
    arguments: Vec<(String, Option<String>)>,
    /// How many of them are not between brackets.
    least: usize,
    /// Whether there are more.
    open: bool,
    result: String,
}

/// All functions that users call: those that are not parts of types, operators and aggregates.
fn functions(client: &mut Client) -> Result<Vec<Function>, Failure> {
    client.batch_execute("SET search_path = clientele, public")?;
    let rows = client.query(
        "SELECT proname::text, pg_get_function_arguments(p.oid), format_type(prorettype, NULL), prokind = 'a', obj_description(p.oid, 'pg_proc'),
                ARRAY(SELECT n FROM unnest(proargnames, proargmodes) WITH ORDINALITY u (n, m, i) WHERE m IN ('o', 't') ORDER BY i)
                    || ARRAY(SELECT attname::text FROM pg_attribute WHERE attrelid = typrelid AND attnum > 0 ORDER BY attnum),
                ARRAY(SELECT format_type(t, NULL) FROM unnest(proallargtypes, proargmodes) WITH ORDINALITY u (t, m, i) WHERE m IN ('o', 't') ORDER BY i)
                    || ARRAY(SELECT format_type(atttypid, NULL) FROM pg_attribute WHERE attrelid = typrelid AND attnum > 0 ORDER BY attnum)
         FROM pg_proc p JOIN pg_language l ON l.oid = prolang JOIN pg_type ON pg_type.oid = prorettype
         WHERE pronamespace = 'clientele'::regnamespace AND (lanname <> 'internal' OR prokind = 'a')
           AND NOT proargtypes::oid[] && ARRAY['internal'::regtype::oid, 'cstring'::regtype] AND prorettype <> 'cstring'::regtype
           AND NOT EXISTS (SELECT FROM pg_cast WHERE castfunc = p.oid) ORDER BY p.oid",
        &[],
    )?;
    rows.iter()
        .map(|row| {
            let arguments: String = row.try_get(1)?;
            let arguments = parts(&arguments);
            let (names, types): (Vec<String>, Vec<String>) = (row.try_get(5)?, row.try_get(6)?);
            Ok(Function {
                name: row.try_get(0)?,
                arguments: arguments
                    .iter()
                    .filter(|argument| !argument.starts_with("OUT ") && !argument.starts_with("key "))
                    .map(|argument| {
                        let (declared, default) = match argument.split_once(" DEFAULT ") {
                            Some((declared, default)) => (declared, Some(plain(default))),
                            None => (argument.as_str(), None),
                        };
                        let (name, type_name) = declared.split_once(' ').unwrap_or((declared, ""));
                        Argument {
                            name: name.to_owned(),
                            type_name: short(type_name),
                            default,
                        }
                    })
                    .collect(),
                keyed: arguments.iter().any(|argument| argument.starts_with("key ")),
                columns: names.into_iter().zip(types.iter().map(|name| short(name))).collect(),
                returns: short(row.try_get(2)?),
                aggregate: row.try_get(3)?,
                comment: row.try_get::<_, Option<String>>(4)?.unwrap_or_default(),
            })
        })
        .collect()
}

/// A type by the shorter of its names.
fn short(type_name: &str) -> String {
    type_name
        .replace("timestamp without time zone", "timestamp")
        .replace("timestamp with time zone", "timestamptz")
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

/// The functions that a page declares in a block of no language: each with its arguments, and perhaps an arrow and what comes out.
fn declared(block: &str) -> Vec<Shown> {
    let block = block.replace('\n', " ");
    let declared = block.split("clientele.").skip(1);
    declared
        .filter_map(|text| {
            let (name, rest) = text.split_once('(')?;
            let (arguments, result) = rest.split_once(')')?;
            let arguments = arguments.replace("[, NULL::type]", "");
            let least = parts(arguments.split('[').next().unwrap_or_default()).len();
            let arguments = parts(&arguments.replace(['[', ']'], ""));
            Some(Shown {
                name: name.to_owned(),
                least,
                open: arguments.iter().any(|argument| argument == "…"),
                arguments: arguments
                    .iter()
                    .filter(|argument| *argument != "…")
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
    let names: Vec<&String> = function.arguments.iter().map(|argument| &argument.name).collect();
    let said: Vec<&String> = shown.arguments.iter().map(|argument| &argument.0).collect();
    let fits = match shown.open {
        true => said.iter().all(|name| names.contains(name)),
        false => said.starts_with(&names) && (names.len() >= shown.least),
    };
    if !fits {
        return Some(format!("takes {names:?}"));
    }
    for (name, said) in &shown.arguments[..said.len().min(names.len())] {
        let default = function
            .arguments
            .iter()
            .find(|argument| argument.name == *name)?
            .default
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
        false => function.columns.iter().map(|column| column.0.as_str()).collect(),
    };
    let fits = match result.ends_with('…') {
        true => known.starts_with(&columns),
        false => known == columns,
    };
    (!fits && !in_words).then(|| format!("gives {known:?}, not {columns:?}"))
}

/// What a block of a page declares, and the tables behind it.
struct Section {
    declared: Vec<Shown>,
    tables: Vec<(Vec<String>, Vec<Vec<String>>)>,
}

/// What a page declares, block by block.
fn sections(page: &Page) -> Vec<Section> {
    let mut sections: Vec<Section> = Vec::new();
    for part in page.parts() {
        match part {
            Part::Block(language, block) if language.is_empty() => sections.push(Section {
                declared: declared(&block),
                tables: Vec::new(),
            }),
            Part::Table(head, rows) => {
                if let Some(section) = sections.last_mut() {
                    section.tables.push((head, rows));
                }
            }
            _ => {}
        }
    }
    sections
}

/// The pages of features: all but the reference.
fn pages() -> Result<Vec<Page>, Failure> {
    let mut pages = Page::all()?;
    pages.retain(|page| page.path.starts_with("docs") && !page.path.ends_with("reference.md"));
    Ok(pages)
}

fn pages_declare_what_there_is(database: &Database) -> Outcome {
    let functions = functions(&mut database.client()?)?;
    let mut wrong = Vec::new();
    let mut known = vec![false; functions.len()];
    for page in pages()? {
        for shown in sections(&page).iter().flat_map(|section| &section.declared) {
            let mut differences = Vec::new();
            let mut fits = false;
            for (function, known) in functions.iter().zip(&mut known) {
                if function.name == shown.name {
                    match difference(shown, function) {
                        None => (*known, fits) = (true, true),
                        Some(difference) => differences.push(difference),
                    }
                }
            }
            if !fits {
                let differences = match differences.is_empty() {
                    true => "does not exist".to_owned(),
                    false => differences.join("; "),
                };
                wrong.push(format!("{}: {} {differences}", page.name(), shown.name));
            }
        }
    }
    for (function, known) in functions.iter().zip(known) {
        if !known {
            wrong.push(format!("no page declares {}", entry(&[function], false)));
        }
    }
    ensure!(wrong.is_empty(), "{}", wrong.join("\n"));
    Ok(())
}

/// The names in a cell, which are what is between backticks.
fn names(cell: &str) -> Vec<&str> {
    cell.split('`').skip(1).step_by(2).collect()
}

/// Whether names are the columns of some of the functions that a block declares, one overload of each.
fn are_columns(names: &BTreeSet<&str>, declared: &[Shown], functions: &[Function]) -> bool {
    let mut unions = vec![BTreeSet::new()];
    for shown in declared {
        let overloads = functions
            .iter()
            .filter(|function| function.name == shown.name && difference(shown, function).is_none());
        let columns = overloads.map(|function| function.columns.iter().map(|column| column.0.as_str()));
        let columns: BTreeSet<BTreeSet<&str>> = columns.map(Iterator::collect).collect();
        unions = unions
            .iter()
            .flat_map(|union: &BTreeSet<&str>| columns.iter().map(move |columns| union | columns))
            .collect();
    }
    unions.contains(names)
}

/// How a row of a table of options differs from the functions that a block declares.
fn option_differs(row: &[String], defaults: bool, declared: &[Shown], functions: &[Function]) -> Option<String> {
    let (names, default) = (names(row.first()?), row.get(1)?);
    // Several have one each, or one in common.
    let mut said: Vec<&str> = default.split(", ").collect();
    if said.len() != names.len() {
        said = vec![default; names.len()];
    }
    for (at, name) in names.iter().enumerate() {
        let mut arguments = functions
            .iter()
            .filter(|function| declared.iter().any(|shown| shown.name == function.name))
            .flat_map(|function| &function.arguments)
            .filter(|argument| argument.name == *name)
            .peekable();
        if arguments.peek().is_none() {
            return Some(format!("no function above takes {name}"));
        }
        // A default is shown as SQL writes it; where there is none, or NULL, words may say what that means.
        let shown = said.get(at).map(|said| said.trim_matches('`').to_owned());
        let fits = |argument: &Argument| match argument.default.as_deref() {
            None | Some("NULL") => said[at].parse::<f64>().is_err() && !said[at].starts_with("`'"),
            default => default == shown.as_deref(),
        };
        if defaults && !arguments.any(fits) {
            return Some(format!("{:?} is not the default of {name}", said[at]));
        }
    }
    None
}

fn tables_name_columns_and_defaults(database: &Database) -> Outcome {
    let functions = functions(&mut database.client()?)?;
    let (mut wrong, mut count) = (Vec::new(), 0);
    for page in pages()? {
        for Section { declared, tables } in sections(&page) {
            for (head, rows) in tables {
                let name = page.name();
                match head.first().map(String::as_str) {
                    Some("column") => {
                        count += 1;
                        let columns: BTreeSet<&str> = rows.iter().flat_map(|row| names(&row[0])).collect();
                        if !are_columns(&columns, &declared, &functions) {
                            let of: Vec<&String> = declared.iter().map(|shown| &shown.name).collect();
                            wrong.push(format!("{name}: {columns:?} are not the columns of {of:?}"));
                        }
                    }
                    Some("option" | "argument") => {
                        count += 1;
                        let defaults = head.get(1).is_some_and(|cell| cell == "default");
                        let differences = rows
                            .iter()
                            .filter_map(|row| option_differs(row, defaults, &declared, &functions));
                        wrong.extend(differences.map(|difference| format!("{name}: {difference}")));
                    }
                    _ => {}
                }
            }
        }
    }
    ensure!(count > 30, "only {count} tables of columns and options were found");
    ensure!(wrong.is_empty(), "{}", wrong.join("\n"));
    Ok(())
}

/// What the reference says of functions that differ in types only: the comment, and the declaration. Some return keys, and have
/// a twin that returns them as another type.
fn entry(overloads: &[&Function], twin: bool) -> String {
    let function = overloads[0];
    let mut arguments: Vec<String> = Vec::new();
    for (at, argument) in function.arguments.iter().enumerate() {
        let mut types: Vec<&str> = Vec::new();
        for overload in overloads {
            let type_name = overload.arguments[at].type_name.as_str();
            if !types.contains(&type_name) {
                types.push(type_name);
            }
        }
        let default = argument
            .default
            .iter()
            .map(|default| format!(" DEFAULT {default}"))
            .collect::<String>();
        let key = if at == 0 && twin { " [, key anyelement]" } else { "" };
        arguments.push(format!("{} {}{default}{key}", argument.name, types.join(" | ")));
    }
    let columns: Vec<String> = function
        .columns
        .iter()
        .map(|(name, type_name)| format!("{name} {type_name}"))
        .collect();
    let result = match columns.is_empty() {
        true => function.returns.clone(),
        false => columns.join(", "),
    };
    let kind = if function.aggregate { ", an aggregate" } else { "" };
    format!(
        "-- {} clientele.{}({}) → {result}{kind}",
        function.comment,
        function.name,
        arguments.join(", ")
    )
}

/// All entries of the reference. Of twins, the one whose keys are `bigint` stands for both.
fn entries(functions: &[Function]) -> BTreeSet<String> {
    fn names(function: &Function) -> impl Iterator<Item = (&str, Option<&str>)> {
        let arguments = function.arguments.iter();
        arguments.map(|argument| (argument.name.as_str(), argument.default.as_deref()))
    }
    let takes_the_same = |a: &Function, b: &Function| a.name == b.name && names(a).eq(names(b));
    let mut groups: Vec<Vec<&Function>> = Vec::new();
    for function in functions.iter().filter(|function| !function.keyed) {
        let alike = |group: &&mut Vec<&Function>| {
            takes_the_same(group[0], function)
                && group[0].comment == function.comment
                && group[0].columns == function.columns
        };
        match groups.iter_mut().find(alike) {
            Some(group) => group.push(function),
            None => groups.push(vec![function]),
        }
    }
    let twins: Vec<&Function> = functions.iter().filter(|function| function.keyed).collect();
    groups
        .iter()
        .map(|group| entry(group, twins.iter().any(|twin| takes_the_same(twin, group[0]))))
        .collect()
}

fn the_reference_lists_all_functions(database: &Database) -> Outcome {
    let functions = functions(&mut database.client()?)?;
    let mut listed = BTreeSet::new();
    let mut wrong = Vec::new();
    let mut of = Vec::new();
    for part in Page::read(REFERENCE)?.parts() {
        let block = match part {
            // The heading links to the page that says more.
            Part::Heading(heading) => {
                let link = heading.split_once("](").and_then(|(_, link)| link.split_once(')'));
                let page = link.map(|(page, _)| Page::read(&format!("docs/{page}"))).transpose()?;
                let sections = page.iter().flat_map(sections);
                of = sections
                    .flat_map(|section| section.declared)
                    .map(|shown| shown.name)
                    .collect();
                continue;
            }
            Part::Block(_, block) => block,
            Part::Table(..) => continue,
        };
        for shown in declared(&block) {
            if !of.contains(&shown.name) {
                wrong.push(format!(
                    "{REFERENCE}: the page of this section does not declare {}",
                    shown.name
                ));
            }
        }
        for text in block.split("-- ").skip(1) {
            let text = format!("-- {}", text.split_whitespace().collect::<Vec<_>>().join(" "));
            if !listed.insert(text.clone()) {
                wrong.push(format!("{REFERENCE} lists twice: {text}"));
            }
        }
    }
    let entries = entries(&functions);
    wrong.extend(
        entries
            .difference(&listed)
            .map(|entry| format!("{REFERENCE} does not list: {entry}")),
    );
    wrong.extend(
        listed
            .difference(&entries)
            .map(|entry| format!("{REFERENCE} lists what there is not: {entry}")),
    );
    ensure!(wrong.is_empty(), "{}", wrong.join("\n"));
    Ok(())
}
