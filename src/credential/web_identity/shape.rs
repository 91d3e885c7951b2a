//! `credential: { web-identity: … }` as it is written, and what it resolves to.

use super::{Revocation, WebIdentityPlan};
use crate::credential::RoleSource;
use crate::credential::shape::is_role;
use crate::document::{At, Findings, MinioProblem, Problem, Project, RawDuration};
use schemars::JsonSchema;
use serde::Deserialize;

/// A role of OpenBao's identity tokens.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "WebIdentity")]
pub struct RawWebIdentity {
    /// The role's name at OpenBao.
    pub role: At<String>,
    /// What a session may at the store: a policy in JSON. Its path starts at the parent of the drills directory.
    pub policy: At<String>,
    /// How long a token lives, and with it the session that it buys.
    pub ttl: At<RawDuration>,
    /// What ends a session before its own end: OpenBao cannot. `none` is red.
    pub revocation: Revocation,
}

impl RawWebIdentity {
    /// What it means.
    pub fn resolve(&self, project: &Project, findings: &mut Findings) -> WebIdentityPlan {
        if !is_role(&self.role.value) {
            let problem = Problem::BadName { what: "a role", name: self.role.value.clone() };
            findings.add(problem, self.role.span);
        }
        let policy_json = match project.read(&self.policy.value) {
            Ok(text) => text,
            Err(problem) => {
                findings.add(problem, self.policy.span);
                String::new()
            }
        };
        let why = match serde_json::from_str::<serde_json::Value>(&policy_json) {
            _ if policy_json.is_empty() => None,
            Ok(policy) if policy["Statement"].is_array() => None,
            Ok(_) => Some("it has no list of statements".to_string()),
            Err(e) => Some(e.to_string()),
        };
        if let Some(why) = why {
            let problem = MinioProblem::BadPolicy { file: self.policy.value.clone(), why };
            findings.add(Problem::Minio(problem), self.policy.span);
        }
        WebIdentityPlan {
            role: self.role.value.clone(),
            source: RoleSource::Drill,
            policy: self.policy.value.clone(),
            policy_json,
            ttl_ms: findings.ttl(&self.ttl),
            revocation: self.revocation,
        }
    }
}
