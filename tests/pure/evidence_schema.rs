//! `docs/evidence.schema.json`: every `evidence.json` keeps it, and it is no net that lets everything through.

#![allow(clippy::unwrap_used)] // helpers of tests, not only the tests themselves

use crate::common::verdicts;
use drill::backend::Cause;
use drill::exceptions::Exception;
use drill::history::{Body, History, Part, Series, State, replay};
use drill::report::EVIDENCE_SCHEMA;
use drill::secret::Redactor;
use drill::verdict::{Verdicts, judge};
use serde_json::{Value, json};
use std::fs;
use std::path::{Path, PathBuf};

struct Schema(boon::Schemas, boon::SchemaIndex);

impl Schema {
    fn read() -> Self {
        let mut schemas = boon::Schemas::new();
        let mut compiler = boon::Compiler::new();
        compiler.enable_format_assertions();
        let index =
            compiler.compile(&project("docs/evidence.schema.json").display().to_string(), &mut schemas).unwrap();
        Self(schemas, index)
    }

    fn check(&self, evidence: &Value) -> Result<(), String> {
        self.0.validate(evidence, self.1).map_err(|e| e.to_string())
    }
}

fn project(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

fn rendered(history: &History, verdicts: &Verdicts) -> Value {
    let events = Some((crate::common::hex('5'), 1234));
    let bundle = drill::report::render(history, verdicts, &events, &Redactor::default());
    serde_json::from_slice(&bundle.files["evidence.json"]).unwrap()
}

/// Everything that can stand in a head or an event and is shown.
fn full() -> History {
    let mut history = crate::common::sound();
    history.head.as_of = Some("2026-11-24".parse().unwrap());
    let exception = |id: &str, expires: &str| Exception {
        id: id.into(),
        check: "postgres/revoke/trigger.sessions@idle".into(),
        owner: "team-fin".into(),
        reason: "the bridge needs it".into(),
        compensating_control: "source IP list".into(),
        granted_by: "security".into(),
        granted_on: "2026-10-01".parse().unwrap(),
        expires: expires.parse().unwrap(),
        at: history.head.drills[0].scenarios[0].at.clone(),
    };
    history.head.exceptions = vec![exception("EX-7", "2026-12-31"), exception("EX-6", "2026-11-23")];
    let mut add = |body: Body| {
        let last = history.events.last().unwrap();
        let event = drill::history::Event {
            seq: last.seq + 1,
            at_us: last.at_us,
            drill: "postgres".into(),
            scenario: "revoke".into(),
            state: State::Done,
            body,
        };
        history.events.push(event);
    };
    let series = Series { part: Part::Subject { member: 0 }, door: "login".into() };
    for n in [3, 4] {
        let line = "role \"v-1\" does not exist".to_owned();
        add(Body::Reason { series: series.clone(), n, line, cause: Cause::Gone });
    }
    add(Body::Revoked { lease: "database/creds/orders-rw/x".into(), time: "2026-11-24T07:31:04Z".into() });
    let word = drill::history::BrokersWord {
        event: "revoked".into(),
        cause: Some("revoked".into()),
        owner: Some("team-orders".into()),
        tenant: Some("acme".into()),
        caller: Some("an entity".into()),
    };
    let said = drill::history::AuditEntry { broker: Some(Box::new(word)), ..Default::default() };
    add(Body::Audit { line: 13, entry: Box::new(said) });
    add(Body::Audit {
        line: 12,
        entry: Box::new(drill::history::AuditEntry { kind: "request".into(), ..Default::default() }),
    });
    history
}

#[test]
fn every_rendering_keeps_it() {
    let schema = Schema::read();
    let mut runs = vec![
        (crate::common::sound(), verdicts::passed()),
        (crate::common::outlives(), verdicts::failed()),
        (crate::common::sound(), verdicts::inconclusive()),
        (crate::common::interrupted(), verdicts::interrupted()),
        (crate::common::sound(), verdicts::excepted()),
        (full(), verdicts::excepted()),
    ];
    for file in fs::read_dir(project("fixtures/histories")).unwrap().map(|e| e.unwrap().path()) {
        if file.extension().is_some_and(|e| e == "jsonl") {
            let mut history = replay(&file).unwrap().history;
            // The generator writes no definitions.
            history.head.drills.iter_mut().for_each(|drill| drill.sha256 = crate::common::hex('e'));
            let verdicts = judge(&history);
            runs.push((history, verdicts));
        }
    }
    assert!(runs.len() > 10);
    for (history, verdicts) in &runs {
        schema.check(&rendered(history, verdicts)).unwrap();
    }
}

#[test]
fn what_binds_a_run_is_in_it() {
    let history = full();
    let evidence = rendered(&history, &verdicts::excepted());
    assert_eq!(evidence["schema"], EVIDENCE_SCHEMA);
    assert_eq!(evidence["program"]["version"], "0.1.0");
    assert_eq!(evidence["program"]["commit"], "5d1e".repeat(10));
    assert_eq!(evidence["program"]["sha256"], crate::common::hex('a'));
    assert_eq!(evidence["clock"], json!({ "wall_at_0": "2026-11-24T07:31:02Z", "ended_us": 5_142_000, "tick_us": 1 }));
    assert_eq!(evidence["as_of"], "2026-11-24");
    assert_eq!(evidence["exceptions"][0]["id"], "EX-7");
    assert_eq!(evidence["exceptions"][0]["in_force"], true);
    assert_eq!(evidence["exceptions"][1]["in_force"], false, "it ended the day before");
    assert_eq!(evidence["drills"][0]["sha256"], crate::common::hex('e'));
    assert_eq!(evidence["servers"][1]["version"], "17.12");
    assert_eq!(evidence["servers"][1]["image_id"], format!("sha256:{}", crate::common::hex('c')));
    assert_eq!(evidence["events"]["sha256"], crate::common::hex('5'));
    assert_eq!(evidence["events"]["count"], history.events.len());
    // A line that says the same again is told once.
    let logs = evidence["logs"].as_array().unwrap();
    assert_eq!(logs.len(), 2, "{logs:?}");
    assert_eq!(logs[0]["of"], "subject-0 at login");
    assert_eq!(logs[1]["server"], "authority");
}

/// All places in a value where a key can be taken out or put in: JSON pointers of its objects.
fn objects(at: &str, value: &Value, out: &mut Vec<String>) {
    match value {
        Value::Object(map) => {
            out.push(at.to_owned());
            map.iter().for_each(|(key, value)| objects(&format!("{at}/{key}"), value, out));
        }
        Value::Array(items) => items.iter().enumerate().for_each(|(i, v)| objects(&format!("{at}/{i}"), v, out)),
        _ => {}
    }
}

/// What each kind of system brings itself is not listed here.
fn is_open(at: &str) -> bool {
    let open = ["credential", "backend", "trigger", "caller", "sessions"];
    at.starts_with("/drills/")
        && (at.split('/').any(|part| open.contains(&part))
            || at.ends_with("/scenarios/0")
            || at.ends_with("/scenarios/1"))
        || at.ends_with("/entry/metadata")
}

#[test]
fn no_key_may_be_added_and_none_that_binds_may_be_missing() {
    let schema = Schema::read();
    let evidence = rendered(&full(), &verdicts::failed());
    let mut places = Vec::new();
    objects("", &evidence, &mut places);
    assert!(places.len() > 50);
    for at in places.iter().filter(|at| !is_open(at)) {
        let mut more = evidence.clone();
        more.pointer_mut(at).unwrap().as_object_mut().unwrap().insert("smuggled".into(), json!(1));
        assert!(schema.check(&more).is_err(), "{at} takes a key that nobody knows");
    }
    for key in evidence.as_object().unwrap().keys() {
        let mut less = evidence.clone();
        less.as_object_mut().unwrap().remove(key);
        assert!(schema.check(&less).is_err(), "{key} may be missing");
    }
    for (at, wrong) in [
        ("/schema", json!(1)),
        ("/outcome", json!("ready")),
        ("/started", json!("yesterday")),
        ("/as_of", json!("2026-13-01")),
        ("/events/sha256", json!("9c41")),
        ("/verdicts/0/scenarios/0/checks/0/outcome", json!("PASSED")),
        ("/verdicts/0/scenarios/0/checks/0/events/0", json!([1])),
        ("/servers/0/origin", json!("elsewhere")),
        ("/exceptions/0/expires", json!("")),
    ] {
        let mut other = evidence.clone();
        *other.pointer_mut(at).unwrap() = wrong;
        assert!(schema.check(&other).is_err(), "{at}");
    }
}
