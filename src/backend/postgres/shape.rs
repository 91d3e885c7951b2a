//! `backend: { postgres: … }` as it is written, and what it resolves to.

use super::objects::{Kind, needed, words};
use super::{DEFAULT_IMAGE, PostgresPlan};
use crate::document::findings::todo;
use crate::document::sql::{self, Statements};
use crate::document::{At, Diagnostic, Findings, Problem, Project, Source, Span, lines};
use schemars::JsonSchema;
use serde::Deserialize;
use std::collections::BTreeSet;

/// The database where the drill and the export name none.
pub const DEFAULT_DATABASE: &str = "app";
/// What a seed may refer to.
const PLACEHOLDERS: &[&str] = &["parent", "inspector"];

/// A PostgreSQL server that must refuse.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Postgres")]
pub struct RawPostgres {
    /// The official image. Default: `postgres:17`.
    #[schemars(extend("default" = DEFAULT_IMAGE))]
    pub image: Option<At<String>>,
    /// The database that the seed runs in and the credential logs in to. Default: the one that an exported `config.json` names, else `app`.
    pub database: Option<At<String>>,
    /// The SQL script that the administrator runs once: roles, tables, rows. Its path starts at the parent of the drills directory. `${parent}` and `${inspector}` stand for the roles that drill makes.
    pub seed: At<String>,
    /// SQL that the credential must be able to run, one statement a line.
    #[schemars(extend("minItems" = 1, "uniqueItems" = true))]
    pub allowed: Statements,
    /// SQL that must be denied to it, and that the administrator can run: one statement a line.
    #[schemars(extend("minItems" = 1, "uniqueItems" = true))]
    pub denied: Statements,
}

impl RawPostgres {
    /// What it means. `exported_database` and `statements` are the credential's.
    pub fn resolve(
        &self,
        project: &Project,
        exported_database: Option<&str>,
        statements: &[(Span, String)],
        findings: &mut Findings,
    ) -> PostgresPlan {
        let image = self.image.as_ref().map_or(DEFAULT_IMAGE.to_string(), |image| {
            if let Some(problem) = wrong_image(&image.value) {
                findings.add(problem, image.span);
            }
            image.value.clone()
        });
        let database = self.database.as_ref().map_or_else(
            || exported_database.unwrap_or(DEFAULT_DATABASE).to_string(),
            |database| {
                if !is_identifier(&database.value) {
                    let problem = Problem::BadName { what: "a database", name: database.value.clone() };
                    findings.add(problem, database.span);
                }
                database.value.clone()
            },
        );
        self.check_statements(findings);
        let seed_sql = match project.read(&self.seed.value) {
            Ok(text) => text,
            Err(problem) => {
                findings.add(problem, self.seed.span);
                String::new()
            }
        };
        if !seed_sql.is_empty() {
            check_seed(Source { file: &self.seed.value, text: &seed_sql }, findings);
            Self::check_objects(&seed_sql, &database, statements, findings);
        }
        let texts = |list: &Statements| list.value.iter().map(|s| s.value.clone()).collect();
        PostgresPlan {
            image,
            database,
            seed: self.seed.value.clone(),
            seed_sql,
            allowed: texts(&self.allowed),
            denied: texts(&self.denied),
        }
    }

    fn check_statements(&self, findings: &mut Findings) {
        for (what, list) in [("allowed", &self.allowed), ("denied", &self.denied)] {
            if list.value.is_empty() {
                findings.add(Problem::NothingStated(what), list.span);
            }
            sql::check(list, findings);
            sql::check_repeats(list, findings);
        }
        for denied in &self.denied.value {
            if self.allowed.value.iter().any(|allowed| allowed.value == denied.value) {
                findings.add(Problem::AllowedAndDenied, denied.span);
            }
        }
    }

    /// Names what the credential's statements need and the seed does not.
    fn check_objects(seed: &str, database: &str, statements: &[(Span, String)], findings: &mut Findings) {
        let known = words(seed);
        let mut said = BTreeSet::new();
        for (span, statement) in statements {
            for object in needed(statement) {
                let there = match object.kind {
                    Kind::Database => object.name.eq_ignore_ascii_case(database),
                    _ => known.contains(&object.name.to_lowercase()),
                };
                if !there && said.insert(object.clone()) {
                    findings.add(Problem::SeedLacks { kind: object.kind.word(), name: object.name }, *span);
                }
            }
        }
    }
}

/// What only psql understands, and placeholders that nobody fills in.
fn check_seed(seed: Source, findings: &mut Findings) {
    let small = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
    for (index, line) in lines(seed.text).enumerate() {
        let line_number = small(index + 1);
        if line.starts_with('\\') {
            let span = Span { line: line_number, column: 1, length: small(line.chars().count()) };
            findings.add_elsewhere(Diagnostic::new(Problem::PsqlCommand, seed.place(span)));
        }
        let mut rest = line;
        while let Some((before, after)) = rest.split_once("${") {
            let Some((name, after)) = after.split_once('}') else {
                break;
            };
            if !PLACEHOLDERS.contains(&name) {
                let start = line.len() - rest.len() + before.len();
                let column = small(line[..start].chars().count() + 1);
                let span = Span { line: line_number, column, length: small(name.chars().count() + 3) };
                let problem = match todo(&format!("${{{name}}}")) {
                    Some(what) => Problem::Todo(what.to_string()),
                    None => Problem::UnknownPlaceholder(name.into()),
                };
                findings.add_elsewhere(Diagnostic::new(problem, seed.place(span)));
            }
            rest = after;
        }
    }
}

/// A reference names an image and a version.
pub(crate) fn wrong_image(image: &str) -> Option<Problem> {
    let allowed = |c: char| c.is_ascii_alphanumeric() || "._-/:@".contains(c);
    let last = image.rsplit('/').next().unwrap_or(image);
    let name = last.split([':', '@']).next().unwrap_or("");
    // A version alone is the tag of an image that was forgotten.
    let version = name.chars().all(|c| c.is_ascii_digit() || c == '.');
    if version || !image.chars().all(allowed) || image.starts_with('/') || name != name.to_lowercase() {
        return Some(Problem::BadImage(image.to_string()));
    }
    match last[name.len()..].strip_prefix([':', '@']) {
        None => Some(Problem::NoTag(image.to_string())),
        Some("") => Some(Problem::BadImage(image.to_string())),
        Some(_) => None,
    }
}

fn is_identifier(name: &str) -> bool {
    let mut bytes = name.bytes();
    name.len() <= 63
        && bytes.next().is_some_and(|b| b.is_ascii_alphabetic() || b == b'_')
        && bytes.all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn images() {
        for good in ["postgres:17", "quay.io/openbao/openbao:2.7.2", "localhost:5000/postgres:17.2", "a/b@sha256:0f"] {
            assert_eq!(wrong_image(good), None, "{good}");
        }
        for bad in ["", "Postgres:17", "postgres 17", "17", "17.10", "postgres:", "/x:1", "x/"] {
            assert!(matches!(wrong_image(bad), Some(Problem::BadImage(_))), "{bad}");
        }
        for bare in ["postgres", "localhost:5000/postgres"] {
            assert!(matches!(wrong_image(bare), Some(Problem::NoTag(_))), "{bare}");
        }
    }
}
