//! The broker's container: what it needs at the authority, its start, its restart on the same records.

use super::roles::{Role, Roles};
use crate::authority::approle::AppRole;
use crate::authority::client::{Answer, Bao};
use crate::authority::error::AuthorityError;
use crate::environment::{
    Address, Container, ContainerSpec, CopiedFile, EngineHandle, ImageChoice, Labels, LogLine, Network,
};
use crate::secret::{Redactor, Secret};
use serde_json::json;
use std::sync::{Mutex, PoisonError, RwLock};
use std::time::Duration;
use tokio::sync::OnceCell;

/// The API's port inside.
const PORT: u16 = 8250;
/// What the broker may at the authority: as it ships it.
const POLICY: &str = include_str!("../../../fixtures/broker/policy.hcl");
/// Where it finds its secret and its roles inside.
const SECRET_ID: &str = "/etc/credential-broker.secret-id";
const ROLES: &str = "/etc/credential-broker.roles.json";
/// It gives every parent a new secret before it listens.
const READY_TIMEOUT: Duration = Duration::from_secs(40);
/// Between two questions whether it is ready.
const POLL: Duration = Duration::from_millis(20);
/// A mount answers milliseconds after it was made.
const MOUNT_TRIES: usize = 200;

/// A credential broker: known to the authority from the first, started when the backend has its parents.
pub struct Broker {
    role: AppRole,
    roles: Mutex<Roles>,
    container: OnceCell<Container>,
    address: RwLock<Option<Address>>,
}

/// What it is started with.
pub struct Start<'a> {
    /// The container engine.
    pub engine: &'a EngineHandle,
    /// Where its servers are.
    pub network: &'a Network,
    /// The run's labels.
    pub labels: &'a Labels,
    /// Of the container.
    pub name: &'a str,
    /// Which image.
    pub image: ImageChoice,
    /// Where it reaches the authority.
    pub authority: &'a str,
    /// Where it reaches the backend.
    pub store: &'a str,
    /// How often it asks the authority whether a caller still may.
    pub poll_ms: u64,
    /// Whether it gives the parents a new secret when it starts.
    pub rotates: bool,
    /// What is wrong with it on purpose.
    pub broken: Option<&'a str>,
}

impl Broker {
    /// Where parents and records are kept.
    pub const KV: &'static str = "broker-kv";

    /// Makes what it needs at the authority, as root: where it keeps its records, and its login.
    ///
    /// # Errors
    /// The authority refuses a step.
    pub async fn enrol(root: &Bao, redactor: &Redactor) -> Result<Self, AuthorityError> {
        let kv = json!({"type": "kv", "options": {"version": "2"}});
        root.post(&format!("sys/mounts/{}", Self::KV), kv).await?;
        checked_and_set(root).await?;
        root.call("PUT", "sys/policies/acl/credential-broker", Some(json!({"policy": POLICY}))).await?;
        let tokens = json!({"token_policies": ["credential-broker"], "token_ttl": "1h", "token_max_ttl": "24h"});
        let role = AppRole::create(root, "credential-broker", tokens, redactor).await?;
        Ok(Self { role, roles: Mutex::default(), container: OnceCell::new(), address: RwLock::new(None) })
    }

    /// Adds a role, which it learns when it starts.
    pub fn add(&self, tenant: (&str, &str), name: &str, role: Role) {
        self.roles.lock().unwrap_or_else(PoisonError::into_inner).add(tenant, name, role);
    }

    /// Starts it and waits until it is ready. As it states it: its version.
    ///
    /// # Errors
    /// It does not come up in time.
    pub async fn start(&self, start: Start<'_>) -> Result<String, AuthorityError> {
        let roles = self.roles.lock().unwrap_or_else(PoisonError::into_inner).text();
        let mut env: Vec<(String, String)> = [
            ("BROKER_OPENBAO", start.authority.to_string()),
            ("BROKER_ROLE_ID", self.role.role_id.clone()),
            ("BROKER_SECRET_ID_FILE", SECRET_ID.into()),
            ("BROKER_ROLES_FILE", ROLES.into()),
            ("BROKER_STORE", start.store.to_string()),
            ("BROKER_KV", Self::KV.into()),
            ("BROKER_POLL", format!("{}ms", start.poll_ms)),
            ("BROKER_ROTATE", start.rotates.to_string()),
        ]
        .map(|(key, value)| (key.to_string(), value))
        .into();
        if let Some(broken) = start.broken {
            env.push(("BROKER_SABOTAGE".into(), broken.into()));
            env.push(("BROKER_I_AM_A_TEST".into(), "yes".into()));
        }
        let file = |path: &str, text: &str| CopiedFile { path: path.into(), bytes: text.into(), mode: 0o444 };
        let spec = ContainerSpec {
            name: start.name.into(),
            image: start.image,
            command: Vec::new(),
            env,
            ports: vec![PORT],
            files: vec![file(SECRET_ID, self.role.secret_id.expose()), file(ROLES, &roles)],
        };
        let container = Container::start(start.engine, start.network, start.labels, spec).await?;
        let container = self.container.get_or_init(|| async { container }).await;
        self.ready(container).await
    }

    /// Waits until it says that it is ready, and remembers where it is.
    async fn ready(&self, container: &Container) -> Result<String, AuthorityError> {
        let address = container.address(PORT).await?;
        let bao = Bao::at(&address, Duration::from_secs(1))?;
        let ready = async {
            loop {
                if let Ok(answer) = bao.send("GET", "broker/health", None).await
                    && answer.ok()
                {
                    return answer;
                }
                tokio::time::sleep(POLL).await;
            }
        };
        let Ok(answer) = tokio::time::timeout(READY_TIMEOUT, ready).await else {
            let why = container.why_silent(PORT).await;
            return Err(AuthorityError::Server(format!(
                "the broker did not come up in {} s; its last lines: {}{why}",
                READY_TIMEOUT.as_secs(),
                container.logs.last_words(),
            )));
        };
        *self.address.write().unwrap_or_else(PoisonError::into_inner) = Some(address);
        Ok(version(&answer))
    }

    /// Starts it again after a kill: on the records that it left.
    ///
    /// # Errors
    /// It does not come up in time.
    pub async fn start_again(&self) -> Result<(), AuthorityError> {
        let container = self.running()?;
        container.start_again().await?;
        self.ready(container).await.map(|_| ())
    }

    /// Its container.
    ///
    /// # Errors
    /// It was never started.
    pub fn running(&self) -> Result<&Container, AuthorityError> {
        self.container.get().ok_or_else(|| AuthorityError::Server("the broker was not started".into()))
    }

    /// Somebody's connection to it instead of to the authority.
    pub fn at(&self, bao: &Bao) -> Bao {
        match &*self.address.read().unwrap_or_else(PoisonError::into_inner) {
            Some(address) => bao.moved_to(address),
            // Nobody listens there: what is asked before its start has no answer.
            None => bao.moved_to(&Address { host: "127.0.0.1".into(), port: 0 }),
        }
    }

    /// Its audit and its own log.
    pub fn lines(&self) -> (Vec<LogLine>, Vec<LogLine>) {
        let lines = self.container.get().map(|c| c.logs.lines()).unwrap_or_default();
        lines.into_iter().partition(|line| !line.stderr)
    }

    /// The secrets that it was given.
    pub fn secret(&self) -> &Secret {
        &self.role.secret_id
    }

    /// Gives its container up for removal.
    pub fn into_container(self) -> Option<Container> {
        self.container.into_inner()
    }
}

fn version(answer: &Answer) -> String {
    answer.text("/version").unwrap_or_default().to_string()
}

/// Every write to it names the version that it is over.
async fn checked_and_set(root: &Bao) -> Result<(), AuthorityError> {
    let path = format!("{}/config", Broker::KV);
    for _ in 1..MOUNT_TRIES {
        if root.send("POST", &path, Some(json!({"cas_required": true}))).await?.ok() {
            return Ok(());
        }
        tokio::time::sleep(POLL).await;
    }
    root.post(&path, json!({"cas_required": true})).await.map(|_| ())
}
