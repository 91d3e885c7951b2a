//! Plays a history: the prober of `run/probing.rs` in a world whose truth is known.

use super::build::{self, DOOR, Events, SUBJECT};
use super::rng::Rng;
use super::sessions;
use super::spec::Spec;
use super::truth::{self, Truth};
use super::world::{TIME_OUT_US, Who, accepted};
use drill::definition::Trigger;
use drill::history::{Ack, Body, By, History, Moment, Named, Part, Series, Stock};
use drill::observation::{Saw, Stage};

/// No history has more probes of one series; the rest of its time is not watched.
const PROBES_MAX: u32 = 400;
/// Past the limit; `run/probing.rs` watches longer, which only costs time here.
const AFTER_LIMIT_US: u64 = 400_000;
/// Probing is fast from so long before a TTL's end.
const BEFORE_END_US: u64 = 250_000;

/// A history with its truth.
#[derive(Debug, Clone)]
pub struct Generated {
    pub history: History,
    pub truth: Truth,
    /// Nothing of it was taken away or moved afterwards.
    pub untouched: bool,
}

/// One series being played.
pub struct Line {
    pub series: Series,
    pub who: Who,
    pub n: u32,
    pub free_us: u64,
}

impl Line {
    pub fn new(part: Part, door: &str, who: Who) -> Self {
        Self { series: Series { part, door: door.into() }, who, n: 0, free_us: 0 }
    }
}

/// The stage.
pub struct Play<'a> {
    pub spec: &'a Spec,
    pub rng: &'a mut Rng,
    pub events: Events,
    /// When the subject's questions were decided.
    pub asked: Vec<u64>,
    /// When the subject's loop ended.
    pub over_us: u64,
    gap_us: u64,
}

/// What a probe saw and when it was answered.
pub struct Probed {
    pub sent_us: u64,
    pub done_us: u64,
    pub saw: Saw,
}

impl Play<'_> {
    pub fn latency(&mut self) -> u64 {
        let usual = self.spec.timing.latency_us;
        let slow = self.rng.percent(self.spec.timing.slow_percent);
        let factor = if slow { self.rng.within(2, 10) } else { 1 };
        (self.rng.within(usual / 2, usual * 2) * factor).min(TIME_OUT_US)
    }

    /// Writes one answer that was decided at an instant of a question that was sent before it.
    pub fn answer(&mut self, line: &mut Line, sent_us: u64, decided_us: u64, stage: Stage, saw: Saw) -> Probed {
        let done_us = match &saw {
            Saw::Unreachable { why } if why.starts_with("time-out") => sent_us + TIME_OUT_US,
            Saw::Unreachable { .. } => decided_us + self.rng.within(0, 200),
            _ => decided_us + self.rng.within(0, self.spec.timing.latency_us),
        };
        line.n += 1;
        line.free_us = done_us;
        let series = line.series.clone();
        self.events.add(done_us, Body::Probe { series, n: line.n, sent_us, done_us, stage, saw: saw.clone() });
        Probed { sent_us, done_us, saw }
    }

    /// One login.
    pub fn login(&mut self, line: &mut Line, at_us: u64) -> Probed {
        let sent_us = at_us.max(line.free_us);
        let latency = self.latency();
        let decided_us = sent_us + self.rng.within(0, latency);
        if line.who == Who::Subject {
            self.gap_us = self.gap_us.max(self.asked.last().map_or(0, |last| decided_us - last) + latency);
            self.asked.push(decided_us);
        }
        let saw = self.spec.world.login(line.who, decided_us, self.rng);
        self.answer(line, sent_us, decided_us, Stage::Login, saw)
    }

    pub fn end(&mut self, line: &Line) {
        let at = self.events.last_us();
        self.events.add(at, Body::End { series: line.series.clone(), probes: line.n });
    }

    fn give_up_us(&self) -> u64 {
        self.spec.trigger_us.max(self.spec.faulted_us.1) + self.spec.limit_us + AFTER_LIMIT_US
    }

    fn fast_from_us(&self, start_us: u64) -> u64 {
        if self.spec.trigger.is_requested() { start_us } else { self.spec.trigger_us.saturating_sub(BEFORE_END_US) }
    }

    fn pause(&self, now_us: u64, fast_from_us: u64, settled: bool) -> u64 {
        let timing = &self.spec.timing;
        if now_us < fast_from_us {
            timing.slow_gap_us.min(fast_from_us - now_us)
        } else if settled {
            timing.slow_gap_us
        } else if now_us > self.spec.trigger_us + self.spec.limit_us {
            timing.late_gap_us
        } else {
            timing.fast_gap_us
        }
    }

    /// The subject and the control in step, until settled and a tail more, or given up.
    fn watch(&mut self, subject: &mut Line, control: &mut Line, start_us: u64) {
        let (fast_from, in_turns) = (self.fast_from_us(start_us), self.spec.timing.in_turns);
        let (mut next_s, mut next_c) = (start_us.max(subject.free_us), start_us.max(control.free_us));
        let (mut refused, mut settled, mut control_accepted) = (None, None, 0);
        let mut over = None;
        for _ in 0..2 * PROBES_MAX {
            if over.is_none() && next_s <= next_c {
                let seen = self.login(subject, next_s);
                match &seen.saw {
                    Saw::Refused { meaning, .. } if meaning.may_be_dead() => refused = refused.or(Some(seen.done_us)),
                    saw if saw.is_acceptance() && !self.spec.world.ends_denied => (refused, settled) = (None, None),
                    _ => {}
                }
                settled = settled.or(refused.filter(|at| control_accepted >= *at));
                let end = settled.map_or_else(|| self.give_up_us(), |at| at + self.spec.timing.tail_us);
                if seen.done_us >= end || subject.n >= PROBES_MAX {
                    over = Some(seen.done_us);
                }
                next_s = seen.done_us + self.pause(seen.done_us, fast_from, settled.is_some()) + 1;
                if in_turns {
                    (next_c, next_s) = (seen.done_us, next_s.max(seen.done_us + 2));
                }
            } else {
                let seen = self.login(control, next_c);
                if seen.saw.is_acceptance() {
                    control_accepted = control_accepted.max(seen.sent_us);
                }
                if over.is_some_and(|at| seen.sent_us >= at) {
                    break;
                }
                next_c = seen.done_us + self.pause(seen.done_us, fast_from, settled.is_some()) + 1;
                if in_turns {
                    (next_s, next_c) = (next_s.max(seen.done_us), next_s.max(seen.done_us) + 1);
                }
                next_c = over.map_or(next_c, |at| next_c.min(at.max(seen.done_us)));
            }
        }
        self.over_us = over.unwrap_or_else(|| self.events.last_us());
    }

    fn before(&mut self, subject: &mut Line, control: &mut Line) {
        let (sent_us, received_us, counted_us) = self.spec.issued_us;
        let ttl_ms = self.spec.trigger.ttl_ms().unwrap_or(3_600_000);
        // The end that a credential states may lie after what was asked for, never before.
        let stated = self.spec.states_end.then_some(counted_us + ttl_ms * 1000);
        let record = build::record(ttl_ms, stated);
        self.events.add(received_us, Body::Issued { part: SUBJECT, record, sent_us, received_us });
        let (s, c) = (received_us + self.rng.within(1, 1000), received_us + self.rng.within(1, 5000));
        self.login(subject, s);
        self.login(control, c);
        for (part, i) in [(Part::BogusSecret, 2), (Part::BogusName, 4)] {
            let mut line = Line::new(part, DOOR, Who::Nobody);
            self.login(&mut line, received_us + i * self.spec.timing.latency_us);
            let at = line.free_us;
            self.events.add(at, Body::End { series: line.series.clone(), probes: line.n });
        }
        let at = received_us + 20 * self.spec.timing.latency_us;
        for (by, allowed, saw) in [
            (By::Administrator, true, accepted(super::world::OURS)),
            (By::Administrator, false, accepted(super::world::OURS)),
            (By::Subject, true, accepted(super::world::OURS)),
            (By::Subject, false, super::world::denied()),
        ] {
            let statement = if allowed { build::ALLOWED } else { build::DENIED }.into();
            self.events.add(at, Body::Statement { by, allowed, statement, saw });
        }
        for stock in [Stock::Users, Stock::Sessions, Stock::Leases] {
            let both = vec![named(SUBJECT), named(Part::Control)];
            self.stock(stock, Moment::Before, both, vec![], at);
        }
    }

    fn stock(&mut self, stock: Stock, moment: Moment, present: Vec<Named>, absent: Vec<Named>, at: u64) {
        self.events.add(at, Body::Inventory { stock, moment, present, absent, sent_us: at, done_us: at });
    }

    fn pull(&mut self) {
        let (sent_us, done_us) = (self.spec.trigger_us, self.spec.trigger_us + self.spec.ack_latency_us);
        if let (Trigger::Revoke, Some(ack)) = (&self.spec.trigger, self.spec.ack.clone()) {
            self.events.add(done_us, Body::Trigger { target: String::new(), sent_us, done_us, ack, correlation: None });
        }
        if self.spec.fault.is_some() {
            let (from_us, healed) = self.spec.faulted_us;
            let (server, kind) = ("backend".into(), "paused".into());
            self.events.add(healed, Body::Fault { server, kind, from_us, healed_us: Some(healed) });
        }
    }

    fn after(&mut self, subject: &mut Line, control: &mut Line, open_until: u64) {
        let mut at = self.events.last_us();
        if let Some(later) = self.spec.timing.end_us {
            at = self.login(control, at + later).done_us;
            at = self.login(subject, at).done_us;
            at = self.login(control, at).done_us;
        }
        let issued = Body::Issued {
            part: Part::Reissued,
            record: build::record(3_600_000, None),
            sent_us: at,
            received_us: at + 1,
        };
        self.events.add(at + 1, issued);
        let mut reissued = Line::new(Part::Reissued, DOOR, Who::Reissued);
        at = self.login(&mut reissued, at + 1).done_us;
        self.end(&reissued);
        let world = &self.spec.world;
        let gone = [
            (Stock::Users, !world.lives(Who::Subject, at), !world.lives(Who::Control, at)),
            (Stock::Sessions, open_until <= at && !self.spec.orphan, world.control_sessions_end <= at),
            (Stock::Leases, self.spec.heard, false),
        ];
        for (stock, subject_gone, control_gone) in gone {
            let (mut present, mut absent) = (vec![], vec![]);
            if subject_gone { &mut absent } else { &mut present }.push(named(SUBJECT));
            if control_gone { &mut absent } else { &mut present }.push(named(Part::Control));
            present.push(named(Part::BogusSecret));
            self.stock(stock, Moment::After, present, absent, at);
        }
    }
}

fn named(part: Part) -> Named {
    Named { part, name: String::new() }
}

/// Plays a spec.
pub fn play(spec: &Spec, rng: &mut Rng) -> Generated {
    let mut play = Play { spec, rng, events: Events::new(), asked: vec![], over_us: 0, gap_us: 0 };
    let (mut subject, mut control) =
        (Line::new(SUBJECT, DOOR, Who::Subject), Line::new(Part::Control, DOOR, Who::Control));
    play.before(&mut subject, &mut control);
    play.pull();
    let lead = play.rng.within(0, 6 * spec.step_us());
    let start = if spec.trigger.is_requested() {
        spec.trigger_us.saturating_sub(lead).max(spec.issued_us.1)
    } else {
        subject.free_us.max(control.free_us)
    };
    play.watch(&mut subject, &mut control, start);
    let kinds = sessions::watch(&mut play, start);
    let open_until = kinds.iter().map(|k| k.closed_us).max().unwrap_or(0);
    play.after(&mut subject, &mut control, open_until);
    play.end(&subject);
    play.end(&control);
    let origin_us = spec.trigger_us.max(spec.faulted_us.1);
    let world = &spec.world;
    let (death_us, unasked_us) = truth::death(world, &play.asked);
    let truth = Truth {
        origin_us,
        end_us: spec.trigger_us,
        death_us,
        unasked_us,
        again: truth::again(world, &play.asked, origin_us),
        last_granted_us: play.asked.iter().copied().filter(|at| truth::granted(world, *at)).max().unwrap_or(0),
        sessions: kinds.iter().map(|k| (k.kind, k.truth_us(world))).collect(),
        heard: spec.heard || !matches!(spec.ack, Some(Ack::NoAnswer { .. }) | None),
        orphan: spec.orphan,
        gap_us: play.gap_us,
    };
    Generated { history: play.events.history(build::head_of(spec)), truth, untouched: true }
}
