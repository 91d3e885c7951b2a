//! `drill report`: judge and render again, without containers.

#![allow(clippy::unwrap_used)] // helpers of tests, not only the tests themselves

use crate::common::verdicts;
use drill::command::report::{Order, report};
use drill::exit::Exit;
use drill::history::History;
use drill::report::{Copies, Verbosity};
use drill::verdict::Verdicts;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

fn put(dir: &Path, history: &History) -> PathBuf {
    fs::create_dir_all(dir).unwrap();
    let mut text = serde_json::to_string(&history.head).unwrap();
    for event in &history.events {
        write!(text, "\n{}", serde_json::to_string(event).unwrap()).unwrap();
    }
    fs::write(dir.join("events.jsonl"), text + "\n").unwrap();
    dir.to_owned()
}

fn order(dirs: Vec<PathBuf>, reports: &Path) -> Order {
    let (copies, verbosity) = (Copies::default(), Verbosity::Normal);
    Order { dirs, reports: reports.to_owned(), copies, annotate: None, color: false, verbosity }
}

fn call(order: &Order, judge: impl Fn(&History) -> Verdicts) -> (Exit, String, String) {
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let exit = report(order, judge, &mut out, &mut err);
    (exit, String::from_utf8(out).unwrap(), String::from_utf8(err).unwrap())
}

#[test]
fn the_latest_run_is_rendered_where_none_is_named() {
    let tmp = tempfile::tempdir().unwrap();
    let dir = put(&tmp.path().join("latest"), &crate::common::outlives());
    let (exit, out, err) = call(&order(vec![], tmp.path()), |h| {
        assert_eq!(h.events, crate::common::outlives().events);
        verdicts::failed()
    });
    assert_eq!((exit, err.as_str()), (Exit::Failed, ""));
    assert!(out.contains("postgres/revoke  FAILED") && out.contains("\nFAILED: postgres"), "{out}");
    assert!(out.contains(&format!("{}/readiness.md", dir.display())), "{out}");
    for file in ["junit.xml", "readiness.md", "evidence.json"] {
        assert!(dir.join(file).is_file(), "{file}");
    }
}

#[test]
fn the_worst_of_several_counts() {
    let tmp = tempfile::tempdir().unwrap();
    let mut other = crate::common::sound();
    other.head.run = "other".into();
    let dirs = vec![put(&tmp.path().join("a"), &crate::common::sound()), put(&tmp.path().join("b"), &other)];
    let judge = |h: &History| if h.head.run == "other" { verdicts::inconclusive() } else { verdicts::passed() };
    let (exit, out, _) = call(&order(dirs.clone(), tmp.path()), judge);
    assert_eq!(exit, Exit::Inconclusive);
    assert!(out.contains("\nPASSED: postgres") && out.contains("\nINCONCLUSIVE: postgres"), "{out}");

    let mut with_copy = order(dirs, tmp.path());
    with_copy.copies.junit = Some(tmp.path().join("j.xml"));
    let (exit, _, err) = call(&with_copy, judge);
    assert_eq!(exit, Exit::Usage);
    assert_eq!(err, "error: --junit takes one run, not several\n");
}

#[test]
fn copies_are_the_same_files() {
    let tmp = tempfile::tempdir().unwrap();
    let dir = put(&tmp.path().join("r"), &crate::common::sound());
    let mut order = order(vec![dir.clone()], tmp.path());
    order.copies = Copies { junit: Some(tmp.path().join("x/j.xml")), summary: Some(tmp.path().join("s.md")) };
    let (exit, _, _) = call(&order, |_| verdicts::passed());
    assert_eq!(exit, Exit::Passed);
    let read = |path: PathBuf| fs::read_to_string(path).unwrap();
    assert_eq!(read(tmp.path().join("x/j.xml")), read(dir.join("junit.xml")));
    assert_eq!(read(tmp.path().join("s.md")), read(dir.join("readiness.md")));
}

#[test]
fn what_cannot_be_read_is_said() {
    let tmp = tempfile::tempdir().unwrap();
    let (exit, out, err) = call(&order(vec![tmp.path().join("none")], tmp.path()), |_| verdicts::passed());
    assert_eq!((exit, out.as_str()), (Exit::Usage, ""));
    assert!(err.starts_with("error: no evidence: ") && err.ends_with("none/events.jsonl is not there\n"), "{err}");

    let dir = put(&tmp.path().join("r"), &crate::common::sound());
    let file = dir.join("events.jsonl");
    let text = fs::read_to_string(&file).unwrap();
    fs::write(&file, text.replacen("\"seq\":3,", "\"seq\":3,\"x\":1,", 1)).unwrap();
    let (exit, _, err) = call(&order(vec![dir.clone()], tmp.path()), |_| verdicts::passed());
    assert_eq!(exit, Exit::Inconclusive);
    assert!(err.ends_with("events.jsonl: line 4: unknown key `x`\n"), "{err}");

    fs::write(&file, &text[..text.len() - 20]).unwrap();
    let (exit, _, err) = call(&order(vec![file], tmp.path()), |_| verdicts::passed());
    assert_eq!(exit, Exit::Passed);
    assert!(err.starts_with("note: ") && err.contains("cut off and left out"), "{err}");

    // A directory where a report should go.
    fs::remove_file(dir.join("junit.xml")).unwrap();
    fs::create_dir(dir.join("junit.xml")).unwrap();
    let (exit, _, err) = call(&order(vec![dir], tmp.path()), |_| verdicts::passed());
    assert_eq!(exit, Exit::Inconclusive);
    assert!(err.contains("junit.xml"), "{err}");
}
