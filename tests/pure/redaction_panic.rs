//! A panic prints no secret. The test runs itself again as a child that panics.

#![allow(clippy::unwrap_used)] // helpers of tests, not only the tests themselves

use drill::secret::{Redactor, Secret, install_panic_hook};
use std::process::Command;

const CHILD: &str = "DRILL_TEST_PANICS";

#[test]
fn a_panic_message_is_cleaned() {
    if std::env::var_os(CHILD).is_some() {
        panics();
    }
    let child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "redaction_panic::a_panic_message_is_cleaned", "--nocapture"])
        .env(CHILD, "1")
        .env("RUST_BACKTRACE", "1")
        .output()
        .unwrap();
    let said = [child.stderr, child.stdout].concat();
    let said = String::from_utf8_lossy(&said);
    assert!(!child.status.success());
    assert!(said.contains("internal error at"), "{said}");
    assert!(said.contains("login with [redacted] failed"), "{said}");
    assert!(!said.contains("k7-Hq2mZ"), "{said}");
    // Where one was asked for, the trace of calls is there.
    assert!(said.contains("\n   0: "), "{said}");
}

fn panics() {
    let redactor = Redactor::default();
    install_panic_hook(redactor.clone());
    let secret = Secret::new("k7-Hq2mZ", &redactor);
    panic!("login with {} failed", secret.expose());
}
