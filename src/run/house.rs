//! One OpenBao for several drills: a namespace per drill and tenant, actors of the whole server. Who disturbs it has one of its own.
//! They share its network too: a container that joins a second one gets other published ports (seen with Docker 20.10).

use crate::authority::{Actors, OpenBao};
use crate::credential::Ability;
use crate::definition::DrillPlan;
use crate::environment::{ImageChoice, Network};
use std::sync::Arc;
use tokio::sync::{Mutex, MutexGuard, OnceCell};

/// The shared authority, started when the first drill asks for it.
pub struct House {
    pub(super) image: String,
    pub(super) network: OnceCell<Network>,
    pub(super) served: OnceCell<Served>,
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

    /// One set-up after the other: OpenBao answers 500 (`transaction commit failed`) where two requests at once write what each reads.
    pub async fn setting_up(&self) -> MutexGuard<'_, ()> {
        self.set_up.lock().await
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
