//! One OpenBao for several drills: a namespace per drill and tenant, actors of the whole server. Who disturbs it has one of its own.
//! They share its network too: a container that joins a second one gets other published ports (seen with Docker 20.10).

use super::stage::RunContext;
use super::{AtStep, RunError, office};
use crate::authority::{Actors, OpenBao};
use crate::credential::Ability;
use crate::definition::DrillPlan;
use crate::environment::{ImageChoice, Network, resolve_image};
use std::sync::Arc;
use tokio::sync::{Mutex, MutexGuard, OnceCell};

/// The shared authority, started when the first drill asks for it.
pub struct House {
    image: String,
    network: OnceCell<Network>,
    served: OnceCell<Served>,
    set_up: Mutex<()>,
}

/// A server with its actors, for a drill of its own or for several.
#[derive(Clone)]
pub struct Served {
    /// Who issues.
    pub server: Arc<OpenBao>,
    /// Operator, auditor, provisioner.
    pub actors: Arc<Actors>,
    /// What was started.
    pub image: ImageChoice,
}

/// Whether a drill leaves the authority alone: nothing seals, pauses or kills it, no check looks at what happens without it, and no
/// broker keeps its records there.
fn leaves_it_alone(plan: &DrillPlan) -> bool {
    let own = [Ability::IsAsked, Ability::Brokered].into_iter().any(|ability| plan.credential.can(ability));
    !own && plan.scenarios.iter().any(|s| s.fault.is_none())
}

impl House {
    /// For the drills of a run, where more than one of them can share; none else. Sharing saves a start and 150 MiB each.
    pub fn of(plans: &[DrillPlan]) -> Option<Arc<Self>> {
        let sharing: Vec<&DrillPlan> = plans.iter().filter(|plan| leaves_it_alone(plan)).collect();
        let image = sharing.first()?.authority_image.clone();
        let alike = sharing.iter().filter(|plan| plan.authority_image == image).count();
        (alike > 1).then(|| {
            Arc::new(Self { image, network: OnceCell::new(), served: OnceCell::new(), set_up: Mutex::default() })
        })
    }

    /// Whether this drill's calm scenarios are served here.
    pub fn takes(&self, plan: &DrillPlan) -> bool {
        leaves_it_alone(plan) && plan.authority_image == self.image && plan.scenarios.iter().all(|s| s.fault.is_none())
    }

    /// The server, started by who asks first.
    ///
    /// # Errors
    /// It does not come up.
    pub async fn served(&self, context: &RunContext) -> Result<Served, RunError> {
        let network = self.network(context).await?;
        let opened = self.served.get_or_try_init(|| self.open(context, network)).await?;
        Ok(opened.clone())
    }

    /// Where it and the backends of its drills are.
    ///
    /// # Errors
    /// The engine refuses.
    pub async fn network(&self, context: &RunContext) -> Result<&Network, RunError> {
        let make = async {
            let name = format!("drill-{}-shared-net", context.labels.run());
            let network = Network::create(&context.engine.docker, &name, &context.labels, &context.engine.reach);
            network.await.at_step("making the network")
        };
        self.network.get_or_try_init(|| make).await
    }

    /// One set-up after the other: OpenBao answers 500 (`transaction commit failed`) where two requests at once write what each reads.
    pub async fn setting_up(&self) -> MutexGuard<'_, ()> {
        self.set_up.lock().await
    }

    /// What it is called at the engine and in the network.
    pub fn server_name(context: &RunContext) -> String {
        format!("drill-{}-shared-openbao", context.labels.run())
    }

    async fn open(&self, context: &RunContext, network: &Network) -> Result<Served, RunError> {
        let image =
            resolve_image(&context.engine.docker, &self.image, context.images).await.at_step("openbao's image")?;
        let name = Self::server_name(context);
        let (served, _) = office::start(context, None, network, (name, image), false).await?;
        Ok(served)
    }

    /// Stops it, when all drills are over.
    pub async fn close(self: Arc<Self>) {
        let Some(Self { served, network, .. }) = Arc::into_inner(self) else { return };
        let server = served.into_inner().and_then(|served| Arc::into_inner(served.server));
        let authority = async {
            if let Some(server) = server {
                server.container.remove().await;
            }
        };
        let network = async {
            if let Some(network) = network.into_inner() {
                network.remove().await;
            }
        };
        tokio::join!(authority, network);
    }
}
