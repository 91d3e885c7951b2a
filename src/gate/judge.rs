//! From evidence to readiness. The worst case decides; there is no score. Whatever is asked for and is not there is not met.

use super::evidence::{Evidence, Seal, servers};
use super::load::Requirement;
use super::question::Question;
use super::readiness::{
    EvidenceUse, ExceptionRefused, ExceptionUse, GateOutcome, Met, Readiness, RequirementResult, SCHEMA,
};
use super::shape::Demand;
use super::standing::{Judged, Standing};
use super::time::{DAY_MS, span};
use super::{inventory, limits, needs, rows, systems};
use crate::exceptions::Exception;
use crate::history::Origin;
use std::collections::BTreeSet;

/// Judges a level.
pub fn judge(question: &Question<'_>) -> Readiness {
    let (applied, refused) = grants(question);
    let judged: Vec<Judged<'_>> = question.evidence.iter().map(|e| again(question, e, &applied)).collect();
    let standing = Standing::of(question, &judged);
    let mut requirements: Vec<RequirementResult> =
        question.gate.requirements.iter().map(|r| requirement(question, &standing, r)).collect();
    let outcome = overall(&requirements, &standing);
    // Stable: within one outcome the order of the gate.
    requirements.sort_by_key(|r| std::cmp::Reverse(r.outcome));
    let mut set_aside = question.unreadable.to_vec();
    set_aside.extend(standing.set_aside.iter().cloned());
    let evidence = counting(&standing);
    Readiness {
        schema: SCHEMA,
        level: question.gate.level.clone(),
        title: question.gate.title.clone(),
        outcome,
        synthetic: standing.all().any(|s| s.is_synthetic()),
        judged_at: question.clock,
        as_of: question.as_of,
        gate_file: question.gate.file.clone(),
        gate_sha256: question.gate.sha256.clone(),
        program: env!("CARGO_PKG_VERSION").into(),
        requirements,
        systems: rows::rows(question, &standing),
        kinds_missing: systems::missing(question, &standing),
        kinds_not_in_use: systems::not_in_use(question),
        exceptions: used(question, &standing),
        exceptions_refused: refused,
        signature: signature(&evidence),
        evidence,
        set_aside,
        contradictions: standing.contradictions.clone(),
        inventory: question.inventory.map(|i| inventory::coverage(i, question.drills)),
    }
}

/// A gate that asks nothing, and evidence of nothing, are never ready.
fn overall(requirements: &[RequirementResult], standing: &Standing<'_>) -> GateOutcome {
    let worst = requirements.iter().map(|r| r.outcome).max().unwrap_or(Met::Inconclusive);
    match worst {
        Met::NotMet => GateOutcome::NotReady,
        _ if standing.all().next().is_none() => GateOutcome::NotReady,
        Met::Inconclusive => GateOutcome::Inconclusive,
        Met::Met => GateOutcome::Ready,
    }
}

/// Exceptions that may be applied, and those that may not, with the reason.
fn grants(question: &Question<'_>) -> (Vec<Exception>, Vec<ExceptionRefused>) {
    let (mut applied, mut refused) = (Vec::new(), Vec::new());
    let most_days = i64::try_from(question.gate.limits.exception_ms / DAY_MS).unwrap_or(i64::MAX);
    for exception in question.exceptions {
        let days = i64::from((exception.expires - exception.granted_on).get_days());
        let why = if exception.expires < question.as_of {
            format!("it ended {}", exception.expires)
        } else if exception.granted_on > question.as_of {
            format!("it is not granted before {}", exception.granted_on)
        } else if days > most_days {
            format!("it was granted for {days} days, the gate allows {}", span(question.gate.limits.exception_ms))
        } else {
            applied.push(exception.clone());
            continue;
        };
        let (id, check, owner) = (exception.id.clone(), exception.check.clone(), exception.owner.clone());
        refused.push(ExceptionRefused { id, check, owner, why });
    }
    (applied, refused)
}

/// Judges a run again, by the exceptions of now: those that it was run with bind it, not the gate.
fn again<'a>(question: &Question<'_>, evidence: &'a Evidence, applied: &[Exception]) -> Judged<'a> {
    let mut history = evidence.history.clone();
    history.head.exceptions = applied.to_vec();
    history.head.as_of = Some(question.as_of);
    Judged { evidence, verdicts: (question.judge)(&history) }
}

fn requirement(question: &Question<'_>, standing: &Standing<'_>, asked: &Requirement) -> RequirementResult {
    let mut answer = needs::judge(question, standing, asked);
    for demand in &asked.demands {
        answer.extend(match demand {
            Demand::EveryKind => systems::every_kind(question, standing),
            Demand::EveryRole => systems::every_role(question, standing),
            Demand::EveryScenario => needs::everything_else(question, standing),
            Demand::Exposure => limits::exposure(question, standing, &needs::triggers(asked)),
            Demand::Ttl => limits::ttl(question, standing),
            Demand::Basis => limits::basis(question, standing),
            Demand::Dynamic => systems::dynamic(question, standing),
        });
    }
    let (reasons, shown) = answer.into_reasons(question, standing);
    RequirementResult {
        id: asked.id.clone(),
        pattern: asked.pattern.clone(),
        outcome: reasons.iter().map(|why| why.outcome).max().unwrap_or(Met::Met),
        reasons,
        shown,
    }
}

/// The exceptions that cover something which counts.
fn used(question: &Question<'_>, standing: &Standing<'_>) -> Vec<ExceptionUse> {
    let ids: BTreeSet<&str> =
        standing.all().flat_map(|s| &s.verdict.checks).filter_map(|c| c.exception.as_deref()).collect();
    let mut used: Vec<ExceptionUse> = question
        .exceptions
        .iter()
        .filter(|e| ids.contains(e.id.as_str()))
        .map(|e| ExceptionUse {
            id: e.id.clone(),
            check: e.check.clone(),
            owner: e.owner.clone(),
            reason: e.reason.clone(),
            granted_by: e.granted_by.clone(),
            granted_on: e.granted_on,
            ends: e.expires,
            days_left: e.days_left(question.as_of),
            compensating_control: e.compensating_control.clone(),
        })
        .collect();
    used.sort_by_key(|e| e.ends);
    used
}

/// The runs that count, the newest first.
fn counting(standing: &Standing<'_>) -> Vec<EvidenceUse> {
    let mut runs: Vec<EvidenceUse> = Vec::new();
    for shown in standing.all() {
        let scenario = format!("{}/{}", shown.drill.drill, shown.plan.scenario);
        if let Some(run) = runs.iter_mut().find(|run| run.link == shown.link()) {
            run.scenarios.push(scenario);
            continue;
        }
        let head = &shown.evidence.history.head;
        runs.push(EvidenceUse {
            link: shown.link(),
            started: head.started,
            events_sha256: shown.evidence.events_sha256.clone(),
            program: head.program.clone(),
            scenarios: vec![scenario],
            servers: in_words(shown.evidence),
            signature: match &shown.evidence.seal {
                Seal::Signed(by) => Some(by.clone()),
                Seal::None | Seal::Broken(_) => None,
            },
        });
    }
    runs.sort_by_key(|run| std::cmp::Reverse((run.started, run.link.run.clone())));
    runs
}

fn in_words(evidence: &Evidence) -> Vec<String> {
    let drills = evidence.history.head.drills.iter();
    let words: BTreeSet<String> = drills
        .flat_map(|drill| servers(evidence, &drill.drill))
        .map(|(_, product, version, origin)| {
            let origin = match origin {
                Origin::Official => "official",
                Origin::StandIn => "stand-in",
                Origin::External => "external",
            };
            format!("{product} {version} ({origin})")
        })
        .collect();
    words.into_iter().collect()
}

/// One line for the report's head: the same of all, or how many are signed.
fn signature(evidence: &[EvidenceUse]) -> Option<String> {
    let signed: Vec<&String> = evidence.iter().filter_map(|e| e.signature.as_ref()).collect();
    let first = *signed.first()?;
    if signed.len() == evidence.len() && signed.iter().all(|other| *other == first) {
        return Some(first.clone());
    }
    Some(format!("{} of {} runs signed", signed.len(), evidence.len()))
}
