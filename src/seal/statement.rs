//! What is signed: in-toto Statement v1 with the predicate `test-result/v0.1`.

use super::Snapshot;
use crate::history::{History, log};
use crate::verdict::{CheckVerdict, Outcome, Verdicts};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// `_type`.
pub const STATEMENT_TYPE: &str = "https://in-toto.io/Statement/v1";
/// `predicateType`.
pub const PREDICATE_TYPE: &str = "https://in-toto.io/attestation/test-result/v0.1";
/// The annotation that names the run.
const RUN: &str = "drill_run";
/// The annotation with drill's own word for the verdict: in-toto has none for inconclusive.
const OUTCOME: &str = "drill_outcome";

/// The statement.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Statement {
    /// [`STATEMENT_TYPE`].
    #[serde(rename = "_type")]
    pub kind: String,
    /// Every file of the run's directory but the envelope, by name.
    pub subject: Vec<Resource>,
    /// [`PREDICATE_TYPE`].
    #[serde(rename = "predicateType")]
    pub predicate_type: String,
    /// What the run came to.
    pub predicate: Predicate,
}

/// in-toto's `ResourceDescriptor`, as far as it is used here.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Resource {
    /// Path in the run's directory; of a definition, as it was given.
    pub name: String,
    /// `sha256`, hex.
    pub digest: BTreeMap<String, String>,
    /// The run's id, its verdict.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub annotations: BTreeMap<String, String>,
}

/// `test-result/v0.1`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Predicate {
    /// `PASSED`: everything was proved; `WARNED`: but for what exceptions cover; `FAILED`: all else, inconclusive too.
    pub result: String,
    /// The definitions.
    pub configuration: Vec<Resource>,
    /// The CI job.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// Ids of checks that passed.
    pub passed_tests: Vec<String>,
    /// Ids of checks that failed and are excepted.
    pub warned_tests: Vec<String>,
    /// Ids of checks that failed or are inconclusive.
    pub failed_tests: Vec<String>,
}

impl Resource {
    fn new(name: &str, sha256: &str) -> Self {
        let digest = [("sha256".to_owned(), sha256.to_owned())].into();
        Self { name: name.to_owned(), digest, annotations: BTreeMap::new() }
    }

    /// Its SHA-256, if that is all it is bound by.
    pub(super) fn sha256(&self) -> Option<&str> {
        self.digest.get("sha256").filter(|_| self.digest.len() == 1).map(String::as_str)
    }
}

impl Statement {
    /// What there is to say of a run whose directory holds these files.
    pub fn new(history: &History, verdicts: &Verdicts, files: &Snapshot) -> Self {
        let mut subject: Vec<Resource> = files.files.iter().map(|(name, f)| Resource::new(name, &f.sha256)).collect();
        for resource in subject.iter_mut().filter(|r| r.name == log::FILE) {
            resource.annotations.insert(RUN.to_owned(), history.head.run.clone());
            resource.annotations.insert(OUTCOME.to_owned(), verdicts.overall().word().to_owned());
        }
        Self {
            kind: STATEMENT_TYPE.to_owned(),
            subject,
            predicate_type: PREDICATE_TYPE.to_owned(),
            predicate: Predicate::new(history, verdicts),
        }
    }

    /// Reads one.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn parse(payload: &[u8]) -> Result<Self, String> {
        let statement: Self =
            serde_json::from_slice(payload).map_err(|e| format!("its payload is no statement of drill ({e})"))?;
        for (found, wanted) in [(&statement.kind, STATEMENT_TYPE), (&statement.predicate_type, PREDICATE_TYPE)] {
            if found != wanted {
                return Err(format!("its payload is `{found}`, not `{wanted}`"));
            }
        }
        Ok(statement)
    }

    /// The run that it is about.
    pub fn run(&self) -> Option<&str> {
        self.annotation(RUN)
    }

    /// drill's word for the verdict.
    pub(super) fn outcome(&self) -> Option<&str> {
        self.annotation(OUTCOME)
    }

    fn annotation(&self, key: &str) -> Option<&str> {
        let events = self.subject.iter().find(|r| r.name == log::FILE)?;
        events.annotations.get(key).map(String::as_str)
    }
}

impl Predicate {
    fn new(history: &History, verdicts: &Verdicts) -> Self {
        let checks = || verdicts.drills.iter().flat_map(|d| &d.scenarios).flat_map(|s| &s.checks);
        let of = |outcomes: &[Outcome]| -> Vec<String> {
            let chosen = |c: &&CheckVerdict| outcomes.contains(&c.outcome);
            checks().filter(chosen).map(|c| c.id.clone()).collect()
        };
        let definition = |plan: &(&String, &String)| Resource::new(plan.0, plan.1);
        Self {
            result: result(verdicts.overall()).to_owned(),
            configuration: history.head.drills.iter().map(|d| definition(&(&d.file, &d.sha256))).collect(),
            url: history.head.by.job.clone().filter(|job| job.contains("://")),
            passed_tests: of(&[Outcome::Passed]),
            warned_tests: of(&[Outcome::Excepted]),
            failed_tests: of(&[Outcome::Failed, Outcome::Inconclusive]),
        }
    }
}

/// in-toto's word. A reader that knows only those three must not take for good what was not proved.
fn result(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Passed => "PASSED",
        Outcome::Excepted => "WARNED",
        Outcome::Inconclusive | Outcome::Failed => "FAILED",
    }
}
