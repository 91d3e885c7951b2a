//! One drill, top to bottom: its stages one after the other, on each its scenarios side by side, and the end of it all.

use super::context::RunContext;
use super::journal::Journal;
use super::prepare::Prepared;
use super::proof::AuditLog;
use super::roles::correlation;
use super::sabotage::Hooks;
use super::scenario::Settled;
use super::scenario_run::ScenarioRun;
use super::set_up::bring_stage_up;
use super::stage::Stage;
use super::{RunError, outage, parent, stock, teardown};
use crate::definition::sabotage::Point;
use crate::definition::{DrillPlan, ScenarioPlan};
use crate::history::State;
use std::sync::Arc;

/// Runs one drill. What could not be done is in the history as a problem. A scenario that disturbs a server has servers of its own,
/// after the others': what it breaks must not look like theirs.
pub async fn run_drill(context: &RunContext, plan: Arc<DrillPlan>, index: usize) {
    let (disturbed, calm): (Vec<_>, Vec<_>) = plan.scenarios.iter().cloned().partition(|s| s.fault.is_some());
    let journal = Journal::of_drill(&context.log, &plan.drill, &context.say);
    let alone = |s: ScenarioPlan| (journal.of_scenario(&s.scenario), vec![s]);
    let stages =
        (!calm.is_empty()).then(|| (journal.clone(), calm)).into_iter().chain(disturbed.into_iter().map(alone));
    for (n, (journal, scenarios)) in stages.enumerate() {
        let tag = if n == 0 { index.to_string() } else { format!("{index}-{}", n + 1) };
        let plan = Arc::new(DrillPlan { scenarios, ..(*plan).clone() });
        if let Err(e) = drill(context, &plan, &tag, &journal).await {
            journal.problem(e.step, e.what);
        }
    }
    context.log.forget(&plan.drill);
}

async fn drill(context: &RunContext, plan: &Arc<DrillPlan>, tag: &str, journal: &Journal) -> Result<(), RunError> {
    let (stage, prepared) = bring_stage_up(context, plan, tag, journal).await?;
    let stage = Arc::new(stage);
    let scenarios = scenario_runs(context, &stage, prepared, journal).await?;
    (context.say)(&plan.drill, "issuing and probing");
    let settled = futures_util::future::join_all(scenarios.iter().map(until_settled));
    let (settled, ()) = tokio::join!(settled, parent::after(&stage));
    let finishing = scenarios.iter().zip(settled).filter_map(|(s, settled)| Some((s, settled?)));
    let finished = finishing.map(|(s, settled)| async move { (s, s.finish(settled).await) });
    let finished = futures_util::future::join_all(finished).await;
    if let Err(e) = stock::strays(&stage, journal).await {
        journal.problem(e.step, e.what);
    }
    if let Err(e) = outage::look(&stage, &finished).await {
        journal.problem(e.step, e.what);
    }
    // An authority that gives no answer any more must not keep the rest from being torn down.
    match AuditLog::read(context, &stage, journal).await {
        Ok(log) => {
            futures_util::future::join_all(finished.iter().map(|(s, finished)| s.audit(&log, finished))).await;
        }
        Err(e) => {
            journal.problem(e.step, e.what);
            // What was observed was observed to its end; only the log is missing.
            for (s, _) in &finished {
                s.journal.enter(State::Done);
            }
        }
    }
    drop(finished);
    drop(scenarios);
    (context.say)(&plan.drill, "tearing down");
    if let Some(stage) = Arc::into_inner(stage) {
        teardown::tear_down(context, stage, tag, journal).await;
    }
    Ok(())
}

/// Nothing where a step did not succeed: the history has it as a problem.
async fn until_settled(run: &ScenarioRun) -> Option<Settled> {
    match run.run_until_settled().await {
        Ok(settled) => Some(settled),
        Err(e) => {
            run.journal.problem(e.step, e.what);
            None
        }
    }
}

async fn scenario_runs(
    context: &RunContext,
    stage: &Arc<Stage>,
    prepared: Vec<Prepared>,
    journal: &Journal,
) -> Result<Vec<ScenarioRun>, RunError> {
    let mut runs = Vec::new();
    for (plan, prepared) in stage.drill().scenarios.iter().zip(prepared) {
        let journal = journal.of_scenario(&plan.scenario);
        let sabotage = context.sabotage.clone().filter(|s| s.scenario == plan.scenario);
        let office = &stage.office;
        let hooks = Hooks::new(
            sabotage,
            journal.clone(),
            stage.backend.clone(),
            office.server.clone(),
            office.saboteur.clone(),
            office.actors.operator.clone(),
            office.actors.broker.clone(),
        );
        hooks.at(Point::SetUp).await?;
        runs.push(ScenarioRun {
            journal,
            plan: plan.clone(),
            stage: stage.clone(),
            prepared,
            hooks,
            redactor: context.redactor.clone(),
            correlation: correlation(context, stage.drill(), plan),
        });
    }
    // What ends by itself is the critical path, the longest first: its requests go first.
    runs.sort_by_key(|r| std::cmp::Reverse(r.plan.trigger.ttl_ms()));
    stage.lead.expect(runs.iter().filter(|r| r.plan.trigger.runs_out()).count());
    Ok(runs)
}
