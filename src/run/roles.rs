//! Who asks for what in each scenario, and who is spared: callers with their rights, roles and their twins. Nothing is asked here.

use super::context::RunContext;
use crate::authority::{Right, Tenant};
use crate::credential::static_role::CONTROL;
use crate::credential::web_identity::WIDER;
use crate::credential::{Ability, CredentialPlan, Issuer, NEIGHBOUR, Twin};
use crate::definition::{Caller, CallerKind, DrillPlan, IncidentOf, Login, ScenarioPlan, Trigger};

/// The mount that an incident clears as a whole: others live beside it.
pub fn clears_mount(plan: &ScenarioPlan) -> bool {
    matches!(plan.trigger, Trigger::Incident { of: IncidentOf::Mount })
}

/// Where the subject of a scenario is issued from. What an incident clears as a whole is a mount of its own, and so is a twin's where
/// TTLs sit on the mount.
fn mount_of(drill: &DrillPlan, plan: &ScenarioPlan) -> String {
    let usual = drill.credential.mount();
    let base = if clears_mount(plan) { format!("{usual}-{}", plan.scenario) } else { usual.to_string() };
    drill.credential.mount_of(&base, plan.twin().as_ref())
}

/// The mounts of a drill besides the usual one, each with a parent of its own: the scenarios', and the one whose cap is tried.
pub fn own_mounts(drill: &DrillPlan) -> Vec<String> {
    let usual = drill.credential.mount();
    let mut mounts: Vec<String> = drill.scenarios.iter().map(|plan| mount_of(drill, plan)).collect();
    if drill.scenarios.iter().any(|s| s.trigger == Trigger::Revoke) && !drill.credential.can(Ability::IsPresented) {
        mounts.push(drill.credential.mount_of(usual, Some(&Twin::Capped)));
    }
    mounts.retain(|mount| mount != usual);
    mounts.sort();
    mounts.dedup();
    mounts
}

/// Copies of the stated role that a backend must be told of before it starts.
pub fn twins(drill: &DrillPlan) -> Vec<Twin> {
    let mut twins: Vec<Twin> = drill.scenarios.iter().filter_map(ScenarioPlan::twin).collect();
    twins.extend([NEIGHBOUR, WIDER].map(|copy| Twin::Copy(copy.into())));
    twins.dedup();
    twins
}

/// The users whose passwords the authority is given, the stated one first: who made them was not the authority.
pub fn static_users(drill: &DrillPlan) -> Option<Vec<String>> {
    let CredentialPlan::StaticRole(plan) = &drill.credential else { return None };
    let copies = [CONTROL, NEIGHBOUR].map(|copy| plan.user_of(copy));
    Some([plan.username.clone()].into_iter().chain(copies).collect())
}

/// The other caller of the same tenant.
pub fn neighbour(tenant: &str) -> Caller {
    Caller {
        kind: CallerKind::Workload,
        name: NEIGHBOUR.into(),
        login: Login::Approle,
        owner: "team-neighbour".into(),
        tenant: tenant.into(),
        exported: false,
    }
}

/// What the subject of a scenario is issued from, where the drill's role at its usual mount is `usual`; nothing is asked of the authority.
pub fn issuer_of(drill: &DrillPlan, tenant: &Tenant, usual: &Issuer, plan: &ScenarioPlan) -> Issuer {
    let base = if clears_mount(plan) {
        let mount = format!("{}-{}", usual.place().0, plan.scenario);
        Issuer::new(&drill.credential, tenant, Some(&mount))
    } else {
        usual.clone()
    };
    plan.twin().map_or_else(|| base.clone(), |twin| base.twin(&twin))
}

/// The same caller's other static role, whose password stays as it is.
pub fn never_rotated(usual: &Issuer) -> Issuer {
    usual.twin(&Twin::Copy(CONTROL.into()))
}

/// The right to be issued from a role.
pub fn right(issuer: &Issuer) -> Right {
    let ask = issuer.ask();
    Right::ask(ask.method, ask.path)
}

/// A caller may ask for credentials of the roles that its scenarios use, and renew where a scenario renews: nothing else.
pub fn rights(drill: &DrillPlan, tenant: &Tenant, usual: &Issuer, caller: &Caller) -> Vec<Right> {
    let mut rights = vec![right(usual)];
    let mut renewed = Vec::new();
    for plan in drill.scenarios.iter().filter(|s| s.subjects_caller() == *caller) {
        let issuer = issuer_of(drill, tenant, usual, plan);
        rights.push(right(&issuer));
        match plan.trigger {
            // Two of its own, of which one may more: what it buys by the one must not widen the other.
            Trigger::Revoke if drill.credential.can(Ability::IsPresented) => {
                rights.push(right(&usual.twin(&Twin::Copy(WIDER.into()))));
            }
            Trigger::Revoke => {
                let capped = usual.twin(&Twin::Capped);
                rights.push(right(&capped));
                renewed.push(capped.path());
            }
            Trigger::Renew { .. } => renewed.push(issuer.path()),
            Trigger::Rotate => rights.push(right(&never_rotated(usual))),
            _ => {}
        }
    }
    rights.sort_by(|a, b| a.path.cmp(&b.path));
    rights.dedup();
    renewed.dedup();
    if !renewed.is_empty() && drill.credential.can(Ability::Renews) {
        rights.push(Right::renew(renewed));
    }
    rights
}

/// Unique in the run; what each request adds follows.
pub fn correlation(context: &RunContext, drill: &DrillPlan, plan: &ScenarioPlan) -> String {
    format!("{}.{}.{}", context.labels.run(), drill.drill, plan.scenario)
}
