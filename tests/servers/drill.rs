//! The program as a process, with reports of its own.

#![allow(dead_code)] // each test takes what it needs

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

pub fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// A command with reports in `reports` and nothing of the caller's CI.
pub fn drill(reports: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_drill"));
    command.current_dir(root()).env("DRILL_REPORTS", reports).env_remove("CI").stdin(Stdio::null());
    command
}

pub fn output(command: &mut Command) -> (i32, String, String) {
    let Output { status, stdout, stderr } = command.output().expect("drill starts");
    let text = |bytes| String::from_utf8(bytes).expect("UTF-8");
    (status.code().unwrap_or(-1), text(stdout), text(stderr))
}

pub fn start(command: &mut Command) -> Child {
    command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("drill starts")
}

pub fn signal(child: &Child, name: &str) {
    let done = Command::new("kill").args([name, &child.id().to_string()]).status().expect("kill");
    assert!(done.success());
}

/// Waits until `ready` is true; a bound, so that a test that waits in vain fails.
pub fn wait_until(what: &str, mut ready: impl FnMut() -> bool) {
    let end = Instant::now() + Duration::from_secs(120);
    while !ready() {
        assert!(Instant::now() < end, "waited in vain: {what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// Names of containers and networks that carry a run's label.
pub fn left_by(run: &str) -> Vec<String> {
    let filter = format!("label=drill.run={run}");
    let mut names = Vec::new();
    for args in [["ps", "-a", "--format", "{{.Names}}"], ["network", "ls", "--format", "{{.Name}}"]] {
        let mut args = args.to_vec();
        if args[0] == "ps" {
            args = vec!["ps", "-a", "--filter", &filter, "--format", "{{.Names}}"];
        } else {
            args = vec!["network", "ls", "--filter", &filter, "--format", "{{.Name}}"];
        }
        let out = Command::new("docker").args(&args).output().expect("docker");
        names.extend(String::from_utf8_lossy(&out.stdout).lines().map(str::to_string));
    }
    names
}
