//! A user that stays: what is judged of it, what `credential.dynamic` stands for, and that a rotation is proved like a revocation.

use super::bridge::{sound, with_ttl};
use super::build::{DRILL, ROLE, SCENARIO, SUBJECT, series_of};
use super::hand::{answered, changed, idle, saw, stock, without};
use super::proofs::TTL_MS;
use super::table::{Row, both, no_answer};
use super::world::{OURS, accepted, refused};
use drill::backend::Cause;
use drill::history::{Body, Event, History, Part, Stock};
use drill::observation::Meaning;
use drill::verdict::Outcome::{Failed, Inconclusive, Passed};
use drill::verdict::judge;

/// The backend's log about the first counted refusal.
fn cause(cause: Cause) -> History {
    let mut history = sound();
    let body = Body::Reason { series: series_of(SUBJECT), n: 4, line: "password authentication failed".into(), cause };
    let last = history.events.iter().rposition(|e| e.at_us <= 3_060_500).unwrap();
    let state = history.events[last].state;
    let event = Event {
        seq: 0,
        at_us: history.events[last].at_us,
        drill: DRILL.into(),
        scenario: SCENARIO.into(),
        state,
        body,
    };
    history.events.insert(last + 1, event);
    without(history, |_| false)
}

fn path(of: &'static str, path: &'static str) -> History {
    changed(sound(), move |body| {
        if let Body::Audit { entry, .. } = body
            && entry.path.contains(of)
        {
            entry.path = path.into();
        }
    })
}

fn asked_by_another_request() -> History {
    changed(sound(), |body| {
        if let Body::Issued { part: Part::Subject { .. }, record, .. } = body {
            record.request_id = Some("of somebody else".into());
        }
    })
}

fn period(ms: u64) -> History {
    changed(sound(), move |body| {
        if let Body::LimitsRead { limits, .. } = body {
            (limits.role_default_ttl_ms, limits.role_max_ttl_ms) = (ms, ms);
        }
    })
}

fn left(sessions: bool) -> History {
    let (subject, control) = (vec![SUBJECT], vec![Part::Control]);
    let all = vec![SUBJECT, Part::Control];
    if sessions {
        stock(sound(), Stock::Sessions, (all, vec![]))
    } else {
        stock(sound(), Stock::Users, (control, subject))
    }
}

#[rustfmt::skip]
pub const ROWS: &[Row] = &[
    ("whatever was seen", sound, "credential.dynamic", Failed, "not-dynamic"),
    ("nothing else was seen", || without(sound(), |b| !matches!(b, Body::Issued { .. })), "credential.dynamic", Failed, "not-dynamic"),
    ("nothing was seen", || without(sound(), |_| true), "credential.dynamic", Inconclusive, "not-observed"),

    ("sound", sound, "trigger.acknowledged", Passed, "proved"),
    ("never heard", || answered(sound(), &no_answer()), "trigger.acknowledged", Inconclusive, "trigger-unanswered"),
    ("sound", sound, "trigger.refused-at-backend", Passed, "proved"),
    ("the old password stays good", || saw(sound(), &SUBJECT, 4, 8, &accepted(OURS)), "trigger.refused-at-backend", Failed, "accepted-after-limit"),
    ("everybody's password was changed", || saw(sound(), &Part::Control, 4, 12, &both()), "trigger.refused-at-backend", Inconclusive, "control-not-accepted"),
    ("somebody put the old one back", || saw(sound(), &SUBJECT, 8, 8, &accepted(OURS)), "trigger.stays-dead", Failed, "accepted-again"),
    ("the new one is refused", || saw(sound(), &Part::Reissued, 1, 1, &refused(Meaning::Both)), "trigger.service-returns", Inconclusive, "no-answer"),
    ("a session by the old one", || saw(sound(), &idle(), 1, 9, &accepted(OURS)), "trigger.sessions", Inconclusive, "no-answer"),

    ("the user stays", sound, "trigger.no-residue", Passed, "proved"),
    ("the user is gone, which nobody asked for", || left(false), "trigger.no-residue", Passed, "proved"),
    ("nobody is made, so nobody is looked for", || without(sound(), |b| matches!(b, Body::Strays { .. })), "trigger.no-residue", Passed, "proved"),
    ("a session stays", || left(true), "trigger.no-residue", Failed, "residue-left"),

    ("sound", sound, "metadata.ttl", Passed, "proved"),
    ("read half a second later", || with_ttl(TTL_MS - 1_000), "metadata.ttl", Passed, "proved"),
    ("as old as the run, to the millisecond", || with_ttl(TTL_MS - 1_110), "metadata.ttl", Passed, "proved"),
    ("a millisecond older", || with_ttl(TTL_MS - 1_111), "metadata.ttl", Failed, "metadata-differs"),
    ("older than the run", || with_ttl(TTL_MS - 5_000), "metadata.ttl", Failed, "metadata-differs"),
    ("rotated later than its period says", || with_ttl(TTL_MS + 1), "metadata.ttl", Failed, "metadata-differs"),
    ("another period at the authority", || period(TTL_MS / 2), "metadata.ttl", Failed, "metadata-differs"),

    ("by its request", sound, "audit.issuance", Passed, "proved"),
    ("by another request", asked_by_another_request, "audit.issuance", Failed, "audit-missing"),
    ("sound", sound, "audit.revocation", Passed, "proved"),
    ("another role's", || path("rotate-role", "database/rotate-role/other"), "audit.revocation", Failed, "audit-missing"),
    ("sound", sound, "audit.linked", Passed, "proved"),
    ("at another mount", || path("rotate-role", "elsewhere/rotate-role/r"), "audit.linked", Failed, "audit-unlinked"),
    ("the password is another", || cause(Cause::WrongSecret), "audit.linked", Passed, "proved"),
    ("the user is gone", || cause(Cause::Gone), "audit.linked", Failed, "causes-differ"),
    ("the user is barred", || cause(Cause::Barred), "audit.linked", Failed, "causes-differ"),
    ("the user's own end is past", || cause(Cause::Expired), "audit.linked", Failed, "causes-differ"),
];

#[test]
fn every_line() {
    assert_eq!(ROLE, "r");
    super::table::all(ROWS);
}

#[test]
fn what_it_stands_for_is_not_asked_beside_it() {
    let checks = judge(&sound()).drills.remove(0);
    assert!(checks.not_judged.is_empty(), "{:?}", checks.not_judged);
    let ids: Vec<&str> = checks.scenarios[0].checks.iter().map(|c| c.check.as_str()).collect();
    for stood_for in ["metadata.lease", "policy.ttl-capped", "expire.not-early", "incident.reissue-refused"] {
        assert!(!ids.contains(&stood_for), "{stood_for}");
    }
    for asked in
        ["policy.role-refused", "policy.tenant-isolated", "parent.unreadable", "parent.rotated", "metadata.owner"]
    {
        assert!(ids.contains(&asked), "{asked}");
    }
    // All but the one that only an exception permits.
    for check in &checks.scenarios[0].checks {
        let expected = if check.check == "credential.dynamic" { Failed } else { Passed };
        assert_eq!(check.outcome, expected, "{}: {} ({})", check.id, check.observed, check.reason);
    }
}

#[test]
fn no_dynamic_kind_is_asked_for_it() {
    for history in [super::hand::revoke(), super::hand::expire(), super::hand::renew()] {
        let drill = judge(&history).drills.remove(0);
        let asked = drill.scenarios[0].checks.iter().any(|c| c.check == "credential.dynamic");
        assert!(!asked && !drill.not_judged.iter().any(|id| id == "credential.dynamic"));
    }
}
