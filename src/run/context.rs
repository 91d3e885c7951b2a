//! What a run hands to each of its drills.

use super::house::House;
use crate::definition::sabotage::Sabotage;
use crate::environment::{EngineHandle, ImageMode, Labels};
use crate::history::log::Log;
use crate::secret::Redactor;
use std::sync::{Arc, Mutex};

/// What all drills of a run share.
#[derive(Clone)]
pub struct RunContext {
    /// The container engine.
    pub engine: EngineHandle,
    /// The run's labels.
    pub labels: Labels,
    /// `--images`.
    pub images: ImageMode,
    /// Where events go.
    pub log: Log,
    /// For new secrets.
    pub redactor: Redactor,
    /// What is broken on purpose.
    pub sabotage: Option<Arc<Sabotage>>,
    /// What to say while it goes on.
    pub say: super::Say,
    /// The servers' own logs, by name, kept where the run did not pass.
    pub server_logs: Arc<Mutex<super::ServerLogs>>,
    /// The OpenBao that drills share, where they do.
    pub house: Option<Arc<House>>,
    /// Keep the servers, and write a person's login into this file.
    pub keep: Option<std::path::PathBuf>,
}
