//! What packages say of the extension: one version in all places, and for PGXN a list by its rules.

use crate::database::{Database, one};
use crate::parts::directory;
use crate::{Failure, Outcome, ensure};
use serde_json::Value;
use std::collections::BTreeMap;
use std::fs;

crate::trials!(
    one_version_in_all_places,
    the_list_for_pgxn_is_valid,
    wrong_lists_are_noticed
);

fn read(path: &str) -> Result<String, Failure> {
    Ok(fs::read_to_string(directory().join("..").join(path)).map_err(|error| format!("{path}: {error}"))?)
}

/// What stands between two texts, the first time.
fn between<'a>(text: &'a str, before: &str, after: &str) -> Option<&'a str> {
    text.split_once(before)?.1.split_once(after).map(|(found, _)| found)
}

fn list() -> Result<Value, Failure> {
    Ok(serde_json::from_str(&read("packaging/META.json")?)?)
}

fn one_version_in_all_places(database: &Database) -> Outcome {
    let installed: String = one(
        &mut database.client()?,
        "SELECT extversion FROM pg_extension WHERE extname = 'clientele'",
    )?;
    let (control, cargo, log, list) = (
        read("clientele.control")?,
        read("Cargo.toml")?,
        read("packaging/debian/changelog")?,
        list()?,
    );
    let said = BTreeMap::from([
        ("clientele.control", between(&control, "default_version = '", "'")),
        ("Cargo.toml", between(&cargo, "\nversion = \"", "\"")),
        ("debian/changelog", between(&log, "clientele (", "-")),
        ("META.json", list["version"].as_str()),
        ("META.json, provides", list["provides"]["clientele"]["version"].as_str()),
    ]);
    for (place, version) in said {
        ensure!(
            version == Some(&installed),
            "{place} says {version:?}, and {installed} is installed"
        );
    }
    Ok(())
}

/// The licences that the specification has words for.
const LICENCES: &str = "agpl_3 apache_1_1 apache_2_0 artistic_1 artistic_2 bsd freebsd gfdl_1_2 gfdl_1_3 gpl_1 gpl_2 gpl_3 lgpl_2_1 \
    lgpl_3_0 mit mozilla_1_0 mozilla_1_1 open_source openssl perl_5 postgresql qpl_1_0 ssleay sun unrestricted zlib restricted unknown";

/// What is wrong with a list by the specification of PGXN, version 1.0.0.
fn faults(list: &Value) -> Vec<String> {
    let mut found = Vec::new();
    let mut need = |holds: bool, what: &str| {
        if !holds {
            found.push(what.to_owned());
        }
    };
    let known = "abstract description generated_by license maintainer meta-spec name no_index prereqs provides release_status resources \
        tags version";
    let empty = serde_json::Map::new();
    for key in list.as_object().unwrap_or(&empty).keys() {
        need(
            key.to_lowercase().starts_with("x_") || known.split(' ').any(|word| word == key),
            &format!("there is no key {key}"),
        );
    }
    let text = |value: &Value| value.as_str().is_some_and(|text| !text.trim().is_empty());
    for key in ["abstract", "name", "version"] {
        need(text(&list[key]), &format!("{key} is a text"));
    }
    need(
        list["name"]
            .as_str()
            .is_some_and(|name| name.len() > 1 && !name.contains(['/', '\\', ' ']) && !name.contains(char::is_control)),
        "name is a term",
    );
    let texts = |value: &Value| {
        text(value)
            || value
                .as_array()
                .is_some_and(|all| !all.is_empty() && all.iter().all(text))
    };
    need(texts(&list["maintainer"]), "maintainer is a text, or several");
    let licence = |value: &Value| {
        value
            .as_str()
            .is_some_and(|word| LICENCES.split(' ').any(|known| known == word))
    };
    need(
        licence(&list["license"])
            || list["license"]
                .as_array()
                .is_some_and(|all| !all.is_empty() && all.iter().all(licence)),
        "license is a word of the specification",
    );
    need(semantic(&list["version"]), "version is a semantic version");
    need(
        list["release_status"].is_null()
            || ["stable", "testing", "unstable"]
                .iter()
                .any(|word| list["release_status"] == *word),
        "release_status is stable, testing or unstable",
    );
    need(
        list["meta-spec"]["version"] == "1.0.0",
        "meta-spec has the version 1.0.0",
    );
    need(
        list["tags"].is_null() || list["tags"].as_array().is_some_and(|tags| tags.iter().all(text)),
        "tags are texts",
    );
    let provided = list["provides"].as_object().unwrap_or(&empty);
    need(!provided.is_empty(), "provides names an extension");
    for extension in provided.values() {
        need(text(&extension["file"]), "provides has a file");
        need(semantic(&extension["version"]), "provides has a semantic version");
        need(
            extension.get("docfile").is_none_or(text) && extension.get("abstract").is_none_or(text),
            "provides has texts",
        );
    }
    for (phase, relations) in list["prereqs"].as_object().unwrap_or(&empty) {
        need(
            ["configure", "runtime", "build", "test", "develop"].contains(&&**phase),
            &format!("prereqs knows no {phase}"),
        );
        for (relation, packages) in relations.as_object().unwrap_or(&empty) {
            need(
                ["requires", "recommends", "suggests", "conflicts"].contains(&&**relation),
                &format!("prereqs knows no {relation}"),
            );
            for range in packages.as_object().unwrap_or(&empty).values() {
                let ranges = range.as_str().unwrap_or_default().split(',');
                let mut bounds = ranges.map(|bound| bound.trim().trim_start_matches(['<', '>', '=', '!', ' ']));
                need(
                    range == 0 || bounds.all(|bound| semantic(&bound.into())),
                    "prereqs are ranges of versions",
                );
            }
        }
    }
    found
}

/// Whether a value is a version of three numbers.
fn semantic(value: &Value) -> bool {
    let parts: Vec<&str> = value.as_str().unwrap_or_default().split('.').collect();
    let number = |part: &&str| part.parse::<u32>().is_ok_and(|number| number.to_string() == **part);
    parts.len() == 3 && parts.iter().all(number)
}

fn the_list_for_pgxn_is_valid(_: &Database) -> Outcome {
    let list = list()?;
    let found = faults(&list);
    ensure!(found.is_empty(), "packaging/META.json: {}", found.join("; "));
    let page = list["provides"]["clientele"]["docfile"].as_str().unwrap_or_default();
    read(page)?;
    Ok(())
}

fn wrong_lists_are_noticed(_: &Database) -> Outcome {
    let right = list()?;
    for (pointer, wrong, expected) in [
        ("/version", Value::from("0.1"), "version is a semantic version"),
        (
            "/license",
            Value::from("PostgreSQL"),
            "license is a word of the specification",
        ),
        (
            "/maintainer",
            Value::from(Vec::<String>::new()),
            "maintainer is a text, or several",
        ),
        ("/provides", serde_json::json!({}), "provides names an extension"),
        ("/provides/clientele/file", Value::Null, "provides has a file"),
        (
            "/prereqs/runtime/requires/PostgreSQL",
            Value::from("14 or newer"),
            "prereqs are ranges of versions",
        ),
        (
            "/prereqs/runtime",
            serde_json::json!({"needs": {}}),
            "prereqs knows no needs",
        ),
        (
            "/meta-spec/version",
            Value::from("2.0.0"),
            "meta-spec has the version 1.0.0",
        ),
    ] {
        let mut list = right.clone();
        *list
            .pointer_mut(pointer)
            .ok_or_else(|| format!("the list has no {pointer}"))? = wrong;
        let found = faults(&list);
        ensure!(found == [expected], "{pointer}: {found:?}");
    }
    Ok(())
}
