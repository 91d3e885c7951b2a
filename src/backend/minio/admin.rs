//! Requests of `MinIO`'s administration: users, policies, whose sessions live, and their end.

use super::envelope;
use super::http::{Answer, Connection};
use super::keys::Keys;
use super::signed::encoded;
use crate::backend::attempt::SET_UP_TIMEOUT;
use crate::backend::{BackendError, Credential};
use crate::environment::Address;
use serde_json::{Value, json};
use std::collections::BTreeMap;

const BASE: &str = "/minio/admin/v3";
/// What the server says of a key that it does not know.
const NO_SUCH_KEY: &str = "XMinioAdminNoSuchAccessKey";

/// Somebody at the administration of a server.
pub struct Admin<'a> {
    /// Where.
    pub address: &'a Address,
    /// Who.
    pub who: &'a Credential,
}

/// What hangs on one parent: sessions, and permanent keys that they made.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Held {
    /// Public names of sessions.
    pub sessions: Vec<String>,
    /// Public names of permanent keys.
    pub permanent: Vec<String>,
}

impl Admin<'_> {
    /// One request over a connection of its own, whatever the answer.
    ///
    /// # Errors
    /// There is none.
    pub async fn ask(&self, method: &str, target: &str, body: &[u8]) -> Result<Answer, BackendError> {
        let asked = async {
            let mut connection = Connection::open(self.address).await?;
            connection.ask(&Keys::of(self.who), method, target, body).await
        };
        let path = target.split('?').next().unwrap_or_default();
        match tokio::time::timeout(SET_UP_TIMEOUT, asked).await {
            Ok(Ok(answer)) => Ok(answer),
            Ok(Err(saw)) => Err(BackendError(format!("{method} {path}: {}", saw.label()))),
            Err(_) => Err(BackendError(format!("{method} {path}: no answer in time"))),
        }
    }

    /// One request that must succeed.
    ///
    /// # Errors
    /// It does not.
    pub async fn call(&self, method: &str, target: &str, body: &[u8]) -> Result<Answer, BackendError> {
        let answer = self.ask(method, target, body).await?;
        if (200..300).contains(&answer.status) {
            return Ok(answer);
        }
        let path = target.split('?').next().unwrap_or_default();
        Err(BackendError(format!("{method} {path}: {}", answer.words())))
    }

    /// What the server is.
    ///
    /// # Errors
    /// No answer.
    pub async fn version(&self) -> Result<String, BackendError> {
        let answer = self.call("GET", &format!("{BASE}/info"), b"").await?;
        let info: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
        let version = info["servers"][0]["version"].as_str();
        version.map(String::from).ok_or_else(|| BackendError("the server names no version".into()))
    }

    /// Makes a policy, or replaces it.
    ///
    /// # Errors
    /// The server does not take it.
    pub async fn add_policy(&self, name: &str, policy: &str) -> Result<(), BackendError> {
        let target = format!("{BASE}/add-canned-policy?name={}", encoded(name));
        self.call("PUT", &target, policy.as_bytes()).await.map(drop)
    }

    /// A policy as the server has it.
    ///
    /// # Errors
    /// No answer, or it is not there.
    pub async fn policy(&self, name: &str) -> Result<Value, BackendError> {
        let target = format!("{BASE}/info-canned-policy?name={}", encoded(name));
        let answer = self.call("GET", &target, b"").await?;
        serde_json::from_slice(&answer.body).map_err(|e| BackendError(format!("a policy that cannot be read: {e}")))
    }

    /// Makes a user with one policy.
    ///
    /// # Errors
    /// The server refuses.
    pub async fn add_user(&self, user: &Credential, policy: &str) -> Result<(), BackendError> {
        let body = json!({"secretKey": Keys::of(user).secret, "status": "enabled"});
        let name = encoded(&user.name);
        self.sealed("PUT", &format!("{BASE}/add-user?accessKey={name}"), &body).await?;
        let policy = encoded(policy);
        let target = format!("{BASE}/set-user-or-group-policy?policyName={policy}&userOrGroup={name}&isGroup=false");
        self.call("PUT", &target, b"").await.map(drop)
    }

    /// Makes a permanent key of this name for whoever asks; the answer, whatever it is.
    ///
    /// # Errors
    /// There is none.
    pub async fn add_account(&self, name: &str, secret: &str) -> Result<Answer, BackendError> {
        let body = json!({"accessKey": name, "secretKey": secret, "name": name});
        let sealed = self.seal(&body).await?;
        self.ask("PUT", &format!("{BASE}/add-service-account"), &sealed).await
    }

    /// Deletes a permanent key; one that is not there is as good.
    ///
    /// # Errors
    /// The server refuses.
    pub async fn delete_account(&self, name: &str) -> Result<(), BackendError> {
        let target = format!("{BASE}/delete-service-account?accessKey={}", encoded(name));
        let answer = self.ask("DELETE", &target, b"").await?;
        if (200..300).contains(&answer.status) || answer.status == 404 {
            return Ok(());
        }
        Err(BackendError(format!("deleting a permanent key: {}", answer.words())))
    }

    /// Ends all sessions of a parent; its HTTP status. 204 also where there are none.
    ///
    /// # Errors
    /// The server refuses, or does not answer.
    pub async fn end_all(&self, parent: &str) -> Result<u16, BackendError> {
        let target = format!("{BASE}/revoke-tokens/builtin?user={}&fullRevoke=true", encoded(parent));
        self.call("POST", &target, b"").await.map(|answer| answer.status)
    }

    /// Whether a key is there: a session's, as long as it lives.
    ///
    /// # Errors
    /// The server says neither.
    pub async fn knows(&self, access: &str) -> Result<bool, BackendError> {
        let target = format!("{BASE}/info-access-key?accessKey={}", encoded(access));
        let answer = self.ask("GET", &target, b"").await?;
        match answer.status {
            200 => Ok(true),
            404 if answer.words().contains(NO_SUCH_KEY) => Ok(false),
            _ => Err(BackendError(format!("looking a key up: {}", answer.words()))),
        }
    }

    /// What hangs on the parents that identity tokens name, by parent.
    ///
    /// # Errors
    /// The server refuses, or gives a list that cannot be read.
    pub async fn of_tokens(&self) -> Result<BTreeMap<String, Held>, BackendError> {
        let list = self
            .opened(&format!("{BASE}/idp/openid/list-access-keys-bulk?listType=all&all=true&allConfigs=true"))
            .await?;
        let users = |config: &Value| config["users"].as_array().cloned().unwrap_or_default();
        let all = list.as_array().map(|configs| configs.iter().flat_map(users).collect::<Vec<_>>()).unwrap_or_default();
        Ok(all.iter().filter_map(|user| Some((user["minioAccessKey"].as_str()?.to_string(), held(user)))).collect())
    }

    /// What hangs on the server's own users, by user.
    ///
    /// # Errors
    /// The server refuses, or gives a list that cannot be read.
    pub async fn of_users(&self) -> Result<BTreeMap<String, Held>, BackendError> {
        let list = self.opened(&format!("{BASE}/list-access-keys-bulk?listType=all&all=true")).await?;
        let users = list.as_object().cloned().unwrap_or_default();
        Ok(users.into_iter().map(|(name, user)| (name, held(&user))).collect())
    }

    async fn opened(&self, target: &str) -> Result<Value, BackendError> {
        let answer = self.call("GET", target, b"").await?;
        let secret = Keys::of(self.who).secret.to_string();
        // The key is derived with 64 MiB of memory: not between other people's requests.
        let opened = tokio::task::spawn_blocking(move || envelope::open(&secret, &answer.body)).await.ok().flatten();
        let opened = opened.ok_or_else(|| BackendError("a list that cannot be opened".into()))?;
        serde_json::from_slice(&opened).map_err(|e| BackendError(format!("a list that cannot be read: {e}")))
    }

    async fn seal(&self, body: &Value) -> Result<Vec<u8>, BackendError> {
        let (secret, body) = (Keys::of(self.who).secret.to_string(), body.to_string());
        let sealed = tokio::task::spawn_blocking(move || envelope::seal(&secret, body.as_bytes())).await.ok().flatten();
        sealed.ok_or_else(|| BackendError("a request that cannot be sealed".into()))
    }

    async fn sealed(&self, method: &str, target: &str, body: &Value) -> Result<Answer, BackendError> {
        self.call(method, target, &self.seal(body).await?).await
    }
}

fn held(user: &Value) -> Held {
    let names = |key: &str| {
        let all = user[key].as_array().into_iter().flatten();
        all.filter_map(|one| one["accessKey"].as_str()).map(String::from).collect()
    };
    Held { sessions: names("stsKeys"), permanent: names("serviceAccounts") }
}
