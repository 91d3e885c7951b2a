//! A kind without leases, whose end must be told to the backend: what is judged of it in another way.

use super::build::{ROLE, SUBJECT, TOKEN_HMAC, at_us};
use super::hand::{changed, expire, incident, revoke, teardown, torn, without};
use super::proofs::{MAX_MS, TTL_MS};
use super::table::{Row, lives, no_answer};
use drill::backend::Cause;
use drill::credential::ssh_certificate::{Revocation, SshCertificatePlan};
use drill::credential::{CredentialPlan, RoleSource};
use drill::history::{Ack, Body, Event, Grant, History, Moment, Named, Part, Stock};
use drill::verdict::Outcome::{Failed, Inconclusive, Passed};

/// µs: when the backend was told.
const TOLD: (u64, u64) = (1_010_000, 1_011_000);
const TOKENS_END: &str = "auth/token/revoke-accessor";

fn credential() -> CredentialPlan {
    CredentialPlan::SshCertificate(SshCertificatePlan {
        role: ROLE.into(),
        source: RoleSource::Drill,
        ttl_ms: TTL_MS,
        max_ttl_ms: MAX_MS,
        revocation: Revocation::Krl,
    })
}

fn is_lease(body: &Body) -> bool {
    match body {
        Body::LeaseRead { .. } | Body::Revoked { .. } => true,
        Body::Inventory { stock, .. } => *stock == Stock::Leases,
        Body::Grant { grant } => grant.renewal,
        Body::Trigger { correlation, .. } => correlation.as_deref() == Some("trigger.clear"),
        Body::Audit { entry, .. } => entry.correlation.as_deref() == Some("trigger.clear"),
        _ => false,
    }
}

/// The same history of such a kind.
fn record(history: History) -> History {
    let mut history = changed(without(history, is_lease), |body| match body {
        Body::Issued { part, record, .. } => {
            record.request_id = Some(format!("issue-{}", part.word()));
            record.stated_end = Some(at_us(1_000_000));
        }
        Body::Audit { entry, .. } if entry.lease_id.is_some() => {
            (entry.lease_id, entry.operation) = (None, "update".into());
        }
        Body::Audit { entry, .. } if entry.path.starts_with("sys/leases/revoke/") => entry.path = TOKENS_END.into(),
        Body::Attempt { attempt } => attempt.lease_known = None,
        _ => {}
    });
    history.head.drills[0].credential = credential();
    history
}

fn told(history: History, ack: &Ack) -> History {
    let mut history = record(history);
    let i = history.events.iter().rposition(|e| matches!(e.body, Body::Trigger { .. })).unwrap();
    let body = Body::Trigger {
        target: "end 1 at the backend".into(),
        sent_us: TOLD.0,
        done_us: TOLD.1,
        ack: ack.clone(),
        correlation: None,
    };
    history.events.insert(i + 1, Event { body, ..history.events[i].clone() });
    without(history, |_| false)
}

fn records() -> History {
    told(revoke(), &Ack::Acknowledged { status: 0 })
}

fn rejected() -> Ack {
    Ack::Rejected { status: 0, message: "not offered: nothing ends it before its own end".into() }
}

fn issued(f: fn(&mut drill::history::Record)) -> History {
    changed(records(), |body| {
        if let Body::Issued { part: Part::Subject { .. }, record, .. } = body {
            f(record);
        }
    })
}

fn token_entries(f: impl Fn(&mut drill::history::AuditEntry)) -> History {
    changed(records(), |body| {
        if let Body::Audit { entry, .. } = body
            && entry.path == TOKENS_END
        {
            f(entry);
        }
    })
}

fn cause(history: History, cause: Cause) -> History {
    let mut history = history;
    let last = history.events.last().unwrap().clone();
    let body = Body::Reason { series: super::build::series_of(SUBJECT), n: 4, line: "its log".into(), cause };
    history.events.push(Event { seq: last.seq + 1, body, ..last });
    history
}

/// Still among those that the backend takes.
fn unlisted() -> History {
    changed(records(), |body| {
        if let Body::Inventory { stock: Stock::Users, moment: Moment::After, present, absent, .. } = body {
            let all: Vec<Named> = present.drain(..).chain(absent.drain(..)).collect();
            *present = all;
        }
    })
}

/// What was asked for above the cap, how that was answered, and whether no more than the cap was granted besides.
fn capped(status: u16, granted_ms: u64, said: &str, within: bool) -> History {
    let refused = |grant: &mut Grant| {
        (grant.status, grant.granted_ms, grant.said) = (status, granted_ms, vec![said.into()]);
    };
    asked(refused, |_| {}, within)
}

/// A request above the cap as `above` says; where there is one besides that asks for the cap, it is granted, or as `within` says.
fn asked(above: impl Fn(&mut Grant), within: impl Fn(&mut Grant), besides: bool) -> History {
    let mut history = changed(records(), |body| {
        if let Body::Grant { grant } = body {
            above(grant);
        }
    });
    let i = history.events.iter().position(|e| matches!(e.body, Body::Grant { .. })).unwrap();
    let Body::Grant { grant } = history.events[i].body.clone() else { unreachable!() };
    if besides {
        let mut grant = Grant { asked_ms: grant.cap_ms, granted_ms: grant.cap_ms, status: 200, said: vec![], ..grant };
        within(&mut grant);
        history.events.insert(i + 1, Event { body: Body::Grant { grant }, ..history.events[i].clone() });
    }
    without(history, |_| false)
}

/// Refused above the cap as it should be.
fn no(grant: &mut Grant) {
    (grant.status, grant.granted_ms, grant.said) = (400, 0, vec![TOO_LONG.into()]);
}

const TOO_LONG: &str = "ttl is larger than maximum allowed 60";

#[rustfmt::skip]
pub const ROWS: &[Row] = &[
    ("a record", records, "metadata.lease", Passed, "proved"),
    ("nothing names it", || issued(|r| r.id = String::new()), "metadata.lease", Failed, "metadata-missing"),
    ("nothing says when it ends", || issued(|r| r.stated_end = None), "metadata.lease", Failed, "metadata-missing"),
    ("a record", records, "metadata.ttl", Passed, "proved"),
    ("longer than it was asked for", || issued(|r| r.ttl_ms += 2_000), "metadata.ttl", Failed, "metadata-differs"),
    ("by a record", records, "metadata.owner", Passed, "proved"),

    ("by the request's id", records, "audit.issuance", Passed, "proved"),
    ("another request's", || issued(|r| r.request_id = Some("x".into())), "audit.issuance", Failed, "audit-missing"),
    ("nobody knows the request", || issued(|r| r.request_id = None), "audit.issuance", Failed, "audit-missing"),
    ("the end of the token", records, "audit.revocation", Passed, "proved"),
    ("another path", || token_entries(|e| e.path += "x"), "audit.revocation", Failed, "audit-missing"),
    ("of nobody in the run", || token_entries(|e| e.correlation = None), "audit.revocation", Failed, "audit-missing"),
    ("teardown", || told(teardown(), &Ack::Acknowledged { status: 0 }), "audit.revocation", Passed, "proved"),
    ("its caller was banned, its token not ended", || without(told(incident(), &Ack::Acknowledged { status: 0 }), |b| matches!(b, Body::Audit { entry, .. } if entry.path == TOKENS_END)), "audit.revocation", Failed, "audit-missing"),
    ("incident", || told(incident(), &Ack::Acknowledged { status: 0 }), "audit.revocation", Passed, "proved"),
    ("expiry", || record(expire()), "audit.revocation", Passed, "proved"),
    ("the token that asked was ended", records, "audit.linked", Passed, "proved"),
    ("another token", || token_entries(|e| e.asked_accessor_hmac = Some(format!("{TOKEN_HMAC}x"))), "audit.linked", Failed, "audit-unlinked"),
    ("its list says so", || cause(records(), Cause::Barred), "audit.linked", Passed, "proved"),
    ("it is past its end, says the log", || cause(records(), Cause::Expired), "audit.linked", Failed, "causes-differ"),
    ("past its own end", || cause(record(expire()), Cause::Expired), "audit.linked", Passed, "proved"),

    ("everybody said yes", records, "trigger.acknowledged", Passed, "proved"),
    ("nobody told the backend", || record(revoke()), "trigger.acknowledged", Inconclusive, "not-observed"),
    ("the backend was told and did not answer", || told(revoke(), &no_answer()), "trigger.acknowledged", Inconclusive, "trigger-unanswered"),
    ("nothing of the kind is offered", || told(revoke(), &rejected()), "trigger.acknowledged", Failed, "trigger-rejected"),
    ("lives, and nothing is offered", || told(lives(revoke()), &rejected()), "trigger.exposure", Failed, "accepted-after-limit"),
    ("lives, and nobody told the backend", || record(lives(revoke())), "trigger.exposure", Inconclusive, "trigger-unanswered"),
    ("a hole", || torn(records()), "trigger.acknowledged", Inconclusive, "evidence-incomplete"),

    ("on the list", records, "trigger.no-residue", Passed, "proved"),
    ("not on the list", unlisted, "trigger.no-residue", Failed, "residue-left"),
    ("nobody looks for a lease", records, "policy.tenant-isolated", Passed, "proved"),

    ("refused, and granted within the cap", || capped(400, 0, TOO_LONG, true), "policy.ttl-capped", Passed, "proved"),
    ("refused within the cap too", || capped(400, 0, TOO_LONG, false), "policy.ttl-capped", Inconclusive, "not-observed"),
    ("refused for another reason", || capped(400, 0, "no such key", true), "policy.ttl-capped", Inconclusive, "not-observed"),
    ("refused by a policy", || capped(403, 0, TOO_LONG, true), "policy.ttl-capped", Inconclusive, "not-observed"),
    ("no more than the cap was asked for", || asked(|g| { no(g); g.asked_ms = g.cap_ms; }, |_| {}, true), "policy.ttl-capped", Inconclusive, "not-observed"),
    ("granted within the cap, with an error", || asked(no, |g| g.status = 500, true), "policy.ttl-capped", Inconclusive, "not-observed"),
    ("nothing granted within the cap", || asked(no, |g| g.granted_ms = 0, true), "policy.ttl-capped", Inconclusive, "not-observed"),
    ("nothing granted above the cap, without an error", || asked(no, |g| (g.asked_ms, g.granted_ms) = (g.cap_ms + 1, 0), true), "policy.ttl-capped", Inconclusive, "not-observed"),
    ("granted", || capped(200, 120_000, "", true), "policy.ttl-capped", Failed, "cap-exceeded"),
];

#[test]
fn every_line() {
    super::table::all(ROWS);
}
