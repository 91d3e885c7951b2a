//! The closed table of codes: what InfluxDB's answers can mean. All else is unclassified and passes nothing. Measured on InfluxDB 1.6.
//!
//! HTTP's status alone does not tell: a server without an administrator says 403 too. Its texts are fixed, and never translated.

use crate::backend::Says::{self, Denied, Nothing, Refused};
use crate::backend::codes::Row;
use crate::observation::Meaning;

/// Every request is a login, so the stages do not differ.
const fn row(code: &'static str, text: &'static str, says: Says, why: &'static str) -> Row {
    Row { code, word: "", text, stage: None, says, why }
}

const DROPPED: &str = "dropped, never issued or a wrong password: neither the wire nor the log tells";
const NO_RIGHT: &str = "error authorizing query: {user} not authorized to execute statement *";
const NO_USERS: &str = "error authorizing query: create admin user first or disable authentication";
const HEADLESS: &str = "the server has no administrator: no password was looked at";

/// The table.
pub const TABLE: &[Row] = &[
    row("401", "authorization failed", Refused(Meaning::Both), DROPPED),
    row("401", "username required", Nothing, "nobody said who they are"),
    row("403", NO_RIGHT, Denied, "the password was accepted; no right to this"),
    row("403", NO_USERS, Nothing, HEADLESS),
    row("403", "error authorizing query: no user provided", Nothing, HEADLESS),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::backend::codes::observe;
    use crate::observation::{Saw, Stage};

    fn see(code: &str, text: &str) -> Saw {
        observe(TABLE, code, text, Stage::Login, "u")
    }

    #[test]
    fn only_the_text_of_a_failed_login_refuses() {
        assert_eq!(see("401", "authorization failed"), Saw::Refused { code: "401".into(), meaning: Meaning::Both });
        for (code, text) in [
            ("401", "username required"),
            ("401", "unable to parse authentication credentials"),
            ("401", "authorization failed, perhaps"),
            ("403", NO_USERS),
            ("403", "error authorizing query: no user provided"),
            (
                "403",
                "error authorizing query: v not authorized to execute statement 'SHOW USERS', requires admin privilege",
            ),
            ("503", "authorization failed"),
            ("500", "timeout"),
        ] {
            assert!(matches!(see(code, text), Saw::Unclassified { .. }), "{code} {text}");
        }
    }

    #[test]
    fn what_comes_behind_the_password_is_an_acceptance() {
        let text =
            "error authorizing query: u not authorized to execute statement 'SHOW USERS', requires admin privilege";
        assert!(see("403", text).is_acceptance());
    }
}
