//! The authority is sealed for a moment when every scenario of a drill is over: a backend that asks it at every login must not let the
//! dead in because nobody answers.

use super::issues::Finished;
use super::probing::Prober;
use super::scenario_run::ScenarioRun;
use super::stage::Stage;
use super::{AtStep, RunError};
use crate::credential::Ability;
use crate::definition::Trigger;
use crate::history::{Body, Part};
use futures_util::future::join_all;

/// So often each is tried while the authority is sealed.
const TRIES: usize = 3;

/// The subject of each revocation and its control, before, while and after the authority is sealed.
///
/// # Errors
/// It could not be sealed, or did not come back.
pub async fn look(stage: &Stage, finished: &[(&ScenarioRun, Finished)]) -> Result<(), RunError> {
    let looked_at: Vec<_> = finished.iter().filter(|(run, _)| run.plan.trigger == Trigger::Revoke).collect();
    if looked_at.is_empty() || !stage.drill().credential.can(Ability::IsAsked) {
        return Ok(());
    }
    let mut pairs: Vec<(Prober, Prober)> = Vec::new();
    for (run, finished) in &looked_at {
        for door in &stage.drill().doors {
            let at = |part, supply| Prober::new(&run.journal, &stage.backend, part, door, supply);
            let issues = &finished.issues;
            pairs.push((at(Part::Unasked, &issues.presented[0]), at(Part::UnaskedControl, &issues.controls)));
        }
    }
    once(&mut pairs).await;
    let operator = &stage.office.actors.operator;
    operator.call("PUT", "sys/seal", None).await.at_step("sealing the authority")?;
    let (run, _) = looked_at[0];
    let from_us = run.journal.now_us();
    for _ in 0..TRIES {
        once(&mut pairs).await;
    }
    let to_us = run.journal.now_us();
    stage.office.server.unseal(operator).await.at_step("unsealing the authority")?;
    for (run, _) in &looked_at {
        run.journal.write(Body::Outage { from_us, to_us });
    }
    once(&mut pairs).await;
    for (subject, control) in pairs {
        subject.end();
        control.end();
    }
    Ok(())
}

async fn once(pairs: &mut [(Prober, Prober)]) {
    join_all(pairs.iter_mut().map(|(subject, control)| async { tokio::join!(subject.once(), control.once()) })).await;
}
