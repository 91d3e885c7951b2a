//! Who asks for what in each scenario, and who is spared: callers with their rights, roles and their twins.

use super::office::Office;
use super::stage::RunContext;
use super::{AtStep, RunError};
use crate::authority::{Bao, CallerLogin, Right};
use crate::credential::{Issuer, Twin};
use crate::definition::{Caller, CallerKind, DrillPlan, IncidentOf, Login, ScenarioPlan, Trigger};

/// Another caller of the same tenant, with a role of its own.
pub const NEIGHBOUR: &str = "neighbour";

/// What a scenario works with.
pub struct Prepared {
    /// The caller, with a token of its own.
    pub caller: CallerLogin,
    /// What the subject is issued from: the role, or a twin.
    pub subject: Issuer,
    /// Who asks for the control.
    pub control_caller: Bao,
    /// What the control is issued from.
    pub control: Issuer,
}

/// The mount that an incident clears as a whole is one of its own: others live beside it.
pub fn own_mount(plan: &ScenarioPlan) -> bool {
    matches!(plan.trigger, Trigger::Incident { of: IncidentOf::Mount })
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

/// What the subject of a scenario is issued from; nothing is asked of the authority.
pub fn issuer_of(office: &Office, plan: &ScenarioPlan) -> Issuer {
    let base = if own_mount(plan) {
        let mount = format!("{}-{}", office.issuer.place().0, plan.scenario);
        Issuer::new(&office.drill.credential, &office.tenant, Some(&mount))
    } else {
        office.issuer.clone()
    };
    plan.twin().map_or_else(|| base.clone(), |twin| base.twin(&twin))
}

/// A caller may read credentials of the roles that its scenarios use, and renew where a scenario renews: nothing else.
pub fn rights(office: &Office, caller: &Caller) -> Vec<Right> {
    let mut paths = vec![office.issuer.path()];
    let mut renewed = Vec::new();
    for plan in office.drill.scenarios.iter().filter(|s| s.subjects_caller() == *caller) {
        paths.push(issuer_of(office, plan).path());
        match plan.trigger {
            Trigger::Revoke => {
                let capped = office.issuer.twin(&Twin::Capped).path();
                paths.push(capped.clone());
                renewed.push(capped);
            }
            Trigger::Renew { .. } => renewed.push(issuer_of(office, plan).path()),
            _ => {}
        }
    }
    paths.sort();
    paths.dedup();
    renewed.dedup();
    let mut rights: Vec<Right> = paths.into_iter().map(Right::read).collect();
    if !renewed.is_empty() {
        rights.push(Right::renew(renewed));
    }
    rights
}

/// Unique in the run; what each request adds follows.
pub fn correlation(context: &RunContext, drill: &DrillPlan, plan: &ScenarioPlan) -> String {
    format!("{}.{}.{}", context.labels.run(), drill.drill, plan.scenario)
}

/// Makes what a scenario needs and logs its callers in. A mount of its own is not connected yet.
///
/// # Errors
/// The authority refuses a step.
pub async fn prepare(office: &Office, plan: &ScenarioPlan, correlation: &str) -> Result<Prepared, RunError> {
    let subject = issuer_of(office, plan);
    if own_mount(plan) {
        subject.mount().await.at_step("making the mount")?;
    }
    if own_mount(plan) || plan.twin().is_some() {
        subject.write().await.at_step("making the role's twin")?;
    }
    let registered = office.registered(&plan.subjects_caller()).await?;
    let login = async || {
        let login = registered.log_in(&format!("{correlation}.login"), office.redactor()).await;
        login.at_step("logging the caller in")
    };
    let caller = login().await?;
    let (control_caller, control) = match plan.trigger {
        Trigger::Teardown => (login().await?.bao, office.issuer.clone()),
        Trigger::Incident { .. } => (office.neighbour().await?, office.neighbours_role()),
        Trigger::Revoke | Trigger::Expire { .. } | Trigger::Renew { .. } => (caller.bao.clone(), office.issuer.clone()),
    };
    Ok(Prepared { caller, subject, control_caller, control })
}
