//! What a broker's own audit says of a lease, and how it is joined with the authority's: the broker asked there about the very token.

use super::reason::Reason;
use super::trail::{self, Broken, Entry};
use super::view::View;
use crate::definition::{FaultKind, FaultServer, Trigger};
use crate::history::{Ack, BROKERS_QUESTION, Body, BrokersRecord, CALLERS_ACCESSOR, Part, Record};

/// Lines of the broker's audit about one lease.
fn lines<'v, 'a>(view: &'v View<'a>, lease: &'v str, event: &'v str) -> impl Iterator<Item = Entry<'a>> + use<'v, 'a> {
    view.facts.iter().filter_map(move |e| match &e.body {
        Body::Audit { entry, .. } => {
            let word = entry.broker.as_ref()?;
            (word.event == event && entry.lease_id.as_deref() == Some(lease)).then_some((e.seq, &**entry))
        }
        _ => None,
    })
}

fn missing(view: &View<'_>, what: &str) -> Broken {
    let log = view.facts.iter().rev().find_map(|e| match &e.body {
        Body::BrokersLog { torn, marked, .. } => Some((e.seq, *torn, *marked)),
        _ => None,
    });
    trail::missing_in(view, &format!("{what}, at the broker,"), log)
}

/// The broker's line of the issue: by the lease's id, with the role in its path.
///
/// # Errors
/// It is not there.
pub fn issuance<'a>(view: &View<'a>, record: &Record) -> Result<Entry<'a>, Broken> {
    let of_role = |(_, e): &Entry<'_>| e.path.ends_with(&format!("/{}", record.role));
    lines(view, &record.id, "issued").find(of_role).ok_or_else(|| missing(view, "the issuance"))
}

/// The causes by which the broker may have ended a lease that this trigger ends. An incident's ban is as good a cause as its clearing:
/// the broker hears of both.
fn causes(view: &View<'_>) -> &'static [&'static str] {
    match view.plan.trigger {
        Trigger::Revoke => &["revoked"],
        Trigger::Teardown => &["offboarded"],
        Trigger::Incident { .. } => &["prefix", "offboarded"],
        Trigger::Expire { .. } | Trigger::Renew { .. } => &["expired"],
        Trigger::Rotate | Trigger::Use => &[],
    }
}

/// The broker's line of the lease's end, for a cause that fits the trigger.
///
/// # Errors
/// It is not there, or it names another cause.
pub fn ended<'a>(view: &View<'a>, record: &Record) -> Result<Entry<'a>, Broken> {
    let Some((seq, entry)) = lines(view, &record.id, "revoked").next() else {
        return Err(missing(view, &format!("that {} was revoked", record.id)));
    };
    let cause = entry.broker.as_ref().and_then(|word| word.cause.as_deref()).unwrap_or("none");
    if causes(view).contains(&cause) {
        return Ok((seq, entry));
    }
    let observed = format!("the trigger was {}, the broker's audit says: {cause}", view.plan.trigger.name());
    Err((Reason::CausesDiffer, observed, vec![seq]))
}

/// The broker's line of a revocation that somebody asked for; what follows where it is not there.
///
/// # Errors
/// It is not there.
pub fn revocation<'a>(view: &View<'a>, record: &Record, ack: (u64, &Ack)) -> Result<Entry<'a>, Broken> {
    ended(view, record).map_err(|broken| match (broken, ack) {
        (broken @ (Reason::CausesDiffer, ..), _) => broken,
        (_, (seq, Ack::Rejected { .. })) => {
            (Reason::PremiseFailed, "the broker did not revoke anything".into(), vec![seq])
        }
        (_, (_, Ack::NoAnswer { .. })) => (
            Reason::TriggerUnanswered,
            "the revocation is not in the broker's audit, and may never have been heard".into(),
            vec![],
        ),
        (broken, _) => broken,
    })
}

/// The broker asked the authority about the caller's token, which this server's log shows by its HMAC: what both logs say is of one
/// caller. The HMAC and the event.
///
/// # Errors
/// It did not, or about another token.
pub fn asked<'a>(view: &View<'a>, record: &Record) -> Result<(u64, &'a str), Broken> {
    let Some((_, hmac)) = trail::hmac_of(view, CALLERS_ACCESSOR) else {
        let observed = "how this server writes the accessor of the caller's token was not asked";
        return Err((Reason::NotObserved, observed.into(), vec![]));
    };
    let about = |(_, e): &Entry<'_>| {
        e.path == BROKERS_QUESTION && e.namespace == record.namespace && e.asked_accessor_hmac.as_deref() == Some(hmac)
    };
    let question = trail::entries(view).find(about);
    let missing = || trail::missing(view, "that the broker asked about the caller's token");
    question.map(|(seq, _)| (seq, hmac)).ok_or_else(missing)
}

/// What the broker has on record of a subject.
///
/// # Errors
/// It was not read, or the broker had none.
pub fn record<'a>(view: &View<'a>, member: u32) -> Result<(u64, &'a BrokersRecord, bool), Broken> {
    let wanted = Part::Subject { member };
    let read = view.facts.iter().find_map(|e| match &e.body {
        Body::RecordRead { part, record, as_stated } if *part == wanted => Some((e.seq, &**record, *as_stated)),
        _ => None,
    });
    read.ok_or_else(|| (Reason::NotObserved, "the broker showed no record of it".into(), vec![]))
}

/// Where the scenario declares that who issues is killed while a TTL ends: whether it was not there from before the end until a refusal
/// that was answered then; none where nothing of the kind is declared.
pub fn was_down(view: &View<'_>, refused_us: u64) -> Option<bool> {
    let declared = view.plan.fault.as_ref()?;
    if !view.plan.trigger.runs_out() || (declared.server, declared.kind) != (FaultServer::Authority, FaultKind::Killed)
    {
        return None;
    }
    let origin = view.origin()?;
    let spans = view.facts.iter().any(|e| match &e.body {
        Body::Fault { server, kind, from_us, healed_us } => {
            server == "authority"
                && kind == "killed"
                && *from_us <= origin.from_us
                && healed_us.is_none_or(|healed_us| refused_us <= healed_us)
        }
        _ => false,
    });
    Some(spans)
}
