//! A backend that asks the authority at every login does not let the dead in because nobody answers.

use super::found::Found;
use super::line::{Obs, Seen};
use super::reason::Reason;
use super::view::View;
use super::words::times;
use crate::history::{Body, Part};

/// Not served while the authority is down, by a server that serves the control before and after.
pub fn fails_closed(view: &View<'_>, door: &str) -> Found {
    let expected = "while the authority is down the ended credential is not served";
    let outage = view.facts.iter().find_map(|e| match &e.body {
        Body::Outage { from_us, to_us } => Some((e.seq, *from_us, *to_us)),
        _ => None,
    });
    let (Some(subject), Some(control)) = (view.line(Part::Unasked, door), view.line(Part::UnaskedControl, door)) else {
        return Found::unknown(Reason::NotObserved, expected, "the authority was not taken down", vec![]);
    };
    // An acceptance needs no outage to be one: dead is dead.
    if let Some(served) = subject.obs.iter().find(|o| o.seen == Seen::Accepted) {
        let observed = format!("served: {}", served.label());
        // A trigger that nobody answered may never have been heard.
        if !view.answered() {
            return Found::unknown(Reason::TriggerUnanswered, expected, observed, vec![served.seq]);
        }
        return Found::failed(Reason::ServedWhileDown, expected, observed, vec![served.seq]);
    }
    let Some((seq, from_us, to_us)) = outage else {
        return Found::unknown(Reason::NotObserved, expected, "the authority was not taken down", vec![]);
    };
    let during = |o: &&Obs<'_>| o.sent_us >= from_us && o.done_us <= to_us;
    let meanwhile: Vec<&Obs<'_>> = subject.obs.iter().filter(during).collect();
    let (Some(first), Some(last)) = (meanwhile.first(), meanwhile.last()) else {
        return Found::unknown(Reason::NotObserved, expected, "it was not tried meanwhile", vec![seq]);
    };
    let events = vec![seq, first.seq, last.seq];
    // A server that answers nobody serves nobody, whatever the authority does.
    if let Some(silent) = meanwhile.iter().find(|o| matches!(o.saw, crate::observation::Saw::Unreachable { .. })) {
        return Found::unknown(Reason::NoAnswer, expected, silent.label(), events);
    }
    let accepted = |o: Option<&Obs<'_>>| o.is_some_and(|o| o.seen == Seen::Accepted);
    let before = accepted(control.obs.iter().rfind(|o| o.done_us <= from_us));
    let after = accepted(control.obs.iter().find(|o| o.sent_us >= to_us));
    if !(before && after) {
        let observed = format!("{}; the control was not accepted before and after", last.label());
        return Found::unknown(Reason::ControlNotAccepted, expected, observed, events);
    }
    Found::passed(expected, format!("{}: {}", times(meanwhile.len()), last.label()), events)
        .resting_on(view.whole && subject.whole && control.whole, &[])
}
