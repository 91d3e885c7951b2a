//! A session that is open at a backend, whichever it is.

use super::{Statement, influxdb, mariadb, minio, nginx, postgres, rabbitmq, ssh, valkey};
use crate::observation::{Saw, Stage};

/// A session that was open before the trigger.
pub enum OpenSession {
    /// PostgreSQL.
    Postgres(postgres::session::Session),
    /// RabbitMQ.
    Rabbitmq(Box<rabbitmq::session::Session>),
    /// nginx.
    Nginx(nginx::session::Session),
    /// sshd.
    Ssh(Box<ssh::session::Session>),
    /// MariaDB.
    Mariadb(mariadb::session::Session),
    /// Valkey.
    Valkey(Box<valkey::session::Session>),
    /// MinIO.
    Minio(Box<minio::session::Session>),
    /// InfluxDB.
    Influxdb(influxdb::connection::Session),
}

/// How a backend's own becomes one.
macro_rules! opens {
    ($($variant:ident: $session:ty;)+) => {
        $(impl From<$session> for OpenSession {
            fn from(session: $session) -> Self {
                Self::$variant(session.into())
            }
        })+
    };
}
opens! {
    Postgres: postgres::session::Session;
    Rabbitmq: rabbitmq::session::Session;
    Nginx: nginx::session::Session;
    Ssh: ssh::session::Session;
    Mariadb: mariadb::session::Session;
    Valkey: valkey::session::Session;
    Influxdb: influxdb::connection::Session;
    Minio: minio::session::Session;
}

impl OpenSession {
    /// Whether it still answers.
    pub async fn probe(&self) -> (Stage, Saw) {
        match self {
            Self::Postgres(s) => s.probe().await,
            Self::Mariadb(s) => s.probe().await,
            Self::Rabbitmq(s) => s.probe().await,
            Self::Nginx(s) => s.probe().await,
            Self::Ssh(s) => s.probe().await,
            Self::Valkey(s) => s.probe().await,
            Self::Minio(s) => s.probe().await,
            Self::Influxdb(s) => s.probe().await,
        }
    }
    /// Runs a statement of the drill's lists and undoes its effect.
    pub async fn statement(&self, statement: &Statement) -> Saw {
        match (self, statement) {
            (Self::Postgres(s), Statement::Sql(sql)) => s.statement(sql).await,
            (Self::Rabbitmq(s), Statement::Broker(operation)) => s.operate(operation).await,
            (Self::Influxdb(s), Statement::Sql(query)) => s.statement(query).await,
            (Self::Mariadb(s), Statement::Sql(sql)) => s.statement(sql).await,
            (Self::Nginx(s), Statement::Request(request)) => s.statement(request).await,
            (Self::Ssh(s), Statement::Command(command)) => s.statement(command).await,
            (Self::Valkey(s), Statement::Valkey(operation)) => s.operate(operation).await,
            (Self::Minio(s), Statement::Store(operation)) => s.operate(operation).await,
            (_, other) => Saw::Unclassified { what: format!("no statement for this server: {other}") },
        }
    }
    /// Runs a script as it is, not undone.
    ///
    /// # Errors
    /// What the server answered.
    pub async fn run(&self, script: &str) -> Result<(), Saw> {
        match self {
            Self::Postgres(s) => s.run(script).await,
            Self::Mariadb(s) => s.run(script).await,
            Self::Valkey(s) => s.run(script).await,
            Self::Influxdb(s) => s.run(script).await,
            Self::Rabbitmq(_) | Self::Nginx(_) | Self::Ssh(_) | Self::Minio(_) => {
                Err(Saw::Unclassified { what: "this server runs no scripts".into() })
            }
        }
    }
}
