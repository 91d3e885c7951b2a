//! What was observed, in series, and what each observation can prove.

use crate::observation::{Meaning, Saw, Stage};

/// What an observation can prove.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Seen {
    /// This run's server granted something.
    Accepted,
    /// Not accepted, with what the code can mean.
    Refused(Meaning),
    /// Proves nothing.
    Nothing,
}

/// One observation. Times in µs of the run's clock.
#[derive(Debug, Clone, Copy)]
pub struct Obs<'a> {
    /// The event's number.
    pub seq: u64,
    /// Number in the series.
    pub n: u32,
    /// When it was sent.
    pub sent_us: u64,
    /// When it was answered.
    pub done_us: u64,
    /// How far it came.
    pub stage: Stage,
    /// What it can prove.
    pub seen: Seen,
    /// Which of a stock it presented, where the credential works once.
    pub presents: Option<u32>,
    /// What it saw, for words.
    pub saw: &'a Saw,
}

impl<'a> Obs<'a> {
    /// What it saw in one word or phrase, for reports.
    pub fn label(&self) -> &'a str {
        match (self.seen, self.saw) {
            (Seen::Nothing, Saw::Accepted { .. }) => "accepted, by no server of this run",
            (_, saw) => saw.label(),
        }
    }
}

/// A series with its observations in the order of their numbers.
#[derive(Debug, Clone, Default)]
pub struct Line<'a> {
    /// In order.
    pub obs: Vec<Obs<'a>>,
    /// Numbered from 1 without holes, in time's order, with an end that agrees, in a run of which no event is lost.
    pub whole: bool,
    /// Instants closer than this cannot be ordered, µs.
    pub tick_us: u64,
}

impl Line<'_> {
    /// Every observation is an acceptance.
    pub fn always_accepted(&self) -> bool {
        self.obs.iter().all(|o| o.seen == Seen::Accepted)
    }
    /// What was sent at `sent_us` followed what was answered at `done_us`, as far as the clock can tell: no part of a tick overlaps.
    pub fn follows(&self, done_us: u64, sent_us: u64) -> bool {
        done_us + self.tick_us <= sent_us + 1
    }
}
