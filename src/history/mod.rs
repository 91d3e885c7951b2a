//! All events of a run, in order; with its head it is the evidence.
//!
//! `events.jsonl`: the first line is the [`Head`], every further line one [`Event`]. Events are appended as they happen,
//! so a killed run leaves evidence; `drill report` judges and renders it again.

mod event;
mod head;
pub mod log;
mod part;
mod proof;
mod replay;

pub use event::*;
pub use head::*;

pub use crate::authority::records::{AuditEntry, BrokersRecord, BrokersWord, Entity, Lease, Limits};
pub use crate::credential::Record;
pub use crate::observation::Stock;
pub use crate::provenance::{Engine, Origin, PROGRAM, program_commit};
pub use log::{Clock, Log};
pub use part::*;
pub use proof::*;
pub use replay::{Replay, ReplayError, replay};

/// A head with its events: what the judge gets.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
pub struct History {
    /// Plan, versions, images: what is known before the first event.
    pub head: Head,
    /// In the order of their `seq`.
    pub events: Vec<Event>,
}
