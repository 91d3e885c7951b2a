//! Audit records link issuance and revocation to an actor and a tenant. Entries are matched by path, type and error.

use super::chain::{self, settle};
use super::found::Found;
use super::reason::Reason;
use super::trail::{self, Broken, Entry, Linked};
use super::view::View;
use crate::backend::Cause;
use crate::credential::Ability;
use crate::definition::Trigger;
use crate::history::{Ack, Body, CALLERS_ACCESSOR, OPERATOR, Record};

/// What ends a token.
const TOKENS_END: &str = "auth/token/revoke-accessor";

fn brokered(view: &View<'_>) -> bool {
    view.drill.credential.can(Ability::Brokered)
}

fn leased(view: &View<'_>) -> bool {
    view.drill.credential.can(Ability::Leases)
}

/// Every issue is in the log, with its lease.
pub fn issuance(view: &View<'_>) -> Found {
    let found = || {
        let mut events = Vec::new();
        for (_, record) in chain::subjects(view)? {
            events.push(chain::issuance(view, record)?.0);
        }
        let by = if brokered(view) {
            "the broker's audit, with lease and request id"
        } else if leased(view) {
            "the audit log, with lease and correlation id"
        } else {
            "the audit log, with request and correlation id"
        };
        Ok((format!("{} in {by}", events.len()), events))
    };
    let expected = if brokered(view) {
        "the broker's audit shows the issue, with its lease"
    } else if leased(view) {
        "the audit log shows the issue, with its lease"
    } else {
        "the audit log shows the issue, by the request's id"
    };
    settle(view, expected, found())
}

/// The request that ended it is in the log; where none is written (expiry, a cascade), the authority's log and the backend's refusal
/// together.
pub fn revocation(view: &View<'_>) -> Found {
    let expected = match view.plan.trigger {
        Trigger::Revoke if brokered(view) => "the broker's audit shows the revocation",
        Trigger::Teardown | Trigger::Incident { .. } if brokered(view) => {
            "the audit log shows the request, the broker's audit each lease, and the backend ends it"
        }
        Trigger::Expire { .. } | Trigger::Renew { .. } if brokered(view) => {
            "the broker's audit shows the expiry, and the backend ends it"
        }
        Trigger::Use => "nobody asks for its end",
        Trigger::Revoke if view.of_stock() => "the audit log shows the request, the authority's log each lease",
        Trigger::Revoke => "the audit log shows the revocation",
        Trigger::Rotate => "the audit log shows the rotation",
        Trigger::Teardown | Trigger::Incident { .. } if !leased(view) => {
            "the audit log shows the request, and the backend refuses"
        }
        Trigger::Expire { .. } | Trigger::Renew { .. } if !leased(view) => {
            "no audit entry is written at expiry: the credential's own end is past, and the backend refuses"
        }
        Trigger::Teardown | Trigger::Incident { .. } => {
            "the audit log shows the request, the authority's log each lease, and the backend refuses"
        }
        Trigger::Expire { .. } | Trigger::Renew { .. } => {
            "no audit entry is written at expiry: the authority's log shows it, and the backend refuses"
        }
    };
    settle(view, expected, revoked(view))
}

fn revoked(view: &View<'_>) -> Linked {
    let subjects = chain::subjects(view)?;
    let mut events = Vec::new();
    let mut said = Vec::new();
    if view.plan.trigger.is_requested() {
        let (seq, entry) = ending(view, subjects[0].1)?;
        events.push(seq);
        said.push(format!("request {}", entry.request_id));
    }
    if !view.plan.trigger.ends_one() || view.of_stock() {
        events.extend(refused(view)?);
        said.push("refused at the backend".into());
        if leased(view) {
            for (_, record) in &subjects {
                events.push(chain::revoked(view, record)?);
            }
            let whose = if brokered(view) { "the broker's audit" } else { "the authority's log" };
            said.push(format!("{} in {whose}", subjects.len()));
        }
    }
    Ok((said.join(", "), events))
}

/// A log line alone proves nothing: the backend's refusal stands beside it.
fn refused(view: &View<'_>) -> Result<Vec<u64>, Broken> {
    let door = view.drill.doors.first().map_or("", String::as_str);
    super::trigger::counted(view, door)
        .ok_or_else(|| (Reason::PremiseFailed, "the backend was not seen to refuse".into(), vec![]))
}

/// The entry of the request that ended access. It was sent with a correlation id of this run's: another request of the same path is
/// not it.
fn ending<'a>(view: &View<'a>, record: &Record) -> Result<Entry<'a>, Broken> {
    let Some(trigger) = view.trigger() else {
        return Err((Reason::NotObserved, "there was no trigger".into(), vec![]));
    };
    if brokered(view) && view.plan.trigger == Trigger::Revoke {
        return super::brokered::revocation(view, record, (trigger.seq, trigger.ack));
    }
    // Without a lease, the request names the record in its path, or it ends the token that asked.
    let names = |e: &crate::history::AuditEntry| e.path.ends_with(&format!("/{}", record.id));
    let of_prefix = |e: &crate::history::AuditEntry| {
        e.path.strip_prefix("sys/leases/revoke-prefix/").is_some_and(|p| record.id.starts_with(p))
    };
    let path = |e: &crate::history::AuditEntry| match view.plan.trigger {
        Trigger::Revoke if !leased(view) => names(e) || e.path == TOKENS_END,
        Trigger::Incident { .. } if !leased(view) || brokered(view) => e.path == TOKENS_END,
        Trigger::Revoke if view.of_stock() => of_prefix(e),
        Trigger::Revoke => e.path.starts_with("sys/leases/revoke") && e.path.ends_with(&record.id),
        Trigger::Teardown => e.path == TOKENS_END,
        Trigger::Incident { .. } => of_prefix(e),
        Trigger::Rotate => e.path.ends_with(&format!("/rotate-role/{}", record.id)),
        Trigger::Expire { .. } | Trigger::Renew { .. } | Trigger::Use => false,
    };
    let ours = |e: &crate::history::AuditEntry| view.correlations().any(|sent| e.correlation.as_deref() == Some(sent));
    let is_it = |(_, e): &Entry<'_>| path(e) && e.namespace == record.namespace && ours(e);
    trail::entries(view).find(is_it).ok_or_else(|| match (trail::answers(view).find(is_it), trigger.ack) {
        (Some((seq, _)), _) => {
            let observed = "the request is in the audit log, and so is that it was refused: nothing was revoked";
            (Reason::PremiseFailed, observed.into(), vec![seq])
        }
        (None, Ack::Rejected { .. }) => {
            (Reason::PremiseFailed, "the authority did not revoke anything".into(), vec![trigger.seq])
        }
        // It may never have been heard: then there is nothing to be recorded.
        (None, _) if !view.answered() => (
            Reason::TriggerUnanswered,
            "the revocation is not in the log, and may never have been heard".into(),
            vec![],
        ),
        (None, _) => trail::missing(view, "the revocation"),
    })
}

/// Issuance and revocation are of one credential: by the id in clear, and by this very server's HMAC. And the causes agree.
pub fn linked(view: &View<'_>) -> Found {
    let found = || {
        let mut events = refused(view)?;
        let mut last_hmac = None;
        for (_, record) in chain::subjects(view)? {
            let issued = chain::issuance(view, record)?;
            events.push(issued.0);
            if view.plan.trigger.is_requested() {
                let ended = ending(view, record)?;
                events.push(ended.0);
                last_hmac = same_credential(view, record, issued, ended, &mut events)?.or(last_hmac);
            } else if leased(view) {
                events.push(chain::revoked(view, record)?);
            }
            if brokered(view) {
                let (seq, hmac) = super::brokered::asked(view, record)?;
                events.push(seq);
                last_hmac = last_hmac.or(Some(hmac.chars().take(24).collect()));
            }
        }
        let cause = causes(view)?;
        let hmac = last_hmac.map(|h| format!(", {h} (HMAC)")).unwrap_or_default();
        Ok((format!("one credential in both{hmac}; {cause}"), events))
    };
    settle(view, "issuance and end are of one credential, and all causes agree", found())
}

fn same_credential(
    view: &View<'_>,
    record: &Record,
    issued: Entry<'_>,
    ended: Entry<'_>,
    events: &mut Vec<u64>,
) -> Result<Option<String>, Broken> {
    let by_token = (!leased(view) || brokered(view)) && ended.1.path == TOKENS_END;
    let asked_about = if brokered(view) { Some(super::brokered::asked(view, record)?.1) } else { None };
    let (value, asked, own) = match view.plan.trigger {
        // The broker's audit names the lease in both.
        Trigger::Revoke if brokered(view) => return Ok(None),
        Trigger::Revoke if leased(view) && !view.of_stock() => (record.id.as_str(), &ended.1.asked_lease_hmac, None),
        _ if by_token || view.plan.trigger == Trigger::Teardown => {
            let Some(own) = asked_about.or(issued.1.accessor_hmac.as_deref()) else {
                let observed = "the issue's entry does not say whose token asked";
                return Err((Reason::NotObserved, observed.into(), vec![issued.0]));
            };
            (CALLERS_ACCESSOR, &ended.1.asked_accessor_hmac, Some(own))
        }
        Trigger::Rotate => return same_user(record, issued, ended).map(|()| None),
        // The path names it, or its prefix, which was looked at.
        _ => return Ok(None),
    };
    let Some((seq, hmac)) = trail::hmac_of(view, value) else {
        return Err((Reason::NotObserved, format!("how this server writes {value} was not asked"), events.clone()));
    };
    events.push(seq);
    let same = asked.as_deref() == Some(hmac) && own.is_none_or(|own| own == hmac);
    if !same {
        let observed = format!("the revocation names another credential than {value}, or another server wrote it");
        return Err((Reason::AuditUnlinked, observed, events.clone()));
    }
    Ok(Some(hmac.chars().take(24).collect()))
}

/// There is no lease whose id could link the two: a role has one user, and both name the role at one mount.
fn same_user(record: &Record, issued: Entry<'_>, ended: Entry<'_>) -> Result<(), Broken> {
    let read = issued.1.path.strip_suffix(&format!("/static-creds/{}", record.role));
    let rotated = ended.1.path.strip_suffix(&format!("/rotate-role/{}", record.role));
    if read.is_some() && read == rotated {
        return Ok(());
    }
    let observed = format!("{} was read, and {} ended it", issued.1.path, ended.1.path);
    Err((Reason::AuditUnlinked, observed, vec![issued.0, ended.0]))
}

/// What the trigger was and what the backend's own log says of each refusal must agree.
fn causes(view: &View<'_>) -> Result<String, Broken> {
    let authority_down =
        view.facts.iter().any(|e| matches!(&e.body, Body::Fault { server, .. } if server == "authority"));
    // A credential that states its own end is refused by that, whatever the authority does besides.
    let own_end = chain::subjects(view)?.iter().any(|(_, record)| record.stated_end.is_some());
    let rotates = view.plan.trigger == Trigger::Rotate;
    let mut told = None;
    for counted in refused(view)? {
        let Some((seq, line, cause)) = super::trigger::reason_of(view, counted) else { continue };
        let agrees = match cause {
            Cause::Unknown => true,
            // A user that stays is not what ends at a rotation.
            Cause::Gone | Cause::Barred => !rotates,
            Cause::Expired => !view.plan.trigger.is_requested() && (authority_down || own_end),
            Cause::WrongSecret => rotates,
        };
        if !agrees {
            let observed = format!("the trigger was {}, the backend's log says: {line}", view.plan.trigger.name());
            return Err((Reason::CausesDiffer, observed, vec![counted, seq]));
        }
        told = told.or(Some(line));
    }
    Ok(told.unwrap_or("the backend's log does not tell").to_string())
}

/// Both are joined to somebody by name.
pub fn actor(view: &View<'_>) -> Found {
    let found = || {
        let (subjects, name) = (chain::subjects(view)?, view.plan.subjects_caller().name);
        let mut events = Vec::new();
        for (_, record) in &subjects {
            let issued = chain::issuance(view, record)?;
            let (seq, caller) = chain::entity(view, issued)?;
            if caller.name != name {
                let observed = format!("issued to {}, the drill says {name}", caller.name);
                return Err((Reason::MetadataDiffers, observed, vec![issued.0, seq]));
            }
            events.extend([issued.0, seq]);
        }
        if !view.plan.trigger.is_requested() {
            return Ok((format!("issued to {name}; nobody asked for its end"), events));
        }
        let ended = ending(view, subjects[0].1)?;
        let (seq, operator) = chain::entity(view, ended)?;
        events.extend([ended.0, seq]);
        if operator.name != OPERATOR {
            let observed = format!("ended by {}, not by {OPERATOR}", operator.name);
            return Err((Reason::MetadataDiffers, observed, events));
        }
        Ok((format!("issued to {name}, ended by {}", operator.name), events))
    };
    settle(view, "the entries' entities have names: the caller's, the operator's", found())
}

/// Both stand in the tenant's namespace.
pub fn tenant(view: &View<'_>) -> Found {
    let found = || {
        let subjects = chain::subjects(view)?;
        let (mut events, mut observed) = (Vec::new(), String::new());
        for (_, record) in &subjects {
            let (seen, here) = tenants(view, record)?;
            observed = seen;
            events.extend(here);
        }
        if view.plan.trigger.is_requested() {
            // Looked for in the tenant's namespace only: one that stands elsewhere revoked nothing of the tenant's.
            events.push(ending(view, subjects[0].1)?.0);
        }
        Ok((observed, events))
    };
    settle(view, "the entries stand in the tenant's namespace, and the entity is the tenant's", found())
}

fn tenants(view: &View<'_>, record: &Record) -> Linked {
    let issued = chain::issuance(view, record)?;
    let (seq, entity) = chain::entity(view, issued)?;
    let (read, tenant) = chain::tenant_of(view, &record.namespace)?;
    let events = vec![issued.0, seq, read];
    if let Some(said) = issued.1.broker.as_ref().and_then(|word| word.tenant.as_deref()).filter(|said| *said != tenant)
    {
        let observed = format!("the broker's audit says that it is {said}'s, the namespace is {tenant}'s");
        return Err((Reason::MetadataDiffers, observed, events));
    }
    let other = issued.1.namespace.as_str();
    if other != record.namespace {
        return Err((Reason::MetadataDiffers, format!("the entry stands in the namespace {other}"), events));
    }
    match entity.metadata.get("tenant") {
        Some(own) if own == tenant => Ok((format!("{tenant}, namespace {}", record.namespace), events)),
        Some(own) => Err((Reason::MetadataDiffers, format!("the entity is {own}'s, the namespace {tenant}'s"), events)),
        None => Err((Reason::MetadataMissing, "the entity names no tenant".into(), events)),
    }
}

/// The true credentials stand in no log.
pub fn no_secret(view: &View<'_>) -> Found {
    let brokers = "no credential or token stands in the audit log, the broker's, or the log of any server";
    let expected = "no credential or token stands in the audit log, the authority's log or the backend's";
    super::search::nowhere(view, "credentials", if brokered(view) { brokers } else { expected }, Vec::new())
}
