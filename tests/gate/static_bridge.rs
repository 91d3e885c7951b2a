//! A static bridge: ready only beside a dynamic drill, and only while an exception permits it.

use super::set::{Set, full, name, run};
use drill::definition::{DrillPlan, Location, System};
use drill::document::{Project, Source};
use drill::exceptions::Exception;
use drill::gate::inventory::Role;
use drill::gate::readiness::{Readiness, RoleInUse};
use drill::gate::{GateOutcome, Met};
use drill::history::Body;
use drill::verdict::Outcome;
use jiff::civil::{Date, date};
use std::path::Path;

const CHECK: &str = "bridge/rotate/credential.dynamic";

fn bridge() -> DrillPlan {
    let text = r#"drill: bridge
system: database
owner: team-platform
caller:
  workload: { name: c, login: approle, owner: o, tenant: t }
credential:
  static-role:
    role: r
    username: legacy
    rotation: 1h
    rotation_statements:
      - ALTER ROLE "{{name}}" WITH PASSWORD '{{password}}'
backend:
  postgres:
    seed: fixtures/postgres/legacy.sql
    allowed:
      - SELECT 1 FROM orders
    denied:
      - SELECT 1 FROM payroll
limit: 500ms
scenarios:
  rotate: { trigger: rotate }
"#;
    let project = Project::of_drills(&Path::new(env!("CARGO_MANIFEST_DIR")).join("drills"));
    let source = Source { file: "drills/bridge.yaml", text };
    drill::definition::load_text(source, "hash of bridge", &project, None).unwrap_or_else(|all| panic!("{all:?}"))
}

fn exception(granted_on: Date, expires: Date) -> Exception {
    Exception {
        id: "EX-1".into(),
        check: CHECK.into(),
        owner: "o".into(),
        reason: "a reason".into(),
        compensating_control: "a control".into(),
        granted_by: "security".into(),
        granted_on,
        expires,
        at: Location::default(),
    }
}

/// All kinds of system, and the bridge beside the database.
fn with_bridge(exceptions: Vec<Exception>) -> Set {
    let mut set = full();
    let plan = bridge();
    set.evidence.push(run(&plan, "20261124-070200-bridge"));
    set.drills.push(plan);
    set.exceptions = exceptions;
    let role = RoleInUse {
        system: Some(System::Database),
        path: "database/static-roles/r".into(),
        role: "r".into(),
        owner: Some("o".into()),
    };
    set.inventory.as_mut().unwrap().roles.push(Role { role, is_static: true, drill: None, sha256: None });
    set
}

fn in_force() -> Vec<Exception> {
    vec![exception(date(2026, 10, 1), date(2026, 12, 20))]
}

/// The requirements that are not met, and why.
fn against(readiness: &Readiness) -> (Vec<String>, String) {
    let red = readiness.requirements.iter().filter(|r| r.outcome != Met::Met);
    let reasons = red.clone().flat_map(|r| &r.reasons).map(|why| why.what.clone() + "\n").collect();
    let mut ids: Vec<String> = red.map(|r| r.id.clone()).collect();
    ids.sort();
    (ids, reasons)
}

#[test]
fn an_exception_in_force_makes_it_ready_and_is_listed() {
    let readiness = with_bridge(in_force()).judged();
    assert_eq!(against(&readiness), (vec![], String::new()));
    assert_eq!(readiness.outcome, GateOutcome::Ready);
    let row = readiness.systems.iter().find(|row| row.drill.as_deref() == Some("bridge")).unwrap();
    assert!(row.revoke.text.starts_with("rotated: "), "{row:?}");
    assert_eq!(row.expire.text, "EXCEPTED EX-1 to 2026-12-20");
    let dynamic = readiness.requirements.iter().find(|r| r.id == "dynamic").unwrap();
    assert!(format!("{dynamic:?}").contains("1 static bridge, excepted"), "{dynamic:?}");
}

#[test]
fn without_one_with_one_that_has_ended_and_with_one_for_too_long_it_is_not_ready() {
    let ended = exception(date(2026, 10, 1), date(2026, 11, 23));
    let too_long = exception(date(2026, 10, 1), date(2027, 10, 1));
    let other = Exception { check: "bridge/rotate/trigger.exposure".into(), ..in_force().remove(0) };
    for exceptions in [vec![], vec![ended], vec![too_long], vec![other]] {
        let readiness = with_bridge(exceptions.clone()).judged();
        let (ids, reasons) = against(&readiness);
        assert_eq!(readiness.outcome, GateOutcome::NotReady, "{exceptions:?}");
        assert_eq!(ids, ["dynamic"], "{exceptions:?}: {reasons}");
        assert!(reasons.contains("credential.dynamic failed"), "{reasons}");
        assert!(reasons.contains("no exception in force permits it"), "{reasons}");
    }
}

#[test]
fn it_does_not_stand_for_a_dynamic_drill() {
    let mut set = with_bridge(in_force());
    set.evidence.retain(|e| e.history.head.drills[0].drill != name(System::Database));
    set.drills.retain(|d| d.drill != name(System::Database));
    for evidence in &mut set.evidence {
        evidence.history.head.synthetic = true;
    }
    let readiness = set.judged();
    let (ids, reasons) = against(&readiness);
    assert_eq!(readiness.outcome, GateOutcome::NotReady);
    assert!(ids.contains(&"every-backend".to_string()), "{ids:?}");
    assert!(
        reasons.contains("database: bridge issues a static-role credential, the gate asks for database"),
        "{reasons}"
    );
}

#[test]
fn its_rotation_must_be_proved() {
    for (requirement, check) in [
        ("revocation", "trigger.refused-at-backend"),
        ("revocation", "trigger.sessions"),
        ("revocation", "trigger.control-alive"),
        ("revocation", "trigger.stays-dead"),
        ("revocation", "trigger.service-returns"),
        ("metadata", "metadata.tenant"),
        ("audit", "audit.linked"),
        ("parent", "parent.rotated"),
        ("drilled", "policy.tenant-isolated"),
    ] {
        for (outcome, met) in [(Outcome::Failed, Met::NotMet), (Outcome::Inconclusive, Met::Inconclusive)] {
            let mut set = with_bridge(in_force());
            set.bent.push(Box::new(move |_, verdicts| {
                let of_bridge =
                    verdicts.drills.iter_mut().filter(|d| d.drill == "bridge").flat_map(|d| &mut d.scenarios);
                for c in of_bridge.flat_map(|s| &mut s.checks).filter(|c| c.check == check) {
                    c.outcome = outcome;
                }
            }));
            let readiness = set.judged();
            let (ids, reasons) = against(&readiness);
            assert_eq!(ids, [requirement], "{check}: {reasons}");
            let judged = readiness.requirements.iter().find(|r| r.id == requirement).unwrap();
            assert_eq!(judged.outcome, met, "{check}: {reasons}");
        }
    }
}

#[test]
fn a_drill_that_never_rotates_shows_nothing() {
    let mut set = with_bridge(in_force());
    let evidence = set.evidence.last_mut().unwrap();
    evidence.history.events.retain(|e| !matches!(e.body, Body::Trigger { .. }));
    for (event, seq) in evidence.history.events.iter_mut().zip(1..) {
        event.seq = seq;
    }
    let (ids, _) = against(&set.judged());
    assert!(ids.contains(&"revocation".to_string()), "{ids:?}");
}
