//! Whether the reports in a directory follow from its events: judges and renders again, and compares.

use super::{Finding, SealError, Snapshot};
use crate::history::{Head, History, PROGRAM, ReplayError, log, program_commit, replay};
use crate::report::{self, Bundle, EVIDENCE_SCHEMA};
use crate::secret::Redactor;
use crate::verdict::{Verdicts, judge};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::Read;
use std::path::Path;

const EVIDENCE: &str = "evidence.json";
/// No report is longer, in bytes.
const LONGEST: u64 = 256 << 20;
/// So many verdicts are told one by one.
const TOLD: usize = 20;

/// What `events.jsonl` says, and what follows from it.
pub(super) struct Evidence {
    pub(super) history: History,
    pub(super) verdicts: Verdicts,
    bundle: Bundle,
    pub(super) torn_line: Option<usize>,
}

/// Reads, judges, renders. `files` says what is safe to read.
///
/// # Errors
/// It is not there, cannot be read, or is no history that this program knows: changed, or another version's.
pub(super) fn judge_again(dir: &Path, files: &Snapshot) -> Result<Evidence, SealError> {
    let path = dir.join(log::FILE);
    let Some(events) = files.files.get(log::FILE) else {
        return Err(SealError::new(format!("no evidence: {} is not there", path.display())));
    };
    let replayed = replay(&path).map_err(|error| {
        let what = SealError::new(format!("{}: {error}", path.display()));
        match error {
            ReplayError::Read(_) | ReplayError::Empty => what,
            _ => what.help("the version of drill that wrote it, if nobody changed it"),
        }
    })?;
    let history = replayed.history;
    let verdicts = judge(&history);
    let hash = Some((events.sha256.clone(), events.bytes));
    // Evidence holds no secret any more, so there is none to know.
    let bundle = report::render(&history, &verdicts, &hash, &Redactor::default());
    Ok(Evidence { history, verdicts, bundle, torn_line: replayed.torn_line })
}

/// What came of the comparison.
#[derive(Debug, Default)]
pub(super) struct Compared {
    pub(super) findings: Vec<Finding>,
    /// Reports that another program rendered otherwise: of these only the verdicts were compared.
    pub(super) other_layout: Vec<String>,
    /// That program.
    pub(super) other_program: Option<String>,
}

/// Compares every report with what the evidence makes.
pub(super) fn compare(dir: &Path, files: &Snapshot, evidence: &Evidence) -> Result<Compared, SealError> {
    let mut out = Compared { other_program: other_program(&evidence.history.head), ..Compared::default() };
    for (name, wanted) in &evidence.bundle.files {
        let Some(found) = files.files.get(*name) else {
            if out.other_program.is_none() || *name == EVIDENCE {
                out.findings.push(Finding::new(name, "is missing: the evidence makes one"));
            }
            continue;
        };
        if found.sha256 == report::sha256(wanted) {
            continue;
        }
        let found = read(&dir.join(name))?;
        if *name == EVIDENCE {
            let strict = out.other_program.is_none();
            let differs = evidence_differs(&found, wanted, strict)?;
            if differs.is_empty() {
                out.other_layout.push((*name).to_owned());
            }
            out.findings.extend(differs);
        } else if out.other_program.is_some() {
            out.other_layout.push((*name).to_owned());
        } else {
            let line = first_difference(&found, wanted);
            out.findings.push(Finding::new(name, format!("does not follow from the evidence (from line {line} on)")));
        }
    }
    Ok(out)
}

/// The program that wrote the evidence, where it is known to be another one.
fn other_program(head: &Head) -> Option<String> {
    let name = |version: &str, commit: Option<&str>| match commit {
        Some(commit) => format!("drill {version} ({})", commit.chars().take(12).collect::<String>()),
        None => format!("drill {version}"),
    };
    let (theirs, ours) = (head.program_commit.as_deref(), program_commit());
    let other = head.program != PROGRAM || matches!((theirs, ours), (Some(theirs), Some(ours)) if theirs != ours);
    other.then(|| name(&head.program, theirs))
}

fn read(path: &Path) -> Result<Vec<u8>, SealError> {
    let mut bytes = Vec::new();
    let read = File::open(path).and_then(|file| file.take(LONGEST).read_to_end(&mut bytes));
    read.map(|_| bytes).map_err(|e| SealError::new(format!("cannot read {}: {e}", path.display())))
}

/// The first line that is another, from 1.
fn first_difference(found: &[u8], wanted: &[u8]) -> usize {
    let end = |b: &u8| *b == b'\n';
    1 + found.split(end).zip(wanted.split(end)).take_while(|(a, b)| a == b).count()
}

/// What `evidence.json` says otherwise: verdicts first, one by one; where they are the same, the first thing that differs.
/// Not `strict`: another program wrote it, and only what was decided must be the same.
fn evidence_differs(found: &[u8], wanted: &[u8], strict: bool) -> Result<Vec<Finding>, SealError> {
    let finding = |what: String| Finding::new(EVIDENCE, what);
    let wanted: Value = serde_json::from_slice(wanted).unwrap_or_default();
    let found: Value = match serde_json::from_slice(found) {
        Ok(found) => found,
        Err(e) => return Ok(vec![finding(format!("is no JSON ({e})"))]),
    };
    match found["schema"].as_u64() {
        Some(schema) if schema != u64::from(EVIDENCE_SCHEMA) => {
            let what = format!("{EVIDENCE}: format {schema}, this program reads format {EVIDENCE_SCHEMA}");
            return Err(SealError::new(what).help(
                "the version of drill that wrote it; where nothing is signed yet, `drill report DIR` writes it anew",
            ));
        }
        _ => {}
    }
    let (says, follows) = (decided(&found), decided(&wanted));
    let ids: BTreeSet<&String> = says.keys().chain(follows.keys()).collect();
    let word = |map: &BTreeMap<String, String>, id: &str| map.get(id).cloned().unwrap_or_else(|| "nothing".to_owned());
    let mut findings: Vec<Finding> = ids
        .into_iter()
        .filter(|id| says.get(*id) != follows.get(*id))
        .map(|id| {
            finding(format!("{id}: it says {}, from the evidence follows {}", word(&says, id), word(&follows, id)))
        })
        .collect();
    let more = findings.len().saturating_sub(TOLD);
    if more > 0 {
        findings.truncate(TOLD);
        findings.push(finding(format!("and {more} more")));
    }
    if findings.is_empty() && strict {
        let what = difference("", &found, &wanted).unwrap_or_else(|| "it is written otherwise".to_owned());
        findings.push(finding(format!("does not follow from the evidence: {what}")));
    }
    Ok(findings)
}

/// Everything that was decided, and what it was decided on: a name for each, and its value.
fn decided(evidence: &Value) -> BTreeMap<String, String> {
    fn items<'a>(value: &'a Value, key: &str) -> &'a [Value] {
        value[key].as_array().map_or(&[], Vec::as_slice)
    }
    fn text(value: &Value) -> String {
        value.as_str().map_or_else(|| value.to_string(), str::to_owned)
    }
    let mut out = BTreeMap::new();
    let mut put = |name: String, value: &Value| {
        // A name that stands twice must not hide what the first one said.
        out.entry(name).and_modify(|all| *all = format!("{all} and {}", text(value))).or_insert_with(|| text(value));
    };
    for key in ["run", "outcome", "interrupted", "synthetic", "as_of", "exceptions"] {
        put(key.to_owned(), &evidence[key]);
    }
    for key in ["file", "sha256", "bytes", "count"] {
        put(format!("events.{key}"), &evidence["events"][key]);
    }
    for drill in items(evidence, "verdicts") {
        let name = text(&drill["drill"]);
        put(name.clone(), &drill["outcome"]);
        for scenario in items(drill, "scenarios") {
            put(format!("{name}/{}", text(&scenario["scenario"])), &scenario["outcome"]);
            for check in items(scenario, "checks") {
                put(text(&check["id"]), &check["outcome"]);
            }
        }
    }
    out
}

/// Where two JSON values first differ, and how.
fn difference(at: &str, found: &Value, wanted: &Value) -> Option<String> {
    let inside = |key: &str| if at.is_empty() { key.to_owned() } else { format!("{at}.{key}") };
    match (found, wanted) {
        (Value::Object(found), Value::Object(wanted)) => {
            let keys: BTreeSet<&String> = found.keys().chain(wanted.keys()).collect();
            keys.into_iter().find_map(|key| match (found.get(key), wanted.get(key)) {
                (Some(f), Some(w)) => difference(&inside(key), f, w),
                (Some(_), None) => Some(format!("`{}` is not in the evidence", inside(key))),
                _ => Some(format!("`{}` is missing", inside(key))),
            })
        }
        (Value::Array(found), Value::Array(wanted)) if found.len() == wanted.len() => {
            let mut pairs = found.iter().zip(wanted).enumerate();
            pairs.find_map(|(i, (f, w))| difference(&format!("{at}[{i}]"), f, w))
        }
        (Value::Array(found), Value::Array(wanted)) => {
            Some(format!("`{at}` has {} entries, from the evidence follow {}", found.len(), wanted.len()))
        }
        _ if found == wanted => None,
        _ => Some(format!("`{at}` is {}, from the evidence follows {}", excerpt(found), excerpt(wanted))),
    }
}

fn excerpt(value: &Value) -> String {
    let text = value.to_string();
    match text.char_indices().nth(80) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text,
    }
}
