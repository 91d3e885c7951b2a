//! The house: who may import whom, no circle of modules or of files, no long file, no backend's name where it does not belong.

#![allow(clippy::unwrap_used)]

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// Top-level modules, each with those it may import. Listed from the ground up: nobody imports a later one, so there is no circle.
const MAY_IMPORT: &[(&str, &[&str])] = &[
    ("observation", &[]),
    ("provenance", &[]),
    ("secret", &[]),
    ("cli", &[]),
    ("document", &[]),
    ("progress", &["secret"]),
    ("environment", &["provenance"]),
    ("authority", &["secret", "environment"]),
    ("backend", &["observation", "secret", "environment", "document"]),
    ("credential", &["observation", "secret", "authority", "backend", "document"]),
    ("definition", &["authority", "backend", "credential", "document"]),
    ("exceptions", &["document", "definition"]),
    (
        "history",
        &["observation", "provenance", "secret", "authority", "backend", "credential", "definition", "exceptions"],
    ),
    ("verdict", &["observation", "backend", "credential", "definition", "exceptions", "history"]),
    ("gate", &["document", "definition", "exceptions", "history", "verdict", "backend", "credential", "provenance"]),
    ("exit", &["verdict", "gate"]),
    (
        "report",
        &[
            "observation",
            "secret",
            "credential",
            "definition",
            "exceptions",
            "history",
            "verdict",
            "gate",
            "provenance",
        ],
    ),
    ("seal", &["secret", "history", "verdict", "report"]),
    ("run", &["observation", "secret", "environment", "authority", "backend", "credential", "definition", "history"]),
    (
        "command",
        &[
            "secret",
            "document",
            "backend",
            "credential",
            "definition",
            "environment",
            "history",
            "verdict",
            "exit",
            "exceptions",
            "gate",
            "seal",
            "progress",
            "report",
            "run",
            "cli",
        ],
    ),
];

/// Modules that build without the feature `engine`, and what of it they must never name.
const PURE: &[&str] = &[
    "observation",
    "secret",
    "document",
    "definition",
    "exceptions",
    "history",
    "verdict",
    "gate",
    "exit",
    "report",
    "seal",
];
const ASYNC_WORDS: &[&str] = &["tokio", "testcontainers", "reqwest", "crate::run::", "crate::environment::"];
/// What the half-pure rooms have behind the feature.
const ASYNC_ITEMS: &[(&str, &str)] =
    &[("Running", "backend"), ("Issuer", "credential"), ("Bao", "authority"), ("OpenBao", "authority")];

fn sources() -> Vec<(PathBuf, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let files = walkdir::WalkDir::new(&root)
        .into_iter()
        .filter_map(Result::ok)
        .filter(|e| e.path().extension().is_some_and(|x| x == "rs"));
    files
        .map(|e| (e.path().strip_prefix(&root).unwrap().to_path_buf(), std::fs::read_to_string(e.path()).unwrap()))
        .collect()
}

fn module(path: &Path) -> String {
    path.components().next().unwrap().as_os_str().to_string_lossy().trim_end_matches(".rs").to_string()
}

/// The code without comments and without its tests.
fn code(text: &str) -> String {
    let text = text.split("#[cfg(test)]").next().unwrap_or(text);
    text.lines().filter(|l| !l.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n")
}

fn imports() -> BTreeMap<String, BTreeSet<String>> {
    let mut found: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (path, text) in sources() {
        let from = module(&path);
        for rest in code(&text).split("crate::").skip(1) {
            let to: String = rest.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
            if to != from && !to.is_empty() {
                found.entry(from.clone()).or_default().insert(to);
            }
        }
    }
    found
}

/// The paths of an import, or the one that stands in the midst of code: `a::{b, c::D}` is `a::b` and `a::c::D`. What follows it.
fn paths<'a>(mut text: &'a str, mut path: Vec<&'a str>, found: &mut Vec<Vec<&'a str>>) -> &'a str {
    loop {
        let end = text.find(|c: char| !(c.is_alphanumeric() || c == '_' || c == '*')).unwrap_or(text.len());
        path.push(&text[..end]);
        text = &text[end..];
        let Some(rest) = text.strip_prefix("::") else {
            path.retain(|part| *part != "self");
            found.push(path);
            return text;
        };
        text = rest;
        if let Some(several) = rest.strip_prefix('{') {
            text = several.trim_start();
            while !text.starts_with('}') {
                text = paths(text, path.clone(), found).trim_start_matches(|c: char| c == ',' || c.is_whitespace());
            }
            return &text[1..];
        }
    }
}

/// Every path that begins with one of these.
fn paths_after<'a>(code: &'a str, begins: &[&str]) -> Vec<Vec<&'a str>> {
    let mut found = Vec::new();
    for (at, _) in begins.iter().flat_map(|begin| code.match_indices(begin)) {
        // The second of `super::super::` begins nothing.
        if !code[..at].ends_with(|c: char| c == ':' || c == '_' || c.is_alphanumeric()) {
            paths(code[at..].trim_start_matches("pub use "), Vec::new(), &mut found);
        }
    }
    found
}

/// Every file's code, by the path of its module.
struct Files(BTreeMap<Vec<String>, (String, String)>);

impl Files {
    fn all() -> Self {
        let of = |(path, text): (PathBuf, String)| {
            let file = path.to_string_lossy().replace('\\', "/");
            let module = file.trim_end_matches(".rs").trim_end_matches("/mod").split('/').map(String::from).collect();
            (module, (file, code(&text)))
        };
        Self(sources().into_iter().map(of).collect())
    }
    /// The file that has what a path names, also where a module hands it on. None: it is a module's own, which stands for all of it.
    fn of(&self, path: &[String]) -> Option<&str> {
        let module = (1..=path.len()).rev().map(|n| &path[..n]).find(|module| self.0.contains_key(*module))?;
        let (file, code) = &self.0[module];
        if !file.ends_with("/mod.rs") {
            return Some(file);
        }
        let (name, rest) = path[module.len()..].split_first()?;
        let handed_on = paths_after(code, &["pub use "]).into_iter().find_map(|from| {
            let from = absolute(module, &from);
            let (last, place) = from.split_last()?;
            let has = |code: &str| {
                ["fn", "struct", "enum", "const"].iter().any(|k| code.contains(&format!("pub {k} {name}")))
            };
            let fits = last == name || last == "*" && self.0.get(place).is_some_and(|(_, code)| has(code));
            fits.then(|| [place, std::slice::from_ref(name), rest].concat())
        })?;
        self.of(&handed_on)
    }
    /// Who imports whom.
    fn imports(&self) -> BTreeMap<&str, BTreeSet<&str>> {
        let files = self.0.iter().filter(|(_, (file, _))| !file.ends_with("/mod.rs"));
        let imports = files.map(|(module, (file, code))| {
            let named = paths_after(code, &["crate::", "super::"]);
            (file.as_str(), named.iter().filter_map(|path| self.of(&absolute(module, path))).collect())
        });
        imports.collect()
    }
}

/// A path as `crate::` would begin it; what does not begin at all begins in the module itself.
fn absolute(module: &[String], path: &[&str]) -> Vec<String> {
    let up = path.iter().take_while(|part| **part == "super").count();
    let (base, rest) = match path.first() {
        Some(&"crate") => (&[][..], &path[1..]),
        _ => (&module[..module.len().saturating_sub(up)], &path[up..]),
    };
    base.iter().cloned().chain(rest.iter().map(ToString::to_string)).collect()
}

#[test]
fn no_files_import_each_other_in_a_circle() {
    let files = Files::all();
    let mut left = files.imports();
    for (from, to) in &mut left {
        to.remove(from);
    }
    // Who imports nobody that is left, or is imported by none of them, is in no circle. Every round but the last takes one away.
    loop {
        let imported: BTreeSet<&str> = left.values().flatten().copied().collect();
        let still: BTreeSet<&str> = left.keys().copied().filter(|file| imported.contains(file)).collect();
        let before = left.len();
        left.retain(|from, to| {
            to.retain(|to| still.contains(to));
            still.contains(from) && !to.is_empty()
        });
        if left.len() == before {
            break;
        }
    }
    assert!(left.is_empty(), "these import each other in a circle: {left:#?}");
}

#[test]
fn a_path_is_found_however_it_is_imported() {
    let found = |code, begins: &[&str]| paths_after(code, begins).iter().map(|p| p.join("::")).collect::<Vec<_>>();
    let code = "use super::{self, a::{B, c}, d as e};\nx(super::super::f::g(), crate::h::<I>())";
    let all = [
        "super",
        "super::a::B",
        "super::a::c",
        "super::d",
        "super::as",
        "super::e",
        "super::super::f::g",
        "crate::h::",
    ];
    assert_eq!(found(code, &["super::", "crate::"]), all);
    let files = Files::all();
    let of = |path: &str| files.of(&path.split("::").map(String::from).collect::<Vec<_>>());
    assert_eq!(of("gate::Question"), Some("gate/question.rs"));
    assert_eq!(of("history::Part::Control"), Some("history/part.rs"), "handed on with all others");
    assert_eq!(of("document::sql::check"), Some("document/sql.rs"));
    assert_eq!(of("document::is_name"), None, "the module's own");
}

#[test]
fn everybody_imports_only_what_they_may() {
    for (from, to) in imports() {
        if from == "main" || from == "lib" {
            continue;
        }
        let own = MAY_IMPORT.iter().position(|(m, _)| *m == from);
        let allowed = MAY_IMPORT
            .iter()
            .find(|(m, _)| *m == from)
            .unwrap_or_else(|| panic!("{from} is a new room: say what it may import"))
            .1;
        for to in to {
            assert!(allowed.contains(&to.as_str()), "{from} imports {to}");
            assert!(
                MAY_IMPORT.iter().position(|(m, _)| *m == to) < own,
                "{from} imports {to}, which is above it: a circle"
            );
        }
    }
}

#[test]
fn the_pure_half_never_reaches_the_asynchronous_one() {
    for (path, text) in sources() {
        if PURE.contains(&module(&path).as_str()) {
            for word in ASYNC_WORDS {
                assert!(!code(&text).contains(word), "{} names {word}", path.display());
            }
            for (async_item, module) in ASYNC_ITEMS {
                assert!(
                    !code(&text).contains(&format!("{module}::{async_item}")),
                    "{} names {async_item}",
                    path.display()
                );
            }
        }
    }
}

#[test]
fn no_backend_is_named_where_all_are_meant() {
    for (path, text) in sources() {
        if ["verdict", "gate", "run"].contains(&module(&path).as_str()) {
            let text = code(&text).to_lowercase();
            for name in ["postgres", "rabbit", "mysql", "maria", "valkey", "influx", "minio", "nginx", "sshd"] {
                assert!(!text.contains(name), "{} names {name}", path.display());
            }
        }
    }
}

#[test]
fn no_file_is_long() {
    for (path, text) in sources() {
        let lines = text.lines().count();
        assert!(lines <= 500, "{} has {lines} lines", path.display());
    }
}
