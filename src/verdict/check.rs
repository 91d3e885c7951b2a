//! The checks: their ids are part of the contract. Which apply to what is data, in this one place.

use crate::credential::Ability;
use crate::definition::{DrillPlan, ScenarioPlan, Trigger};
use std::sync::LazyLock;

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
    FailsClosed,
    NotEarly,
    RenewExtended,
    RenewCapped,
    DeadAfterCap,
    Dynamic,
    ReissueRefused,
    MetadataOwner,
    MetadataTenant,
    MetadataScope,
    MetadataTtl,
    MetadataLease,
    RoleRefused,
    ScopeRefused,
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
    /// Where somebody or a TTL ends it: not where its own use does.
    Ended,
    /// Where a TTL ends.
    Expiry,
    /// Where a consumer renews.
    Renewal,
    /// Where a caller is banned.
    Incident,
    /// Once a caller: where a single credential is ended. Policy and parent are the same in every scenario.
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
    (Check::FailsClosed, "trigger.fails-closed", Applies::Caller),
    (Check::NotEarly, "expire.not-early", Applies::Expiry),
    (Check::RenewExtended, "renew.extended", Applies::Renewal),
    (Check::RenewCapped, "renew.capped", Applies::Renewal),
    (Check::DeadAfterCap, "renew.dead-after-cap", Applies::Renewal),
    (Check::ReissueRefused, "incident.reissue-refused", Applies::Incident),
    (Check::Dynamic, "credential.dynamic", Applies::Always),
    (Check::MetadataOwner, "metadata.owner", Applies::Always),
    (Check::MetadataTenant, "metadata.tenant", Applies::Always),
    (Check::MetadataScope, "metadata.scope", Applies::Always),
    (Check::MetadataTtl, "metadata.ttl", Applies::Always),
    (Check::MetadataLease, "metadata.lease", Applies::Always),
    (Check::RoleRefused, "policy.role-refused", Applies::Caller),
    (Check::ScopeRefused, "policy.scope-refused", Applies::Caller),
    (Check::TtlCapped, "policy.ttl-capped", Applies::Caller),
    (Check::TenantIsolated, "policy.tenant-isolated", Applies::Caller),
    (Check::ParentUnreadable, "parent.unreadable", Applies::Caller),
    (Check::ParentRotated, "parent.rotated", Applies::Caller),
    (Check::AuditIssuance, "audit.issuance", Applies::Always),
    (Check::AuditRevocation, "audit.revocation", Applies::Ended),
    (Check::AuditLinked, "audit.linked", Applies::Ended),
    (Check::AuditActor, "audit.actor", Applies::Always),
    (Check::AuditTenant, "audit.tenant", Applies::Always),
    (Check::AuditNoSecret, "audit.no-secret", Applies::Always),
];

/// The ids of the table, in its order.
pub fn check_ids() -> &'static [&'static str] {
    static IDS: LazyLock<Vec<&'static str>> = LazyLock::new(|| TABLE.iter().map(|(_, id, _)| *id).collect());
    &IDS
}

/// What an engine must be able to do for a check to apply to its kind; of the others nothing is asked.
pub const NEEDS: &[(Check, Ability)] = &[
    (Check::ParentRotated, Ability::RotatesParent),
    (Check::FailsClosed, Ability::IsAsked),
    (Check::ScopeRefused, Ability::CallerNames),
    (Check::RenewExtended, Ability::Renews),
    (Check::RenewCapped, Ability::Renews),
    (Check::DeadAfterCap, Ability::Renews),
    // Of every other kind it is what the kind says.
    (Check::Dynamic, Ability::Rotates),
];

/// What `credential.dynamic` stands for: a user that stays has nothing of it, and each would only say the same again.
const STOOD_FOR: &[Check] = &[Check::MetadataLease, Check::TtlCapped, Check::NotEarly, Check::ReissueRefused];

/// What applies to this kind and to none of its scenarios: no run of them judges it.
pub fn not_judged(drill: &DrillPlan) -> Vec<String> {
    let judged = |check: Check| drill.scenarios.iter().any(|s| check.applies_to(drill, s));
    let open = TABLE.iter().filter(|(check, ..)| check.applies_to_kind(drill) && !judged(*check));
    open.map(|(_, id, _)| (*id).to_string()).collect()
}

/// The checks of a scenario, in the order of the table, each with what follows the `@` of its id.
pub fn checks_of(drill: &DrillPlan, plan: &ScenarioPlan) -> Vec<(Check, Option<String>)> {
    let applying = TABLE.iter().map(|(check, ..)| *check).filter(|check| check.applies_to(drill, plan));
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
            | Check::FailsClosed
            | Check::NotEarly
            | Check::RenewExtended
            | Check::DeadAfterCap
            | Check::TenantIsolated
            | Check::ParentRotated
    )
}

impl Check {
    /// The one that is called so.
    pub fn of(id: &str) -> Option<Self> {
        TABLE.iter().find(|(_, known, _)| *known == id).map(|(check, ..)| *check)
    }
    /// Whether it is ever judged where this is the trigger: its name in the drill file.
    pub fn is_of_trigger(self, trigger: &str) -> bool {
        let applies = TABLE.iter().find(|(check, ..)| *check == self).map(|(.., applies)| *applies);
        match applies {
            Some(Applies::Always) => true,
            Some(Applies::Ended) => trigger != "use",
            Some(Applies::Requested) => matches!(trigger, "revoke" | "teardown" | "incident" | "rotate"),
            Some(Applies::Expiry) => trigger == "expire",
            Some(Applies::Renewal) => trigger == "renew",
            Some(Applies::Incident) => trigger == "incident",
            Some(Applies::Caller) => matches!(trigger, "revoke" | "rotate"),
            None => false,
        }
    }
    /// As in reports, e.g. `trigger.exposure`.
    pub fn id(self) -> &'static str {
        TABLE.iter().find(|(check, ..)| *check == self).map_or("", |(_, id, _)| id)
    }
    /// Whether it applies to the drill's kind of credential.
    pub fn applies_to_kind(self, drill: &DrillPlan) -> bool {
        let needed = NEEDS.iter().filter(|(check, _)| *check == self);
        let stood_for = STOOD_FOR.contains(&self) && drill.credential.can(Ability::Rotates);
        !stood_for && needed.into_iter().all(|(_, needed)| drill.credential.can(*needed))
    }
    /// Whether it applies to a scenario.
    pub fn applies_to(self, drill: &DrillPlan, plan: &ScenarioPlan) -> bool {
        if !self.applies_to_kind(drill) {
            return false;
        }
        let applies = TABLE.iter().find(|(check, ..)| *check == self).map(|(.., applies)| *applies);
        match applies {
            Some(Applies::Always) => true,
            Some(Applies::Ended) => plan.trigger != Trigger::Use,
            Some(Applies::Requested) => plan.trigger.is_requested(),
            Some(Applies::Expiry) => matches!(plan.trigger, Trigger::Expire { .. }),
            Some(Applies::Renewal) => matches!(plan.trigger, Trigger::Renew { .. }),
            Some(Applies::Incident) => matches!(plan.trigger, Trigger::Incident { .. }),
            Some(Applies::Caller) => plan.trigger.ends_one(),
            None => false,
        }
    }
}
