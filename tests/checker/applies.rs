//! Which checks are judged where.

use super::build::{head, scenario};
use drill::definition::{IncidentOf, SessionClaim, Trigger};
use drill::verdict::{Check, TABLE, check_ids, checks_of, not_judged};
use std::collections::BTreeSet;

fn triggers() -> [Trigger; 7] {
    [
        Trigger::Revoke,
        Trigger::Expire { ttl_ms: 2_000 },
        Trigger::Teardown,
        Trigger::Incident { of: IncidentOf::Role },
        Trigger::Renew { cap_ms: 2_000, every_ms: 500 },
        Trigger::Rotate,
        Trigger::Use,
    ]
}

/// A gate that asks for a check where no scenario of the trigger ever judges it is refused by name alone: both must say the same.
#[test]
fn a_check_is_of_a_trigger_if_scenarios_of_it_are_judged_by_it() {
    for trigger in triggers() {
        let mut drill = head(scenario(trigger.clone(), 500)).drills.remove(0);
        let plan = drill.scenarios.remove(0);
        for (check, id, _) in TABLE.iter().filter(|(check, ..)| check.applies_to_kind(&drill)) {
            assert_eq!(
                check.is_of_trigger(trigger.name()),
                check.applies_to(&drill, &plan),
                "{id}, {}",
                trigger.name()
            );
        }
    }
}

#[test]
fn every_check_is_found_by_its_id() {
    for (check, id, _) in TABLE {
        assert_eq!((Check::of(id), check.id()), (Some(*check), *id));
    }
    assert_eq!(Check::of("trigger.nothing"), None);
    assert_eq!(check_ids(), TABLE.iter().map(|(_, id, _)| *id).collect::<Vec<_>>());
}

/// What is about a way in is judged at each of several, what is about sessions for each kind, all else once.
#[test]
fn doors_and_sessions_have_checks_of_their_own() {
    let named = |doors: &[&str]| -> BTreeSet<String> {
        let mut plan = scenario(Trigger::Revoke, 500);
        plan.sessions.insert("idle".into(), SessionClaim::MayOutlive);
        let mut drill = head(plan).drills.remove(0);
        drill.doors = doors.iter().map(ToString::to_string).collect();
        let of =
            |(check, of): (Check, Option<String>)| of.map_or(check.id().into(), |of| format!("{}@{of}", check.id()));
        checks_of(&drill, &drill.scenarios[0]).into_iter().map(of).collect()
    };
    let (one, two) = (named(&["login"]), named(&["a", "b"]));
    let at_doors = [
        "access.accepted-before",
        "access.bogus-refused",
        "trigger.refused-at-backend",
        "trigger.exposure",
        "trigger.control-alive",
        "trigger.stays-dead",
        "trigger.service-returns",
        "policy.tenant-isolated",
        "parent.rotated",
    ];
    let each = at_doors.iter().flat_map(|id| ["a", "b"].map(|door| format!("{id}@{door}"))).collect::<BTreeSet<_>>();
    assert_eq!(two.difference(&one).cloned().collect::<BTreeSet<_>>(), each);
    assert_eq!(one.difference(&two).map(String::as_str).collect::<BTreeSet<_>>(), BTreeSet::from(at_doors));
    assert!(one.contains("trigger.sessions@idle") && !one.contains("trigger.sessions"));
}

#[test]
fn what_no_scenario_judges_is_said() {
    let of = |trigger| not_judged(&head(scenario(trigger, 500)).drills[0]);
    let revoke = of(Trigger::Revoke);
    for id in ["expire.not-early", "renew.capped", "incident.reissue-refused"] {
        assert!(revoke.iter().any(|open| open == id), "{id}: {revoke:?}");
    }
    assert!(!revoke.iter().any(|open| open == "trigger.exposure"), "{revoke:?}");
    assert!(!of(Trigger::Expire { ttl_ms: 2_000 }).iter().any(|open| open == "expire.not-early"));
}
