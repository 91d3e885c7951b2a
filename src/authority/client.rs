//! A thin typed layer over HTTP: drill needs status codes, warnings and raw errors, and judges by them.
//! (vaultrs folds every status into one error type and hides the warnings.)

use super::error::AuthorityError;
use crate::environment::Address;
use crate::secret::Secret;
use reqwest::Method;
use serde_json::Value;
use std::time::Duration;

/// An answer, whatever its status.
#[derive(Debug, Clone)]
pub struct Answer {
    /// Method and path, for errors.
    pub request: String,
    /// HTTP status.
    pub status: u16,
    /// The body; null where there is none. May hold secrets: never printed whole.
    pub body: Value,
}

impl Answer {
    /// `errors`, joined.
    pub fn message(&self) -> String {
        let errors = self.body.get("errors").and_then(Value::as_array);
        let joined =
            errors.map(|e| e.iter().filter_map(Value::as_str).collect::<Vec<_>>().join("; ")).unwrap_or_default();
        joined.split_whitespace().collect::<Vec<_>>().join(" ")
    }
    /// `warnings`, one by one.
    pub fn warnings(&self) -> Vec<String> {
        let warnings = self.body.get("warnings").and_then(Value::as_array);
        warnings.into_iter().flatten().filter_map(Value::as_str).map(String::from).collect()
    }
    /// Whether the status is 2xx.
    pub fn ok(&self) -> bool {
        (200..300).contains(&self.status)
    }
    /// The answer if its status is 2xx.
    ///
    /// # Errors
    /// Any other status.
    pub fn success(self) -> Result<Self, AuthorityError> {
        if self.ok() {
            Ok(self)
        } else {
            Err(AuthorityError::Status { message: self.message(), request: self.request, status: self.status })
        }
    }
    /// A string at a JSON pointer.
    ///
    /// # Errors
    /// It is not there.
    pub fn text(&self, pointer: &str) -> Result<&str, AuthorityError> {
        self.body.pointer(pointer).and_then(Value::as_str).ok_or_else(|| self.lacks(pointer))
    }
    /// A whole number at a JSON pointer.
    ///
    /// # Errors
    /// It is not there.
    pub fn number(&self, pointer: &str) -> Result<u64, AuthorityError> {
        self.body.pointer(pointer).and_then(Value::as_u64).ok_or_else(|| self.lacks(pointer))
    }
    fn lacks(&self, pointer: &str) -> AuthorityError {
        AuthorityError::Lacks { request: self.request.clone(), field: pointer.into() }
    }
}

/// One actor's connection to an OpenBao: an address, a token, a namespace. Cheap to clone.
#[derive(Clone)]
pub struct Bao {
    http: reqwest::Client,
    base: String,
    token: Option<Secret>,
    namespace: Option<String>,
    correlation: Option<String>,
    timeout: Duration,
}

/// An answer with its times is what a trigger needs; this is the request before it.
pub struct Sent<'a> {
    /// GET, POST, …
    pub method: &'a str,
    /// Without `/v1/`.
    pub path: &'a str,
    /// JSON body.
    pub body: Option<Value>,
}

impl Bao {
    /// Nobody yet, in the root namespace.
    ///
    /// # Errors
    /// The HTTP client cannot be made.
    pub fn at(address: &Address, timeout: Duration) -> Result<Self, AuthorityError> {
        let http = reqwest::Client::builder()
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            .tcp_nodelay(true)
            .build()
            .map_err(|e| AuthorityError::Server(e.to_string()))?;
        Ok(Self { http, base: format!("http://{address}"), token: None, namespace: None, correlation: None, timeout })
    }
    /// As another actor.
    #[must_use]
    pub fn with_token(&self, token: Secret) -> Self {
        Self { token: Some(token), ..self.clone() }
    }
    /// In a namespace.
    #[must_use]
    pub fn in_namespace(&self, namespace: &str) -> Self {
        Self { namespace: Some(namespace.into()), ..self.clone() }
    }
    /// In the root namespace.
    #[must_use]
    pub fn in_root(&self) -> Self {
        Self { namespace: None, ..self.clone() }
    }
    /// With a correlation id, which the audit log shows.
    #[must_use]
    pub fn correlated(&self, id: &str) -> Self {
        Self { correlation: Some(id.into()), ..self.clone() }
    }
    /// At another address: a published port changes when a server is started again.
    #[must_use]
    pub fn moved_to(&self, address: &Address) -> Self {
        Self { base: format!("http://{address}"), ..self.clone() }
    }
    /// The actor's token.
    pub fn token(&self) -> Option<&Secret> {
        self.token.as_ref()
    }
    /// With another time-out for each request.
    #[must_use]
    pub fn with_timeout(&self, timeout: Duration) -> Self {
        Self { timeout, ..self.clone() }
    }

    /// Sends a request and takes any answer.
    ///
    /// # Errors
    /// No answer.
    pub async fn send(&self, method: &str, path: &str, body: Option<Value>) -> Result<Answer, AuthorityError> {
        let request = format!("{method} {path}");
        let verb =
            Method::from_bytes(method.as_bytes()).map_err(|e| AuthorityError::Server(format!("{method}: {e}")))?;
        let mut builder = self.http.request(verb, format!("{}/v1/{path}", self.base)).timeout(self.timeout);
        if let Some(token) = &self.token {
            builder = builder.header("X-Vault-Token", token.expose());
        }
        if let Some(namespace) = &self.namespace {
            builder = builder.header("X-Vault-Namespace", namespace);
        }
        if let Some(correlation) = &self.correlation {
            builder = builder.header("X-Correlation-ID", correlation);
        }
        if let Some(body) = body {
            builder = builder.json(&body);
        }
        let no_answer = |e: reqwest::Error| AuthorityError::NoAnswer { request: request.clone(), why: cause(&e) };
        let response = builder.send().await.map_err(no_answer)?;
        let status = response.status().as_u16();
        let bytes = response.bytes().await.map_err(no_answer)?;
        let body = serde_json::from_slice(&bytes).unwrap_or(Value::Null);
        Ok(Answer { request, status, body })
    }

    /// Sends a request and takes only a 2xx.
    ///
    /// # Errors
    /// No answer, or another status.
    pub async fn call(&self, method: &str, path: &str, body: Option<Value>) -> Result<Answer, AuthorityError> {
        self.send(method, path, body).await?.success()
    }
    /// POST that must succeed.
    ///
    /// # Errors
    /// No answer, or another status.
    pub async fn post(&self, path: &str, body: Value) -> Result<Answer, AuthorityError> {
        self.call("POST", path, Some(body)).await
    }
    /// GET that must succeed.
    ///
    /// # Errors
    /// No answer, or another status.
    pub async fn get(&self, path: &str) -> Result<Answer, AuthorityError> {
        self.call("GET", path, None).await
    }
}

/// The innermost cause, which is what a reader needs (`connection refused`), without the URL.
fn cause(e: &reqwest::Error) -> String {
    if e.is_timeout() {
        return "time-out".into();
    }
    let mut source: &dyn std::error::Error = e;
    while let Some(next) = source.source() {
        source = next;
    }
    source.to_string()
}
