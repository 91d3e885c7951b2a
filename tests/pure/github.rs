//! The program under GitHub Actions, and anywhere else.

#![allow(clippy::unwrap_used)] // helpers of tests, not only the tests themselves

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::Command;

/// A run that failed, in a directory of its own.
fn evidence(dir: &Path) {
    let history = crate::common::outlives();
    let mut text = serde_json::to_string(&history.head).unwrap();
    for event in &history.events {
        write!(text, "\n{}", serde_json::to_string(event).unwrap()).unwrap();
    }
    fs::create_dir_all(dir).unwrap();
    fs::write(dir.join("events.jsonl"), text + "\n").unwrap();
}

fn report(cwd: &Path, arguments: &[&str], vars: &[(&str, &str)]) -> (Option<i32>, String) {
    drill(cwd, &[&["report"], arguments].concat(), vars)
}

/// `drill` in `cwd`; nothing of the machine's own CI reaches it.
fn drill(cwd: &Path, arguments: &[&str], vars: &[(&str, &str)]) -> (Option<i32>, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_drill"));
    let ours = |name: &str| name.starts_with("DRILL_") || name.starts_with("GITHUB_");
    for (name, _) in std::env::vars_os().filter(|(name, _)| ours(&name.to_string_lossy())) {
        command.env_remove(name);
    }
    let out = command.current_dir(cwd).args(arguments).envs(vars.iter().copied()).output().unwrap();
    (out.status.code(), String::from_utf8(out.stdout).unwrap())
}

#[test]
fn annotations_come_last_and_only_there() {
    let tmp = tempfile::tempdir().unwrap();
    let root = tmp.path().to_str().unwrap();
    evidence(&tmp.path().join("sub/r"));
    let (code, plain) = report(&tmp.path().join("sub"), &["r"], &[]);
    assert_eq!(code, Some(1));
    assert!(!plain.contains("::error"), "{plain}");
    for other in [&[("GITHUB_ACTIONS", "false")][..], &[("CI", "true")], &[("GITHUB_WORKSPACE", root)]] {
        assert_eq!(report(&tmp.path().join("sub"), &["r"], other).1, plain, "{other:?}");
    }
    let there = [("GITHUB_ACTIONS", "true"), ("GITHUB_WORKSPACE", root)];
    let (code, out) = report(&tmp.path().join("sub"), &["r"], &there);
    assert_eq!(code, Some(1));
    let commands = crate::readers::annotations::commands(out.strip_prefix(&plain).unwrap());
    assert!(!commands.is_empty() && commands.len() <= 10);
    assert_eq!(commands[0].properties["file"], "sub/drills/postgres.yaml");
    assert_eq!(commands[0].name, "error");
}

#[test]
fn the_steps_summary_is_appended_to_where_none_is_named() {
    let tmp = tempfile::tempdir().unwrap();
    evidence(&tmp.path().join("r"));
    evidence(&tmp.path().join("s"));
    let (step, own) = (tmp.path().join("step.md"), tmp.path().join("own.md"));
    fs::write(&step, "# Another step's\n").unwrap();
    let vars = [("GITHUB_STEP_SUMMARY", step.to_str().unwrap())];
    // Two runs in one command are two summaries.
    assert_eq!(report(tmp.path(), &["r", "s"], &vars).0, Some(1));
    let text = fs::read_to_string(&step).unwrap();
    assert!(text.starts_with("# Another step's\n\n\n# FAILED: postgres\n"), "{text}");
    assert_eq!(text.matches("\n# FAILED: postgres\n").count(), 2);
    // Named: only there.
    assert_eq!(report(tmp.path(), &["r", "--summary", "own.md"], &vars).0, Some(1));
    assert!(fs::read_to_string(&own).unwrap().starts_with("# FAILED: postgres\n"));
    assert_eq!(fs::read_to_string(&step).unwrap(), text);
    // Empty is as good as not set.
    assert_eq!(report(tmp.path(), &["r"], &[("GITHUB_STEP_SUMMARY", "")]).0, Some(1));
}

/// Nothing is started by it.
#[cfg(feature = "engine")]
#[test]
fn a_run_that_never_came_to_a_verdict_is_an_error_and_stands_in_the_summary() {
    let tmp = tempfile::tempdir().unwrap();
    fs::create_dir(tmp.path().join("drills")).unwrap();
    fs::write(tmp.path().join("drills/postgres.yaml"), "drill: postgres\n").unwrap();
    let step = tmp.path().join("step.md");
    let vars = [("GITHUB_ACTIONS", "true"), ("GITHUB_STEP_SUMMARY", step.to_str().unwrap())];
    let (code, out) = drill(tmp.path(), &["run"], &vars);
    assert_eq!(code, Some(2));
    let commands = crate::readers::annotations::commands(&out);
    assert_eq!(commands.len(), 1, "{out}");
    assert_eq!(commands[0].properties["title"], "drill: not run: a definition or the command line is wrong");
    assert!(commands[0].message.contains("`system` is missing"), "{out}");
    assert!(fs::read_to_string(&step).unwrap().starts_with("# NOT RUN: a definition or the command line is wrong\n"));
    assert_eq!(drill(tmp.path(), &["run"], &[]).1, "");
}
