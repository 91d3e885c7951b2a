//! What can happen in a run. Times are microseconds of one monotonic clock since the run began (`*_us`);
//! wall time is derived from the head's anchor and decides nothing.

use super::part::Part;
use super::proof::{Attempt, Grant, Search};
use crate::authority::records::{AuditEntry, BrokersRecord, Entity, Lease, Limits};
use crate::backend::Cause;
use crate::credential::Record;
use crate::observation::{Saw, Stage, Stock};
use crate::provenance::Origin;
use serde::{Deserialize, Serialize};

/// One thing that happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    /// Number in the run, from 1, without holes; a hole means that evidence was lost.
    pub seq: u64,
    /// When it was written down, µs since the run began.
    pub at_us: u64,
    /// The drill's name; empty for what concerns the whole run.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub drill: String,
    /// The scenario's name; empty for what concerns the whole drill.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub scenario: String,
    /// The state of that scenario when it happened.
    pub state: State,
    /// What happened.
    #[serde(flatten)]
    pub body: Body,
}

fn unknown() -> Cause {
    Cause::Unknown
}

/// The states of a scenario, in order; forward only.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    /// Servers, actors, roles and seed data are being prepared.
    SetUp,
    /// The subject and the control exist.
    Issued,
    /// The bracket before the trigger is complete.
    Accepted,
    /// The trigger was sent (expiry: the TTL is running out).
    Triggered,
    /// A counted refusal was seen, or the limit is past.
    Settled,
    /// The bracket after it is complete; nothing more will be observed.
    Done,
}

/// A series: the numbered probes of one credential at one door.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Series {
    /// Whose.
    pub part: Part,
    /// Where, e.g. `login`.
    pub door: String,
}

/// How the authority answered the trigger.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Ack {
    /// 2xx.
    Acknowledged {
        /// HTTP status, or the protocol's word for yes.
        status: u16,
    },
    /// Any other answer.
    Rejected {
        /// HTTP status.
        status: u16,
        /// The answer's errors, cleaned of secrets.
        message: String,
    },
    /// No answer: time-out, end of file. The trigger may or may not have been carried out.
    NoAnswer {
        /// What happened.
        why: String,
    },
}

/// When stock was taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Moment {
    /// Before the trigger: everything asked for must be there.
    Before,
    /// After the scenario settled.
    After,
}

/// One name that was asked for, and whose it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Named {
    /// Whose.
    pub part: Part,
    /// The name itself (user name, lease id); never a secret.
    pub name: String,
}

/// Who ran a statement.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum By {
    /// The subject, which must be allowed or denied.
    Subject,
    /// The backend's administrator during set-up, its effect undone: shows that the statement is no typing error.
    Administrator,
}

/// The kinds of event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "kebab-case")]
pub enum Body {
    /// A server is up.
    Server {
        /// `authority` or `backend`; with several of a role, the server's own name.
        server: String,
        /// What it is, e.g. `PostgreSQL`.
        product: String,
        /// As the server states it.
        version: String,
        /// The official reference that the drill names.
        image: String,
        /// What was started: its content id.
        image_id: String,
        /// Where that image came from.
        origin: Origin,
        /// What an acceptance must show to count as this server's.
        identity: String,
    },
    /// A step of set-up, tear-down or the run, with how long it took; for `-v` and the reports' timing.
    Step {
        /// What was done, e.g. `openbao ready`.
        name: String,
        /// When it began, µs since the run began; it ended at `at_us`.
        from_us: u64,
    },
    /// The scenario went on to the event's `state`.
    State,
    /// A credential was issued.
    Issued {
        /// Whose.
        part: Part,
        /// What is known of it.
        record: Box<Record>,
        /// When the request was sent.
        sent_us: u64,
        /// When the response had been received.
        received_us: u64,
    },
    /// One attempt to use a credential.
    Probe {
        /// Of which series.
        series: Series,
        /// Number in the series, from 1, without holes.
        n: u32,
        /// Before its first byte was sent.
        sent_us: u64,
        /// After its last byte was received, or it was given up.
        done_us: u64,
        /// How far it came.
        stage: Stage,
        /// What it saw.
        saw: Saw,
    },
    /// The credential works once: the next probe of a series presents another of its stock.
    Presents {
        /// Of which series.
        series: Series,
        /// Which probe.
        n: u32,
        /// Which of the stock, from 0, in the order of their issue.
        member: u32,
    },
    /// The backend's own log about one probe, read afterwards.
    Reason {
        /// Of which series.
        series: Series,
        /// Which probe.
        n: u32,
        /// The line's text, cleaned of secrets.
        line: String,
        /// What it means.
        #[serde(default = "unknown")]
        cause: Cause,
    },
    /// A series is complete.
    End {
        /// Which.
        series: Series,
        /// How many probes it has.
        probes: u32,
    },
    /// A statement of the drill's lists was run.
    Statement {
        /// Who ran it.
        by: By,
        /// The drill says that the credential may (`true`) or may not run it.
        allowed: bool,
        /// As in the drill file.
        statement: String,
        /// What the server answered.
        saw: Saw,
    },
    /// The trigger was sent, and answered or not.
    Trigger {
        /// What was asked for, e.g. `revoke lease database/creds/…`.
        target: String,
        /// When the request was sent.
        sent_us: u64,
        /// When it was answered or given up.
        done_us: u64,
        /// The answer.
        ack: Ack,
        /// The correlation id it carried, for the audit log.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        correlation: Option<String>,
    },
    /// A server was disturbed on purpose, by the scenario or by a sabotage.
    Fault {
        /// `authority` or `backend`.
        server: String,
        /// `paused`, `killed`, `sealed`, …
        kind: String,
        /// When it began.
        from_us: u64,
        /// When it was healed; absent where it never was.
        healed_us: Option<u64>,
    },
    /// Stock was taken, by name.
    Inventory {
        /// Of what.
        stock: Stock,
        /// When.
        moment: Moment,
        /// Found.
        present: Vec<Named>,
        /// Asked for by the same query and not found.
        absent: Vec<Named>,
        /// When it was asked.
        sent_us: u64,
        /// When it was answered.
        done_us: u64,
    },
    /// All users that the authority made at the backend and that this run holds no credential of.
    Strays {
        /// Their names.
        names: Vec<String>,
        /// How many that it holds one of the same query found: where it finds none, it proves nothing.
        known: u64,
        /// Probes that were given no answer and may have made a user all the same, which nobody was given then.
        #[serde(default, skip_serializing_if = "is_zero")]
        unanswered: u64,
        /// When it was asked.
        sent_us: u64,
    },
    /// The authority was down for everybody who asks it, when all scenarios were over.
    Outage {
        /// From here on it answered nothing.
        from_us: u64,
        /// Until it was asked to answer again.
        to_us: u64,
    },
    /// An entity was read back.
    Entity {
        /// As it was read.
        entity: Entity,
    },
    /// A tenant's namespace was read back.
    Namespace {
        /// Its path.
        path: String,
        /// `custom_metadata.tenant`.
        tenant: Option<String>,
    },
    /// A lease was looked up while it lived.
    LeaseRead {
        /// Whose.
        part: Part,
        /// As it was read.
        lease: Lease,
    },
    /// What a broker has on record of a lease was read while it lived.
    RecordRead {
        /// Whose.
        part: Part,
        /// As it was read.
        record: Box<BrokersRecord>,
        /// What it grants: equal to what the drill states.
        as_stated: bool,
    },
    /// The TTLs in force for a role were read back.
    LimitsRead {
        /// Which role.
        role: String,
        /// As they were read.
        limits: Limits,
        /// What the role grants, as read back: equal to what the drill states.
        as_stated: bool,
    },
    /// The audit log as a whole, after a marked request.
    AuditLog {
        /// Lines that are entries.
        entries: u64,
        /// Lines that are none and should be.
        torn: u64,
        /// The marked request's entry was found.
        marked: bool,
    },
    /// The broker's own audit as a whole, after a marked request.
    BrokersLog {
        /// Lines that are entries.
        entries: u64,
        /// Lines that are none and should be.
        torn: u64,
        /// The marked request's entry was found.
        marked: bool,
    },
    /// One entry of the authority's audit log, or of the broker's, that belongs to this scenario.
    Audit {
        /// Its line in that log, from 1.
        line: u64,
        /// As far as it matters.
        entry: Box<AuditEntry>,
    },
    /// How this server's audit log writes a value that it hides.
    AuditHash {
        /// The value (a lease id), or what it is (`accessor of orders-api`) where that may not be shown.
        of: String,
        /// Its HMAC.
        hmac: String,
    },
    /// The authority's own log says that a lease was revoked. It supports, and never proves.
    Revoked {
        /// Which lease.
        lease: String,
        /// As the server wrote it.
        time: String,
    },
    /// Somebody tried what they may not.
    Attempt {
        /// What and with which answer.
        attempt: Attempt,
    },
    /// A TTL was asked for and granted.
    Grant {
        /// What and how much.
        grant: Grant,
    },
    /// A secret was searched for.
    Search {
        /// Where, and whether it was found.
        search: Search,
    },
    /// Something that should have run did not: environment trouble, a step that failed, a skipped step.
    Problem {
        /// Which step.
        step: String,
        /// What happened, cleaned of secrets.
        what: String,
    },
    /// The run was interrupted.
    Interrupted {
        /// `SIGINT`, `SIGTERM` or `time-out`.
        by: String,
    },
}

#[allow(clippy::trivially_copy_pass_by_ref)] // as serde asks
fn is_zero(n: &u64) -> bool {
    *n == 0
}
