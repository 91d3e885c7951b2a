//! Sessions that were open before the trigger.

use super::Outcome;
use super::exposure::{Death, interval, session_death};
use super::found::Found;
use super::line::{Line, Seen};
use super::reason::Reason;
use super::trigger::{NOT_AGAIN, ended_before, exposure, perhaps_expired, unjudged};
use super::view::{OriginSpan, View};
use super::words::{ms, tally};
use crate::definition::SessionClaim;
use crate::history::{Moment, Part, Stock};

/// All sessions of one kind, with what they tell together.
struct Kind<'v, 'a> {
    /// Each with its death and its interval.
    deaths: Vec<(&'v Line<'a>, Death<'a>)>,
    control: Line<'a>,
    /// The control's logins at the first door, beside which a client that comes back is refused.
    login: Line<'a>,
    lower_us: i64,
    upper_us: Option<i64>,
    /// The last to die, or one that was not seen to die.
    worst: usize,
}

fn kind_of<'v, 'a>(view: &'v View<'a>, kind: &str, origin: OriginSpan) -> Option<Kind<'v, 'a>> {
    let control = view.line(Part::ControlSession { kind: kind.into() }, kind).cloned().unwrap_or_default();
    // A login of a session is made as at the first door.
    let door = view.drill.doors.first().map_or("", String::as_str);
    let login = view.line(Part::Control, door).cloned().unwrap_or_default();
    let lines = view.sessions(kind);
    let deaths: Vec<_> = lines.iter().map(|line| (*line, session_death(line, &control, &login))).collect();
    let spans: Vec<_> = deaths.iter().map(|(line, death)| interval(line, death, origin)).collect();
    // The last to die decides: the longest known life, and no end seen counts as the longest.
    let lower_us = spans.iter().map(|(lower, _)| *lower).max()?;
    let upper_us = spans.iter().try_fold(i64::MIN, |worst, (_, upper)| upper.map(|u| worst.max(u)));
    let worst = (0..spans.len()).max_by_key(|i| (spans[*i].1.is_none(), spans[*i].1, spans[*i].0))?;
    Some(Kind { deaths, control, login, lower_us, upper_us, worst })
}

impl Kind<'_, '_> {
    fn open_before(&self, origin: OriginSpan) -> bool {
        let first =
            |line: &Line<'_>| line.obs.first().is_some_and(|o| o.seen == Seen::Accepted && o.done_us <= origin.from_us);
        self.deaths.iter().all(|(line, _)| first(line))
    }
    fn whole(&self, view: &View<'_>) -> bool {
        view.whole && self.control.whole && self.deaths.iter().all(|(line, _)| line.whole)
    }
}

/// One kind of session, by what the drill claims of it.
pub fn sessions(view: &View<'_>, kind: &str, claim: SessionClaim, premises: &[(&str, Outcome)]) -> Found {
    let (limit_ms, expected) = match claim {
        SessionClaim::ClosedWithin { limit_ms } => (
            limit_ms,
            format!("closed within {} of the trigger", ms(i64::try_from(limit_ms).unwrap_or(0) * 1000, true)),
        ),
        SessionClaim::MayOutlive => (view.plan.limit_ms, "closed (the drill says that it may live on)".to_string()),
    };
    let limit_us = i64::try_from(limit_ms.saturating_mul(1000)).unwrap_or(i64::MAX);
    let Some((of, origin)) = view.origin().and_then(|origin| Some((kind_of(view, kind, origin)?, origin))) else {
        return unjudged(view, expected, "no session was watched");
    };
    let (line, death) = of.deaths[of.worst];
    let mut events: Vec<u64> = [death.last_accepted, death.counted].into_iter().flatten().map(|o| o.seq).collect();
    let span = exposure(view, &death, kind, true, limit_ms, (of.lower_us, of.upper_us));
    let left = still_there(view, origin, limit_us, kind, of.upper_us.is_some());
    if let Left::This(seq) = left {
        events.push(seq);
    }
    if of.lower_us > limit_us || matches!(left, Left::This(_)) {
        let observed = match left {
            _ if of.lower_us > limit_us => {
                format!("still answers {} after it: {}", ms(of.lower_us, false), tally(line))
            }
            _ => format!("the server still has a session of it after the limit: {}", tally(line)),
        };
        let reason = if claim == SessionClaim::MayOutlive { Reason::MayOutlive } else { Reason::AcceptedAfterLimit };
        let found = if view.answered() {
            Found::failed(reason, expected, observed, events)
        } else {
            Found::unknown(Reason::TriggerUnanswered, expected, observed, events)
        };
        return found.with(span);
    }
    if !of.open_before(origin) {
        return Found::unknown(Reason::NotObserved, expected, "it was not seen open before the trigger", events)
            .with(span);
    }
    if let Some((seq, reason, observed)) = of.deaths.iter().find_map(|(_, death)| ended_before(view, death)) {
        return Found::unknown(reason, expected, observed, vec![seq]).with(span);
    }
    let Some(upper_us) = of.upper_us else {
        let let_in = of.control.always_accepted() && of.login.always_accepted();
        let control = || format!("the control's: {}", tally(&of.control));
        let (reason, beside) = match (death.counted, death.refused) {
            _ if !of.whole(view) => (Reason::EvidenceIncomplete, control()),
            (Some(_), _) if let_in => (Reason::NoAnswer, NOT_AGAIN.to_string()),
            (_, Some(_)) => (Reason::ControlNotAccepted, control()),
            (_, None) => (Reason::NoAnswer, control()),
        };
        let observed = format!("{}; {beside}", tally(line));
        return Found::unknown(reason, expected, observed, events).with(span);
    };
    let observed = format!("closed after {} to {}", ms(of.lower_us.max(0), false), ms(upper_us.max(0), true));
    if upper_us > limit_us {
        return Found::unknown(Reason::IntervalSpansLimit, expected, observed, events).with(span);
    }
    let door = view.drill.doors.first().map_or("", String::as_str);
    if let Some(observed) = of.deaths.iter().find_map(|(_, death)| perhaps_expired(view, door, 0, death)) {
        return Found::unknown(Reason::NothingToCompare, expected, observed, events).with(span);
    }
    if let Left::Whose(seq) = left {
        let observed = format!("{observed}, but the server still has a session, whose is not known");
        return Found::unknown(Reason::NoAnswer, expected, observed, vec![seq]).with(span);
    }
    Found::passed(expected, observed, events).with(span).resting_on(of.whole(view), premises)
}

/// What the inspector saw of the subject's sessions after the limit. It knows names, not kinds.
enum Left {
    /// None, or one of another kind that was itself seen alive.
    Nothing,
    /// One that only this kind, or a client that nobody holds any more, can explain: the event's number.
    This(u64),
    /// One that may be of another kind: the event's number.
    Whose(u64),
}

/// The inspector still sees a session of the subject's after the limit: one that no client of ours holds any more is as bad.
fn still_there(view: &View<'_>, origin: OriginSpan, limit_us: i64, kind: &str, closed: bool) -> Left {
    let Some((seq, present, _, asked_us)) = view.inventory(Stock::Sessions, Moment::After) else {
        return Left::Nothing;
    };
    let late = i128::from(asked_us) > i128::from(origin.to_us) + i128::from(limit_us);
    if !late || !present.iter().any(|n| matches!(n.part, Part::Subject { .. })) {
        return Left::Nothing;
    }
    let others = view.plan.sessions.keys().filter(|k| *k != kind).filter_map(|k| kind_of(view, k, origin));
    let (mut alive, mut unsettled) = (false, false);
    for other in others {
        alive |= other.lower_us > limit_us;
        unsettled |= other.upper_us.is_none();
    }
    match (closed, alive, unsettled) {
        (true, true, _) => Left::Nothing,
        (_, _, true) => Left::Whose(seq),
        _ => Left::This(seq),
    }
}
