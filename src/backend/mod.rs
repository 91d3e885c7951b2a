//! Backends: the servers that must refuse. One folder a backend, one arm here.
//!
//! The pure part of each (shape in the drill file, doors, session kinds, the closed table of codes) builds without the `engine` feature.

pub mod postgres;
#[cfg(feature = "engine")]
mod running;
#[cfg(feature = "engine")]
pub use running::{LoggedRefusal, OpenSession, Running};

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
    /// Where in the project another configuration of its server is.
    pub fn variant(&self, name: &str) -> String {
        match self {
            Self::Postgres(_) => format!("fixtures/postgres/{name}.pg_hba.conf"),
        }
    }
    /// What the credential must be able to do, and what must be denied to it.
    pub fn statements(&self) -> (&[String], &[String]) {
        match self {
            Self::Postgres(p) => (&p.allowed, &p.denied),
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

/// A name and its secret: what a probe presents.
#[derive(Clone)]
pub struct Credential {
    /// The name that the backend knows.
    pub name: String,
    /// What proves it.
    pub secret: crate::secret::Secret,
}

/// Something at a backend that had to work and did not; exit 3.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{0}")]
pub struct BackendError(pub String);

#[cfg(feature = "engine")]
impl From<crate::environment::EnvError> for BackendError {
    fn from(e: crate::environment::EnvError) -> Self {
        Self(e.what)
    }
}
