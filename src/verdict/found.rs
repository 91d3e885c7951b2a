//! What one check found, before it becomes a verdict.

use super::reason::Reason;
use super::{Exposure, Outcome};

/// One check's finding.
#[derive(Debug, Clone)]
pub struct Found {
    /// The verdict.
    pub outcome: Outcome,
    /// Why.
    pub reason: Reason,
    /// What the claim is.
    pub expected: String,
    /// What was seen.
    pub observed: String,
    /// The events it rests on.
    pub events: Vec<u64>,
    /// The check that it rests on and that is not passed.
    pub premise: Option<String>,
    /// The interval, where it is about one.
    pub exposure: Option<Exposure>,
}

impl Found {
    /// Proved.
    pub fn passed(expected: impl Into<String>, observed: impl Into<String>, events: Vec<u64>) -> Self {
        Self::new(Outcome::Passed, Reason::Proved, expected, observed, events)
    }
    /// Proved wrong.
    pub fn failed(reason: Reason, expected: impl Into<String>, observed: impl Into<String>, events: Vec<u64>) -> Self {
        Self::new(Outcome::Failed, reason, expected, observed, events)
    }
    /// Not proved.
    pub fn unknown(reason: Reason, expected: impl Into<String>, observed: impl Into<String>, events: Vec<u64>) -> Self {
        Self::new(Outcome::Inconclusive, reason, expected, observed, events)
    }
    fn new(
        outcome: Outcome,
        reason: Reason,
        expected: impl Into<String>,
        observed: impl Into<String>,
        events: Vec<u64>,
    ) -> Self {
        Self {
            outcome,
            reason,
            expected: expected.into(),
            observed: observed.into(),
            events,
            premise: None,
            exposure: None,
        }
    }
    /// With the interval that it is about.
    #[must_use]
    pub fn with(mut self, exposure: Exposure) -> Self {
        self.exposure = Some(exposure);
        self
    }
    /// A pass only if the premises are passed and the evidence is whole; a failure stays one.
    #[must_use]
    pub fn resting_on(mut self, whole: bool, premises: &[(&str, Outcome)]) -> Self {
        if self.outcome != Outcome::Passed {
            return self;
        }
        if !whole {
            self.outcome = Outcome::Inconclusive;
            self.reason = Reason::EvidenceIncomplete;
            self.observed = format!("{} (and a part of the evidence is missing)", self.observed);
        } else if let Some((id, _)) = premises.iter().find(|(_, outcome)| *outcome != Outcome::Passed) {
            self.outcome = Outcome::Inconclusive;
            self.reason = Reason::PremiseFailed;
            self.premise = Some((*id).to_string());
            self.observed = format!("{} (and {id} is not passed)", self.observed);
        }
        self
    }
}
