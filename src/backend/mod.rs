//! Backends: the servers that must refuse. One folder a backend, one arm here.
//!
//! The pure part of each (shape in the drill file, doors, session kinds, the closed table of codes) builds without the `engine` feature.

pub mod postgres;

use serde::{Deserialize, Serialize};

/// A drill's backend, resolved.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum BackendPlan {
    /// PostgreSQL.
    Postgres(postgres::PostgresPlan),
}

impl BackendPlan {
    /// As in the drill file.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Postgres(_) => "postgres",
        }
    }
    /// As its makers write it.
    pub fn product(&self) -> &'static str {
        match self {
            Self::Postgres(_) => "PostgreSQL",
        }
    }
    /// The official image's reference.
    pub fn image(&self) -> &str {
        match self {
            Self::Postgres(p) => &p.image,
        }
    }
    /// The ways in, in the order of the reports.
    pub fn doors(&self) -> &'static [&'static str] {
        match self {
            Self::Postgres(_) => postgres::DOORS,
        }
    }
    /// The kinds of session that can be open when the trigger comes.
    pub fn session_kinds(&self) -> &'static [&'static str] {
        match self {
            Self::Postgres(_) => postgres::SESSION_KINDS,
        }
    }
}
