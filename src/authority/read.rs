//! The auditor's questions: what the authority itself says of entities, leases, limits and its audit log's hashes.

use super::audit::texts;
use super::client::{Answer, Bao};
use super::error::AuthorityError;
use super::records::{Entity, Lease, Limits};
use serde_json::{Value, json};

/// The name of the declared audit device.
const DEVICE: &str = "to-file";

/// Reads as the auditor.
#[derive(Clone)]
pub struct Reader(pub Bao);

impl Reader {
    /// An entity by its id; its namespace is the one asked in (empty: root).
    ///
    /// # Errors
    /// No answer, or it is not known.
    pub async fn entity(&self, id: &str, namespace: &str) -> Result<Entity, AuthorityError> {
        let answer = self.within(namespace).get(&format!("identity/entity/id/{id}")).await?;
        Ok(Entity {
            id: answer.text("/data/id")?.to_string(),
            name: answer.text("/data/name")?.to_string(),
            namespace: namespace.into(),
            metadata: texts(&answer.body, "/data/metadata"),
        })
    }

    /// A living lease.
    ///
    /// # Errors
    /// No answer, or it is not known.
    pub async fn lease(&self, id: &str, namespace: &str) -> Result<Lease, AuthorityError> {
        let body = json!({"lease_id": id});
        let answer = self.within(namespace).call("PUT", "sys/leases/lookup", Some(body)).await?;
        let time = |pointer: &str| -> Result<jiff::Timestamp, AuthorityError> {
            let text = answer.text(pointer)?;
            text.parse().map_err(|_| AuthorityError::Server(format!("`{text}` is no time")))
        };
        Ok(Lease {
            id: answer.text("/data/id")?.to_string(),
            namespace: answer.text("/data/namespace_path")?.trim_end_matches('/').to_string(),
            issued: time("/data/issue_time")?,
            expires: time("/data/expire_time")?,
            renewable: answer.body.pointer("/data/renewable").and_then(Value::as_bool).unwrap_or(false),
        })
    }

    /// Whether a lease is known; nothing else says that it is not than this very answer.
    ///
    /// # Errors
    /// No answer, or one that says neither.
    pub async fn knows_lease(&self, id: &str, namespace: &str) -> Result<bool, AuthorityError> {
        // What was issued without a lease has none that anybody could know.
        if id.is_empty() {
            return Ok(false);
        }
        let body = json!({"lease_id": id});
        let answer = self.within(namespace).send("PUT", "sys/leases/lookup", Some(body)).await?;
        match (answer.status, answer.message().as_str()) {
            (200, _) => Ok(true),
            // The only answer that says that there is no such lease; a 403 or 503 says nothing.
            (400, "invalid lease") => Ok(false),
            _ => Err(answer.success().err().unwrap_or(AuthorityError::Server("no lease lookup".into()))),
        }
    }

    /// What is read at a path.
    ///
    /// # Errors
    /// No answer, or nothing is there.
    pub async fn read(&self, path: &str, namespace: &str) -> Result<Answer, AuthorityError> {
        self.within(namespace).get(path).await
    }

    /// The keys that are listed at a path.
    ///
    /// # Errors
    /// No answer, or another than a list; an empty one is a 404.
    pub async fn list(&self, path: &str, namespace: &str) -> Result<Vec<String>, AuthorityError> {
        let answer = self.within(namespace).send("LIST", path, None).await?;
        if answer.status == 404 && answer.message().is_empty() {
            return Ok(Vec::new());
        }
        let answer = answer.success()?;
        let keys = answer.body.pointer("/data/keys").and_then(Value::as_array);
        Ok(keys.into_iter().flatten().filter_map(Value::as_str).map(String::from).collect())
    }

    /// The TTLs in force where a role (or what states the TTLs in its place) has these of its own, in seconds.
    ///
    /// # Errors
    /// No answer, or the mount is not known.
    pub async fn limits(
        &self,
        mount: &str,
        (default, max): (u64, u64),
        namespace: &str,
    ) -> Result<Limits, AuthorityError> {
        let tune = self.within(namespace).get(&format!("sys/mounts/{mount}/tune")).await?;
        Ok(Limits {
            role_default_ttl_ms: default * 1000,
            role_max_ttl_ms: max * 1000,
            mount_default_ttl_ms: tune.number("/data/default_lease_ttl")? * 1000,
            mount_max_ttl_ms: tune.number("/data/max_lease_ttl")? * 1000,
        })
    }

    /// Whose a namespace is.
    ///
    /// # Errors
    /// No answer, or it is not known.
    pub async fn tenant_of(&self, namespace: &str) -> Result<Option<String>, AuthorityError> {
        let answer = self.0.get(&format!("sys/namespaces/{namespace}")).await?;
        Ok(answer.text("/data/custom_metadata/tenant").ok().map(String::from))
    }

    /// How the audit log writes a value that it hides.
    ///
    /// # Errors
    /// No answer.
    pub async fn audit_hash(&self, value: &str) -> Result<String, AuthorityError> {
        let answer = self.0.post(&format!("sys/audit-hash/{DEVICE}"), json!({"input": value})).await?;
        answer.text("/data/hash").map(String::from)
    }

    fn within(&self, namespace: &str) -> Bao {
        if namespace.is_empty() { self.0.clone() } else { self.0.in_namespace(namespace) }
    }
}
