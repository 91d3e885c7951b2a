//! Durations with units: `250ms`, `2s`, `10m`, `1h`, `7d`.

use super::problem::Problem;
use super::span::SCALAR_MARKER;
use serde::de::{Deserialize, Deserializer, Error, Visitor};
use std::fmt;

const UNITS: &[(&str, u64)] = &[("ms", 1), ("s", 1_000), ("m", 60_000), ("h", 3_600_000), ("d", 86_400_000)];
/// Ten years: more is a typing error, and stays far from every overflow.
const LONGEST_MS: u64 = 3_650 * 86_400_000;

/// A duration as it was written; whether it is one, `milliseconds` says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RawDuration(pub String);

impl<'de> Deserialize<'de> for RawDuration {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_newtype_struct(SCALAR_MARKER, DurationVisitor)
    }
}

struct DurationVisitor;

impl Visitor<'_> for DurationVisitor {
    type Value = RawDuration;

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("a duration with a unit, like `2s`")
    }
    /// Numbers come as they were written.
    fn visit_str<E: Error>(self, text: &str) -> Result<RawDuration, E> {
        Ok(RawDuration(text.to_string()))
    }
}

impl schemars::JsonSchema for RawDuration {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Duration".into()
    }
    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "type": "string",
            "pattern": "^[0-9]+(\\.[0-9]+)?(ms|s|m|h|d)$",
            "description": "A duration with a unit: `250ms`, `2s`, `10m`, `1h`, `7d`.",
        })
    }
}

/// The milliseconds of a duration.
///
/// # Errors
/// No unit, an unknown one, no number, 0, negative, or more than ten years.
pub fn milliseconds(text: &str) -> Result<u64, Problem> {
    let text = text.trim();
    let (negative, positive) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text),
    };
    let split = positive.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(positive.len());
    let (number, unit) = positive.split_at(split);
    let Some((digits, scale)) = decimal(number) else {
        return Err(Problem::NoDuration(text.to_string()));
    };
    if negative {
        return Err(Problem::NegativeDuration(text.to_string()));
    }
    if digits == 0 {
        return Err(Problem::ZeroDuration(text.to_string()));
    }
    let unit = unit.trim();
    if unit.is_empty() {
        return Err(Problem::NoUnit(number.to_string()));
    }
    let Some((_, factor)) = UNITS.iter().find(|(name, _)| *name == unit) else {
        return Err(Problem::UnknownUnit(unit.to_string()));
    };
    let scaled = digits * u128::from(*factor);
    if !scaled.is_multiple_of(scale) {
        return Err(Problem::PartOfAMillisecond(text.to_string()));
    }
    match u64::try_from(scaled / scale) {
        Ok(ms) if ms <= LONGEST_MS => Ok(ms),
        _ => Err(Problem::TooLong(text.to_string())),
    }
}

/// `1.5` is 15 tenths: (15, 10). Exact, where a float is not.
fn decimal(number: &str) -> Option<(u128, u128)> {
    // Far above ten years in ms, far below an overflow of what is multiplied with it.
    const MOST_DIGITS: usize = 20;
    let (whole, part) = number.split_once('.').unwrap_or((number, ""));
    if whole.is_empty() || number.ends_with('.') || number.len() > MOST_DIGITS {
        return None;
    }
    let digits = format!("{whole}{part}").parse().ok()?;
    Some((digits, 10_u128.pow(u32::try_from(part.len()).ok()?)))
}

/// The shortest way to write it, exactly.
pub fn text(ms: u64) -> String {
    let (name, factor) =
        UNITS.iter().rev().find(|(_, factor)| ms >= *factor && ms.is_multiple_of(*factor)).unwrap_or(&UNITS[0]);
    format!("{}{name}", ms / factor)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_unit() {
        for (written, ms) in [
            ("250ms", 250),
            ("2s", 2_000),
            ("1.5s", 1_500),
            ("1.001s", 1_001),
            ("10m", 600_000),
            ("1h", 3_600_000),
            ("7d", 604_800_000),
            (" 2 s ", 2_000),
            ("3650d", LONGEST_MS),
            ("007s", 7_000),
        ] {
            assert_eq!(milliseconds(written), Ok(ms), "{written}");
        }
    }

    #[test]
    fn what_is_none() {
        for (written, problem) in [
            ("3600", Problem::NoUnit("3600".into())),
            ("0s", Problem::ZeroDuration("0s".into())),
            ("0", Problem::ZeroDuration("0".into())),
            ("-5s", Problem::NegativeDuration("-5s".into())),
            ("5 sec", Problem::UnknownUnit("sec".into())),
            ("soon", Problem::NoDuration("soon".into())),
            ("", Problem::NoDuration(String::new())),
            ("1.2.3s", Problem::NoDuration("1.2.3s".into())),
            ("0.1ms", Problem::PartOfAMillisecond("0.1ms".into())),
            ("99999d", Problem::TooLong("99999d".into())),
            ("99999999999999999999d", Problem::TooLong("99999999999999999999d".into())),
            ("123456789012345678901s", Problem::NoDuration("123456789012345678901s".into())),
            ("-0s", Problem::NegativeDuration("-0s".into())),
            ("5S", Problem::UnknownUnit("S".into())),
            ("1.s", Problem::NoDuration("1.s".into())),
            (".5s", Problem::NoDuration(".5s".into())),
            ("s", Problem::NoDuration("s".into())),
            ("3651d", Problem::TooLong("3651d".into())),
            ("1e9s", Problem::UnknownUnit("e9s".into())),
        ] {
            assert_eq!(milliseconds(written), Err(problem), "{written}");
        }
    }

    #[test]
    fn written_back() {
        for written in ["1ms", "250ms", "2s", "90s", "10m", "1h", "36h", "7d"] {
            assert_eq!(text(milliseconds(written).unwrap()), written);
        }
    }
}
