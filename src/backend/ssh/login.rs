//! One attempt to log in, and what it saw.

use super::{codes, command, keys, otp};
use crate::backend::Credential;
use crate::backend::attempt::{Attempt, io_words, timed_out};
use crate::environment::Address;
use crate::observation::{Saw, Stage};
use rand::RngExt;
use russh::client::{
    self, AuthResult, DisconnectReason, Handle, Handler, KeyboardInteractiveAuthResponse as Dialogue, Msg,
};
use russh::keys::{PrivateKeyWithHashAlg, PublicKey, PublicKeyOrCertificate};
use russh::{Channel, ChannelMsg, Disconnect, Error};
use std::sync::{Arc, OnceLock};
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::sync::{Semaphore, SemaphorePermit};

/// A question, what the server says to the answer, and its verdict; no server needs more.
const DIALOGUE_STEPS: usize = 6;
/// A login costs sshd three new processes and a key exchange, forty times what it costs others; a paused one stays silent for ever.
pub const LOGIN_TIMEOUT: Duration = Duration::from_secs(5);
/// Each keeps a core busy.
const AT_ONCE: usize = 4;
/// Two lines are a few dozen bytes; more is not read.
const LARGEST_OUTPUT: usize = 4_096;

/// How somebody logs in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// By a key, with what an authority says of it.
    Key,
    /// By a password that works once, asked for in a dialogue.
    OneTime,
}

/// Where, as whom, and what the server must show.
#[derive(Clone)]
pub struct Target {
    /// Where the server answers now.
    pub address: Address,
    /// Whom the operator works as.
    pub user: &'static str,
    /// How.
    pub way: Way,
    /// Another server's refusal counts for nothing.
    pub host_key: PublicKey,
    /// So many logins at once; of [`turns`].
    pub turns: Arc<Semaphore>,
}

impl Target {
    /// Waits for its turn: a probe begins when it waits, its time-out when it need not wait any more.
    pub async fn turn(&self) -> Option<SemaphorePermit<'_>> {
        // Nobody closes it.
        self.turns.acquire().await.ok()
    }
}

/// More logins at once would only make each of them slower, until none is answered in time.
pub fn turns() -> Arc<Semaphore> {
    Arc::new(Semaphore::new(AT_ONCE))
}

/// Believes one server, and keeps its last words.
pub struct Listener {
    host_key: PublicKey,
    words: Arc<OnceLock<String>>,
}

impl Handler for Listener {
    type Error = Error;

    async fn check_server_key(&mut self, shown: &PublicKeyOrCertificate) -> Result<bool, Error> {
        let PublicKeyOrCertificate::PublicKey { key, .. } = shown else { return Ok(false) };
        Ok(key.key_data() == self.host_key.key_data())
    }

    async fn disconnected(&mut self, reason: DisconnectReason<Error>) -> Result<(), Error> {
        match reason {
            DisconnectReason::ReceivedDisconnect(info) => {
                let _ = self.words.set(format!("disconnected: {:?}", info.reason_code));
                Ok(())
            }
            DisconnectReason::Error(e) => Err(e),
        }
    }
}

/// A number that nobody was told before.
pub fn nonce() -> String {
    format!("{:032x}", rand::rng().random::<u128>())
}

/// One connection, never reconnected.
pub struct Connection {
    handle: Handle<Listener>,
    words: Arc<OnceLock<String>>,
}

impl Connection {
    /// Connects, exchanges keys and logs in with one attempt; the time-out is the caller's.
    ///
    /// # Errors
    /// What was seen instead.
    pub async fn open(target: &Target, credential: &Credential) -> Attempt<Self> {
        let at_login = |saw| (Stage::Login, saw);
        let tcp = TcpStream::connect((target.address.host.as_str(), target.address.port))
            .await
            .map_err(|e| at_login(Saw::Unreachable { why: io_words(&e) }))?;
        let _ = tcp.set_nodelay(true);
        let words = Arc::new(OnceLock::new());
        let listener = Listener { host_key: target.host_key.clone(), words: words.clone() };
        let config = Arc::new(client::Config { nodelay: true, ..client::Config::default() });
        let mut handle = client::connect_stream(config, tcp, listener).await.map_err(|e| at_login(before_login(&e)))?;
        if target.way == Way::OneTime {
            return Self { handle, words }.by_password(target.user, credential.secret.expose()).await;
        }
        let user = target.user;
        let presented = keys::presented(credential).map_err(|e| at_login(Saw::Unclassified { what: e.0 }))?;
        let answer = match presented.certificate {
            Some(certificate) => handle.authenticate_openssh_cert(user, presented.key, certificate).await,
            None => handle.authenticate_publickey(user, PrivateKeyWithHashAlg::new(presented.key, None)).await,
        };
        let connection = Self { handle, words };
        match answer {
            Ok(AuthResult::Success) => Ok(connection),
            Ok(AuthResult::Failure { remaining_methods, partial_success }) => {
                let ways: Vec<&str> = remaining_methods.iter().map(Into::into).collect();
                let saw = codes::refused(&ways, partial_success);
                connection.close().await;
                Err(at_login(saw))
            }
            Err(e) => Err(at_login(connection.lost(&e, Stage::Login))),
        }
    }

    /// Answers the one question for a password, and hears what the server says to it.
    async fn by_password(mut self, user: &str, password: &str) -> Attempt<Self> {
        let mut answer = self.handle.authenticate_keyboard_interactive_start(user, None).await;
        let (mut asked, mut said) = (false, String::new());
        for _ in 0..DIALOGUE_STEPS {
            let (instructions, prompts) = match answer {
                Ok(Dialogue::Success) => return Ok(self),
                Ok(Dialogue::Failure { remaining_methods, partial_success }) => {
                    let ways: Vec<&str> = remaining_methods.iter().map(Into::into).collect();
                    let saw = otp::refused(&said, &ways, partial_success);
                    self.close().await;
                    return Err((Stage::Login, saw));
                }
                Ok(Dialogue::InfoRequest { instructions, prompts, .. }) => (instructions, prompts.len()),
                Err(e) => return Err((Stage::Login, self.lost(&e, Stage::Login))),
            };
            said.push_str(&instructions);
            let responses = match (prompts, asked) {
                (0, _) => Vec::new(),
                (1, false) => vec![password.to_string()],
                _ => break,
            };
            asked |= !responses.is_empty();
            answer = self.handle.authenticate_keyboard_interactive_respond(responses).await;
        }
        self.close().await;
        Err((Stage::Login, Saw::Unclassified { what: "it asks for something else than a password".into() }))
    }

    /// Asks for a program on a channel of its own.
    ///
    /// # Errors
    /// What was seen instead.
    pub async fn start(&self, program: &str, stage: Stage) -> Attempt<Channel<Msg>> {
        let lost = |e: &Error| (stage, self.lost(e, stage));
        let channel = self.handle.channel_open_session().await.map_err(|e| lost(&e))?;
        channel.exec(true, program).await.map_err(|e| lost(&e))?;
        Ok(channel)
    }

    /// Runs a program to its end, and reads what it prints.
    ///
    /// # Errors
    /// What was seen instead.
    pub async fn run(&self, program: &str, stage: Stage) -> Attempt<String> {
        let mut channel = self.start(program, stage).await?;
        let mut output = Vec::new();
        let mut finished = false;
        while let Some(message) = channel.wait().await {
            match message {
                ChannelMsg::Data { data } if output.len() + data.len() <= LARGEST_OUTPUT => {
                    output.extend_from_slice(&data);
                }
                ChannelMsg::ExitStatus { .. } => finished = true,
                ChannelMsg::Data { .. } | ChannelMsg::Failure | ChannelMsg::OpenFailure(_) => {
                    return Err((stage, Saw::Unclassified { what: "the server runs something else".into() }));
                }
                _ => {}
            }
        }
        if !finished {
            return Err((stage, self.closed(stage)));
        }
        Ok(String::from_utf8_lossy(&output).into_owned())
    }

    /// Asks the server who it is.
    ///
    /// # Errors
    /// What was seen instead.
    pub async fn introduction(&self, stage: Stage) -> Attempt<Saw> {
        let nonce = nonce();
        let output = self.run(&command::introduction(&nonce), stage).await?;
        Ok(match command::introduced(&output, &nonce) {
            Some(server) => Saw::Accepted { server: server.into() },
            None => Saw::Unclassified { what: "let in, and the server does not say who it is".into() },
        })
    }

    /// Runs a command of the drill's lists.
    ///
    /// # Errors
    /// What was seen instead.
    pub async fn statement(&self, text: &str) -> Attempt<Saw> {
        let (before, after) = (nonce(), nonce());
        let output = self.run(&command::statement(text, &before, &after), Stage::Scope).await?;
        Ok(match command::outcome(&output, &before, &after) {
            Some((server, status)) => codes::exit(status, server),
            None => Saw::Unclassified { what: "an answer that is not the command's".into() },
        })
    }

    /// What the connection's end is.
    pub fn closed(&self, stage: Stage) -> Saw {
        codes::ended(stage, self.words.get().map_or("end of file", String::as_str))
    }

    /// An error of an open connection. What the library makes of it by itself is no answer of the server.
    fn lost(&self, error: &Error, stage: Stage) -> Saw {
        match error {
            Error::IO(e) => codes::ended(stage, &io_words(e)),
            Error::Disconnect | Error::HUP | Error::SendError | Error::RecvError => self.closed(stage),
            other => Saw::Unclassified { what: format!("SSH: {other}") },
        }
    }

    /// Takes its leave: sshd need not wait for it.
    pub async fn close(self) {
        let _ = self.handle.disconnect(Disconnect::ByApplication, "", "").await;
    }
}

/// An error before anybody looked at the credential.
fn before_login(error: &Error) -> Saw {
    match error {
        Error::UnknownKey => Saw::Unclassified { what: "another host key".into() },
        Error::IO(e) if e.kind() != std::io::ErrorKind::UnexpectedEof => Saw::Unreachable { why: io_words(e) },
        Error::IO(_) | Error::Disconnect | Error::HUP | Error::SendError | Error::RecvError => {
            Saw::Unclassified { what: "closed before the key exchange".into() }
        }
        other => Saw::Unclassified { what: format!("SSH: {other}") },
    }
}

/// A whole probe at the door `ssh`: a connection of its own, a login, one program.
pub async fn probe(target: &Target, credential: &Credential) -> (Stage, Saw) {
    let attempt = async {
        let connection = Connection::open(target, credential).await?;
        let saw = connection.introduction(Stage::Login).await?;
        connection.close().await;
        Ok((Stage::Login, saw))
    };
    let _turn = target.turn().await;
    match tokio::time::timeout(LOGIN_TIMEOUT, attempt).await {
        Ok(Ok(seen) | Err(seen)) => seen,
        Err(_) => (Stage::Login, timed_out(LOGIN_TIMEOUT)),
    }
}
