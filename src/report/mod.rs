//! Reports: one file a format. Writers only format what `verdict` decided; all formats of a run say the same.

pub mod annotations;
mod bundle;
mod causes;
mod cells;
mod chain;
pub mod console;
pub mod diff;
mod evidence;
mod exceptions;
mod facts;
mod files;
pub mod gate;
pub mod html;
mod junit;
mod markdown;
mod metrics;
mod notes;
mod phrases;
mod rich;
mod sentences;
mod spread;
mod summary;
mod timing;
mod verbosity;
mod words;

pub use bundle::{Bundle, render};
pub use console::{Console, use_color};
pub use evidence::{EventsFile, SCHEMA as EVIDENCE_SCHEMA};
pub use exceptions::days_left;
pub use files::{point_latest, sha256, sha256_of, sha256_of_file, write as write_whole};
pub use summary::{append as append_summary, within as summary_within};
pub use verbosity::Verbosity;
pub use words::one_line;

use crate::history::{History, log};
use crate::secret::Redactor;
use crate::verdict::Verdicts;
use std::io;
use std::path::{Path, PathBuf};

/// Where the reports of a run are.
#[derive(Debug, Clone)]
pub struct Paths {
    /// `<reports>/runs/<id>`.
    pub dir: PathBuf,
    /// `junit.xml` in it.
    pub junit: PathBuf,
    /// `readiness.md` in it.
    pub readiness: PathBuf,
    /// `evidence.json` in it.
    pub evidence: PathBuf,
    /// Of `evidence.json`, hex.
    pub evidence_sha256: String,
}

/// Where else reports go: `--junit FILE`, written; `--summary FILE`, appended to.
#[derive(Debug, Clone, Default)]
pub struct Copies {
    /// JUnit XML.
    pub junit: Option<PathBuf>,
    /// The Markdown report.
    pub summary: Option<PathBuf>,
}

/// The directory of a run under `--reports DIR`.
///
/// # Errors
/// The id is no plain name: it comes from a file that anyone may have written.
pub fn run_dir(reports: &Path, run: &str) -> io::Result<PathBuf> {
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '-';
    if run.is_empty() || !run.chars().all(plain) {
        let what = format!("`{}` is no run id", words::one_line(run));
        return Err(io::Error::new(io::ErrorKind::InvalidInput, what));
    }
    Ok(reports.join("runs").join(run))
}

/// Writes all reports to `<reports>/runs/<id>/`, each whole or not at all, and points `<reports>/latest` there.
/// The paths returned lead through `latest`.
///
/// # Errors
/// A file cannot be written; the message names it.
pub fn write_all(reports: &Path, history: &History, verdicts: &Verdicts, redactor: &Redactor) -> io::Result<Paths> {
    let dir = run_dir(reports, &history.head.run)?;
    let paths = write_to(&dir, history, verdicts, redactor)?;
    point_latest(reports, &history.head.run)?;
    Ok(paths_in(&reports.join("latest"), paths.evidence_sha256))
}

/// Writes all reports into that directory: for `drill report DIR`.
///
/// # Errors
/// A file cannot be written; the message names it.
pub fn write_to(dir: &Path, history: &History, verdicts: &Verdicts, redactor: &Redactor) -> io::Result<Paths> {
    let events = files::sha256_of_file(&dir.join(log::FILE))?;
    let bundle = bundle::render(history, verdicts, &events, redactor);
    for (name, bytes) in &bundle.files {
        files::write(&dir.join(name), bytes)?;
    }
    Ok(paths_in(dir, bundle.evidence_sha256))
}

/// Writes what `--junit` and `--summary` ask for.
///
/// # Errors
/// A file cannot be written; the message names it.
pub fn write_copies(
    copies: &Copies,
    paths: &Paths,
    history: &History,
    verdicts: &Verdicts,
    redactor: &Redactor,
) -> io::Result<()> {
    let (history, verdicts) = (&facts::cleaned(history, redactor), &redactor.cleaned(verdicts));
    let run = facts::Run { history, verdicts };
    if let Some(file) = &copies.junit {
        files::write(file, junit::render(run, redactor).as_bytes())?;
    }
    if let Some(file) = &copies.summary {
        summary::append(file, |room| summary::of_run(run, &paths.evidence_sha256, redactor, room))?;
    }
    Ok(())
}

/// The same two files for a run that never came to a verdict (a wrong definition, no engine): CI must not see an old or no report.
/// `title`: one line; `what`: the whole message.
///
/// # Errors
/// A file cannot be written; the message names it.
pub fn write_trouble(
    copies: &Copies,
    title: &str,
    what: &str,
    now: jiff::Timestamp,
    redactor: &Redactor,
) -> io::Result<()> {
    let (title, what) = (&redactor.clean(title), &redactor.clean(what));
    if let Some(file) = &copies.junit {
        let text = junit::render_trouble(title, what, now, redactor);
        files::write(file, text.as_bytes())?;
    }
    if let Some(file) = &copies.summary {
        // A character has at most four bytes, and the fence must close.
        summary::append(file, |room| markdown::render_trouble(title, &words::shorten(what, room / 8 + 8), redactor))?;
    }
    Ok(())
}

fn paths_in(dir: &Path, evidence_sha256: String) -> Paths {
    Paths {
        junit: dir.join("junit.xml"),
        readiness: dir.join("readiness.md"),
        evidence: dir.join("evidence.json"),
        dir: dir.to_owned(),
        evidence_sha256,
    }
}
