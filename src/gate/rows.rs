//! The table of systems: one row a drill, and one for each kind that has none.

use super::question::Question;
use super::readiness::{Cell, CellOutcome, EvidenceLink, SystemRow};
use super::standing::{Shown, Standing};
use super::systems::missing;
use super::time::interval;
use crate::credential::Ability;
use crate::definition::{DrillPlan, System};
use crate::exceptions::Exception;
use crate::verdict::{CheckVerdict, Outcome};

/// All rows, in the order of the kinds.
pub fn rows(question: &Question<'_>, standing: &Standing<'_>) -> Vec<SystemRow> {
    let missing = missing(question, standing);
    let mut rows = Vec::new();
    for system in System::ALL {
        let drills: Vec<&DrillPlan> = question.drills.iter().filter(|d| d.system == system).collect();
        rows.extend(drills.iter().map(|drill| row(question, standing, drill)));
        if drills.is_empty()
            && let Some(kind) = missing.iter().find(|kind| kind.system == system)
        {
            rows.push(without(system, &kind.why));
        }
    }
    rows
}

/// A kind without any drill.
fn without(system: System, why: &str) -> SystemRow {
    let cell = || Cell::missing(why);
    SystemRow {
        system,
        drill: None,
        role: None,
        owner: None,
        tenant: None,
        basis: String::new(),
        revoke: cell(),
        expire: cell(),
        metadata: cell(),
        audit: cell(),
        parent: cell(),
        tested_days_ago: None,
        evidence: Vec::new(),
    }
}

fn row(question: &Question<'_>, standing: &Standing<'_>, drill: &DrillPlan) -> SystemRow {
    let mut shown: Vec<Shown<'_>> = standing.of_drill(&drill.drill).collect();
    shown.sort_by_key(Shown::started);
    let mut evidence: Vec<EvidenceLink> = Vec::new();
    for link in shown.iter().map(Shown::link) {
        if !evidence.contains(&link) {
            evidence.push(link);
        }
    }
    let ends = |trigger: &str| {
        let of: Vec<Shown<'_>> = shown.iter().filter(|s| s.plan.trigger.name() == trigger).copied().collect();
        let mut cell = cell(question, &of, &["access", "trigger", "expire"]);
        with_exposure(&mut cell, &of);
        cell
    };
    // A static bridge has neither: what ends its password is a rotation, and that nothing else does is what its exception permits.
    let (revoke, expire) = if drill.credential.can(Ability::Rotates) {
        let mut rotated = ends("rotate");
        if rotated.outcome == CellOutcome::Passed {
            rotated.text = format!("rotated: {}", rotated.text);
        }
        (rotated, cell(question, &shown, &["credential"]))
    } else {
        (ends("revoke"), ends("expire"))
    };
    let caller = drill.scenarios.first().map(|s| &s.caller);
    SystemRow {
        system: drill.system,
        drill: Some(drill.drill.clone()),
        role: Some(drill.credential.role().to_string()),
        owner: caller.map(|c| c.owner.clone()),
        tenant: caller.map(|c| c.tenant.clone()),
        basis: match shown.first().map_or(drill, |s| s.drill).credential.exported() {
            Some(export) => format!("exported {}", export.date.unwrap_or("on an unknown day")),
            None => "drill file".into(),
        },
        revoke,
        expire,
        metadata: cell(question, &shown, &["metadata"]),
        audit: cell(question, &shown, &["audit"]),
        parent: cell(question, &shown, &["parent"]),
        tested_days_ago: shown.first().map(|s| question.now().days(s.started())),
        evidence,
    }
}

/// The worst of the checks of some families.
fn cell(question: &Question<'_>, shown: &[Shown<'_>], families: &[&str]) -> Cell {
    let of_family = |c: &&CheckVerdict| families.iter().any(|f| c.check.split('.').next() == Some(f));
    let checks: Vec<&CheckVerdict> = shown.iter().flat_map(|s| &s.verdict.checks).filter(of_family).collect();
    let Some(worst) = checks.iter().map(|c| c.outcome).max() else {
        return Cell::missing("no evidence");
    };
    let deciding: Vec<&&CheckVerdict> = checks.iter().filter(|c| c.outcome == worst).collect();
    let first = deciding.first().map(|c| c.check.as_str()).unwrap_or_default();
    let more = match deciding.len() {
        0 | 1 => String::new(),
        n => format!(" and {} more", n - 1),
    };
    let (outcome, text) = match worst {
        Outcome::Passed => (CellOutcome::Passed, String::new()),
        Outcome::Excepted => (CellOutcome::Excepted, excepted(question, &deciding)),
        Outcome::Inconclusive => (CellOutcome::Inconclusive, format!("INCONCLUSIVE {first}{more}")),
        Outcome::Failed => (CellOutcome::Failed, format!("FAILED {first}{more}")),
    };
    let checks = if worst == Outcome::Passed { Vec::new() } else { deciding.iter().map(|c| c.id.clone()).collect() };
    Cell { outcome, text, checks, lower_us: None, upper_us: None }
}

/// `EXCEPTED EX-7 to 2026-12-31`: the one that ends first.
fn excepted(question: &Question<'_>, checks: &[&&CheckVerdict]) -> String {
    let of = |c: &&&CheckVerdict| -> Option<&Exception> {
        question.exceptions.iter().find(|e| Some(e.id.as_str()) == c.exception.as_deref())
    };
    match checks.iter().filter_map(of).min_by_key(|e| e.expires) {
        Some(first) => format!("EXCEPTED {} to {}", first.id, first.expires),
        None => "EXCEPTED".into(),
    }
}

/// The worst exposure of the credential itself; in words where nothing worse is to be said.
fn with_exposure(cell: &mut Cell, shown: &[Shown<'_>]) {
    let doors = shown.iter().flat_map(|s| &s.verdict.exposures).filter(|e| !e.session);
    let Some(worst) = doors.max_by_key(|e| (e.upper_us.is_none(), e.upper_us, e.lower_us)) else { return };
    (cell.lower_us, cell.upper_us) = (Some(worst.lower_us), worst.upper_us);
    if cell.outcome == CellOutcome::Passed {
        cell.text = interval(worst.lower_us, worst.upper_us);
    }
}
