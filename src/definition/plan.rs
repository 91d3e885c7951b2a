//! The resolved plan: what `load` makes of a drill file, with every default filled in. Plain data; the head of a run carries it.
//! All durations are milliseconds.

use crate::backend::BackendPlan;

pub use crate::authority::{Caller, CallerKind, Login};
use crate::credential::{CredentialPlan, Ttls, Twin};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// So many of what works once are issued where the drill does not say, and of a second cohort for the control: a few are spent before the
/// trigger, ten a second at most after it.
pub const STOCK: u32 = 64;
/// Fewer of them are no cohort.
pub const LEAST_ONCE: u32 = 6;

/// One drill, ready to be run and to be judged.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DrillPlan {
    /// Equal to the file's name without `.yaml`.
    pub drill: String,
    /// For people; the name where the file has none.
    pub title: String,
    /// Which line of the gate it serves.
    pub system: System,
    /// Who mends the drill.
    pub owner: String,
    /// Path of the file as it was given, with `/`.
    pub file: String,
    /// SHA-256 of the file's bytes, hex.
    pub sha256: String,
    /// The official image of the authority.
    pub authority_image: String,
    /// What is issued.
    pub credential: CredentialPlan,
    /// Where it must die.
    pub backend: BackendPlan,
    /// Doors of that backend, e.g. `login`.
    pub doors: Vec<String>,
    /// In the order of the file.
    pub scenarios: Vec<ScenarioPlan>,
    /// What was not taken from production, in words for the report; e.g. `mount limits`.
    pub not_from_production: Vec<String>,
}

impl DrillPlan {
    /// The longest exposure that is acceptable at a door, ms: the scenario's; where what the authority issued is itself shown, what is left
    /// of it cannot be ended, and counts.
    pub fn limit_ms(&self, scenario: &ScenarioPlan, door: &str) -> u64 {
        match self.credential.limit_at(door) {
            Some(own) if scenario.trigger.is_requested() => own.max(scenario.limit_ms),
            _ => scenario.limit_ms,
        }
    }
}

/// One scenario, ready to be run and to be judged.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScenarioPlan {
    /// Its name in the drill.
    pub scenario: String,
    /// Where it stands, for `look at`.
    pub at: Location,
    /// What should end access.
    pub trigger: Trigger,
    /// Who asks.
    pub caller: Caller,
    /// The longest exposure that is acceptable, ms.
    pub limit_ms: u64,
    /// Nobody stated the limit: it is the program's default, and reports say so.
    pub limit_is_default: bool,
    /// What is claimed of sessions that were open before, by session kind (all of the backend's where the drill says nothing).
    pub sessions: BTreeMap<String, SessionClaim>,
    /// How many credentials are issued together and ended by one trigger.
    #[serde(default = "one")]
    pub leases: u32,
    /// How access ends.
    pub ends: Ends,
    /// What is disturbed meanwhile.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fault: Option<Fault>,
}

fn one() -> u32 {
    1
}

impl ScenarioPlan {
    /// The role's twin that the trigger needs for the subject.
    pub fn twin(&self) -> Option<Twin> {
        match self.trigger {
            Trigger::Expire { ttl_ms } => Some(Twin::Expire { ttl_ms }),
            Trigger::Renew { cap_ms, .. } => Some(Twin::Renew { cap_ms }),
            Trigger::Incident { of: IncidentOf::Role } => Some(Twin::Copy(self.scenario.clone())),
            // A cohort is revoked by its role, which is then its own: the control lives on at the stated one.
            Trigger::Revoke if self.leases > 1 => Some(Twin::Copy(self.scenario.clone())),
            Trigger::Revoke
            | Trigger::Teardown
            | Trigger::Incident { of: IncidentOf::Mount }
            | Trigger::Rotate
            | Trigger::Use => None,
        }
    }
    /// The TTLs that the subject's role is stated to have.
    pub fn stated_ttls(&self, credential: &CredentialPlan) -> Ttls {
        self.twin().and_then(|twin| twin.ttls()).unwrap_or_else(|| credential.ttls())
    }
    /// Who asks for the subject. One that will be banned is a copy of the stated caller: others go on as the original.
    pub fn subjects_caller(&self) -> Caller {
        let mut caller = self.caller.clone();
        if matches!(self.trigger, Trigger::Incident { .. }) {
            caller.name = format!("{}-{}", caller.name, self.scenario);
        }
        caller
    }
}

/// A place in a file.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Location {
    /// Path as it was given.
    pub file: String,
    /// From 1.
    pub line: u32,
    /// From 1, in characters.
    pub column: u32,
}

/// Which line of the gate a drill serves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[allow(missing_docs)] // the names are the field's own
pub enum System {
    Database,
    ObjectStore,
    MessageBroker,
    InternalApi,
    OperatorWorkflow,
    Broker,
}

impl System {
    /// All of them, in the order of the gate.
    pub const ALL: [Self; 6] = [
        Self::Database,
        Self::ObjectStore,
        Self::MessageBroker,
        Self::InternalApi,
        Self::OperatorWorkflow,
        Self::Broker,
    ];
    /// Their words, in the same order.
    pub const WORDS: [&str; 6] =
        ["database", "object-store", "message-broker", "internal-api", "operator-workflow", "broker"];

    /// As in the drill file.
    pub fn word(self) -> &'static str {
        Self::ALL.iter().zip(Self::WORDS).find(|(system, _)| **system == self).map_or("", |(_, word)| word)
    }
    /// The one that is called so.
    pub fn of(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|system| system.word() == word)
    }
}

/// What should end access.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Trigger {
    /// The operator revokes the lease.
    Revoke,
    /// Nobody does anything; the TTL ends.
    Expire {
        /// The stated TTL, ms.
        ttl_ms: u64,
    },
    /// The operator revokes the caller's token; its leases go with it.
    Teardown,
    /// The operator bans the caller and revokes everything of the role or of the mount.
    Incident {
        /// What is cleared.
        of: IncidentOf,
    },
    /// A consumer renews all the time; the cap ends it.
    Renew {
        /// The max TTL, ms.
        cap_ms: u64,
        /// Between two renewals, ms.
        every_ms: u64,
    },
    /// The operator gives the user another password; the old one is what ends.
    Rotate,
    /// It is used: what works once is spent by that.
    Use,
}

/// What an incident clears.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum IncidentOf {
    /// Every lease of a role.
    Role,
    /// Every lease of a mount.
    Mount,
}

impl IncidentOf {
    /// As in the drill file.
    pub fn word(self) -> &'static str {
        match self {
            Self::Role => "role",
            Self::Mount => "mount",
        }
    }
}

impl Trigger {
    /// As in the drill file.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Revoke => "revoke",
            Self::Expire { .. } => "expire",
            Self::Teardown => "teardown",
            Self::Incident { .. } => "incident",
            Self::Renew { .. } => "renew",
            Self::Rotate => "rotate",
            Self::Use => "use",
        }
    }
    /// The TTL or cap that ends access where nobody pulls anything, ms.
    pub fn ttl_ms(&self) -> Option<u64> {
        match self {
            Self::Expire { ttl_ms } => Some(*ttl_ms),
            Self::Renew { cap_ms, .. } => Some(*cap_ms),
            Self::Revoke | Self::Teardown | Self::Incident { .. } | Self::Rotate | Self::Use => None,
        }
    }
    /// A TTL ends it, or a cap.
    pub fn runs_out(&self) -> bool {
        self.ttl_ms().is_some()
    }
    /// Somebody sends a request to end it.
    pub fn is_requested(&self) -> bool {
        !self.runs_out() && *self != Self::Use
    }
    /// It ends one credential, and nobody is banned for it: there policy and parent are looked at, once a caller.
    pub fn ends_one(&self) -> bool {
        matches!(self, Self::Revoke | Self::Rotate)
    }
    /// How long dead must stay dead under observation, µs.
    pub fn tail_us(&self) -> u64 {
        if self.runs_out() { 250_000 } else { 1_000_000 }
    }
    /// How many credentials are ended together where the drill does not say. Of what works once every probe spends one.
    pub fn default_leases(&self, works_once: bool) -> u32 {
        match self {
            Self::Use => LEAST_ONCE,
            _ if works_once => STOCK,
            Self::Teardown => 5,
            _ => 1,
        }
    }
}

/// What is claimed of a session that was open before the trigger.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SessionClaim {
    /// It is closed within so many ms after the trigger.
    ClosedWithin {
        /// ms.
        limit_ms: u64,
    },
    /// It may live on: a failure that needs an exception.
    MayOutlive,
}

/// How access ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Ends {
    /// The credential itself is not accepted any more.
    #[default]
    Refused,
    /// The credential is accepted and may do nothing any more (a date in an inline policy).
    Denied,
}

/// What is disturbed while the trigger works.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fault {
    /// Which server.
    pub server: FaultServer,
    /// How.
    pub kind: FaultKind,
    /// For how long, ms.
    pub duration_ms: u64,
}

impl Fault {
    /// It keeps the backend from answering while the trigger works, which is then judged from its heal. A restart comes later.
    pub fn delays(&self) -> bool {
        self.server == FaultServer::Backend && self.kind != FaultKind::Restarted
    }
}

/// Which server a fault hits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[allow(missing_docs)]
pub enum FaultServer {
    Authority,
    Backend,
}

/// What a fault does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum FaultKind {
    /// The processes are frozen; ports accept and stay silent.
    Paused,
    /// SIGKILL, started again afterwards.
    Killed,
    /// OpenBao only: sealed, unsealed afterwards.
    Sealed,
    /// Backends only: stopped as its operator stops it when everything is over, and started again.
    Restarted,
}
