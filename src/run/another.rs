//! Another OpenBao beside the drill's own, for the sabotage that reads the wrong server's audit log.

use super::context::RunContext;
use super::stage::Stage;
use super::{AtStep, RunError};
use crate::authority::OpenBao;
use crate::environment::resolve_image;
use serde_json::json;

const STEP: &str = "starting another openbao";

/// Starts it, and asks it something with the same mark: its log is whole and is read to its end, and it is another's all the same.
///
/// # Errors
/// The engine or that server refuses.
pub async fn server(context: &RunContext, stage: &Stage, mark: &str) -> Result<OpenBao, RunError> {
    let image = resolve_image(&context.engine.docker, &stage.drill().authority_image, context.images).await;
    let name = format!("{}-another", stage.office.server.container.name);
    let container =
        OpenBao::launch(&context.engine, &stage.network, &context.labels, &name, image.at_step(STEP)?).await;
    let (server, root) = OpenBao::open(container.at_step(STEP)?, &context.redactor).await.at_step(STEP)?;
    let header = root.call("PUT", "sys/config/auditing/request-headers/X-Correlation-ID", Some(json!({"hmac": false})));
    header.await.at_step(STEP)?;
    root.correlated(mark).get("sys/auth").await.at_step(STEP)?;
    root.post("auth/token/revoke-self", json!({})).await.at_step(STEP)?;
    Ok(server)
}
