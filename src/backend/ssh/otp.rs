//! The closed table of an sshd that takes one-time passwords: sshd has one refusal for all, so the fixed texts of the script that PAM runs
//! take the place of codes. They come as the instruction of a dialogue without a question; localised text is none of them.

use super::codes::Row;
use crate::backend::Says;
use crate::observation::{Meaning, Saw, Stage};

use Says::{Nothing, Refused};

/// OpenBao does not know the password (any more): spent, revoked, expired, or never issued. It has one answer for all.
pub const NOT_FOUND: &str = "otp refused: not found";
/// OpenBao knows it, and it is for somebody else. It is spent all the same.
pub const ANOTHER_USER: &str = "otp refused: issued for another user";
/// How the script begins where OpenBao gave no answer, or one that is neither.
pub const UNDECIDED: &str = "otp undecided: ";
/// The way to go on that sshd names.
const KEYBOARD: &str = "keyboard-interactive";

/// The table; what is said of keys and certificates does not come here.
pub const TABLE: &[Row] = &[
    Row {
        code: NOT_FOUND,
        stage: Stage::Login,
        says: Refused(Meaning::Both),
        why: "spent, revoked, expired or never issued: OpenBao has one answer for all of them",
    },
    Row {
        code: ANOTHER_USER,
        stage: Stage::Login,
        says: Refused(Meaning::Bogus),
        why: "OpenBao knew it, for another user: it was alive, and is spent now",
    },
    Row {
        code: "otp undecided",
        stage: Stage::Login,
        says: Nothing,
        why: "OpenBao is sealed, silent or not there: nobody is let in, and nothing is known of the password",
    },
    Row {
        code: "no reason",
        stage: Stage::Login,
        says: Nothing,
        why: "refused without one of the script's texts: it was not asked, or something else refuses",
    },
    Row {
        code: "closed before the key exchange",
        stage: Stage::Login,
        says: Nothing,
        why: "a penalty for earlier refusals, too many connections, or a server that is not there: nobody looked at the password",
    },
];

/// A login that was not accepted: what the script said, and the ways to go on that the server names.
pub fn refused(said: &str, ways: &[&str], partial: bool) -> Saw {
    let unclassified = |what: String| Saw::Unclassified { what };
    if partial || ways != [KEYBOARD] {
        return unclassified(format!("Permission denied ({})", ways.join(",")));
    }
    match said.trim_end_matches('\n') {
        NOT_FOUND => Saw::Refused { code: NOT_FOUND.into(), meaning: Meaning::Both },
        ANOTHER_USER => Saw::Refused { code: ANOTHER_USER.into(), meaning: Meaning::Bogus },
        undecided if undecided.starts_with(UNDECIDED) => unclassified(undecided.into()),
        "" => unclassified("no reason".into()),
        other => unclassified(format!("another text: {other}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_fixed_texts_refuse() {
        let way: &[&str] = &[KEYBOARD];
        let both = Saw::Refused { code: NOT_FOUND.into(), meaning: Meaning::Both };
        assert_eq!(refused("otp refused: not found\n", way, false), both);
        let bogus = Saw::Refused { code: ANOTHER_USER.into(), meaning: Meaning::Bogus };
        assert_eq!(refused("otp refused: issued for another user\n", way, false), bogus);
        let nothing = [
            "",
            "otp undecided: verifier answered rc=28 http=000\n",
            "otp undecided: otp refused: not found",
            "otp refused: not found, or so",
            "OTP refused: not found",
            "Einmalpasswort unbekannt",
            "otp accepted\n",
        ];
        for said in nothing {
            assert!(matches!(refused(said, way, false), Saw::Unclassified { .. }), "{said}");
        }
        for ways in [&[][..], &["publickey"], &["publickey", "keyboard-interactive"], &["password"]] {
            assert!(matches!(refused(NOT_FOUND, ways, false), Saw::Unclassified { .. }), "{ways:?}");
        }
        assert!(matches!(refused(NOT_FOUND, way, true), Saw::Unclassified { .. }), "something more is asked for");
    }
}
