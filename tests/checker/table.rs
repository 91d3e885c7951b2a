//! Each check, each way: one line each.

use super::build::{ALLOWED, DENIED, SUBJECT};
use super::hand::*;
use super::world::{OTHERS, OURS, accepted, denied, refused, unclassified, unreachable};
use drill::definition::SessionClaim;
use drill::history::{Ack, Body, By, History, Moment, Part, Stock};
use drill::observation::{Meaning, Saw};
use drill::verdict::Outcome::{self, Failed, Inconclusive, Passed};
use drill::verdict::judge;

pub type Row = (&'static str, fn() -> History, &'static str, Outcome, &'static str);

pub fn no_answer() -> Ack {
    Ack::NoAnswer { why: "time-out after 5000 ms".into() }
}

pub fn both() -> Saw {
    refused(Meaning::Both)
}

fn statement(by: By, allowed: bool, with: &Saw) -> History {
    changed(revoke(), |body| {
        if let Body::Statement { by: b, allowed: a, saw, .. } = body
            && (*b, *a) == (by, allowed)
        {
            saw.clone_from(with);
        }
    })
}

/// Before the trigger the query did not find the control's.
fn before_without_control(history: History) -> History {
    changed(history, |body| {
        if let Body::Inventory { moment: Moment::Before, present, .. } = body {
            present.retain(|n| n.part != CONTROL);
        }
    })
}

/// The drill opens no sessions, and nobody looked for any.
fn without_sessions() -> History {
    let of_session = |part: &Part| matches!(part, Part::Session { .. } | Part::ControlSession { .. });
    let mut history = without(revoke(), |body| match body {
        Body::Probe { series, .. } | Body::End { series, .. } => of_session(&series.part),
        Body::Inventory { stock, .. } => *stock == Stock::Sessions,
        _ => false,
    });
    history.head.drills[0].scenarios[0].sessions.clear();
    history
}

fn unsaid(by: By, allowed: bool) -> History {
    without(revoke(), |body| matches!(body, Body::Statement { by: b, allowed: a, .. } if (*b, *a) == (by, allowed)))
}

fn limit(mut history: History, ms: u64) -> History {
    history.head.drills[0].scenarios[0].limit_ms = ms;
    history
}

fn claim(mut history: History, claim: SessionClaim) -> History {
    history.head.drills[0].scenarios[0].sessions.insert("idle".into(), claim);
    history
}

/// What the inspector found at the end that no credential of the run names.
fn strays(names: &[&str]) -> History {
    strays_beside(names, 0)
}

/// The same where so many probes that may make a user had no answer.
fn strays_beside(names: &[&str], unanswered: u64) -> History {
    with_strays(revoke(), names, unanswered)
}

fn with_strays(mut history: History, names: &[&str], unanswered: u64) -> History {
    let names = names.iter().map(|name| (*name).to_string()).collect();
    let body = Body::Strays { names, known: 3, unanswered, sent_us: 0 };
    let last = history.events.last().unwrap().clone();
    history.events.push(drill::history::Event { seq: last.seq + 1, scenario: String::new(), body, ..last });
    history
}

fn pulled_at(history: History, ms: u64) -> History {
    changed(history, move |body| {
        if let Body::Trigger { sent_us, done_us, .. } = body {
            (*sent_us, *done_us) = (ms * 1000, (ms + 1) * 1000);
        }
    })
}

fn ttl(history: History, ms: u64) -> History {
    changed(history, move |body| {
        if let Body::Issued { record, .. } = body {
            record.ttl_ms = ms;
        }
    })
}

pub fn lives(history: History) -> History {
    saw(history, &SUBJECT, 4, 8, &accepted(OURS))
}

const REISSUED: Part = Part::Reissued;
const CONTROL: Part = Part::Control;

/// What is broken, the history, the check, its verdict and its reason.
#[rustfmt::skip]
pub const ROWS: &[Row] = &[
    ("nothing", revoke, "access.accepted-before", Passed, "proved"),
    ("no control", || unprobed(revoke(), &CONTROL), "access.accepted-before", Inconclusive, "not-observed"),
    ("no trigger", || without(revoke(), |b| matches!(b, Body::Trigger { .. })), "access.accepted-before", Inconclusive, "not-observed"),
    ("silence before", || saw(revoke(), &SUBJECT, 1, 2, &unreachable(true)), "access.accepted-before", Inconclusive, "no-answer"),
    ("the control is silent before", || saw(revoke(), &CONTROL, 1, 3, &unreachable(true)), "access.accepted-before", Inconclusive, "no-answer"),
    ("another server before", || saw(revoke(), &SUBJECT, 1, 2, &accepted(OTHERS)), "access.accepted-before", Inconclusive, "no-answer"),
    ("refused from the first", || saw(revoke(), &SUBJECT, 1, 8, &both()), "access.accepted-before", Failed, "never-accepted"),
    ("silent, then dead", || saw(revoke(), &SUBJECT, 1, 3, &unreachable(false)), "access.accepted-before", Inconclusive, "no-answer"),
    ("one is silent, the next is not probed", || unprobed(saw(teardown(), &SUBJECT, 1, 2, &unreachable(true)), &Part::Subject { member: 1 }), "access.accepted-before", Inconclusive, "no-answer"),
    ("a lost event", || torn(revoke()), "access.accepted-before", Inconclusive, "evidence-incomplete"),

    ("nothing", revoke, "access.bogus-refused", Passed, "proved"),
    ("not tried", || unprobed(revoke(), &Part::BogusName), "access.bogus-refused", Inconclusive, "not-observed"),
    ("let in", || saw(revoke(), &Part::BogusName, 1, 1, &accepted(OURS)), "access.bogus-refused", Failed, "bogus-accepted"),
    ("let in and denied", || saw(revoke(), &Part::BogusSecret, 1, 1, &denied()), "access.bogus-refused", Failed, "bogus-accepted"),
    ("a code only for the dead", || saw(revoke(), &Part::BogusSecret, 1, 1, &refused(Meaning::Dead)), "access.bogus-refused", Inconclusive, "no-answer"),
    ("a code only for the bogus", || saw(revoke(), &Part::BogusSecret, 1, 1, &refused(Meaning::Bogus)), "access.bogus-refused", Passed, "proved"),
    ("no end", || without(revoke(), |b| matches!(b, Body::End { series, .. } if series.part == Part::BogusName)), "access.bogus-refused", Inconclusive, "evidence-incomplete"),

    ("nothing", revoke, "access.allowed", Passed, "proved"),
    ("not run", || unsaid(By::Subject, true), "access.allowed", Inconclusive, "not-observed"),
    ("denied", || statement(By::Subject, true, &denied()), "access.allowed", Failed, "allowed-denied"),
    ("babble", || statement(By::Subject, true, &unclassified()), "access.allowed", Inconclusive, "no-answer"),
    ("another server", || statement(By::Subject, true, &accepted(OTHERS)), "access.allowed", Inconclusive, "not-observed"),
    ("twice, once denied", || twice(true, &denied()), "access.allowed", Failed, "allowed-denied"),
    ("twice, once silent", || twice(true, &unreachable(false)), "access.allowed", Inconclusive, "no-answer"),
    ("worked, then silent", || then(true, &[unreachable(false)]), "access.allowed", Inconclusive, "no-answer"),
    ("worked, then silent, then denied", || then(true, &[unreachable(false), denied()]), "access.allowed", Failed, "allowed-denied"),
    ("a lost event", || torn(revoke()), "access.allowed", Inconclusive, "evidence-incomplete"),

    ("nothing", revoke, "access.denied", Passed, "proved"),
    ("not run", || unsaid(By::Subject, false), "access.denied", Inconclusive, "not-observed"),
    ("not run by the administrator", || unsaid(By::Administrator, false), "access.denied", Inconclusive, "not-observed"),
    ("allowed", || statement(By::Subject, false, &accepted(OURS)), "access.denied", Failed, "denied-allowed"),
    ("twice, once allowed", || twice(false, &accepted(OURS)), "access.denied", Failed, "denied-allowed"),
    ("twice, once silent", || twice(false, &unreachable(false)), "access.denied", Inconclusive, "no-answer"),
    ("denied, then silent", || then(false, &[unreachable(false)]), "access.denied", Inconclusive, "no-answer"),
    ("denied, then silent, then allowed", || then(false, &[unreachable(false), accepted(OURS)]), "access.denied", Failed, "denied-allowed"),
    ("babble", || statement(By::Subject, false, &unclassified()), "access.denied", Inconclusive, "no-answer"),
    ("fails for all", || statement(By::Administrator, false, &denied()), "access.denied", Inconclusive, "statement-broken"),
    ("no end", || without(revoke(), |b| matches!(b, Body::State)), "access.denied", Inconclusive, "evidence-incomplete"),

    ("nothing", revoke, "trigger.acknowledged", Passed, "proved"),
    ("no", || answered(revoke(), &Ack::Rejected { status: 403, message: "no".into() }), "trigger.acknowledged", Failed, "trigger-rejected"),
    ("silence", || answered(revoke(), &no_answer()), "trigger.acknowledged", Inconclusive, "trigger-unanswered"),
    ("the lease is left", || stock(revoke(), Stock::Leases, (vec![SUBJECT, CONTROL], vec![])), "trigger.acknowledged", Failed, "lease-left"),
    ("no lease of the control", || stock(revoke(), Stock::Leases, (vec![], vec![SUBJECT, CONTROL])), "trigger.acknowledged", Inconclusive, "nothing-to-compare"),
    ("not asked for", || stock(revoke(), Stock::Leases, (vec![CONTROL], vec![])), "trigger.acknowledged", Inconclusive, "not-observed"),
    ("no trigger", || without(revoke(), |b| matches!(b, Body::Trigger { .. })), "trigger.acknowledged", Inconclusive, "not-observed"),
    ("a lost event", || torn(revoke()), "trigger.acknowledged", Inconclusive, "evidence-incomplete"),

    ("nothing", revoke, "trigger.exposure", Passed, "proved"),
    ("lives on", || lives(revoke()), "trigger.exposure", Failed, "accepted-after-limit"),
    ("lives on, without a control", || unprobed(lives(revoke()), &CONTROL), "trigger.exposure", Failed, "accepted-after-limit"),
    ("lives on after a TTL", || lives(expire()), "trigger.exposure", Failed, "accepted-after-limit"),
    ("lives on after a no", || answered(lives(revoke()), &Ack::Rejected { status: 500, message: "no".into() }), "trigger.exposure", Failed, "accepted-after-limit"),
    ("lives on after silence", || answered(lives(revoke()), &no_answer()), "trigger.exposure", Inconclusive, "trigger-unanswered"),
    ("denied is let in", || saw(revoke(), &SUBJECT, 4, 8, &denied()), "trigger.exposure", Failed, "accepted-after-limit"),
    ("the limit is within", || limit(revoke(), 10), "trigger.exposure", Inconclusive, "interval-spans-limit"),
    ("just within the limit", || limit(revoke(), 15), "trigger.exposure", Passed, "proved"),
    ("just not within the limit", || limit(revoke(), 14), "trigger.exposure", Inconclusive, "interval-spans-limit"),
    ("just at the limit", || limit(revoke(), 1), "trigger.exposure", Inconclusive, "interval-spans-limit"),
    ("just past the limit", || limit(revoke(), 0), "trigger.exposure", Failed, "accepted-after-limit"),
    ("dead before", || saw(revoke(), &SUBJECT, 2, 3, &both()), "trigger.exposure", Inconclusive, "dead-before-trigger"),
    ("perhaps dead before", || saw(revoke(), &SUBJECT, 2, 3, &unclassified()), "trigger.exposure", Inconclusive, "no-answer"),
    ("the control is silent too", || saw(revoke(), &CONTROL, 4, 12, &unreachable(true)), "trigger.exposure", Inconclusive, "control-not-accepted"),
    ("the control is refused next before", || saw(revoke(), &CONTROL, 4, 4, &both()), "trigger.exposure", Passed, "proved"),
    ("silence at the end", || saw(revoke(), &SUBJECT, 8, 8, &unreachable(true)), "trigger.exposure", Inconclusive, "no-answer"),
    ("only for the bogus", || saw(revoke(), &SUBJECT, 4, 8, &refused(Meaning::Bogus)), "trigger.exposure", Inconclusive, "no-answer"),
    ("a lost event", || torn(revoke()), "trigger.exposure", Inconclusive, "evidence-incomplete"),
    ("no subject", || unprobed(revoke(), &SUBJECT), "trigger.exposure", Inconclusive, "not-observed"),
    ("everybody gets in", || saw(revoke(), &Part::BogusName, 1, 1, &accepted(OURS)), "trigger.exposure", Inconclusive, "premise-failed"),
    ("the clock went back", clock_back, "trigger.exposure", Inconclusive, "evidence-incomplete"),

    ("nothing", revoke, "trigger.refused-at-backend", Passed, "proved"),
    ("lives on", || lives(revoke()), "trigger.refused-at-backend", Failed, "accepted-after-limit"),
    ("lives on after silence", || answered(lives(revoke()), &no_answer()), "trigger.refused-at-backend", Inconclusive, "trigger-unanswered"),
    ("the limit is within", || limit(revoke(), 10), "trigger.refused-at-backend", Inconclusive, "interval-spans-limit"),
    ("just within the limit", || limit(revoke(), 15), "trigger.refused-at-backend", Passed, "proved"),
    ("dead before", || saw(revoke(), &SUBJECT, 2, 3, &both()), "trigger.refused-at-backend", Inconclusive, "dead-before-trigger"),
    ("the control is silent too", || saw(revoke(), &CONTROL, 4, 12, &unreachable(true)), "trigger.refused-at-backend", Inconclusive, "control-not-accepted"),
    ("babble", || saw(revoke(), &SUBJECT, 4, 8, &unclassified()), "trigger.refused-at-backend", Inconclusive, "no-answer"),
    ("a lost event", || torn(revoke()), "trigger.refused-at-backend", Inconclusive, "evidence-incomplete"),
    ("no trigger", || without(revoke(), |b| matches!(b, Body::Trigger { .. })), "trigger.refused-at-backend", Inconclusive, "not-observed"),
    ("silence before", || saw(revoke(), &SUBJECT, 1, 2, &unreachable(true)), "trigger.refused-at-backend", Inconclusive, "premise-failed"),

    ("nothing", revoke, "trigger.sessions", Passed, "proved"),
    ("stays open", || late_session(revoke()), "trigger.sessions", Failed, "accepted-after-limit"),
    ("may stay open", || claim(late_session(revoke()), SessionClaim::MayOutlive), "trigger.sessions", Failed, "may-outlive"),
    ("stays open after silence", || answered(late_session(revoke()), &no_answer()), "trigger.sessions", Inconclusive, "trigger-unanswered"),
    ("the server has one", || stock(revoke(), Stock::Sessions, (vec![SUBJECT, CONTROL], vec![])), "trigger.sessions", Failed, "accepted-after-limit"),
    ("closed before", || pulled_at(revoke(), 1_030), "trigger.sessions", Inconclusive, "dead-before-trigger"),
    ("not open before", || saw(revoke(), &idle(), 1, 1, &unreachable(false)), "trigger.sessions", Inconclusive, "not-observed"),
    ("not watched", || unprobed(revoke(), &idle()), "trigger.sessions", Inconclusive, "not-observed"),
    ("silence", || saw(revoke(), &idle(), 3, 3, &unreachable(true)), "trigger.sessions", Inconclusive, "no-answer"),
    ("the control's is closed too", || saw(revoke(), &control_idle(), 3, 3, &both()), "trigger.sessions", Inconclusive, "control-not-accepted"),
    ("the limit is within", || claim(revoke(), SessionClaim::ClosedWithin { limit_ms: 11 }), "trigger.sessions", Inconclusive, "interval-spans-limit"),
    ("just within the limit", || claim(revoke(), SessionClaim::ClosedWithin { limit_ms: 12 }), "trigger.sessions", Passed, "proved"),
    ("a lost event", || torn(revoke()), "trigger.sessions", Inconclusive, "evidence-incomplete"),
    ("everybody gets in", || saw(revoke(), &Part::BogusName, 1, 1, &accepted(OURS)), "trigger.sessions", Inconclusive, "premise-failed"),

    ("nothing", revoke, "trigger.control-alive", Passed, "proved"),
    ("dies too", || stock(saw(revoke(), &CONTROL, 5, 12, &both()), Stock::Users, (vec![Part::BogusSecret], vec![SUBJECT, CONTROL])), "trigger.control-alive", Failed, "control-ended"),
    ("refused, but there", || saw(revoke(), &CONTROL, 5, 12, &both()), "trigger.control-alive", Inconclusive, "control-not-accepted"),
    ("silent once", || saw(revoke(), &CONTROL, 7, 7, &unreachable(false)), "trigger.control-alive", Inconclusive, "control-not-accepted"),
    ("not probed", || unprobed(revoke(), &CONTROL), "trigger.control-alive", Inconclusive, "not-observed"),
    ("a lost event", || torn(revoke()), "trigger.control-alive", Inconclusive, "evidence-incomplete"),

    ("the control's was not there before", || before_without_control(revoke()), "trigger.no-residue", Inconclusive, "not-observed"),
    ("no sessions were opened", without_sessions, "trigger.no-residue", Passed, "proved"),
    ("nothing", revoke, "trigger.no-residue", Passed, "proved"),
    ("the user is left", || stock(revoke(), Stock::Users, (vec![SUBJECT, CONTROL], vec![])), "trigger.no-residue", Failed, "residue-left"),
    ("a user that nobody was given", || strays(&["v-stray"]), "trigger.no-residue", Failed, "residue-left"),
    ("one that a probe may have made", || strays_beside(&["v-stray"], 1), "trigger.no-residue", Inconclusive, "no-answer"),
    ("the user is left too", || with_strays(stock(revoke(), Stock::Users, (vec![SUBJECT, CONTROL], vec![])), &["v-stray"], 1), "trigger.no-residue", Failed, "residue-left"),
    ("more than probes may have made", || strays_beside(&["v-stray", "v-other"], 1), "trigger.no-residue", Failed, "residue-left"),
    ("users that nobody was given were not looked for", || without(revoke(), |b| matches!(b, Body::Strays { .. })), "trigger.no-residue", Inconclusive, "nothing-to-compare"),
    ("the look found not even ours", || changed(revoke(), |b| if let Body::Strays { known, .. } = b { *known = 0 }), "trigger.no-residue", Inconclusive, "nothing-to-compare"),
    ("all users are known", || strays(&[]), "trigger.no-residue", Passed, "proved"),
    ("left after silence", || answered(stock(revoke(), Stock::Users, (vec![SUBJECT, CONTROL], vec![])), &no_answer()), "trigger.no-residue", Inconclusive, "trigger-unanswered"),
    ("the control's is gone too", || stock(revoke(), Stock::Users, (vec![], vec![SUBJECT, CONTROL])), "trigger.no-residue", Inconclusive, "nothing-to-compare"),
    ("not asked for", || stock(revoke(), Stock::Users, (vec![CONTROL], vec![])), "trigger.no-residue", Inconclusive, "not-observed"),
    ("not looked for before", || without(revoke(), |b| matches!(b, Body::Inventory { moment: Moment::Before, .. })), "trigger.no-residue", Inconclusive, "not-observed"),
    ("a lost event", || torn(revoke()), "trigger.no-residue", Inconclusive, "evidence-incomplete"),

    ("nothing", revoke, "trigger.stays-dead", Passed, "proved"),
    ("let in again", || saw(revoke(), &SUBJECT, 7, 7, &accepted(OURS)), "trigger.stays-dead", Failed, "accepted-again"),
    ("refused and let in before the trigger", || pulled_at(saw(revoke(), &SUBJECT, 2, 2, &both()), 1_000), "trigger.stays-dead", Passed, "proved"),
    ("silence, then let in", || pulled_at(saw(revoke(), &SUBJECT, 2, 2, &unreachable(false)), 980), "trigger.stays-dead", Inconclusive, "no-answer"),
    ("not long enough", || unprobed_from(revoke(), 7), "trigger.stays-dead", Inconclusive, "not-observed"),
    ("not often enough", || unprobed_from(revoke(), 6), "trigger.stays-dead", Inconclusive, "no-answer"),
    ("long enough for a TTL", || unprobed_from(expire(), 7), "trigger.stays-dead", Passed, "proved"),
    ("silence at the end", || saw(revoke(), &SUBJECT, 8, 8, &unreachable(true)), "trigger.stays-dead", Inconclusive, "no-answer"),
    ("the control is silent too", || saw(revoke(), &CONTROL, 4, 12, &unreachable(true)), "trigger.stays-dead", Inconclusive, "control-not-accepted"),
    ("lives on", || lives(revoke()), "trigger.stays-dead", Inconclusive, "premise-failed"),
    ("lives on after silence", || answered(lives(revoke()), &no_answer()), "trigger.stays-dead", Inconclusive, "trigger-unanswered"),
    ("a lost event", || torn(revoke()), "trigger.stays-dead", Inconclusive, "evidence-incomplete"),
    ("silence before", || saw(revoke(), &SUBJECT, 1, 2, &unreachable(true)), "trigger.stays-dead", Inconclusive, "premise-failed"),

    ("nothing", revoke, "trigger.service-returns", Passed, "proved"),
    ("not probed", || unprobed(revoke(), &REISSUED), "trigger.service-returns", Inconclusive, "not-observed"),
    ("refused, and nobody else asked", || saw(revoke(), &REISSUED, 1, 1, &both()), "trigger.service-returns", Inconclusive, "no-answer"),
    ("refused between acceptances", || earlier(saw(revoke(), &REISSUED, 1, 1, &both())), "trigger.service-returns", Failed, "reissue-refused"),
    ("a lost event", || torn(revoke()), "trigger.service-returns", Inconclusive, "evidence-incomplete"),

    ("nothing", expire, "expire.not-early", Passed, "proved"),
    ("early", || ttl(expire(), 3_000), "expire.not-early", Failed, "refused-early"),
    ("one probe before", || unprobed_between(expire()), "expire.not-early", Passed, "proved"),
    ("early perhaps", || ttl(saw(expire(), &CONTROL, 4, 12, &unreachable(false)), 918), "expire.not-early", Inconclusive, "no-answer"),
    ("never seen", || saw(expire(), &SUBJECT, 1, 3, &unreachable(false)), "expire.not-early", Inconclusive, "not-observed"),
    ("a lost event", || torn(expire()), "expire.not-early", Inconclusive, "evidence-incomplete"),
    ("everybody gets in", || saw(expire(), &Part::BogusName, 1, 1, &accepted(OURS)), "expire.not-early", Inconclusive, "premise-failed"),
];

/// The subject ran the statement before, and saw this.
fn twice(allowed: bool, with: &Saw) -> History {
    ran(allowed, std::slice::from_ref(with), 0)
}

/// It ran it again, and saw this.
fn then(allowed: bool, with: &[Saw]) -> History {
    ran(allowed, with, 1)
}

fn ran(allowed: bool, with: &[Saw], after: usize) -> History {
    let mut history = revoke();
    let saw = |e: &drill::history::Event| matches!(&e.body, Body::Statement { by: By::Subject, allowed: a, .. } if *a == allowed);
    let i = history.events.iter().position(saw).unwrap();
    let statement: &str = if allowed { ALLOWED } else { DENIED };
    let again = |saw: &Saw| drill::history::Event {
        body: Body::Statement { by: By::Subject, allowed, statement: statement.into(), saw: saw.clone() },
        ..history.events[i].clone()
    };
    let again: Vec<_> = with.iter().map(again).collect();
    history.events.splice(i + after..i + after, again);
    without(history, |_| false)
}

pub fn clock_back() -> History {
    let mut history = revoke();
    history.events.last_mut().unwrap().at_us = 1;
    history
}

fn late_session(history: History) -> History {
    changed(saw(history, &idle(), 3, 3, &accepted(OURS)), |body| {
        if let Body::Probe { series, n: 3, sent_us, done_us, .. } = body
            && series.part == idle()
        {
            (*sent_us, *done_us) = (1_600_000, 1_601_000);
        }
    })
}

/// The subject's series ends before number `n`.
pub fn unprobed_from(history: History, from: u32) -> History {
    let shorter =
        without(history, |b| matches!(b, Body::Probe { series, n, .. } if series.part == SUBJECT && *n >= from));
    changed(shorter, move |body| {
        if let Body::End { series, probes } = body
            && series.part == SUBJECT
        {
            *probes = from - 1;
        }
    })
}

/// Last accepted at 120 ms, and next refused at 1,012 ms: one probe before the end.
fn unprobed_between(history: History) -> History {
    let fewer = without(history, |b| matches!(b, Body::Probe { series, n: 2 | 3, .. } if series.part == SUBJECT));
    changed(fewer, |body| match body {
        Body::Probe { series, n, .. } if series.part == SUBJECT && *n > 3 => *n -= 2,
        Body::End { series, probes } if series.part == SUBJECT => *probes -= 2,
        _ => {}
    })
}

/// The new credential is probed between two acceptances of the control.
fn earlier(history: History) -> History {
    changed(history, |body| {
        if let Body::Probe { series, sent_us, done_us, .. } = body
            && series.part == REISSUED
        {
            (*sent_us, *done_us) = (2_996_000, 2_997_000);
        }
    })
}

/// The verdict and the reason of a check.
pub fn judged(history: &History, check: &str) -> (Outcome, String) {
    let verdicts = judge(history);
    let found = verdicts.drills[0].scenarios[0].checks.iter().find(|c| c.check == check).unwrap().clone();
    (found.outcome, found.reason)
}

/// Every line of a table comes out as it says.
pub fn all(rows: &[Row]) {
    let mut wrong = String::new();
    for (what, history, check, outcome, reason) in rows {
        let found = judged(&history(), check);
        if found != (*outcome, (*reason).to_string()) {
            wrong += &format!("{check}, {what}: {outcome:?} {reason} expected, found {found:?}\n");
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

#[test]
fn each_check_each_way() {
    all(ROWS);
}
