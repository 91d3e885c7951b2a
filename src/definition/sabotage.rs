//! Sabotages: set-ups broken on purpose, each with the checks that must turn red. Not part of a drill file.

use super::{Fault, FaultKind, FaultServer};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::path::Path;

/// A sabotage file.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sabotage {
    /// Which drill.
    pub drill: String,
    /// Which scenario; only this one is run.
    pub scenario: String,
    /// How it happens in real life.
    pub why: String,
    /// RFC 7386 merge patch on the definition.
    #[serde(default)]
    pub patch: serde_json::Value,
    /// What is done when.
    #[serde(default)]
    pub at: BTreeMap<Point, Vec<Action>>,
    /// All checks that differ from the sound run (`trigger.exposure`, `trigger.sessions@idle`), and no others.
    pub red: BTreeMap<String, Red>,
}

/// What a sabotaged check becomes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[allow(missing_docs)]
pub enum Red {
    Failed,
    Inconclusive,
}

/// When a sabotage acts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Point {
    /// After set-up, before anything is issued.
    SetUp,
    /// The subject and the control exist.
    Issued,
    /// The bracket is complete.
    BeforeTrigger,
    /// The trigger was answered (expiry: the watch has begun).
    Acknowledged,
    /// The watch is over.
    Settled,
}

/// What a sabotage does.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Action {
    /// A request to the authority, in the drill's namespace, by an all-powerful token that only sabotaged runs have.
    Authority(Request),
    /// A script run by the subject's credential.
    AsSubject(String),
    /// A script run by the backend's administrator.
    AsAdministrator(String),
    /// A server is disturbed.
    Fault(RawFault),
    /// A command inside a server's container.
    Exec(Exec),
    /// A step of the runner is left out: `bogus`, `reissue`, `inventory-after`.
    Skip(String),
}

/// A request to the authority.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Request {
    /// GET, POST, …
    pub method: String,
    /// Without `/v1/`; `${subject.lease}`, `${subject.name}`, `${role}`, `${backend.host}` are filled in.
    pub path: String,
    /// JSON.
    #[serde(default)]
    pub body: Option<serde_json::Value>,
}

/// A command inside a container.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Exec {
    /// Which server's.
    pub r#in: FaultServer,
    /// The command.
    pub run: Vec<String>,
}

/// `{ backend: { paused: 5s } }`; `for-good` where it is never healed.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
#[allow(missing_docs)]
pub enum RawFault {
    Authority(BTreeMap<FaultKind, String>),
    Backend(BTreeMap<FaultKind, String>),
}

impl RawFault {
    /// The fault, with 0 ms for one that is never healed.
    ///
    /// # Errors
    /// Not exactly one kind, or no duration.
    pub fn resolve(&self) -> Result<Fault, String> {
        let (server, kinds) = match self {
            Self::Authority(kinds) => (FaultServer::Authority, kinds),
            Self::Backend(kinds) => (FaultServer::Backend, kinds),
        };
        let mut kinds = kinds.iter();
        let (Some((kind, duration)), None) = (kinds.next(), kinds.next()) else {
            return Err("a fault has exactly one of paused, killed, sealed".into());
        };
        if duration == "for-good" {
            return Ok(Fault { server, kind: *kind, duration_ms: 0 });
        }
        let parsed: jiff::SignedDuration =
            duration.parse().map_err(|_| format!("`{duration}` is no duration such as 5s"))?;
        let duration_ms = u64::try_from(parsed.as_millis()).map_err(|_| format!("`{duration}` is negative"))?;
        Ok(Fault { server, kind: *kind, duration_ms })
    }
}

impl Sabotage {
    /// Whether a step of the runner is to be left out.
    pub fn skips(&self, step: &str) -> bool {
        self.at.values().flatten().any(|a| matches!(a, Action::Skip(s) if s == step))
    }
    /// Reads a sabotage file.
    ///
    /// # Errors
    /// In words, with the place.
    pub fn read(path: &Path) -> Result<Self, String> {
        let text = std::fs::read_to_string(path).map_err(|e| format!("{}: {e}", path.display()))?;
        let sabotage: Self = serde_yaml::from_str(&text).map_err(|e| format!("{}: {e}", path.display()))?;
        for action in sabotage.at.values().flatten() {
            if let Action::Fault(fault) = action {
                fault.resolve().map_err(|e| format!("{}: {e}", path.display()))?;
            }
        }
        Ok(sabotage)
    }
}
