//! Workflow commands for GitHub: where they point, what is escaped, and that ten of a kind are enough.

#![allow(clippy::unwrap_used)] // helpers of tests, not only the tests themselves

use crate::common::verdicts;
use crate::readers::annotations::commands;
use drill::exceptions::Exception;
use drill::history::History;
use drill::report::annotations::{Annotations, Repository, trouble};
use drill::secret::{Redactor, Secret};
use drill::verdict::{Outcome, Verdicts};

fn text_at(repository: Repository, runs: &[(&History, &Verdicts)]) -> String {
    let mut annotations = Annotations::new(repository, &Redactor::default());
    for (history, verdicts) in runs {
        annotations.add(history, verdicts);
    }
    annotations.render()
}

fn text(history: &History, verdicts: &Verdicts) -> String {
    text_at(Repository { root: Some("/w/repo".into()), cwd: "/w/repo".into() }, &[(history, verdicts)])
}

#[test]
fn a_failure_points_at_the_line_of_the_drill_file() {
    let text = text(&crate::common::outlives(), &verdicts::failed());
    assert_eq!(
        text.lines().next().unwrap(),
        "::error file=drills/postgres.yaml,line=15,col=7,title=failed%3A postgres/revoke/trigger.refused-at-backend\
         ::accepted 402 times up to +3,001 ms, never refused (probing stopped at limit + 1 s)\
         %0AOpenBao says revoked, the database still lets the credential in%0Aexpected: refused within 2 s of the revoke"
    );
    assert_eq!(commands(&text).len(), 3);
}

#[test]
fn a_run_that_passed_says_nothing() {
    assert_eq!(text(&crate::common::sound(), &verdicts::passed()), "");
}

#[test]
fn what_was_not_proved_is_an_error_and_one_cause_is_told_once() {
    let all = commands(&text(&crate::common::sound(), &verdicts::inconclusive()));
    assert_eq!(all.len(), 1, "{all:?}");
    assert_eq!(all[0].name, "error");
    assert_eq!(all[0].properties["title"], "inconclusive: postgres/revoke/trigger.refused-at-backend");
    assert!(all[0].message.contains("4 more for the same reason: trigger.exposure, trigger.sessions@idle"), "{all:?}");
}

#[test]
fn what_an_exception_covers_is_a_warning() {
    let mut v = verdicts::excepted();
    verdicts::find(&mut v, 0, "trigger.sessions").exception = Some("EX-7".into());
    let all = commands(&text(&crate::common::sound(), &v));
    assert_eq!((all.len(), all[0].name.as_str()), (1, "warning"));
    assert_eq!(all[0].properties["title"], "excepted (EX-7): postgres/revoke/trigger.sessions@idle");
}

#[test]
fn an_interrupted_run_is_an_error_even_where_all_had_passed() {
    let mut v = verdicts::passed();
    v.interrupted = Some("SIGINT".into());
    let all = commands(&text(&crate::common::interrupted(), &v));
    assert_eq!((all.len(), all[0].name.as_str()), (1, "error"));
    assert!(all[0].message.starts_with("interrupted by SIGINT"), "{all:?}");
    // Nothing judged is nothing proved.
    let mut v = verdicts::passed();
    v.drills[0].scenarios.clear();
    let all = commands(&text(&crate::common::sound(), &verdicts::seal(v)));
    assert_eq!((all.len(), all[0].properties["title"].as_str()), (1, "INCONCLUSIVE: postgres"));
}

fn exception(id: &str, expires: &str) -> Exception {
    serde_json::from_value(serde_json::json!({
        "id": id, "check": "postgres/rotate/credential.dynamic", "owner": "team-fin", "reason": "r",
        "compensating_control": "c", "granted_by": "security", "granted_on": "2026-10-01", "expires": expires,
        "at": { "file": "drills/exceptions.yaml", "line": 4, "column": 3 },
    }))
    .unwrap()
}

#[test]
fn an_exception_that_ends_within_30_days_is_a_warning_at_its_line() {
    let mut history = crate::common::sound();
    history.head.as_of = Some("2026-12-01".parse().unwrap());
    history.head.exceptions = [("A", "2026-12-31"), ("B", "2027-01-01"), ("C", "2026-12-01"), ("D", "2026-11-30")]
        .map(|(id, expires)| exception(id, expires))
        .into();
    let all = commands(&text(&history, &verdicts::passed()));
    let titles: Vec<&str> = all.iter().map(|c| c.properties["title"].as_str()).collect();
    assert_eq!(titles, ["exception A ends in 30 days", "exception C ends today", "exception D ended 1 day ago"]);
    assert!(all.iter().all(|c| c.name == "warning" && c.properties["file"] == "drills/exceptions.yaml"));
    assert_eq!(all[0].properties["line"], "4");
    history.head.as_of = None;
    assert_eq!(text(&history, &verdicts::passed()), "");
}

#[test]
fn ten_of_a_kind_the_worst_first_and_the_last_counts_the_others() {
    let mut v = verdicts::passed();
    for scenario in &mut v.drills[0].scenarios {
        for (n, check) in scenario.checks.iter_mut().enumerate() {
            check.outcome = if n % 2 == 0 { Outcome::Inconclusive } else { Outcome::Failed };
            check.reason = format!("reason-{n}");
        }
    }
    let all = commands(&text(&crate::common::sound(), &verdicts::seal(v)));
    assert_eq!(all.len(), 10);
    let failed = all.iter().take_while(|c| c.properties["title"].starts_with("failed: ")).count();
    assert_eq!(failed, 8, "all of the failed ones come before the first inconclusive one");
    let last = all.last().unwrap();
    // 18 checks, 9 of them told.
    assert_eq!(last.properties["title"], "and 9 more");
    assert!(!last.properties.contains_key("file"));
}

#[test]
fn several_runs_of_one_command_share_the_ten_and_repeat_nothing() {
    let (h, v) = (crate::common::outlives(), verdicts::failed());
    let here = || Repository { root: Some("/w".into()), cwd: "/w".into() };
    assert_eq!(text_at(here(), &[(&h, &v)]), text_at(here(), &[(&h, &v), (&h, &v)]));
}

#[test]
fn nothing_ends_a_command_early() {
    let hostile = "a%0Ab\r\n::error title=x::y, c: d\u{1b}[0m";
    let mut v = verdicts::failed();
    let check = verdicts::find(&mut v, 0, "trigger.refused-at-backend");
    (check.observed, check.look_at.file) = (hostile.into(), "drills/a,b: c%.yaml".into());
    let text = text(&crate::common::outlives(), &v);
    assert!(text.lines().all(|l| l.starts_with("::error file=")), "{text}");
    assert!(!text.contains('\u{1b}') && !text.contains('\r'));
    let first = &commands(&text)[0];
    assert_eq!(first.properties["file"], "drills/a,b: c%.yaml");
    assert!(first.message.starts_with("a%0Ab ::error title=x::y, c: d [0m\n"), "{first:?}");
}

#[test]
fn paths_are_relative_to_the_repository() {
    let at = |root: Option<&str>, cwd: &str, file: &str| {
        let mut v = verdicts::failed();
        verdicts::find(&mut v, 0, "trigger.refused-at-backend").look_at.file = file.into();
        let repository = Repository { root: root.map(Into::into), cwd: cwd.into() };
        let first = commands(&text_at(repository, &[(&crate::common::outlives(), &v)])).remove(0);
        (first.properties.get("file").cloned(), first.message.contains("look at "))
    };
    let file = |name: &str| (Some(name.to_owned()), false);
    assert_eq!(at(Some("/w"), "/w", "drills/a.yaml"), file("drills/a.yaml"));
    assert_eq!(at(Some("/w/"), "/w/sub", "./drills/a.yaml"), file("sub/drills/a.yaml"));
    assert_eq!(at(Some("/w"), "/w/sub", "../drills/a.yaml"), file("drills/a.yaml"));
    assert_eq!(at(Some("/w"), "/elsewhere", "/w/drills/a.yaml"), file("drills/a.yaml"));
    assert_eq!(at(None, "/w", "drills/a.yaml"), file("drills/a.yaml"));
    // It lies elsewhere: said in words instead of pointing at a wrong file.
    let told = (None, true);
    assert_eq!(at(Some("/w"), "/elsewhere", "drills/a.yaml"), told);
    assert_eq!(at(Some("/w"), "/w", "../outside.yaml"), told);
    assert_eq!(at(Some("/w"), "/w", "/w2/a.yaml"), told);
    assert_eq!(at(None, "/w", "/w/drills/a.yaml"), told);
    assert_eq!(at(None, "/w", "../a.yaml"), told);
}

#[test]
fn no_verdict_is_an_error_too() {
    let text = trouble("no engine, 100%", "error: no engine\n  tried  a\u{1b}[1m\n", &Redactor::default());
    assert_eq!(text, "::error title=drill%3A not run%3A no engine%2C 100%25::error: no engine%0A  tried  a[1m\n");
}

#[test]
fn a_secret_is_in_no_annotation() {
    let redactor = Redactor::default();
    let secret = "k7%Hq2:mZ,very";
    let _secret = Secret::new(secret, &redactor);
    let mut v = verdicts::failed();
    verdicts::find(&mut v, 0, "trigger.refused-at-backend").observed = format!("login with {secret}");
    let mut annotations = Annotations::new(Repository { root: None, cwd: "/".into() }, &redactor);
    annotations.add(&crate::common::outlives(), &v);
    let text = annotations.render() + &trouble(secret, secret, &redactor);
    assert!(!text.contains("Hq2") && text.contains("[redacted]"), "{text}");
}
