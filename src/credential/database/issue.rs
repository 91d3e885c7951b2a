//! The database engine's requests.

use super::DatabasePlan;
use crate::authority::records::Limits;
use crate::authority::{AuthorityError, Bao, Reader, Tenant};
use crate::backend::plugin::HostileStatements;
use crate::credential::issued::{Hostile, Issued, ParentPaths, issued_user, seconds};
use crate::credential::{Ttls, Twin};
use crate::secret::Redactor;
use serde_json::{Value, json};

/// What the connection with the backend is called at a mount.
pub const CONNECTION: &str = "backend";

/// A role of the database engine.
#[derive(Clone)]
pub struct Issuer {
    plan: DatabasePlan,
    tenant: Tenant,
    mount: String,
    role: String,
    twin_of: Option<String>,
    ttls: Ttls,
}

impl Issuer {
    /// The role as the plan states it; nothing is asked of the authority.
    pub fn new(plan: &DatabasePlan, tenant: &Tenant, mount: &str) -> Self {
        let ttls = Ttls { default_ms: plan.default_ttl_ms, max_ms: plan.max_ttl_ms };
        let (plan, tenant) = (plan.clone(), tenant.clone());
        Self { role: plan.role.clone(), plan, tenant, mount: mount.into(), twin_of: None, ttls }
    }

    /// Mounts the engine, which needs no backend yet.
    ///
    /// # Errors
    /// The authority refuses.
    pub async fn mount(&self) -> Result<(), AuthorityError> {
        let mut mount = json!({"type": "database"});
        if let Some(limits) = &self.plan.mount {
            mount["config"] = json!({"default_lease_ttl": seconds(limits.default_ttl_ms), "max_lease_ttl": seconds(limits.max_ttl_ms)});
        }
        self.tenant.provisioner.post(&format!("sys/mounts/{}", self.mount), mount).await.map(|_| ())
    }

    /// Tells the engine how it reaches the backend.
    ///
    /// # Errors
    /// The authority refuses, or cannot reach the backend as the parent.
    pub async fn connect(&self, mut connection: Value) -> Result<(), AuthorityError> {
        connection["allowed_roles"] = json!("*");
        let path = format!("{}/config/{CONNECTION}", self.mount);
        self.tenant.provisioner.post(&path, connection).await.map(|_| ())
    }

    /// Gives the parent a password that only the authority knows.
    ///
    /// # Errors
    /// The authority refuses.
    pub async fn rotate_parent(&self) -> Result<(), AuthorityError> {
        let path = format!("{}/rotate-root/{CONNECTION}", self.mount);
        self.tenant.provisioner.post(&path, json!({})).await.map(|_| ())
    }

    /// The same role under another name, with other TTLs where the twin wants them.
    #[must_use]
    pub fn twin(&self, twin: &Twin) -> Self {
        let role = format!("{}-{}", self.plan.role, twin.suffix());
        let ttls = twin.ttls().unwrap_or(self.ttls);
        Self { role, ttls, twin_of: Some(self.plan.role.clone()), ..self.clone() }
    }

    /// Writes the role.
    ///
    /// # Errors
    /// The authority refuses.
    pub async fn write(&self) -> Result<(), AuthorityError> {
        let body = json!({
            "db_name": CONNECTION,
            "creation_statements": self.plan.creation_statements,
            "revocation_statements": self.plan.revocation_statements,
            "rollback_statements": self.plan.rollback_statements,
            "renew_statements": self.plan.renew_statements,
            "default_ttl": seconds(self.ttls.default_ms),
            "max_ttl": seconds(self.ttls.max_ms),
        });
        self.tenant.provisioner.post(&format!("{}/roles/{}", self.mount, self.role), body).await?;
        Ok(())
    }

    /// The mount and the role.
    pub fn place(&self) -> (&str, &str) {
        (&self.mount, &self.role)
    }

    /// What every lease of it begins with, and the path that issues.
    pub fn path(&self) -> String {
        format!("{}/creds/{}", self.mount, self.role)
    }

    /// The paths of the parent's configuration.
    pub fn parent_paths(&self) -> ParentPaths {
        let rotate = Some(format!("{}/rotate-root/{CONNECTION}", self.mount));
        ParentPaths { config: format!("{}/config/{CONNECTION}", self.mount), rotate, in_root: false }
    }

    /// The limits in force, and whether the role grants what the drill states.
    ///
    /// # Errors
    /// The auditor gets no answer.
    pub async fn read_back(&self, auditor: &Reader) -> Result<(Limits, bool), AuthorityError> {
        let namespace = &self.tenant.namespace;
        let role = auditor.read(&format!("{}/roles/{}", self.mount, self.role), namespace).await?;
        let own = (role.number("/data/default_ttl")?, role.number("/data/max_ttl")?);
        Ok((auditor.limits(&self.mount, own, namespace).await?, self.as_stated(&role.body["data"])))
    }

    fn as_stated(&self, data: &Value) -> bool {
        let list = |key: &str, stated: &[String]| {
            let read: Vec<&str> = data[key].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
            read == stated
        };
        list("creation_statements", &self.plan.creation_statements)
            && list("revocation_statements", &self.plan.revocation_statements)
    }

    /// A role of an attacker's own mount whose statements reach for another's user.
    pub fn hostile(statements: &HostileStatements) -> Hostile {
        let body = json!({
            "db_name": CONNECTION,
            "creation_statements": statements.creation,
            "revocation_statements": statements.revocation,
            "default_ttl": "60s",
            "max_ttl": "60s",
        });
        let what = "a role whose statements end the victim at the backend";
        Hostile { what, body: Some(body), method: "GET", verb: "creds", roles: "roles", request: None }
    }

    /// Reads a credential.
    ///
    /// # Errors
    /// The authority refuses or does not answer.
    pub async fn issue(&self, caller: &Bao, redactor: &Redactor) -> Result<Issued, AuthorityError> {
        let answer = caller.get(&self.path()).await?;
        issued_user(&answer, &self.role, self.twin_of.clone(), &self.tenant.namespace, redactor)
    }
}
