//! One cause, one block: checks that could not be judged for the same reason are told once.

use super::words;
use crate::verdict::{CheckVerdict, Outcome, ScenarioVerdict};

/// A check that did not pass, and the others that did not for the same reason.
pub struct Block<'a> {
    pub first: &'a CheckVerdict,
    pub same: Vec<&'a CheckVerdict>,
}

/// Checks in a chain of premises: each names the next; more would be a circle.
const LONGEST_CHAIN: usize = 16;

/// What did not pass, in the order of the verdicts. Only inconclusive ones are gathered: two failures are two things to mend.
pub fn blocks(scenario: &ScenarioVerdict) -> Vec<Block<'_>> {
    let mut blocks: Vec<(Option<String>, Block<'_>)> = Vec::new();
    for check in &scenario.checks {
        if check.outcome == Outcome::Passed {
            continue;
        }
        let cause = (check.outcome == Outcome::Inconclusive).then(|| cause(scenario, check));
        match blocks.iter_mut().find(|(c, _)| c.is_some() && *c == cause) {
            // The one that others rest on tells more than those that rest on it.
            Some((_, block)) if block.first.premise.is_some() && check.premise.is_none() => {
                block.same.push(std::mem::replace(&mut block.first, check));
            }
            Some((_, block)) => block.same.push(check),
            None => blocks.push((cause, Block { first: check, same: Vec::new() })),
        }
    }
    blocks.into_iter().map(|(_, block)| block).collect()
}

fn cause(scenario: &ScenarioVerdict, check: &CheckVerdict) -> String {
    let mut root = check;
    for _ in 0..LONGEST_CHAIN {
        let Some(premise) = &root.premise else { break };
        match premise_of(scenario, premise) {
            Some(found) if found.outcome == Outcome::Inconclusive && found.id != root.id => {
                root = found;
            }
            // It failed, or belongs to another scenario: the premise itself is the cause.
            _ => return format!("premise {premise}"),
        }
    }
    format!("reason {}", root.reason)
}

fn premise_of<'a>(scenario: &'a ScenarioVerdict, premise: &str) -> Option<&'a CheckVerdict> {
    let checks = &scenario.checks;
    checks
        .iter()
        .find(|c| c.id == premise || words::name(c) == premise)
        .or_else(|| checks.iter().find(|c| c.check == premise))
}

/// Names that a reader takes in at a glance.
pub const NAMED: usize = 8;

impl Block<'_> {
    /// `8 more for the same reason: trigger.exposure, …`: so many of them by name.
    pub fn more(&self, most: usize) -> Option<String> {
        if self.same.is_empty() {
            return None;
        }
        let names: Vec<String> = self.same.iter().take(most).map(|c| words::name(c)).collect();
        let rest = if self.same.len() > most { ", …" } else { "" };
        Some(format!("{} more for the same reason: {}{rest}", self.same.len(), names.join(", ")))
    }
}
