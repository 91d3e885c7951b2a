//! A stage comes up: its servers side by side, then the engine is connected with the backend.

use super::context::RunContext;
use super::house::House;
use super::journal::Journal;
use super::prepare::Prepared;
use super::stage::Stage;
use super::{AtStep, RunError, bracket, broker, opening, parent, roles};
use crate::authority::{OpenBao, Tenant, other_than};
use crate::backend::{Audience, Credential, IdentityProvider, Running};
use crate::credential::{CredentialPlan, Issuer};
use crate::definition::DrillPlan;
use crate::environment::{ImageChoice, Network, resolve_image};
use crate::history::Body;
use std::sync::Arc;

/// How often the inspector logs in before set-up gives up.
const SET_UP_TRIES: usize = 5;

/// Both servers side by side, then what connects them.
///
/// # Errors
/// The engine, the authority or the backend refuses a step.
pub async fn bring_stage_up(
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
    let authority = opening::open(context, journal, &network, name("openbao"), authority_image, plan);
    let told = (tenant.as_str(), &provider);
    let backend = bring_backend_up(context, journal, &network, name("backend"), backend_image, told, plan);
    let (authority, backend) = tokio::join!(authority, backend);
    let ((office, prepared), (backend, parents)) = (authority?, backend?);
    let stage = Stage::new(office, network, backend, parents);
    connect(context, &stage, tag, journal).await?;
    Ok((stage, prepared))
}

/// Connects the engine with the backend. The parent gets a password that only the authority knows before anything is issued.
async fn connect(context: &RunContext, stage: &Stage, tag: &str, journal: &Journal) -> Result<(), RunError> {
    const STEP: &str = "connecting openbao with the backend";
    let from_us = journal.now_us();
    let issuer = &stage.office.issuer;
    if let Some(presented) = issuer.presented() {
        presented.meets(&stage.backend);
    }
    let connected = async {
        stage.connect_engine(issuer, 0, STEP).await?;
        stage.vouch_for(issuer).await
    };
    let inspector = inspector_is_in(&stage.backend);
    let bootstrap = async {
        parent::before(stage, journal).await;
        Ok(())
    };
    let statements = bracket::administrators_statements(journal, &stage.backend, &stage.drill().backend);
    tokio::try_join!(connected, inspector, bootstrap, statements)?;
    if stage.office.skips("own-parent") {
        // While the shared parent's password is still known.
        stage.rival().await?;
    }
    if let CredentialPlan::Brokered(plan) = &stage.drill().credential {
        // It takes both tenants' parents when it starts, and gives each a new secret.
        stage.rival().await?;
        broker::start(context, stage, plan, tag, journal).await?;
    } else if !stage.office.skips("rotate-root") {
        stage.rotate(issuer).await?;
    }
    stage.office.write_waiting().await?;
    journal.step("openbao connected, parent rotated, administrator's statements", from_us);
    Ok(())
}

/// A single login has a probe's short time-out; set-up is busier than a probe is, so it may try again.
async fn inspector_is_in(backend: &Running) -> Result<(), RunError> {
    let mut seen = Ok(());
    for _ in 0..SET_UP_TRIES {
        seen = backend.check_inspector().await;
        if seen.is_ok() {
            break;
        }
    }
    seen.at_step("seeding the backend")
}

/// Whose identity tokens the backend takes: of the tenant's namespace, at the authority that is being started beside it.
fn identity_provider(context: &RunContext, own: &str, tenant: &str, plan: &DrillPlan) -> IdentityProvider {
    let shared = context.house.as_ref().filter(|house| house.takes(plan)).map(|_| House::server_name(context));
    let address = OpenBao::address_of(shared.as_deref().unwrap_or(own));
    let namespace = Tenant::namespace_of(tenant, &plan.drill);
    let provider = Issuer::provider(&plan.credential, &namespace, &address, &roles::twins(plan));
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
    parents.extend(roles::own_mounts(plan).iter().map(|mount| format!("{tenant}-{mount}")));
    let parents = backend.prepare(&parents).await.at_step("seeding the backend")?;
    if let (Some(parent), Some(users)) = (parents.first(), roles::static_users(plan)) {
        backend.enrol(parent, &users).await.at_step("seeding the backend")?;
    }
    journal.step("parents, inspector and seed data", from_us);
    Ok((backend, parents))
}
