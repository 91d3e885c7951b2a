//! When a credential died, as an interval: the sandwich, the counted refusal, and what must be true after it.

use super::view::{Line, Obs, OriginSpan, Seen};

/// What a series tells of a death.
#[derive(Debug, Clone, Copy, Default)]
pub struct Death<'a> {
    /// The last acceptance.
    pub last_accepted: Option<Obs<'a>>,
    /// The first refusal after it that counts.
    pub counted: Option<Obs<'a>>,
    /// The last observation of all is a counted refusal too, all between are refusals, and the control was accepted between the two.
    pub settled: bool,
    /// Accepted although an earlier refusal counts.
    pub again: Option<Obs<'a>>,
    /// Something after the last acceptance is a refusal, counted or not.
    pub refused: Option<Obs<'a>>,
}

fn is_dead(obs: &Obs<'_>) -> bool {
    matches!(obs.seen, Seen::Refused(meaning) if meaning.may_be_dead())
}

/// A refusal counts only between acceptances of the control: the next before, the next after, and all that overlap it.
pub fn sandwiched(refusal: &Obs<'_>, control: &Line<'_>) -> bool {
    let before = control.obs.iter().filter(|c| c.done_us <= refusal.sent_us).max_by_key(|c| c.done_us);
    let after = control.obs.iter().filter(|c| c.sent_us >= refusal.done_us).min_by_key(|c| c.sent_us);
    let mut overlapping = control.obs.iter().filter(|c| c.sent_us < refusal.done_us && c.done_us > refusal.sent_us);
    let accepted = |c: Option<&Obs<'_>>| c.is_some_and(|c| c.seen == Seen::Accepted);
    accepted(before) && accepted(after) && overlapping.all(|c| c.seen == Seen::Accepted)
}

/// Reads a series of a credential that may die once. `control` is its sibling at the same door.
pub fn death<'a>(line: &Line<'a>, control: &Line<'_>) -> Death<'a> {
    let last = line.obs.iter().rposition(|o| o.seen == Seen::Accepted);
    let after = &line.obs[last.map_or(0, |i| i + 1)..];
    let counts = |o: &&Obs<'a>| is_dead(o) && sandwiched(o, control);
    let counted = after.iter().find(counts).copied();
    let again = last.filter(|i| line.obs[..*i].iter().any(|o| counts(&o))).map(|i| line.obs[i]);
    let settled = counted.is_some_and(|first| rests(first, after, control));
    Death {
        last_accepted: last.map(|i| line.obs[i]),
        counted,
        settled,
        again,
        refused: after.iter().find(|o| is_dead(o)).copied(),
    }
}

/// Dead stays dead under observation: from the first counted refusal on only refusals, the last of them counted, and between the two
/// an accepted control, so that no single moment in which everybody was refused can explain both.
fn rests(first: Obs<'_>, after: &[Obs<'_>], control: &Line<'_>) -> bool {
    let rest = || after.iter().filter(|o| o.n >= first.n);
    let Some(last) = rest().last() else { return false };
    let between =
        control.obs.iter().any(|c| c.seen == Seen::Accepted && c.sent_us >= first.done_us && c.done_us <= last.sent_us);
    last.n > first.n && rest().all(is_dead) && sandwiched(last, control) && between
}

/// A session's death: it is closed once and for all, so one counted refusal is enough; a client that reconnects ends refused.
pub fn session_death<'a>(line: &Line<'a>, control: &Line<'_>) -> Death<'a> {
    let mut death = death(line, control);
    let rest = line.obs.iter().filter(|o| death.counted.is_some_and(|c| o.n >= c.n));
    death.settled = death.counted.is_some() && rest.into_iter().all(is_dead);
    death.again = None;
    death
}

/// Exposure as an interval of µs after the origin; negative: it ended before.
pub fn interval(death: &Death<'_>, origin: OriginSpan) -> (i64, Option<i64>) {
    let minus = |a: u64, b: u64| i64::try_from(i128::from(a) - i128::from(b)).unwrap_or(i64::MAX);
    let lower = death.last_accepted.map_or(i64::MIN / 2, |o| minus(o.sent_us, origin.to_us));
    let upper = death.counted.filter(|_| death.settled).map(|o| minus(o.done_us, origin.from_us));
    (lower, upper)
}
