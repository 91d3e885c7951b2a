//! The closed table of codes: what PostgreSQL's answers can mean. All else is unclassified and passes nothing.
//!
//! SQLSTATE alone does not tell: 28000 is `NOLOGIN` or a missing line in `pg_hba.conf`, 53300 comes before or after the password.
//! The routine that raised the error does. Measured on PostgreSQL 17.

use crate::backend::Says;
use crate::observation::{Meaning, Saw, Stage};

/// One row: SQLSTATE, routine (`*` any), stage, meaning, and why for `drill explain`.
#[derive(Debug, Clone, Copy)]
pub struct Row {
    /// SQLSTATE.
    pub sqlstate: &'static str,
    /// The server's routine that raised it.
    pub routine: &'static str,
    /// When it came.
    pub stage: Stage,
    /// What it can mean.
    pub says: Says,
    /// For people.
    pub why: &'static str,
}

const fn row(sqlstate: &'static str, routine: &'static str, stage: Stage, says: Says, why: &'static str) -> Row {
    Row { sqlstate, routine, stage, says, why }
}

use Says::{Denied, Nothing, Refused};
use Stage::{Login, Open, Scope};

/// The table.
pub const TABLE: &[Row] = &[
    row(
        "28P01",
        "auth_failed",
        Login,
        Refused(Meaning::Both),
        "dropped, expired, never issued or a wrong password: the wire does not tell, the server's log does",
    ),
    row(
        "28000",
        "InitializeSessionUserId",
        Login,
        Refused(Meaning::Both),
        "the role may not log in (NOLOGIN), or does not exist under trust",
    ),
    row(
        "28000",
        "ClientAuthentication",
        Login,
        Nothing,
        "pg_hba.conf has no line for this client, or rejects it: says nothing of the credential",
    ),
    row("28000", "auth_failed", Login, Nothing, "ident or peer: the password was not asked"),
    row("3D000", "InitPostgres", Login, Denied, "the password was accepted; no such database"),
    row("42501", "CheckMyDatabase", Login, Denied, "the password was accepted; no right to connect to this database"),
    row("55000", "CheckMyDatabase", Login, Denied, "the password was accepted; the database takes no connections"),
    row(
        "53300",
        "InitializeSessionUserId",
        Login,
        Denied,
        "the password was accepted; too many connections of this role",
    ),
    row("53300", "CheckMyDatabase", Login, Denied, "the password was accepted; too many connections to this database"),
    row("53300", "InitPostgres", Login, Denied, "the password was accepted; the last slots are reserved"),
    row("53300", "InitProcess", Login, Nothing, "too many clients: the password was not looked at"),
    row("57P03", "*", Login, Nothing, "starting up or shutting down"),
    row(
        "57P01",
        "ProcessInterrupts",
        Open,
        Refused(Meaning::Dead),
        "terminated by an administrator, or a fast shutdown: counts only while the control's session lives",
    ),
    row("57P01", "secure_read", Open, Nothing, "the whole server was killed under the session"),
    row("57P05", "*", Open, Nothing, "idle-session time-out"),
    row("42501", "aclcheck_error", Scope, Denied, "no right to this object"),
    row("42501", "CreateRole", Scope, Denied, "no right to create roles"),
    row("42501", "AlterRole", Scope, Denied, "no right to alter this role"),
    row("42501", "DropRole", Scope, Denied, "no right to drop this role"),
    row("42501", "check_role_membership_authorization", Scope, Denied, "no right to grant this role"),
    row("42501", "check_role_grantor", Scope, Denied, "no right to grant this role"),
    row("42501", "createdb", Scope, Denied, "no right to create databases"),
    row("42501", "DoCopy", Scope, Denied, "no right to copy from files or programs"),
    row("42501", "set_config_with_handle", Scope, Denied, "no right to set this parameter"),
    row("42501", "set_config_option_ext", Scope, Denied, "no right to set this parameter"),
];

/// Looks an answer up.
pub fn says(sqlstate: &str, routine: &str, stage: Stage) -> Option<Says> {
    TABLE
        .iter()
        .find(|r| r.sqlstate == sqlstate && r.stage == stage && (r.routine == "*" || r.routine == routine))
        .map(|r| r.says)
}

/// An error answer as an observation. `message` is the server's own text, for what the table does not know.
pub fn observe(sqlstate: &str, routine: &str, stage: Stage, message: &str) -> Saw {
    let code = format!("{sqlstate} {routine}");
    match says(sqlstate, routine, stage) {
        Some(Refused(meaning)) => Saw::Refused { code, meaning },
        Some(Denied) => Saw::Denied { code },
        Some(Nothing) => Saw::Unclassified { what: format!("{code}: {message} (says nothing of the credential)") },
        None => Saw::Unclassified { what: format!("{code}: {message}") },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_listed_codes_refuse() {
        for (code, routine) in [
            ("28000", "ClientAuthentication"),
            ("53300", "InitProcess"),
            ("57P03", "BackendInitialize"),
            ("XX000", "auth_failed"),
            ("28P01", "somewhere_else"),
        ] {
            assert!(matches!(observe(code, routine, Login, "m"), Saw::Unclassified { .. }), "{code} {routine}");
        }
        assert!(matches!(observe("28P01", "auth_failed", Login, "m"), Saw::Refused { meaning: Meaning::Both, .. }));
        assert!(matches!(observe("28000", "InitializeSessionUserId", Login, "m"), Saw::Refused { .. }));
    }

    #[test]
    fn a_code_counts_only_at_its_stage() {
        assert!(matches!(observe("28P01", "auth_failed", Open, "m"), Saw::Unclassified { .. }));
        assert!(matches!(observe("57P01", "ProcessInterrupts", Login, "m"), Saw::Unclassified { .. }));
        assert!(matches!(observe("42501", "aclcheck_error", Login, "m"), Saw::Unclassified { .. }));
    }

    #[test]
    fn what_comes_after_the_password_is_an_acceptance() {
        for (code, routine) in [
            ("3D000", "InitPostgres"),
            ("42501", "CheckMyDatabase"),
            ("53300", "InitializeSessionUserId"),
            ("53300", "CheckMyDatabase"),
            ("55000", "CheckMyDatabase"),
            ("53300", "InitPostgres"),
        ] {
            assert!(observe(code, routine, Login, "m").is_acceptance(), "{code} {routine}");
        }
    }

    #[test]
    fn no_pair_stands_twice() {
        for (i, a) in TABLE.iter().enumerate() {
            assert!(
                !TABLE[i + 1..].iter().any(|b| (a.sqlstate, a.routine, a.stage) == (b.sqlstate, b.routine, b.stage)),
                "{a:?}"
            );
        }
    }
}
