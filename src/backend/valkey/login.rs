//! One attempt to log in, and what it saw.

use super::codes;
use super::connection::{Connection, Failed, text};
use crate::backend::Credential;
use crate::backend::attempt::{Attempt, PROBE_TIMEOUT, timed_out};
use crate::environment::Address;
use crate::observation::{Saw, Stage};
use redis::Value;

/// What a server says to whom it let in. Every user may ask for it, whatever its rights.
pub struct Hello {
    /// What set-up gave this server as its availability zone: no other has it.
    pub server: String,
    /// Valkey's version.
    pub version: String,
    /// The connection's number.
    pub client: i64,
}

/// Asked again on an open connection it says the same.
const HELLO: [&str; 2] = ["HELLO", "3"];

/// Logs in over one connection, once; the time-out is the caller's.
///
/// # Errors
/// What was seen instead.
pub async fn log_in(address: &Address, credential: &Credential) -> Attempt<(Connection, Hello)> {
    let seen = |e: &Failed| (Stage::Login, observe(e, Stage::Login, &credential.name));
    let mut connection = Connection::open(address).await.map_err(|e| seen(&e))?;
    let words = [HELLO[0], HELLO[1], "AUTH", &credential.name, credential.secret.expose()];
    let answer = connection.ask(&words).await.map_err(|e| seen(&e))?;
    let hello = hello_of(&answer).map_err(|saw| (Stage::Login, saw))?;
    Ok((connection, hello))
}

/// The identity of the server behind an open connection.
///
/// # Errors
/// What was seen instead.
pub async fn identity(connection: &mut Connection, stage: Stage, user: &str) -> Result<String, Saw> {
    let answer = connection.ask(&HELLO).await.map_err(|e| observe(&e, stage, user))?;
    hello_of(&answer).map(|hello| hello.server)
}

fn hello_of(answer: &Value) -> Result<Hello, Saw> {
    let Value::Map(entries) = answer else {
        return Err(Saw::Unclassified { what: "a greeting without names".into() });
    };
    let of = |name: &str| entries.iter().find(|(key, _)| text(key).as_deref() == Some(name)).map(|(_, value)| value);
    let (server, version) = (of("availability_zone").and_then(text), of("version").and_then(text));
    match (server, version, of("id")) {
        (Some(server), Some(version), Some(Value::Int(client))) => Ok(Hello { server, version, client: *client }),
        _ => Err(Saw::Unclassified { what: "a greeting that does not say whose it is".into() }),
    }
}

/// A whole probe: connect, authenticate, see that it is this run's server, leave.
pub async fn probe(address: &Address, credential: &Credential) -> (Stage, Saw) {
    match tokio::time::timeout(PROBE_TIMEOUT, log_in(address, credential)).await {
        Ok(Ok((_, hello))) => (Stage::Login, Saw::Accepted { server: hello.server }),
        Ok(Err(seen)) => seen,
        Err(_) => (Stage::Login, timed_out(PROBE_TIMEOUT)),
    }
}

/// A failed question as an observation.
pub fn observe(failed: &Failed, stage: Stage, user: &str) -> Saw {
    match failed {
        Failed::Said(code, text) => codes::observe(code, text, stage, user),
        Failed::Ended(words) => codes::ended(stage, words),
        Failed::NoConnection(words) => Saw::Unreachable { why: words.clone() },
        Failed::Odd(what) => Saw::Unclassified { what: what.clone() },
    }
}
