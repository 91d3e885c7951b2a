//! One connection, never opened again, and what is asked over it: each request with a name and a password, looked at every time.

use super::codes::TABLE;
use super::{PATIENCE, undo};
use crate::backend::attempt::{Attempt, LARGEST_BODY, SET_UP_TIMEOUT, Target, accepted, part, within};
use crate::backend::{Credential, codes};
use crate::observation::{Saw, Stage};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http_body_util::{BodyExt, Full, Limited};
use hyper::client::conn::http1::{self, SendRequest};
use hyper::header::HeaderValue;
use hyper_util::rt::TokioIo;
use serde_json::Value;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::sync::Mutex;

/// An open connection, and who asks over it.
pub struct Session {
    sender: Arc<Mutex<SendRequest<Full<Bytes>>>>,
    who: Credential,
    database: String,
}

impl Session {
    /// Connects; nobody is asked for a password yet.
    pub(super) async fn connect(target: &Target, who: &Credential) -> Attempt<Self> {
        let unreachable = |e: &dyn std::fmt::Display| (Stage::Login, Saw::Unreachable { why: e.to_string() });
        let at = (target.address.host.as_str(), target.address.port);
        let tcp = TcpStream::connect(at).await.map_err(|e| unreachable(&e))?;
        let _ = tcp.set_nodelay(true);
        let (sender, connection) = http1::handshake(TokioIo::new(tcp)).await.map_err(|e| unreachable(&e))?;
        tokio::spawn(connection);
        Ok(Self { sender: Arc::new(Mutex::new(sender)), who: who.clone(), database: target.database.clone() })
    }

    /// Connects and is let in, by the server that this is.
    pub(super) async fn open(target: &Target, who: &Credential, patience: Duration) -> Attempt<(Self, String)> {
        let attempt = async {
            let session = Self::connect(target, who).await.map_err(|(_, saw)| saw)?;
            session.identity().await.map(|server| (session, server))
        };
        within(patience, attempt).await.map_err(|saw| (Stage::Login, saw))
    }

    /// One request and its answer, which must be a success.
    async fn send(&self, path: &str, form: &str, body: String) -> Result<Value, Saw> {
        let odd = |e: &dyn std::fmt::Display| Saw::Unclassified { what: e.to_string() };
        // It closes no connection of its own accord: one that is gone says nothing of the credential.
        let unreachable = |e: &dyn std::fmt::Display| Saw::Unreachable { why: e.to_string() };
        let login = STANDARD.encode(format!("{}:{}", self.who.name, self.who.secret.expose()));
        let mut login = HeaderValue::try_from(format!("Basic {login}")).map_err(|e| odd(&e))?;
        login.set_sensitive(true);
        let request = hyper::Request::post(path).header("Host", "influxdb").header("Content-Type", form);
        let request = request.header("Authorization", login).body(Full::from(body)).map_err(|e| odd(&e))?;
        let mut sender = Arc::clone(&self.sender).lock_owned().await;
        // One that is given up goes on to its end: else the connection would be cut, and the next question would hear of that alone.
        let question = tokio::spawn(async move {
            sender.ready().await.map_err(|e| unreachable(&e))?;
            let (head, body) = sender.send_request(request).await.map_err(|e| unreachable(&e))?.into_parts();
            let body = Limited::new(body, LARGEST_BODY).collect().await.map_err(|e| unreachable(&e))?;
            Ok((head.status, body.to_bytes()))
        });
        let (status, body) = question.await.map_err(|e| odd(&e))??;
        let body: Value = serde_json::from_slice(&body).unwrap_or(Value::Null);
        if status.is_success() {
            return Ok(body);
        }
        Err(codes::observe(TABLE, status.as_str(), body["error"].as_str().unwrap_or(""), Stage::Open, &self.who.name))
    }

    /// A query's rows.
    pub(super) async fn query(&self, query: &str) -> Result<Vec<Value>, Saw> {
        let body = format!("db={}&q={}", part(&self.database), part(query));
        let answer = self.send("/query", "application/x-www-form-urlencoded", body).await?;
        match &answer["results"][0] {
            result if result["error"].is_string() => Err(Saw::Unclassified { what: result["error"].to_string() }),
            Value::Object(result) => {
                let series = result.get("series").and_then(Value::as_array);
                Ok(series.into_iter().flatten().filter_map(|s| s["values"].as_array()).flatten().cloned().collect())
            }
            _ => Err(Saw::Unclassified { what: "an answer without a result".into() }),
        }
    }

    /// The server's name, which set-up gave it: everybody who may read the database reads it.
    pub(super) async fn identity(&self) -> Result<String, Saw> {
        let rows = self.query("SELECT server FROM drill").await?;
        let name = rows.first().and_then(|row| row[1].as_str()).map(String::from);
        name.ok_or_else(|| Saw::Unclassified { what: "the server has no name of set-up's".into() })
    }

    /// Whether who asks is still let in.
    pub async fn probe(&self) -> (Stage, Saw) {
        (Stage::Open, accepted(within(PATIENCE, self.identity()).await))
    }

    /// Makes a query of the drill's lists and undoes its effect. One that reads must find something.
    pub async fn statement(&self, query: &str) -> Saw {
        let nothing = |what: &str| Saw::Unclassified { what: what.into() };
        let Some(undo) = undo(query) else { return nothing("not run: it could not be undone") };
        let run = async {
            let rows = self.query(query).await?;
            match undo {
                // Who may make it and not remove it was accepted all the same.
                Some(undo) => drop(self.query(&undo).await),
                None if rows.is_empty() => return Err(nothing("nothing was found")),
                None => {}
            }
            self.identity().await
        };
        accepted(within(SET_UP_TIMEOUT, run).await)
    }

    /// Makes queries as they are, a line each, not undone; `USE` and `INSERT` as in InfluxDB's own client.
    ///
    /// # Errors
    /// What the server answered.
    pub async fn run(&self, script: &str) -> Result<(), Saw> {
        let mut database = self.database.as_str();
        for line in script.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with("--")) {
            if let Some(other) = line.strip_prefix("USE ") {
                database = other;
            } else if let Some(point) = line.strip_prefix("INSERT ") {
                let path = format!("/write?db={}", part(database));
                self.send(&path, "text/plain", point.to_string()).await?;
            } else {
                self.query(line).await?;
            }
        }
        Ok(())
    }
}
