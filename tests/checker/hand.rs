//! A sound history made by hand, with times that a reader can follow, and ways to break it.

use super::build::{self, DOOR, Events};
use super::proofs;
use super::world::{OURS, accepted, denied, refused};
use drill::definition::{IncidentOf, ScenarioPlan, SessionClaim, Trigger};
use drill::history::{Ack, Body, By, Event, History, Moment, Named, Part, Series, Stock};
use drill::observation::{Meaning, Saw, Stage};

/// ms: the limit of the credential and of its idle session.
pub const LIMIT_MS: u64 = 500;
/// ms: when the trigger is sent; the TTL ends between 990 and 1000.
pub const TRIGGER_MS: u64 = 1_000;

/// Sent and answered, ms. The credential dies at 1010, between the third and the fourth.
const SUBJECT_MS: &[(u64, u64)] = &[
    (120, 125),
    (990, 995),
    (1_001, 1_004),
    (1_012, 1_015),
    (1_020, 1_023),
    (1_500, 1_503),
    (2_100, 2_103),
    (3_000, 3_003),
];
const CONTROL_MS: &[(u64, u64)] = &[
    (120, 125),
    (985, 989),
    (996, 1_000),
    (1_005, 1_010),
    (1_016, 1_019),
    (1_024, 1_028),
    (1_490, 1_495),
    (1_504, 1_508),
    (2_090, 2_095),
    (2_104, 2_108),
    (2_990, 2_995),
    (3_004, 3_010),
];
const IDLE_MS: &[(u64, u64)] = &[(140, 141), (1_000, 1_001), (1_011, 1_012)];
const CONTROL_IDLE_MS: &[(u64, u64)] = &[(140, 141), (1_001, 1_002), (1_013, 1_014)];

pub fn idle() -> Part {
    Part::Session { kind: "idle".into(), client: 0 }
}

pub fn control_idle() -> Part {
    Part::ControlSession { kind: "idle".into() }
}

fn closed() -> Saw {
    Saw::Refused { code: "57P01 ProcessInterrupts".into(), meaning: Meaning::Dead }
}

fn series(events: &mut Events, part: &Part, times: &[(u64, u64)], saw: impl Fn(u64) -> Saw) {
    let session = matches!(part, Part::Session { .. } | Part::ControlSession { .. });
    let series = Series { part: part.clone(), door: if session { "idle" } else { DOOR }.into() };
    let stage = if session { Stage::Open } else { Stage::Login };
    for ((sent, done), n) in times.iter().zip(1..) {
        let (sent_us, done_us) = (sent * 1000, done * 1000);
        events.add(done_us, Body::Probe { series: series.clone(), n, sent_us, done_us, stage, saw: saw(*sent) });
    }
    events.add(3_060_000, Body::End { series, probes: u32::try_from(times.len()).unwrap() });
}

fn issued(part: Part, ttl_ms: u64, sent_ms: u64, received_ms: u64) -> Body {
    let (sent_us, received_us) = (sent_ms * 1000, received_ms * 1000);
    Body::Issued { record: build::record(&part, ttl_ms, None).into(), part, sent_us, received_us }
}

pub fn named(part: Part) -> Named {
    Named { part, name: "v-approle-1".into() }
}

/// A revocation.
pub fn revoke() -> History {
    sound(Trigger::Revoke, 1)
}

/// An expiry at the same instant.
pub fn expire() -> History {
    sound(Trigger::Expire { ttl_ms: 890 }, 1)
}

/// A deployment's end: three credentials go with its token.
pub fn teardown() -> History {
    sound(Trigger::Teardown, 3)
}

/// A caller is banned and its role cleared: two credentials.
pub fn incident() -> History {
    sound(Trigger::Incident { of: IncidentOf::Role }, 2)
}

/// A consumer renews, and the cap ends it all the same: all from 900 ms on comes 2 s later.
pub fn renew() -> History {
    let mut history = sound(Trigger::Renew { cap_ms: 890 + LATER_MS, every_ms: 500 }, 1);
    let later = |us: &mut u64| *us += if *us >= 900_000 { LATER_MS * 1000 } else { 0 };
    // A renewal has its own time already.
    let renewal = |e: &Event| matches!(&e.body, Body::Grant { .. });
    history.events.iter_mut().filter(|e| !renewal(e)).for_each(|e| super::trouble::times(e, &mut { later }));
    history.events.sort_by_key(|e| e.at_us);
    without(history, |_| false)
}

/// ms: how much later a cap comes than a TTL.
const LATER_MS: u64 = 2_000;

/// A sound history of this trigger and so many credentials.
pub fn sound(trigger: Trigger, leases: u32) -> History {
    let mut plan = build::scenario(trigger, LIMIT_MS);
    plan.leases = leases;
    plan.sessions.insert("idle".into(), SessionClaim::ClosedWithin { limit_ms: LIMIT_MS });
    let mut events = Events::default();
    events.add(50_000, build::server(OURS));
    events.extend(proofs::parent(60_000));
    let members = || (0..leases).map(|member| Part::Subject { member });
    for part in members() {
        events.add(110_000, issued(part, proofs::ttls(&plan).0, 100, 110));
    }
    before(&mut events, &plan);
    let acks = vec![Some(Ack::Acknowledged { status: 204 }); proofs::requests(&plan).len()];
    events.extend(proofs::trigger(&plan, (TRIGGER_MS * 1000, 1_010_000), &acks));
    for part in members() {
        series(&mut events, &part, SUBJECT_MS, |at| if at < 1_010 { accepted(OURS) } else { refused(Meaning::Both) });
    }
    series(&mut events, &Part::Control, CONTROL_MS, |_| accepted(OURS));
    series(&mut events, &idle(), IDLE_MS, |at| if at < 1_010 { accepted(OURS) } else { closed() });
    series(&mut events, &control_idle(), CONTROL_IDLE_MS, |_| accepted(OURS));
    series(&mut events, &Part::BogusSecret, &[(130, 131)], |_| refused(Meaning::Both));
    series(&mut events, &Part::BogusName, &[(132, 133)], |_| refused(Meaning::Both));
    events.add(3_022_000, issued(Part::Reissued, proofs::TTL_MS, 3_020, 3_022));
    series(&mut events, &Part::Reissued, &[(3_030, 3_035)], |_| accepted(OURS));
    stocks(&mut events, leases);
    events.add_all(3_070_000, proofs::records(&plan, &acks, true));
    events.history(build::head(plan))
}

/// What is done and looked at before the trigger.
fn before(events: &mut Events, plan: &ScenarioPlan) {
    events.add_all(112_000, proofs::read_back(plan));
    for (by, allowed, saw) in [
        (By::Administrator, true, accepted(OURS)),
        (By::Administrator, false, accepted(OURS)),
        (By::Subject, true, accepted(OURS)),
        (By::Subject, false, denied()),
    ] {
        let statement = if allowed { build::ALLOWED } else { build::DENIED }.into();
        events.add(150_000, Body::Statement { by, allowed, statement, saw });
    }
    if plan.trigger.ends_one() {
        events.extend(proofs::attempts(170_000));
    }
    let cap_us = (TRIGGER_MS + LATER_MS) * 1000;
    events.extend(proofs::renewals(plan, 110_000, cap_us - 5_000, cap_us + 200_000));
}

fn stocks(events: &mut Events, leases: u32) {
    for stock in [Stock::Users, Stock::Sessions, Stock::Leases] {
        let members = if stock == Stock::Sessions { 1 } else { leases };
        let subjects = || (0..members).map(|member| named(Part::Subject { member }));
        let (control, times) = (named(Part::Control), (160_000, 161_000));
        let present = subjects().chain([control.clone()]).collect();
        events.add(161_000, inventory(stock, Moment::Before, present, vec![], times));
        let (present, absent) = (vec![control], subjects().collect());
        events.add(3_041_000, inventory(stock, Moment::After, present, absent, (3_040_000, 3_041_000)));
    }
    events.add(3_042_000, Body::Strays { names: vec![], known: 3, unanswered: 0, sent_us: 3_041_000 });
}

fn inventory(stock: Stock, moment: Moment, present: Vec<Named>, absent: Vec<Named>, times: (u64, u64)) -> Body {
    Body::Inventory { stock, moment, present, absent, sent_us: times.0, done_us: times.1 }
}

/// The probes of a part from number `from` to number `to` saw something else.
pub fn saw(mut history: History, part: &Part, from: u32, to: u32, other: &Saw) -> History {
    for event in &mut history.events {
        if let Body::Probe { series, n, saw, .. } = &mut event.body
            && series.part == *part
            && (from..=to).contains(n)
        {
            saw.clone_from(other);
        }
    }
    history
}

/// Without some events, and numbered anew: they never were.
pub fn without(mut history: History, gone: impl Fn(&Body) -> bool) -> History {
    history.events.retain(|e| !gone(&e.body));
    for (event, seq) in history.events.iter_mut().zip(1..) {
        event.seq = seq;
    }
    history
}

/// Without a part's series.
pub fn unprobed(history: History, part: &Part) -> History {
    without(history, |body| match body {
        Body::Probe { series, .. } | Body::End { series, .. } => series.part == *part,
        _ => false,
    })
}

/// Nobody says how many probes a part's series has.
pub fn without_end(history: History, part: &Part) -> History {
    without(history, |body| matches!(body, Body::End { series, .. } if series.part == *part))
}

/// With every event changed by `f`.
pub fn changed(mut history: History, f: impl Fn(&mut Body)) -> History {
    history.events.iter_mut().for_each(|e| f(&mut e.body));
    history
}

/// The stock-taking afterwards found something else.
pub fn stock(history: History, of: Stock, now: (Vec<Part>, Vec<Part>)) -> History {
    let names = |parts: &[Part]| parts.iter().cloned().map(named).collect::<Vec<_>>();
    changed(history, move |body| {
        if let Body::Inventory { stock, moment: Moment::After, present, absent, .. } = body
            && *stock == of
        {
            (*present, *absent) = (names(&now.0), names(&now.1));
        }
    })
}

/// The trigger was answered otherwise.
pub fn answered(history: History, with: &Ack) -> History {
    changed(history, |body| {
        if let Body::Trigger { ack, .. } = body {
            ack.clone_from(with);
        }
    })
}

/// One event fewer than there were: its number is missing.
pub fn torn(mut history: History) -> History {
    let i = history.events.iter().position(|e| matches!(e.body, Body::Statement { .. })).unwrap_or(1);
    history.events.remove(i);
    history
}
