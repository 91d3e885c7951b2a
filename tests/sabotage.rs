//! Set-ups broken on purpose: each file of fixtures/sabotage turns red exactly what it states, on real servers.
#![cfg(feature = "engine")]
#![allow(clippy::unwrap_used)] // helpers of tests, not only the tests themselves

#[path = "servers/drill.rs"]
mod process;
#[path = "servers/turns.rs"]
mod turns;

use process::{drill, output, root};
use std::collections::BTreeSet;
use std::path::Path;
use turns::Turn;

/// What it states turns red and nothing else.
fn proves(file: &str) {
    let _turn = Turn::take();
    let reports = tempfile::tempdir().unwrap();
    let path = root().join("fixtures/sabotage").join(file).with_extension("yaml");
    let (code, out, err) = output(drill(reports.path()).arg("prove").arg(&path));
    assert_eq!(code, 0, "{file}:\n{out}{err}");
    assert!(out.contains("PROVED: "), "{out}");
}

/// A test for each file, and the list of them.
macro_rules! sabotages {
    ($($name:ident: $file:literal)*) => {
        $(#[test] fn $name() { proves($file); })*
        const TESTED: &[&str] = &[$($file),*];
    };
}

sabotages! {
    connection_repointed: "connection-repointed"
    disconnects_but_does_not_drop: "disconnects-but-does-not-drop"
    everybody_gets_in: "everybody-gets-in"
    everybody_refused_and_nothing_revoked: "everybody-refused-and-nothing-revoked"
    everybody_refused_for_a_while: "everybody-refused-for-a-while"
    no_valid_until_while_sealed: "no-valid-until-while-sealed"
    owned_object_and_plain_drop: "owned-object-and-plain-drop"
    parent_may_not_end_sessions: "parent-may-not-end-sessions"
    revocation_does_nothing: "revocation-does-nothing"
    revocation_takes_four_seconds: "revocation-takes-four-seconds"
    ttl_longer_than_stated: "ttl-longer-than-stated"
    valid_until_while_sealed: "valid-until-while-sealed"
}

#[test]
fn every_file_has_its_test() {
    let entries = std::fs::read_dir(root().join("fixtures/sabotage")).unwrap();
    let files: BTreeSet<String> = entries
        .map(|e| e.unwrap().path())
        .filter(|p| p.extension().is_some_and(|x| x == "yaml"))
        .map(|p| p.file_stem().unwrap().to_string_lossy().to_string())
        .collect();
    assert_eq!(files, TESTED.iter().map(ToString::to_string).collect());
}

/// The two differ in VALID UNTIL and in nothing else, so that it is what the one lacks.
#[test]
fn the_sealed_pair_differs_in_valid_until_alone() {
    let read = |name: &str| {
        let text = std::fs::read_to_string(root().join("fixtures/sabotage").join(name)).unwrap();
        let value: serde_json::Value = serde_yaml::from_str(&text).unwrap();
        value
    };
    let (mut without, with) = (read("no-valid-until-while-sealed.yaml"), read("valid-until-while-sealed.yaml"));
    let statements = without["patch"].as_object_mut().unwrap().remove("credential").unwrap();
    let statement = statements.pointer("/database/creation_statements/0").unwrap().as_str().unwrap();
    let drill = std::fs::read_to_string(root().join("drills/postgres.yaml")).unwrap();
    assert!(drill.contains(&statement.replace(" IN ROLE", " VALID UNTIL '{{expiration}}' IN ROLE")), "{statement}");
    assert_eq!((&without["at"], &without["patch"]), (&with["at"], &with["patch"]));
}

/// Runs a sabotage that is nowhere in the tree.
fn prove(dir: &Path, yaml: &str, arguments: &[&str]) -> (i32, String, String) {
    let _turn = Turn::take();
    let file = dir.join("sabotage.yaml");
    std::fs::write(&file, yaml).unwrap();
    output(drill(&dir.join("reports")).arg("prove").arg(file).args(arguments))
}

#[test]
fn a_sabotage_that_does_not_work_is_broken_and_not_red_as_stated() {
    let dir = tempfile::tempdir().unwrap();
    // Everything is inconclusive, as it says: but it is so because the saboteur made a typing error.
    let all = [
        "access.accepted-before",
        "access.bogus-refused",
        "access.allowed",
        "access.denied",
        "trigger.acknowledged",
        "trigger.refused-at-backend",
        "trigger.exposure",
        "trigger.sessions@idle",
        "trigger.sessions@set-role",
        "trigger.sessions@reconnecting",
        "trigger.control-alive",
        "trigger.no-residue",
        "trigger.stays-dead",
        "trigger.service-returns",
    ];
    let red: String = all.iter().map(|check| format!("  {check}: inconclusive\n")).collect();
    let yaml = format!(
        "drill: postgres\nscenario: revoke\nwhy: test\nat:\n  set-up:\n    - as-administrator: REVOKKE everything\nred:\n{red}"
    );
    for arguments in [&[][..], &["--exit-of-run"]] {
        let (code, out, err) = prove(dir.path(), &yaml, arguments);
        assert_eq!(code, 2, "{out}{err}");
        assert!(out.contains("BROKEN: sabotage") && out.contains("42601"), "{out}");
        assert!(!out.contains("PROVED"), "{out}");
    }
}

#[test]
fn what_is_not_stated_must_pass_and_what_is_stated_must_be_red() {
    let dir = tempfile::tempdir().unwrap();
    let yaml = "drill: postgres\nscenario: revoke\nwhy: a test\nat: { set-up: [ { variant: trust } ] }\nred:\n  access.bogus-refused: inconclusive\n  access.allowed: failed\n  trigger.not-there: failed\n";
    let (code, out, err) = prove(dir.path(), yaml, &[]);
    assert_eq!(code, 1, "{out}{err}");
    let said = &out[out.find("NOT PROVED: sabotage   a test").unwrap()..];
    let words = |line: &str| line.split_whitespace().map(str::to_string).collect::<Vec<_>>();
    let row = |row: [&str; 4]| assert!(said.lines().any(|l| words(l) == row), "{row:?} in\n{said}");
    row(["≠", "access.bogus-refused", "inconclusive", "failed"]);
    row(["≠", "access.allowed", "failed", "passed"]);
    row(["≠", "trigger.exposure", "passed", "inconclusive"]);
    assert!(said.lines().any(|l| l.contains("trigger.not-there") && l.contains("not judged at all")), "{said}");
    // What it suggests can be put into the file as it is.
    let yaml = yaml[..yaml.find("red:").unwrap()].to_string() + &said[said.find("\nred:").unwrap() + 1..];
    let (code, out, err) = prove(dir.path(), &yaml, &[]);
    assert_eq!(code, 0, "{yaml}{out}{err}");
}

#[test]
fn what_is_wrong_with_a_file_is_said_before_anything_starts() {
    let dir = tempfile::tempdir().unwrap();
    let head = "drill: postgres\nscenario: revoke\nwhy: test\nred: {}\n";
    for (body, words) in [
        ("at: { issued: [ { skip: everything } ] }\n", "there is no step `everything` to skip"),
        ("at: { issued: [ { fault: { backend: { paused: soon } } } ] }\n", "`soon` is no duration"),
        ("at: { issued: [ { fault: { backend: { paused: 1s, killed: 1s } } } ] }\n", "exactly one of"),
        ("at: { set-up: [ { variant: no-such } ] }\n", "no-such.pg_hba.conf"),
        ("at: { later: [ { skip: bogus } ] }\n", "later"),
    ] {
        let (code, out, err) = prove(dir.path(), &format!("{head}{body}"), &[]);
        assert_eq!(code, 2, "{body}{out}{err}");
        assert!(err.contains(words), "{body}: {err}");
        assert!(!dir.path().join("reports").exists(), "nothing was started");
    }
}
