//! A disk that is full in the middle of a line. The test runs itself again under a limit on the size of files.

#![allow(clippy::unwrap_used)] // helpers of tests, not only the tests themselves

use drill::history::{Body, Log, State, replay};
use drill::secret::Redactor;
use std::path::Path;
use std::process::Command;

const CHILD: &str = "DRILL_TEST_DISK";

#[test]
fn the_file_ends_with_the_last_whole_event() {
    if let Some(dir) = std::env::var_os(CHILD) {
        return fill(Path::new(&dir));
    }
    let dir = tempfile::tempdir().unwrap();
    // 20 blocks of 512 bytes (1024 in some shells); without the trap the signal would kill instead of the write failing.
    let child = Command::new("sh")
        .args([
            "-c",
            "trap '' XFSZ; ulimit -f 20; exec \"$0\" --exact report_disk::the_file_ends_with_the_last_whole_event",
        ])
        .arg(std::env::current_exe().unwrap())
        .env(CHILD, dir.path())
        .output()
        .unwrap();
    assert!(child.status.success(), "{}", String::from_utf8_lossy(&child.stdout));
    let file = dir.path().join("events.jsonl");
    let text = std::fs::read_to_string(&file).unwrap();
    assert!(text.ends_with("}\n"), "…{}", &text[text.len() - 80..]);
    let back = replay(&file).unwrap();
    assert_eq!(back.torn_line, None);
    assert!(!back.history.events.is_empty());
}

fn fill(dir: &Path) {
    let log = Log::create(dir, &crate::common::head(&["postgres"]), Redactor::default()).unwrap();
    let append = |n: u64| {
        let body = Body::Problem { step: "s".into(), what: format!("{n} {}", "x".repeat(100)) };
        log.append("d", "s", State::SetUp, body)
    };
    let first = (1..1000).find(|n| append(*n).is_err()).unwrap();
    assert!(append(first + 1).is_err());
    let trouble = log.trouble().unwrap();
    assert!(trouble.ends_with(&format!("(from event {first} on)")), "{trouble}");
    assert_eq!(log.history().events.len() as u64, first + 1);
}
