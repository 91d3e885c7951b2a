//! The database engine's requests.

use super::DatabasePlan;
use crate::authority::{AuthorityError, Bao, Tenant};
use crate::backend::Credential;
use crate::credential::{Issued, Record};

use crate::secret::{Redactor, Secret};
use serde_json::{Value, json};

const MOUNT: &str = "database";
const CONNECTION: &str = "backend";

/// A role of the database engine.
#[derive(Clone)]
pub struct Issuer {
    plan: DatabasePlan,
    tenant: Tenant,
    role: String,
    twin_of: Option<String>,
}

/// The twin's name says its TTL.
fn twin_name(role: &str, ttl_ms: u64) -> String {
    format!("{role}-{ttl_ms}ms")
}

/// What a caller needs: to read credentials of the role and of its twins, nothing else.
pub fn paths(plan: &DatabasePlan, twins: &[u64]) -> Vec<(String, &'static str)> {
    let roles = std::iter::once(plan.role.clone()).chain(twins.iter().map(|ttl| twin_name(&plan.role, *ttl)));
    roles.map(|role| (format!("{MOUNT}/creds/{role}"), "read")).collect()
}

impl Issuer {
    /// Mounts the engine and makes the role as the plan states it.
    ///
    /// # Errors
    /// The authority refuses.
    pub async fn prepare(plan: &DatabasePlan, tenant: &Tenant) -> Result<Self, AuthorityError> {
        let mut mount = json!({"type": "database"});
        if let Some(limits) = &plan.mount {
            mount["config"] = json!({"default_lease_ttl": seconds(limits.default_ttl_ms), "max_lease_ttl": seconds(limits.max_ttl_ms)});
        }
        tenant.provisioner.post(&format!("sys/mounts/{MOUNT}"), mount).await?;
        let issuer = Self { plan: plan.clone(), tenant: tenant.clone(), role: plan.role.clone(), twin_of: None };
        issuer.write(plan.default_ttl_ms, plan.max_ttl_ms).await?;
        Ok(issuer)
    }

    /// Tells the engine how it reaches the backend.
    ///
    /// # Errors
    /// The authority refuses, or cannot reach the backend as the parent.
    pub async fn connect(&self, mut connection: Value) -> Result<(), AuthorityError> {
        connection["allowed_roles"] = json!("*");
        self.tenant.provisioner.post(&format!("{MOUNT}/config/{CONNECTION}"), connection).await?;
        Ok(())
    }

    /// The same role with another TTL.
    ///
    /// # Errors
    /// The authority refuses.
    pub async fn twin(&self, ttl_ms: u64) -> Result<Self, AuthorityError> {
        let twin =
            Self { role: twin_name(&self.plan.role, ttl_ms), twin_of: Some(self.plan.role.clone()), ..self.clone() };
        twin.write(ttl_ms, ttl_ms).await?;
        Ok(twin)
    }

    async fn write(&self, default_ttl_ms: u64, max_ttl_ms: u64) -> Result<(), AuthorityError> {
        let body = json!({
            "db_name": CONNECTION,
            "creation_statements": self.plan.creation_statements,
            "revocation_statements": self.plan.revocation_statements,
            "rollback_statements": self.plan.rollback_statements,
            "renew_statements": self.plan.renew_statements,
            "default_ttl": seconds(default_ttl_ms),
            "max_ttl": seconds(max_ttl_ms),
        });
        self.tenant.provisioner.post(&format!("{MOUNT}/roles/{}", self.role), body).await?;
        Ok(())
    }

    /// Reads a credential.
    ///
    /// # Errors
    /// The authority refuses or does not answer.
    pub async fn issue(&self, caller: &Bao, redactor: &Redactor) -> Result<Issued, AuthorityError> {
        let answer = caller.get(&format!("{MOUNT}/creds/{}", self.role)).await?;
        let credential = Credential {
            name: answer.text("/data/username")?.to_string(),
            secret: Secret::new(answer.text("/data/password")?.to_string(), redactor),
        };
        let record = Record {
            id: answer.text("/lease_id")?.to_string(),
            name: credential.name.clone(),
            role: self.role.clone(),
            twin_of: self.twin_of.clone(),
            namespace: self.tenant.namespace.clone(),
            ttl_ms: answer.number("/lease_duration")? * 1000,
            renewable: answer.body.get("renewable").and_then(Value::as_bool).unwrap_or(false),
            stated_end: None,
            request_id: answer.text("/request_id").ok().map(str::to_string),
        };
        Ok(Issued { credential, record })
    }
}

/// OpenBao's TTLs are whole seconds; a string with a unit keeps that visible.
fn seconds(ms: u64) -> String {
    format!("{}s", ms / 1000)
}
