//! Issuing, whichever kind it is: what `run` may ask for.

use super::{CredentialPlan, Record, Twin, database};
use crate::authority::{AuthorityError, Bao, Tenant};
use crate::backend::Credential;
use crate::secret::Redactor;
use serde_json::Value;

/// A role at the authority.
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
    /// What the authority said besides: a capped TTL.
    pub warnings: Vec<String>,
}

impl Issuer {
    /// The stated role at the tenant's usual mount, or at another one; nothing is asked of the authority.
    pub fn new(plan: &CredentialPlan, tenant: &Tenant, mount: Option<&str>) -> Self {
        match plan {
            CredentialPlan::Database(plan) => {
                let mount = mount.unwrap_or(database::issue::MOUNT);
                Self::Database(database::issue::Issuer::new(plan, tenant, mount))
            }
        }
    }
    /// Mounts the engine, which needs no backend yet.
    ///
    /// # Errors
    /// The authority refuses.
    pub async fn mount(&self) -> Result<(), AuthorityError> {
        match self {
            Self::Database(i) => i.mount().await,
        }
    }
    /// Connects the engine with its backend. `connection` is the backend's own.
    ///
    /// # Errors
    /// The authority refuses, or cannot reach the backend as the parent.
    pub async fn connect(&self, connection: Value) -> Result<(), AuthorityError> {
        match self {
            Self::Database(i) => i.connect(connection).await,
        }
    }
    /// Gives the parent a secret that only the authority knows.
    ///
    /// # Errors
    /// The authority refuses.
    pub async fn rotate_parent(&self) -> Result<(), AuthorityError> {
        match self {
            Self::Database(i) => i.rotate_parent().await,
        }
    }
    /// The same role under another name.
    #[must_use]
    pub fn twin(&self, twin: &Twin) -> Self {
        match self {
            Self::Database(i) => Self::Database(i.twin(twin)),
        }
    }
    /// Writes the role.
    ///
    /// # Errors
    /// The authority refuses.
    pub async fn write(&self) -> Result<(), AuthorityError> {
        match self {
            Self::Database(i) => i.write().await,
        }
    }
    /// Its mount and its name.
    pub fn place(&self) -> (&str, &str) {
        match self {
            Self::Database(i) => i.place(),
        }
    }
    /// What every lease of it begins with, and the path that issues.
    pub fn path(&self) -> String {
        match self {
            Self::Database(i) => i.path(),
        }
    }
    /// The paths of the parent's configuration: the first is read and changed, the second rotates.
    pub fn parent_paths(&self) -> [String; 2] {
        match self {
            Self::Database(i) => i.parent_paths(),
        }
    }
    /// Whether a role that was read back grants what the drill states.
    pub fn as_stated(&self, data: &Value) -> bool {
        match self {
            Self::Database(i) => i.as_stated(data),
        }
    }
    /// The body of a role whose statements reach for another's user.
    pub fn hostile(&self, statements: &[String]) -> Value {
        match self {
            Self::Database(i) => i.hostile(statements),
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
