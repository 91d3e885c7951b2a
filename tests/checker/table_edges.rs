//! To the microsecond: limits, the stretch of a declared fault, and sessions that the server still has.

use super::brackets::retimed;
use super::build::SUBJECT;
use super::hand::{answered, changed, control_idle, expire, idle, incident, revoke, saw, stock, without, without_end};
use super::table::{Row, both, lives, no_answer, unprobed_from};
use super::world::{OURS, accepted, unreachable};
use drill::definition::{Fault, FaultKind, FaultServer, SessionClaim};
use drill::history::{Ack, Body, History, Moment, Part, Series, Stock};
use drill::observation::Saw;
use drill::verdict::Outcome::{Failed, Inconclusive, Passed};

/// µs: the trigger is sent at 1,000,000 and answered 10 ms later; the limit is 500 ms.
const LIMIT_US: u64 = 1_500_000;

/// Let in for the last time by a probe that is sent then.
fn let_in_at(us: u64) -> History {
    retimed(saw(revoke(), &SUBJECT, 4, 6, &accepted(OURS)), &SUBJECT, 6, (us, us + 500))
}

/// The last look at an idle session is sent then, and it answers.
fn answers_at(us: u64) -> History {
    retimed(saw(revoke(), &idle(), 3, 3, &accepted(OURS)), &idle(), 3, (us, us + 500))
}

/// The server has a session of the subject's when it is asked then.
fn left_at(history: History, us: u64) -> History {
    let left = stock(history, Stock::Sessions, (vec![SUBJECT, Part::Control], vec![]));
    changed(left, move |body| {
        if let Body::Inventory { stock: Stock::Sessions, moment: Moment::After, sent_us, .. } = body {
            *sent_us = us;
        }
    })
}

/// Besides the idle session one of another kind, of which the last look, sent then, saw this.
fn also(mut history: History, kind: &str, us: u64, last: &Saw) -> History {
    let (mine, controls) = (Part::Session { kind: kind.into(), client: 0 }, Part::ControlSession { kind: kind.into() });
    let of = |part: &Part| match part {
        part if *part == idle() => Some(mine.clone()),
        part if *part == control_idle() => Some(controls.clone()),
        _ => None,
    };
    let mut more = Vec::new();
    for event in &history.events {
        let mut event = event.clone();
        if let Body::Probe { series, .. } | Body::End { series, .. } = &mut event.body
            && let Some(part) = of(&series.part)
        {
            *series = Series { part, door: kind.into() };
            more.push(event);
        }
    }
    history.events.extend(more);
    history.events.sort_by_key(|e| e.at_us);
    let claim = SessionClaim::ClosedWithin { limit_ms: super::hand::LIMIT_MS };
    history.head.drills[0].scenarios[0].sessions.insert(kind.into(), claim);
    retimed(saw(history, &mine, 3, 3, last), &mine, 3, (us, us + 500))
}

/// A session is left, and these two other kinds were seen so at the end.
fn left_beside(a: (u64, &Saw), b: (u64, &Saw)) -> History {
    left_at(also(also(revoke(), "blocked", a.0, a.1), "watching", b.0, b.1), 3_040_000)
}

/// The scenario declares that the backend is paused from then to then, and one look at the control fell there.
fn paused(from_us: u64, to_us: u64, control: &Saw) -> History {
    let mut history = saw(revoke(), &Part::Control, 7, 7, control);
    let fault = Fault { server: FaultServer::Backend, kind: FaultKind::Paused, duration_ms: 100 };
    history.head.drills[0].scenarios[0].fault = Some(fault);
    let mut event = history.events.iter().rfind(|e| e.at_us <= to_us).unwrap().clone();
    let (server, kind) = ("backend".into(), "paused".into());
    event.body = Body::Fault { server, kind, from_us, healed_us: Some(to_us) };
    // The authority's is not the backend's.
    let mut other = event.clone();
    other.body = Body::Fault { server: "authority".into(), kind: "paused".into(), from_us: 1, healed_us: Some(2) };
    history.events.insert(0, other);
    history.events.push(event);
    history.events.sort_by_key(|e| e.at_us);
    without(history, |_| false)
}

/// The control was probed up to the trigger only.
fn control_before() -> History {
    let later = |b: &Body| matches!(b, Body::Probe { series, n, .. } if series.part == Part::Control && *n > 3);
    changed(without(revoke(), later), |body| {
        if let Body::End { series, probes } = body
            && series.part == Part::Control
        {
            *probes = 3;
        }
    })
}

/// Refused, and last asked then: 1,015,000 µs is when the first refusal was there.
fn watched_to(us: u64) -> History {
    retimed(unprobed_from(revoke(), 8), &SUBJECT, 7, (us, us + 500))
}

/// The authority shows its identity after the backend did.
fn with_authority() -> History {
    let mut history = revoke();
    let shown = |body: &Body| matches!(body, Body::Server { .. });
    let i = history.events.iter().position(|e| shown(&e.body)).unwrap();
    let mut event = history.events[i].clone();
    if let Body::Server { server, identity, .. } = &mut event.body {
        (*server, *identity) = ("authority".into(), "cluster".into());
    }
    history.events.insert(i + 1, event);
    without(history, |_| false)
}

/// The scenario declares that the authority is sealed: the backend's own clock ends access, and it need not be shown to be down.
fn sealed() -> History {
    let mut history = expire();
    let fault = Fault { server: FaultServer::Authority, kind: FaultKind::Sealed, duration_ms: 100 };
    history.head.drills[0].scenarios[0].fault = Some(fault);
    history
}

/// It lives at the first door, and nobody probed the second.
fn two_doors() -> History {
    let mut history = lives(revoke());
    history.head.drills[0].doors.push("other".into());
    history
}

/// The ban stands in the evidence twice, and the role was never cleared.
fn ban_written_twice() -> History {
    let mut history =
        without(lives(incident()), |b| matches!(b, Body::Trigger { target, .. } if target.contains("role")));
    let i = history.events.iter().position(|e| matches!(e.body, Body::Trigger { .. })).unwrap();
    history.events.insert(i + 1, history.events[i].clone());
    history
}

fn rejected() -> Ack {
    Ack::Rejected { status: 500, message: "no".into() }
}

fn silent() -> Saw {
    unreachable(true)
}

#[rustfmt::skip]
pub const ROWS: &[Row] = &[
    ("let in at the limit", || let_in_at(LIMIT_US), "trigger.exposure", Inconclusive, "no-answer"),
    ("let in a microsecond after it", || let_in_at(LIMIT_US + 1), "trigger.exposure", Failed, "accepted-after-limit"),
    ("let in at the limit, perhaps unheard", || answered(let_in_at(LIMIT_US), &no_answer()), "trigger.exposure", Inconclusive, "no-answer"),
    ("let in a microsecond after it, perhaps unheard", || answered(let_in_at(LIMIT_US + 1), &no_answer()), "trigger.exposure", Inconclusive, "trigger-unanswered"),
    ("not carried out, and the backend was silent just then", || answered(saw(revoke(), &Part::Control, 4, 4, &silent()), &rejected()), "trigger.acknowledged", Inconclusive, "control-not-accepted"),
    ("banned and its token ended, its role not cleared", || without(incident(), |b| matches!(b, Body::Trigger { target, .. } if target.contains("role"))), "trigger.acknowledged", Inconclusive, "not-observed"),
    ("sealed across the end", sealed, "trigger.refused-at-backend", Passed, "proved"),
    ("lives on, at one of two doors", two_doors, "trigger.stays-dead", Inconclusive, "premise-failed"),
    ("banned twice in the evidence, its role not cleared, and it lives", ban_written_twice, "trigger.exposure", Inconclusive, "trigger-unanswered"),
    ("watched for a second", || watched_to(2_015_000), "trigger.stays-dead", Passed, "proved"),
    ("a microsecond less", || watched_to(2_014_999), "trigger.stays-dead", Inconclusive, "not-observed"),

    ("answers at the limit", || answers_at(LIMIT_US), "trigger.sessions", Inconclusive, "no-answer"),
    ("answers a microsecond after it", || answers_at(LIMIT_US + 1), "trigger.sessions", Failed, "accepted-after-limit"),
    ("answers at the limit, and is left", || left_at(answers_at(LIMIT_US), 3_040_000), "trigger.sessions", Failed, "accepted-after-limit"),
    ("left at the limit", || left_at(revoke(), LIMIT_US), "trigger.sessions", Passed, "proved"),
    ("left a microsecond after it", || left_at(revoke(), LIMIT_US + 1), "trigger.sessions", Failed, "accepted-after-limit"),

    ("two probes at a time", || retimed(revoke(), &SUBJECT, 5, (1_014_999, 1_016_000)), "trigger.exposure", Inconclusive, "evidence-incomplete"),
    ("one right after the other", || retimed(revoke(), &SUBJECT, 5, (1_015_000, 1_016_000)), "trigger.exposure", Passed, "proved"),
    ("answered before it was sent", || retimed(revoke(), &SUBJECT, 5, (1_023_000, 1_020_000)), "trigger.exposure", Inconclusive, "evidence-incomplete"),
    ("the authority is another server", with_authority, "access.accepted-before", Passed, "proved"),

    ("silent while it was paused", || paused(1_494_999, 1_495_500, &silent()), "trigger.control-alive", Passed, "proved"),
    ("silent up to the pause", || paused(1_495_000, 1_495_500, &silent()), "trigger.control-alive", Inconclusive, "control-not-accepted"),
    ("silent from its end on", || paused(1_300_000, 1_490_000, &silent()), "trigger.control-alive", Inconclusive, "control-not-accepted"),
    ("silent to its end", || paused(1_300_000, 1_490_001, &silent()), "trigger.control-alive", Passed, "proved"),
    ("refused while it was paused", || paused(1_300_000, 1_500_000, &both()), "trigger.control-alive", Inconclusive, "control-not-accepted"),
    ("probed before the trigger only", control_before, "trigger.control-alive", Inconclusive, "not-observed"),
    ("no end of its series", || without_end(revoke(), &Part::Control), "trigger.control-alive", Inconclusive, "evidence-incomplete"),
    ("no end of its series", || without_end(expire(), &Part::Reissued), "trigger.service-returns", Inconclusive, "evidence-incomplete"),
];

#[test]
fn every_line() {
    super::table::all(ROWS);
}

/// What the server has is of another kind if that is alive; where another was not seen closed, nobody knows whose it is.
#[test]
fn whose_a_session_is_that_is_left() {
    let idle = |history: &History| {
        let checks = drill::verdict::judge(history).drills.remove(0).scenarios.remove(0).checks;
        let found = checks.into_iter().find(|c| c.of.as_deref() == Some("idle")).unwrap();
        (found.outcome, found.reason)
    };
    let (lives, at_limit) = ((LIMIT_US + 1, &accepted(OURS)), (LIMIT_US, &accepted(OURS)));
    let (quiet, dead) = ((1_011_000, &silent()), (1_011_000, &both()));
    let passed = (Passed, "proved".to_string());
    let whose = (Inconclusive, "no-answer".to_string());
    let failed = (Failed, "accepted-after-limit".to_string());
    for (a, b, expected) in [
        (lives, lives, &passed),
        (lives, dead, &passed),
        (dead, lives, &passed),
        (quiet, quiet, &whose),
        (quiet, dead, &whose),
        (dead, quiet, &whose),
        (at_limit, dead, &whose),
        (dead, dead, &failed),
    ] {
        assert_eq!(idle(&left_beside(a, b)), *expected, "{a:?} {b:?}");
    }
}
