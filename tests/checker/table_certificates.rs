//! A kind whose caller names what it asks for, and whose backend asks the authority at every login: what is judged of it alone.

use super::build::{DRILL, ROLE, SCENARIO, SUBJECT};
use super::hand::{answered, changed, expire, revoke, saw, torn, unprobed, without, without_end};
use super::proofs::{MAX_MS, TTL_MS, attempt, probe};
use super::table::{Row, both, no_answer};
use super::world::{OURS, accepted, refused, unclassified, unreachable};
use drill::backend::Cause;
use drill::credential::certificate::CertificatePlan;
use drill::credential::{CredentialPlan, RoleSource};
use drill::history::{Body, Claim, Event, History, Part};
use drill::observation::{Meaning, Saw};
use drill::verdict::Outcome::{Failed, Inconclusive, Passed};

const DOWN: (u64, u64) = (3_042_000, 3_052_000);

fn certificate() -> CredentialPlan {
    CredentialPlan::Certificate(CertificatePlan {
        role: ROLE.into(),
        source: RoleSource::Drill,
        common_name: "c".into(),
        ttl_ms: TTL_MS,
        max_ttl_ms: MAX_MS,
        stored: true,
    })
}

/// At an instant, wherever that is among the others.
fn with(mut history: History, bodies: Vec<(u64, Body)>) -> History {
    let state = history.events[history.events.len() / 2].state;
    for (at_us, body) in bodies {
        let i = history.events.iter().rposition(|e| e.at_us <= at_us).unwrap() + 1;
        let event = Event { seq: 0, at_us, drill: DRILL.into(), scenario: SCENARIO.into(), state, body };
        history.events.insert(i, event);
    }
    without(history, |_| false)
}

fn asked(history: History) -> History {
    let mut history = changed(history, |body| {
        if let Body::Audit { entry, .. } = body
            && entry.operation == "read"
        {
            entry.operation = "update".into();
        }
    });
    history.head.drills[0].credential = certificate();
    history
}

/// A revocation of such a credential: it asked for more than it may have, and the authority was down at the end.
fn certificates() -> History {
    let history = without(asked(revoke()), |body| matches!(body, Body::Grant { grant } if grant.renewal));
    let refused_more = attempt(Claim::ScopeRefused, "the caller", "issue for another common name", 400);
    let refused_below = attempt(Claim::ScopeRefused, "the caller", "issue for a name below its own", 400);
    let mut bodies =
        vec![(170_003, Body::Attempt { attempt: refused_more }), (170_003, Body::Attempt { attempt: refused_below })];
    let times = [(3_041_100, 3_041_200), (3_043_000, 3_044_000), (3_045_000, 3_046_000), (3_053_000, 3_054_000)];
    for ((sent, done), n) in times.into_iter().zip(1..) {
        let down = (2..=3).contains(&n);
        let (dead, control) =
            if down { (unclassified(), unclassified()) } else { (refused(Meaning::Dead), accepted(OURS)) };
        bodies.push((done, probe(Part::Unasked, n, (sent, done), dead)));
        bodies.push((done, probe(Part::UnaskedControl, n, (sent, done), control)));
    }
    bodies.push((3_055_000, Body::Outage { from_us: DOWN.0, to_us: DOWN.1 }));
    for part in [Part::Unasked, Part::UnaskedControl] {
        bodies.push((3_056_000, Body::End { series: super::build::series_of(part), probes: 4 }));
    }
    with(history, bodies)
}

fn scope(status: u16) -> History {
    changed(certificates(), move |body| {
        if let Body::Attempt { attempt } = body
            && attempt.claim == Claim::ScopeRefused
        {
            attempt.status = status;
        }
    })
}

fn subject(from: u32, to: u32, other: &Saw) -> History {
    saw(certificates(), &Part::Unasked, from, to, other)
}

fn control(from: u32, to: u32, other: &Saw) -> History {
    saw(certificates(), &Part::UnaskedControl, from, to, other)
}

fn is_scope(body: &Body) -> bool {
    matches!(body, Body::Attempt { attempt } if attempt.claim == Claim::ScopeRefused)
}

fn is_grant(body: &Body) -> bool {
    matches!(body, Body::Grant { .. })
}

fn is_search_for_a_parent(body: &Body) -> bool {
    matches!(body, Body::Search { search } if search.of == "parent")
}

fn granted(ms: u64) -> History {
    changed(certificates(), move |body| {
        if let Body::Grant { grant } = body {
            grant.granted_ms = ms;
        }
    })
}

/// An issue without a lease.
fn without_a_lease() -> History {
    changed(certificates(), |body| {
        if let Body::Issued { part: Part::Subject { .. }, record, .. } = body {
            record.id = String::new();
        }
    })
}

/// It expires at its own end, and the server says so.
fn expired_by_itself(stated: bool) -> History {
    let mut history = changed(asked(expire()), |body| {
        if let (Body::Issued { part: Part::Subject { .. }, record, .. }, true) = (body, stated) {
            record.stated_end = Some(super::build::at_us(1_000_000));
        }
    });
    let series = super::build::series_of(SUBJECT);
    let line = "client SSL certificate verify error: (10:certificate has expired)".to_string();
    let reason = Body::Reason { series, n: 4, line, cause: Cause::Expired };
    history = with(history, vec![(3_060_500, reason)]);
    history
}

/// The role's own TTL is another than the one that was asked for, which is no longer than the cap.
fn asked_for(role_gives_ms: u64, cap_ms: u64) -> History {
    changed(asked(revoke()), move |body| {
        if let Body::LimitsRead { limits, .. } = body {
            (limits.role_default_ttl_ms, limits.role_max_ttl_ms) = (role_gives_ms, cap_ms);
        }
    })
}

#[rustfmt::skip]
pub const ROWS: &[Row] = &[
    ("sound", certificates, "policy.scope-refused", Passed, "proved"),
    ("by a policy", || scope(403), "policy.scope-refused", Passed, "proved"),
    ("granted", || scope(200), "policy.scope-refused", Failed, "breach"),
    ("500", || scope(500), "policy.scope-refused", Inconclusive, "no-answer"),
    ("silence", || scope(0), "policy.scope-refused", Inconclusive, "no-answer"),
    ("not tried", || without(certificates(), is_scope), "policy.scope-refused", Inconclusive, "not-observed"),
    ("nothing granted after it", || without(certificates(), is_grant), "policy.scope-refused", Inconclusive, "nothing-to-compare"),
    ("a hole", || torn(certificates()), "policy.scope-refused", Inconclusive, "evidence-incomplete"),

    ("cut once, which is as often as can be", certificates, "policy.ttl-capped", Passed, "proved"),
    ("not cut", || granted(120_000), "policy.ttl-capped", Failed, "cap-exceeded"),
    ("not tried", || without(certificates(), is_grant), "policy.ttl-capped", Inconclusive, "not-observed"),
    ("no parent to be searched for", || without(certificates(), is_search_for_a_parent), "parent.unreadable", Passed, "proved"),
    ("without a lease", without_a_lease, "metadata.lease", Failed, "metadata-missing"),
    ("asked for less than the role gives", || asked_for(2 * TTL_MS, MAX_MS), "metadata.ttl", Passed, "proved"),
    ("another cap", || asked_for(TTL_MS, MAX_MS - 1_000), "metadata.ttl", Failed, "metadata-differs"),
    ("a cap below what was granted", || asked_for(TTL_MS / 2, TTL_MS / 2), "metadata.ttl", Failed, "metadata-differs"),
    ("its own end", || expired_by_itself(true), "audit.linked", Passed, "proved"),
    ("an end that it does not state", || expired_by_itself(false), "audit.linked", Failed, "causes-differ"),

    ("no end of its series", || without_end(certificates(), &Part::Unasked), "trigger.fails-closed", Inconclusive, "evidence-incomplete"),
    ("no end of the control's", || without_end(certificates(), &Part::UnaskedControl), "trigger.fails-closed", Inconclusive, "evidence-incomplete"),
    ("sound", certificates, "trigger.fails-closed", Passed, "proved"),
    ("refused although nobody answers", || subject(2, 3, &refused(Meaning::Dead)), "trigger.fails-closed", Passed, "proved"),
    ("the control is served all the while", || control(2, 3, &accepted(OURS)), "trigger.fails-closed", Passed, "proved"),
    ("served while it is down", || subject(3, 3, &accepted(OURS)), "trigger.fails-closed", Failed, "served-while-down"),
    ("served once it is back", || subject(4, 4, &accepted(OURS)), "trigger.fails-closed", Failed, "served-while-down"),
    ("served, and the trigger perhaps never heard", || answered(subject(3, 3, &accepted(OURS)), &no_answer()), "trigger.fails-closed", Inconclusive, "trigger-unanswered"),
    ("a server that answers nobody", || subject(2, 2, &unreachable(false)), "trigger.fails-closed", Inconclusive, "no-answer"),
    ("the control not before", || control(1, 1, &unreachable(false)), "trigger.fails-closed", Inconclusive, "control-not-accepted"),
    ("the control not after", || control(4, 4, &both()), "trigger.fails-closed", Inconclusive, "control-not-accepted"),
    ("not tried", || unprobed(certificates(), &Part::Unasked), "trigger.fails-closed", Inconclusive, "not-observed"),
    ("never down", || without(certificates(), |b| matches!(b, Body::Outage { .. })), "trigger.fails-closed", Inconclusive, "not-observed"),
    ("not tried meanwhile", || without(certificates(), |b| matches!(b, Body::Probe { series, n, .. } if series.part == Part::Unasked && (2..=3).contains(n))), "trigger.fails-closed", Inconclusive, "not-observed"),
    ("a hole", || torn(certificates()), "trigger.fails-closed", Inconclusive, "evidence-incomplete"),
];

#[test]
fn every_line() {
    super::table::all(ROWS);
}

#[test]
fn what_a_kind_cannot_is_not_asked_of_it() {
    let ids = |history: &History| -> Vec<String> {
        drill::verdict::judge(history)
            .drills
            .remove(0)
            .scenarios
            .remove(0)
            .checks
            .into_iter()
            .map(|c| c.check)
            .collect()
    };
    let (database, certificate) = (ids(&revoke()), ids(&certificates()));
    for check in ["policy.scope-refused", "trigger.fails-closed"] {
        assert!(!database.iter().any(|c| c == check) && certificate.iter().any(|c| c == check), "{check}");
    }
    assert!(database.iter().any(|c| c == "parent.rotated") && !certificate.iter().any(|c| c == "parent.rotated"));
}
