//! Checks that must have passed: in every scenario of a trigger, of every drill of a kind.

use super::answer::{Answer, why};
use super::load::{Need, Requirement};
use super::question::Question;
use super::readiness::{Met, Why};
use super::standing::{Shown, Standing};
use crate::credential::STATIC;
use crate::definition::{DrillPlan, ScenarioPlan};
use crate::verdict::{Check, CheckVerdict, Outcome};
use std::collections::BTreeSet;

/// Judged by evidence of a static bridge, which an exception must cover.
pub const STATIC_CHECK: &str = "credential.dynamic";

/// Judges what a requirement needs of the evidence.
pub fn judge(question: &Question<'_>, standing: &Standing<'_>, asked: &Requirement) -> Answer {
    let mut answer = Answer::default();
    if asked.needs.is_empty() {
        return answer;
    }
    let drills: Vec<&DrillPlan> =
        question.drills.iter().filter(|drill| asked.needs.iter().any(|need| is_of(need, drill))).collect();
    if drills.is_empty() {
        // Nothing that is asked of nobody is met.
        answer.add(why(Met::NotMet, "no drill shows it", "write a drill: `drill new NAME --from DIR`"));
        return answer;
    }
    let mut good = 0;
    for drill in &drills {
        let before = answer.against();
        for need in asked.needs.iter().filter(|need| is_of(need, drill)) {
            of_drill(standing, drill, need, &mut answer);
        }
        good += usize::from(answer.against() == before);
    }
    let word = if drills.len() == 1 { "drill" } else { "drills" };
    answer.shown.push(format!("{good} of {} {word}", drills.len()));
    answer
}

/// The triggers that a requirement needs scenarios of.
pub fn triggers(asked: &Requirement) -> BTreeSet<&'static str> {
    asked.needs.iter().flat_map(|need| need.triggers.iter().copied()).collect()
}

/// Whether it is asked of a drill.
fn is_of(need: &Need, drill: &DrillPlan) -> bool {
    let kind = drill.credential.kind();
    need.kinds.as_ref().map_or(kind != STATIC, |kinds| kinds.iter().any(|k| k == kind))
}

fn of_drill(standing: &Standing<'_>, drill: &DrillPlan, need: &Need, answer: &mut Answer) {
    for trigger in &need.triggers {
        let mut any = false;
        for scenario in drill.scenarios.iter().filter(|s| s.trigger.name() == *trigger) {
            any = true;
            of_scenario(standing, drill, scenario, &need.checks, answer);
        }
        if !any {
            let what = format!("{}: no scenario with the trigger `{trigger}`", drill.drill);
            answer.add(why(Met::NotMet, &what, &format!("add one to {} and run it", drill.file)));
        }
    }
}

fn of_scenario(
    standing: &Standing<'_>,
    drill: &DrillPlan,
    scenario: &ScenarioPlan,
    checks: &[Check],
    answer: &mut Answer,
) {
    let shown = standing.of_scenario(&drill.drill, &scenario.scenario);
    if shown.is_empty() {
        answer.lacks(drill, scenario);
    }
    for one in shown {
        for check in checks {
            of_check(*one, *check, answer);
        }
    }
}

fn of_check(shown: Shown<'_>, check: Check, answer: &mut Answer) {
    let name = format!("{}/{}", shown.drill.drill, shown.plan.scenario);
    let kinds = shown.drill.backend.session_kinds();
    if check == Check::Sessions {
        // Every kind of session that the backend has, whatever the drill claims; a backend without any has none to ask.
        for kind in kinds.iter().filter(|kind| !shown.checks(check.id()).any(|c| c.of.as_deref() == Some(**kind))) {
            let what = format!("{name}: nothing is claimed of {kind} sessions");
            let todo = format!("leave `sessions` out in {}, which claims all kinds", shown.drill.file);
            let id = format!("{name}/{}@{kind}", check.id());
            answer.add(Why { check: Some(id), evidence: Some(shown.link()), ..why(Met::NotMet, &what, &todo) });
        }
    } else if shown.checks(check.id()).next().is_none() {
        let what = format!("{name}: {} was not judged", check.id());
        let id = format!("{name}/{}", check.id());
        let reason = why(Met::NotMet, &what, &format!("drill run {name}"));
        answer.add(Why { check: Some(id), evidence: Some(shown.link()), ..reason });
    }
    for verdict in shown.checks(check.id()) {
        if let Some(why) = red(shown, verdict) {
            answer.add(why);
        }
    }
}

/// Why a check is against a requirement: nothing where it passed, or an exception covers it.
pub fn red(shown: Shown<'_>, verdict: &CheckVerdict) -> Option<Why> {
    let (outcome, todo) = match verdict.outcome {
        Outcome::Passed | Outcome::Excepted => return None,
        Outcome::Failed => (Met::NotMet, format!("drill explain {}", verdict.check)),
        Outcome::Inconclusive => {
            (Met::Inconclusive, format!("drill run {}/{}", shown.drill.drill, shown.plan.scenario))
        }
    };
    let name = format!("{}/{}", shown.drill.drill, shown.plan.scenario);
    let of = verdict.of.as_ref().map(|of| format!("@{of}")).unwrap_or_default();
    Some(Why {
        outcome,
        what: format!("{name}: {}{of} {}: {}", verdict.check, verdict.outcome.word(), verdict.observed),
        check: Some(verdict.id.clone()),
        evidence: Some(shown.link()),
        todo,
    })
}

/// Every scenario of every drill has evidence that counts, and no check of it that nobody else asks for is red.
pub fn everything_else(question: &Question<'_>, standing: &Standing<'_>) -> Answer {
    let mut answer = Answer::default();
    if question.drills.is_empty() {
        answer.add(why(Met::NotMet, "there is no drill", "write one: `drill new NAME --from DIR`"));
        return answer;
    }
    let (mut all, mut good) = (0, 0);
    for drill in question.drills {
        for scenario in &drill.scenarios {
            let before = answer.against();
            let shown = standing.of_scenario(&drill.drill, &scenario.scenario);
            if shown.is_empty() {
                answer.lacks(drill, scenario);
            }
            for one in shown {
                let unasked = one.verdict.checks.iter().filter(|c| !is_asked(question, drill, scenario, &c.check));
                for why in unasked.filter_map(|c| red(*one, c)) {
                    answer.add(why);
                }
                if one.verdict.checks.is_empty() {
                    let what = format!("{}/{}: nothing was judged", drill.drill, scenario.scenario);
                    let todo = format!("drill run {}/{}", drill.drill, scenario.scenario);
                    answer.add(Why { evidence: Some(one.link()), ..why(Met::Inconclusive, &what, &todo) });
                }
            }
            all += 1;
            good += usize::from(answer.against() == before);
        }
    }
    answer.extend(super::limits::exposure_of(question, standing, |trigger| !exposure_is_demanded(question, trigger)));
    answer.shown.push(format!("{good} of {all} scenarios"));
    answer
}

/// Whether some requirement needs this check of this scenario.
fn is_asked(question: &Question<'_>, drill: &DrillPlan, scenario: &ScenarioPlan, check: &str) -> bool {
    // A static bridge is judged by a demand of its own.
    check == STATIC_CHECK
        || question.gate.requirements.iter().flat_map(|r| &r.needs).any(|need| {
            is_of(need, drill)
                && need.triggers.contains(&scenario.trigger.name())
                && need.checks.iter().any(|c| c.id() == check)
        })
}

fn exposure_is_demanded(question: &Question<'_>, trigger: &str) -> bool {
    question
        .gate
        .requirements
        .iter()
        .any(|r| r.demands.contains(&super::shape::Demand::Exposure) && triggers(r).contains(trigger))
}
