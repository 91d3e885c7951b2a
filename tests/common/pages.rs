//! Runs of many drills, put together from `fixtures/histories/`, and gates: what the HTML tests look at.

use super::{head, hex};
use drill::definition::{Location, System};
use drill::exceptions::Exception;
use drill::gate::readiness::{
    Cell, CellOutcome, Contradiction, Coverage, EvidenceLink, EvidenceUse, ExceptionRefused, ExceptionUse, GateOutcome,
    KindMissing, KindNotInUse, Met, Readiness, RequirementResult, RoleInUse, SetAside, SystemRow, Why,
};
use drill::history::{Body, History, replay};
use std::path::Path;

/// A drill's name, and its scenarios: each a name and a file of `fixtures/histories/`.
pub type Parts<'a> = (&'a str, &'a [(&'a str, &'a str)]);

/// One run of these drills.
pub fn run(parts: &[Parts<'_>]) -> History {
    let names: Vec<&str> = parts.iter().map(|(drill, _)| *drill).collect();
    let mut history = History { head: head(&names), events: Vec::new() };
    for ((drill, scenarios), plan) in parts.iter().zip(&mut history.head.drills) {
        plan.scenarios.clear();
        for (n, (scenario, fixture)) in scenarios.iter().enumerate() {
            let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("fixtures/histories/{fixture}.jsonl"));
            let part = replay(&file).unwrap().history;
            let part = told_apart(&part);
            let its_drill = &part.head.drills[0];
            (plan.credential, plan.backend) = (its_drill.credential.clone(), its_drill.backend.clone());
            let mut its = its_drill.scenarios[0].clone();
            its.scenario = (*scenario).into();
            its.at = Location { file: plan.file.clone(), line: 20 + u32::try_from(n).unwrap(), column: 3 };
            plan.scenarios.push(its);
            history.events.extend(part.events.into_iter().map(|mut e| {
                (e.drill, e.scenario) = ((*drill).into(), (*scenario).into());
                if let Body::Server { server, product, version, image, image_id, .. } = &mut e.body {
                    let is_backend = server == "backend";
                    let it = if is_backend {
                        ("PostgreSQL", "17.12", "postgres:17")
                    } else {
                        ("OpenBao", "2.7.2", "openbao:2.7.2")
                    };
                    (*product, *version, *image) = (it.0.into(), it.1.into(), it.2.into());
                    *image_id = format!("sha256:{}", hex(if is_backend { 'c' } else { '7' }));
                }
                e
            }));
        }
    }
    history.events.sort_by_key(|e| e.at_us);
    for (event, seq) in history.events.iter_mut().zip(1..) {
        event.seq = seq;
    }
    history
}

/// The generator's names are single letters: here they are such as people give.
fn told_apart(history: &History) -> History {
    fn rename(value: &mut serde_json::Value) {
        match value {
            serde_json::Value::String(text) => {
                *text = match text.as_str() {
                    "c" => "orders-api".into(),
                    "o" => "team-orders".into(),
                    "t" => "acme".into(),
                    "r" => "orders-rw".into(),
                    other => other.replace("/creds/r", "/creds/orders-rw"),
                };
            }
            serde_json::Value::Array(items) => items.iter_mut().for_each(rename),
            serde_json::Value::Object(map) => map.values_mut().for_each(rename),
            _ => {}
        }
    }
    let mut value = serde_json::to_value(history).unwrap();
    rename(&mut value);
    serde_json::from_value(value).unwrap()
}

/// Everything works.
pub fn passed() -> History {
    run(&[("postgres", &[("revoke", "sound-revoke"), ("expire", "sound-expire")])])
}

/// It lives on, and is let in again.
pub fn failed() -> History {
    run(&[("postgres", &[("revoke", "everything-280"), ("again", "resurrected"), ("expire", "sound-expire")])])
}

/// The backend refuses everybody.
pub fn inconclusive() -> History {
    run(&[("postgres", &[("revoke", "everybody-refused")])])
}

/// Ten drills, some red.
pub fn ten() -> History {
    const SOUND: &[(&str, &str)] = &[("revoke", "sound-revoke"), ("expire", "sound-expire")];
    run(&[
        ("orders", SOUND),
        ("payments", SOUND),
        ("reports", &[("revoke", "resurrected"), ("expire", "sound-expire")]),
        ("ledger", SOUND),
        ("mail", &[("revoke", "everybody-refused"), ("expire", "sound-expire")]),
        ("search", SOUND),
        ("identity", &[("revoke", "any-death-4")]),
        ("archive", &[("revoke", "unreachable-34"), ("lost-answer", "lost-acknowledgement-8")]),
        ("billing", &[("flapping", "flapping-40290")]),
        ("static-bridge", SOUND),
    ])
}

pub fn exception(id: &str, check: &str, expires: &str) -> Exception {
    Exception {
        id: id.into(),
        check: check.into(),
        owner: "team-fin".into(),
        reason: "The vendor's batch job keeps its session until it is done".into(),
        compensating_control: "rotation every 24 h, source addresses listed".into(),
        granted_by: "security".into(),
        granted_on: "2026-10-01".parse().unwrap(),
        expires: expires.parse().unwrap(),
        at: Location { file: "drills/exceptions.yaml".into(), line: 3, column: 5 },
    }
}

fn link(run: &str) -> EvidenceLink {
    EvidenceLink { run: run.into(), dir: format!("evidence/{run}") }
}

fn cell(outcome: CellOutcome, text: &str) -> Cell {
    Cell {
        outcome,
        text: text.into(),
        checks: vec!["postgres/revoke/trigger.exposure".into()],
        lower_us: None,
        upper_us: None,
    }
}

fn requirement(id: &str, pattern: &str, reasons: Vec<Why>, shown: &str) -> RequirementResult {
    let outcome = reasons.iter().map(|r| r.outcome).max().unwrap_or(Met::Met);
    RequirementResult { id: id.into(), pattern: pattern.into(), outcome, reasons, shown: shown.into() }
}

fn why(outcome: Met, what: &str, todo: &str, check: Option<&str>) -> Why {
    Why {
        outcome,
        what: what.into(),
        check: check.map(Into::into),
        evidence: check.map(|_| link("20261120-073102-m1p2")),
        todo: todo.into(),
    }
}

fn row(system: System, drill: Option<&str>) -> SystemRow {
    use CellOutcome::{Missing, Passed};
    let of = |text: &str| if drill.is_some() { cell(Passed, text) } else { cell(Missing, "no drill") };
    SystemRow {
        system,
        drill: drill.map(Into::into),
        role: drill.map(|_| "orders-rw".into()),
        owner: drill.map(|_| "team-orders".into()),
        tenant: drill.map(|_| "acme".into()),
        basis: if drill.is_some() { "exported 2026-11-20".into() } else { String::new() },
        revoke: of("6–11 ms"),
        expire: of("43–61 ms"),
        metadata: of(""),
        audit: of(""),
        parent: of(""),
        tested_days_ago: drill.map(|_| 0),
        evidence: drill.map(|_| link("20261124-073102-k3x9")).into_iter().collect(),
    }
}

/// Every requirement is met, with an exception.
pub fn ready() -> Readiness {
    let mut bridge = row(System::Database, Some("static-bridge"));
    bridge.revoke = cell(CellOutcome::Excepted, "EXCEPTED EX-7 to 2026-12-31");
    bridge.tested_days_ago = Some(3);
    Readiness {
        schema: 1,
        level: "RL3".into(),
        title: "Production: dynamic credentials, and proof that they die".into(),
        outcome: GateOutcome::Ready,
        synthetic: false,
        judged_at: "2026-11-24T08:02:00Z".parse().unwrap(),
        as_of: "2026-11-24".parse().unwrap(),
        gate_file: "drills/gates/rl3.yaml".into(),
        gate_sha256: hex('5'),
        program: "0.1.0".into(),
        requirements: vec![
            requirement(
                "revocation",
                "Revocation invalidates access at the backend",
                vec![],
                "2 of 2 systems, slowest 11 ms (postgres), limit 2 s",
            ),
            requirement(
                "metadata",
                "Issued credentials have owner, scope, TTL and lease metadata",
                vec![],
                "2 of 2 systems",
            ),
        ],
        systems: vec![row(System::Database, Some("postgres")), bridge],
        kinds_missing: vec![],
        kinds_not_in_use: vec![KindNotInUse {
            system: System::Broker,
            owner: "platform".into(),
            reason: "nothing is brokered".into(),
        }],
        exceptions: vec![ExceptionUse {
            id: "EX-7".into(),
            check: "static-bridge/rotate/credential.dynamic".into(),
            owner: "team-fin".into(),
            reason: "no dynamic users there".into(),
            granted_by: "security".into(),
            granted_on: "2026-10-01".parse().unwrap(),
            ends: "2026-12-31".parse().unwrap(),
            days_left: 37,
            compensating_control: "rotation every 24 h, source addresses listed".into(),
        }],
        exceptions_refused: vec![],
        evidence: vec![EvidenceUse {
            link: link("20261124-073102-k3x9"),
            started: "2026-11-24T07:31:02Z".parse().unwrap(),
            events_sha256: hex('9'),
            program: "0.1.0".into(),
            scenarios: vec!["postgres/revoke".into(), "postgres/expire".into()],
            servers: vec!["OpenBao 2.7.2 (official)".into(), "PostgreSQL 17.12 (official)".into()],
            signature: Some("ci-release (verified)".into()),
        }],
        set_aside: vec![],
        contradictions: vec![],
        inventory: None,
        signature: Some("ci-release (verified)".into()),
    }
}

/// Everything that a gate can say against it.
pub fn not_ready() -> Readiness {
    let mut gate = ready();
    gate.outcome = GateOutcome::NotReady;
    let mut all = vec![
        requirement(
            "kinds",
            "Each backend has a verified lease and revocation story",
            vec![
                why(
                    Met::NotMet,
                    "message-broker: no drill; inventory names rmq/roles/app (team-mail)",
                    "add drills/rabbitmq.yaml: drill new rabbitmq --from DIR",
                    None,
                ),
                why(
                    Met::NotMet,
                    "s3-broker/expire: evidence 41 days old, limit 30",
                    "run it again: drill run s3-broker",
                    None,
                ),
            ],
            "",
        ),
        requirement(
            "expiry",
            "Expired credentials are rejected",
            vec![why(
                Met::Inconclusive,
                "the server was gone",
                "run it again",
                Some("postgres/expire/trigger.refused-at-backend"),
            )],
            "",
        ),
    ];
    all.append(&mut gate.requirements);
    gate.requirements = all;
    gate.systems.push(row(System::MessageBroker, None));
    gate.kinds_missing = vec![KindMissing {
        system: System::MessageBroker,
        why: "no drill".into(),
        in_use: vec!["rmq/roles/app (team-mail)".into()],
    }];
    gate.exceptions_refused = vec![ExceptionRefused {
        id: "EX-3".into(),
        check: "postgres/revoke/trigger.sessions@idle".into(),
        owner: "team-orders".into(),
        why: "ended 2026-10-31".into(),
    }];
    against(&mut gate);
    gate.signature = None;
    gate
}

/// Evidence that does not count, that contradicts itself, and roles that nobody drills.
fn against(gate: &mut Readiness) {
    gate.set_aside = vec![SetAside {
        run: "20261014-073102-z9y8".into(),
        dir: "evidence/old".into(),
        of: "s3-broker/expire".into(),
        why: "41 days old, the gate allows 30".into(),
    }];
    gate.contradictions = vec![Contradiction {
        of: "postgres/revoke".into(),
        worse: link("20261124-073102-k3x9"),
        worse_outcome: "failed".into(),
        other: link("20261124-063102-a1b2"),
        other_outcome: "passed".into(),
        checks: vec!["postgres/revoke/trigger.exposure".into()],
    }];
    gate.inventory = Some(Coverage {
        file: "drills/inventory.yaml".into(),
        roles: 7,
        uncovered: vec![RoleInUse {
            system: None,
            path: "rmq/roles/app".into(),
            role: "app".into(),
            owner: Some("team-mail".into()),
        }],
        drills_without_role: vec!["static-bridge".into()],
    });
}
