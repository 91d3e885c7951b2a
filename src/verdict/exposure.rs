//! When a credential died, as an interval: the sandwich, the counted refusal, and what must be true after it.

use super::line::{Line, Obs, Seen};
use super::view::OriginSpan;
use crate::observation::Stage;

/// What a series tells of a death.
#[derive(Debug, Clone, Copy, Default)]
pub struct Death<'a> {
    /// The last acceptance.
    pub last_accepted: Option<Obs<'a>>,
    /// The first refusal after it that counts.
    pub counted: Option<Obs<'a>>,
    /// All that was observed from there to the end are counted refusals, at least three of them with the control accepted between each and
    /// the next; and nothing of the series is lost.
    pub settled: bool,
    /// Something after the last acceptance is a refusal, counted or not.
    pub refused: Option<Obs<'a>>,
    /// The first observation after the last acceptance, whatever it is.
    pub next: Option<Obs<'a>>,
}

fn is_dead(obs: &Obs<'_>) -> bool {
    matches!(obs.seen, Seen::Refused(meaning) if meaning.may_be_dead())
}

/// A refusal counts only between acceptances of the control: the next before, the next after, and all that overlap it.
/// Where one of the control's observations may be lost, none counts: the lost one may have been no acceptance.
pub fn sandwiched(refusal: &Obs<'_>, control: &Line<'_>) -> bool {
    let is_before = |c: &&Obs<'_>| control.follows(c.done_us, refusal.sent_us);
    let is_after = |c: &&Obs<'_>| control.follows(refusal.done_us, c.sent_us);
    let before = control.obs.iter().filter(is_before).max_by_key(|c| c.done_us);
    let after = control.obs.iter().filter(is_after).min_by_key(|c| c.sent_us);
    let mut overlapping = control.obs.iter().filter(|c| !is_before(c) && !is_after(c));
    let accepted = |c: Option<&Obs<'_>>| c.is_some_and(|c| c.seen == Seen::Accepted);
    control.whole && accepted(before) && accepted(after) && overlapping.all(|c| c.seen == Seen::Accepted)
}

/// Reads a series of a credential that may die once. `control` is its sibling at the same door.
pub fn death<'a>(line: &Line<'a>, control: &Line<'_>) -> Death<'a> {
    let (last_accepted, after) = since_accepted(line);
    let counted = after.iter().find(|o| is_dead(o) && sandwiched(o, control)).copied();
    Death {
        last_accepted,
        counted,
        settled: line.whole && counted.is_some_and(|first| rests(first, after, control)),
        refused: after.iter().find(|o| is_dead(o)).copied(),
        next: after.first().copied(),
    }
}

fn since_accepted<'l, 'a>(line: &'l Line<'a>) -> (Option<Obs<'a>>, &'l [Obs<'a>]) {
    let last = line.obs.iter().rposition(|o| o.seen == Seen::Accepted);
    (last.map(|i| line.obs[i]), &line.obs[last.map_or(0, |i| i + 1)..])
}

/// So many counted refusals, with an acceptance of the control between each and the next, make a death: the first, one while probing goes
/// on, and one at the end of the drill. Two bad moments, in which everybody is refused or another server answers, explain only two of them:
/// between them the control was let in. (One acceptance for all three let two moments pass for a death: `another-server-870356`.)
const REFUSALS_MIN: usize = 3;

/// Dead stays dead under observation: from the first counted refusal on there are only refusals that count (one that does not proves
/// nothing: a server that refuses everybody now and then looks the same), and enough of them are apart.
fn rests(first: Obs<'_>, after: &[Obs<'_>], control: &Line<'_>) -> bool {
    let rest = || after.iter().filter(|o| o.n >= first.n);
    rest().all(|o| is_dead(o) && sandwiched(o, control)) && apart(rest(), control) >= REFUSALS_MIN
}

/// How many of these refusals have the control's acceptance, from its sending to its answer, between each and the next.
fn apart<'o>(refusals: impl Iterator<Item = &'o Obs<'o>>, control: &Line<'_>) -> usize {
    // The earliest that fits is always as good as any later one, so the greedy count is the greatest.
    let (mut count, mut let_in_us) = (0, None);
    for refusal in refusals {
        if count == 0 || let_in_us.is_some_and(|done_us| control.follows(done_us, refusal.sent_us)) {
            let since =
                control.obs.iter().filter(|c| c.seen == Seen::Accepted && control.follows(refusal.done_us, c.sent_us));
            (count, let_in_us) = (count + 1, since.map(|c| c.done_us).min());
        }
    }
    count
}

/// The observations between the origin and the last acceptance that are no acceptances: a counted refusal among them was followed by
/// an acceptance, and any other may have hidden one.
pub fn lapses<'a>(line: &Line<'a>, control: &Line<'_>, origin: OriginSpan) -> (Option<Obs<'a>>, Option<Obs<'a>>) {
    let last = line.obs.iter().rposition(|o| o.seen == Seen::Accepted).unwrap_or(0);
    let lapses = || line.obs[..last].iter().filter(|o| o.sent_us >= origin.to_us && o.seen != Seen::Accepted);
    (lapses().find(|o| is_dead(o) && sandwiched(o, control)).copied(), lapses().next().copied())
}

/// A session's death. An open session is closed once and for all, so one counted refusal is enough, beside the control's session.
/// A client that logs in again is ended only by refused logins: those must rest as a credential's do, beside the control's logins.
pub fn session_death<'a>(line: &Line<'a>, session: &Line<'_>, login: &Line<'_>) -> Death<'a> {
    let (_, after) = since_accepted(line);
    let mut logins = after.iter().filter(|o| o.stage == Stage::Login).peekable();
    let mut found = death(line, session);
    if logins.peek().is_none() {
        let rest = after.iter().filter(|o| found.counted.is_some_and(|c| o.n >= c.n));
        found.settled = line.whole && found.counted.is_some() && rest.into_iter().all(is_dead);
        return found;
    }
    found.counted = logins.find(|o| is_dead(o) && sandwiched(o, login)).copied();
    found.settled = line.whole && found.counted.is_some_and(|first| rests(first, after, login));
    found
}

/// Exposure as an interval of µs after the origin; negative: it ended before.
pub fn interval(line: &Line<'_>, death: &Death<'_>, origin: OriginSpan) -> (i64, Option<i64>) {
    let minus = |a: u64, b: u64| i64::try_from(i128::from(a) - i128::from(b)).unwrap_or(i64::MAX);
    let accepted = line.obs.iter().filter(|o| o.seen == Seen::Accepted);
    let lower = accepted.map(|o| minus(o.sent_us, origin.to_us)).max().unwrap_or(i64::MIN / 2);
    let upper = death.counted.filter(|_| death.settled).map(|o| minus(o.done_us, origin.from_us));
    (lower, upper)
}
