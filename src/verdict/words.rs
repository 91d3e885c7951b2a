//! Numbers and counts as people read them.

use super::line::{Line, Seen};

/// `6 ms`, `3,001 ms`: µs rounded outwards by the caller's choice of `up`.
pub fn ms(us: i64, up: bool) -> String {
    let whole = if up { us.div_euclid(1000) + i64::from(us.rem_euclid(1000) != 0) } else { us.div_euclid(1000) };
    let digits = whole.abs().to_string();
    let grouped: Vec<&str> = (0..digits.len().div_ceil(3))
        .rev()
        .map(|i| &digits[digits.len().saturating_sub((i + 1) * 3)..digits.len() - i * 3])
        .collect();
    format!("{}{} ms", if whole < 0 { "-" } else { "" }, grouped.join(","))
}

/// `once`, `402 times`.
pub fn times(count: usize) -> String {
    if count == 1 { "once".to_string() } else { format!("{count} times") }
}

/// `accepted 402 times, never refused`, in the order of what matters.
pub fn tally(line: &Line<'_>) -> String {
    let count = |f: fn(&Seen) -> bool| line.obs.iter().filter(|o| f(&o.seen)).count();
    let (accepted, refused) = (count(|s| *s == Seen::Accepted), count(|s| matches!(s, Seen::Refused(_))));
    let nothing = line.obs.len() - accepted - refused;
    let refusals = if refused == 0 { "never refused".into() } else { format!("refused {}", times(refused)) };
    let mut parts = vec![format!("accepted {}", times(accepted)), refusals];
    if nothing > 0 {
        let last = line.obs.iter().rev().find(|o| o.seen == Seen::Nothing).map_or("", |o| o.label());
        parts.push(format!("{} without a usable answer ({last})", times(nothing)));
    }
    parts.join(", ")
}

#[cfg(test)]
mod tests {
    use super::ms;

    #[test]
    fn intervals_are_rounded_outwards() {
        assert_eq!(ms(5_999, false), "5 ms");
        assert_eq!(ms(5_001, true), "6 ms");
        assert_eq!(ms(-1, false), "-1 ms");
        assert_eq!(ms(3_001_000, true), "3,001 ms");
        assert_eq!(ms(1_234_567_000, true), "1,234,567 ms");
        assert_eq!(ms(0, true), "0 ms");
    }
}
