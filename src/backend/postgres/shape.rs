//! `backend: { postgres: … }` as it is written, and what it resolves to.

use super::objects::{Kind, needed, words};
use super::{DEFAULT_IMAGE, PostgresPlan};
use crate::backend::seed;
use crate::backend::shape::StatedSql;
use crate::document::sql::Statements;
use crate::document::{At, Findings, Problem, Project, Source, Span};
use schemars::JsonSchema;
use serde::Deserialize;
use std::collections::BTreeSet;

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
        let stated = StatedSql {
            image: (self.image.as_ref(), DEFAULT_IMAGE),
            database: (self.database.as_ref(), exported_database, 63),
            seed: &self.seed,
            allowed: &self.allowed,
            denied: &self.denied,
        };
        let plan = stated.resolve(project, findings);
        if !plan.seed_sql.is_empty() {
            let psql = |line: &str| line.starts_with('\\').then_some(Problem::PsqlCommand);
            seed::check(Source { file: &plan.seed, text: &plan.seed_sql }, psql, findings);
            Self::check_objects(&plan.seed_sql, &plan.database, statements, findings);
        }
        plan
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
