//! The checks: their ids are part of the contract. Which apply to what is data, in this one place.

use crate::definition::{DrillPlan, ScenarioPlan, Trigger};

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
    RenewExtended,
    RenewCapped,
    DeadAfterCap,
    ReissueRefused,
    MetadataOwner,
    MetadataTenant,
    MetadataScope,
    MetadataTtl,
    MetadataLease,
    RoleRefused,
    TtlCapped,
    TenantIsolated,
    ParentUnreadable,
    ParentRotated,
    AuditIssuance,
    AuditRevocation,
    AuditLinked,
    AuditActor,
    AuditTenant,
    AuditNoSecret,
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
    /// Where a consumer renews.
    Renewal,
    /// Where a caller is banned.
    Incident,
    /// Once a caller: where a single lease is revoked. Policy and parent are the same in every scenario.
    Caller,
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
    (Check::RenewExtended, "renew.extended", Applies::Renewal),
    (Check::RenewCapped, "renew.capped", Applies::Renewal),
    (Check::DeadAfterCap, "renew.dead-after-cap", Applies::Renewal),
    (Check::ReissueRefused, "incident.reissue-refused", Applies::Incident),
    (Check::MetadataOwner, "metadata.owner", Applies::Always),
    (Check::MetadataTenant, "metadata.tenant", Applies::Always),
    (Check::MetadataScope, "metadata.scope", Applies::Always),
    (Check::MetadataTtl, "metadata.ttl", Applies::Always),
    (Check::MetadataLease, "metadata.lease", Applies::Always),
    (Check::RoleRefused, "policy.role-refused", Applies::Caller),
    (Check::TtlCapped, "policy.ttl-capped", Applies::Caller),
    (Check::TenantIsolated, "policy.tenant-isolated", Applies::Caller),
    (Check::ParentUnreadable, "parent.unreadable", Applies::Caller),
    (Check::ParentRotated, "parent.rotated", Applies::Caller),
    (Check::AuditIssuance, "audit.issuance", Applies::Always),
    (Check::AuditRevocation, "audit.revocation", Applies::Always),
    (Check::AuditLinked, "audit.linked", Applies::Always),
    (Check::AuditActor, "audit.actor", Applies::Always),
    (Check::AuditTenant, "audit.tenant", Applies::Always),
    (Check::AuditNoSecret, "audit.no-secret", Applies::Always),
];

/// What applies to this kind and to none of these scenarios: no run of them judges it.
pub fn not_judged(scenarios: &[ScenarioPlan]) -> Vec<String> {
    let judged = |check: Check| scenarios.iter().any(|s| check.applies_to(s));
    TABLE.iter().filter(|(check, ..)| !judged(*check)).map(|(_, id, _)| (*id).to_string()).collect()
}

/// The checks of a scenario, in the order of the table, each with what follows the `@` of its id.
pub fn checks_of(drill: &DrillPlan, plan: &ScenarioPlan) -> Vec<(Check, Option<String>)> {
    let applying = TABLE.iter().map(|(check, ..)| *check).filter(|check| check.applies_to(plan));
    applying.flat_map(|check| instances(check, drill, plan).into_iter().map(move |of| (check, of))).collect()
}

/// A check is judged for each door where there are several, and for each kind of session.
fn instances(check: Check, drill: &DrillPlan, plan: &ScenarioPlan) -> Vec<Option<String>> {
    match check {
        Check::Sessions => plan.sessions.keys().map(|kind| Some(kind.clone())).collect(),
        _ if !of_a_door(check) => vec![None],
        _ if drill.doors.len() > 1 => drill.doors.iter().map(|door| Some(door.clone())).collect(),
        _ => vec![None],
    }
}

/// Whether it is about a way in at the backend.
fn of_a_door(check: Check) -> bool {
    matches!(
        check,
        Check::AcceptedBefore
            | Check::BogusRefused
            | Check::RefusedAtBackend
            | Check::Exposure
            | Check::ControlAlive
            | Check::StaysDead
            | Check::ServiceReturns
            | Check::NotEarly
            | Check::RenewExtended
            | Check::DeadAfterCap
            | Check::TenantIsolated
            | Check::ParentRotated
    )
}

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
            Some(Applies::Requested) => plan.trigger.is_requested(),
            Some(Applies::Expiry) => matches!(plan.trigger, Trigger::Expire { .. }),
            Some(Applies::Renewal) => matches!(plan.trigger, Trigger::Renew { .. }),
            Some(Applies::Incident) => matches!(plan.trigger, Trigger::Incident { .. }),
            Some(Applies::Caller) => plan.trigger == Trigger::Revoke,
            None => false,
        }
    }
}
