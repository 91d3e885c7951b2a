//! `backend: { influxdb: … }` as it is written, and what it resolves to.

use super::{DEFAULT_IMAGE, InfluxdbPlan, undo};
use crate::backend::shape::{self, StatedSql};
use crate::document::sql::Statements;
use crate::document::{At, DatabaseProblem::CannotUndoQuery, Findings, Project};
use schemars::JsonSchema;
use serde::Deserialize;

/// An InfluxDB server that must refuse.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Influxdb")]
pub struct RawInfluxdb {
    /// The official image. Default: `influxdb:1.6`.
    #[schemars(extend("default" = DEFAULT_IMAGE))]
    pub image: Option<At<String>>,
    /// The database that the credential asks, and must be able to read. Default: the one that an exported `config.json` names, else `app`.
    pub database: Option<At<String>>,
    /// What the administrator runs once, a line each, as in InfluxDB's own client: `CREATE DATABASE`, `USE`, `INSERT`. Its path starts at the parent of the drills directory.
    pub seed: At<String>,
    /// Queries that the credential must be able to make.
    #[schemars(extend("minItems" = 1, "uniqueItems" = true))]
    pub allowed: Statements,
    /// Queries that must be denied to it, and that the administrator can make.
    #[schemars(extend("minItems" = 1, "uniqueItems" = true))]
    pub denied: Statements,
}

impl RawInfluxdb {
    /// What it means. `exported_database` is the credential's.
    pub fn resolve(&self, project: &Project, exported_database: Option<&str>, findings: &mut Findings) -> InfluxdbPlan {
        shape::check_undone([&self.allowed, &self.denied], |query| undo(query).is_some(), &CannotUndoQuery, findings);
        let stated = StatedSql {
            image: (self.image.as_ref(), DEFAULT_IMAGE),
            database: (self.database.as_ref(), exported_database, 63),
            seed: &self.seed,
            allowed: &self.allowed,
            denied: &self.denied,
        };
        stated.resolve(project, findings)
    }
}
