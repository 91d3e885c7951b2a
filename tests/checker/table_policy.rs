//! What others try and must not get: each check, each way.

use super::build::series_of;
use super::hand::{answered, changed, incident, revoke, saw, torn, unprobed, without, without_end};
use super::proofs::{OTHERS as ACTORS, attempt};
use super::table::{Row, both, no_answer};
use super::world::{OURS, accepted, refused, unreachable};
use drill::history::{Ack, Attempt, Body, Claim, Event, Grant, History, Part, Search};
use drill::observation::Meaning;
use drill::verdict::Outcome::{Failed, Inconclusive, Passed};

const VICTIM: Part = Part::Victim;

fn tried(history: History, claim: Claim, f: impl Fn(&mut Attempt)) -> History {
    changed(history, |body| {
        if let Body::Attempt { attempt } = body
            && attempt.claim == claim
        {
            f(attempt);
        }
    })
}

/// The attempts of one actor against the lease.
fn by(history: History, who: usize, f: impl Fn(&mut Attempt)) -> History {
    tried(history, Claim::TenantIsolated, |attempt| {
        if attempt.by == ACTORS[who] {
            f(attempt);
        }
    })
}

fn untried(history: History, claim: Claim, who: &'static str) -> History {
    without(history, move |b| matches!(b, Body::Attempt { attempt: a } if a.claim == claim && a.by.starts_with(who)))
}

fn status(claim: Claim, status: u16) -> History {
    let history = if claim == Claim::Reissue { incident() } else { revoke() };
    tried(history, claim, move |a| a.status = status)
}

/// The first of two ways of the banned caller was answered so, the second so.
fn banned(first: u16, second: u16) -> History {
    tried(incident(), Claim::Reissue, move |a| a.status = if a.what.contains("old") { first } else { second })
}

fn granted(renewal: bool, f: impl Fn(&mut Grant)) -> History {
    changed(revoke(), |body| {
        if let Body::Grant { grant } = body
            && grant.renewal == renewal
        {
            f(grant);
        }
    })
}

fn is_grant(body: &Body) -> bool {
    matches!(body, Body::Grant { .. })
}

fn victim(from: u32, with: &drill::observation::Saw) -> History {
    saw(revoke(), &VICTIM, from, 4, with)
}

/// One more attempt against a role, answered so.
fn once_more(to: u16) -> History {
    let mut history = revoke();
    let is_it = |e: &Event| matches!(&e.body, Body::Attempt { attempt } if attempt.claim == Claim::RoleRefused);
    let i = history.events.iter().position(is_it).unwrap();
    let attempt = attempt(Claim::RoleRefused, "the caller", "issue from another role", to);
    let event = Event { body: Body::Attempt { attempt }, ..history.events[i].clone() };
    history.events.insert(i + 1, event);
    without(history, |_| false)
}

fn parent_search(f: impl Fn(&mut Search)) -> History {
    changed(revoke(), |body| {
        if let Body::Search { search } = body
            && search.of == "parent"
        {
            f(search);
        }
    })
}

fn unsearched(place: &'static str) -> History {
    without(
        revoke(),
        move |b| matches!(b, Body::Search { search } if search.of == "parent" && search.place.starts_with(place)),
    )
}

fn parent(n: u32, with: &drill::observation::Saw) -> History {
    saw(revoke(), &Part::Parent, n, n, with)
}

/// The parent was asked once only.
fn parent_once() -> History {
    let fewer =
        without(revoke(), |b| matches!(b, Body::Probe { series, n: 2, .. } if *series == series_of(Part::Parent)));
    changed(fewer, |body| {
        if let Body::End { series, probes } = body
            && series.part == Part::Parent
        {
            *probes = 1;
        }
    })
}

fn same_way_twice() -> History {
    tried(incident(), Claim::Reissue, |a| a.what = "issue with its old token".into())
}

/// Only the ban was sent.
fn only_banned() -> History {
    without(incident(), |b| matches!(b, Body::Trigger { target, .. } if !target.contains("disable")))
}

#[rustfmt::skip]
pub const ROWS: &[Row] = &[
    ("nothing", revoke, "policy.role-refused", Passed, "proved"),
    ("granted", || status(Claim::RoleRefused, 200), "policy.role-refused", Failed, "breach"),
    ("granted the second time", || once_more(200), "policy.role-refused", Failed, "breach"),
    ("an error the second time", || once_more(500), "policy.role-refused", Inconclusive, "no-answer"),
    ("400", || status(Claim::RoleRefused, 400), "policy.role-refused", Inconclusive, "no-answer"),
    ("500", || status(Claim::RoleRefused, 500), "policy.role-refused", Inconclusive, "no-answer"),
    ("silence", || status(Claim::RoleRefused, 0), "policy.role-refused", Inconclusive, "no-answer"),
    ("not tried", || untried(revoke(), Claim::RoleRefused, ""), "policy.role-refused", Inconclusive, "not-observed"),
    ("its token may be no good", || without(revoke(), is_grant), "policy.role-refused", Inconclusive, "nothing-to-compare"),
    ("granted to it at a renewal only", || without(revoke(), |b| matches!(b, Body::Grant { grant } if !grant.renewal)), "policy.role-refused", Inconclusive, "nothing-to-compare"),
    ("a lost event", || torn(revoke()), "policy.role-refused", Inconclusive, "evidence-incomplete"),

    ("nothing", revoke, "policy.ttl-capped", Passed, "proved"),
    ("more at the issue", || granted(false, |g| g.granted_ms += 1), "policy.ttl-capped", Failed, "cap-exceeded"),
    ("more by a renewal", || granted(true, |g| g.granted_ms = g.asked_ms), "policy.ttl-capped", Failed, "cap-exceeded"),
    ("no more was asked for", || granted(true, |g| g.asked_ms = g.cap_ms), "policy.ttl-capped", Inconclusive, "not-observed"),
    ("a renewal is refused", || granted(true, |g| (g.status, g.granted_ms) = (400, 0)), "policy.ttl-capped", Inconclusive, "not-observed"),
    ("nothing was granted at the issue", || granted(false, |g| g.granted_ms = 0), "policy.ttl-capped", Inconclusive, "not-observed"),
    ("no issue", || without(revoke(), |b| matches!(b, Body::Grant { grant } if !grant.renewal)), "policy.ttl-capped", Inconclusive, "not-observed"),
    ("a lost event", || torn(revoke()), "policy.ttl-capped", Inconclusive, "evidence-incomplete"),

    ("nothing", revoke, "policy.tenant-isolated", Passed, "proved"),
    ("204 without effect", || by(revoke(), 0, |a| a.status = 204), "policy.tenant-isolated", Passed, "proved"),
    ("500 without effect", || by(revoke(), 0, |a| a.status = 500), "policy.tenant-isolated", Passed, "proved"),
    ("a read that succeeded", || by(revoke(), 2, |a| (a.reads, a.status) = (true, 200)), "policy.tenant-isolated", Failed, "breach"),
    ("204, and the lease is gone", || by(revoke(), 1, |a| (a.status, a.lease_known) = (204, Some(false))), "policy.tenant-isolated", Failed, "victim-harmed"),
    ("the third ended it", || by(revoke(), 2, |a| (a.status, a.lease_known) = (204, Some(false))), "policy.tenant-isolated", Failed, "victim-harmed"),
    ("no end of its series", || without_end(revoke(), &VICTIM), "policy.tenant-isolated", Inconclusive, "evidence-incomplete"),
    ("the lease was never found", || by(revoke(), 0, |a| a.lease_known = Some(false)), "policy.tenant-isolated", Inconclusive, "nothing-to-compare"),
    ("the lease was not looked up", || by(revoke(), 0, |a| a.lease_known = None), "policy.tenant-isolated", Inconclusive, "not-observed"),
    ("refused after it", || victim(3, &both()), "policy.tenant-isolated", Failed, "victim-harmed"),
    ("refused after it, and the control too", || saw(victim(3, &both()), &Part::Control, 1, 1, &both()), "policy.tenant-isolated", Inconclusive, "control-not-accepted"),
    ("refused, and accepted again", || saw(revoke(), &VICTIM, 3, 3, &both()), "policy.tenant-isolated", Inconclusive, "control-not-accepted"),
    ("refused from the first", || victim(1, &both()), "policy.tenant-isolated", Inconclusive, "control-not-accepted"),
    ("refused as only the bogus are", || victim(3, &refused(Meaning::Bogus)), "policy.tenant-isolated", Inconclusive, "control-not-accepted"),
    ("silent after it", || victim(4, &unreachable(true)), "policy.tenant-isolated", Inconclusive, "no-answer"),
    ("not tried after it", || by(revoke(), 0, |a| a.victim_probe = None), "policy.tenant-isolated", Inconclusive, "not-observed"),
    ("no answer", || by(revoke(), 0, |a| a.status = 0), "policy.tenant-isolated", Inconclusive, "no-answer"),
    ("the authority is away", || by(revoke(), 0, |a| a.status = 503), "policy.tenant-isolated", Inconclusive, "no-answer"),
    ("one did not try", || untried(revoke(), Claim::TenantIsolated, ACTORS[1]), "policy.tenant-isolated", Inconclusive, "not-observed"),
    ("nobody tried", || untried(revoke(), Claim::TenantIsolated, ""), "policy.tenant-isolated", Inconclusive, "not-observed"),
    ("no victim", || unprobed(revoke(), &VICTIM), "policy.tenant-isolated", Inconclusive, "not-observed"),
    ("harmed, and a lost event", || torn(victim(3, &both())), "policy.tenant-isolated", Inconclusive, "control-not-accepted"),
    ("a lost event", || torn(revoke()), "policy.tenant-isolated", Inconclusive, "evidence-incomplete"),

    ("nothing", revoke, "parent.unreadable", Passed, "proved"),
    ("read", || tried(revoke(), Claim::ParentUnreadable, |a| if a.by == "the caller" { a.status = 200 }), "parent.unreadable", Failed, "breach"),
    ("an error", || status(Claim::ParentUnreadable, 500), "parent.unreadable", Inconclusive, "no-answer"),
    ("there is no such path", || status(Claim::ParentUnreadable, 404), "parent.unreadable", Passed, "proved"),
    ("nobody tried", || untried(revoke(), Claim::ParentUnreadable, ""), "parent.unreadable", Inconclusive, "not-observed"),
    ("one did not try", || untried(revoke(), Claim::ParentUnreadable, "the caller"), "parent.unreadable", Inconclusive, "not-observed"),
    ("found", || parent_search(|s| s.found = 2), "parent.unreadable", Failed, "secret-found"),
    ("blind", || parent_search(|s| s.control_found = false), "parent.unreadable", Inconclusive, "search-blind"),
    ("no container was searched", || unsearched("environment"), "parent.unreadable", Inconclusive, "not-observed"),
    ("not searched", || unsearched(""), "parent.unreadable", Inconclusive, "not-observed"),
    ("a lost event", || torn(revoke()), "parent.unreadable", Inconclusive, "evidence-incomplete"),

    ("nothing", revoke, "parent.rotated", Passed, "proved"),
    ("still accepted", || parent(2, &accepted(OURS)), "parent.rotated", Failed, "parent-accepted"),
    ("silent after it", || parent(2, &unreachable(true)), "parent.rotated", Inconclusive, "no-answer"),
    ("its secret is a wrong one now", || parent(2, &refused(Meaning::Bogus)), "parent.rotated", Passed, "proved"),
    ("refused, and the control too", || saw(revoke(), &Part::ParentControl, 3, 3, &both()), "parent.rotated", Inconclusive, "control-not-accepted"),
    ("never accepted", || parent(1, &both()), "parent.rotated", Inconclusive, "no-answer"),
    ("asked once", parent_once, "parent.rotated", Inconclusive, "no-answer"),
    ("not asked", || unprobed(revoke(), &Part::Parent), "parent.rotated", Inconclusive, "not-observed"),
    ("interrupted", || super::table_audit::interrupted(revoke()), "parent.rotated", Inconclusive, "evidence-incomplete"),
    ("a lost event", || torn(revoke()), "parent.rotated", Inconclusive, "control-not-accepted"),

    ("nothing", incident, "incident.reissue-refused", Passed, "proved"),
    ("403 and 400", || banned(403, 400), "incident.reissue-refused", Passed, "proved"),
    ("granted to its old token", || banned(200, 403), "incident.reissue-refused", Failed, "breach"),
    ("granted by a new login", || banned(403, 200), "incident.reissue-refused", Failed, "breach"),
    ("an error", || banned(403, 500), "incident.reissue-refused", Inconclusive, "no-answer"),
    ("silence", || banned(0, 400), "incident.reissue-refused", Inconclusive, "no-answer"),
    ("tried twice in one way", same_way_twice, "incident.reissue-refused", Inconclusive, "not-observed"),
    ("not tried", || untried(incident(), Claim::Reissue, ""), "incident.reissue-refused", Inconclusive, "not-observed"),
    ("granted, and perhaps never banned", || answered(banned(200, 200), &no_answer()), "incident.reissue-refused", Inconclusive, "trigger-unanswered"),
    ("granted, and never banned", || without(banned(200, 200), |b| matches!(b, Body::Trigger { .. })), "incident.reissue-refused", Inconclusive, "not-observed"),
    ("granted after a ban that was refused", || answered(banned(200, 200), &Ack::Rejected { status: 403, message: String::new() }), "incident.reissue-refused", Failed, "breach"),
    ("a lost event", || torn(incident()), "incident.reissue-refused", Inconclusive, "evidence-incomplete"),

    ("nothing", incident, "trigger.acknowledged", Passed, "proved"),
    ("only banned", only_banned, "trigger.acknowledged", Inconclusive, "not-observed"),
    ("only banned, and it lives on", || saw(only_banned(), &super::build::SUBJECT, 4, 8, &accepted(OURS)), "trigger.exposure", Inconclusive, "trigger-unanswered"),
];

#[test]
fn each_check_each_way() {
    super::table::all(ROWS);
}
