//! The audit log as it was read: its entries, how it writes a value, and why something that should be in it is not.

use super::reason::Reason;
use super::view::View;
use crate::history::{AuditEntry, Body};

/// Why a link is not there: the reason, in words, the events.
pub type Broken = (Reason, String, Vec<u64>);

/// What a chain shows, in words, with the events.
pub type Linked = Result<(String, Vec<u64>), Broken>;

/// An audit entry with its event's number.
pub type Entry<'a> = (u64, &'a AuditEntry);

/// The answered requests of this scenario in the audit log, whatever the answer was.
pub fn answers<'v, 'a>(view: &'v View<'a>) -> impl Iterator<Item = Entry<'a>> + use<'v, 'a> {
    view.facts.iter().filter_map(|e| match &e.body {
        Body::Audit { entry, .. } if entry.kind == "response" => Some((e.seq, &**entry)),
        _ => None,
    })
}

/// Those that were carried out.
pub fn entries<'v, 'a>(view: &'v View<'a>) -> impl Iterator<Item = Entry<'a>> + use<'v, 'a> {
    answers(view).filter(|(_, e)| e.error.is_none() && e.broker.is_none())
}

/// Why an entry that should be in the log is not. Where evidence of the run is lost, the entry may be what is lost.
pub fn missing(view: &View<'_>, what: &str) -> Broken {
    let log = view.facts.iter().rev().find_map(|e| match &e.body {
        Body::AuditLog { torn, marked, .. } => Some((e.seq, *torn, *marked)),
        _ => None,
    });
    missing_in(view, what, log)
}

/// Where it was asked for in a log with so many torn lines, of which a mark was found or not.
pub fn missing_in(view: &View<'_>, what: &str, log: Option<(u64, u64, bool)>) -> Broken {
    if !view.whole {
        return (Reason::EvidenceIncomplete, format!("{what} is not in what is left of the evidence"), vec![]);
    }
    match log {
        None => (Reason::NotObserved, "the audit log was not read".into(), vec![]),
        Some((seq, _, false)) => {
            (Reason::AuditSilent, "a marked request is not in the audit log either".into(), vec![seq])
        }
        Some((seq, torn, _)) if torn > 0 => {
            (Reason::AuditSilent, format!("{what} is not in the log, of which {torn} lines are torn"), vec![seq])
        }
        Some((seq, ..)) => (Reason::AuditMissing, format!("{what} is not in the log"), vec![seq]),
    }
}

/// How this server's audit log writes a value.
pub fn hmac_of<'a>(view: &View<'a>, value: &str) -> Option<(u64, &'a str)> {
    view.facts.iter().find_map(|e| match &e.body {
        Body::AuditHash { of, hmac } if of == value => Some((e.seq, hmac.as_str())),
        _ => None,
    })
}
