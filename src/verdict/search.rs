//! Secrets are written nowhere: absence counts only where the same search finds what must be there.

use super::found::Found;
use super::reason::Reason;
use super::view::View;
use crate::credential::Ability;
use crate::history::{Body, Search, place};

const LOGS: [&str; 3] = [place::AUDIT_LOG, place::AUTHORITYS_LOG, place::BACKENDS_LOG];
/// Where a broker issues, its own besides.
const BROKERS: [&str; 2] = [place::BROKERS_AUDIT, place::BROKERS_LOG];
/// Where else a parent's secret could stand; places of which there are several begin so.
const PARENTS: [&str; 2] = [place::CONNECTION, place::CONTAINER];

/// Whether a search finds what must be there.
pub fn sees(search: &Search) -> bool {
    search.lines > 0 && search.control_found
}

/// A secret that was searched for was found in no place, and every search could see.
pub fn nowhere(view: &View<'_>, of: &str, expected: &str, mut events: Vec<u64>) -> Found {
    let searches = view.facts.iter().filter_map(|e| match &e.body {
        Body::Search { search } if search.of == of => Some((e.seq, search)),
        _ => None,
    });
    let searches: Vec<_> = searches.collect();
    if let Some((seq, search)) = searches.iter().find(|(_, s)| s.found > 0) {
        let observed = format!("found in {} of {} lines of {}", search.found, search.lines, search.place);
        return Found::failed(Reason::SecretFound, expected, observed, vec![*seq]);
    }
    let blind = searches.iter().find(|(_, s)| s.secrets == 0 || !sees(s));
    if let Some((seq, search)) = blind {
        let observed = format!("the search of {} does not find what must be there either", search.place);
        return Found::unknown(Reason::SearchBlind, expected, observed, vec![*seq]);
    }
    let elsewhere: &[&str] = if of == "parent" { &PARENTS } else { &[] };
    let unsearched = |place: &&&str| !searches.iter().any(|(_, s)| s.place.starts_with(**place));
    let brokered = view.drill.credential.can(Ability::Brokered);
    let brokers: &[&str] = if brokered { &BROKERS } else { &[] };
    // A broker takes its parent from a store of secrets: that it stands there is no finding.
    let known = |place: &&&str| !(brokered && **place == place::CONNECTION);
    if let Some(place) = LOGS.iter().chain(elsewhere).chain(brokers).filter(known).find(unsearched) {
        return Found::unknown(Reason::NotObserved, expected, format!("not searched: {}", place.trim()), events);
    }
    events.extend(searches.iter().map(|(seq, _)| *seq));
    let lines: u64 = searches.iter().map(|(_, s)| s.lines).sum();
    let observed = format!("not in {lines} lines of {} places", searches.len());
    Found::passed(expected, observed, events).resting_on(view.whole, &[])
}
