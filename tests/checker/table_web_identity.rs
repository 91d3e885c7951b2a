//! A kind that is shown to the backend, which gives a credential for it: told twice of its end, and ended by itself soon after.

use super::build::{ROLE, at_us};
use super::hand::{changed, revoke, without};
use super::proofs::TTL_MS;
use super::table::{Row, lives};
use drill::credential::web_identity::{Revocation, WebIdentityPlan};
use drill::credential::{CredentialPlan, RoleSource};
use drill::history::{Ack, Body, Event, Grant, History, Stock};
use drill::verdict::Outcome::{Failed, Inconclusive, Passed};

const TOKENS_END: &str = "auth/token/revoke-accessor";
/// µs: long after the watch; and before the first refusal of the sound history.
const LATE_US: u64 = 5_000_000;
const EARLY_US: u64 = 1_014_000;

fn credential(revocation: Revocation) -> CredentialPlan {
    CredentialPlan::WebIdentity(WebIdentityPlan {
        role: ROLE.into(),
        source: RoleSource::Drill,
        policy: "p.json".into(),
        policy_json: "{}".into(),
        ttl_ms: TTL_MS,
        revocation,
    })
}

fn is_lease(body: &Body) -> bool {
    match body {
        Body::LeaseRead { .. } | Body::Revoked { .. } => true,
        Body::Inventory { stock, .. } => *stock == Stock::Leases,
        Body::Grant { grant } => grant.renewal,
        _ => false,
    }
}

/// A revocation of such a kind, of which the backend was told so often, and whose credential ends by itself then.
fn of(history: History, acks: &[Ack], ends_us: u64, revocation: Revocation) -> History {
    let mut history = changed(without(history, is_lease), |body| match body {
        Body::Issued { part, record, .. } => {
            record.request_id = Some(format!("issue-{}", part.word()));
            record.stated_end = Some(at_us(ends_us));
        }
        Body::Audit { entry, .. } if entry.lease_id.is_some() => entry.lease_id = None,
        Body::Audit { entry, .. } if entry.path.starts_with("sys/leases/revoke/") => entry.path = TOKENS_END.into(),
        Body::Attempt { attempt } => attempt.lease_known = None,
        _ => {}
    });
    history.head.drills[0].credential = credential(revocation);
    let i = history.events.iter().rposition(|e| matches!(e.body, Body::Trigger { .. })).unwrap();
    for (n, ack) in acks.iter().enumerate() {
        let body = Body::Trigger {
            target: "end 1 at the backend".into(),
            sent_us: 1_010_000,
            done_us: 1_011_000,
            ack: ack.clone(),
            correlation: None,
        };
        history.events.insert(i + 1 + n, Event { body, ..history.events[i].clone() });
    }
    without(history, |_| false)
}

fn yes() -> Ack {
    Ack::Acknowledged { status: 204 }
}

fn twice() -> History {
    of(revoke(), &[yes(), yes()], LATE_US, Revocation::AtServer)
}

fn expired() -> History {
    of(revoke(), &[yes(), yes()], EARLY_US, Revocation::AtServer)
}

fn not_offered(history: History) -> History {
    let no = Ack::Rejected { status: 0, message: "not offered".into() };
    of(history, &[no], LATE_US, Revocation::None)
}

/// What came of a wish for more than the cap, and whether the same without it was granted.
fn wished(status: u16, granted_ms: u64, within: bool) -> History {
    let mut history = changed(twice(), |body| {
        if let Body::Grant { grant } = body {
            (grant.status, grant.granted_ms, grant.said) = (status, granted_ms, vec!["AccessDenied".into()]);
        }
    });
    let i = history.events.iter().position(|e| matches!(e.body, Body::Grant { .. })).unwrap();
    let Body::Grant { grant } = history.events[i].body.clone() else { unreachable!() };
    if within {
        let grant = Grant { asked_ms: grant.cap_ms, granted_ms: grant.cap_ms, status: 200, said: vec![], ..grant };
        history.events.insert(i + 1, Event { body: Body::Grant { grant }, ..history.events[i].clone() });
    }
    without(history, |_| false)
}

#[rustfmt::skip]
pub const ROWS: &[Row] = &[
    ("told twice", twice, "trigger.acknowledged", Passed, "proved"),
    ("told once", || of(revoke(), &[yes()], LATE_US, Revocation::AtServer), "trigger.acknowledged", Inconclusive, "not-observed"),
    ("lives, and was told once", || of(lives(revoke()), &[yes()], LATE_US, Revocation::AtServer), "trigger.exposure", Inconclusive, "trigger-unanswered"),
    ("lives, and was told twice", || of(lives(revoke()), &[yes(), yes()], LATE_US, Revocation::AtServer), "trigger.exposure", Failed, "accepted-after-limit"),
    ("lives, and was told twice", || of(lives(revoke()), &[yes(), yes()], LATE_US, Revocation::AtServer), "trigger.stays-dead", Inconclusive, "premise-failed"),
    ("nothing of the kind is offered", || not_offered(revoke()), "trigger.acknowledged", Failed, "trigger-rejected"),
    ("lives, and nothing is offered", || not_offered(lives(revoke())), "trigger.exposure", Failed, "accepted-after-limit"),
    ("refused before its own end", twice, "trigger.refused-at-backend", Passed, "proved"),
    ("refused before its own end", twice, "trigger.exposure", Passed, "proved"),
    ("refused when its own end was past", expired, "trigger.refused-at-backend", Inconclusive, "nothing-to-compare"),
    ("refused when its own end was past", expired, "trigger.exposure", Inconclusive, "nothing-to-compare"),
    ("refused by the backend alone, and granted without the wish", || wished(403, 0, true), "policy.ttl-capped", Passed, "proved"),
    ("refused without the wish too", || wished(403, 0, false), "policy.ttl-capped", Inconclusive, "not-observed"),
    ("a year was sold", || wished(200, 31_536_000_000, true), "policy.ttl-capped", Failed, "cap-exceeded"),
    ("by a record", twice, "metadata.lease", Passed, "proved"),
    ("by the request's id", twice, "audit.issuance", Passed, "proved"),
    ("the end of the token", twice, "audit.revocation", Passed, "proved"),
];

#[test]
fn every_line() {
    super::table::all(ROWS);
}

/// Where what was issued is itself shown, nothing ends it but its own end: the limit there is as long, and of a trigger alone.
#[test]
fn the_limit_where_a_token_is_shown_is_what_is_left_of_it() {
    let history = twice();
    let drill = &history.head.drills[0];
    let (plan, own) = (&drill.scenarios[0], TTL_MS + 2_000);
    assert_eq!((drill.limit_ms(plan, "s3"), drill.limit_ms(plan, "sts")), (plan.limit_ms, own));
    let expire = super::hand::expire().head.drills[0].scenarios[0].clone();
    assert_eq!(drill.limit_ms(&expire, "sts"), expire.limit_ms);
}
