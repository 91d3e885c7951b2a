//! A started backend, whichever it is: what `run` may ask of it. What a server may lack is answered in `serves`.

use super::attempt::Attempt;
use super::plugin::HostileStatements;
use super::{
    Anchor, BackendError, BackendPlan, Credential, Ended, IdentityProvider, LoggedRefusal, OpenSession, Place, Serves,
    influxdb, mariadb, minio, nginx, postgres, rabbitmq, ssh, valkey,
};
use crate::environment::{Address, Container, EngineHandle, ImageChoice, Labels, LogLine, Network};
use crate::observation::{Saw, Stage, Stock};
use crate::secret::{Redactor, Secret};
use std::collections::BTreeSet;

/// A started backend.
pub enum Running {
    /// PostgreSQL.
    Postgres(postgres::server::Server),
    /// RabbitMQ.
    Rabbitmq(rabbitmq::server::Server),
    /// nginx.
    Nginx(nginx::server::Server),
    /// sshd, with keys or one-time passwords.
    Ssh(ssh::server::Server),
    /// MariaDB.
    Mariadb(mariadb::server::Server),
    /// Valkey.
    Valkey(valkey::server::Server),
    /// MinIO.
    Minio(minio::server::Server),
    /// InfluxDB.
    Influxdb(influxdb::server::Server),
}

/// The same question to whichever it is.
macro_rules! each {
    ($running:expr, $server:ident => $question:expr) => {
        match $running {
            Running::Postgres($server) => $question,
            Running::Rabbitmq($server) => $question,
            Running::Nginx($server) => $question,
            Running::Ssh($server) => $question,
            Running::Mariadb($server) => $question,
            Running::Valkey($server) => $question,
            Running::Minio($server) => $question,
            Running::Influxdb($server) => $question,
        }
    };
}

impl Running {
    /// Starts the container only, so that others can be started beside it. Of an identity provider it is told at its start.
    ///
    /// # Errors
    /// The engine refuses.
    pub async fn launch(
        engine: &EngineHandle,
        network: &Network,
        labels: &Labels,
        name: &str,
        image: ImageChoice,
        (plan, provider): (&BackendPlan, &IdentityProvider),
        redactor: &Redactor,
    ) -> Result<Self, BackendError> {
        let place = Place { engine, network, labels, name, image, redactor };
        macro_rules! start {
            ($variant:ident, $module:ident, $of:expr) => {
                $module::server::Server::launch(&place, $of).await.map(Self::$variant)
            };
        }
        match plan {
            BackendPlan::Postgres(plan) => start!(Postgres, postgres, plan),
            BackendPlan::Rabbitmq(plan) => start!(Rabbitmq, rabbitmq, plan),
            BackendPlan::Nginx(plan) => start!(Nginx, nginx, plan),
            BackendPlan::Ssh(_) => start!(Ssh, ssh, ssh::login::Way::Key),
            BackendPlan::SshOtp(_) => start!(Ssh, ssh, ssh::login::Way::OneTime),
            BackendPlan::Mariadb(plan) => start!(Mariadb, mariadb, plan),
            BackendPlan::Valkey(plan) => start!(Valkey, valkey, plan),
            BackendPlan::Minio(plan) => start!(Minio, minio, (plan, provider)),
            BackendPlan::Influxdb(plan) => start!(Influxdb, influxdb, plan),
        }
    }
    /// Waits for a success of the administrator by the server's own protocol, and learns who it is. Again after a restart.
    ///
    /// # Errors
    /// It does not come up in time, or as another.
    pub async fn ready(&self) -> Result<(), BackendError> {
        each!(self, s => s.ready().await)
    }
    /// Makes a parent for each of these names, and the inspector, and puts the seed data there.
    ///
    /// # Errors
    /// A statement of it fails.
    pub async fn prepare(&self, parents: &[String]) -> Result<Vec<Credential>, BackendError> {
        each!(self, s => s.prepare(parents).await)
    }
    /// Makes copies of the first of these users, who is there, and lets this parent change the passwords of all of them and end their
    /// sessions: nobody else's.
    ///
    /// # Errors
    /// There is no such user, or no server of this kind has any.
    pub async fn enrol(&self, parent: &Credential, users: &[String]) -> Result<(), BackendError> {
        each!(self, s => s.enrol(parent, users).await)
    }
    /// Who sees users and sessions.
    pub fn inspector(&self) -> &Credential {
        each!(self, s => s.inspector())
    }
    /// Statements with which whoever holds another parent would end this user, in the form of the authority's engine.
    pub fn hostile_statements(&self, victim: &str) -> HostileStatements {
        each!(self, s => s.hostile_statements(victim))
    }
    /// The inspector sees the server that the administrator prepared.
    ///
    /// # Errors
    /// It cannot log in, or to another server.
    pub async fn check_inspector(&self) -> Result<(), BackendError> {
        each!(self, s => s.check_inspector().await)
    }
    /// How the authority's engine reaches it as the parent: the body of its `config`. Holds the parent's secret.
    pub fn authority_connection(&self, parent: &Credential) -> serde_json::Value {
        each!(self, s => s.authority_connection(parent))
    }
    /// Its container.
    pub fn container(&self) -> &Container {
        each!(self, s => s.container())
    }
    /// Gives its container up for removal.
    pub fn into_container(self) -> Container {
        each!(self, s => s.into_container())
    }
    /// As the server states it.
    pub fn version(&self) -> String {
        each!(self, s => s.version())
    }
    /// What an acceptance must show.
    pub fn identity(&self) -> String {
        each!(self, s => s.identity())
    }
    /// One attempt at a door.
    pub async fn probe(&self, door: &str, credential: &Credential) -> (Stage, Saw) {
        each!(self, s => s.probe(door, credential).await)
    }
    /// Opens a session again that was lost: as much a probe as a login is.
    ///
    /// # Errors
    /// What was seen instead.
    pub async fn reopen(&self, who: &Credential, kind: &str) -> Attempt<OpenSession> {
        each!(self, s => s.reopen(who, kind).await.map(Into::into))
    }
    /// Opens a session of a kind before the trigger.
    ///
    /// # Errors
    /// What was seen instead.
    pub async fn open(&self, who: &Credential, kind: &str) -> Attempt<OpenSession> {
        each!(self, s => s.open(who, kind).await.map(Into::into))
    }
    /// For `--keep`: where it answers and the administrator's login.
    ///
    /// # Errors
    /// It is not running.
    pub async fn person(&self) -> Result<(Address, Credential), BackendError> {
        each!(self, s => s.person().await)
    }
    /// A session of the backend's administrator.
    ///
    /// # Errors
    /// It cannot log in.
    pub async fn administrator(&self) -> Result<OpenSession, BackendError> {
        each!(self, s => s.administrator_session().await.map(Into::into))
    }
    /// Gives the server another configuration, and returns when it is in force.
    ///
    /// # Errors
    /// The server does not take it.
    pub async fn configure(&self, text: &str) -> Result<(), BackendError> {
        each!(self, s => s.configure(text).await)
    }
    /// Where other containers of the network reach it.
    pub fn inner_host(&self) -> &str {
        &self.container().name
    }
    /// Which of these names the inspector finds.
    ///
    /// # Errors
    /// The inspector gets no answer.
    pub async fn inventory(&self, stock: Stock, names: &[String]) -> Result<BTreeSet<String>, BackendError> {
        each!(self, s => s.inventory(stock, names).await)
    }
    /// Whether a session that was found last may be over, and only time tells.
    pub fn unsure(&self) -> bool {
        each!(self, s => s.unsure())
    }
    /// Users that the authority made and that are there, whoever asked for them.
    ///
    /// # Errors
    /// The inspector gets no answer.
    pub async fn issued_users(&self) -> Result<Vec<String>, BackendError> {
        each!(self, s => s.issued_users().await)
    }
    /// Probes that may have made such a user and were never answered.
    pub fn unanswered(&self) -> u64 {
        each!(self, s => s.unanswered())
    }
    /// Ends whatever is left at the end of a drill, where nothing of the authority's does.
    ///
    /// # Errors
    /// The server does not.
    pub async fn clear(&self) -> Result<(), BackendError> {
        each!(self, s => s.clear().await)
    }
    /// What a planned restart begins with: what lives in memory alone and must be there afterwards is written down.
    ///
    /// # Errors
    /// The server cannot.
    pub async fn save(&self) -> Result<(), BackendError> {
        each!(self, s => s.save().await)
    }
    /// What the backend's own inspector can count.
    pub fn stocks(&self) -> &'static [Stock] {
        each!(self, s => s.stocks())
    }
    /// Tells it of an authority whose credentials it takes by their signature.
    ///
    /// # Errors
    /// The server does not take it, or takes none.
    pub async fn trust(&self, anchor: &Anchor) -> Result<(), BackendError> {
        each!(self, s => s.trust(anchor).await)
    }
    /// Ends credentials that their authority cannot end here. The status, or the protocol's word for yes.
    ///
    /// # Errors
    /// The server does not take it; none of these must be told.
    pub async fn end(&self, ended: &[Ended]) -> Result<u16, BackendError> {
        each!(self, s => s.end(ended).await)
    }
    /// Its own log, without what it alone knows to be secret.
    pub fn log(&self) -> Vec<LogLine> {
        each!(self, s => s.log())
    }
    /// Refused logins in its own log, where it says why.
    pub fn refusals(&self) -> Vec<LoggedRefusal> {
        each!(self, s => s.refusals())
    }
    /// A name that was never issued, of the same form as those that are.
    pub fn invented(&self, like: &str, redactor: &Redactor) -> Credential {
        let turned: String =
            like.chars().map(|c| if c.is_ascii_digit() { char::from(b'9' - (c as u8 - b'0')) } else { c }).collect();
        Credential { name: format!("{}x", &turned[..turned.len().saturating_sub(1)]), secret: Secret::random(redactor) }
    }
}
