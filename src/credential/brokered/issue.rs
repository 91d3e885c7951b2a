//! The broker's requests.

use super::BrokeredPlan;
use crate::authority::broker::roles::Role;
use crate::authority::broker::{Broker, LEASES, MOUNT};
use crate::authority::{AuthorityError, Bao, Tenant};
use crate::backend::minio::keys::Keys;
use crate::backend::{Credential, Running};
use crate::credential::issued::{Ask, Hostile, Issued, ParentPaths, Revocation, seconds};
use crate::credential::{Record, Ttls, Twin};
use crate::secret::{Redactor, Secret};
use serde_json::{Value, json};
use std::sync::Arc;

/// A role of the broker.
#[derive(Clone)]
pub struct Issuer {
    plan: BrokeredPlan,
    tenant: Tenant,
    role: String,
    twin_of: Option<String>,
    ttls: Ttls,
    asked_ms: u64,
}

impl Issuer {
    /// The role as the plan states it; nobody is asked anything.
    pub fn new(plan: &BrokeredPlan, tenant: &Tenant) -> Self {
        Self {
            role: plan.role.clone(),
            twin_of: None,
            ttls: Ttls { default_ms: plan.ttl_ms, max_ms: plan.max_ttl_ms },
            asked_ms: plan.ttl_ms,
            plan: plan.clone(),
            tenant: tenant.clone(),
        }
    }

    fn broker(&self) -> Result<&Arc<Broker>, AuthorityError> {
        self.tenant.broker.as_ref().ok_or_else(|| AuthorityError::Server("there is no broker here".into()))
    }

    /// Somebody's connection to the broker instead of to the authority.
    pub fn at(&self, bao: &Bao) -> Bao {
        self.tenant.broker.as_ref().map_or_else(|| bao.clone(), |broker| broker.at(bao))
    }

    /// Puts the tenant's parent where the broker takes it from.
    ///
    /// # Errors
    /// The authority refuses.
    pub async fn connect(&self, parent: &Credential) -> Result<(), AuthorityError> {
        let key = json!({"access_key": parent.name, "secret_key": parent.secret.expose()});
        let path = format!("{}/data/parents/{}", Broker::KV, self.tenant.name);
        let body = json!({"options": {"cas": 0}, "data": key});
        self.tenant.provisioner.in_root().post(&path, body).await.map(|_| ())
    }

    /// The same role under another name. A TTL of its own is only asked for: the caller names it.
    #[must_use]
    pub fn twin(&self, twin: &Twin) -> Self {
        if let Twin::Expire { ttl_ms } = twin {
            return Self { asked_ms: *ttl_ms, ..self.clone() };
        }
        let role = format!("{}-{}", self.plan.role, twin.suffix());
        let (ttls, asked_ms) = twin.asked((self.ttls, self.asked_ms));
        Self { role, ttls, asked_ms, twin_of: Some(self.plan.role.clone()), ..self.clone() }
    }

    /// Tells the broker of the role, which learns its roles when it starts.
    ///
    /// # Errors
    /// There is no broker.
    pub fn write(&self) -> Result<(), AuthorityError> {
        let role = Role {
            bucket: self.plan.bucket.clone(),
            prefix: self.plan.prefix.clone(),
            access: self.plan.access,
            ttl_ms: self.ttls.default_ms,
            max_ttl_ms: self.ttls.max_ms,
        };
        self.broker()?.add((&self.tenant.name, &self.tenant.namespace), &self.role, role);
        Ok(())
    }

    /// The broker and the role.
    pub fn place(&self) -> (&str, &str) {
        (MOUNT, &self.role)
    }

    /// What every lease of it begins with, and the path that issues.
    pub fn path(&self) -> String {
        format!("{LEASES}{}", self.role)
    }

    /// The request that ends everything of a role's path, or all that the broker issued in the namespace.
    pub fn clearing(&self, prefix: &str) -> Ask {
        let prefix = if prefix == MOUNT { LEASES.trim_end_matches('/') } else { prefix };
        Ask { method: "POST", path: format!("broker/leases/revoke-prefix/{prefix}"), body: Some(json!({})) }
    }

    /// The request that issues.
    pub fn ask(&self) -> Ask {
        self.asking(json!({"ttl": seconds(self.asked_ms)}))
    }

    fn asking(&self, body: Value) -> Ask {
        Ask { method: "POST", path: self.path(), body: Some(body) }
    }

    /// Requests for what the role does not grant.
    pub fn beyond_scope(&self) -> Vec<(&'static str, Ask)> {
        let ttl = seconds(self.asked_ms);
        let prefix = |prefix: &str| self.asking(json!({"ttl": ttl, "prefix": prefix}));
        let mut beyond = vec![
            ("issue for a prefix that climbs out of its own", prefix(&format!("{}../", self.plan.prefix))),
            ("issue for a prefix that is a pattern", prefix(&format!("{}*/", self.plan.prefix))),
            ("issue with a policy of its own", self.asking(json!({"ttl": ttl, "policy": "{}"}))),
            ("issue for another bucket", self.asking(json!({"ttl": ttl, "bucket": "another"}))),
        ];
        if !self.plan.prefix.is_empty() {
            beyond.push(("issue for the whole bucket", prefix("")));
            beyond.push(("issue for another prefix", prefix("elsewhere/")));
        }
        beyond
    }

    /// How one lease of it is ended.
    pub fn revocation(&self, issued: &Issued) -> Revocation {
        let id = &issued.record.id;
        let path = "broker/leases/revoke".into();
        let ask = Ask { method: "POST", path, body: Some(json!({"lease_id": id})) };
        Revocation::Own(format!("revoke lease {id}"), ask)
    }

    /// Where the broker's key of the tenant lies: in the authority's root namespace. The broker gives it a new secret when it starts, and
    /// nobody can ask it to.
    pub fn parent_paths(&self) -> ParentPaths {
        ParentPaths { config: format!("{}/data/parents/{}", Broker::KV, self.tenant.name), rotate: None, in_root: true }
    }

    /// A role of the other tenant for the very place that the victim's is for.
    pub fn hostile(&self) -> Hostile {
        Hostile {
            what: "a role of their own for the victim's bucket",
            body: None,
            method: "POST",
            verb: "creds",
            roles: "roles",
            request: Some(json!({"ttl": seconds(self.plan.ttl_ms)})),
        }
    }

    /// Asks the broker for a session.
    ///
    /// # Errors
    /// The broker refuses or does not answer, or its answer lacks something.
    pub async fn issue(&self, caller: &Bao, redactor: &Redactor) -> Result<Issued, AuthorityError> {
        let Ask { method, path, body } = self.ask();
        let answer = self.at(caller).call(method, &path, body).await?;
        let credential = Keys {
            access: answer.text("/data/access_key")?,
            secret: answer.text("/data/secret_key")?,
            // Only a parent has none.
            session: Some(answer.text("/data/session_token")?).filter(|token| !token.is_empty()),
            identity: None,
        }
        .pack(redactor);
        let end = answer.text("/data/expiration")?;
        let end = end.parse().map_err(|_| AuthorityError::Server(format!("`{end}` is no time")))?;
        let record = Record {
            id: answer.text("/lease_id")?.to_string(),
            name: credential.name.clone(),
            role: self.role.clone(),
            twin_of: self.twin_of.clone(),
            namespace: self.tenant.namespace.clone(),
            ttl_ms: answer.number("/lease_duration")? * 1000,
            renewable: answer.body.get("renewable").and_then(Value::as_bool).unwrap_or(false),
            stated_end: Some(end),
            request_id: answer.text("/request_id").ok().map(str::to_string),
        };
        Ok(Issued { credential, record, warnings: answer.warnings() })
    }

    /// What the broker has on record of a lease of its: whether it grants what the drill states.
    pub fn as_stated(&self, record: &crate::authority::records::BrokersRecord) -> bool {
        (record.bucket.as_str(), record.prefix.as_str(), record.access.as_str())
            == (self.plan.bucket.as_str(), self.plan.prefix.as_str(), self.plan.access.word())
    }

    /// A session's own keys and token with another secret; and a key that was never issued.
    pub fn bogus(third: &Issued, backend: &Running, redactor: &Redactor) -> [Credential; 2] {
        let keys = Keys::of(&third.credential);
        let altered = Secret::random(redactor);
        [Keys { secret: altered.expose(), ..keys }.pack(redactor), backend.invented(&third.credential.name, redactor)]
    }
}
