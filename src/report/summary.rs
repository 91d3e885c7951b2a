//! A summary for a CI job's page: `readiness.md`, appended, and bounded. GitHub drops a summary of more than 1 MiB whole.

use super::facts::Run;
use super::{files, markdown, words};
use crate::secret::Redactor;
use std::cmp::Reverse;
use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::path::Path;

/// What GitHub takes, in bytes.
const TAKEN: usize = 1024 * 1024;
/// What the file is filled to, so that a next step of the same job finds room for a line or two.
const FILLED: usize = 900 * 1024;
/// What stands between two summaries in one file.
const BETWEEN: &str = "\n\n";

/// Appends what `render` makes of the room that is left, in bytes. What is no regular file (a pipe) is written to as it is.
///
/// # Errors
/// It cannot be written, or what is there already leaves no room; the message names the file.
pub fn append(file: &Path, render: impl Fn(usize) -> String) -> io::Result<()> {
    let named = |e: io::Error| io::Error::new(e.kind(), format!("{}: {e}", file.display()));
    let there = match fs::metadata(file) {
        Ok(about) if !about.is_file() => return files::write(file, render(FILLED).as_bytes()),
        Ok(about) => usize::try_from(about.len()).unwrap_or(usize::MAX),
        Err(_) => 0,
    };
    let before = if there == 0 { "" } else { BETWEEN };
    let used = there.saturating_add(before.len());
    let text = render(FILLED.saturating_sub(used));
    // Even the shortest text would make GitHub drop all of it, what others wrote included.
    if used.saturating_add(text.len()) > TAKEN && there <= TAKEN {
        return Err(named(io::Error::new(
            io::ErrorKind::StorageFull,
            "no room for a summary: GitHub drops 1 MiB whole",
        )));
    }
    if let Some(dir) = file.parent().filter(|dir| !dir.as_os_str().is_empty()) {
        fs::create_dir_all(dir).map_err(named)?;
    }
    let mut open = OpenOptions::new().append(true).create(true).open(file).map_err(named)?;
    open.write_all([before, &text].concat().as_bytes()).map_err(named)
}

/// The run's report within so many bytes: all of it, or the worst first and how much is left out.
pub fn of_run(run: Run<'_>, evidence_sha256: &str, redactor: &Redactor, room: usize) -> String {
    let whole = markdown::render(run, evidence_sha256, redactor);
    if whole.len() <= room {
        return whole;
    }
    // Worst first: what does not fit is cut off at the end of each section.
    let mut verdicts = run.verdicts.clone();
    for drill in &mut verdicts.drills {
        drill.scenarios.sort_by_key(|s| Reverse(s.outcome));
    }
    verdicts.drills.sort_by_key(|d| Reverse(d.outcome));
    let sorted = Run { history: run.history, verdicts: &verdicts };
    cut(&markdown::render(sorted, evidence_sha256, redactor), room)
}

/// A Markdown text of whole lines within so many bytes: what stands under `## Checks` gets its room first, the order stays.
pub fn within(text: &str, room: usize) -> String {
    if text.len() <= room { text.to_owned() } else { cut(text, room) }
}

/// Whole lines only, so that no markup is left open. What matters most gets its room first; the order stays.
fn cut(report: &str, room: usize) -> String {
    let sections = sections(report);
    let mut order: Vec<usize> = (0..sections.len()).collect();
    order.sort_by_key(|i| turn(sections[*i]));
    // Each is named at least.
    let mut others: usize = sections.iter().map(|s| least(s)).sum();
    let mut left = room;
    let mut kept = vec![String::new(); sections.len()];
    for i in order {
        let section = sections[i];
        others -= least(section);
        let share = left.saturating_sub(others) / turn(section).1;
        kept[i] = if section.len() <= share { section.to_owned() } else { keep(section, share.max(least(section))) };
        left = left.saturating_sub(kept[i].len());
    }
    kept.concat()
}

/// Where the whole is.
const FOOTER: &str = "evidence.json sha256 ";

/// When a section gets its room, and of what is left by then the so many-th part.
fn turn(section: &str) -> (usize, usize) {
    match section {
        s if s.starts_with(FOOTER) => (0, 1),
        // One line a drill and more: most of the room is for the checks.
        s if !s.starts_with("## ") => (1, 3),
        s if s.starts_with("## Not shown") => (2, 8),
        s if s.starts_with("## Checks") => (3, 1),
        _ => (4, 1),
    }
}

fn sections(report: &str) -> Vec<&str> {
    let mut starts: Vec<usize> = report.match_indices("\n## ").map(|(at, _)| at + 1).collect();
    starts.extend(report.rfind(&format!("\n{FOOTER}")).map(|at| at + 1));
    starts.insert(0, 0);
    let ends = starts.iter().skip(1).copied().chain([report.len()]);
    starts.iter().copied().zip(ends).map(|(from, to)| &report[from..to]).collect()
}

/// Its first line, and that there is more.
fn least(section: &str) -> usize {
    section.lines().next().map_or(0, str::len) + MORE
}

/// For the line that says how much was left out.
const MORE: usize = 80;

/// The lines that fit, in their order, and how many did not. The first stands in any case: it is the verdict, or a heading.
fn keep(text: &str, room: usize) -> String {
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    let mut out = String::new();
    let (mut skipped, mut headless) = (0usize, false);
    for (n, line) in lines.iter().enumerate() {
        let rule = lines.get(n + 1).filter(|l| is_rule(l));
        if rule.is_some() || !line.starts_with('|') {
            headless = false;
        }
        // A table's head without its rule, and rows without a head, would be read as text.
        let needs = line.len() + rule.map_or(0, |l| l.len()) + MORE;
        if n == 0 || (!headless && out.len() + needs <= room) {
            out += line;
        } else if !line.trim().is_empty() {
            skipped += 1;
            headless |= rule.is_some();
        }
    }
    let end = if out.ends_with('\n') { "" } else { "\n" };
    out + &format!(
        "{end}\n… and {skipped} more {}, in readiness.md and evidence.json\n\n",
        words::plural(skipped, "line")
    )
}

fn is_rule(line: &str) -> bool {
    line.starts_with("|---")
}
