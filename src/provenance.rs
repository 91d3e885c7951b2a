//! Where what was tested came from: the engine, and the images that ran on it; and the program that tested it.

use serde::{Deserialize, Serialize};

/// Version of this program.
pub const PROGRAM: &str = env!("CARGO_PKG_VERSION");

/// The commit that this program was built from, with `-dirty` where its sources were changed; `None` in a build that was not told
/// (plain `cargo build`; `ci/lib/program.sh` tells).
pub fn program_commit() -> Option<&'static str> {
    option_env!("DRILL_COMMIT").filter(|commit| !commit.is_empty())
}

/// Where an image came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Origin {
    /// The official image.
    Official,
    /// Built here, because no registry answers.
    StandIn,
    /// Not a container of ours.
    External,
}

/// The container engine that was used.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Engine {
    /// `docker` or `podman`.
    pub name: String,
    /// Its version.
    pub version: String,
    /// Where it answers, e.g. `unix:///var/run/docker.sock`.
    pub endpoint: String,
    /// `loopback`, `attached` or `remote`.
    pub reach: String,
}
