//! Which evidence counts: the newest of each scenario, what is not set aside, and of two that contradict each other both.

use super::evidence::{Evidence, servers};
use super::question::Question;
use super::readiness::{Contradiction, EvidenceLink, SetAside};
use super::refusal;
use crate::definition::{DrillPlan, ScenarioPlan};
use crate::verdict::{CheckVerdict, Outcome, ScenarioVerdict, Verdicts};
use jiff::{SignedDuration, Timestamp};
use std::collections::{BTreeMap, BTreeSet};

/// Two runs that are no further apart must agree.
const CLOSE: SignedDuration = SignedDuration::from_hours(24);

/// A run with what the judge says of it now.
pub struct Judged<'a> {
    /// What was read.
    pub evidence: &'a Evidence,
    /// With the exceptions that are in force now.
    pub verdicts: Verdicts,
}

/// One scenario in one run that counts.
#[derive(Clone, Copy)]
pub struct Shown<'a> {
    /// The run.
    pub evidence: &'a Evidence,
    /// The drill as that run resolved it.
    pub drill: &'a DrillPlan,
    /// The scenario as that run resolved it.
    pub plan: &'a ScenarioPlan,
    /// What the judge says.
    pub verdict: &'a ScenarioVerdict,
}

/// Evidence that does not count, by scenario: what a requirement says where it finds none.
pub struct Refused {
    pub drill: String,
    pub scenario: String,
    pub why: String,
    pub link: EvidenceLink,
    started: Timestamp,
}

/// What counts, and what does not.
#[derive(Default)]
pub struct Standing<'a> {
    /// By drill and scenario; several where runs contradict each other.
    shown: BTreeMap<(&'a str, &'a str), Vec<Shown<'a>>>,
    /// For the report.
    pub set_aside: Vec<SetAside>,
    /// For the requirements.
    pub refused: Vec<Refused>,
    /// For the report.
    pub contradictions: Vec<Contradiction>,
}

impl<'a> Shown<'a> {
    /// Which run.
    pub fn link(&self) -> EvidenceLink {
        self.evidence.link()
    }
    /// When that run began.
    pub fn started(&self) -> Timestamp {
        self.evidence.history.head.started
    }
    /// The verdicts of a check: one, or one a door or session kind.
    pub fn checks<'b>(&self, id: &'b str) -> impl Iterator<Item = &'a CheckVerdict> + use<'a, 'b> {
        self.verdict.checks.iter().filter(move |c| c.check == id)
    }
    /// It was generated.
    pub fn is_synthetic(&self) -> bool {
        self.evidence.history.head.synthetic
    }
}

impl<'a> Standing<'a> {
    /// Sorts all evidence.
    pub fn of(question: &Question<'_>, judged: &'a [Judged<'a>]) -> Self {
        let mut standing = Self::default();
        let mut candidates: BTreeMap<(&'a str, &'a str), Vec<Shown<'a>>> = BTreeMap::new();
        let twins = twins(judged);
        let mut seen = BTreeSet::new();
        for one in judged {
            let head = &one.evidence.history.head;
            // The same file twice is the same evidence.
            if !seen.insert((head.run.as_str(), one.evidence.events_sha256.as_str())) {
                continue;
            }
            let twin = twins.contains(head.run.as_str());
            let whole = twin.then(|| "two different files claim to be this run".to_string());
            if let Some(why) = whole.or_else(|| refusal::of_run(question, one.evidence, &one.verdicts)) {
                standing.refuse(one.evidence, None, None, &why);
                continue;
            }
            for (drill, scenario, shown) in all_of(one) {
                match refusal::of_drill(question, one.evidence, drill)
                    .map(|why| (None, why))
                    .or_else(|| refusal::of_scenario(question, drill, scenario).map(|why| (Some(scenario), why)))
                {
                    Some((of, why)) => standing.refuse(one.evidence, Some(drill), of, &why),
                    None => candidates.entry((&drill.drill, &scenario.scenario)).or_default().push(shown),
                }
            }
        }
        for (of, shown) in candidates {
            standing.settle(of, shown);
        }
        standing
    }

    /// The runs that count for a scenario; of several the worse counts.
    pub fn of_scenario(&self, drill: &str, scenario: &str) -> &[Shown<'a>] {
        self.shown.iter().find(|((d, s), _)| *d == drill && *s == scenario).map_or(&[], |(_, shown)| shown)
    }

    /// Everything of a drill that counts.
    pub fn of_drill(&self, drill: &str) -> impl Iterator<Item = Shown<'a>> {
        self.shown.iter().filter(move |((d, _), _)| *d == drill).flat_map(|(_, shown)| shown.iter().copied())
    }

    /// Everything that counts.
    pub fn all(&self) -> impl Iterator<Item = Shown<'a>> {
        self.shown.values().flatten().copied()
    }

    /// Why a scenario has no evidence: of what does not count the newest.
    pub fn why_none(&self, drill: &str, scenario: &str) -> Option<&Refused> {
        self.refused.iter().filter(|r| r.drill == drill && r.scenario == scenario).max_by_key(|r| r.started)
    }

    fn refuse(&mut self, evidence: &Evidence, drill: Option<&DrillPlan>, of: Option<&ScenarioPlan>, why: &str) {
        let head = &evidence.history.head;
        let name = match (drill, of) {
            (Some(drill), Some(scenario)) => format!("{}/{}", drill.drill, scenario.scenario),
            (Some(drill), None) => drill.drill.clone(),
            (None, _) => String::new(),
        };
        let aside = SetAside { run: head.run.clone(), dir: evidence.dir.clone(), of: name, why: why.into() };
        if !self.set_aside.contains(&aside) {
            self.set_aside.push(aside);
        }
        for plan in head.drills.iter().filter(|d| drill.is_none_or(|of| of.drill == d.drill)) {
            for scenario in plan.scenarios.iter().filter(|s| of.is_none_or(|of| of.scenario == s.scenario)) {
                self.refused.push(Refused {
                    drill: plan.drill.clone(),
                    scenario: scenario.scenario.clone(),
                    why: why.into(),
                    link: evidence.link(),
                    started: head.started,
                });
            }
        }
    }

    /// The newest counts, and whatever near it says something else.
    fn settle(&mut self, of: (&'a str, &'a str), mut shown: Vec<Shown<'a>>) {
        shown.sort_by_key(|s| std::cmp::Reverse((s.started(), s.evidence.history.head.run.clone())));
        let Some((newest, older)) = shown.split_first() else { return };
        let mut counting = vec![*newest];
        for other in older {
            let near = newest.started().duration_since(other.started()) <= CLOSE;
            let differing = differing(newest.verdict, other.verdict);
            if !near || differing.is_empty() || versions(newest) != versions(other) {
                continue;
            }
            let (worse, better) =
                if other.verdict.outcome > newest.verdict.outcome { (other, newest) } else { (newest, other) };
            self.contradictions.push(Contradiction {
                of: format!("{}/{}", of.0, of.1),
                worse: worse.link(),
                worse_outcome: worse.verdict.outcome.word().into(),
                other: better.link(),
                other_outcome: better.verdict.outcome.word().into(),
                checks: differing,
            });
            counting.push(*other);
        }
        self.shown.insert(of, counting);
    }
}

/// All scenarios of a run, with their verdicts.
fn all_of<'a>(one: &'a Judged<'a>) -> impl Iterator<Item = (&'a DrillPlan, &'a ScenarioPlan, Shown<'a>)> {
    one.verdicts.drills.iter().flat_map(move |verdicts| {
        let drill = one.evidence.history.head.drills.iter().find(|d| d.drill == verdicts.drill);
        verdicts.scenarios.iter().filter_map(move |verdict| {
            let drill = drill?;
            let plan = drill.scenarios.iter().find(|s| s.scenario == verdict.scenario)?;
            Some((drill, plan, Shown { evidence: one.evidence, drill, plan, verdict }))
        })
    })
}

/// Ids of runs that stand for several different files.
fn twins<'a>(judged: &'a [Judged<'a>]) -> BTreeSet<&'a str> {
    let mut files: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for one in judged {
        let run = one.evidence.history.head.run.as_str();
        files.entry(run).or_default().insert(&one.evidence.events_sha256);
    }
    files.into_iter().filter(|(_, files)| files.len() > 1).map(|(run, _)| run).collect()
}

/// Ids of the checks that two verdicts do not agree on.
fn differing(a: &ScenarioVerdict, b: &ScenarioVerdict) -> Vec<String> {
    let of = |v: &ScenarioVerdict| -> BTreeMap<String, Outcome> {
        v.checks.iter().map(|c| (c.id.clone(), c.outcome)).collect()
    };
    let (a, b) = (of(a), of(b));
    let ids: BTreeSet<&String> = a.keys().chain(b.keys()).collect();
    ids.into_iter().filter(|id| a.get(*id) != b.get(*id)).cloned().collect()
}

fn versions<'a>(shown: &Shown<'a>) -> BTreeSet<(&'a str, &'a str)> {
    servers(shown.evidence, &shown.drill.drill).map(|(_, product, version, _)| (product, version)).collect()
}
