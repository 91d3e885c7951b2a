//! A second judge: short and slow, written from the design's rules alone. It tries all deaths, one by one, against the observations.
//! It shares no code with the first, and never disagrees with it.
//!
//! A death at `d` is compatible if nothing was accepted whose question was sent after `d`, and no counted refusal was answered before it.
//! A claim passes if every compatible death keeps it, fails if none does, and is inconclusive otherwise.

use super::build::SUBJECT;
use super::world::{NEVER, OURS};
use drill::definition::{Ends, Trigger};
use drill::history::{Ack, Body, Event, History, Part, State};
use drill::observation::{Meaning, Saw};
use drill::verdict::{Outcome, Verdicts};
use std::collections::BTreeMap;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Is {
    Accepted,
    Dead,
    Bogus,
    Nothing,
}

#[derive(Clone, Copy)]
struct Seen {
    sent: u64,
    done: u64,
    is: Is,
}

/// One history, as this judge reads it.
pub struct Case<'a> {
    history: &'a History,
    trigger: Trigger,
    limit: u64,
    /// No event is lost, nothing was interrupted, the scenario is done.
    whole: bool,
    /// All members of the cohort.
    subjects: Vec<(Vec<Seen>, bool)>,
    control: (Vec<Seen>, bool),
}

fn is(saw: &Saw, ends: Ends) -> Is {
    match saw {
        Saw::Accepted { server } if server == OURS => Is::Accepted,
        Saw::Denied { .. } if ends == Ends::Denied => Is::Dead,
        Saw::Denied { .. } => Is::Accepted,
        Saw::Refused { meaning: Meaning::Bogus, .. } => Is::Bogus,
        Saw::Refused { .. } => Is::Dead,
        _ => Is::Nothing,
    }
}

/// A series, and whether none of it is lost.
fn series(history: &History, part: &Part, whole: bool) -> (Vec<Seen>, bool) {
    let ends = history.head.drills[0].scenarios[0].ends;
    let mut seen: Vec<(u32, Seen)> = Vec::new();
    let mut end = None;
    for event in &history.events {
        match &event.body {
            Body::Probe { series, n, sent_us, done_us, saw, .. } if series.part == *part => {
                seen.push((*n, Seen { sent: *sent_us, done: *done_us, is: is(saw, ends) }));
            }
            Body::End { series, probes } if series.part == *part => end = Some(*probes as usize),
            _ => {}
        }
    }
    seen.sort_by_key(|(n, _)| *n);
    let none_lost = seen.iter().zip(1..).all(|((n, _), i)| *n == i) && end == Some(seen.len());
    (seen.into_iter().map(|(_, s)| s).collect(), whole && none_lost)
}

fn find<'a, T>(history: &'a History, f: impl Fn(&'a Event) -> Option<T>) -> Option<T> {
    let mut events: Vec<&Event> = history.events.iter().collect();
    events.sort_by_key(|e| e.seq);
    events.into_iter().find_map(f)
}

impl<'a> Case<'a> {
    pub fn new(history: &'a History) -> Self {
        let plan = &history.head.drills[0].scenarios[0];
        let done = history.events.iter().any(|e| e.state == State::Done && e.body == Body::State);
        let mut seqs: Vec<u64> = history.events.iter().map(|e| e.seq).collect();
        seqs.sort_unstable();
        let whole = done && seqs.iter().zip(1..).all(|(s, n)| *s == n);
        Self {
            history,
            trigger: plan.trigger.clone(),
            limit: plan.limit_ms * 1000,
            whole,
            subjects: (0..plan.leases).map(|member| series(history, &Part::Subject { member }, whole)).collect(),
            control: series(history, &Part::Control, whole),
        }
    }

    /// Events in the order of their numbers are in the order of their times.
    pub fn timed(&self) -> bool {
        let mut order: Vec<(u64, u64)> = self.history.events.iter().map(|e| (e.seq, e.at_us)).collect();
        order.sort_unstable();
        order.windows(2).all(|w| w[0].1 <= w[1].1)
    }

    pub fn limit(&self) -> u64 {
        self.limit
    }

    /// The trigger was answered; a TTL needs nobody.
    pub fn heard(&self) -> bool {
        !self.trigger.is_requested() || self.pulled().is_some_and(|(_, answered)| answered)
    }

    /// When the first request was sent, and whether all were sent and answered.
    fn pulled(&self) -> Option<(u64, bool)> {
        // By number: a line that stands there twice is one request.
        let requests: BTreeMap<u64, (u64, bool)> = (self.history.events.iter())
            .filter_map(|e| match &e.body {
                Body::Trigger { sent_us, ack, .. } => Some((e.seq, (*sent_us, !matches!(ack, Ack::NoAnswer { .. })))),
                _ => None,
            })
            .collect();
        let needed = if matches!(self.trigger, Trigger::Incident { .. }) { 3 } else { 1 };
        let answered = requests.len() >= needed && requests.values().all(|(_, answered)| *answered);
        Some((requests.values().map(|(sent, _)| *sent).min()?, answered))
    }

    fn healed(&self) -> Option<(u64, u64)> {
        find(self.history, |e| match &e.body {
            Body::Fault { from_us, healed_us, .. } => Some((*from_us, (*healed_us)?)),
            _ => None,
        })
    }

    fn issued(&self) -> Option<(u64, u64)> {
        find(self.history, |e| match &e.body {
            Body::Issued { part, sent_us, received_us, .. } if *part == SUBJECT => Some((*sent_us, *received_us)),
            _ => None,
        })
    }

    /// Rule 4: between which instants the origin lies.
    pub fn origin(&self) -> Option<(u64, u64)> {
        let (from, to) = match self.trigger.ttl_ms() {
            None => self.pulled().map(|(sent, _)| (sent, sent))?,
            Some(ttl_ms) => self.issued().map(|(s, r)| (s + ttl_ms * 1000, r + ttl_ms * 1000))?,
        };
        if self.history.head.drills[0].scenarios[0].fault.is_none() {
            return Some((from, to));
        }
        let (_, healed) = self.healed()?;
        Some((from.max(healed), to.max(healed)))
    }

    /// Rule 2b: between two accepted observations of the control, with none that is not accepted reaching in between.
    fn counts(&self, refusal: &Seen) -> bool {
        if refusal.is != Is::Dead || !self.control.1 {
            return false;
        }
        let (accepted, spoilers): (Vec<&Seen>, Vec<&Seen>) = self.control.0.iter().partition(|c| c.is == Is::Accepted);
        let after: Vec<&Seen> = accepted.iter().filter(|b| refusal.done <= b.sent).copied().collect();
        let kept = |a: &Seen, b: &Seen| !spoilers.iter().any(|c| c.done > a.done && c.sent < b.sent);
        // The nearest first: where one pair does, it is mostly that.
        accepted.iter().rev().filter(|a| a.done <= refusal.sent).any(|a| after.iter().any(|b| kept(a, b)))
    }

    /// Rule 2e: the counted refusals after the last acceptance, if all that follows the first of them counts too.
    fn rest(&self, (subject, none_lost): &(Vec<Seen>, bool)) -> Vec<Seen> {
        let since = subject.iter().rposition(|o| o.is == Is::Accepted).map_or(0, |i| i + 1);
        let after = &subject[since..];
        let counted: Vec<bool> = after.iter().map(|o| self.counts(o)).collect();
        let Some(first) = counted.iter().position(|counts| *counts) else { return vec![] };
        let rest = &after[first..];
        // Three with an accepted control between: each three are tried.
        let let_in = |a: &Seen, b: &Seen| {
            self.control.0.iter().any(|c| c.is == Is::Accepted && c.sent >= a.done && c.done <= b.sent)
        };
        let last = &rest[rest.len() - 1];
        let three = rest.iter().any(|middle| let_in(&rest[0], middle) && let_in(middle, last));
        let rests = counted[first..].iter().all(|counts| *counts) && three;
        if rests && *none_lost { vec![rest[0]] } else { vec![] }
    }

    /// All deaths that could be, among the instants at which anything changes; `NEVER` is one.
    fn deaths(&self, member: &(Vec<Seen>, bool)) -> Vec<u64> {
        let (subject, refusals) = (&member.0, self.rest(member));
        let mut instants: Vec<u64> = subject.iter().flat_map(|o| [o.sent, o.sent + 1, o.done, o.done + 1]).collect();
        instants.extend([0, NEVER]);
        // The last acceptance first: what one excludes, it mostly does.
        let accepted_fits = |d: u64| subject.iter().rev().all(|o| o.is != Is::Accepted || o.sent <= d);
        let refused_fits = |d: u64| refusals.iter().all(|o| d <= o.done);
        instants.retain(|d| refused_fits(*d) && accepted_fits(*d));
        instants
    }

    /// The claim that it is dead within the limit, in all worlds that could be.
    fn dead_in_time(&self, member: &(Vec<Seen>, bool)) -> Option<Outcome> {
        let (from, to) = self.origin()?;
        let deaths = self.deaths(member);
        let keeps = |origin: u64| move |d: &u64| *d != NEVER && *d <= origin + self.limit;
        // In the world where an unanswered trigger was never heard, nothing is broken.
        let some_keep = deaths.iter().any(keeps(to)) || !self.heard();
        let all_keep = deaths.iter().all(keeps(from));
        Some(match (some_keep, all_keep && self.whole && !self.perhaps_dead_before(&member.0)) {
            (false, _) => Outcome::Failed,
            (true, true) => Outcome::Passed,
            (true, false) => Outcome::Inconclusive,
        })
    }

    fn before(&self) -> Option<u64> {
        let (sent, _) = self.pulled().filter(|_| self.trigger.is_requested())?;
        Some(self.healed().map_or(sent, |(from, _)| from.min(sent)))
    }

    /// Something that was no acceptance was answered between the last acceptance and the trigger.
    fn perhaps_dead_before(&self, subject: &[Seen]) -> bool {
        let last = subject.iter().rposition(|o| o.is == Is::Accepted).map_or(0, |i| i + 1);
        self.before().is_some_and(|at| subject[last..].iter().any(|o| o.done <= at))
    }

    /// Rule 2e: refused to the end, for long enough; let in again is a failure.
    fn stays_dead(&self, member: &(Vec<Seen>, bool)) -> Option<Outcome> {
        let (_, to) = self.origin()?;
        let subject = &member.0;
        let last = subject.iter().rposition(|o| o.is == Is::Accepted).unwrap_or(0);
        let lapses = || subject[..last].iter().filter(|o| o.sent >= to && o.is != Is::Accepted);
        if lapses().any(|o| self.counts(o)) {
            return Some(Outcome::Failed);
        }
        let tail = if self.trigger.is_requested() { 1_000_000 } else { 250_000 };
        let rest = self.rest(member);
        let long = rest.first().is_some_and(|first| subject.last().unwrap().sent >= first.done + tail);
        let kept = long && lapses().next().is_none() && self.whole && self.control.1;
        Some(if kept { Outcome::Passed } else { Outcome::Inconclusive })
    }

    /// A rule holds of a cohort if it holds of each: a failure of one fails it, and what is not known of one is not known of it.
    fn of_all(&self, rule: impl Fn(&Self, &(Vec<Seen>, bool)) -> Option<Outcome>) -> Outcome {
        // Without a series or an origin there is nothing to try deaths against.
        let of_one = |member: &(Vec<Seen>, bool)| rule(self, member).filter(|_| !member.0.is_empty());
        let outcomes = self.subjects.iter().map(|m| of_one(m).unwrap_or(Outcome::Inconclusive));
        outcomes.max().unwrap_or(Outcome::Inconclusive)
    }
}

/// Where the two judges differ on a history; empty: nowhere. What rests on a premise that is not passed is left to the first.
pub fn disagreements(history: &History, verdicts: &Verdicts) -> Vec<String> {
    let case = Case::new(history);
    if !case.timed() {
        return vec![];
    }
    let dead_in_time = case.of_all(Case::dead_in_time);
    let second = [
        ("trigger.refused-at-backend", dead_in_time),
        ("trigger.exposure", dead_in_time),
        ("trigger.stays-dead", case.of_all(Case::stays_dead)),
    ];
    let mut differ = Vec::new();
    for (check, second) in second {
        let checks = &verdicts.drills[0].scenarios[0].checks;
        let first = checks.iter().find(|c| c.check == check).unwrap();
        if first.reason != "premise-failed" && first.outcome != second {
            differ.push(format!("{check}: first {:?} ({}), second {second:?}", first.outcome, first.reason));
        }
    }
    differ
}

#[test]
fn the_second_judge_tries_every_death() {
    let generated = super::trouble::generate(0, 0);
    let case = Case::new(&generated.history);
    let deaths = case.deaths(&case.subjects[0]);
    let truth = generated.truth.death_us;
    let (first, last) = (deaths.iter().min().unwrap(), deaths.iter().max().unwrap());
    assert!(deaths.len() > 1 && *first <= truth && truth <= *last && *last < NEVER);
    assert_eq!(case.subjects[0].0[0].is as u8, Is::Accepted as u8);
}
