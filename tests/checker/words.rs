//! What the judge says of every line of every table, word for word: reports quote it, and a wrong premise sends a reader astray.
//!
//! A change of words is looked at in the difference of the snapshots. Each verdict is written where it is met first.

use super::coverage::TABLES;
use drill::verdict::{CheckVerdict, Exposure, judge};
use std::collections::BTreeSet;

const EVENTS: &str = "  events  ";

fn measured(e: &Exposure) -> String {
    let upper = e.upper_us.map_or("open".into(), |us| us.to_string());
    let seen = |us: Option<u64>| us.map_or("-".into(), |us| us.to_string());
    format!(
        "{} ({}): {}..{upper} µs of {} ms, accepted {}, refused {}, {}, {}\n",
        e.of,
        if e.session { "session" } else { "door" },
        e.lower_us,
        e.limit_ms,
        seen(e.last_accepted_us),
        seen(e.first_refused_us),
        e.code.as_deref().unwrap_or("-"),
        e.reason.as_deref().unwrap_or("-"),
    )
}

/// One verdict, whole.
fn said(check: &CheckVerdict) -> String {
    let mut out = format!("{}: {:?} {}\n  expected {}\n", check.id, check.outcome, check.reason, check.expected);
    out += &format!("  observed {}\n{EVENTS} {:?}\n", check.observed, check.events);
    let more = [
        ("premise ", &check.premise),
        ("when    ", &check.when),
        ("control ", &check.control),
        ("means   ", &check.means),
    ];
    for (what, text) in more {
        if let Some(text) = text {
            out += &format!("  {what} {text}\n");
        }
    }
    out
}

/// Where an event more came before, the same verdict rests on other numbers.
fn without_events(said: &str) -> String {
    said.lines().filter(|line| !line.starts_with(EVENTS)).collect()
}

#[test]
fn every_verdict_of_every_line() {
    let mut met = BTreeSet::new();
    for (name, rows) in TABLES {
        let mut out = String::new();
        for (what, history, ..) in *rows {
            let scenario = judge(&history()).drills.remove(0).scenarios.remove(0);
            let all = scenario.checks.iter().map(said).chain(scenario.exposures.iter().map(measured));
            let new: Vec<String> = all.filter(|text| met.insert(without_events(text))).collect();
            if !new.is_empty() {
                out += &format!("## {what}\n{}", new.concat());
            }
        }
        insta::assert_snapshot!(*name, out);
    }
}
