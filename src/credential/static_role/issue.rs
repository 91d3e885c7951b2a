//! The database engine's requests for static roles.

use super::StaticPlan;
use crate::authority::records::Limits;
use crate::authority::{AuthorityError, Bao, Reader, Tenant};
use crate::backend::Credential;
use crate::credential::database::issue::CONNECTION;
use crate::credential::issued::{Ask, Issued, ParentPaths, Revocation, seconds};
use crate::credential::{Record, Twin};
use crate::secret::{Redactor, Secret};
use serde_json::{Value, json};

/// A static role of the database engine.
#[derive(Clone)]
pub struct Issuer {
    plan: StaticPlan,
    tenant: Tenant,
    mount: String,
    role: String,
    username: String,
    twin_of: Option<String>,
}

impl Issuer {
    /// The role as the plan states it; nothing is asked of the authority.
    pub fn new(plan: &StaticPlan, tenant: &Tenant, mount: &str) -> Self {
        let (role, username) = (plan.role.clone(), plan.username.clone());
        Self { plan: plan.clone(), tenant: tenant.clone(), mount: mount.into(), role, username, twin_of: None }
    }

    /// Mounts the engine, which needs no backend yet.
    ///
    /// # Errors
    /// The authority refuses.
    pub async fn mount(&self) -> Result<(), AuthorityError> {
        self.tenant
            .provisioner
            .post(&format!("sys/mounts/{}", self.mount), json!({"type": "database"}))
            .await
            .map(|_| ())
    }

    /// Tells the engine how it reaches the backend.
    ///
    /// # Errors
    /// The authority refuses, or cannot reach the backend as the parent.
    pub async fn connect(&self, mut connection: Value) -> Result<(), AuthorityError> {
        connection["allowed_roles"] = json!("*");
        self.tenant.provisioner.post(&format!("{}/config/{CONNECTION}", self.mount), connection).await.map(|_| ())
    }

    /// Gives the parent a password that only the authority knows.
    ///
    /// # Errors
    /// The authority refuses.
    pub async fn rotate_parent(&self) -> Result<(), AuthorityError> {
        let path = format!("{}/rotate-root/{CONNECTION}", self.mount);
        self.tenant.provisioner.post(&path, json!({})).await.map(|_| ())
    }

    /// The same role for another user.
    #[must_use]
    pub fn twin(&self, twin: &Twin) -> Self {
        let suffix = twin.suffix();
        let role = format!("{}-{suffix}", self.plan.role);
        let username = self.plan.user_of(&suffix);
        Self { role, username, twin_of: Some(self.plan.role.clone()), ..self.clone() }
    }

    /// Writes the role, which gives its user its first password of the authority: the backend must be there.
    ///
    /// # Errors
    /// The authority refuses, or could not change the password.
    pub async fn write(&self) -> Result<(), AuthorityError> {
        let mut body = json!({
            "db_name": CONNECTION,
            "username": self.username,
            "rotation_period": seconds(self.plan.rotation_ms),
        });
        if !self.plan.rotation_statements.is_empty() {
            body["rotation_statements"] = json!(self.plan.rotation_statements);
        }
        self.tenant.provisioner.post(&format!("{}/static-roles/{}", self.mount, self.role), body).await.map(|_| ())
    }

    /// The mount and the role.
    pub fn place(&self) -> (&str, &str) {
        (&self.mount, &self.role)
    }

    /// The path that issues.
    pub fn path(&self) -> String {
        format!("{}/static-creds/{}", self.mount, self.role)
    }

    /// The request that gives the user another password.
    pub fn rotation(&self) -> Revocation {
        let path = format!("{}/rotate-role/{}", self.mount, self.role);
        let ask = Ask { method: "POST", path, body: Some(json!({})) };
        Revocation::Own(format!("rotate the static role {}", self.role), ask)
    }

    /// A static role of somebody else's mount for this one's user: to write it is to change its password.
    pub fn takeover(&self) -> Ask {
        let body = json!({"db_name": CONNECTION, "username": self.username, "rotation_period": seconds(self.plan.rotation_ms)});
        Ask { method: "POST", path: format!("{}/static-roles/takeover", self.mount), body: Some(body) }
    }

    /// The paths of the parent's configuration.
    pub fn parent_paths(&self) -> ParentPaths {
        let rotate = Some(format!("{}/rotate-root/{CONNECTION}", self.mount));
        ParentPaths { config: format!("{}/config/{CONNECTION}", self.mount), rotate, in_root: false }
    }

    /// `third`'s name with another password, and a name that nobody has.
    pub fn bogus(&self, third: &Issued, redactor: &Redactor) -> [Credential; 2] {
        let name = &third.credential.name;
        // Users are named by people here: digits that are turned around would give a stranger's name, or the same.
        let invented = format!("{name}-nobody");
        [name.clone(), invented].map(|name| Credential { name, secret: Secret::random(redactor) })
    }

    /// The period in force, and whether the role is what the drill states: its user and its statements.
    ///
    /// # Errors
    /// The auditor gets no answer.
    pub async fn read_back(&self, auditor: &Reader) -> Result<(Limits, bool), AuthorityError> {
        let namespace = &self.tenant.namespace;
        let role = auditor.read(&format!("{}/static-roles/{}", self.mount, self.role), namespace).await?;
        let period = role.number("/data/rotation_period")?;
        let limits = auditor.limits(&self.mount, (period, period), namespace).await?;
        Ok((limits, self.as_stated(&role.body["data"])))
    }

    fn as_stated(&self, data: &Value) -> bool {
        let statements: Vec<&str> =
            data["rotation_statements"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        data["username"] == json!(self.username) && statements == self.plan.rotation_statements
    }

    /// Reads the password that is in force. Its TTL is the time to its next rotation.
    ///
    /// # Errors
    /// The authority refuses or does not answer.
    pub async fn issue(&self, caller: &Bao, redactor: &Redactor) -> Result<Issued, AuthorityError> {
        let answer = caller.get(&self.path()).await?;
        let credential = Credential {
            name: answer.text("/data/username")?.to_string(),
            secret: Secret::new(answer.text("/data/password")?.to_string(), redactor),
        };
        let record = Record {
            // A password has no name of its own: whatever ends it names the role.
            id: self.role.clone(),
            name: credential.name.clone(),
            role: self.role.clone(),
            twin_of: self.twin_of.clone(),
            namespace: self.tenant.namespace.clone(),
            ttl_ms: answer.number("/data/ttl")? * 1000,
            renewable: false,
            stated_end: None,
            request_id: answer.text("/request_id").ok().map(str::to_string),
        };
        Ok(Issued { credential, record, warnings: answer.warnings() })
    }
}
