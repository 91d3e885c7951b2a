//! The door `management`: the plugin's HTTP API, at which the inspector and the administrator work too.

use super::MANAGEMENT;
use super::codes::{self, Asked};
use crate::backend::attempt::{PROBE_TIMEOUT, io_words, timed_out};
use crate::backend::{BackendError, Credential};
use crate::environment::Address;
use crate::observation::{Saw, Stage};
use reqwest::{Client, Method};
use serde_json::Value;
use std::time::Duration;

/// What the administrator asks for takes milliseconds; an import of definitions waits for the broker's disk.
const PATIENCE: Duration = Duration::from_secs(5);

/// A list walks what others change meanwhile: once in twenty runs of all drills beside a load `users` was answered by 500, without a word.
const TRIES: u32 = 3;
const AGAIN: Duration = Duration::from_millis(100);

/// An answer, whatever its status.
#[derive(Debug)]
pub struct Answer {
    /// HTTP's.
    pub status: u16,
    /// JSON; null where there is none.
    pub body: Value,
}

/// Requests of a broker's management API: a connection of its own each, no retry, no redirect.
#[derive(Clone)]
pub struct Api {
    http: Client,
    base: String,
}

impl Api {
    /// At an address; nothing is asked yet.
    ///
    /// # Errors
    /// The client cannot be made.
    pub fn new(address: &Address) -> Result<Self, BackendError> {
        let http = Client::builder()
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            .pool_max_idle_per_host(0)
            .tcp_nodelay(true)
            .build()
            .map_err(|e| BackendError(e.to_string()))?;
        Ok(Self { http, base: format!("http://{address}/api") })
    }

    /// One request.
    async fn send(&self, who: &Credential, method: Method, path: &str, body: Option<&str>) -> Result<Answer, Saw> {
        let mut request = self.http.request(method, format!("{}/{path}", self.base));
        request = request.basic_auth(&who.name, Some(who.secret.expose()));
        if let Some(body) = body {
            request = request.header("content-type", "application/json").body(body.to_string());
        }
        let answer = request.send().await.map_err(|e| unreachable(&e))?;
        let status = answer.status().as_u16();
        let bytes = answer.bytes().await.map_err(|e| unreachable(&e))?;
        Ok(Answer { status, body: serde_json::from_slice(&bytes).unwrap_or(Value::Null) })
    }

    /// One attempt: who is let in may read the cluster's name, which set-up gave it.
    pub async fn probe(&self, who: &Credential, vhost: &str) -> (Stage, Saw) {
        let asked = Asked { user: who.name.clone(), vhost: vhost.to_string() };
        let attempt = tokio::time::timeout(PROBE_TIMEOUT, self.send(who, Method::GET, "cluster-name", None));
        let saw = match attempt.await {
            Ok(Ok(answer)) => observe(&answer, &asked),
            Ok(Err(saw)) => saw,
            Err(_) => timed_out(PROBE_TIMEOUT),
        };
        (Stage::Login, saw)
    }

    /// A request that must succeed; a question that the server itself stumbles over is asked again.
    ///
    /// # Errors
    /// It does not.
    pub async fn call(
        &self,
        who: &Credential,
        method: Method,
        path: &str,
        body: Option<&str>,
    ) -> Result<Value, BackendError> {
        let request = format!("{method} /api/{path}");
        let mut tries = 0;
        loop {
            let sent = tokio::time::timeout(PATIENCE, self.send(who, method.clone(), path, body)).await;
            let answer = sent
                .map_err(|_| BackendError(format!("{request}: no answer")))?
                .map_err(|saw| BackendError(format!("{request}: {}", saw.label())))?;
            if (200..300).contains(&answer.status) {
                return Ok(answer.body);
            }
            tries += 1;
            if tries == TRIES || !stumbled(&method, answer.status) {
                return Err(BackendError(format!("{request}: {} {}", answer.status, text(&answer.body))));
            }
            tokio::time::sleep(AGAIN).await;
        }
    }

    /// The cluster's name as somebody reads it.
    ///
    /// # Errors
    /// They are not let in.
    pub async fn cluster_name(&self, who: &Credential) -> Result<String, BackendError> {
        let body = self.call(who, Method::GET, "cluster-name", None).await?;
        Ok(body["name"].as_str().unwrap_or_default().to_string())
    }
}

/// Only a question may be asked again, and only where the server itself did not get through with it.
fn stumbled(method: &Method, status: u16) -> bool {
    *method == Method::GET && status >= 500
}

/// `error: reason`, as the broker writes it.
fn text(body: &Value) -> String {
    let of = |key: &str| body[key].as_str().unwrap_or_default();
    format!("{}: {}", of("error"), of("reason"))
}

fn observe(answer: &Answer, asked: &Asked) -> Saw {
    match (answer.status, answer.body["name"].as_str()) {
        (200, Some(name)) => Saw::Accepted { server: name.to_string() },
        (200, None) => Saw::Unclassified { what: "200 without a cluster's name".into() },
        (status, _) => codes::observe(MANAGEMENT, status, &text(&answer.body), Stage::Login, asked),
    }
}

fn unreachable(error: &reqwest::Error) -> Saw {
    let mut source: Option<&(dyn std::error::Error + 'static)> = Some(error);
    while let Some(e) = source {
        if let Some(io) = e.downcast_ref::<std::io::Error>() {
            return Saw::Unreachable { why: io_words(io) };
        }
        source = e.source();
    }
    // The path and the user's name are in it, the password is not.
    Saw::Unreachable { why: if error.is_connect() { "no connection".into() } else { "connection closed".into() } }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_question_is_asked_again() {
        assert!(stumbled(&Method::GET, 500) && stumbled(&Method::GET, 503));
        assert!(!stumbled(&Method::GET, 499) && !stumbled(&Method::GET, 401));
        assert!(!stumbled(&Method::PUT, 500) && !stumbled(&Method::DELETE, 500) && !stumbled(&Method::POST, 500));
    }
}
