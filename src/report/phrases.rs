//! Sentences that the terminal and the Markdown share in substance.

use super::facts::{self, Run};
use super::verbosity::Verbosity;
use super::words;
use crate::credential::Ability;
use crate::definition::{DrillPlan, Ends, ScenarioPlan, Trigger};
use crate::verdict::{Exposure, Outcome, ScenarioVerdict};

/// `dead at PostgreSQL 6–11 ms after the revoke (limit 2 s) · open session closed after 9–14 ms`.
/// Nothing where the exposure could not be measured; a red scenario says it in its blocks.
pub fn ended(plan: &DrillPlan, verdict: &ScenarioVerdict) -> Option<String> {
    if verdict.outcome > Outcome::Excepted || facts::death_excepted(verdict).is_some() {
        return None;
    }
    let scenario = facts::find_scenario(plan, &verdict.scenario)?;
    let door = facts::door(verdict)?;
    let took = words::interval(door.lower_us, door.upper_us);
    let product = plan.backend.product();
    let dead = match scenario.ends {
        Ends::Refused => "dead",
        Ends::Denied => "denied everything",
    };
    let mut text = match scenario.trigger {
        Trigger::Revoke => format!("{dead} at {product} {took} after the revoke"),
        Trigger::Teardown => format!("{} {dead} at {product}, the last {took} after the teardown", all(plan, scenario)),
        Trigger::Incident { .. } => format!("{} {dead} at {product} {took} after the ban", all(plan, scenario)),
        Trigger::Use => format!("{} accepted once, {dead} at {product} {took} after that", all(plan, scenario)),
        Trigger::Rotate => format!("the old password {dead} at {product} {took} after the rotation"),
        Trigger::Renew { .. } => format!("renewed all the time, {dead} at {product} {took} after the cap"),
        Trigger::Expire { .. } if passed(verdict, "expire.not-early") => {
            format!("accepted to the TTL, {dead} at {product} {took} after it")
        }
        Trigger::Expire { .. } => format!("{dead} at {product} {took} after the TTL"),
    };
    text += &[" (", &limit(scenario, door), ")"].concat();
    if let Some(closed) = sessions_closed(verdict) {
        text += &[" · ", &closed].concat();
    }
    Some(text)
}

fn all(plan: &DrillPlan, scenario: &ScenarioPlan) -> String {
    match scenario.leases {
        1 => String::from("it is"),
        // Some of a stock are presented; the others are known to be gone by their leases.
        n if plan.credential.can(Ability::WorksOnce) && scenario.trigger != Trigger::Use => format!("a stock of {n}"),
        n => format!("all {n}"),
    }
}

fn passed(verdict: &ScenarioVerdict, check: &str) -> bool {
    let mut checks = verdict.checks.iter().filter(|c| c.check == check).peekable();
    checks.peek().is_some() && checks.all(|c| c.outcome == Outcome::Passed)
}

/// `limit 2 s`, and that nobody stated it.
pub fn limit(scenario: &ScenarioPlan, exposure: &Exposure) -> String {
    let is_default = scenario.limit_is_default && exposure.limit_ms == scenario.limit_ms;
    let default = if is_default { ", the default" } else { "" };
    format!("limit {}{default}", words::span(exposure.limit_ms))
}

/// `open session closed after 9–14 ms`; of several the one that lived longest.
fn sessions_closed(verdict: &ScenarioVerdict) -> Option<String> {
    let all: Vec<&Exposure> = facts::sessions(verdict).collect();
    // No end seen counts as the longest.
    let worst = all.iter().max_by_key(|e| (e.upper_us.is_none(), e.upper_us, e.lower_us))?;
    worst.upper_us?;
    let took = words::interval(worst.lower_us, worst.upper_us);
    Some(match all.len() {
        1 => format!("open session closed after {took}"),
        _ => format!("open sessions closed, the last ({}) after {took}", worst.of),
    })
}

/// What stands under the verdict: where it ran, what was not judged, what to do next.
pub fn last_lines(run: Run<'_>, verbosity: Verbosity) -> Vec<String> {
    let mut lines = Vec::new();
    if let Some(by) = &run.verdicts.interrupted {
        lines.push(format!("interrupted by {by}: what had not been observed by then is inconclusive"));
    }
    match run.outcome() {
        Outcome::Failed => lines.extend(again(run)),
        Outcome::Inconclusive => {
            lines.push("not a pass: nothing was proved. Try again; CI: retry on exit code 3".to_owned());
        }
        Outcome::Passed | Outcome::Excepted => {}
    }
    // A stand-in is named however little is said.
    if verbosity > Verbosity::Quiet || !run.stand_ins().is_empty() {
        lines.push(where_it_ran(run));
    }
    if verbosity > Verbosity::Quiet {
        let families = not_judged_families(run);
        if !families.is_empty() {
            lines.push(format!("not judged: {}", families.join(", ")));
        }
    }
    lines
}

fn again(run: Run<'_>) -> Vec<String> {
    let Some((drill, scenario)) = run.columns().find(|(_, s)| s.outcome == Outcome::Failed) else {
        return Vec::new();
    };
    let name = format!("{}/{}", drill.drill, scenario.scenario);
    vec![format!("run it again: drill run {name}"), format!("stay inside: drill run {name} --keep")]
}

/// `on disposable containers, not in production · stand-in images: OpenBao, PostgreSQL`.
pub fn where_it_ran(run: Run<'_>) -> String {
    let place = if run.servers().is_empty() {
        "no server came up"
    } else if run.external() {
        "on servers that drill did not start"
    } else {
        "on disposable containers, not in production"
    };
    let stand_ins = run.stand_ins();
    if stand_ins.is_empty() {
        return place.to_owned();
    }
    format!("{place} · stand-in images: {}", stand_ins.join(", "))
}

/// The families of what was not judged; which checks, the Markdown says at its end.
pub fn not_judged_families(run: Run<'_>) -> Vec<&str> {
    let mut families: Vec<&str> = Vec::new();
    for check in run.verdicts.drills.iter().flat_map(|d| &d.not_judged) {
        let family = words::family(check);
        if !families.contains(&family) {
            families.push(family);
        }
    }
    families
}
