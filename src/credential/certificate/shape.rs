//! `credential: { certificate: … }` as it is written, and what it resolves to.

use super::CertificatePlan;
use crate::credential::RoleSource;
use crate::credential::shape::is_role;
use crate::document::{At, Findings, Problem, RawDuration, duration};
use schemars::JsonSchema;
use serde::Deserialize;

/// A role of OpenBao's PKI engine.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Certificate")]
pub struct RawCertificate {
    /// The role's name at OpenBao.
    pub role: At<String>,
    /// The common name that the caller asks for, and the only one that the role grants.
    pub common_name: At<String>,
    /// The TTL that the caller asks for.
    pub ttl: At<RawDuration>,
    /// The longest that the role grants.
    pub max_ttl: At<RawDuration>,
}

impl RawCertificate {
    /// What it means.
    pub fn resolve(&self, findings: &mut Findings) -> CertificatePlan {
        if !is_role(&self.role.value) {
            let problem = Problem::BadName { what: "a role", name: self.role.value.clone() };
            findings.add(problem, self.role.span);
        }
        if !is_host(&self.common_name.value) {
            let problem = Problem::BadName { what: "a certificate", name: self.common_name.value.clone() };
            findings.add(problem, self.common_name.span);
        }
        let (ttl, max) = (findings.ttl(&self.ttl), findings.ttl(&self.max_ttl));
        if max > 0 && ttl > max {
            let problem = Problem::TtlAboveMax { ttl: duration::text(ttl), max: duration::text(max) };
            findings.add(problem, self.ttl.span);
        }
        CertificatePlan {
            role: self.role.value.clone(),
            source: RoleSource::Drill,
            common_name: self.common_name.value.clone(),
            ttl_ms: ttl,
            max_ttl_ms: max,
            stored: true,
        }
    }
}

/// What a role with `allowed_domains` grants: labels of lower-case letters, digits and dashes, with dots between.
fn is_host(name: &str) -> bool {
    let label = |l: &str| {
        let plain = l.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
        !l.is_empty() && l.len() <= 63 && plain && !l.starts_with('-') && !l.ends_with('-')
    };
    // An X.509 common name has 64 characters.
    name.len() <= 64 && name.split('.').all(label)
}

#[cfg(test)]
mod tests {
    use super::is_host;

    #[test]
    fn names_of_certificates() {
        for good in ["orders-api", "orders.acme.internal", "9", &"a".repeat(63)] {
            assert!(is_host(good), "{good}");
        }
        for bad in ["", "Orders", "orders_api", "-a", "a-", "a..b", ".a", "a.", "*.acme", "a b", &"a".repeat(64)] {
            assert!(!is_host(bad), "{bad}");
        }
    }
}
