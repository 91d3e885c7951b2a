//! What a requirement came to, while it is being judged.

use super::question::Question;
use super::readiness::{EvidenceLink, Met, Why};
use super::standing::Standing;
use crate::definition::{DrillPlan, ScenarioPlan};
use std::collections::BTreeSet;

/// What a requirement came to.
#[derive(Debug, Default)]
pub struct Answer {
    /// Why it is not met, or not known.
    pub reasons: Vec<Why>,
    /// What shows it.
    pub shown: Vec<String>,
    /// Drill and scenario that should have evidence and have none.
    missing: BTreeSet<(String, String)>,
}

impl Answer {
    /// Adds another part of the same requirement.
    pub fn extend(&mut self, other: Self) {
        other.reasons.into_iter().for_each(|why| self.add(why));
        self.shown.extend(other.shown);
        self.missing.extend(other.missing);
    }
    /// Nothing is known, or it is wrong.
    pub fn add(&mut self, why: Why) {
        if !self.reasons.contains(&why) {
            self.reasons.push(why);
        }
    }
    /// A scenario has no evidence that counts.
    pub fn lacks(&mut self, drill: &DrillPlan, scenario: &ScenarioPlan) {
        self.missing.insert((drill.drill.clone(), scenario.scenario.clone()));
    }
    /// All of a drill's scenarios, where none of them has evidence that counts; whether that is so.
    pub fn lacks_all(&mut self, standing: &Standing<'_>, drill: &DrillPlan) -> bool {
        let none = standing.of_drill(&drill.drill).next().is_none();
        if none {
            drill.scenarios.iter().for_each(|scenario| self.lacks(drill, scenario));
        }
        none
    }
    /// So many things are against it: a measure of whether something was added.
    pub fn against(&self) -> usize {
        self.reasons.len() + self.missing.len()
    }
    /// Every reason, the worst first. What is missing for one reason is told once a drill.
    pub fn into_reasons(mut self, question: &Question<'_>, standing: &Standing<'_>) -> (Vec<Why>, String) {
        for drill in question.drills {
            let missing = std::mem::take(&mut self.missing);
            let (own, others) = missing.into_iter().partition(|(of, _)| *of == drill.drill);
            self.missing = others;
            for why in without_evidence(standing, drill, &own) {
                self.add(why);
            }
        }
        self.reasons.sort_by_key(|why| std::cmp::Reverse(why.outcome));
        (self.reasons, self.shown.join(" · "))
    }
}

/// One reason a cause: nothing was run, or what was run does not count.
fn without_evidence(standing: &Standing<'_>, drill: &DrillPlan, missing: &BTreeSet<(String, String)>) -> Vec<Why> {
    let mut causes: Vec<(Option<&str>, Option<EvidenceLink>, Vec<&str>)> = Vec::new();
    // In the order of the file.
    for scenario in drill.scenarios.iter().map(|s| s.scenario.as_str()) {
        if !missing.contains(&(drill.drill.clone(), scenario.to_string())) {
            continue;
        }
        let refused = standing.why_none(&drill.drill, scenario);
        let (why, link) = (refused.map(|r| r.why.as_str()), refused.map(|r| r.link.clone()));
        match causes.iter_mut().find(|(known, run, _)| *known == why && *run == link) {
            Some((.., scenarios)) => scenarios.push(scenario),
            None => causes.push((why, link, vec![scenario])),
        }
    }
    let reason = |(why, evidence, scenarios): (Option<&str>, Option<EvidenceLink>, Vec<&str>)| {
        let all = scenarios.len() == drill.scenarios.len();
        let names: Vec<String> = scenarios.iter().map(|s| format!("{}/{s}", drill.drill)).collect();
        let what = match (scenarios.as_slice(), all) {
            ([_], _) => names.join(""),
            (_, true) => drill.drill.clone(),
            (_, false) => format!("{}: {}", drill.drill, scenarios.join(", ")),
        };
        let why = why.map_or_else(|| "no evidence".into(), |why| format!("its evidence does not count: {why}"));
        let todo = if all { format!("drill run {}", drill.drill) } else { format!("drill run {}", names.join(" ")) };
        Why { outcome: Met::NotMet, what: format!("{what}: {why}"), check: None, evidence, todo }
    };
    causes.into_iter().map(reason).collect()
}

/// A reason without a check or a run.
pub fn why(outcome: Met, what: &str, todo: &str) -> Why {
    Why { outcome, what: what.into(), check: None, evidence: None, todo: todo.into() }
}
