//! Whether the trigger did what it should: at the backend, in time, for good, and to nobody else.

use super::exposure::{Death, death, interval, lapses, sandwiched};
use super::found::Found;
use super::line::{Line, Obs, Seen};
use super::reason::Reason;
use super::view::{OriginSpan, View};
use super::words::{ms, tally};
use super::{Exposure, Outcome};
use crate::backend::Cause;
use crate::credential::Ability;
use crate::definition::Ends;
use crate::history::{Ack, Body, Moment, Part, Stock};
use std::borrow::Cow;

/// The subject and the control at a door, with what they tell.
struct Both<'v, 'a> {
    subject: &'v Line<'a>,
    control: Cow<'v, Line<'a>>,
    origin: OriginSpan,
    death: Death<'a>,
    lower_us: i64,
    upper_us: Option<i64>,
    limit_us: i64,
}

fn both<'v, 'a>(view: &'v View<'a>, door: &str, member: u32) -> Option<Both<'v, 'a>> {
    let subject = view.line(Part::Subject { member }, door)?;
    // Without a control no refusal counts; an acceptance after the limit needs none.
    let control = view.line(Part::Control, door).map_or_else(|| Cow::Owned(Line::default()), Cow::Borrowed);
    let origin = view.origin()?;
    let death = death(subject, &control);
    let (lower_us, upper_us) = interval(subject, &death, origin);
    let limit_us = i64::try_from(view.limit_ms(door).saturating_mul(1000)).unwrap_or(i64::MAX);
    Some(Both { subject, control, origin, death, lower_us, upper_us, limit_us })
}

/// A cohort is judged member by member; the worst decides, and of those that are equally good the last to die.
fn cohort(view: &View<'_>, judge: impl Fn(u32) -> Found) -> Found {
    let all: Vec<Found> = (0..view.subjects()).map(judge).collect();
    let members = all.len();
    let spans = || all.iter().filter_map(|found| found.exposure.as_ref());
    let lower_us = spans().map(|e| e.lower_us).max();
    // One that was not seen to die, or not seen at all, has no end, and then the cohort has none.
    let upper_of = |found: &Found| found.exposure.as_ref().and_then(|e| e.upper_us);
    let upper_us = all.iter().try_fold(i64::MIN, |last, found| upper_of(found).map(|u| last.max(u)));
    let lived = |found: &Found| found.exposure.as_ref().map(|e| (e.upper_us.is_none(), e.upper_us, e.lower_us));
    let worst = all.into_iter().enumerate().max_by_key(|(_, found)| (found.outcome, lived(found)));
    let Some((member, mut worst)) = worst else {
        return Found::unknown(Reason::NotObserved, "", "nobody to judge", vec![]);
    };
    if members > 1 {
        worst.observed = format!("{} (the last of {members}: number {})", worst.observed, member + 1);
        if let (Some(span), Some(lower_us)) = (&mut worst.exposure, lower_us) {
            (span.lower_us, span.upper_us) = (lower_us, upper_us);
        }
    }
    worst
}

/// A refusal that counts, and what follows it is no death.
pub const NOT_AGAIN: &str = "it was not refused again and again to the end, with the control let in between";

/// Nothing to judge: not observed, or at times that cannot be believed.
pub fn unjudged(view: &View<'_>, expected: impl Into<String>, observed: &str) -> Found {
    if view.timed {
        Found::unknown(Reason::NotObserved, expected, observed, vec![])
    } else {
        Found::unknown(Reason::EvidenceIncomplete, expected, "the run's clock went back", vec![])
    }
}

/// Whether a series was not accepted up to the trigger: a refusal then shows no effect of the trigger, and with any other answer it
/// may have been dead already. The event's number, why, and in words.
pub fn ended_before(view: &View<'_>, death: &Death<'_>) -> Option<(u64, Reason, String)> {
    let pulled = view.pulled_us()?;
    let next = death.next.filter(|o| o.done_us <= pulled)?;
    Some(match death.counted.filter(|o| o.done_us <= pulled) {
        Some(o) => (o.seq, Reason::DeadBeforeTrigger, "refused before the trigger was pulled".into()),
        None => {
            let observed = format!("not accepted up to the trigger ({}): it may have been dead already", next.label());
            (next.seq, Reason::NoAnswer, observed)
        }
    })
}

impl<'a> Both<'_, 'a> {
    fn late(&self, view: &View<'_>) -> bool {
        view.answered() && self.lower_us > self.limit_us
    }
    fn whole(&self, view: &View<'_>) -> bool {
        view.whole && self.subject.whole && self.control.whole
    }
    /// Let in after the limit of a trigger that may never have been heard: neither kept nor broken.
    fn late_unheard(&self, view: &View<'_>) -> bool {
        !view.answered() && self.lower_us > self.limit_us
    }
    /// Why nothing can be said, in the order of what helps.
    fn unsettled(&self, view: &View<'_>) -> (Reason, String) {
        let seen = tally(self.subject);
        if self.late_unheard(view) {
            return (Reason::TriggerUnanswered, format!("{seen}; whether the trigger was heard is not known"));
        }
        if !self.subject.whole || !self.control.whole {
            return (Reason::EvidenceIncomplete, format!("{seen} (and a part of the evidence is missing)"));
        }
        match (self.death.counted, self.death.refused) {
            (Some(_), _) if !self.control.always_accepted() => {
                (Reason::ControlNotAccepted, format!("{seen}; the control: {}", tally(&self.control)))
            }
            (Some(_), _) => (Reason::NoAnswer, format!("{seen}; {NOT_AGAIN}")),
            (None, Some(_)) => (Reason::ControlNotAccepted, format!("{seen}; the control: {}", tally(&self.control))),
            (None, None) => (Reason::NoAnswer, seen),
        }
    }
    fn events(&self) -> Vec<u64> {
        [self.death.last_accepted, self.death.counted].into_iter().flatten().map(|o| o.seq).collect()
    }
    fn exposure(&self, view: &View<'a>, door: &str) -> Exposure {
        exposure(view, &self.death, door, false, view.limit_ms(door), (self.lower_us, self.upper_us))
    }
}

/// The events of the refusals that count, one of each member, where the whole cohort is known to be dead at a door.
pub fn counted(view: &View<'_>, door: &str) -> Option<Vec<u64>> {
    let dead = |member| both(view, door, member).filter(|both| both.upper_us.is_some());
    (0..view.subjects()).map(|member| dead(member)?.death.counted.map(|o| o.seq)).collect()
}

/// What the backend's own log says of a probe: the event, its line, and what it means.
pub fn reason_of<'a>(view: &View<'a>, probe: u64) -> Option<(u64, &'a str, Cause)> {
    let at = view.events.binary_search_by_key(&probe, |e| e.seq).ok()?;
    let Body::Probe { series: of, n: number, .. } = &view.events[at].body else { return None };
    view.facts.iter().find_map(|e| match &e.body {
        Body::Reason { series, n, line, cause } if series == of && n == number => Some((e.seq, line.as_str(), *cause)),
        _ => None,
    })
}

/// An interval for the reports.
pub fn exposure(
    view: &View<'_>,
    death: &Death<'_>,
    of: &str,
    session: bool,
    limit_ms: u64,
    (lower_us, upper_us): (i64, Option<i64>),
) -> Exposure {
    let refused = death.counted.filter(|_| upper_us.is_some());
    let reason = refused.and_then(|o| reason_of(view, o.seq)).map(|(_, line, _)| line.to_string());
    Exposure {
        of: of.to_string(),
        session,
        lower_us,
        upper_us,
        limit_ms,
        last_accepted_us: death.last_accepted.map(|o| o.sent_us),
        first_refused_us: refused.map(|o| o.done_us),
        code: refused.map(|o| o.label().to_string()),
        reason,
    }
}

/// How access ends, where the drill says that it may do nothing any more.
fn word(view: &View<'_>) -> &'static str {
    match view.plan.ends {
        Ends::Refused => "refused",
        Ends::Denied => "denied",
    }
}

/// The backend refuses the credential, and nothing else can explain it.
pub fn refused_at_backend(view: &View<'_>, door: &str, premises: &[(&str, Outcome)]) -> Found {
    cohort(view, |member| one_refused(view, door, member, premises))
}

fn one_refused(view: &View<'_>, door: &str, member: u32, premises: &[(&str, Outcome)]) -> Found {
    let end = word(view);
    let expected = format!("{end} within {}", ms(i64::try_from(view.limit_ms(door)).unwrap_or(0) * 1000, true));
    let Some(both) = both(view, door, member) else {
        return unjudged(view, expected, "there was no trigger, or no subject to probe");
    };
    if both.late(view) {
        let observed = format!("{}, last let in {} after it", tally(both.subject), ms(both.lower_us, false));
        return Found::failed(Reason::AcceptedAfterLimit, expected, observed, both.events());
    }
    if let Some((seq, reason, observed)) = ended_before(view, &both.death) {
        return Found::unknown(reason, expected, observed, vec![seq]);
    }
    let Some(upper_us) = both.upper_us.filter(|_| !both.late_unheard(view)) else {
        let (reason, observed) = both.unsettled(view);
        return Found::unknown(reason, expected, observed, both.events());
    };
    if upper_us > both.limit_us {
        let observed = format!("seen {end} {} after it", ms(upper_us, true));
        return Found::unknown(Reason::IntervalSpansLimit, expected, observed, both.events());
    }
    if let Some(observed) = perhaps_expired(view, door, member, &both.death) {
        return Found::unknown(Reason::NothingToCompare, expected, observed, both.events());
    }
    let counted = both.death.counted;
    if counted.is_some_and(|o| super::brokered::was_down(view, o.done_us) == Some(false)) {
        let observed = "who issues was not down when it ended: it may have been ended by that";
        return Found::unknown(Reason::NotObserved, expected, observed, both.events());
    }
    let code = counted.map_or("", |o| o.label());
    Found::passed(expected, format!("{end}: {code}"), both.events()).resting_on(both.whole(view), premises)
}

/// What was refused when its own end was past may have ended by that: the trigger is not seen to have done it.
pub fn perhaps_expired(view: &View<'_>, door: &str, member: u32, death: &Death<'_>) -> Option<String> {
    let (end_us, refused) = (view.own_end_us(door, member)?, death.counted?);
    (refused.done_us >= end_us).then(|| format!("refused ({}), when its own end was past", refused.label()))
}

/// How long access lived after the trigger.
pub fn exposure_within(view: &View<'_>, door: &str, premises: &[(&str, Outcome)]) -> Found {
    cohort(view, |member| one_exposed(view, door, member, premises))
}

fn one_exposed(view: &View<'_>, door: &str, member: u32, premises: &[(&str, Outcome)]) -> Found {
    let expected =
        format!("dead within {} of the trigger", ms(i64::try_from(view.limit_ms(door)).unwrap_or(0) * 1000, true));
    let Some(both) = both(view, door, member) else {
        return unjudged(view, expected, "there was no trigger, or no subject to probe");
    };
    let exposure = both.exposure(view, door);
    let lower = ms(both.lower_us.max(0), false);
    if both.late(view) {
        let upper = both
            .upper_us
            .map_or_else(|| "never seen dead".to_string(), |u| format!("dead at the latest after {}", ms(u, true)));
        let observed = format!("still let in {lower} after it, {upper}");
        return Found::failed(Reason::AcceptedAfterLimit, expected, observed, both.events()).with(exposure);
    }
    if let Some((seq, reason, observed)) = ended_before(view, &both.death) {
        return Found::unknown(reason, expected, observed, vec![seq]);
    }
    let Some(upper_us) = both.upper_us.filter(|_| !both.late_unheard(view)) else {
        let (reason, observed) = both.unsettled(view);
        return Found::unknown(reason, expected, observed, both.events()).with(exposure);
    };
    let observed = format!("{lower} to {}", ms(upper_us.max(0), true));
    if upper_us > both.limit_us {
        return Found::unknown(Reason::IntervalSpansLimit, expected, observed, both.events()).with(exposure);
    }
    if let Some(observed) = perhaps_expired(view, door, member, &both.death) {
        return Found::unknown(Reason::NothingToCompare, expected, observed, both.events()).with(exposure);
    }
    Found::passed(expected, observed, both.events()).with(exposure).resting_on(both.whole(view), premises)
}

/// After the first counted refusal every observation is a refusal, and there are enough of them.
pub fn stays_dead(view: &View<'_>, door: &str, premises: &[(&str, Outcome)]) -> Found {
    cohort(view, |member| one_stays_dead(view, door, member, premises))
}

fn one_stays_dead(view: &View<'_>, door: &str, member: u32, premises: &[(&str, Outcome)]) -> Found {
    let tail = view.plan.trigger.tail_us();
    let end = word(view);
    let expected = format!("{end} to the end, at least {} long", ms(i64::try_from(tail).unwrap_or(0), true));
    let Some(both) = both(view, door, member) else {
        return unjudged(view, expected, "there was no trigger, or no subject to probe");
    };
    // One of a stock says nothing of the next: that they end one after the other is no coming back, as long as the last ends in time.
    let (refused, lapse) = if view.of_stock() && !both.late(view) {
        (None, None)
    } else {
        lapses(both.subject, &both.control, both.origin)
    };
    if let (Some(refused), Some(again)) = (refused, both.death.last_accepted) {
        let observed = format!("{end}, and later let in again: {}", tally(both.subject));
        return Found::failed(Reason::AcceptedAgain, expected, observed, vec![refused.seq, again.seq]);
    }
    let (Some(first), true) = (both.death.counted, both.death.settled) else {
        let (reason, observed) = both.unsettled(view);
        if both.late(view) {
            // It was never silent: it lives, which is said where the limit is judged.
            let premise = Some(view.refused_at(door));
            return Found { premise, ..Found::unknown(Reason::PremiseFailed, expected, observed, both.events()) };
        }
        return Found::unknown(reason, expected, observed, both.events());
    };
    if let Some(lapse) = lapse {
        let observed = format!("let in again after an answer that may hide a refusal: {}", lapse.label());
        return Found::unknown(Reason::NoAnswer, expected, observed, vec![lapse.seq]);
    }
    let last_us = both.subject.obs.last().map_or(0, |o| o.sent_us);
    let watched = last_us.saturating_sub(first.done_us);
    let observed = format!("{end} for {}", ms(i64::try_from(watched).unwrap_or(i64::MAX), false));
    if watched < tail {
        return Found::unknown(Reason::NotObserved, expected, observed, both.events());
    }
    // What a restart brings back is seen after it, or not at all.
    if view.restart().is_some_and(|over| over.is_none_or(|over_us| last_us < over_us)) {
        let observed = format!("{observed}, but not asked after the declared restart");
        return Found::unknown(Reason::NotObserved, expected, observed, both.events());
    }
    Found::passed(expected, observed, both.events()).resting_on(both.whole(view), premises)
}

/// The authority said yes, and does not know the lease any more.
pub fn acknowledged(view: &View<'_>) -> Found {
    let leased = view.drill.credential.can(Ability::Leases);
    let expected = if leased {
        "acknowledged, and the lease is gone while the control's is there"
    } else {
        "acknowledged by everybody who was asked"
    };
    let Some(trigger) = view.trigger() else {
        return Found::unknown(Reason::NotObserved, expected, "there was no trigger", vec![]);
    };
    let after = ms(i64::try_from(trigger.done_us.saturating_sub(trigger.sent_us)).unwrap_or(0), true);
    match trigger.ack {
        Ack::Rejected { status, message } => {
            let observed = format!("{status} after {after}: {message}");
            // Where the backend answered nobody just then, it may be that alone which the authority ran into.
            if !backend_answered(view, trigger.sent_us, trigger.done_us) {
                return Found::unknown(Reason::ControlNotAccepted, expected, observed, vec![trigger.seq]);
            }
            return Found::failed(Reason::TriggerRejected, expected, observed, vec![trigger.seq]);
        }
        Ack::NoAnswer { why } => {
            return Found::unknown(
                Reason::TriggerUnanswered,
                expected,
                format!("no answer after {after}: {why}"),
                vec![trigger.seq],
            );
        }
        Ack::Acknowledged { .. } => {}
    }
    if !view.pulled_whole() {
        return Found::unknown(Reason::NotObserved, expected, "not all of its requests were sent", vec![trigger.seq]);
    }
    if !leased {
        return Found::passed(expected, format!("acknowledged after {after}"), vec![trigger.seq])
            .resting_on(view.whole, &[]);
    }
    let gone = super::residue::gone(view, Stock::Leases, Moment::After);
    match gone {
        Ok(seq) => Found::passed(expected, format!("acknowledged after {after}, lease gone"), vec![trigger.seq, seq])
            .resting_on(view.whole, &[]),
        Err((Reason::ResidueLeft, observed, seq)) => {
            Found::failed(Reason::LeaseLeft, expected, observed, vec![trigger.seq, seq])
        }
        Err((reason, observed, seq)) => Found::unknown(reason, expected, observed, vec![trigger.seq, seq]),
    }
}

/// The control was accepted before, during and after a stretch of time, at every door.
fn backend_answered(view: &View<'_>, from_us: u64, to_us: u64) -> bool {
    view.drill.doors.iter().all(|door| {
        view.line(Part::Control, door).is_some_and(|control| {
            let stretch = control.obs.first().map(|o| Obs { sent_us: from_us, done_us: to_us, ..*o });
            stretch.is_some_and(|stretch| sandwiched(&stretch, control))
        })
    })
}

/// The trigger spares the control.
pub fn control_alive(view: &View<'_>, door: &str) -> Found {
    let expected = "the control is accepted before, during and after";
    let Some(control) = view.line(Part::Control, door).filter(|l| !l.obs.is_empty()) else {
        return Found::unknown(Reason::NotObserved, expected, "the control was not probed", vec![]);
    };
    let events: Vec<u64> = [control.obs.first(), control.obs.last()].into_iter().flatten().map(|o| o.seq).collect();
    // While the backend is disturbed as the scenario declares, nobody can be accepted: judged from its heal.
    let declared = view.fault().and_then(|(from_us, healed_us)| Some((from_us, healed_us?)));
    let excused =
        |o: &Obs<'_>| declared.is_some_and(|(from, to)| o.seen == Seen::Nothing && o.done_us > from && o.sent_us < to);
    if control.obs.iter().all(|o| o.seen == Seen::Accepted || excused(o)) {
        let Some(origin) = view.origin() else {
            return Found::unknown(Reason::NotObserved, expected, "there was no trigger", events);
        };
        let around = control.obs.first().is_some_and(|o| o.done_us <= origin.from_us)
            && control.obs.last().is_some_and(|o| o.sent_us >= origin.to_us);
        if !around {
            return Found::unknown(Reason::NotObserved, expected, "not observed on both sides of the trigger", events);
        }
        return Found::passed(expected, tally(control), events).resting_on(view.whole && control.whole, &[]);
    }
    let ended = control.obs.last().is_some_and(|o| matches!(o.seen, Seen::Refused(_)));
    if ended && let Some((seq, what)) = super::residue::control_gone(view) {
        return Found::failed(Reason::ControlEnded, expected, format!("{}; {what}", tally(control)), vec![seq]);
    }
    let not = control.obs.iter().find(|o| o.seen != Seen::Accepted);
    Found::unknown(Reason::ControlNotAccepted, expected, tally(control), not.map(|o| o.seq).into_iter().collect())
}

/// A credential issued afterwards works.
pub fn service_returns(view: &View<'_>, door: &str) -> Found {
    let expected = "a credential issued after the trigger is accepted";
    let Some(line) = view.line(Part::Reissued, door).filter(|l| !l.obs.is_empty()) else {
        return Found::unknown(Reason::NotObserved, expected, "none was issued, or it was not probed", vec![]);
    };
    let after =
        view.origin().zip(view.issued(&Part::Reissued)).is_some_and(|(origin, (_, _, sent, _))| sent >= origin.from_us);
    let obs = line.obs[0];
    match obs.seen {
        Seen::Accepted if after => {
            Found::passed(expected, "accepted", vec![obs.seq]).resting_on(view.whole && line.whole, &[])
        }
        Seen::Accepted => {
            let observed = "accepted, but not known to be issued after the trigger";
            Found::unknown(Reason::NotObserved, expected, observed, vec![obs.seq])
        }
        Seen::Refused(_) if view.line(Part::Control, door).is_some_and(|control| sandwiched(&obs, control)) => {
            Found::failed(Reason::ReissueRefused, expected, obs.label(), vec![obs.seq])
        }
        _ => Found::unknown(Reason::NoAnswer, expected, obs.label(), vec![obs.seq]),
    }
}
