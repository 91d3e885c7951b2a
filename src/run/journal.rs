//! Writes a scenario's events, with its state in each.

use crate::history::log::Log;
use crate::history::{Body, Event, Moment, Named, Series, State, Stock};
use crate::observation::{Saw, Stage};
use jiff::Timestamp;
use std::sync::{Arc, Mutex};

/// One scenario's (or drill's) pen. Cheap to clone; the state is shared.
#[derive(Clone)]
pub struct Journal {
    log: Log,
    drill: String,
    scenario: String,
    state: Arc<Mutex<State>>,
    say: super::Say,
}

impl Journal {
    /// For what concerns a whole drill.
    pub fn of_drill(log: &Log, drill: &str, say: &super::Say) -> Self {
        Self {
            log: log.clone(),
            drill: drill.into(),
            scenario: String::new(),
            state: Arc::new(Mutex::new(State::SetUp)),
            say: say.clone(),
        }
    }
    /// For one of its scenarios.
    pub fn of_scenario(&self, scenario: &str) -> Self {
        Self {
            log: self.log.clone(),
            drill: self.drill.clone(),
            scenario: scenario.into(),
            state: Arc::new(Mutex::new(State::SetUp)),
            say: self.say.clone(),
        }
    }
    /// Looks something up in the events so far of its drill and scenario (or of the drill itself); with when the run began.
    pub fn look_up<T>(&self, find: impl FnOnce(Timestamp, &mut dyn Iterator<Item = &Event>) -> T) -> T {
        self.log.look_up(|head, events| {
            let mut own = events.iter().filter(|e| e.drill == self.drill && e.scenario == self.scenario);
            find(head.started, &mut own)
        })
    }
    /// µs since the run began.
    pub fn now_us(&self) -> u64 {
        self.log.clock().now_us()
    }
    /// Writes an event. A disk that takes no more is remembered by the log and ends the run; the history in memory goes on.
    pub fn write(&self, body: Body) {
        let state = *self.state.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if let Err(e) = self.log.append(&self.drill, &self.scenario, state, body) {
            tracing::debug!(error = %e, "event not written to disk");
        }
    }
    /// Goes on to a state; never back.
    pub fn enter(&self, state: State) {
        *self.state.lock().unwrap_or_else(std::sync::PoisonError::into_inner) = state;
        self.write(Body::State);
        let words = match state {
            State::SetUp => "being prepared",
            State::Issued => "issued; is it accepted, is a wrong secret refused?",
            State::Accepted => "the bracket is complete",
            State::Triggered => "probing the subject, and the control in step with it",
            State::Settled => "settled; is dead still dead, is anything left?",
            State::Done => "done",
        };
        (self.say)(&self.drill, &format!("{}: {words}", self.scenario));
    }
    /// A step that took from `from_us` until now.
    pub fn step(&self, name: impl Into<String>, from_us: u64) {
        let name = name.into();
        (self.say)(&self.drill, &name);
        self.write(Body::Step { name, from_us });
    }
    /// Something that should have run did not.
    pub fn problem(&self, step: impl Into<String>, what: impl Into<String>) {
        self.write(Body::Problem { step: step.into(), what: what.into() });
    }
    /// A server that was started again is another one: only what shows its new identity is its answer from now on.
    pub fn another_identity(&self, server: &str, identity: &str) {
        let known = self.log.look_up(|_, events| {
            let of = |e: &&Event| matches!(&e.body, Body::Server { server: s, .. } if s == server);
            events.iter().rev().filter(|e| e.drill == self.drill).find(of).map(|e| e.body.clone())
        });
        if let Some(Body::Server { server, product, version, image, image_id, origin, .. }) = known {
            let identity = identity.to_string();
            self.write(Body::Server { server, product, version, image, image_id, origin, identity });
        }
    }
    /// Stock was taken.
    pub fn inventory(&self, stock: Stock, moment: Moment, present: Vec<Named>, absent: Vec<Named>, sent_us: u64) {
        let done_us = self.now_us();
        self.write(Body::Inventory { stock, moment, present, absent, sent_us, done_us });
    }
}

/// One series being written: numbers its probes.
pub struct SeriesWriter {
    journal: Journal,
    series: Series,
    n: u32,
}

impl SeriesWriter {
    /// Begins a series.
    pub fn new(journal: &Journal, series: Series) -> Self {
        Self { journal: journal.clone(), series, n: 0 }
    }
    /// Says which of a stock the next probe presents.
    pub fn presents(&self, member: u32) {
        self.journal.write(Body::Presents { series: self.series.clone(), n: self.n + 1, member });
    }
    /// Writes one probe; its number and when it was done, µs.
    pub fn record(&mut self, sent_us: u64, stage: Stage, saw: Saw) -> (u32, u64) {
        let done_us = self.journal.now_us();
        self.n += 1;
        self.journal.write(Body::Probe { series: self.series.clone(), n: self.n, sent_us, done_us, stage, saw });
        (self.n, done_us)
    }
    /// Says that it is complete.
    pub fn end(self) {
        self.journal.write(Body::End { series: self.series, probes: self.n });
    }
}
