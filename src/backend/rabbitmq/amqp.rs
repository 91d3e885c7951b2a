//! The door `amqp`: one attempt to log in, and what it saw.

use super::AMQP;
use super::codes::{self, Asked};
use crate::backend::Credential;
use crate::backend::attempt::{Attempt, Ending, PROBE_TIMEOUT, io_words, timed_out};
use crate::environment::Address;
use crate::observation::{Saw, Stage};
use futures_util::StreamExt;
use lapin::options::ExchangeDeclareOptions;
use lapin::types::FieldTable;
use lapin::uri::{AMQPAuthority, AMQPQueryString, AMQPScheme, AMQPUri, AMQPUserInfo};
use lapin::{Channel, Connection, ConnectionProperties, ErrorKind, Event, ExchangeKind};

/// Messages here are a few bytes: smaller frames are smaller buffers, and a login is quicker.
const FRAME_MAX: u32 = 8192;

/// Where, into which virtual host, and what an acceptance must show.
#[derive(Debug, Clone)]
pub struct Target {
    /// Where the server answers now.
    pub address: Address,
    /// Which virtual host.
    pub vhost: String,
    /// The name of an exchange that set-up put there: no other broker has it.
    pub marker: String,
}

impl Target {
    /// Who asks, for the table of codes.
    pub fn asked(&self, credential: &Credential) -> Asked {
        Asked { user: credential.name.clone(), vhost: self.vhost.clone() }
    }
}

/// Logs in over one TCP connection, once; the time-out is the caller's.
///
/// # Errors
/// What was seen instead.
pub async fn connect(target: &Target, credential: &Credential, name: &str) -> Attempt<(Connection, Ending)> {
    let uri = AMQPUri {
        scheme: AMQPScheme::AMQP,
        authority: AMQPAuthority {
            userinfo: AMQPUserInfo {
                username: credential.name.clone(),
                password: credential.secret.expose().to_string(),
            },
            host: target.address.host.clone(),
            port: target.address.port,
        },
        vhost: target.vhost.clone(),
        query: AMQPQueryString { frame_max: Some(FRAME_MAX), ..AMQPQueryString::default() },
    };
    let asked = target.asked(credential);
    let properties = ConnectionProperties::default().with_connection_name(name.into());
    let connection = Connection::connect_uri(uri, properties)
        .await
        .map_err(|e| (Stage::Login, observe(&e, Stage::Login, &asked)))?;
    let ending = Ending::default();
    let told = ending.clone();
    let mut events = Box::pin(connection.events_listener());
    tokio::spawn(async move {
        while let Some(event) = events.next().await {
            if let Event::Error(e) = event {
                let _ = told.set(observe(&e, Stage::Open, &asked));
                return;
            }
        }
    });
    Ok((connection, ending))
}

/// Sees that it is this run's broker: the marker is there. Whoever is let in may ask that.
///
/// # Errors
/// What was seen instead.
pub async fn identity(channel: &Channel, target: &Target, stage: Stage, asked: &Asked) -> Attempt<String> {
    let options = ExchangeDeclareOptions { passive: true, ..ExchangeDeclareOptions::default() };
    let name = target.marker.as_str().into();
    let declared = channel.exchange_declare(name, ExchangeKind::Fanout, options, FieldTable::default()).await;
    declared.map(|()| target.marker.clone()).map_err(|e| (stage, observe(&e, stage, asked)))
}

/// A whole probe: connect, authenticate, see that it is this run's broker, leave.
pub async fn probe(target: &Target, credential: &Credential) -> (Stage, Saw) {
    let asked = target.asked(credential);
    let attempt = async {
        let (connection, _) = connect(target, credential, "drill-probe").await?;
        let channel =
            connection.create_channel().await.map_err(|e| (Stage::Login, observe(&e, Stage::Login, &asked)))?;
        identity(&channel, target, Stage::Login, &asked).await
    };
    match tokio::time::timeout(PROBE_TIMEOUT, attempt).await {
        Ok(Ok(server)) => (Stage::Login, Saw::Accepted { server }),
        Ok(Err(seen)) => seen,
        Err(_) => (Stage::Login, timed_out(PROBE_TIMEOUT)),
    }
}

/// A client error as an observation. Only what the broker said is an answer: an end of file is none, at any stage.
pub fn observe(error: &lapin::Error, stage: Stage, asked: &Asked) -> Saw {
    match error.kind() {
        ErrorKind::ProtocolError(said) => {
            codes::observe(AMQP, said.get_id(), said.get_message().as_str(), stage, asked)
        }
        ErrorKind::IOError(io) if io.kind() == std::io::ErrorKind::ConnectionAborted => {
            Saw::Unreachable { why: "end of file".into() }
        }
        ErrorKind::IOError(io) => Saw::Unreachable { why: io_words(io) },
        ErrorKind::MissingHeartbeatError => Saw::Unreachable { why: "no heartbeat".into() },
        ErrorKind::InvalidConnectionState(_) | ErrorKind::InvalidChannelState(..) => {
            Saw::Unreachable { why: "connection closed".into() }
        }
        _ => Saw::Unclassified { what: error.to_string() },
    }
}
