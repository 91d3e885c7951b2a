//! `credential: { static-role: … }` as it is written, and what it resolves to.

use super::StaticPlan;
use crate::credential::RoleSource;
use crate::credential::shape::is_role;
use crate::document::sql::{self, Statements};
use crate::document::sql_words::TEMPLATES;
use crate::document::{At, Findings, Problem, RawDuration, RotationProblem, Span};
use schemars::JsonSchema;
use serde::Deserialize;

/// The shortest period: below it a password could be rotated by the clock while the drill looks at what its own rotation did.
const SHORTEST_ROTATION_MS: u64 = 3_600_000;
/// PostgreSQL cuts longer names, and the drill adds to them: `-neighbour`.
const LONGEST_USERNAME: usize = 53;

/// A static role of OpenBao's database engine: a bridge for what cannot ask for dynamic users yet. It needs an exception.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "StaticRole")]
pub struct RawStaticRole {
    /// The role's name at OpenBao.
    pub role: At<String>,
    /// The user at the backend, which the seed makes. Default: the role's name.
    pub username: Option<At<String>>,
    /// How long a password lives that nobody rotates: at least an hour.
    pub rotation: At<RawDuration>,
    /// What OpenBao runs to change the password, with `"{{name}}"` and `'{{password}}'` in SQL's quotes. Left out: the plugin's default, which leaves open sessions.
    #[schemars(extend("minItems" = 1))]
    pub rotation_statements: Option<Statements>,
}

/// What a definition of a static role means.
#[derive(Debug)]
pub struct Resolved {
    /// For the run.
    pub plan: StaticPlan,
    /// Where each statement stands, and the one that names its user.
    pub places: Vec<(Span, String)>,
}

impl RawStaticRole {
    /// What it means.
    pub fn resolve(&self, findings: &mut Findings) -> Resolved {
        if !is_role(&self.role.value) {
            let problem = Problem::BadName { what: "a role", name: self.role.value.clone() };
            findings.add(problem, self.role.span);
        }
        let username = self.username.as_ref().unwrap_or(&self.role);
        let known = is_user(&username.value);
        if !known {
            let problem = Problem::BadName { what: "a user", name: username.value.clone() };
            findings.add(problem, username.span);
        }
        let rotation_ms = findings.ttl(&self.rotation);
        if rotation_ms > 0 && rotation_ms < SHORTEST_ROTATION_MS {
            findings.add(Problem::Rotation(RotationProblem::RotationTooShort), self.rotation.span);
        }
        if let Some(list) = &self.rotation_statements {
            check(list, findings);
        }
        let statements = || self.rotation_statements.iter().flat_map(|list| &list.value);
        let mut places: Vec<(Span, String)> = statements().map(|s| (s.span, s.value.clone())).collect();
        // By this the backend's own check sees that the seed makes the user.
        if known {
            places.push((username.span, format!("SET ROLE \"{}\"", username.value)));
        }
        let plan = StaticPlan {
            role: self.role.value.clone(),
            source: RoleSource::Drill,
            username: username.value.clone(),
            rotation_ms,
            rotation_statements: statements().map(|s| s.value.clone()).collect(),
        };
        Resolved { plan, places }
    }
}

fn check(list: &Statements, findings: &mut Findings) {
    if list.value.is_empty() {
        findings.add(Problem::NothingStated("run at a rotation"), list.span);
        return;
    }
    sql::check(list, findings);
    sql::check_templates(list, findings);
    let used: Vec<String> = list.value.iter().flat_map(|s| sql::templates(&s.value)).map(|(name, _)| name).collect();
    // A misspelt one was noted, and is probably the one that is missing.
    if used.iter().all(|name| TEMPLATES.contains(&name.as_str())) && !used.iter().any(|name| name == "password") {
        findings.add(Problem::Rotation(RotationProblem::PasswordUnused), list.value[0].span);
    }
}

/// Letters, digits, dashes and underscores: it is written into statements in quotes and into names of roles at the authority.
fn is_user(name: &str) -> bool {
    let word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    !name.is_empty()
        && name.len() <= LONGEST_USERNAME
        && name.starts_with(word)
        && name.ends_with(word)
        && !name.starts_with("pg_")
        && name.chars().all(|c| word(c) || c == '-')
}

#[cfg(test)]
mod tests {
    use super::is_user;

    #[test]
    fn names_of_users() {
        for good in ["legacy", "orders_app", "v9", "Legacy-1", &"a".repeat(53)] {
            assert!(is_user(good), "{good}");
        }
        for bad in ["", "-a", "a-", "a b", "a\"b", "a'b", "pg_monitor", "é", &"a".repeat(54)] {
            assert!(!is_user(bad), "{bad}");
        }
    }
}
