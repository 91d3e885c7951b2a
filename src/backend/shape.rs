//! What the shapes of several backends have in common.

use super::image::wrong_image;
use crate::document::sql::{self, Statements};
use crate::document::{At, DatabaseProblem, Findings, Problem, Project, Span};
use serde::{Deserialize, Serialize};

/// A server that is asked in statements, resolved.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SqlPlan {
    /// Official reference.
    pub image: String,
    /// The database that the seed runs in and the credential logs in to.
    pub database: String,
    /// Path of the seed as it was given.
    pub seed: String,
    /// Its text: what was run is part of the evidence.
    pub seed_sql: String,
    /// Statements that the credential must be able to run.
    pub allowed: Vec<String>,
    /// Statements that must be denied to it, and that the administrator can run.
    pub denied: Vec<String>,
}

/// What a drill file states of a server that is asked in statements, and what holds where it states nothing.
pub struct StatedSql<'a> {
    /// The image, and the default one.
    pub image: (Option<&'a At<String>>, &'a str),
    /// The database, the one that the credential's export names, and as many bytes as the server's names may have.
    pub database: (Option<&'a At<String>>, Option<&'a str>, usize),
    /// Where the seed is.
    pub seed: &'a At<String>,
    /// What must work.
    pub allowed: &'a Statements,
    /// What must be denied.
    pub denied: &'a Statements,
}

impl StatedSql<'_> {
    /// What it means; what is wrong with any such server is noted.
    pub fn resolve(&self, project: &Project, findings: &mut Findings) -> SqlPlan {
        let (stated, default) = self.image;
        let (database_stated, exported, longest) = self.database;
        check_statements(self.allowed, self.denied, findings);
        SqlPlan {
            image: image(stated, default, findings),
            database: database(database_stated, exported, longest, findings),
            seed: self.seed.value.clone(),
            seed_sql: text(self.seed, project, findings),
            allowed: texts(self.allowed),
            denied: texts(self.denied),
        }
    }
}

/// The database where the drill and the export name none.
pub const DEFAULT_DATABASE: &str = "app";

/// The server's image, or the one that is its default.
pub fn image(stated: Option<&At<String>>, default: &str, findings: &mut Findings) -> String {
    let Some(image) = stated else { return default.to_string() };
    if let Some(problem) = wrong_image(&image.value) {
        findings.add(problem, image.span);
    }
    image.value.clone()
}

/// The seed's text; nothing where it cannot be read, which is noted.
pub fn text(path: &At<String>, project: &Project, findings: &mut Findings) -> String {
    project.read(&path.value).unwrap_or_else(|problem| {
        findings.add(problem, path.span);
        String::new()
    })
}

/// The database that the seed runs in. `longest`: as many bytes as the server's names may have.
pub fn database(
    stated: Option<&At<String>>,
    exported: Option<&str>,
    longest: usize,
    findings: &mut Findings,
) -> String {
    let Some(database) = stated else { return exported.unwrap_or(DEFAULT_DATABASE).to_string() };
    if !is_identifier(&database.value, longest) {
        let problem = Problem::BadName { what: "a database", name: database.value.clone() };
        findings.add(problem, database.span);
    }
    database.value.clone()
}

fn is_identifier(name: &str, longest: usize) -> bool {
    let mut bytes = name.bytes();
    name.len() <= longest
        && bytes.next().is_some_and(|b| b.is_ascii_alphabetic() || b == b'_')
        && bytes.all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-')
}

/// Notes what is wrong with lists of SQL, whatever the server.
pub fn check_statements(allowed: &Statements, denied: &Statements, findings: &mut Findings) {
    for (what, list) in [("allowed", allowed), ("denied", denied)] {
        if list.value.is_empty() {
            findings.add(Problem::NothingStated(what), list.span);
        }
        sql::check(list, findings);
        sql::check_repeats(list, findings);
    }
    for denied in &denied.value {
        if allowed.value.iter().any(|allowed| allowed.value == denied.value) {
            findings.add(Problem::AllowedAndDenied, denied.span);
        }
    }
}

/// Notes what nothing takes back: the administrator runs it, too.
pub fn check_undone(
    lists: [&Statements; 2],
    undone: impl Fn(&str) -> bool,
    problem: &DatabaseProblem,
    findings: &mut Findings,
) {
    for statement in lists.into_iter().flat_map(|list| &list.value) {
        if sql::is_statement(&statement.value) && !undone(&statement.value) {
            findings.add(Problem::Database(problem.clone()), statement.span);
        }
    }
}

/// As they are run.
pub fn texts(list: &Statements) -> Vec<String> {
    list.value.iter().map(|s| s.value.clone()).collect()
}

/// Operations as they are written, one an item.
pub type Operations<T> = At<Vec<At<T>>>;

/// Notes lists without anything, operations that name nothing, and those that stand twice. `of`: what an operation means, where its name
/// stands, and whether it has none.
pub fn check_operations<T, P: PartialEq>(
    allowed: &Operations<T>,
    denied: &Operations<T>,
    of: impl Fn(&T) -> (P, Span, bool),
    findings: &mut Findings,
) {
    let mut seen = Vec::new();
    for (what, list) in [("allowed", allowed), ("denied", denied)] {
        if list.value.is_empty() {
            findings.add(Problem::NothingStated(what), list.span);
        }
        for operation in &list.value {
            let (plan, span, blank) = of(&operation.value);
            if blank {
                findings.add(Problem::Blank("the operation's name"), span);
            }
            match seen.iter().find(|(known, _)| *known == plan) {
                Some((_, of)) if *of == what => findings.add(Problem::SameStatement, span),
                Some(_) => findings.add(Problem::AllowedAndDenied, span),
                None => seen.push((plan, what)),
            }
        }
    }
}
