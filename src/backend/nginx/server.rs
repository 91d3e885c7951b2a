//! A running nginx with its configuration, and its administrator's own way in.

use super::NginxPlan;
use super::configuration::{self, CLIENTS_CA, CLIENTS_CRL, GENERATION, VERIFICATION, generation};
use super::log;
use super::login::{Answer, Connection, Target, probe};
use super::session::Session;
use super::tls::{self, Handshakes};
use crate::backend::attempt::{Attempt, PROBE_TIMEOUT, SET_UP_TIMEOUT};
use crate::backend::serves::READY_TIMEOUT;
use crate::backend::{Anchor, BackendError, Credential, LoggedRefusal, Place, Serves};
use crate::environment::{Address, Container, ContainerSpec, LogLine};
use crate::observation::{Saw, Stage, Stock};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio_rustls::rustls::RootCertStore;

/// Clients come here.
const PORT: u16 = 8443;
/// The administrator comes here.
const ADMINISTRATORS_PORT: u16 = 8444;
/// Between two tries of the administrator's while the server starts, or takes on another configuration.
const POLL: Duration = Duration::from_millis(10);
/// Puts files there (path, text, path, text …) and has them taken on.
const RECONFIGURE: &str = r#"while [ $# -gt 1 ]; do printf %s "$2" >"$1.new" && mv "$1.new" "$1" || exit 1; shift 2; done
nginx -t -q && nginx -s reload"#;

/// A started nginx.
pub struct Server {
    /// Its container.
    pub container: Container,
    plan: NginxPlan,
    administrator: Credential,
    roots: Arc<RootCertStore>,
    /// Held while the server is being told: one configuration at a time.
    trusted: tokio::sync::Mutex<Vec<Anchor>>,
    state: Mutex<Known>,
}

#[derive(Default, Clone)]
struct Known {
    identity: String,
    version: String,
    generation: u32,
}

impl Server {
    /// Starts the container only.
    ///
    /// # Errors
    /// The engine refuses.
    pub async fn launch(place: &Place<'_>, plan: &NginxPlan) -> Result<Self, BackendError> {
        let prepared = configuration::prepare(place.name, plan, place.redactor)?;
        let spec = ContainerSpec {
            name: place.name.into(),
            image: place.image.clone(),
            command: Vec::new(),
            env: Vec::new(),
            ports: vec![PORT, ADMINISTRATORS_PORT],
            files: prepared.files,
        };
        Ok(Self {
            roots: tls::roots(&prepared.authority.pem())?,
            container: place.start(spec).await?,
            plan: plan.clone(),
            administrator: prepared.administrator,
            trusted: tokio::sync::Mutex::default(),
            state: Mutex::default(),
        })
    }

    fn known(&self) -> Known {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    async fn target(&self, port: u16) -> Result<Target, BackendError> {
        let identity = self.known().identity;
        if identity.is_empty() {
            return Err(BackendError("nginx is not ready".into()));
        }
        Ok(Target { address: self.container.address(port).await?, roots: self.roots.clone(), identity })
    }

    /// Asks as the administrator until an answer is `good`.
    async fn until(&self, what: &str, good: impl Fn(&Answer) -> bool) -> Result<Answer, BackendError> {
        let address = self.container.address(ADMINISTRATORS_PORT).await?;
        let asking = async {
            loop {
                match tokio::time::timeout(PROBE_TIMEOUT, self.introduction(&address)).await {
                    Ok(Ok(answer)) if accepts(&answer) && good(&answer) => return answer,
                    seen => tracing::trace!(?seen, "nginx is not there yet"),
                }
                tokio::time::sleep(POLL).await;
            }
        };
        tokio::time::timeout(READY_TIMEOUT, asking).await.map_err(|_| {
            let (seconds, last) = (READY_TIMEOUT.as_secs(), self.container.logs.last_words());
            BackendError(format!("nginx did not {what} in {seconds} s; its last lines: {last}"))
        })
    }

    async fn introduction(&self, address: &Address) -> Attempt<Answer> {
        let config = tls::client(&self.roots, &self.administrator, Handshakes::Full)
            .map_err(|e| (Stage::Login, Saw::Unclassified { what: e.0 }))?;
        Connection::open(address, &config, Stage::Login).await?.probe(Stage::Login).await
    }

    /// Returns when the new configuration answers, and no worker with the old one takes connections any more.
    async fn put(&self, files: &[(&str, &str)]) -> Result<(), BackendError> {
        let next = {
            let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
            state.generation += 1;
            state.generation
        };
        let generation = generation(next);
        let mut command = vec!["sh".to_string(), "-c".into(), RECONFIGURE.into(), "sh".into()];
        for (path, text) in files.iter().chain([&(GENERATION, generation.as_str())]) {
            command.extend([(*path).to_string(), (*text).to_string()]);
        }
        let leaving = |lines: &[LogLine]| lines.iter().filter(|l| l.text.ends_with("gracefully shutting down")).count();
        let before = leaving(&self.container.logs.lines());
        let (code, said) = self.container.exec(&command).await?;
        if code != 0 {
            return Err(BackendError(format!("nginx does not take the configuration: {}", said.trim())));
        }
        let left = |lines: &[LogLine]| (leaving(lines) > before).then_some(());
        let gone = self.container.logs.wait_for(READY_TIMEOUT, left).await;
        gone.ok_or_else(|| BackendError("nginx's old worker goes on".into()))?;
        self.until("load its configuration again", |answer| answer.generation == Some(next)).await.map(drop)
    }

    async fn session(&self, port: u16, credential: &Credential, kind: &str, patience: Duration) -> Attempt<Session> {
        let target = self.target(port).await.map_err(|e| (Stage::Login, Saw::Unreachable { why: e.0 }))?;
        Session::open(&target, credential, kind, patience).await
    }
}

impl Serves for Server {
    type Session = Session;
    const PORT: u16 = ADMINISTRATORS_PORT;

    fn container(&self) -> &Container {
        &self.container
    }
    fn into_container(self) -> Container {
        self.container
    }
    async fn ready(&self) -> Result<(), BackendError> {
        let answer = self.until("come up", |_| true).await?;
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.identity = answer.server;
        state.version = answer.product.trim_start_matches("nginx/").into();
        Ok(())
    }
    fn version(&self) -> String {
        self.known().version
    }
    fn identity(&self) -> String {
        self.known().identity
    }
    async fn trust(&self, anchor: &Anchor) -> Result<(), BackendError> {
        let mut trusted = self.trusted.lock().await;
        match trusted.iter_mut().find(|known| known.certificate == anchor.certificate) {
            Some(known) => known.revoked.clone_from(&anchor.revoked),
            None => trusted.push(anchor.clone()),
        }
        let all =
            |of: fn(&Anchor) -> &str| trusted.iter().map(|a| format!("{}\n", of(a).trim_end())).collect::<String>();
        let (certificates, revoked) = (all(|a| &a.certificate), all(|a| &a.revoked));
        // Once it is in force a sabotage may have put another one there.
        let verification = [(VERIFICATION, self.plan.verification_conf.as_str())];
        let first = if trusted.len() == 1 { &verification[..] } else { &[] };
        let files = [&[(CLIENTS_CA, certificates.as_str()), (CLIENTS_CRL, revoked.as_str())], first].concat();
        self.put(&files).await
    }
    async fn configure(&self, verification: &str) -> Result<(), BackendError> {
        let _one = self.trusted.lock().await;
        self.put(&[(VERIFICATION, verification)]).await
    }
    async fn probe(&self, _door: &str, credential: &Credential) -> (Stage, Saw) {
        match self.target(PORT).await {
            Ok(target) => probe(&target, credential).await,
            Err(e) => (Stage::Login, Saw::Unreachable { why: e.0 }),
        }
    }
    async fn open_within(&self, who: &Credential, kind: &str, patience: Duration) -> Attempt<Session> {
        self.session(PORT, who, kind, patience).await
    }
    async fn check_inspector(&self) -> Result<(), BackendError> {
        // The administrator, who was let in at a port of its own.
        Ok(())
    }
    fn stocks(&self) -> &'static [Stock] {
        &[]
    }
    async fn administrator_session(&self) -> Result<Session, BackendError> {
        self.session(ADMINISTRATORS_PORT, &self.administrator, "administrator", SET_UP_TIMEOUT)
            .await
            .map_err(|(_, saw)| BackendError(format!("the administrator is not served: {}", saw.label())))
    }
    fn administrator(&self) -> &Credential {
        &self.administrator
    }
    fn refusals(&self) -> Vec<LoggedRefusal> {
        log::refusals(&self.container.logs.lines())
            .into_iter()
            .map(|r| LoggedRefusal { cause: r.cause(), at: r.at, name: r.serial, code: r.code, text: r.text })
            .collect()
    }
}

fn accepts(answer: &Answer) -> bool {
    answer.status == 204 && answer.verify == "SUCCESS" && !answer.server.is_empty()
}
