//! `drill explain CHECK|CODE`: what a check, an exit code or a backend's code means, and what to do.

mod checks;

use crate::backend::postgres::codes;
use crate::exit::Exit;
use std::fmt::Write;

pub use checks::{CHECKS, Check};

/// The text for an argument, or what there is where it names nothing.
///
/// # Errors
/// Nothing has that name; the message suggests the nearest.
pub fn explain(what: &str) -> Result<String, String> {
    let texts: Vec<String> = [exit_code(what), check(what), backend_code(what)].into_iter().flatten().collect();
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
        let says = match row.says {
            codes::Says::Refused(meaning) => format!("refused ({meaning:?})").to_lowercase(),
            codes::Says::Denied => "accepted, this operation denied".to_owned(),
            codes::Says::Nothing => "says nothing of the credential".to_owned(),
        };
        let routine = if row.routine == "*" { "any routine" } else { row.routine };
        let _ = writeln!(text, "  {routine}: {says}\n      {}", row.why);
    }
    Some(text)
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
