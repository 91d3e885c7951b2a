//! Evidence that does not count: none of it makes anything ready, and the report says which, and why.

use super::set::{Set, full, name, run};
use drill::definition::System;
use drill::gate::{GateOutcome, Met};
use drill::history::{Body, State};

type Change = fn(&mut Set);

/// The database's evidence, changed so, does not count.
fn set_aside(what: &str, change: Change, why: &str) {
    let mut set = full();
    change(&mut set);
    let readiness = set.judged();
    assert_eq!(readiness.outcome, GateOutcome::NotReady, "{what}");
    let found: Vec<&str> = readiness.set_aside.iter().map(|a| a.why.as_str()).collect();
    assert!(found.iter().any(|w| w.contains(why)), "{what}: {found:?}");
    let not_met = readiness.requirements.iter().filter(|r| r.outcome == Met::NotMet);
    let reasons: String = not_met.flat_map(|r| &r.reasons).map(|w| w.what.clone() + "\n").collect();
    assert!(reasons.contains(why), "{what}: a requirement says so: {reasons}");
    let row = readiness.systems.iter().find(|r| r.system == System::Database).unwrap();
    assert_eq!((row.tested_days_ago, row.evidence.len()), (None, 0), "{what}");
}

#[test]
fn a_run_that_does_not_count() {
    let all: [(&str, Change, &str); 10] = [
        ("altered", |s| s.of(System::Database).altered = Some("altered: x".into()), "altered: x"),
        ("sabotaged", |s| s.of(System::Database).history.head.sabotage = Some("x".into()), "sabotaged on purpose"),
        (
            "sabotaged by a step",
            |s| {
                let event = &mut s.of(System::Database).history.events[2];
                event.body = Body::Step { name: "sabotage: pause".into(), from_us: 0 };
            },
            "sabotaged on purpose",
        ),
        ("torn", |s| s.of(System::Database).torn_line = Some(9), "line 9 of events.jsonl was cut off"),
        (
            "interrupted",
            |s| {
                let events = &mut s.of(System::Database).history.events;
                let mut last = events.last().unwrap().clone();
                (last.seq, last.state) = (last.seq + 1, State::Done);
                last.body = Body::Interrupted { by: "SIGTERM".into() };
                events.push(last);
            },
            "interrupted by SIGTERM",
        ),
        (
            "of the future",
            |s| s.of(System::Database).history.head.started = "2026-11-24T08:08:00Z".parse().unwrap(),
            "from the future",
        ),
        (
            "old",
            |s| s.of(System::Database).history.head.started = "2026-10-14T07:00:00Z".parse().unwrap(),
            "it is 42 days old, limit 30 days",
        ),
        (
            "two files of one run",
            |s| {
                let plan = s.drills.iter().find(|d| d.system == System::Database).unwrap().clone();
                let id = s.of(System::Database).history.head.run.clone();
                let mut other = run(&plan, &id);
                other.events_sha256 = "another".into();
                s.evidence.push(other);
            },
            "two different files claim to be this run",
        ),
        (
            "a broken seal",
            |s| s.of(System::Database).altered = Some("altered after it was signed: junit.xml".into()),
            "altered after it was signed",
        ),
        ("without leave", |s| s.allow_synthetic = false, "synthetic"),
    ];
    for (what, change, why) in all {
        set_aside(what, change, why);
    }
}

#[test]
fn a_drill_in_a_run_that_does_not_count() {
    let all: [(&str, Change, &str); 8] = [
        (
            "another definition",
            |s| s.of(System::Database).history.head.drills[0].sha256 = "f".repeat(64),
            "another definition",
        ),
        (
            "another role",
            |s| {
                let drill::credential::CredentialPlan::Database(plan) =
                    &mut s.of(System::Database).history.head.drills[0].credential
                else {
                    panic!()
                };
                let drill::credential::database::RoleSource::Exported { sha256, .. } = &mut plan.source else {
                    panic!()
                };
                *sha256 = "f".repeat(64);
            },
            "of another role than the exported one",
        ),
        (
            "another seed",
            |s| {
                let drill::backend::BackendPlan::Postgres(plan) =
                    &mut s.of(System::Database).history.head.drills[0].backend
                else {
                    panic!()
                };
                plan.seed_sql += "-- more\n";
            },
            "not the same any more",
        ),
        (
            "another caller",
            |s| {
                let plan = &mut s.of(System::Database).history.head.drills[0];
                plan.scenarios.iter_mut().for_each(|s| s.caller.name = "d".into());
            },
            "means something else now",
        ),
        (
            "no servers",
            |s| {
                for event in &mut s.of(System::Database).history.events {
                    if matches!(event.body, Body::Server { .. }) {
                        event.body = Body::State;
                    }
                }
            },
            "does not name the servers",
        ),
        ("stand-ins", |s| s.gate.stand_ins_count = false, "is a stand-in image"),
        (
            "other versions",
            |s| s.gate.servers = vec![("PostgreSQL".into(), vec!["16".into()])],
            "of PostgreSQL 17.12, the gate counts 16",
        ),
        ("another authority", |s| s.gate.servers = vec![("OpenBao".into(), vec!["2.6".into()])], "of OpenBao 2.7.2"),
    ];
    for (what, change, why) in all {
        set_aside(what, change, why);
    }
}

#[test]
fn a_drill_that_is_not_there_any_more_counts_for_nothing() {
    let mut set = full();
    set.drills.retain(|d| d.system != System::Database);
    let readiness = set.judged();
    assert_eq!(readiness.outcome, GateOutcome::NotReady);
    assert!(readiness.set_aside[0].why.contains("no such drill any more"), "{:?}", readiness.set_aside);
    assert_eq!(readiness.kinds_missing[0].why, "no drill");
}

#[test]
fn pinned_versions_that_fit_and_old_evidence_beside_new_do_no_harm() {
    let mut set = full();
    set.gate.servers =
        vec![("PostgreSQL".into(), vec!["16".into(), "17".into()]), ("OpenBao".into(), vec!["2.7".into()])];
    let plan = set.drills[0].clone();
    let mut old = run(&plan, "20260924-070200-oldr");
    old.history.head.started = "2026-09-24T07:02:00Z".parse().unwrap();
    set.evidence.push(old);
    // The same files in two places are the same evidence.
    let mut again = set.evidence[1].clone();
    again.dir = "elsewhere".into();
    set.evidence.push(again);
    let readiness = set.judged();
    assert_eq!(readiness.outcome, GateOutcome::Ready, "{:#?}", readiness.requirements);
    assert_eq!(readiness.set_aside.len(), 1, "{:?}", readiness.set_aside);
    assert!(readiness.set_aside[0].why.contains("days old"));
}

/// Only the expiry is old: what rests on it is not met, and nothing else.
#[test]
fn one_scenario_that_is_old_is_told_where_it_is_needed() {
    let mut set = full();
    let plan = set.drills.iter().find(|d| d.system == System::Broker).unwrap().clone();
    let only = |keep: fn(&str) -> bool, id: &str| {
        let mut part = run(&plan, id);
        part.history.head.drills[0].scenarios.retain(|s| keep(&s.scenario));
        part
    };
    set.evidence.retain(|e| e.history.head.drills[0].drill != name(System::Broker));
    let mut old = only(|s| s == "expire", "20261014-070000-oldr");
    old.history.head.started = "2026-10-14T07:00:00Z".parse().unwrap();
    set.evidence.push(old);
    set.evidence.push(only(|s| s != "expire", "20261124-070000-newr"));
    let readiness = set.judged();
    let mut ids: Vec<&str> =
        readiness.requirements.iter().filter(|r| r.outcome != Met::Met).map(|r| r.id.as_str()).collect();
    ids.sort_unstable();
    assert_eq!(ids, ["audit", "capped", "drilled", "expiry", "metadata"]);
    let why = &readiness.requirements.iter().find(|r| r.id == "expiry").unwrap().reasons[0];
    assert_eq!(why.what, "broker-drill/expire: its evidence does not count: it is 42 days old, limit 30 days");
    assert_eq!((why.todo.as_str(), why.outcome), ("drill run broker-drill/expire", Met::NotMet));
}

#[test]
fn nothing_is_never_ready() {
    let changes: [fn(&mut Set); 5] = [
        |s| s.evidence.clear(),
        |s| s.gate.requirements.clear(),
        |s| s.drills.clear(),
        |s| s.evidence.iter_mut().for_each(|e| e.history.events.clear()),
        |s| s.evidence.iter_mut().for_each(|e| e.history.head.drills.clear()),
    ];
    for (i, change) in changes.into_iter().enumerate() {
        let mut set = full();
        change(&mut set);
        assert_ne!(set.judged().outcome, GateOutcome::Ready, "{i}");
    }
}

/// Each demand alone, and each check alone, is enough to keep a gate from being ready without evidence.
#[test]
fn no_requirement_is_met_without_evidence() {
    let mut set = full();
    set.evidence.clear();
    let readiness = set.judged();
    for requirement in &readiness.requirements {
        assert_eq!(requirement.outcome, Met::NotMet, "{requirement:#?}");
    }
    for demand in drill::gate::shape::Demand::ALL {
        let mut set = full();
        set.evidence.clear();
        set.gate.requirements.truncate(1);
        set.gate.requirements[0].needs.clear();
        set.gate.requirements[0].demands = vec![demand.0];
        let readiness = set.judged();
        assert_eq!(readiness.outcome, GateOutcome::NotReady, "{}", demand.1);
    }
}

#[test]
fn with_one_drill_alone_the_missing_kinds_are_named() {
    let mut set = full();
    set.drills.retain(|d| d.system == System::Database);
    set.evidence.retain(|e| e.history.head.drills[0].drill == name(System::Database));
    set.inventory.as_mut().unwrap().roles.retain(|r| r.role.system != Some(System::Broker));
    let readiness = set.judged();
    assert_eq!(readiness.outcome, GateOutcome::NotReady);
    let missing: Vec<&str> = readiness.kinds_missing.iter().map(|k| k.system.word()).collect();
    assert_eq!(missing, ["object-store", "message-broker", "internal-api", "operator-workflow", "broker"]);
    let not_met: Vec<&str> =
        readiness.requirements.iter().filter(|r| r.outcome == Met::NotMet).map(|r| r.id.as_str()).collect();
    assert_eq!(not_met, ["every-backend"]);
    let reasons: Vec<&str> = readiness.requirements[0].reasons.iter().map(|w| w.what.as_str()).collect();
    assert!(
        reasons.contains(&"message-broker: no drill; the inventory names message-broker/roles/r (o)"),
        "{reasons:?}"
    );
    assert!(reasons.contains(&"broker: no drill"), "{reasons:?}");
    let rows: Vec<(&str, bool)> = readiness.systems.iter().map(|r| (r.system.word(), r.drill.is_some())).collect();
    assert_eq!(rows.len(), 6);
    assert_eq!(rows.iter().filter(|(_, drilled)| *drilled).count(), 1);
}
