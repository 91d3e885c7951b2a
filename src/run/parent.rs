//! The parent's bootstrap credential: good before the authority rotates it, refused at the backend afterwards. The inspector,
//! whom the authority does not know, is its control.

use super::journal::Journal;
use super::probing::Prober;
use super::stage::Stage;
use crate::history::Part;

/// Before the rotation. The series goes on in [`after`].
pub async fn before(stage: &Stage, journal: &Journal) {
    let (Some(mut parent), mut control) = probers(stage, journal) else { return };
    tokio::join!(parent.once(), control.once());
    let mut kept = stage.parent_probers.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    *kept = Some((parent, control));
}

/// After it: between two probes of the control.
pub async fn after(stage: &Stage) {
    let kept = stage.parent_probers.lock().unwrap_or_else(std::sync::PoisonError::into_inner).take();
    let Some((mut parent, mut control)) = kept else { return };
    control.once().await;
    parent.once().await;
    control.once().await;
    parent.end();
    control.end();
}

fn probers(stage: &Stage, journal: &Journal) -> (Option<Prober>, Prober) {
    let door = stage.drill().doors.first().cloned().unwrap_or_default();
    let parent = stage.parents.first().map(|p| Prober::new(journal, &stage.backend, Part::Parent, &door, p));
    (parent, Prober::new(journal, &stage.backend, Part::ParentControl, &door, stage.backend.inspector()))
}
