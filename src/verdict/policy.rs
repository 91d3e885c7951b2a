//! Scope and TTL are authorised by policy, and a tenant's credentials are nobody else's.

use super::exposure::sandwiched;
use super::found::Found;
use super::line::{Line, Obs, Seen};
use super::reason::Reason;
use super::view::View;
use crate::credential::{Ability, CAPPED};
use crate::history::{Attempt, Body, Claim, Grant, Part, seeker};
use std::collections::BTreeSet;

/// Answers by which a server refuses, whatever stands behind it. 500 is how it answers for a token or a backend of somebody else's.
const REFUSED: &[u16] = &[307, 400, 403, 404, 405, 500];
/// Who must have tried to get at a tenant's lease.
const OTHERS: [&str; 3] = [seeker::STRANGER, seeker::ADMINISTRATOR, seeker::NEIGHBOUR];
/// Who must have tried to get at the parent.
const PARENT_SEEKERS: [&str; 2] = [seeker::CALLER, seeker::ADMINISTRATOR];

fn attempts<'v, 'a>(view: &'v View<'a>, claim: Claim) -> impl Iterator<Item = (u64, &'a Attempt)> + use<'v, 'a> {
    view.facts.iter().filter_map(move |e| match &e.body {
        Body::Attempt { attempt } if attempt.claim == claim => Some((e.seq, attempt)),
        _ => None,
    })
}

fn succeeded(attempt: &Attempt) -> bool {
    (200..300).contains(&attempt.status)
}

fn words(attempt: &Attempt) -> String {
    format!("{} tried to {}: {}", attempt.by, attempt.what, attempt.status)
}

/// Only a 403 proves a policy: 400 and 500 come from elsewhere. And a token that is no good for anything gets it too: before and
/// after, the same caller is granted what it may have.
pub fn role_refused(view: &View<'_>) -> Found {
    let expected = "a role that the caller may not use is refused with 403, the caller's own is not";
    refused(view, Claim::RoleRefused, expected, &[403])
}

/// A role refuses with 400, a policy with 403. The requests are those by which the same caller is granted what it may have, but for
/// the name.
pub fn scope_refused(view: &View<'_>) -> Found {
    let expected = "whatever the caller asks for beyond its role is refused with 400 or 403, its own is not";
    refused(view, Claim::ScopeRefused, expected, &[400, 403])
}

fn refused(view: &View<'_>, claim: Claim, expected: &str, by: &[u16]) -> Found {
    let tried: Vec<(u64, &Attempt)> = attempts(view, claim).collect();
    if let Some((seq, attempt)) = tried.iter().find(|(_, a)| succeeded(a)) {
        return Found::failed(Reason::Breach, expected, words(attempt), vec![*seq]);
    }
    if let Some((seq, attempt)) = tried.iter().find(|(_, a)| !by.contains(&a.status)) {
        return Found::unknown(Reason::NoAnswer, expected, words(attempt), vec![*seq]);
    }
    let (Some((first, _)), Some((last, _))) = (tried.first(), tried.last()) else {
        return Found::unknown(Reason::NotObserved, expected, "not tried", vec![]);
    };
    let before = view.issued(&Part::Victim).map(|(seq, ..)| seq).filter(|seq| seq < first);
    let after = super::renew::grants(view, &Part::Victim).find(|(seq, g)| seq > last && !g.renewal && g.status == 200);
    match (before, after) {
        (Some(before), Some((after, _))) => {
            let seen: BTreeSet<String> = tried.iter().map(|(_, a)| a.status.to_string()).collect();
            let observed = Vec::from_iter(seen).join(", ");
            Found::passed(expected, observed, vec![before, *first, *last, after]).resting_on(view.whole, &[])
        }
        _ => {
            let observed = "refused, and it was not seen to get before and after what it may have";
            Found::unknown(Reason::NothingToCompare, expected, observed, vec![*first, *last])
        }
    }
}

/// At the issue and at a renewal.
pub fn ttl_capped(view: &View<'_>) -> Found {
    // What nobody can renew is cut once.
    let kind = &view.drill.credential;
    let renews = kind.can(Ability::Renews) || kind.can(Ability::Brokered);
    let where_cut = if renews { ", at the issue and at a renewal" } else { "" };
    let expected = format!("a TTL above the cap is cut to {} s{where_cut}", CAPPED.max_ms / 1000);
    let grants: Vec<(u64, &Grant)> = super::renew::grants(view, &Part::Victim).collect();
    let events: Vec<u64> = grants.iter().map(|(seq, _)| *seq).collect();
    if let Some((seq, grant)) = grants.iter().find(|(_, g)| g.granted_ms > g.cap_ms) {
        let observed = format!("{} s were granted", grant.granted_ms / 1000);
        return Found::failed(Reason::CapExceeded, expected, observed, vec![*seq]);
    }
    let cut = |renewal| {
        grants.iter().any(|(_, g)| g.renewal == renewal && g.status == 200 && g.asked_ms > g.cap_ms && g.granted_ms > 0)
    };
    // Or not granted at all, and for this reason: a request that is refused for another one says nothing of the cap.
    // Where what was issued is shown to somebody else, that one says no to the same token with this wish alone.
    let by_backend = view.drill.credential.can(Ability::IsPresented);
    let for_that = |g: &Grant| g.status == 400 && g.said.iter().any(|said| said.contains("ttl"));
    let refused = |g: &Grant| g.asked_ms > g.cap_ms && (for_that(g) || (by_backend && g.status == 403));
    let names = view.drill.credential.can(Ability::CallerNames);
    // The same request was granted where it asked for no more.
    let within = |g: &Grant| g.status == 200 && g.asked_ms <= g.cap_ms && g.granted_ms > 0;
    if names && !cut(false) && grants.iter().any(|(_, g)| refused(g)) && grants.iter().any(|(_, g)| within(g)) {
        return Found::passed(expected, "refused", events).resting_on(view.whole, &[]);
    }
    if !(cut(false) && (cut(true) || !renews)) {
        let observed =
            if renews { "not tried at both, or without an answer" } else { "not tried, or without an answer" };
        return Found::unknown(Reason::NotObserved, expected, observed, events);
    }
    Found::passed(expected, if renews { "cut at both" } else { "cut" }, events).resting_on(view.whole, &[])
}

/// Every attempt is refused or without effect, and the victim works at the backend after each.
pub fn tenant_isolated(view: &View<'_>, door: &str) -> Found {
    let expected = "whatever others try is refused or without effect, and the credential works after each attempt";
    let (Some(victim), Some(control)) = (view.line(Part::Victim, door), view.line(Part::Control, door)) else {
        return Found::unknown(Reason::NotObserved, expected, "nobody tried", vec![]);
    };
    let tried: Vec<(u64, &Attempt)> = attempts(view, Claim::TenantIsolated).collect();
    let mut unknown: Option<(Reason, String, u64)> = None;
    let mut known_before = false;
    let leased = view.drill.credential.can(Ability::Leases);
    let once = view.drill.credential.can(Ability::WorksOnce);
    for (seq, attempt) in &tried {
        match effect(attempt, victim, control, (leased.then_some(known_before), once)) {
            Effect::None => {}
            Effect::Proved(reason, observed) => return Found::failed(reason, expected, observed, vec![*seq]),
            Effect::Perhaps(reason, observed) => unknown = unknown.or(Some((reason, observed, *seq))),
        }
        known_before |= attempt.lease_known == Some(true);
    }
    let events = tried.iter().map(|(seq, _)| *seq).collect();
    if let Some((reason, observed, seq)) = unknown {
        return Found::unknown(reason, expected, observed, vec![seq]);
    }
    if let Some(absent) = OTHERS.iter().find(|by| !tried.iter().any(|(_, a)| a.by == **by)) {
        return Found::unknown(Reason::NotObserved, expected, format!("{absent} did not try"), events);
    }
    let observed = format!("{} attempts by {} others", tried.len(), OTHERS.len());
    Found::passed(expected, observed, events).resting_on(view.whole && victim.whole, &[])
}

/// What an attempt did.
enum Effect {
    None,
    Proved(Reason, String),
    Perhaps(Reason, String),
}

/// `known_before`: whether its lease was found before; none for a kind that has no leases. `once`: each attempt has a victim of its own,
/// which works once.
fn effect(
    attempt: &Attempt,
    victim: &Line<'_>,
    control: &Line<'_>,
    (known_before, once): (Option<bool>, bool),
) -> Effect {
    let words = words(attempt);
    if attempt.reads && succeeded(attempt) {
        return Effect::Proved(Reason::Breach, words);
    }
    let Some(n) = attempt.victim_probe else {
        return Effect::Perhaps(Reason::NotObserved, format!("{words}; the credential was not tried after it"));
    };
    let seen = |n: u32| victim.obs.iter().find(|o| o.n == n).map(|o| o.seen);
    let dead = |o: &Obs<'_>| matches!(o.seen, Seen::Refused(m) if m.may_be_dead()) && sandwiched(o, control);
    let gone = || victim.obs.iter().filter(|o| if once { o.n == n } else { o.n >= n }).all(dead);
    match seen(n) {
        Some(Seen::Accepted) => {}
        // Only what worked just before can have been ended by it.
        Some(Seen::Refused(_)) if gone() && seen(n.saturating_sub(1)) == Some(Seen::Accepted) => {
            return Effect::Proved(
                Reason::VictimHarmed,
                format!("{words}; after it the backend refuses the credential"),
            );
        }
        Some(Seen::Refused(_)) => {
            return Effect::Perhaps(Reason::ControlNotAccepted, format!("{words}; after it the credential is refused"));
        }
        Some(Seen::Nothing) | None => {
            return Effect::Perhaps(
                Reason::NoAnswer,
                format!("{words}; the credential was not seen accepted after it"),
            );
        }
    }
    let known = if known_before.is_some() { attempt.lease_known } else { Some(true) };
    match known {
        Some(false) if known_before == Some(true) => {
            Effect::Proved(Reason::VictimHarmed, format!("{words}; the lease is gone"))
        }
        // The same look-up must have found it once: else it is a typing error and no absence.
        Some(false) => Effect::Perhaps(Reason::NothingToCompare, format!("{words}; the lease was never found")),
        None => Effect::Perhaps(Reason::NotObserved, format!("{words}; the lease was not looked up after it")),
        Some(true) if REFUSED.contains(&attempt.status) || succeeded(attempt) => Effect::None,
        Some(true) => Effect::Perhaps(Reason::NoAnswer, words),
    }
}

/// After an incident the banned caller gets nothing new.
pub fn reissue_refused(view: &View<'_>) -> Found {
    let expected = "the banned caller gets no new credential, with its old token or by a new login";
    let tried: Vec<(u64, &Attempt)> = attempts(view, Claim::Reissue).collect();
    let events: Vec<u64> = tried.iter().map(|(seq, _)| *seq).collect();
    // One whose ban was perhaps never heard may get what it asks for.
    if view.trigger().is_none() {
        return Found::unknown(Reason::NotObserved, expected, "nobody was banned", events);
    }
    if !view.answered() {
        return Found::unknown(Reason::TriggerUnanswered, expected, "whether it was banned is not known", events);
    }
    if let Some((seq, attempt)) = tried.iter().find(|(_, a)| succeeded(a)) {
        return Found::failed(Reason::Breach, expected, words(attempt), vec![*seq]);
    }
    let ways: BTreeSet<&str> = tried.iter().map(|(_, a)| a.what.as_str()).collect();
    if ways.len() < 2 {
        return Found::unknown(Reason::NotObserved, expected, "it did not try both", events);
    }
    match tried.iter().find(|(_, a)| ![400, 403].contains(&a.status)) {
        Some((seq, attempt)) => Found::unknown(Reason::NoAnswer, expected, words(attempt), vec![*seq]),
        None => {
            let seen: Vec<String> = tried.iter().map(|(_, a)| a.status.to_string()).collect();
            Found::passed(expected, seen.join(", "), events).resting_on(view.whole, &[])
        }
    }
}

/// The parent's configuration is read, changed and rotated by nobody, and its secret is nowhere.
pub fn parent_unreadable(view: &View<'_>) -> Found {
    let expected = "nobody else reads or changes the parent's connection, and its secret is written nowhere";
    let tried: Vec<(u64, &Attempt)> = attempts(view, Claim::ParentUnreadable).collect();
    if let Some((seq, attempt)) = tried.iter().find(|(_, a)| succeeded(a)) {
        return Found::failed(Reason::Breach, expected, words(attempt), vec![*seq]);
    }
    if let Some((seq, attempt)) = tried.iter().find(|(_, a)| ![403, 404, 405].contains(&a.status)) {
        return Found::unknown(Reason::NoAnswer, expected, words(attempt), vec![*seq]);
    }
    if let Some(absent) = PARENT_SEEKERS.iter().find(|by| !tried.iter().any(|(_, a)| a.by == **by)) {
        return Found::unknown(Reason::NotObserved, expected, format!("{absent} did not try"), vec![]);
    }
    if !view.drill.credential.can(Ability::LogsIn) {
        // The key of its signature never left the authority: there is nothing to be found anywhere.
        let events = tried.iter().map(|(seq, _)| *seq).collect();
        let expected = if view.drill.credential.can(Ability::WorksOnce) {
            "nobody else reads or changes for which servers a role gives passwords"
        } else {
            "nobody else reads, replaces or rotates the key that signs"
        };
        return Found::passed(expected, format!("{} attempts refused", tried.len()), events)
            .resting_on(view.whole, &[]);
    }
    super::search::nowhere(view, "parent", expected, tried.iter().map(|(seq, _)| *seq).collect())
}

/// The credential that set-up made for the authority is refused at the backend once it was rotated.
pub fn parent_rotated(view: &View<'_>, door: &str) -> Found {
    let expected = "the parent's first credential, which somebody else knew, is refused by the backend";
    let (Some(parent), Some(control)) = (view.line(Part::Parent, door), view.line(Part::ParentControl, door)) else {
        return Found::unknown(Reason::NotObserved, expected, "it was not tried", vec![]);
    };
    let (Some(first), Some(last)) = (parent.obs.first(), parent.obs.last()) else {
        return Found::unknown(Reason::NotObserved, expected, "it was not tried", vec![]);
    };
    let events = vec![first.seq, last.seq];
    if last.n > first.n && last.seen == Seen::Accepted {
        return Found::failed(Reason::ParentAccepted, expected, "it is still accepted", events);
    }
    if last.n == first.n || first.seen != Seen::Accepted {
        let after = if last.n == first.n { "; not tried after it" } else { "" };
        let observed = format!("before the rotation: {}{after}", first.label());
        return Found::unknown(Reason::NoAnswer, expected, observed, events);
    }
    // Its secret is another one now: that it is a wrong one is as good an answer as that it ended.
    if !matches!(last.seen, Seen::Refused(_)) {
        return Found::unknown(Reason::NoAnswer, expected, last.label(), events);
    }
    if !sandwiched(last, control) {
        return Found::unknown(Reason::ControlNotAccepted, expected, last.label(), events);
    }
    Found::passed(expected, format!("accepted, rotated, refused: {}", last.label()), events)
        .resting_on(view.whole && parent.whole && control.whole, &[])
}
