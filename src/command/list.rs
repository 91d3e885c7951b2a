//! `drill list`: what there is to run, and the checks that are judged of it.

use crate::definition::{DrillPlan, ScenarioPlan, SessionClaim, Trigger, load, system_word};
use crate::document::duration;
use crate::exit::Exit;
use crate::verdict::{Check, checks_of, not_judged};
use serde_json::{Value, json};
use std::io::{self, Write};
use std::path::Path;

/// Lists the drills of a directory; as JSON for programs.
pub fn list(drills: &Path, json: bool, color: bool, out: &mut dyn Write, err: &mut dyn Write) -> Exit {
    let plans = match load(drills, &[]) {
        Ok(plans) => plans,
        Err(wrong) => {
            let _ = write!(err, "{}", wrong.render(color));
            return Exit::Usage;
        }
    };
    // A reader that went away early is no error of ours.
    let _ = if json { as_json(&plans, out) } else { as_text(&plans, out) };
    Exit::Passed
}

fn as_text(plans: &[DrillPlan], out: &mut dyn Write) -> io::Result<()> {
    let width = |names: &mut dyn Iterator<Item = usize>| names.max().unwrap_or(0);
    let name = width(&mut plans.iter().flat_map(|d| &d.scenarios).map(|s| s.scenario.chars().count()));
    let trigger = width(&mut plans.iter().flat_map(|d| &d.scenarios).map(|s| trigger_text(s).chars().count()));
    for plan in plans {
        let (role, backend) = (plan.credential.role(), plan.backend.product());
        writeln!(out, "{}   {}", plan.drill, plan.title)?;
        writeln!(
            out,
            "  {} `{role}` at {backend} ({}) · {} · owner {}",
            plan.credential.kind(),
            plan.backend.image(),
            system_word(plan.system),
            plan.owner
        )?;
        for s in &plan.scenarios {
            let limit = duration::text(s.limit_ms);
            let default = if s.limit_is_default { " (the default)" } else { "" };
            let checks = checks(plan, s);
            writeln!(
                out,
                "  {:<name$}  {:<trigger$}  limit {limit}{default}  {} checks: {}",
                s.scenario,
                trigger_text(s),
                checks.len(),
                families(&checks)
            )?;
        }
    }
    writeln!(out, "drill run NAME[/SCENARIO] · drill explain CHECK · every check: drill list --json")
}

/// `access 4, trigger 10, expire 1`
fn families(checks: &[String]) -> String {
    let mut counts: Vec<(&str, usize)> = Vec::new();
    for check in checks {
        let family = check.split('.').next().unwrap_or(check);
        match counts.iter_mut().find(|(known, _)| *known == family) {
            Some((_, n)) => *n += 1,
            None => counts.push((family, 1)),
        }
    }
    counts.iter().map(|(family, n)| format!("{family} {n}")).collect::<Vec<_>>().join(", ")
}

fn trigger_text(scenario: &ScenarioPlan) -> String {
    match &scenario.trigger {
        Trigger::Expire { ttl_ms } => format!("expire {}", duration::text(*ttl_ms)),
        Trigger::Incident { of } => format!("incident {}", of.word()),
        Trigger::Renew { cap_ms, .. } => format!("renew to {}", duration::text(*cap_ms)),
        Trigger::Revoke | Trigger::Teardown | Trigger::Rotate | Trigger::Use => scenario.trigger.name().to_string(),
    }
}

/// The checks that apply, as their ids end: with the kind of session, and with the door where there are several.
fn checks(drill: &DrillPlan, scenario: &ScenarioPlan) -> Vec<String> {
    let id = |(check, of): (Check, Option<String>)| match of {
        Some(of) => format!("{}@{of}", check.id()),
        None => check.id().to_string(),
    };
    checks_of(drill, scenario).into_iter().map(id).collect()
}

fn as_json(plans: &[DrillPlan], out: &mut dyn Write) -> io::Result<()> {
    let drills: Vec<Value> = plans.iter().map(drill).collect();
    writeln!(out, "{:#}", json!({ "schema": 1, "drills": drills }))
}

fn drill(plan: &DrillPlan) -> Value {
    let scenarios: Vec<Value> = plan.scenarios.iter().map(|s| scenario(plan, s)).collect();
    json!({
        "drill": plan.drill,
        "title": plan.title,
        "system": plan.system,
        "owner": plan.owner,
        "file": plan.file,
        "sha256": plan.sha256,
        "credential": { "kind": plan.credential.kind(), "role": plan.credential.role() },
        "backend": { "name": plan.backend.name(), "image": plan.backend.image(), "doors": plan.doors },
        "authority": { "image": plan.authority_image },
        "scenarios": scenarios,
        "not_judged": not_judged(plan),
    })
}

fn scenario(plan: &DrillPlan, scenario: &ScenarioPlan) -> Value {
    let id = format!("{}/{}", plan.drill, scenario.scenario);
    let checks: Vec<String> = checks(plan, scenario).iter().map(|check| format!("{id}/{check}")).collect();
    let sessions: serde_json::Map<String, Value> = scenario
        .sessions
        .iter()
        .map(|(kind, claim)| {
            let claim = match claim {
                SessionClaim::ClosedWithin { limit_ms } => json!({ "closed_within_ms": limit_ms }),
                SessionClaim::MayOutlive => json!("may-outlive"),
            };
            (kind.clone(), claim)
        })
        .collect();
    json!({
        "scenario": scenario.scenario,
        "id": id,
        "line": scenario.at.line,
        "trigger": scenario.trigger,
        "leases": scenario.leases,
        "limit_ms": scenario.limit_ms,
        "limit_is_default": scenario.limit_is_default,
        "sessions": sessions,
        "ends": scenario.ends,
        "fault": scenario.fault,
        "caller": { "kind": scenario.caller.kind, "name": scenario.caller.name, "owner": scenario.caller.owner, "tenant": scenario.caller.tenant },
        "checks": checks,
    })
}
