//! What day it is: asked here and nowhere else, so that tests and auditors can ask as of another one.

use crate::document::{Diagnostics, Problem, day};
use jiff::civil::Date;
use jiff::{Timestamp, tz::TimeZone};

/// Today, UTC.
pub fn today() -> Date {
    TimeZone::UTC.to_datetime(Timestamp::now()).date()
}

/// The day asked for by `--as-of`, or today.
///
/// # Errors
/// It is no day.
pub fn as_of(asked: Option<&str>) -> Result<Date, Diagnostics> {
    asked.map_or_else(|| Ok(today()), |text| day(text).map_err(Diagnostics::of_command_line))
}

/// The same for a run: never a day that is over, which would revive exceptions that have ended.
///
/// # Errors
/// It is no day, or over.
pub fn as_of_run(asked: Option<&str>, today: Date) -> Result<Date, Diagnostics> {
    let Some(text) = asked else { return Ok(today) };
    let asked = day(text).map_err(Diagnostics::of_command_line)?;
    if asked < today {
        let problem = Problem::DayIsOver { asked: asked.to_string(), today: today.to_string() };
        return Err(Diagnostics::of_command_line(problem));
    }
    Ok(asked)
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn a_run_never_goes_back() {
        let today = date(2026, 11, 24);
        assert_eq!(as_of_run(None, today), Ok(today));
        assert_eq!(as_of_run(Some("2026-11-24"), today), Ok(today));
        assert_eq!(as_of_run(Some("2027-01-01"), today), Ok(date(2027, 1, 1)));
        assert_eq!(
            as_of_run(Some("2026-11-23"), today).unwrap_err().render(false),
            "error: the day asked for, 2026-11-23, is over: today is 2026-11-24 (UTC); a run is judged by its own day or a later one\n"
        );
        assert!(as_of_run(Some("yesterday"), today).is_err());
        assert_eq!(as_of(Some("2025-01-01")), Ok(date(2025, 1, 1)), "a listing may look back");
        assert_eq!(as_of(None), Ok(super::today()));
    }
}
