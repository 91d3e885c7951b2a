//! Renewal: it extends, it is capped, and at the cap the backend refuses although a consumer renews all the time.

use super::found::Found;
use super::line::Seen;
use super::metadata;
use super::reason::Reason;
use super::view::View;
use super::{Outcome, trigger};
use crate::definition::Trigger;
use crate::history::{Body, Grant, Part};

const SUBJECT: Part = Part::Subject { member: 0 };
/// OpenBao's own maximum where nobody states one: a stale consumer stays hidden for a month.
const SYSTEM_MAX_MS: u64 = 768 * 3_600_000;
/// Renewals are counted in whole seconds.
const ROUNDING_US: u64 = 1_000_000;

/// What was granted to a part of this scenario.
pub fn grants<'v, 'a>(view: &'v View<'a>, part: &Part) -> impl Iterator<Item = (u64, &'a Grant)> + use<'v, 'a> {
    let part = part.clone();
    view.facts.iter().filter_map(move |e| match &e.body {
        Body::Grant { grant } if grant.part == part => Some((e.seq, grant)),
        _ => None,
    })
}

fn renewals<'a>(view: &View<'a>) -> Vec<(u64, &'a Grant)> {
    grants(view, &SUBJECT).filter(|(_, g)| g.renewal).collect()
}

/// Not before this ends what a renewal granted.
fn granted_to_us(grant: &Grant) -> u64 {
    grant.sent_us.saturating_add(grant.granted_ms.saturating_mul(1000))
}

/// A renewal moves the end, and the backend goes with it.
pub fn extended(view: &View<'_>, door: &str) -> Found {
    let expected = "a renewal moves the end: the backend accepts beyond the first TTL";
    let (Some((issued, record, sent_us, received_us)), Some(subject)) =
        (view.issued(&SUBJECT), view.line(SUBJECT, door))
    else {
        return Found::unknown(Reason::NotObserved, expected, "nothing was issued or probed", vec![]);
    };
    let renewals = renewals(view);
    // The first TTL ends somewhere between the request and its answer, so much later.
    let first_end_us = received_us + record.ttl_ms * 1000;
    let moved = renewals.iter().find(|(_, g)| g.status == 200 && granted_to_us(g) > first_end_us);
    let Some((seq, _)) = moved else {
        let in_time: Vec<_> = renewals.iter().filter(|(_, g)| g.done_us < sent_us + record.ttl_ms * 1000).collect();
        let events = renewals.iter().map(|(seq, _)| *seq).collect();
        if in_time.is_empty() {
            return Found::unknown(Reason::NotObserved, expected, "nobody renewed while it lived", vec![issued]);
        }
        let observed = format!("none of {} renewals moved it", renewals.len());
        // The one that moved it may be what is lost, or what was not answered.
        return if !view.whole {
            Found::unknown(Reason::EvidenceIncomplete, expected, observed, events)
        } else if renewals.iter().any(|(_, g)| g.status == 0) {
            Found::unknown(Reason::NoAnswer, expected, observed, events)
        } else {
            Found::failed(Reason::NotExtended, expected, observed, events)
        };
    };
    let beyond = subject.obs.iter().rev().find(|o| o.seen == Seen::Accepted && o.sent_us > first_end_us);
    match beyond {
        Some(obs) => {
            let observed = format!("accepted {} ms beyond it", (obs.sent_us - first_end_us) / 1000);
            Found::passed(expected, observed, vec![*seq, obs.seq]).resting_on(view.whole && subject.whole, &[])
        }
        None => Found::unknown(Reason::NotObserved, expected, "not seen accepted beyond it", vec![*seq]),
    }
}

/// The role and its mount have a cap, and renewals beyond it are cut.
pub fn capped(view: &View<'_>) -> Found {
    let expected = "the role has a max TTL, and renewals beyond it are cut";
    let Trigger::Renew { cap_ms, .. } = view.plan.trigger else {
        return Found::unknown(Reason::NotObserved, expected, "nothing is renewed here", vec![]);
    };
    let Some((read, limits)) = metadata::stated_role(view) else {
        return Found::unknown(Reason::NotObserved, expected, "the role was not read back", vec![]);
    };
    if limits.cap_ms() == 0 || (limits.role_max_ttl_ms == 0 && limits.mount_max_ttl_ms >= SYSTEM_MAX_MS) {
        let observed =
            format!("neither the role nor its mount states one: {} h hide a stale consumer", SYSTEM_MAX_MS / 3_600_000);
        return Found::failed(Reason::CapMissing, expected, observed, vec![read]);
    }
    let Some((issued, _, sent_us, received_us)) = view.issued(&SUBJECT) else {
        return Found::unknown(Reason::NotObserved, expected, "nothing was issued", vec![read]);
    };
    // Nothing granted is nothing beyond the cap, however late it was asked for.
    let end_us = received_us + cap_ms * 1000 + ROUNDING_US;
    let renewals = renewals(view);
    if let Some((seq, grant)) = renewals.iter().find(|(_, g)| g.granted_ms > 0 && granted_to_us(g) > end_us) {
        let observed = format!("{} s were granted beyond a cap of {} s", grant.granted_ms / 1000, cap_ms / 1000);
        return Found::failed(Reason::CapExceeded, expected, observed, vec![issued, *seq]);
    }
    // What shows the cap is a grant up to it, and a renewal that could not be granted whole; one that comes too late for any is a 400.
    let cap_us = sent_us + cap_ms * 1000;
    let up_to_it =
        |g: &Grant| g.status == 200 && granted_to_us(g) + g.done_us.saturating_sub(g.sent_us) + ROUNDING_US >= cap_us;
    let reached = renewals.iter().find(|(_, g)| up_to_it(g));
    let cut = |(seq, g): &&(u64, &Grant)| {
        reached.is_some_and(|(from, _)| seq >= from) && [200, 400].contains(&g.status) && g.granted_ms < g.asked_ms
    };
    match reached.zip(renewals.iter().find(cut)) {
        Some(((reached, _), (seq, grant))) => {
            let said = grant.said.first().map_or("", String::as_str);
            let observed = format!("cap {} s; {} s granted: {said}", limits.cap_ms() / 1000, grant.granted_ms / 1000);
            Found::passed(expected, observed, vec![read, issued, *reached, *seq]).resting_on(view.whole, &[])
        }
        None => Found::unknown(Reason::NotObserved, expected, "no renewal came near the cap", vec![read, issued]),
    }
}

/// Refused at the cap, while a consumer still renews.
pub fn dead_after_cap(view: &View<'_>, door: &str, premises: &[(&str, Outcome)]) -> Found {
    let found = trigger::refused_at_backend(view, door, premises);
    let (Some(origin), Trigger::Renew { every_ms, .. }) = (view.origin(), &view.plan.trigger) else { return found };
    let near = |g: &Grant| [200, 400].contains(&g.status) && g.done_us + 3 * every_ms * 1000 >= origin.from_us;
    let late = renewals(view).iter().any(|(_, g)| near(g));
    if found.outcome == Outcome::Passed && !late {
        return Found::unknown(Reason::NotObserved, found.expected, "nobody renewed up to the cap", found.events);
    }
    found
}
