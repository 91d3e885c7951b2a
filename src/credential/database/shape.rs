//! `credential: { database: … }` as it is written, and what it resolves to.

use super::export::{self, Exported};
use super::{DatabasePlan, RoleSource};
use crate::document::json::{exported, with, without};
use crate::document::problem::TEMPLATES;
use crate::document::sql::{self, Statements};
use crate::document::{At, Findings, Problem, Project, RawDuration, Span, duration};
use schemars::JsonSchema;
use serde::Deserialize;

/// What an export says instead.
const OWN: &[&str] = &[
    "creation_statements",
    "revocation_statements",
    "rollback_statements",
    "renew_statements",
    "default_ttl",
    "max_ttl",
];
/// What must be said where nothing is exported.
const NEEDED: &[&str] = &["creation_statements", "default_ttl", "max_ttl"];

/// A role of OpenBao's database engine. Its statements and TTLs are written here, or exported from production.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Database", extend("if" = exported(), "then" = without(OWN), "else" = with(NEEDED)))]
pub struct RawDatabase {
    /// The role's name at OpenBao.
    pub role: At<String>,
    /// A directory with `role.json` as `bao read -format=json database/roles/ROLE` writes it, and optionally `mount.json` and `config.json`. Instead of statements and TTLs.
    pub exported: Option<At<String>>,
    /// What OpenBao runs to make a user, with `"{{name}}"`, `'{{password}}'` and `'{{expiration}}'` in SQL's quotes.
    #[schemars(extend("minItems" = 1))]
    pub creation_statements: Option<Statements>,
    /// What OpenBao runs, in one transaction, to end a user. Left out: the plugin's default, which leaves open sessions.
    pub revocation_statements: Option<Statements>,
    /// Run where creation failed.
    pub rollback_statements: Option<Statements>,
    /// Run on renewal.
    pub renew_statements: Option<Statements>,
    /// How long a lease lives that nobody renews.
    pub default_ttl: Option<At<RawDuration>>,
    /// The longest that a lease can live, renewals included.
    pub max_ttl: Option<At<RawDuration>>,
}

/// What a definition of a database role means.
#[derive(Debug)]
pub struct Resolved {
    /// For the run.
    pub plan: DatabasePlan,
    /// The name of production's database, where it was exported.
    pub database: Option<String>,
    /// What was not taken from production.
    pub not_from_production: Vec<String>,
    /// Where each statement stands; those of an export where the export is named.
    pub places: Vec<(Span, String)>,
}

impl RawDatabase {
    fn lists(&self) -> [(&'static str, Option<&Statements>); 4] {
        [
            ("creation_statements", self.creation_statements.as_ref()),
            ("revocation_statements", self.revocation_statements.as_ref()),
            ("rollback_statements", self.rollback_statements.as_ref()),
            ("renew_statements", self.renew_statements.as_ref()),
        ]
    }

    /// What it means; nothing where that cannot be said, which was noted.
    pub fn resolve(&self, project: &Project, findings: &mut Findings) -> Option<Resolved> {
        if !is_role(&self.role.value) {
            let problem = Problem::BadName { what: "a role", name: self.role.value.clone() };
            findings.add(problem, self.role.span);
        }
        match &self.exported {
            Some(dir) => self.exported(dir, project, findings),
            None => Some(self.stated(findings)),
        }
    }

    fn stated(&self, findings: &mut Findings) -> Resolved {
        for (_, list) in self.lists() {
            let Some(list) = list else { continue };
            // The same statement may well come twice: COMMIT.
            sql::check(list, findings);
            sql::check_templates(list, findings);
        }
        match &self.creation_statements {
            None => findings.add(Problem::MissingKey("creation_statements"), self.role.span),
            Some(list) => {
                let used: Vec<String> =
                    list.value.iter().flat_map(|s| sql::templates(&s.value)).map(|(name, _)| name).collect();
                // A misspelt one was noted, and is probably the one that is missing.
                let misspelt = used.iter().any(|name| !TEMPLATES.contains(&name.as_str()));
                let at = list.value.first().map_or(list.span, |s| s.span);
                for (template, other) in [("name", "username"), ("password", "password")] {
                    if !misspelt && !used.iter().any(|name| name == template || name == other) {
                        findings.add(Problem::TemplateUnused(template), at);
                    }
                }
            }
        }
        let mut ttl = |key, raw: &Option<At<RawDuration>>| match raw {
            Some(raw) => findings.ttl(raw),
            None => {
                findings.add(Problem::MissingKey(key), self.role.span);
                0
            }
        };
        let (default, max) = (ttl("default_ttl", &self.default_ttl), ttl("max_ttl", &self.max_ttl));
        if let Some(raw) = &self.default_ttl
            && max > 0
            && default > max
        {
            findings.add(above(default, max), raw.span);
        }
        let texts = |list: &Option<Statements>| -> Vec<String> {
            list.iter().flat_map(|l| &l.value).map(|s| s.value.clone()).collect()
        };
        let places = self.lists().into_iter().filter_map(|(_, l)| l).flat_map(|l| &l.value);
        Resolved {
            places: places.map(|s| (s.span, s.value.clone())).collect(),
            plan: DatabasePlan {
                role: self.role.value.clone(),
                source: RoleSource::Drill,
                creation_statements: texts(&self.creation_statements),
                revocation_statements: texts(&self.revocation_statements),
                rollback_statements: texts(&self.rollback_statements),
                renew_statements: texts(&self.renew_statements),
                default_ttl_ms: default,
                max_ttl_ms: max,
                mount: None,
            },
            database: None,
            not_from_production: vec!["role".into(), "mount limits".into(), "connection".into()],
        }
    }

    fn exported(&self, dir: &At<String>, project: &Project, findings: &mut Findings) -> Option<Resolved> {
        for (key, list) in self.lists() {
            if let Some(list) = list {
                findings.add(Problem::BesideExported(key), findings.key_of(list.span, key));
            }
        }
        for (key, ttl) in [("default_ttl", &self.default_ttl), ("max_ttl", &self.max_ttl)] {
            if let Some(ttl) = ttl {
                findings.add(Problem::BesideExported(key), findings.key_of(ttl.span, key));
            }
        }
        let Exported { role, mount, database, sha256, date, .. } = match export::read(&dir.value, project) {
            Ok(exported) => exported,
            Err(export::Failure::At(diagnostic)) => {
                findings.add_elsewhere(*diagnostic);
                return None;
            }
            Err(export::Failure::Missing(problem)) => {
                findings.add(*problem, dir.span);
                return None;
            }
        };
        let mut missing = Vec::new();
        if mount.is_none() {
            missing.push("mount limits".to_string());
        }
        missing.push(if database.is_some() { "connection (but for the database's name)" } else { "connection" }.into());
        if role.max_ttl_ms > 0 && role.default_ttl_ms > role.max_ttl_ms {
            findings.add(above(role.default_ttl_ms, role.max_ttl_ms), dir.span);
        }
        let plan = DatabasePlan {
            role: self.role.value.clone(),
            source: RoleSource::Exported { dir: dir.value.clone(), sha256, date },
            creation_statements: role.creation_statements,
            revocation_statements: role.revocation_statements,
            rollback_statements: role.rollback_statements,
            renew_statements: role.renew_statements,
            default_ttl_ms: role.default_ttl_ms,
            max_ttl_ms: role.max_ttl_ms,
            mount,
        };
        let places = plan.statements().map(|s| (dir.span, s.clone())).collect();
        Some(Resolved { plan, database, not_from_production: missing, places })
    }
}

impl DatabasePlan {
    /// All of them, creation first.
    pub fn statements(&self) -> impl Iterator<Item = &String> {
        self.creation_statements
            .iter()
            .chain(&self.revocation_statements)
            .chain(&self.rollback_statements)
            .chain(&self.renew_statements)
    }
    /// How long a lease lives that nobody renews, ms; none where only production's mount knows.
    pub fn lease_ms(&self) -> Option<u64> {
        match self.default_ttl_ms {
            0 => self.mount.as_ref().map(|m| m.default_ttl_ms).filter(|ms| *ms > 0),
            ms => Some(ms),
        }
    }
}

fn above(default_ms: u64, max_ms: u64) -> Problem {
    Problem::DefaultAboveMax { default: duration::text(default_ms), max: duration::text(max_ms) }
}

/// Production's own roles are called as OpenBao allows it.
fn is_role(name: &str) -> bool {
    let word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    name.len() <= 128
        && name.starts_with(word)
        && name.ends_with(word)
        && name.chars().all(|c| word(c) || c == '-' || c == '.')
}
