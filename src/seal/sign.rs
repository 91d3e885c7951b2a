//! `drill sign`: what is there follows from its evidence, and is written down with its digests and signed.

use super::follow;
use super::{ENVELOPE, Envelope, Finding, PrivateKey, SealError, Snapshot, Statement};
use crate::history::log;
use crate::report;
use std::path::{Path, PathBuf};

/// An envelope that was written.
#[derive(Debug)]
pub struct Signed {
    /// Where.
    pub envelope: PathBuf,
    /// The run's id.
    pub run: String,
    /// in-toto's word for its result.
    pub result: String,
    /// The key's fingerprint.
    pub keyid: String,
    /// How many files are bound.
    pub files: usize,
    /// What whoever signs should know.
    pub notes: Vec<String>,
}

/// Signs a run's directory.
///
/// # Errors
/// It is no run's directory, holds what cannot be bound, changes meanwhile; or its reports do not follow from its evidence.
pub fn sign(dir: &Path, key: &PrivateKey) -> Result<Signed, SealError> {
    sign_while(dir, key, || {})
}

/// `meanwhile`: what another program may do between the first look and the signature.
fn sign_while(dir: &Path, key: &PrivateKey, meanwhile: impl FnOnce()) -> Result<Signed, SealError> {
    let files = Snapshot::take(dir)?;
    if let Some((name, what)) = files.odd.iter().next() {
        return Err(
            SealError::new(format!("{}: {what}", Finding::new(name, "").file)).help("take it out of the directory")
        );
    }
    let evidence = follow::judge_again(dir, &files)?;
    let compared = follow::compare(dir, &files, &evidence)?;
    let mut findings = compared.findings;
    let program = compared.other_program.unwrap_or_default();
    let other =
        |name: &String| Finding::new(name, format!("was rendered by {program}: this program renders it otherwise"));
    findings.extend(compared.other_layout.iter().map(other));
    if !findings.is_empty() {
        return Err(SealError::DoesNotFollow(findings));
    }
    let statement = Statement::new(&evidence.history, &evidence.verdicts, &files);
    let payload = serde_json::to_vec(&statement).expect("a statement is plain data");
    meanwhile();
    if Snapshot::take(dir)? != files {
        return Err(
            SealError::new(format!("{} changed while it was signed", dir.display())).help("let what writes there end")
        );
    }
    let mut notes = Vec::new();
    if let Some(line) = evidence.torn_line {
        notes.push(format!("{}:{line}: cut off and left out: the run was killed while it wrote", log::FILE));
    }
    let path = dir.join(ENVELOPE);
    let envelope = Envelope::seal(&payload, key);
    if let Some(before) = std::fs::read(&path).ok().filter(|before| *before != envelope.to_line()) {
        let by =
            Envelope::parse(&before).map_or_else(|_| "another one".to_owned(), |e| format!("one by {}", e.keyid()));
        notes.push(format!("{ENVELOPE} was there and is replaced: {}", super::plain(&by)));
    }
    report::write_whole(&path, &envelope.to_line()).map_err(|e| SealError::new(format!("cannot write {e}")))?;
    Ok(Signed {
        envelope: path,
        run: evidence.history.head.run,
        result: statement.predicate.result,
        keyid: envelope.keyid().to_owned(),
        files: files.files.len(),
        notes,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::history::{Invocation, SCHEMA};
    use crate::secret::Redactor;
    use std::fs;

    #[test]
    fn a_directory_that_changes_meanwhile_is_not_signed() {
        let tmp = tempfile::tempdir().unwrap();
        let (dir, key) = (tmp.path().join("run"), tmp.path().join("key.pem"));
        fs::create_dir(&dir).unwrap();
        let pem = "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIAcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcH\n-----END PRIVATE KEY-----\n";
        fs::write(&key, pem).unwrap();
        let key = PrivateKey::read(&key, &Redactor::default()).unwrap();
        let head = crate::history::Head {
            schema: SCHEMA,
            run: "r".to_owned(),
            program: crate::history::PROGRAM.to_owned(),
            program_sha256: None,
            program_commit: None,
            started: jiff::Timestamp::UNIX_EPOCH,
            by: Invocation::default(),
            engine: None,
            drills: Vec::new(),
            as_of: None,
            exceptions: Vec::new(),
            synthetic: false,
            sabotage: None,
            clock_tick_us: 1,
        };
        fs::write(dir.join(log::FILE), serde_json::to_string(&head).unwrap() + "\n").unwrap();
        let history = crate::history::replay(&dir.join(log::FILE)).unwrap().history;
        report::write_to(&dir, &history, &crate::verdict::judge(&history), &Redactor::default()).unwrap();
        for change in ["events.jsonl", "new.log"] {
            let path = dir.join(change);
            let before = fs::read(&path).ok();
            let signed = sign_while(&dir, &key, || fs::write(&path, "{}").unwrap());
            assert!(signed.unwrap_err().to_string().contains("changed while it was signed"));
            assert!(!dir.join(ENVELOPE).exists());
            match before {
                Some(bytes) => fs::write(&path, bytes).unwrap(),
                None => fs::remove_file(&path).unwrap(),
            }
        }
        assert_eq!(sign(&dir, &key).unwrap().result, "FAILED", "no drill, nothing proved");
    }
}
