//! The server's own reason for a refusal: the access log has the serial and the time to the millisecond, the error log the words,
//! and the number of the connection joins them.

use super::codes::{EXPIRED, REVOKED, says};
use crate::backend::{Cause, Says};
use crate::environment::LogLine;
use crate::observation::Meaning;
use jiff::Timestamp;
use serde::Deserialize;
use std::collections::HashMap;

/// One refusal in the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// When the server wrote it, to the millisecond.
    pub at: Timestamp,
    /// The serial of the certificate.
    pub serial: String,
    /// The words of `$ssl_client_verify`, without `FAILED:`.
    pub code: String,
    /// What the error log says of the connection, or else the words.
    pub text: String,
}

impl Refusal {
    /// What its words mean.
    pub fn cause(&self) -> Cause {
        match self.code.as_str() {
            REVOKED => Cause::Barred,
            EXPIRED => Cause::Expired,
            code if says(code) == Some(Says::Refused(Meaning::Bogus)) => Cause::WrongSecret,
            _ => Cause::Unknown,
        }
    }
}

/// A line of `files/nginx.conf`'s log format.
#[derive(Deserialize)]
struct Access {
    drill: String,
    connection: String,
    serial: String,
    verify: String,
    status: String,
}

/// All refused certificates of the log, in order.
pub fn refusals(lines: &[LogLine]) -> Vec<Refusal> {
    // A restart counts connections from 1 again: the last words before or after the access line that fit its words are meant.
    let reasons: HashMap<(&str, &str), &str> = lines.iter().filter_map(|l| reason(&l.text)).collect();
    let accesses = lines.iter().filter(|l| !l.stderr).filter_map(|l| serde_json::from_str::<Access>(&l.text).ok());
    accesses
        .filter_map(|a| {
            let code = a.verify.strip_prefix("FAILED:").filter(|_| a.status == "400")?.to_string();
            let text = reasons.get(&(a.connection.as_str(), code.as_str())).map_or(code.as_str(), |text| *text).into();
            Some(Refusal { at: seconds(&a.drill)?, serial: a.serial, code, text })
        })
        .collect()
}

/// Connection, words, and the whole reason: `… *13 client SSL certificate verify error: (10:certificate has expired) while …`.
fn reason(line: &str) -> Option<((&str, &str), &str)> {
    const SAYS: &str = "client SSL certificate verify error: ";
    let (head, rest) = line.split_once(SAYS)?;
    let connection = head.trim_end().rsplit_once('*')?.1;
    let words = rest.split_once(" while ").map_or(rest, |(words, _)| words);
    let text = &line[head.len()..head.len() + SAYS.len() + words.len()];
    // OpenSSL's reasons stand in brackets behind their number, nginx's own do not.
    let bare = words.strip_prefix('(').and_then(|w| w.strip_suffix(')')).and_then(|w| w.split_once(':'));
    Some(((connection, bare.map_or(words, |(_, words)| words)), text))
}

/// `1795596372.307` → a time.
fn seconds(text: &str) -> Option<Timestamp> {
    let (seconds, millis) = text.split_once('.')?;
    let ms = seconds.parse::<i64>().ok()?.checked_mul(1_000)?.checked_add(millis.parse::<u16>().ok()?.into())?;
    Timestamp::from_millisecond(ms).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_reason_stands_beside_its_serial() {
        let lines: Vec<LogLine> = [
            (false, r#"{"drill":"1795596372.036","connection":"4","serial":"4C","verify":"SUCCESS","reused":".","status":"204"}"#),
            (false, r#"{"drill":"1795596372.307","connection":"13","serial":"16","verify":"FAILED:certificate revoked","reused":".","status":"400"}"#),
            (true, "2026/11/25 08:46:12 [info] 14#14: *13 client SSL certificate verify error: certificate revoked while reading client request headers, client: 192.168.96.1"),
            (true, "2026/11/25 08:46:12 [info] 14#14: *15 client SSL certificate verify error: (10:certificate has expired) while reading client request headers"),
            (false, r#"{"drill":"1795596372.383","connection":"15","serial":"3E","verify":"FAILED:certificate has expired","reused":".","status":"400"}"#),
            (false, r#"{"drill":"1795596372.480","connection":"16","serial":"0A","verify":"FAILED:self-signed certificate","reused":".","status":"400"}"#),
            (false, "{\"drill\":\"torn"),
            (true, "garbage *17"),
        ]
        .into_iter()
        .map(|(stderr, text)| LogLine { stderr, text: text.into() })
        .collect();
        let found = refusals(&lines);
        let seen: Vec<(&str, &str)> = found.iter().map(|r| (r.serial.as_str(), r.text.as_str())).collect();
        assert_eq!(
            seen,
            [
                ("16", "client SSL certificate verify error: certificate revoked"),
                ("3E", "client SSL certificate verify error: (10:certificate has expired)"),
                ("0A", "self-signed certificate"),
            ]
        );
        assert_eq!(
            found.iter().map(Refusal::cause).collect::<Vec<_>>(),
            [Cause::Barred, Cause::Expired, Cause::WrongSecret]
        );
        assert_eq!(found[0].at.to_string(), "2026-11-25T08:46:12.307Z");
    }
}
