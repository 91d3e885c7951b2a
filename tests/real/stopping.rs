//! Whatever was started is stopped: by signals, after a kill, beside another run.
#![allow(clippy::unwrap_used)] // helpers of tests, not only the tests themselves

use crate::process::{drill, left_by, output, signal, start, wait_until};
use std::path::Path;
use std::process::Output;
use std::time::{Duration, Instant};

fn run_id(name: &str) -> String {
    format!("test-{name}-{}", std::process::id())
}

/// Both containers of the run are there.
fn wait_for_containers(run: &str) {
    wait_until("containers", || left_by(run).len() >= 3);
}

/// It came to its own end with its own servers. Not that it passed: a machine that is out of breath may leave a window too wide.
#[track_caller]
fn untouched(done: &Output, reports: &Path, run: &str) {
    let code = done.status.code();
    let said = String::from_utf8_lossy(&done.stdout);
    assert!(matches!(code, Some(0 | 3)), "{code:?}: {said}");
    let events = std::fs::read_to_string(reports.join("runs").join(run).join("events.jsonl")).unwrap();
    assert!(!events.contains("\"event\":\"problem\""), "{said}");
    // The subject's login may be cut off by its own revocation; what is spared is not.
    let spared = |line: &&str| line.contains("\"series\":{\"part\":\"control\"");
    for broken in ["connection refused", "connection closed"] {
        assert!(!events.lines().filter(spared).any(|line| line.contains(broken)), "{broken}: {said}");
    }
    let head: serde_json::Value = serde_json::from_str(events.lines().next().unwrap()).unwrap();
    let scenarios = head["drills"][0]["scenarios"].as_array().unwrap().len();
    assert_eq!(events.matches("\"state\":\"done\",\"event\":\"state\"").count(), scenarios, "{said}");
    assert_eq!(left_by(run), Vec::<String>::new());
}

/// Whether it has come, by the run's id and its events so far.
type Moment<'a> = &'a dyn Fn(&str, &str) -> bool;

#[test]
fn signals_end_a_run_within_five_seconds() {
    // While servers are being created, while they start, and while credentials are probed.
    let network = |run: &str, _: &str| !left_by(run).is_empty();
    let containers = |run: &str, _: &str| left_by(run).len() >= 3;
    let probe = |_: &str, events: &str| events.contains("\"event\":\"probe\"");
    let moments: [(&str, &str, Moment); 3] =
        [("-INT", "a network", &network), ("-TERM", "containers", &containers), ("-INT", "a probe", &probe)];
    for (i, (name, moment, come)) in moments.into_iter().enumerate() {
        let reports = tempfile::tempdir().unwrap();
        let run = run_id(&format!("signal{i}"));
        let events = reports.path().join("runs").join(&run).join("events.jsonl");
        let child = start(drill(reports.path()).args(["run", "postgres"]).env("DRILL_RUN_ID", &run));
        wait_until(moment, || come(&run, &std::fs::read_to_string(&events).unwrap_or_default()));
        let begun = Instant::now();
        signal(&child, name);
        let out = child.wait_with_output().unwrap();
        assert!(begun.elapsed() < Duration::from_secs(5), "{moment}: {:?}", begun.elapsed());
        assert_eq!(out.status.code(), Some(130), "{moment}: {}", String::from_utf8_lossy(&out.stderr));
        assert_eq!(left_by(&run), Vec::<String>::new(), "{moment}");
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
    untouched(&done, reports.path(), &alive);
}

#[test]
fn the_next_run_sweeps_too_and_two_runs_never_touch_each_other() {
    let reports = tempfile::tempdir().unwrap();
    let dead = run_id("dead2");
    let mut killed = start(drill(reports.path()).args(["run", "postgres"]).env("DRILL_RUN_ID", &dead));
    wait_for_containers(&dead);
    killed.kill().unwrap();
    killed.wait().unwrap();
    let pair = ["one", "two"].map(run_id);
    // Four servers are enough for two cores: with all scenarios twice, the windows get too wide to say anything.
    let running = pair
        .each_ref()
        .map(|run| start(drill(reports.path()).args(["run", "postgres/revoke"]).env("DRILL_RUN_ID", run)));
    for (child, run) in running.into_iter().zip(&pair) {
        untouched(&child.wait_with_output().unwrap(), reports.path(), run);
    }
    assert_eq!(left_by(&dead), Vec::<String>::new());
}
