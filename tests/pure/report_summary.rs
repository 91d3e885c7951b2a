//! The summary is appended, and never so long that GitHub would drop it.

#![allow(clippy::unwrap_used)] // helpers of tests, not only the tests themselves

use crate::common::verdicts;
use drill::history::History;
use drill::report::{Copies, Paths, append_summary, summary_within};
use drill::secret::Redactor;
use drill::verdict::{Outcome, Verdicts};
use std::fs;
use std::path::Path;

/// What GitHub takes.
const MIB: usize = 1024 * 1024;

fn append(file: &Path, history: &History, verdicts: &Verdicts) -> std::io::Result<()> {
    let paths = Paths {
        dir: "r".into(),
        junit: "r/junit.xml".into(),
        readiness: "r/readiness.md".into(),
        evidence: "r/evidence.json".into(),
        evidence_sha256: crate::common::hex('9'),
    };
    let copies = Copies { junit: None, summary: Some(file.to_owned()) };
    drill::report::write_copies(&copies, &paths, history, verdicts, &Redactor::default())
}

/// So many drills of two scenarios each; one check in seven failed, and what was seen is long.
fn huge(drills: usize) -> (History, Verdicts) {
    let names: Vec<String> = (0..drills).map(|n| format!("d{n}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let mut history = crate::common::sound();
    history.head = crate::common::head(&names);
    let mut v = verdicts::passed();
    let template = v.drills.remove(0);
    for (n, name) in names.iter().enumerate() {
        let mut drill = template.clone();
        (*name).clone_into(&mut drill.drill);
        for (i, check) in drill.scenarios.iter_mut().flat_map(|s| &mut s.checks).enumerate() {
            check.id = check.id.replacen("postgres", name, 1);
            check.observed = format!("seen by {name}: {}", "x".repeat(900));
            if (n + i) % 7 == 0 && n > drills / 2 {
                check.outcome = Outcome::Failed;
            }
        }
        v.drills.push(drill);
    }
    (history, verdicts::seal(v))
}

/// What a reader of Markdown would trip over where a text was cut.
fn is_whole(text: &str) {
    assert!(text.ends_with('\n'));
    let lines: Vec<&str> = text.lines().collect();
    let (mut columns, mut before) = (None, "");
    for (n, line) in lines.iter().enumerate() {
        if line.starts_with('|') {
            let cells = line.replace("\\|", "").matches('|').count();
            if columns.is_none() {
                let rule = lines.get(n + 1).copied().unwrap_or_default();
                assert!(rule.starts_with("|---"), "a table without its rule: {line}\n{rule}");
            }
            assert_eq!(*columns.get_or_insert(cells), cells, "{line}");
            assert!(line.ends_with('|'), "{line}");
        } else {
            assert!(columns.is_none() || line.is_empty() || line.starts_with('#'), "glued to a table: {line}");
            columns = None;
        }
        assert_eq!(line.matches("**").count() % 2, 0, "open bold: {line}");
        assert!(!line.starts_with("… and ") || before.is_empty(), "no paragraph of its own: {line}");
        before = line;
    }
}

#[test]
fn a_second_run_stands_below_the_first() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("deep/summary.md");
    append(&file, &crate::common::sound(), &verdicts::passed()).unwrap();
    let first = fs::read_to_string(&file).unwrap();
    assert!(first.starts_with("# PASSED: postgres\n"));
    append(&file, &crate::common::outlives(), &verdicts::failed()).unwrap();
    let both = fs::read_to_string(&file).unwrap();
    assert!(both.starts_with(&first) && both[first.len()..].starts_with("\n\n# FAILED: postgres\n"), "{both}");
    // No verdict at all is said below them.
    let copies = Copies { junit: None, summary: Some(file.clone()) };
    let now = "2026-11-24T07:31:02Z".parse().unwrap();
    drill::report::write_trouble(&copies, "no engine", "tried ``` all", now, &Redactor::default()).unwrap();
    let all = fs::read_to_string(&file).unwrap();
    assert!(all.starts_with(&both) && all[both.len()..].starts_with("\n\n# NOT RUN: no engine\n"), "{all}");
}

#[test]
fn a_huge_run_stays_well_below_what_github_takes_worst_first() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("summary.md");
    let (history, v) = huge(600);
    append(&file, &history, &v).unwrap();
    let text = fs::read_to_string(&file).unwrap();
    assert!(text.len() < MIB - MIB / 10 && text.len() > MIB / 2, "{} bytes", text.len());
    is_whole(&text);
    assert!(text.starts_with("# FAILED: d"), "{}", &text[..200]);
    // The first drill that is told is a red one, although most of those before it in the plan passed.
    let first = text.lines().nth(1).unwrap();
    assert!(first.ends_with("(2 scenarios failed)"), "{first}");
    let checks = text.split("\n## Checks\n").nth(1).unwrap();
    assert!(checks.lines().nth(2).unwrap().ends_with("| **failed** |"));
    assert!(text.contains(" more lines, in readiness.md and evidence.json\n"), "what is left out is said");
    assert!(text.contains("\nevidence.json sha256 `"), "the way to the whole is there");

    // What stands there already counts, and another step's line is not lost.
    for _ in 0..2 {
        append(&file, &history, &v).unwrap();
    }
    let more = fs::read_to_string(&file).unwrap();
    assert!(more.starts_with(&text) && more.len() < MIB - MIB / 20, "{} bytes", more.len());
    assert_eq!(more.matches("\n# FAILED: d").count(), 2, "each run is named");
    is_whole(&more[text.len()..]);
}

#[test]
fn a_run_that_fits_is_whole() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("summary.md");
    let (history, v) = huge(20);
    append(&file, &history, &v).unwrap();
    assert!(!fs::read_to_string(&file).unwrap().contains("more lines, in readiness.md"));
}

#[test]
fn it_is_whole_wherever_it_is_cut() {
    let dir = tempfile::tempdir().unwrap();
    let (history, v) = huge(8);
    let paths = drill::report::write_to(dir.path(), &history, &v, &Redactor::default()).unwrap();
    let text = fs::read_to_string(&paths.readiness).unwrap();
    assert_eq!(summary_within(&text, text.len()), text);
    for room in (0..text.len()).step_by(97) {
        let cut = summary_within(&text, room);
        is_whole(&cut);
        assert!(cut.len() <= room.max(1500), "{room}: {}", cut.len());
        assert!(cut.lines().next() == text.lines().next());
        assert!(cut.contains("… and "), "{room}");
        let lines = cut.lines().filter(|l| !l.starts_with("… and "));
        assert!(lines.clone().all(|l| text.lines().any(|t| t == l)), "only lines of the report");
    }
}

#[test]
fn a_full_file_is_left_as_it_is_and_said() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("summary.md");
    fs::write(&file, "x".repeat(MIB - 10)).unwrap();
    let error = append(&file, &crate::common::sound(), &verdicts::passed()).unwrap_err().to_string();
    assert!(error.contains("summary.md: no room for a summary"), "{error}");
    assert_eq!(fs::metadata(&file).unwrap().len(), MIB as u64 - 10);
    // What GitHub drops anyway is for somebody else.
    fs::write(&file, "x".repeat(2 * MIB)).unwrap();
    append(&file, &crate::common::sound(), &verdicts::passed()).unwrap();
    assert!(fs::read_to_string(&file).unwrap().contains("\n# PASSED: postgres\n"));
}

#[test]
fn a_pipe_gets_all_of_it_and_a_long_message_is_cut() {
    append_summary(Path::new("/dev/null"), |room| "x".repeat(room)).unwrap();
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("summary.md");
    let copies = Copies { junit: None, summary: Some(file.clone()) };
    let now = "2026-11-24T07:31:02Z".parse().unwrap();
    let what = "é`".repeat(MIB);
    drill::report::write_trouble(&copies, "no engine", &what, now, &Redactor::default()).unwrap();
    let text = fs::read_to_string(&file).unwrap();
    assert!(text.len() < MIB - MIB / 10, "{} bytes", text.len());
    assert!(text.trim_end().ends_with("```"));
}
