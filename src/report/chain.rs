//! The audit chain of a credential, for people: who asked for it, who ended it, and where the log says so.

use super::facts::Run;
use crate::credential::Ability;
use crate::history::{AuditEntry, Body, Entity, Event, Lease, Part};

/// An entry with its line in the audit log.
pub struct Logged<'a> {
    pub line: u64,
    pub entry: &'a AuditEntry,
}

/// What the audit log has of one credential.
#[derive(Default)]
pub struct Chain<'a> {
    pub issued: Option<Logged<'a>>,
    pub ended: Option<Logged<'a>>,
    pub caller: Option<&'a Entity>,
    pub operator: Option<&'a Entity>,
    /// The authority's own log says that the lease was revoked.
    pub revoked: bool,
}

impl<'a> Run<'a> {
    /// The first subject's lease, as the auditor read it.
    pub fn lease(&self, drill: &str, scenario: &str) -> Option<&'a Lease> {
        self.events(drill, scenario).find_map(|e| match &e.body {
            Body::LeaseRead { part: Part::Subject { member: 0 }, lease } => Some(lease),
            _ => None,
        })
    }

    /// The chain of a scenario's first subject.
    pub fn chain(&self, drill: &str, scenario: &str) -> Chain<'a> {
        let Some(issue) = self.issue(drill, scenario) else {
            return Chain::default();
        };
        let lease = issue.record.id.as_str();
        let leased = self.plan(drill).is_none_or(|plan| plan.credential.can(Ability::Leases));
        let events: Vec<&Event> = self.events(drill, scenario).collect();
        let find = |wanted: &dyn Fn(&AuditEntry) -> bool| {
            events.iter().find_map(|e| match &e.body {
                Body::Audit { line, entry } if entry.kind == "response" && wanted(entry) => {
                    Some(Logged { line: *line, entry })
                }
                _ => None,
            })
        };
        // Without a lease, by the id of the request that issued it.
        let request = issue.record.request_id.as_deref().filter(|_| !leased);
        let issued = find(&|e| match request {
            Some(request) => e.request_id == request,
            None => e.lease_id.as_deref() == Some(lease) && e.broker.as_ref().is_none_or(|word| word.event == "issued"),
        });
        // Of an incident's requests the last one cleared the leases.
        let ended = events.iter().rev().find_map(|e| match &e.body {
            Body::Audit { line, entry }
                if entry.kind == "response"
                    && entry.correlation.as_deref().is_some_and(|c| c.contains(".trigger.")) =>
            {
                Some(Logged { line: *line, entry })
            }
            _ => None,
        });
        // A broker's own log names the lease that was ended.
        let ended = ended.or_else(|| {
            find(&|e| {
                let revoked = e.broker.as_ref().is_some_and(|word| word.event == "revoked");
                revoked && e.entity_id.is_some() && e.lease_id.as_deref() == Some(lease)
            })
        });
        let entity = |logged: &Option<Logged<'a>>| {
            let id = logged.as_ref()?.entry.entity_id.as_deref()?;
            events.iter().find_map(|e| match &e.body {
                Body::Entity { entity } if entity.id == id => Some(entity),
                _ => None,
            })
        };
        let revoked = events.iter().any(|e| matches!(&e.body, Body::Revoked { lease: l, .. } if l == lease));
        Chain { caller: entity(&issued), operator: entity(&ended), issued, ended, revoked }
    }
}
