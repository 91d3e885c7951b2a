//! One attempt to be served, and what it saw.

use super::codes;
use super::tls::{self, Handshakes, SERVER_NAME};
use crate::backend::Credential;
use crate::backend::attempt::{Attempt, LARGEST_BODY, PROBE_TIMEOUT, io_words, timed_out};
use crate::environment::Address;
use crate::observation::{Saw, Stage};
use bytes::Bytes;
use http_body_util::{BodyExt, Empty, Limited};
use hyper::client::conn::http1::{self, SendRequest};
use hyper_util::rt::TokioIo;
use std::sync::Arc;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::{self, ClientConfig, RootCertStore};

/// What a probe asks for: `files/common.conf` serves it to everybody whose certificate was accepted.
const PROBED: (&str, &str) = ("GET", "/.drill");

/// Where, and whom to believe.
#[derive(Clone)]
pub struct Target {
    /// Where the server answers now.
    pub address: Address,
    /// Who issued its certificate.
    pub roots: Arc<RootCertStore>,
    /// What it was found to be when it became ready: another's refusal counts for nothing.
    pub identity: String,
}

/// An answer's status and the headers that drill's own configuration puts there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// HTTP status.
    pub status: u16,
    /// Which server it is.
    pub server: String,
    /// `$ssl_client_verify`.
    pub verify: String,
    /// The serial of the client certificate that it saw.
    pub serial: String,
    /// It came over a resumed session.
    pub reused: bool,
    /// Which configuration was in force.
    pub generation: Option<u32>,
    /// `nginx/1.26.3`.
    pub product: String,
}

impl Answer {
    /// As an observation of whoever presented `name`.
    pub fn observed(&self, target: &Target, name: &str) -> Saw {
        if self.server.is_empty() {
            return Saw::Unclassified { what: format!("HTTP {} without this server's identity", self.status) };
        }
        match codes::observe(&self.verify, self.status, &self.server) {
            Saw::Refused { .. } | Saw::Denied { .. } if self.server != target.identity => {
                Saw::Unclassified { what: format!("HTTP {} of another server", self.status) }
            }
            Saw::Refused { .. } | Saw::Denied { .. } if self.serial != name => {
                Saw::Unclassified { what: format!("HTTP {} about another certificate", self.status) }
            }
            saw => saw,
        }
    }
}

/// One TLS connection, never reconnected.
pub struct Connection {
    sender: SendRequest<Empty<Bytes>>,
}

impl Connection {
    /// Connects and shakes hands; the time-out is the caller's. At stage `Open` (a session is resumed) the server's hanging up ends it.
    ///
    /// # Errors
    /// What was seen instead.
    pub async fn open(address: &Address, config: &Arc<ClientConfig>, stage: Stage) -> Attempt<Self> {
        let tcp = TcpStream::connect((address.host.as_str(), address.port))
            .await
            .map_err(|e| (stage, Saw::Unreachable { why: io_words(&e) }))?;
        let _ = tcp.set_nodelay(true);
        let name = tls::server_name().map_err(|e| (stage, Saw::Unclassified { what: e.0 }))?;
        let tls = TlsConnector::from(config.clone()).connect(name, tcp).await;
        let tls = tls.map_err(|e| (stage, of_io(&e, stage)))?;
        let (sender, connection) =
            http1::handshake(TokioIo::new(tls)).await.map_err(|e| (stage, of_hyper(&e, stage)))?;
        // Ends with the connection, or when nobody can send over it any more.
        tokio::spawn(async move {
            if let Err(e) = connection.await {
                tracing::trace!(error = %e, "a connection ended");
            }
        });
        Ok(Self { sender })
    }

    /// One request and its answer, read to its end so that the next can be sent.
    ///
    /// # Errors
    /// What was seen instead.
    pub async fn ask(&mut self, (method, path): (&str, &str), stage: Stage) -> Attempt<Answer> {
        let request = hyper::Request::builder()
            .method(method)
            .uri(path)
            .header("Host", SERVER_NAME)
            .body(Empty::new())
            .map_err(|e| (stage, Saw::Unclassified { what: e.to_string() }))?;
        self.sender.ready().await.map_err(|e| (stage, of_hyper(&e, stage)))?;
        let response = self.sender.send_request(request).await.map_err(|e| (stage, of_hyper(&e, stage)))?;
        let (head, body) = response.into_parts();
        let header = |name: &str| head.headers.get(name).and_then(|v| v.to_str().ok()).unwrap_or_default().to_string();
        let answer = Answer {
            status: head.status.as_u16(),
            server: header("X-Drill-Server"),
            verify: header("X-Client-Verify"),
            serial: header("X-Client-Serial"),
            reused: header("X-Session-Reused") == "r",
            generation: header("X-Drill-Generation").parse().ok(),
            product: header("Server"),
        };
        // The head says all; an answer that breaks off after it leaves a connection that the next request finds closed.
        let _ = Limited::new(body, LARGEST_BODY).collect().await;
        Ok(answer)
    }

    /// What a probe asks for.
    ///
    /// # Errors
    /// What was seen instead.
    pub async fn probe(&mut self, stage: Stage) -> Attempt<Answer> {
        self.ask(PROBED, stage).await
    }
}

/// A whole probe at the door `https`: a connection of its own, a full handshake, one request.
pub async fn probe(target: &Target, credential: &Credential) -> (Stage, Saw) {
    let attempt = async {
        let config = tls::client(&target.roots, credential, Handshakes::Full)
            .map_err(|e| (Stage::Login, Saw::Unclassified { what: e.0 }))?;
        let mut connection = Connection::open(&target.address, &config, Stage::Login).await?;
        connection.probe(Stage::Login).await
    };
    match tokio::time::timeout(PROBE_TIMEOUT, attempt).await {
        Ok(Ok(answer)) => (Stage::Login, answer.observed(target, &credential.name)),
        Ok(Err(seen)) => seen,
        Err(_) => (Stage::Login, timed_out(PROBE_TIMEOUT)),
    }
}

/// An error of HTTP. A closed connection is the end of an open session; before, it is nothing.
fn of_hyper(error: &hyper::Error, stage: Stage) -> Saw {
    let mut source = std::error::Error::source(error);
    while let Some(e) = source {
        if let Some(io) = e.downcast_ref::<std::io::Error>() {
            return of_io(io, stage);
        }
        source = e.source();
    }
    if error.is_closed() || error.is_canceled() || error.is_incomplete_message() {
        codes::ended(stage, "end of file")
    } else {
        Saw::Unclassified { what: error.to_string() }
    }
}

/// An error of TCP or TLS. What the TLS library makes of it by itself is no answer of the server, and its alerts say nothing of a
/// certificate: nginx refuses by an answer.
fn of_io(error: &std::io::Error, stage: Stage) -> Saw {
    use std::io::ErrorKind as K;
    if let Some(tls) = error.get_ref().and_then(|e| e.downcast_ref::<rustls::Error>()) {
        return Saw::Unclassified { what: format!("TLS: {tls}") };
    }
    match error.kind() {
        K::UnexpectedEof | K::ConnectionReset | K::BrokenPipe | K::ConnectionAborted => {
            codes::ended(stage, &io_words(error))
        }
        _ => Saw::Unreachable { why: io_words(error) },
    }
}
