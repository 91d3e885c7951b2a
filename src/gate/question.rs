//! What the gate is asked: the level, and all that it is judged by.

use super::evidence::Evidence;
use super::inventory::Inventory;
use super::load::Gate;
use super::readiness::SetAside;
use super::time::Now;
use crate::definition::DrillPlan;
use crate::exceptions::Exception;
use crate::history::History;
use crate::verdict::Verdicts;
use jiff::Timestamp;
use jiff::civil::Date;

/// What is to be judged, and by what.
pub struct Question<'a> {
    /// The level.
    pub gate: &'a Gate,
    /// All drills as they are defined now.
    pub drills: &'a [DrillPlan],
    /// What is in use.
    pub inventory: Option<&'a Inventory>,
    /// What `exceptions.yaml` holds now, also what has ended.
    pub exceptions: &'a [Exception],
    /// Every run that could be read.
    pub evidence: &'a [Evidence],
    /// Every run that could not.
    pub unreadable: &'a [SetAside],
    /// The day that exceptions and ages are judged by, UTC.
    pub as_of: Date,
    /// Wall time.
    pub clock: Timestamp,
    /// Generated evidence counts.
    pub allow_synthetic: bool,
    /// The judge of a run.
    pub judge: &'a dyn Fn(&History) -> Verdicts,
}

impl Question<'_> {
    /// The instant that ages are counted to.
    pub fn now(&self) -> Now {
        Now::on(self.as_of, self.clock)
    }
}
