//! `credential: { ssh-otp: … }` as it is written, and what it resolves to.

use super::SshOtpPlan;
use crate::credential::RoleSource;
use crate::credential::shape::{above, is_role};
use crate::document::{At, Findings, Problem, RawDuration};
use schemars::JsonSchema;
use serde::Deserialize;

/// A role of OpenBao's SSH engine that gives one-time passwords.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "SshOtp")]
pub struct RawSshOtp {
    /// The role's name at OpenBao.
    pub role: At<String>,
    /// How long a lease lives. OpenBao keeps it at the mount, not at the role; left alone it is 32 days.
    pub default_ttl: At<RawDuration>,
    /// The longest that the mount lets a lease live.
    pub max_ttl: At<RawDuration>,
}

impl RawSshOtp {
    /// What it means.
    pub fn resolve(&self, findings: &mut Findings) -> SshOtpPlan {
        if !is_role(&self.role.value) {
            let problem = Problem::BadName { what: "a role", name: self.role.value.clone() };
            findings.add(problem, self.role.span);
        }
        let (default, max) = (findings.ttl(&self.default_ttl), findings.ttl(&self.max_ttl));
        if max > 0 && default > max {
            findings.add(above(default, max), self.default_ttl.span);
        }
        SshOtpPlan {
            role: self.role.value.clone(),
            source: RoleSource::Drill,
            default_ttl_ms: default,
            max_ttl_ms: max,
        }
    }
}
