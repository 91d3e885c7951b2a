//! An expiry must not come early either: a credential that dies before its stated end breaks what relies on it.

use super::Outcome;
use super::exposure::death;
use super::found::Found;
use super::line::{Obs, Seen};
use super::reason::Reason;
use super::view::View;
use super::words::ms;
use crate::history::Part;

/// How much before the stated end the last acceptance may have begun, µs.
const NEAR_US: u64 = 250_000;

/// Judged against the end that the credential itself states, else against request sent + granted TTL.
pub fn not_early(view: &View<'_>, door: &str, premises: &[(&str, Outcome)]) -> Found {
    let expected = "accepted up to the end that the credential states";
    let issued = view.issued(&Part::Subject { member: 0 });
    let (subject, control) = (view.line(Part::Subject { member: 0 }, door), view.line(Part::Control, door));
    let (Some((seq, record, sent_us, _)), Some(subject), Some(control)) = (issued, subject, control) else {
        return Found::unknown(Reason::NotObserved, expected, "nothing was issued or probed", vec![]);
    };
    let stated =
        record.stated_end.map(|end| u64::try_from(end.duration_since(view.head.started).as_micros()).unwrap_or(0));
    let end_us = stated.unwrap_or_else(|| sent_us.saturating_add(record.ttl_ms.saturating_mul(1000)));
    let death = death(subject, control);
    let end_of = |o: Option<Obs<'_>>| match o.and_then(|o| o.presents).filter(|_| view.of_stock()) {
        Some(member) => {
            let (_, record, sent_us, _) = view.issued(&Part::Subject { member })?;
            Some(sent_us.saturating_add(record.ttl_ms.saturating_mul(1000)))
        }
        None => Some(end_us),
    };
    // Each of a stock ends by itself: judged against the end of the one that was refused.
    let Some(end_us) = end_of(death.counted.or(death.next)) else {
        return Found::unknown(
            Reason::NotObserved,
            expected,
            "what was presented is not known to be issued",
            vec![seq],
        );
    };
    // One that rests: followed by anything but refusals it proves no death.
    if let Some(refused) = death.counted.filter(|o| o.done_us < end_us && death.settled) {
        let early = ms(i64::try_from(end_us - refused.done_us).unwrap_or(0), false);
        return Found::failed(
            Reason::RefusedEarly,
            expected,
            format!("refused {early} before it: {}", refused.label()),
            vec![seq, refused.seq],
        );
    }
    let Some(last) = death.last_accepted else {
        return Found::unknown(Reason::NotObserved, expected, "it was never seen accepted", vec![seq]);
    };
    // Whatever ended before the end and was no acceptance may have been its death.
    let early = death.next.is_some_and(|o| o.done_us < end_us);
    let one_probe = death.next.is_some_and(|o| o.seen != Seen::Nothing);
    let near = !early && (last.sent_us.saturating_add(NEAR_US) >= end_us || one_probe);
    // Never said to be later than it was.
    let apart = |us: u64, up| ms(i64::try_from(us).unwrap_or(i64::MAX), up);
    let at = match last.sent_us.checked_sub(end_us) {
        Some(after) => format!("{} after it", apart(after, false)),
        None => format!("{} before it", apart(end_us - last.sent_us, true)),
    };
    if !near {
        return Found::unknown(Reason::NoAnswer, expected, format!("last seen accepted {at}"), vec![seq, last.seq]);
    }
    Found::passed(expected, format!("last accepted {at}"), vec![seq, last.seq])
        .resting_on(view.whole && subject.whole, premises)
}
