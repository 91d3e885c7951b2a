//! One attempt to log in, and what it saw.

use super::codes;
use crate::backend::Credential;
pub use crate::backend::attempt::{Attempt, Ending, PROBE_TIMEOUT, SET_UP_TIMEOUT, Target, io_words, timed_out};
use crate::observation::{Meaning, Saw, Stage};
use tokio::net::TcpStream;
use tokio_postgres::{Client, Config, NoTls, SimpleQueryMessage};

/// What an acceptance must show: the server's start time, which set-up saw too.
const IDENTITY: &str = "SELECT extract(epoch FROM pg_postmaster_start_time())";

/// Logs in over one TCP connection; the time-out is the caller's.
///
/// # Errors
/// What was seen instead.
pub async fn connect(target: &Target, credential: &Credential, application: &str) -> Attempt<(Client, Ending)> {
    let stream = TcpStream::connect((target.address.host.as_str(), target.address.port))
        .await
        .map_err(|e| (Stage::Login, Saw::Unreachable { why: io_words(&e) }))?;
    let _ = stream.set_nodelay(true);
    let mut config = Config::new();
    config
        .user(&credential.name)
        .password(credential.secret.expose())
        .dbname(&target.database)
        .application_name(application);
    let (client, connection) =
        config.connect_raw(stream, NoTls).await.map_err(|e| (Stage::Login, observe(&e, Stage::Login)))?;
    let ending = Ending::default();
    let told = ending.clone();
    tokio::spawn(async move {
        if let Err(e) = connection.await {
            let _ = told.set(observe(&e, Stage::Open));
        }
    });
    Ok((client, ending))
}

/// The identity of the server behind a connection.
///
/// # Errors
/// What was seen instead.
pub async fn identity(client: &Client, stage: Stage) -> Attempt<String> {
    let rows = client.simple_query(IDENTITY).await.map_err(|e| (stage, observe(&e, stage)))?;
    first_value(&rows).ok_or_else(|| (stage, Saw::Unclassified { what: "no row in the answer".into() }))
}

/// The first value of the first row.
pub fn first_value(rows: &[SimpleQueryMessage]) -> Option<String> {
    rows.iter().find_map(|m| match m {
        SimpleQueryMessage::Row(row) => row.get(0).map(str::to_string),
        _ => None,
    })
}

/// A whole probe at the door `login`: connect, authenticate, see that it is this run's server, leave.
pub async fn probe(target: &Target, credential: &Credential) -> (Stage, Saw) {
    let attempt = async {
        let (client, _) = connect(target, credential, "drill-probe").await?;
        identity(&client, Stage::Login).await
    };
    match tokio::time::timeout(PROBE_TIMEOUT, attempt).await {
        Ok(Ok(server)) => (Stage::Login, Saw::Accepted { server }),
        Ok(Err(seen)) => seen,
        Err(_) => (Stage::Login, timed_out(PROBE_TIMEOUT)),
    }
}

/// A client error as an observation. On an open session an end of file is an end of the session; at login it is nothing.
pub fn observe(error: &tokio_postgres::Error, stage: Stage) -> Saw {
    if let Some(db) = error.as_db_error() {
        return codes::observe(db.code().code(), db.routine().unwrap_or("unknown"), stage, db.message());
    }
    let io = std::error::Error::source(error).and_then(|s| s.downcast_ref::<std::io::Error>());
    if stage == Stage::Open && (error.is_closed() || io.is_some()) {
        return Saw::Refused { code: "EOF".into(), meaning: Meaning::Dead };
    }
    match io {
        Some(io) => Saw::Unreachable { why: io_words(io) },
        None if error.is_closed() => Saw::Unreachable { why: "connection closed".into() },
        None => Saw::Unclassified { what: error.to_string() },
    }
}
