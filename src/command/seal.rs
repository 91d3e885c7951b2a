//! `drill sign` and `drill verify`.

use crate::exit::Exit;
use crate::seal::{self, Finding, PrivateKey, PublicKey, SealError, Standing, Verification};
use crate::secret::Redactor;
use crate::verdict::Outcome;
use std::io::Write;
use std::path::Path;

/// Writes the envelope.
pub fn sign(dir: &Path, key: &Path, redactor: &Redactor, out: &mut dyn Write, err: &mut dyn Write) -> Exit {
    if inside(dir, key) {
        let what =
            format!("the key {} lies in the directory that is signed, and would be published with it", key.display());
        return complain(&what, Some("keep it elsewhere"), err);
    }
    if let Some(mode) = seal::readable_by_others(key) {
        let _ = writeln!(err, "warning: {}: others can read this key (mode {mode:04o}): chmod 600", key.display());
    }
    let signed = PrivateKey::read(key, redactor).and_then(|key| seal::sign(dir, &key));
    match signed {
        Ok(signed) => {
            for note in &signed.notes {
                let _ = writeln!(err, "note: {note}");
            }
            let _ = writeln!(out, "signed: {}   run {}   {}", dir.display(), seal::plain(&signed.run), signed.result);
            let _ = writeln!(out, "  key       {}", signed.keyid);
            let _ = writeln!(out, "  files     {}, by sha256", signed.files);
            let _ = writeln!(out, "  envelope  {}", signed.envelope.display());
            Exit::Passed
        }
        Err(error) => refuse(&error, dir, err),
    }
}

/// Checks it.
pub fn verify(dir: &Path, key: Option<&Path>, out: &mut dyn Write, err: &mut dyn Write) -> Exit {
    let trusted = match key.map(PublicKey::read).transpose() {
        Ok(trusted) => trusted,
        Err(error) => return refuse(&error, dir, err),
    };
    match seal::verify(dir, trusted.as_ref()) {
        Ok(verification) => {
            let _ = out.write_all(text(&verification, dir, key).as_bytes());
            exit(verification.standing)
        }
        Err(error) => refuse(&error, dir, err),
    }
}

fn exit(standing: Standing) -> Exit {
    match standing {
        Standing::Verified => Exit::Passed,
        Standing::Altered => Exit::Failed,
        Standing::SignerUnverified | Standing::Unsigned => Exit::Inconclusive,
    }
}

fn text(found: &Verification, dir: &Path, key: Option<&Path>) -> String {
    let word = match found.standing {
        Standing::Verified => "verified",
        Standing::Altered => "altered",
        Standing::SignerUnverified => "intact, signer unverified",
        Standing::Unsigned => "unsigned",
    };
    let run = found.run.as_deref().map(|run| format!("   run {run}")).unwrap_or_default();
    let mut lines = vec![format!("{word}: {}{run}", dir.display())];
    lines.extend(found.findings.iter().map(|finding: &Finding| format!("  ✗ {finding}")));
    if found.standing != Standing::Altered {
        if let Some((outcome, drills)) = &found.verdict {
            // What was verified is the evidence, whatever it says: that comes first.
            let synthetic = if found.synthetic { "SYNTHETIC, " } else { "" };
            lines.push(format!("  verdict   {synthetic}{}: {}", loud(*outcome), drills.join(", ")));
        }
        let what = if found.other_layout.is_empty() { "" } else { "their verdicts " };
        lines.push(format!("  reports   {what}follow from the evidence, judged again"));
    }
    let files = found.files;
    match found.standing {
        Standing::Verified => {
            lines.push(format!("  files     {files} as signed, none missing, none added"));
            let key = key.map(|key| format!(" ({})", key.display())).unwrap_or_default();
            lines.push(format!("  signer    {}{key}", found.keyid.as_deref().unwrap_or_default()));
        }
        Standing::SignerUnverified => {
            lines.push(format!("  files     {files} as the envelope lists them"));
            lines.push(format!("  signer    says to be {}: not checked", found.keyid.as_deref().unwrap_or_default()));
            lines.push("  help      --key FILE, the public key that you trust".to_owned());
        }
        Standing::Unsigned => {
            lines.push(format!("  signer    none: {} is not there", seal::ENVELOPE));
            lines.push("  help      drill sign DIR --key FILE".to_owned());
        }
        Standing::Altered => {}
    }
    lines.extend(found.notes.iter().map(|note| format!("  note      {note}")));
    lines.join("\n") + "\n"
}

fn loud(outcome: Outcome) -> String {
    match outcome {
        Outcome::Excepted => "PASSED with exceptions".to_owned(),
        other => other.word().to_uppercase(),
    }
}

fn refuse(error: &SealError, dir: &Path, err: &mut dyn Write) -> Exit {
    match error {
        SealError::Unusable { what, help } => complain(what, help.as_deref(), err),
        SealError::DoesNotFollow(findings) => {
            let _ = writeln!(err, "error: not signed: {}: {error}", dir.display());
            for finding in findings {
                let _ = writeln!(err, "  ✗ {finding}");
            }
            let _ = writeln!(
                err,
                "  help   drill report {} judges and renders again; then look at what it says",
                dir.display()
            );
            Exit::Failed
        }
    }
}

fn complain(what: &str, help: Option<&str>, err: &mut dyn Write) -> Exit {
    let _ = writeln!(err, "error: {}", seal::plain(what));
    if let Some(help) = help {
        let _ = writeln!(err, "  help   {help}");
    }
    Exit::Usage
}

fn inside(dir: &Path, key: &Path) -> bool {
    let real = |path: &Path| std::fs::canonicalize(path).ok();
    matches!((real(dir), real(key)), (Some(dir), Some(key)) if key.starts_with(&dir))
}
