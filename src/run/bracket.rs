//! Before the trigger: the subject and the control are accepted, a wrong secret and an invented name are refused,
//! the statements of the drill's lists behave.

use super::journal::Journal;
use super::probing::Prober;
use super::supply::{NONE_LEFT, Supply};
use super::{AtStep, RunError};
use crate::backend::{BackendPlan, OpenSession, Running};
use crate::credential::{Issued, Issuer};
use crate::history::{Body, By, Part};
use crate::secret::Redactor;
use std::sync::Arc;

/// Probes what must be refused whatever the trigger does: `third`'s name with another secret, and a name that was never issued.
///
/// # Errors
/// They cannot be made up.
pub async fn bogus(
    journal: &Journal,
    backend: &Arc<Running>,
    door: &str,
    (issuer, third): (&Issuer, &Issued),
    redactor: &Redactor,
) -> Result<(), RunError> {
    let [altered, invented] = issuer.bogus(third, backend, redactor).at_step("making up what must be refused")?;
    for (part, credential) in [(Part::BogusSecret, altered), (Part::BogusName, invented)] {
        let mut prober = Prober::new(journal, backend, part, door, &credential);
        prober.once().await;
        prober.end();
    }
    Ok(())
}

/// The administrator runs every statement during set-up, its effect undone: one that fails for everybody proves no denial.
///
/// # Errors
/// The administrator cannot log in.
pub async fn administrators_statements(
    journal: &Journal,
    backend: &Running,
    plan: &BackendPlan,
) -> Result<(), RunError> {
    let session = backend.administrator().await.at_step("the administrator's statements")?;
    statements(journal, &session, By::Administrator, plan).await;
    Ok(())
}

/// The subject runs every statement.
///
/// # Errors
/// It cannot log in.
pub async fn subjects_statements(
    journal: &Journal,
    backend: &Running,
    plan: &BackendPlan,
    subject: &Supply,
) -> Result<(), RunError> {
    const STEP: &str = "the subject's statements";
    let (credential, _) = subject.take().ok_or(NONE_LEFT).at_step(STEP)?;
    let session = backend
        .open(&credential, "statements")
        .await
        .map_err(|(_, saw)| RunError { step: STEP.into(), what: saw.label().into() })?;
    statements(journal, &session, By::Subject, plan).await;
    Ok(())
}

async fn statements(journal: &Journal, session: &OpenSession, by: By, plan: &BackendPlan) {
    let (allowed, denied) = plan.statements();
    let all = allowed.iter().map(|s| (true, s)).chain(denied.iter().map(|s| (false, s)));
    for (allowed, statement) in all {
        let saw = session.statement(statement).await;
        journal.write(Body::Statement { by, allowed, statement: statement.to_string(), saw });
    }
}
