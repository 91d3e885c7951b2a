//! `credential: { rabbitmq: … }` as it is written, and what it resolves to.

use super::{Permissions, RabbitmqPlan, Tag};
use crate::credential::RoleSource;
use crate::credential::shape::{above, is_role};
use crate::document::{At, Entries, Findings, Problem, RawDuration};
use schemars::JsonSchema;
use serde::Deserialize;

/// A role of OpenBao's rabbitmq engine.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "RabbitmqRole")]
pub struct RawRabbitmqRole {
    /// The role's name at OpenBao.
    pub role: At<String>,
    /// What it may, by virtual host.
    #[schemars(extend("minProperties" = 1))]
    pub vhosts: At<Entries<RawPermissions>>,
    /// The user's tags: the management door lets nobody in who has none. Default: none.
    pub tags: Option<At<Vec<Tag>>>,
    /// How long a lease lives that nobody renews. OpenBao keeps it at the mount, not at the role.
    pub default_ttl: At<RawDuration>,
    /// The longest that a lease can live, renewals included. OpenBao keeps it at the mount, not at the role.
    pub max_ttl: At<RawDuration>,
}

/// Regular expressions over the names of queues and exchanges. Left out: none.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Permissions")]
pub struct RawPermissions {
    /// May be made and deleted.
    pub configure: Option<At<String>>,
    /// May be written to.
    pub write: Option<At<String>>,
    /// May be read from.
    pub read: Option<At<String>>,
}

impl RawRabbitmqRole {
    /// What it means.
    pub fn resolve(&self, findings: &mut Findings) -> RabbitmqPlan {
        if !is_role(&self.role.value) {
            let problem = Problem::BadName { what: "a role", name: self.role.value.clone() };
            findings.add(problem, self.role.span);
        }
        if self.vhosts.value.0.is_empty() {
            findings.add(Problem::NoVhost, self.vhosts.span);
        }
        let (default, max) = (findings.ttl(&self.default_ttl), findings.ttl(&self.max_ttl));
        if max > 0 && default > max {
            findings.add(above(default, max), self.default_ttl.span);
        }
        let text = |raw: &Option<At<String>>| raw.as_ref().map(|t| t.value.clone()).unwrap_or_default();
        let rights = |raw: &RawPermissions| Permissions {
            configure: text(&raw.configure),
            write: text(&raw.write),
            read: text(&raw.read),
        };
        RabbitmqPlan {
            role: self.role.value.clone(),
            source: RoleSource::Drill,
            vhosts: self.vhosts.value.0.iter().map(|(name, raw)| (name.value.clone(), rights(raw))).collect(),
            tags: self.tags.as_ref().map(|tags| tags.value.clone()).unwrap_or_default(),
            default_ttl_ms: default,
            max_ttl_ms: max,
        }
    }
}
