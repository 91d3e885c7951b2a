//! One drill's stage: its servers side by side, its tenant, its scenarios side by side, and the end of it all.

use super::journal::Journal;
use super::sabotage::Hooks;
use super::scenario::ScenarioRun;
use super::{AtStep, RunError, bracket};
use crate::authority::{Actors, Bao, OpenBao, Tenant, bring_up};
use crate::backend::Running;
use crate::credential::Issuer;
use crate::definition::sabotage::{Point, Sabotage};
use crate::definition::{DrillPlan, ScenarioPlan, Trigger};
use crate::environment::{EngineHandle, ImageChoice, ImageMode, Labels, Network, resolve_image};
use crate::history::Body;
use crate::history::log::Log;
use crate::secret::{Redactor, Secret};
use serde_json::json;
use std::sync::{Arc, Mutex};

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

/// A drill's servers, prepared.
struct Stage {
    network: Network,
    authority: Arc<OpenBao>,
    backend: Arc<Running>,
    actors: Arc<Actors>,
    saboteur: Option<Bao>,
    issuer: Issuer,
    seats: Vec<Seat>,
}

/// Who asks for what in a scenario; one for each, in the plan's order.
struct Seat {
    caller: Bao,
    subject_issuer: Issuer,
}

/// The authority's half: all that needs no backend.
struct Authority {
    server: OpenBao,
    actors: Actors,
    saboteur: Option<Bao>,
    issuer: Issuer,
    seats: Vec<Seat>,
}

/// Runs one drill. What could not be done is in the history as a problem. A scenario that disturbs a server has servers of its own,
/// after the others': what it breaks must not look like theirs.
pub async fn run_drill(context: &RunContext, plan: Arc<DrillPlan>, index: usize) {
    let (disturbed, calm): (Vec<_>, Vec<_>) = plan.scenarios.iter().cloned().partition(|s| s.fault.is_some());
    let journal = Journal::of_drill(&context.log, &plan.drill);
    let alone = |s: crate::definition::ScenarioPlan| (journal.of_scenario(&s.scenario), vec![s]);
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
    let stage = bring_stage_up(context, plan, tag, journal).await?;
    let scenarios = scenario_runs(context, plan, &stage, journal).await?;
    (context.say)(&plan.drill, "issuing and probing");
    let settled = futures_util::future::join_all(scenarios.iter().map(|s| async {
        match s.run_until_settled().await {
            Ok(settled) => Some(settled),
            Err(e) => {
                s.journal.problem(e.step, e.what);
                None
            }
        }
    }))
    .await;
    let finishing = scenarios.iter().zip(settled).filter_map(|(s, settled)| settled.map(|settled| s.finish(settled)));
    futures_util::future::join_all(finishing).await;
    drop(scenarios);
    (context.say)(&plan.drill, "tearing down");
    tear_down(context, plan, tag, stage, journal).await;
    Ok(())
}

async fn bring_stage_up(
    context: &RunContext,
    plan: &Arc<DrillPlan>,
    tag: &str,
    journal: &Journal,
) -> Result<Stage, RunError> {
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
    let authority = bring_authority_up(context, journal, &network, name("openbao"), authority_image, &tenant, plan);
    let backend = bring_backend_up(context, journal, &network, name("backend"), backend_image, &tenant, plan);
    let (authority, backend) = tokio::join!(authority, backend);
    let (authority, (backend, parent)) = (authority?, backend?);
    let from_us = journal.now_us();
    let Authority { server, actors, saboteur, issuer, seats } = authority;
    let connected = async {
        issuer.connect(backend.authority_connection(&parent)).await.at_step("connecting openbao with the backend")
    };
    let inspector = async { backend.check_inspector().await.at_step("seeding the backend") };
    tokio::try_join!(connected, inspector, bracket::administrators_statements(journal, &backend, &plan.backend))?;
    journal.step("openbao connected, administrator's statements", from_us);
    Ok(Stage {
        network,
        authority: Arc::new(server),
        backend: Arc::new(backend),
        actors: Arc::new(actors),
        saboteur,
        issuer,
        seats,
    })
}

async fn bring_authority_up(
    context: &RunContext,
    journal: &Journal,
    network: &Network,
    name: String,
    image: ImageChoice,
    tenant: &str,
    plan: &DrillPlan,
) -> Result<Authority, RunError> {
    let from_us = journal.now_us();
    let container = OpenBao::launch(&context.engine, network, &context.labels, &name, image.clone())
        .await
        .at_step("starting openbao")?;
    journal.step("openbao's container", from_us);
    let from_us = journal.now_us();
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
    journal.step("actors ready, root token revoked", from_us);
    let from_us = journal.now_us();
    let tenant = Tenant::create(&actors, tenant, &plan.drill).await.at_step("making the tenant's namespace")?;
    let issuer = Issuer::prepare(&plan.credential, &tenant).await.at_step("preparing the role")?;
    let seats = seats(context, plan, &actors, &tenant, &issuer).await?;
    journal.step("tenant, roles and callers", from_us);
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
    Ok(Authority { server, actors, saboteur, issuer, seats })
}

/// Logs the callers in, each once, and makes the twins of the role.
async fn seats(
    context: &RunContext,
    plan: &DrillPlan,
    actors: &Actors,
    tenant: &Tenant,
    issuer: &Issuer,
) -> Result<Vec<Seat>, RunError> {
    let ttl_ms = |s: &ScenarioPlan| match s.trigger {
        Trigger::Expire { ttl_ms } => Some(ttl_ms),
        Trigger::Revoke => None,
    };
    let twins: Vec<u64> = plan.scenarios.iter().filter_map(ttl_ms).collect();
    let paths = Issuer::paths(&plan.credential, &twins);
    let mut callers: Vec<(crate::definition::Caller, Bao)> = Vec::new();
    let mut seats = Vec::new();
    for scenario in &plan.scenarios {
        let known = callers.iter().find(|(c, _)| *c == scenario.caller).map(|(_, bao)| bao.clone());
        let caller = match known {
            Some(bao) => bao,
            None => {
                let login = tenant
                    .log_in(actors, &scenario.caller, &paths, &context.redactor)
                    .await
                    .at_step("logging the caller in")?;
                callers.push((scenario.caller.clone(), login.bao.clone()));
                login.bao
            }
        };
        let subject_issuer = match ttl_ms(scenario) {
            Some(ttl_ms) => issuer.twin(ttl_ms).await.at_step("making the role's twin")?,
            None => issuer.clone(),
        };
        seats.push(Seat { caller, subject_issuer });
    }
    Ok(seats)
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
) -> Result<(Running, crate::backend::Credential), RunError> {
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
    let parent = backend.prepare(tenant).await.at_step("seeding the backend")?;
    journal.step("parent, inspector and seed data", from_us);
    Ok((backend, parent))
}

async fn scenario_runs(
    context: &RunContext,
    plan: &Arc<DrillPlan>,
    stage: &Stage,
    journal: &Journal,
) -> Result<Vec<ScenarioRun>, RunError> {
    let mut runs = Vec::new();
    let turn = Arc::new(tokio::sync::Mutex::new(()));
    for (scenario, seat) in plan.scenarios.iter().zip(&stage.seats) {
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
        hooks.at(Point::SetUp).await?;
        runs.push(ScenarioRun {
            journal,
            drill: plan.clone(),
            plan: scenario.clone(),
            backend: stage.backend.clone(),
            actors: stage.actors.clone(),
            caller: seat.caller.clone(),
            issuer: stage.issuer.clone(),
            subject_issuer: seat.subject_issuer.clone(),
            hooks,
            redactor: context.redactor.clone(),
            run: context.labels.run().into(),
            turn: turn.clone(),
        });
    }
    // The short TTL is the critical path: what expires is issued first.
    runs.sort_by_key(|r| matches!(r.plan.trigger, Trigger::Revoke));
    Ok(runs)
}

async fn tear_down(context: &RunContext, plan: &DrillPlan, tag: &str, stage: Stage, journal: &Journal) {
    let from_us = journal.now_us();
    {
        let mut logs = context.server_logs.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let nth = tag.split_once('-').map_or_else(String::new, |(_, n)| format!("-{n}"));
        logs.push((format!("{}{nth}-openbao", plan.drill), stage.authority.container.logs.lines()));
        logs.push((format!("{}{nth}-{}", plan.drill, plan.backend.name()), stage.backend.log()));
    }
    if let Some(file) = &context.keep {
        if let Err(e) = super::keep::write(file, plan, &stage.authority, &stage.actors, &stage.backend).await {
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
    tokio::join!(authority, backend, network.remove());
    journal.step("torn down", from_us);
}
