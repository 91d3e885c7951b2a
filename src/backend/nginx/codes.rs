//! The closed table of codes: what nginx thinks of a client certificate, in the fixed words of `$ssl_client_verify` (they are
//! OpenSSL's own and nginx's; no locale changes them). All else is unclassified and passes nothing. Measured on nginx 1.26.
//!
//! The words come in a header of every answer, beside the server's identity. nginx itself refuses with 400, whatever the words; so a
//! request that was served was accepted, whatever the words.

use crate::backend::Says;
use crate::observation::{Meaning, Saw, Stage};

/// One row.
#[derive(Debug, Clone, Copy)]
pub struct Row {
    /// `$ssl_client_verify` without its `FAILED:`.
    pub verify: &'static str,
    /// What it can mean.
    pub says: Says,
    /// For people.
    pub why: &'static str,
}

const fn row(verify: &'static str, says: Says, why: &'static str) -> Row {
    Row { verify, says, why }
}

use Says::{Nothing, Refused};

/// The words of a certificate that was revoked.
pub const REVOKED: &str = "certificate revoked";
/// The words of a certificate whose end is past.
pub const EXPIRED: &str = "certificate has expired";
/// The words where the authority was asked and did not say.
pub const STATUS_UNKNOWN: &str = "certificate status request failed";

/// The table.
pub const TABLE: &[Row] = &[
    row("NONE", Nothing, "no certificate was asked for, or none was sent"),
    row(REVOKED, Refused(Meaning::Dead), "the authority, or its list, says that it was revoked"),
    row(EXPIRED, Refused(Meaning::Dead), "its own end (notAfter) is past"),
    row(
        "unable to verify the first certificate",
        Refused(Meaning::Bogus),
        "no authority that this server trusts issued it",
    ),
    row("self-signed certificate", Refused(Meaning::Bogus), "nobody issued it"),
    row(
        "self-signed certificate in certificate chain",
        Refused(Meaning::Bogus),
        "it was issued by an authority that this server does not trust",
    ),
    row(
        "certificate signature failure",
        Refused(Meaning::Bogus),
        "an authority of the same name issued it, with another key",
    ),
    row(STATUS_UNKNOWN, Nothing, "the responder gave no usable answer: nothing is known of the certificate"),
    row("certificate is not yet valid", Nothing, "its beginning is still to come, or a clock is wrong"),
    row("unsuitable certificate purpose", Nothing, "it was not issued for clients"),
    row("unable to get certificate CRL", Nothing, "the list of its authority is missing: nobody gets in"),
    row("CRL has expired", Nothing, "the list is too old: nobody gets in"),
];

/// The words of a certificate that was verified.
const SUCCESS: &str = "SUCCESS";
/// The code of a request that the certificate's holder may not make.
pub const FORBIDDEN: &str = "403";
/// nginx's own refusal of a certificate.
const BAD_REQUEST: u16 = 400;

/// Looks the words up.
pub fn says(verify: &str) -> Option<Says> {
    let verify = verify.strip_prefix("FAILED:").unwrap_or(verify);
    TABLE.iter().find(|r| r.verify == verify).map(|r| r.says)
}

/// An answer as an observation. `server` is the identity that it showed.
pub fn observe(verify: &str, status: u16, server: &str) -> Saw {
    let code = || verify.trim_start_matches("FAILED:").to_string();
    match (says(verify), status) {
        // Served is served: a server that looks at no certificate, or at none of what it found, accepts everything.
        (_, 200..=299) => Saw::Accepted { server: server.into() },
        (None, 403) if verify == SUCCESS => Saw::Denied { code: FORBIDDEN.into() },
        (Some(Refused(meaning)), BAD_REQUEST) => Saw::Refused { code: code(), meaning },
        (Some(Nothing), BAD_REQUEST) => {
            Saw::Unclassified { what: format!("{} (says nothing of the credential)", code()) }
        }
        _ => Saw::Unclassified { what: format!("HTTP {status}, {verify}") },
    }
}

/// The end of a connection, or of a session that is resumed: a closed one has no words.
pub fn ended(stage: Stage, why: &str) -> Saw {
    match stage {
        Stage::Open => Saw::Refused { code: "EOF".into(), meaning: Meaning::Dead },
        Stage::Login | Stage::Scope => Saw::Unreachable { why: why.into() },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(verify: &str) -> Option<Meaning> {
        match observe(verify, 400, "s") {
            Saw::Refused { meaning, code } => {
                assert_eq!(format!("FAILED:{code}"), verify);
                Some(meaning)
            }
            _ => None,
        }
    }

    #[test]
    fn revoked_expired_and_an_unreachable_authority_are_three_things() {
        assert_eq!(refused("FAILED:certificate revoked"), Some(Meaning::Dead));
        assert_eq!(refused("FAILED:certificate has expired"), Some(Meaning::Dead));
        assert_eq!(refused("FAILED:certificate status request failed"), None);
    }

    #[test]
    fn a_foreign_certificate_is_never_a_dead_one() {
        for verify in [
            "FAILED:unable to verify the first certificate",
            "FAILED:self-signed certificate",
            "FAILED:self-signed certificate in certificate chain",
            "FAILED:certificate signature failure",
        ] {
            assert_eq!(refused(verify), Some(Meaning::Bogus), "{verify}");
        }
    }

    #[test]
    fn only_listed_words_refuse_and_only_with_the_servers_own_status() {
        for verify in ["FAILED:something else", "FAILED:", "", "certificate revoked soon", "NONE", "SUCCESS"] {
            assert!(matches!(observe(verify, 400, "s"), Saw::Unclassified { .. }), "{verify}");
        }
        for status in [301, 401, 403, 404, 500, 503] {
            let saw = observe("FAILED:certificate revoked", status, "s");
            assert!(matches!(saw, Saw::Unclassified { .. }), "{status}");
        }
    }

    #[test]
    fn what_says_nothing_of_the_credential_is_named_so() {
        let unclassified = |what: &str| Saw::Unclassified { what: what.into() };
        let why = "certificate status request failed (says nothing of the credential)";
        assert_eq!(observe("FAILED:certificate status request failed", 400, "s"), unclassified(why));
        // Forbidden to nobody that was verified: that is no denial of a right.
        for verify in ["FAILED:something else", "NONE"] {
            assert_eq!(observe(verify, 403, "s"), unclassified(&format!("HTTP 403, {verify}")));
        }
    }

    #[test]
    fn what_is_served_was_accepted_whatever_the_words() {
        for verify in ["SUCCESS", "NONE", "FAILED:certificate revoked", "FAILED:something else"] {
            assert_eq!(observe(verify, 200, "s"), Saw::Accepted { server: "s".into() }, "{verify}");
        }
    }

    #[test]
    fn forbidden_to_an_accepted_certificate_is_a_denial() {
        assert_eq!(observe("SUCCESS", 403, "s"), Saw::Denied { code: "403".into() });
        assert!(matches!(observe("NONE", 403, "s"), Saw::Unclassified { .. }));
        assert!(
            matches!(observe("SUCCESS", 404, "s"), Saw::Unclassified { .. }),
            "a path that is not there is a typing error"
        );
    }

    #[test]
    fn an_end_of_file_ends_an_open_session_only() {
        assert!(matches!(ended(Stage::Open, "end of file"), Saw::Refused { meaning: Meaning::Dead, .. }));
        assert_eq!(ended(Stage::Login, "end of file"), Saw::Unreachable { why: "end of file".into() });
    }

    #[test]
    fn no_words_stand_twice() {
        for (i, a) in TABLE.iter().enumerate() {
            assert!(!TABLE[i + 1..].iter().any(|b| a.verify == b.verify), "{a:?}");
        }
    }
}
