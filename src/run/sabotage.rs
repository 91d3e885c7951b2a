//! Set-ups broken on purpose, and the faults that a scenario may declare.

use super::journal::Journal;
use super::{AtStep, RunError};
use crate::authority::broker::Broker;
use crate::authority::{Bao, OpenBao};
use crate::backend::Running;
use crate::credential::Issued;
use crate::definition::sabotage::{Action, Exec, Point, Request, STEP, Sabotage};
use crate::definition::{Fault, FaultKind, FaultServer};
use crate::history::Body;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::task::JoinHandle;

/// What may act on a scenario: the sabotage if it is about this one, and the declared fault.
#[derive(Clone)]
pub struct Hooks {
    /// None in a sound run.
    pub sabotage: Option<Arc<Sabotage>>,
    /// Its pen.
    pub journal: Journal,
    /// Where faults hit.
    pub backend: Arc<Running>,
    /// Where faults hit.
    pub authority: Arc<OpenBao>,
    /// An all-powerful token that exists only in sabotaged runs, in the drill's namespace.
    pub saboteur: Option<Bao>,
    /// An actor that can seal.
    pub operator: Bao,
    /// Who issues in the authority's stead: the faults of an authority hit it.
    pub broker: Option<Arc<Broker>>,
    subject: Option<Issued>,
    healings: Arc<Mutex<Vec<Healing>>>,
}

impl Hooks {
    /// Without a subject yet.
    pub fn new(
        sabotage: Option<Arc<Sabotage>>,
        journal: Journal,
        backend: Arc<Running>,
        authority: Arc<OpenBao>,
        saboteur: Option<Bao>,
        operator: Bao,
        broker: Option<Arc<Broker>>,
    ) -> Self {
        let (subject, healings) = (None, Arc::default());
        Self { sabotage, journal, backend, authority, saboteur, operator, broker, subject, healings }
    }
    /// With the subject that was issued.
    pub fn of(&self, subject: &Issued) -> Self {
        Self { subject: Some(subject.clone()), ..self.clone() }
    }
    /// Whether a step of the runner is to be left out.
    pub fn skips(&self, step: &str) -> bool {
        self.sabotage.as_ref().is_some_and(|s| s.skips(step))
    }
    /// Does what is to be done at a point.
    ///
    /// # Errors
    /// The sabotage itself does not work: then it proves nothing either.
    pub async fn at(&self, point: Point) -> Result<(), RunError> {
        let Some(sabotage) = &self.sabotage else {
            return Ok(());
        };
        for action in sabotage.at.get(&point).into_iter().flatten() {
            let from_us = self.journal.now_us();
            // Its own troubles carry its name: a check that they leave inconclusive did not turn red as stated.
            self.act(sabotage, action).await.map_err(RunError::of_sabotage)?;
            if !matches!(action, Action::Skip(_)) {
                self.journal.step(format!("{STEP} at {point:?}: {}", what(action)), from_us);
            }
        }
        Ok(())
    }

    /// Fills in what is known by now.
    fn filled(&self, text: &str) -> Result<String, RunError> {
        let mut text = text.replace("${backend.host}", self.backend.inner_host());
        if let Some(subject) = &self.subject {
            text = text
                .replace("${subject.lease}", &subject.record.id)
                .replace("${subject.name}", &subject.record.name)
                .replace("${role}", &subject.record.role);
        }
        for unknown in ["${subject.", "${role}", "${backend."] {
            if text.contains(unknown) {
                return Err(format!("nothing is known for {unknown}… at this point")).at_step("filling in");
            }
        }
        Ok(text)
    }

    async fn act(&self, sabotage: &Sabotage, action: &Action) -> Result<(), RunError> {
        match action {
            Action::Authority(request) => self.request(request).await,
            Action::AsSubject(script) => {
                let subject = self.subject.as_ref().ok_or("there is no subject yet").at_step("as the subject")?;
                let opened = self.backend.open(&subject.credential, "sabotage").await;
                let session = opened.map_err(|(_, saw)| saw.label().to_string()).at_step("as the subject")?;
                let script = self.filled(script)?;
                session.run(&script).await.map_err(|saw| saw.label().to_string()).at_step("as the subject")
            }
            Action::AsAdministrator(script) => {
                let session = self.backend.administrator().await.at_step("as the administrator")?;
                let script = self.filled(script)?;
                session.run(&script).await.map_err(|saw| saw.label().to_string()).at_step("as the administrator")
            }
            Action::Exec(exec) => self.exec(exec).await,
            Action::Fault(fault) => {
                let healing = self.fault(&fault.resolve().at_step("fault")?, |_| {}).await?;
                self.healings.lock().unwrap_or_else(std::sync::PoisonError::into_inner).push(healing);
                Ok(())
            }
            Action::Variant(name) => {
                let text = sabotage.variant(name).ok_or_else(|| format!("{name} was not read")).at_step("variant")?;
                self.backend.configure(text).await.at_step("variant")
            }
            // It was started so; it says itself whether it is.
            Action::Broker(how) => self.broken(how),
            Action::Skip(_) => Ok(()),
        }
    }

    async fn request(&self, Request { method, path, body }: &Request) -> Result<(), RunError> {
        let saboteur = self.saboteur.as_ref().ok_or("no saboteur's token").at_step("at the authority")?;
        let body = match body {
            Some(body) => Some(serde_json::from_str(&self.filled(&body.to_string())?).at_step("at the authority")?),
            None => None,
        };
        saboteur.call(method, &self.filled(path)?, body).await.map(|_| ()).at_step("at the authority")
    }

    async fn exec(&self, Exec { r#in, run }: &Exec) -> Result<(), RunError> {
        let run = run.iter().map(|a| self.filled(a)).collect::<Result<Vec<_>, _>>()?;
        let (code, output) = self.container(*r#in)?.exec(&run).await.at_step("exec")?;
        if code == 0 { Ok(()) } else { Err(format!("ended with {code}: {}", output.trim())).at_step("exec") }
    }

    /// Waits until every fault of the sabotage is healed that will be.
    ///
    /// # Errors
    /// One could not be healed.
    pub async fn healed(&self) -> Result<(), RunError> {
        let all = std::mem::take(&mut *self.healings.lock().unwrap_or_else(std::sync::PoisonError::into_inner));
        for healing in all {
            healing.healed().await.map_err(RunError::of_sabotage)?;
        }
        Ok(())
    }

    /// Begins a fault; its end comes by itself after its duration (0: never), and `on_heal` is told when.
    ///
    /// # Errors
    /// The engine or the authority refuses.
    pub async fn fault(&self, fault: &Fault, on_heal: impl FnOnce(u64) + Send + 'static) -> Result<Healing, RunError> {
        let from_us = self.journal.now_us();
        let (server, kind) = (name(fault.server), word(fault.kind));
        let event = move |healed_us| Body::Fault { server: server.into(), kind: kind.into(), from_us, healed_us };
        self.begin(fault).await?;
        if fault.duration_ms == 0 {
            self.journal.write(event(None));
            return Ok(Healing::none());
        }
        let (hooks, fault) = (self.clone(), fault.clone());
        Ok(Healing(Some(tokio::spawn(async move {
            tokio::time::sleep(Duration::from_millis(fault.duration_ms)).await;
            let healed = hooks.heal(&fault).await;
            let healed_us = healed.is_ok().then(|| hooks.journal.now_us());
            hooks.journal.write(event(healed_us));
            if let Some(healed_us) = healed_us {
                on_heal(healed_us);
            }
            healed
        }))))
    }

    async fn begin(&self, fault: &Fault) -> Result<(), RunError> {
        match (fault.server, fault.kind) {
            (FaultServer::Authority, FaultKind::Sealed) => {
                self.operator.call("PUT", "sys/seal", None).await.map(|_| ()).at_step("sealing")
            }
            (FaultServer::Backend, FaultKind::Sealed) => Err("only the authority can be sealed").at_step("fault"),
            (server, FaultKind::Paused) => self.container(server)?.pause().await.at_step("pausing"),
            (server, FaultKind::Killed) => self.container(server)?.kill().await.at_step("killing"),
            (server, FaultKind::Restarted) => self.container(server)?.stop().await.at_step("stopping"),
        }
    }

    async fn heal(&self, fault: &Fault) -> Result<(), RunError> {
        match (fault.server, fault.kind) {
            (FaultServer::Authority, FaultKind::Sealed) => {
                self.authority.unseal(&self.operator).await.at_step("unsealing")
            }
            (server, FaultKind::Paused) => self.container(server)?.unpause().await.at_step("unpausing"),
            (FaultServer::Backend, _) => {
                self.backend.container().start_again().await.at_step("starting the backend again")?;
                self.backend.ready().await.at_step("starting the backend again")?;
                self.journal.another_identity("backend", &self.backend.identity());
                Ok(())
            }
            (FaultServer::Authority, FaultKind::Killed | FaultKind::Restarted) => {
                if let Some(broker) = &self.broker {
                    return broker.start_again().await.at_step("starting the broker again");
                }
                Err("its storage is in memory: what it had is gone").at_step("starting the authority again")
            }
        }
    }

    /// The broker says in its log in which way it is broken.
    fn broken(&self, how: &str) -> Result<(), RunError> {
        let (_, log) = self.broker.as_ref().ok_or("there is no broker").at_step(how)?.lines();
        if log.iter().any(|line| line.text.contains("broken on purpose")) {
            return Ok(());
        }
        Err("the broker does not say that it is broken").at_step(how)
    }

    fn container(&self, server: FaultServer) -> Result<&crate::environment::Container, RunError> {
        match (server, &self.broker) {
            (FaultServer::Backend, _) => Ok(self.backend.container()),
            (FaultServer::Authority, Some(broker)) => broker.running().at_step("fault"),
            (FaultServer::Authority, None) => Ok(&self.authority.container),
        }
    }
}

/// An action as the history names it.
fn what(action: &Action) -> String {
    match action {
        Action::Authority(request) => format!("{} {}", request.method, request.path),
        Action::AsSubject(_) => "a script as the subject".into(),
        Action::AsAdministrator(_) => "a script as the administrator".into(),
        Action::Exec(exec) => format!("a command in the {}", name(exec.r#in)),
        Action::Fault(fault) => fault.resolve().map_or_else(|e| e, |f| format!("{} {}", name(f.server), word(f.kind))),
        Action::Variant(variant) => format!("the variant {variant}"),
        Action::Broker(how) => format!("a broker that {how}"),
        Action::Skip(step) => format!("without {step}"),
    }
}

fn name(server: FaultServer) -> &'static str {
    match server {
        FaultServer::Authority => "authority",
        FaultServer::Backend => "backend",
    }
}

fn word(kind: FaultKind) -> &'static str {
    match kind {
        FaultKind::Paused => "paused",
        FaultKind::Killed => "killed",
        FaultKind::Sealed => "sealed",
        FaultKind::Restarted => "restarted",
    }
}

/// A fault that will be healed.
pub struct Healing(Option<JoinHandle<Result<(), RunError>>>);

impl Healing {
    /// Nothing to heal.
    pub fn none() -> Self {
        Self(None)
    }
    /// Waits for it.
    ///
    /// # Errors
    /// It could not be healed.
    pub async fn healed(self) -> Result<(), RunError> {
        match self.0 {
            Some(task) => task.await.at_step("healing")?,
            None => Ok(()),
        }
    }
}
