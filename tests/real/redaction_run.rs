//! Nothing that a run writes, prints or hands to the engine holds a secret: not its reports, evidence and logs at the highest
//! verbosity, not the containers' labels, environment and command lines.
//!
//! The test runs itself again as a child that is the program with a redactor of its own. Only that process knows the true secrets;
//! they stay in its memory, and it searches what the parent collected.
#![allow(clippy::unwrap_used)] // helpers of tests, not only the tests themselves

use clap::Parser;
use drill::cli::Cli;
use drill::secret::{Redactor, Secret};
use std::borrow::Cow;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

const CHILD: &str = "DRILL_TEST_REDACTION";
const OVER: &str = "=== over, exit ";

/// The program, then the search: `known TEXT` and `search DIR` on stdin are answered on stdout.
fn child(arguments: &str) -> ! {
    let redactor = Redactor::default();
    drill::secret::install_panic_hook(redactor.clone());
    let cli = Cli::parse_from(arguments.split(' '));
    drill::command::start_log(&cli.global, &redactor);
    let exit = drill::command::dispatch(cli, &redactor);
    println!("{OVER}{} ===", exit as u8);
    for line in std::io::stdin().lines() {
        let line = line.unwrap();
        let (word, rest) = line.split_once(' ').unwrap();
        if word == "known" {
            println!("{}", redactor.clean(rest) != rest);
        } else {
            println!("{}", search(Path::new(rest), &redactor).join(" "));
        }
    }
    std::process::exit(0);
}

/// Files below `dir` in which a secret of this process is found, in whatever encoding.
fn search(dir: &Path, redactor: &Redactor) -> Vec<String> {
    let files = walkdir::WalkDir::new(dir).into_iter().map(|e| e.unwrap()).filter(|e| e.file_type().is_file());
    let found = files.filter(|e| matches!(redactor.clean_bytes(&std::fs::read(e.path()).unwrap()), Cow::Owned(_)));
    found.map(|e| e.path().display().to_string()).collect()
}

fn docker(args: &[&str]) -> Vec<u8> {
    Command::new("docker").args(args).output().unwrap().stdout
}

/// A child, with the two ends that the parent talks by.
struct Conversation {
    child: Child,
    out: BufReader<std::process::ChildStdout>,
}

impl Conversation {
    fn start(name: &str, run: &str, dir: &Path, arguments: &str) -> Self {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", name, "--nocapture"])
            .current_dir(crate::process::root())
            .env(CHILD, format!("drill {arguments}"))
            .env("DRILL_RUN_ID", run)
            .env("DRILL_REPORTS", dir.join("reports"))
            .env("DRILL_JUNIT", dir.join("junit.xml"))
            .env("DRILL_SUMMARY", dir.join("summary.md"))
            .env("DRILL_LOG", "trace")
            .env_remove("CI")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(std::fs::File::create(dir.join("stderr")).unwrap())
            .spawn()
            .unwrap();
        let out = BufReader::new(child.stdout.take().unwrap());
        Self { child, out }
    }
    /// All that it prints until it is over; its exit code.
    fn until_over(&mut self) -> (String, u8) {
        let mut said = String::new();
        loop {
            let mut line = String::new();
            assert!(self.out.read_line(&mut line).unwrap() > 0, "the child is gone: {said}");
            if let Some(code) = line.strip_prefix(OVER) {
                return (said, code.trim_end_matches(" ===\n").parse().unwrap());
            }
            said += &line;
        }
    }
    fn ask(&mut self, question: &str) -> String {
        writeln!(self.child.stdin.as_mut().unwrap(), "{question}").unwrap();
        let mut answer = String::new();
        self.out.read_line(&mut answer).unwrap();
        answer.trim().to_string()
    }
}

/// What the engine shows of the run's containers: the whole of it, and each process with its environment; the administrator's
/// password, which the child must know, as a proof that it searches for the true ones.
fn collect(dir: &Path, run: &str) -> String {
    let (backend, openbao) = (format!("drill-{run}-1-backend"), format!("drill-{run}-1-openbao"));
    crate::process::wait_until("containers", || docker(&["ps", "-q", "--filter", &format!("name={run}")]).len() > 20);
    let end = Instant::now() + Duration::from_secs(120);
    // Until a credential was issued: by then all there is to be given to them was given.
    let events = dir.join("reports/runs").join(run).join("events.jsonl");
    while !std::fs::read_to_string(&events).unwrap_or_default().contains("\"event\":\"issued\"") {
        assert!(Instant::now() < end, "nothing was issued");
        std::thread::sleep(Duration::from_millis(10));
    }
    let mut seen = Vec::new();
    for container in [&backend, &openbao] {
        let inspected = docker(&["inspect", container]);
        assert!(inspected.windows(9).any(|w| w == b"drill.run"), "{container} was not seen");
        seen.extend(inspected);
        seen.extend(docker(&["top", container, "-eo", "args"]));
        seen.extend(docker(&[
            "exec",
            container,
            "sh",
            "-c",
            "cat /proc/[0-9]*/environ /proc/[0-9]*/cmdline | tr '\\0' '\\n'",
        ]));
    }
    std::fs::write(dir.join("engine"), &seen).unwrap();
    let password = docker(&["exec", &backend, "cat", "/drill/password"]);
    String::from_utf8(password).unwrap()
}

/// What looks like a secret, whether this program knew of it or not.
fn shapes(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    for (start, next) in [("SCRAM-SHA-256$", 10), ("hvs.", 20), ("hvb.", 20), ("hvr.", 20), ("s.", 24), ("b.", 24)] {
        for (at, _) in text.match_indices(start) {
            let apart =
                text[..at].chars().next_back().is_none_or(|c| !c.is_ascii_alphanumeric() && c != '_' && c != '.');
            let tail: String = text[at + start.len()..]
                .chars()
                .take_while(|c| c.is_ascii_alphanumeric() || "+/=:-_$".contains(*c))
                .collect();
            if apart && tail.len() >= next && tail.chars().any(|c| c.is_ascii_digit()) {
                found.push(format!("{start}{}…", &tail[..4]));
            }
        }
    }
    found
}

fn nothing_comes_through(name: &str, arguments: &str, sabotage: &str) {
    let dir = tempfile::tempdir().unwrap();
    let run = format!("test-redaction-{}-{}", name.len(), std::process::id());
    let file = dir.path().join("sabotage.yaml");
    std::fs::write(&file, sabotage).unwrap();
    let mut talk = Conversation::start(name, &run, dir.path(), &format!("{arguments} {}", file.display()));
    let password = collect(dir.path(), &run);
    let (said, code) = talk.until_over();
    std::fs::write(dir.path().join("stdout"), &said).unwrap();
    assert_eq!(code, 1, "{said}");
    assert_eq!(password.len(), 32);
    assert_eq!(talk.ask(&format!("known {password}")), "true", "the child knows the true secrets");
    assert_eq!(talk.ask("known nothing of the kind"), "false");
    for written in
        ["stderr", "engine", "junit.xml", "summary.md", "reports/latest/evidence.json", "reports/latest/logs"]
    {
        assert!(dir.path().join(written).exists(), "{written}");
    }
    assert!(
        std::fs::metadata(dir.path().join("stderr")).unwrap().len() > 100_000,
        "the log is at its highest verbosity"
    );
    assert_eq!(talk.ask(&format!("search {}", dir.path().display())), "", "a secret was written");
    // The search itself finds what is there.
    std::fs::write(dir.path().join("planted"), format!("x{password}y")).unwrap();
    assert!(talk.ask(&format!("search {}", dir.path().display())).ends_with("planted"));
    for entry in walkdir::WalkDir::new(dir.path()).into_iter().map(Result::unwrap).filter(|e| e.file_type().is_file()) {
        let text = String::from_utf8_lossy(&std::fs::read(entry.path()).unwrap()).into_owned();
        assert_eq!(shapes(&text), Vec::<String>::new(), "{}", entry.path().display());
    }
    let log = std::fs::read_to_string(dir.path().join("reports/latest/logs/postgres-postgres.log")).unwrap();
    assert!(log.contains("STATEMENT:  CREATE ROLE"), "{log}");
    drop(talk.child.stdin.take());
    let _ = talk.out.read_to_string(&mut String::new());
    talk.child.wait().unwrap();
}

#[test]
fn a_failing_run_writes_no_secret() {
    if let Ok(arguments) = std::env::var(CHILD) {
        child(&arguments);
    }
    // Red, so that the servers' own logs are kept too; and the new credential cannot be made, whereupon PostgreSQL logs the statement.
    let sabotage = "drill: postgres\nscenario: revoke\nwhy: test\nred: {}\npatch: { credential: { database: { revocation_statements: [ SELECT 1 ] } } }\nat: { settled: [ { as-administrator: ALTER ROLE acme_bao NOCREATEROLE } ] }\n";
    nothing_comes_through("redaction_run::a_failing_run_writes_no_secret", "prove --exit-of-run -vv", sabotage);
}

#[test]
fn the_search_knows_the_shapes() {
    let redactor = Redactor::default();
    let _known = Secret::new("abcdefgh", &redactor);
    assert_eq!(shapes("token s.Ab3defghijklmnopqrstuvwx.x"), ["s.Ab3d…"]);
    assert_eq!(shapes("PASSWORD 'SCRAM-SHA-256$4096:abcdefghij'").len(), 1);
    assert_eq!(shapes("drill.sessions.abcdefghijklmnopqrstuvwxyz1 hosts.abc"), Vec::<String>::new());
}
