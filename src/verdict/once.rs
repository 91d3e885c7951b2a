//! What works once: a refusal of one that was presented before, or that nobody was given, tells nothing of the trigger.

use super::line::{Line, Seen};
use crate::definition::{ScenarioPlan, Trigger};
use crate::history::{Body, Event, Part, Series};
use std::collections::{BTreeMap, BTreeSet};

/// Whose a series' passwords are.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Stock {
    Subjects,
    Controls,
    Victims,
}

fn stock_of(part: &Part, plan: &ScenarioPlan) -> Option<Stock> {
    match part {
        // There the same one is presented again, which is what is drilled; its sessions are none.
        Part::Subject { .. } if plan.trigger == Trigger::Use => None,
        Part::Subject { .. } | Part::Session { .. } | Part::Unasked => Some(Stock::Subjects),
        Part::Control | Part::ControlSession { .. } | Part::UnaskedControl => Some(Stock::Controls),
        Part::Victim => Some(Stock::Victims),
        Part::BogusSecret | Part::BogusName | Part::Reissued | Part::Parent | Part::ParentControl => None,
    }
}

/// Of the observations of a stock: a refusal counts for nothing where what was presented is not said, was presented before, or, of the
/// subjects, is none of those that were issued for the trigger. An acceptance is one whatever was presented.
pub fn forget_stale(lines: &mut BTreeMap<Series, Line<'_>>, events: &[&Event], plan: &ScenarioPlan) {
    let issued: BTreeSet<u32> = events.iter().filter_map(|e| member_issued(e, plan)).collect();
    let mut all: Vec<(u64, Stock, &mut Seen, Option<u32>)> = Vec::new();
    for (series, line) in lines.iter_mut() {
        let Some(stock) = stock_of(&series.part, plan) else { continue };
        let of_session = matches!(series.part, Part::Session { .. } | Part::ControlSession { .. });
        for (i, obs) in line.obs.iter_mut().enumerate() {
            // A session presents one, when it is opened.
            if !of_session || i == 0 {
                all.push((obs.sent_us, stock, &mut obs.seen, obs.presents));
            }
        }
    }
    all.sort_by_key(|(sent_us, ..)| *sent_us);
    let mut presented: BTreeSet<(Stock, u32)> = BTreeSet::new();
    for (_, stock, seen, presents) in all {
        let fresh = presents.is_some_and(|member| {
            let known = stock != Stock::Subjects || issued.contains(&member);
            presented.insert((stock, member)) && known
        });
        if !fresh && matches!(seen, Seen::Refused(_)) {
            *seen = Seen::Nothing;
        }
    }
}

fn member_issued(event: &Event, plan: &ScenarioPlan) -> Option<u32> {
    match &event.body {
        Body::Issued { part: Part::Subject { member }, .. } if *member < plan.leases => Some(*member),
        _ => None,
    }
}
