//! Sessions that were open before the trigger.

use super::Outcome;
use super::exposure::{Death, interval, session_death};
use super::found::Found;
use super::reason::Reason;
use super::trigger::exposure;
use super::view::{Line, Seen, View};
use super::words::{ms, tally};
use crate::definition::SessionClaim;
use crate::history::{Moment, Part, Stock};

/// One kind of session, by what the drill claims of it.
pub fn sessions(view: &View<'_>, kind: &str, claim: SessionClaim, premises: &[(&str, Outcome)]) -> Found {
    let (limit_ms, expected) = match claim {
        SessionClaim::ClosedWithin { limit_ms } => (
            limit_ms,
            format!("closed within {} of the trigger", ms(i64::try_from(limit_ms).unwrap_or(0) * 1000, true)),
        ),
        SessionClaim::MayOutlive => (view.plan.limit_ms, "closed (the drill says that it may live on)".to_string()),
    };
    let limit_us = i64::try_from(limit_ms).unwrap_or(i64::MAX / 1000) * 1000;
    let lines = view.sessions(kind);
    let (Some(control), Some(origin), false) =
        (view.line(Part::ControlSession { kind: kind.into() }, kind), view.origin(), lines.is_empty())
    else {
        return Found::unknown(Reason::NotObserved, expected, "no session was watched", vec![]);
    };
    let deaths: Vec<(&Line<'_>, Death<'_>, (i64, Option<i64>))> = lines
        .iter()
        .map(|line| {
            let death = session_death(line, control);
            let span = interval(&death, origin);
            (*line, death, span)
        })
        .collect();
    // The last to die decides: the longest known life, and no end seen counts as the longest.
    let lower_us = deaths.iter().map(|(.., (lower, _))| *lower).max().unwrap_or(0);
    let upper_us =
        deaths.iter().map(|(.., (_, upper))| *upper).try_fold(i64::MIN, |worst, upper| upper.map(|u| worst.max(u)));
    let worst = deaths.iter().max_by_key(|(.., (lower, upper))| (upper.is_none(), *upper, *lower));
    let Some((line, death, _)) = worst else {
        return Found::unknown(Reason::NotObserved, expected, "no session was watched", vec![]);
    };
    let events: Vec<u64> = [death.last_accepted, death.counted].into_iter().flatten().map(|o| o.seq).collect();
    let span = exposure(view, death, kind, true, limit_ms, (lower_us, upper_us));
    let open_before = deaths
        .iter()
        .all(|(line, ..)| line.obs.first().is_some_and(|o| o.seen == Seen::Accepted && o.done_us <= origin.from_us));
    // A session of another kind that was seen alive to the end is what the inspector sees: it is no reproach to one seen closed.
    let unexplained = upper_us.is_none() || !held_by_another(view, kind);
    let lived = view.answered() && (lower_us > limit_us || unexplained && still_there(view, origin.to_us, limit_us));
    if lived {
        let reason = if claim == SessionClaim::MayOutlive { Reason::MayOutlive } else { Reason::AcceptedAfterLimit };
        return Found::failed(
            reason,
            expected,
            format!("still answers {} after it: {}", ms(lower_us, false), tally(line)),
            events,
        )
        .with(span);
    }
    if !open_before {
        return Found::unknown(Reason::NotObserved, expected, "it was not seen open before the trigger", events)
            .with(span);
    }
    let Some(upper_us) = upper_us else {
        let reason = if death.refused.is_some() { Reason::ControlNotAccepted } else { Reason::NoAnswer };
        return Found::unknown(reason, expected, format!("{}; the control's: {}", tally(line), tally(control)), events)
            .with(span);
    };
    let observed = format!("closed after {} to {}", ms(lower_us.max(0), false), ms(upper_us.max(0), true));
    if upper_us > limit_us {
        return Found::unknown(Reason::IntervalSpansLimit, expected, observed, events).with(span);
    }
    let whole = view.whole && control.whole && lines.iter().all(|l| l.whole);
    Found::passed(expected, observed, events).with(span).resting_on(whole, premises)
}

/// A session of another kind was still answering when it was last asked.
fn held_by_another(view: &View<'_>, kind: &str) -> bool {
    let others = view.plan.sessions.keys().filter(|other| *other != kind);
    others.flat_map(|other| view.sessions(other)).any(|l| l.obs.last().is_some_and(|o| o.seen == Seen::Accepted))
}

/// The inspector still sees a session of the subject's after the limit: one that no client of ours holds any more is as bad.
fn still_there(view: &View<'_>, origin_us: u64, limit_us: i64) -> bool {
    let Some((_, present, _, asked_us)) = view.inventory(Stock::Sessions, Moment::After) else { return false };
    let late = i128::from(asked_us) > i128::from(origin_us) + i128::from(limit_us);
    late && present.iter().any(|n| matches!(n.part, Part::Subject { .. }))
}
