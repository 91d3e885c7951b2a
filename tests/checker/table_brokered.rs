//! What a broker issues: its leases, its records and its audit are the broker's own, and joined with the authority's by the token that asked.

use super::build::{DRILL, NAMESPACE, ROLE, SCENARIO, SUBJECT, TOKEN_HMAC, at_us, lease_id};
use super::hand::{changed, expire, incident, revoke, saw, stock, teardown, torn, without};
use super::proofs::{MAX_MS, TTL_MS, attempt};
use super::table::{Row, lives, no_answer};
use super::world::{denied, refused};
use drill::credential::brokered::{Access, BrokeredPlan};
use drill::credential::{CredentialPlan, RoleSource};
use drill::definition::{Ends, Fault, FaultKind, FaultServer};
use drill::history::{Ack, AuditEntry, Body, BrokersRecord, BrokersWord, Claim, Event, History, Part, Search, Stock};
use drill::observation::Meaning;
use drill::verdict::Outcome::{Failed, Inconclusive, Passed};

const CALLER: &str = "entity-of-c";
const OPERATOR: &str = "entity-of-operator";

fn credential() -> CredentialPlan {
    CredentialPlan::Brokered(BrokeredPlan {
        role: ROLE.into(),
        source: RoleSource::Drill,
        image: String::new(),
        bucket: "app".into(),
        prefix: "reports/".into(),
        access: Access::Read,
        ttl_ms: TTL_MS,
        max_ttl_ms: MAX_MS,
        poll_ms: 2_000,
    })
}

fn word(event: &str, cause: Option<&str>) -> BrokersWord {
    BrokersWord {
        event: event.into(),
        cause: cause.map(String::from),
        owner: Some("o".into()),
        tenant: Some("t".into()),
        caller: Some(CALLER.into()),
    }
}

/// The broker's line of a lease's end; by the operator, where it was asked for.
fn end(lease: &str, cause: &str) -> Body {
    let by = matches!(cause, "revoked" | "prefix").then(|| OPERATOR.to_string());
    let entry = AuditEntry {
        kind: "response".into(),
        path: lease.into(),
        operation: "update".into(),
        entity_id: by,
        lease_id: Some(lease.into()),
        broker: Some(word("revoked", Some(cause)).into()),
        ..AuditEntry::default()
    };
    Body::Audit { line: 9, entry: entry.into() }
}

fn question() -> Body {
    let entry = AuditEntry {
        kind: "response".into(),
        path: "sys/capabilities-accessor".into(),
        operation: "update".into(),
        namespace: NAMESPACE.into(),
        asked_accessor_hmac: Some(TOKEN_HMAC.into()),
        ..AuditEntry::default()
    };
    Body::Audit { line: 2, entry: entry.into() }
}

fn kept() -> BrokersRecord {
    BrokersRecord {
        entity: CALLER.into(),
        owner: "o".into(),
        tenant: "t".into(),
        bucket: "app".into(),
        prefix: "reports/".into(),
        access: "read".into(),
    }
}

fn before_the_end(mut history: History, bodies: Vec<Body>) -> History {
    let at = history.events.len() - 1;
    let Event { at_us, state, .. } = history.events[at - 1];
    for body in bodies.into_iter().rev() {
        let (drill, scenario) = (DRILL.into(), SCENARIO.into());
        history.events.insert(at, Event { seq: 0, at_us, drill, scenario, state, body });
    }
    without(history, |_| false)
}

/// The same history of such a credential: its leases end for this cause, by the broker's audit.
fn by_broker(history: History, cause: &str) -> History {
    let members = history.head.drills[0].scenarios[0].leases;
    let revokes = |e: &AuditEntry| e.path.starts_with("sys/leases/revoke");
    let gone = |body: &Body| match body {
        Body::LimitsRead { .. } | Body::Revoked { .. } => true,
        Body::Audit { entry, .. } => revokes(entry),
        _ => false,
    };
    let mut history = changed(without(history, gone), |body| match body {
        Body::Audit { entry, .. } if entry.lease_id.is_some() => {
            (entry.broker, entry.operation) = (Some(word("issued", None).into()), "update".into());
            (entry.correlation, entry.accessor_hmac) = (None, None);
        }
        Body::Issued { part: Part::Subject { .. }, record, .. } => {
            record.stated_end = Some(at_us(record.ttl_ms * 1000));
        }
        _ => {}
    });
    history.head.drills[0].credential = credential();
    let mut bodies = vec![question()];
    for part in (0..members).map(|member| Part::Subject { member }) {
        bodies.push(end(&lease_id(&part), cause));
        bodies.push(Body::RecordRead { part, record: kept().into(), as_stated: true });
    }
    bodies.push(Body::BrokersLog { entries: 20, torn: 0, marked: true });
    for of in ["credentials", "parent"] {
        for place in ["the broker's audit", "the broker's log"] {
            let (of, place) = (of.into(), place.into());
            let search = Search { of, place, secrets: 3, lines: 50, control_found: true, found: 0 };
            bodies.push(Body::Search { search });
        }
    }
    before_the_end(history, bodies)
}

fn revoked() -> History {
    let mut history = by_broker(revoke(), "revoked");
    let more = attempt(Claim::ScopeRefused, "the caller", "issue for the whole bucket", 400);
    let i = history.events.iter().position(|e| matches!(e.body, Body::Attempt { .. })).unwrap();
    history.events.insert(i + 1, Event { body: Body::Attempt { attempt: more }, ..history.events[i].clone() });
    without(history, |_| false)
}

fn offboarded() -> History {
    by_broker(teardown(), "offboarded")
}

/// The broker is killed across the expiry: access ends by a date, and it may do nothing any more.
fn down() -> History {
    let mut history = by_broker(saw(expire(), &SUBJECT, 4, 8, &denied()), "expired");
    let plan = &mut history.head.drills[0].scenarios[0];
    plan.ends = Ends::Denied;
    plan.fault = Some(Fault { server: FaultServer::Authority, kind: FaultKind::Killed, duration_ms: 2_000 });
    let fault =
        Body::Fault { server: "authority".into(), kind: "killed".into(), from_us: 300_000, healed_us: Some(2_900_000) };
    before_the_end(history, vec![fault])
}

fn killed(from_us: u64, healed_us: Option<u64>) -> History {
    changed(down(), move |body| {
        if let Body::Fault { from_us: from, healed_us: healed, .. } = body {
            (*from, *healed) = (from_us, healed_us);
        }
    })
}

fn lines(history: History, event: &'static str, f: impl Fn(&mut AuditEntry)) -> History {
    changed(history, |body| {
        if let Body::Audit { entry, .. } = body
            && entry.broker.as_ref().is_some_and(|word| word.event == event)
        {
            f(entry);
        }
    })
}

fn cause(history: History, cause: &'static str) -> History {
    lines(history, "revoked", move |e| e.broker = Some(word("revoked", Some(cause)).into()))
}

fn not_logged(event: &'static str) -> History {
    without(revoked(), move |body| match body {
        Body::Audit { entry, .. } => entry.broker.as_ref().is_some_and(|word| word.event == event),
        _ => false,
    })
}

fn records(f: impl Fn(&mut BrokersRecord)) -> History {
    changed(revoked(), |body| {
        if let Body::RecordRead { record, .. } = body {
            f(record);
        }
    })
}

/// The record of the second of a cohort.
fn of_one(history: History, f: impl Fn(&mut BrokersRecord)) -> History {
    changed(history, |body| {
        if let Body::RecordRead { part: Part::Subject { member: 1 }, record, .. } = body {
            f(record);
        }
    })
}

fn as_stated(stated: bool) -> History {
    changed(revoked(), move |body| {
        if let Body::RecordRead { as_stated, .. } = body {
            *as_stated = stated;
        }
    })
}

fn marked(history: History, found: bool) -> History {
    changed(history, move |body| {
        if let Body::BrokersLog { marked, .. } = body {
            *marked = found;
        }
    })
}

/// The lease ends so much later than the TTL.
fn rounded_up(by_us: u64) -> History {
    changed(revoked(), move |body| match body {
        Body::LeaseRead { lease, .. } => lease.expires = at_us(TTL_MS * 1000 + by_us),
        Body::Issued { part: Part::Subject { .. }, record, .. } => {
            record.stated_end = Some(at_us(TTL_MS * 1000 + by_us));
        }
        _ => {}
    })
}

fn states_another_end() -> History {
    changed(revoked(), |body| {
        if let Body::Issued { part: Part::Subject { .. }, record, .. } = body {
            record.stated_end = Some(at_us(1));
        }
    })
}

fn asked_about(hmac: &'static str) -> History {
    changed(revoked(), move |body| {
        if let Body::Audit { entry, .. } = body
            && entry.path == "sys/capabilities-accessor"
        {
            entry.asked_accessor_hmac = Some(hmac.into());
        }
    })
}

fn unasked(of: &'static str) -> History {
    without(revoked(), move |body| matches!(body, Body::Search { search } if search.place == of))
}

fn found(of: &'static str, in_place: &'static str) -> History {
    changed(revoked(), move |body| {
        if let Body::Search { search } = body
            && search.of == of
            && search.place == in_place
        {
            search.found = 1;
        }
    })
}

fn rejected(history: History) -> History {
    super::hand::answered(history, &Ack::Rejected { status: 404, message: "unknown lease".into() })
}

fn is_read(body: &Body) -> bool {
    matches!(body, Body::RecordRead { .. })
}

fn is_lookup(body: &Body) -> bool {
    matches!(body, Body::LeaseRead { .. })
}

fn is_connection(body: &Body) -> bool {
    matches!(body, Body::Search { search } if search.place.starts_with("the connection"))
}

fn denied_all_along() -> History {
    saw(down(), &SUBJECT, 1, 3, &denied())
}

fn of_denied(f: impl Fn(History) -> History) -> History {
    f(down())
}

#[rustfmt::skip]
pub const ROWS: &[Row] = &[
    ("its record", revoked, "metadata.owner", Passed, "proved"),
    ("its record names another", || records(|r| r.owner = "p".into()), "metadata.owner", Failed, "metadata-differs"),
    ("the record of one of a cohort names another", || of_one(offboarded(), |r| r.owner = "p".into()), "metadata.owner", Failed, "metadata-differs"),
    ("its record names nobody", || records(|r| r.owner = String::new()), "metadata.owner", Failed, "metadata-missing"),
    ("its record is of another caller", || records(|r| r.entity = "x".into()), "metadata.owner", Failed, "metadata-differs"),
    ("no record was read", || without(revoked(), is_read), "metadata.owner", Inconclusive, "not-observed"),
    ("its record", revoked, "metadata.tenant", Passed, "proved"),
    ("its record is another tenant's", || records(|r| r.tenant = "u".into()), "metadata.tenant", Failed, "metadata-differs"),
    ("its record grants what is stated", revoked, "metadata.scope", Passed, "proved"),
    ("its record grants more", || as_stated(false), "metadata.scope", Failed, "metadata-differs"),
    ("no record was read", || without(revoked(), is_read), "metadata.scope", Inconclusive, "not-observed"),
    ("a hole", || torn(revoked()), "metadata.scope", Inconclusive, "evidence-incomplete"),
    ("to the second", revoked, "metadata.ttl", Passed, "proved"),
    ("rounded up", || rounded_up(999_000), "metadata.ttl", Passed, "proved"),
    ("more than rounded up", || rounded_up(1_001_000), "metadata.ttl", Failed, "metadata-differs"),
    ("another end than the record's", states_another_end, "metadata.ttl", Failed, "metadata-differs"),
    ("nobody looked it up", || without(revoked(), is_lookup), "metadata.ttl", Inconclusive, "not-observed"),
    ("looked up", revoked, "metadata.lease", Passed, "proved"),
    ("the broker knows none", || without(revoked(), is_lookup), "metadata.lease", Inconclusive, "not-observed"),

    ("its audit", revoked, "audit.issuance", Passed, "proved"),
    ("not in its audit", || not_logged("issued"), "audit.issuance", Failed, "audit-missing"),
    ("its audit was not read to its end", || marked(not_logged("issued"), false), "audit.issuance", Inconclusive, "audit-silent"),
    ("of another role", || lines(revoked(), "issued", |e| e.path += "x"), "audit.issuance", Failed, "audit-missing"),
    ("its audit", revoked, "audit.revocation", Passed, "proved"),
    ("not in its audit", || not_logged("revoked"), "audit.revocation", Failed, "audit-missing"),
    ("its audit was not read to its end", || marked(not_logged("revoked"), false), "audit.revocation", Inconclusive, "audit-silent"),
    ("not in it, and perhaps never heard", || super::hand::answered(not_logged("revoked"), &no_answer()), "audit.revocation", Inconclusive, "trigger-unanswered"),
    ("it revoked nothing", || rejected(not_logged("revoked")), "audit.revocation", Inconclusive, "premise-failed"),
    ("it expired instead", || cause(revoked(), "expired"), "audit.revocation", Failed, "causes-differ"),
    ("its poll", offboarded, "audit.revocation", Passed, "proved"),
    ("it expired instead", || cause(offboarded(), "expired"), "audit.revocation", Failed, "causes-differ"),
    ("its prefix", || by_broker(incident(), "prefix"), "audit.revocation", Passed, "proved"),
    ("its poll was faster than the prefix", || by_broker(incident(), "offboarded"), "audit.revocation", Passed, "proved"),
    ("its clock", || by_broker(expire(), "expired"), "audit.revocation", Passed, "proved"),
    ("somebody revoked it before", || by_broker(expire(), "revoked"), "audit.revocation", Failed, "causes-differ"),
    ("the token that it asked about", revoked, "audit.linked", Passed, "proved"),
    ("it asked about another", || asked_about("hmac-sha256:other"), "audit.linked", Failed, "audit-missing"),
    ("the token that was ended", offboarded, "audit.linked", Passed, "proved"),
    ("at the expiry too", || by_broker(expire(), "expired"), "audit.linked", Passed, "proved"),
    ("the caller and the operator", revoked, "audit.actor", Passed, "proved"),
    ("ended by the caller", || lines(revoked(), "revoked", |e| e.entity_id = Some(CALLER.into())), "audit.actor", Failed, "metadata-differs"),
    ("its audit", revoked, "audit.tenant", Passed, "proved"),
    ("its audit says another", || lines(revoked(), "issued", |e| e.broker.iter_mut().for_each(|w| w.tenant = Some("u".into()))), "audit.tenant", Failed, "metadata-differs"),

    ("nowhere", revoked, "audit.no-secret", Passed, "proved"),
    ("in its audit", || found("credentials", "the broker's audit"), "audit.no-secret", Failed, "secret-found"),
    ("in its log", || found("credentials", "the broker's log"), "audit.no-secret", Failed, "secret-found"),
    ("its audit was not searched", || unasked("the broker's audit"), "audit.no-secret", Inconclusive, "not-observed"),
    ("a store of secrets is no finding", || without(revoked(), is_connection), "parent.unreadable", Passed, "proved"),
    ("in its log", || found("parent", "the broker's log"), "parent.unreadable", Failed, "secret-found"),
    ("its log was not searched", || unasked("the broker's log"), "parent.unreadable", Inconclusive, "not-observed"),

    ("more is refused", revoked, "policy.scope-refused", Passed, "proved"),
    ("cut at the issue and at a renewal", revoked, "policy.ttl-capped", Passed, "proved"),
    ("not tried at a renewal", || without(revoked(), |b| matches!(b, Body::Grant { grant } if grant.renewal)), "policy.ttl-capped", Inconclusive, "not-observed"),
    ("acknowledged", revoked, "trigger.acknowledged", Passed, "proved"),
    ("it lost the lease", || rejected(revoked()), "trigger.acknowledged", Failed, "trigger-rejected"),
    ("it knows it still", || stock(revoked(), Stock::Leases, (vec![SUBJECT, Part::Control], vec![])), "trigger.acknowledged", Failed, "lease-left"),
    ("it forgot to tell the backend", || lives(revoked()), "trigger.exposure", Failed, "accepted-after-limit"),

    ("denied by its date", down, "trigger.refused-at-backend", Passed, "proved"),
    ("denied by its date", down, "trigger.exposure", Passed, "proved"),
    ("denied by its date", down, "trigger.stays-dead", Passed, "proved"),
    ("refused once the broker is back", || of_denied(|h| saw(h, &SUBJECT, 8, 8, &refused(Meaning::Dead))), "trigger.stays-dead", Passed, "proved"),
    ("no date", || of_denied(lives), "trigger.refused-at-backend", Failed, "accepted-after-limit"),
    ("it was killed after the end", || killed(1_005_000, Some(2_900_000)), "trigger.refused-at-backend", Inconclusive, "not-observed"),
    ("it was back before the end", || killed(300_000, Some(900_000)), "trigger.refused-at-backend", Inconclusive, "not-observed"),
    ("it never came back", || killed(300_000, None), "trigger.refused-at-backend", Passed, "proved"),
    ("nobody killed it", || without(down(), |b| matches!(b, Body::Fault { .. })), "trigger.refused-at-backend", Inconclusive, "not-observed"),
    ("denied from the first", denied_all_along, "access.accepted-before", Inconclusive, "no-answer"),
    ("the control is denied too", || of_denied(|h| saw(h, &Part::Control, 5, 12, &denied())), "trigger.refused-at-backend", Inconclusive, "control-not-accepted"),
    ("denied is let in where it should be refused", || saw(revoked(), &SUBJECT, 4, 8, &denied()), "trigger.refused-at-backend", Failed, "accepted-after-limit"),
];

#[test]
fn every_line() {
    super::table::all(ROWS);
}

/// Reports may not call it refused.
#[test]
fn what_ends_by_a_date_is_said_to_be_denied() {
    let verdict = |history: &History, check: &str| {
        let scenario = drill::verdict::judge(history).drills.remove(0).scenarios.remove(0);
        scenario.checks.into_iter().find(|c| c.check == check).unwrap().observed
    };
    assert!(verdict(&down(), "trigger.refused-at-backend").starts_with("denied: "));
    assert!(verdict(&down(), "trigger.stays-dead").starts_with("denied for "));
    assert!(verdict(&revoked(), "trigger.refused-at-backend").starts_with("refused: "));
}

/// What every one of these begins with is sound.
#[test]
fn sound_histories_pass() {
    let all = [revoked(), offboarded(), by_broker(incident(), "prefix"), by_broker(expire(), "expired"), down()];
    for history in all {
        let scenario = drill::verdict::judge(&history).drills.remove(0).scenarios.remove(0);
        let red: Vec<_> =
            scenario.checks.iter().filter(|c| c.outcome != Passed).map(|c| (&c.check, &c.observed)).collect();
        assert!(red.is_empty(), "{:?}: {red:?}", history.head.drills[0].scenarios[0].trigger);
    }
}
