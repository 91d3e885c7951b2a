//! What a scenario works with is made: its callers are logged in, its roles are written.

use super::office::Office;
use super::roles::{issuer_of, never_rotated};
use super::{AtStep, RunError};
use crate::authority::{Bao, CallerLogin};
use crate::credential::{Ability, Issuer};
use crate::definition::{ScenarioPlan, Trigger};

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

/// Makes what a scenario needs and logs its callers in. A mount of its own is not connected yet.
///
/// # Errors
/// The authority refuses a step.
pub async fn prepare(office: &Office, plan: &ScenarioPlan, correlation: &str) -> Result<Prepared, RunError> {
    let subject = issuer_of(&office.drill, &office.tenant, &office.issuer, plan);
    office.mount(&subject).await?;
    if subject.place() != office.issuer.place() {
        subject.write().await.at_step("making the role's twin")?;
    }
    let registered = office.registered(&plan.subjects_caller()).await?;
    let login = async || {
        let login = registered.log_in(&format!("{correlation}.login"), office.redactor()).await;
        login.at_step("logging the caller in")
    };
    let caller = login().await?;
    let (control_caller, control) = match plan.trigger {
        // What ends a session ends all of its entity.
        _ if office.drill.credential.can(Ability::IsPresented) => (office.neighbour().await?, office.neighbours_role()),
        Trigger::Teardown => (login().await?.bao, office.issuer.clone()),
        Trigger::Incident { .. } => (office.neighbour().await?, office.neighbours_role()),
        Trigger::Revoke | Trigger::Expire { .. } | Trigger::Renew { .. } | Trigger::Use => {
            (caller.bao.clone(), office.issuer.clone())
        }
        Trigger::Rotate => {
            let control = never_rotated(&office.issuer);
            office.write(&control).await?;
            (caller.bao.clone(), control)
        }
    };
    Ok(Prepared { caller, subject, control_caller, control })
}
