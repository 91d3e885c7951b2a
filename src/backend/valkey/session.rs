//! A connection that was open before the trigger: one raw connection, never opened again. And the operations of the drill's lists.

use super::connection::{Connection, Failed, text};
use super::login::{identity, log_in, observe};
use super::{BLOCKED, Operation, SUBSCRIBED, ValkeyPlan};
use crate::backend::Credential;
use crate::backend::attempt::{Attempt, PROBE_TIMEOUT, SET_UP_TIMEOUT, timed_out};
use crate::environment::Address;
use crate::observation::{Saw, Stage};
use redis::Value;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Mutex;

/// How often a blocked connection is let go until it answers: it may be asked before its own command has arrived.
const LET_GO_EVERY: Duration = Duration::from_millis(2);
/// Seconds for which an operation waits for its list: it is empty, and only the right to wait is asked for.
const POP_SECONDS: &str = "0.01";

/// Where, what the seed has, and who lets blocked connections go and puts the seed back.
#[derive(Clone)]
pub struct Target {
    /// Where the server answers now.
    pub address: Address,
    /// The drill's backend.
    pub plan: Arc<ValkeyPlan>,
    /// The server's administrator.
    pub administrator: Credential,
}

/// An open connection.
pub struct Session {
    connection: Mutex<Connection>,
    blocked: Option<Blocked>,
    target: Target,
    user: String,
}

/// What a connection waits for, and who lets it go.
struct Blocked {
    list: String,
    client: String,
    administrator: Mutex<Connection>,
}

impl Session {
    /// Opens a session of a kind; what was seen where it cannot be opened in time.
    ///
    /// # Errors
    /// The login or the preparation of that kind did not succeed.
    pub async fn open(target: &Target, who: &Credential, kind: &str, patience: Duration) -> Attempt<Self> {
        let attempt = async {
            let (mut connection, hello) = log_in(&target.address, who).await?;
            let scope = |e| (Stage::Scope, observe(&e, Stage::Scope, &who.name));
            if let Some(channel) = target.plan.channel().filter(|_| kind == SUBSCRIBED) {
                connection.subscribe(channel).await.map_err(scope)?;
            }
            let mut blocked = None;
            if let Some(list) = target.plan.list().filter(|_| kind == BLOCKED) {
                // Denied or not is known at once; that it waits is seen when it is let go.
                connection.ask(&["BLPOP", list, POP_SECONDS]).await.map_err(scope)?;
                connection.send(&["BLPOP", list, "0"]).await.map_err(scope)?;
                let (administrator, _) = log_in(&target.address, &target.administrator).await?;
                let (list, client) = (list.to_string(), hello.client.to_string());
                blocked = Some(Blocked { list, client, administrator: Mutex::new(administrator) });
            }
            let (connection, user, target) = (Mutex::new(connection), who.name.clone(), target.clone());
            Ok(Self { connection, blocked, target, user })
        };
        tokio::time::timeout(patience, attempt).await.unwrap_or_else(|_| Err((Stage::Login, timed_out(patience))))
    }

    /// Whether it still answers: a question to which every user gets an answer. A blocked one is let go for it, and waits again.
    pub async fn probe(&self) -> (Stage, Saw) {
        let question = async {
            let mut connection = self.connection.lock().await;
            let Some(blocked) = &self.blocked else { return identity(&mut connection, Stage::Open, &self.user).await };
            let server = tokio::select! {
                server = identity(&mut connection, Stage::Open, &self.user) => server?,
                () = blocked.let_go() => unreachable!("it is let go until it answers"),
            };
            let waits = connection.send(&["BLPOP", &blocked.list, "0"]).await;
            waits.map(|()| server).map_err(|e| observe(&e, Stage::Open, &self.user))
        };
        match tokio::time::timeout(PROBE_TIMEOUT, question).await {
            Ok(Ok(server)) => (Stage::Open, Saw::Accepted { server }),
            Ok(Err(saw)) => (Stage::Open, saw),
            Err(_) => (Stage::Open, timed_out(PROBE_TIMEOUT)),
        }
    }

    /// Does what an operation says, and undoes it.
    pub async fn operate(&self, operation: &Operation) -> Saw {
        let run = async {
            let mut connection = self.connection.lock().await;
            self.act(&mut connection, operation).await?;
            identity(&mut connection, Stage::Scope, &self.user).await
        };
        match tokio::time::timeout(SET_UP_TIMEOUT, run).await {
            Ok(Ok(server)) => Saw::Accepted { server },
            Ok(Err(saw)) => saw,
            Err(_) => timed_out(SET_UP_TIMEOUT),
        }
    }

    async fn act(&self, connection: &mut Connection, operation: &Operation) -> Result<(), Saw> {
        let scope = |e| observe(&e, Stage::Scope, &self.user);
        let odd = |what: &str| Saw::Unclassified { what: what.to_string() };
        match operation {
            Operation::Get(key) => match text(&connection.ask(&["GET", key]).await.map_err(scope)?) {
                Some(found) if Some(&found) == self.target.plan.value(key).as_ref() => Ok(()),
                _ => Err(odd("not what the seed has under this key")),
            },
            Operation::Set(key) => {
                let value = self.target.plan.value(key).unwrap_or_default();
                connection.ask(&["SET", key, &value]).await.map(|_| ()).map_err(scope)
            }
            Operation::Pop(list) => match connection.ask(&["BLPOP", list, POP_SECONDS]).await.map_err(scope)? {
                Value::Nil => Ok(()),
                _ => Err(odd("the list is not empty")),
            },
            Operation::Publish(channel) => {
                connection.ask(&["PUBLISH", channel, "drill"]).await.map(|_| ()).map_err(scope)
            }
            Operation::Subscribe(channel) => connection.subscribe(channel).await.map_err(scope),
            Operation::Run(words) => self.run_undone(connection, words).await,
        }
    }

    /// A command that nobody knows how to undo: the administrator's is run in one transaction with the seed, and after anybody else's
    /// the administrator writes the seed again.
    async fn run_undone(&self, connection: &mut Connection, words: &[String]) -> Result<(), Saw> {
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        if self.user == self.target.administrator.name {
            return in_one(connection, &[words], &self.target.plan).await;
        }
        let ran = connection.ask(&words).await;
        ran.map_err(|e| observe(&e, Stage::Scope, &self.user))?;
        let (mut administrator, _) =
            log_in(&self.target.address, &self.target.administrator).await.map_err(|(_, saw)| saw)?;
        in_one(&mut administrator, &[], &self.target.plan).await
    }

    /// Runs lines as they are, not undone.
    ///
    /// # Errors
    /// What the server answered.
    pub async fn run(&self, script: &str) -> Result<(), Saw> {
        let mut connection = self.connection.lock().await;
        for line in script.lines().map(str::trim).filter(|line| !line.is_empty()) {
            connection.line(line).await.map_err(|e| observe(&e, Stage::Scope, &self.user))?;
        }
        Ok(())
    }
}

impl Blocked {
    /// Lets it go again and again: whoever asks stops when the answer is there.
    async fn let_go(&self) {
        let mut administrator = self.administrator.lock().await;
        loop {
            // Where that cannot be said, the question's own time-out is what is seen.
            let _ = administrator.ask(&["CLIENT", "UNBLOCK", &self.client]).await;
            tokio::time::sleep(LET_GO_EVERY).await;
        }
    }
}

/// Some commands, and then nothing but the seed, all at once: nobody sees what is between.
///
/// # Errors
/// One of them did not succeed.
pub async fn in_one(connection: &mut Connection, first: &[Vec<&str>], plan: &ValkeyPlan) -> Result<(), Saw> {
    let wrong = |e: Failed| observe(&e, Stage::Scope, "");
    connection.ask(&["MULTI"]).await.map_err(wrong)?;
    let (flush, seed) = (vec!["FLUSHALL"], plan.commands());
    let seed: Vec<Vec<&str>> = seed.iter().map(|words| words.iter().map(String::as_str).collect()).collect();
    for words in first.iter().chain([&flush]).chain(&seed) {
        if let Err(e) = connection.ask(words).await {
            // Nothing of it was done, and the connection is of use again.
            let _ = connection.ask(&["DISCARD"]).await;
            return Err(wrong(e));
        }
    }
    match connection.ask(&["EXEC"]).await.map_err(wrong)? {
        Value::Array(answers) => match answers.iter().find(|answer| matches!(answer, Value::ServerError(_))) {
            None => Ok(()),
            Some(error) => Err(Saw::Unclassified { what: format!("{error:?}") }),
        },
        other => Err(Saw::Unclassified { what: format!("no transaction: {other:?}") }),
    }
}
