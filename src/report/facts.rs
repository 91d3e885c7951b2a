//! What all writers look up: one reading of history and verdicts. Nothing here decides.

use super::words::{self, Counts};
use crate::credential::RoleSource;
use crate::definition::{DrillPlan, ScenarioPlan};
use crate::history::{Ack, Body, Event, Head, History, Origin, Part, Record};
use crate::secret::Redactor;
use crate::verdict::{CheckVerdict, DrillVerdict, Exposure, Outcome, ScenarioVerdict, Verdicts};
use std::borrow::Cow;

/// A run: what was seen, and what was made of it.
#[derive(Clone, Copy)]
pub struct Run<'a> {
    pub history: &'a History,
    pub verdicts: &'a Verdicts,
}

/// A server that was up.
pub struct Server<'a> {
    pub role: &'a str,
    pub product: &'a str,
    pub version: &'a str,
    pub image: &'a str,
    pub image_id: &'a str,
    pub origin: Origin,
}

/// The requests that should end access, as one: sent with the first, answered with the last, as badly as the worst.
pub struct Sent<'a> {
    pub target: String,
    pub from_us: u64,
    pub done_us: u64,
    pub ack: &'a Ack,
}

/// An issued credential and when it was asked for.
pub struct Issue<'a> {
    pub record: &'a Record,
    pub sent_us: u64,
    pub received_us: u64,
}

/// The history without secrets, for writers: what they escape or shorten first, nobody could find afterwards. As a rule it is the same one:
/// events are cleaned when they are written down, and only a secret that was made later can still be in one.
/// Thousands of probes are left as they are: no writer shows their text.
pub fn cleaned<'a>(history: &'a History, redactor: &Redactor) -> Cow<'a, History> {
    let head = redactor.cleaned(&history.head);
    let shown = |event: &Event| {
        !matches!(event.body, Body::Probe { .. } | Body::Reason { .. } | Body::End { .. } | Body::State)
    };
    let dirty: Vec<(usize, Event)> = (0..)
        .zip(&history.events)
        .filter(|(_, event)| shown(event))
        .filter_map(|(i, event)| Some((i, owned(redactor.cleaned(event))?)))
        .collect();
    if dirty.is_empty() && matches!(head, Cow::Borrowed(_)) {
        return Cow::Borrowed(history);
    }
    let mut clean = History { head: head.into_owned(), events: history.events.clone() };
    for (i, event) in dirty {
        clean.events[i] = event;
    }
    Cow::Owned(clean)
}

fn owned<T: Clone>(data: Cow<'_, T>) -> Option<T> {
    match data {
        Cow::Owned(data) => Some(data),
        Cow::Borrowed(_) => None,
    }
}

impl<'a> Run<'a> {
    pub fn head(&self) -> &'a Head {
        &self.history.head
    }

    pub fn outcome(&self) -> Outcome {
        self.verdicts.overall()
    }

    /// `PASSED: postgres`, `PASSED (1 exception): 10 drills`, `FAILED: orders (1 of 10 drills)`.
    pub fn headline(&self) -> String {
        let outcome = self.outcome();
        let drills = &self.verdicts.drills;
        let word = match Counts::of_scenarios(self.scenarios()).excepted {
            n if n > 0 && outcome == Outcome::Excepted => {
                format!("PASSED ({n} {})", words::plural(n, "exception"))
            }
            _ => words::loud(outcome).to_owned(),
        };
        let worst: Vec<&str> = drills.iter().filter(|d| d.outcome == outcome).map(|d| d.drill.as_str()).collect();
        let names = match (drills.len(), worst.as_slice()) {
            (0, _) => "no drill".to_owned(),
            (1, _) => drills[0].drill.clone(),
            (n, _) if outcome <= Outcome::Excepted => format!("{n} drills"),
            (n, []) => format!("{n} drills"),
            (n, few) if few.len() <= 3 => {
                format!("{} ({} of {n} drills)", few.join(", "), few.len())
            }
            (n, many) => format!("{}, … ({} of {n} drills)", many[..3].join(", "), many.len()),
        };
        format!("{word}: {names}")
    }

    pub fn scenarios(&self) -> impl Iterator<Item = &'a ScenarioVerdict> + use<'a> {
        self.verdicts.drills.iter().flat_map(|d| &d.scenarios)
    }

    /// Drill and scenario verdicts, side by side.
    pub fn columns(&self) -> impl Iterator<Item = (&'a DrillVerdict, &'a ScenarioVerdict)> + use<'a> {
        let drills = self.verdicts.drills.iter();
        drills.flat_map(|d| d.scenarios.iter().map(move |s| (d, s)))
    }

    pub fn plan(&self, drill: &str) -> Option<&'a DrillPlan> {
        self.head().drills.iter().find(|d| d.drill == drill)
    }

    pub fn scenario_plan(&self, drill: &str, scenario: &str) -> Option<&'a ScenarioPlan> {
        find_scenario(self.plan(drill)?, scenario)
    }

    /// µs of the run's clock at its last event.
    pub fn ended_us(&self) -> u64 {
        self.history.events.last().map_or(0, |e| e.at_us)
    }

    pub fn time(&self, at_us: u64) -> String {
        words::time(self.head().started, at_us)
    }

    /// Events of one scenario.
    pub fn events<'b>(&self, drill: &'b str, scenario: &'b str) -> impl Iterator<Item = &'a Event> + use<'a, 'b> {
        let events = self.history.events.iter();
        events.filter(move |e| e.drill == drill && e.scenario == scenario)
    }

    /// First and last event of one scenario.
    pub fn stretch(&self, drill: &str, scenario: &str) -> Option<(&'a Event, &'a Event)> {
        let mut events = self.events(drill, scenario);
        let first = events.next()?;
        Some((first, events.last().unwrap_or(first)))
    }

    /// All servers in the order in which they came up; one that came up again is named once.
    pub fn servers(&self) -> Vec<Server<'a>> {
        let mut servers: Vec<Server<'a>> = Vec::new();
        for event in &self.history.events {
            if let Body::Server { server, product, version, image, image_id, origin, .. } = &event.body {
                let same = |s: &Server<'_>| {
                    (s.product, s.version, s.image_id) == (product.as_str(), version.as_str(), image_id.as_str())
                };
                if !servers.iter().any(same) {
                    servers.push(Server { role: server, product, version, image, image_id, origin: *origin });
                }
            }
        }
        servers
    }

    /// Products whose image is not the vendor's own.
    pub fn stand_ins(&self) -> Vec<String> {
        let servers = self.servers();
        let stand_ins = servers.iter().filter(|s| s.origin == Origin::StandIn);
        let mut names: Vec<String> = stand_ins.map(|s| s.product.to_owned()).collect();
        names.sort();
        names.dedup();
        names
    }

    /// The run touched servers that it did not start.
    pub fn external(&self) -> bool {
        self.servers().iter().any(|s| s.origin == Origin::External)
    }

    /// The authority's product.
    pub fn authority(&self) -> &'a str {
        let servers = self.servers();
        let authority = servers.iter().find(|s| s.role == "authority");
        authority.map_or("the authority", |s| s.product)
    }

    /// The subject's record (of a cohort, its first member's).
    pub fn issue(&self, drill: &str, scenario: &str) -> Option<Issue<'a>> {
        self.events(drill, scenario).find_map(|e| match &e.body {
            Body::Issued { part: Part::Subject { member: 0 }, record, sent_us, received_us } => {
                Some(Issue { record, sent_us: *sent_us, received_us: *received_us })
            }
            _ => None,
        })
    }

    pub fn trigger(&self, drill: &str, scenario: &str) -> Option<Sent<'a>> {
        let requests = self.events(drill, scenario).filter_map(|e| match &e.body {
            Body::Trigger { target, sent_us, done_us, ack, .. } => {
                Some(Sent { target: target.clone(), from_us: *sent_us, done_us: *done_us, ack })
            }
            _ => None,
        });
        let badly = |ack: &Ack| match ack {
            Ack::Acknowledged { .. } => 0,
            Ack::NoAnswer { .. } => 1,
            Ack::Rejected { .. } => 2,
        };
        requests.reduce(|all, next| Sent {
            target: format!("{}, then {}", all.target, next.target),
            from_us: all.from_us,
            done_us: next.done_us,
            ack: if badly(next.ack) > badly(all.ack) { next.ack } else { all.ack },
        })
    }
}

pub fn find_scenario<'a>(plan: &'a DrillPlan, scenario: &str) -> Option<&'a ScenarioPlan> {
    plan.scenarios.iter().find(|s| s.scenario == scenario)
}

/// The worst exposure of the credential itself at a door.
pub fn door(scenario: &ScenarioVerdict) -> Option<&Exposure> {
    scenario.exposures.iter().find(|e| !e.session)
}

/// What must have passed for a report to say that a credential died as it should.
const DEATH: &[&str] =
    &["trigger.refused-at-backend", "trigger.exposure", "trigger.stays-dead", "renew.dead-after-cap"];

/// The check for whose sake no death may be told, although the scenario is not red: its failure is only permitted.
pub fn death_excepted(scenario: &ScenarioVerdict) -> Option<&CheckVerdict> {
    scenario.checks.iter().find(|c| c.outcome == Outcome::Excepted && DEATH.contains(&c.check.as_str()))
}

/// Exposures through sessions that were open before.
pub fn sessions(scenario: &ScenarioVerdict) -> impl Iterator<Item = &Exposure> {
    scenario.exposures.iter().filter(|e| e.session)
}

/// Where the role's definition comes from.
pub fn source(plan: &DrillPlan) -> &RoleSource {
    plan.credential.source()
}
