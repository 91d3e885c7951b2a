//! The audit trail: each check, each way.

use super::build::{SUBJECT, TOKEN_HMAC, series_of};
use super::hand::{answered, changed, expire, incident, renew, revoke, saw, teardown, torn, without};
use super::table::{Row, both, lives, no_answer};
use super::table_metadata::{entity, is_issue, issue_entries, namespace_is, one_fewer, silent, torn_log, unread};
use super::world::{OURS, accepted};
use drill::backend::Cause;
use drill::history::{Ack, AuditEntry, Body, Event, History, Part, Search};
use drill::verdict::Outcome::{Failed, Inconclusive, Passed};

fn is_end(body: &Body) -> bool {
    matches!(body, Body::Audit { entry, .. } if entry.lease_id.is_none())
}

fn is_line(body: &Body) -> bool {
    matches!(body, Body::Revoked { .. })
}

fn is_trigger(body: &Body) -> bool {
    matches!(body, Body::Trigger { .. })
}

fn is_hash(body: &Body) -> bool {
    matches!(body, Body::AuditHash { .. })
}

fn end_entries(history: History, f: impl Fn(&mut AuditEntry)) -> History {
    changed(history, |body| {
        if let Body::Audit { entry, .. } = body
            && entry.lease_id.is_none()
        {
            f(entry);
        }
    })
}

/// The authority's log says it of one of the cohort only.
fn one_line(history: History) -> History {
    without(history, |b| matches!(b, Body::Revoked { lease, .. } if lease.ends_with("subject-1")))
}

fn no_line(history: History) -> History {
    without(history, is_line)
}

/// Nobody can tell whether the authority's log was read.
fn unreadable(history: History) -> History {
    without(history, |b| matches!(b, Body::Search { search } if search.place == "the authority's log"))
}

fn refused() -> Ack {
    Ack::Rejected { status: 403, message: "no".into() }
}

fn other_server(history: History) -> History {
    changed(history, |body| {
        if let Body::AuditHash { hmac, .. } = body {
            *hmac += "x";
        }
    })
}

/// The backend's own log about the first counted refusal of a member, the fourth probe.
fn caused(mut history: History, member: u32, cause: Cause) -> History {
    let body = Body::Reason { series: series_of(Part::Subject { member }), n: 4, line: "why".into(), cause };
    let event = Event { body, ..history.events[0].clone() };
    // Before the end: the state of the scenario is its last event.
    history.events.insert(0, event);
    without(history, |_| false)
}

fn authority_down(mut history: History) -> History {
    let (server, kind) = ("authority".into(), "sealed".into());
    let body = Body::Fault { server, kind, from_us: 900_000, healed_us: Some(1_200_000) };
    let event = Event { body, ..history.events[0].clone() };
    history.events.insert(0, event);
    without(history, |_| false)
}

fn with_another_namespace(mut history: History) -> History {
    let body = Body::Namespace { path: "x".into(), tenant: Some("u".into()) };
    let event = Event { body, ..history.events[0].clone() };
    history.events.insert(0, event);
    without(history, |_| false)
}

fn search(history: History, of: &'static str, f: impl Fn(&mut Search)) -> History {
    changed(history, |body| {
        if let Body::Search { search } = body
            && search.of == of
            && search.place == "the audit log"
        {
            f(search);
        }
    })
}

#[rustfmt::skip]
pub const ROWS: &[Row] = &[
    ("nothing", revoke, "audit.issuance", Passed, "proved"),
    ("a cohort", teardown, "audit.issuance", Passed, "proved"),
    ("no entry", || without(revoke(), is_issue), "audit.issuance", Failed, "audit-missing"),
    ("a request only", || issue_entries(revoke(), |e| e.kind = "request".into()), "audit.issuance", Failed, "audit-missing"),
    ("another role's", || issue_entries(revoke(), |e| e.path += "x"), "audit.issuance", Failed, "audit-missing"),
    ("no entry and no mark", || silent(without(revoke(), is_issue)), "audit.issuance", Inconclusive, "audit-silent"),
    ("no entry, some torn", || torn_log(without(revoke(), is_issue)), "audit.issuance", Inconclusive, "audit-silent"),
    ("the log was not read", || without(revoke(), |b| is_issue(b) || matches!(b, Body::AuditLog { .. })), "audit.issuance", Inconclusive, "not-observed"),
    ("one was not issued", || one_fewer(teardown()), "audit.issuance", Inconclusive, "not-observed"),
    ("no entry, and a lost event", || torn(without(revoke(), is_issue)), "audit.issuance", Inconclusive, "evidence-incomplete"),
    ("a lost event", || torn(revoke()), "audit.issuance", Inconclusive, "evidence-incomplete"),

    ("nothing", revoke, "audit.revocation", Passed, "proved"),
    ("nothing, of a TTL", expire, "audit.revocation", Passed, "proved"),
    ("nothing, of a cap", renew, "audit.revocation", Passed, "proved"),
    ("nothing, of a cohort", teardown, "audit.revocation", Passed, "proved"),
    ("nothing, of an incident", incident, "audit.revocation", Passed, "proved"),
    ("no entry", || without(revoke(), is_end), "audit.revocation", Failed, "audit-missing"),
    ("in another namespace", || end_entries(revoke(), |e| e.namespace = "x".into()), "audit.revocation", Failed, "audit-missing"),
    ("somebody else's request", || end_entries(revoke(), |e| e.correlation = Some("x".into())), "audit.revocation", Failed, "audit-missing"),
    ("another lease's", || end_entries(revoke(), |e| e.path += "x"), "audit.revocation", Failed, "audit-missing"),
    ("not a revocation", || end_entries(revoke(), |e| e.path = e.path.replace("sys/leases/revoke", "sys/leases/lookup")), "audit.revocation", Failed, "audit-missing"),
    ("its token alone was ended", || without(incident(), |b| matches!(b, Body::Audit { entry, .. } if entry.path.contains("revoke-prefix"))), "audit.revocation", Failed, "audit-missing"),
    ("another role's", || end_entries(incident(), |e| e.path += "x"), "audit.revocation", Failed, "audit-missing"),
    ("no entry and no mark", || silent(without(revoke(), is_end)), "audit.revocation", Inconclusive, "audit-silent"),
    ("an entry with an error", || end_entries(revoke(), |e| e.error = Some("no".into())), "audit.revocation", Inconclusive, "premise-failed"),
    ("refused, and not in the log", || answered(without(revoke(), is_end), &refused()), "audit.revocation", Inconclusive, "premise-failed"),
    ("perhaps never heard", || answered(without(revoke(), is_end), &no_answer()), "audit.revocation", Inconclusive, "trigger-unanswered"),
    ("unanswered, and in the log", || answered(revoke(), &no_answer()), "audit.revocation", Passed, "proved"),
    ("never sent", || without(revoke(), |b| is_end(b) || is_trigger(b)), "audit.revocation", Inconclusive, "not-observed"),
    ("no line", || no_line(expire()), "audit.revocation", Failed, "audit-missing"),
    ("no line of one", || one_line(unreadable(teardown())), "audit.revocation", Failed, "audit-missing"),
    ("no line, in a log that nobody read", || no_line(unreadable(expire())), "audit.revocation", Inconclusive, "audit-silent"),
    ("no line, in a stream that was cut", || no_line(silent(expire())), "audit.revocation", Inconclusive, "audit-silent"),
    ("no line, and a lost event", || torn(no_line(expire())), "audit.revocation", Inconclusive, "premise-failed"),
    ("lives on", || lives(expire()), "audit.revocation", Inconclusive, "premise-failed"),
    ("one lives on", || saw(teardown(), &Part::Subject { member: 2 }, 4, 8, &accepted(OURS)), "audit.revocation", Inconclusive, "premise-failed"),
    ("a lost event", || torn(revoke()), "audit.revocation", Inconclusive, "evidence-incomplete"),

    ("nothing", revoke, "audit.linked", Passed, "proved"),
    ("nothing, of a TTL", expire, "audit.linked", Passed, "proved"),
    ("nothing, of a cohort", teardown, "audit.linked", Passed, "proved"),
    ("nothing, of an incident", incident, "audit.linked", Passed, "proved"),
    ("another server's", || other_server(revoke()), "audit.linked", Failed, "audit-unlinked"),
    ("another lease's", || end_entries(revoke(), |e| e.asked_lease_hmac = Some("hmac-sha256:x".into())), "audit.linked", Failed, "audit-unlinked"),
    ("another token's", || end_entries(teardown(), |e| e.asked_accessor_hmac = Some("hmac-sha256:x".into())), "audit.linked", Failed, "audit-unlinked"),
    ("issued to another token", || issue_entries(teardown(), |e| e.accessor_hmac = Some(format!("{TOKEN_HMAC}x"))), "audit.linked", Failed, "audit-unlinked"),
    ("issued to nobody's token", || issue_entries(teardown(), |e| e.accessor_hmac = None), "audit.linked", Inconclusive, "not-observed"),
    ("not asked how it writes", || without(revoke(), is_hash), "audit.linked", Inconclusive, "not-observed"),
    ("no entry of the end", || without(revoke(), is_end), "audit.linked", Failed, "audit-missing"),
    ("no line", || no_line(expire()), "audit.linked", Failed, "audit-missing"),
    ("no line, in a log that nobody read", || no_line(unreadable(expire())), "audit.linked", Inconclusive, "audit-silent"),
    ("gone, as it should", || caused(revoke(), 0, Cause::Gone), "audit.linked", Passed, "proved"),
    ("a wrong secret", || caused(revoke(), 0, Cause::WrongSecret), "audit.linked", Failed, "causes-differ"),
    ("a wrong secret of one of a cohort", || caused(teardown(), 1, Cause::WrongSecret), "audit.linked", Failed, "causes-differ"),
    ("expired, though revoked", || caused(revoke(), 0, Cause::Expired), "audit.linked", Failed, "causes-differ"),
    ("expired at the backend", || caused(expire(), 0, Cause::Expired), "audit.linked", Failed, "causes-differ"),
    ("expired while the authority was down", || authority_down(caused(expire(), 0, Cause::Expired)), "audit.linked", Passed, "proved"),
    ("the log does not tell", || caused(revoke(), 0, Cause::Unknown), "audit.linked", Passed, "proved"),
    ("lives on", || lives(revoke()), "audit.linked", Inconclusive, "premise-failed"),
    ("perhaps never heard", || answered(without(revoke(), is_end), &no_answer()), "audit.linked", Inconclusive, "trigger-unanswered"),
    ("the clock went back", || super::table::clock_back(), "audit.linked", Inconclusive, "premise-failed"),
    ("interrupted", || interrupted(revoke()), "audit.linked", Inconclusive, "evidence-incomplete"),

    ("nothing", revoke, "audit.actor", Passed, "proved"),
    ("nothing, of a TTL", expire, "audit.actor", Passed, "proved"),
    ("nothing, of an incident", incident, "audit.actor", Passed, "proved"),
    ("another caller", || entity(revoke(), false, |e| e.name = "x".into()), "audit.actor", Failed, "metadata-differs"),
    ("a caller of a longer name", || entity(revoke(), false, |e| e.name += "-2"), "audit.actor", Failed, "metadata-differs"),
    ("another operator", || entity(revoke(), true, |e| e.name = "x".into()), "audit.actor", Failed, "metadata-differs"),
    ("ended by nobody", || end_entries(revoke(), |e| e.entity_id = None), "audit.actor", Failed, "metadata-missing"),
    ("no entry", || without(revoke(), is_issue), "audit.actor", Failed, "audit-missing"),
    ("no entry and no mark", || silent(without(revoke(), is_issue)), "audit.actor", Inconclusive, "audit-silent"),
    ("the entity was not read", || unread(revoke()), "audit.actor", Inconclusive, "not-observed"),
    ("refused", || end_entries(revoke(), |e| e.error = Some("no".into())), "audit.actor", Inconclusive, "premise-failed"),
    ("perhaps never heard", || answered(without(revoke(), is_end), &no_answer()), "audit.actor", Inconclusive, "trigger-unanswered"),
    ("a lost event", || torn(revoke()), "audit.actor", Inconclusive, "evidence-incomplete"),

    ("nothing", revoke, "audit.tenant", Passed, "proved"),
    ("a cohort", teardown, "audit.tenant", Passed, "proved"),
    ("another's namespace was read before it", || with_another_namespace(revoke()), "audit.tenant", Passed, "proved"),
    ("issued in another namespace", || issue_entries(revoke(), |e| e.namespace = "x".into()), "audit.tenant", Failed, "metadata-differs"),
    ("one of a cohort in another namespace", || issue_entries(teardown(), |e| if e.request_id.ends_with('1') { e.namespace = "x".into() }), "audit.tenant", Failed, "metadata-differs"),
    ("revoked in another namespace", || end_entries(revoke(), |e| e.namespace = "x".into()), "audit.tenant", Failed, "audit-missing"),
    ("another's entity", || entity(revoke(), false, |e| drop(e.metadata.insert("tenant".into(), "x".into()))), "audit.tenant", Failed, "metadata-differs"),
    ("nobody's entity", || entity(revoke(), false, |e| e.metadata.clear()), "audit.tenant", Failed, "metadata-missing"),
    ("nobody's namespace", || namespace_is(revoke(), None), "audit.tenant", Failed, "metadata-missing"),
    ("the namespace was not read", || without(revoke(), |b| matches!(b, Body::Namespace { .. })), "audit.tenant", Inconclusive, "not-observed"),
    ("no entry, some torn", || torn_log(without(revoke(), is_issue)), "audit.tenant", Inconclusive, "audit-silent"),
    ("refused", || end_entries(revoke(), |e| e.error = Some("no".into())), "audit.tenant", Inconclusive, "premise-failed"),
    ("perhaps never heard", || answered(without(revoke(), is_end), &no_answer()), "audit.tenant", Inconclusive, "trigger-unanswered"),
    ("a lost event", || torn(revoke()), "audit.tenant", Inconclusive, "evidence-incomplete"),

    ("nothing", revoke, "audit.no-secret", Passed, "proved"),
    ("found", || search(revoke(), "credentials", |s| s.found = 1), "audit.no-secret", Failed, "secret-found"),
    ("found by a blind search", || search(revoke(), "credentials", |s| (s.found, s.control_found) = (1, false)), "audit.no-secret", Failed, "secret-found"),
    ("blind", || search(revoke(), "credentials", |s| s.control_found = false), "audit.no-secret", Inconclusive, "search-blind"),
    ("nothing to search", || search(revoke(), "credentials", |s| s.lines = 0), "audit.no-secret", Inconclusive, "search-blind"),
    ("nothing to search for", || search(revoke(), "credentials", |s| s.secrets = 0), "audit.no-secret", Inconclusive, "search-blind"),
    ("one place was not searched", || unreadable(revoke()), "audit.no-secret", Inconclusive, "not-observed"),
    ("not searched", || without(revoke(), |b| matches!(b, Body::Search { .. })), "audit.no-secret", Inconclusive, "not-observed"),
    ("found, and a lost event", || torn(search(revoke(), "credentials", |s| s.found = 1)), "audit.no-secret", Failed, "secret-found"),
    ("a lost event", || torn(revoke()), "audit.no-secret", Inconclusive, "evidence-incomplete"),
];

pub fn interrupted(mut history: History) -> History {
    let body = Body::Interrupted { by: "SIGINT".into() };
    let event = Event { body, ..history.events[0].clone() };
    history.events.insert(0, event);
    without(history, |_| false)
}

#[test]
fn each_check_each_way() {
    super::table::all(ROWS);
    // Everybody refused beside it: the authority's line alone proves nothing.
    let alone = saw(expire(), &Part::Control, 4, 12, &both());
    assert_eq!(super::table::judged(&alone, "audit.revocation").1, "premise-failed");
    assert_eq!(
        super::table::judged(&saw(expire(), &SUBJECT, 8, 8, &accepted(OURS)), "audit.linked").1,
        "premise-failed"
    );
}
