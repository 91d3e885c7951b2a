//! A session that was open before the trigger: one connection that is kept alive and never reconnected, or a TLS session that is
//! resumed on a new connection each time.

use super::login::{Answer, Connection, Target};
use super::tls::{self, Handshakes};
use super::{RECONNECTING, RESUMED_TLS12, RESUMED_TLS13, request};
use crate::backend::Credential;
use crate::backend::attempt::{Attempt, PROBE_TIMEOUT, SET_UP_TIMEOUT, timed_out};
use crate::observation::{Saw, Stage};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Mutex;
use tokio_rustls::rustls::ClientConfig;

/// An open session.
pub struct Session {
    target: Target,
    /// The serial that it presented.
    name: String,
    config: Arc<ClientConfig>,
    held: Held,
}

enum Held {
    /// This connection.
    Connection(Mutex<Connection>),
    /// Nothing but what `config` keeps, its tickets if it keeps any: each time a connection of its own.
    Nothing,
}

impl Session {
    /// Opens a session of a kind; what was seen where it cannot be opened in time.
    ///
    /// # Errors
    /// The server does not serve this credential, or does not resume its session.
    pub async fn open(target: &Target, credential: &Credential, kind: &str, patience: Duration) -> Attempt<Self> {
        let handshakes = match kind {
            RESUMED_TLS12 => Handshakes::Resumed12,
            RESUMED_TLS13 => Handshakes::Resumed13,
            _ => Handshakes::Full,
        };
        let attempt = async {
            let config = tls::client(&target.roots, credential, handshakes)
                .map_err(|e| (Stage::Login, Saw::Unclassified { what: e.0 }))?;
            let mut connection = Connection::open(&target.address, &config, Stage::Login).await?;
            accepted(&connection.probe(Stage::Login).await?, target, &credential.name)?;
            let held = if kind == RECONNECTING {
                Held::Nothing
            } else if handshakes == Handshakes::Full {
                Held::Connection(Mutex::new(connection))
            } else {
                let answer =
                    Connection::open(&target.address, &config, Stage::Login).await?.probe(Stage::Login).await?;
                accepted(&answer, target, &credential.name)?;
                if !answer.reused {
                    let what = "the server does not resume sessions: there is none to be ended".into();
                    return Err((Stage::Login, Saw::Unclassified { what }));
                }
                Held::Nothing
            };
            Ok(Self { target: target.clone(), name: credential.name.clone(), config, held })
        };
        tokio::time::timeout(patience, attempt).await.unwrap_or_else(|_| Err((Stage::Login, timed_out(patience))))
    }

    /// Whether it is still served. A session that the server does not resume any more is asked for in full by the same handshake, as
    /// every client's is: what that says counts.
    pub async fn probe(&self) -> (Stage, Saw) {
        let attempt = async {
            match &self.held {
                Held::Connection(connection) => connection.lock().await.probe(Stage::Open).await,
                Held::Nothing => self.connect(Stage::Open).await?.probe(Stage::Open).await,
            }
        };
        match tokio::time::timeout(PROBE_TIMEOUT, attempt).await {
            Ok(Ok(answer)) => (Stage::Open, answer.observed(&self.target, &self.name)),
            Ok(Err(seen)) => seen,
            Err(_) => (Stage::Open, timed_out(PROBE_TIMEOUT)),
        }
    }

    /// Makes a request of the drill's lists, over a connection of its own: an answer may close it.
    pub async fn statement(&self, request: &str) -> Saw {
        let Some(parsed) = request::parse(request) else {
            return Saw::Unclassified { what: format!("{request} is no request") };
        };
        let attempt = async { self.connect(Stage::Scope).await?.ask(parsed, Stage::Scope).await };
        match tokio::time::timeout(SET_UP_TIMEOUT, attempt).await {
            Ok(Ok(answer)) => answer.observed(&self.target, &self.name),
            Ok(Err((_, saw))) => saw,
            Err(_) => timed_out(SET_UP_TIMEOUT),
        }
    }

    async fn connect(&self, stage: Stage) -> Attempt<Connection> {
        Connection::open(&self.target.address, &self.config, stage).await
    }
}

fn accepted(answer: &Answer, target: &Target, name: &str) -> Attempt<()> {
    match answer.observed(target, name) {
        Saw::Accepted { .. } => Ok(()),
        saw => Err((Stage::Login, saw)),
    }
}
