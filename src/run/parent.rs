//! The parent's bootstrap credential: good before the authority rotates it, refused at the backend afterwards. The inspector,
//! whom the authority does not know, is its control.

use super::journal::Journal;
use super::probing::Prober;
use super::stage::Stage;
use crate::credential::Ability;
use crate::history::Part;
use futures_util::future::join_all;

/// Before the rotation, at every door; nothing where the engine cannot rotate. The series go on in [`after`].
pub async fn before(stage: &Stage, journal: &Journal) {
    let mut pairs = probers(stage, journal);
    join_all(pairs.iter_mut().map(|(parent, control)| async { tokio::join!(parent.once(), control.once()) })).await;
    *stage.parent_probers.lock().unwrap_or_else(std::sync::PoisonError::into_inner) = pairs;
}

/// After it: between two probes of the control.
pub async fn after(stage: &Stage) {
    let kept = std::mem::take(&mut *stage.parent_probers.lock().unwrap_or_else(std::sync::PoisonError::into_inner));
    for (mut parent, mut control) in kept {
        control.once().await;
        parent.once().await;
        control.once().await;
        parent.end();
        control.end();
    }
}

fn probers(stage: &Stage, journal: &Journal) -> Vec<(Prober, Prober)> {
    let drill = stage.drill();
    let Some(parent) = stage.parents.first().filter(|_| drill.credential.can(Ability::RotatesParent)) else {
        return Vec::new();
    };
    let at = |part, door, who| Prober::new(journal, &stage.backend, part, door, who);
    let pair = |door| (at(Part::Parent, door, parent), at(Part::ParentControl, door, stage.backend.inspector()));
    drill.doors.iter().map(|door| pair(door)).collect()
}
