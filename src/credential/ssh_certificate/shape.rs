//! `credential: { ssh-certificate: … }` as it is written, and what it resolves to.

use super::{Revocation, SshCertificatePlan};
use crate::credential::RoleSource;
use crate::credential::shape::is_role;
use crate::document::{At, Findings, Problem, RawDuration, duration};
use schemars::JsonSchema;
use serde::Deserialize;

/// A role of OpenBao's SSH engine.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "SshCertificate")]
pub struct RawSshCertificate {
    /// The role's name at OpenBao.
    pub role: At<String>,
    /// The TTL that the caller asks for.
    pub ttl: At<RawDuration>,
    /// The longest that the role grants. Default: `ttl`.
    pub max_ttl: Option<At<RawDuration>>,
    /// What ends one before its own end: OpenBao cannot. `none` is red.
    pub revocation: Revocation,
}

impl RawSshCertificate {
    /// What it means.
    pub fn resolve(&self, findings: &mut Findings) -> SshCertificatePlan {
        if !is_role(&self.role.value) {
            let problem = Problem::BadName { what: "a role", name: self.role.value.clone() };
            findings.add(problem, self.role.span);
        }
        let ttl = findings.ttl(&self.ttl);
        let max = self.max_ttl.as_ref().map_or(ttl, |max| findings.ttl(max));
        if max > 0 && ttl > max {
            let problem = Problem::TtlAboveMax { ttl: duration::text(ttl), max: duration::text(max) };
            findings.add(problem, self.ttl.span);
        }
        SshCertificatePlan {
            role: self.role.value.clone(),
            source: RoleSource::Drill,
            ttl_ms: ttl,
            max_ttl_ms: max,
            revocation: self.revocation,
        }
    }
}
