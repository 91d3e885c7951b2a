//! What everybody who works in a scenario is handed.

use super::journal::Journal;
use super::prepare::Prepared;
use super::sabotage::Hooks;
use super::stage::Stage;
use crate::definition::ScenarioPlan;
use crate::secret::Redactor;
use std::sync::Arc;

/// What a scenario needs; everything in it outlives the scenario.
pub struct ScenarioRun {
    /// Its pen.
    pub journal: Journal,
    /// Its own plan.
    pub plan: ScenarioPlan,
    /// The drill's servers and actors.
    pub stage: Arc<Stage>,
    /// Its caller and roles.
    pub prepared: Prepared,
    /// What a sabotage does.
    pub hooks: Hooks,
    /// For new secrets.
    pub redactor: Redactor,
    /// For the audit log's correlation ids: `<run>.<drill>.<scenario>`.
    pub correlation: String,
}
