//! One drill's stage: its servers side by side, its tenants, its scenarios side by side, and the end of it all.

use super::journal::Journal;
use super::office::{self, Office};
use super::prepare::{Prepared, correlation, own_mount};
use super::probing::Prober;
use super::proof::AuditLog;
use super::sabotage::Hooks;
use super::scenario::ScenarioRun;
use super::{AtStep, RunError, bracket, parent};
use crate::authority::{Rival, other_than};
use crate::backend::{Credential, Running};
use crate::definition::sabotage::{Point, Sabotage};
use crate::definition::{DrillPlan, ScenarioPlan};
use crate::environment::{EngineHandle, ImageChoice, ImageMode, Labels, Network, resolve_image};
use crate::history::Body;
use crate::history::log::Log;
use crate::secret::Redactor;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::{Notify, OnceCell};

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
    /// Keep the servers, and write a person's login into this file.
    pub keep: Option<std::path::PathBuf>,
}

/// A drill's servers, prepared, and what its scenarios share.
pub struct Stage {
    /// The authority's half.
    pub office: Office,
    network: Network,
    /// Where credentials must die.
    pub backend: Arc<Running>,
    /// Bootstrap credentials of the tenant's parent, the other tenant's, and of mounts of their own.
    pub parents: Vec<Credential>,
    rival_connected: OnceCell<()>,
    /// What runs out by itself goes first: the others begin when its bracket is complete.
    pub lead: Lead,
    /// The bootstrap parent and its control, between rotation and the look afterwards.
    pub parent_probers: Mutex<Option<(Prober, Prober)>>,
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
    let log = AuditLog::read(context, &stage, journal).await?;
    futures_util::future::join_all(finished.iter().map(|(s, finished)| s.audit(&log, finished))).await;
    drop(finished);
    drop(scenarios);
    (context.say)(&plan.drill, "tearing down");
    if let Some(stage) = Arc::into_inner(stage) {
        tear_down(context, stage, tag, journal).await;
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
    let network = name("net");
    let (network, authority_image, backend_image) = tokio::join!(
        Network::create(docker, &network, &context.labels, &context.engine.reach),
        resolve_image(docker, &plan.authority_image, context.images),
        resolve_image(docker, plan.backend.image(), context.images),
    );
    let (network, authority_image, backend_image) = (
        network.at_step("making the network")?,
        authority_image.at_step("openbao's image")?,
        backend_image.at_step("the backend's image")?,
    );
    let tenant = plan.scenarios.first().map(|s| s.caller.tenant.clone()).unwrap_or_default();
    if plan.scenarios.iter().any(|s| s.caller.tenant != tenant) {
        return Err("callers of several tenants in one drill").at_step("set-up is not supported yet");
    }
    let authority = office::open(context, journal, &network, name("openbao"), authority_image, plan);
    let backend = bring_backend_up(context, journal, &network, name("backend"), backend_image, &tenant, plan);
    let (authority, backend) = tokio::join!(authority, backend);
    let ((office, prepared), (backend, parents)) = (authority?, backend?);
    let stage = Stage {
        office,
        network,
        backend: Arc::new(backend),
        parents,
        rival_connected: OnceCell::new(),
        lead: Lead::default(),
        parent_probers: Mutex::default(),
    };
    stage.connect(journal).await?;
    Ok((stage, prepared))
}

impl Stage {
    /// The drill's plan.
    pub fn drill(&self) -> &DrillPlan {
        &self.office.drill
    }

    /// Connects the engine with the backend. The parent gets a password that only the authority knows before anything is issued.
    async fn connect(&self, journal: &Journal) -> Result<(), RunError> {
        const STEP: &str = "connecting openbao with the backend";
        let from_us = journal.now_us();
        let parent = self.parents.first().ok_or("no parent").at_step(STEP)?;
        let issuer = &self.office.issuer;
        let connected = async { issuer.connect(self.backend.authority_connection(parent)).await.at_step(STEP) };
        let inspector = async { self.backend.check_inspector().await.at_step("seeding the backend") };
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
        if !self.office.skips("rotate-root") {
            issuer.rotate_parent().await.at_step("rotating the parent")?;
        }
        journal.step("openbao connected, parent rotated, administrator's statements", from_us);
        Ok(())
    }

    /// Connects a scenario's own mount, as a parent of its own.
    ///
    /// # Errors
    /// The authority refuses.
    pub async fn connect_own_mount(&self, plan: &ScenarioPlan, prepared: &Prepared) -> Result<(), RunError> {
        const STEP: &str = "connecting the scenario's own mount";
        let own = self.drill().scenarios.iter().filter(|s| own_mount(s));
        let Some(at) = own.into_iter().position(|s| s.scenario == plan.scenario) else { return Ok(()) };
        let parent = self.parents.get(at + 2).ok_or("no parent of its own").at_step(STEP)?;
        prepared.subject.connect(self.backend.authority_connection(parent)).await.at_step(STEP)?;
        prepared.subject.rotate_parent().await.at_step("rotating the mount's parent")?;
        Ok(())
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
            let parent = self.parents.get(usize::from(own)).ok_or("no parent").at_step(STEP)?;
            let issuer = self.office.rivals_issuer(rival);
            issuer.connect(self.backend.authority_connection(parent)).await.at_step(STEP)?;
            if own {
                issuer.rotate_parent().await.at_step("rotating another tenant's parent")?;
            }
            Ok(())
        };
        self.rival_connected.get_or_try_init(|| connect).await?;
        Ok(rival)
    }
}

async fn bring_backend_up(
    context: &RunContext,
    journal: &Journal,
    network: &Network,
    name: String,
    image: ImageChoice,
    tenant: &str,
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
        &plan.backend,
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
    parents.extend(plan.scenarios.iter().filter(|s| own_mount(s)).map(|s| format!("{tenant}-{}", s.scenario)));
    let parents = backend.prepare(&parents).await.at_step("seeding the backend")?;
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
    stage.lead.expect(runs.iter().filter(|r| !r.plan.trigger.is_requested()).count());
    Ok(runs)
}

async fn tear_down(context: &RunContext, stage: Stage, tag: &str, journal: &Journal) {
    let from_us = journal.now_us();
    let plan = stage.office.drill.clone();
    {
        let mut logs = context.server_logs.lock().unwrap_or_else(PoisonError::into_inner);
        let nth = tag.split_once('-').map_or_else(String::new, |(_, n)| format!("-{n}"));
        logs.push((format!("{}{nth}-openbao", plan.drill), stage.office.server.container.logs.lines()));
        logs.push((format!("{}{nth}-{}", plan.drill, plan.backend.name()), stage.backend.log()));
    }
    if let Some(file) = &context.keep {
        let Office { server, actors, .. } = &stage.office;
        if let Err(e) = super::keep::write(file, &plan, server, actors, &stage.backend).await {
            journal.problem("keeping the servers", e);
        }
        // Dropped, a container would be removed.
        std::mem::forget(stage);
        return;
    }
    // A sabotage leaves behind what it breaks: that is what it is for.
    if context.sabotage.is_none()
        && let Err(e) = stage.office.close(&stage.backend).await
    {
        journal.problem(e.step, e.what);
    }
    let Stage { network, office, backend, .. } = stage;
    let authority = async {
        if let Some(server) = Arc::into_inner(office.server) {
            server.container.remove().await;
        }
    };
    let backend = async {
        if let Some(server) = Arc::into_inner(backend) {
            server.into_container().remove().await;
        }
    };
    tokio::join!(authority, backend, network.remove());
    journal.step("torn down", from_us);
}
