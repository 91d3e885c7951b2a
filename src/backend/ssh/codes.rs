//! The closed table of codes: what sshd's answers mean. All else is unclassified and passes nothing. Measured on OpenSSH 10.0.
//!
//! There is one refusal, `SSH_MSG_USERAUTH_FAILURE` with `publickey` as the only way to go on, for whatever is wrong with a key or a
//! certificate: sshd's log tells why. It counts after the key exchange only, in which the server proved by its host key who it is.

use crate::backend::Says;
use crate::observation::{Meaning, Saw, Stage};

/// One row.
#[derive(Debug, Clone, Copy)]
pub struct Row {
    /// As observations name it.
    pub code: &'static str,
    /// At which stage it comes.
    pub stage: Stage,
    /// What it can mean.
    pub says: Says,
    /// For people.
    pub why: &'static str,
}

const fn row(code: &'static str, stage: Stage, says: Says, why: &'static str) -> Row {
    Row { code, stage, says, why }
}

use Says::{Denied, Nothing, Refused};

/// The refusal, in the words that `ssh` has for it.
pub const REFUSED: &str = "Permission denied (publickey)";
/// The way to go on that it names.
const PUBLICKEY: &str = "publickey";
/// A command that is not there, or cannot be executed: a typing error, no denial.
const NOT_RUN: std::ops::RangeInclusive<u8> = 126..=127;
/// From here on a status is a signal's.
const SIGNALS: u8 = 128;

/// The table.
pub const TABLE: &[Row] = &[
    row(
        REFUSED,
        Stage::Login,
        Refused(Meaning::Both),
        "expired, revoked by the list, of another authority, or no certificate at all: sshd's log tells which; a list that is missing \
         refuses everybody",
    ),
    row("partial success", Stage::Login, Nothing, "the key was accepted, and something more is asked for"),
    row(
        "disconnected: ProtocolError",
        Stage::Login,
        Nothing,
        "too many attempts on one connection: none of them tells of the last",
    ),
    row(
        "closed before the key exchange",
        Stage::Login,
        Nothing,
        "a penalty for earlier refusals, too many connections, or a server that is not there: nobody looked at the credential",
    ),
    row("another host key", Stage::Login, Nothing, "this is not the server of the run"),
    row("exit 1 to 125", Stage::Scope, Denied, "the command was run, and did not succeed"),
    row("exit 126 to 255", Stage::Scope, Nothing, "the command was not found or not run, or ended by a signal"),
    row("EOF", Stage::Open, Refused(Meaning::Dead), "the server ended the connection, or the program on it"),
];

/// Whether a row is this exit status's.
pub fn is_of(code: &str, status: u8) -> bool {
    let range = code.strip_prefix("exit ").and_then(|range| range.split_once(" to "));
    range.and_then(|(from, to)| Some((from.parse().ok()?..=to.parse().ok()?).contains(&status))).unwrap_or(false)
}

/// A login that was not accepted: the ways to go on that the server names, and whether it took this one.
pub fn refused(ways: &[&str], partial: bool) -> Saw {
    match ways {
        _ if partial => Saw::Unclassified { what: format!("partial success, then {}", ways.join(",")) },
        [PUBLICKEY] => Saw::Refused { code: REFUSED.into(), meaning: Meaning::Both },
        _ => Saw::Unclassified { what: format!("Permission denied ({})", ways.join(",")) },
    }
}

/// A command's exit status, of a server that said who it is.
pub fn exit(status: u8, server: &str) -> Saw {
    match status {
        0 => Saw::Accepted { server: server.into() },
        _ if NOT_RUN.contains(&status) || status >= SIGNALS => {
            Saw::Unclassified { what: format!("exit {status} (says nothing of rights)") }
        }
        _ => Saw::Denied { code: format!("exit {status}") },
    }
}

/// The end of a connection: an open session is ended by it, before that nobody looked at the credential.
pub fn ended(stage: Stage, why: &str) -> Saw {
    match stage {
        Stage::Open => Saw::Refused { code: "EOF".into(), meaning: Meaning::Dead },
        Stage::Login | Stage::Scope => Saw::Unreachable { why: why.into() },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_whole_refusal_refuses() {
        assert_eq!(refused(&["publickey"], false), Saw::Refused { code: REFUSED.into(), meaning: Meaning::Both });
        for ways in [&[][..], &["password"], &["publickey", "password"], &["publickey", "publickey"], &["none"]] {
            assert!(matches!(refused(ways, false), Saw::Unclassified { .. }), "{ways:?}");
        }
        assert!(matches!(refused(&["publickey"], true), Saw::Unclassified { .. }), "the key was good");
    }

    #[test]
    fn a_status_denies_where_the_command_was_run() {
        assert_eq!(exit(0, "s"), Saw::Accepted { server: "s".into() });
        for status in [1, 2, 125] {
            assert_eq!(exit(status, "s"), Saw::Denied { code: format!("exit {status}") });
        }
        for status in [126, 127, 128, 137, 255] {
            assert!(matches!(exit(status, "s"), Saw::Unclassified { .. }), "{status}");
        }
    }

    #[test]
    fn every_status_has_the_one_row_that_says_what_it_means() {
        for status in 1..=255 {
            let rows: Vec<_> = TABLE.iter().filter(|r| is_of(r.code, status)).collect();
            assert_eq!(rows.len(), 1, "{status}");
            assert_eq!(rows[0].says == Denied, matches!(exit(status, "s"), Saw::Denied { .. }), "{status}");
        }
        assert!(!TABLE.iter().any(|r| is_of(r.code, 0)));
    }

    #[test]
    fn an_end_of_file_ends_an_open_session_only() {
        assert!(matches!(ended(Stage::Open, "end of file"), Saw::Refused { meaning: Meaning::Dead, .. }));
        for stage in [Stage::Login, Stage::Scope] {
            assert_eq!(ended(stage, "end of file"), Saw::Unreachable { why: "end of file".into() });
        }
    }

    #[test]
    fn no_code_stands_twice() {
        for (i, a) in TABLE.iter().enumerate() {
            assert!(!TABLE[i + 1..].iter().any(|b| a.code == b.code), "{a:?}");
        }
    }
}
