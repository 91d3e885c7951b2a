//! `credential: { database: … }` as it is written, and what it resolves to.

use super::DatabasePlan;
use super::export::{self, Exported};
use crate::backend::plugin::{Form, Plugin};
use crate::credential::RoleSource;
use crate::credential::shape::{above, is_role};
use crate::document::json::{exported, with, without};
use crate::document::sql::{self, Statements};
use crate::document::sql_words::TEMPLATES;
use crate::document::{At, DatabaseProblem, Findings, Problem, Project, RawDuration, Span};
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

    /// What it means; nothing where that cannot be said, which was noted. `plugin` is the backend's; without one the backend is a wrong one.
    pub fn resolve(&self, plugin: Option<&Plugin>, project: &Project, findings: &mut Findings) -> Option<Resolved> {
        if !is_role(&self.role.value) {
            let problem = Problem::BadName { what: "a role", name: self.role.value.clone() };
            findings.add(problem, self.role.span);
        }
        match &self.exported {
            Some(dir) => self.exported(dir, project, findings),
            None => Some(self.stated(plugin, findings)),
        }
    }

    fn check(&self, plugin: Option<&Plugin>, findings: &mut Findings) {
        let form = plugin.map_or(Form::Sql, |p| p.form);
        for (key, list) in self.lists() {
            let Some(list) = list else { continue };
            if let Some(plugin) = plugin.filter(|p| !p.runs(key)) {
                let problem = DatabaseProblem::NotRun { plugin: plugin.name, key };
                findings.add(Problem::Database(problem), findings.key_of(list.span, key));
                continue;
            }
            match form {
                Form::Sql => {
                    // The same statement may well come twice: COMMIT.
                    sql::check(list, findings);
                    sql::check_templates(list, findings);
                    if let Some(plugin) = plugin {
                        check_filled(list, plugin, findings);
                    }
                }
                Form::Rules => check_rules(list, findings),
            }
        }
        match &self.creation_statements {
            None => findings.add(Problem::MissingKey("creation_statements"), self.role.span),
            Some(list) if form == Form::Sql => check_used(list, findings),
            Some(_) => {}
        }
    }

    fn stated(&self, plugin: Option<&Plugin>, findings: &mut Findings) -> Resolved {
        self.check(plugin, findings);
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

/// Name and password must come in somewhere.
fn check_used(list: &Statements, findings: &mut Findings) {
    let used: Vec<String> = list.value.iter().flat_map(|s| sql::templates(&s.value)).map(|(name, _)| name).collect();
    // A misspelt one was noted, and is probably the one that is missing.
    let misspelt = used.iter().any(|name| !TEMPLATES.contains(&name.as_str()));
    let at = list.value.first().map_or(list.span, |s| s.span);
    for (template, other) in [("name", "username"), ("password", "password")] {
        if !misspelt && !used.iter().any(|name| name == template || name == other) {
            findings.add(Problem::TemplateUnused(template), at);
        }
    }
}

/// Notes templates that the plugin leaves as they are: OpenBao issues all the same, and makes a user that is called so.
fn check_filled(list: &Statements, plugin: &Plugin, findings: &mut Findings) {
    for statement in &list.value {
        for (template, _) in sql::templates(&statement.value) {
            let known = TEMPLATES.contains(&template.as_str());
            if known && !plugin.fills.contains(&template.as_str()) {
                let at = findings.within(statement.span, &format!("{{{{{template}}}}}"));
                let problem = DatabaseProblem::NotFilled { plugin: plugin.name, template, fills: plugin.fills };
                findings.add(Problem::Database(problem), at);
            }
        }
    }
}

/// Notes every item that is no JSON array of texts.
fn check_rules(list: &Statements, findings: &mut Findings) {
    for item in &list.value {
        if let Err(e) = serde_json::from_str::<Vec<String>>(&item.value) {
            let why = e.to_string().split(" at line ").next().unwrap_or_default().to_lowercase();
            findings.add(Problem::Database(DatabaseProblem::NoRules { why }), item.span);
        }
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
