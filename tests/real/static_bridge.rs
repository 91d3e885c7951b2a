//! The static bridge on real servers: it passes by its exception and by nothing else.
#![allow(clippy::unwrap_used)] // helpers of tests, not only the tests themselves

use crate::process::{drill, output};
use crate::turns::Turn;

fn run(arguments: &[&str]) -> (i32, String, String) {
    let _turn = Turn::take();
    let reports = tempfile::tempdir().unwrap();
    output(drill(reports.path()).args(["run", "static-bridge"]).args(arguments))
}

#[test]
fn it_passes_by_its_exception() {
    let (code, out, err) = run(&[]);
    assert_eq!(code, 0, "{out}{err}");
    assert!(out.contains("PASSED (1 exception): static-bridge"), "{out}");
    assert!(out.contains("the old password dead at PostgreSQL"), "{out}");
    assert!(out.contains("exception EX-BRIDGE-1 applied: its check failed"), "{out}");
}

#[test]
fn the_day_after_its_exception_ended_it_fails_by_that_check_alone() {
    let (code, out, err) = run(&["--as-of", "2027-02-23"]);
    assert_eq!(code, 1, "{out}{err}");
    assert!(out.contains("FAILED: static-bridge   28 passed · 1 failed"), "{out}");
    assert!(out.contains("✗ credential.dynamic"), "{out}");
}
