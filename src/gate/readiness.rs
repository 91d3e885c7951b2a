//! What the gate says: plain data, decided once. Writers only format it.

use crate::definition::System;
use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

/// Version of `gate.json`.
pub const SCHEMA: u32 = 1;

/// A level, judged.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Readiness {
    /// Generated evidence was allowed to count: this proves nothing, and the first line of every output says so.
    pub synthetic: bool,
    /// Version of this format.
    pub schema: u32,
    /// `RL3`.
    pub level: String,
    /// What the level is, in the gate file's words.
    pub title: String,
    /// The verdict.
    pub outcome: GateOutcome,
    /// Wall time of the judgement.
    pub judged_at: Timestamp,
    /// The day that exceptions and ages are judged by, UTC.
    pub as_of: Date,
    /// Path of the gate file as it was given.
    pub gate_file: String,
    /// SHA-256 of its bytes, hex.
    pub gate_sha256: String,
    /// Version of the program that judged.
    pub program: String,
    /// What the level asks, the worst first.
    pub requirements: Vec<RequirementResult>,
    /// One row a drill, and one for each kind of system that has none; in the order of the kinds.
    pub systems: Vec<SystemRow>,
    /// Kinds of system that the level asks for and that no counting evidence is of.
    pub kinds_missing: Vec<KindMissing>,
    /// Kinds of system that somebody answers for not using.
    pub kinds_not_in_use: Vec<KindNotInUse>,
    /// Exceptions that cover a failure, the one that ends first first.
    pub exceptions: Vec<ExceptionUse>,
    /// Exceptions that are written down and were not applied: ended, too long, not begun.
    pub exceptions_refused: Vec<ExceptionRefused>,
    /// Evidence that counts.
    pub evidence: Vec<EvidenceUse>,
    /// Evidence that does not count, and why.
    pub set_aside: Vec<SetAside>,
    /// Runs of the same definition and servers, close to each other, that say different things.
    pub contradictions: Vec<Contradiction>,
    /// What is in use, held against the drills; absent where there is no inventory.
    pub inventory: Option<Coverage>,
    /// Who signed the evidence, in one line for the report's head; absent where it is not signed.
    pub signature: Option<String>,
}

/// The verdict of a gate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum GateOutcome {
    /// Every requirement is met.
    Ready,
    /// None is not met, and of at least one nothing is known.
    Inconclusive,
    /// At least one is not met.
    NotReady,
}

impl GateOutcome {
    /// As in first lines: `NOT READY`.
    pub fn loud(self) -> &'static str {
        match self {
            Self::Ready => "READY",
            Self::Inconclusive => "INCONCLUSIVE",
            Self::NotReady => "NOT READY",
        }
    }
}

/// The verdict of one requirement. The order is the precedence: the worst decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Met {
    /// Proved for every kind that it is asked of.
    Met,
    /// Nothing is known either way.
    Inconclusive,
    /// Proved wrong, or asked for and not there.
    NotMet,
}

impl Met {
    /// As in tables: `NOT MET`.
    pub fn loud(self) -> &'static str {
        match self {
            Self::Met => "met",
            Self::Inconclusive => "INCONCLUSIVE",
            Self::NotMet => "NOT MET",
        }
    }
}

/// One line of the gate.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RequirementResult {
    /// Its id in the gate file, e.g. `revocation`.
    pub id: String,
    /// The sentence of the pattern that it stands for.
    pub pattern: String,
    /// The verdict.
    pub outcome: Met,
    /// Why it is not met or not known, the worst first; empty where it is met.
    pub reasons: Vec<Why>,
    /// Where it is met: what shows it, in one line, e.g. `5 of 5 systems, slowest 212 ms (s3-broker), limit 2 s`.
    pub shown: String,
}

/// One reason for a requirement's verdict.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Why {
    /// How bad it is.
    pub outcome: Met,
    /// What is the matter, in one line, e.g. `message-broker: no drill`.
    pub what: String,
    /// The whole id of the check, where it is one check's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub check: Option<String>,
    /// The run that it was seen in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub evidence: Option<EvidenceLink>,
    /// What to do about it.
    pub todo: String,
}

/// Where evidence lies.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EvidenceLink {
    /// The run's id.
    pub run: String,
    /// Its directory as it was given.
    pub dir: String,
}

/// One drill (or a kind of system without any) in the table of systems.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SystemRow {
    /// The kind of system.
    pub system: System,
    /// The drill; absent where the kind has none.
    pub drill: Option<String>,
    /// The role at the authority.
    pub role: Option<String>,
    /// Who answers for the caller.
    pub owner: Option<String>,
    /// Whose it is.
    pub tenant: Option<String>,
    /// Where role and owner come from, e.g. `exported 2026-11-20`, `drill file`.
    pub basis: String,
    /// How it ends when somebody ends it.
    pub revoke: Cell,
    /// How it ends by itself.
    pub expire: Cell,
    /// Owner, tenant, scope, TTL, lease.
    pub metadata: Cell,
    /// Issuance, revocation, actor, tenant, no secret.
    pub audit: Cell,
    /// The parent credential.
    pub parent: Cell,
    /// Days since the oldest evidence that this row rests on.
    pub tested_days_ago: Option<i64>,
    /// The evidence that the row rests on, the oldest first.
    pub evidence: Vec<EvidenceLink>,
}

/// What one cell of that table says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CellOutcome {
    /// All passed.
    Passed,
    /// A failure is covered by an exception.
    Excepted,
    /// Nothing was proved either way.
    Inconclusive,
    /// Proved wrong.
    Failed,
    /// Nothing counts that shows it.
    Missing,
}

/// One cell.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cell {
    /// The worst of its checks.
    pub outcome: CellOutcome,
    /// In a few words: `6–11 ms`, `EXCEPTED EX-7 to 2026-12-31`, `no evidence`; empty where the mark says it all.
    pub text: String,
    /// Whole ids of the checks that it is about, those that decide it.
    pub checks: Vec<String>,
    /// The worst exposure of the credential itself: never before, µs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lower_us: Option<i64>,
    /// And never after, µs; absent where no end was seen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub upper_us: Option<i64>,
}

impl Cell {
    /// Nothing counts that shows it.
    pub fn missing(text: &str) -> Self {
        Self { outcome: CellOutcome::Missing, text: text.into(), checks: Vec::new(), lower_us: None, upper_us: None }
    }
}

/// A kind of system that is asked for and has no counting evidence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KindMissing {
    /// Which.
    pub system: System,
    /// `no drill`, or why its evidence does not count.
    pub why: String,
    /// What the inventory names of that kind, e.g. `rmq/roles/app (team-mail)`.
    pub in_use: Vec<String>,
}

/// A kind of system that somebody answers for not using.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KindNotInUse {
    /// Which.
    pub system: System,
    /// Who says so.
    pub owner: String,
    /// Why there is none.
    pub reason: String,
}

/// An exception that covers a failure.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExceptionUse {
    /// Its id.
    pub id: String,
    /// The whole id of the check that it covers.
    pub check: String,
    /// Who answers for it.
    pub owner: String,
    /// Why it is needed.
    pub reason: String,
    /// Who granted it.
    pub granted_by: String,
    /// When.
    pub granted_on: Date,
    /// Its last day.
    pub ends: Date,
    /// Days left; 0 on its last day.
    pub days_left: i32,
    /// What stands in for the check meanwhile.
    pub compensating_control: String,
}

/// An exception that was not applied.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExceptionRefused {
    /// Its id.
    pub id: String,
    /// The whole id of the check that it would cover.
    pub check: String,
    /// Who answers for it.
    pub owner: String,
    /// Why not, e.g. `ended 2026-10-31`, `granted for 120 days, the gate allows 90`.
    pub why: String,
}

/// A run that counts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EvidenceUse {
    /// Which, and where.
    pub link: EvidenceLink,
    /// When it began.
    pub started: Timestamp,
    /// SHA-256 of `events.jsonl`, hex.
    pub events_sha256: String,
    /// Version of the program that ran it.
    pub program: String,
    /// `drill/scenario` that it counts for.
    pub scenarios: Vec<String>,
    /// Servers in words, e.g. `OpenBao 2.7.2 (stand-in)`.
    pub servers: Vec<String>,
    /// Who signed it, in one line; absent where it is not signed.
    pub signature: Option<String>,
}

/// Evidence that does not count.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SetAside {
    /// The run's id; empty where it could not even be read.
    pub run: String,
    /// Where it lies.
    pub dir: String,
    /// The drill or `drill/scenario` that it would count for; empty for the whole run.
    pub of: String,
    /// Why it does not count.
    pub why: String,
}

/// Two runs close to each other that do not agree.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Contradiction {
    /// `drill/scenario`.
    pub of: String,
    /// The one whose verdict is worse: it counts.
    pub worse: EvidenceLink,
    /// Its verdict: `failed`.
    pub worse_outcome: String,
    /// The other.
    pub other: EvidenceLink,
    /// Its verdict.
    pub other_outcome: String,
    /// Checks whose verdicts differ: whole ids.
    pub checks: Vec<String>,
}

/// What is in use, held against the drills.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Coverage {
    /// The inventory's file or directory as it was given.
    pub file: String,
    /// How many roles it names.
    pub roles: usize,
    /// Roles without a drill.
    pub uncovered: Vec<RoleInUse>,
    /// Drills whose role is not in it.
    pub drills_without_role: Vec<String>,
}

/// A role that is in use.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoleInUse {
    /// The kind of system; absent where an export does not tell.
    pub system: Option<System>,
    /// As it is addressed: `rmq/roles/app`.
    pub path: String,
    /// Its name.
    pub role: String,
    /// Who answers for it; absent where an export does not tell.
    pub owner: Option<String>,
}
