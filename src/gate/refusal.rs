//! Why evidence does not count: of a whole run, of a drill in it, of one scenario.

use super::evidence::{Evidence, servers};
use super::question::Question;
use super::time::span;
use crate::definition::sabotage::STEP;
use crate::definition::{DrillPlan, Location, ScenarioPlan};
use crate::history::{Body, Origin};
use crate::verdict::{Outcome, Verdicts};

/// The server that issues.
const AUTHORITY: &str = "authority";

/// Why nothing of a run counts.
pub fn of_run(question: &Question<'_>, evidence: &Evidence, verdicts: &Verdicts) -> Option<String> {
    let head = &evidence.history.head;
    if let Some(what) = &evidence.altered {
        return Some(what.clone());
    }
    if head.synthetic && !question.allow_synthetic {
        return Some("it is synthetic: generated, not observed".into());
    }
    let sabotaged = evidence.history.events.iter().any(|e| match &e.body {
        Body::Step { name, .. } => name.starts_with(STEP),
        Body::Problem { step, .. } => step.starts_with(STEP),
        _ => false,
    });
    if head.sabotage.is_some() || sabotaged {
        return Some("it was sabotaged on purpose: it proves that the drill can fail, and nothing else".into());
    }
    if let Some(line) = evidence.torn_line {
        return Some(format!("it is torn: line {line} of events.jsonl was cut off"));
    }
    if let Some(by) = &verdicts.interrupted {
        let red = verdicts.drills.iter().any(|d| d.outcome == Outcome::Failed);
        let red = if red { "; checks of it failed by then" } else { "" };
        return Some(format!("it was interrupted by {by}{red}"));
    }
    let Some(age_ms) = question.now().age_ms(head.started) else {
        return Some(format!("it is from the future: it began {}", head.started.strftime("%Y-%m-%d %H:%M UTC")));
    };
    let limit_ms = question.gate.limits.evidence_age_ms;
    (age_ms > limit_ms).then(|| format!("it is {} old, limit {}", age(age_ms), span(limit_ms)))
}

/// Whole days where there are any: what is older than 30 days is not `30 days` old.
fn age(ms: u64) -> String {
    let days = ms.div_ceil(super::time::DAY_MS);
    format!("{days} day{}", if days == 1 { "" } else { "s" })
}

/// Why nothing of a drill in a run counts.
pub fn of_drill(question: &Question<'_>, evidence: &Evidence, drill: &DrillPlan) -> Option<String> {
    let Some(now) = question.drills.iter().find(|d| d.drill == drill.drill) else {
        return Some("there is no such drill any more".into());
    };
    let short = |hash: &str| hash.chars().take(12).collect::<String>();
    if drill.sha256 != now.sha256 {
        return Some(format!(
            "it is of another definition: sha256 {}…, now {}…",
            short(&drill.sha256),
            short(&now.sha256)
        ));
    }
    let exported = |plan: &DrillPlan| plan.credential.exported().map(|e| e.sha256.to_string());
    match (exported(drill), exported(now)) {
        (was, is) if was != is => {
            let was = was.map_or_else(|| "none".into(), |hash| format!("{}…", short(&hash)));
            let is = is.map_or_else(|| "none".into(), |hash| format!("{}…", short(&hash)));
            return Some(format!("it is of another role than the exported one: {was}, now {is}"));
        }
        _ if bare(drill) != bare(now) => {
            return Some("what its definition names is not the same any more: seed, mount or image".into());
        }
        _ => {}
    }
    of_servers(question, evidence, drill)
}

/// Without what differs from checkout to checkout, and without the scenarios, which are compared one by one.
fn bare(plan: &DrillPlan) -> DrillPlan {
    DrillPlan { file: String::new(), credential: plan.credential.undated(), scenarios: Vec::new(), ..plan.clone() }
}

fn of_servers(question: &Question<'_>, evidence: &Evidence, drill: &DrillPlan) -> Option<String> {
    let all: Vec<_> = servers(evidence, &drill.drill).collect();
    let known =
        |server: &str, product: &str, version: &str| !(server.is_empty() || product.is_empty() || version.is_empty());
    let named = |authority: bool| {
        all.iter()
            .any(|(server, product, version, _)| (*server == AUTHORITY) == authority && known(server, product, version))
    };
    if !named(true) || !named(false) {
        return Some("it does not name the servers that it ran on".into());
    }
    for (_, product, version, origin) in all {
        if origin == Origin::StandIn && !question.gate.stand_ins_count {
            return Some(format!("its {product} is a stand-in image, and the gate counts only the vendors' own"));
        }
        let pinned = question.gate.servers.iter().find(|(pinned, _)| pinned == product);
        if let Some((_, versions)) = pinned.filter(|(_, versions)| !versions.iter().any(|v| begins(version, v))) {
            return Some(format!("it is of {product} {version}, the gate counts {}", versions.join(", ")));
        }
    }
    None
}

/// `17.12` begins with `17`, `170` does not.
fn begins(version: &str, with: &str) -> bool {
    version.strip_prefix(with).is_some_and(|rest| !rest.starts_with(|c: char| c.is_ascii_digit()))
}

/// Why one scenario of a run does not count.
pub fn of_scenario(question: &Question<'_>, drill: &DrillPlan, scenario: &ScenarioPlan) -> Option<String> {
    let bare = |plan: &ScenarioPlan| ScenarioPlan { at: Location::default(), ..plan.clone() };
    let now = question.drills.iter().find(|d| d.drill == drill.drill)?;
    match now.scenarios.iter().find(|s| s.scenario == scenario.scenario) {
        None => Some("there is no such scenario any more".into()),
        Some(now) if bare(now) != bare(scenario) => {
            Some("its scenario means something else now: caller, limit or sessions".into())
        }
        Some(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::begins;

    #[test]
    fn versions_are_compared_part_by_part() {
        for (version, with, yes) in [
            ("17.12", "17", true),
            ("17", "17", true),
            ("170", "17", false),
            ("2.70.1", "2.7", false),
            ("2.7.2", "2.7", true),
            ("2.7.2+ent", "2.7.2", true),
        ] {
            assert_eq!(begins(version, with), yes, "{version} {with}");
        }
    }
}
