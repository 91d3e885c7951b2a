//! What an entry must be, beyond its shape. Each rule only ever refuses: none makes an exception wider than it was written.

use super::Exception;
use super::shape::{ID, LONGEST_TEXT, RawException};
use crate::definition::Location;
use crate::document::{At, Findings, Problem, RawDate, day, nearest};
use jiff::ToSpan;
use jiff::civil::Date;

/// More is no exception but another rule.
const LONGEST_YEARS: i64 = 10;

/// What people write where they have nothing to say.
const NOTHING: &[&str] =
    &["todo", "tbd", "tba", "fixme", "na", "none", "nothing", "nil", "null", "unknown", "pending", "x", "xx", "xxx"];
/// Where a text begins with one of these, it is still to be written.
const OPEN: &[&str] = &["todo", "tbd", "tba", "fixme"];

/// What an entry is checked against.
pub struct Against<'a> {
    /// The file, for the exception's place.
    pub file: &'a str,
    /// The whole ids of all checks of all drills.
    pub checks: &'a [String],
    /// The day by which nothing may be granted in the future.
    pub day: Date,
}

/// The entry, if nothing is wrong with it; what is wrong goes to `findings`.
pub fn exception(raw: &At<RawException>, against: &Against<'_>, findings: &mut Findings) -> Option<Exception> {
    let entry = &raw.value;
    if !is_id(&entry.id.value) {
        findings.add(Problem::BadName { what: "an exception", name: entry.id.value.clone() }, entry.id.span);
    }
    check(&entry.check, against.checks, findings);
    text("owner", &entry.owner, findings);
    text("reason", &entry.reason, findings);
    text("compensating_control", &entry.compensating_control, findings);
    text("granted_by", &entry.granted_by, findings);
    let granted_by = essence(&entry.granted_by.value);
    if !granted_by.is_empty() && granted_by == essence(&entry.owner.value) {
        let problem = Problem::GrantedToOneself { granted_by: entry.granted_by.value.clone() };
        findings.add(problem, entry.granted_by.span);
    }
    let granted_on = date(&entry.granted_on, findings);
    let expires = date(&entry.expires, findings);
    if let Some(granted_on) = granted_on.filter(|granted_on| *granted_on > against.day) {
        let (granted_on, day) = (granted_on.to_string(), against.day.to_string());
        findings.add(Problem::GrantedInTheFuture { granted_on, day }, entry.granted_on.span);
    }
    let (granted_on, expires) = (granted_on?, expires?);
    if let Some(problem) = wrong_term(granted_on, expires) {
        findings.add(problem, entry.expires.span);
    }
    let trimmed = |text: &At<String>| text.value.trim().to_string();
    Some(Exception {
        id: entry.id.value.clone(),
        check: entry.check.value.clone(),
        owner: trimmed(&entry.owner),
        reason: trimmed(&entry.reason),
        compensating_control: trimmed(&entry.compensating_control),
        granted_by: trimmed(&entry.granted_by),
        granted_on,
        expires,
        at: Location { file: against.file.to_string(), line: raw.span.line, column: raw.span.column },
    })
}

/// Entries that stand twice: an id would name two, a check would be excepted from two sides.
pub fn doubles(entries: &[At<RawException>], findings: &mut Findings) {
    for (i, entry) in entries.iter().enumerate() {
        let (id, check) = (&entry.value.id, &entry.value.check);
        let before = || entries[..i].iter().map(|e| &e.value);
        if let Some(first) = before().find(|e| e.id.value.eq_ignore_ascii_case(&id.value)) {
            let problem = Problem::SameException { id: id.value.clone(), first: first.id.span.line };
            findings.add(problem, id.span);
        }
        if let Some(first) = before().find(|e| e.check.value == check.value) {
            let problem = Problem::SameCheck { check: check.value.clone(), first: first.check.span.line };
            findings.add(problem, check.span);
        }
    }
}

/// By the pattern `shape::ID`.
fn is_id(text: &str) -> bool {
    debug_assert!(ID.contains("{0,62}"));
    let bytes = text.as_bytes();
    let allowed = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-');
    bytes.len() <= 63 && bytes.first().is_some_and(u8::is_ascii_alphanumeric) && bytes.iter().all(allowed)
}

/// One check of one scenario of one drill, as it is called in every report.
fn check(given: &At<String>, checks: &[String], findings: &mut Findings) {
    let id = given.value.as_str();
    if checks.iter().any(|known| known == id) {
        return;
    }
    let problem = if id.contains(['*', '?', '[', '{', '(', '|', '^', '$', '\\', ',', '%']) {
        Problem::PatternForCheck(id.to_string())
    } else if let Some(like) = part_of(id, checks) {
        Problem::PartOfACheck { given: id.to_string(), like: like.to_string() }
    } else {
        let nearest = nearest(id, checks.iter().map(String::as_str)).map(str::to_string);
        Problem::NoSuchCheck { id: id.to_string(), nearest }
    };
    findings.add(problem, given.span);
}

/// A check whose id has this as its beginning or its end, part by part: somebody meant all of them.
fn part_of<'a>(given: &str, checks: &'a [String]) -> Option<&'a str> {
    let given = given.trim_matches('/');
    let part = |id: &&String| {
        let begins = id.strip_prefix(given).is_some_and(|rest| rest.starts_with(['/', '@']));
        let ends = id.strip_suffix(given).is_some_and(|rest| rest.ends_with('/'));
        !given.is_empty() && (begins || ends)
    };
    checks.iter().find(part).map(String::as_str)
}

/// A text for people that must say something.
fn text(what: &'static str, given: &At<String>, findings: &mut Findings) {
    if says_nothing(&given.value) {
        findings.add(Problem::SaysNothing(what), given.span);
    } else if given.value.chars().count() > LONGEST_TEXT {
        findings.add(Problem::TextTooLong { what, most: LONGEST_TEXT }, given.span);
    }
}

fn says_nothing(text: &str) -> bool {
    let essence = essence(text);
    let lower = text.to_lowercase();
    let first = lower.split(|c: char| !c.is_alphanumeric()).find(|word| !word.is_empty()).unwrap_or("");
    essence.is_empty() || NOTHING.contains(&essence.as_str()) || OPEN.contains(&first)
}

/// Letters and digits alone, in one case: what tells one name from another.
fn essence(text: &str) -> String {
    text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

fn date(raw: &At<RawDate>, findings: &mut Findings) -> Option<Date> {
    day(&raw.value.0).map_err(|problem| findings.add(problem, raw.span)).ok()
}

fn wrong_term(granted_on: Date, expires: Date) -> Option<Problem> {
    let (from, to) = (granted_on.to_string(), expires.to_string());
    if expires < granted_on {
        return Some(Problem::EndsBeforeItBegins { expires: to, granted_on: from });
    }
    // Past the calendar's end there is no such day, and nothing is longer than that.
    let latest = granted_on.checked_add(LONGEST_YEARS.years()).unwrap_or(granted_on);
    (expires > latest).then_some(Problem::NeverEnds { expires: to, granted_on: from })
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn what_says_nothing() {
        for text in [
            "",
            " ",
            "\t\n",
            "\u{a0}",
            "\u{200b}",
            "-",
            "--",
            "…",
            "n/a",
            "N/A",
            "NA",
            "none.",
            "TODO",
            "todo: ask",
            "TBD!",
            "x",
        ] {
            assert!(says_nothing(text), "{text:?}");
        }
        for text in ["rotation 24 h", "the todo list is long", "team-x", "7", "Ärger", "日本", "natural"] {
            assert!(!says_nothing(text), "{text:?}");
        }
    }

    #[test]
    fn one_name_however_it_is_written() {
        for other in ["team-fin", "Team Fin", " TEAM_FIN ", "team\u{200b}fin"] {
            assert_eq!(essence(other), "teamfin", "{other:?}");
        }
        assert_ne!(essence("team-fin"), essence("team-fin2"));
    }

    #[test]
    fn ten_years_and_no_day_more() {
        let granted = date(2026, 11, 24);
        assert_eq!(wrong_term(granted, granted), None);
        assert_eq!(wrong_term(granted, date(2036, 11, 24)), None);
        assert!(matches!(wrong_term(granted, date(2036, 11, 25)), Some(Problem::NeverEnds { .. })));
        assert!(matches!(wrong_term(granted, date(2026, 11, 23)), Some(Problem::EndsBeforeItBegins { .. })));
        assert!(matches!(wrong_term(date(9990, 1, 1), date(9999, 12, 31)), Some(Problem::NeverEnds { .. })));
    }

    #[test]
    fn ids() {
        for good in ["EX-7", "7", "ex_1.2", &"a".repeat(63)] {
            assert!(is_id(good), "{good}");
        }
        for bad in ["", "-7", "EX 7", "EX/7", "EX-7\n", "é", "<b>", &"a".repeat(64)] {
            assert!(!is_id(bad), "{bad}");
        }
    }
}
