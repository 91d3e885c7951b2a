//! For every requirement what makes exactly it not met, and what reaches further.

use super::set::{Set, bend, full, name, run};
use drill::credential::brokered::{Access, BrokeredPlan};
use drill::credential::{CredentialPlan, RoleSource};
use drill::definition::System;
use drill::exceptions::Exception;
use drill::gate::inventory::Role;
use drill::gate::readiness::{KindNotInUse, Readiness, RoleInUse};
use drill::gate::{Evidence, GateOutcome, Met};
use drill::history::{Body, Limits, Moment, Part, Stock};
use drill::verdict::{CheckVerdict, Outcome};
use std::collections::BTreeMap;

const NOT_MET: Met = Met::NotMet;
const OPEN: Met = Met::Inconclusive;

type Change = Box<dyn Fn(&mut Set)>;

/// What each requirement came to, where it is not met.
fn found(readiness: &Readiness) -> BTreeMap<String, Met> {
    let red = readiness.requirements.iter().filter(|r| r.outcome != Met::Met);
    red.map(|r| (r.id.clone(), r.outcome)).collect()
}

fn all_reasons(readiness: &Readiness) -> String {
    readiness.requirements.iter().flat_map(|r| &r.reasons).map(|w| w.what.clone() + "\n").collect()
}

/// The set, changed, makes exactly these requirements this, and says so.
fn makes(what: &str, change: &Change, expected: &[(&str, Met)], said: &str) {
    let mut set = full();
    change(&mut set);
    let readiness = set.judged();
    let expected: BTreeMap<String, Met> = expected.iter().map(|(id, met)| ((*id).to_string(), *met)).collect();
    assert_eq!(found(&readiness), expected, "{what}: {:#?}", readiness.requirements);
    let reasons = all_reasons(&readiness);
    assert!(reasons.contains(said), "{what}: {reasons}");
    let worst = expected.values().max().copied().unwrap_or(Met::Met);
    let outcome = match worst {
        Met::Met => GateOutcome::Ready,
        Met::Inconclusive => GateOutcome::Inconclusive,
        Met::NotMet => GateOutcome::NotReady,
    };
    assert_eq!(readiness.outcome, outcome, "{what}");
    assert!(readiness.requirements.is_sorted_by_key(|r| std::cmp::Reverse(r.outcome)), "{what}: not met first");
    for why in readiness.requirements.iter().flat_map(|r| &r.reasons) {
        assert!(!why.todo.is_empty(), "{what}: {why:?}");
    }
}

fn bent(system: System, trigger: &'static str, check: &'static str, to: Outcome) -> Change {
    Box::new(move |set| set.bent.push(bend(system, trigger, check, to)))
}

/// One check a requirement: it fails, it is not known, it is not there.
#[test]
fn one_check_that_failed_is_not_known_or_is_not_there() {
    for (requirement, system, trigger, check) in [
        ("metadata", System::Database, "revoke", "metadata.scope"),
        ("metadata", System::Broker, "expire", "metadata.lease"),
        ("revocation", System::ObjectStore, "revoke", "trigger.stays-dead"),
        ("revocation", System::ObjectStore, "revoke", "trigger.sessions"),
        ("expiry", System::InternalApi, "expire", "expire.not-early"),
        ("audit", System::OperatorWorkflow, "revoke", "audit.linked"),
        ("audit", System::OperatorWorkflow, "expire", "audit.tenant"),
        ("parent", System::MessageBroker, "revoke", "parent.rotated"),
        ("capped", System::Database, "revoke", "policy.ttl-capped"),
        ("capped", System::Database, "renew", "renew.capped"),
        ("drilled", System::Database, "incident", "incident.reissue-refused"),
        ("drilled", System::Database, "teardown", "trigger.no-residue"),
    ] {
        let id = format!("{check} of {}", system.word());
        makes(&id, &bent(system, trigger, check, Outcome::Failed), &[(requirement, NOT_MET)], "failed: ");
        makes(&id, &bent(system, trigger, check, Outcome::Inconclusive), &[(requirement, OPEN)], "inconclusive: ");
        if requirement != "drilled" {
            let gone: Change = Box::new(move |set| set.bent.push(without(system, trigger, check)));
            let said =
                if check == "trigger.sessions" { "nothing is claimed of idle sessions" } else { "was not judged" };
            makes(&id, &gone, &[(requirement, NOT_MET)], said);
        }
    }
}

/// As if the program did not have the check, or the drill did not claim it.
fn without(system: System, trigger: &'static str, check: &'static str) -> super::set::Bent {
    Box::new(move |_, verdicts| {
        for drill in verdicts.drills.iter_mut().filter(|d| d.drill == name(system)) {
            for scenario in drill.scenarios.iter_mut().filter(|s| s.scenario == trigger) {
                scenario.checks.retain(|c| c.check != check);
            }
        }
    })
}

#[test]
fn an_owner_that_is_missing_is_missing_twice() {
    let change = bent(System::Broker, "revoke", "metadata.owner", Outcome::Failed);
    makes("owner", &change, &[("metadata", NOT_MET), ("capped", NOT_MET)], "metadata.owner failed");
}

#[test]
fn a_static_bridge_needs_an_exception() {
    let bridge = |to: Outcome| -> Change {
        Box::new(move |set| {
            set.bent.push(Box::new(move |_, verdicts| {
                for drill in verdicts.drills.iter_mut().filter(|d| d.drill == name(System::Database)) {
                    let mut check: CheckVerdict = drill.scenarios[0].checks[0].clone();
                    check.id = format!("{}/revoke/credential.dynamic", drill.drill);
                    (check.check, check.outcome) = ("credential.dynamic".into(), to);
                    drill.scenarios[0].checks.push(check);
                }
            }));
        })
    };
    makes("failed", &bridge(Outcome::Failed), &[("dynamic", NOT_MET)], "credential.dynamic failed");
    makes("open", &bridge(Outcome::Inconclusive), &[("dynamic", OPEN)], "credential.dynamic inconclusive");
    makes("excepted", &bridge(Outcome::Excepted), &[], "");
    let in_use: Change = Box::new(|set| {
        set.inventory.as_mut().unwrap().roles.push(role(Some(System::Database), "legacy", true));
    });
    makes("in use", &in_use, &[("dynamic", NOT_MET), ("every-backend", NOT_MET)], "static password in use");
}

fn role(system: Option<System>, name: &str, is_static: bool) -> Role {
    let role = RoleInUse { system, path: format!("x/roles/{name}"), role: name.into(), owner: Some("o".into()) };
    Role { role, is_static, drill: None, sha256: None }
}

#[test]
fn every_kind_and_every_role_in_use_needs_a_drill() {
    let drop = |set: &mut Set| {
        let gone = name(System::MessageBroker);
        set.drills.retain(|d| d.drill != gone);
        set.evidence.retain(|e| e.history.head.drills[0].drill != gone);
        set.inventory.as_mut().unwrap().roles.retain(|r| r.role.system != Some(System::MessageBroker));
    };
    let only = [("every-backend", NOT_MET)];
    let kind: Change = Box::new(drop);
    makes("a kind without a drill", &kind, &only, "message-broker: no drill");
    let declared = |set: &mut Set| {
        let (owner, reason) = ("team-mail".into(), "mail is bought".into());
        let none = KindNotInUse { system: System::MessageBroker, owner, reason };
        set.inventory.as_mut().unwrap().not_in_use.push(none);
    };
    let absent: Change = Box::new(move |set| {
        drop(set);
        declared(set);
    });
    makes("declared", &absent, &[], "");
    let refused: Change = Box::new(move |set| {
        drop(set);
        declared(set);
        set.gate.systems.iter_mut().for_each(|s| s.may_be_absent = false);
    });
    makes("declared, not allowed", &refused, &only, "which the gate does not allow");
    let undrilled: Change =
        Box::new(|set| set.inventory.as_mut().unwrap().roles.push(role(Some(System::Database), "billing", false)));
    makes("a role without a drill", &undrilled, &only, "x/roles/billing (o) is in use and has no drill");
    let unknown: Change = Box::new(|set| set.inventory.as_mut().unwrap().roles.push(role(None, "x", false)));
    makes("a role of an unknown kind", &unknown, &only, "x/roles/x (o) is in use and has no drill");
    let twice: Change =
        Box::new(|set| set.inventory.as_mut().unwrap().roles.push(role(Some(System::Database), "r", false)));
    makes("the same name at two mounts", &twice, &only, "x/roles/r (o) is in use and has no drill");
    let another: Change = Box::new(|set| set.inventory.as_mut().unwrap().roles[0].sha256 = Some("f".repeat(64)));
    makes("production has another role", &another, &only, "is of another role: production has it as ffffffffffff…");
    let none: Change = Box::new(|set| set.inventory = None);
    makes("no inventory", &none, &only, "nothing is known of what is in use");
    let optional: Change = Box::new(|set| {
        set.inventory = None;
        set.gate.inventory_required = false;
    });
    makes("no inventory, optional", &optional, &[], "");
}

#[test]
fn a_kind_is_what_is_issued_and_not_only_what_is_said() {
    let change: Change = Box::new(|set| set.of(System::ObjectStore).history.head.synthetic = false);
    let said = "object-store-drill issues a database credential, the gate asks for web-identity or brokered";
    makes("wrong kind", &change, &[("every-backend", NOT_MET)], said);
}

#[test]
fn basis_and_the_age_of_exports() {
    let with_date = |date: Option<&'static str>| -> Change {
        Box::new(move |set| {
            set.gate.exported = true;
            let drill::credential::CredentialPlan::Database(plan) =
                &mut set.of(System::Database).history.head.drills[0].credential
            else {
                panic!()
            };
            let drill::credential::database::RoleSource::Exported { date: own, .. } = &mut plan.source else {
                panic!()
            };
            *own = date.map(Into::into);
        })
    };
    makes("old", &with_date(Some("2026-08-01")), &[("every-backend", NOT_MET)], "exported 115 days ago, limit 90 days");
    makes("unknown", &with_date(None), &[("every-backend", OPEN)], "when role r was exported is not known");
    makes("no date", &with_date(Some("soon")), &[("every-backend", OPEN)], "is not known");
    makes("future", &with_date(Some("2026-12-24")), &[("every-backend", OPEN)], "exported in the future");
    makes("tomorrow, by another clock", &with_date(Some("2026-11-25")), &[], "");
    let own = |set: &mut Set| {
        let own = |plan: &mut drill::definition::DrillPlan| {
            let drill::credential::CredentialPlan::Database(database) = &mut plan.credential else { panic!() };
            database.source = drill::credential::database::RoleSource::Drill;
        };
        set.drills.iter_mut().for_each(own);
        set.evidence.iter_mut().flat_map(|e| &mut e.history.head.drills).for_each(own);
    };
    let demanded: Change = Box::new(move |set| {
        own(set);
        set.gate.exported = true;
    });
    makes("own role", &demanded, &[("every-backend", NOT_MET)], "role r is the drill file's own");
    let any: Change = Box::new(move |set| {
        own(set);
        set.gate.exported = false;
    });
    makes("own role, any basis", &any, &[], "");
    let caller: Change = Box::new(|set| {
        set.gate.exported = true;
        let own = |plan: &mut drill::definition::DrillPlan| {
            plan.scenarios.iter_mut().for_each(|s| s.caller.exported = false);
        };
        set.drills.iter_mut().for_each(own);
        set.evidence.iter_mut().flat_map(|e| &mut e.history.head.drills).for_each(own);
    });
    makes("own caller", &caller, &[("every-backend", NOT_MET)], "owner and tenant of c are the drill file's own");
}

#[test]
fn limits_of_exposure() {
    let slow = |scenario: &'static str, lower_us: i64, upper_us: Option<i64>| -> Change {
        Box::new(move |set| {
            set.bent.push(Box::new(move |_, verdicts| {
                for drill in verdicts.drills.iter_mut().filter(|d| d.drill == name(System::Broker)) {
                    let of = drill.scenarios.iter_mut().filter(|s| s.scenario == scenario);
                    for e in of.flat_map(|s| &mut s.exposures) {
                        (e.lower_us, e.upper_us) = (lower_us, upper_us);
                    }
                }
            }));
        })
    };
    let s = 1_000_000;
    makes(
        "slow",
        &slow("revoke", 11 * s, Some(12 * s)),
        &[("revocation", NOT_MET)],
        "lived on 11000–12000 ms, limit 10 s",
    );
    makes("across", &slow("revoke", 9 * s, Some(11 * s)), &[("revocation", OPEN)], "limit 10 s");
    makes("no end", &slow("expire", 9 * s, None), &[("expiry", OPEN)], "no end seen");
    makes("no end, late", &slow("expire", 11 * s, None), &[("expiry", NOT_MET)], "no end seen");
    makes("at the limit", &slow("revoke", 9 * s, Some(10 * s)), &[], "");
    makes("many", &slow("teardown", 11 * s, Some(12 * s)), &[], "");
    makes("too slow of many", &slow("teardown", 61 * s, Some(62 * s)), &[("drilled", NOT_MET)], "limit 60 s");
    makes("renewal", &slow("renew", 11 * s, Some(12 * s)), &[("drilled", NOT_MET)], "limit 10 s");
    let unmeasured: Change = Box::new(|set| {
        set.bent.push(Box::new(|_, verdicts| {
            let scenarios = verdicts.drills.iter_mut().flat_map(|d| &mut d.scenarios);
            scenarios.filter(|s| s.scenario == "revoke").for_each(|s| s.exposures.clear());
        }));
    });
    makes("unmeasured", &unmeasured, &[("revocation", OPEN)], "was not measured");
}

/// Where nobody shows the role, its TTLs are those that were granted and cut, and stand only if both were seen.
#[test]
fn a_brokers_ttls_are_those_that_were_tried() {
    let said = |ttl: Outcome, capped: Outcome, max_ttl_ms: u64| {
        let mut set = full();
        let brokered = CredentialPlan::Brokered(BrokeredPlan {
            role: "r".into(),
            source: RoleSource::Drill,
            image: String::new(),
            bucket: "app".into(),
            prefix: "reports/".into(),
            access: Access::Read,
            ttl_ms: 300_000,
            max_ttl_ms,
            poll_ms: 2_000,
        });
        let database = name(System::Database);
        for drill in set.drills.iter_mut().filter(|d| d.drill == database) {
            drill.credential = brokered.clone();
        }
        let history = &mut set.of(System::Database).history;
        history.head.drills[0].credential = brokered;
        history
            .events
            .iter_mut()
            .filter(|e| matches!(e.body, Body::LimitsRead { .. }))
            .for_each(|e| e.body = Body::State);
        for trigger in ["revoke", "expire", "renew", "teardown", "incident"] {
            set.bent.push(bend(System::Database, trigger, "metadata.ttl", ttl));
            set.bent.push(bend(System::Database, trigger, "policy.ttl-capped", capped));
        }
        all_reasons(&set.judged())
    };
    let unread = "the TTLs of role r were not read back";
    let hour_ms = 3_600_000;
    let seen = said(Outcome::Passed, Outcome::Passed, hour_ms);
    assert!(!seen.contains(unread) && !seen.contains("max TTL"), "{seen}");
    for (ttl, capped) in [
        (Outcome::Passed, Outcome::Failed),
        (Outcome::Passed, Outcome::Inconclusive),
        (Outcome::Passed, Outcome::Excepted),
        (Outcome::Inconclusive, Outcome::Passed),
    ] {
        let seen = said(ttl, capped, hour_ms);
        assert!(seen.contains(unread), "{ttl:?} {capped:?}: {seen}");
    }
    let long = said(Outcome::Passed, Outcome::Passed, 8 * 86_400_000);
    assert!(long.contains("max TTL 8 days, limit 7 days"), "{long}");
}

#[test]
fn limits_of_ttls() {
    let with = |change: fn(&mut Limits)| -> Change {
        Box::new(move |set| {
            for event in &mut set.of(System::Database).history.events {
                if let Body::LimitsRead { limits, .. } = &mut event.body
                    && event.scenario == "teardown"
                {
                    change(limits);
                }
            }
            // What it means for the check itself is not the point here.
            set.bent.push(bend(System::Database, "teardown", "metadata.ttl", Outcome::Passed));
        })
    };
    let day_ms = 86_400_000;
    assert_eq!(day_ms, 24 * 3_600_000);
    let long = with(|l| {
        (l.role_default_ttl_ms, l.role_max_ttl_ms) = (90_000_000, 90_000_000);
        (l.mount_default_ttl_ms, l.mount_max_ttl_ms) = (90_000_000, 90_000_000);
    });
    makes("a long TTL", &long, &[("capped", NOT_MET)], "TTL 25 h, limit 1 day");
    let capless = with(|l| (l.role_max_ttl_ms, l.mount_max_ttl_ms) = (8 * 86_400_000, 8 * 86_400_000));
    makes("a long max TTL", &capless, &[("capped", NOT_MET)], "max TTL 8 days, limit 7 days");
    let none = with(|l| (l.role_max_ttl_ms, l.mount_max_ttl_ms) = (0, 0));
    makes("no cap", &none, &[("capped", NOT_MET)], "nobody states a max TTL");
    let unread: Change = Box::new(|set| {
        let gone = |body: &Body| matches!(body, Body::LimitsRead { .. });
        for event in &mut set.of(System::Database).history.events {
            if gone(&event.body) {
                event.body = Body::State;
            }
        }
        for trigger in ["revoke", "expire", "renew", "teardown", "incident"] {
            for check in ["metadata.ttl", "metadata.scope", "policy.ttl-capped", "renew.capped"] {
                set.bent.push(bend(System::Database, trigger, check, Outcome::Passed));
            }
        }
    });
    makes("not read back", &unread, &[("capped", OPEN)], "the TTLs of role r were not read back");
}

/// The inspector still finds the user after the revocation.
fn residue(evidence: &mut Evidence) {
    for event in evidence.history.events.iter_mut().filter(|e| e.scenario == "revoke") {
        if let Body::Inventory { stock: Stock::Users, moment: Moment::After, present, absent, .. } = &mut event.body {
            let (subject, others) = absent.drain(..).partition(|n| matches!(n.part, Part::Subject { .. }));
            *absent = others;
            present.extend::<Vec<_>>(subject);
        }
    }
}

fn exception(granted_on: &str, expires: &str) -> Exception {
    Exception {
        id: "EX-7".into(),
        check: "database-drill/revoke/trigger.no-residue".into(),
        owner: "team-orders".into(),
        reason: "the user is removed at night".into(),
        compensating_control: "NOLOGIN".into(),
        granted_by: "security".into(),
        granted_on: granted_on.parse().unwrap(),
        expires: expires.parse().unwrap(),
        at: drill::definition::Location::default(),
    }
}

#[test]
fn exceptions_cover_while_they_are_in_force_and_short_enough() {
    let with = |exception: Option<Exception>| -> Change {
        Box::new(move |set| {
            residue(set.of(System::Database));
            set.exceptions.extend(exception.clone());
        })
    };
    let only = [("revocation", NOT_MET)];
    makes("none", &with(None), &only, "trigger.no-residue failed");
    let in_force = with(Some(exception("2026-10-10", "2026-12-31")));
    makes("in force", &in_force, &[], "");
    let mut set = full();
    in_force(&mut set);
    let readiness = set.judged();
    let [used] = readiness.exceptions.as_slice() else { panic!("{:?}", readiness.exceptions) };
    assert_eq!((used.id.as_str(), used.days_left, used.compensating_control.as_str()), ("EX-7", 37, "NOLOGIN"));
    let row = readiness.systems.iter().find(|r| r.system == System::Database).unwrap();
    assert_eq!(row.revoke.text, "EXCEPTED EX-7 to 2026-12-31");
    for (granted, expires, why) in [
        ("2026-10-01", "2026-11-23", "it ended 2026-11-23"),
        ("2026-09-01", "2026-12-01", "granted for 91 days, the gate allows 90 days"),
        ("2026-11-25", "2026-12-31", "not granted before 2026-11-25"),
    ] {
        let change = with(Some(exception(granted, expires)));
        makes(why, &change, &only, "trigger.no-residue failed");
        let mut set = full();
        change(&mut set);
        let readiness = set.judged();
        assert!(readiness.exceptions.is_empty());
        assert!(readiness.exceptions_refused[0].why.contains(why), "{:?}", readiness.exceptions_refused);
    }
    makes("its last day", &with(Some(exception("2026-10-01", "2026-11-24"))), &[], "");
    // What the run was granted binds the run, not the gate.
    let own: Change = Box::new(|set| {
        let evidence = set.of(System::Database);
        residue(evidence);
        evidence.history.head.exceptions = vec![exception("2026-10-10", "2026-12-31")];
        evidence.history.head.as_of = Some("2026-11-24".parse().unwrap());
    });
    makes("in the evidence alone", &own, &only, "trigger.no-residue failed");
    let covered_open: Change = Box::new(|set| {
        set.exceptions.push(exception("2026-10-10", "2026-12-31"));
        set.bent.push(bend(System::Database, "revoke", "trigger.no-residue", Outcome::Inconclusive));
    });
    makes("what is not known is not excepted", &covered_open, &[("revocation", OPEN)], "inconclusive");
}

#[test]
fn of_two_runs_that_contradict_each_other_the_worse_counts() {
    let two = |started: &'static str, change: fn(&mut Evidence)| -> Change {
        Box::new(move |set| {
            let plan = set.drills.iter().find(|d| d.drill == name(System::Database)).unwrap();
            let mut other = run(plan, "20261123-080000-othr");
            other.history.head.started = started.parse().unwrap();
            residue(&mut other);
            change(&mut other);
            set.evidence.push(other);
        })
    };
    let same = |_: &mut Evidence| {};
    let near = two("2026-11-23T07:03:00Z", same);
    makes("within a day", &near, &[("revocation", NOT_MET)], "trigger.no-residue failed");
    let mut set = full();
    near(&mut set);
    let readiness = set.judged();
    let [both] = readiness.contradictions.as_slice() else { panic!("{:?}", readiness.contradictions) };
    assert_eq!(both.of, "database-drill/revoke");
    assert_eq!((both.worse.run.as_str(), both.worse_outcome.as_str()), ("20261123-080000-othr", "failed"));
    assert_eq!(both.checks, ["database-drill/revoke/trigger.no-residue"]);
    makes("a day and a minute", &two("2026-11-23T07:01:00Z", same), &[], "");
    let newer = two("2026-11-24T07:30:00Z", same);
    makes("the newer is the worse", &newer, &[("revocation", NOT_MET)], "trigger.no-residue failed");
    let versions = two("2026-11-24T06:00:00Z", |evidence| {
        for event in &mut evidence.history.events {
            if let Body::Server { version, .. } = &mut event.body {
                *version = "16.4".into();
            }
        }
    });
    makes("of other servers", &versions, &[], "");
}
