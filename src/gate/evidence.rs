//! A run's evidence as it lies there. What it says is judged again: a verdict in a file is never believed.

use super::readiness::{EvidenceLink, SetAside};
use crate::document::file;
use crate::history::{Body, History, Origin, Replay, log, replay};
use serde_json::Value;
use std::path::{Path, PathBuf};

/// A run that could be read.
#[derive(Debug, Clone)]
pub struct Evidence {
    /// Its directory as it was given.
    pub dir: String,
    /// What happened.
    pub history: History,
    /// The line that was cut off, where the run was killed while it wrote.
    pub torn_line: Option<usize>,
    /// SHA-256 of `events.jsonl`, hex.
    pub events_sha256: String,
    /// Whether somebody signed it.
    pub seal: Seal,
    /// Why it is not what its run wrote; nothing where nothing says so.
    pub altered: Option<String>,
}

/// Whether somebody signed a run's files.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Seal {
    /// Nobody.
    #[default]
    None,
    /// Somebody, in one line: `signed by ci-release (verified)`.
    Signed(String),
    /// Somebody, and the files are others now: what was altered.
    Broken(String),
}

impl Evidence {
    /// Which run, and where.
    pub fn link(&self) -> EvidenceLink {
        EvidenceLink { run: self.history.head.run.clone(), dir: self.dir.clone() }
    }
}

/// A server of a drill: `authority` or another, product, version, where its image came from.
pub fn servers<'a>(
    evidence: &'a Evidence,
    drill: &'a str,
) -> impl Iterator<Item = (&'a str, &'a str, &'a str, Origin)> {
    evidence.history.events.iter().filter(move |e| e.drill == drill).filter_map(|e| match &e.body {
        Body::Server { server, product, version, origin, .. } => {
            Some((server.as_str(), product.as_str(), version.as_str(), *origin))
        }
        _ => None,
    })
}

/// Reads a run's directory.
///
/// # Errors
/// It cannot be read; it does not count then.
pub fn read(dir: &Path, seal: Seal) -> Result<Evidence, SetAside> {
    let shown = dir.display().to_string();
    let aside = |why: String| SetAside { run: String::new(), dir: shown.clone(), of: String::new(), why };
    let events = dir.join(log::FILE);
    let bytes = std::fs::read(&events).map_err(|e| aside(format!("it cannot be read: {}", reason(&e))))?;
    let Replay { history, torn_line } = replay(&events).map_err(|e| aside(format!("it cannot be read: {e}")))?;
    let events_sha256 = file::sha256(&bytes);
    let altered = match &seal {
        Seal::Broken(what) => Some(format!("altered after it was signed: {what}")),
        Seal::None | Seal::Signed(_) => differs(dir, &events_sha256),
    };
    Ok(Evidence { dir: shown.clone(), history, torn_line, events_sha256, seal, altered })
}

/// `evidence.json` names the event file that it was made of. Where there is none, the run did not come to its reports, and the events tell.
fn differs(dir: &Path, events_sha256: &str) -> Option<String> {
    let bytes = std::fs::read(dir.join("evidence.json")).ok()?;
    let json: Value = match serde_json::from_slice(&bytes) {
        Ok(json) => json,
        Err(_) => return Some("altered: evidence.json is no JSON".into()),
    };
    let stated = json.pointer("/events/sha256").and_then(Value::as_str);
    (stated != Some(events_sha256))
        .then(|| "altered: events.jsonl is not the file that evidence.json was made of".to_string())
}

fn reason(error: &std::io::Error) -> String {
    crate::document::project::reason(error)
}

/// The runs' directories that a path stands for: itself, those in it, or those of a reports directory.
pub fn directories(path: &Path) -> Vec<PathBuf> {
    let is_run = |dir: &Path| dir.join(log::FILE).exists();
    if is_run(path) {
        return vec![path.to_path_buf()];
    }
    let within = |dir: &Path| {
        let entries = std::fs::read_dir(dir).into_iter().flatten().flatten();
        // `latest` is one of the others.
        let mut runs: Vec<PathBuf> = entries.map(|e| e.path()).filter(|p| !p.is_symlink() && is_run(p)).collect();
        runs.sort();
        runs
    };
    let runs = within(path);
    if runs.is_empty() { within(&path.join("runs")) } else { runs }
}
