//! Broken environments: a clear message, exit 3, the evidence so far kept. Never a pass.
#![allow(clippy::unwrap_used)] // helpers of tests, not only the tests themselves

use crate::process::{drill, left_by, output};
use crate::turns::Turn;
use std::io::{Read, Write};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// The postgres drill under a sabotage that is nowhere in the tree: `scenario`, and what goes on in the file.
fn sabotage(dir: &Path, scenario: &str, rest: &str) -> PathBuf {
    let file = dir.join("sabotage.yaml");
    std::fs::write(&file, format!("drill: postgres\nscenario: {scenario}\nwhy: test\nred: {{}}\n{rest}")).unwrap();
    file
}

fn sabotaged(scenario: &str, rest: &str) -> (i32, String) {
    let _turn = Turn::take();
    let dir = tempfile::tempdir().unwrap();
    let file = sabotage(dir.path(), scenario, rest);
    let (code, out, err) = output(drill(&dir.path().join("reports")).args(["prove", "--exit-of-run"]).arg(file));
    assert!(!out.contains("BROKEN"), "{out}{err}");
    (code, out + &err)
}

#[test]
fn postgres_killed_before_or_after_the_trigger_proves_nothing() {
    for point in ["before-trigger", "acknowledged", "settled"] {
        let (code, out) = sabotaged(
            "revoke",
            &format!("at: {{ {point}: [ {{ fault: {{ backend: {{ killed: for-good }} }} }} ] }}\n"),
        );
        assert_eq!(code, 3, "{point}: {out}");
        assert!(out.contains("INCONCLUSIVE") && out.contains("connection refused"), "{point}: {out}");
    }
}

#[test]
fn an_acceptance_after_the_limit_stays_failed_whatever_is_killed_later() {
    let rest = "patch: { credential: { database: { revocation_statements: [ SELECT 1 ] } } }\nat: { settled: [ { fault: { backend: { killed: for-good } } } ] }\n";
    let (code, out) = sabotaged("revoke", rest);
    assert_eq!(code, 1, "{out}");
    assert!(out.contains("✗ trigger.refused-at-backend"), "{out}");
}

#[test]
fn postgres_paused_is_a_time_out_and_no_refusal() {
    let (code, out) = sabotaged("revoke", "at: { before-trigger: [ { fault: { backend: { paused: for-good } } } ] }\n");
    assert_eq!(code, 3, "{out}");
    assert!(out.contains("time-out after 1000 ms"), "{out}");
}

#[test]
fn openbao_killed_during_revoke_gives_no_answer() {
    let _turn = Turn::take();
    let dir = tempfile::tempdir().unwrap();
    let run = format!("test-during-{}", std::process::id());
    let rest = "patch: { credential: { database: { revocation_statements: [ SELECT pg_sleep(30) ] } } }\n";
    let file = sabotage(dir.path(), "revoke", rest);
    let mut command = drill(&dir.path().join("reports"));
    let child = crate::process::start(command.args(["prove", "--exit-of-run"]).arg(file).env("DRILL_RUN_ID", &run));
    let backend = format!("drill-{run}-1-backend");
    let revoking = "SELECT count(*) FROM pg_stat_activity WHERE state = 'active' AND query = 'SELECT pg_sleep(30)'";
    crate::process::wait_until("the revocation", || {
        let asked = ["exec", &backend, "gosu", "postgres", "psql", "-qAt", "-d", "postgres", "-c", revoking];
        Command::new("docker").args(asked).output().unwrap().stdout.starts_with(b"1")
    });
    let killed = Command::new("docker").args(["kill", &format!("drill-{run}-1-openbao")]).output().unwrap();
    assert!(killed.status.success(), "{killed:?}");
    let out = child.wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&out.stdout);
    assert_eq!(out.status.code(), Some(3), "{said}");
    assert!(said.contains("? trigger.acknowledged") && said.contains("no answer after"), "{said}");
    assert!(!said.contains('✗'), "{said}");
}

#[test]
fn openbao_killed_before_the_end_of_the_ttl_lets_the_login_live() {
    let (code, out) =
        sabotaged("expire", "at: { before-trigger: [ { fault: { authority: { killed: for-good } } } ] }\n");
    assert_eq!(code, 1, "VALID UNTIL is 5 s later than the TTL: {out}");
    assert!(out.contains("✗ trigger.exposure"), "{out}");
}

#[test]
fn a_taken_name_is_said() {
    let _turn = Turn::take();
    let docker = |args: &[&str]| Command::new("docker").args(args).output().unwrap().status.success();
    for what in ["network", "container"] {
        let reports = tempfile::tempdir().unwrap();
        let run = format!("test-taken-{what}-{}", std::process::id());
        let (network, container) = (format!("drill-{run}-1-net"), format!("drill-{run}-1-openbao"));
        let (make, remove) = match what {
            "network" => (vec!["network", "create", &network], vec!["network", "rm", &network]),
            _ => (vec!["create", "--name", &container, "drill-stand-in/postgres:17"], vec!["rm", &container]),
        };
        assert!(docker(&make), "{make:?}");
        let (code, out, err) = output(drill(reports.path()).args(["run", "postgres"]).env("DRILL_RUN_ID", &run));
        assert!(docker(&remove), "another's {what} was removed");
        assert_eq!(code, 3, "{out}{err}");
        assert!(out.contains("is taken"), "{out}{err}");
        assert_eq!(left_by(&run), Vec::<String>::new());
    }
}

#[test]
fn an_unwritable_reports_directory_is_said_before_anything_starts() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("a-file");
    std::fs::write(&file, "").unwrap();
    let (code, out, err) = output(drill(&file).args(["run", "postgres"]));
    assert_eq!(code, 3, "{out}{err}");
    assert!(err.contains("cannot write") && err.contains("--reports"), "{err}");
    assert!(out.is_empty(), "{out}");
}

/// A small tmpfs, unmounted when the test is over.
struct Small(tempfile::TempDir);

impl Small {
    fn new(size: &str) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "-o", &format!("size={size}"), "tmpfs"])
            .arg(dir.path())
            .status();
        assert!(mounted.unwrap().success(), "this test needs root");
        Self(dir)
    }
}

impl Drop for Small {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(self.0.path()).status();
    }
}

#[test]
fn a_full_disk_is_said_and_does_not_pass() {
    let _turn = Turn::take();
    let small = Small::new("48k");
    let run = format!("test-full-{}", std::process::id());
    let (code, out, err) = output(drill(small.0.path()).args(["run", "postgres"]).env("DRILL_RUN_ID", &run));
    assert_eq!(code, 3, "{out}{err}");
    assert!(err.to_lowercase().contains("no space left"), "{err}");
    assert!(
        small.0.path().join("runs").join(&run).join("events.jsonl").metadata().unwrap().len() > 0,
        "evidence so far"
    );
    assert_eq!(left_by(&run), Vec::<String>::new());
}

/// The engine's socket through a proxy that can be cut.
fn proxy(dir: &Path, cut: &Arc<AtomicBool>) -> String {
    let path = dir.join("engine.sock");
    let listener = UnixListener::bind(&path).unwrap();
    let cut = cut.clone();
    std::thread::spawn(move || {
        for client in listener.incoming() {
            let Ok(client) = client else { return };
            if cut.load(Ordering::Relaxed) {
                continue;
            }
            let engine = UnixStream::connect("/var/run/docker.sock").unwrap();
            for (mut from, mut to) in [(client.try_clone().unwrap(), engine.try_clone().unwrap()), (engine, client)] {
                let cut = cut.clone();
                from.set_read_timeout(Some(std::time::Duration::from_millis(50))).unwrap();
                std::thread::spawn(move || pump(&mut from, &mut to, &cut));
            }
        }
    });
    format!("unix://{}", path.display())
}

fn pump(from: &mut UnixStream, to: &mut UnixStream, cut: &AtomicBool) {
    let mut buffer = [0; 16384];
    while !cut.load(Ordering::Relaxed) {
        match from.read(&mut buffer) {
            Ok(0) => break,
            Ok(n) => {
                if to.write_all(&buffer[..n]).is_err() {
                    break;
                }
            }
            Err(e) if matches!(e.kind(), std::io::ErrorKind::WouldBlock | std::io::ErrorKind::TimedOut) => {}
            Err(_) => break,
        }
    }
    let _ = from.shutdown(std::net::Shutdown::Both);
    let _ = to.shutdown(std::net::Shutdown::Both);
}

#[test]
fn an_engine_that_is_cut_off_is_said_and_the_evidence_is_kept() {
    let _turn = Turn::take();
    let dir = tempfile::tempdir().unwrap();
    let run = format!("test-cut-{}", std::process::id());
    let cut = Arc::new(AtomicBool::new(false));
    let host = proxy(dir.path(), &cut);
    let reports = dir.path().join("reports");
    let child = crate::process::start(
        drill(&reports).args(["run", "postgres"]).env("DOCKER_HOST", host).env("DRILL_RUN_ID", &run),
    );
    let events = reports.join("runs").join(&run).join("events.jsonl");
    crate::process::wait_until("a credential is issued", || {
        std::fs::read_to_string(&events).is_ok_and(|t| t.contains("\"issued\""))
    });
    cut.store(true, Ordering::Relaxed);
    let out = child.wait_with_output().unwrap();
    let (code, clean, _) = output(drill(&reports).arg("clean"));
    assert_eq!(code, 0, "{clean}");
    assert_eq!(left_by(&run), Vec::<String>::new(), "what the cut left behind is swept by the next");
    assert_eq!(out.status.code(), Some(3), "{}", String::from_utf8_lossy(&out.stdout));
    let err = String::from_utf8_lossy(&out.stderr);
    assert!(err.contains("engine") && err.contains("drill clean"), "{err}");
    assert!(reports.join("latest/evidence.json").exists());
}
