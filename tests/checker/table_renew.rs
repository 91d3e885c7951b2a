//! Renewals up to a cap, and cohorts: each check, each way.

use super::brackets::retimed;
use super::build::SUBJECT;
use super::hand::{changed, renew, saw, stock, teardown, torn, unprobed, without, without_end};
use super::table::{Row, both};
use super::world::{OURS, accepted, unreachable};
use drill::history::{Body, Grant, History, Limits, Part, Stock};
use drill::verdict::Outcome::{Failed, Inconclusive, Passed};
use drill::verdict::judge;

fn renewals(f: impl Fn(&mut Grant)) -> History {
    changed(renew(), |body| {
        if let Body::Grant { grant } = body {
            f(grant);
        }
    })
}

fn is_renewal(body: &Body) -> bool {
    matches!(body, Body::Grant { .. })
}

/// Only the renewals of some times, ms.
fn only(from_ms: u64, to_ms: u64) -> History {
    without(
        renew(),
        move |b| matches!(b, Body::Grant { grant: g } if g.sent_us < from_ms * 1000 || g.sent_us > to_ms * 1000),
    )
}

fn limits(f: impl Fn(&mut Limits)) -> History {
    changed(renew(), |body| {
        if let Body::LimitsRead { limits, .. } = body {
            f(limits);
        }
    })
}

/// Nothing is granted to renewals before the cap either.
fn nothing_granted(status: u16) -> History {
    renewals(move |g| (g.status, g.granted_ms) = (status, 0))
}

/// Only the first renewal, with a grant of so many ms. It is sent at 610 ms; the first TTL ends at 2,110 ms.
fn first_granted(ms: u64) -> History {
    changed(only(610, 610), |body| {
        if let Body::Grant { grant } = body {
            grant.granted_ms = ms;
        }
    })
}

/// Nothing is granted by the only renewal, which is answered at the instant in which the first TTL may be over.
fn renewed_at_the_end() -> History {
    changed(only(610, 610), |body| {
        if let Body::Grant { grant } = body {
            (grant.sent_us, grant.done_us, grant.status, grant.granted_ms) = (2_099_000, 2_100_000, 400, 0);
        }
    })
}

/// Last accepted at the very end of the first TTL.
fn accepted_at_the_end() -> History {
    retimed(saw(renew(), &SUBJECT, 3, 3, &unreachable(true)), &SUBJECT, 2, (2_110_000, 2_111_000))
}

fn of_another(part: &'static Part) -> History {
    renewals(|g| g.part = part.clone())
}

/// A cut that came before any grant reached the cap was not the cap's.
fn cut_early() -> History {
    let early = |g: &mut Grant| {
        if g.sent_us < 700_000 {
            g.granted_ms = 1;
        } else {
            g.asked_ms = g.granted_ms;
        }
    };
    without(renewals(early), |b| matches!(b, Body::Grant { grant } if grant.status == 400))
}

const LAST: Part = Part::Subject { member: 2 };

fn one(from: u32, to: u32, with: &drill::observation::Saw) -> History {
    saw(teardown(), &LAST, from, to, with)
}

#[rustfmt::skip]
pub const ROWS: &[Row] = &[
    ("granted to the very end of the first TTL", || first_granted(1_500), "renew.extended", Failed, "not-extended"),
    ("granted a millisecond more", || first_granted(1_501), "renew.extended", Passed, "proved"),
    ("renewed when it may have been over", renewed_at_the_end, "renew.extended", Inconclusive, "not-observed"),
    ("accepted at the very end of the first TTL", accepted_at_the_end, "renew.extended", Inconclusive, "not-observed"),
    ("somebody else renewed", || of_another(&Part::Victim), "renew.extended", Inconclusive, "not-observed"),
    ("no end of its series", || without_end(renew(), &SUBJECT), "renew.extended", Inconclusive, "evidence-incomplete"),
    ("granted up to the cap, its rounding and the answer's time", || renewals(|g| if g.sent_us == 610_000 { g.granted_ms = 3_390 }), "renew.capped", Passed, "proved"),
    ("granted a millisecond beyond that", || renewals(|g| if g.sent_us == 610_000 { g.granted_ms = 3_391 }), "renew.capped", Failed, "cap-exceeded"),
    ("a grant that just reached the cap", || first_granted(1_379), "renew.capped", Passed, "proved"),
    ("a grant that did not", || first_granted(1_378), "renew.capped", Inconclusive, "not-observed"),
    ("nothing", renew, "renew.extended", Passed, "proved"),
    ("not moved", || changed(only(0, 1_700), |b| if let Body::Grant { grant } = b { grant.granted_ms = 1 }), "renew.extended", Failed, "not-extended"),
    ("each refused", || nothing_granted(403), "renew.extended", Failed, "not-extended"),
    ("not moved, and a lost event", || torn(nothing_granted(403)), "renew.extended", Inconclusive, "evidence-incomplete"),
    ("no answer", || nothing_granted(0), "renew.extended", Inconclusive, "no-answer"),
    ("renewed too late", || changed(only(2_500, 9_000), |b| if let Body::Grant { grant } = b { (grant.status, grant.granted_ms) = (400, 0) }), "renew.extended", Inconclusive, "not-observed"),
    ("nobody renewed", || without(renew(), is_renewal), "renew.extended", Inconclusive, "not-observed"),
    ("moved, and not accepted beyond it", || saw(renew(), &SUBJECT, 2, 3, &both()), "renew.extended", Inconclusive, "not-observed"),
    ("no subject", || unprobed(renew(), &SUBJECT), "renew.extended", Inconclusive, "not-observed"),
    ("a lost event", || torn(renew()), "renew.extended", Inconclusive, "evidence-incomplete"),

    ("nothing", renew, "renew.capped", Passed, "proved"),
    ("no cap", || limits(|l| (l.role_max_ttl_ms, l.mount_max_ttl_ms) = (0, 768 * 3_600_000)), "renew.capped", Failed, "cap-missing"),
    ("a cap of the mount", || limits(|l| (l.role_max_ttl_ms, l.mount_max_ttl_ms) = (0, 767 * 3_600_000)), "renew.capped", Passed, "proved"),
    ("nothing is stated", || limits(|l| (l.role_max_ttl_ms, l.mount_max_ttl_ms) = (0, 0)), "renew.capped", Failed, "cap-missing"),
    ("never cut", || renewals(|g| g.granted_ms = g.asked_ms), "renew.capped", Failed, "cap-exceeded"),
    ("nothing granted, long after the cap", || renewals(|g| if g.granted_ms == 0 { g.sent_us += 5_000_000; g.done_us += 5_000_000 }), "renew.capped", Passed, "proved"),
    ("cut long before the cap, granted whole near it", cut_early, "renew.capped", Inconclusive, "not-observed"),
    ("nobody renewed near the cap", || only(0, 700), "renew.capped", Inconclusive, "not-observed"),
    ("no lease is renewable", || nothing_granted(400), "renew.capped", Inconclusive, "not-observed"),
    ("nobody renewed", || without(renew(), is_renewal), "renew.capped", Inconclusive, "not-observed"),
    ("the role was not read", || without(renew(), |b| matches!(b, Body::LimitsRead { .. })), "renew.capped", Inconclusive, "not-observed"),
    ("nothing was issued", || without(renew(), |b| matches!(b, Body::Issued { .. })), "renew.capped", Inconclusive, "not-observed"),
    ("a lost event", || torn(renew()), "renew.capped", Inconclusive, "evidence-incomplete"),

    ("nothing", renew, "renew.dead-after-cap", Passed, "proved"),
    ("early", || saw(renew(), &SUBJECT, 3, 3, &both()), "renew.dead-after-cap", Passed, "proved"),
    ("lives on", || saw(renew(), &SUBJECT, 4, 8, &accepted(OURS)), "renew.dead-after-cap", Failed, "accepted-after-limit"),
    ("nobody renewed up to it", || only(0, 700), "renew.dead-after-cap", Inconclusive, "not-observed"),
    ("its renewals are not answered", || renewals(|g| if g.sent_us > 700_000 { g.status = 0 }), "renew.dead-after-cap", Inconclusive, "not-observed"),
    ("the control is silent too", || saw(renew(), &Part::Control, 4, 12, &unreachable(true)), "renew.dead-after-cap", Inconclusive, "control-not-accepted"),
    ("silence at the end", || saw(renew(), &SUBJECT, 8, 8, &unreachable(true)), "renew.dead-after-cap", Inconclusive, "no-answer"),
    ("the limit is within", || limit(renew(), 10), "renew.dead-after-cap", Inconclusive, "interval-spans-limit"),
    ("everybody gets in", || saw(renew(), &Part::BogusName, 1, 1, &accepted(OURS)), "renew.dead-after-cap", Inconclusive, "premise-failed"),
    ("a lost event", || torn(renew()), "renew.dead-after-cap", Inconclusive, "evidence-incomplete"),
    ("nothing", renew, "trigger.exposure", Passed, "proved"),

    ("a cohort", teardown, "trigger.exposure", Passed, "proved"),
    ("one lives on", || one(4, 8, &accepted(OURS)), "trigger.exposure", Failed, "accepted-after-limit"),
    ("one comes back", || one(7, 7, &accepted(OURS)), "trigger.stays-dead", Failed, "accepted-again"),
    ("one is silent", || one(4, 8, &unreachable(false)), "trigger.exposure", Inconclusive, "no-answer"),
    ("one was dead before", || one(2, 3, &both()), "trigger.exposure", Inconclusive, "dead-before-trigger"),
    ("one was not tried", || unprobed(teardown(), &LAST), "trigger.refused-at-backend", Inconclusive, "not-observed"),
    ("one was refused from the first", || one(1, 8, &both()), "access.accepted-before", Failed, "never-accepted"),
    ("one was not tried before", || unprobed(teardown(), &LAST), "access.accepted-before", Inconclusive, "not-observed"),
    ("the user of one is left", || stock(teardown(), Stock::Users, (vec![LAST, Part::Control], vec![SUBJECT])), "trigger.no-residue", Failed, "residue-left"),
    ("one was not looked for", || stock(teardown(), Stock::Users, (vec![Part::Control], vec![SUBJECT])), "trigger.no-residue", Inconclusive, "not-observed"),
    ("the lease of one is left", || stock(teardown(), Stock::Leases, (vec![LAST, Part::Control], vec![SUBJECT])), "trigger.acknowledged", Failed, "lease-left"),
];

fn limit(mut history: History, ms: u64) -> History {
    history.head.drills[0].scenarios[0].limit_ms = ms;
    history
}

#[test]
fn each_check_each_way() {
    super::table::all(ROWS);
}

/// The end of a cohort is its last one's; while one was not seen to die, or not seen at all, it has none.
#[test]
fn the_last_to_die_decides() {
    let span = |history: &History| {
        let exposures = judge(history).drills.remove(0).scenarios.remove(0).exposures;
        exposures.into_iter().find(|e| !e.session).map(|e| (e.lower_us, e.upper_us))
    };
    assert_eq!(span(&teardown()), Some((1_000, Some(15_000))));
    assert_eq!(span(&one(4, 4, &accepted(OURS))), Some((12_000, Some(23_000))));
    assert_eq!(span(&one(4, 8, &accepted(OURS))), Some((2_000_000, None)));
    let unseen = unprobed(saw(teardown(), &SUBJECT, 4, 4, &accepted(OURS)), &LAST);
    assert_eq!(span(&unseen), Some((12_000, None)));
    let failed = saw(unprobed(teardown(), &LAST), &SUBJECT, 4, 7, &accepted(OURS));
    assert_eq!(span(&failed).map(|(_, upper)| upper), Some(None));
}
