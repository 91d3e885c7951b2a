//! `drill diff A B`: what changed between two runs, by their evidence, judged again.

use crate::exit::Exit;
use crate::history::{History, Replay, log, replay};
use crate::report::diff;
use crate::verdict::{Verdicts, judge};
use std::io::Write;
use std::path::Path;

/// Says what is worse, better, new and gone. 0: no check got worse; 1: some did; 3: it cannot be told.
pub fn diff(before: &Path, after: &Path, out: &mut dyn Write, err: &mut dyn Write) -> Exit {
    let (before, after) = match (read(before), read(after)) {
        (Ok(before), Ok(after)) => (before, after),
        (before, after) => {
            for trouble in [before.err(), after.err()].into_iter().flatten() {
                let _ = writeln!(err, "error: {trouble}");
            }
            return Exit::Inconclusive;
        }
    };
    let difference = diff::compare((&before.0, &before.1), (&after.0, &after.1));
    let _ = write!(out, "{}", diff::render(&difference, &before.0.head, &after.0.head));
    match (difference.worse(), difference.unknown()) {
        (0, None) => Exit::Passed,
        (0, Some(_)) => Exit::Inconclusive,
        _ => Exit::Failed,
    }
}

fn read(dir: &Path) -> Result<(History, Verdicts), String> {
    let file = if dir.is_file() { dir.to_owned() } else { dir.join(log::FILE) };
    if !file.is_file() {
        return Err(format!("no evidence: {} is not there", file.display()));
    }
    let Replay { history, .. } = replay(&file).map_err(|e| format!("{}: {e}", file.display()))?;
    let verdicts = judge(&history);
    Ok((history, verdicts))
}
