//! `drill verify`: signature, digests, and that the reports follow from the evidence.

use super::finding::short;
use super::follow::{self, Evidence};
use super::{ENVELOPE, Envelope, Finding, PublicKey, SealError, Snapshot, Statement};
use crate::history::log;
use crate::verdict::{Outcome, Verdicts};
use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read;
use std::path::Path;

/// No envelope is longer, in bytes.
const LONGEST: u64 = 16 << 20;

/// How a directory stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// As the trusted key signed it, and it follows from its evidence.
    Verified,
    /// Something is not as it was signed, or does not follow.
    Altered,
    /// Everything fits together; whose signature it is was not asked.
    SignerUnverified,
    /// The reports follow from the evidence; nobody signed them.
    Unsigned,
}

/// What was found.
#[derive(Debug)]
pub struct Verification {
    /// In one word.
    pub standing: Standing,
    /// The run's id, as far as it can be read.
    pub run: Option<String>,
    /// What follows from the evidence, with the drills' names: never what a file claims.
    pub verdict: Option<(Outcome, Vec<String>)>,
    /// Reports that another program rendered otherwise: of these only the verdicts were compared.
    pub other_layout: Vec<String>,
    /// Generated, not measured.
    pub synthetic: bool,
    /// Whose signature the envelope claims to hold.
    pub keyid: Option<String>,
    /// How many files were looked at.
    pub files: usize,
    /// Everything that is wrong, by file.
    pub findings: Vec<Finding>,
    /// What a reader should know.
    pub notes: Vec<String>,
}

/// Checks a run's directory.
///
/// # Errors
/// It cannot be read, is no run's directory, or was written in a format that this program does not read.
pub fn verify(dir: &Path, trusted: Option<&PublicKey>) -> Result<Verification, SealError> {
    verify_while(dir, trusted, || {})
}

/// `meanwhile`: what another program may do between the first look and the last.
fn verify_while(dir: &Path, trusted: Option<&PublicKey>, meanwhile: impl FnOnce()) -> Result<Verification, SealError> {
    let files = Snapshot::take(dir)?;
    let envelope = read_envelope(dir, &files)?;
    let mut found = Verification {
        standing: Standing::Altered,
        run: None,
        verdict: None,
        other_layout: Vec::new(),
        synthetic: false,
        keyid: None,
        files: files.files.len(),
        findings: files.odd.iter().map(|(name, what)| Finding::new(name, what)).collect(),
        notes: Vec::new(),
    };
    let opened = envelope.as_deref().map(|bytes| open(bytes, trusted, &mut found));
    let statement = opened.as_ref().and_then(|o| o.statement.as_ref());
    if let Some(statement) = statement {
        found.findings.extend(subjects(statement, &files));
    }
    match evidence(dir, &files, &mut found) {
        Ok(evidence) => {
            found.run = Some(super::plain(&evidence.history.head.run));
            found.synthetic = evidence.history.head.synthetic;
            found.verdict = Some(verdict(&evidence.verdicts));
            if let Some(statement) = statement {
                found.findings.extend(statement_follows(statement, &evidence, &files));
            }
        }
        // What cannot be read because somebody changed it is altered, and not unreadable.
        Err(error) if !found.findings.is_empty() => {
            found.notes.push(format!("not judged: {}", super::plain(&error.to_string())));
        }
        Err(error) => return Err(error),
    }
    meanwhile();
    if Snapshot::take(dir)? != files {
        return Err(SealError::new(format!("{} changed while it was looked at", dir.display())));
    }
    let judged = found.verdict.is_some() && found.findings.is_empty();
    found.standing = match opened {
        _ if !judged => Standing::Altered,
        None => Standing::Unsigned,
        Some(Opened { statement: Some(_), signed_by_trusted: true }) => Standing::Verified,
        Some(_) => Standing::SignerUnverified,
    };
    if found.standing == Standing::Unsigned {
        let bound = follow_only(&files);
        if !bound.is_empty() {
            found.notes.push(format!("not checked, only a signature binds them: {}", bound.join(", ")));
        }
    }
    Ok(found)
}

struct Opened {
    statement: Option<Statement>,
    signed_by_trusted: bool,
}

fn read_envelope(dir: &Path, files: &Snapshot) -> Result<Option<Vec<u8>>, SealError> {
    if files.odd.contains_key(ENVELOPE) {
        return Ok(None);
    }
    let path = dir.join(ENVELOPE);
    let cannot = |e: std::io::Error| SealError::new(format!("cannot read {}: {e}", path.display()));
    let file = match File::open(&path) {
        Ok(file) => file,
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(e) => return Err(cannot(e)),
    };
    let mut bytes = Vec::new();
    file.take(LONGEST).read_to_end(&mut bytes).map_err(cannot)?;
    Ok(Some(bytes))
}

fn open(bytes: &[u8], trusted: Option<&PublicKey>, found: &mut Verification) -> Opened {
    let mut opened = Opened { statement: None, signed_by_trusted: false };
    let mut wrong = |what: String| found.findings.push(Finding::new(ENVELOPE, what));
    let envelope = match Envelope::parse(bytes) {
        Ok(envelope) => envelope,
        Err(what) => {
            wrong(what);
            return opened;
        }
    };
    let payload = match envelope.payload() {
        Ok(payload) => payload,
        Err(what) => {
            wrong(what);
            return opened;
        }
    };
    match trusted.map(|key| envelope.check(&payload, key)) {
        Some(Ok(())) => opened.signed_by_trusted = true,
        Some(Err(what)) => wrong(what),
        None => {}
    }
    match Statement::parse(&payload) {
        Ok(statement) => opened.statement = Some(statement),
        Err(what) => wrong(what),
    }
    found.keyid = Some(super::plain(envelope.keyid()));
    opened
}

/// Every file is there with its digest, and no other.
fn subjects(statement: &Statement, files: &Snapshot) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut signed: BTreeMap<&str, &str> = BTreeMap::new();
    for resource in &statement.subject {
        match resource.sha256() {
            Some(sha256) if signed.insert(&resource.name, sha256).is_none() => {}
            _ => findings
                .push(Finding::new(ENVELOPE, format!("`{}` is bound twice, or not by sha256 alone", resource.name))),
        }
    }
    let mut added: BTreeMap<&str, &str> = BTreeMap::new();
    for (name, file) in files.files.iter().filter(|(name, _)| !signed.contains_key(name.as_str())) {
        added.insert(name, &file.sha256);
    }
    for (name, sha256) in &signed {
        match files.files.get(*name) {
            Some(file) if file.sha256 == *sha256 => {}
            Some(file) => {
                let other = signed.iter().find(|(_, other)| **other == file.sha256);
                let holds =
                    other.map(|(other, _)| format!("; it holds what was signed as {other}")).unwrap_or_default();
                let what = format!("is altered: sha256 {}, signed {}{holds}", short(&file.sha256), short(sha256));
                findings.push(Finding::new(name, what));
            }
            None if files.odd.contains_key(*name) => {}
            None => {
                let moved = added.iter().find(|(_, other)| *other == sha256).map(|(other, _)| *other);
                let what = match moved {
                    Some(other) => format!("was renamed to {other}"),
                    None => format!("is missing; signed {}", short(sha256)),
                };
                moved.map(|other| added.remove(other));
                findings.push(Finding::new(name, what));
            }
        }
    }
    findings.extend(added.keys().map(|name| Finding::new(name, "was added: it is not in the signed list")));
    findings
}

/// Judges again and compares the reports.
fn evidence(dir: &Path, files: &Snapshot, found: &mut Verification) -> Result<Evidence, SealError> {
    let evidence = follow::judge_again(dir, files)?;
    if let Some(line) = evidence.torn_line {
        let what = "cut off and left out: the run was killed while it wrote";
        found.notes.push(format!("{}:{line}: {what}", log::FILE));
    }
    let compared = follow::compare(dir, files, &evidence)?;
    let told = |finding: &Finding| {
        !files.files.contains_key(&finding.file) && found.findings.iter().any(|f| f.file == finding.file)
    };
    let new: Vec<Finding> = compared.findings.into_iter().filter(|f| !told(f)).collect();
    found.findings.extend(new);
    found.other_layout = compared.other_layout;
    if let (Some(program), false) = (compared.other_program, found.other_layout.is_empty()) {
        let which = found.other_layout.join(", ");
        found.notes.push(super::plain(&format!(
            "written by {program}, which renders otherwise: of {which} only the verdicts were compared"
        )));
    }
    Ok(evidence)
}

/// The statement is about this run, and says of it what follows from its evidence.
fn statement_follows(statement: &Statement, evidence: &Evidence, files: &Snapshot) -> Vec<Finding> {
    let wanted = Statement::new(&evidence.history, &evidence.verdicts, files);
    let mut findings = Vec::new();
    let mut wrong = |what: String| findings.push(Finding::new(ENVELOPE, what));
    let none = "nothing";
    let (run, of) = (statement.run().unwrap_or(none), wanted.run().unwrap_or(none));
    if run != of {
        wrong(format!("is about run {run}, {} is of run {of}", log::FILE));
    }
    let pairs = [
        (statement.predicate.result.as_str(), wanted.predicate.result.as_str()),
        (statement.outcome().unwrap_or(none), wanted.outcome().unwrap_or(none)),
    ];
    for (says, follows) in pairs.into_iter().filter(|(says, follows)| says != follows) {
        wrong(format!("says {says}, from the evidence follows {follows}"));
    }
    let (says, follows) = (&statement.predicate, &wanted.predicate);
    for (what, differs) in [
        ("definitions", says.configuration != follows.configuration),
        ("url", says.url != follows.url),
        ("passed checks", says.passed_tests != follows.passed_tests),
        ("excepted checks", says.warned_tests != follows.warned_tests),
        ("red checks", says.failed_tests != follows.failed_tests),
    ] {
        if differs {
            wrong(format!("its {what} do not follow from the evidence"));
        }
    }
    findings
}

fn verdict(verdicts: &Verdicts) -> (Outcome, Vec<String>) {
    (verdicts.overall(), verdicts.drills.iter().map(|d| super::plain(&d.drill)).collect())
}

/// Files that no rendering makes: logs, and whatever else was put there.
fn follow_only(files: &Snapshot) -> Vec<String> {
    let made = ["readiness.md", "readiness.html", "junit.xml", "evidence.json", "metrics.prom", log::FILE];
    files.files.keys().filter(|name| !made.contains(&name.as_str())).map(|name| super::plain(name)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn a_directory_that_changes_meanwhile_is_not_verified() {
        let tmp = tempfile::tempdir().unwrap();
        let file = tmp.path().join(log::FILE);
        let recorded = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/histories/sound-revoke.jsonl");
        fs::copy(recorded, &file).unwrap();
        let history = crate::history::replay(&file).unwrap().history;
        let verdicts = crate::verdict::judge(&history);
        crate::report::write_to(tmp.path(), &history, &verdicts, &crate::secret::Redactor::default()).unwrap();
        assert_eq!(verify(tmp.path(), None).unwrap().standing, Standing::Unsigned);
        let verified = verify_while(tmp.path(), None, || fs::write(tmp.path().join("junit.xml"), "").unwrap());
        assert!(verified.unwrap_err().to_string().contains("changed while it was looked at"));
    }
}
