//! Which acceptances of the control stand before and after a refusal, to the microsecond, and what makes a death of refusals.

use super::build::SUBJECT;
use super::hand::{changed, expire, idle, revoke, saw, without};
use super::table::both;
use super::world::unreachable;
use drill::definition::SessionClaim;
use drill::history::{Body, History, Part};
use drill::verdict::judge;
use drill::verdict::{CheckVerdict, Outcome};

/// µs after the origin: the first refusal ends here, the second there.
const FIRST: Option<i64> = Some(15_000);
const SECOND: Option<i64> = Some(23_000);

/// A probe at other times, µs.
pub fn retimed(mut history: History, part: &Part, number: u32, times: (u64, u64)) -> History {
    for event in &mut history.events {
        if let Body::Probe { series, n, sent_us, done_us, .. } = &mut event.body
            && (&series.part, *n) == (part, number)
        {
            (*sent_us, *done_us) = times;
            event.at_us = times.1;
        }
    }
    history.events.sort_by_key(|e| e.at_us);
    without(history, |_| false)
}

fn ticks(mut history: History, us: u64) -> History {
    history.head.clock_tick_us = us;
    history
}

/// The upper end of the interval at the door.
pub fn upper(history: &History) -> Option<i64> {
    let exposures = judge(history).drills.remove(0).scenarios.remove(0).exposures;
    exposures.into_iter().find(|e| !e.session).unwrap().upper_us
}

/// The control's acceptance before the first refusal (sent at 1,012,000) ends then; the one before it was lost.
fn before(done_us: u64, tick_us: u64) -> Option<i64> {
    let history = saw(revoke(), &Part::Control, 3, 3, &unreachable(true));
    upper(&ticks(retimed(history, &Part::Control, 4, (1_005_000, done_us)), tick_us))
}

/// The control's acceptance after the first refusal (done at 1,015,000) is sent then; the one after it was lost.
fn after(sent_us: u64, tick_us: u64) -> Option<i64> {
    // The second refusal comes where the control is accepted again.
    let history = retimed(revoke(), &SUBJECT, 5, (1_497_000, 1_499_000));
    let history = saw(history, &Part::Control, 6, 6, &unreachable(true));
    upper(&ticks(retimed(history, &Part::Control, 5, (sent_us, 1_019_000)), tick_us))
}

#[test]
fn an_acceptance_stands_before_or_after_if_no_part_of_a_tick_overlaps() {
    assert_eq!(upper(&revoke()), FIRST);
    assert_eq!((before(1_012_000, 1), before(1_012_001, 1)), (FIRST, SECOND));
    assert_eq!((before(1_011_001, 1_000), before(1_011_002, 1_000)), (FIRST, SECOND));
    let later = Some(499_000);
    assert_eq!((after(1_015_000, 1), after(1_014_999, 1)), (FIRST, later));
    assert_eq!((after(1_015_999, 1_000), after(1_015_998, 1_000)), (FIRST, later));
}

#[test]
fn what_overlaps_a_refusal_must_be_an_acceptance() {
    let overlapping = retimed(revoke(), &Part::Control, 4, (1_005_000, 1_013_000));
    assert_eq!(upper(&overlapping), FIRST);
    assert_eq!(upper(&saw(overlapping, &Part::Control, 4, 4, &unreachable(true))), SECOND);
}

/// The sound revocation with these three refusals alone.
fn refused_thrice(times: [(u64, u64); 3]) -> History {
    let is_later = |b: &Body| matches!(b, Body::Probe { series, n, .. } if series.part == SUBJECT && *n > 6);
    let mut history = without(revoke(), is_later);
    for event in &mut history.events {
        if let Body::End { series, probes } = &mut event.body
            && series.part == SUBJECT
        {
            *probes = 6;
        }
    }
    times.into_iter().zip(4..).fold(history, |history, (times, n)| retimed(history, &SUBJECT, n, times))
}

/// Refusals between the same two acceptances of the control may all fall into one moment in which everybody was refused: of the three of
/// a death no two do.
#[test]
fn between_each_refusal_and_the_next_the_control_is_accepted() {
    // The control's fourth acceptance is before all of them, its seventh after them.
    let between = |tick_us, fifth, sixth| {
        let history = refused_thrice([(1_011_000, 1_011_500), (1_013_000, 1_013_500), (1_015_000, 1_015_500)]);
        let history = retimed(history, &Part::Control, 4, (1_010_000, 1_010_500));
        let history = retimed(retimed(history, &Part::Control, 5, fifth), &Part::Control, 6, sixth);
        upper(&ticks(history, tick_us))
    };
    let with = |fifth, sixth| between(1, fifth, sixth);
    // Not a microsecond of either outside.
    assert_eq!(with((1_011_500, 1_013_000), (1_013_500, 1_015_000)), Some(11_500));
    assert_eq!(with((1_011_499, 1_013_000), (1_013_500, 1_015_000)), None);
    assert_eq!(with((1_011_500, 1_013_001), (1_013_500, 1_015_000)), None);
    assert_eq!(with((1_011_500, 1_013_000), (1_013_499, 1_015_000)), None);
    assert_eq!(with((1_011_500, 1_013_000), (1_013_500, 1_015_001)), None);
    // No part of a tick overlaps.
    assert_eq!(between(101, (1_011_600, 1_012_900), (1_013_600, 1_014_900)), Some(11_500));
    assert_eq!(between(102, (1_011_600, 1_012_800), (1_013_700, 1_014_800)), None);
    assert_eq!(between(102, (1_011_700, 1_012_900), (1_013_700, 1_014_800)), None);
    assert_eq!(between(102, (1_011_700, 1_012_800), (1_013_600, 1_014_800)), None);
    assert_eq!(between(102, (1_011_700, 1_012_800), (1_013_700, 1_014_900)), None);
    // Two acceptances between the same two refusals part no third from them.
    assert_eq!(with((1_011_500, 1_012_000), (1_012_000, 1_013_000)), None);
    assert_eq!(with((1_013_500, 1_014_000), (1_014_000, 1_015_000)), None);
}

/// A refusal at the very end of the TTL is no early one.
#[test]
fn refused_at_its_end_is_not_refused_early() {
    let early = |ttl_us: u64| {
        let mut history = expire();
        for event in &mut history.events {
            if let Body::Issued { record, .. } = &mut event.body {
                record.stated_end = Some(super::build::at_us(ttl_us));
            }
        }
        let checks = judge(&history).drills.remove(0).scenarios.remove(0).checks;
        checks.into_iter().find(|c| c.check == "expire.not-early").unwrap().reason
    };
    assert_eq!((early(1_015_000).as_str(), early(1_015_001).as_str()), ("proved", "refused-early"));
}

/// A session that was seen closed is dead, unless something else than that is seen of it later.
#[test]
fn a_closed_session_stays_closed() {
    let closed = |last: &drill::observation::Saw| {
        let history = saw(saw(revoke(), &idle(), 2, 2, &both()), &idle(), 3, 3, last);
        let exposures = judge(&history).drills.remove(0).scenarios.remove(0).exposures;
        exposures.into_iter().find(|e| e.session).unwrap().upper_us
    };
    assert_eq!((closed(&both()), closed(&unreachable(true))), (Some(1_000), None));
}

/// A client that logs in again whenever it is thrown out: its probes are the subject's, all but the first of them logins.
fn reconnecting(history: History) -> History {
    let mut more = Vec::new();
    for event in &history.events {
        let mut event = event.clone();
        if let Body::Probe { series, .. } | Body::End { series, .. } = &mut event.body {
            let kind = "reconnecting".to_string();
            series.part = match &series.part {
                part if *part == SUBJECT => Part::Session { kind, client: 0 },
                Part::Control => Part::ControlSession { kind },
                _ => continue,
            };
            series.door = "reconnecting".into();
            more.push(event);
        }
    }
    let mut history = history;
    history.events.extend(more);
    history.events.sort_by_key(|e| e.at_us);
    let claim = SessionClaim::ClosedWithin { limit_ms: super::hand::LIMIT_MS };
    history.head.drills[0].scenarios[0].sessions.insert("reconnecting".into(), claim);
    without(history, |_| false)
}

/// It is ended by refused logins alone: they count beside the control's logins, and must rest as the credential's own.
#[test]
fn a_client_that_comes_back_is_dead_when_its_logins_are() {
    let upper = |history: &History| {
        let exposures = judge(history).drills.remove(0).scenarios.remove(0).exposures;
        exposures.into_iter().find(|e| e.of == "reconnecting").unwrap().upper_us
    };
    let client = Part::Session { kind: "reconnecting".into(), client: 0 };
    let history = reconnecting(revoke());
    assert_eq!(upper(&history), FIRST);
    // The control's login before the first refusal had no answer.
    assert_eq!(upper(&saw(history.clone(), &Part::Control, 4, 4, &unreachable(true))), SECOND);
    // The last question had none.
    assert_eq!(upper(&saw(history, &client, 8, 8, &unreachable(true))), None);
    // No login of the control's between the first refused one and the next: that it was let in all the same is not what is missing.
    let history = refused_thrice([(1_011_000, 1_011_500), (1_013_000, 1_013_500), (1_015_000, 1_015_500)]);
    let history = retimed(reconnecting(history), &Part::Control, 4, (1_010_000, 1_010_500));
    let history = retimed(history, &Part::Control, 5, (1_010_600, 1_010_900));
    let said =
        |id: &str| checks(&history).into_iter().find(|c| c.id.ends_with(id)).map(|c| (c.outcome, c.reason, c.observed));
    let (outcome, reason, observed) = said("trigger.sessions@reconnecting").unwrap();
    assert_eq!((outcome, reason.as_str()), (Outcome::Inconclusive, "no-answer"));
    assert!(observed.ends_with("with the control let in between"), "{observed}");
}

fn checks(history: &History) -> Vec<CheckVerdict> {
    judge(history).drills.remove(0).scenarios.remove(0).checks
}

/// What went wrong in the run is said where nothing could be shown, and nowhere else.
#[test]
fn a_problem_of_the_run_is_said_beside_what_it_left_open() {
    let mut history = saw(revoke(), &SUBJECT, 1, 2, &unreachable(true));
    let body = Body::Problem { step: "reading the audit log".into(), what: "time-out".into() };
    let first = history.events[0].clone();
    history.events.insert(0, drill::history::Event { body, ..first });
    let checks = checks(&without(history, |_| false));
    assert!(checks.iter().any(|c| c.outcome == Outcome::Inconclusive));
    for check in checks {
        let said = check.observed.ends_with(" (reading the audit log: time-out)");
        assert_eq!(said, check.outcome == Outcome::Inconclusive, "{}: {}", check.id, check.observed);
    }
}

/// Evidence is a file: what stands in it may be beyond all calendars.
#[test]
fn times_beyond_all_calendars_are_judged() {
    let history = changed(saw(revoke(), &SUBJECT, 4, 8, &unreachable(true)), |body| {
        if let Body::Trigger { done_us, sent_us, .. } = body {
            (*sent_us, *done_us) = (u64::MAX, u64::MAX);
        }
    });
    let red = checks(&history).into_iter().filter(|c| c.outcome != Outcome::Passed);
    assert!(red.filter_map(|c| c.when).any(|when| when.starts_with("trigger sent at no time")));
}
