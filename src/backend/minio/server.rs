//! A running `MinIO` with its users, policies, seed data, inspector, and whoever may end sessions and nothing else.

use super::PATIENCE;
use super::admin::Admin;
use super::http::Connection;
use super::identity::{self, Wishes};
use super::keys::Keys;
use super::policy::{allow, parents_policy};
use super::session::Session;
use super::target::{Known, LARGE_BYTES, Target, lock, pattern, read_marker};
use super::{MinioPlan, STS, sdk};
use crate::backend::attempt::SET_UP_TIMEOUT;
use crate::backend::{BackendError, Credential, Ended, IdentityProvider, Place, Serves, Sold, Wished};
use crate::environment::{Container, CopiedFile};
use crate::observation::{Saw, Stage, Stock};
use crate::secret::{Redactor, Secret};
use serde_json::json;
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};
use std::time::Duration;

const PORT: u16 = 9000;
const ADMINISTRATOR: &str = "drill-administrator";
const INSPECTOR: &str = "drill-inspector";
/// Who ends sessions.
const REVOKER: &str = "drill-revoker";
/// It loads its accounts once the identity provider answers, which may itself be starting.
const READY_TIMEOUT: Duration = Duration::from_secs(90);
/// Between two questions whether it is ready.
const POLL: Duration = Duration::from_millis(20);
/// A started `MinIO`.
pub struct Server {
    /// Its container.
    pub container: Container,
    pub(super) plan: Arc<MinioPlan>,
    provider: IdentityProvider,
    pub(super) administrator: Credential,
    pub(super) inspector: Credential,
    revoker: Credential,
    /// What the marker object holds: no other server has it.
    marker: String,
    redactor: Redactor,
    pub(super) state: Arc<Mutex<Known>>,
}

/// What a server is told at its start of those whose identity tokens it takes: each role is an audience with its policy.
fn environment(provider: &IdentityProvider) -> Vec<(String, String)> {
    let mut env = vec![("MINIO_BROWSER".to_string(), "off".to_string())];
    for (n, audience) in provider.audiences.iter().enumerate() {
        let mut set =
            |key: &str, value: &str| env.push((format!("MINIO_IDENTITY_OPENID_{key}_R{n}"), value.to_string()));
        set("CONFIG_URL", audience.discovery.as_deref().unwrap_or(&provider.discovery));
        set("CLIENT_ID", &audience.id);
        set("ROLE_POLICY", &audience.id);
    }
    env
}

impl Server {
    /// Starts the container only. `provider`: whose identity tokens it takes, nobody's where it names no audience.
    ///
    /// # Errors
    /// The engine refuses.
    pub async fn launch(
        place: &Place<'_>,
        (plan, provider): (&MinioPlan, &IdentityProvider),
    ) -> Result<Self, BackendError> {
        let redactor = place.redactor;
        let user = |name: &str| Credential { name: name.into(), secret: Secret::random(redactor) };
        let (administrator, inspector, revoker) = (user(ADMINISTRATOR), user(INSPECTOR), user(REVOKER));
        // No secret: an identity that nobody can guess before.
        let marker = format!("drill-{}", Secret::random(&Redactor::default()).expose());
        // The image's own names for what it reads its administrator from.
        let file = |name: &str, text: &str| CopiedFile {
            path: format!("/run/secrets/{name}"),
            bytes: text.into(),
            mode: 0o644,
        };
        let files = vec![file("access_key", ADMINISTRATOR), file("secret_key", administrator.secret.expose())];
        let command = vec!["server".into(), "/data".into()];
        let container = place.start(place.spec(command, environment(provider), vec![PORT], files)).await?;
        let (plan, provider, redactor) = (Arc::new(plan.clone()), provider.clone(), redactor.clone());
        let state = Arc::default();
        Ok(Self { container, plan, provider, administrator, inspector, revoker, marker, redactor, state })
    }

    pub(super) fn target(&self) -> Result<Target, BackendError> {
        let address = lock(&self.state).address.clone();
        Ok(Target {
            address: address.ok_or_else(|| BackendError("minio is not ready".into()))?,
            plan: self.plan.clone(),
            administrator: self.administrator.clone(),
            marker: self.marker.clone(),
            state: self.state.clone(),
        })
    }

    async fn not_up(&self) -> BackendError {
        let (seconds, silent) = (READY_TIMEOUT.as_secs(), self.container.why_silent(PORT).await);
        let last = self.container.logs.last_words();
        BackendError(format!("minio did not come up in {seconds} s{silent}; its last lines: {last}"))
    }

    /// What its log says of this very server. It writes down nobody's requests, so no credential's name stands in it.
    pub fn log_names(&self) -> String {
        // Printed at the start, of the audiences that only this run has.
        self.provider.audiences.first().map_or("MinIO Object Storage Server".into(), |a| identity::role_arn(&a.id))
    }

    async fn seed(&self, target: &Target) -> Result<(), BackendError> {
        let s3 = sdk::s3(&target.address, &Keys::of(&self.administrator), SET_UP_TIMEOUT * 4);
        let wrong = |what: String| BackendError(format!("the seed {}: {what}", self.plan.seed));
        let bucket = &self.plan.bucket;
        s3.create_bucket().bucket(bucket).send().await.map_err(|e| wrong(format!("no bucket: {}", seen(&e))))?;
        let mut objects: Vec<(String, Vec<u8>)> =
            self.plan.objects().into_iter().map(|(key, text)| (key, text.into_bytes())).collect();
        objects.push((self.plan.marker(), self.marker.clone().into_bytes()));
        objects.push((self.plan.large(), pattern(&self.marker, LARGE_BYTES)));
        for (key, bytes) in objects {
            let put = s3.put_object().bucket(bucket).key(&key).metadata("drill", &self.marker).body(bytes.into());
            put.send().await.map_err(|e| wrong(format!("{key}: {}", seen(&e))))?;
        }
        Ok(())
    }

    /// Buys a session with an identity token, in the role of the token's audience or of somebody's choice. It is remembered whose it is.
    ///
    /// # Errors
    /// What was seen instead.
    pub async fn buy(&self, token: &Secret, role: Wished<'_>, redactor: &Redactor) -> Result<Sold, Saw> {
        let own = identity::audience(token.expose()).unwrap_or_default();
        let (audience, seconds) = role.unwrap_or((&own, None));
        let target = self.target().map_err(|e| Saw::Unreachable { why: e.0 })?;
        let role = identity::role_arn(audience);
        let bought = identity::buy(&target.address, token.expose(), &role, Wishes { seconds }, SET_UP_TIMEOUT).await?;
        let keys = Keys {
            access: &bought.access,
            secret: &bought.secret,
            session: Some(&bought.session),
            identity: Some(token.expose()),
        };
        if let Some(parent) = identity::parent(token.expose()) {
            lock(&self.state).parents.insert(bought.access.clone(), parent);
        }
        Ok(Sold { credential: keys.pack(redactor), ends: bought.ends })
    }

    /// A session that was bought and that nobody keeps.
    pub fn discard(&self, name: &str) {
        lock(&self.state).probed.insert(name.to_string());
    }
}

impl Serves for Server {
    type Session = Session;
    const PORT: u16 = PORT;
    const PATIENCE: Duration = PATIENCE;

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
        let up = async {
            loop {
                let healthy = async {
                    let mut connection = Connection::open(&address).await.ok()?;
                    let answer = connection.send("GET", "/minio/health/cluster", &[], b"").await.ok()?;
                    (answer.status == 200).then_some(())
                };
                if let Ok(Some(())) = tokio::time::timeout(PATIENCE, healthy).await
                    && let Ok(version) = (Admin { address: &address, who: &self.administrator }).version().await
                {
                    return version;
                }
                tokio::time::sleep(POLL).await;
            }
        };
        let Ok(version) = tokio::time::timeout(READY_TIMEOUT, up).await else { return Err(self.not_up().await) };
        if lock(&self.state).prepared {
            let saw = read_marker(&address, &self.plan, &Keys::of(&self.administrator), SET_UP_TIMEOUT).await;
            if saw != (Saw::Accepted { server: self.marker.clone() }) {
                return Err(BackendError(format!("minio came back as another: {}", saw.label())));
            }
        }
        let mut state = lock(&self.state);
        (state.address, state.version) = (Some(address), version);
        Ok(())
    }
    fn version(&self) -> String {
        lock(&self.state).version.clone()
    }
    fn identity(&self) -> String {
        self.marker.clone()
    }
    async fn probe(&self, door: &str, credential: &Credential) -> (Stage, Saw) {
        let target = match self.target() {
            Ok(target) => target,
            Err(e) => return (Stage::Login, Saw::Unreachable { why: e.0 }),
        };
        let keys = Keys::of(credential);
        if door != STS {
            return (Stage::Login, read_marker(&target.address, &self.plan, &keys, PATIENCE).await);
        }
        let Some(token) = keys.identity else {
            return (Stage::Login, Saw::Unclassified { what: "no identity token to be presented".into() });
        };
        let (seen, bought) = identity::probe(&target, token).await;
        let mut known = lock(&self.state);
        known.unanswered += u64::from(matches!(seen.1, Saw::Unreachable { .. }));
        known.probed.extend(bought);
        seen
    }
    async fn open_within(&self, who: &Credential, kind: &str, patience: Duration) -> Result<Session, (Stage, Saw)> {
        let target = self.target().map_err(|e| (Stage::Login, Saw::Unreachable { why: e.0 }))?;
        Session::open(&target, who, kind, patience).await
    }
    async fn prepare(&self, parents: &[String]) -> Result<Vec<Credential>, BackendError> {
        let target = self.target()?;
        let administrator = Admin { address: &target.address, who: &self.administrator };
        self.seed(&target).await?;
        for audience in &self.provider.audiences {
            administrator.add_policy(&audience.id, &audience.policy).await?;
        }
        let own = [
            (&self.inspector, &["admin:ListServiceAccounts", "admin:ListUsers", "admin:GetPolicy"][..]),
            // It may end sessions and permanent keys, and read nothing.
            (&self.revoker, &["admin:RemoveServiceAccount"][..]),
        ];
        for (user, actions) in own {
            administrator.add_policy(&user.name, &allow(actions)).await?;
            administrator.add_user(user, &user.name).await?;
        }
        let named =
            |name: &String| Credential { name: format!("{name}-parent"), secret: Secret::random(&self.redactor) };
        let parents: Vec<Credential> =
            if self.plan.federated { Vec::new() } else { parents.iter().map(named).collect() };
        for parent in &parents {
            administrator.add_policy(&parent.name, &parents_policy(&self.plan.bucket)).await?;
            administrator.add_user(parent, &parent.name).await?;
        }
        lock(&self.state).prepared = true;
        Ok(parents)
    }
    async fn check_inspector(&self) -> Result<(), BackendError> {
        let target = self.target()?;
        let inspector = Admin { address: &target.address, who: &self.inspector };
        // Set-up made it here, and nobody elsewhere has one of this name.
        inspector.policy(REVOKER).await.map(drop)
    }
    fn inspector(&self) -> &Credential {
        &self.inspector
    }
    fn authority_connection(&self, parent: &Credential) -> serde_json::Value {
        let keys = Keys::of(parent);
        json!({
            "endpoint": format!("http://{}:{PORT}", self.container.name),
            "access_key": keys.access,
            "secret_key": keys.secret,
        })
    }
    async fn end(&self, ended: &[Ended]) -> Result<u16, BackendError> {
        let target = self.target()?;
        let mut parents = BTreeSet::new();
        for one in ended {
            let parent = lock(&self.state).parents.get(&one.name).cloned();
            parents.insert(parent.ok_or_else(|| BackendError(format!("whose {} is is not known", one.name)))?);
        }
        let revoker = Admin { address: &target.address, who: &self.revoker };
        let mut status = 0;
        for parent in parents {
            status = revoker.end_all(&parent).await?;
        }
        Ok(status)
    }
    fn stocks(&self) -> &'static [Stock] {
        &[Stock::Users]
    }
    async fn inventory(&self, stock: Stock, names: &[String]) -> Result<BTreeSet<String>, BackendError> {
        self.known_of(stock, names).await
    }
    async fn issued_users(&self) -> Result<Vec<String>, BackendError> {
        self.living().await
    }
    fn unanswered(&self) -> u64 {
        lock(&self.state).unanswered
    }
    async fn clear(&self) -> Result<(), BackendError> {
        self.end_everything().await
    }
}

pub(super) fn seen<E: aws_sdk_s3::error::ProvideErrorMetadata>(
    error: &aws_sdk_s3::error::SdkError<E, aws_smithy_runtime_api::client::orchestrator::HttpResponse>,
) -> String {
    sdk::seen_at_s3(error, SET_UP_TIMEOUT).label().to_string()
}
