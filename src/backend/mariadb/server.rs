//! A running MariaDB with its users, seed data and inspector.

use super::login::{Attempt, SET_UP_TIMEOUT, Target, connect, identity, observe, probe};
use super::session::Session;
use super::{IDLE, MariadbPlan, PLUGIN};
use crate::backend::base::{Base, Crew, answers_by_its_base};
use crate::backend::plugin::HostileStatements;
use crate::backend::serves::until_up;
use crate::backend::{BackendError, Credential, Place, Serves, script};
use crate::environment::{Container, ContainerSpec, CopiedFile};
use crate::observation::{Saw, Stage, Stock};
use mysql_async::prelude::Queryable;
use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::time::Duration;

const PORT: u16 = 3306;
const ADMINISTRATOR: &str = "root";
/// A few users and rows: what makes the start faster, and a log that names ended connections.
const OPTIONS: &[&str] = &[
    "--skip-name-resolve",
    "--skip-log-bin",
    "--performance-schema=OFF",
    "--innodb-buffer-pool-size=32M",
    "--innodb-flush-log-at-trx-commit=2",
    "--max-connections=1000",
    "--log-warnings=4",
];

/// A started MariaDB.
pub struct Server {
    /// Its marker is `report_host`, which everybody may read.
    base: Base<Target>,
    plan: MariadbPlan,
}

impl Server {
    /// Starts the container only.
    ///
    /// # Errors
    /// The engine refuses.
    pub async fn launch(place: &Place<'_>, plan: &MariadbPlan) -> Result<Self, BackendError> {
        let crew = Crew::new(ADMINISTRATOR, place.redactor);
        let password = CopiedFile {
            path: "/drill/password".into(),
            bytes: crew.administrator.secret.expose().into(),
            mode: 0o600,
        };
        let mut command = vec!["mariadbd".to_string(), format!("--report-host={}", crew.marker)];
        command.extend(OPTIONS.iter().map(ToString::to_string));
        let spec = ContainerSpec {
            name: place.name.into(),
            image: place.image.clone(),
            command,
            env: vec![
                ("MARIADB_ROOT_PASSWORD_FILE".into(), password.path.clone()),
                ("MARIADB_DATABASE".into(), plan.database.clone()),
            ],
            ports: vec![PORT],
            files: vec![password],
        };
        let base = Base::start(place, spec, crew).await?;
        Ok(Self { base, plan: plan.clone() })
    }

    async fn ask(&self, sql: &str) -> Result<Vec<String>, BackendError> {
        let ask = async {
            // It has rights in no database of the drill's.
            let opened = self.open(&self.base.crew.inspector, IDLE).await;
            let session = opened.map_err(|(_, saw)| BackendError(format!("the inspector: {}", saw.label())))?;
            session.ask(sql).await.map_err(|saw| BackendError(format!("the inspector: {}", saw.label())))
        };
        let answer = tokio::time::timeout(SET_UP_TIMEOUT, ask).await;
        answer.unwrap_or_else(|_| Err(BackendError("mariadb gave the inspector no answer".into())))
    }
}

impl Serves for Server {
    type Session = Session;
    const PORT: u16 = PORT;
    answers_by_its_base!();

    async fn ready(&self) -> Result<(), BackendError> {
        let address = self.base.container.address(PORT).await?;
        let target = Target { address, database: self.plan.database.clone() };
        // Another server may have its address for a moment.
        let introduction = async || match introduction(&target, &self.base.crew.administrator).await? {
            (name, version) if name == self.base.crew.marker => Ok(version),
            (name, _) => Err((Stage::Login, Saw::Unclassified { what: format!("another mariadb: {name}") })),
        };
        let version = until_up(&self.base.container, PORT, "mariadb", introduction).await?;
        // 11.8.9-MariaDB-0+deb13u1 from Debian
        let version = version.split('-').next().unwrap_or_default().to_string();
        self.base.is_up(target, version);
        Ok(())
    }
    async fn prepare(&self, parents: &[String]) -> Result<Vec<Credential>, BackendError> {
        let parents = self.base.parents(parents, "_");
        let mut users = String::new();
        for user in parents.iter().chain([&self.base.crew.inspector]) {
            let _ = write!(users, "CREATE USER {} IDENTIFIED BY {};", account(&user.name), text(user.secret.expose()));
        }
        for parent in &parents {
            let _ = write!(users, "GRANT CREATE USER ON *.* TO {};", account(&parent.name));
        }
        let inspector = account(&self.base.crew.inspector.name);
        let _ = write!(users, "GRANT SELECT ON mysql.user TO {inspector}; GRANT PROCESS ON *.* TO {inspector}");
        let session = self.administrator_session().await?;
        let run = async |what: &str, script: &str| {
            session.run(script).await.map_err(|saw| BackendError(format!("{what}: {}", saw.label())))
        };
        run("making the parents and the inspector", &users).await?;
        let names: Vec<String> = parents.iter().map(|p| p.name.clone()).collect();
        let seed = script::for_each_parent(&self.plan.seed_sql, &names, script::MARIADB);
        let seed =
            script::without_blanks(&seed, script::MARIADB).replace("${inspector}", &self.base.crew.inspector.name);
        if !seed.is_empty() {
            run(&format!("the seed {}", self.plan.seed), &seed).await?;
        }
        Ok(parents)
    }
    async fn check_inspector(&self) -> Result<(), BackendError> {
        match self.ask("SELECT @@report_host").await? {
            rows if rows == [self.base.crew.marker.as_str()] => Ok(()),
            other => Err(BackendError(format!("the inspector sees another server: {}", other.join(", ")))),
        }
    }
    fn hostile_statements(&self, victim: &str) -> HostileStatements {
        let make = "CREATE USER '{{name}}'@'%' IDENTIFIED BY '{{password}}'";
        // The plugin's own way to end a user reads tables that no parent may read.
        let revocation = vec!["DROP USER IF EXISTS '{{name}}'@'%'".into()];
        HostileStatements { creation: vec![format!("DROP USER {}", account(victim)), make.into()], revocation }
    }
    fn authority_connection(&self, parent: &Credential) -> serde_json::Value {
        serde_json::json!({
            "plugin_name": PLUGIN.name,
            "connection_url": format!("{{{{username}}}}:{{{{password}}}}@tcp({}:{PORT})/", self.base.container.name),
            "username": parent.name,
            "password": parent.secret.expose(),
        })
    }
    async fn probe(&self, _door: &str, credential: &Credential) -> (Stage, Saw) {
        match self.base.target() {
            Ok(target) => probe(&target, credential).await,
            Err(e) => (Stage::Login, Saw::Unreachable { why: e.0 }),
        }
    }
    async fn open_within(&self, who: &Credential, kind: &str, patience: Duration) -> Attempt<Session> {
        let target = self.base.reached()?;
        Session::open(&target, who, kind, patience).await
    }
    async fn inventory(&self, stock: Stock, names: &[String]) -> Result<BTreeSet<String>, BackendError> {
        let list = names.iter().map(|n| text(n)).collect::<Vec<_>>().join(", ");
        let rows = match stock {
            Stock::Users => self.ask(&format!("SELECT user FROM mysql.user WHERE user IN ({list})")).await?,
            Stock::Sessions => {
                self.ask(&format!("SELECT user FROM information_schema.processlist WHERE user IN ({list})")).await?
            }
            Stock::Leases | Stock::Objects => return Err(BackendError("not kept at the backend".into())),
        };
        // The server compares names of sessions without their case.
        Ok(names.iter().filter(|name| rows.contains(name)).cloned().collect())
    }
    async fn issued_users(&self) -> Result<Vec<String>, BackendError> {
        self.ask("SELECT DISTINCT user FROM mysql.user WHERE user LIKE 'v-%' ORDER BY 1").await
    }
}

/// Who the server is, and its version.
async fn introduction(target: &Target, administrator: &Credential) -> Attempt<(String, String)> {
    let mut connection = connect(&target.address, administrator, Some(&target.database)).await?;
    let name = identity(&mut connection, Stage::Login).await?;
    let version: Option<String> =
        connection.query_first("SELECT @@version").await.map_err(|e| (Stage::Login, observe(&e, Stage::Login)))?;
    Ok((name, version.unwrap_or_default()))
}

/// As a text of SQL.
fn text(value: &str) -> String {
    format!("'{}'", value.replace('\\', "\\\\").replace('\'', "''"))
}

/// A user of any host.
fn account(name: &str) -> String {
    format!("{}@'%'", text(name))
}
