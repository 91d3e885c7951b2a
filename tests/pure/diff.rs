//! `drill diff`: two runs side by side; in doubt it cannot be told.

#![allow(clippy::unwrap_used)] // helpers of tests, not only the tests themselves

use crate::common::verdicts;
use drill::command::diff::diff as command;
use drill::exit::Exit;
use drill::history::{Body, History};
use drill::report::diff::{Difference, Kind, compare, render};
use drill::verdict::{Outcome, Verdicts};
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

fn between(a: &Verdicts, b: &Verdicts) -> Difference {
    compare((&crate::common::sound(), a), (&crate::common::sound(), b))
}

/// `passed()` with one check of the first scenario changed.
fn with(check: &str, outcome: Outcome) -> Verdicts {
    let mut v = verdicts::passed();
    verdicts::find(&mut v, 0, check).outcome = outcome;
    verdicts::seal(v)
}

fn kinds(d: &Difference) -> Vec<(Kind, &str)> {
    d.checks.iter().map(|c| (c.kind, c.id.as_str())).collect()
}

#[test]
fn the_same_run_twice_differs_in_nothing() {
    let d = between(&verdicts::failed(), &verdicts::failed());
    assert_eq!(d, Difference { compared: 18, ..Difference::default() });
    assert_eq!((d.worse(), d.unknown()), (0, None));
}

#[test]
fn every_step_of_a_verdict_has_its_side() {
    use Outcome::{Excepted, Failed, Inconclusive, Passed};
    const ID: &str = "postgres/revoke/access.denied";
    for (was, is, kind) in [
        (Passed, Failed, Kind::Worse),
        (Passed, Inconclusive, Kind::Worse),
        (Passed, Excepted, Kind::Worse),
        (Excepted, Failed, Kind::Worse),
        (Excepted, Inconclusive, Kind::Worse),
        (Inconclusive, Failed, Kind::Worse),
        (Failed, Excepted, Kind::Excepted),
        (Inconclusive, Excepted, Kind::Excepted),
        (Failed, Inconclusive, Kind::Better),
        (Failed, Passed, Kind::Better),
        (Inconclusive, Passed, Kind::Better),
        (Excepted, Passed, Kind::Better),
    ] {
        let d = between(&with("access.denied", was), &with("access.denied", is));
        assert_eq!(kinds(&d), [(kind, ID)], "{was:?} → {is:?}");
        assert_eq!(d.worse(), usize::from(kind == Kind::Worse));
        assert_eq!(d.unknown(), None);
    }
}

#[test]
fn what_only_one_run_has_cannot_be_told_or_is_told() {
    let all = verdicts::passed();
    let mut fewer = verdicts::passed();
    fewer.drills[0].scenarios[0].checks.retain(|c| c.check != "access.denied");
    let d = between(&all, &fewer);
    assert_eq!(kinds(&d), [(Kind::Gone, "postgres/revoke/access.denied")]);
    assert_eq!(d.unknown().as_deref(), Some("1 check is not in the later run"));
    // It could not get any worse.
    assert_eq!(between(&with("access.denied", Outcome::Failed), &fewer).unknown(), None);
    // New ones: nobody had said that it fails; nobody knows whether it does; it passes.
    let failed = between(&fewer, &with("access.denied", Outcome::Failed));
    assert_eq!((kinds(&failed)[0].0, failed.worse()), (Kind::Worse, 1));
    let open = between(&fewer, &with("access.denied", Outcome::Inconclusive));
    assert_eq!((kinds(&open)[0].0, open.unknown().as_deref()), (Kind::New, Some("1 new check is inconclusive")));
    let new = between(&fewer, &all);
    assert_eq!((kinds(&new)[0].0, new.unknown()), (Kind::New, None));
    // Nothing in common.
    let mut other = verdicts::passed();
    other.drills[0].scenarios.iter_mut().flat_map(|s| &mut s.checks).for_each(|c| c.id.insert_str(0, "other-"));
    assert_eq!(between(&all, &other).unknown().as_deref(), Some("the runs have no check in common"));
    let mut stopped = verdicts::passed();
    stopped.interrupted = Some("SIGINT".into());
    assert_eq!(between(&all, &stopped).unknown().as_deref(), Some("the later run was interrupted by SIGINT"));
}

#[test]
fn an_exposure_moved_only_where_the_intervals_do_not_overlap() {
    let at = |lower: i64, upper: Option<i64>| {
        let mut v = verdicts::passed();
        let e = &mut v.drills[0].scenarios[0].exposures[0];
        (e.lower_us, e.upper_us) = (lower, upper);
        v
    };
    let moved = |a: (i64, Option<i64>), b: (i64, Option<i64>)| -> Option<bool> {
        let d = between(&at(a.0, a.1), &at(b.0, b.1));
        d.exposures.first().map(|e| {
            assert_eq!(e.id, "postgres/revoke@login");
            e.slower
        })
    };
    assert_eq!(moved((6, Some(11)), (11, Some(20))), None, "they touch");
    assert_eq!(moved((6, Some(11)), (12, Some(20))), Some(true));
    assert_eq!(moved((12, Some(20)), (6, Some(11))), Some(false));
    assert_eq!(moved((6, Some(11)), (12, None)), Some(true));
    assert_eq!(moved((6, None), (12, None)), None, "both may have lasted for ever");
    assert_eq!(moved((12, None), (6, Some(11))), Some(false));
    assert_eq!(moved((6, Some(11)), (6, None)), None);
}

fn later() -> (History, Verdicts) {
    let mut history = crate::common::outlives();
    history.head.run = "20261125-080000-b2c3".into();
    history.head.program = "0.2.0".into();
    history.head.drills[0].sha256 = crate::common::hex('f');
    for event in &mut history.events {
        if let Body::Server { product, version, .. } = &mut event.body
            && product == "PostgreSQL"
        {
            version.push_str(".1\u{1b}[2J");
        }
    }
    let mut v = verdicts::failed();
    v.drills[0].scenarios[1].exposures[0].lower_us = 500_000;
    v.drills[0].scenarios[1].exposures[0].upper_us = Some(510_000);
    (history, v)
}

#[test]
fn the_worst_is_told_first() {
    let (before, a) = (crate::common::sound(), with("access.denied", Outcome::Inconclusive));
    let (after, mut b) = later();
    verdicts::find(&mut b, 0, "trigger.control-alive").outcome = Outcome::Inconclusive;
    let d = compare((&before, &a), (&after, &b));
    insta::assert_snapshot!("diff.txt", render(&d, &before.head, &after.head));
    let back = compare((&after, &b), (&before, &a));
    insta::assert_snapshot!("diff-back.txt", render(&back, &after.head, &before.head));
}

fn put(dir: &Path, history: &History) {
    fs::create_dir_all(dir).unwrap();
    let mut text = serde_json::to_string(&history.head).unwrap();
    for event in &history.events {
        write!(text, "\n{}", serde_json::to_string(event).unwrap()).unwrap();
    }
    fs::write(dir.join("events.jsonl"), text + "\n").unwrap();
}

fn call(a: &Path, b: &Path) -> (Exit, String, String) {
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let exit = command(a, b, &mut out, &mut err);
    (exit, String::from_utf8(out).unwrap(), String::from_utf8(err).unwrap())
}

#[test]
fn the_exit_code_says_whether_a_check_got_worse() {
    let tmp = tempfile::tempdir().unwrap();
    let (a, b, none) = (tmp.path().join("a"), tmp.path().join("b"), tmp.path().join("none"));
    put(&a, &crate::common::sound());
    put(&b, &crate::common::outlives());
    let (exit, out, err) = call(&a, &a.join("events.jsonl"));
    assert_eq!((exit, err.as_str()), (Exit::Passed, ""));
    assert!(out.contains("\nno check got worse ("), "{out}");
    let (exit, out, _) = call(&a, &b);
    assert_eq!(exit, Exit::Failed, "{out}");
    assert!(out.contains("\nworse\n") && out.contains("got worse ("), "{out}");
    let (exit, out, _) = call(&b, &a);
    assert_eq!(exit, Exit::Passed, "{out}");
    assert!(out.contains("\nbetter\n"), "{out}");
    // Judged again from the events: reports that say something else count for nothing.
    fs::write(a.join("evidence.json"), "{}").unwrap();
    assert_eq!(call(&a, &a).0, Exit::Passed);

    let (exit, out, err) = call(&a, &none);
    assert_eq!((exit, out.as_str()), (Exit::Inconclusive, ""));
    assert!(err.starts_with("error: no evidence: ") && err.ends_with("events.jsonl is not there\n"), "{err}");
    fs::write(b.join("events.jsonl"), "{}\n").unwrap();
    let (exit, _, err) = call(&b, &none);
    assert_eq!((exit, err.lines().count()), (Exit::Inconclusive, 2), "{err}");
}
