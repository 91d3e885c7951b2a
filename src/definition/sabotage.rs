//! Sabotages: set-ups broken on purpose, each with the checks that must turn red. Not part of a drill file.

use super::{Fault, FaultKind, FaultServer};
use crate::backend::BackendPlan;
use crate::document::Project;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::path::Path;

/// What the history calls its steps and its troubles: nothing else's name begins so.
pub const STEP: &str = "sabotage";
/// The steps of the runner that can be left out.
const SKIPPABLE: &[&str] = &[
    "bogus",
    "reissue",
    "inventory-after",
    "owner",
    "owner-claim",
    "no-default-policy",
    "rotate-root",
    "own-parent",
    "own-audit-log",
    "save-before-restart",
    "end-at-backend",
    "right-prefix",
    "own-provider",
];

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
    /// The texts of the variants that it names.
    #[serde(skip)]
    variants: BTreeMap<String, String>,
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
    /// A step of the runner is left out: one of [`SKIPPABLE`].
    Skip(String),
    /// The broker is one that is broken on purpose, in this way, from its start.
    Broker(String),
    /// Another configuration of the backend's server, from `fixtures/<backend>/`.
    Variant(String),
}

/// A request to the authority.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Request {
    /// GET, POST, …
    pub method: String,
    /// Without `/v1/`; `${backend.host}` and, once there is a subject, `${subject.lease}`, `${subject.name}`, `${role}` are filled in.
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
            return Err("a fault has exactly one of paused, killed, sealed, restarted".into());
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
    /// What is wrong with the broker.
    pub fn broken_broker(&self) -> Option<&str> {
        self.at.values().flatten().find_map(|action| match action {
            Action::Broker(how) => Some(how.as_str()),
            _ => None,
        })
    }
    /// Reads a sabotage file.
    ///
    /// # Errors
    /// In words, with the place.
    pub fn read(path: &Path) -> Result<Self, String> {
        let text = std::fs::read_to_string(path).map_err(|e| format!("{}: {e}", path.display()))?;
        let sabotage: Self = serde_yaml::from_str(&text).map_err(|e| format!("{}: {e}", path.display()))?;
        for action in sabotage.at.values().flatten() {
            action.check().map_err(|e| format!("{}: {e}", path.display()))?;
        }
        Ok(sabotage)
    }

    /// Reads the server configurations that it names.
    ///
    /// # Errors
    /// One of them is not there; in words.
    pub fn read_variants(&mut self, backend: &BackendPlan, project: &Project) -> Result<(), String> {
        let names: Vec<String> = self.at.values().flatten().filter_map(Action::variant).map(str::to_string).collect();
        for name in names {
            let text = project.read(&backend.variant(&name)).map_err(|problem| problem.to_string())?;
            self.variants.insert(name, text);
        }
        Ok(())
    }

    /// The text of a variant that was read.
    pub fn variant(&self, name: &str) -> Option<&str> {
        self.variants.get(name).map(String::as_str)
    }

    /// How many steps it has; each that was done is in the history.
    pub fn steps(&self) -> usize {
        self.at.values().flatten().filter(|action| !matches!(action, Action::Skip(_))).count()
    }
}

impl Action {
    fn variant(&self) -> Option<&str> {
        match self {
            Self::Variant(name) => Some(name),
            _ => None,
        }
    }

    /// What is wrong with it, as far as the file alone tells.
    fn check(&self) -> Result<(), String> {
        match self {
            Self::Fault(fault) => fault.resolve().map(|_| ()),
            Self::Skip(step) if !SKIPPABLE.contains(&step.as_str()) => {
                Err(format!("there is no step `{step}` to skip; there are {}", SKIPPABLE.join(", ")))
            }
            _ => Ok(()),
        }
    }
}
