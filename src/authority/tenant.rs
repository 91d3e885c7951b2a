//! A tenant's namespace at the authority, with its callers.

use super::actors::Actors;
use super::approle::AppRole;
use super::broker::Broker;
use super::caller::{Caller, CallerKind, Login};
use super::client::Bao;
use super::error::AuthorityError;
use super::jwt::{AUDIENCE, Claims, IdentityProvider};
use crate::secret::{Redactor, Secret};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::Arc;

/// A prepared namespace.
#[derive(Clone)]
pub struct Tenant {
    /// Whose it is.
    pub name: String,
    /// `<tenant>-<drill>`.
    pub namespace: String,
    /// The provisioner in that namespace.
    pub provisioner: Bao,
    /// Where other containers of the network reach the authority.
    pub authority: String,
    /// The broker that issues in its stead, where there is one.
    pub broker: Option<Arc<Broker>>,
    /// Accessors of the login methods that are enabled, by mount.
    logins: BTreeMap<&'static str, String>,
    /// Signs tokens, where a caller logs in by one.
    provider: Option<Arc<IdentityProvider>>,
}

/// What a policy grants.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Right {
    /// Path at the authority.
    pub path: String,
    /// `read`, `update`, …
    pub capabilities: &'static [&'static str],
    /// Only for leases that begin like this.
    pub leases: Vec<String>,
}

impl Right {
    /// To read a path.
    pub fn read(path: impl Into<String>) -> Self {
        Self { path: path.into(), capabilities: &["read"], leases: Vec::new() }
    }
    /// To ask at a path, by a request of this method.
    pub fn ask(method: &str, path: impl Into<String>) -> Self {
        let capabilities: &[&str] = if method == "GET" { &["read"] } else { &["create", "update"] };
        Self { path: path.into(), capabilities, leases: Vec::new() }
    }
    /// To renew leases that begin like one of these.
    pub fn renew(leases: Vec<String>) -> Self {
        Self { path: "sys/leases/renew".into(), capabilities: &["update"], leases }
    }
    fn policy(&self) -> String {
        let mut text = format!("path \"{}\" {{ capabilities = {:?}", self.path, self.capabilities);
        if !self.leases.is_empty() {
            let prefixes: Vec<String> = self.leases.iter().map(|l| format!("{l}/*")).collect();
            let _ = write!(text, " allowed_parameters = {{ \"lease_id\" = {prefixes:?} \"increment\" = [] }}");
        }
        text + " }\n"
    }
}

/// What a broken set-up leaves out of a caller.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Omitted {
    /// The entity has no owner.
    pub owner: bool,
    /// The identity provider's token has no owner.
    pub owner_claim: bool,
    /// The `default` policy is left on.
    pub no_default_policy: bool,
}

/// A caller that can log in.
pub struct Registered {
    /// Who.
    pub caller: Caller,
    /// Id of its entity.
    pub entity: String,
    nobody: Bao,
    path: String,
    body: Presented,
}

/// What a caller presents to log in.
enum Presented {
    AppRole(AppRole),
    Password(Secret),
    Token { role: String, jwt: Secret },
}

/// A caller that has logged in: a token of its own.
#[derive(Clone)]
pub struct CallerLogin {
    /// Its connection, in its namespace.
    pub bao: Bao,
    /// Its entity's id.
    pub entity: String,
    /// By which the operator can end its token.
    pub accessor: Secret,
}

impl Tenant {
    /// What a tenant's namespace of a drill is called.
    pub fn namespace_of(tenant: &str, drill: &str) -> String {
        format!("{tenant}-{drill}")
    }

    /// Creates the namespace, which says whose it is, and enables the login methods that its callers need.
    ///
    /// # Errors
    /// The authority refuses.
    pub async fn create(
        actors: &Actors,
        tenant: &str,
        drill: &str,
        callers: &[Caller],
    ) -> Result<Self, AuthorityError> {
        let namespace = Self::namespace_of(tenant, drill);
        let path = format!("sys/namespaces/{namespace}");
        actors.provisioner.post(&path, json!({"custom_metadata": {"tenant": tenant}})).await?;
        let provisioner = actors.provisioner.in_namespace(&namespace);
        let mounts: BTreeMap<&'static str, &Caller> = callers.iter().map(|c| (mount(c), c)).collect();
        let jwt = mounts.values().any(|c| c.login == Login::Jwt);
        let provider = if jwt { Some(Arc::new(IdentityProvider::new()?)) } else { None };
        for (mount, caller) in &mounts {
            provisioner.post(&format!("sys/auth/{mount}"), json!({"type": method(caller.login)})).await?;
            if let (Login::Jwt, Some(provider)) = (caller.login, &provider) {
                let issuer = Claims::of(caller).issuer;
                let config = json!({"jwt_validation_pubkeys": [provider.public_key()], "bound_issuer": issuer});
                provisioner.post(&format!("auth/{mount}/config"), config).await?;
            }
        }
        let enabled = provisioner.get("sys/auth").await?;
        let mut logins = BTreeMap::new();
        for mount in mounts.into_keys() {
            logins.insert(mount, enabled.text(&format!("/data/{mount}~1/accessor"))?.to_string());
        }
        Ok(Self {
            name: tenant.into(),
            namespace,
            provisioner,
            authority: actors.address.clone(),
            broker: actors.broker.clone(),
            logins,
            provider,
        })
    }

    /// Creates a caller: its policy, its entity with owner and tenant, its alias before the first login, and its way to log in.
    /// It has these rights and nothing else, not even by the `default` policy.
    ///
    /// # Errors
    /// The authority refuses.
    pub async fn register(
        &self,
        actors: &Actors,
        caller: &Caller,
        rights: &[Right],
        omitted: Omitted,
        redactor: &Redactor,
    ) -> Result<Registered, AuthorityError> {
        let p = &self.provisioner;
        let policy: String = rights.iter().map(Right::policy).collect();
        p.call("PUT", &format!("sys/policies/acl/{}", caller.name), Some(json!({"policy": policy}))).await?;
        let mut metadata = json!({"owner": caller.owner, "tenant": caller.tenant});
        if omitted.owner {
            metadata = json!({"tenant": caller.tenant});
        }
        let entity = json!({"name": caller.name, "metadata": metadata});
        let entity = p.post("identity/entity", entity).await?.text("/data/id")?.to_string();
        let tokens = json!({
            "token_policies": [caller.name], "token_no_default_policy": !omitted.no_default_policy, "token_ttl": "24h",
        });
        let (path, alias, body) = match caller.login {
            Login::Approle => self.approle(&caller.name, tokens, redactor).await?,
            Login::Userpass => self.userpass(&caller.name, tokens, redactor).await?,
            Login::Jwt => self.jwt(caller, tokens, omitted, redactor).await?,
        };
        let accessor = self.logins.get(mount(caller)).cloned().unwrap_or_default();
        let alias = json!({"name": alias, "canonical_id": entity, "mount_accessor": accessor});
        p.post("identity/entity-alias", alias).await?;
        let nobody = actors.nobody.in_namespace(&self.namespace);
        Ok(Registered { caller: caller.clone(), entity, nobody, path, body })
    }

    async fn approle(
        &self,
        name: &str,
        tokens: Value,
        redactor: &Redactor,
    ) -> Result<(String, String, Presented), AuthorityError> {
        let role = AppRole::create(&self.provisioner, name, tokens, redactor).await?;
        Ok(("auth/approle/login".into(), role.role_id.clone(), Presented::AppRole(role)))
    }

    async fn userpass(
        &self,
        name: &str,
        tokens: Value,
        redactor: &Redactor,
    ) -> Result<(String, String, Presented), AuthorityError> {
        let password = Secret::random(redactor);
        let mut user = tokens;
        user["password"] = json!(password.expose());
        self.provisioner.post(&format!("auth/userpass/users/{name}"), user).await?;
        Ok((format!("auth/userpass/login/{name}"), name.to_string(), Presented::Password(password)))
    }

    async fn jwt(
        &self,
        caller: &Caller,
        tokens: Value,
        omitted: Omitted,
        redactor: &Redactor,
    ) -> Result<(String, String, Presented), AuthorityError> {
        let provider = self.provider.as_ref().ok_or_else(|| AuthorityError::Server("no identity provider".into()))?;
        let mut claims = Claims::of(caller);
        if omitted.owner_claim
            && let Some(profile) = claims.own.pointer_mut("/profile").and_then(Value::as_object_mut)
        {
            profile.remove("owner");
        }
        let mut role = tokens;
        role["role_type"] = json!("jwt");
        role["user_claim"] = json!("sub");
        role["bound_audiences"] = json!([AUDIENCE]);
        role["bound_subject"] = json!(claims.subject);
        role["bound_claims"].clone_from(&claims.bound);
        role["claim_mappings"].clone_from(&claims.mappings);
        let mount = mount(caller);
        self.provisioner.post(&format!("auth/{mount}/role/{}", caller.name), role).await?;
        let jwt = provider.sign(&claims, redactor)?;
        Ok((format!("auth/{mount}/login"), claims.subject, Presented::Token { role: caller.name.clone(), jwt }))
    }

    /// Removes the namespace with all that is in it. Its leases must have been ended before: its deletion can leave logins alive.
    ///
    /// # Errors
    /// The authority refuses.
    pub async fn remove(&self, actors: &Actors) -> Result<(), AuthorityError> {
        actors.provisioner.call("DELETE", &format!("sys/namespaces/{}", self.namespace), None).await.map(|_| ())
    }
}

fn method(login: Login) -> &'static str {
    match login {
        Login::Approle => "approle",
        Login::Userpass => "userpass",
        Login::Jwt => "jwt",
    }
}

/// A cluster's issuer and a company's identity provider are two mounts.
fn mount(caller: &Caller) -> &'static str {
    match (caller.login, caller.kind) {
        (Login::Jwt, CallerKind::Person) => "jwt-people",
        (login, _) => method(login),
    }
}

impl Registered {
    /// Logs in: a token of its own at every call.
    ///
    /// # Errors
    /// The authority refuses, or gives the token to another entity.
    pub async fn log_in(&self, correlation: &str, redactor: &Redactor) -> Result<CallerLogin, AuthorityError> {
        let body = match &self.body {
            Presented::AppRole(role) => role.login(),
            Presented::Password(password) => json!({"password": password.expose()}),
            Presented::Token { role, jwt } => json!({"role": role, "jwt": jwt.expose()}),
        };
        let answer = self.nobody.correlated(correlation).post(&self.path, body).await?;
        let token = Secret::new(answer.text("/auth/client_token")?.to_string(), redactor);
        let accessor = Secret::new(answer.text("/auth/accessor")?.to_string(), redactor);
        let entity = answer.text("/auth/entity_id")?.to_string();
        if entity != self.entity {
            return Err(AuthorityError::Server(format!("the caller {} logged in as another entity", self.caller.name)));
        }
        Ok(CallerLogin { bao: self.nobody.with_token(token), entity, accessor })
    }
}
