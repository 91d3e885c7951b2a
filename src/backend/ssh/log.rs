//! The server's own reason for a refusal. sshd writes the reason first, without saying whose it is, and then whom it refused, with the
//! serial. A list's reason names the key; an invalid certificate's names nothing, so that two at a time cannot be told apart and then
//! neither is.

use super::codes::REFUSED;
use crate::backend::Cause;
use crate::environment::LogLine;
use jiff::Timestamp;
use std::collections::{BTreeSet, HashMap};

/// One refusal in the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// When the server wrote it.
    pub at: Timestamp,
    /// The serial of the certificate, or the fingerprint of a plain key.
    pub name: String,
    /// As an observation's code begins.
    pub code: String,
    /// The reason's line, or else the refusal's.
    pub text: String,
    /// What it means.
    pub cause: Cause,
}

const INVALID: &str = "Certificate invalid: ";
const REVOKED: (&str, &str) = ("Authentication key ", " revoked by file ");
const UNCHECKED: &str = "Error checking authentication key ";
const FAILED: &str = "Failed publickey for ";
const ACCEPTED: &str = "Accepted publickey for ";

/// What was said of a key before it was refused.
#[derive(Default)]
struct Said<'a> {
    /// By fingerprint.
    keys: HashMap<&'a str, (&'a str, Cause)>,
    /// Of certificates that were not yet refused.
    certificates: Vec<&'a str>,
}

/// All refused logins of the log, in order. `trusted` are the fingerprints of the authorities whose certificates the server takes.
pub fn refusals(lines: &[LogLine], trusted: &[String]) -> Vec<Refusal> {
    let mut said = Said::default();
    lines.iter().filter_map(|line| said.hear(&line.text, trusted)).collect()
}

impl<'a> Said<'a> {
    fn hear(&mut self, line: &'a str, trusted: &[String]) -> Option<Refusal> {
        let (time, text) = line.split_once(' ')?;
        if text.starts_with(INVALID) {
            self.certificates.push(text);
        } else if let Some(rest) = text.strip_prefix(UNCHECKED) {
            self.keys.insert(after("SHA256:", rest)?, (text, Cause::Unknown));
        } else if text.starts_with(REVOKED.0) && text.contains(REVOKED.1) {
            self.keys.insert(after("SHA256:", text)?, (text, Cause::Barred));
        } else if let Some(rest) = text.strip_prefix(FAILED) {
            return self.refused(micros(time)?, text, rest, trusted);
        }
        None
    }

    /// `deploy from 172.17.0.1 port 37542 ssh2: ED25519-CERT SHA256:… ID id2 (serial 22) CA ED25519 SHA256:…`
    fn refused(&mut self, at: Timestamp, text: &'a str, rest: &'a str, trusted: &[String]) -> Option<Refusal> {
        let key = after("SHA256:", rest)?;
        let (name, foreign) = match certificate(rest) {
            Some((serial, authority)) => (serial.to_string(), !trusted.iter().any(|t| t == authority)),
            None => (key.to_string(), true),
        };
        let (text, cause) = match self.keys.remove(key) {
            Some(said) => said,
            None if foreign => (text, Cause::WrongSecret),
            None => self.invalid().unwrap_or((text, Cause::Unknown)),
        };
        Some(Refusal { at, name, code: REFUSED.into(), text: text.into(), cause })
    }

    /// The reason of the certificate that is refused now, where it can only be this one.
    fn invalid(&mut self) -> Option<(&'a str, Cause)> {
        let first = *self.certificates.first()?;
        if self.certificates.iter().any(|other| *other != first) {
            self.certificates.clear();
            return None;
        }
        self.certificates.remove(0);
        Some((first, if first == "Certificate invalid: expired" { Cause::Expired } else { Cause::Unknown }))
    }
}

/// Serials of the certificates of these authorities that were let in, whoever asked for them.
pub fn accepted(lines: &[LogLine], trusted: &[String]) -> BTreeSet<String> {
    let of = |line: &LogLine| {
        let (serial, authority) = certificate(line.text.split_once(' ')?.1.strip_prefix(ACCEPTED)?)?;
        trusted.iter().any(|t| t == authority).then(|| serial.to_string())
    };
    lines.iter().filter_map(of).collect()
}

/// Serial and authority. The key id is the authority's to choose: they are read from the end.
fn certificate(text: &str) -> Option<(&str, &str)> {
    let (_, end) = text.rsplit_once(" (serial ")?;
    let (serial, authority) = end.split_once(") CA ")?;
    Some((serial, after("SHA256:", authority)?))
}

/// The word that begins so: a fingerprint.
fn after<'a>(start: &str, text: &'a str) -> Option<&'a str> {
    let found = &text[text.find(start)?..];
    Some(found.split(' ').next().unwrap_or(found))
}

/// `1795601513.267540` → a time.
fn micros(text: &str) -> Option<Timestamp> {
    let (seconds, micros) = text.split_once(['.', ','])?;
    let us = seconds.parse::<i64>().ok()?.checked_mul(1_000_000)?.checked_add(micros.parse::<u32>().ok()?.into())?;
    Timestamp::from_microsecond(us).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const CA: &str = "SHA256:own";

    fn seen(lines: &[&str]) -> Vec<(String, Cause)> {
        let lines: Vec<LogLine> =
            lines.iter().map(|l| LogLine { stderr: false, text: format!("1795601513.267540 {l}").into() }).collect();
        refusals(&lines, &[CA.to_string()]).into_iter().map(|r| (r.name, r.cause)).collect()
    }

    fn failed(key: &str, serial: &str, authority: &str) -> String {
        format!(
            "Failed publickey for deploy from 172.17.0.1 port 3 ssh2: ED25519-CERT SHA256:{key} ID a (serial 9) CA b (serial {serial}) CA ED25519 {authority}"
        )
    }

    #[test]
    fn the_reason_is_told_of_whom_it_is() {
        let lines = [
            "Server listening on 0.0.0.0 port 22.",
            "Certificate invalid: expired",
            &failed("a", "22", CA),
            "Authentication key ED25519-CERT SHA256:b revoked by file /drill/run/krl",
            &failed("b", "11", CA),
            "Error checking authentication key ED25519-CERT SHA256:c in revoked keys file /drill/run/krl: No such file or directory",
            &failed("c", "33", CA),
            &failed("d", "22", "SHA256:another"),
            "Failed publickey for deploy from 172.17.0.1 port 3 ssh2: ED25519 SHA256:e",
            "Certificate invalid: name is not a listed principal",
            &failed("f", "44", CA),
            &failed("g", "55", CA),
        ];
        let names = seen(&lines);
        let expected = [
            ("22", Cause::Expired),
            ("11", Cause::Barred),
            ("33", Cause::Unknown),
            ("22", Cause::WrongSecret),
            ("SHA256:e", Cause::WrongSecret),
            ("44", Cause::Unknown),
            ("55", Cause::Unknown),
        ];
        assert_eq!(names, expected.map(|(name, cause)| (name.to_string(), cause)));
    }

    #[test]
    fn who_was_let_in_by_whom() {
        let line = |text: String| LogLine { stderr: false, text: format!("1795601513.267540 {text}").into() };
        let of = |serial: &str, authority: &str| failed("a", serial, authority).replacen("Failed", "Accepted", 1);
        let plain = "Accepted publickey for deploy from 172.17.0.1 port 3 ssh2: ED25519 SHA256:e".to_string();
        let lines = [of("1", CA), of("2", "SHA256:another"), failed("a", "3", CA), plain, of("1", CA), of("4", CA)];
        let seen = accepted(&lines.map(line), &[CA.to_string()]);
        assert_eq!(seen.into_iter().collect::<Vec<_>>(), ["1", "4"]);
    }

    #[test]
    fn what_cannot_be_told_apart_is_not_told() {
        let (a, b) = (failed("a", "1", CA), failed("b", "2", CA));
        let mixed = ["Certificate invalid: expired", "Certificate invalid: not yet valid", &a, &b];
        assert_eq!(seen(&mixed), [("1".to_string(), Cause::Unknown), ("2".to_string(), Cause::Unknown)]);
        let same = ["Certificate invalid: expired", "Certificate invalid: expired", &a, &b];
        assert_eq!(seen(&same), [("1".to_string(), Cause::Expired), ("2".to_string(), Cause::Expired)]);
        // A list's reason is of the key that it names, whoever is refused in between.
        let crossed = ["Authentication key ED25519-CERT SHA256:a revoked by file /k", &b, &a];
        assert_eq!(seen(&crossed), [("2".to_string(), Cause::Unknown), ("1".to_string(), Cause::Barred)]);
    }
}
