//! The closed table of codes: what RabbitMQ's answers can mean. All else is unclassified and passes nothing.
//!
//! The code alone does not tell: 403 is a refused login or a missing right, 320 a deleted user or a broker that shuts down, 401 a dead
//! credential or a living one without a tag. The text does, whole and with the user's name; RabbitMQ does not translate it.
//! Measured on RabbitMQ 4.0.

use super::{AMQP, MANAGEMENT};
use crate::backend::Says;
use crate::observation::{Meaning, Saw, Stage};

/// One row: door, code, the server's text (`{user}` and `{vhost}` are filled in, `*` is anything), stage, meaning, and why for
/// `drill explain`.
#[derive(Debug, Clone, Copy)]
pub struct Row {
    /// At which door.
    pub door: &'static str,
    /// AMQP's reply code, or the HTTP status.
    pub code: u16,
    /// What the text says, in a word.
    pub word: &'static str,
    /// The text.
    pub text: &'static str,
    /// When it came.
    pub stage: Stage,
    /// What it can mean.
    pub says: Says,
    /// For people.
    pub why: &'static str,
}

use Says::{Denied, Nothing, Refused};
use Stage::{Login, Open, Scope};

const fn amqp(code: u16, word: &'static str, text: &'static str, stage: Stage, says: Says, why: &'static str) -> Row {
    Row { door: AMQP, code, word, text, stage, says, why }
}

const fn http(word: &'static str, text: &'static str, says: Says, why: &'static str) -> Row {
    Row { door: MANAGEMENT, code: 401, word, text, stage: Login, says, why }
}

/// The table.
pub const TABLE: &[Row] = &[
    amqp(
        403,
        "login-refused",
        "ACCESS_REFUSED - Login was refused using authentication mechanism PLAIN. For details see the broker logfile.",
        Login,
        Refused(Meaning::Both),
        "deleted, never issued or a wrong password: the wire does not tell, the broker's log has the deletion",
    ),
    amqp(
        530,
        "vhost-refused",
        "NOT_ALLOWED - access to vhost '{vhost}' refused for user '{user}'",
        Login,
        Denied,
        "the password was accepted; no permission in this virtual host",
    ),
    amqp(
        530,
        "no-vhost",
        "NOT_ALLOWED - vhost {vhost} not found",
        Login,
        Denied,
        "the password was accepted; no such virtual host",
    ),
    amqp(
        530,
        "user-limit",
        "NOT_ALLOWED - connection refused for user '{user}': user connection limit (*) is reached",
        Login,
        Denied,
        "the password was accepted; this user has too many connections",
    ),
    amqp(
        530,
        "vhost-limit",
        "NOT_ALLOWED - access to vhost '{vhost}' refused for user '{user}': connection limit (*) is reached",
        Login,
        Denied,
        "the password was accepted; the virtual host has too many connections",
    ),
    amqp(
        320,
        "user-deleted",
        "CONNECTION_FORCED - user '{user}' is deleted",
        Open,
        Refused(Meaning::Dead),
        "the connection was closed because this very user was deleted",
    ),
    amqp(
        320,
        "user-deleted",
        "CONNECTION_FORCED - user '{user}' is deleted",
        Login,
        Refused(Meaning::Dead),
        "the same while the login went on: it was let in, and closed because this very user was deleted",
    ),
    amqp(
        320,
        "shutdown",
        "CONNECTION_FORCED - broker forced connection closure with reason 'shutdown'",
        Open,
        Nothing,
        "the broker shuts down: everybody's connection is closed",
    ),
    amqp(
        320,
        "closed-by-hand",
        "CONNECTION_FORCED - Closed via management plugin",
        Open,
        Nothing,
        "somebody closed the connection; the user lives",
    ),
    amqp(
        403,
        "access-refused",
        "ACCESS_REFUSED - * access to * in vhost '{vhost}' refused for user '{user}'",
        Scope,
        Denied,
        "no right to this exchange or queue: closes the channel, not the connection",
    ),
    http(
        "not-authorized",
        "not_authorized: Not_Authorized",
        Refused(Meaning::Both),
        "deleted, never issued or a wrong password: the wire does not tell, the broker's log has the deletion",
    ),
    http(
        "no-management-user",
        "not_authorised: Not management user",
        Denied,
        "the password was accepted; the user has no tag that lets it in here",
    ),
];

/// Who asked, and where: what the server's text must name.
#[derive(Debug, Clone)]
pub struct Asked {
    /// The user.
    pub user: String,
    /// The virtual host.
    pub vhost: String,
}

/// Looks an answer up.
pub fn row(door: &str, code: u16, text: &str, stage: Stage, asked: &Asked) -> Option<&'static Row> {
    TABLE.iter().find(|r| r.door == door && r.code == code && r.stage == stage && reads(r.text, text, asked))
}

/// Whether a text is what a pattern says: all of it, with these names.
fn reads(pattern: &str, text: &str, asked: &Asked) -> bool {
    let filled = |part: &str| part.replace("{user}", &asked.user).replace("{vhost}", &asked.vhost);
    let mut parts = pattern.split('*');
    let Some(mut rest) = parts.next().and_then(|first| text.strip_prefix(&filled(first))) else { return false };
    let parts: Vec<String> = parts.map(filled).collect();
    let Some((last, between)) = parts.split_last() else { return rest.is_empty() };
    for part in between {
        let Some((_, after)) = rest.split_once(part.as_str()) else { return false };
        rest = after;
    }
    rest.ends_with(last.as_str())
}

/// An error answer as an observation.
pub fn observe(door: &str, code: u16, text: &str, stage: Stage, asked: &Asked) -> Saw {
    let Some(row) = row(door, code, text, stage, asked) else {
        return Saw::Unclassified { what: format!("{code}: {text}") };
    };
    let code = format!("{code} {}", row.word);
    let said = format!("{code}: {text}");
    row.says.observed(code, &said)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn see(door: &str, code: u16, text: &str, stage: Stage) -> Saw {
        observe(door, code, text, stage, &Asked { user: "u".into(), vhost: "app".into() })
    }

    #[test]
    fn a_closed_connection_counts_only_with_the_users_name() {
        let deleted = see(AMQP, 320, "CONNECTION_FORCED - user 'u' is deleted", Open);
        assert_eq!(deleted, Saw::Refused { code: "320 user-deleted".into(), meaning: Meaning::Dead });
        for text in [
            "CONNECTION_FORCED - user 'v' is deleted",
            "CONNECTION_FORCED - broker forced connection closure with reason 'shutdown'",
            "CONNECTION_FORCED - Closed via management plugin",
            "CONNECTION_FORCED - user 'u' is deleted, perhaps",
        ] {
            assert!(matches!(see(AMQP, 320, text, Open), Saw::Unclassified { .. }), "{text}");
        }
    }

    #[test]
    fn a_code_counts_only_at_its_stage_and_door() {
        let login = TABLE[0].text;
        assert!(matches!(see(AMQP, 403, login, Login), Saw::Refused { meaning: Meaning::Both, .. }));
        for (door, stage) in [(AMQP, Open), (AMQP, Scope), (MANAGEMENT, Login)] {
            assert!(matches!(see(door, 403, login, stage), Saw::Unclassified { .. }));
        }
        let scope = "ACCESS_REFUSED - write access to exchange 'payroll' in vhost 'app' refused for user 'u'";
        assert_eq!(see(AMQP, 403, scope, Scope), Saw::Denied { code: "403 access-refused".into() });
        assert!(matches!(see(AMQP, 403, scope, Login), Saw::Unclassified { .. }));
        assert!(matches!(see(AMQP, 403, &scope.replace("'u'", "'v'"), Scope), Saw::Unclassified { .. }));
    }

    #[test]
    fn a_living_credential_without_a_tag_is_no_dead_one() {
        assert!(see(MANAGEMENT, 401, "not_authorised: Not management user", Login).is_acceptance());
        assert!(matches!(see(MANAGEMENT, 401, "not_authorized: Not_Authorized", Login), Saw::Refused { .. }));
        let local = see(MANAGEMENT, 401, "not_authorised: User can only log in via localhost", Login);
        assert!(matches!(local, Saw::Unclassified { .. }));
    }

    #[test]
    fn what_comes_after_the_password_is_an_acceptance() {
        for row in TABLE.iter().filter(|r| r.code == 530) {
            let text = row.text.replace("{user}", "u").replace("{vhost}", "app").replace('*', "0");
            assert!(see(AMQP, 530, &text, Login).is_acceptance(), "{text}");
        }
    }

    #[test]
    fn no_row_stands_twice() {
        for (i, a) in TABLE.iter().enumerate() {
            assert!(
                !TABLE[i + 1..].iter().any(|b| (a.door, a.code, a.word, a.stage) == (b.door, b.code, b.word, b.stage)),
                "{a:?}"
            );
        }
    }
}
