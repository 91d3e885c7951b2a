//! `drill explain CHECK|CODE`: what a check, an exit code or a backend's code means, and what to do.

mod checks;

use crate::backend::Says;
use crate::backend::codes::Told;
use crate::backend::postgres::codes;
use crate::backend::{influxdb, mariadb, minio, nginx, rabbitmq, ssh, valkey};
use crate::exit::Exit;
use std::fmt::Write;

pub use checks::{CHECKS, Check};

/// The text for an argument, or what there is where it names nothing.
///
/// # Errors
/// Nothing has that name; the message suggests the nearest.
pub fn explain(what: &str) -> Result<String, String> {
    let texts: Vec<String> = [
        exit_code(what),
        check(what),
        backend_code(what),
        brokers_code(what),
        certificates_code(what),
        shells_code(what),
        mariadb_code(what),
        texts(valkey::codes::TABLE, "Valkey", what),
        texts(influxdb::codes::TABLE, "InfluxDB", what),
        texts(minio::codes::TABLE, "MinIO", what),
    ]
    .into_iter()
    .flatten()
    .collect();
    if texts.is_empty() { Err(unknown(what)) } else { Ok(texts.join("\n")) }
}

fn exit_code(what: &str) -> Option<String> {
    let code: u8 = what.strip_prefix("exit ").unwrap_or(what).parse().ok()?;
    let exit = Exit::ALL.into_iter().find(|e| *e as u8 == code)?;
    let (means, then) = exit.text();
    Some(format!("exit code {code}\n  means   {means}\n  do      {then}\n"))
}

/// Takes whole ids as reports print them: `postgres/revoke/trigger.sessions@idle`.
fn check(what: &str) -> Option<String> {
    let name = what.rsplit('/').next().unwrap_or(what);
    let name = name.split('@').next().unwrap_or(name);
    let check = CHECKS.iter().find(|c| c.id == name)?;
    let mut text = format!("check {}\n  claims  {}\n", check.id, check.claims);
    let _ = writeln!(text, "  red     {}", check.red);
    let _ = writeln!(text, "  do      {}", check.then);
    Some(text)
}

fn backend_code(what: &str) -> Option<String> {
    let mut words = what.split_whitespace();
    let (code, routine) = (words.next()?, words.next());
    let rows = codes::TABLE.iter().filter(|r| r.sqlstate.eq_ignore_ascii_case(code));
    let rows: Vec<_> = rows.filter(|r| routine.is_none_or(|asked| asked == r.routine || r.routine == "*")).collect();
    let first = rows.first()?;
    let mut text = format!("code {} of PostgreSQL\n", first.sqlstate);
    for row in rows {
        let routine = if row.routine == "*" { "any routine" } else { row.routine };
        let _ = writeln!(text, "  {routine}: {}\n      {}", says(row.says), row.why);
    }
    Some(text)
}

fn brokers_code(what: &str) -> Option<String> {
    let mut words = what.split_whitespace();
    let (code, word) = (words.next()?.parse::<u16>().ok()?, words.next());
    let rows = rabbitmq::codes::TABLE.iter().filter(|r| r.code == code && word.is_none_or(|asked| asked == r.word));
    let rows: Vec<_> = rows.collect();
    let first = rows.first()?;
    let mut text = format!("code {} of RabbitMQ\n", first.code);
    for row in rows {
        let _ = writeln!(text, "  {} at {}: {}\n      {}", row.word, row.door, says(row.says), row.why);
    }
    Some(text)
}

/// The words come with blanks: all of the argument names them.
fn certificates_code(what: &str) -> Option<String> {
    let words = what.strip_prefix("FAILED:").unwrap_or(what).trim();
    let row = nginx::codes::TABLE.iter().find(|r| r.verify.eq_ignore_ascii_case(words))?;
    Some(format!("code {} of nginx\n  {}\n      {}\n", row.verify, says(row.says), row.why))
}

/// Refusals in `ssh`'s own words; an exit status stands in a range.
fn shells_code(what: &str) -> Option<String> {
    let status: Option<u8> = what.trim().strip_prefix("exit ").and_then(|n| n.parse().ok());
    let is_it = |code: &str| match status {
        Some(status) => ssh::codes::is_of(code, status),
        None => code.eq_ignore_ascii_case(what.trim()),
    };
    let row = ssh::codes::TABLE.iter().find(|r| is_it(r.code))?;
    Some(format!("code {} of sshd\n  {}\n      {}\n", row.code, says(row.says), row.why))
}

/// Tables whose texts tell.
fn texts<'a, R: 'a>(table: &'a [R], product: &str, what: &str) -> Option<String>
where
    Told: From<&'a R>,
{
    crate::backend::codes::explain(table.iter().map(Told::from), product, what, says)
}

fn mariadb_code(what: &str) -> Option<String> {
    let code: u16 = what.trim().parse().ok()?;
    let rows: Vec<_> = mariadb::codes::TABLE.iter().filter(|r| r.code == code).collect();
    let mut text = format!("code {} of MariaDB\n", rows.first()?.code);
    for row in rows {
        let _ = writeln!(text, "  at {:?}: {}\n      {}", row.stage, says(row.says), row.why);
    }
    Some(text)
}

fn says(says: Says) -> String {
    match says {
        Says::Refused(meaning) => format!("refused ({meaning:?})").to_lowercase(),
        Says::Denied => "accepted, this operation denied".to_owned(),
        Says::Nothing => "says nothing of the credential".to_owned(),
    }
}

fn unknown(what: &str) -> String {
    let near = CHECKS
        .iter()
        .map(|c| (strsim::jaro_winkler(c.id, what), c.id))
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .filter(|(likeness, _)| *likeness > 0.8);
    match near {
        Some((_, id)) => format!("nothing is called `{what}`; did you mean `{id}`?"),
        None => format!(
            "nothing is called `{what}`: name a check (`trigger.exposure`), an exit code (`3`) or a backend's code (`28P01`)"
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_check_is_explained_under_its_whole_id() {
        for check in CHECKS {
            let text = explain(&format!("postgres/revoke/{}@login", check.id)).unwrap();
            assert!(text.starts_with(&format!("check {}\n", check.id)), "{text}");
            assert!(check.id.contains('.') && !check.then.is_empty());
        }
    }

    #[test]
    fn the_book_has_every_check_of_the_judge() {
        let judged = crate::verdict::TABLE.iter().map(|(_, id, _)| *id);
        for id in judged {
            assert!(CHECKS.iter().any(|c| c.id == id), "{id}");
        }
    }

    #[test]
    fn exit_codes_and_backend_codes() {
        for exit in Exit::ALL {
            assert!(explain(&(exit as u8).to_string()).unwrap().starts_with("exit code "));
        }
        let text = explain("28p01").unwrap();
        assert!(text.starts_with("code 28P01 of PostgreSQL\n  auth_failed: refused (both)\n"), "{text}");
        let one = explain("53300 InitProcess").unwrap();
        assert!(one.contains("InitProcess: says nothing") && !one.contains("CheckMyDatabase"), "{one}");
        let text = explain("403").unwrap();
        assert!(text.starts_with("code 403 of RabbitMQ\n  login-refused at amqp: refused (both)\n"), "{text}");
        let one = explain("320 user-deleted").unwrap();
        assert!(one.contains("refused (dead)") && !one.contains("shutdown"), "{one}");
    }

    #[test]
    fn what_a_shell_says() {
        let text = explain("permission denied (publickey)").unwrap();
        assert!(text.starts_with("code Permission denied (publickey) of sshd\n  refused (both)\n"), "{text}");
        let text = explain("exit 1").unwrap();
        assert!(text.contains("exit code 1\n") && text.contains("code exit 1 to 125 of sshd\n  accepted"), "{text}");
        assert!(explain("exit 127").unwrap().starts_with("code exit 126 to 255 of sshd\n  says nothing"));
    }

    #[test]
    fn valkeys_codes() {
        let text = explain("wrongpass").unwrap();
        assert!(text.starts_with("code WRONGPASS of Valkey\n  refused (both)\n"), "{text}");
        let one = explain("NOPERM key").unwrap();
        assert!(one.contains("  key: accepted") && !one.contains("channel"), "{one}");
    }

    #[test]
    fn stores_codes() {
        let text = explain("InvalidAccessKeyId").unwrap();
        assert!(text.starts_with("code InvalidAccessKeyId of MinIO\n  at s3: disabled: refused (dead)\n"), "{text}");
        let one = explain("InvalidParameterValue expired").unwrap();
        assert!(one.contains("  at sts: expired: refused (dead)") && !one.contains("signature"), "{one}");
    }

    #[test]
    fn the_words_of_a_certificate() {
        for what in ["certificate revoked", "FAILED:certificate revoked"] {
            let text = explain(what).unwrap();
            assert!(text.starts_with("code certificate revoked of nginx\n  refused (dead)\n"), "{text}");
        }
    }

    #[test]
    fn a_wrong_name_gets_the_nearest() {
        assert_eq!(
            explain("trigger.exposur").unwrap_err(),
            "nothing is called `trigger.exposur`; did you mean `trigger.exposure`?"
        );
        assert!(explain("42").unwrap_err().contains("name a check"));
    }
}
