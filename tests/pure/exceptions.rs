//! `exceptions.yaml`: every wrong one gives its message, word for word, and none permits anything; right ones list what they permit.
//! `fixtures/invalid-exceptions/NAME.yaml` gives `NAME.txt`; `DRILL_GOLDEN=write cargo test --test pure exceptions` writes them anew.

#![allow(clippy::unwrap_used)] // helpers of tests, not only the tests themselves

use crate::drafts::{Project, root};
use drill::command::grants::{all_checks, load};
use drill::document::Source;
use drill::exceptions::{Exception, load_text};
use drill::exceptions::{schema, shape};
use jiff::civil::{Date, date};
use std::fmt::Write as _;
use std::path::Path;

const DIR: &str = "fixtures/invalid-exceptions";
/// The day of all messages.
const DAY: Date = date(2026, 11, 24);

const GOOD: &str = "exceptions:
  - id: EX-1
    check: postgres/revoke/trigger.sessions@idle
    owner: team-orders
    reason: the driver keeps idle connections until 3.2
    compensating_control: connections are cut after 10 minutes
    granted_by: security
    granted_on: 2026-10-01
    expires: 2026-12-31
";

fn checks() -> Vec<String> {
    all_checks(&root().join("drills")).unwrap()
}

fn loaded(text: &str) -> Result<Vec<Exception>, String> {
    load_text(Source { file: "drills/exceptions.yaml", text }, &checks(), DAY)
        .map_err(|all| drill::document::Diagnostics { all, files: 1 }.render(false))
}

/// A project with the shipped drill and this file of exceptions.
fn project(exceptions: &[u8]) -> Project {
    let project = Project::with_export();
    for path in ["drills/postgres.yaml", "fixtures/postgres/orders.sql"] {
        project.write(path, &std::fs::read_to_string(root().join(path)).unwrap());
    }
    std::fs::write(project.path("drills/exceptions.yaml"), exceptions).unwrap();
    project
}

fn cases() -> Vec<String> {
    let names = std::fs::read_dir(root().join(DIR)).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap());
    let mut cases: Vec<String> = names.filter_map(|n| n.strip_suffix(".yaml").map(String::from)).collect();
    cases.sort();
    cases
}

fn message(case: &str) -> String {
    let file = format!("{DIR}/{case}.yaml");
    let text = std::fs::read_to_string(root().join(&file)).unwrap();
    let all = load_text(Source { file: &file, text: &text }, &checks(), DAY).expect_err(case);
    drill::document::Diagnostics { all, files: 1 }.render(false)
}

#[test]
fn every_message_is_as_it_was_reviewed() {
    let cases = cases();
    assert!(cases.len() >= 50, "{}", cases.len());
    let mut wrong = String::new();
    for case in &cases {
        let message = message(case);
        assert!(message.contains(&format!("┌─ {DIR}/{case}.yaml:")), "{case}: {message}");
        assert!(message.ends_with("nothing started\n"), "{case}: {message}");
        let golden = root().join(DIR).join(format!("{case}.txt"));
        if std::env::var_os("DRILL_GOLDEN").is_some_and(|v| v == "write") {
            std::fs::write(&golden, &message).unwrap();
        }
        let stated = std::fs::read_to_string(&golden).unwrap_or_default();
        if message != stated {
            let _ = writeln!(wrong, "== {case}\n-- stated\n{stated}-- is\n{message}");
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

#[test]
fn no_message_without_its_file() {
    for entry in std::fs::read_dir(root().join(DIR)).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        if let Some(stem) = name.strip_suffix(".txt") {
            assert!(cases().iter().any(|c| c == stem), "{name}");
        }
    }
}

#[test]
fn structural_errors_come_alone_and_semantic_ones_together() {
    assert_eq!(message("a-structural-one-alone").matches("error: ").count(), 1);
    assert_eq!(message("several-at-once").matches("error: ").count(), 7);
}

/// Whoever reads a wrong file gets no exception out of it, in any command, and nothing is started.
#[test]
fn no_wrong_file_permits_anything() {
    let mut files: Vec<(String, Vec<u8>)> = cases()
        .into_iter()
        .map(|c| (c.clone(), std::fs::read(root().join(DIR).join(format!("{c}.yaml"))).unwrap()))
        .collect();
    // What is no text, or too much of it, is no file to look at.
    files.push(("no-utf8".into(), [GOOD.as_bytes(), b"# caf\xe9\n"].concat()));
    files.push(("two-megabytes".into(), [GOOD.as_bytes(), "# more\n".repeat(300_000).as_bytes()].concat()));
    files.push(("deep".into(), format!("exceptions: {}", "[".repeat(5_000)).into_bytes()));
    files.push(("many".into(), [GOOD.as_bytes(), GOOD[12..].repeat(3_000).as_bytes()].concat()));
    files.push(("nul".into(), [GOOD.as_bytes(), b"\0\0\0"].concat()));
    for (case, bytes) in files {
        let project = project(&bytes);
        assert!(load(&project.path("drills"), DAY).is_err(), "{case}");
        for command in [&["exceptions", "--as-of", "2026-11-24"][..], &["validate"]] {
            let (code, out, err) = project.drill(command);
            assert_eq!((code, out.as_str()), (Some(2), ""), "{case}: {command:?}: {err}");
            assert!(err.starts_with("error: ") && err.contains("drills/exceptions.yaml:"), "{case}: {err}");
            assert!(err.len() < 40_000, "{case}: {} bytes", err.len());
        }
    }
}

/// A run stops there, before it looks for a container engine.
#[cfg(feature = "engine")]
#[test]
fn a_run_with_a_wrong_file_starts_nothing() {
    for case in cases() {
        let project = project(&std::fs::read(root().join(DIR).join(format!("{case}.yaml"))).unwrap());
        let (code, out, err) = project.drill(&["run", "postgres/revoke", "--summary", "summary.md"]);
        assert_eq!((code, out.as_str()), (Some(2), ""), "{case}: {err}");
        assert!(!project.exists("reports"), "{case}");
        assert!(project.read("summary.md").starts_with("# NOT RUN: "), "{case}");
    }
}

#[cfg(feature = "engine")]
#[test]
fn a_run_is_not_judged_by_a_day_that_is_over() {
    let project = project(GOOD.as_bytes());
    for (day, why) in [("2020-01-01", "is over: today is "), ("12-31", "has no year"), ("2026-02-30", "no day")] {
        let (code, out, err) = project.drill(&["run", "postgres/revoke", "--as-of", day]);
        assert_eq!((code, out.as_str()), (Some(2), ""), "{day}: {err}");
        assert!(err.starts_with("error: ") && err.contains(why), "{day}: {err}");
        assert!(!project.exists("reports"), "{day}");
    }
}

/// A wrong drill may be the one that an exception is for: then nobody knows whether there is such a check.
#[test]
fn with_exceptions_every_drill_must_be_right() {
    let project = project(GOOD.as_bytes());
    project.write("drills/other.yaml", "drill: other\n");
    let wrong = load(&project.path("drills"), DAY).unwrap_err().render(false);
    assert!(wrong.contains("error: `system` is missing"), "{wrong}");
    project.write("drills/exceptions.yaml", "exceptions: []\n");
    assert_eq!(load(&project.path("drills"), DAY), Ok(vec![]));
    project.remove("drills/exceptions.yaml");
    assert_eq!(load(&project.path("drills"), DAY), Ok(vec![]));
}

#[test]
fn a_file_that_is_called_otherwise_or_is_none_is_no_silent_nothing() {
    let project = project(GOOD.as_bytes());
    std::fs::rename(project.path("drills/exceptions.yaml"), project.path("drills/exceptions.yml")).unwrap();
    let wrong = load(&project.path("drills"), DAY).unwrap_err().render(false);
    assert!(wrong.contains("drills/exceptions.yml:1:1"), "{wrong}");
    project.remove("drills/exceptions.yml");
    std::os::unix::fs::symlink("nowhere", project.path("drills/exceptions.yaml")).unwrap();
    let wrong = load(&project.path("drills"), DAY).unwrap_err().render(false);
    assert!(wrong.starts_with("error: cannot be read: no such file"), "{wrong}");
    project.remove("drills/exceptions.yaml");
    std::fs::create_dir(project.path("drills/exceptions.yaml")).unwrap();
    let wrong = load(&project.path("drills"), DAY).unwrap_err().render(false);
    assert!(wrong.starts_with("error: cannot be read: it is a directory"), "{wrong}");
}

/// The other side of each border: what looks odd and is right.
#[test]
fn what_is_odd_and_right() {
    let [good] = loaded(GOOD).unwrap().try_into().unwrap();
    assert_eq!((good.granted_on, good.expires), (date(2026, 10, 1), date(2026, 12, 31)));
    assert_eq!((good.at.line, good.at.column), (2, 5));
    for (why, text) in [
        ("a mark of the encoding", format!("\u{feff}{GOOD}")),
        ("lines that end as Windows ends them", GOOD.replace('\n', "\r\n")),
        ("dates in quotes", GOOD.replace("2026-12-31", "\"2026-12-31\"")),
        ("granted today", GOOD.replace("2026-10-01", "2026-11-24")),
        ("ended long ago", GOOD.replace("2026-10-01", "2020-01-01").replace("2026-12-31", "2020-01-01")),
        ("ten years", GOOD.replace("2026-12-31", "2036-10-01")),
        ("a leap day", GOOD.replace("2026-12-31", "2028-02-29")),
        ("the end of the document is marked", format!("---\n{GOOD}...\n")),
        ("no exceptions", "exceptions: []\n".into()),
        ("as JSON", "{\"exceptions\": []}".into()),
        ("the same words for reason and control", GOOD.replace("the driver keeps idle connections until 3.2", "see 7")),
    ] {
        assert!(loaded(&text).is_ok(), "{why}: {}", loaded(&text).unwrap_err());
    }
}

#[test]
fn the_last_day_counts_and_the_next_does_not() {
    let [good] = loaded(GOOD).unwrap().try_into().unwrap();
    for (day, in_force, left, soon) in [
        (date(2026, 9, 30), false, 92, false),
        (date(2026, 10, 1), true, 91, false),
        (date(2026, 11, 30), true, 31, false),
        (date(2026, 12, 1), true, 30, true),
        (date(2026, 12, 31), true, 0, true),
        (date(2027, 1, 1), false, -1, false),
    ] {
        assert_eq!((good.in_force(day), good.days_left(day), good.ends_soon(day)), (in_force, left, soon), "{day}");
    }
}

#[test]
fn the_published_schema_is_that_of_the_types() {
    let path = root().join("docs/exceptions.schema.json");
    let is = format!("{:#}\n", schema());
    if std::env::var_os("DRILL_GOLDEN").is_some_and(|v| v == "write") {
        std::fs::write(&path, &is).unwrap();
    }
    assert_eq!(std::fs::read_to_string(&path).unwrap(), is);
}

/// What the schema takes and what the loader takes: the schema refuses nothing that is right, and not all that is wrong.
#[test]
fn the_schema_takes_what_the_loader_takes() {
    let mut compiler = boon::Compiler::new();
    let mut schemas = boon::Schemas::new();
    compiler.add_resource("exceptions.json", schema()).unwrap();
    let index = compiler.compile("exceptions.json", &mut schemas).unwrap();
    let valid = |text: &str| {
        let value: serde_json::Value = serde_yaml::from_str(text).ok()?;
        Some(schemas.validate(&value, index).is_ok())
    };
    assert_eq!(valid(GOOD), Some(true));
    let refused = cases()
        .iter()
        .filter(|case| {
            valid(&std::fs::read_to_string(root().join(DIR).join(format!("{case}.yaml"))).unwrap()) != Some(true)
        })
        .count();
    assert!(refused >= 30, "{refused}");
    assert!(shape::ID.starts_with('^'));
    assert!(Path::new("docs/exceptions.schema.json").exists());
}
