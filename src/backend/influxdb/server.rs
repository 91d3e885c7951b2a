//! A running InfluxDB with its users, seed data and inspector.

use super::connection::Session;
use super::{InfluxdbPlan, PATIENCE, PLUGIN};
use crate::backend::attempt::{Attempt, SET_UP_TIMEOUT, Target, within};
use crate::backend::base::{Base, Crew, answers_by_its_base};
use crate::backend::plugin::HostileStatements;
use crate::backend::serves::until_up;
use crate::backend::{BackendError, Credential, Place, Serves};
use crate::environment::Container;
use crate::observation::{Saw, Stage, Stock};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::time::Duration;

/// A started InfluxDB.
pub struct Server {
    /// Its marker is a point in the drill's database.
    base: Base<Target>,
    plan: InfluxdbPlan,
}

impl Server {
    /// Starts the container only.
    ///
    /// # Errors
    /// The engine refuses.
    pub async fn launch(place: &Place<'_>, plan: &InfluxdbPlan) -> Result<Self, BackendError> {
        let on = ["INFLUXDB_HTTP_AUTH_ENABLED", "INFLUXDB_REPORTING_DISABLED"].map(|it| (it.into(), "true".into()));
        let spec = place.spec(vec!["influxd".into()], on.into(), vec![Self::PORT], Vec::new());
        let crew = Crew::new("drill_administrator", place.redactor);
        let base = Base::start(place, spec, crew).await?;
        Ok(Self { base, plan: plan.clone() })
    }

    /// Until it has an administrator a server takes the first that anybody makes; made again it is the same.
    async fn introduction(&self, target: &Target) -> Attempt<(Session, String)> {
        let session = Session::connect(target, self.administrator()).await?;
        let seen = |saw| (Stage::Login, saw);
        session.run(&make(self.administrator())).await.map_err(seen)?;
        let build = session.query("SHOW DIAGNOSTICS FOR 'build'").await.map_err(seen)?;
        Ok((session, build.first().and_then(|row| row[3].as_str()).unwrap_or_default().to_string()))
    }
}

impl Serves for Server {
    type Session = Session;
    const PORT: u16 = 8086;
    const PATIENCE: Duration = PATIENCE;
    answers_by_its_base!();

    async fn ready(&self) -> Result<(), BackendError> {
        let (again, marker) = (self.base.target().is_ok(), self.identity());
        let target =
            Target { address: self.container().address(Self::PORT).await?, database: self.plan.database.clone() };
        let introduction = || self.introduction(&target);
        let (session, version) = until_up(self.container(), Self::PORT, "influxdb", introduction).await?;
        if !again {
            let named = format!("CREATE DATABASE \"{}\"\nINSERT drill server=\"{marker}\"", self.plan.database);
            session.run(&named).await?;
        }
        let name = session.identity().await?;
        if name != marker {
            return Err(BackendError(format!("influxdb came back as another: {name}")));
        }
        self.base.is_up(target, version);
        Ok(())
    }
    async fn prepare(&self, parents: &[String]) -> Result<Vec<Credential>, BackendError> {
        let session = self.administrator_session().await?;
        let parents = self.base.parents(parents, "-");
        // Who makes users, and who sees them, is an administrator: there is no smaller right.
        for user in parents.iter().chain([self.inspector()]) {
            session.run(&make(user)).await?;
        }
        let seeded = session.run(&self.plan.seed_sql).await;
        seeded.map_err(|saw| BackendError(format!("the seed {}: {}", self.plan.seed, saw.label())))?;
        self.base.remember(&parents, &[]);
        Ok(parents)
    }
    fn hostile_statements(&self, victim: &str) -> HostileStatements {
        let make = "CREATE USER \"{{username}}\" WITH PASSWORD '{{password}}'".into();
        HostileStatements { creation: vec![format!("DROP USER \"{victim}\""), make], revocation: Vec::new() }
    }
    fn authority_connection(&self, parent: &Credential) -> Value {
        let (host, password) = (&self.container().name, parent.secret.expose());
        json!({"plugin_name": PLUGIN.name, "host": host, "port": Self::PORT, "username": parent.name, "password": password})
    }
    async fn probe(&self, _door: &str, credential: &Credential) -> (Stage, Saw) {
        let opened = async { Session::open(&self.base.reached()?, credential, PATIENCE).await }.await;
        opened.map_or_else(|seen| seen, |(_, server)| (Stage::Login, Saw::Accepted { server }))
    }
    async fn open_within(&self, who: &Credential, _kind: &str, patience: Duration) -> Attempt<Session> {
        Session::open(&self.base.reached()?, who, patience).await.map(|(session, _)| session)
    }
    fn stocks(&self) -> &'static [Stock] {
        &[Stock::Users]
    }
    async fn users(&self) -> Result<BTreeSet<String>, BackendError> {
        let session = self.open(self.inspector(), "inspector").await.map_err(|(_, saw)| saw)?;
        let rows = within(SET_UP_TIMEOUT, session.query("SHOW USERS")).await?;
        Ok(rows.iter().filter_map(|row| row[0].as_str().map(String::from)).collect())
    }
    async fn issued_users(&self) -> Result<Vec<String>, BackendError> {
        Ok(self.base.strangers(&self.users().await?))
    }
}

/// The query that makes an administrator.
fn make(user: &Credential) -> String {
    format!("CREATE USER \"{}\" WITH PASSWORD '{}' WITH ALL PRIVILEGES", user.name, user.secret.expose())
}
