//! The closed table of codes: what an object store's answers can mean. All else is unclassified and passes nothing.
//!
//! S3's codes are words of the protocol; STS has one code for every token that it does not take, and there a closed list of its fixed
//! texts takes its place. Measured on `MinIO` RELEASE.2026-02-12.

use super::{S3, STS};
use crate::backend::Says;
use crate::backend::codes::Told;
use crate::observation::{Meaning, Saw};

/// One row: door, status, code, what the text says in a word, how the text begins, meaning, and why for `drill explain`.
#[derive(Debug, Clone, Copy)]
pub struct Row {
    /// Where.
    pub door: &'static str,
    /// HTTP's.
    pub status: u16,
    /// The protocol's word.
    pub code: &'static str,
    /// What the text says, in a word; empty where the code says all.
    pub word: &'static str,
    /// How the text begins; a `*` in it is anything.
    pub text: &'static str,
    /// What it can mean.
    pub says: Says,
    /// For people.
    pub why: &'static str,
}

impl From<&Row> for Told {
    fn from(Row { door, code, word, says, why, .. }: &Row) -> Self {
        Self { door: Some(door), code, word, says: *says, why }
    }
}

/// What a server answered.
#[derive(Debug, Clone, Copy)]
pub struct Said<'a> {
    /// HTTP's.
    pub status: u16,
    /// It calls itself `MinIO`.
    pub minio: bool,
    /// The protocol's word.
    pub code: &'a str,
    /// Its text.
    pub message: &'a str,
}

use Says::{Denied, Nothing, Refused};

const fn row(
    door: &'static str,
    (status, code, word): (u16, &'static str, &'static str),
    text: &'static str,
    says: Says,
    why: &'static str,
) -> Row {
    Row { door, status, code, word, text, says, why }
}

/// The table. Of several rows that fit, the first counts.
pub const TABLE: &[Row] = &[
    row(
        S3,
        (403, "InvalidAccessKeyId", "disabled"),
        "Your account is disabled",
        Refused(Meaning::Dead),
        "a parent's own key that was disabled: enabled again, it lives again, and so do its sessions",
    ),
    row(
        S3,
        (403, "InvalidAccessKeyId", ""),
        "",
        Refused(Meaning::Both),
        "revoked, expired, deleted or never issued: the server knows no such key, and does not tell why",
    ),
    row(
        S3,
        (403, "SignatureDoesNotMatch", ""),
        "",
        Refused(Meaning::Bogus),
        "the key lives, and this is not its secret: no dead credential meets it",
    ),
    row(
        S3,
        (403, "InvalidTokenId", ""),
        "",
        Refused(Meaning::Bogus),
        "the session's token was altered or is missing: no dead credential meets it",
    ),
    row(
        S3,
        (403, "AccessDenied", "url-expired"),
        "Request has expired",
        Nothing,
        "the URL's own time is over, the session may live",
    ),
    row(S3, (403, "AccessDenied", ""), "", Denied, "the credential is accepted, and may not do this"),
    row(S3, (403, "RequestTimeTooSkewed", ""), "", Nothing, "the clocks differ: the credential was not looked at"),
    row(S3, (503, "XMinioIAMNotInitialized", ""), "", Nothing, "the server does not know anybody yet"),
    row(S3, (503, "XMinioServerNotInitialized", ""), "", Nothing, "the server is not ready yet"),
    row(S3, (503, "SlowDown", ""), "", Nothing, "too many requests: nothing is said of the credential"),
    row(S3, (404, "NoSuchKey", ""), "", Nothing, "there is no such object"),
    row(S3, (404, "NoSuchUpload", ""), "", Nothing, "there is no such upload"),
    row(
        STS,
        (400, "InvalidParameterValue", "expired"),
        "*Token is expired*",
        Refused(Meaning::Dead),
        "the identity token's own end is past",
    ),
    row(
        STS,
        (400, "InvalidParameterValue", "signature"),
        "*verification error*",
        Refused(Meaning::Bogus),
        "the identity token was altered: no dead one meets it",
    ),
    row(
        STS,
        (400, "InvalidParameterValue", "unknown-key"),
        "*No public key found*",
        Refused(Meaning::Bogus),
        "the identity token is signed by nobody that the server knows: no dead one meets it",
    ),
    row(
        STS,
        (400, "InvalidParameterValue", "audience"),
        "*azp* claim invalid*",
        Refused(Meaning::Bogus),
        "the identity token is for somebody else than this role",
    ),
    row(
        STS,
        (403, "AccessDenied", ""),
        "",
        Denied,
        "the identity token is accepted, and may not buy this (a longer session than its own)",
    ),
    row(STS, (503, "STSIAMNotInitialized", ""), "", Nothing, "the server does not know anybody yet"),
    row(
        STS,
        (400, "InvalidParameterValue", "not-ready"),
        "*Server not initialized*",
        Nothing,
        "the server is not ready yet",
    ),
];

impl Row {
    /// As an observation's code: `InvalidAccessKeyId`, `InvalidParameterValue expired`.
    pub fn label(&self) -> String {
        if self.word.is_empty() { self.code.into() } else { format!("{} {}", self.code, self.word) }
    }
}

/// Whether a text begins as a pattern says.
fn begins(pattern: &str, text: &str) -> bool {
    let Some((first, rest)) = pattern.split_once('*') else { return text.starts_with(pattern) };
    let Some(mut text) = text.strip_prefix(first) else { return false };
    for part in rest.split('*') {
        let Some((_, after)) = text.split_once(part) else { return false };
        text = after;
    }
    true
}

/// Looks an answer up.
pub fn row_of(door: &str, said: &Said<'_>) -> Option<&'static Row> {
    TABLE
        .iter()
        .find(|r| r.door == door && r.status == said.status && r.code == said.code && begins(r.text, said.message))
}

/// An answer at the door `s3`.
pub fn s3(said: &Said<'_>) -> Saw {
    observe(S3, said)
}

/// An answer at the door `sts`.
pub fn sts(said: &Said<'_>) -> Saw {
    observe(STS, said)
}

fn observe(door: &str, said: &Said<'_>) -> Saw {
    let words = || format!("{} {} {}", said.status, said.code, said.message).trim_end().to_string();
    let Some(row) = row_of(door, said).filter(|_| said.minio) else {
        return Saw::Unclassified { what: words() };
    };
    row.says.observed(row.label(), &words())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn see(door: &str, status: u16, code: &str, message: &str) -> Saw {
        observe(door, &Said { status, minio: true, code, message })
    }

    #[test]
    fn only_a_key_that_nobody_knows_is_dead() {
        let text = "The Access Key Id you provided does not exist in our records.";
        let dead = see(S3, 403, "InvalidAccessKeyId", text);
        assert_eq!(dead, Saw::Refused { code: "InvalidAccessKeyId".into(), meaning: Meaning::Both });
        for code in ["SignatureDoesNotMatch", "InvalidTokenId"] {
            assert!(matches!(see(S3, 403, code, ""), Saw::Refused { meaning: Meaning::Bogus, .. }), "{code}");
        }
        for (status, code, text) in [
            (403, "RequestTimeTooSkewed", ""),
            (403, "AccessDenied", "Request has expired"),
            (503, "XMinioIAMNotInitialized", ""),
            (500, "InternalError", ""),
            (403, "ExpiredToken", ""),
            (400, "InvalidAccessKeyId", ""),
            (404, "NoSuchKey", ""),
        ] {
            assert!(matches!(see(S3, status, code, text), Saw::Unclassified { .. }), "{code}");
        }
        assert!(see(S3, 403, "AccessDenied", "Access Denied.").is_acceptance());
    }

    #[test]
    fn nobody_elses_word_counts() {
        let said = Said { status: 403, minio: false, code: "InvalidAccessKeyId", message: "" };
        assert!(matches!(s3(&said), Saw::Unclassified { .. }));
    }

    #[test]
    fn sts_is_told_apart_by_its_fixed_texts() {
        let dead = |text: &str| {
            matches!(see(STS, 400, "InvalidParameterValue", text), Saw::Refused { meaning: Meaning::Dead, .. })
        };
        assert!(dead("Token is expired"));
        for text in [
            "",
            "The token is not expired",
            "invalid token expiry",
            "Server not initialized",
            "crypto/ecdsa: verification error",
        ] {
            assert!(!dead(text), "{text}");
        }
        assert!(!matches!(see(S3, 400, "InvalidParameterValue", "Token is expired"), Saw::Refused { .. }));
    }

    #[test]
    fn no_row_hides_another() {
        for (i, row) in TABLE.iter().enumerate() {
            let text = row.text.replace('*', "");
            let found = row_of(row.door, &Said { status: row.status, minio: true, code: row.code, message: &text });
            assert!(
                found.is_some_and(|found| std::ptr::eq(found, &raw const TABLE[i]) || found.text == row.text),
                "{row:?}"
            );
        }
    }
}
