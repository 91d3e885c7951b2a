//! The end of a stage: logs are kept, what is left is ended and looked for, servers and network go.

use super::context::RunContext;
use super::journal::Journal;
use super::office::Office;
use super::stage::Stage;
use crate::authority::broker::Broker;
use crate::environment::KeptLog;
use std::sync::{Arc, PoisonError};

/// Takes a drill's servers down; what could not be ended is in the history as a problem.
pub async fn tear_down(context: &RunContext, stage: Stage, tag: &str, journal: &Journal) {
    let from_us = journal.now_us();
    let plan = stage.office.drill.clone();
    tokio::task::block_in_place(|| keep_logs(context, &stage, tag));
    if let Some(file) = &context.keep {
        let Office { server, actors, .. } = &stage.office;
        if let Err(e) = super::keep::write(file, &plan, server, actors, &stage.backend).await {
            journal.problem("keeping the servers", e);
        }
        // Dropped, a container would be removed.
        std::mem::forget(stage);
        return;
    }
    // A sabotage leaves behind what it breaks: that is what it is for.
    if context.sabotage.is_none()
        && let Err(e) = stage.office.close(&stage.backend).await
    {
        journal.problem(e.step, e.what);
    }
    let Stage { network, office, backend, .. } = stage;
    // Where others are at it still, both stay.
    let (server, broker) = (office.server.clone(), office.actors.broker.clone());
    // Roles and tenants know the broker too.
    drop(office);
    let broker = async {
        if let Some(container) = broker.and_then(Arc::into_inner).and_then(Broker::into_container) {
            container.remove().await;
        }
    };
    let authority = Arc::into_inner(server);
    let own = authority.is_some();
    let authority = async {
        if let Some(server) = authority {
            server.container.remove().await;
        }
    };
    let network = async {
        if own {
            network.remove().await;
        }
    };
    let backend = async {
        if let Some(server) = Arc::into_inner(backend) {
            server.into_container().remove().await;
        }
    };
    broker.await;
    tokio::join!(authority, backend, network);
    journal.step("torn down", from_us);
}

/// What its servers said.
fn keep_logs(context: &RunContext, stage: &Stage, tag: &str) {
    let plan = &stage.office.drill;
    let nth = tag.split_once('-').map_or_else(String::new, |(_, n)| format!("-{n}"));
    let broker = stage.office.actors.broker.as_ref().and_then(|broker| broker.running().ok());
    let said = [
        Some(("openbao", stage.office.server.container.logs.lines())),
        Some((plan.backend.name(), stage.backend.log())),
        broker.map(|broker| ("broker", broker.logs.lines())),
    ];
    for (server, lines) in said.into_iter().flatten() {
        let kept = (format!("{}{nth}-{server}", plan.drill), KeptLog::of(&lines));
        context.server_logs.lock().unwrap_or_else(PoisonError::into_inner).push(kept);
    }
}
