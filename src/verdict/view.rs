//! One scenario's evidence, sorted: what the checks ask of it.

use super::line::{Line, Obs, Seen};
use super::once;
use crate::credential::Ability;
use crate::definition::{DrillPlan, Ends, FaultKind, ScenarioPlan, Trigger};
use crate::history::{Ack, Body, Event, Head, History, Moment, Named, Part, Record, Series, State, Stock};
use crate::observation::{Meaning, Saw};
use std::collections::{BTreeMap, BTreeSet};

/// A ban and the end of its token; where there are leases, what is cleared.
const INCIDENT_REQUESTS: usize = 2;

/// An answer to the trigger.
#[derive(Debug, Clone, Copy)]
pub struct Pulled<'a> {
    /// The event's number.
    pub seq: u64,
    /// When the request was sent.
    pub sent_us: u64,
    /// When it was answered.
    pub done_us: u64,
    /// The answer.
    pub ack: &'a Ack,
}

/// The instant from which exposure counts: between two bounds, µs.
#[derive(Debug, Clone, Copy)]
pub struct OriginSpan {
    /// Not before.
    pub from_us: u64,
    /// Not after.
    pub to_us: u64,
}

/// What is known of the run as a whole.
#[derive(Debug, Clone, Copy)]
pub struct Run {
    /// No event is lost.
    pub complete: bool,
    /// Its clock never went back.
    pub timed: bool,
    /// It was stopped from outside.
    pub interrupted: bool,
}

/// One scenario's evidence.
pub struct View<'a> {
    /// The run's head.
    pub head: &'a Head,
    /// The drill's plan.
    pub drill: &'a DrillPlan,
    /// The scenario's plan.
    pub plan: &'a ScenarioPlan,
    /// Nothing of the run's events is lost, it was not interrupted, and the scenario came to its end.
    pub whole: bool,
    /// The run's clock never went back: else none of its times can be believed.
    pub timed: bool,
    /// Its own events and the whole drill's, by number.
    pub events: Vec<&'a Event>,
    /// Those that are no part of a series: of a cohort of a thousand, one event in a hundred.
    pub facts: Vec<&'a Event>,
    lines: BTreeMap<Series, Line<'a>>,
}

impl<'a> View<'a> {
    /// The id of `trigger.refused-at-backend` at a door, without the scenario's.
    pub fn refused_at(&self, door: &str) -> String {
        let id = "trigger.refused-at-backend";
        if self.drill.doors.len() > 1 { format!("{id}@{door}") } else { id.into() }
    }
    /// Sorts a scenario's events.
    pub fn new(history: &'a History, drill: &'a DrillPlan, plan: &'a ScenarioPlan, run: Run) -> Self {
        // A scenario with servers of its own has nothing to do with those of the others.
        let its_server = |e: &Event| matches!(&e.body, Body::Server { server, .. } if server == "authority");
        let own_stage =
            history.events.iter().any(|e| e.drill == drill.drill && e.scenario == plan.scenario && its_server(e));
        let mut events: Vec<&Event> = history
            .events
            .iter()
            .filter(|e| {
                e.drill == drill.drill && (e.scenario == plan.scenario || (!own_stage && e.scenario.is_empty()))
            })
            .collect();
        events.sort_by_key(|e| e.seq);
        let done =
            events.iter().any(|e| e.scenario == plan.scenario && e.state == State::Done && e.body == Body::State);
        let mut lines = lines(&events, plan);
        if drill.credential.can(Ability::WorksOnce) {
            once::forget_stale(&mut lines, &events, plan);
        }
        for line in lines.values_mut() {
            // A lost event may have been one of this series; without the last state its end may not have been the end.
            line.whole &= run.complete && run.timed && done;
            // Shorter than one microsecond no two instants are told apart.
            line.tick_us = history.head.clock_tick_us.max(1);
        }
        let whole = run.complete && run.timed && !run.interrupted && done;
        let of_a_series = |body: &Body| {
            matches!(body, Body::Probe { .. } | Body::Presents { .. } | Body::End { .. } | Body::Step { .. })
        };
        let facts = events.iter().copied().filter(|e| !of_a_series(&e.body)).collect();
        Self { head: &history.head, drill, plan, whole, timed: run.timed, events, facts, lines }
    }

    /// The series of one part at one door.
    pub fn line(&self, part: Part, door: &str) -> Option<&Line<'a>> {
        self.lines.get(&Series { part, door: door.to_string() })
    }

    /// The subjects are a stock of what works once: one series, whose every probe presents another of them.
    pub fn of_stock(&self) -> bool {
        self.drill.credential.can(Ability::WorksOnce) && self.plan.trigger != Trigger::Use
    }

    /// How many series the subjects have at a door.
    pub fn subjects(&self) -> u32 {
        if self.of_stock() { 1 } else { self.plan.leases.max(1) }
    }

    /// When every one of the subjects had its issue sent and received: from the first to the last, µs.
    fn issue_us(&self) -> Option<(u64, u64)> {
        let issues = self.facts.iter().filter_map(|e| match &e.body {
            Body::Issued { part: Part::Subject { member }, sent_us, received_us, .. } if *member < self.plan.leases => {
                Some((*sent_us, *received_us))
            }
            _ => None,
        });
        issues.reduce(|(sent, received), (s, r)| (sent.min(s), received.max(r)))
    }

    /// All series, in the order of their parts.
    pub fn series(&self) -> impl Iterator<Item = (&Series, &Line<'a>)> {
        self.lines.iter()
    }

    /// All series of sessions of a kind on the subject, in the order of their clients.
    pub fn sessions(&self, kind: &str) -> Vec<&Line<'a>> {
        let wanted = |s: &Series| matches!(&s.part, Part::Session { kind: k, .. } if k == kind);
        self.lines.iter().filter(|(s, _)| wanted(s)).map(|(_, l)| l).collect()
    }

    /// The record of an issued credential, with the event's number and the request's times.
    pub fn issued(&self, part: &Part) -> Option<(u64, &'a Record, u64, u64)> {
        self.facts.iter().find_map(|e| match &e.body {
            Body::Issued { part: p, record, sent_us, received_us } if p == part => {
                Some((e.seq, &**record, *sent_us, *received_us))
            }
            _ => None,
        })
    }

    fn requests(&self) -> impl Iterator<Item = Pulled<'a>> {
        self.facts.iter().filter_map(|e| match &e.body {
            Body::Trigger { sent_us, done_us, ack, .. } => {
                Some(Pulled { seq: e.seq, sent_us: *sent_us, done_us: *done_us, ack })
            }
            _ => None,
        })
    }

    /// The trigger's request. Several (a ban, then what it clears) are one: sent with the first, answered with the last, and as badly
    /// as the worst.
    pub fn trigger(&self) -> Option<Pulled<'a>> {
        let badly = |ack: &Ack| match ack {
            Ack::Acknowledged { .. } => 0,
            Ack::NoAnswer { .. } => 1,
            Ack::Rejected { .. } => 2,
        };
        let sent_us = self.requests().map(|r| r.sent_us).min()?;
        let done_us = self.requests().map(|r| r.done_us).max()?;
        let worst = self.requests().reduce(|a, b| if badly(b.ack) > badly(a.ack) { b } else { a })?;
        Some(Pulled { sent_us, done_us, ..worst })
    }

    /// The correlation ids that the trigger's requests carried.
    pub fn correlations(&self) -> impl Iterator<Item = &'a str> {
        self.facts.iter().filter_map(|e| match &e.body {
            Body::Trigger { correlation, .. } => correlation.as_deref(),
            _ => None,
        })
    }

    /// Whether all requests of the trigger were sent: an incident that only bans has cleared nothing, and a backend that nobody told
    /// knows of nothing.
    pub fn pulled_whole(&self) -> bool {
        let kind = &self.drill.credential;
        let asked = match self.plan.trigger {
            Trigger::Incident { .. } => INCIDENT_REQUESTS + usize::from(kind.can(Ability::Leases)),
            _ => 1,
        };
        // What can be shown again until its own end is ended again after it.
        let again = usize::from(kind.can(Ability::IsPresented) && kind.ends_early());
        // A line that stands there twice is one request.
        let sent: BTreeSet<u64> = self.requests().map(|request| request.seq).collect();
        sent.len() >= asked + usize::from(kind.can(Ability::ToldAtBackend)) + again
    }

    /// The limit at a door, ms.
    pub fn limit_ms(&self, door: &str) -> u64 {
        self.drill.limit_ms(self.plan, door)
    }

    /// When a subject ends by itself, where somebody else was to end it before; none where it states no end, and at a door where its own
    /// end is what ends it. µs.
    pub fn own_end_us(&self, door: &str, member: u32) -> Option<u64> {
        if !self.plan.trigger.is_requested() || self.drill.credential.limit_at(door).is_some() {
            return None;
        }
        let (_, record, ..) = self.issued(&Part::Subject { member })?;
        u64::try_from(record.stated_end?.duration_since(self.head.started).as_micros()).ok()
    }

    /// Whether the trigger is known to have been heard: every request answered, also by an error; a TTL needs nobody.
    pub fn answered(&self) -> bool {
        let heard = |r: Pulled<'_>| !matches!(r.ack, Ack::NoAnswer { .. });
        !self.plan.trigger.is_requested() || (self.pulled_whole() && self.requests().all(heard))
    }

    /// Until when a sound subject was accepted: the trigger's request, or the declared fault of the backend before it. None for a TTL,
    /// which nobody pulls.
    pub fn pulled_us(&self) -> Option<u64> {
        let sent = self.trigger().filter(|_| self.plan.trigger.is_requested())?.sent_us;
        Some(self.fault().map_or(sent, |(from, _)| from.min(sent)))
    }

    /// The declared fault of the backend that the trigger met: when it began, and when it was healed.
    pub fn fault(&self) -> Option<(u64, Option<u64>)> {
        self.plan.fault.as_ref().filter(|fault| fault.delays())?;
        self.facts.iter().find_map(|e| match &e.body {
            Body::Fault { server, from_us, healed_us, .. } if server == "backend" => Some((*from_us, *healed_us)),
            _ => None,
        })
    }

    /// The restart that the scenario declares, if it declares one: when it was over, if it ever was.
    pub fn restart(&self) -> Option<Option<u64>> {
        self.plan.fault.as_ref().filter(|fault| fault.kind == FaultKind::Restarted)?;
        Some(self.facts.iter().find_map(|e| match &e.body {
            Body::Fault { server, kind, healed_us, .. } if server == "backend" && kind == "restarted" => *healed_us,
            _ => None,
        }))
    }

    /// From when exposure counts; none where the trigger was never pulled, a declared fault of the backend was never healed, or the clock
    /// cannot be believed.
    pub fn origin(&self) -> Option<OriginSpan> {
        if !self.timed {
            return None;
        }
        let span = match self.plan.trigger.ttl_ms() {
            None => {
                let sent = self.trigger()?.sent_us;
                OriginSpan { from_us: sent, to_us: sent }
            }
            Some(ttl_ms) => {
                let (_, _, sent, received) = self.issued(&Part::Subject { member: 0 })?;
                // Each of a stock has an end of its own.
                let (sent, received) = if self.of_stock() { self.issue_us()? } else { (sent, received) };
                let after = |us: u64| us.saturating_add(ttl_ms.saturating_mul(1000));
                OriginSpan { from_us: after(sent), to_us: after(received.max(sent)) }
            }
        };
        match &self.plan.fault {
            Some(fault) if fault.delays() => {
                let healed = self.fault()?.1?;
                Some(OriginSpan { from_us: span.from_us.max(healed), to_us: span.to_us.max(healed) })
            }
            _ => Some(span),
        }
    }

    /// The last stock-taking of a kind at a moment: number, present, absent, when asked.
    pub fn inventory(&self, stock: Stock, moment: Moment) -> Option<(u64, &'a [Named], &'a [Named], u64)> {
        self.facts.iter().rev().find_map(|e| match &e.body {
            Body::Inventory { stock: s, moment: m, present, absent, sent_us, .. } if *s == stock && *m == moment => {
                Some((e.seq, present.as_slice(), absent.as_slice(), *sent_us))
            }
            _ => None,
        })
    }
}

/// Which identity an acceptance must show, from when.
fn identities<'a>(events: &[&'a Event]) -> Vec<(u64, &'a str)> {
    let servers = events.iter().filter_map(|e| match &e.body {
        Body::Server { server, identity, .. } if server == "backend" => Some((e.at_us, identity.as_str())),
        _ => None,
    });
    servers.collect()
}

fn lines<'a>(events: &[&'a Event], plan: &ScenarioPlan) -> BTreeMap<Series, Line<'a>> {
    let identities = identities(events);
    let mut lines: BTreeMap<Series, Line<'a>> = BTreeMap::new();
    let mut ends: BTreeMap<&Series, u32> = BTreeMap::new();
    let mut presented: BTreeMap<(&Series, u32), u32> = BTreeMap::new();
    for event in events {
        match &event.body {
            Body::Probe { series, n, sent_us, done_us, stage, saw } => {
                let in_force = identities.iter().rev().find(|(at, _)| at <= sent_us).map(|(_, identity)| *identity);
                let seen = classify(saw, in_force, plan.ends);
                let presents = presented.get(&(series, *n)).copied();
                let obs = Obs {
                    seq: event.seq,
                    n: *n,
                    sent_us: *sent_us,
                    done_us: *done_us,
                    stage: *stage,
                    seen,
                    presents,
                    saw,
                };
                lines.entry(series.clone()).or_default().obs.push(obs);
            }
            Body::Presents { series, n, member } => {
                presented.insert((series, *n), *member);
            }
            Body::End { series, probes } => {
                ends.insert(series, *probes);
            }
            _ => {}
        }
    }
    for (series, line) in &mut lines {
        line.obs.sort_by_key(|o| o.n);
        let numbered = line.obs.iter().zip(1..).all(|(o, n)| o.n == n);
        let in_time = line.obs.iter().all(|o| o.sent_us <= o.done_us)
            && line.obs.windows(2).all(|w| w[0].done_us <= w[1].sent_us);
        let ended = ends.get(series).is_some_and(|probes| usize::try_from(*probes) == Ok(line.obs.len()));
        line.whole = numbered && in_time && ended;
    }
    lines
}

fn classify(saw: &Saw, identity: Option<&str>, ends: Ends) -> Seen {
    match saw {
        Saw::Accepted { server } if Some(server.as_str()) == identity => Seen::Accepted,
        Saw::Denied { .. } if ends == Ends::Denied => Seen::Refused(Meaning::Dead),
        Saw::Denied { .. } => Seen::Accepted,
        Saw::Refused { meaning, .. } => Seen::Refused(*meaning),
        _ => Seen::Nothing,
    }
}
