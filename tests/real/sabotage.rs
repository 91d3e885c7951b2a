//! Set-ups broken on purpose: each file of fixtures/sabotage turns red exactly what it states, on real servers.
#![allow(clippy::unwrap_used)] // helpers of tests, not only the tests themselves

use crate::process::{drill, output, root};
use crate::turns::Turn;
use std::collections::BTreeSet;
use std::io::Write;
use std::path::Path;
use std::time::Instant;

/// A run that did not find out everything (exit 3) has shown nothing; on a busy machine there is one now and then.
const TRIES: u32 = 3;

/// What it states turns red and nothing else. Something seen otherwise than stated is not tried again.
fn proves(file: &str) {
    let _turn = Turn::take();
    let path = root().join("fixtures/sabotage").join(file).with_extension("yaml");
    let mut said = String::new();
    let began = Instant::now();
    for tried in 1..=TRIES {
        let reports = tempfile::tempdir().unwrap();
        let (code, out, err) = output(drill(reports.path()).arg("prove").arg(&path));
        said.push_str(&out);
        said.push_str(&err);
        match code {
            0 => {
                // Past the capture of what a passing test says: where the time goes, and what needed more than one run.
                let took = began.elapsed().as_secs_f64();
                let _ = writeln!(std::io::stderr(), "     {file}: {took:.1} s, {tried} of {TRIES} tries");
                return assert!(out.starts_with("PROVED: ") || out.contains("\nPROVED: "), "{said}");
            }
            3 => eprintln!("{file}: inconclusive\n{out}{err}"),
            _ => panic!("{file}: exit {code}\n{said}"),
        }
    }
    panic!("{file}: inconclusive {TRIES} times\n{said}");
}

/// A test for each file, and the list of them.
macro_rules! sabotages {
    ($($name:ident: $file:literal)*) => {
        $(#[test] fn $name() { proves($file); })*
        const TESTED: &[&str] = &[$($file),*];
    };
}

sabotages! {
    audit_device_on_a_full_disk: "audit-device-on-a-full-disk"
    audit_device_silent: "audit-device-silent"
    audit_full_when_issuing: "audit-full-when-issuing"
    audit_of_another_server: "audit-of-another-server"
    broker_backend_killed: "broker-backend-killed"
    broker_backend_paused: "broker-backend-paused"
    broker_forgets_to_revoke: "broker-forgets-to-revoke"
    broker_hands_out_its_parent: "broker-hands-out-its-parent"
    broker_killed_before_the_revocation: "broker-killed-before-the-revocation"
    broker_leaves_out_the_date: "broker-leaves-out-the-date"
    broker_lies_about_the_ttl: "broker-lies-about-the-ttl"
    broker_loses_its_records: "broker-loses-its-records"
    broker_parent_not_rotated: "broker-parent-not-rotated"
    broker_revokes_too_much: "broker-revokes-too-much"
    cap_missing: "cap-missing"
    cascade_with_a_lease_that_resists: "cascade-with-a-lease-that-resists"
    certificates_backend_killed: "certificates-backend-killed"
    certificates_backend_paused: "certificates-backend-paused"
    certificates_crl_without_reload: "certificates-crl-without-reload"
    certificates_nobody_is_asked_for: "certificates-nobody-is-asked-for"
    certificates_not_stored: "certificates-not-stored"
    certificates_ocsp_cache: "certificates-ocsp-cache"
    certificates_responder_hangs: "certificates-responder-hangs"
    certificates_resumption_without_ocsp: "certificates-resumption-without-ocsp"
    certificates_revocation_does_nothing: "certificates-revocation-does-nothing"
    connection_repointed: "connection-repointed"
    default_policy_left_on: "default-policy-left-on"
    default_revocation_statements: "default-revocation-statements"
    disconnects_but_does_not_drop: "disconnects-but-does-not-drop"
    everybody_gets_in: "everybody-gets-in"
    everybody_refused_and_nothing_revoked: "everybody-refused-and-nothing-revoked"
    everybody_refused_for_a_while: "everybody-refused-for-a-while"
    influxdb_backend_killed: "influxdb-backend-killed"
    influxdb_backend_paused: "influxdb-backend-paused"
    influxdb_everybody_is_an_administrator: "influxdb-everybody-is-an-administrator"
    influxdb_parent_is_no_administrator_any_more: "influxdb-parent-is-no-administrator-any-more"
    influxdb_revocation_does_nothing: "influxdb-revocation-does-nothing"
    influxdb_revoked_by_force: "influxdb-revoked-by-force"
    influxdb_rights_revoked_and_user_kept: "influxdb-rights-revoked-and-user-kept"
    mysql_backend_killed: "mysql-backend-killed"
    mysql_backend_paused: "mysql-backend-paused"
    mysql_default_revocation_statements: "mysql-default-revocation-statements"
    mysql_drop_without_kill: "mysql-drop-without-kill"
    mysql_failed_issue_leaves_a_user: "mysql-failed-issue-leaves-a-user"
    mysql_locked_out: "mysql-locked-out"
    mysql_parent_may_not_end_sessions: "mysql-parent-may-not-end-sessions"
    mysql_revocation_does_nothing: "mysql-revocation-does-nothing"
    mysql_user_left_for_another_host: "mysql-user-left-for-another-host"
    no_valid_until_while_sealed: "no-valid-until-while-sealed"
    nologin_without_commit: "nologin-without-commit"
    otp_backend_killed: "otp-backend-killed"
    otp_backend_paused: "otp-backend-paused"
    otp_every_password_accepted: "otp-every-password-accepted"
    otp_nobody_is_asked: "otp-nobody-is-asked"
    otp_passwords_remembered: "otp-passwords-remembered"
    otp_revocation_does_nothing: "otp-revocation-does-nothing"
    otp_ttl_longer_at_the_mount: "otp-ttl-longer-at-the-mount"
    owned_object_and_plain_drop: "owned-object-and-plain-drop"
    owner_claim_missing: "owner-claim-missing"
    owner_missing: "owner-missing"
    parent_may_not_end_sessions: "parent-may-not-end-sessions"
    parent_shared_by_tenants: "parent-shared-by-tenants"
    policy_too_wide: "policy-too-wide"
    prefix_with_a_lease_that_resists: "prefix-with-a-lease-that-resists"
    rabbitmq_definitions_restored: "rabbitmq-definitions-restored"
    rabbitmq_everybody_disconnected_and_nothing_revoked: "rabbitmq-everybody-disconnected-and-nothing-revoked"
    rabbitmq_parent_lost_its_tag: "rabbitmq-parent-lost-its-tag"
    rabbitmq_permissions_too_wide: "rabbitmq-permissions-too-wide"
    rabbitmq_revocation_does_nothing: "rabbitmq-revocation-does-nothing"
    rabbitmq_ttl_longer_at_the_mount: "rabbitmq-ttl-longer-at-the-mount"
    reconnecting_client_against_a_weaker_list: "reconnecting-client-against-a-weaker-list"
    revocation_does_nothing: "revocation-does-nothing"
    revocation_takes_four_seconds: "revocation-takes-four-seconds"
    root_not_rotated: "root-not-rotated"
    scope_changed_at_the_authority: "scope-changed-at-the-authority"
    ssh_backend_killed: "ssh-backend-killed"
    ssh_backend_paused: "ssh-backend-paused"
    ssh_every_authority_trusted: "ssh-every-authority-trusted"
    ssh_every_user_allowed: "ssh-every-user-allowed"
    ssh_list_missing: "ssh-list-missing"
    ssh_list_not_read: "ssh-list-not-read"
    ssh_list_of_yesterday: "ssh-list-of-yesterday"
    ssh_nothing_revokes: "ssh-nothing-revokes"
    ssh_revocation_does_nothing: "ssh-revocation-does-nothing"
    static_backend_killed: "static-backend-killed"
    static_backend_paused: "static-backend-paused"
    static_old_password_put_back: "static-old-password-put-back"
    static_parent_may_not_end_sessions: "static-parent-may-not-end-sessions"
    static_parent_shared_by_tenants: "static-parent-shared-by-tenants"
    static_rotates_another: "static-rotates-another"
    static_rotates_the_control_too: "static-rotates-the-control-too"
    static_rotation_does_nothing: "static-rotation-does-nothing"
    static_sessions_left_open: "static-sessions-left-open"
    tenant_token_with_a_wide_policy: "tenant-token-with-a-wide-policy"
    ttl_longer_than_stated: "ttl-longer-than-stated"
    valid_until_while_sealed: "valid-until-while-sealed"
    valkey_any_password: "valkey-any-password"
    valkey_backend_killed: "valkey-backend-killed"
    valkey_backend_paused: "valkey-backend-paused"
    valkey_disconnected_and_not_deleted: "valkey-disconnected-and-not-deleted"
    valkey_made_again: "valkey-made-again"
    valkey_parent_may_not_delete: "valkey-parent-may-not-delete"
    valkey_restarted_without_saving: "valkey-restarted-without-saving"
    valkey_revoked_by_force: "valkey-revoked-by-force"
    valkey_rules_too_wide: "valkey-rules-too-wide"
    valkey_saved_while_it_lived: "valkey-saved-while-it-lived"
    web_identity_another_provider_trusted: "web-identity-another-provider-trusted"
    web_identity_backend_killed: "web-identity-backend-killed"
    web_identity_backend_paused: "web-identity-backend-paused"
    web_identity_nothing_revokes: "web-identity-nothing-revokes"
    web_identity_policy_too_wide: "web-identity-policy-too-wide"
    web_identity_policy_without_denials: "web-identity-policy-without-denials"
    web_identity_revocation_does_nothing: "web-identity-revocation-does-nothing"
    web_identity_ttl_longer_at_the_role: "web-identity-ttl-longer-at-the-role"
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
