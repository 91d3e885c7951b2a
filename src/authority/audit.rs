//! The audit log: one JSON entry a line, beside the server's own log on the other stream.

use super::records::AuditEntry;
use serde_json::Value;
use std::collections::BTreeMap;

/// What a line of the audit stream is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AuditLine {
    /// An entry.
    Entry(Box<AuditEntry>),
    /// It should be one and is not: a disk that was full leaves half an entry glued to the next.
    Torn,
    /// The server's banner, which shares the stream before the first entry.
    Banner,
}

/// The server's own word that a lease was revoked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RevokedLine {
    /// Which lease.
    pub lease: String,
    /// When, as the server wrote it.
    pub time: String,
}

/// Reads a line of the audit stream.
pub fn audit_line(line: &str) -> AuditLine {
    if !line.starts_with('{') && !line.contains("\"request\":{") {
        return AuditLine::Banner;
    }
    let Ok(value) = serde_json::from_str::<Value>(line) else {
        return AuditLine::Torn;
    };
    match entry(&value) {
        Some(entry) => AuditLine::Entry(Box::new(entry)),
        None => AuditLine::Torn,
    }
}

fn entry(value: &Value) -> Option<AuditEntry> {
    let text =
        |pointer: &str| value.pointer(pointer).and_then(Value::as_str).filter(|t| !t.is_empty()).map(String::from);
    Some(AuditEntry {
        kind: text("/type")?,
        time: text("/time")?,
        request_id: text("/request/id")?,
        operation: text("/request/operation")?,
        path: text("/request/path")?,
        namespace: text("/request/namespace/path").unwrap_or_default().trim_end_matches('/').to_string(),
        correlation: text("/request/headers/x-correlation-id/0"),
        entity_id: text("/auth/entity_id"),
        display_name: text("/auth/display_name"),
        metadata: texts(value, "/auth/metadata"),
        accessor_hmac: text("/auth/accessor"),
        lease_id: text("/response/secret/lease_id"),
        asked_lease_hmac: text("/request/data/lease_id"),
        asked_accessor_hmac: text("/request/data/accessor"),
        error: text("/error").map(|e| e.split_whitespace().collect::<Vec<_>>().join(" ")),
        broker: None,
    })
}

/// The texts of an object at a JSON pointer; none where there is no object.
pub fn texts(value: &Value, pointer: &str) -> BTreeMap<String, String> {
    let object = value.pointer(pointer).and_then(Value::as_object);
    object.into_iter().flatten().filter_map(|(k, v)| Some((k.clone(), v.as_str()?.to_string()))).collect()
}

/// Reads a line of the server's own log, if it says that a lease was revoked.
pub fn revoked_line(line: &str) -> Option<RevokedLine> {
    let value: Value = serde_json::from_str(line).ok()?;
    let text = |key: &str| value.get(key).and_then(Value::as_str);
    (text("@message")? == "revoked lease" && text("@module")? == "expiration").then_some(())?;
    Some(RevokedLine { lease: text("lease_id")?.to_string(), time: text("@timestamp")?.to_string() })
}

#[cfg(test)]
mod tests {
    use super::*;

    const ISSUE: &str = r#"{"time":"2026-11-24T07:31:03.884Z","type":"response","auth":{"client_token":"hmac-sha256:1","accessor":"hmac-sha256:2","display_name":"acme-approle","policies":["orders-api"],"entity_id":"23a0.UC5Mh2","metadata":{"role_name":"orders-api"}},"request":{"id":"d889","operation":"read","path":"database/creds/orders-rw","namespace":{"id":"UC5Mh2","path":"acme/"},"headers":{"x-correlation-id":["run7.issue"]}},"response":{"secret":{"lease_id":"database/creds/orders-rw/jTK0.UC5Mh2"},"data":{"username":"hmac-sha256:3"}}}"#;

    #[test]
    fn an_issuance_carries_its_lease_in_clear() {
        let AuditLine::Entry(entry) = audit_line(ISSUE) else { panic!("no entry") };
        assert_eq!(entry.kind, "response");
        assert_eq!(entry.namespace, "acme");
        assert_eq!(entry.lease_id.as_deref(), Some("database/creds/orders-rw/jTK0.UC5Mh2"));
        assert_eq!(entry.correlation.as_deref(), Some("run7.issue"));
        assert_eq!(entry.entity_id.as_deref(), Some("23a0.UC5Mh2"));
        assert_eq!(entry.accessor_hmac.as_deref(), Some("hmac-sha256:2"));
        assert_eq!(entry.error, None);
    }

    #[test]
    fn half_an_entry_is_torn_and_a_banner_is_none() {
        assert_eq!(audit_line(&ISSUE[..200]), AuditLine::Torn);
        assert_eq!(audit_line(&format!("{}{ISSUE}", &ISSUE[..90])), AuditLine::Torn);
        assert_eq!(audit_line(&ISSUE[40..]), AuditLine::Torn);
        assert_eq!(audit_line("==> OpenBao server configuration:"), AuditLine::Banner);
        assert_eq!(audit_line("{\"type\":\"request\"}"), AuditLine::Torn);
    }

    #[test]
    fn only_the_expiration_managers_line_is_a_revocation() {
        let line = r#"{"@level":"info","@message":"revoked lease","@module":"expiration","@timestamp":"2026-11-24T07:31:05.538011Z","lease_id":"a/b.c"}"#;
        assert_eq!(revoked_line(line).unwrap().lease, "a/b.c");
        assert_eq!(revoked_line(&line.replace("revoked lease", "failed to revoke lease")), None);
        assert_eq!(revoked_line(&line.replace("expiration", "core")), None);
        assert_eq!(revoked_line("banner"), None);
    }
}
