//! A stage's office is opened: the server, the tenant's namespace, roles and callers.

use super::context::RunContext;
use super::house::Served;
use super::journal::Journal;
use super::office::Office;
use super::prepare::{Prepared, prepare};
use super::roles::{correlation, neighbour};
use super::{AtStep, RunError, openbao};
use crate::authority::Tenant;
use crate::credential::web_identity::WIDER;
use crate::credential::{Ability, Twin};
use crate::definition::{Caller, DrillPlan, Trigger};
use crate::environment::{ImageChoice, Network};
use crate::history::Body;
use std::sync::Arc;

/// Starts OpenBao and makes everything there that a drill needs, but for the connections with the backend.
///
/// # Errors
/// The engine or the authority refuses a step.
pub async fn open(
    context: &RunContext,
    journal: &Journal,
    network: &Network,
    name: String,
    image: ImageChoice,
    drill: &Arc<DrillPlan>,
) -> Result<(Office, Vec<Prepared>), RunError> {
    let house = context.house.as_ref().filter(|house| house.takes(drill));
    let from_us = journal.now_us();
    let (served, saboteur) = match (house, image) {
        (Some(house), _) => (house.served(context).await?, None),
        (None, image) => {
            let brokered = drill.credential.can(Ability::Brokered);
            openbao::start(context, Some(journal), network, (name, image), brokered).await?
        }
    };
    if house.is_some() {
        journal.step("shared openbao ready", from_us);
    }
    let Served { server, actors, image } = served;
    let setting_up = match house {
        Some(house) => Some(house.setting_up().await),
        None => None,
    };
    let from_us = journal.now_us();
    let mut callers: Vec<Caller> = drill.scenarios.iter().map(|s| s.caller.clone()).collect();
    let name = callers.first().map(|c| c.tenant.clone()).unwrap_or_default();
    callers.push(neighbour(&name));
    let tenant = Tenant::create(&actors, &name, &drill.drill, &callers).await;
    let tenant = tenant.at_step("making the tenant's namespace")?;
    journal.write(Body::Server {
        server: "authority".into(),
        product: "OpenBao".into(),
        version: server.version.clone(),
        image: image.reference,
        image_id: image.id,
        origin: image.origin,
        identity: server.cluster.clone(),
    });
    let saboteur = saboteur.map(|s| s.in_namespace(&tenant.namespace));
    let office = Office::new(context, drill, (server, actors, saboteur), tenant);
    let prepared = fill(&office, context).await?;
    drop(setting_up);
    journal.step("tenants, roles and callers", from_us);
    Ok((office, prepared))
}

/// Roles and callers of every scenario, and of the others that try what they may not. One after the other: OpenBao answers 500
/// (`transaction commit failed`) where two requests at once write what each reads.
async fn fill(office: &Office, context: &RunContext) -> Result<Vec<Prepared>, RunError> {
    office.mount(&office.issuer).await?;
    office.write(&office.issuer).await?;
    let mut prepared = Vec::new();
    for plan in &office.drill.scenarios {
        let correlation = correlation(context, &office.drill, plan);
        prepared.push(prepare(office, plan, &correlation).await?);
    }
    if office.drill.scenarios.iter().any(|s| s.trigger.ends_one()) {
        office.neighbour().await?;
        office.rival().await?;
    }
    if office.drill.scenarios.iter().any(|s| s.trigger == Trigger::Revoke) {
        if office.drill.credential.can(Ability::IsPresented) {
            office.write(&office.issuer.twin(&Twin::Copy(WIDER.into()))).await?;
        } else {
            office.capped().await?;
        }
    }
    Ok(prepared)
}
