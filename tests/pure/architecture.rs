//! The house: who may import whom, no circle, no long file, no backend's name where it does not belong.

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
