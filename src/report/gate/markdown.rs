//! `gate.md`: the verdict first, then what is not met, then the table of systems. Everything from outside is escaped.

use super::{SYNTHETIC, ago, counts, headline, in_days, reason};
use crate::gate::Readiness;
use crate::gate::readiness::{Cell, CellOutcome, EvidenceLink, Met, RequirementResult, SystemRow};
use crate::report::markdown::text::{code, md, prose, row};
use crate::report::words;
use crate::secret::Redactor;
use std::fmt::Write as _;

/// More reasons of one requirement are told in `gate.json`.
const REASONS: usize = 12;
/// More evidence that does not count is told there too.
const ASIDE: usize = 20;

/// The file's text. `again`: the command that judges it again.
pub fn markdown(readiness: &Readiness, again: &str, redactor: &Redactor) -> String {
    let mut out = format!("# {}\n", md(&headline(readiness)));
    if readiness.synthetic {
        let _ = writeln!(out, "**{SYNTHETIC}.**\n");
    }
    let _ = writeln!(out, "{}\n", head(readiness));
    out += &requirements(readiness);
    out += &systems(readiness);
    out += &exceptions(readiness);
    out += &reasons(readiness);
    out += &not_in_use(readiness);
    out += &inventory(readiness);
    out += &contradictions(readiness);
    out += &evidence(readiness);
    out += &set_aside(readiness);
    let _ =
        writeln!(out, "\nJudge it again: {} · drill {} · terms: docs/words.md", code(again), md(&readiness.program));
    redactor.clean(&out).into_owned()
}

fn head(readiness: &Readiness) -> String {
    let mut parts = vec![
        counts(readiness),
        format!("judged {} as of {}", readiness.judged_at.strftime("%Y-%m-%d %H:%M UTC"), readiness.as_of),
        format!("gate {} sha256 {}", md(file_name(&readiness.gate_file)), code(&words::hash(&readiness.gate_sha256))),
    ];
    parts.push(readiness.signature.as_deref().map_or_else(|| "not signed".into(), md));
    parts.join(" · ")
}

fn file_name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

fn loud(outcome: Met) -> &'static str {
    match outcome {
        Met::Met => "met",
        Met::Inconclusive => "**INCONCLUSIVE**",
        Met::NotMet => "**NOT MET**",
    }
}

fn requirements(readiness: &Readiness) -> String {
    let mut out = String::from("| requirement (pattern) | verdict | why | what to do |\n|---|---|---|---|\n");
    for requirement in &readiness.requirements {
        let todo = requirement.reasons.first().map(|why| prose(&why.todo)).unwrap_or_default();
        out += &row(&[md(&requirement.pattern), loud(requirement.outcome).into(), prose(&reason(requirement)), todo]);
    }
    out + "\n"
}

fn systems(readiness: &Readiness) -> String {
    let mut out = String::from(
        "| system | role · owner | revoke | expire | owner, tenant | audit | parent | tested | evidence |\n|---|---|---|---|---|---|---|---|---|\n",
    );
    for system in &readiness.systems {
        out += &row(&system_cells(system));
    }
    out + "\n"
}

fn system_cells(system: &SystemRow) -> Vec<String> {
    let name = match &system.drill {
        Some(drill) => format!("{} ({})", system.system.word(), md(drill)),
        None => system.system.word().into(),
    };
    let who = match (&system.role, &system.owner) {
        (Some(role), Some(owner)) => format!("{} · {} ({})", md(role), md(owner), md(&system.basis)),
        (Some(role), None) => md(role),
        (None, _) => "–".into(),
    };
    let links: Vec<String> = system.evidence.iter().map(link).collect();
    vec![
        name,
        who,
        cell(&system.revoke),
        cell(&system.expire),
        cell(&system.metadata),
        cell(&system.audit),
        cell(&system.parent),
        ago(system.tested_days_ago),
        if links.is_empty() { "–".into() } else { links.join(" ") },
    ]
}

fn cell(cell: &Cell) -> String {
    match cell.outcome {
        CellOutcome::Passed if cell.text.is_empty() => "✓".into(),
        CellOutcome::Passed | CellOutcome::Excepted => md(&cell.text),
        CellOutcome::Inconclusive | CellOutcome::Failed | CellOutcome::Missing => format!("**{}**", md(&cell.text)),
    }
}

/// The end of the run's id: what tells runs apart.
fn link(link: &EvidenceLink) -> String {
    let name = link.run.rsplit('-').next().unwrap_or(&link.run);
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '/' | '.' | '-' | '_');
    // A path that would end the link, or begin another one, is shown and not linked.
    if link.dir.chars().all(plain) { format!("[{}]({}/readiness.md)", md(name), link.dir) } else { md(name) }
}

fn exceptions(readiness: &Readiness) -> String {
    let mut out = String::new();
    for e in &readiness.exceptions {
        let _ = writeln!(
            out,
            "- Exception **{}** {} · owner {} · granted by {} {} · ends {} ({}) · instead: {} · because: {}",
            md(&e.id),
            code(&e.check),
            md(&e.owner),
            md(&e.granted_by),
            e.granted_on,
            e.ends,
            in_days(e.days_left),
            md(&e.compensating_control),
            md(&e.reason)
        );
    }
    for e in &readiness.exceptions_refused {
        let (id, check) = (md(&e.id), code(&e.check));
        let _ =
            writeln!(out, "- Exception **{id}** {check} · owner {} · **not applied: {}**", md(&e.owner), md(&e.why));
    }
    if out.is_empty() { out } else { format!("## Exceptions\n{out}\n") }
}

/// Every reason with its check, its evidence, and what to do.
fn reasons(readiness: &Readiness) -> String {
    let open: Vec<&RequirementResult> = readiness.requirements.iter().filter(|r| !r.reasons.is_empty()).collect();
    if open.is_empty() {
        return String::new();
    }
    let mut out = String::from("## What is not met, and what to do\n");
    for requirement in open {
        let _ = writeln!(out, "**{}** ({})\n", md(&requirement.pattern), code(&requirement.id));
        for why in requirement.reasons.iter().take(REASONS) {
            let run = why.evidence.as_ref().map(|e| format!(" · {}", link(e))).unwrap_or_default();
            let open = if why.outcome == Met::Inconclusive { "inconclusive: " } else { "" };
            let _ = writeln!(out, "- {open}{}{run} → {}", prose(&why.what), prose(&why.todo));
        }
        if let Some(more) = requirement.reasons.len().checked_sub(REASONS).filter(|n| *n > 0) {
            let _ = writeln!(out, "- and {more} more, in gate.json");
        }
        out.push('\n');
    }
    out
}

fn not_in_use(readiness: &Readiness) -> String {
    let mut out = String::new();
    for kind in &readiness.kinds_not_in_use {
        let (owner, why) = (md(&kind.owner), md(&kind.reason));
        let _ = writeln!(out, "- {}: declared not in use by {owner}: {why}", kind.system.word());
    }
    if out.is_empty() { out } else { format!("## Not in use\n{out}\n") }
}

fn inventory(readiness: &Readiness) -> String {
    let Some(coverage) = &readiness.inventory else {
        return "## What is in use\nNo inventory: nothing is known of what is in use.\n\n".into();
    };
    let mut out = format!(
        "## What is in use\n{} {} in {}, {} without a drill.\n",
        coverage.roles,
        words::plural(coverage.roles, "role"),
        code(&coverage.file),
        coverage.uncovered.len()
    );
    for role in &coverage.uncovered {
        let owner = role.owner.as_deref().unwrap_or("owner unknown");
        let _ = writeln!(out, "- {} ({}): no drill", code(&role.path), md(owner));
    }
    for drill in &coverage.drills_without_role {
        let _ = writeln!(out, "- drill {}: its role is not in the inventory", code(drill));
    }
    out + "\n"
}

fn contradictions(readiness: &Readiness) -> String {
    let mut out = String::new();
    for c in &readiness.contradictions {
        let checks: Vec<String> = c.checks.iter().take(REASONS).map(|id| code(id)).collect();
        let _ = writeln!(
            out,
            "- {}: {} in {}, {} in {}; the worse counts: {}",
            code(&c.of),
            md(&c.worse_outcome),
            link(&c.worse),
            md(&c.other_outcome),
            link(&c.other),
            checks.join(", ")
        );
    }
    if out.is_empty() { out } else { format!("## Runs that contradict each other\n{out}\n") }
}

fn evidence(readiness: &Readiness) -> String {
    if readiness.evidence.is_empty() {
        return "## Evidence\nNone counts.\n\n".into();
    }
    let mut out = String::from("## Evidence\n");
    for run in &readiness.evidence {
        let signed = run.signature.as_deref().map_or_else(|| "not signed".into(), md);
        let _ = writeln!(
            out,
            "- {} {} · {} · {} · events sha256 {} · {signed}",
            link(&run.link),
            run.started.strftime("%Y-%m-%d %H:%M UTC"),
            md(&run.scenarios.join(", ")),
            md(&run.servers.join(", ")),
            code(&words::hash(&run.events_sha256))
        );
    }
    out + "\n"
}

fn set_aside(readiness: &Readiness) -> String {
    let mut out = String::new();
    for aside in readiness.set_aside.iter().take(ASIDE) {
        let of = if aside.of.is_empty() { String::new() } else { format!(" · {}", code(&aside.of)) };
        let run = if aside.run.is_empty() { code(&aside.dir) } else { code(&aside.run) };
        let _ = writeln!(out, "- {run}{of}: {}", md(&aside.why));
    }
    if let Some(more) = readiness.set_aside.len().checked_sub(ASIDE).filter(|n| *n > 0) {
        let _ = writeln!(out, "- and {more} more, in gate.json");
    }
    if out.is_empty() { out } else { format!("## Evidence that does not count\n{out}") }
}
