//! Whatever was started is stopped: by signals, after a kill, beside another run.
#![cfg(feature = "engine")]

#[path = "servers/drill.rs"]
mod process;

use process::{drill, left_by, output, signal, start, wait_until};
use std::time::{Duration, Instant};

fn run_id(name: &str) -> String {
    format!("test-{name}-{}", std::process::id())
}

/// Both containers of the run are there.
fn wait_for_containers(run: &str) {
    wait_until("containers", || left_by(run).len() >= 3);
}

#[test]
fn signals_end_a_run_within_five_seconds() {
    for (name, code) in [("-INT", 130), ("-TERM", 130)] {
        let reports = tempfile::tempdir().unwrap();
        let run = run_id(&name.replace('-', ""));
        let child = start(drill(reports.path()).args(["run", "postgres"]).env("DRILL_RUN_ID", &run));
        wait_for_containers(&run);
        let begun = Instant::now();
        signal(&child, name);
        let out = child.wait_with_output().unwrap();
        assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", begun.elapsed());
        assert_eq!(out.status.code(), Some(code), "{}", String::from_utf8_lossy(&out.stderr));
        assert_eq!(left_by(&run), Vec::<String>::new());
        let report = std::fs::read_to_string(reports.path().join("latest/readiness.md")).unwrap();
        assert!(report.starts_with("# INCONCLUSIVE: postgres"), "{report}");
        assert!(report.to_lowercase().lines().take(5).any(|l| l.contains("interrupted")), "{report}");
    }
}

#[test]
fn a_killed_run_is_swept_and_only_that() {
    let reports = tempfile::tempdir().unwrap();
    let (dead, alive) = (run_id("dead"), run_id("alive"));
    let mut killed = start(drill(reports.path()).args(["run", "postgres"]).env("DRILL_RUN_ID", &dead));
    wait_for_containers(&dead);
    killed.kill().unwrap();
    killed.wait().unwrap();
    assert!(!left_by(&dead).is_empty(), "a killed run cannot clean up");

    let living = start(drill(reports.path()).args(["run", "postgres"]).env("DRILL_RUN_ID", &alive));
    wait_for_containers(&alive);
    let (code, out, err) = output(drill(reports.path()).arg("clean"));
    assert_eq!(code, 0, "{out}{err}");
    assert_eq!(left_by(&dead), Vec::<String>::new());
    let done = living.wait_with_output().unwrap();
    assert_eq!(done.status.code(), Some(0), "the living run was touched: {}", String::from_utf8_lossy(&done.stdout));
    assert_eq!(left_by(&alive), Vec::<String>::new());
}

#[test]
fn the_next_run_sweeps_too_and_two_runs_never_touch_each_other() {
    let reports = tempfile::tempdir().unwrap();
    let dead = run_id("dead2");
    let mut killed = start(drill(reports.path()).args(["run", "postgres"]).env("DRILL_RUN_ID", &dead));
    wait_for_containers(&dead);
    killed.kill().unwrap();
    killed.wait().unwrap();
    let one = start(drill(reports.path()).args(["run", "postgres"]));
    let two = start(drill(reports.path()).args(["run", "postgres"]));
    for child in [one, two] {
        let out = child.wait_with_output().unwrap();
        assert_eq!(out.status.code(), Some(0), "{}", String::from_utf8_lossy(&out.stdout));
    }
    assert_eq!(left_by(&dead), Vec::<String>::new());
}
