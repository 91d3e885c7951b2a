//! Before the trigger: the subject and the control are accepted, a wrong secret and an invented name are refused,
//! the statements of the drill's lists behave.

use super::journal::Journal;
use super::probing::Prober;
use super::{AtStep, RunError};
use crate::backend::{BackendPlan, Credential, OpenSession, Running};
use crate::credential::Issued;
use crate::history::{Body, By, Part};
use crate::secret::{Redactor, Secret};
use std::sync::Arc;

/// Probes what must be refused whatever the trigger does: `third`'s name with another secret, and a name that was never issued.
pub async fn bogus(journal: &Journal, backend: &Arc<Running>, door: &str, third: &Issued, redactor: &Redactor) {
    let altered = Credential { name: third.credential.name.clone(), secret: Secret::random(redactor) };
    let invented = backend.invented(&third.credential.name, redactor);
    for (part, credential) in [(Part::BogusSecret, altered), (Part::BogusName, invented)] {
        let mut prober = Prober::new(journal, backend, part, door, &credential);
        prober.once().await;
        prober.end();
    }
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
    subject: &Credential,
) -> Result<(), RunError> {
    let session = backend
        .open(subject, "statements")
        .await
        .map_err(|(_, saw)| RunError { step: "the subject's statements".into(), what: saw.label().into() })?;
    statements(journal, &session, By::Subject, plan).await;
    Ok(())
}

async fn statements(journal: &Journal, session: &OpenSession, by: By, plan: &BackendPlan) {
    let (allowed, denied) = plan.statements();
    let all = allowed.iter().map(|s| (true, s)).chain(denied.iter().map(|s| (false, s)));
    for (allowed, statement) in all {
        let saw = session.statement(statement).await;
        journal.write(Body::Statement { by, allowed, statement: statement.clone(), saw });
    }
}
