//! What is known of a run before its first event.

use crate::definition::DrillPlan;
use crate::exceptions::Exception;
use crate::provenance::Engine;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// Version of `events.jsonl` that this program writes and reads.
pub const SCHEMA: u32 = 1;

/// The first line of `events.jsonl`.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Head {
    /// Version of this format.
    pub schema: u32,
    /// The run's id, e.g. `20261124-073102-k3x9`.
    pub run: String,
    /// Version of the program.
    pub program: String,
    /// SHA-256 of the running binary, hex; absent where it could not be read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub program_sha256: Option<String>,
    /// The commit that the program was built from; absent in a build that was not told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub program_commit: Option<String>,
    /// Wall time at 0 µs of the events' clock.
    pub started: Timestamp,
    /// Who and what started it.
    pub by: Invocation,
    /// The container engine; absent in evidence of no engine.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub engine: Option<Engine>,
    /// What was to be done, resolved.
    pub drills: Vec<DrillPlan>,
    /// The day by which exceptions were judged, UTC. A verification years later judges by this day again.
    /// Absent in evidence that knows no exceptions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub as_of: Option<jiff::civil::Date>,
    /// What `exceptions.yaml` held, also what had ended by then.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub exceptions: Vec<Exception>,
    /// Made by a generator, not by servers: counts for nothing.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub synthetic: bool,
    /// What was broken on purpose, in words: a proof that a drill can fail, and of nothing else.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sabotage: Option<String>,
    /// The clock's tick: observations closer than this cannot be ordered, µs.
    #[serde(default)]
    pub clock_tick_us: u64,
}

/// Who started a run, as far as the environment says.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Invocation {
    /// The user's name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// Whether `CI` was set.
    #[serde(default)]
    pub ci: bool,
    /// The CI job's address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub job: Option<String>,
    /// The commit of the directory that holds the drills.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub commit: Option<String>,
    /// The arguments as typed.
    #[serde(default)]
    pub arguments: Vec<String>,
    /// How many drills could run at the same time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub jobs: Option<u32>,
}
