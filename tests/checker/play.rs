//! Plays a history: the prober of `run/probing.rs` in a world whose truth is known.

use super::build::{self, DOOR, Events};
use super::proofs;
use super::rng::Rng;
use super::sessions;
use super::spec::Spec;
use super::truth::{self, Asked, Truth};
use super::world::{TIME_OUT_US, Who, accepted};
use drill::definition::{ScenarioPlan, Trigger};
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

/// A subject's series and how far its loop is.
pub struct Watched {
    line: Line,
    next_us: u64,
    refused: Option<u64>,
    settled: Option<u64>,
    over: Option<u64>,
}

/// The stage.
pub struct Play<'a> {
    pub spec: &'a Spec,
    pub rng: &'a mut Rng,
    pub plan: ScenarioPlan,
    pub events: Events,
    /// The questions to each member of the cohort.
    pub asked: Vec<(Who, Vec<Asked>)>,
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
        if let Some((_, asked)) = self.asked.iter_mut().find(|(who, _)| *who == line.who) {
            self.gap_us = self.gap_us.max(asked.last().map_or(0, |last| decided_us - last.decided) + latency);
            asked.push(Asked { sent: sent_us, decided: decided_us });
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

    /// One step of a subject's loop; when it is over.
    fn step(&mut self, watched: &mut Watched, fast_from: u64, control_accepted: u64) {
        let seen = self.login(&mut watched.line, watched.next_us);
        match &seen.saw {
            Saw::Refused { meaning, .. } if meaning.may_be_dead() => {
                watched.refused = watched.refused.or(Some(seen.done_us));
            }
            saw if saw.is_acceptance() && !self.spec.world.ends_denied => {
                (watched.refused, watched.settled) = (None, None);
            }
            _ => {}
        }
        watched.settled = watched.settled.or(watched.refused.filter(|at| control_accepted >= *at));
        let end = watched.settled.map_or_else(|| self.give_up_us(), |at| at + self.spec.timing.tail_us);
        if seen.done_us >= end || watched.line.n >= PROBES_MAX {
            watched.over = Some(seen.done_us);
        }
        watched.next_us = seen.done_us + self.pause(seen.done_us, fast_from, watched.settled.is_some()) + 1;
    }

    /// The subjects and the control in step, until all are settled and a tail more, or given up.
    fn watch(&mut self, subjects: &mut [Watched], control: &mut Line, start_us: u64) {
        let (fast_from, in_turns) = (self.fast_from_us(start_us), self.spec.timing.in_turns);
        let (mut next_c, mut control_accepted) = (start_us.max(control.free_us), 0);
        for s in subjects.iter_mut() {
            s.next_us = start_us.max(s.line.free_us);
        }
        let most = 2 * PROBES_MAX as usize * subjects.len();
        for _ in 0..most {
            let next = (0..subjects.len()).filter(|i| subjects[*i].over.is_none()).min_by_key(|i| subjects[*i].next_us);
            let over = subjects.iter().map(|s| s.over).try_fold(0, |last, over| over.map(|us| last.max(us)));
            if let Some(i) = next.filter(|i| subjects[*i].next_us <= next_c) {
                self.step(&mut subjects[i], fast_from, control_accepted);
                if in_turns {
                    let done = subjects[i].line.free_us;
                    (next_c, subjects[i].next_us) = (done, subjects[i].next_us.max(done + 2));
                }
            } else {
                let seen = self.login(control, next_c);
                if seen.saw.is_acceptance() {
                    control_accepted = control_accepted.max(seen.sent_us);
                }
                if over.is_some_and(|at| seen.sent_us >= at) {
                    break;
                }
                let settled = subjects.iter().all(|s| s.settled.is_some());
                next_c = seen.done_us + self.pause(seen.done_us, fast_from, settled) + 1;
                if in_turns {
                    for s in subjects.iter_mut() {
                        s.next_us = s.next_us.max(seen.done_us);
                    }
                    let next_s = subjects.iter().filter(|s| s.over.is_none()).map(|s| s.next_us).min();
                    next_c = next_s.unwrap_or(seen.done_us).max(seen.done_us) + 1;
                }
                next_c = over.map_or(next_c, |at| next_c.min(at.max(seen.done_us)));
            }
        }
        let over = subjects.iter().map(|s| s.over).try_fold(0, |last, over| over.map(|us| last.max(us)));
        self.over_us = over.unwrap_or_else(|| self.events.last_us());
    }

    fn before(&mut self, subjects: &mut [Watched], control: &mut Line) {
        let (sent_us, received_us, counted_us) = self.spec.issued_us;
        let ttl_ms = proofs::ttls(&self.plan).0;
        // The end that a credential states may lie after what was asked for, never before.
        let stated = self.spec.states_end.then_some(counted_us + ttl_ms * 1000);
        self.events.extend(proofs::parent(1_000_001));
        for (part, _) in self.spec.members() {
            let record = build::record(&part, ttl_ms, stated);
            self.events.add(received_us, Body::Issued { part, record: record.into(), sent_us, received_us });
        }
        self.events.add_all(received_us, proofs::read_back(&self.plan));
        for subject in subjects {
            let at = received_us + self.rng.within(1, 1000);
            self.login(&mut subject.line, at);
        }
        let at = received_us + self.rng.within(1, 5000);
        self.login(control, at);
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
            let both = self.spec.members().map(|(part, _)| named(part)).chain([named(Part::Control)]).collect();
            self.stock(stock, Moment::Before, both, vec![], at);
        }
        if self.spec.trigger == Trigger::Revoke {
            self.events.extend(proofs::attempts(at));
        }
        let until = self.give_up_us();
        self.events.extend(proofs::renewals(&self.plan, received_us, self.spec.trigger_us, until));
    }

    fn stock(&mut self, stock: Stock, moment: Moment, present: Vec<Named>, absent: Vec<Named>, at: u64) {
        self.events.add(at, Body::Inventory { stock, moment, present, absent, sent_us: at, done_us: at });
    }

    /// Sends the trigger's requests; when the first of them was sent: one that never was is no origin.
    fn pull(&mut self) -> u64 {
        let (sent_us, done_us) = (self.spec.trigger_us, self.spec.trigger_us + self.spec.ack_latency_us);
        let acks = self.spec.acks(proofs::requests(&self.plan).len());
        let requests = proofs::trigger(&self.plan, (sent_us, done_us), &acks);
        let first = requests.iter().find_map(|(_, body)| match body {
            Body::Trigger { sent_us, .. } => Some(*sent_us),
            _ => None,
        });
        self.events.extend(requests);
        if self.spec.fault.is_some() {
            let (from_us, healed) = self.spec.faulted_us;
            let (server, kind) = ("backend".into(), "paused".into());
            self.events.add(healed, Body::Fault { server, kind, from_us, healed_us: Some(healed) });
        }
        first.unwrap_or(sent_us)
    }

    fn after(&mut self, subjects: &mut [Watched], control: &mut Line, open_until: u64) {
        let mut at = self.events.last_us();
        if let Some(later) = self.spec.timing.end_us {
            at = self.login(control, at + later).done_us;
            let ended: Vec<u64> = subjects.iter_mut().map(|s| self.login(&mut s.line, at).done_us).collect();
            at = ended.into_iter().max().unwrap_or(at);
            at = self.login(control, at).done_us;
        }
        let issued = Body::Issued {
            part: Part::Reissued,
            record: build::record(&Part::Reissued, proofs::TTL_MS, None).into(),
            sent_us: at,
            received_us: at + 1,
        };
        self.events.add(at + 1, issued);
        let mut reissued = Line::new(Part::Reissued, DOOR, Who::Reissued);
        at = self.login(&mut reissued, at + 1).done_us;
        self.end(&reissued);
        let world = &self.spec.world;
        let sessions_gone = open_until <= at && !self.spec.orphan;
        for stock in [Stock::Users, Stock::Sessions, Stock::Leases] {
            let gone = |who: Who| match stock {
                Stock::Users => !world.lives(who, at),
                Stock::Sessions if who == Who::Control => world.control_sessions_end <= at,
                Stock::Sessions => sessions_gone,
                _ => self.spec.heard && who != Who::Control,
            };
            let asked = self.spec.members().chain([(Part::Control, Who::Control)]);
            let asked = asked.filter(|(_, who)| stock != Stock::Sessions || !matches!(who, Who::Other(_)));
            let (absent, mut present): (Vec<_>, Vec<_>) = asked.partition(|(_, who)| gone(*who));
            present.push((Part::BogusSecret, Who::Nobody));
            let names = |parts: Vec<(Part, Who)>| parts.into_iter().map(|(part, _)| named(part)).collect();
            self.stock(stock, Moment::After, names(present), names(absent), at);
        }
        self.events.add(at, Body::Strays { names: vec![], known: 1, unanswered: 0, sent_us: at });
    }
}

fn named(part: Part) -> Named {
    Named { part, name: String::new() }
}

/// Plays a spec.
pub fn play(spec: &Spec, rng: &mut Rng) -> Generated {
    let asked = spec.members().map(|(_, who)| (who, Vec::new())).collect();
    let plan = build::plan_of(spec);
    let mut play = Play { spec, rng, plan, events: Events::new(), asked, over_us: 0, gap_us: 0 };
    let subject = |(part, who)| {
        let line = Line::new(part, DOOR, who);
        Watched { line, next_us: 0, refused: None, settled: None, over: None }
    };
    let mut subjects: Vec<Watched> = spec.members().map(subject).collect();
    let mut control = Line::new(Part::Control, DOOR, Who::Control);
    play.before(&mut subjects, &mut control);
    let pulled_us = play.pull();
    let lead = play.rng.within(0, 6 * spec.step_us());
    let free = subjects.iter().map(|s| s.line.free_us).chain([control.free_us]).max().unwrap_or(0);
    let requested = spec.trigger.is_requested();
    let start = if requested { spec.trigger_us.saturating_sub(lead).max(spec.issued_us.1) } else { free };
    play.watch(&mut subjects, &mut control, start);
    let kinds = sessions::watch(&mut play, start);
    let open_until = kinds.iter().map(|k| k.closed_us).max().unwrap_or(0);
    play.after(&mut subjects, &mut control, open_until);
    for s in &subjects {
        play.end(&s.line);
    }
    play.end(&control);
    let acks = spec.acks(proofs::requests(&play.plan).len());
    let at = play.events.last_us();
    play.events.add_all(at, proofs::records(&play.plan, &acks, spec.heard));
    let origin_us = pulled_us.max(spec.faulted_us.1);
    let world = &spec.world;
    let (death_us, unasked_us, again, again_sent, last_granted_us) = truth::of_cohort(world, &play.asked, origin_us);
    let truth = Truth {
        origin_us,
        end_us: spec.trigger_us,
        death_us,
        unasked_us,
        again,
        again_sent,
        members: spec.leases(),
        last_granted_us,
        sessions: kinds.iter().map(|k| (k.kind, k.truth_us(world))).collect(),
        heard: spec.heard || acks.iter().all(|ack| !matches!(ack, Some(Ack::NoAnswer { .. }) | None)),
        orphan: spec.orphan,
        gap_us: play.gap_us,
    };
    let head = build::head(play.plan);
    Generated { history: play.events.history(head), truth, untouched: true }
}
