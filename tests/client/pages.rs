//! The pages of the documentation: README.md, CHANGELOG.md and what is in docs/, taken apart.

use crate::database::Database;
use crate::{Failure, Outcome, ensure};
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

crate::trials!(links_lead_somewhere, the_index_has_all_pages);

/// A page.
pub struct Page {
    /// Where it is, seen from the root of the project.
    pub path: PathBuf,
    pub text: String,
}

/// What a page is made of, as far as anybody asks.
pub enum Part {
    /// The text of a heading.
    Heading(String),
    /// A fenced block: its language, and what is in it.
    Block(String, String),
    /// A table: its head, and its rows.
    Table(Vec<String>, Vec<Vec<String>>),
}

/// Where the project is.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

impl Page {
    pub fn read(path: &str) -> Result<Page, Failure> {
        Ok(Page {
            path: path.into(),
            text: fs::read_to_string(root().join(path))?,
        })
    }

    /// All of them, in the order of their names.
    pub fn all() -> Result<Vec<Page>, Failure> {
        let mut pages = vec![Page::read("README.md")?, Page::read("CHANGELOG.md")?];
        for folder in ["docs", "docs/demo", "docs/reporting"] {
            let mut names = Vec::new();
            for entry in fs::read_dir(root().join(folder))? {
                names.push(format!("{folder}/{}", entry?.file_name().display()));
            }
            names.retain(|name| name.ends_with(".md"));
            names.sort();
            for name in names {
                pages.push(Page::read(&name)?);
            }
        }
        Ok(pages)
    }

    /// The name of its file.
    pub fn name(&self) -> String {
        self.path.file_name().unwrap_or_default().display().to_string()
    }

    /// What it is made of, from the top down.
    pub fn parts(&self) -> Vec<Part> {
        let mut parts = Vec::new();
        let mut lines = self.text.lines().peekable();
        while let Some(line) = lines.next() {
            if let Some(language) = line.strip_prefix("```") {
                let block: Vec<&str> = lines.by_ref().take_while(|line| *line != "```").collect();
                parts.push(Part::Block(language.to_owned(), block.join("\n")));
            } else if line.starts_with('#') {
                parts.push(Part::Heading(line.trim_start_matches('#').trim().to_owned()));
            } else if line.starts_with('|') {
                let mut rows = Vec::new();
                while let Some(row) = lines.next_if(|line| line.starts_with('|')) {
                    rows.push(cells(row));
                }
                // The first row is the line below the head.
                parts.push(Part::Table(cells(line), rows.split_off(1.min(rows.len()))));
            }
        }
        parts
    }

    /// What can be linked to in it.
    fn anchors(&self) -> BTreeSet<String> {
        let mut anchors = BTreeSet::new();
        for part in self.parts() {
            let Part::Heading(heading) = part else { continue };
            let anchor: String = shown(&heading)
                .to_lowercase()
                .replace(' ', "-")
                .chars()
                .filter(|c| c.is_alphanumeric() || "-_".contains(*c))
                .collect();
            let numbered = (1..).map(|n| format!("{anchor}-{n}"));
            let free = std::iter::once(anchor.clone())
                .chain(numbered)
                .find(|name| !anchors.contains(name));
            anchors.extend(free);
        }
        anchors
    }

    /// What it links to, out of blocks and code.
    fn links(&self) -> Vec<String> {
        let mut links = Vec::new();
        let mut fenced = false;
        for line in self.text.lines() {
            fenced ^= line.starts_with("```");
            let prose: String = line.split('`').step_by(2).collect();
            if !fenced {
                let ends = prose.split("](").skip(1).filter_map(|rest| rest.split_once(')'));
                links.extend(ends.map(|(link, _)| link.to_owned()));
            }
        }
        links
    }
}

/// The cells of a row of a table.
fn cells(row: &str) -> Vec<String> {
    let row = row.trim().trim_start_matches('|').replace("\\|", "\u{1}");
    let row = row.strip_suffix('|').unwrap_or(&row);
    row.split('|').map(|cell| cell.trim().replace('\u{1}', "|")).collect()
}

/// A text as it is shown: of a link, what stands for it.
fn shown(text: &str) -> String {
    let mut parts = text.split("](");
    let first = parts.next().unwrap_or_default().to_owned();
    let rest: String = parts
        .map(|part| part.split_once(')').map_or(part, |(_, rest)| rest))
        .collect();
    (first + &rest).replace(['[', '`'], "")
}

fn links_lead_somewhere(_: &Database) -> Outcome {
    let (mut wrong, mut count) = (Vec::new(), 0);
    for page in Page::all()? {
        for link in page.links() {
            if link.contains("://") {
                continue;
            }
            count += 1;
            let (file, anchor) = link.split_once('#').unwrap_or((&link, ""));
            let path = match file {
                "" => page.path.clone(),
                _ => page.path.parent().unwrap_or(Path::new("")).join(file),
            };
            let there = root().join(&path).exists();
            let leads =
                there && (anchor.is_empty() || Page::read(&path.display().to_string())?.anchors().contains(anchor));
            if !leads {
                wrong.push(format!("{}: {link} leads nowhere", page.path.display()));
            }
        }
    }
    ensure!(count > 100, "only {count} links were found");
    ensure!(wrong.is_empty(), "{}", wrong.join("\n"));
    Ok(())
}

fn the_index_has_all_pages(_: &Database) -> Outcome {
    let index: BTreeSet<String> = Page::read("docs/README.md")?.links().into_iter().collect();
    for page in Page::all()? {
        let name = page.name();
        let is_listed = page.path.parent() != Some(Path::new("docs")) || name == "README.md" || index.contains(&name);
        ensure!(is_listed, "docs/README.md does not list {name}");
    }
    Ok(())
}
