//! A kind that works once: a stock of which every probe presents another, and the use that is the end.

use super::build::{ROLE, SUBJECT};
use super::hand::{changed, saw, sound, stock, without};
use super::proofs::{MAX_MS, TTL_MS};
use super::table::{Row, both};
use super::world::{OURS, accepted};
use drill::credential::ssh_otp::SshOtpPlan;
use drill::credential::{CredentialPlan, RoleSource};
use drill::definition::Trigger;
use drill::history::{Body, Event, History, Part, Stock};
use drill::verdict::Outcome::{Failed, Inconclusive, Passed};
use std::collections::BTreeMap;

const LEASES: u32 = 8;

fn of_kind(mut history: History) -> History {
    history.head.drills[0].credential = CredentialPlan::SshOtp(SshOtpPlan {
        role: ROLE.into(),
        source: RoleSource::Drill,
        default_ttl_ms: TTL_MS,
        max_ttl_ms: MAX_MS,
    });
    history
}

/// Each probe of the subjects and of the control says which of its stock it presents: `of(part, n)`.
fn presenting(history: History, of: impl Fn(&Part, u32) -> Option<u32>) -> History {
    let mut history = history;
    let mut events: Vec<Event> = Vec::new();
    for event in history.events {
        if let Body::Probe { series, n, .. } = &event.body
            && let Some(member) = of(&series.part, *n)
        {
            let body = Body::Presents { series: series.clone(), n: *n, member };
            events.push(Event { body, ..event.clone() });
        }
        events.push(event);
    }
    history.events = events;
    without(history, |_| false)
}

/// One series of the subjects, whichever the trigger.
fn one_series(trigger: Trigger) -> History {
    let other = |part: &Part| matches!(part, Part::Subject { member } if *member > 0);
    let history = without(sound(trigger, LEASES), |body| match body {
        Body::Probe { series, .. } | Body::End { series, .. } => other(&series.part),
        _ => false,
    });
    of_kind(history)
}

/// The n-th probe presents the n-th.
fn nth(part: &Part, n: u32) -> Option<u32> {
    matches!(part, Part::Subject { .. } | Part::Control).then(|| n - 1)
}

fn of_stock() -> History {
    presenting(one_series(Trigger::Revoke), nth)
}

/// Each attempt of the others has a victim of its own.
fn with_victims() -> History {
    presenting(one_series(Trigger::Revoke), |part, n| match part {
        Part::Victim => Some(n - 1),
        part => nth(part, n),
    })
}

fn lives() -> History {
    saw(of_stock(), &SUBJECT, 4, 8, &accepted(OURS))
}

/// The probes of the subject from the fourth on present what `of` says.
fn after(of: fn(u32) -> Option<u32>) -> History {
    presenting(one_series(Trigger::Revoke), |part, n| match part {
        Part::Subject { .. } if n >= 4 => of(n),
        part => nth(part, n),
    })
}

/// More than the scenario's were issued, of which the probes from the fourth on present what `of` says.
fn beyond(of: fn(u32) -> Option<u32>) -> History {
    with_more(after(of))
}

/// More were issued than the scenario's, from before the first to long after the last.
fn with_more(mut history: History) -> History {
    let i = history.events.iter().position(|e| matches!(e.body, Body::Issued { part: SUBJECT, .. })).unwrap();
    let more = (LEASES..2 * LEASES).map(|member| {
        let mut event = history.events[i].clone();
        if let Body::Issued { part, sent_us, received_us, .. } = &mut event.body {
            (*part, *sent_us, *received_us) = (Part::Subject { member }, 90_000, 210_000);
        }
        event
    });
    let more: Vec<Event> = more.collect();
    history.events.splice(i..i, more);
    without(history, |_| false)
}

fn expires(of: fn(u32) -> Option<u32>) -> History {
    presenting(one_series(Trigger::Expire { ttl_ms: 900 }), move |part, n| match part {
        Part::Subject { .. } => of(n),
        part => nth(part, n),
    })
}

/// The first use of each, and then each again and again.
fn used() -> History {
    let history = changed(of_kind(sound(Trigger::Use, 6)), |_| {});
    let history = presenting(history, |part, n| matches!(part, Part::Control).then(|| n - 1));
    let mut history = without(history, |body| matches!(body, Body::Trigger { .. } | Body::Audit { .. }));
    let i = history.events.iter().rposition(|e| e.at_us <= 1_000_000).unwrap();
    let body = Body::Trigger {
        target: "the first use of 6".into(),
        sent_us: 1_000_000,
        done_us: 1_000_000,
        ack: drill::history::Ack::Acknowledged { status: 0 },
        correlation: None,
    };
    history.events.insert(i + 1, Event { at_us: 1_000_000, body, ..history.events[i].clone() });
    without(history, |_| false)
}

fn twice(member: u32) -> History {
    saw(used(), &Part::Subject { member }, 4, 8, &accepted(OURS))
}

fn lease_stays(history: History) -> History {
    let all = (0..LEASES).map(|member| Part::Subject { member }).chain([Part::Control]).collect();
    stock(history, Stock::Leases, (all, vec![]))
}

#[rustfmt::skip]
pub const ROWS: &[Row] = &[
    ("each another", of_stock, "access.accepted-before", Passed, "proved"),
    ("each another", of_stock, "trigger.refused-at-backend", Passed, "proved"),
    ("each another", of_stock, "trigger.exposure", Passed, "proved"),
    ("each another", of_stock, "trigger.stays-dead", Passed, "proved"),
    ("which one is not said", || after(|_| None), "trigger.refused-at-backend", Inconclusive, "no-answer"),
    ("one that was spent before", || after(|_| Some(0)), "trigger.refused-at-backend", Inconclusive, "no-answer"),
    ("the first refused one again and again", || after(|_| Some(3)), "trigger.refused-at-backend", Inconclusive, "no-answer"),
    ("one that was not issued for it", || after(|n| Some(n + LEASES)), "trigger.refused-at-backend", Inconclusive, "no-answer"),
    ("they live", lives, "trigger.refused-at-backend", Failed, "accepted-after-limit"),
    ("the same one lives on", || saw(after(|_| Some(0)), &SUBJECT, 4, 8, &accepted(OURS)), "trigger.exposure", Failed, "accepted-after-limit"),
    ("one of others used up its victim", || saw(with_victims(), &Part::Victim, 3, 3, &both()), "policy.tenant-isolated", Failed, "victim-harmed"),
    ("each victim works", with_victims, "policy.tenant-isolated", Passed, "proved"),
    ("those of another stock", || beyond(|n| Some(LEASES + n - 1)), "trigger.refused-at-backend", Inconclusive, "no-answer"),
    ("one after the other", || saw(of_stock(), &SUBJECT, 5, 5, &accepted(OURS)), "trigger.stays-dead", Passed, "proved"),
    ("let in again past the limit", || saw(of_stock(), &SUBJECT, 8, 8, &accepted(OURS)), "trigger.stays-dead", Failed, "accepted-again"),
    ("a spent one of the control's", || saw(presenting(one_series(Trigger::Revoke), |part, n| match part {
        Part::Control => Some(0),
        part => nth(part, n),
    }), &Part::Control, 5, 5, &both()), "trigger.control-alive", Inconclusive, "control-not-accepted"),

    ("each another", || expires(|n| Some(n - 1)), "expire.not-early", Passed, "proved"),
    ("of one that nobody was given", || expires(|n| Some(n + LEASES)), "expire.not-early", Inconclusive, "not-observed"),

    ("once", used, "access.accepted-before", Passed, "proved"),
    ("once", used, "trigger.refused-at-backend", Passed, "proved"),
    ("once", used, "trigger.stays-dead", Passed, "proved"),
    ("the first one works twice", || twice(0), "trigger.refused-at-backend", Failed, "accepted-after-limit"),
    ("the last one works twice", || twice(5), "trigger.exposure", Failed, "accepted-after-limit"),
    ("its lease is gone", used, "trigger.no-residue", Passed, "proved"),
    ("its lease stays", || lease_stays(used()), "trigger.no-residue", Failed, "residue-left"),
];

#[test]
fn every_line() {
    super::table::all(ROWS);
}

/// All are presented in the order of their issue, and none twice.
#[test]
fn the_sound_history_presents_each_once() {
    let mut presented: BTreeMap<Part, Vec<u32>> = BTreeMap::new();
    for event in of_stock().events {
        if let Body::Presents { series, member, .. } = event.body {
            presented.entry(series.part).or_default().push(member);
        }
    }
    assert!(presented.values().all(|members| members.windows(2).all(|w| w[0] < w[1])), "{presented:?}");
}

/// Only those that were issued for the trigger can show that it ended them.
#[test]
fn what_is_of_another_stock_is_no_refusal() {
    let first = |of: fn(u32) -> Option<u32>| super::brackets::upper(&beyond(of));
    assert_eq!(first(|n| Some(n - 1)), Some(15_000));
    assert_eq!(first(|n| Some(if n == 4 { LEASES } else { n - 2 })), Some(23_000));
    // Nor is it when the TTL of the scenario's own ends.
    let expired = expires(|n| Some(n - 1));
    let exposures = |history: &History| drill::verdict::judge(history).drills[0].scenarios[0].exposures.clone();
    assert_eq!(exposures(&with_more(expired.clone())), exposures(&expired));
}
