//! `exceptions.yaml` → exceptions, or everything that is wrong with it. No file, no exceptions.

use super::shape::RawExceptions;
use super::{Exception, rules};
use crate::document::{
    Diagnostic, Diagnostics, Findings, Node, Problem, Source, file, parse_plain, project::reason, shape,
};
use jiff::civil::Date;
use std::path::Path;

/// Its name in the drills directory.
pub const FILE: &str = "exceptions.yaml";

/// Where the file of a drills directory is, as it is shown; none if there is none.
///
/// # Errors
/// Whether there is one cannot be told, or one is called so that it would never be read.
pub fn path(drills: &Path) -> Result<Option<String>, Diagnostics> {
    let shown = |name: &str| {
        let dir = drills.display().to_string().replace('\\', "/");
        format!("{}/{name}", dir.trim_end_matches('/'))
    };
    let wrong = |file: &str, problem| Diagnostics { all: vec![file::whole(file, problem)], files: 1 };
    // An ending that nobody reads would end every exception, and nobody would know why.
    if std::fs::symlink_metadata(drills.join("exceptions.yml")).is_ok() {
        return Err(wrong(&shown("exceptions.yml"), Problem::WrongExtension));
    }
    match std::fs::symlink_metadata(drills.join(FILE)) {
        Ok(_) => Ok(Some(shown(FILE))),
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(e) => Err(wrong(&shown(FILE), Problem::Unreadable { why: reason(&e), tried: shown(FILE) })),
    }
}

/// The exceptions of a drills directory. `checks` is asked only where there are any: the whole ids of all checks of all its drills.
/// `day`: the latest on which one can have been granted.
///
/// # Errors
/// A structural error alone, all others together; or what `checks` says.
pub fn load(
    drills: &Path,
    checks: impl FnOnce() -> Result<Vec<String>, Diagnostics>,
    day: Date,
) -> Result<Vec<Exception>, Diagnostics> {
    match path(drills)? {
        Some(path) => load_file(&path, checks, day),
        None => Ok(Vec::new()),
    }
}

/// The exceptions of a file that is there.
///
/// # Errors
/// As `load`.
pub fn load_file(
    path: &str,
    checks: impl FnOnce() -> Result<Vec<String>, Diagnostics>,
    day: Date,
) -> Result<Vec<Exception>, Diagnostics> {
    let wrong = |all| Diagnostics { all, files: 1 };
    let text = file::read(path).map_err(|d| wrong(vec![d]))?;
    let source = Source { file: path, text: &text };
    let raw = read(source).map_err(|d| wrong(vec![d]))?;
    if raw.1.exceptions.is_empty() {
        return Ok(Vec::new());
    }
    judge(&raw, source, &checks()?, day).map_err(wrong)
}

/// The exceptions of a text.
///
/// # Errors
/// As `load`.
pub fn load_text(source: Source, checks: &[String], day: Date) -> Result<Vec<Exception>, Vec<Diagnostic>> {
    let raw = read(source).map_err(|d| vec![d])?;
    judge(&raw, source, checks, day)
}

/// A mark of the encoding is no part of the text.
fn unmarked(source: Source<'_>) -> Source<'_> {
    Source { text: source.text.strip_prefix('\u{feff}').unwrap_or(source.text), ..source }
}

fn read(source: Source) -> Result<(Node, RawExceptions), Diagnostic> {
    let source = unmarked(source);
    let node = parse_plain(source).map_err(|d| {
        // The same words as for a drill, but another way out.
        let problem = match d.problem {
            Problem::Empty => Problem::NoExceptions,
            Problem::SeveralDocuments => Problem::SecondDocument,
            other => other,
        };
        Diagnostic { problem, ..d }
    })?;
    let raw = shape(&node, source, &[])?;
    Ok((node, raw))
}

fn judge(
    (node, raw): &(Node, RawExceptions),
    source: Source,
    checks: &[String],
    day: Date,
) -> Result<Vec<Exception>, Vec<Diagnostic>> {
    let source = unmarked(source);
    let mut findings = Findings::new(source);
    findings.todos(node);
    let against = rules::Against { file: source.file, checks, day };
    let entries = raw.exceptions.iter();
    let all: Vec<Exception> = entries.filter_map(|entry| rules::exception(entry, &against, &mut findings)).collect();
    rules::doubles(&raw.exceptions, &mut findings);
    let found = findings.into_all();
    // Whatever is left out was said why; should it not have been, nothing is granted all the same.
    if found.is_empty() && all.len() == raw.exceptions.len() { Ok(all) } else { Err(found) }
}
