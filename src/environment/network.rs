//! A network of the run's own. testcontainers' networks carry no labels, so they could not be swept.

use super::error::EnvError;
use super::reach::Reach;
use super::sweep::Labels;
use std::collections::HashMap;
use std::time::Duration;
use testcontainers::bollard::Docker;
use testcontainers::bollard::errors::Error as BollardError;
use testcontainers::bollard::models::{NetworkConnectRequest, NetworkCreateRequest, NetworkDisconnectRequest};
use testcontainers::bollard::query_parameters::ListNetworksOptionsBuilder;

/// Between two tries to remove a network in which there are still containers, and how often: 3 s, then it is the sweep's.
const AGAIN: Duration = Duration::from_millis(10);
const REMOVALS_MAX: u32 = 300;

/// A labelled network; [`Network::remove`] ends it, the sweep ends what was left.
#[derive(Clone)]
pub struct Network {
    docker: Docker,
    /// Its name.
    pub name: String,
    /// Names need not be unique at an engine, ids are.
    id: String,
    reach: Reach,
}

impl Network {
    /// Creates it, and joins it where drill runs in a container of the same engine.
    ///
    /// # Errors
    /// The name is taken, no address range is free, or the engine does not answer.
    pub async fn create(docker: &Docker, name: &str, labels: &Labels, reach: &Reach) -> Result<Self, EnvError> {
        let taken = || EnvError::new(format!("the name {name} is taken at the engine")).help("drill clean");
        // Engines before 25 make a second network of the same name, and then know neither by it.
        let filters = HashMap::from([("name", vec![name])]);
        let known = docker.list_networks(Some(ListNetworksOptionsBuilder::new().filters(&filters).build())).await?;
        if known.iter().any(|n| n.name.as_deref() == Some(name)) {
            return Err(taken());
        }
        let request = NetworkCreateRequest { name: name.into(), labels: Some(labels.map()), ..Default::default() };
        let created = docker.create_network(request).await.map_err(|e| match e {
            BollardError::DockerResponseServerError { status_code: 409, .. } => taken(),
            e => EnvError::from(e),
        })?;
        let network = Self { docker: docker.clone(), name: name.into(), id: created.id, reach: reach.clone() };
        if let Reach::Attached { joins } = reach {
            let request = NetworkConnectRequest { container: joins.clone(), ..Default::default() };
            if let Err(e) = docker.connect_network(&network.id, request).await {
                network.remove().await;
                return Err(EnvError::new(format!(
                    "drill's own container cannot join the servers' network: {e}; start it in a bridge network of the same engine (--network NAME), docs/ci.md#runners"
                )));
            }
        }
        Ok(network)
    }

    /// Leaves and removes it, as soon as the last container has left: at the engine that is well before the container is gone.
    /// An error is no news: the sweep comes after.
    pub async fn remove(&self) {
        if let Reach::Attached { joins } = &self.reach {
            let request = NetworkDisconnectRequest { container: joins.clone(), force: Some(true) };
            let _ = self.docker.disconnect_network(&self.id, request).await;
        }
        for _ in 0..REMOVALS_MAX {
            match self.docker.remove_network(&self.id).await {
                Err(e) if e.to_string().contains("active endpoints") => tokio::time::sleep(AGAIN).await,
                Err(e) => return tracing::debug!(network = %self.name, error = %e, "network not removed"),
                Ok(()) => return,
            }
        }
        tracing::debug!(network = %self.name, "network not removed: a container is still in it");
    }
}
