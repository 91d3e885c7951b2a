//! Lease id → audit entry of the issuance → entity → owner and tenant: what the authority says of a credential, joined.

use super::brokered;
use super::found::Found;
use super::reason::Reason;
use super::search;
use super::trail::{Broken, Entry, Linked, entries, missing};
use super::view::View;
use crate::credential::Ability;
use crate::history::{Ack, AuditEntry, Body, Entity, Part, Record, place};

/// What follows from a chain: where it broke, missing evidence is inconclusive, evidence of the contrary failed.
pub fn settle(view: &View<'_>, expected: &str, found: Linked) -> Found {
    let (reason, observed, events) = match found {
        Ok((observed, events)) => return Found::passed(expected, observed, events).resting_on(view.whole, &[]),
        Err(broken) => broken,
    };
    match reason {
        Reason::MetadataMissing
        | Reason::MetadataDiffers
        | Reason::AuditMissing
        | Reason::AuditUnlinked
        | Reason::CausesDiffer => Found::failed(reason, expected, observed, events),
        Reason::PremiseFailed => {
            Found { premise: Some(premise(view)), ..Found::unknown(reason, expected, observed, events) }
        }
        _ => Found::unknown(reason, expected, observed, events),
    }
}

/// What did not happen, so that no record of it can be asked for.
fn premise(view: &View<'_>) -> String {
    match view.trigger().map(|t| t.ack) {
        Some(Ack::Rejected { .. }) => "trigger.acknowledged".into(),
        _ => view.refused_at(view.drill.doors.first().map_or("", String::as_str)),
    }
}

/// All subjects of the cohort, with their records.
///
/// # Errors
/// One of them was not issued: nothing can be said of all.
pub fn subjects<'a>(view: &View<'a>) -> Result<Vec<(u64, &'a Record)>, Broken> {
    let one = |member: u32| {
        let issued = view.issued(&Part::Subject { member }).map(|(seq, record, ..)| (seq, record));
        issued.ok_or_else(|| (Reason::NotObserved, format!("number {} was not issued", member + 1), vec![]))
    };
    (0..view.plan.leases.max(1)).map(one).collect()
}

/// The issuance: by the path that issues, and the lease id in the answer; without a lease, by the request's own id.
///
/// # Errors
/// It is not there.
pub fn issuance<'a>(view: &View<'a>, record: &Record) -> Result<Entry<'a>, Broken> {
    let kind = &view.drill.credential;
    // A caller that names what it asks for sends it along.
    let asks = if kind.can(Ability::CallerNames) { "update" } else { "read" };
    let answered = |e: &AuditEntry| match record.request_id.as_deref() {
        _ if kind.can(Ability::Leases) => e.lease_id.as_deref() == Some(&record.id) && e.operation == asks,
        Some(request) => e.request_id == request,
        None => false,
    };
    if kind.can(Ability::Brokered) {
        return brokered::issuance(view, record);
    }
    let is_it = |(_, e): &Entry<'_>| answered(e) && e.path.ends_with(&format!("/{}", record.role));
    entries(view).find(is_it).ok_or_else(|| missing(view, "the issuance"))
}

/// Who asked.
///
/// # Errors
/// The entry names nobody, or nobody knows them.
pub fn entity<'a>(view: &View<'a>, (seq, entry): Entry<'_>) -> Result<(u64, &'a Entity), Broken> {
    let Some(id) = &entry.entity_id else {
        return Err((Reason::MetadataMissing, "the audit entry names no entity".into(), vec![seq]));
    };
    let known = view.facts.iter().find_map(|e| match &e.body {
        Body::Entity { entity } if entity.id == *id => Some((e.seq, entity)),
        _ => None,
    });
    known.ok_or_else(|| (Reason::NotObserved, format!("the entity {id} was not read"), vec![seq]))
}

/// `custom_metadata.tenant` of a namespace.
///
/// # Errors
/// It was not read, or says nothing.
pub fn tenant_of<'a>(view: &View<'a>, namespace: &str) -> Result<(u64, &'a str), Broken> {
    let read = view.facts.iter().find_map(|e| match &e.body {
        Body::Namespace { path, tenant } if path == namespace => Some((e.seq, tenant)),
        _ => None,
    });
    match read {
        None => Err((Reason::NotObserved, "whose the namespace is was not read".into(), vec![])),
        Some((seq, None)) => {
            Err((Reason::MetadataMissing, format!("the namespace {namespace} names no tenant"), vec![seq]))
        }
        Some((seq, Some(tenant))) => Ok((seq, tenant)),
    }
}

/// The authority's own log says that a lease was revoked.
///
/// # Errors
/// It does not: missing where that log could be read to its end, else nothing follows. Both logs come through one stream of the engine's,
/// so the mark in the audit log, which is written last, says whether the end was reached; where it is absent, the stream may have been cut.
pub fn revoked(view: &View<'_>, record: &Record) -> Result<u64, Broken> {
    if view.drill.credential.can(Ability::Brokered) {
        return brokered::ended(view, record).map(|(seq, _)| seq);
    }
    let lease = record.id.as_str();
    let lines = || {
        view.facts.iter().filter_map(|e| match &e.body {
            Body::Revoked { lease, .. } => Some((e.seq, lease)),
            _ => None,
        })
    };
    if let Some((seq, _)) = lines().find(|(_, l)| l.as_str() == lease) {
        return Ok(seq);
    }
    let what = format!("that {lease} was revoked is not in the authority's log");
    if !view.whole {
        return Err((Reason::EvidenceIncomplete, what, vec![]));
    }
    let readable = view.facts.iter().find_map(|e| match &e.body {
        Body::Search { search } if search.place == place::AUTHORITYS_LOG && search::sees(search) => Some(e.seq),
        _ => None,
    });
    let to_its_end = view.facts.iter().any(|e| matches!(e.body, Body::AuditLog { marked: true, .. }));
    match readable.or_else(|| lines().next().map(|(seq, _)| seq)) {
        Some(seq) if to_its_end => Err((Reason::AuditMissing, what, vec![seq])),
        Some(seq) => Err((Reason::AuditSilent, format!("{what}, which may not have been read to its end"), vec![seq])),
        None => Err((Reason::AuditSilent, format!("{what}, and nothing else is either"), vec![])),
    }
}
