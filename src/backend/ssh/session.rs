//! A session that was open before the trigger: a program that runs, a connection that takes more of them, or a client that logs in
//! each time.

use super::login::{Connection, LOGIN_TIMEOUT, Target, nonce};
use super::{OPEN_CHANNEL, RECONNECTING, command};
use crate::backend::Credential;
use crate::backend::attempt::{Attempt, SET_UP_TIMEOUT, timed_out};
use crate::observation::{Saw, Stage};
use russh::client::Msg;
use russh::{Channel, ChannelMsg};
use std::time::Duration;
use tokio::sync::{Mutex, SemaphorePermit};

/// An open session.
pub struct Session {
    target: Target,
    credential: Credential,
    held: Held,
}

enum Held {
    /// A program that answers, on this connection.
    Program(Connection, Box<Mutex<Program>>),
    /// This connection.
    Connection(Connection),
    /// Nothing: each time a login of its own.
    Nothing,
}

/// A running program, and what it printed and nobody has read.
struct Program {
    channel: Channel<Msg>,
    printed: String,
}

impl Session {
    /// Opens a session of a kind; what was seen where it cannot be opened in time.
    ///
    /// # Errors
    /// The server does not let it in, or does not run the program.
    pub async fn open(target: &Target, credential: &Credential, kind: &str, patience: Duration) -> Attempt<Self> {
        let attempt = async {
            let connection = Connection::open(target, credential).await?;
            let held = if kind == OPEN_CHANNEL {
                let channel = connection.start(&command::echo(), Stage::Login).await?;
                let mut program = Program { channel, printed: String::new() };
                accepted(program.ask(&connection, Stage::Login).await?)?;
                Held::Program(connection, Box::new(Mutex::new(program)))
            } else {
                accepted(connection.introduction(Stage::Login).await?)?;
                if kind == RECONNECTING { Held::Nothing } else { Held::Connection(connection) }
            };
            Ok(Self { target: target.clone(), credential: credential.clone(), held })
        };
        let _turn = target.turn().await;
        tokio::time::timeout(patience, attempt).await.unwrap_or_else(|_| Err((Stage::Login, timed_out(patience))))
    }

    /// Whether it still answers.
    pub async fn probe(&self) -> (Stage, Saw) {
        let attempt = async {
            match &self.held {
                Held::Program(connection, program) => program.lock().await.ask(connection, Stage::Open).await,
                Held::Connection(connection) => connection.introduction(Stage::Open).await,
                Held::Nothing => {
                    // A login's end of file says nothing, whatever it is the login of.
                    let connection = Connection::open(&self.target, &self.credential).await?;
                    let saw = connection.introduction(Stage::Login).await?;
                    connection.close().await;
                    Ok(saw)
                }
            }
        };
        let _turn = self.turn().await;
        match tokio::time::timeout(LOGIN_TIMEOUT, attempt).await {
            Ok(Ok(saw) | Err((_, saw))) => (Stage::Open, saw),
            Err(_) => (Stage::Open, timed_out(LOGIN_TIMEOUT)),
        }
    }

    /// Only who logs in again waits for a turn.
    async fn turn(&self) -> Option<SemaphorePermit<'_>> {
        match self.held {
            Held::Nothing => self.target.turn().await,
            Held::Program(..) | Held::Connection(_) => None,
        }
    }

    /// Runs a command of the drill's lists, on a channel of its own.
    pub async fn statement(&self, text: &str) -> Saw {
        let attempt = async {
            match &self.held {
                Held::Program(connection, _) | Held::Connection(connection) => connection.statement(text).await,
                Held::Nothing => Connection::open(&self.target, &self.credential).await?.statement(text).await,
            }
        };
        let _turn = self.turn().await;
        match tokio::time::timeout(SET_UP_TIMEOUT, attempt).await {
            Ok(Ok(saw) | Err((_, saw))) => saw,
            Err(_) => timed_out(SET_UP_TIMEOUT),
        }
    }
}

impl Program {
    /// Gives it a number, and reads until it comes back. Answers to earlier numbers, which nobody waited for any more, are passed over.
    async fn ask(&mut self, connection: &Connection, stage: Stage) -> Attempt<Saw> {
        let nonce = nonce();
        if self.channel.data(format!("{nonce}\n").as_bytes()).await.is_err() {
            return Err((stage, connection.closed(stage)));
        }
        loop {
            while let Some(end) = self.printed.find('\n') {
                let line: String = self.printed.drain(..=end).collect();
                if let Some(server) = command::introduced(&line, &nonce) {
                    return Ok(Saw::Accepted { server: server.into() });
                }
            }
            match self.channel.wait().await {
                Some(ChannelMsg::Data { data }) => self.printed.push_str(&String::from_utf8_lossy(&data)),
                Some(ChannelMsg::Eof | ChannelMsg::Close) | None => return Err((stage, connection.closed(stage))),
                Some(ChannelMsg::Failure) => {
                    return Err((stage, Saw::Unclassified { what: "the server runs something else".into() }));
                }
                Some(_) => {}
            }
        }
    }
}

fn accepted(saw: Saw) -> Attempt<()> {
    match saw {
        Saw::Accepted { .. } => Ok(()),
        saw => Err((Stage::Login, saw)),
    }
}
