//! A running Valkey with its users, seed data and inspector.

use super::connection::{Connection, text};
use super::login::{self, Hello, log_in, observe};
use super::session::{Session, Target, in_one};
use super::{PLUGIN, ValkeyPlan};
use crate::backend::attempt::{Attempt, SET_UP_TIMEOUT};
use crate::backend::base::{Base, Crew, INSPECTOR, answers_by_its_base};
use crate::backend::plugin::HostileStatements;
use crate::backend::serves::until_up;
use crate::backend::{BackendError, Credential, Place, Serves};
use crate::environment::{Container, ContainerSpec, CopiedFile};
use crate::observation::{Saw, Stage, Stock};
use crate::secret::Secret;
use redis::Value;
use sha2::{Digest, Sha256};
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

const PORT: u16 = 6379;
const ADMINISTRATOR: &str = "drill_administrator";
/// What a parent needs: to make users, to delete them, and to see itself when its password is rotated.
const PARENTS_RULES: &[&str] = &["+acl|setuser", "+acl|deluser", "+acl|getuser", "+ping"];
/// The inspector lists users and connections by name.
const INSPECTORS_RULES: &str = "+acl|users +client|list";
/// In the data directory, so that whoever the server runs as can write the users there.
const ACL_FILE: &str = "/data/users.acl";
/// With whose connection each was: a search of a log that names nobody finds no secret in it either.
const LOG: &str = "loglevel verbose\nhide-user-data-from-log no\n";
const CONFIGURATION: &str = "/etc/drill/valkey.conf";

/// A started Valkey.
pub struct Server {
    /// Its marker is its availability zone, with which it greets everybody whom it lets in.
    base: Base<Target>,
    plan: Arc<ValkeyPlan>,
}

impl Server {
    /// Starts the container only.
    ///
    /// # Errors
    /// The engine refuses.
    pub async fn launch(place: &Place<'_>, plan: &ValkeyPlan) -> Result<Self, BackendError> {
        let crew = Crew::new(ADMINISTRATOR, place.redactor);
        let configuration = format!(
            "bind * -::*\nport {PORT}\nprotected-mode no\ndir /data\naclfile {ACL_FILE}\navailability-zone {}\n{LOG}",
            crew.marker
        );
        let users = format!(
            "user default off\nuser {ADMINISTRATOR} on #{} ~* &* +@all\nuser {INSPECTOR} on #{} {INSPECTORS_RULES}\n",
            hash(&crew.administrator.secret),
            hash(&crew.inspector.secret)
        );
        let file = |path: &str, text: String| CopiedFile { path: path.into(), bytes: text.into(), mode: 0o644 };
        let spec = ContainerSpec {
            name: place.name.into(),
            image: place.image.clone(),
            command: vec!["valkey-server".into(), CONFIGURATION.into()],
            env: Vec::new(),
            ports: vec![PORT],
            files: vec![file(CONFIGURATION, configuration), file(ACL_FILE, users)],
        };
        let base = Base::start(place, spec, crew).await?;
        Ok(Self { base, plan: Arc::new(plan.clone()) })
    }

    async fn as_one(&self, who: &Credential) -> Result<Connection, BackendError> {
        let (connection, hello) = log_in(&self.base.target()?.address, who).await.map_err(|(_, saw)| wrong(&saw))?;
        if hello.server == self.base.crew.marker {
            Ok(connection)
        } else {
            Err(BackendError("another server answers".into()))
        }
    }

    async fn ask(&self, who: &Credential, words: &[&str]) -> Result<Value, BackendError> {
        let question = async {
            let mut connection = self.as_one(who).await?;
            connection.ask(words).await.map_err(|e| wrong(&observe(&e, Stage::Scope, &who.name)))
        };
        let answer = tokio::time::timeout(SET_UP_TIMEOUT, question).await;
        answer.unwrap_or_else(|_| Err(BackendError("no answer in time".into())))
    }

    async fn users(&self) -> Result<BTreeSet<String>, BackendError> {
        match self.ask(&self.base.crew.inspector, &["ACL", "USERS"]).await? {
            Value::Array(users) => users.iter().map(text_of).collect(),
            _ => Err(BackendError("no list of users".into())),
        }
    }
}

impl Serves for Server {
    type Session = Session;
    const PORT: u16 = PORT;
    answers_by_its_base!();

    async fn ready(&self) -> Result<(), BackendError> {
        let address = self.base.container.address(PORT).await?;
        let introduction = || log_in(&address, &self.base.crew.administrator);
        let (_, hello) = until_up(&self.base.container, PORT, "valkey", introduction).await?;
        let Hello { server, version, .. } = hello;
        if server != self.base.crew.marker {
            return Err(BackendError(format!("valkey came back as another: {server}")));
        }
        let target = Target { address, plan: self.plan.clone(), administrator: self.base.crew.administrator.clone() };
        self.base.is_up(target, version);
        Ok(())
    }
    async fn prepare(&self, parents: &[String]) -> Result<Vec<Credential>, BackendError> {
        let parents = self.base.parents(parents, "-");
        let mut connection = self.as_one(&self.base.crew.administrator).await?;
        for parent in &parents {
            let secret = format!("#{}", hash(&parent.secret));
            let words = [&["ACL", "SETUSER", &parent.name, "on", &secret][..], PARENTS_RULES].concat();
            connection.ask(&words).await.map_err(|e| wrong(&observe(&e, Stage::Scope, ADMINISTRATOR)))?;
        }
        let seeded = in_one(&mut connection, &[], &self.plan).await;
        seeded.map_err(|saw| BackendError(format!("the seed {}: {}", self.plan.seed, saw.label())))?;
        self.base.remember(&parents, &["default"]);
        Ok(parents)
    }
    async fn check_inspector(&self) -> Result<(), BackendError> {
        self.as_one(&self.base.crew.inspector).await.map(|_| ())
    }
    fn authority_connection(&self, parent: &Credential) -> serde_json::Value {
        serde_json::json!({
            "plugin_name": PLUGIN.name,
            "host": self.base.container.name,
            "port": PORT,
            "username": parent.name,
            "password": parent.secret.expose(),
        })
    }
    fn hostile_statements(&self, _victim: &str) -> HostileStatements {
        HostileStatements { creation: vec![r#"["~*", "&*", "+@all"]"#.into()], revocation: Vec::new() }
    }
    async fn probe(&self, _door: &str, credential: &Credential) -> (Stage, Saw) {
        match self.base.target() {
            Ok(target) => login::probe(&target.address, credential).await,
            Err(e) => (Stage::Login, Saw::Unreachable { why: e.0 }),
        }
    }
    async fn open_within(&self, who: &Credential, kind: &str, patience: Duration) -> Attempt<Session> {
        let target = self.base.reached()?;
        Session::open(&target, who, kind, patience).await
    }
    async fn save(&self) -> Result<(), BackendError> {
        self.ask(&self.base.crew.administrator, &["ACL", "SAVE"]).await.map(|_| ())
    }
    async fn inventory(&self, stock: Stock, names: &[String]) -> Result<BTreeSet<String>, BackendError> {
        let found = match stock {
            Stock::Users => self.users().await?,
            Stock::Sessions => users_of(&text_of(&self.ask(&self.base.crew.inspector, &["CLIENT", "LIST"]).await?)?),
            Stock::Leases | Stock::Objects => return Err(BackendError("not kept at the backend".into())),
        };
        Ok(names.iter().filter(|name| found.contains(*name)).cloned().collect())
    }
    async fn issued_users(&self) -> Result<Vec<String>, BackendError> {
        Ok(self.base.strangers(&self.users().await?))
    }
}

/// Whose connections a list of clients has.
fn users_of(list: &str) -> BTreeSet<String> {
    list.lines()
        .flat_map(str::split_whitespace)
        .filter_map(|field| field.strip_prefix("user="))
        .map(String::from)
        .collect()
}

fn text_of(value: &Value) -> Result<String, BackendError> {
    text(value).ok_or_else(|| BackendError("an answer without a text".into()))
}

fn wrong(saw: &Saw) -> BackendError {
    BackendError(saw.label().to_string())
}

/// As the file of users writes a password.
fn hash(secret: &Secret) -> String {
    Sha256::digest(secret.expose().as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect()
}
