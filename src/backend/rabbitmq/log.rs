//! The broker's own reason for a refusal: on the wire a deleted user and a wrong password look alike, in its log stands the deletion.

use crate::backend::{Cause, LoggedRefusal};
use crate::environment::LogLine;
use jiff::{SignedDuration, Timestamp};
use std::collections::BTreeMap;

/// One entry per line, so that what belongs together is not torn.
pub const FORMAT: &str = "log.console.formatter = json\n";

/// How a refused login ends at either door; the code as an observation's begins.
const REFUSED: [(&str, &str); 2] = [("PLAIN login refused: user '", "403"), ("HTTP access denied: user '", "401")];
const DELETED: &str = "Deleted user '";
/// A connection that goes because its user does: what stands before the user's name, what behind it.
const CLOSED: (&str, &str) = ("Closing connection <", "' is deleted\"");
/// The broker deletes a user first, and writes that down a moment later.
const WRITTEN_LATER: SignedDuration = SignedDuration::from_millis(250);

/// All refused logins of the log and all connections that it closed with their user, in order. A refusal of a deleted user names the
/// deletion.
pub fn refusals(lines: &[LogLine]) -> Vec<LoggedRefusal> {
    let entries: Vec<(Timestamp, String)> = lines.iter().filter_map(|line| entry(&line.text)).collect();
    let mut deletions: BTreeMap<&str, Vec<Timestamp>> = BTreeMap::new();
    for (at, text) in &entries {
        if let Some(name) = text.strip_prefix(DELETED).and_then(|rest| rest.strip_suffix('\'')) {
            deletions.entry(name).or_default().push(*at);
        }
    }
    let deleted = |name: &str, at: Timestamp| {
        deletions.get(name).is_some_and(|all| all.iter().any(|deletion| *deletion <= at + WRITTEN_LATER))
    };
    let mut found = Vec::new();
    for (at, text) in &entries {
        // An entry's first line says which connection, its last one why.
        let reason = text.lines().last().unwrap_or_default().trim();
        let mut add = |name: &str, code: &str, text: String, cause| {
            found.push(LoggedRefusal { at: *at, name: name.into(), code: code.into(), text, cause });
        };
        for (begins, code) in REFUSED {
            let Some((name, _)) = reason.strip_prefix(begins).and_then(|rest| rest.split_once('\'')) else { continue };
            if deleted(name, *at) {
                add(name, code, format!("{DELETED}{name}'; {reason}"), Cause::Gone);
            } else {
                add(name, code, reason.to_string(), Cause::Unknown);
            }
        }
        if let Some(rest) = reason.strip_prefix(CLOSED.0).and_then(|rest| rest.strip_suffix(CLOSED.1))
            && let Some((_, name)) = rest.split_once("\"user '")
        {
            add(name, "320", reason.to_string(), Cause::Gone);
        }
    }
    found
}

/// Time and text of an entry.
fn entry(line: &str) -> Option<(Timestamp, String)> {
    let entry: serde_json::Value = serde_json::from_str(line).ok()?;
    let time = entry["time"].as_str()?.replacen(' ', "T", 1);
    Some((time.parse().ok()?, entry["msg"].as_str()?.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusals_of(lines: &[&str]) -> Vec<LoggedRefusal> {
        let lines: Vec<LogLine> = lines.iter().map(|t| LogLine { stderr: false, text: (*t).into() }).collect();
        refusals(&lines)
    }

    const WRONG: &str = r#"{"time":"2026-11-25 08:53:44.768352+00:00","level":"error","msg":"Error on AMQP connection <0.673.0> (192.168.192.1:58262 -> 192.168.192.2:5672, state: starting):\nPLAIN login refused: user 't1' - invalid credentials","pid":"<0.673.0>"}"#;
    const HTTP: &str = r#"{"time":"2026-11-25 08:53:44.774239+00:00","level":"warning","msg":"HTTP access denied: user 't1' - invalid credentials","pid":"<0.684.0>"}"#;
    const GONE: &str =
        r#"{"time":"2026-11-25 08:53:44.760000+00:00","level":"info","msg":"Deleted user 't1'","pid":"<0.1.0>"}"#;

    #[test]
    fn the_deletion_is_the_reason_at_both_doors() {
        let found = refusals_of(&["  ##  ##  RabbitMQ", GONE, WRONG, HTTP]);
        let told: Vec<_> = found.iter().map(|r| (r.code.as_str(), r.name.as_str(), r.cause)).collect();
        assert_eq!(told, [("403", "t1", Cause::Gone), ("401", "t1", Cause::Gone)]);
        assert_eq!(found[0].text, "Deleted user 't1'; PLAIN login refused: user 't1' - invalid credentials");
        assert_eq!(found[0].at.to_string(), "2026-11-25T08:53:44.768352Z");
    }

    #[test]
    fn without_a_deletion_the_log_does_not_tell() {
        let unknown = |lines: &[&str]| refusals_of(lines).iter().all(|r| r.cause == Cause::Unknown);
        assert!(unknown(&[WRONG, HTTP]));
        assert!(unknown(&[&GONE.replace("t1", "t2"), WRONG]));
        // Written down a moment after the first refusal it is still the same deletion; much later it is another story.
        assert!(!unknown(&[WRONG, &GONE.replace("44.76", "44.90")]));
        assert!(unknown(&[WRONG, &GONE.replace("44.76", "45.76")]));
    }

    #[test]
    fn a_connection_that_goes_with_its_user() {
        let closed = r#"{"time":"2026-11-25 08:51:05.998973+00:00","level":"info","msg":"Closing connection <0.848.0> because \"user 't1' is deleted\"","pid":"<0.891.0>"}"#;
        let found = refusals_of(&[closed, &closed.replace("user 't1' is deleted", "shutdown")]);
        assert_eq!(found.len(), 1);
        assert_eq!((found[0].name.as_str(), found[0].code.as_str(), found[0].cause), ("t1", "320", Cause::Gone));
    }
}
