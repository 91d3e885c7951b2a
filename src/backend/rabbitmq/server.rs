//! A running RabbitMQ with its users, seed data and inspector.

use super::amqp::{self, Target};
use super::management::Api;
use super::session::Session;
use super::sightings::Sightings;
use super::{MANAGEMENT, RabbitmqPlan, log};
use crate::backend::attempt::{Attempt, part};
use crate::backend::base::{Base, Crew, answers_by_its_base};
use crate::backend::serves::until_up;
use crate::backend::{BackendError, Credential, LoggedRefusal, Place, Serves};
use crate::environment::{Container, ContainerSpec, CopiedFile};
use crate::observation::{Saw, Stage, Stock};
use reqwest::Method;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::time::{Duration, Instant};

const AMQP_PORT: u16 = 5672;
const MANAGEMENT_PORT: u16 = 15672;
const ADMINISTRATOR: &str = "drill_administrator";
/// A parent makes and deletes users, and only an administrator can; the inspector lists them, and only an administrator can.
const HIGHEST_TAG: &str = "administrator";
/// Read by the server itself, beside the image's own. Whoever the server runs as must be able to.
const CONFIGURATION: &str = "/etc/rabbitmq/conf.d/90-drill.conf";

/// A started RabbitMQ.
pub struct Server {
    /// Its marker is the cluster's name, and an exchange's in the virtual host.
    base: Base<(Target, Api)>,
    plan: RabbitmqPlan,
    sightings: Sightings,
}

impl Server {
    /// Starts the container only.
    ///
    /// # Errors
    /// The engine refuses.
    pub async fn launch(place: &Place<'_>, plan: &RabbitmqPlan) -> Result<Self, BackendError> {
        let crew = Crew::new(ADMINISTRATOR, place.redactor);
        let configuration = format!(
            "default_user = {}\ndefault_pass = {}\ndefault_vhost = {}\nlog.console = true\n{}",
            crew.administrator.name,
            crew.administrator.secret.expose(),
            plan.vhost,
            log::FORMAT
        );
        let spec = ContainerSpec {
            name: place.name.into(),
            image: place.image.clone(),
            command: vec!["rabbitmq-server".into()],
            env: Vec::new(),
            ports: vec![AMQP_PORT, MANAGEMENT_PORT],
            files: vec![CopiedFile { path: CONFIGURATION.into(), bytes: configuration.into(), mode: 0o644 }],
        };
        let base = Base::start(place, spec, crew).await?;
        Ok(Self { base, plan: plan.clone(), sightings: Sightings::default() })
    }

    async fn mark(&self, api: &Api) -> Result<(), BackendError> {
        self.put(api, "cluster-name", &json!({"name": self.base.crew.marker})).await?;
        let exchange = format!("exchanges/{}/{}", part(&self.plan.vhost), part(&self.base.crew.marker));
        self.put(api, &exchange, &json!({"type": "fanout", "durable": true})).await
    }

    async fn put(&self, api: &Api, path: &str, body: &Value) -> Result<(), BackendError> {
        api.call(&self.base.crew.administrator, Method::PUT, path, Some(&body.to_string())).await.map(|_| ())
    }

    /// The names of all that a list has.
    async fn listed(&self, api: &Api, list: &str) -> Result<BTreeSet<String>, BackendError> {
        let body = api.call(&self.base.crew.inspector, Method::GET, list, None).await?;
        let all = body.as_array().ok_or_else(|| BackendError(format!("no list: {list}")))?;
        Ok(all.iter().filter_map(|one| one["name"].as_str().map(String::from)).collect())
    }

    async fn users(&self, api: &Api) -> Result<BTreeSet<String>, BackendError> {
        self.listed(api, "users?columns=name").await
    }
}

impl Serves for Server {
    type Session = Session;
    const PORT: u16 = MANAGEMENT_PORT;
    answers_by_its_base!();

    async fn ready(&self) -> Result<(), BackendError> {
        let again = self.base.target().is_ok();
        let address = self.base.container.address(AMQP_PORT).await?;
        let target = Target { address, vhost: self.plan.vhost.clone(), marker: self.base.crew.marker.clone() };
        let api = Api::new(&self.base.container.address(MANAGEMENT_PORT).await?)?;
        let introduction = async || {
            amqp::connect(&target, &self.base.crew.administrator, "drill-ready").await?;
            let name = api.cluster_name(&self.base.crew.administrator).await;
            name.map_err(|e| (Stage::Login, Saw::Unreachable { why: e.0 }))
        };
        let name = until_up(&self.base.container, AMQP_PORT, "rabbitmq", introduction).await?;
        if again && name != self.base.crew.marker {
            return Err(BackendError(format!("rabbitmq came back as another: {name}")));
        }
        if !again {
            self.mark(&api).await?;
        }
        let overview = api.call(&self.base.crew.administrator, Method::GET, "overview", None).await?;
        let version = overview["rabbitmq_version"].as_str().unwrap_or_default().to_string();
        self.base.is_up((target, api), version);
        Ok(())
    }
    async fn prepare(&self, parents: &[String]) -> Result<Vec<Credential>, BackendError> {
        let (_, api) = self.base.target()?;
        let parents = self.base.parents(parents, "-");
        for user in parents.iter().chain([&self.base.crew.inspector]) {
            let body = json!({"password": user.secret.expose(), "tags": HIGHEST_TAG});
            self.put(&api, &format!("users/{}", part(&user.name)), &body).await?;
        }
        let path = format!("definitions/{}", part(&self.plan.vhost));
        let import = api.call(&self.base.crew.administrator, Method::POST, &path, Some(&self.plan.seed_json)).await;
        import.map_err(|e| BackendError(format!("the seed {}: {e}", self.plan.seed)))?;
        self.base.remember(&parents, &[]);
        Ok(parents)
    }
    async fn check_inspector(&self) -> Result<(), BackendError> {
        let name = self.base.target()?.1.cluster_name(&self.base.crew.inspector).await?;
        if name == self.base.crew.marker {
            Ok(())
        } else {
            Err(BackendError(format!("the inspector sees another: {name}")))
        }
    }
    fn authority_connection(&self, parent: &Credential) -> Value {
        json!({
            "connection_uri": format!("http://{}:{MANAGEMENT_PORT}", self.base.container.name),
            "username": parent.name,
            "password": parent.secret.expose(),
            "verify_connection": true,
        })
    }
    async fn probe(&self, door: &str, credential: &Credential) -> (Stage, Saw) {
        match self.base.target() {
            Ok((_, api)) if door == MANAGEMENT => api.probe(credential, &self.plan.vhost).await,
            Ok((target, _)) => amqp::probe(&target, credential).await,
            Err(e) => (Stage::Login, Saw::Unreachable { why: e.0 }),
        }
    }
    async fn open_within(&self, who: &Credential, kind: &str, patience: Duration) -> Attempt<Session> {
        let (target, _) = self.base.reached()?;
        Session::open(&target, who, kind, self.plan.consumed(), patience).await
    }
    async fn inventory(&self, stock: Stock, names: &[String]) -> Result<BTreeSet<String>, BackendError> {
        let (_, api) = self.base.target()?;
        match stock {
            Stock::Users => {
                let users = self.users(&api).await?;
                Ok(names.iter().filter(|name| users.contains(*name)).cloned().collect())
            }
            Stock::Sessions => {
                let mut own = Vec::new();
                for name in names {
                    let path = format!("connections/username/{}", part(name));
                    own.push((name, self.listed(&api, &path).await?));
                }
                let statistics = self.listed(&api, "connections?columns=name").await?;
                let now = Instant::now();
                let mut found = BTreeSet::new();
                for (name, listed) in &own {
                    let beside = own.iter().any(|(other, listed)| other != name && !listed.is_disjoint(&statistics));
                    // Each is asked about: it begins to be seen.
                    for connection in listed {
                        if self.sightings.is_open(connection, (statistics.contains(connection), beside), now) {
                            found.insert((*name).clone());
                        }
                    }
                }
                Ok(found)
            }
            Stock::Leases | Stock::Objects => Err(BackendError("not kept at the backend".into())),
        }
    }
    fn unsure(&self) -> bool {
        self.sightings.unsure(Instant::now())
    }
    async fn issued_users(&self) -> Result<Vec<String>, BackendError> {
        Ok(self.base.strangers(&self.users(&self.base.target()?.1).await?))
    }
    fn refusals(&self) -> Vec<LoggedRefusal> {
        log::refusals(&self.base.container.logs.lines())
    }
}
