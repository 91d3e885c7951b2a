//! What a gate says, for people and for programs. Writers only format it.

mod console;
mod markdown;

pub use console::console;
pub use markdown::markdown;

use super::files;
use super::words;
use crate::gate::Readiness;
use crate::gate::readiness::{Met, RequirementResult};
use crate::secret::Redactor;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// The first line of every output, where generated evidence counted.
pub const SYNTHETIC: &str = "SYNTHETIC: judged by generated evidence, which proves nothing";

/// `NOT READY: RL3`.
pub fn headline(readiness: &Readiness) -> String {
    let synthetic = if readiness.synthetic { "SYNTHETIC, " } else { "" };
    format!("{synthetic}{}: {}", readiness.outcome.loud(), readiness.level)
}

/// `2 of 9 requirements not met · 1 inconclusive · 1 exception (ends in 37 days)`.
pub fn counts(readiness: &Readiness) -> String {
    let all = readiness.requirements.len();
    let of = |met: Met| readiness.requirements.iter().filter(|r| r.outcome == met).count();
    let requirements = words::plural(all, "requirement");
    let mut parts = match (of(Met::NotMet), of(Met::Inconclusive)) {
        (0, 0) => vec![format!("{all} of {all} {requirements} met")],
        (0, open) => vec![format!("{open} of {all} {requirements} inconclusive")],
        (not, 0) => vec![format!("{not} of {all} {requirements} not met")],
        (not, open) => vec![format!("{not} of {all} {requirements} not met"), format!("{open} inconclusive")],
    };
    if let Some(first) = readiness.exceptions.iter().min_by_key(|e| e.ends) {
        let n = readiness.exceptions.len();
        let which = if n == 1 { "ends" } else { "the first ends" };
        parts.push(format!("{n} {} ({which} {})", words::plural(n, "exception"), in_days(first.days_left)));
    }
    parts.join(" · ")
}

/// `in 37 days`, `today`.
fn in_days(days: i32) -> String {
    match days {
        0 => "today".into(),
        1 => "in 1 day".into(),
        n => format!("in {n} days"),
    }
}

/// Why, in one line: the worst reason and how many more; what shows it where it is met.
fn reason(requirement: &RequirementResult) -> String {
    match requirement.reasons.as_slice() {
        [] => requirement.shown.clone(),
        [one] => one.what.clone(),
        [first, more @ ..] => format!("{} · and {} more", first.what, more.len()),
    }
}

/// `0 days ago`.
fn ago(days: Option<i64>) -> String {
    match days {
        None => "never".into(),
        Some(1) => "1 day ago".into(),
        Some(n) => format!("{n} days ago"),
    }
}

/// Adds a text to a file: a CI summary may hold other steps' already.
///
/// # Errors
/// It cannot be written; the message names it.
pub fn append(path: &Path, text: &str) -> io::Result<()> {
    let named = |e: io::Error| io::Error::new(e.kind(), format!("{}: {e}", path.display()));
    let mut file = std::fs::OpenOptions::new().create(true).append(true).open(path).map_err(named)?;
    file.write_all(text.as_bytes()).map_err(named)
}

/// Where a gate's reports are.
#[derive(Debug, Clone)]
pub struct GatePaths {
    /// `gate.md`.
    pub markdown: PathBuf,
    /// `gate.html`.
    pub html: PathBuf,
    /// `gate.json`.
    pub json: PathBuf,
}

/// Writes `gate.md`, `gate.html` and `gate.json`, each whole or not at all.
///
/// # Errors
/// A file cannot be written; the message names it.
pub fn write(dir: &Path, readiness: &Readiness, again: &str, redactor: &Redactor) -> io::Result<GatePaths> {
    let readiness = &redactor.cleaned(readiness);
    let paths = GatePaths { markdown: dir.join("gate.md"), html: dir.join("gate.html"), json: dir.join("gate.json") };
    files::write(&paths.html, super::html::gate(readiness, redactor).as_bytes())?;
    files::write(&paths.markdown, markdown(readiness, again, redactor).as_bytes())?;
    let json = serde_json::to_string_pretty(readiness).map_err(io::Error::other)?;
    files::write(&paths.json, format!("{}\n", redactor.clean(&json)).as_bytes())?;
    Ok(paths)
}
