//! drill in a container, as a CI job is: the image of `ci/Dockerfile`, its files copied in and out, gone when the test is over.

#![allow(dead_code)] // each test takes what it needs

use std::process::{Child, Command, Stdio};
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU32, Ordering};

/// Where the engine's socket is mounted.
pub const SOCKET: &str = "/var/run/docker.sock:/var/run/docker.sock";

/// A name that nobody else has.
pub fn name(what: &str) -> String {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    format!("drill-reach-{what}-{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed))
}

fn command(args: &[&str]) -> Command {
    let mut command = Command::new("docker");
    command.args(args).stdin(Stdio::null());
    command
}

pub fn succeeds(args: &[&str]) -> bool {
    command(args).output().expect("docker").status.success()
}

/// What it says, without the end of the line; it must succeed.
pub fn docker(args: &[&str]) -> String {
    let out = command(args).output().expect("docker");
    assert!(out.status.success(), "docker {args:?}: {}", String::from_utf8_lossy(&out.stderr));
    String::from_utf8_lossy(&out.stdout).trim_end().to_string()
}

pub fn remove(name: &str) {
    succeeds(&["rm", "-f", "-v", name]);
}

/// The official image or its stand-in.
pub fn image(reference: &str) -> String {
    let stand_in = format!("drill-stand-in/{}", reference.rsplit('/').next().unwrap());
    let there = |name: &str| succeeds(&["image", "inspect", name]);
    match [reference, &stand_in].into_iter().find(|name| there(name)) {
        Some(name) => name.to_string(),
        None => panic!("no image {reference}: ci/images {reference}"),
    }
}

/// drill's own image: `DRILL_TEST_IMAGE`, or the program of this build on an image that has its C library.
fn own_image() -> &'static str {
    static OWN: LazyLock<String> = LazyLock::new(|| {
        std::env::var("DRILL_TEST_IMAGE").unwrap_or_else(|_| {
            let tag = "drill-test/reach:program";
            let root = env!("CARGO_MANIFEST_DIR");
            let mut build = Command::new(format!("{root}/ci/image"));
            build.args(["--tag", tag, "--base", &image("postgres:17"), "--program", env!("CARGO_BIN_EXE_drill")]);
            let out = build.output().expect("ci/image");
            assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
            tag.to_string()
        })
    });
    &OWN
}

/// Puts images into the engine that runs in a container.
pub fn hand_over(engine: &str, images: &[String]) {
    let mut save = command(&["save"]).args(images).stdout(Stdio::piped()).spawn().expect("docker save");
    let load = Command::new("docker")
        .args(["exec", "-i", engine, "docker", "-H", "unix:///run/engine/docker.sock", "load", "-q"])
        .stdin(save.stdout.take().unwrap())
        .output()
        .expect("docker load");
    assert!(save.wait().unwrap().success() && load.status.success(), "{}", String::from_utf8_lossy(&load.stderr));
}

/// Something of each of a run's containers at the host's engine.
pub fn labelled(run: &str, format: &str) -> Vec<String> {
    let filter = format!("label=drill.run={run}");
    docker(&["ps", "--filter", &filter, "--format", format]).lines().map(str::to_string).collect()
}

/// A container with drill and its files, not yet started.
pub struct Job {
    pub name: String,
    /// The run's id.
    pub run: String,
}

impl Job {
    pub fn new(what: &str, options: &[&str], drill: &[&str]) -> Self {
        let name = name(what);
        let job = Self { run: name.clone(), name };
        let run = format!("DRILL_RUN_ID={}", job.run);
        let mut args = vec!["create", "--name", &job.name, "-e", &run];
        args.extend(options);
        args.push(own_image());
        args.extend(drill);
        docker(&args);
        for dir in ["drills", "fixtures"] {
            docker(&["cp", &format!("{}/{dir}", env!("CARGO_MANIFEST_DIR")), &format!("{}:/work/{dir}", job.name)]);
        }
        job
    }

    pub fn start(&self) -> Running {
        let child = command(&["start", "-a", &self.name]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
        Running(Some(child.expect("docker start")))
    }

    pub fn evidence(&self) -> serde_json::Value {
        let dir = tempfile::tempdir().unwrap();
        let from = format!("{}:/work/reports/runs/{}/evidence.json", self.name, self.run);
        docker(&["cp", &from, &dir.path().display().to_string()]);
        serde_json::from_slice(&std::fs::read(dir.path().join("evidence.json")).unwrap()).unwrap()
    }
}

impl Drop for Job {
    fn drop(&mut self) {
        remove(&self.name);
        // What a failed test left behind.
        let filter = format!("label=drill.run={}", self.run);
        for (list, what) in [
            (&["ps", "-aq", "--filter", &filter][..], "rm"),
            (&["network", "ls", "-q", "--filter", &filter], "network"),
        ] {
            let out = command(list).output().map(|out| out.stdout).unwrap_or_default();
            for id in String::from_utf8_lossy(&out).lines() {
                if what == "rm" { remove(id) } else { drop(command(&["network", "rm", id]).output()) }
            }
        }
    }
}

/// It runs.
pub struct Running(Option<Child>);

impl Running {
    /// Its exit code, and all that it said.
    pub fn wait(&mut self) -> (i32, String) {
        let out = self.0.take().expect("waited once").wait_with_output().expect("docker start");
        let text = String::from_utf8_lossy(&out.stdout).into_owned() + &String::from_utf8_lossy(&out.stderr);
        (out.status.code().unwrap_or(-1), text)
    }
}
