//! Drills side by side share one OpenBao, a namespace each; who looks at what happens without it has one of its own.
#![allow(clippy::unwrap_used)] // helpers of tests, not only the tests themselves

use crate::process::{drill, left_by, output};
use crate::turns::Turn;
use serde_json::Value;
use std::collections::BTreeMap;

/// Which OpenBao served each drill, by its cluster's id.
fn authorities(reports: &std::path::Path) -> BTreeMap<String, String> {
    let events = std::fs::read_to_string(reports.join("latest/events.jsonl")).unwrap();
    let events = events.lines().skip(1).map(|line| serde_json::from_str::<Value>(line).unwrap());
    let text = |event: &Value, key: &str| event[key].as_str().unwrap_or_default().to_string();
    events
        .filter(|e| text(e, "event") == "server" && text(e, "server") == "authority")
        .map(|e| (text(&e, "drill"), text(&e, "identity")))
        .collect()
}

#[test]
fn one_openbao_serves_all_that_leave_it_alone() {
    let _turn = Turn::take();
    let reports = tempfile::tempdir().unwrap();
    let run = format!("test-sharing-{}", std::process::id());
    let names = ["postgres/revoke", "rabbitmq/revoke", "internal-api/revoke"];
    let (code, out, err) = output(drill(reports.path()).env("DRILL_RUN_ID", &run).arg("run").args(names));
    assert_eq!(code, 0, "{out}{err}");
    assert!(out.contains("3 drills, "), "how many run at a time is said: {out}");
    let by = authorities(reports.path());
    assert_eq!(by.len(), 3, "{by:?}");
    assert_eq!(by["postgres"], by["rabbitmq"], "one for both");
    assert_ne!(by["postgres"], by["internal-api"], "it is sealed there, which the others must not see");
    assert_eq!(left_by(&run), Vec::<String>::new());
}
