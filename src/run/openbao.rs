//! Starts OpenBao and makes its actors: a drill's own, or the one that several share.

use super::context::RunContext;
use super::house::{House, Served};
use super::journal::Journal;
use super::{AtStep, RunError};
use crate::authority::{AuthorityError, Bao, OpenBao, bring_up};
use crate::environment::{ImageChoice, Network, resolve_image};
use crate::secret::{Redactor, Secret};
use serde_json::json;
use std::sync::Arc;
use std::time::Duration;

/// An actor's request to a living OpenBao on the same machine takes milliseconds; a revoke waits for the backend.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(10);

impl House {
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

    /// What it is called at the engine and in the network.
    pub fn server_name(context: &RunContext) -> String {
        format!("drill-{}-shared-openbao", context.labels.run())
    }

    async fn open(&self, context: &RunContext, network: &Network) -> Result<Served, RunError> {
        let image =
            resolve_image(&context.engine.docker, &self.image, context.images).await.at_step("openbao's image")?;
        let name = Self::server_name(context);
        let (served, _) = start(context, None, network, (name, image), false).await?;
        Ok(served)
    }
}

/// Starts a server and makes its actors; where the run is sabotaged, the saboteur too. `brokered`: a broker will issue in its stead.
///
/// # Errors
/// The engine or the authority refuses a step.
pub async fn start(
    context: &RunContext,
    journal: Option<&Journal>,
    network: &Network,
    (name, image): (String, ImageChoice),
    brokered: bool,
) -> Result<(Served, Option<Bao>), RunError> {
    const STEP: &str = "starting openbao";
    let now_us = || journal.map_or(0, Journal::now_us);
    let step = |name: &str, from_us| {
        if let Some(journal) = journal {
            journal.step(name, from_us);
        }
    };
    let from_us = now_us();
    let container = OpenBao::launch(&context.engine, network, &context.labels, &name, image.clone()).await;
    let container = container.at_step(STEP)?;
    step("openbao's container", from_us);
    let from_us = now_us();
    let (server, root) = OpenBao::open(container, &context.redactor).await.at_step(STEP)?;
    step("openbao ready", from_us);
    let address = server.address().await.at_step(STEP)?;
    let nobody = Bao::at(&address, REQUEST_TIMEOUT).at_step(STEP)?;
    let from_us = now_us();
    let saboteur = match &context.sabotage {
        Some(_) => Some(saboteur(&root, &nobody, &context.redactor).await.at_step("the saboteur's token")?),
        None => None,
    };
    let actors = bring_up(&root, &nobody, server.inner_address(), brokered, &context.redactor).await;
    let actors = actors.at_step("making the actors")?;
    step("actors ready, root token revoked", from_us);
    Ok((Served { server: Arc::new(server), actors: Arc::new(actors), image }, saboteur))
}

/// A sabotage at the authority uses a token that exists only in sabotaged runs.
async fn saboteur(root: &Bao, nobody: &Bao, redactor: &Redactor) -> Result<Bao, AuthorityError> {
    let all = "capabilities = [\"create\", \"read\", \"update\", \"delete\", \"list\", \"sudo\"]";
    let policy = format!("path \"*\" {{ {all} }}\npath \"+/*\" {{ {all} }}\n");
    root.call("PUT", "sys/policies/acl/saboteur", Some(json!({"policy": policy}))).await?;
    let token = root
        .post("auth/token/create-orphan", json!({"policies": ["saboteur"], "no_default_policy": true, "ttl": "24h"}))
        .await?;
    Ok(nobody.with_token(Secret::new(token.text("/auth/client_token")?.to_string(), redactor)))
}
