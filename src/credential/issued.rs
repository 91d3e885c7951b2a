//! What every kind's issuer is asked with and answers: requests, credentials with their records, how they end.

use super::Record;
use crate::authority::{Answer, AuthorityError};
use crate::backend::Credential;
use crate::secret::{Redactor, Secret};
use serde_json::Value;

/// A request that issues.
#[derive(Debug, Clone, PartialEq)]
pub struct Ask {
    /// GET, POST.
    pub method: &'static str,
    /// Without `/v1/`.
    pub path: String,
    /// JSON.
    pub body: Option<Value>,
}

impl Ask {
    /// Ends every lease whose id begins so, and is answered when that is done.
    pub fn revoke_prefix(prefix: &str) -> Self {
        let path = format!("sys/leases/revoke-prefix/{prefix}");
        Self { method: "PUT", path, body: Some(serde_json::json!({"sync": true})) }
    }
    /// The engine makes up everything by itself.
    pub(super) fn read(path: String) -> Self {
        Self { method: "GET", path, body: None }
    }
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

/// What the operator asks of the authority to end one credential.
#[derive(Debug, Clone, PartialEq)]
pub enum Revocation {
    /// Its lease is revoked.
    Lease,
    /// A request of the kind's own, in words and as it is sent. Its path ends with the record's id: by that the audit log says what
    /// was ended.
    Own(String, Ask),
    /// Everything of the role is revoked, whose path that issues this is: a stock of what works once is ended as a whole.
    Role(String),
    /// The token that asked for it is revoked, so that nobody gets another one by it; the backend is told besides.
    Token,
}

/// Where the parent's configuration is at the authority.
#[derive(Debug, Clone)]
pub struct ParentPaths {
    /// Read (where the engine lets anybody), and changed.
    pub config: String,
    /// Rotates it, where the engine can.
    pub rotate: Option<String>,
    /// It stands in the root namespace, and not in the tenant's.
    pub in_root: bool,
}

/// A role that somebody else writes at a mount of their own.
pub struct Hostile {
    /// What it is, in words.
    pub what: &'static str,
    /// Its body; none where nobody writes roles, and the other tenant's own one is meant.
    pub body: Option<Value>,
    /// How it is asked: GET, POST.
    pub method: &'static str,
    /// Between mount and role of the path that issues.
    pub verb: &'static str,
    /// Between mount and role of the path that makes it.
    pub roles: &'static str,
    /// What is asked for.
    pub request: Option<Value>,
}

/// OpenBao's TTLs are whole seconds; a string with a unit keeps that visible.
pub(super) fn seconds(ms: u64) -> String {
    format!("{}s", ms / 1000)
}

/// A leased user as an engine answers it: name, password, lease.
///
/// # Errors
/// The answer lacks one of them.
pub(super) fn issued_user(
    answer: &Answer,
    role: &str,
    twin_of: Option<String>,
    namespace: &str,
    redactor: &Redactor,
) -> Result<Issued, AuthorityError> {
    let credential = Credential {
        name: answer.text("/data/username")?.to_string(),
        secret: Secret::new(answer.text("/data/password")?.to_string(), redactor),
    };
    let record = Record {
        id: answer.text("/lease_id")?.to_string(),
        name: credential.name.clone(),
        role: role.into(),
        twin_of,
        namespace: namespace.into(),
        ttl_ms: answer.number("/lease_duration")? * 1000,
        renewable: answer.body.get("renewable").and_then(Value::as_bool).unwrap_or(false),
        stated_end: None,
        request_id: answer.text("/request_id").ok().map(str::to_string),
    };
    Ok(Issued { credential, record, warnings: answer.warnings() })
}
