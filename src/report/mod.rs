//! Reports: one file a format. Writers only format what `verdict` decided; all formats of a run say the same.

mod causes;
mod chain;
pub mod console;
mod evidence;
mod facts;
mod files;
mod junit;
mod markdown;
mod phrases;
mod spread;
mod timing;
mod words;

pub use console::{Console, Verbosity, use_color};
pub use files::point_latest;

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

/// Where else reports go: `--junit FILE`, `--summary FILE`.
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
    let (history, verdicts) = (&facts::cleaned(history, redactor), &redactor.cleaned(verdicts));
    let run = facts::Run { history, verdicts };
    let events = files::sha256_of_file(&dir.join(log::FILE))?;
    let evidence = evidence::render(run, &events, redactor);
    let paths = paths_in(dir, files::sha256(evidence.as_bytes()));
    files::write(&paths.evidence, evidence.as_bytes())?;
    let readiness = markdown::render(run, &paths.evidence_sha256, redactor);
    files::write(&paths.readiness, readiness.as_bytes())?;
    files::write(&paths.junit, junit::render(run, redactor).as_bytes())?;
    Ok(paths)
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
        let text = markdown::render(run, &paths.evidence_sha256, redactor);
        files::write(file, text.as_bytes())?;
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
        let text = markdown::render_trouble(title, what, redactor);
        files::write(file, text.as_bytes())?;
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
