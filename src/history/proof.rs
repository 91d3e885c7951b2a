//! What others tried, what was granted, and where secrets were searched for. Never a secret.

use super::part::Part;
use serde::{Deserialize, Serialize};

/// What stands for the caller's token accessor, which is not shown.
pub const CALLERS_ACCESSOR: &str = "accessor of the caller's token";
/// Where a broker asks the authority whether a token still may: in its audit log that is a request of the broker's.
pub const BROKERS_QUESTION: &str = "sys/capabilities-accessor";

/// The entity that pulls triggers.
pub const OPERATOR: &str = "drill-operator";

/// Where secrets are searched for. What the run writes and what the judge asks for is one name.
pub mod place {
    /// The authority's audit log.
    pub const AUDIT_LOG: &str = "the audit log";
    /// The log that the authority itself writes.
    pub const AUTHORITYS_LOG: &str = "the authority's log";
    /// The broker's audit.
    pub const BROKERS_AUDIT: &str = "the broker's audit";
    /// The log that the broker itself writes.
    pub const BROKERS_LOG: &str = "the broker's log";
    /// The backend's own log.
    pub const BACKENDS_LOG: &str = "the backend's log";
    /// Where the parent's connection is configured.
    pub const CONNECTION: &str = "the connection as the authority shows it";
    /// So the places begin of which each container is one.
    pub const CONTAINER: &str = "environment, arguments and labels of ";
}

/// Who tries what they may not.
pub mod seeker {
    /// The subject's own caller.
    pub const CALLER: &str = "the caller";
    /// Its like of another tenant.
    pub const STRANGER: &str = "another tenant's caller";
    /// One who may do everything in another tenant's namespace.
    pub const ADMINISTRATOR: &str = "another tenant's administrator";
    /// Another caller of the same tenant.
    pub const NEIGHBOUR: &str = "another caller of the same tenant";
    /// A caller after its ban.
    pub const BANNED: &str = "the banned caller";
}

/// Which claim an attempt is made against.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Claim {
    /// A role that the caller may not use.
    RoleRefused,
    /// More than the caller's own role grants.
    ScopeRefused,
    /// Another tenant's lease, or another caller's of the same tenant.
    TenantIsolated,
    /// The parent credential.
    ParentUnreadable,
    /// A banned caller asks for a new credential.
    Reissue,
}

/// Somebody tries what they may not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attempt {
    /// Against what.
    pub claim: Claim,
    /// Who, e.g. `another tenant's administrator`.
    pub by: String,
    /// What is asked for, in words.
    pub what: String,
    /// A success of the request would be a breach by itself; of the others (a revocation) only the effect counts.
    pub reads: bool,
    /// HTTP status; 0: no answer.
    pub status: u16,
    /// The answer's errors.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub message: String,
    /// The number of the victim's probe right after it, where there is a victim.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub victim_probe: Option<u32>,
    /// Whether the authority still knew the victim's lease afterwards.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lease_known: Option<bool>,
}

/// A TTL was asked for and granted: at the issue, or by a renewal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Grant {
    /// Whose.
    pub part: Part,
    /// A renewal, and no issue.
    pub renewal: bool,
    /// What was asked for, ms.
    pub asked_ms: u64,
    /// What the authority may grant at most, ms.
    pub cap_ms: u64,
    /// When the request was sent, µs.
    pub sent_us: u64,
    /// When it was answered, µs.
    pub done_us: u64,
    /// HTTP status; 0: no answer.
    pub status: u16,
    /// What was granted, ms; 0 where nothing was.
    pub granted_ms: u64,
    /// The answer's warnings or errors.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub said: Vec<String>,
}

/// A secret was searched for, in memory, in the clear and in every encoding that the redactor knows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Search {
    /// `credentials` or `parent`.
    pub of: String,
    /// Where.
    pub place: String,
    /// How many secrets were searched for.
    pub secrets: u64,
    /// How many lines were searched.
    pub lines: u64,
    /// Something that must be there (a name, a request's id) was found by the same search.
    pub control_found: bool,
    /// In how many lines a secret was found.
    pub found: u64,
}
