//! The server's own reason for a refusal: on the wire dropped, expired and wrong password look alike, in its log they do not.

use crate::environment::LogLine;
use jiff::Timestamp;

/// `log_line_prefix`; [`parse`] reads it back.
pub const PREFIX: &str = "%m [%p] %q%u@%d/%a/%h %e ";

/// One refusal in the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// When the server wrote it, to the millisecond.
    pub at: Timestamp,
    /// Whose login.
    pub user: String,
    /// SQLSTATE.
    pub code: String,
    /// The DETAIL where there is one, else the message.
    pub text: String,
}

/// How a verifier begins: PostgreSQL logs a failing statement whole, and a new user's verifier is in it, which nobody else ever saw.
const VERIFIER: &str = "SCRAM-SHA-256$";

/// The line without verifiers.
pub fn without_verifiers(line: &str) -> String {
    let mut parts = line.split(VERIFIER);
    let mut clean = parts.next().unwrap_or_default().to_string();
    for part in parts {
        let rest = part.trim_start_matches(|c: char| c.is_ascii_alphanumeric() || "+/=:$".contains(c));
        clean.push_str(crate::secret::PLACEHOLDER);
        clean.push_str(rest);
    }
    clean
}

/// All refused logins of the log, in order.
pub fn refusals(lines: &[LogLine]) -> Vec<Refusal> {
    let mut found: Vec<(String, Refusal)> = Vec::new();
    for line in lines {
        let Some((at, pid, user, rest)) = parse(&line.text) else {
            continue;
        };
        if let Some(message) = rest.split_once("FATAL:  ").map(|(_, m)| m) {
            let code = rest
                .split_once("FATAL:")
                .and_then(|(head, _)| head.split_whitespace().last())
                .unwrap_or_default()
                .to_string();
            found.push((pid.to_string(), Refusal { at, user: user.to_string(), code, text: message.to_string() }));
        } else if let Some(detail) = rest.split_once("DETAIL:  ").map(|(_, d)| d) {
            // A SCRAM mismatch has only the matching line of pg_hba.conf: the message says more.
            if detail.starts_with("Connection matched") {
                continue;
            }
            if let Some((_, refusal)) = found.iter_mut().rev().find(|(p, _)| p == pid) {
                refusal.text = detail.to_string();
            }
        }
    }
    found.into_iter().map(|(_, refusal)| refusal).collect()
}

/// Time, pid, user and the rest of a line with our prefix.
fn parse(line: &str) -> Option<(Timestamp, &str, &str, &str)> {
    let (time, rest) = line.split_once(" UTC [")?;
    let at = format!("{}Z", time.replacen(' ', "T", 1)).parse().ok()?;
    let (pid, rest) = rest.split_once("] ")?;
    let (user, rest) = rest.split_once('@')?;
    Some((at, pid, user, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_verifier_is_taken_out_and_nothing_else() {
        let line = "STATEMENT:  CREATE ROLE \"v\" PASSWORD 'SCRAM-SHA-256$4096:c2FsdA==$c3RvcmVk+/=:c2VydmVy=' VALID UNTIL 'x'";
        assert_eq!(without_verifiers(line), "STATEMENT:  CREATE ROLE \"v\" PASSWORD '[redacted]' VALID UNTIL 'x'");
        assert_eq!(without_verifiers("LOG:  nothing"), "LOG:  nothing");
    }

    #[test]
    fn the_detail_is_the_reason() {
        let lines: Vec<LogLine> = [
            "2026-11-24 06:42:17.101 UTC [77] v-x@app/[unknown]/172.18.0.1 28P01 FATAL:  password authentication failed for user \"v-x\"",
            "2026-11-24 06:42:17.101 UTC [77] v-x@app/[unknown]/172.18.0.1 28P01 DETAIL:  Role \"v-x\" does not exist.",
            "2026-11-24 06:42:17.103 UTC [78] b@app/[unknown]/172.18.0.1 28P01 FATAL:  password authentication failed for user \"b\"",
            "2026-11-24 06:42:17.103 UTC [78] b@app/[unknown]/172.18.0.1 28P01 DETAIL:  Connection matched file \"/x\" line 9: \"host all all all scram-sha-256\"",
            "garbage",
        ]
        .iter()
        .map(|t| LogLine { stderr: true, text: (*t).into() })
        .collect();
        let found = refusals(&lines);
        assert_eq!(found.len(), 2);
        assert_eq!(found[0].text, "Role \"v-x\" does not exist.");
        assert_eq!(found[1].text, "password authentication failed for user \"b\"");
        assert_eq!(found[0].code, "28P01");
        assert_eq!(found[0].at.to_string(), "2026-11-24T06:42:17.101Z");
    }
}
