//! A declared restart: what it brings back is seen after it, or nothing is said.

use super::build::SUBJECT;
use super::hand::{revoke, saw, without};
use super::world::{OURS, accepted};
use drill::definition::{Fault, FaultKind, FaultServer};
use drill::history::{Body, History};
use drill::verdict::Outcome::{self, Failed, Inconclusive, Passed};
use drill::verdict::judge;

/// A sound revocation whose scenario declares a restart, and what is written of it: from when to when, ms.
fn restarted(written: Option<(u64, Option<u64>)>) -> History {
    let mut history = revoke();
    let fault = Fault { server: FaultServer::Backend, kind: FaultKind::Restarted, duration_ms: 100 };
    history.head.drills[0].scenarios[0].fault = Some(fault);
    // Another server's is not the backend's.
    let mut other = history.events[0].clone();
    let (server, kind, healed_us) = ("authority".into(), "restarted".into(), Some(9_000_000));
    other.body = Body::Fault { server, kind, from_us: 8_000_000, healed_us };
    history.events.insert(0, other);
    if let Some((from_ms, healed_ms)) = written {
        let at_us = healed_ms.unwrap_or(from_ms) * 1000;
        let next = history.events.iter().position(|e| e.at_us > at_us).unwrap_or(history.events.len());
        let mut event = history.events[next - 1].clone();
        event.at_us = at_us;
        let (server, kind, healed_us) = ("backend".into(), "restarted".into(), healed_ms.map(|ms| ms * 1000));
        event.body = Body::Fault { server, kind, from_us: from_ms * 1000, healed_us };
        history.events.insert(next, event);
    }
    without(history, |_| false)
}

fn outcome(history: &History, check: &str) -> Outcome {
    let checks = judge(history).drills.remove(0).scenarios.remove(0).checks;
    checks.iter().find(|c| c.check == check).unwrap().outcome
}

const OVER: Option<(u64, Option<u64>)> = Some((2_200, Some(2_600)));

#[test]
fn dead_before_and_after_it_stays_dead() {
    // Asked in the very microsecond in which it was over is asked after it.
    for history in [restarted(OVER), restarted(Some((2_200, Some(3_000))))] {
        for check in ["trigger.stays-dead", "trigger.exposure", "trigger.control-alive", "trigger.refused-at-backend"] {
            assert_eq!(outcome(&history, check), Passed, "{check}");
        }
    }
}

#[test]
fn what_comes_back_by_it_fails() {
    let history = saw(restarted(OVER), &SUBJECT, 8, 8, &accepted(OURS));
    assert_eq!(outcome(&history, "trigger.stays-dead"), Failed);
}

#[test]
fn a_restart_that_did_not_come_about_or_was_not_looked_at_after_proves_nothing() {
    for written in [None, Some((2_200, None)), Some((2_200, Some(3_001)))] {
        assert_eq!(outcome(&restarted(written), "trigger.stays-dead"), Inconclusive, "{written:?}");
    }
}

/// It comes after the end and excuses nothing: exposure counts from the trigger.
#[test]
fn it_moves_no_origin() {
    assert_eq!(
        judge(&restarted(OVER)).drills[0].scenarios[0].exposures,
        judge(&revoke()).drills[0].scenarios[0].exposures
    );
}
