//! Who asks for what in each scenario, and who is spared: callers with their rights, roles and their twins.

use super::stage::Stage;
use super::{AtStep, RunError};
use crate::authority::{Bao, CallerLogin, Omitted, Registered, Right};
use crate::credential::{Issuer, Twin};
use crate::definition::{Caller, CallerKind, IncidentOf, Login, ScenarioPlan, Trigger};
use crate::secret::Redactor;
use std::sync::Arc;

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

/// The role's twin that a trigger needs.
pub fn twin_of(plan: &ScenarioPlan) -> Option<Twin> {
    match plan.trigger {
        Trigger::Expire { ttl_ms } => Some(Twin::Expire { ttl_ms }),
        Trigger::Renew { cap_ms, .. } => Some(Twin::Renew { cap_ms }),
        Trigger::Incident { of: IncidentOf::Role } => Some(Twin::Copy(plan.scenario.clone())),
        Trigger::Revoke | Trigger::Teardown | Trigger::Incident { of: IncidentOf::Mount } => None,
    }
}

/// The mount that an incident clears as a whole is one of its own: others live beside it.
pub fn own_mount(plan: &ScenarioPlan) -> bool {
    matches!(plan.trigger, Trigger::Incident { of: IncidentOf::Mount })
}

/// A banned caller is a copy of the stated one: others go on as the original.
pub fn caller_of(plan: &ScenarioPlan) -> Caller {
    let mut caller = plan.caller.clone();
    if matches!(plan.trigger, Trigger::Incident { .. }) {
        caller.name = format!("{}-{}", caller.name, plan.scenario);
    }
    caller
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
pub fn issuer_of(stage: &Stage, plan: &ScenarioPlan) -> Issuer {
    let base = if own_mount(plan) {
        let mount = format!("{}-{}", stage.issuer.place().0, plan.scenario);
        Issuer::new(&stage.drill.credential, &stage.tenant, Some(&mount))
    } else {
        stage.issuer.clone()
    };
    twin_of(plan).map_or(base.clone(), |twin| base.twin(&twin))
}

/// A caller may read credentials of the roles that its scenarios use, and renew where a scenario renews: nothing else.
fn rights(stage: &Stage, caller: &Caller) -> Vec<Right> {
    let mut paths = vec![stage.issuer.path()];
    let mut renewed = Vec::new();
    for plan in stage.drill.scenarios.iter().filter(|s| caller_of(s) == *caller) {
        paths.push(issuer_of(stage, plan).path());
        match plan.trigger {
            Trigger::Revoke => {
                let capped = stage.issuer.twin(&Twin::Capped).path();
                paths.push(capped.clone());
                renewed.push(capped);
            }
            Trigger::Renew { .. } => renewed.push(issuer_of(stage, plan).path()),
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

impl Stage {
    /// The caller, registered once however many scenarios ask as it.
    ///
    /// # Errors
    /// The authority refuses.
    pub async fn registered(&self, caller: &Caller, redactor: &Redactor) -> Result<Arc<Registered>, RunError> {
        let cell = {
            let mut callers = self.callers.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
            callers.entry(caller.name.clone()).or_default().clone()
        };
        let register = async {
            let rights = match caller.name.as_str() {
                NEIGHBOUR => vec![Right::read(self.neighbours_role().path())],
                _ => rights(self, caller),
            };
            let omitted = Omitted {
                owner: self.skips("owner"),
                owner_claim: self.skips("owner-claim"),
                no_default_policy: self.skips("no-default-policy"),
            };
            self.tenant.register(&self.actors, caller, &rights, omitted, redactor).await.map(Arc::new)
        };
        cell.get_or_try_init(|| register).await.cloned().at_step("making the caller")
    }

    /// The role of the other caller.
    pub fn neighbours_role(&self) -> Issuer {
        self.issuer.twin(&Twin::Copy(NEIGHBOUR.into()))
    }

    /// The other caller of the same tenant, logged in; its role is there.
    ///
    /// # Errors
    /// The authority refuses.
    pub async fn neighbour(&self, redactor: &Redactor) -> Result<Bao, RunError> {
        let make = async {
            self.neighbours_role().write().await.at_step("making another caller's role")?;
            let registered = self.registered(&neighbour(&self.tenant.name), redactor).await?;
            registered.log_in(NEIGHBOUR, redactor).await.at_step("logging another caller in").map(|login| login.bao)
        };
        self.neighbour.get_or_try_init(|| make).await.cloned()
    }
}

/// Makes what a scenario needs and logs its callers in.
///
/// # Errors
/// The authority refuses a step.
pub async fn prepare(
    stage: &Stage,
    plan: &ScenarioPlan,
    correlation: &str,
    redactor: &Redactor,
) -> Result<Prepared, RunError> {
    let subject = issuer_of(stage, plan);
    if own_mount(plan) {
        let parent = stage.second_parent(plan).ok_or("no parent of its own").at_step("making the mount")?;
        subject.mount(stage.backend.authority_connection(parent)).await.at_step("making the mount")?;
        subject.rotate_parent().await.at_step("rotating the mount's parent")?;
    }
    if own_mount(plan) || twin_of(plan).is_some() {
        subject.write().await.at_step("making the role's twin")?;
    }
    let registered = stage.registered(&caller_of(plan), redactor).await?;
    let login = async || {
        registered.log_in(&format!("{correlation}.login"), redactor).await.at_step("logging the caller in")
    };
    let caller = login().await?;
    let (control_caller, control) = match plan.trigger {
        Trigger::Teardown => (login().await?.bao, stage.issuer.clone()),
        Trigger::Incident { .. } => (stage.neighbour(redactor).await?, stage.neighbours_role()),
        Trigger::Revoke | Trigger::Expire { .. } | Trigger::Renew { .. } => (caller.bao.clone(), stage.issuer.clone()),
    };
    Ok(Prepared { caller, subject, control_caller, control })
}
