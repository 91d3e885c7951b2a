//! All files of a run's reports in memory: for writing them, and for checking that written ones follow from the evidence.

use super::evidence::{self, EventsFile};
use super::{facts, files, html, junit, markdown, metrics};
use crate::history::History;
use crate::secret::Redactor;
use crate::verdict::Verdicts;
use std::collections::BTreeMap;

/// A run's reports: a function of its history and verdicts.
#[derive(Debug, Clone)]
pub struct Bundle {
    /// File name in the run's directory → its bytes.
    pub files: BTreeMap<&'static str, Vec<u8>>,
    /// Of `evidence.json`, hex.
    pub evidence_sha256: String,
}

/// Renders every format. `events`: hash and length of `events.jsonl`.
pub fn render(history: &History, verdicts: &Verdicts, events: &EventsFile, redactor: &Redactor) -> Bundle {
    let (history, verdicts) = (&facts::cleaned(history, redactor), &redactor.cleaned(verdicts));
    let run = facts::Run { history, verdicts };
    let evidence = evidence::render(run, events, redactor);
    let evidence_sha256 = files::sha256(evidence.as_bytes());
    let mut files = BTreeMap::from([
        ("readiness.md", markdown::render(run, &evidence_sha256, redactor).into_bytes()),
        ("readiness.html", html::render(run, &evidence_sha256, redactor).into_bytes()),
        ("junit.xml", junit::render(run, redactor).into_bytes()),
        ("evidence.json", evidence.into_bytes()),
    ]);
    if let Some(text) = metrics::render(run, redactor) {
        files.insert("metrics.prom", text.into_bytes());
    }
    Bundle { files, evidence_sha256 }
}
