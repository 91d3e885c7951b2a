//! `evidence.json`: what was tested, on what, what was decided, and the hash of the events it rests on.

use super::facts::Run;
use super::files;
use super::words;
use crate::history::{Body, log};
use crate::secret::Redactor;
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;

/// Version of `evidence.json` that this program writes, and reads where it verifies; `docs/evidence.schema.json` is its schema.
pub const SCHEMA: u32 = 2;

/// A seed script is evidence, but not for reading here; the whole is in the events' head. In bytes.
const LONGEST_TEXT: usize = 1024;

/// SHA-256 and length of `events.jsonl`, where there is one.
pub type EventsFile = Option<(String, u64)>;

/// The file's text.
pub fn render(run: Run<'_>, events: &EventsFile, redactor: &Redactor) -> String {
    let mut value = build(run, events);
    redactor.clean_value(&mut value);
    let mut text = serde_json::to_string_pretty(&value).expect("values are plain data");
    text.push('\n');
    text
}

fn build(run: Run<'_>, events: &EventsFile) -> Value {
    let head = run.head();
    let mut drills = json!(head.drills);
    shorten(&mut drills);
    json!({
        "schema": SCHEMA,
        "run": head.run,
        "outcome": run.outcome(),
        "interrupted": run.verdicts.interrupted,
        "synthetic": head.synthetic,
        "program": { "version": head.program, "commit": head.program_commit, "sha256": head.program_sha256 },
        "started": head.started,
        "ended": words::wall(head.started, run.ended_us()),
        // What every `*_us` counts from, and what the host's clock said then.
        "clock": { "wall_at_0": head.started, "ended_us": run.ended_us(), "tick_us": head.clock_tick_us },
        "by": head.by,
        "engine": head.engine,
        "servers": servers(run),
        "as_of": head.as_of,
        "exceptions": exceptions(run),
        "verdicts": run.verdicts.drills,
        "records": records(run),
        "leases": leases(run),
        "audit": audit(run),
        "logs": logs(run),
        "timing": timing(run),
        "events": {
            "file": log::FILE,
            "count": run.history.events.len(),
            "sha256": events.as_ref().map(|e| &e.0),
            "bytes": events.as_ref().map(|e| e.1),
        },
        "drills": drills,
    })
}

/// All that the head knows, in its order, and what became of each.
fn exceptions(run: Run<'_>) -> Vec<Value> {
    let head = run.head();
    let mut granted = super::exceptions::granted(run);
    granted.sort_by_key(|g| head.exceptions.iter().position(|e| e == g.exception));
    let one = |g: &super::exceptions::Granted<'_>| {
        let mut value = json!(g.exception);
        value["in_force"] = json!(head.as_of.is_some_and(|day| g.exception.in_force(day)));
        value["use"] = json!(g.state);
        value["days_left"] = json!(head.as_of.map(|day| g.exception.days_left(day)));
        value["ends_soon"] = json!(g.warns());
        value
    };
    granted.iter().map(one).collect()
}

fn servers(run: Run<'_>) -> Vec<Value> {
    let servers = run.servers();
    let one = |s: &super::facts::Server<'_>| {
        json!({
            "server": s.role,
            "product": s.product,
            "version": s.version,
            "image": s.image,
            "image_id": s.image_id,
            "origin": s.origin,
        })
    };
    servers.iter().map(one).collect()
}

fn records(run: Run<'_>) -> Vec<Value> {
    let started = run.head().started;
    let events = run.history.events.iter();
    events
        .filter_map(|e| match &e.body {
            Body::Issued { part, record, sent_us, received_us } => Some(json!({
                "drill": e.drill,
                "scenario": e.scenario,
                "part": part,
                "record": record,
                "sent": words::wall(started, *sent_us),
                "received": words::wall(started, *received_us),
                "event": e.seq,
            })),
            _ => None,
        })
        .collect()
}

/// The record of each scenario's (first) subject, joined: the contract that every kind of credential keeps.
fn leases(run: Run<'_>) -> Vec<Value> {
    run.columns()
        .filter_map(|(drill, verdict)| {
            let plan = run.plan(&drill.drill)?;
            let scenario = run.scenario_plan(&drill.drill, &verdict.scenario)?;
            let issue = run.issue(&drill.drill, &verdict.scenario)?;
            let chain = run.chain(&drill.drill, &verdict.scenario);
            let read = run.lease(&drill.drill, &verdict.scenario);
            let of_entity = |key: &str| chain.caller.and_then(|e| e.metadata.get(key)).cloned();
            let (allowed, denied) = plan.backend.scope();
            Some(json!({
                "drill": drill.drill,
                "scenario": verdict.scenario,
                "lease": issue.record.id,
                "caller": chain.caller.map_or(scenario.caller.name.as_str(), |e| e.name.as_str()),
                "entity": chain.caller.map(|e| &e.id),
                "owner": of_entity("owner"),
                "tenant": of_entity("tenant"),
                "basis": if scenario.caller.exported { "export" } else { "drill file" },
                "namespace": issue.record.namespace,
                "backend": plan.backend.product(),
                "role": issue.record.role,
                "scope": { "allowed": allowed, "denied": denied },
                "issued": read.map(|l| l.issued),
                "expires": read.map(|l| l.expires),
                "renewable": issue.record.renewable,
            }))
        })
        .collect()
}

/// What the servers' own logs say of refusals and revocations: each line once a series, with the first event that has it.
fn logs(run: Run<'_>) -> Vec<Value> {
    let mut seen = BTreeSet::new();
    let mut excerpts = Vec::new();
    for e in &run.history.events {
        let (server, of, line) = match &e.body {
            Body::Reason { series, line, .. } => {
                ("backend", format!("{} at {}", series.part.word(), series.door), line)
            }
            Body::Revoked { lease, time } => ("authority", lease.clone(), &format!("revoked {time}")),
            _ => continue,
        };
        if seen.insert((&e.drill, &e.scenario, of.clone(), line.clone())) {
            let (drill, scenario) = (&e.drill, &e.scenario);
            excerpts.push(json!({ "drill": drill, "scenario": scenario, "server": server, "of": of, "line": line, "event": e.seq }));
        }
    }
    excerpts
}

/// The log lines that the chains rest on.
fn audit(run: Run<'_>) -> Vec<Value> {
    let events = run.history.events.iter();
    events
        .filter_map(|e| match &e.body {
            Body::Audit { line, entry } => {
                Some(json!({ "drill": e.drill, "scenario": e.scenario, "line": line, "entry": entry, "event": e.seq }))
            }
            _ => None,
        })
        .collect()
}

fn timing(run: Run<'_>) -> Vec<Value> {
    let events = run.history.events.iter();
    events
        .filter_map(|e| match &e.body {
            Body::Step { name, from_us } => {
                let mut step = Map::new();
                for (key, text) in [("drill", &e.drill), ("scenario", &e.scenario)] {
                    if !text.is_empty() {
                        step.insert(key.to_owned(), json!(text));
                    }
                }
                step.insert("step".to_owned(), json!(name));
                step.insert("from_ms".to_owned(), json!(from_us / 1000));
                let took_us = e.at_us.saturating_sub(*from_us);
                step.insert("took_ms".to_owned(), json!(took_us / 1000));
                Some(Value::Object(step))
            }
            _ => None,
        })
        .collect()
}

/// Long texts become their length and hash.
fn shorten(value: &mut Value) {
    match value {
        Value::String(text) if text.len() > LONGEST_TEXT => {
            *value = json!({ "bytes": text.len(), "sha256": files::sha256(text.as_bytes()) });
        }
        Value::Array(items) => items.iter_mut().for_each(shorten),
        Value::Object(map) => map.values_mut().for_each(shorten),
        _ => {}
    }
}
