//! Puts the backend's own reason beside each refusal: it supports, and a contradiction is shown.

use super::journal::Journal;
use crate::backend::{LoggedRefusal, Running};
use crate::history::{Body, Event, Series};
use crate::observation::{Saw, Stage};
use jiff::{SignedDuration, Timestamp};
use std::collections::BTreeMap;

/// The server's log has milliseconds, and writes before it answers.
const TOLERANCE: SignedDuration = SignedDuration::from_millis(2);

/// Finds the reason of each refused login and each closed session of the journal's scenario. `names` says which name a series presented.
pub fn attach(journal: &Journal, backend: &Running, names: &dyn Fn(&Series) -> Option<String>) {
    let mut refusals = backend.refusals();
    let found = journal.look_up(|started, events| {
        let mut answered: BTreeMap<&Series, u64> = BTreeMap::new();
        events.filter_map(|event| reason(event, started, &mut answered, &mut refusals, names)).collect::<Vec<_>>()
    });
    for reason in found {
        journal.write(reason);
    }
}

/// The reason of this refusal, if it is one and the server wrote it down. Each line explains one.
fn reason<'a>(
    event: &'a Event,
    started: Timestamp,
    answered: &mut BTreeMap<&'a Series, u64>,
    refusals: &mut Vec<LoggedRefusal>,
    names: &dyn Fn(&Series) -> Option<String>,
) -> Option<Body> {
    let Body::Probe { series, n, sent_us, done_us, stage, saw } = &event.body else { return None };
    // An open session's end comes between two questions, and the later one hears of it.
    let heard_us = answered.insert(series, *done_us).filter(|_| *stage == Stage::Open).unwrap_or(*sent_us);
    let Saw::Refused { code, .. } = saw else { return None };
    let name = names(series)?;
    let wall = |us: u64| started + SignedDuration::from_micros(i64::try_from(us).unwrap_or(i64::MAX));
    let (from, to): (Timestamp, Timestamp) = (wall(heard_us) - TOLERANCE, wall(*done_us) + TOLERANCE);
    let explains = |r: &LoggedRefusal| r.name == name && code.starts_with(&r.code) && from <= r.at && r.at <= to;
    let refusal = refusals.remove(refusals.iter().position(explains)?);
    Some(Body::Reason { series: series.clone(), n: *n, line: refusal.text, cause: refusal.cause })
}
