//! A draft of `drill new` with its TODOs filled in, and no other edit, comes to a verdict on real servers.

use crate::drafts::{FILLED, Project};
use crate::turns::Turn;

#[test]
fn a_filled_in_draft_comes_to_a_verdict() {
    let _turn = Turn::take();
    let project = Project::with_export();
    assert_eq!(project.drill(&["new", "orders", "--from", "drills/roles/orders-rw"]).0, Some(0));
    project.fill("orders", FILLED);
    let (code, out, err) = project.drill(&["run", "orders"]);
    assert_eq!(code, Some(0), "{out}{err}");
    let report = project.read("reports/latest/readiness.md");
    assert!(report.starts_with("# PASSED: orders\n"), "{report}");
    assert!(report.contains("as exported"), "the report names the exact role: {report}");
    let evidence: serde_json::Value = serde_json::from_str(&project.read("reports/latest/evidence.json")).unwrap();
    let source = evidence.pointer("/drills/0/credential/database/source/exported/sha256").unwrap();
    assert_eq!(source.as_str().unwrap().len(), 64, "its hash is in the evidence");
}

#[test]
fn a_workload_may_log_in_by_a_token_and_a_person_by_a_password() {
    let _turn = Turn::take();
    let project = Project::with_export();
    let drill = std::fs::read_to_string(crate::drafts::root().join("drills/postgres.yaml")).unwrap();
    let workload = drill
        .replace("login: approle", "login: jwt")
        .replace("login: jwt, owner: team-oncall", "login: userpass, owner: team-oncall");
    assert_ne!(drill, workload);
    project.write("drills/postgres.yaml", &workload);
    let seed = "fixtures/postgres/orders.sql";
    project.write(seed, &std::fs::read_to_string(crate::drafts::root().join(seed)).unwrap());
    let (code, out, err) = project.drill(&["run", "postgres/revoke", "postgres/person"]);
    assert_eq!(code, Some(0), "{out}{err}");
    let report = project.read("reports/latest/readiness.md");
    assert!(report.contains("workload, JWT") && report.contains("person, userpass"), "{report}");
}
