//! A running PostgreSQL with its roles, seed data and inspector.

use super::log;
use super::login::{Attempt, Target, connect, first_value, identity, observe, probe};
use super::session::Session;
use super::{PLUGIN, PostgresPlan};
use crate::backend::plugin::HostileStatements;
use crate::backend::serves::{POLL, READY_TIMEOUT, until_up};
use crate::backend::{BackendError, Credential, LoggedRefusal, Place, Serves, script};
use crate::environment::{Container, ContainerSpec, CopiedFile, LogLine};
use crate::observation::{Saw, Stage, Stock};
use crate::secret::{Redactor, Secret};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::sync::Mutex;
use std::time::Duration;

const PORT: u16 = 5432;
const ADMINISTRATOR: &str = "postgres";
const INSPECTOR: &str = "drill_inspector";

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
    pub async fn launch(place: &Place<'_>, plan: &PostgresPlan) -> Result<Self, BackendError> {
        let administrator = Credential { name: ADMINISTRATOR.into(), secret: Secret::random(place.redactor) };
        let inspector = Credential { name: INSPECTOR.into(), secret: Secret::random(place.redactor) };
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
            name: place.name.into(),
            image: place.image.clone(),
            command,
            env: vec![
                ("POSTGRES_PASSWORD_FILE".into(), password.path.clone()),
                ("POSTGRES_DB".into(), plan.database.clone()),
            ],
            ports: vec![PORT],
            files: vec![password],
        };
        let container = place.start(spec).await?;
        Ok(Self {
            container,
            plan: plan.clone(),
            administrator,
            inspector,
            redactor: place.redactor.clone(),
            state: Mutex::default(),
        })
    }

    fn known(&self) -> Known {
        self.state.lock().unwrap_or_else(std::sync::PoisonError::into_inner).clone()
    }

    fn target(&self) -> Result<Target, BackendError> {
        self.known().target.ok_or_else(|| BackendError("postgres is not ready".into()))
    }

    fn verifier(&self, credential: &Credential) -> String {
        let verifier = postgres_protocol::password::scram_sha_256(credential.secret.expose().as_bytes());
        Secret::new(verifier, &self.redactor).expose().to_string()
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
}

impl Serves for Server {
    type Session = Session;
    const PORT: u16 = PORT;

    fn container(&self) -> &Container {
        &self.container
    }
    fn into_container(self) -> Container {
        self.container
    }
    fn administrator(&self) -> &Credential {
        &self.administrator
    }
    async fn ready(&self) -> Result<(), BackendError> {
        let address = self.container.address(PORT).await?;
        let target = Target { address, database: self.plan.database.clone() };
        let introduction = || introduction(&target, &self.administrator);
        let (identity, version) = until_up(&self.container, PORT, "postgres", introduction).await?;
        let mut state = self.state.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        *state = Known {
            target: Some(target),
            version: version.split(' ').next().unwrap_or_default().into(),
            identity,
            oids: std::mem::take(&mut state.oids),
        };
        Ok(())
    }
    fn version(&self) -> String {
        self.known().version
    }
    fn identity(&self) -> String {
        self.known().identity
    }
    async fn prepare(&self, parents: &[String]) -> Result<Vec<Credential>, BackendError> {
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
        let seed = script::for_each_parent(&self.plan.seed_sql, &names, script::POSTGRES).replace("${inspector}", i);
        run(&format!("the seed {}", self.plan.seed), &seed).await?;
        let all: Vec<String> = names.iter().map(|n| quoted(n)).collect();
        run("granting CONNECT", &format!("GRANT CONNECT ON DATABASE {db} TO {}, \"{i}\"", all.join(", "))).await?;
        Ok(parents)
    }
    async fn enrol(&self, parent: &Credential, users: &[String]) -> Result<(), BackendError> {
        let names: Vec<String> = users.iter().map(|name| quoted(name)).collect();
        let Some((like, copies)) = names.split_first() else { return Ok(()) };
        let mut script = String::new();
        for copy in copies {
            let _ = write!(
                script,
                "CREATE ROLE {copy} LOGIN; GRANT CONNECT ON DATABASE {} TO {copy};",
                quoted(&self.plan.database)
            );
            // Of its groups and not of itself: a member of it would have its rights, and the parent of the member too.
            let groups = "SELECT quote_ident(g.rolname) FROM pg_auth_members m JOIN pg_roles g ON g.oid = m.roleid WHERE m.member";
            let _ = write!(
                script,
                "DO $do$ DECLARE g text; BEGIN FOR g IN {groups} = '{like}'::regrole LOOP EXECUTE 'GRANT ' || g || ' TO {copy}'; END LOOP; END $do$;"
            );
        }
        // INHERIT is what pg_terminate_backend asks for, and is no more than who sets a password has anyway. pg_signal_backend would
        // reach everybody's sessions.
        let parent = quoted(&parent.name);
        let _ = write!(script, "GRANT {} TO {parent} WITH ADMIN TRUE, INHERIT TRUE, SET FALSE", names.join(", "));
        let session = self.administrator_session().await?;
        session
            .run(&script)
            .await
            .map_err(|saw| BackendError(format!("the user {like} and its copies: {}", saw.label())))
    }
    fn inspector(&self) -> &Credential {
        &self.inspector
    }
    fn hostile_statements(&self, victim: &str) -> HostileStatements {
        let creation = vec![format!("DROP ROLE {}", quoted(victim)), "CREATE ROLE \"{{name}}\"".into()];
        HostileStatements { creation, revocation: Vec::new() }
    }
    fn authority_connection(&self, parent: &Credential) -> serde_json::Value {
        serde_json::json!({
            "plugin_name": PLUGIN.name,
            "connection_url": format!("postgresql://{{{{username}}}}:{{{{password}}}}@{}:{PORT}/{}?sslmode=disable", self.container.name, self.plan.database),
            "username": parent.name,
            "password": parent.secret.expose(),
            "password_authentication": "scram-sha-256",
        })
    }
    async fn probe(&self, _door: &str, credential: &Credential) -> (Stage, Saw) {
        match self.target() {
            Ok(target) => probe(&target, credential).await,
            Err(e) => (Stage::Login, Saw::Unreachable { why: e.0 }),
        }
    }
    async fn open_within(&self, who: &Credential, kind: &str, patience: Duration) -> Attempt<Session> {
        let target = self.target().map_err(|e| (Stage::Login, Saw::Unreachable { why: e.0 }))?;
        Session::open(&target, who, kind, patience).await
    }
    async fn configure(&self, hba: &str) -> Result<(), BackendError> {
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
    async fn inventory(&self, stock: Stock, names: &[String]) -> Result<BTreeSet<String>, BackendError> {
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
    async fn issued_users(&self) -> Result<Vec<String>, BackendError> {
        let sql = "SELECT rolname FROM pg_roles WHERE rolname LIKE 'v-%' ORDER BY 1";
        self.query(&self.target()?, &self.inspector, sql).await
    }
    fn log(&self) -> Vec<LogLine> {
        let clean = |l: LogLine| LogLine { text: log::without_verifiers(&l.text).into(), ..l };
        self.container.logs.lines().into_iter().map(clean).collect()
    }
    fn refusals(&self) -> Vec<LoggedRefusal> {
        log::refusals(&self.container.logs.lines())
            .into_iter()
            .map(|r| LoggedRefusal { cause: r.cause(), at: r.at, name: r.user, code: r.code, text: r.text })
            .collect()
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
