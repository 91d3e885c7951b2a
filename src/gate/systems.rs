//! Kinds of system: which have a drill that counts, which are declared not to be in use, and the table of all.

use super::answer::{Answer, why};
use super::inventory::{covered_by, mismatch};
use super::load::SystemRule;
use super::needs::{STATIC_CHECK, red};
use super::question::Question;
use super::readiness::{KindMissing, KindNotInUse, Met, RoleInUse, Why};
use super::standing::Standing;
use crate::credential::STATIC;
use crate::definition::{DrillPlan, System};
use crate::verdict::Outcome;

const NO_DRILL: &str = "no drill";
const NO_EVIDENCE: &str = "has no evidence that counts";

/// Kinds of system that are asked for, without those that may be and are declared not to be in use.
fn asked<'a>(question: &'a Question<'_>) -> impl Iterator<Item = &'a SystemRule> {
    let absent = not_in_use(question);
    question.gate.systems.iter().filter(move |rule| !absent.iter().any(|a| a.system == rule.system))
}

/// Kinds of system that somebody answers for not using, where the gate allows that.
pub fn not_in_use(question: &Question<'_>) -> Vec<KindNotInUse> {
    declared(question).filter(|(_, rule)| rule.may_be_absent).map(|(absent, _)| absent.clone()).collect()
}

fn declared<'a>(question: &'a Question<'_>) -> impl Iterator<Item = (&'a KindNotInUse, &'a SystemRule)> {
    let absent = question.inventory.iter().flat_map(|i| &i.not_in_use);
    absent.filter_map(|a| Some((a, question.gate.systems.iter().find(|rule| rule.system == a.system)?)))
}

/// Whether a drill is of a kind of system by what it issues, not only by what it says. All that is generated issues one kind.
fn serves(rule: &SystemRule, drill: &DrillPlan, standing: &Standing<'_>) -> bool {
    let mut shown = standing.of_drill(&drill.drill).peekable();
    let synthetic = shown.peek().is_some() && shown.all(|s| s.is_synthetic());
    let kind = drill.credential.kind();
    // A static bridge stands beside what is dynamic, and never for it: it proves of no lease that it ends.
    let alone = kind != STATIC || rule.kinds.iter().all(|k| k == STATIC);
    drill.system == rule.system && alone && (synthetic || rule.kinds.iter().any(|k| k == kind))
}

/// What a drill must issue to stand for a kind of system.
fn dynamic_first(rule: &SystemRule) -> String {
    let dynamic: Vec<&str> = rule.kinds.iter().map(String::as_str).filter(|k| *k != STATIC).collect();
    if dynamic.is_empty() { rule.kinds.join(" or ") } else { dynamic.join(" or ") }
}

/// Kinds of system that no counting evidence is of.
pub fn missing(question: &Question<'_>, standing: &Standing<'_>) -> Vec<KindMissing> {
    let mut missing = Vec::new();
    for rule in asked(question) {
        let drills: Vec<&DrillPlan> = question.drills.iter().filter(|d| d.system == rule.system).collect();
        let serving = drills.iter().filter(|d| serves(rule, d, standing));
        let why = match (drills.first(), serving.clone().next()) {
            _ if serving.clone().any(|d| standing.of_drill(&d.drill).next().is_some()) => continue,
            (None, _) => NO_DRILL.to_string(),
            (Some(drill), None) => format!(
                "{} issues a {} credential, the gate asks for {}",
                drill.drill,
                drill.credential.kind(),
                dynamic_first(rule)
            ),
            (_, Some(drill)) => format!("{} {NO_EVIDENCE}", drill.drill),
        };
        missing.push(KindMissing { system: rule.system, why, in_use: in_use(question, rule.system) });
    }
    missing
}

/// `rmq/roles/app (team-mail)`.
fn in_use(question: &Question<'_>, system: System) -> Vec<String> {
    let roles = question.inventory.iter().flat_map(|i| &i.roles);
    roles.filter(|r| r.role.system == Some(system)).map(|r| named(&r.role)).collect()
}

fn named(role: &RoleInUse) -> String {
    format!("{} ({})", role.path, role.owner.as_deref().unwrap_or("owner unknown"))
}

/// Every kind of system has a drill with evidence, or is declared not to be in use.
pub fn every_kind(question: &Question<'_>, standing: &Standing<'_>) -> Answer {
    let mut answer = Answer::default();
    let missing = missing(question, standing);
    for kind in &missing {
        let word = kind.system.word();
        let in_use = match kind.in_use.as_slice() {
            [] => String::new(),
            names => format!("; the inventory names {}", names.join(", ")),
        };
        let may = question.gate.systems.iter().any(|rule| rule.system == kind.system && rule.may_be_absent);
        let or = if may && kind.in_use.is_empty() { ", or declare in the inventory that there is none" } else { "" };
        let todo = match (kind.why.as_str(), kind.why.strip_suffix(NO_EVIDENCE)) {
            (NO_DRILL, _) => format!("add a drill with `system: {word}`{or}"),
            (_, Some(drill)) => format!("drill run {}", drill.trim()),
            _ => format!("add a drill with `system: {word}` of a kind that counts{or}"),
        };
        answer.add(why(Met::NotMet, &format!("{word}: {}{in_use}", kind.why), &todo));
    }
    for (absent, rule) in declared(question) {
        if !rule.may_be_absent {
            let what = format!("{}: declared not to be in use, which the gate does not allow", rule.system.word());
            answer.add(why(Met::NotMet, &what, &format!("ask {}: a drill of it is needed", absent.owner)));
        }
    }
    let absent = not_in_use(question).len();
    let all = question.gate.systems.len();
    let absent = if absent > 0 { format!(", {absent} declared not in use") } else { String::new() };
    let have = asked(question).count().saturating_sub(missing.len());
    answer.shown.push(format!("{have} of {all} kinds of system{absent}"));
    answer
}

/// Every role of the inventory has a drill, of the role as production has it.
pub fn every_role(question: &Question<'_>, standing: &Standing<'_>) -> Answer {
    let mut answer = Answer::default();
    let Some(inventory) = question.inventory else {
        let nothing = "no inventory: nothing is known of what is in use";
        if question.gate.inventory_required {
            let todo = "write drills/inventory.yaml, or name one with --inventory; docs/gate.md says how";
            answer.add(why(Met::NotMet, nothing, todo));
        } else {
            answer.shown.push(nothing.into());
        }
        return answer;
    };
    let mut covered = 0;
    for role in &inventory.roles {
        let drill = covered_by(inventory, role, question.drills);
        let mut todo = "add a drill of it: `drill new NAME --from DIR`".to_string();
        let what = match drill.map(|drill| (drill, mismatch(role, drill))) {
            Some((drill, None)) => {
                covered += usize::from(!answer.lacks_all(standing, drill));
                continue;
            }
            Some((drill, Some(differs))) => {
                todo = "export it again, and run the drill".into();
                format!("{}: {} is of another role: {differs}", named(&role.role), drill.drill)
            }
            None => format!("{} is in use and has no drill", named(&role.role)),
        };
        answer.add(why(Met::NotMet, &what, &todo));
    }
    answer.shown.push(format!("{covered} of {} roles in use are drilled", inventory.roles.len()));
    answer
}

/// What is issued is dynamic or brokered, or an exception permits the static bridge.
pub fn dynamic(question: &Question<'_>, standing: &Standing<'_>) -> Answer {
    let mut answer = Answer::default();
    if question.drills.is_empty() {
        answer.add(why(Met::NotMet, "there is no drill", "write one: `drill new NAME --from DIR`"));
    }
    let mut bridges = 0;
    for drill in question.drills {
        let is_static = drill.credential.kind() == STATIC;
        bridges += usize::from(is_static);
        let mut permitted = false;
        answer.lacks_all(standing, drill);
        for shown in standing.of_drill(&drill.drill) {
            for verdict in shown.checks(STATIC_CHECK) {
                permitted |= verdict.outcome == Outcome::Excepted;
                answer.reasons.extend(red(shown, verdict));
            }
        }
        if is_static && !permitted {
            let what = format!("{}: a static password, and no exception in force permits it", drill.drill);
            let todo = format!("issue it dynamically or by a broker, or except {}/…/{STATIC_CHECK}", drill.drill);
            answer.add(Why { check: None, ..why(Met::NotMet, &what, &todo) });
        }
    }
    for role in question.inventory.iter().flat_map(|i| i.roles.iter().map(move |r| (*i, r))) {
        let (inventory, role) = role;
        if role.is_static && covered_by(inventory, role, question.drills).is_none() {
            let what =
                format!("{}: a static password in use, which no drill and no exception covers", named(&role.role));
            answer.add(why(Met::NotMet, &what, "issue it dynamically, or drill it and except it for a short time"));
        }
    }
    answer.shown.push(match bridges {
        0 => "no static bridge".into(),
        1 => "1 static bridge, excepted".into(),
        n => format!("{n} static bridges, excepted"),
    });
    answer
}
