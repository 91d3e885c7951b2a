//! Runs drills: servers up, credentials issued, bracketed, ended, probed until settled. Knows no rule: it writes down what it saw.

mod another;
mod attacks;
mod bracket;
mod broker;
mod brokered;
mod brokers_log;
mod context;
mod drill;
mod house;
mod issues;
mod journal;
mod keep;
mod lead;
mod leases;
mod office;
mod openbao;
mod opening;
mod outage;
mod pace;
mod parent;
mod policy;
mod prepare;
mod probing;
mod proof;
mod reasons;
mod renewal;
mod roles;
mod sabotage;
mod scenario;
mod scenario_run;
mod sessions;
mod set_up;
mod stage;
mod stock;
mod supply;
mod teardown;
mod trigger;

pub use context::RunContext;
pub use drill::run_drill;
pub use house::House;

/// Told what goes on: drill, words.
pub type Say = std::sync::Arc<dyn Fn(&str, &str) + Send + Sync>;
/// The servers' own logs, by name.
pub type ServerLogs = Vec<(String, crate::environment::KeptLog)>;

/// The step that ends what a drill issued and looks for it at the backend; a problem of it means that something may be left.
pub const ENDING: &str = "ending what is left";

/// An entry is in the log before its answer arrives; the engine's log stream is slower.
const LOG_LAG: std::time::Duration = std::time::Duration::from_secs(3);

/// What kept a scenario or a drill from being run to its end. The judge turns it into inconclusive.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{step}: {what}")]
pub struct RunError {
    /// Which step.
    pub step: String,
    /// What happened.
    pub what: String,
}

impl RunError {
    /// The sabotage itself did not work: then nothing that follows is what it states.
    fn of_sabotage(self) -> Self {
        Self { step: format!("{} ({})", crate::definition::sabotage::STEP, self.step), what: self.what }
    }
}

/// Names the step of an error.
pub(crate) trait AtStep<T> {
    /// Turns any error into one of this step.
    fn at_step(self, step: &str) -> Result<T, RunError>;
}

impl<T, E: std::fmt::Display> AtStep<T> for Result<T, E> {
    fn at_step(self, step: &str) -> Result<T, RunError> {
        self.map_err(|e| RunError { step: step.into(), what: e.to_string() })
    }
}
