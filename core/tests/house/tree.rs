//! The sources, and what is read out of them.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// The files of the project.
pub struct Tree {
    root: PathBuf,
    /// Paths from the root, with `/`, and texts.
    pub files: BTreeMap<String, String>,
}

impl Tree {
    /// The sources around this crate; nothing if it stands alone.
    pub fn read() -> Option<Tree> {
        let crate_root = PathBuf::from(std::env::var_os("CARGO_MANIFEST_DIR")?);
        let root = crate_root.parent()?.to_owned();
        if !root.join("src/pg").is_dir() {
            return None;
        }
        let mut tree = Tree {
            root,
            files: BTreeMap::new(),
        };
        for part in ["core", "src", "sql", "docs", "tests", "README.md"] {
            tree.collect(Path::new(part)).expect(part);
        }
        Some(tree)
    }

    /// Reads all texts at and below a path, but not what was built.
    fn collect(&mut self, part: &Path) -> std::io::Result<()> {
        let (path, name) = (self.root.join(part), part.file_name().unwrap_or_default());
        if path.is_dir() {
            if ["target", "corpus", "artifacts"].iter().all(|built| name != *built) {
                for entry in std::fs::read_dir(path)? {
                    self.collect(&part.join(entry?.file_name()))?;
                }
            }
        } else if let Ok(text) = std::fs::read_to_string(path) {
            let part = part.to_string_lossy().replace('\\', "/");
            self.files.insert(part, text);
        }
        Ok(())
    }

    /// The files below a folder with such an ending.
    pub fn below<'t>(&'t self, folder: &'t str, ending: &'t str) -> impl Iterator<Item = (&'t str, &'t str)> {
        let all = self.files.iter().map(|(path, text)| (path.as_str(), text.as_str()));
        all.filter(move |(path, _)| path.starts_with(folder) && path.ends_with(ending))
    }

    pub fn has(&self, path: &str) -> bool {
        self.root.join(path).exists()
    }
}

/// A line of Rust without its comment; `//` in a string ends it too.
pub fn code(line: &str) -> &str {
    line.split("//").next().unwrap_or_default()
}

pub fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_alphanumeric() && c != '_')
        .filter(|word| !word.is_empty())
}

/// The feature, or the tool, that a file of `folder` is of.
pub fn room<'p>(folder: &str, path: &'p str) -> &'p str {
    let rest = &path[folder.len() + 1..];
    rest.split(['/', '.']).next().unwrap_or(rest)
}

/// The first names behind `crate::` in Rust code: `a` of `crate::a::b`, and `a` and `b` of `crate::{a::x, b}`.
pub fn imported(text: &str) -> BTreeSet<String> {
    let code: String = text.lines().map(code).collect::<Vec<_>>().join(" ");
    let mut names = BTreeSet::new();
    for rest in code.split("crate::").skip(1) {
        let Some(group) = rest.strip_prefix('{') else {
            names.extend(words(rest).next().map(str::to_owned));
            continue;
        };
        let mut depth = 0;
        for part in group.split_inclusive(['{', '}', ',']) {
            if depth == 0 {
                names.extend(words(part).next().map(str::to_owned));
            }
            depth += part.matches('{').count() as i32 - part.matches('}').count() as i32;
            if depth < 0 {
                break;
            }
        }
    }
    names
}
