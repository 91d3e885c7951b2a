//! Puts the backend's own reason beside each refusal: it supports, and a contradiction is shown.

use super::journal::Journal;
use crate::backend::Running;
use crate::history::{Body, History, Series};
use crate::observation::{Saw, Stage};
use jiff::{SignedDuration, Timestamp};
use std::collections::BTreeMap;

/// The server's log has milliseconds, and writes before it answers.
const TOLERANCE: SignedDuration = SignedDuration::from_millis(2);

/// Finds the reason of each refused login and each closed session of this scenario of the history's one drill. `names` says which name a series presented.
pub fn attach(
    journal: &Journal,
    backend: &Running,
    history: &History,
    scenario: &str,
    names: &dyn Fn(&Series) -> Option<String>,
) {
    let mut refusals = backend.refusals();
    let wall = |us: u64| history.head.started + SignedDuration::from_micros(i64::try_from(us).unwrap_or(i64::MAX));
    let mut answered: BTreeMap<&Series, u64> = BTreeMap::new();
    for event in history.events.iter().filter(|e| e.scenario == scenario) {
        let Body::Probe { series, n, sent_us, done_us, stage, saw } = &event.body else { continue };
        // An open session's end comes between two questions, and the later one hears of it.
        let heard_us = answered.insert(series, *done_us).filter(|_| *stage == Stage::Open).unwrap_or(*sent_us);
        let Saw::Refused { code, .. } = saw else { continue };
        let Some(name) = names(series) else { continue };
        let (from, to): (Timestamp, Timestamp) = (wall(heard_us) - TOLERANCE, wall(*done_us) + TOLERANCE);
        // Each line explains one refusal.
        if let Some(i) =
            refusals.iter().position(|r| r.name == name && code.starts_with(&r.code) && from <= r.at && r.at <= to)
        {
            let refusal = refusals.remove(i);
            journal.write(Body::Reason { series: series.clone(), n: *n, line: refusal.text, cause: refusal.cause });
        }
    }
}
