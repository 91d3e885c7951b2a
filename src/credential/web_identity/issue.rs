//! Identity tokens of OpenBao, and what the store sells for them.

use super::{CONTROL_FACTOR, WIDER, WebIdentityPlan};
use crate::authority::records::Limits;
use crate::authority::{Answer, AuthorityError, Bao, Reader, Tenant};
use crate::backend::minio::Operation;
use crate::backend::minio::identity::claims;
use crate::backend::minio::keys::Keys;
use crate::backend::{Audience, Credential, IdentityProvider, Running, Statement};
use crate::credential::issued::{Hostile, Issued, ParentPaths, seconds};
use crate::credential::{Record, Twin};
use crate::observation::Saw;
use crate::secret::{Redactor, Secret};
use serde_json::{Value, json};
use std::sync::{Arc, OnceLock, Weak};

/// What signs the tokens of all roles of a tenant.
const KEY: &str = "drill";
/// Tells whose the caller is, in the token itself.
const TEMPLATE: &str =
    r#"{"tenant": {{identity.entity.metadata.tenant}}, "owner": {{identity.entity.metadata.owner}}}"#;
/// What somebody wishes who has a token of seconds.
const YEAR_S: i32 = 31_536_000;

/// A role of identity tokens, with what is asked of it.
#[derive(Clone)]
pub struct Issuer {
    plan: WebIdentityPlan,
    tenant: Tenant,
    mount: String,
    role: String,
    twin_of: Option<String>,
    ttl_ms: u64,
    /// Where tokens are shown, once it is there. All roles of a tenant share it.
    store: Arc<OnceLock<Weak<Running>>>,
}

/// What somebody tried at the store: in words, as an HTTP status, what was said.
pub struct Tried {
    /// In words.
    pub what: String,
    /// HTTP's, 0 without an answer.
    pub status: u16,
    /// What was said.
    pub said: String,
}

/// A longer session than its token, which nobody may buy; and the same without that wish.
pub struct Bought {
    /// Wished for, s.
    pub seconds: u64,
    /// What came of it: an HTTP status, the TTL that was granted (ms), what was said.
    pub longer: (u16, u64, String),
    /// The same request without the wish.
    pub plain: (u16, u64, String),
    /// What was bought: the run has it.
    pub issued: Vec<Credential>,
}

/// Whom tokens of a role are for: a name that only this role of this namespace has.
fn audience(namespace: &str, role: &str) -> String {
    format!("{namespace}.{role}")
}

fn role_of(plan: &WebIdentityPlan, twin: Option<&Twin>) -> String {
    twin.map_or_else(|| plan.role.clone(), |twin| format!("{}-{}", plan.role, twin.suffix()))
}

/// What a store must be told before it starts: of every role its audience and its policy.
pub fn provider(plan: &WebIdentityPlan, namespace: &str, authority: &str, twins: &[Twin]) -> IdentityProvider {
    let of = |twin: Option<&Twin>| {
        let wider = twin == Some(&Twin::Copy(WIDER.into()));
        Audience {
            id: audience(namespace, &role_of(plan, twin)),
            policy: if wider { widened(&plan.policy_json) } else { plan.policy_json.clone() },
            discovery: None,
        }
    };
    let audiences = std::iter::once(of(None)).chain(twins.iter().map(|twin| of(Some(twin)))).collect();
    IdentityProvider { discovery: discovery(authority, namespace), audiences }
}

/// Where a namespace's tokens are described.
pub fn discovery(authority: &str, namespace: &str) -> String {
    format!("{authority}/v1/{namespace}/identity/oidc/.well-known/openid-configuration")
}

/// The same and writing.
fn widened(policy: &str) -> String {
    let mut policy: Value = serde_json::from_str(policy).unwrap_or_default();
    if let Some(statements) = policy["Statement"].as_array_mut() {
        statements.push(json!({"Effect": "Allow", "Action": ["s3:PutObject"], "Resource": ["arn:aws:s3:::*"]}));
    }
    policy.to_string()
}

/// A store's answer to an attempt as an HTTP status.
fn status_of(saw: &Saw) -> u16 {
    match saw {
        Saw::Accepted { .. } => 200,
        Saw::Denied { .. } => 403,
        Saw::Refused { .. } => 400,
        Saw::Unreachable { .. } | Saw::Unclassified { .. } => 0,
    }
}

impl Issuer {
    /// The role as the plan states it; nothing is asked of the authority.
    pub fn new(plan: &WebIdentityPlan, tenant: &Tenant, mount: &str) -> Self {
        Self {
            role: plan.role.clone(),
            ttl_ms: plan.ttl_ms,
            plan: plan.clone(),
            tenant: tenant.clone(),
            mount: mount.into(),
            twin_of: None,
            store: Arc::default(),
        }
    }

    /// Where its tokens are shown.
    pub fn meets(&self, store: &Arc<Running>) {
        // It is the same one however often it is said.
        let _ = self.store.set(Arc::downgrade(store));
    }

    fn store(&self) -> Result<Arc<Running>, AuthorityError> {
        let store = self.store.get().and_then(Weak::upgrade);
        store.ok_or_else(|| AuthorityError::Server("the store is not there".into()))
    }

    fn audience(&self) -> String {
        audience(&self.tenant.namespace, &self.role)
    }

    /// Says who the namespace's tokens are of, and makes the key that signs them.
    ///
    /// # Errors
    /// The authority refuses.
    pub async fn mount(&self) -> Result<(), AuthorityError> {
        let p = &self.tenant.provisioner;
        let key = json!({"algorithm": "ES256", "allowed_client_ids": ["*"], "verification_ttl": "24h"});
        p.post(&format!("{}/key/{KEY}", self.mount), key).await?;
        p.post(&format!("{}/config", self.mount), json!({"issuer": self.tenant.authority})).await.map(|_| ())
    }

    /// The same role under another name. The other caller's lives longer: its sessions are the controls.
    #[must_use]
    pub fn twin(&self, twin: &Twin) -> Self {
        let ttl_ms = match twin {
            Twin::Copy(of) if of == crate::credential::NEIGHBOUR => self.plan.ttl_ms * CONTROL_FACTOR,
            twin => twin.ttls().map_or(self.plan.ttl_ms, |ttls| ttls.max_ms),
        };
        let (role, twin_of) = (role_of(&self.plan, Some(twin)), Some(self.plan.role.clone()));
        Self { role, twin_of, ttl_ms, ..self.clone() }
    }

    fn body(&self, audience: &str) -> Value {
        json!({"key": KEY, "client_id": audience, "ttl": seconds(self.ttl_ms), "template": TEMPLATE})
    }

    /// Writes the role.
    ///
    /// # Errors
    /// The authority refuses.
    pub async fn write(&self) -> Result<(), AuthorityError> {
        let path = format!("{}/role/{}", self.mount, self.role);
        self.tenant.provisioner.post(&path, self.body(&self.audience())).await.map(|_| ())
    }

    /// The mount and the role.
    pub fn place(&self) -> (&str, &str) {
        (&self.mount, &self.role)
    }

    /// The path that issues.
    pub fn path(&self) -> String {
        format!("{}/token/{}", self.mount, self.role)
    }

    /// The path of the key that signs, which is replaced by nobody; no engine hands it out.
    pub fn parent_paths(&self) -> ParentPaths {
        let config = format!("{}/key/{KEY}", self.mount);
        ParentPaths { rotate: Some(format!("{config}/rotate")), config, in_root: false }
    }

    /// The limits in force, and whether the role and the store's policy grant what the drill states.
    ///
    /// # Errors
    /// The auditor or the inspector gets no answer.
    pub async fn read_back(&self, auditor: &Reader) -> Result<(Limits, bool), AuthorityError> {
        let namespace = &self.tenant.namespace;
        let role = auditor.read(&format!("{}/role/{}", self.mount, self.role), namespace).await?;
        let key = auditor.read(&format!("{}/key/{KEY}", self.mount), namespace).await?;
        let (ttl_ms, key_ms) = (role.number("/data/ttl")? * 1000, key.number("/data/verification_ttl")? * 1000);
        let data = &role.body["data"];
        let stated = data["key"] == KEY && data["client_id"] == self.audience() && data["template"] == TEMPLATE;
        let granted = self.store()?.has_policy(&self.audience(), &self.plan.policy_json).await;
        let granted = granted.map_err(|e| AuthorityError::Server(e.0))?;
        let limits = Limits {
            role_default_ttl_ms: ttl_ms,
            role_max_ttl_ms: ttl_ms,
            // No token outlives its key's.
            mount_default_ttl_ms: key_ms,
            mount_max_ttl_ms: key_ms,
        };
        Ok((limits, stated && granted))
    }

    /// A role of another tenant's whose tokens are for the victim's role.
    pub fn hostile(&self) -> Hostile {
        let body = self.body(&self.audience());
        Hostile {
            what: "a role for the victim's audience",
            body: Some(body),
            method: "GET",
            verb: "token",
            roles: "role",
            request: None,
        }
    }

    /// Asks for a token, and shows it to the store. The record is what the store says of the session: there is no lease, so the id is
    /// its public name.
    ///
    /// # Errors
    /// The authority refuses or does not answer, or the store sells nothing for its token.
    pub async fn issue(&self, caller: &Bao, redactor: &Redactor) -> Result<Issued, AuthorityError> {
        let answer = caller.get(&self.path()).await?;
        let token = Secret::new(answer.text("/data/token")?, redactor);
        let sold = self.store()?.buy(&token, None, redactor).await;
        let sold = sold.map_err(|saw| AuthorityError::Server(format!("the store sold no session: {}", saw.label())))?;
        let issued_s = claims(token.expose()).and_then(|claims| claims["iat"].as_i64());
        let issued = issued_s.and_then(|s| jiff::Timestamp::from_second(s).ok());
        let issued =
            issued.ok_or_else(|| AuthorityError::Server("the token does not say when it was issued".into()))?;
        let record = Record {
            id: sold.credential.name.clone(),
            name: sold.credential.name.clone(),
            role: self.role.clone(),
            twin_of: self.twin_of.clone(),
            namespace: self.tenant.namespace.clone(),
            ttl_ms: u64::try_from(sold.ends.duration_since(issued).as_millis()).unwrap_or(0),
            renewable: false,
            stated_end: Some(sold.ends),
            request_id: answer.text("/request_id").ok().map(str::to_string),
        };
        Ok(Issued { credential: sold.credential, record, warnings: answer.warnings() })
    }

    /// What the store says to the token of an answer, if it has one, in this role. None: there is none.
    pub async fn present(&self, answer: &Answer, redactor: &Redactor) -> Option<(u16, String)> {
        let token = Secret::new(answer.text("/data/token").ok()?, redactor);
        // Where their provider is known to the store too, it fetches that one's keys when somebody shows a token in a role of theirs.
        if let Some(namespace) = namespace_of(token.expose()) {
            self.shown(&token, &audience(&namespace, &self.plan.role), redactor).await;
        }
        Some(self.shown(&token, &self.audience(), redactor).await)
    }

    async fn shown(&self, token: &Secret, audience: &str, redactor: &Redactor) -> (u16, String) {
        let Ok(store) = self.store() else { return (0, "the store is not there".into()) };
        match store.buy(token, Some((audience, None)), redactor).await {
            Ok(sold) => {
                store.discard(&sold.credential.name);
                (200, String::new())
            }
            Err(saw) => (status_of(&saw), saw.label().to_string()),
        }
    }

    /// What the caller tries with what it was given: another's role; and to write by its session, when it has bought another one in a
    /// wider role.
    ///
    /// # Errors
    /// The authority gives it no token of its own.
    pub async fn tries(
        &self,
        caller: &Bao,
        victim: &Issued,
        redactor: &Redactor,
    ) -> Result<Vec<Tried>, AuthorityError> {
        let token = Secret::new(caller.get(&self.path()).await?.text("/data/token")?, redactor);
        let others = self.twin(&Twin::Copy(crate::credential::NEIGHBOUR.into())).audience();
        let (status, said) = self.shown(&token, &others, redactor).await;
        let mut tried = vec![Tried { what: "buy a session in another caller's role".into(), status, said }];
        let wider = self.twin(&Twin::Copy(WIDER.into()));
        let unkept = wider.issue(caller, redactor).await?;
        self.store()?.discard(&unkept.credential.name);
        let saw = self.write_by(victim).await?;
        let what = "write by its first session, after it bought another in a wider role".into();
        tried.push(Tried { what, status: status_of(&saw), said: saw.label().to_string() });
        Ok(tried)
    }

    async fn write_by(&self, victim: &Issued) -> Result<Saw, AuthorityError> {
        let store = self.store()?;
        let key = format!("{}/written-by-{}", self.role, victim.credential.name);
        match store.open(&victim.credential, "statements").await {
            Ok(session) => Ok(session.statement(&Statement::Store(Operation::Put(key))).await),
            Err((_, saw)) => Ok(saw),
        }
    }

    /// Buys a session that would live longer than its token, and one that does not.
    ///
    /// # Errors
    /// The authority gives no token.
    pub async fn longer(&self, caller: &Bao, redactor: &Redactor) -> Result<Bought, AuthorityError> {
        let token = Secret::new(caller.get(&self.path()).await?.text("/data/token")?, redactor);
        let (store, audience) = (self.store()?, self.audience());
        let now = jiff::Timestamp::now();
        let mut issued = Vec::new();
        let mut buy = async |seconds: Option<i32>| match store.buy(&token, Some((&audience, seconds)), redactor).await {
            Ok(sold) => {
                let granted = u64::try_from(sold.ends.duration_since(now).as_millis()).unwrap_or(0);
                issued.push(sold.credential);
                (200, granted, String::new())
            }
            Err(saw) => (status_of(&saw), 0, format!("a session longer than its token: {}", saw.label())),
        };
        let (longer, plain) = (buy(Some(YEAR_S)).await, buy(None).await);
        Ok(Bought { seconds: u64::from(YEAR_S.unsigned_abs()), longer, plain, issued })
    }

    /// A key with another secret and a token with another signature; and a key and a token that nobody was given.
    pub fn bogus(third: &Issued, redactor: &Redactor) -> [Credential; 2] {
        let keys = Keys::of(&third.credential);
        let secret = Secret::random(redactor);
        let token = keys.identity.unwrap_or_default();
        let altered = altered(token);
        let wrong = Keys { secret: secret.expose(), identity: Some(&altered), ..keys };
        let other = Secret::random(redactor);
        let unknown = unknown(token);
        let name: String = keys.access.chars().rev().collect();
        let never = Keys { access: &name, secret: other.expose(), session: None, identity: Some(&unknown) };
        [wrong.pack(redactor), never.pack(redactor)]
    }
}

/// Whose provider signed a token.
fn namespace_of(token: &str) -> Option<String> {
    let issuer = claims(token)?["iss"].as_str()?.to_string();
    let (_, path) = issuer.split_once("/v1/")?;
    path.strip_suffix("/identity/oidc").map(String::from)
}

/// The same token with another signature: a letter in its middle is another one.
fn altered(token: &str) -> String {
    let Some((signed, signature)) = token.rsplit_once('.') else { return token.into() };
    let at = signature.len() / 2;
    let turn = |(i, c)| {
        if i != at {
            c
        } else if c == 'A' {
            'B'
        } else {
            'A'
        }
    };
    format!("{signed}.{}", signature.chars().enumerate().map(turn).collect::<String>())
}

/// The same token, which says that it was signed by a key that nobody has.
fn unknown(token: &str) -> String {
    use base64::Engine;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
    let Some((head, rest)) = token.split_once('.') else { return token.into() };
    let mut head: Value = BASE64.decode(head).ok().and_then(|h| serde_json::from_slice(&h).ok()).unwrap_or_default();
    head["kid"] = json!("00000000-0000-0000-0000-000000000000");
    format!("{}.{rest}", BASE64.encode(head.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_made_up_differs_in_one_thing() {
        let token = "eyJhbGciOiJFUzI1NiIsImtpZCI6IngifQ.eyJzdWIiOiJ5In0.abcdef";
        let other = altered(token);
        assert!(other.starts_with("eyJhbGciOiJFUzI1NiIsImtpZCI6IngifQ.eyJzdWIiOiJ5In0.") && other != token);
        assert_eq!(other.len(), token.len());
        assert!(unknown(token).ends_with(".eyJzdWIiOiJ5In0.abcdef") && unknown(token) != token);
    }

    #[test]
    fn the_wider_role_may_write_and_keeps_what_is_denied() {
        let policy: Value = serde_json::from_str(&widened(r#"{"Statement": [{"Effect": "Deny"}]}"#)).expect("a policy");
        assert_eq!(
            (policy["Statement"][0]["Effect"].as_str(), policy["Statement"][1]["Effect"].as_str()),
            (Some("Deny"), Some("Allow"))
        );
    }
}
