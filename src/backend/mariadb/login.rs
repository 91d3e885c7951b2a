//! One attempt to log in, and what it saw.

use super::codes;
use crate::backend::Credential;
pub use crate::backend::attempt::{Attempt, PROBE_TIMEOUT, SET_UP_TIMEOUT, Target, io_words, timed_out};
use crate::environment::Address;
use crate::observation::{Meaning, Saw, Stage};
use mysql_async::prelude::Queryable;
use mysql_async::{Conn, DriverError, Error, IoError, OptsBuilder};

/// What an acceptance must show: a name that set-up gave this server, and that everybody may read.
const IDENTITY: &str = "SELECT @@report_host";
/// What the client would ask the server for at every login, had it not been told.
const LARGEST_PACKET: usize = 16 * 1024 * 1024;
const IDLE_SECONDS: usize = 28_800;
/// To say goodbye; the observation is made by then.
const LEAVE_TIMEOUT: std::time::Duration = std::time::Duration::from_millis(100);

/// Logs in over one TCP connection, without choosing a database where `database` is none; the time-out is the caller's.
///
/// # Errors
/// What was seen instead.
pub async fn connect(address: &Address, credential: &Credential, database: Option<&str>) -> Attempt<Conn> {
    let options = OptsBuilder::default()
        .ip_or_hostname(address.host.as_str())
        .tcp_port(address.port)
        .user(Some(credential.name.as_str()))
        .pass(Some(credential.secret.expose()))
        .db_name(database)
        // Else it would go on by the server's socket if that is on this machine, too.
        .prefer_socket(false)
        .max_allowed_packet(Some(LARGEST_PACKET))
        .wait_timeout(Some(IDLE_SECONDS))
        .stmt_cache_size(0);
    Conn::new(options).await.map_err(|e| (Stage::Login, observe(&e, Stage::Login)))
}

/// The identity of the server behind a connection.
///
/// # Errors
/// What was seen instead.
pub async fn identity(connection: &mut Conn, stage: Stage) -> Attempt<String> {
    let row: Option<Option<String>> =
        connection.query_first(IDENTITY).await.map_err(|e| (stage, observe(&e, stage)))?;
    row.flatten()
        .filter(|name| !name.is_empty())
        .ok_or_else(|| (stage, Saw::Unclassified { what: "the server has no name of set-up's".into() }))
}

/// A whole probe at the door `login`: connect, authenticate, see that it is this run's server, leave.
pub async fn probe(target: &Target, credential: &Credential) -> (Stage, Saw) {
    let attempt = async {
        let mut connection = connect(&target.address, credential, Some(&target.database)).await?;
        identity(&mut connection, Stage::Login).await.map(|server| (connection, server))
    };
    match tokio::time::timeout(PROBE_TIMEOUT, attempt).await {
        Ok(Ok((connection, server))) => {
            // Else thousands of logins in a row would meet the server's limit of connections.
            let _ = tokio::time::timeout(LEAVE_TIMEOUT, connection.disconnect()).await;
            (Stage::Login, Saw::Accepted { server })
        }
        Ok(Err(seen)) => seen,
        Err(_) => (Stage::Login, timed_out(PROBE_TIMEOUT)),
    }
}

/// A client error as an observation. On an open session an end of file is an end of the session; at login it is nothing.
pub fn observe(error: &Error, stage: Stage) -> Saw {
    let why = match error {
        Error::Server(e) => return codes::observe(e.code, stage, &e.message),
        Error::Io(IoError::Io(e)) => io_words(e),
        Error::Driver(DriverError::ConnectionClosed) => "connection closed".into(),
        other => return Saw::Unclassified { what: other.to_string() },
    };
    if stage == Stage::Open {
        return Saw::Refused { code: "EOF".into(), meaning: Meaning::Dead };
    }
    Saw::Unreachable { why }
}
