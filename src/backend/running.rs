//! A started backend, whichever it is: what `run` may ask of it.

use super::{BackendError, BackendPlan, Cause, Credential, postgres};
use crate::environment::{Container, EngineHandle, ImageChoice, Labels, LogLine, Network};
use crate::observation::{Saw, Stage, Stock};
use crate::secret::{Redactor, Secret};
use std::collections::BTreeSet;

/// A started backend.
pub enum Running {
    /// PostgreSQL.
    Postgres(postgres::server::Server),
}

/// A session that was open before the trigger.
pub enum OpenSession {
    /// PostgreSQL.
    Postgres(postgres::session::Session),
}

/// A refused login in the server's own log.
#[derive(Debug, Clone)]
pub struct LoggedRefusal {
    /// When the server wrote it.
    pub at: jiff::Timestamp,
    /// Whose login.
    pub name: String,
    /// The code, as an observation's code begins.
    pub code: String,
    /// Its reason.
    pub text: String,
    /// What that means.
    pub cause: Cause,
}

impl Running {
    /// Starts the container only, so that others can be started beside it.
    ///
    /// # Errors
    /// The engine refuses.
    pub async fn launch(
        engine: &EngineHandle,
        network: &Network,
        labels: &Labels,
        name: &str,
        image: ImageChoice,
        plan: &BackendPlan,
        redactor: &Redactor,
    ) -> Result<Self, BackendError> {
        match plan {
            BackendPlan::Postgres(plan) => Ok(Self::Postgres(
                postgres::server::Server::launch(engine, network, labels, name, image, plan, redactor).await?,
            )),
        }
    }
    /// Waits for a success of the administrator by the server's own protocol, and learns who it is.
    ///
    /// # Errors
    /// It does not come up in time.
    pub async fn ready(&self) -> Result<(), BackendError> {
        match self {
            Self::Postgres(s) => s.ready().await,
        }
    }
    /// Makes a parent for each of these names, and the inspector, and puts the seed data there.
    ///
    /// # Errors
    /// A statement of it fails.
    pub async fn prepare(&self, parents: &[String]) -> Result<Vec<Credential>, BackendError> {
        match self {
            Self::Postgres(s) => s.prepare(parents).await,
        }
    }
    /// Who sees users and sessions; accepted whatever the authority does.
    pub fn inspector(&self) -> &Credential {
        match self {
            Self::Postgres(s) => s.inspector(),
        }
    }
    /// Statements with which whoever holds another parent would end this user, in the form of the authority's engine.
    pub fn hostile_statements(&self, victim: &str) -> Vec<String> {
        match self {
            Self::Postgres(s) => s.hostile_statements(victim),
        }
    }
    /// The inspector sees the server that the administrator prepared.
    ///
    /// # Errors
    /// It does not.
    pub async fn check_inspector(&self) -> Result<(), BackendError> {
        match self {
            Self::Postgres(s) => s.check_inspector().await,
        }
    }
    /// How the authority's engine reaches it as the parent: the body of its `config`. Holds the parent's secret.
    pub fn authority_connection(&self, parent: &Credential) -> serde_json::Value {
        match self {
            Self::Postgres(s) => s.authority_connection(parent),
        }
    }
    /// Its container.
    pub fn container(&self) -> &Container {
        match self {
            Self::Postgres(s) => &s.container,
        }
    }
    /// Gives its container up for removal.
    pub fn into_container(self) -> Container {
        match self {
            Self::Postgres(s) => s.container,
        }
    }
    /// As the server states it.
    pub fn version(&self) -> String {
        match self {
            Self::Postgres(s) => s.version(),
        }
    }
    /// What an acceptance must show.
    pub fn identity(&self) -> String {
        match self {
            Self::Postgres(s) => s.identity(),
        }
    }
    /// One attempt at a door.
    pub async fn probe(&self, _door: &str, credential: &Credential) -> (Stage, Saw) {
        match self {
            Self::Postgres(s) => s.probe(credential).await,
        }
    }
    /// Opens a session again that a reconnecting client lost.
    ///
    /// # Errors
    /// What was seen instead.
    pub async fn reopen(&self, credential: &Credential, kind: &str) -> Result<OpenSession, (Stage, Saw)> {
        match self {
            Self::Postgres(s) => s.reopen(credential, kind).await.map(OpenSession::Postgres),
        }
    }
    /// Opens a session of a kind before the trigger.
    ///
    /// # Errors
    /// What was seen instead.
    pub async fn open(&self, credential: &Credential, kind: &str) -> Result<OpenSession, (Stage, Saw)> {
        match self {
            Self::Postgres(s) => s.open(credential, kind).await.map(OpenSession::Postgres),
        }
    }
    /// For `--keep`: where it answers and the administrator's login.
    ///
    /// # Errors
    /// It is not running.
    pub async fn person(&self) -> Result<(crate::environment::Address, Credential), BackendError> {
        match self {
            Self::Postgres(s) => s.person().await,
        }
    }
    /// A session of the backend's administrator.
    ///
    /// # Errors
    /// It cannot log in.
    pub async fn administrator(&self) -> Result<OpenSession, BackendError> {
        match self {
            Self::Postgres(s) => s.administrator_session().await.map(OpenSession::Postgres),
        }
    }
    /// Gives the server another configuration, and returns when it is in force.
    ///
    /// # Errors
    /// The server does not take it.
    pub async fn configure(&self, text: &str) -> Result<(), BackendError> {
        match self {
            Self::Postgres(s) => s.configure(text).await,
        }
    }
    /// Where other containers of the network reach it.
    pub fn inner_host(&self) -> &str {
        &self.container().name
    }
    /// Which of these names are there.
    ///
    /// # Errors
    /// The inspector gets no answer.
    pub async fn inventory(&self, stock: Stock, names: &[String]) -> Result<BTreeSet<String>, BackendError> {
        match self {
            Self::Postgres(s) => s.inventory(stock, names).await,
        }
    }
    /// Users that the authority made and that are there, whoever asked for them.
    ///
    /// # Errors
    /// The inspector gets no answer.
    pub async fn issued_users(&self) -> Result<Vec<String>, BackendError> {
        match self {
            Self::Postgres(s) => s.issued_users().await,
        }
    }
    /// What the backend's inspector can count.
    pub fn stocks(&self) -> &'static [Stock] {
        match self {
            Self::Postgres(_) => &[Stock::Users, Stock::Sessions],
        }
    }
    /// Its own log, without what it alone knows to be secret.
    pub fn log(&self) -> Vec<LogLine> {
        let lines = self.container().logs.lines().into_iter();
        match self {
            Self::Postgres(_) => {
                lines.map(|l| LogLine { text: postgres::log::without_verifiers(&l.text), ..l }).collect()
            }
        }
    }
    /// Refused logins in its own log.
    pub fn refusals(&self) -> Vec<LoggedRefusal> {
        match self {
            Self::Postgres(s) => s
                .refusals()
                .into_iter()
                .map(|r| LoggedRefusal { cause: r.cause(), at: r.at, name: r.user, code: r.code, text: r.text })
                .collect(),
        }
    }
    /// A name that was never issued, of the same form as those that are.
    pub fn invented(&self, like: &str, redactor: &Redactor) -> Credential {
        let turned: String =
            like.chars().map(|c| if c.is_ascii_digit() { char::from(b'9' - (c as u8 - b'0')) } else { c }).collect();
        Credential { name: format!("{}x", &turned[..turned.len().saturating_sub(1)]), secret: Secret::random(redactor) }
    }
}

impl OpenSession {
    /// Whether it still answers.
    pub async fn probe(&self) -> (Stage, Saw) {
        match self {
            Self::Postgres(s) => s.probe().await,
        }
    }
    /// Runs a statement of the drill's lists and undoes its effect.
    pub async fn statement(&self, statement: &str) -> Saw {
        match self {
            Self::Postgres(s) => s.statement(statement).await,
        }
    }
    /// Runs a script as it is, not undone.
    ///
    /// # Errors
    /// What the server answered.
    pub async fn run(&self, script: &str) -> Result<(), Saw> {
        match self {
            Self::Postgres(s) => s.run(script).await,
        }
    }
}
