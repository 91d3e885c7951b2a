//! The closed table of codes: what MariaDB's answers can mean. All else is unclassified and passes nothing.
//!
//! The number alone does not tell: 1044 at login comes behind the password, 1142 only ever of a statement. Measured on MariaDB 11.8.

use crate::backend::Says;
use crate::observation::{Meaning, Saw, Stage};

/// One row: the server's number, stage, meaning, and why for `drill explain`.
#[derive(Debug, Clone, Copy)]
pub struct Row {
    /// The server's number.
    pub code: u16,
    /// When it came.
    pub stage: Stage,
    /// What it can mean.
    pub says: Says,
    /// For people.
    pub why: &'static str,
}

const fn row(code: u16, stage: Stage, says: Says, why: &'static str) -> Row {
    Row { code, stage, says, why }
}

use Says::{Denied, Nothing, Refused};
use Stage::{Login, Scope};

/// The table.
pub const TABLE: &[Row] = &[
    row(
        1045,
        Login,
        Refused(Meaning::Both),
        "dropped, never issued, a wrong password or a user of another host only: neither the wire nor the log tells",
    ),
    row(1698, Login, Refused(Meaning::Both), "the account takes no password from the network"),
    row(4151, Login, Refused(Meaning::Dead), "the account is locked, and the password was its own"),
    row(1044, Login, Denied, "the password was accepted; no right in this database"),
    row(1049, Login, Denied, "the password was accepted; no such database"),
    row(1226, Login, Denied, "the password was accepted; the account's own limit is reached"),
    row(1820, Login, Denied, "the password was accepted; it has expired and must be changed first"),
    row(1040, Login, Nothing, "too many connections: the password was not looked at"),
    row(1129, Login, Nothing, "the host is blocked for its many failed connections: a lock-out of the probing itself"),
    row(1130, Login, Nothing, "no account is there for this host: the password was not looked at"),
    row(
        4150,
        Login,
        Nothing,
        "locked out by max_password_errors: after too many wrong passwords the right one is not looked at",
    ),
    row(1142, Scope, Denied, "no right to this table"),
    row(1143, Scope, Denied, "no right to this column"),
    row(1044, Scope, Denied, "no right in this database"),
    row(1227, Scope, Denied, "a global right is missing"),
    row(1370, Scope, Denied, "no right to this routine"),
];

/// Looks an answer up.
pub fn says(code: u16, stage: Stage) -> Option<Says> {
    TABLE.iter().find(|r| r.code == code && r.stage == stage).map(|r| r.says)
}

/// An error answer as an observation. `message` is the server's own text, for what the table does not know.
pub fn observe(code: u16, stage: Stage, message: &str) -> Saw {
    match says(code, stage) {
        Some(Refused(meaning)) => Saw::Refused { code: code.to_string(), meaning },
        Some(Denied) => Saw::Denied { code: code.to_string() },
        Some(Nothing) => Saw::Unclassified { what: format!("{code}: {message} (says nothing of the credential)") },
        None => Saw::Unclassified { what: format!("{code}: {message}") },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_listed_codes_refuse() {
        for code in [1040, 1053, 1129, 1130, 1862, 2003, 2013, 4150] {
            assert!(matches!(observe(code, Login, "m"), Saw::Unclassified { .. }), "{code}");
        }
        for (code, meaning) in [(1045, Meaning::Both), (1698, Meaning::Both), (4151, Meaning::Dead)] {
            assert_eq!(observe(code, Login, "m"), Saw::Refused { code: code.to_string(), meaning });
        }
    }

    #[test]
    fn a_code_counts_only_at_its_stage() {
        assert!(matches!(observe(1045, Stage::Open, "m"), Saw::Unclassified { .. }));
        assert!(matches!(observe(1142, Login, "m"), Saw::Unclassified { .. }));
        assert!(matches!(observe(1045, Scope, "m"), Saw::Unclassified { .. }));
    }

    #[test]
    fn what_comes_after_the_password_is_an_acceptance() {
        for code in [1044, 1049, 1226, 1820] {
            assert!(observe(code, Login, "m").is_acceptance(), "{code}");
        }
    }

    #[test]
    fn no_pair_stands_twice() {
        for (i, a) in TABLE.iter().enumerate() {
            assert!(!TABLE[i + 1..].iter().any(|b| (a.code, a.stage) == (b.code, b.stage)), "{a:?}");
        }
    }
}
