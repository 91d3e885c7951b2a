//! Where what was tested came from: the engine, and the images that ran on it.

use serde::{Deserialize, Serialize};

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
