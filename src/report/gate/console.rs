//! What `drill gate` prints: requirements, not met first, with what to do; then the table of systems.

use super::{SYNTHETIC, ago, counts, headline};
use crate::gate::readiness::{Cell, CellOutcome, GateOutcome, Met, Readiness, SystemRow};
use crate::report::Verbosity;
use crate::report::words::one_line;
use std::io::{self, Write};

/// More reasons of one requirement are in the report.
const REASONS: usize = 8;

/// Prints it.
///
/// # Errors
/// `out` cannot be written to.
pub fn console(readiness: &Readiness, color: bool, verbosity: Verbosity, out: &mut dyn Write) -> io::Result<()> {
    if readiness.synthetic {
        writeln!(out, "{SYNTHETIC}")?;
    }
    for requirement in &readiness.requirements {
        if requirement.outcome == Met::Met && verbosity == Verbosity::Quiet {
            continue;
        }
        let word = painted(requirement.outcome, color, &format!("{:<12}", requirement.outcome.loud()));
        let met = requirement.outcome == Met::Met && !requirement.shown.is_empty();
        let shown = if met { format!("   {}", one_line(&requirement.shown)) } else { String::new() };
        writeln!(out, "{word} {}{shown}", one_line(&requirement.pattern))?;
        let most = if verbosity == Verbosity::Verbose { usize::MAX } else { REASONS };
        for why in requirement.reasons.iter().take(most) {
            let run = why.evidence.as_ref().map(|e| format!(" [{}]", e.run)).unwrap_or_default();
            writeln!(out, "    {}", one_line(&format!("{}{run}", why.what)))?;
            writeln!(out, "      → {}", one_line(&why.todo))?;
        }
        if let Some(more) = requirement.reasons.len().checked_sub(most).filter(|n| *n > 0) {
            writeln!(out, "    and {more} more, in gate.md")?;
        }
    }
    if verbosity > Verbosity::Quiet {
        table(readiness, out)?;
    }
    rest(readiness, out)?;
    let worst = match readiness.outcome {
        GateOutcome::Ready => Met::Met,
        GateOutcome::Inconclusive => Met::Inconclusive,
        GateOutcome::NotReady => Met::NotMet,
    };
    writeln!(out, "{}   {}", painted(worst, color, &headline(readiness)), counts(readiness))
}

fn painted(outcome: Met, color: bool, text: &str) -> String {
    let of = match outcome {
        Met::Met => anstyle::AnsiColor::Green,
        Met::Inconclusive => anstyle::AnsiColor::Yellow,
        Met::NotMet => anstyle::AnsiColor::Red,
    };
    let style = of.on_default().bold();
    if color { format!("{style}{text}{style:#}") } else { text.to_string() }
}

fn table(readiness: &Readiness, out: &mut dyn Write) -> io::Result<()> {
    let heads = ["system", "role · owner", "revoke", "expire", "owner, tenant", "audit", "parent", "tested"];
    let mut rows = vec![heads.map(String::from).to_vec()];
    rows.extend(readiness.systems.iter().map(cells));
    let width = |i: usize| rows.iter().map(|r| r[i].chars().count()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..heads.len()).map(width).collect();
    writeln!(out)?;
    for row in &rows {
        let cells: Vec<String> = row.iter().zip(&widths).map(|(cell, width)| format!("{cell:<width$}")).collect();
        writeln!(out, "{}", cells.join("  ").trim_end())?;
    }
    writeln!(out)
}

fn cells(system: &SystemRow) -> Vec<String> {
    let drill = system.drill.as_ref().map(|d| format!(" ({d})")).unwrap_or_default();
    let who = match (&system.role, &system.owner) {
        (Some(role), Some(owner)) => format!("{role} · {owner}"),
        _ => "–".into(),
    };
    let texts = [
        format!("{}{drill}", system.system.word()),
        who,
        cell(&system.revoke),
        cell(&system.expire),
        cell(&system.metadata),
        cell(&system.audit),
        cell(&system.parent),
        ago(system.tested_days_ago),
    ];
    texts.iter().map(|text| one_line(text)).collect()
}

fn cell(cell: &Cell) -> String {
    match cell.outcome {
        CellOutcome::Passed if cell.text.is_empty() => "✓".into(),
        _ => cell.text.clone(),
    }
}

/// Exceptions, evidence that does not count, runs that contradict each other, roles without a drill.
fn rest(readiness: &Readiness, out: &mut dyn Write) -> io::Result<()> {
    for e in &readiness.exceptions {
        let text =
            format!("exception {} {} · owner {} · ends {} ({} days)", e.id, e.check, e.owner, e.ends, e.days_left);
        writeln!(out, "{}", one_line(&text))?;
    }
    for e in &readiness.exceptions_refused {
        writeln!(out, "{}", one_line(&format!("exception {} {} not applied: {}", e.id, e.check, e.why)))?;
    }
    for aside in &readiness.set_aside {
        let run = if aside.run.is_empty() { &aside.dir } else { &aside.run };
        let of = if aside.of.is_empty() { String::new() } else { format!(" {}", aside.of) };
        writeln!(out, "{}", one_line(&format!("does not count: {run}{of}: {}", aside.why)))?;
    }
    for c in &readiness.contradictions {
        let text = format!(
            "contradiction: {} {} in {}, {} in {}",
            c.of, c.worse_outcome, c.worse.run, c.other_outcome, c.other.run
        );
        writeln!(out, "{}", one_line(&text))?;
    }
    match &readiness.inventory {
        None => writeln!(out, "no inventory: nothing is known of what is in use"),
        Some(coverage) => {
            for drill in &coverage.drills_without_role {
                writeln!(out, "{}", one_line(&format!("drill {drill}: its role is not in {}", coverage.file)))?;
            }
            Ok(())
        }
    }
}
