//! Backends: the servers that must refuse. One folder a backend, one arm here.
//!
//! The pure part of each (shape in the drill file, doors, session kinds, the closed table of codes) builds without the `engine` feature.

#[cfg(feature = "engine")]
pub mod attempt;
#[cfg(feature = "engine")]
pub mod base;
#[cfg(feature = "engine")]
pub mod certificates;
pub mod codes;
pub mod image;
pub mod influxdb;
pub mod mariadb;
pub mod minio;
pub mod nginx;
#[cfg(feature = "engine")]
mod open;
pub mod plugin;
pub mod postgres;
#[cfg(feature = "engine")]
mod presented;
pub mod rabbitmq;
#[cfg(feature = "engine")]
mod refusal;
#[cfg(feature = "engine")]
mod running;
pub mod script;
mod seed;
#[cfg(feature = "engine")]
pub mod serves;
pub mod shape;
pub mod valkey;
#[cfg(feature = "engine")]
pub use open::OpenSession;
#[cfg(feature = "engine")]
pub use refusal::LoggedRefusal;
#[cfg(feature = "engine")]
pub use running::Running;
#[cfg(feature = "engine")]
pub use serves::{Place, Serves};
pub mod ssh;

use crate::observation::{Saw, Stock};
use serde::{Deserialize, Serialize};

/// The products, as `BackendPlan::product` names them.
pub const PRODUCTS: &[&str] = &["PostgreSQL", "RabbitMQ", "nginx", "OpenSSH", "MariaDB", "Valkey", "MinIO", "InfluxDB"];

/// A drill's backend, resolved.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum BackendPlan {
    /// PostgreSQL.
    Postgres(postgres::PostgresPlan),
    /// RabbitMQ.
    Rabbitmq(rabbitmq::RabbitmqPlan),
    /// nginx.
    Nginx(nginx::NginxPlan),
    /// sshd.
    Ssh(ssh::SshPlan),
    /// MariaDB.
    Mariadb(mariadb::MariadbPlan),
    /// Valkey.
    Valkey(valkey::ValkeyPlan),
    /// InfluxDB.
    Influxdb(influxdb::InfluxdbPlan),
    /// sshd, with one-time passwords.
    SshOtp(ssh::SshPlan),
    /// MinIO.
    Minio(minio::MinioPlan),
}

impl BackendPlan {
    /// The kind of credential that it lets in.
    pub fn credential_kind(&self) -> &'static str {
        match self {
            Self::Postgres(_) | Self::Valkey(_) | Self::Mariadb(_) | Self::Influxdb(_) => "database",
            Self::Rabbitmq(_) => "rabbitmq",
            Self::Nginx(_) => "certificate",
            Self::Ssh(_) => "ssh-certificate",
            Self::SshOtp(_) => "ssh-otp",
            Self::Minio(_) => "web-identity",
        }
    }
    /// What OpenBao's database engine must know of it; none where another engine serves it.
    pub fn plugin(&self) -> Option<&'static plugin::Plugin> {
        match self {
            Self::Postgres(_) => Some(&postgres::PLUGIN),
            Self::Valkey(_) => Some(&valkey::PLUGIN),
            Self::Influxdb(_) => Some(&influxdb::PLUGIN),
            Self::Rabbitmq(_) | Self::Nginx(_) | Self::Ssh(_) | Self::SshOtp(_) | Self::Minio(_) => None,
            Self::Mariadb(_) => Some(&mariadb::PLUGIN),
        }
    }
    /// Whether credentials of a kind are for it: users that it has already, as well as those that are made for it.
    pub fn lets_in(&self, kind: &str) -> bool {
        kind == self.credential_kind()
            || matches!(self, Self::Postgres(_)) && kind == plugin::STATIC
            || matches!(self, Self::Minio(_)) && kind == "brokered"
    }
    /// As in the drill file.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Postgres(_) => "postgres",
            Self::Rabbitmq(_) => "rabbitmq",
            Self::Nginx(_) => "nginx",
            Self::Ssh(_) | Self::SshOtp(_) => "ssh",
            Self::Mariadb(_) => "mariadb",
            Self::Valkey(_) => "valkey",
            Self::Minio(_) => "minio",
            Self::Influxdb(_) => "influxdb",
        }
    }
    /// As its makers write it.
    pub fn product(&self) -> &'static str {
        match self {
            Self::Postgres(_) => "PostgreSQL",
            Self::Rabbitmq(_) => "RabbitMQ",
            Self::Nginx(_) => "nginx",
            Self::Ssh(_) | Self::SshOtp(_) => "OpenSSH",
            Self::Mariadb(_) => "MariaDB",
            Self::Valkey(_) => "Valkey",
            Self::Minio(_) => "MinIO",
            Self::Influxdb(_) => "InfluxDB",
        }
    }
    /// The official image's reference.
    pub fn image(&self) -> &str {
        match self {
            Self::Postgres(p) | Self::Mariadb(p) | Self::Influxdb(p) => &p.image,
            Self::Rabbitmq(p) => &p.image,
            Self::Nginx(p) => &p.image,
            Self::Ssh(p) | Self::SshOtp(p) => &p.image,
            Self::Valkey(p) => &p.image,
            Self::Minio(p) => &p.image,
        }
    }
    /// Where in the project another configuration of its server is.
    pub fn variant(&self, name: &str) -> String {
        let end = match self {
            Self::Postgres(_) => "pg_hba.conf",
            Self::Mariadb(_) => "cnf",
            _ => "conf",
        };
        format!("fixtures/{}/{name}.{end}", self.name())
    }
    /// What the credential must be able to do, and what must be denied to it.
    pub fn statements(&self) -> (Vec<Statement>, Vec<Statement>) {
        match self {
            Self::Postgres(p) | Self::Mariadb(p) | Self::Influxdb(p) => Statement::of_sql(p),
            Self::Rabbitmq(p) => (Statement::broker(&p.allowed), Statement::broker(&p.denied)),
            Self::Nginx(p) => (Statement::requests(&p.allowed), Statement::requests(&p.denied)),
            Self::Ssh(p) | Self::SshOtp(p) => (Statement::commands(&p.allowed), Statement::commands(&p.denied)),
            Self::Valkey(p) => (Statement::valkey(&p.allowed), Statement::valkey(&p.denied)),
            Self::Minio(p) => (Statement::store(&p.allowed), Statement::store(&p.denied)),
        }
    }
    /// The same as reports and evidence name it.
    pub fn scope(&self) -> (Vec<String>, Vec<String>) {
        let texts = |all: Vec<Statement>| all.iter().map(ToString::to_string).collect();
        let (allowed, denied) = self.statements();
        (texts(allowed), texts(denied))
    }
    /// The ways in, in the order of the reports.
    pub fn doors(&self) -> &'static [&'static str] {
        match self {
            Self::Postgres(_) => postgres::DOORS,
            Self::Rabbitmq(_) => rabbitmq::DOORS,
            Self::Nginx(_) => nginx::DOORS,
            Self::Ssh(_) | Self::SshOtp(_) => ssh::DOORS,
            Self::Mariadb(_) => mariadb::DOORS,
            Self::Valkey(_) => valkey::DOORS,
            Self::Minio(p) => p.doors(),
            Self::Influxdb(_) => influxdb::DOORS,
        }
    }
    /// The kinds of session that can be open when the trigger comes.
    pub fn session_kinds(&self) -> &'static [&'static str] {
        match self {
            Self::Postgres(_) => postgres::SESSION_KINDS,
            Self::Rabbitmq(_) => rabbitmq::SESSION_KINDS,
            Self::Nginx(_) => nginx::SESSION_KINDS,
            Self::Ssh(_) => ssh::SESSION_KINDS,
            Self::Mariadb(_) => mariadb::SESSION_KINDS,
            Self::Valkey(_) => valkey::SESSION_KINDS,
            Self::Influxdb(_) => influxdb::SESSION_KINDS,
            Self::SshOtp(_) => ssh::OTP_SESSION_KINDS,
            Self::Minio(p) => p.session_kinds(),
        }
    }
    /// What can be counted by name where credentials of this kind live. What a server cannot list leaves nothing to be asked for.
    pub fn stocks(&self) -> &'static [Stock] {
        match self {
            Self::Postgres(_) | Self::Rabbitmq(_) | Self::Mariadb(_) | Self::Valkey(_) => {
                &[Stock::Users, Stock::Sessions]
            }
            // The authority has the certificates, or the list of those that ended, or the server its users; whose connections are open
            // nobody tells.
            Self::Nginx(_) | Self::Ssh(_) | Self::Minio(_) | Self::Influxdb(_) => &[Stock::Users],
            Self::SshOtp(_) => &[],
        }
    }
}

/// The kinds of session of all backends, each once.
pub fn every_session_kind() -> Vec<&'static str> {
    let mut kinds = [
        postgres::SESSION_KINDS,
        rabbitmq::SESSION_KINDS,
        nginx::SESSION_KINDS,
        ssh::SESSION_KINDS,
        mariadb::SESSION_KINDS,
        valkey::SESSION_KINDS,
        minio::SESSION_KINDS,
        influxdb::SESSION_KINDS,
    ]
    .concat();
    let mut seen = std::collections::BTreeSet::new();
    kinds.retain(|kind| seen.insert(*kind));
    kinds
}

/// Something that a credential may or may not do, in the form of its backend.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Statement {
    /// SQL.
    Sql(String),
    /// An operation at a message broker.
    Broker(rabbitmq::Operation),
    /// A request at an internal API: `GET /orders`.
    Request(String),
    /// A command at a shell.
    Command(String),
    /// An operation at Valkey.
    Valkey(valkey::Operation),
    /// An operation at an object store.
    Store(minio::Operation),
}

impl Statement {
    fn of_sql(plan: &shape::SqlPlan) -> (Vec<Self>, Vec<Self>) {
        let all = |statements: &[String]| statements.iter().cloned().map(Self::Sql).collect();
        (all(&plan.allowed), all(&plan.denied))
    }
    fn broker(operations: &[rabbitmq::Operation]) -> Vec<Self> {
        operations.iter().cloned().map(Self::Broker).collect()
    }
    fn valkey(operations: &[valkey::Operation]) -> Vec<Self> {
        operations.iter().cloned().map(Self::Valkey).collect()
    }
    fn store(operations: &[minio::Operation]) -> Vec<Self> {
        operations.iter().cloned().map(Self::Store).collect()
    }
    fn requests(requests: &[String]) -> Vec<Self> {
        requests.iter().cloned().map(Self::Request).collect()
    }
    fn commands(commands: &[String]) -> Vec<Self> {
        commands.iter().cloned().map(Self::Command).collect()
    }
}

/// As the history and the reports name it.
impl std::fmt::Display for Statement {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Sql(text) | Self::Request(text) | Self::Command(text) => f.write_str(text),
            Self::Broker(operation) => operation.fmt(f),
            Self::Valkey(operation) => operation.fmt(f),
            Self::Store(operation) => operation.fmt(f),
        }
    }
}

/// What an answer can mean: the word of every backend's closed table of codes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Says {
    /// The credential is not accepted.
    Refused(crate::observation::Meaning),
    /// The credential was accepted, the operation is forbidden.
    Denied,
    /// A known answer that says nothing of the credential.
    Nothing,
}

impl Says {
    /// What an answer of a row is as an observation: `code` as the row has it, `said` in the server's words.
    pub fn observed(self, code: String, said: &str) -> Saw {
        match self {
            Self::Refused(meaning) => Saw::Refused { code, meaning },
            Self::Denied => Saw::Denied { code },
            Self::Nothing => Saw::Unclassified { what: format!("{said} (says nothing of the credential)") },
        }
    }
}

/// Why the backend's own log says that it refused: on the wire the causes look alike.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Cause {
    /// There is no such user.
    Gone,
    /// The user is there and may not log in any more.
    Barred,
    /// The user's own end is past.
    Expired,
    /// The user is there, and this is not its secret.
    WrongSecret,
    /// The log does not tell.
    Unknown,
}

/// Whose credentials a backend takes, and which of them no more: what it must be told of an authority whose word is a signature.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Anchor {
    /// The authority's certificate, PEM, or its public key.
    pub certificate: String,
    /// What it revoked up to now: PEM, or serials in lines.
    pub revoked: String,
}

/// Whose identity tokens a backend takes, as it is told when it starts.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct IdentityProvider {
    /// Where it describes itself.
    pub discovery: String,
    /// For whom its tokens are; none where it has none.
    pub audiences: Vec<Audience>,
}

/// For whom an identity token is, and what it gets for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Audience {
    /// Its name, and that of its policy.
    pub id: String,
    /// What it may, in the backend's form.
    pub policy: String,
    /// Another provider's, where it is not the usual one's.
    pub discovery: Option<String>,
}

/// In which role an identity token is shown, where it is not its own, and for how many seconds more is asked than it is good for.
pub type Wished<'a> = Option<(&'a str, Option<i32>)>;

/// What a backend gave for an identity token.
pub struct Sold {
    /// Name and secret, with the token that bought it.
    pub credential: Credential,
    /// When it ends, as the backend states it.
    pub ends: jiff::Timestamp,
}

/// A name and its secret: what a probe presents.
#[derive(Clone)]
pub struct Credential {
    /// The name that the backend knows.
    pub name: String,
    /// What proves it.
    pub secret: crate::secret::Secret,
}

/// A credential that a backend is told to take no more, because its authority's word does not reach it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ended {
    /// The record's id.
    pub id: String,
    /// The name that the backend knows it by.
    pub name: String,
}

/// Something at a backend that had to work and did not; exit 3.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{0}")]
pub struct BackendError(pub String);

impl From<crate::observation::Saw> for BackendError {
    fn from(saw: crate::observation::Saw) -> Self {
        Self(saw.label().to_string())
    }
}

#[cfg(feature = "engine")]
impl From<crate::environment::EnvError> for BackendError {
    fn from(e: crate::environment::EnvError) -> Self {
        Self(e.what)
    }
}
