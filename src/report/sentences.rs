//! One sentence a drill, and one a red scenario: what a reader in a hurry takes along.

use super::causes;
use super::facts::{self, Run};
use super::phrases;
use super::rich::Line;
use super::words;
use crate::credential::Ability;
use crate::definition::{DrillPlan, Ends, ScenarioPlan, Trigger};
use crate::verdict::{DrillVerdict, Exposure, Outcome, ScenarioVerdict};

/// The drill's sentence.
pub fn of_drill(run: Run<'_>, drill: &DrillVerdict) -> Line {
    match drill.outcome {
        Outcome::Passed | Outcome::Excepted => died(run, drill),
        Outcome::Failed | Outcome::Inconclusive => red(drill),
    }
}

/// The same of a drill with many scenarios, where one interval each would be a list and no sentence: the one that lived longest.
pub fn in_short(run: Run<'_>, drill: &DrillVerdict) -> Line {
    /// More are a list.
    const NAMED: usize = 3;
    let ends = ends(run, drill);
    let Some(plan) = run.plan(&drill.drill).filter(|_| drill.outcome <= Outcome::Excepted && ends.len() > NAMED) else {
        return of_drill(run, drill);
    };
    // No end seen counts as the longest.
    let last = ends.iter().max_by_key(|(_, e, _)| (e.upper_us.is_none(), e.upper_us, e.lower_us));
    let Some((scenario, exposure, verdict)) = last else { return of_drill(run, drill) };
    let all = drill.scenarios.len();
    let took = words::interval(exposure.lower_us, exposure.upper_us);
    let product = plan.backend.product();
    let denied = ends.iter().filter(|(scenario, ..)| scenario.ends == Ends::Denied).count();
    let said = match denied {
        0 => format!("refused by {product} in {} of {all} scenarios", ends.len()),
        n if n == ends.len() => format!("denied everything by {product} in {n} of {all} scenarios"),
        n => format!("refused by {product} in {} and denied everything in {n} of {all} scenarios", ends.len() - n),
    };
    let named = which(scenario, verdict);
    let at_last =
        format!(", the longest {took} after its {}{named} ({}).", noun(scenario), phrases::limit(scenario, exposure));
    let issued = format!("{} credential issued by {} was ", article(plan.backend.product()), issuer(run, plan));
    Line::new().text(issued).strong(said).text(at_last).then(exceptions(drill))
}

type End<'a> = (&'a ScenarioPlan, &'a Exposure, &'a ScenarioVerdict);

fn ends<'a>(run: Run<'a>, drill: &'a DrillVerdict) -> Vec<End<'a>> {
    let plan = |s: &ScenarioVerdict| run.scenario_plan(&drill.drill, &s.scenario);
    // Of one that is excepted no death is told.
    let died = drill.scenarios.iter().filter(|s| facts::death_excepted(s).is_none());
    died.filter_map(|s| Some((plan(s)?, facts::door(s)?, s))).collect()
}

/// Who issued it: the authority, or a broker that asks it who may.
fn issuer(run: Run<'_>, plan: &DrillPlan) -> String {
    if plan.credential.can(Ability::Brokered) { "a credential broker".into() } else { run.authority().to_string() }
}

fn word(ends: &[End<'_>]) -> &'static str {
    let denied = |(scenario, ..): &End<'_>| scenario.ends == Ends::Denied;
    if ends.iter().all(denied) { "denied everything" } else { "refused" }
}

/// What is only excepted: first where no death can be told for it, then how many checks, by which exceptions.
fn exceptions(drill: &DrillVerdict) -> Line {
    let mut line = Line::new();
    for (scenario, check) in drill.scenarios.iter().filter_map(|s| Some((s, facts::death_excepted(s)?))) {
        let claim = check.means.as_deref().unwrap_or(&check.observed);
        line = line.text(" ").strong(format!("In {}, {claim}", scenario.scenario)).text(": that is excepted.");
    }
    let checks = drill.scenarios.iter().flat_map(|s| &s.checks);
    let all: Vec<_> = checks.filter(|c| c.outcome == Outcome::Excepted).collect();
    let mut ids: Vec<&str> = all.iter().filter_map(|c| c.exception.as_deref()).collect();
    ids.dedup();
    let ids = if ids.is_empty() { String::new() } else { format!(" ({})", ids.join(", ")) };
    match all.len() {
        0 => line,
        1 => line.text(format!(" 1 check failed and is excepted{ids}.")),
        n => line.text(format!(" {n} checks failed and are excepted{ids}.")),
    }
}

fn died(run: Run<'_>, drill: &DrillVerdict) -> Line {
    let (Some(plan), false) = (run.plan(&drill.drill), drill.scenarios.is_empty()) else {
        return Line::new().text("Nothing was tested.");
    };
    let product = plan.backend.product();
    let ends = ends(run, drill);
    let exceptions = exceptions(drill);
    if ends.is_empty() && exceptions.is_empty() {
        return Line::new().text(format!("All checks of {} passed.", drill.drill));
    }
    if ends.is_empty() {
        return Line::new()
            .text(format!("No credential of {} was shown to die in time.", drill.drill))
            .then(exceptions);
    }
    let mixed = |end: &End<'_>| end.0.ends == Ends::Denied && word(&ends) == "refused";
    let told = |end| if mixed(end) { format!("{} (denied, not refused)", death(end)) } else { death(end) };
    let deaths: Vec<String> = ends.iter().map(told).collect();
    Line::new()
        .text(format!("{} credential issued by {} was ", article(product), issuer(run, plan)))
        .strong(format!("{} by {product} {}", word(&ends), words::list(&deaths)))
        .text(format!(" ({}).", limits(&ends)))
        .then(exceptions)
}

fn death((plan, exposure, verdict): &End<'_>) -> String {
    let took = words::interval(exposure.lower_us, exposure.upper_us);
    format!("{took} after its {}{}", noun(plan), which(plan, verdict))
}

fn noun(plan: &ScenarioPlan) -> &'static str {
    match plan.trigger {
        Trigger::Revoke => "revocation",
        Trigger::Rotate => "rotation",
        Trigger::Teardown => "teardown",
        Trigger::Incident { .. } => "ban",
        Trigger::Renew { .. } => "cap",
        Trigger::Use => "first use",
        Trigger::Expire { .. } => "expiry",
    }
}

/// The scenario's name where the trigger does not say it.
fn which(plan: &ScenarioPlan, verdict: &ScenarioVerdict) -> String {
    let named = verdict.scenario != plan.trigger.name();
    if named { format!(" ({})", verdict.scenario) } else { String::new() }
}

fn limits(ends: &[End<'_>]) -> String {
    let mut limits: Vec<String> = Vec::new();
    for (plan, exposure, _) in ends {
        let limit = phrases::limit(plan, exposure);
        if !limits.contains(&limit) {
            limits.push(limit);
        }
    }
    limits.join("; ")
}

/// The worst check of the worst scenario, in its own words.
fn red(drill: &DrillVerdict) -> Line {
    let worst = drill.scenarios.iter().filter(|s| s.outcome == drill.outcome);
    let Some(line) = worst.clone().find_map(|s| of_red(&drill.drill, s)) else {
        return Line::new().text(format!("{}: {}.", drill.drill, drill.outcome.word()));
    };
    match worst.count() {
        0 | 1 => line,
        n => line.text(format!(" ({n} scenarios {})", drill.outcome.word())),
    }
}

/// What is wrong with a scenario, by the worst of its checks; nothing where none is as bad as the scenario.
pub fn of_red(drill: &str, scenario: &ScenarioVerdict) -> Option<Line> {
    let blocks = causes::blocks(scenario);
    let check = blocks.into_iter().find(|b| b.first.outcome == scenario.outcome)?.first;
    let verdict = match scenario.outcome {
        Outcome::Inconclusive => "Nothing was proved: ",
        _ => "",
    };
    let claim = check.means.as_deref().unwrap_or(&check.observed);
    let line = Line::new().strong(format!("{verdict}{claim}"));
    let line = line.text(format!(" ({drill}/{}, ", scenario.scenario)).code(words::name(check)).text(").");
    Some(match &check.means {
        Some(_) => line.text(format!(" Observed: {}.", check.observed)),
        None => line,
    })
}

/// `A PostgreSQL`, `An OpenSSH`.
fn article(product: &str) -> String {
    let an = product.starts_with(['A', 'E', 'I', 'O', 'U']);
    format!("{} {product}", if an { "An" } else { "A" })
}
