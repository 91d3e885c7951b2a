//! The auditor's questions to the broker: what it has on record of a lease.

use super::server::Broker;
use crate::authority::client::{Answer, Bao};
use crate::authority::error::AuthorityError;
use crate::authority::records::{BrokersRecord, Lease};
use serde_json::{Value, json};

/// Reads as the auditor.
pub struct BrokerReader<'a> {
    /// Which broker.
    pub broker: &'a Broker,
    /// The auditor's connection to the authority.
    pub auditor: &'a Bao,
}

impl BrokerReader<'_> {
    /// The record of a living lease; none where the broker says that it has none.
    ///
    /// # Errors
    /// No answer, or one that says neither.
    pub async fn record(&self, id: &str, namespace: &str) -> Result<Option<(Lease, BrokersRecord)>, AuthorityError> {
        if id.is_empty() {
            return Ok(None);
        }
        let asked = self.broker.at(self.auditor).in_namespace(namespace);
        let answer = asked.send("POST", "broker/leases/lookup", Some(json!({"lease_id": id}))).await?;
        // The only answer that says that there is no such lease; a 403 or 503 says nothing.
        if answer.status == 404 && answer.message() == UNKNOWN {
            return Ok(None);
        }
        let answer = answer.success()?;
        if answer.body.pointer("/data/end").is_some_and(|end| !end.is_null()) {
            return Ok(None);
        }
        read(&answer, namespace).map(Some)
    }
}

/// As the broker says it.
const UNKNOWN: &str = "unknown lease";

fn read(answer: &Answer, namespace: &str) -> Result<(Lease, BrokersRecord), AuthorityError> {
    let text = |pointer: &str| answer.text(pointer).map(String::from);
    let time = |pointer: &str| -> Result<jiff::Timestamp, AuthorityError> {
        let text = answer.text(pointer)?;
        text.parse().map_err(|_| AuthorityError::Server(format!("`{text}` is no time")))
    };
    let lease = Lease {
        id: text("/data/id")?,
        // The broker answers only who asks in the namespace of the lease's own tenant.
        namespace: namespace.into(),
        issued: time("/data/issue_time")?,
        expires: time("/data/expire_time")?,
        renewable: answer.body.pointer("/data/renewable").and_then(Value::as_bool).unwrap_or(false),
    };
    let record = BrokersRecord {
        entity: text("/data/caller/entity_id")?,
        owner: text("/data/owner")?,
        tenant: text("/data/tenant")?,
        bucket: text("/data/scope/bucket")?,
        prefix: text("/data/scope/prefix")?,
        access: text("/data/scope/access")?,
    };
    Ok((lease, record))
}
