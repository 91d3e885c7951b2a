//! Exceptions permit failures and nothing else: laws that hold of every history, whatever is excepted.

use super::hand::{revoke, saw};
use super::laws::on_all;
use super::world::{OURS, accepted};
use drill::definition::Location;
use drill::exceptions::Exception;
use drill::history::{History, Part};
use drill::verdict::{CheckVerdict, ExceptionUse, Outcome, Use, Verdicts, judge};
use jiff::ToSpan;
use jiff::civil::{Date, date};
use std::sync::atomic::{AtomicU64, Ordering};

const GRANTED: Date = date(2026, 10, 1);
const EXPIRES: Date = date(2026, 12, 31);

fn exception(id: &str, check: &str) -> Exception {
    Exception {
        id: id.into(),
        check: check.into(),
        owner: "team".into(),
        reason: "a reason".into(),
        compensating_control: "a control".into(),
        granted_by: "security".into(),
        granted_on: GRANTED,
        expires: EXPIRES,
        at: Location::default(),
    }
}

fn judged(history: &History, day: Option<Date>, exceptions: Vec<Exception>) -> Verdicts {
    let mut history = history.clone();
    (history.head.as_of, history.head.exceptions) = (day, exceptions);
    judge(&history)
}

fn checks(verdicts: &Verdicts) -> &[CheckVerdict] {
    &verdicts.drills[0].scenarios[0].checks
}

fn ids(verdicts: &Verdicts) -> Vec<String> {
    checks(verdicts).iter().map(|c| c.id.clone()).collect()
}

/// An exception for each of these checks.
fn on(checks: &[String]) -> Vec<Exception> {
    checks.iter().enumerate().map(|(n, check)| exception(&format!("EX-{n}"), check)).collect()
}

fn find<'a>(verdicts: &'a Verdicts, id: &str) -> &'a CheckVerdict {
    checks(verdicts).iter().find(|c| c.id == id).unwrap()
}

#[test]
fn an_exception_permits_the_failure_of_its_check_and_changes_nothing_else() {
    let [tried, covered, unproved] = [0; 3].map(AtomicU64::new);
    on_all(|name, history, rng| {
        tried.fetch_add(1, Ordering::Relaxed);
        let before = judge(history);
        let mut picked = ids(&before);
        picked.retain(|_| rng.percent(60));
        let after = judged(history, Some(date(2026, 11, 24)), on(&picked));
        for was in checks(&before) {
            let is = find(&after, &was.id);
            if was.outcome == Outcome::Failed && picked.contains(&was.id) {
                covered.fetch_add(1, Ordering::Relaxed);
                let n = picked.iter().position(|id| *id == was.id).unwrap();
                let id = Some(format!("EX-{n}"));
                let expected = CheckVerdict { outcome: Outcome::Excepted, exception: id, ..was.clone() };
                assert_eq!(*is, expected, "{name}");
            } else {
                assert_eq!(is, was, "{name}: an exception changed what it must not");
            }
            if was.outcome == Outcome::Inconclusive && picked.contains(&was.id) {
                unproved.fetch_add(1, Ordering::Relaxed);
            }
        }
        let worst = checks(&after).iter().map(|c| c.outcome).max().unwrap();
        assert_eq!(
            (after.drills[0].scenarios[0].outcome, after.drills[0].outcome, after.outcome),
            (worst, worst, worst)
        );
        assert!(checks(&after).is_sorted_by_key(|c| std::cmp::Reverse(c.outcome)), "{name}");
        for ExceptionUse { check, state, .. } in &after.exceptions {
            let expected = match find(&before, check).outcome {
                Outcome::Failed => Use::Applied,
                Outcome::Passed => Use::Stale,
                Outcome::Inconclusive | Outcome::Excepted => Use::NotJudged,
            };
            assert_eq!(*state, expected, "{name}: {check}");
        }
    });
    // It was no law about nothing; of few histories only so much less can be asked.
    let [tried, covered, unproved] = [tried, covered, unproved].map(AtomicU64::into_inner);
    let least = (tried / 4).min(100);
    assert!(covered > least && unproved > least, "{covered} covered, {unproved} unproved in {tried}");
}

#[test]
fn outside_of_its_days_an_exception_covers_nothing() {
    on_all(|name, history, _| {
        let before = judge(history);
        let all = on(&ids(&before));
        for (day, state) in [
            (Some(EXPIRES + 1.day()), Use::Expired),
            (Some(Date::MAX), Use::Expired),
            (Some(GRANTED - 1.day()), Use::NotYet),
            (Some(Date::MIN), Use::NotYet),
            (None, Use::Undated),
        ] {
            let after = judged(history, day, all.clone());
            assert_eq!((after.outcome, &after.drills), (before.outcome, &before.drills), "{name} as of {day:?}");
            assert!(after.exceptions.iter().all(|e| e.state == state), "{name} as of {day:?}");
        }
        // It begins with its first day, and ends at the end of its last.
        for day in [GRANTED, EXPIRES] {
            let on_the_day = judged(history, Some(day), all.clone());
            assert!(!checks(&on_the_day).iter().any(|c| c.outcome == Outcome::Failed), "{name} as of {day}");
            let outside = on_the_day.exceptions.iter().any(|e| matches!(e.state, Use::Expired | Use::NotYet));
            assert!(!outside, "{name} as of {day}");
        }
    });
}

#[test]
fn only_the_exact_whole_id_counts() {
    on_all(|name, history, _| {
        let before = judge(history);
        let mut others: Vec<String> =
            ["*", "**", "", "d", "d/s", "d/*", "d/s/*", "d/s/", ".*", "?"].map(String::from).into();
        for id in ids(&before) {
            let (without_drill, check) = (id.split_once('/').unwrap().1, id.rsplit('/').next().unwrap());
            others.extend([without_drill, check, &id[..id.len() - 1], id.split('@').next().unwrap()].map(String::from));
            others.extend([
                id.to_uppercase(),
                format!(" {id}"),
                format!("{id} "),
                format!("{id}\n"),
                format!("{id}@login"),
            ]);
        }
        others.retain(|other| !ids(&before).contains(other));
        let after = judged(history, Some(GRANTED), on(&others));
        assert_eq!((after.outcome, &after.drills), (before.outcome, &before.drills), "{name}");
        assert!(after.exceptions.iter().all(|e| e.state == Use::NotRun), "{name}");
    });
}

/// A backend that lets anybody in may be permitted; that a refusal proved anything there is not.
#[test]
fn what_rests_on_a_permitted_failure_stays_unproved() {
    let open = saw(revoke(), &Part::BogusName, 1, 1, &accepted(OURS));
    let bogus = "d/s/access.bogus-refused";
    let before = judge(&open);
    let resting: Vec<&CheckVerdict> = checks(&before).iter().filter(|c| c.premise.as_deref() == Some(bogus)).collect();
    assert!(!resting.is_empty() && resting.iter().all(|c| c.outcome == Outcome::Inconclusive));
    // Also where each of them is excepted itself.
    for excepted in [vec![bogus.to_string()], ids(&before)] {
        let after = judged(&open, Some(GRANTED), on(&excepted));
        assert_eq!(find(&after, bogus).outcome, Outcome::Excepted);
        for was in &resting {
            assert_eq!(find(&after, &was.id), *was);
        }
        assert_eq!(after.outcome, Outcome::Inconclusive);
    }
}

/// Hand-made heads may hold what no file may: the first in force covers, and another is said not to be needed.
#[test]
fn of_two_for_one_check_one_covers() {
    let open = saw(revoke(), &Part::BogusName, 1, 1, &accepted(OURS));
    let bogus = "d/s/access.bogus-refused";
    let mut ended = exception("EX-0", bogus);
    ended.expires = date(2026, 10, 31);
    let all = vec![ended, exception("EX-1", bogus), exception("EX-2", bogus)];
    let after = judged(&open, Some(date(2026, 11, 24)), all);
    assert_eq!(find(&after, bogus).exception.as_deref(), Some("EX-1"));
    let states: Vec<Use> = after.exceptions.iter().map(|e| e.state).collect();
    assert_eq!(states, [Use::Expired, Use::Applied, Use::Stale]);
}
