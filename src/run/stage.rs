//! One drill's stage: its servers side by side, its tenants, its scenarios side by side, and the end of it all.

use super::house::House;
use super::journal::Journal;
use super::office::{self, Office};
use super::prepare::{self, Prepared, correlation};
use super::probing::Prober;
use super::proof::AuditLog;
use super::sabotage::Hooks;
use super::scenario::ScenarioRun;
use super::{AtStep, RunError, bracket, broker, outage, parent, stock, teardown};
use crate::authority::{OpenBao, Rival, Tenant, other_than};
use crate::backend::{Audience, Credential, IdentityProvider, Running};
use crate::credential::{Ability, CredentialPlan, Issued, Issuer};
use crate::definition::sabotage::{Point, Sabotage};
use crate::definition::{DrillPlan, ScenarioPlan};
use crate::environment::{EngineHandle, ImageChoice, ImageMode, Labels, Network, resolve_image};
use crate::history::log::Log;
use crate::history::{Body, State};
use crate::secret::Redactor;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::{Notify, OnceCell};

/// How often the inspector logs in before set-up gives up.
const SET_UP_TRIES: usize = 5;

/// What all drills of a run share.
#[derive(Clone)]
pub struct RunContext {
    /// The container engine.
    pub engine: EngineHandle,
    /// The run's labels.
    pub labels: Labels,
    /// `--images`.
    pub images: ImageMode,
    /// Where events go.
    pub log: Log,
    /// For new secrets.
    pub redactor: Redactor,
    /// What is broken on purpose.
    pub sabotage: Option<Arc<Sabotage>>,
    /// What to say while it goes on.
    pub say: super::Say,
    /// The servers' own logs, by name, kept where the run did not pass.
    pub server_logs: Arc<Mutex<super::ServerLogs>>,
    /// The OpenBao that drills share, where they do.
    pub house: Option<Arc<House>>,
    /// Keep the servers, and write a person's login into this file.
    pub keep: Option<std::path::PathBuf>,
}

/// A drill's servers, prepared, and what its scenarios share.
pub struct Stage {
    /// The authority's half.
    pub office: Office,
    /// Where its servers are.
    pub network: Network,
    /// Where credentials must die.
    pub backend: Arc<Running>,
    /// Bootstrap credentials of the tenant's parent, the other tenant's, and of mounts of their own.
    pub parents: Vec<Credential>,
    rival_connected: OnceCell<()>,
    /// Mounts besides the usual one.
    connected: Mutex<BTreeMap<String, Arc<OnceCell<()>>>>,
    /// What runs out by itself goes first: the others begin when its bracket is complete.
    pub lead: Lead,
    /// Names of all credentials that the run was given, whoever asked for them.
    pub given: Mutex<BTreeSet<String>>,
    /// The bootstrap parent and its control at each door, between rotation and the look afterwards.
    pub parent_probers: Mutex<Vec<(Prober, Prober)>>,
}

/// Counts those whose TTL runs while they get ready.
#[derive(Default)]
pub struct Lead {
    left: AtomicUsize,
    ready: Notify,
}

/// One of those; dropped when it is ready, or came to nothing.
pub struct Leading<'a>(&'a Lead);

impl Lead {
    fn expect(&self, leaders: usize) {
        self.left.store(leaders, Ordering::Release);
    }
    /// A scenario takes its place: it leads, or it waits until all leaders are ready.
    pub async fn place(&self, leads: bool) -> Option<Leading<'_>> {
        if leads {
            return Some(Leading(self));
        }
        let ready = self.ready.notified();
        tokio::pin!(ready);
        ready.as_mut().enable();
        if self.left.load(Ordering::Acquire) > 0 {
            ready.await;
        }
        None
    }
}

impl Drop for Leading<'_> {
    fn drop(&mut self) {
        if self.0.left.fetch_sub(1, Ordering::AcqRel) == 1 {
            self.0.ready.notify_waiters();
        }
    }
}

/// Runs one drill. What could not be done is in the history as a problem. A scenario that disturbs a server has servers of its own,
/// after the others': what it breaks must not look like theirs.
pub async fn run_drill(context: &RunContext, plan: Arc<DrillPlan>, index: usize) {
    let (disturbed, calm): (Vec<_>, Vec<_>) = plan.scenarios.iter().cloned().partition(|s| s.fault.is_some());
    let journal = Journal::of_drill(&context.log, &plan.drill, &context.say);
    let alone = |s: ScenarioPlan| (journal.of_scenario(&s.scenario), vec![s]);
    let stages =
        (!calm.is_empty()).then(|| (journal.clone(), calm)).into_iter().chain(disturbed.into_iter().map(alone));
    for (n, (journal, scenarios)) in stages.enumerate() {
        let tag = if n == 0 { index.to_string() } else { format!("{index}-{}", n + 1) };
        let plan = Arc::new(DrillPlan { scenarios, ..(*plan).clone() });
        if let Err(e) = drill(context, &plan, &tag, &journal).await {
            journal.problem(e.step, e.what);
        }
    }
    context.log.forget(&plan.drill);
}

async fn drill(context: &RunContext, plan: &Arc<DrillPlan>, tag: &str, journal: &Journal) -> Result<(), RunError> {
    let (stage, prepared) = bring_stage_up(context, plan, tag, journal).await?;
    let stage = Arc::new(stage);
    let scenarios = scenario_runs(context, &stage, prepared, journal).await?;
    (context.say)(&plan.drill, "issuing and probing");
    let settled = futures_util::future::join_all(scenarios.iter().map(|s| async {
        match s.run_until_settled().await {
            Ok(settled) => Some(settled),
            Err(e) => {
                s.journal.problem(e.step, e.what);
                None
            }
        }
    }));
    let (settled, ()) = tokio::join!(settled, parent::after(&stage));
    let finishing = scenarios.iter().zip(settled).filter_map(|(s, settled)| Some((s, settled?)));
    let finished = finishing.map(|(s, settled)| async move { (s, s.finish(settled).await) });
    let finished = futures_util::future::join_all(finished).await;
    if let Err(e) = stock::strays(&stage, journal).await {
        journal.problem(e.step, e.what);
    }
    if let Err(e) = outage::look(&stage, &finished).await {
        journal.problem(e.step, e.what);
    }
    // An authority that gives no answer any more must not keep the rest from being torn down.
    match AuditLog::read(context, &stage, journal).await {
        Ok(log) => {
            futures_util::future::join_all(finished.iter().map(|(s, finished)| s.audit(&log, finished))).await;
        }
        Err(e) => {
            journal.problem(e.step, e.what);
            // What was observed was observed to its end; only the log is missing.
            for (s, _) in &finished {
                s.journal.enter(State::Done);
            }
        }
    }
    drop(finished);
    drop(scenarios);
    (context.say)(&plan.drill, "tearing down");
    if let Some(stage) = Arc::into_inner(stage) {
        teardown::tear_down(context, stage, tag, journal).await;
    }
    Ok(())
}

async fn bring_stage_up(
    context: &RunContext,
    plan: &Arc<DrillPlan>,
    tag: &str,
    journal: &Journal,
) -> Result<(Stage, Vec<Prepared>), RunError> {
    let (docker, run) = (&context.engine.docker, context.labels.run());
    let name = |what: &str| format!("drill-{run}-{tag}-{what}");
    (context.say)(&plan.drill, "starting openbao and the backend");
    let network_name = name("net");
    let network = async {
        match context.house.as_ref().filter(|house| house.takes(plan)) {
            Some(house) => house.network(context).await.cloned(),
            None => Network::create(docker, &network_name, &context.labels, &context.engine.reach)
                .await
                .at_step("making the network"),
        }
    };
    let (network, authority_image, backend_image) = tokio::join!(
        network,
        resolve_image(docker, &plan.authority_image, context.images),
        resolve_image(docker, plan.backend.image(), context.images),
    );
    let (network, authority_image, backend_image) =
        (network?, authority_image.at_step("openbao's image")?, backend_image.at_step("the backend's image")?);
    let tenant = plan.scenarios.first().map(|s| s.caller.tenant.clone()).unwrap_or_default();
    if plan.scenarios.iter().any(|s| s.caller.tenant != tenant) {
        return Err("callers of several tenants in one drill").at_step("set-up is not supported yet");
    }
    let provider = identity_provider(context, &name("openbao"), &tenant, plan);
    let authority = office::open(context, journal, &network, name("openbao"), authority_image, plan);
    let told = (tenant.as_str(), &provider);
    let backend = bring_backend_up(context, journal, &network, name("backend"), backend_image, told, plan);
    let (authority, backend) = tokio::join!(authority, backend);
    let ((office, prepared), (backend, parents)) = (authority?, backend?);
    let stage = Stage {
        office,
        network,
        backend: Arc::new(backend),
        parents,
        rival_connected: OnceCell::new(),
        connected: Mutex::default(),
        lead: Lead::default(),
        given: Mutex::default(),
        parent_probers: Mutex::default(),
    };
    stage.connect(context, tag, journal).await?;
    Ok((stage, prepared))
}

impl Stage {
    /// The drill's plan.
    pub fn drill(&self) -> &DrillPlan {
        &self.office.drill
    }

    /// Remembers that a credential came into the run's hands.
    pub fn give(&self, issued: &Issued) {
        self.give_name(&issued.credential.name);
    }

    /// The same by its name.
    pub fn give_name(&self, name: &str) {
        self.given.lock().unwrap_or_else(PoisonError::into_inner).insert(name.to_string());
    }

    /// Connects the engine with the backend. The parent gets a password that only the authority knows before anything is issued.
    async fn connect(&self, context: &RunContext, tag: &str, journal: &Journal) -> Result<(), RunError> {
        const STEP: &str = "connecting openbao with the backend";
        let from_us = journal.now_us();
        let issuer = &self.office.issuer;
        if let Some(presented) = issuer.presented() {
            presented.meets(&self.backend);
        }
        let connected = async {
            self.connect_engine(issuer, 0, STEP).await?;
            self.vouch_for(issuer).await
        };
        let inspector = self.inspector_is_in();
        let bootstrap = async {
            parent::before(self, journal).await;
            Ok(())
        };
        let statements = bracket::administrators_statements(journal, &self.backend, &self.drill().backend);
        tokio::try_join!(connected, inspector, bootstrap, statements)?;
        if self.office.skips("own-parent") {
            // While the shared parent's password is still known.
            self.rival().await?;
        }
        if let CredentialPlan::Brokered(plan) = &self.drill().credential {
            // It takes both tenants' parents when it starts, and gives each a new secret.
            self.rival().await?;
            broker::start(context, self, plan, tag, journal).await?;
        } else if !self.office.skips("rotate-root") {
            self.rotate(issuer).await?;
        }
        self.office.write_waiting().await?;
        journal.step("openbao connected, parent rotated, administrator's statements", from_us);
        Ok(())
    }

    /// A single login has a probe's short time-out; set-up is busier than a probe is, so it may try again.
    async fn inspector_is_in(&self) -> Result<(), RunError> {
        let mut seen = Ok(());
        for _ in 0..SET_UP_TRIES {
            seen = self.backend.check_inspector().await;
            if seen.is_ok() {
                break;
            }
        }
        seen.at_step("seeding the backend")
    }

    /// Connects the mount of a role where it is not the usual one, as a parent of its own; once however many roles are there.
    ///
    /// # Errors
    /// The authority refuses.
    pub async fn connect_mount(&self, issuer: &Issuer) -> Result<(), RunError> {
        const STEP: &str = "connecting a mount of its own";
        let mounts = prepare::own_mounts(self.drill());
        let Some(at) = mounts.iter().position(|mount| mount == issuer.place().0) else { return Ok(()) };
        let connect = async {
            self.connect_engine(issuer, at + 2, STEP).await?;
            self.vouch_for(issuer).await?;
            self.rotate(issuer).await
        };
        let cell = {
            let mut connected = self.connected.lock().unwrap_or_else(PoisonError::into_inner);
            connected.entry(mounts[at].clone()).or_default().clone()
        };
        cell.get_or_try_init(|| connect).await?;
        Ok(())
    }

    /// Tells a mount's engine how to reach the backend as a parent, where it does.
    async fn connect_engine(&self, issuer: &Issuer, parent: usize, step: &str) -> Result<(), RunError> {
        if !self.drill().credential.can(Ability::LogsIn) {
            return Ok(());
        }
        let parent = self.parents.get(parent).ok_or("no parent").at_step(step)?;
        issuer.connect(self.backend.authority_connection(parent), parent).await.at_step(step)
    }

    /// Tells the backend whose signature it takes, where it goes by one. Nobody else's than the drill's own tenant's.
    async fn vouch_for(&self, issuer: &Issuer) -> Result<(), RunError> {
        const STEP: &str = "telling the backend of its authority";
        match issuer.anchor().await.at_step(STEP)? {
            Some(anchor) => self.backend.trust(&anchor).await.at_step(STEP),
            None => Ok(()),
        }
    }

    /// Gives a mount's parent a secret that only the authority knows, where its engine can.
    async fn rotate(&self, issuer: &Issuer) -> Result<(), RunError> {
        if !self.drill().credential.can(Ability::RotatesParent) {
            return Ok(());
        }
        issuer.rotate_parent().await.at_step("rotating the parent")
    }

    /// The other tenant, its engine connected as a parent of its own; when it is first needed, which is while others wait.
    ///
    /// # Errors
    /// The authority refuses.
    pub async fn rival(&self) -> Result<&Rival, RunError> {
        const STEP: &str = "connecting another tenant";
        let rival = self.office.rival().await?;
        let connect = async {
            let own = !self.office.skips("own-parent");
            let issuer = self.office.rivals_issuer(rival);
            self.connect_engine(&issuer, usize::from(own), STEP).await?;
            if own {
                self.rotate(&issuer).await?;
            }
            Ok(())
        };
        self.rival_connected.get_or_try_init(|| connect).await?;
        Ok(rival)
    }
}

/// Whose identity tokens the backend takes: of the tenant's namespace, at the authority that is being started beside it.
fn identity_provider(context: &RunContext, own: &str, tenant: &str, plan: &DrillPlan) -> IdentityProvider {
    let shared = context.house.as_ref().filter(|house| house.takes(plan)).map(|_| House::server_name(context));
    let address = OpenBao::address_of(shared.as_deref().unwrap_or(own));
    let namespace = Tenant::namespace_of(tenant, &plan.drill);
    let provider = Issuer::provider(&plan.credential, &namespace, &address, &prepare::twins(plan));
    let mut provider = provider.unwrap_or_default();
    if context.sabotage.as_ref().is_some_and(|s| s.skips("own-provider")) {
        // Another tenant's besides, for an audience of their own.
        let theirs = Tenant::namespace_of(other_than(tenant), &plan.drill);
        let theirs = Issuer::provider(&plan.credential, &theirs, &address, &[]).unwrap_or_default();
        let discovery = Some(theirs.discovery);
        provider.audiences.extend(theirs.audiences.into_iter().map(|a| Audience { discovery: discovery.clone(), ..a }));
    }
    provider
}

async fn bring_backend_up(
    context: &RunContext,
    journal: &Journal,
    network: &Network,
    name: String,
    image: ImageChoice,
    (tenant, provider): (&str, &IdentityProvider),
    plan: &DrillPlan,
) -> Result<(Running, Vec<Credential>), RunError> {
    let from_us = journal.now_us();
    let product = plan.backend.name();
    let backend = Running::launch(
        &context.engine,
        network,
        &context.labels,
        &name,
        image.clone(),
        (&plan.backend, provider),
        &context.redactor,
    )
    .await
    .at_step("starting the backend")?;
    journal.step(format!("{product}'s container"), from_us);
    let from_us = journal.now_us();
    backend.ready().await.at_step("starting the backend")?;
    journal.step(format!("{product} ready"), from_us);
    journal.write(Body::Server {
        server: "backend".into(),
        product: plan.backend.product().into(),
        version: backend.version(),
        image: image.reference,
        image_id: image.id,
        origin: image.origin,
        identity: backend.identity(),
    });
    let from_us = journal.now_us();
    let mut parents = vec![tenant.to_string(), other_than(tenant).to_string()];
    parents.extend(prepare::own_mounts(plan).iter().map(|mount| format!("{tenant}-{mount}")));
    let parents = backend.prepare(&parents).await.at_step("seeding the backend")?;
    if let (Some(parent), Some(users)) = (parents.first(), prepare::static_users(plan)) {
        backend.enrol(parent, &users).await.at_step("seeding the backend")?;
    }
    journal.step("parents, inspector and seed data", from_us);
    Ok((backend, parents))
}

async fn scenario_runs(
    context: &RunContext,
    stage: &Arc<Stage>,
    prepared: Vec<Prepared>,
    journal: &Journal,
) -> Result<Vec<ScenarioRun>, RunError> {
    let mut runs = Vec::new();
    for (plan, prepared) in stage.drill().scenarios.iter().zip(prepared) {
        let journal = journal.of_scenario(&plan.scenario);
        let sabotage = context.sabotage.clone().filter(|s| s.scenario == plan.scenario);
        let office = &stage.office;
        let hooks = Hooks::new(
            sabotage,
            journal.clone(),
            stage.backend.clone(),
            office.server.clone(),
            office.saboteur.clone(),
            office.actors.operator.clone(),
            office.actors.broker.clone(),
        );
        hooks.at(Point::SetUp).await?;
        runs.push(ScenarioRun {
            journal,
            plan: plan.clone(),
            stage: stage.clone(),
            prepared,
            hooks,
            redactor: context.redactor.clone(),
            correlation: correlation(context, stage.drill(), plan),
        });
    }
    // What ends by itself is the critical path, the longest first: its requests go first.
    runs.sort_by_key(|r| std::cmp::Reverse(r.plan.trigger.ttl_ms()));
    stage.lead.expect(runs.iter().filter(|r| r.plan.trigger.runs_out()).count());
    Ok(runs)
}
