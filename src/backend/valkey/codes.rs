//! The closed table of codes: what Valkey's answers can mean. All else is unclassified and passes nothing.
//!
//! An answer's first word is its code, part of the protocol; where one code stands for several things (`ERR`, `NOPERM`) the text
//! tells, which Valkey does not translate. There is one word for every credential that is not accepted: deleted, disabled, never
//! issued, a wrong password. Measured on Valkey 8.1.

use crate::backend::Says;
use crate::backend::codes::{self, Row};
use crate::observation::{Meaning, Saw, Stage};

use Says::{Denied, Nothing, Refused};
use Stage::{Login, Open, Scope};

/// The code of a connection that the server closed without a word.
pub const EOF: &str = "EOF";

const fn row(
    code: &'static str,
    word: &'static str,
    text: &'static str,
    stage: Stage,
    says: Says,
    why: &'static str,
) -> Row {
    Row { code, word, text, stage: Some(stage), says, why }
}

/// The table.
pub const TABLE: &[Row] = &[
    row(
        "WRONGPASS",
        "",
        "invalid username-password pair or user is disabled.",
        Login,
        Refused(Meaning::Both),
        "deleted, disabled, never issued or a wrong password: the wire does not tell, and no log does",
    ),
    row(
        EOF,
        "",
        "",
        Open,
        Refused(Meaning::Dead),
        "the server closes the connections of a deleted user without a word: counts only while the control's session lives",
    ),
    row("NOAUTH", "", "*", Login, Nothing, "nobody logged in: says nothing of the credential"),
    row(
        "ERR",
        "max-clients",
        "max number of clients reached",
        Login,
        Nothing,
        "too many clients: the password was not looked at",
    ),
    row(
        "DENIED",
        "protected-mode",
        "*",
        Login,
        Nothing,
        "the server takes nobody from elsewhere: the password was not looked at",
    ),
    row(
        "NOPERM",
        "command",
        "User {user} has no permissions to run the '*' command",
        Scope,
        Denied,
        "no right to this command",
    ),
    row("NOPERM", "key", "No permissions to access a key", Scope, Denied, "no right to this key"),
    row("NOPERM", "channel", "No permissions to access a channel", Scope, Denied, "no right to this channel"),
];

/// An error answer as an observation. `user` is who asked: the server's text must name it.
pub fn observe(code: &str, text: &str, stage: Stage, user: &str) -> Saw {
    codes::observe(TABLE, code, text, stage, user)
}

/// A connection that ended without a word. On an open session that is how a deleted user's ends; at login it is nothing.
pub fn ended(stage: Stage, words: &str) -> Saw {
    match stage {
        Open => observe(EOF, "", Open, ""),
        Login | Scope => Saw::Unreachable { why: words.into() },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn see(code: &str, text: &str, stage: Stage) -> Saw {
        observe(code, text, stage, "u")
    }

    #[test]
    fn only_wrongpass_refuses_a_login() {
        let refused = see("WRONGPASS", TABLE[0].text, Login);
        assert_eq!(refused, Saw::Refused { code: "WRONGPASS".into(), meaning: Meaning::Both });
        for (code, text) in [
            ("NOAUTH", "Authentication required."),
            ("ERR", "max number of clients reached"),
            ("ERR", "something else"),
            ("DENIED", "Valkey is running in protected mode"),
            ("LOADING", "Valkey is loading the dataset in memory"),
            ("BUSY", "Valkey is busy running a script."),
            ("NOPERM", "No permissions to access a key"),
            ("WRONGPASS", "or perhaps not"),
            ("EOF", ""),
            ("MASTERDOWN", "Link with MASTER is down"),
        ] {
            assert!(matches!(see(code, text, Login), Saw::Unclassified { .. }), "{code} {text}");
        }
    }

    #[test]
    fn a_code_counts_only_at_its_stage() {
        for stage in [Open, Scope] {
            assert!(matches!(see("WRONGPASS", TABLE[0].text, stage), Saw::Unclassified { .. }));
        }
        for text in ["No permissions to access a key", "No permissions to access a channel"] {
            assert!(see("NOPERM", text, Scope).is_acceptance());
            assert!(matches!(see("NOPERM", text, Open), Saw::Unclassified { .. }));
        }
    }

    #[test]
    fn a_missing_right_names_the_user() {
        let text = "User u has no permissions to run the 'flushall' command";
        assert_eq!(see("NOPERM", text, Scope), Saw::Denied { code: "NOPERM command".into() });
        for other in [
            "User v has no permissions to run the 'flushall' command",
            "User u has no permissions to run the 'flushall' command, perhaps",
            "User u has no permissions",
        ] {
            assert!(matches!(see("NOPERM", other, Scope), Saw::Unclassified { .. }), "{other}");
        }
    }

    #[test]
    fn an_end_without_a_word_ends_an_open_session_only() {
        assert!(matches!(ended(Open, "end of file"), Saw::Refused { meaning: Meaning::Dead, .. }));
        for stage in [Login, Scope] {
            assert_eq!(ended(stage, "end of file"), Saw::Unreachable { why: "end of file".into() });
        }
    }

    #[test]
    fn no_row_stands_twice() {
        for (i, a) in TABLE.iter().enumerate() {
            assert!(!TABLE[i + 1..].iter().any(|b| (a.code, a.text, a.stage) == (b.code, b.text, b.stage)), "{a:?}");
        }
    }
}
