//! The rabbitmq engine's requests.

use super::{Permissions, RabbitmqPlan};
use crate::authority::records::Limits;
use crate::authority::{AuthorityError, Bao, Reader, Tenant};
use crate::credential::issued::{Hostile, Issued, ParentPaths, issued_user, seconds};
use crate::credential::{Ttls, Twin};
use crate::secret::Redactor;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// A role of the rabbitmq engine.
#[derive(Clone)]
pub struct Issuer {
    plan: RabbitmqPlan,
    tenant: Tenant,
    mount: String,
    role: String,
    twin_of: Option<String>,
    ttls: Ttls,
}

impl Issuer {
    /// The role as the plan states it; nothing is asked of the authority.
    pub fn new(plan: &RabbitmqPlan, tenant: &Tenant, mount: &str) -> Self {
        let ttls = Ttls { default_ms: plan.default_ttl_ms, max_ms: plan.max_ttl_ms };
        let (plan, tenant) = (plan.clone(), tenant.clone());
        Self { role: plan.role.clone(), plan, tenant, mount: mount.into(), twin_of: None, ttls }
    }

    /// Mounts the engine and states its TTLs, which needs no backend yet.
    ///
    /// # Errors
    /// The authority refuses.
    pub async fn mount(&self) -> Result<(), AuthorityError> {
        let provisioner = &self.tenant.provisioner;
        provisioner.post(&format!("sys/mounts/{}", self.mount), json!({"type": "rabbitmq"})).await?;
        let lease = json!({"ttl": seconds(self.ttls.default_ms), "max_ttl": seconds(self.ttls.max_ms)});
        provisioner.post(&format!("{}/config/lease", self.mount), lease).await.map(|_| ())
    }

    /// Tells the engine how it reaches the backend.
    ///
    /// # Errors
    /// The authority refuses, or cannot reach the backend as the parent.
    pub async fn connect(&self, connection: Value) -> Result<(), AuthorityError> {
        let path = format!("{}/config/connection", self.mount);
        self.tenant.provisioner.post(&path, connection).await.map(|_| ())
    }

    /// The same role under another name; where the twin wants other TTLs, at a mount of its own that has them.
    #[must_use]
    pub fn twin(&self, twin: &Twin) -> Self {
        let role = format!("{}-{}", self.plan.role, twin.suffix());
        let (mount, ttls) = match twin.ttls() {
            Some(ttls) => (format!("{}-{}", self.mount, twin.suffix()), ttls),
            None => (self.mount.clone(), self.ttls),
        };
        Self { role, mount, ttls, twin_of: Some(self.plan.role.clone()), ..self.clone() }
    }

    /// Writes the role.
    ///
    /// # Errors
    /// The authority refuses.
    pub async fn write(&self) -> Result<(), AuthorityError> {
        // The engine takes the rights as a text that holds JSON.
        let body = json!({"vhosts": json!(self.plan.rights()).to_string(), "tags": self.plan.tag_list()});
        self.tenant.provisioner.post(&format!("{}/roles/{}", self.mount, self.role), body).await.map(|_| ())
    }

    /// The mount and the role.
    pub fn place(&self) -> (&str, &str) {
        (&self.mount, &self.role)
    }

    /// What every lease of it begins with, and the path that issues.
    pub fn path(&self) -> String {
        format!("{}/creds/{}", self.mount, self.role)
    }

    /// The paths of the parent's configuration: nobody reads it, nothing rotates it.
    pub fn parent_paths(&self) -> ParentPaths {
        ParentPaths { config: format!("{}/config/connection", self.mount), rotate: None, in_root: false }
    }

    /// The limits in force (the mount's own lease configuration stands in the place of a role's), and whether the role grants what
    /// the drill states.
    ///
    /// # Errors
    /// The auditor gets no answer.
    pub async fn read_back(&self, auditor: &Reader) -> Result<(Limits, bool), AuthorityError> {
        let namespace = &self.tenant.namespace;
        let role = auditor.read(&format!("{}/roles/{}", self.mount, self.role), namespace).await?;
        let lease = auditor.read(&format!("{}/config/lease", self.mount), namespace).await?;
        let own = (lease.number("/data/ttl")?, lease.number("/data/max_ttl")?);
        Ok((auditor.limits(&self.mount, own, namespace).await?, self.as_stated(&role.body["data"])))
    }

    fn as_stated(&self, data: &Value) -> bool {
        let nothing = |value: &Value| value.is_null() || value.as_object().is_some_and(serde_json::Map::is_empty);
        data["tags"] == json!(self.plan.tag_list())
            && data["vhosts"] == json!(self.plan.rights())
            && nothing(&data["vhost_topics"])
    }

    /// A role of an attacker's own mount that reaches as far as the engine goes: every right in the victim's virtual hosts, and the
    /// highest tag.
    pub fn hostile(&self) -> Hostile {
        let all = Permissions { configure: ".*".into(), write: ".*".into(), read: ".*".into() };
        let rights: BTreeMap<&str, &Permissions> = self.plan.vhosts.iter().map(|(v, _)| (v.as_str(), &all)).collect();
        let body = json!({"vhosts": json!(rights).to_string(), "tags": "administrator"});
        let what = "a role with every right in the victim's virtual host";
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
