//! What one attempt to use a credential saw: the words every other module speaks.
//!
//! Observations are typed and staged. Nothing here decides what an observation *proves*; that is `verdict`.

use serde::{Deserialize, Serialize};

/// What one probe saw. Only the first three are answers of the backend.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Saw {
    /// The credential was accepted, and the answer showed `server`: something that set-up saw or put at this run's server.
    Accepted {
        /// The identity that the answer showed (start time, a marker row); compared with the `Server` event by the judge.
        server: String,
    },
    /// The credential was accepted; this operation is forbidden.
    Denied {
        /// The protocol's code, e.g. `42501 aclcheck_error`.
        code: String,
    },
    /// The credential itself is not accepted.
    Refused {
        /// The protocol's code, e.g. `28P01 auth_failed`.
        code: String,
        /// What this code can mean by the backend's closed table.
        meaning: Meaning,
    },
    /// No answer of the backend at all: refused connection, reset, end of file, time-out.
    Unreachable {
        /// What happened, in the field's words: `connection refused`, `time-out after 1000 ms`.
        why: String,
    },
    /// An answer that the backend's closed table does not know, or that this run's server cannot have given.
    Unclassified {
        /// What came, cleaned of secrets.
        what: String,
    },
}

/// What a refusal's code can mean.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Meaning {
    /// Only a credential that was once good and is not any more.
    Dead,
    /// Only a credential that never was good.
    Bogus,
    /// The code does not tell the two apart.
    Both,
}

impl Meaning {
    /// Whether a credential that the trigger should have ended may meet this code.
    pub fn may_be_dead(self) -> bool {
        matches!(self, Self::Dead | Self::Both)
    }
    /// Whether a wrong secret or an invented name may meet this code.
    pub fn may_be_bogus(self) -> bool {
        matches!(self, Self::Bogus | Self::Both)
    }
}

/// How far an attempt came when it got its answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Stage {
    /// Before the credential was looked at, or while it was: a fresh login.
    Login,
    /// On a session that was opened earlier.
    Open,
    /// After login: one statement, one object, one queue.
    Scope,
}

impl Saw {
    /// The backend granted something to the holder: `Accepted`, and `Denied` (the credential was accepted).
    pub fn is_acceptance(&self) -> bool {
        matches!(self, Self::Accepted { .. } | Self::Denied { .. })
    }
    /// The code or cause in one word or phrase, for reports.
    pub fn label(&self) -> &str {
        match self {
            Self::Accepted { .. } => "accepted",
            Self::Denied { code } | Self::Refused { code, .. } => code,
            Self::Unreachable { why } => why,
            Self::Unclassified { what } => what,
        }
    }
}

/// What was taken stock of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Stock {
    /// Leases or records at the authority.
    Leases,
    /// Users (roles, accounts) at the backend.
    Users,
    /// Sessions at the backend, by user or, where the user is gone, by what the inspector wrote down when they were opened.
    Sessions,
    /// Objects, queues, grants that the credential left behind.
    Objects,
}
