//! Broken environments: a clear message, exit 3, the evidence so far kept. Never a pass.
#![cfg(feature = "engine")]

#[path = "servers/drill.rs"]
mod process;

use process::{drill, left_by, output};
use std::io::{Read, Write};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Runs the postgres drill under a sabotage that is nowhere in the tree.
fn sabotaged(yaml: &str) -> (i32, String, String) {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("sabotage.yaml");
    std::fs::write(&file, yaml).unwrap();
    output(drill(&dir.path().join("reports")).args(["prove", "--exit-of-run"]).arg(file))
}

#[test]
fn postgres_killed_before_or_after_the_trigger_proves_nothing() {
    for point in ["before-trigger", "acknowledged"] {
        let yaml = format!(
            "drill: postgres\nscenario: revoke\nwhy: test\nred: {{}}\nat:\n  {point}:\n    - fault: {{ backend: {{ killed: for-good }} }}\n"
        );
        let (code, out, err) = sabotaged(&yaml);
        assert_eq!(code, 3, "{point}: {out}{err}");
        assert!(out.contains("INCONCLUSIVE"), "{out}");
    }
}

#[test]
fn postgres_paused_is_a_time_out_and_no_refusal() {
    let yaml = "drill: postgres\nscenario: revoke\nwhy: test\nred: {}\nat:\n  before-trigger:\n    - fault: { backend: { paused: for-good } }\n";
    let (code, out, err) = sabotaged(yaml);
    assert_eq!(code, 3, "{out}{err}");
    assert!(out.contains("time-out"), "{out}");
}

#[test]
fn openbao_killed_during_revoke_gives_no_answer() {
    let yaml = "drill: postgres\nscenario: revoke\nwhy: test\nred: {}\nat:\n  before-trigger:\n    - fault: { authority: { killed: for-good } }\n";
    let (code, out, err) = sabotaged(yaml);
    assert_eq!(code, 3, "{out}{err}");
}

#[test]
fn openbao_killed_before_the_end_of_the_ttl_lets_the_login_live() {
    let yaml = "drill: postgres\nscenario: expire\nwhy: test\nred: {}\nat:\n  before-trigger:\n    - fault: { authority: { killed: for-good } }\n";
    let (code, out, err) = sabotaged(yaml);
    assert_eq!(code, 1, "VALID UNTIL is 5 s later than the TTL: {out}{err}");
}

#[test]
fn a_taken_name_is_said() {
    let reports = tempfile::tempdir().unwrap();
    let run = format!("test-taken-{}", std::process::id());
    let network = format!("drill-{run}-1-net");
    assert!(Command::new("docker").args(["network", "create", &network]).output().unwrap().status.success());
    let (code, out, err) = output(drill(reports.path()).args(["run", "postgres"]).env("DRILL_RUN_ID", &run));
    let removed = Command::new("docker").args(["network", "rm", &network]).output().unwrap();
    assert!(removed.status.success(), "another's network was removed");
    assert_eq!(code, 3, "{out}{err}");
    assert!(out.contains("is taken"), "{out}{err}");
}

#[test]
fn an_unwritable_reports_directory_is_said_before_anything_starts() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("a-file");
    std::fs::write(&file, "").unwrap();
    let (code, out, err) = output(drill(&file).args(["run", "postgres"]));
    assert_eq!(code, 3, "{out}{err}");
    assert!(err.contains("cannot write") && err.contains("--reports"), "{err}");
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
    let dir = tempfile::tempdir().unwrap();
    let run = format!("test-cut-{}", std::process::id());
    let cut = Arc::new(AtomicBool::new(false));
    let host = proxy(dir.path(), &cut);
    let reports = dir.path().join("reports");
    let child =
        process::start(drill(&reports).args(["run", "postgres"]).env("DOCKER_HOST", host).env("DRILL_RUN_ID", &run));
    let events = reports.join("runs").join(&run).join("events.jsonl");
    process::wait_until("a credential is issued", || {
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
