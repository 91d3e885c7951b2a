//! How old something is on the day that is judged by.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

/// Clocks of two machines may differ by so much before evidence is of the future.
const SKEW: SignedDuration = SignedDuration::from_mins(5);
/// One day.
pub const DAY_MS: u64 = 86_400_000;

/// The instant that ages are counted to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Now {
    /// The day, UTC.
    pub day: Date,
    /// On that day.
    pub at: Timestamp,
}

impl Now {
    /// The instant itself today, the end of any other day.
    pub fn on(day: Date, clock: Timestamp) -> Self {
        let end = day.tomorrow().ok().and_then(|next| TimeZone::UTC.to_timestamp(next.at(0, 0, 0, 0)).ok());
        match end {
            Some(end) if day != today(clock) => Self { day, at: end },
            _ => Self { day, at: clock },
        }
    }
    /// How old it is, ms; nothing if it is of the future.
    pub fn age_ms(&self, at: Timestamp) -> Option<u64> {
        let age = self.at.duration_since(at);
        if age < -SKEW { None } else { Some(u64::try_from(age.as_millis()).unwrap_or(0)) }
    }
    /// Whole days since then.
    pub fn days(&self, at: Timestamp) -> i64 {
        self.age_ms(at).and_then(|ms| i64::try_from(ms / DAY_MS).ok()).unwrap_or(0)
    }
    /// How many days a day is past; negative if it is to come.
    pub fn days_since(&self, day: Date) -> i64 {
        i64::from((self.day - day).get_days())
    }
}

/// The day of an instant, UTC.
pub fn today(clock: Timestamp) -> Date {
    TimeZone::UTC.to_datetime(clock).date()
}

/// `30 days`, `1 day`, `12 h`, `90 s`, `250 ms`.
pub fn span(ms: u64) -> String {
    let plural = |n: u64, unit: &str| format!("{n} {unit}{}", if n == 1 { "" } else { "s" });
    match ms {
        ms if ms > 0 && ms.is_multiple_of(DAY_MS) => plural(ms / DAY_MS, "day"),
        ms if ms > 0 && ms.is_multiple_of(3_600_000) => format!("{} h", ms / 3_600_000),
        ms if ms > 0 && ms.is_multiple_of(1_000) => format!("{} s", ms / 1_000),
        ms => format!("{ms} ms"),
    }
}

/// An interval in whole ms, rounded outwards; what ended before its origin counts as 0.
pub fn interval(lower_us: i64, upper_us: Option<i64>) -> String {
    let from = lower_us.max(0) / 1_000;
    match upper_us.map(up_ms) {
        None => format!("at least {from} ms, no end seen"),
        Some(to) if to <= from => format!("{to} ms"),
        Some(to) => format!("{from}–{to} ms"),
    }
}

/// Whole ms, rounded up.
pub fn up_ms(us: i64) -> i64 {
    us.max(0).saturating_add(999) / 1_000
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ages_are_counted_to_the_day_that_is_judged_by() {
        let clock: Timestamp = "2026-11-24T08:00:00Z".parse().unwrap();
        let day = |text: &str| text.parse::<Date>().unwrap();
        let today = Now::on(day("2026-11-24"), clock);
        assert_eq!(today.at, clock);
        assert_eq!(today.age_ms("2026-11-24T07:59:59Z".parse().unwrap()), Some(1_000));
        assert_eq!(today.age_ms("2026-11-24T08:04:00Z".parse().unwrap()), Some(0), "clocks differ a little");
        assert_eq!(today.age_ms("2026-11-24T08:06:00Z".parse().unwrap()), None);
        let later = Now::on(day("2026-12-24"), clock);
        assert_eq!(later.days("2026-11-24T07:00:00Z".parse().unwrap()), 30);
        let before = Now::on(day("2026-11-20"), clock);
        assert_eq!(before.age_ms("2026-11-21T00:06:00Z".parse().unwrap()), None);
        assert_eq!(before.age_ms("2026-11-20T23:00:00Z".parse().unwrap()), Some(3_600_000));
        assert_eq!(later.days_since(day("2026-11-20")), 34);
    }

    #[test]
    fn intervals_and_spans() {
        assert_eq!(interval(6_400, Some(10_600)), "6–11 ms");
        assert_eq!(interval(-5, Some(2_000)), "0–2 ms");
        assert_eq!(interval(-5, Some(-1)), "0 ms");
        assert_eq!(interval(3_001_000, None), "at least 3001 ms, no end seen");
        assert_eq!(
            [span(30 * DAY_MS), span(DAY_MS), span(7_200_000), span(90_000), span(0)],
            ["30 days", "1 day", "2 h", "90 s", "0 ms"]
        );
    }
}
