//! Every example of the documentation runs, and shows what the page says.
//!
//! A block of `sql` is run by psql, one session for each page, over the tables of the demo shop. A block of `text` right behind it
//! is what psql has to print. `EXAMPLES=update` writes it into the page instead.

use crate::database::{Database, program, run};
use crate::pages::{Page, root};
use crate::scaling::is_available;
use crate::{Failure, Outcome, ensure};
use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

/// What separates the outputs of two examples.
const MARK: &str = "-- example";

pub fn trials() -> Vec<libtest_mimic::Trial> {
    let examples = libtest_mimic::Trial::test("examples::pages_show_what_is_true", || {
        pages_show_what_is_true().map_err(|failure| crate::told(&*failure).into())
    });
    let tour = libtest_mimic::Trial::test("examples::the_readme_goes_on_from_the_demo", || {
        go_on_from_the_demo().map_err(|failure| crate::told(&*failure).into())
    });
    vec![examples, tour]
}

fn pages_show_what_is_true() -> Outcome {
    let shop = Shop::open()?;
    let mut wrong = Vec::new();
    for page in Page::all()? {
        if let Err(failure) = check(&root().join(&page.path), &shop) {
            wrong.push(format!("{}: {failure}", page.path.display()));
        }
    }
    ensure!(wrong.is_empty(), "{}", wrong.join("\n"));
    Ok(())
}

/// What docs/demo/run does in one database, and then what is done in the psql that it leaves open: what it suggests itself, and
/// the tour of the README.
fn go_on_from_the_demo() -> Outcome {
    let shop = Shop::open()?;
    let script = fs::read_to_string(root().join("docs/demo/run"))?;
    let path = script
        .split_once("search_path=")
        .and_then(|(_, path)| path.split_once('\''))
        .ok_or("the demo sets no search path")?
        .0;
    shop.0
        .client()?
        .batch_execute(&format!("ALTER DATABASE {} SET search_path = {path}", shop.0.name()))?;
    psql(&shop.0, &["-v", "ON_ERROR_STOP=1", "-f", "docs/demo/tour.sql"], "")?;

    let (_, suggested) = script.split_once("Try:").ok_or("the demo suggests nothing")?;
    let suggested = suggested.lines().map(str::trim);
    let suggested: Vec<&str> = suggested.take_while(|line| !line.starts_with("The README")).collect();
    ensure!(suggested.len() > 2, "the demo suggests only {suggested:?}");
    let printed = psql(&shop.0, &["-v", "ON_ERROR_STOP=1"], &suggested.join("\n"))?;
    ensure!(!printed.contains("ERROR:"), "what the demo suggests prints {printed}");
    check_in(&root().join("README.md"), &shop.0)
        .map_err(|failure| format!("README.md after the tour of the demo: {failure}").into())
}

/// The demo shop, to be copied.
pub struct Shop(pub Database);

impl Shop {
    pub fn open() -> Result<Shop, Failure> {
        let shop = Database::create()?;
        run(command(&shop)
            .args(["-f", "load.sql"])
            .current_dir(root().join("docs/demo")))?;
        Ok(Shop(shop))
    }

    fn copy(&self) -> Result<Database, Failure> {
        Database::with(&format!("TEMPLATE {}", self.0.name()))
    }
}

/// An example of a page.
struct Example {
    sql: String,
    /// What the page says it prints, and which lines of the page these are.
    output: Option<(std::ops::Range<usize>, String)>,
}

fn check(page: &Path, shop: &Shop) -> Outcome {
    let text = fs::read_to_string(page)?;
    if text.contains("CREATE EXTENSION postgres_fdw") && !is_available("postgres_fdw") {
        eprintln!("{} skipped: there is no postgres_fdw", page.display());
        return Ok(());
    }
    let lines: Vec<&str> = text.lines().collect();
    let examples = examples(&lines);
    if examples.is_empty() {
        return Ok(());
    }
    compare(page, &lines, &examples, &shop.copy()?)
}

/// The examples of a page in a database where something has happened before.
fn check_in(page: &Path, database: &Database) -> Outcome {
    let text = fs::read_to_string(page)?;
    let lines: Vec<&str> = text.lines().collect();
    compare(page, &lines, &examples(&lines), database)
}

fn compare(page: &Path, lines: &[&str], examples: &[Example], database: &Database) -> Outcome {
    let script: String = examples
        .iter()
        .map(|example| format!("\\echo '{MARK}'\n{}\n", example.sql))
        .collect();
    let printed = psql(database, &[], &script)?;
    let printed: Vec<String> = printed.split(&format!("{MARK}\n")).skip(1).map(trimmed).collect();
    ensure!(
        printed.len() == examples.len(),
        "psql ended after {} of {} examples",
        printed.len(),
        examples.len()
    );

    if std::env::var("EXAMPLES").is_ok_and(|value| value == "update") {
        let (mut updated, mut next) = (String::new(), 0);
        for (example, printed) in examples.iter().zip(&printed) {
            if let Some((range, _)) = &example.output {
                updated.extend(lines[next..range.start].iter().map(|line| format!("{line}\n")));
                updated.push_str(printed);
                next = range.end;
            }
        }
        updated.extend(lines[next..].iter().map(|line| format!("{line}\n")));
        return Ok(fs::write(page, updated)?);
    }
    for (example, printed) in examples.iter().zip(&printed) {
        match &example.output {
            Some((range, output)) => {
                ensure!(
                    printed == output,
                    "line {}:\n{}\nprints\n{printed}",
                    range.start,
                    example.sql
                );
            }
            None => ensure!(!printed.contains("ERROR:"), "{}\nprints\n{printed}", example.sql),
        }
    }
    Ok(())
}

/// The examples between the fences of a page.
fn examples(lines: &[&str]) -> Vec<Example> {
    let mut examples: Vec<Example> = Vec::new();
    let mut at = 0;
    // Whether only blank lines have followed the last example.
    let mut follows = false;
    while at < lines.len() {
        let Some(kind) = lines[at].strip_prefix("```") else {
            follows &= lines[at].is_empty();
            at += 1;
            continue;
        };
        let start = at + 1;
        let end = lines[start..]
            .iter()
            .position(|line| *line == "```")
            .map_or(lines.len(), |n| start + n);
        let block = lines[start..end].join("\n");
        match (kind, examples.last_mut()) {
            ("sql", _) => examples.push(Example {
                sql: block,
                output: None,
            }),
            ("text", Some(example)) if follows => example.output = Some((start..end, trimmed(&block))),
            _ => {}
        }
        follows = kind == "sql";
        at = end + 1;
    }
    examples
}

/// Without blanks at the ends of lines and blank lines at the end: editors take them away.
fn trimmed(text: &str) -> String {
    let lines: String = text.lines().map(|line| line.trim_end().to_owned() + "\n").collect();
    match lines.trim_end_matches('\n') {
        "" => String::new(),
        lines => format!("{lines}\n"),
    }
}

fn command(database: &Database) -> Command {
    let mut psql = program("psql");
    psql.args(["-Xq", "-d", database.name()])
        .env("PGTZ", "UTC")
        .env("PGCLIENTENCODING", "UTF8")
        .current_dir(root());
    psql
}

/// What psql prints, errors where they happen.
pub fn psql(database: &Database, arguments: &[&str], input: &str) -> Result<String, Failure> {
    let printed = std::env::temp_dir().join(format!("{}.printed", database.name()));
    let file = fs::File::create(&printed)?;
    let mut child = command(database)
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(file.try_clone()?)
        .stderr(file)
        .spawn()?;
    child
        .stdin
        .take()
        .ok_or("no standard input")?
        .write_all(input.as_bytes())?;
    let status = child.wait()?;
    let text = fs::read_to_string(&printed)?;
    fs::remove_file(&printed)?;
    ensure!(status.success(), "psql failed: {text}");
    Ok(text)
}
