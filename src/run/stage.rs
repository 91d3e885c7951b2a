//! One drill's stage: its servers side by side, its tenant, its scenarios side by side, and the end of it all.

use super::journal::Journal;
use super::prepare::{neighbour, own_mount};
use super::probing::Prober;
use super::sabotage::Hooks;
use super::scenario::ScenarioRun;
use super::{AtStep, RunError, bracket, parent};
use crate::authority::{Actors, Bao, OpenBao, Registered, Rival, Tenant, bring_up, other_than};
use crate::backend::{Credential, Running};
use crate::credential::{Issuer, Twin};
use crate::definition::sabotage::Sabotage;
use crate::definition::{Caller, DrillPlan, ScenarioPlan};
use crate::environment::{EngineHandle, ImageChoice, ImageMode, Labels, Network, resolve_image};
use crate::history::Body;
use crate::history::log::Log;
use crate::secret::{Redactor, Secret};
use serde_json::json;
use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use tokio::sync::OnceCell;

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
    /// The drill's plan.
    pub drill: Arc<DrillPlan>,
    network: Network,
    /// Who issues.
    pub authority: Arc<OpenBao>,
    /// Where credentials must die.
    pub backend: Arc<Running>,
    /// Operator, auditor, provisioner.
    pub actors: Arc<Actors>,
    /// Sabotaged runs only.
    saboteur: Option<Bao>,
    sabotage: Option<Arc<Sabotage>>,
    /// The tenant's namespace.
    pub tenant: Tenant,
    /// The stated role at its usual mount.
    pub issuer: Issuer,
    /// Bootstrap credentials of the tenant's parent, the other tenant's, and of mounts of their own.
    pub parents: Vec<Credential>,
    /// Registered once each, by name.
    pub callers: Mutex<HashMap<String, Arc<OnceCell<Arc<Registered>>>>>,
    /// Another caller of the same tenant.
    pub neighbour: OnceCell<Bao>,
    rival: OnceCell<Rival>,
    capped: OnceCell<Issuer>,
    /// The bootstrap parent and its control, between rotation and the look afterwards.
    pub parent_probers: Mutex<Option<(Prober, Prober)>>,
}

/// Runs one drill. What could not be done is in the history as a problem.
pub async fn run_drill(context: &RunContext, plan: Arc<DrillPlan>, index: usize) {
    let journal = Journal::of_drill(&context.log, &plan.drill);
    if let Err(e) = drill(context, &plan, index, &journal).await {
        journal.problem(e.step, e.what);
    }
}

async fn drill(context: &RunContext, plan: &Arc<DrillPlan>, index: usize, journal: &Journal) -> Result<(), RunError> {
    let stage = Arc::new(bring_stage_up(context, plan, index, journal).await?);
    let scenarios = scenario_runs(context, &stage, journal);
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
    let finishing = scenarios.iter().zip(settled).filter_map(|(s, settled)| settled.map(|settled| s.finish(settled)));
    futures_util::future::join_all(finishing).await;
    drop(scenarios);
    (context.say)(&plan.drill, "tearing down");
    if let Some(stage) = Arc::into_inner(stage) {
        tear_down(context, stage, journal).await;
    }
    Ok(())
}

async fn bring_stage_up(
    context: &RunContext,
    plan: &Arc<DrillPlan>,
    index: usize,
    journal: &Journal,
) -> Result<Stage, RunError> {
    let (docker, run) = (&context.engine.docker, context.labels.run());
    let name = |what: &str| format!("drill-{run}-{index}-{what}");
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
    let authority = bring_authority_up(context, journal, &network, name("openbao"), authority_image, &tenant, plan);
    let backend = bring_backend_up(context, journal, &network, name("backend"), backend_image, &tenant, plan);
    let (authority, backend) = tokio::join!(authority, backend);
    let ((authority, actors, saboteur, tenant), (backend, parents)) = (authority?, backend?);
    let issuer = Issuer::new(&plan.credential, &tenant, None);
    let stage = Stage {
        drill: plan.clone(),
        network,
        authority: Arc::new(authority),
        backend: Arc::new(backend),
        actors: Arc::new(actors),
        saboteur,
        sabotage: context.sabotage.clone(),
        tenant,
        issuer,
        parents,
        callers: Mutex::default(),
        neighbour: OnceCell::new(),
        rival: OnceCell::new(),
        capped: OnceCell::new(),
        parent_probers: Mutex::default(),
    };
    prepare_role(context, &stage, journal).await?;
    Ok(stage)
}

/// Mount, parent and role. The parent gets a password that only the authority knows before anything is issued.
async fn prepare_role(context: &RunContext, stage: &Stage, journal: &Journal) -> Result<(), RunError> {
    let from_us = journal.now_us();
    let parent = stage.parents.first().ok_or("no parent").at_step("preparing the role")?;
    let mount = stage.issuer.mount(stage.backend.authority_connection(parent));
    let (mounted, ()) = tokio::join!(mount, parent::before(stage, journal));
    mounted.at_step("preparing the role")?;
    if stage.skips("own-parent") {
        // While the shared parent's password is still known.
        stage.rival(&context.redactor).await?;
    }
    if !stage.skips("rotate-root") {
        stage.issuer.rotate_parent().await.at_step("rotating the parent")?;
    }
    stage.issuer.write().await.at_step("preparing the role")?;
    journal.step("role prepared", from_us);
    Ok(())
}

impl Stage {
    /// Whether a step of the set-up is to be left out.
    pub fn skips(&self, step: &str) -> bool {
        self.sabotage.as_ref().is_some_and(|s| s.skips(step))
    }

    /// The parent of a scenario that has a mount of its own.
    pub fn second_parent(&self, plan: &ScenarioPlan) -> Option<&Credential> {
        let own = self.drill.scenarios.iter().filter(|s| own_mount(s));
        let at = own.into_iter().position(|s| s.scenario == plan.scenario)?;
        self.parents.get(at + 2)
    }

    /// The role whose default TTL is above its cap. Written once: OpenBao answers 500 (`transaction commit failed`) to an issue from a
    /// role that is being written.
    ///
    /// # Errors
    /// The authority refuses.
    pub async fn capped(&self) -> Result<&Issuer, RunError> {
        let make = async {
            let twin = self.issuer.twin(&Twin::Capped);
            twin.write().await.at_step("making the role with a cap below its default")?;
            Ok(twin)
        };
        self.capped.get_or_try_init(|| make).await
    }

    /// The other tenant, with a mount and a parent of its own; made when it is first needed, which is while others wait.
    ///
    /// # Errors
    /// The authority refuses.
    pub async fn rival(&self, redactor: &Redactor) -> Result<&Rival, RunError> {
        let make = async {
            let rival = Rival::create(&self.actors, &self.tenant, &self.drill.drill, redactor)
                .await
                .at_step("making another tenant")?;
            let shared = usize::from(!self.skips("own-parent"));
            let parent = self.parents.get(shared).ok_or("no parent").at_step("making another tenant")?;
            let issuer = Issuer::new(&self.drill.credential, &rival.tenant, None);
            let connection = self.backend.authority_connection(parent);
            issuer.mount(connection).await.at_step("making another tenant's mount")?;
            if !self.skips("own-parent") {
                issuer.rotate_parent().await.at_step("rotating another tenant's parent")?;
            }
            Ok(rival)
        };
        self.rival.get_or_try_init(|| make).await
    }
}

async fn bring_authority_up(
    context: &RunContext,
    journal: &Journal,
    network: &Network,
    name: String,
    image: ImageChoice,
    tenant: &str,
    plan: &DrillPlan,
) -> Result<(OpenBao, Actors, Option<Bao>, Tenant), RunError> {
    let from_us = journal.now_us();
    let container = OpenBao::launch(&context.engine, network, &context.labels, &name, image.clone())
        .await
        .at_step("starting openbao")?;
    let (server, root) = OpenBao::open(container, &context.redactor).await.at_step("starting openbao")?;
    journal.step("openbao ready", from_us);
    let nobody = Bao::at(&server.address().await.at_step("starting openbao")?, std::time::Duration::from_secs(10))
        .at_step("starting openbao")?;
    let from_us = journal.now_us();
    let saboteur = match &context.sabotage {
        Some(_) => Some(saboteur(&root, &nobody, &context.redactor).await.at_step("the saboteur's token")?),
        None => None,
    };
    let actors = bring_up(&root, &nobody, &context.redactor).await.at_step("making the actors")?;
    let mut callers: Vec<Caller> = plan.scenarios.iter().map(|s| s.caller.clone()).collect();
    callers.push(neighbour(tenant));
    let tenant =
        Tenant::create(&actors, tenant, &plan.drill, &callers).await.at_step("making the tenant's namespace")?;
    journal.step("actors ready, root token revoked", from_us);
    let event = Body::Server {
        server: "authority".into(),
        product: "OpenBao".into(),
        version: server.version.clone(),
        image: image.reference,
        image_id: image.id,
        origin: image.origin,
        identity: server.cluster.clone(),
    };
    journal.write(event);
    let saboteur = saboteur.map(|s| s.in_namespace(&tenant.namespace));
    Ok((server, actors, saboteur, tenant))
}

/// A sabotage at the authority uses a token that exists only in sabotaged runs.
async fn saboteur(root: &Bao, nobody: &Bao, redactor: &Redactor) -> Result<Bao, crate::authority::AuthorityError> {
    let policy = "path \"*\" { capabilities = [\"create\", \"read\", \"update\", \"delete\", \"list\", \"sudo\"] }\n";
    let policy = format!(
        "{policy}path \"+/*\" {{ capabilities = [\"create\", \"read\", \"update\", \"delete\", \"list\", \"sudo\"] }}\n"
    );
    root.call("PUT", "sys/policies/acl/saboteur", Some(json!({"policy": policy}))).await?;
    let token = root
        .post("auth/token/create-orphan", json!({"policies": ["saboteur"], "no_default_policy": true, "ttl": "24h"}))
        .await?;
    Ok(nobody.with_token(Secret::new(token.text("/auth/client_token")?.to_string(), redactor)))
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
    bracket::administrators_statements(journal, &backend, &plan.backend).await?;
    journal.step("seed data and statements", from_us);
    Ok((backend, parents))
}

fn scenario_runs(context: &RunContext, stage: &Arc<Stage>, journal: &Journal) -> Vec<ScenarioRun> {
    let mut runs: Vec<ScenarioRun> = Vec::new();
    for scenario in &stage.drill.scenarios {
        let journal = journal.of_scenario(&scenario.scenario);
        let sabotage = context.sabotage.clone().filter(|s| s.scenario == scenario.scenario);
        let hooks = Hooks::new(
            sabotage,
            journal.clone(),
            stage.backend.clone(),
            stage.authority.clone(),
            stage.saboteur.clone(),
            stage.actors.operator.clone(),
        );
        runs.push(ScenarioRun {
            journal,
            plan: scenario.clone(),
            stage: stage.clone(),
            hooks,
            redactor: context.redactor.clone(),
            correlation: format!("{}.{}.{}", context.labels.run(), stage.drill.drill, scenario.scenario),
        });
    }
    // What ends by itself is the critical path, the longest first: its requests go first.
    runs.sort_by_key(|r| std::cmp::Reverse(r.plan.trigger.ttl_ms()));
    runs
}

async fn tear_down(context: &RunContext, stage: Stage, journal: &Journal) {
    let from_us = journal.now_us();
    let plan = stage.drill.clone();
    {
        let mut logs = context.server_logs.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        logs.push((format!("{}-openbao", plan.drill), stage.authority.container.logs.lines()));
        logs.push((format!("{}-{}", plan.drill, plan.backend.name()), stage.backend.container().logs.lines()));
    }
    if let Some(file) = &context.keep {
        if let Err(e) = super::keep::write(file, &plan, &stage.authority, &stage.actors, &stage.backend).await {
            journal.problem("keeping the servers", e);
        }
        // Dropped, a container would be removed.
        std::mem::forget(stage);
        return;
    }
    let Stage { network, authority, backend, .. } = stage;
    let authority = async {
        if let Some(server) = Arc::into_inner(authority) {
            server.container.remove().await;
        }
    };
    let backend = async {
        if let Some(server) = Arc::into_inner(backend) {
            server.into_container().remove().await;
        }
    };
    tokio::join!(authority, backend);
    network.remove().await;
    journal.step("torn down", from_us);
}
