//! The checks: their ids are part of the contract. Which apply to what is data, in this one place.

use crate::definition::{ScenarioPlan, Trigger};

/// A judged statement about one credential.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[allow(missing_docs)] // the ids say it; `drill explain` says it at length
pub enum Check {
    AcceptedBefore,
    BogusRefused,
    Allowed,
    Denied,
    Acknowledged,
    RefusedAtBackend,
    Exposure,
    Sessions,
    ControlAlive,
    NoResidue,
    StaysDead,
    ServiceReturns,
    NotEarly,
}

/// When a check applies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Applies {
    /// To every scenario.
    Always,
    /// Where somebody pulls the trigger.
    Requested,
    /// Where a TTL ends.
    Expiry,
}

/// The table, in the order of the reports.
pub const TABLE: &[(Check, &str, Applies)] = &[
    (Check::AcceptedBefore, "access.accepted-before", Applies::Always),
    (Check::BogusRefused, "access.bogus-refused", Applies::Always),
    (Check::Allowed, "access.allowed", Applies::Always),
    (Check::Denied, "access.denied", Applies::Always),
    (Check::Acknowledged, "trigger.acknowledged", Applies::Requested),
    (Check::RefusedAtBackend, "trigger.refused-at-backend", Applies::Always),
    (Check::Exposure, "trigger.exposure", Applies::Always),
    (Check::Sessions, "trigger.sessions", Applies::Always),
    (Check::ControlAlive, "trigger.control-alive", Applies::Always),
    (Check::NoResidue, "trigger.no-residue", Applies::Always),
    (Check::StaysDead, "trigger.stays-dead", Applies::Always),
    (Check::ServiceReturns, "trigger.service-returns", Applies::Always),
    (Check::NotEarly, "expire.not-early", Applies::Expiry),
];

/// What RL3 asks of every kind with a lease and this version does not judge yet.
pub const NOT_JUDGED: &[&str] = &[
    "metadata.owner",
    "metadata.tenant",
    "metadata.scope",
    "metadata.ttl",
    "metadata.lease",
    "policy.role-refused",
    "policy.ttl-capped",
    "policy.tenant-isolated",
    "renew.extended",
    "renew.capped",
    "renew.dead-after-cap",
    "incident.reissue-refused",
    "parent.unreadable",
    "parent.rotated",
    "audit.issuance",
    "audit.revocation",
    "audit.linked",
    "audit.actor",
    "audit.tenant",
    "audit.no-secret",
];

impl Check {
    /// As in reports, e.g. `trigger.exposure`.
    pub fn id(self) -> &'static str {
        TABLE.iter().find(|(check, ..)| *check == self).map_or("", |(_, id, _)| id)
    }
    /// Whether it applies to a scenario.
    pub fn applies_to(self, plan: &ScenarioPlan) -> bool {
        let applies = TABLE.iter().find(|(check, ..)| *check == self).map(|(.., applies)| *applies);
        match applies {
            Some(Applies::Always) => true,
            Some(Applies::Requested) => matches!(plan.trigger, Trigger::Revoke),
            Some(Applies::Expiry) => matches!(plan.trigger, Trigger::Expire { .. }),
            None => false,
        }
    }
}
