//! `backend: { mariadb: … }` as it is written, and what it resolves to.

use super::undo::undo;
use super::{DEFAULT_IMAGE, MariadbPlan};
use crate::backend::seed;
use crate::backend::shape::{self, StatedSql};
use crate::document::sql::Statements;
use crate::document::{At, DatabaseProblem, Findings, Problem, Project, Source};
use schemars::JsonSchema;
use serde::Deserialize;

/// What only the client at a terminal understands.
const CLIENT_COMMANDS: &[&str] = &["delimiter", "source"];

/// A MariaDB server that must refuse.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Mariadb")]
pub struct RawMariadb {
    /// The official image. Default: `mariadb:11.8`.
    #[schemars(extend("default" = DEFAULT_IMAGE))]
    pub image: Option<At<String>>,
    /// The database that the seed runs in and the credential logs in to. Default: the one that an exported `config.json` names, else `app`.
    pub database: Option<At<String>>,
    /// The SQL script that the administrator runs once: tables, rows, the parent's rights. Its path starts at the parent of the drills directory. `${parent}` and `${inspector}` stand for the users that drill makes.
    pub seed: At<String>,
    /// SQL that the credential must be able to run, one statement a line.
    #[schemars(extend("minItems" = 1, "uniqueItems" = true))]
    pub allowed: Statements,
    /// SQL that must be denied to it, and that the administrator can run: one statement a line.
    #[schemars(extend("minItems" = 1, "uniqueItems" = true))]
    pub denied: Statements,
}

impl RawMariadb {
    /// What it means. `exported_database` is the credential's.
    pub fn resolve(&self, project: &Project, exported_database: Option<&str>, findings: &mut Findings) -> MariadbPlan {
        let problem = DatabaseProblem::CannotUndo;
        shape::check_undone([&self.allowed, &self.denied], |sql| undo(sql).is_some(), &problem, findings);
        let stated = StatedSql {
            image: (self.image.as_ref(), DEFAULT_IMAGE),
            database: (self.database.as_ref(), exported_database, 64),
            seed: &self.seed,
            allowed: &self.allowed,
            denied: &self.denied,
        };
        let plan = stated.resolve(project, findings);
        seed::check(Source { file: &plan.seed, text: &plan.seed_sql }, client_command, findings);
        plan
    }
}

fn client_command(line: &str) -> Option<Problem> {
    let word = line.split_whitespace().next()?;
    let known = word.starts_with('\\') || CLIENT_COMMANDS.iter().any(|c| word.eq_ignore_ascii_case(c));
    known.then(|| Problem::Database(DatabaseProblem::ClientCommand(word.to_string())))
}
