//! Where the time went: the steps of a run, for `-v`.

use super::words;
use crate::history::{Body, Event, History, State};
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// One line a step, in the order in which they began; a scenario's steps are those from state to state.
pub fn table(history: &History) -> String {
    let mut steps: Vec<(u64, u64, String)> = Vec::new();
    let mut since: BTreeMap<(&str, &str), u64> = BTreeMap::new();
    for event in &history.events {
        let scenario = (event.drill.as_str(), event.scenario.as_str());
        match &event.body {
            Body::Step { name, from_us } => steps.push((*from_us, event.at_us, named(event, name))),
            // Its first credential is the first that is asked for on a scenario's behalf.
            Body::Issued { sent_us, .. } => {
                since.entry(scenario).or_insert(*sent_us);
            }
            Body::State => {
                let from_us = since.insert(scenario, event.at_us).unwrap_or(event.at_us);
                if let Some(name) = until(event.state) {
                    steps.push((from_us, event.at_us, named(event, name)));
                }
            }
            _ => {}
        }
    }
    if steps.is_empty() {
        return String::new();
    }
    steps.sort();
    let ms = |us: u64| words::thousands(i64::try_from(us / 1000).unwrap_or(i64::MAX));
    let mut text = format!("{:>10} {:>10}  step\n", "from ms", "took ms");
    for (from_us, to_us, name) in steps {
        let took = to_us.saturating_sub(from_us);
        let _ = writeln!(text, "{:>10} {:>10}  {}", ms(from_us), ms(took), name.trim_start());
    }
    text
}

fn named(event: &Event, name: &str) -> String {
    let whose = [event.drill.as_str(), event.scenario.as_str()];
    let whose: Vec<&str> = whose.into_iter().filter(|w| !w.is_empty()).collect();
    words::one_line(&format!("{}  {name}", whose.join("/")))
}

/// What goes on in a scenario until it enters a state; nothing worth a line before the trigger is pulled.
fn until(state: State) -> Option<&'static str> {
    match state {
        State::Issued => Some("subject, control and a third credential issued"),
        State::Accepted => Some("bracket: accepted, bogus refused, statements, sessions, stock"),
        State::Settled => Some("trigger, and probing until settled"),
        State::Done => Some("last probes, one issued again, stock"),
        State::SetUp | State::Triggered => None,
    }
}
