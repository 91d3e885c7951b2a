//! The broker's start: when both servers are there, both tenants' parents are where it takes them from, and its roles are known.

use super::context::RunContext;
use super::journal::Journal;
use super::stage::Stage;
use super::{AtStep, RunError};
use crate::authority::broker::Start;
use crate::credential::brokered::BrokeredPlan;
use crate::environment::resolve_image;
use crate::history::Body;

const STEP: &str = "starting the broker";

/// Starts it and writes down what it is.
///
/// # Errors
/// The engine refuses, or it does not come up.
pub async fn start(
    context: &RunContext,
    stage: &Stage,
    plan: &BrokeredPlan,
    tag: &str,
    journal: &Journal,
) -> Result<(), RunError> {
    let actors = &stage.office.actors;
    let broker = actors.broker.as_ref().ok_or("nobody made it known to the authority").at_step(STEP)?;
    let from_us = journal.now_us();
    let image =
        resolve_image(&context.engine.docker, &plan.image, context.images).await.at_step("the broker's image")?;
    let name = format!("drill-{}-{tag}-broker", context.labels.run());
    let parent = stage.parents.first().ok_or("no parent").at_step(STEP)?;
    // As whoever logs in as a parent is told.
    let connection = stage.backend.authority_connection(parent);
    let store = connection["endpoint"].as_str().ok_or("nobody says where the backend is").at_step(STEP)?;
    let version = broker.start(Start {
        engine: &context.engine,
        network: &stage.network,
        labels: &context.labels,
        name: &name,
        image: image.clone(),
        authority: &actors.address,
        store,
        poll_ms: plan.poll_ms,
        rotates: !stage.office.skips("rotate-root"),
        broken: stage.office.broken_broker(),
    });
    let version = version.await.at_step(STEP)?;
    journal.write(Body::Server {
        server: "broker".into(),
        product: "credential-broker".into(),
        version,
        image: image.reference,
        image_id: image.id,
        origin: image.origin,
        identity: String::new(),
    });
    journal.step("broker ready", from_us);
    Ok(())
}
