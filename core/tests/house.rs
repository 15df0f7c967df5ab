//! The rules of the house, kept by reading its sources.
//!
//! A rule returns a line for each place where it is broken. What is let through is listed beside the rule, with its reason: lists get
//! shorter, and who makes one longer says why.

#[path = "house/tree.rs"]
mod tree;

use libtest_mimic::{Arguments, Completion, Trial};
use std::collections::{BTreeMap, BTreeSet};
use tree::{Tree, code, imported, room, words};

/// The words of the capabilities, the same in every folder.
const FEATURES: &[&str] = &[
    "basket_log",
    "churn",
    "clv",
    "cohorts",
    "customers",
    "feature_set",
    "item_log",
    "itemsets",
    "kmeans",
    "order_log",
    "purchases",
    "recommend",
    "retention",
    "rfm",
    "rhythm",
    "rules",
    "seasonality",
    "segment_agreement",
    "spend",
    "survival",
    "validation",
    "won_lost",
];

/// Which features may import which others, in `core/src` and in `src`, and what for. Everything else that is imported is a tool, and tools
/// know no feature.
const IMPORTS: &[(&str, &str, &str)] = &[
    ("churn", "order_log", "reads orders"),
    ("churn", "purchases", "applies its model"),
    ("clv", "order_log", "reads orders"),
    ("clv", "purchases", "applies its model"),
    ("clv", "spend", "applies its model"),
    ("cohorts", "order_log", "reads orders"),
    ("customers", "order_log", "reads orders"),
    ("item_log", "basket_log", "makes baskets of purchases"),
    (
        "item_log",
        "order_log",
        "writes events as it writes orders, and makes orders of them",
    ),
    ("itemsets", "basket_log", "reads baskets"),
    ("kmeans", "feature_set", "reads features"),
    ("purchases", "customers", "is fitted to what customers did"),
    ("purchases", "order_log", "reads orders"),
    ("recommend", "basket_log", "reads baskets"),
    ("recommend", "itemsets", "shares its options"),
    ("recommend", "rules", "goes by rules"),
    ("rfm", "customers", "scores the totals of customers"),
    ("rfm", "order_log", "reads orders"),
    ("rhythm", "customers", "goes by when customers bought"),
    ("rhythm", "order_log", "reads orders"),
    ("rules", "basket_log", "reads baskets"),
    ("rules", "itemsets", "makes rules of them"),
    ("seasonality", "order_log", "reads orders"),
    ("spend", "customers", "is fitted to what customers did"),
    ("spend", "order_log", "reads orders"),
    ("survival", "customers", "goes by when customers bought"),
    ("survival", "order_log", "reads orders"),
    ("validation", "clv", "tries its values"),
    ("validation", "customers", "looks at customers"),
    ("validation", "order_log", "reads orders"),
    ("validation", "purchases", "tries its models"),
    ("validation", "spend", "tries its model"),
    ("won_lost", "order_log", "reads orders"),
];

/// Words of customer analytics, which PostgreSQL does not know: `src/pg` may not contain them.
const ANALYTICS: [&str; 12] = [
    "customer",
    "basket",
    "cluster",
    "churn",
    "purchase",
    "retention",
    "rfm",
    "clv",
    "kmeans",
    "order_log",
    "feature_set",
    "item_log",
];

/// A file of `src/pg` that has such a word once: the rule itself says that it knows no customer analytics.
const SAYS_THE_RULE: &str = "src/pg/mod.rs";

/// Files above 500 lines, and how long they may be.
const LONG_FILES: [(&str, usize); 1] = [("core/src/amount.rs", 562)];
const LINES: usize = 500;

/// Characters of a line of code, as rustfmt.toml has it, and of one that is a comment.
const WIDTH: usize = 120;
const COMMENT_WIDTH: usize = 180;

/// Names that say nothing of what is in a file.
const NO_NAMES: [&str; 8] = [
    "util", "utils", "helper", "helpers", "common", "manager", "misc", "shared",
];

/// Functions that the docs name and that are not of this extension.
const OTHERS: [&str; 20] = [
    "abs",
    "char",
    "count",
    "date_trunc",
    "extract",
    "floor",
    "greatest",
    "hashint4",
    "least",
    "ln",
    "lower",
    "now",
    "ntile",
    "numeric",
    "operator",
    "__time",
    "__timeto",
    "ref",
    "segments_as_of",
    "url_param",
];

/// The pairs of features of which one imports the other, with a file where it does.
fn imports(tree: &Tree) -> BTreeMap<(String, String), String> {
    let mut edges = BTreeMap::new();
    for folder in ["core/src", "src"] {
        for (path, text) in tree.below(&format!("{folder}/"), ".rs") {
            let from = room(folder, path);
            for to in imported(text) {
                if to != from && FEATURES.contains(&to.as_str()) {
                    edges.insert((from.to_owned(), to), path.to_owned());
                }
            }
        }
    }
    edges
}

fn features_import_what_is_listed(tree: &Tree) -> Vec<String> {
    let listed: BTreeSet<(&str, &str)> = IMPORTS.iter().map(|&(from, to, _)| (from, to)).collect();
    let found = imports(tree);
    let unlisted = found
        .iter()
        .filter(|((from, to), _)| !listed.contains(&(from.as_str(), to.as_str())))
        .map(|((from, to), path)| {
            format!("{path}: {from} imports {to}, which is not on the list of core/tests/house.rs")
        });
    let unused = listed
        .iter()
        .filter(|(from, to)| !found.contains_key(&((*from).to_owned(), (*to).to_owned())))
        .map(|(from, to)| {
            format!("{from} does not import {to} any more: strike it from the list of core/tests/house.rs")
        });
    unlisted.chain(unused).collect()
}

/// `src` → `src/pg` → pgrx, and both → `core`.
fn imports_go_one_way(tree: &Tree) -> Vec<String> {
    let mut broken = Vec::new();
    for (path, text) in tree.below("core/src/", ".rs") {
        for word in ["pgrx", "std::net", "std::fs", "std::time", "std::process", "std::env"] {
            if text.lines().any(|line| code(line).contains(word)) {
                broken.push(format!("{path}: {word}"));
            }
        }
    }
    for (path, text) in tree.below("src/pg/", ".rs") {
        for to in imported(text).into_iter().filter(|to| to != "pg") {
            broken.push(format!("{path}: imports crate::{to}"));
        }
        let code: String = text.lines().map(code).collect::<Vec<_>>().join("\n");
        for rest in code.split("clientele_core::").skip(1) {
            let names = rest.split(';').next().unwrap_or_default();
            for feature in words(names).filter(|name| FEATURES.contains(name)) {
                broken.push(format!("{path}: imports clientele_core::{feature}"));
            }
        }
    }
    broken
}

fn pg_names_no_feature(tree: &Tree) -> Vec<String> {
    let mut broken = Vec::new();
    for (path, text) in tree.below("src/pg/", ".rs") {
        let said: Vec<String> = words(text)
            .map(str::to_lowercase)
            .filter(|word| ANALYTICS.contains(&word.trim_end_matches('s')))
            .collect();
        if said.len() > usize::from(path == SAYS_THE_RULE) {
            broken.push(format!("{path} knows of {}", said.join(", ")));
        }
    }
    broken
}

fn unsafe_is_in_pg(tree: &Tree) -> Vec<String> {
    let outside = tree.below("", ".rs").filter(|(path, _)| {
        let is_product = path.starts_with("src/") || path.starts_with("core/src/");
        is_product && !path.starts_with("src/pg/")
    });
    let mut broken = Vec::new();
    for (path, text) in outside {
        for (number, line) in text.lines().enumerate() {
            if words(code(line)).any(|word| word == "unsafe") {
                broken.push(format!("{path}:{}: unsafe", number + 1));
            }
        }
    }
    let forbids = [
        ("core/src/lib.rs", "#![forbid(unsafe_code)]"),
        ("src/lib.rs", "#![deny(unsafe_code"),
    ];
    for (path, attribute) in forbids {
        if !tree.files.get(path).is_some_and(|text| text.contains(attribute)) {
            broken.push(format!("{path} lacks {attribute}"));
        }
    }
    broken
}

/// Sources: what people read and change, and neither what was written by a program nor what is kept as it was released.
fn sources(tree: &Tree) -> impl Iterator<Item = (&str, &str)> {
    let is_source = |path: &str| {
        let is_script = path.starts_with("tests/") && !path.rsplit('/').next().is_some_and(|name| name.contains('.'));
        let is_kept = path.starts_with("sql/released/");
        !is_kept && (path.ends_with(".rs") || path.ends_with(".sql") || is_script)
    };
    tree.below("", "").filter(move |(path, _)| is_source(path))
}

fn files_are_short(tree: &Tree) -> Vec<String> {
    let limits: BTreeMap<&str, usize> = LONG_FILES.into_iter().collect();
    let mut broken = Vec::new();
    for (path, text) in sources(tree) {
        let (lines, long) = (text.lines().count(), limits.get(path).copied());
        let limit = long.unwrap_or(LINES);
        if lines > limit {
            broken.push(format!("{path} has {lines} lines, and may have {limit}"));
        } else if long.is_some() && lines < limit {
            broken.push(format!(
                "{path} has {lines} lines now: say so, or strike it from the list of core/tests/house.rs"
            ));
        }
    }
    broken
}

/// rustfmt.toml has the width; what it cannot break are texts and comments, of which the latter have a limit as well.
fn lines_are_short(tree: &Tree) -> Vec<String> {
    let mut broken = Vec::new();
    // Tests have properties in macros, and queries in texts.
    let sources = tree
        .below("", ".rs")
        .filter(|(path, _)| path.starts_with("src/") || path.starts_with("core/src/"));
    for (path, text) in sources {
        for (number, line) in text.lines().enumerate() {
            let is_comment = line.trim_start().starts_with("//");
            let is_table = line.trim_start().starts_with("//! |");
            let limit = if is_comment { COMMENT_WIDTH } else { WIDTH };
            let width = line.chars().count();
            if width > limit && !is_table && (is_comment || !line.contains('"')) {
                broken.push(format!("{path}:{}: {width} characters", number + 1));
            }
        }
    }
    broken
}

fn names_say_something(tree: &Tree) -> Vec<String> {
    let says_nothing = |path: &&String| path.split(['/', '.']).any(|part| NO_NAMES.contains(&part));
    tree.files.keys().filter(says_nothing).cloned().collect()
}

fn each_feature_has_its_files(tree: &Tree) -> Vec<String> {
    let mut broken = Vec::new();
    for feature in FEATURES {
        let mut need = |what: &str, paths: &[String]| {
            if !paths.iter().any(|path| tree.has(path)) {
                broken.push(format!("{feature} lacks {what}: {}", paths.join(" or ")));
            }
        };
        need(
            "core",
            &[format!("core/src/{feature}.rs"), format!("core/src/{feature}/mod.rs")],
        );
        need("surface", &[format!("src/{feature}.rs")]);
        need("sql", &[format!("sql/parts/{feature}.sql")]);
        need("regress", &[format!("tests/pg_regress/sql/{feature}.sql")]);
        need("docs", &[format!("docs/{feature}.md")]);
        need("client", &[format!("tests/client/features/{feature}.rs")]);
    }
    for (path, _) in tree.below("tests/pg_regress/sql/", ".sql") {
        let expected = path.replace("/sql/", "/expected/").replace(".sql", ".out");
        if !tree.has(&expected) {
            broken.push(format!("{path} lacks {expected}"));
        }
    }
    broken
}

/// The functions that are declared in SQL.
fn declared(tree: &Tree) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for (_, text) in tree.below("sql/", ".sql") {
        for line in text.lines().map(str::to_lowercase) {
            let mut words = words(&line).skip_while(|word| *word == "or" || *word == "replace" || *word == "create");
            if line.starts_with("create") && ["function", "aggregate"].contains(&words.next().unwrap_or_default()) {
                names.extend(words.find(|word| *word != "clientele").map(str::to_owned));
            }
        }
    }
    names
}

/// What the docs call is declared: `name(…)` between backticks, and `clientele.name(` anywhere.
fn docs_name_functions_that_there_are(tree: &Tree) -> Vec<String> {
    let declared = declared(tree);
    if declared.is_empty() {
        return vec!["sql/ declares nothing".to_owned()];
    }
    let is_known = |name: &str| declared.contains(name) || OTHERS.contains(&name);
    let pages = tree.below("docs/", ".md").chain(tree.below("README.md", ""));
    let mut broken = Vec::new();
    for (path, text) in pages {
        let mut in_block = false;
        for (number, line) in text.lines().enumerate() {
            in_block ^= line.trim_start().starts_with("```");
            let spans = line.split('`').skip(1).step_by(2).filter(|_| !in_block);
            let called = spans.flat_map(calls);
            let ours = line.split("clientele.").skip(1).filter_map(|rest| {
                let name = words(rest).next()?;
                rest[name.len()..].starts_with('(').then(|| name.to_owned())
            });
            for name in called.chain(ours.filter(|name| !declared.contains(name))) {
                if !is_known(&name.to_lowercase()) {
                    broken.push(format!("{path}:{}: there is no function {name}", number + 1));
                }
            }
        }
    }
    broken
}

/// The names before opening parentheses.
fn calls(code: &str) -> Vec<String> {
    let before = code.split('(').collect::<Vec<_>>();
    before[..before.len() - 1]
        .iter()
        .filter(|part| part.ends_with(|c: char| c.is_alphanumeric() || c == '_'))
        .filter_map(|part| words(part).last().map(str::to_owned))
        .collect()
}

/// So that a red run is red again, and nothing is written beside the sources.
fn properties_have_one_source_of_cases(tree: &Tree) -> Vec<String> {
    tree.below("core/", ".rs")
        .flat_map(|(path, text)| text.lines().map(move |line| (path, line)))
        .filter(|(_, line)| line.contains("proptest_config(") && !line.contains("proptest_config(cases("))
        .map(|(path, line)| format!("{path}: {}", line.trim()))
        .filter(|line| !line.starts_with("core/tests/house.rs"))
        .collect()
}

/// `core/tests/tolerance` has the limits, and their reasons.
fn tolerances_have_names(tree: &Tree) -> Vec<String> {
    let compares = |line: &str| {
        let before_power = line.split("e-").next().unwrap_or_default();
        let before = before_power.trim_end_matches(|c: char| c.is_ascii_digit() || c == '.');
        let signs = [" < ", " <= ", "(1.0 + ", "(1.0 - "];
        before.len() < before_power.len() && signs.iter().any(|sign| before.ends_with(sign))
    };
    let mut broken = Vec::new();
    for (path, text) in tree.below("core/tests/", ".rs") {
        for (number, line) in text.lines().enumerate() {
            if code(line).contains("e-") && compares(code(line)) {
                broken.push(format!("{path}:{}: {}", number + 1, line.trim()));
            }
        }
    }
    broken
}

type Rule = (&'static str, fn(&Tree) -> Vec<String>);

const RULES: [Rule; 11] = [
    ("features_import_what_is_listed", features_import_what_is_listed),
    ("imports_go_one_way", imports_go_one_way),
    ("pg_names_no_feature", pg_names_no_feature),
    ("unsafe_is_in_pg", unsafe_is_in_pg),
    ("files_are_short", files_are_short),
    ("lines_are_short", lines_are_short),
    ("names_say_something", names_say_something),
    ("each_feature_has_its_files", each_feature_has_its_files),
    ("docs_name_functions_that_there_are", docs_name_functions_that_there_are),
    (
        "properties_have_one_source_of_cases",
        properties_have_one_source_of_cases,
    ),
    ("tolerances_have_names", tolerances_have_names),
];

fn main() {
    let trials = RULES.map(|(name, rule)| {
        Trial::ignorable_test(name, move || {
            let Some(tree) = Tree::read() else {
                return Ok(Completion::ignored_with("the sources around this crate are not there"));
            };
            let broken = rule(&tree);
            match broken.is_empty() {
                true => Ok(Completion::Completed),
                false => Err(broken.join("\n").into()),
            }
        })
    });
    libtest_mimic::run(&Arguments::from_args(), trials.into()).exit();
}
