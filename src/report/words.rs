//! How numbers, times and verdicts are written; the same in every format.

use crate::verdict::{CheckVerdict, Outcome, ScenarioVerdict};
use jiff::{SignedDuration, Timestamp};

/// As in first lines: `PASSED`.
pub fn loud(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Passed => "PASSED",
        Outcome::Excepted => "EXCEPTED",
        Outcome::Inconclusive => "INCONCLUSIVE",
        Outcome::Failed => "FAILED",
    }
}

/// How many checks ended how.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    pub passed: usize,
    pub failed: usize,
    pub inconclusive: usize,
    pub excepted: usize,
}

impl Counts {
    pub fn of<'a>(checks: impl IntoIterator<Item = &'a CheckVerdict>) -> Self {
        let mut counts = Self::default();
        for check in checks {
            match check.outcome {
                Outcome::Passed => counts.passed += 1,
                Outcome::Failed => counts.failed += 1,
                Outcome::Inconclusive => counts.inconclusive += 1,
                Outcome::Excepted => counts.excepted += 1,
            }
        }
        counts
    }

    pub fn of_scenarios<'a>(scenarios: impl IntoIterator<Item = &'a ScenarioVerdict>) -> Self {
        Self::of(scenarios.into_iter().flat_map(|s| &s.checks))
    }

    /// `14 passed · 3 failed`; only `17 checks` where all passed.
    pub fn short(self) -> String {
        let red = [(self.excepted, "excepted"), (self.failed, "failed"), (self.inconclusive, "could not be judged")];
        if red.iter().all(|(n, _)| *n == 0) {
            return format!("{} {}", self.passed, plural(self.passed, "check"));
        }
        let red = red.iter().filter(|(n, _)| *n > 0);
        let red = red.map(|(n, word)| format!("{n} {word}"));
        let passed = format!("{} passed", self.passed);
        std::iter::once(passed).chain(red).collect::<Vec<_>>().join(" · ")
    }
}

/// `exception`, `exceptions`.
pub fn plural(n: usize, word: &str) -> String {
    format!("{word}{}", if n == 1 { "" } else { "s" })
}

/// The check with its suffix, without drill and scenario: `trigger.sessions@idle`.
pub fn name(check: &CheckVerdict) -> String {
    match &check.of {
        Some(of) => format!("{}@{of}", check.check),
        None => check.check.clone(),
    }
}

/// The part of a check's id before the dot.
pub fn family(check: &str) -> &str {
    check.split('.').next().unwrap_or(check)
}

/// `6–11 ms`: rounded outwards, so that it still contains the interval; what ended before its origin counts as 0.
pub fn interval(lower_us: i64, upper_us: Option<i64>) -> String {
    let lower = lower_us.max(0) / 1000;
    match upper_us {
        None => format!("at least {} ms, no end seen", thousands(lower)),
        Some(upper) => {
            let upper = upper.max(0).saturating_add(999) / 1000;
            if lower == upper {
                format!("{} ms", thousands(lower))
            } else {
                format!("{}–{} ms", thousands(lower), thousands(upper))
            }
        }
    }
}

/// `3,001`.
pub fn thousands(n: i64) -> String {
    let digits = n.unsigned_abs().to_string();
    let mut out = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    if n < 0 { format!("-{out}") } else { out }
}

/// `2 s`, `500 ms`, `1.5 s`, `90 s`, `2 min`, `1 h`: as people state limits and TTLs.
pub fn span(ms: u64) -> String {
    for (unit_ms, unit) in [(3_600_000, "h"), (60_000, "min"), (1000, "s")] {
        if ms >= unit_ms && ms.is_multiple_of(unit_ms) {
            return format!("{} {unit}", ms / unit_ms);
        }
    }
    if ms > 1000 && ms.is_multiple_of(100) {
        return format!("{}.{} s", ms / 1000, ms % 1000 / 100);
    }
    format!("{ms} ms")
}

/// `3.4 s`: how long something took.
pub fn took(us: u64) -> String {
    let tenths = us.saturating_add(50_000) / 100_000;
    match tenths {
        0 => "under 0.1 s".to_owned(),
        1..600 => format!("{}.{} s", tenths / 10, tenths % 10),
        _ => format!("{} min {} s", tenths / 600, tenths % 600 / 10),
    }
}

/// Wall time of a moment on the run's clock.
pub fn wall(started: Timestamp, at_us: u64) -> Timestamp {
    let since = SignedDuration::from_micros(i64::try_from(at_us).unwrap_or(i64::MAX));
    started.saturating_add(since).unwrap_or(started)
}

/// `07:31:04.120`, UTC.
pub fn time(started: Timestamp, at_us: u64) -> String {
    wall(started, at_us).strftime("%H:%M:%S%.3f").to_string()
}

/// The first twelve characters of a hash; the whole is in the evidence.
pub fn hash(hex: &str) -> String {
    let (algorithm, hex) = hex.split_once(':').map_or(("", hex), |(a, h)| (a, h));
    let short: String = hex.chars().take(12).collect();
    let rest = if short.len() < hex.len() { "…" } else { "" };
    match algorithm {
        "" => format!("{short}{rest}"),
        algorithm => format!("{algorithm}:{short}{rest}"),
    }
}

/// Keeps both ends: `database/creds/orders-rw/jTK0…UC5Mh2`.
pub fn shorten(text: &str, longest: usize) -> String {
    let chars: Vec<char> = text.chars().collect();
    if chars.len() <= longest {
        return text.to_owned();
    }
    let tail = 6.min(longest / 2);
    let head = longest - tail - 1;
    let head: String = chars[..head].iter().collect();
    let tail: String = chars[chars.len() - tail..].iter().collect();
    format!("{head}…{tail}")
}

/// `41–96, 99`.
pub fn ranges(ranges: &[(u64, u64)]) -> String {
    let one = |(from, to): &(u64, u64)| {
        if from == to { from.to_string() } else { format!("{from}–{to}") }
    };
    // A report is no list of events: after a few, the whole stretch says enough.
    match ranges {
        [] => "none".to_owned(),
        few if few.len() <= 4 => few.iter().map(one).collect::<Vec<_>>().join(", "),
        many => {
            let from = many.iter().map(|r| r.0).min().unwrap_or_default();
            let to = many.iter().map(|r| r.1).max().unwrap_or_default();
            format!("{} ({} ranges)", one(&(from, to)), many.len())
        }
    }
}

/// `a, b and c`.
pub fn list(items: &[String]) -> String {
    match items {
        [] => String::new(),
        [one] => one.clone(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

/// One line, without control characters: what a server sends cannot steer a terminal or break a table.
pub fn one_line(text: &str) -> String {
    tidy(text).trim().to_owned()
}

/// The same of a piece of a line: a space at its ends stays one.
pub fn tidy(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if !c.is_whitespace() && !is_unprintable(c) {
            out.push(c);
        } else if !out.ends_with(' ') {
            out.push(' ');
        }
    }
    out
}

/// Control characters, those that turn the direction of writing around, and those that nobody sees.
pub fn is_unprintable(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}')
        || matches!(c, '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{fffe}' | '\u{ffff}')
        || matches!(c, '\u{e0000}'..='\u{e007f}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn intervals_are_rounded_outwards() {
        for (lower, upper, text) in [
            (6_400, Some(10_600), "6–11 ms"),
            (6_999, Some(7_000), "6–7 ms"),
            (-5_000, Some(2_000), "0–2 ms"),
            (-5_000, Some(-1), "0 ms"),
            (3_001_000, None, "at least 3,001 ms, no end seen"),
            (1_234_567_000, Some(1_234_567_001), "1,234,567–1,234,568 ms"),
        ] {
            assert_eq!(interval(lower, upper), text);
        }
    }

    #[test]
    fn spans_are_written_as_people_state_them() {
        for (ms, text) in [
            (0, "0 ms"),
            (250, "250 ms"),
            (1000, "1 s"),
            (1500, "1.5 s"),
            (1250, "1250 ms"),
            (90_000, "90 s"),
            (120_000, "2 min"),
            (3_600_000, "1 h"),
        ] {
            assert_eq!(span(ms), text);
        }
        assert_eq!(took(3_449_000), "3.4 s");
        assert_eq!(took(75_000_000), "1 min 15 s");
        assert_eq!(took(10), "under 0.1 s");
    }

    #[test]
    fn long_things_are_shortened() {
        assert_eq!(hash(&format!("sha256:{}", "7".repeat(64))), "sha256:777777777777…");
        assert_eq!(hash("abc"), "abc");
        assert_eq!(shorten("database/creds/r/abcdefghij", 20), "database/cred…efghij");
        assert_eq!(shorten("äöü", 3), "äöü");
        assert_eq!(ranges(&[(1, 1), (3, 9)]), "1, 3–9");
        assert_eq!(ranges(&[(1, 1), (3, 3), (5, 5), (7, 7), (9, 12)]), "1–12 (5 ranges)");
    }

    #[test]
    fn control_characters_cannot_steer_a_terminal() {
        assert_eq!(one_line("a\u{1b}[2Jb\r\n\tc\u{202e}d"), "a [2Jb c d");
    }
}
