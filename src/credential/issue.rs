//! Issuing, whichever kind it is: what `run` may ask for.

use super::{CredentialPlan, Record, database};
use crate::authority::{AuthorityError, Bao, Tenant};
use crate::backend::Credential;

use crate::secret::Redactor;

/// A prepared role at the authority.
#[derive(Clone)]
pub enum Issuer {
    /// OpenBao's database engine.
    Database(database::issue::Issuer),
}

/// An issued credential with its record.
#[derive(Clone)]
pub struct Issued {
    /// Name and secret.
    pub credential: Credential,
    /// What is known of it.
    pub record: Record,
}

impl Issuer {
    /// Mounts the engine and makes the role, which needs no backend yet.
    ///
    /// # Errors
    /// The authority refuses.
    pub async fn prepare(plan: &CredentialPlan, tenant: &Tenant) -> Result<Self, AuthorityError> {
        match plan {
            CredentialPlan::Database(plan) => Ok(Self::Database(database::issue::Issuer::prepare(plan, tenant).await?)),
        }
    }
    /// Connects the engine with its backend. `connection` is the backend's own.
    ///
    /// # Errors
    /// The authority refuses, or cannot reach the backend as the parent.
    pub async fn connect(&self, connection: serde_json::Value) -> Result<(), AuthorityError> {
        match self {
            Self::Database(i) => i.connect(connection).await,
        }
    }
    /// The path and capability that a caller needs, for the role and for its twins with these TTLs (ms).
    pub fn paths(plan: &CredentialPlan, twins: &[u64]) -> Vec<(String, &'static str)> {
        match plan {
            CredentialPlan::Database(plan) => database::issue::paths(plan, twins),
        }
    }
    /// Makes a twin of the role with another TTL (ms), because the caller cannot state one.
    ///
    /// # Errors
    /// The authority refuses.
    pub async fn twin(&self, ttl_ms: u64) -> Result<Self, AuthorityError> {
        match self {
            Self::Database(i) => Ok(Self::Database(i.twin(ttl_ms).await?)),
        }
    }
    /// Issues a credential to a caller.
    ///
    /// # Errors
    /// The authority refuses or does not answer.
    pub async fn issue(&self, caller: &Bao, redactor: &Redactor) -> Result<Issued, AuthorityError> {
        match self {
            Self::Database(i) => i.issue(caller, redactor).await,
        }
    }
}
