//! The broker's own audit: one JSON line an event, beside its log on the other stream.

use super::LEASES;
use crate::authority::records::{AuditEntry, BrokersWord};
use serde_json::Value;

/// What a line of the broker's audit is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BrokersLine {
    /// Something that happened to a lease, or that somebody was not let.
    Entry(Box<AuditEntry>),
    /// The broker's own life: started, stopped, a parent rotated, a lease about to be issued.
    Other,
    /// It should be one and is not.
    Torn,
}

/// Reads a line of the broker's audit.
pub fn brokers_line(line: &str) -> BrokersLine {
    let Ok(value) = serde_json::from_str::<Value>(line) else { return BrokersLine::Torn };
    let text =
        |pointer: &str| value.pointer(pointer).and_then(Value::as_str).filter(|t| !t.is_empty()).map(String::from);
    let (Some(event), Some(time)) = (text("/event"), text("/time")) else { return BrokersLine::Torn };
    if !matches!(event.as_str(), "issued" | "renewed" | "revoked" | "refused") {
        return BrokersLine::Other;
    }
    let lease = text("/lease/id");
    let role = text("/lease/role").unwrap_or_default();
    let path = match event.as_str() {
        "issued" => format!("{LEASES}{role}"),
        "refused" => text("/detail").unwrap_or_default(),
        _ => lease.clone().unwrap_or_default(),
    };
    let kind = if event == "refused" { "request" } else { "response" };
    BrokersLine::Entry(Box::new(AuditEntry {
        kind: kind.into(),
        time,
        // What the broker did by itself nobody requested.
        request_id: text("/request_id").unwrap_or_default(),
        operation: "update".into(),
        path,
        namespace: text("/actor/namespace").unwrap_or_default(),
        entity_id: text("/actor/entity_id"),
        display_name: text("/actor/display_name"),
        lease_id: lease,
        broker: Some(Box::new(BrokersWord {
            event,
            cause: text("/cause"),
            owner: text("/lease/owner"),
            tenant: text("/tenant"),
            caller: text("/lease/entity_id"),
        })),
        ..AuditEntry::default()
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    const ISSUED: &str = r#"{"time":"2026-11-30T02:00:00Z","instance":"abcdefgh","sequence":3,"event":"issued","actor":{"entity_id":"e.1","display_name":"approle","namespace":"acme"},"request_id":"r1","tenant":"acme","lease":{"id":"broker/creds/reports-ro/XXXX","entity_id":"e.1","display_name":"approle","owner":"team-reports","backend":"minio","role":"reports-ro","scope":{"bucket":"app","prefix":"reports/","access":"read"},"issued":"2026-11-30T02:00:00Z","expires":"2026-11-30T02:05:00Z","access_keys":["AK"]}}"#;

    fn entry(line: &str) -> AuditEntry {
        match brokers_line(line) {
            BrokersLine::Entry(entry) => *entry,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn an_issue_is_an_answered_request_for_the_role() {
        let issued = entry(ISSUED);
        assert_eq!((issued.kind.as_str(), issued.path.as_str()), ("response", "broker/creds/reports-ro"));
        assert_eq!(issued.lease_id.as_deref(), Some("broker/creds/reports-ro/XXXX"));
        assert_eq!((issued.namespace.as_str(), issued.entity_id.as_deref()), ("acme", Some("e.1")));
        let word = issued.broker.unwrap_or_default();
        assert_eq!((word.owner.as_deref(), word.tenant.as_deref()), (Some("team-reports"), Some("acme")));
    }

    #[test]
    fn an_end_names_its_cause_and_who_asked_for_it() {
        let asked = ISSUED
            .replace("\"issued\",\"actor\"", "\"revoked\",\"actor\"")
            .replace("\"e.1\",\"display", "\"e.9\",\"display");
        let ended = entry(&format!("{},\"cause\":\"revoked\"}}", &asked[..asked.len() - 1]));
        assert_eq!(ended.entity_id.as_deref(), Some("e.9"));
        assert_eq!(ended.broker.unwrap_or_default().cause.as_deref(), Some("revoked"));
        let own = ISSUED.replace(
            r#""entity_id":"e.1","display_name":"approle","namespace":"acme""#,
            r#""display_name":"credential-broker""#,
        );
        assert_eq!(entry(&own).entity_id, None);
    }

    #[test]
    fn a_refusal_is_a_request_that_was_not_carried_out() {
        let line = r#"{"time":"t","instance":"a","sequence":4,"event":"refused","actor":{"entity_id":"e","display_name":"d"},"request_id":"r","detail":"broker/leases/revoke-prefix/broker/creds/mark"}"#;
        let refused = entry(line);
        assert_eq!(
            (refused.kind.as_str(), refused.path.as_str()),
            ("request", "broker/leases/revoke-prefix/broker/creds/mark")
        );
    }

    #[test]
    fn the_brokers_own_life_is_no_entry_and_half_a_line_is_torn() {
        assert_eq!(brokers_line(&ISSUED.replace("\"issued\",\"actor\"", "\"started\",\"actor\"")), BrokersLine::Other);
        assert_eq!(brokers_line(&ISSUED.replace("\"issued\",\"actor\"", "\"issuing\",\"actor\"")), BrokersLine::Other);
        assert_eq!(brokers_line(&ISSUED[..80]), BrokersLine::Torn);
        assert_eq!(brokers_line("{}"), BrokersLine::Torn);
    }
}
