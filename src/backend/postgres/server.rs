//! A running PostgreSQL with its roles, seed data and inspector.

use super::PostgresPlan;
use super::log;
use super::login::{Attempt, PROBE_TIMEOUT, SET_UP_TIMEOUT, Target, connect, first_value, identity, observe, probe};
use super::session::Session;
use super::statements;
use crate::backend::{BackendError, Credential};
use crate::environment::{Container, ContainerSpec, CopiedFile, EngineHandle, ImageChoice, Labels, Network};
use crate::observation::{Saw, Stage, Stock};
use crate::secret::{Redactor, Secret};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::sync::Mutex;
use std::time::Duration;

const PORT: u16 = 5432;
const ADMINISTRATOR: &str = "postgres";
const INSPECTOR: &str = "drill_inspector";
const READY_TIMEOUT: Duration = Duration::from_secs(60);
/// Between two tries of the administrator's login while the server starts.
const POLL: Duration = Duration::from_millis(10);

/// A started PostgreSQL.
pub struct Server {
    /// Its container.
    pub container: Container,
    plan: PostgresPlan,
    administrator: Credential,
    inspector: Credential,
    redactor: Redactor,
    state: Mutex<Known>,
}

#[derive(Default, Clone)]
struct Known {
    target: Option<Target>,
    version: String,
    identity: String,
    /// A dropped user's sessions have no name any more, so the inspector writes the numbers down while it has.
    oids: BTreeMap<String, u32>,
}

impl Server {
    /// Starts the container only.
    ///
    /// # Errors
    /// The engine refuses.
    pub async fn launch(
        engine: &EngineHandle,
        network: &Network,
        labels: &Labels,
        name: &str,
        image: ImageChoice,
        plan: &PostgresPlan,
        redactor: &Redactor,
    ) -> Result<Self, BackendError> {
        let administrator = Credential { name: ADMINISTRATOR.into(), secret: Secret::random(redactor) };
        let inspector = Credential { name: INSPECTOR.into(), secret: Secret::random(redactor) };
        let password =
            CopiedFile { path: "/drill/password".into(), bytes: administrator.secret.expose().into(), mode: 0o600 };
        let options = [
            "fsync=off",
            "password_encryption=scram-sha-256",
            "log_timezone=UTC",
            "lc_messages=C",
            "max_connections=200",
            // A few rows: the default of 128 MB is only time at the start.
            "shared_buffers=16MB",
        ];
        let mut command = vec!["postgres".to_string(), "-c".into(), format!("log_line_prefix={}", log::PREFIX)];
        command.extend(options.iter().flat_map(|o| ["-c".to_string(), (*o).to_string()]));
        let spec = ContainerSpec {
            name: name.into(),
            image,
            command,
            env: vec![
                ("POSTGRES_PASSWORD_FILE".into(), password.path.clone()),
                ("POSTGRES_DB".into(), plan.database.clone()),
            ],
            ports: vec![PORT],
            files: vec![password],
        };
        let container = Container::start(engine, network, labels, spec).await?;
        Ok(Self {
            container,
            plan: plan.clone(),
            administrator,
            inspector,
            redactor: redactor.clone(),
            state: Mutex::default(),
        })
    }

    fn known(&self) -> Known {
        self.state.lock().unwrap_or_else(std::sync::PoisonError::into_inner).clone()
    }

    /// Waits until the administrator can log in, and learns who the server is. Again after a restart.
    ///
    /// # Errors
    /// It does not come up in time.
    pub async fn ready(&self) -> Result<(), BackendError> {
        let address = self.container.address(PORT).await?;
        let target = Target { address, database: self.plan.database.clone() };
        let up = async {
            loop {
                match tokio::time::timeout(PROBE_TIMEOUT, introduction(&target, &self.administrator)).await {
                    Ok(Ok(known)) => return known,
                    Ok(Err((_, saw))) => tracing::trace!(?saw, "postgres is not ready"),
                    Err(_) => tracing::trace!("postgres does not answer"),
                }
                tokio::time::sleep(POLL).await;
            }
        };
        let (identity, version) = tokio::time::timeout(READY_TIMEOUT, up).await.map_err(|_| {
            let last: Vec<String> = self.container.logs.lines().iter().rev().take(3).map(|l| l.text.clone()).collect();
            BackendError(format!(
                "postgres did not come up in {} s; its last lines: {}",
                READY_TIMEOUT.as_secs(),
                last.join(" | ")
            ))
        })?;
        let mut state = self.state.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        *state = Known {
            target: Some(target),
            version: version.split(' ').next().unwrap_or_default().into(),
            identity,
            oids: std::mem::take(&mut state.oids),
        };
        Ok(())
    }

    /// As the server states it.
    pub fn version(&self) -> String {
        self.known().version
    }
    /// What an acceptance must show.
    pub fn identity(&self) -> String {
        self.known().identity
    }
    fn target(&self) -> Result<Target, BackendError> {
        self.known().target.ok_or_else(|| BackendError("postgres is not ready".into()))
    }

    /// Makes the parents and the inspector, and runs the seed: a statement that names `${parent}` runs once for each.
    ///
    /// # Errors
    /// A statement fails; a seed's is named.
    pub async fn prepare(&self, parents: &[String]) -> Result<Vec<Credential>, BackendError> {
        let parents: Vec<Credential> = parents
            .iter()
            .map(|name| Credential {
                name: format!("{}_bao", name.replace('-', "_")),
                secret: Secret::random(&self.redactor),
            })
            .collect();
        let names: Vec<String> = parents.iter().map(|p| p.name.clone()).collect();
        let (i, db) = (INSPECTOR, quoted(&self.plan.database));
        // The server gets verifiers, so a logged statement holds no password.
        let mut roles = format!(
            "CREATE ROLE \"{i}\" LOGIN PASSWORD '{}' IN ROLE pg_read_all_stats;",
            self.verifier(&self.inspector)
        );
        for parent in &parents {
            let (p, pv) = (&parent.name, self.verifier(parent));
            let _ = write!(roles, "CREATE ROLE \"{p}\" LOGIN CREATEROLE NOINHERIT PASSWORD '{pv}';");
        }
        let session = self.administrator_session().await?;
        let run = async |what: &str, script: &str| {
            session.run(script).await.map_err(|saw| BackendError(format!("{what}: {}", saw.label())))
        };
        run("making the parents and the inspector", &roles).await?;
        let seed = statements::for_each_parent(&self.plan.seed_sql, &names).replace("${inspector}", i);
        run(&format!("the seed {}", self.plan.seed), &seed).await?;
        let all: Vec<String> = names.iter().map(|n| quoted(n)).collect();
        run("granting CONNECT", &format!("GRANT CONNECT ON DATABASE {db} TO {}, \"{i}\"", all.join(", "))).await?;
        Ok(parents)
    }

    /// The administrator's view and the inspector's must be of one server.
    ///
    /// # Errors
    /// The inspector cannot log in, or to another server.
    pub async fn check_inspector(&self) -> Result<(), BackendError> {
        match probe(&self.target()?, &self.inspector).await {
            (_, Saw::Accepted { server }) if server == self.identity() => Ok(()),
            (_, saw) => Err(BackendError(format!("the inspector cannot log in: {}", saw.label()))),
        }
    }

    /// Who sees users and sessions.
    pub fn inspector(&self) -> &Credential {
        &self.inspector
    }

    /// Statements that end a user, hidden among those that make one.
    pub fn hostile_statements(&self, victim: &str) -> Vec<String> {
        vec![format!("DROP ROLE {}", quoted(victim)), "CREATE ROLE \"{{name}}\"".into()]
    }

    fn verifier(&self, credential: &Credential) -> String {
        let verifier = postgres_protocol::password::scram_sha_256(credential.secret.expose().as_bytes());
        Secret::new(verifier, &self.redactor).expose().to_string()
    }

    /// How OpenBao's database engine reaches it as a tenant's parent.
    pub fn authority_connection(&self, parent: &Credential) -> serde_json::Value {
        serde_json::json!({
            "plugin_name": "postgresql-database-plugin",
            "connection_url": format!("postgresql://{{{{username}}}}:{{{{password}}}}@{}:{PORT}/{}?sslmode=disable", self.container.name, self.plan.database),
            "username": parent.name,
            "password": parent.secret.expose(),
            "password_authentication": "scram-sha-256",
        })
    }

    /// One attempt at the door.
    pub async fn probe(&self, credential: &Credential) -> (Stage, Saw) {
        match self.target() {
            Ok(target) => probe(&target, credential).await,
            Err(e) => (Stage::Login, Saw::Unreachable { why: e.0 }),
        }
    }

    /// Opens a session of a kind before the trigger.
    ///
    /// # Errors
    /// What was seen instead.
    pub async fn open(&self, credential: &Credential, kind: &str) -> Result<Session, (Stage, Saw)> {
        let target = self.target().map_err(|e| (Stage::Login, Saw::Unreachable { why: e.0 }))?;
        Session::open(&target, credential, kind, SET_UP_TIMEOUT).await
    }

    /// Opens a session again that was lost: as much a probe as a login is.
    ///
    /// # Errors
    /// What was seen instead.
    pub async fn reopen(&self, credential: &Credential, kind: &str) -> Result<Session, (Stage, Saw)> {
        let target = self.target().map_err(|e| (Stage::Login, Saw::Unreachable { why: e.0 }))?;
        Session::open(&target, credential, kind, PROBE_TIMEOUT).await
    }

    /// For `--keep`: where it answers and the administrator's login.
    ///
    /// # Errors
    /// It is not running.
    pub async fn person(&self) -> Result<(crate::environment::Address, Credential), BackendError> {
        Ok((self.container.address(PORT).await?, self.administrator.clone()))
    }

    /// A session of the backend's administrator.
    ///
    /// # Errors
    /// It cannot log in.
    pub async fn administrator_session(&self) -> Result<Session, BackendError> {
        self.open(&self.administrator, "administrator")
            .await
            .map_err(|(_, saw)| BackendError(format!("the administrator cannot log in: {}", saw.label())))
    }

    /// Puts another `pg_hba.conf` there and waits until new logins go by it.
    ///
    /// # Errors
    /// The administrator may not write it, or the server does not load it.
    pub async fn configure(&self, hba: &str) -> Result<(), BackendError> {
        let target = self.target()?;
        // A new session inherits the time from the process that takes the logins.
        let loaded = || self.query(&target, &self.administrator, "SELECT pg_conf_load_time()");
        let before = loaded().await?;
        let write = format!(
            "DO $do$ BEGIN EXECUTE format('COPY (SELECT unnest(string_to_array(%L, chr(10)))) TO %L', $hba${hba}$hba$, current_setting('hba_file')); END $do$; SELECT pg_reload_conf()"
        );
        let session = self.administrator_session().await?;
        session.run(&write).await.map_err(|saw| BackendError(format!("writing pg_hba.conf: {}", saw.label())))?;
        let in_force = async {
            while loaded().await? == before {
                tokio::time::sleep(POLL).await;
            }
            Ok(())
        };
        tokio::time::timeout(READY_TIMEOUT, in_force)
            .await
            .unwrap_or_else(|_| Err(BackendError("postgres did not load pg_hba.conf again".into())))
    }

    /// Which of these names the inspector finds.
    ///
    /// # Errors
    /// The inspector gets no answer.
    pub async fn inventory(&self, stock: Stock, names: &[String]) -> Result<BTreeSet<String>, BackendError> {
        let target = self.target()?;
        let list = names.iter().map(|n| format!("'{}'", n.replace('\'', "''"))).collect::<Vec<_>>().join(", ");
        let rows = match stock {
            Stock::Users => {
                let rows = self
                    .query(
                        &target,
                        &self.inspector,
                        &format!("SELECT oid || ' ' || rolname FROM pg_roles WHERE rolname IN ({list})"),
                    )
                    .await?;
                let mut state = self.state.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
                let split = rows.iter().filter_map(|r| r.split_once(' '));
                split
                    .map(|(oid, name)| {
                        state.oids.insert(name.to_string(), oid.parse().unwrap_or(0));
                        name.to_string()
                    })
                    .collect()
            }
            Stock::Sessions => {
                let oids = self.known().oids;
                let unknown = names.iter().find(|n| !oids.contains_key(*n));
                if let Some(name) = unknown {
                    return Err(BackendError(format!("the inspector never saw the user {name}")));
                }
                let wanted =
                    names.iter().filter_map(|n| oids.get(n)).map(u32::to_string).collect::<Vec<_>>().join(", ");
                let rows = self
                    .query(
                        &target,
                        &self.inspector,
                        &format!("SELECT DISTINCT usesysid FROM pg_stat_activity WHERE usesysid IN ({wanted})"),
                    )
                    .await?;
                names.iter().filter(|n| rows.contains(&oids[*n].to_string())).cloned().collect()
            }
            Stock::Leases | Stock::Objects => {
                return Err(BackendError("not kept at the backend".into()));
            }
        };
        Ok(rows)
    }

    /// Users by the name that the engine gives them.
    ///
    /// # Errors
    /// The inspector gets no answer.
    pub async fn issued_users(&self) -> Result<Vec<String>, BackendError> {
        let sql = "SELECT rolname FROM pg_roles WHERE rolname LIKE 'v-%' ORDER BY 1";
        self.query(&self.target()?, &self.inspector, sql).await
    }

    async fn query(&self, target: &Target, who: &Credential, sql: &str) -> Result<Vec<String>, BackendError> {
        let ask = async {
            let (client, _) = connect(target, who, "drill-inspector")
                .await
                .map_err(|(_, saw)| BackendError(saw.label().to_string()))?;
            client.simple_query(sql).await.map_err(|e| BackendError(e.to_string()))
        };
        let rows = tokio::time::timeout(Duration::from_secs(5), ask)
            .await
            .map_err(|_| BackendError("postgres gave the inspector no answer".into()))??;
        Ok(rows
            .iter()
            .filter_map(|m| match m {
                tokio_postgres::SimpleQueryMessage::Row(row) => row.get(0).map(str::to_string),
                _ => None,
            })
            .collect())
    }

    /// Refused logins in the server's own log.
    pub fn refusals(&self) -> Vec<log::Refusal> {
        log::refusals(&self.container.logs.lines())
    }
}

/// Who the server is, and its version.
async fn introduction(target: &Target, administrator: &Credential) -> Attempt<(String, String)> {
    let (client, _) = connect(target, administrator, "drill-ready").await?;
    let identity = identity(&client, Stage::Login).await?;
    let rows =
        client.simple_query("SHOW server_version").await.map_err(|e| (Stage::Login, observe(&e, Stage::Login)))?;
    Ok((identity, first_value(&rows).unwrap_or_default()))
}

fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}
