//! Days of the calendar, UTC: `2026-12-31` and nothing else.

use super::problem::Problem;
use super::span::SCALAR_MARKER;
use jiff::civil::Date;
use serde::de::{Deserialize, Deserializer, Error, Visitor};
use std::fmt;

/// A day as it was written; whether it is one, `day` says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RawDate(pub String);

impl<'de> Deserialize<'de> for RawDate {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_newtype_struct(SCALAR_MARKER, DateVisitor)
    }
}

struct DateVisitor;

impl Visitor<'_> for DateVisitor {
    type Value = RawDate;

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("a day, like `2026-12-31`")
    }
    /// Numbers come as they were written.
    fn visit_str<E: Error>(self, text: &str) -> Result<RawDate, E> {
        Ok(RawDate(text.to_string()))
    }
}

impl schemars::JsonSchema for RawDate {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Day".into()
    }
    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "type": "string",
            "format": "date",
            "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}$",
            "description": "A day, UTC: `2026-12-31`.",
        })
    }
}

/// The day that a text names.
///
/// # Errors
/// It is written otherwise, has no year, or there is no such day.
pub fn day(text: &str) -> Result<Date, Problem> {
    let given = || text.to_string();
    if is_written_so(text) {
        return text.parse().map_err(|_| Problem::NoSuchDay(given()));
    }
    let begins_with_a_day = text.is_char_boundary(10) && text.len() > 10 && is_written_so(&text[..10]);
    if begins_with_a_day && text[10..].starts_with(['T', 't', ' ']) {
        return Err(Problem::TimeOfDay(given()));
    }
    // `31.12.`, `12-31`, `Dec 31`: somebody means a day, and which year is for nobody to guess.
    let has_digits = text.chars().any(|c| c.is_ascii_digit());
    let longest = text.split(|c: char| !c.is_ascii_digit()).map(str::len).max().unwrap_or(0);
    if has_digits && longest <= 2 { Err(Problem::NoYear(given())) } else { Err(Problem::NoDay(given())) }
}

fn is_written_so(text: &str) -> bool {
    let digit_or_dash = |(i, b): (usize, u8)| if i == 4 || i == 7 { b == b'-' } else { b.is_ascii_digit() };
    text.len() == 10 && text.bytes().enumerate().all(digit_or_dash)
}

#[cfg(test)]
mod tests {
    use super::*;

    type Kind = fn(String) -> Problem;

    #[test]
    fn a_day_is_written_in_one_way() {
        assert_eq!(day("2026-12-31"), Ok(jiff::civil::date(2026, 12, 31)));
        assert_eq!(day("2028-02-29"), Ok(jiff::civil::date(2028, 2, 29)));
        for (text, kind) in [
            ("2026-02-29", Problem::NoSuchDay as Kind),
            ("2026-13-01", Problem::NoSuchDay),
            ("2026-00-10", Problem::NoSuchDay),
            ("2026-06-31", Problem::NoSuchDay),
            ("12-31", Problem::NoYear),
            ("--12-31", Problem::NoYear),
            ("31.12.", Problem::NoYear),
            ("31.12.26", Problem::NoYear),
            ("Dec 31", Problem::NoYear),
            ("2026-12-31T23:59:59Z", Problem::TimeOfDay),
            ("2026-12-31 24:00", Problem::TimeOfDay),
            ("20261231", Problem::NoDay),
            ("2026-12", Problem::NoDay),
            ("2026", Problem::NoDay),
            ("2026-1-1", Problem::NoDay),
            ("+002026-12-31", Problem::NoDay),
            ("-2026-12-31", Problem::NoDay),
            ("12026-12-31", Problem::NoDay),
            ("2026-12-31x", Problem::NoDay),
            ("2026-12-31é", Problem::NoDay),
            ("２０２６-12-31", Problem::NoYear),
            ("31/12/2026", Problem::NoDay),
            ("never", Problem::NoDay),
            ("", Problem::NoDay),
            (" 2026-12-31", Problem::NoDay),
        ] {
            assert_eq!(day(text), Err(kind(text.to_string())), "{text}");
        }
    }
}
