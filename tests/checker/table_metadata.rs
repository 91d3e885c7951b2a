//! What the authority says of a credential: each check, each way.

use super::build::{NAMESPACE, SUBJECT};
use super::hand::{changed, expire, revoke, teardown, torn, without};
use super::table::Row;
use drill::definition::Login;
use drill::history::{AuditEntry, Body, Entity, History, Lease, Limits, Part, Record};
use drill::verdict::Outcome::{Failed, Inconclusive, Passed};

/// With every audit entry of an issue changed.
pub fn issue_entries(history: History, f: impl Fn(&mut AuditEntry)) -> History {
    changed(history, |body| {
        if let Body::Audit { entry, .. } = body
            && entry.lease_id.is_some()
        {
            f(entry);
        }
    })
}

/// With the entity of the caller, or of the operator, changed.
pub fn entity(history: History, operator: bool, f: impl Fn(&mut Entity)) -> History {
    changed(history, |body| {
        if let Body::Entity { entity } = body
            && operator == entity.namespace.is_empty()
        {
            f(entity);
        }
    })
}

/// Without what was read of the caller's entity.
pub fn unread(history: History) -> History {
    without(history, |b| matches!(b, Body::Entity { entity } if !entity.namespace.is_empty()))
}

fn says(key: &'static str, value: Option<&'static str>) -> History {
    entity(revoke(), false, |entity| match value {
        Some(value) => drop(entity.metadata.insert(key.into(), value.into())),
        None => drop(entity.metadata.remove(key)),
    })
}

fn by_jwt(key: &'static str, value: Option<&'static str>) -> History {
    let mut history = issue_entries(revoke(), |entry| {
        entry.metadata.extend([("owner", "o"), ("tenant", "t")].map(|(k, v)| (k.to_string(), v.to_string())));
        match value {
            Some(value) => drop(entry.metadata.insert(key.into(), value.into())),
            None => drop(entry.metadata.remove(key)),
        }
    });
    history.head.drills[0].scenarios[0].caller.login = Login::Jwt;
    history
}

pub fn namespace_is(history: History, of: Option<&'static str>) -> History {
    changed(history, move |body| {
        if let Body::Namespace { tenant, .. } = body {
            *tenant = of.map(str::to_string);
        }
    })
}

fn limits(history: History, f: impl Fn(&mut Limits, &mut bool)) -> History {
    changed(history, |body| {
        if let Body::LimitsRead { limits, as_stated, .. } = body {
            f(limits, as_stated);
        }
    })
}

fn record(history: History, of: Part, f: impl Fn(&mut Record)) -> History {
    changed(history, move |body| {
        if let Body::Issued { part, record, .. } = body
            && *part == of
        {
            f(record);
        }
    })
}

fn lease(history: History, of: Part, f: impl Fn(&mut Lease)) -> History {
    changed(history, move |body| {
        if let Body::LeaseRead { part, lease } = body
            && *part == of
        {
            f(lease);
        }
    })
}

/// One of the cohort was never issued.
pub fn one_fewer(history: History) -> History {
    without(history, |b| matches!(b, Body::Issued { part, .. } if *part == SECOND))
}

const SECOND: Part = Part::Subject { member: 1 };

fn is_lease(body: &Body) -> bool {
    matches!(body, Body::LeaseRead { .. })
}

fn is_limits(body: &Body) -> bool {
    matches!(body, Body::LimitsRead { .. })
}

fn stated_by_nobody(mut history: History, granted_ms: u64) -> History {
    let drill::credential::CredentialPlan::Database(plan) = &mut history.head.drills[0].credential else {
        panic!("another kind");
    };
    (plan.default_ttl_ms, plan.max_ttl_ms) = (0, 0);
    limits(history, move |l, _| (l.role_default_ttl_ms, l.mount_default_ttl_ms) = (0, granted_ms))
}

#[rustfmt::skip]
pub const ROWS: &[Row] = &[
    ("nothing", revoke, "metadata.owner", Passed, "proved"),
    ("a cohort", teardown, "metadata.owner", Passed, "proved"),
    ("no owner", || says("owner", None), "metadata.owner", Failed, "metadata-missing"),
    ("an empty owner", || says("owner", Some("")), "metadata.owner", Failed, "metadata-missing"),
    ("another owner", || says("owner", Some("x")), "metadata.owner", Failed, "metadata-differs"),
    ("a claim", || by_jwt("owner", Some("o")), "metadata.owner", Passed, "proved"),
    ("no claim", || by_jwt("owner", None), "metadata.owner", Failed, "metadata-missing"),
    ("another's claim", || by_jwt("owner", Some("x")), "metadata.owner", Failed, "metadata-differs"),
    ("nobody in the entry", || issue_entries(revoke(), |e| e.entity_id = None), "metadata.owner", Failed, "metadata-missing"),
    ("the entity was not read", || unread(revoke()), "metadata.owner", Inconclusive, "not-observed"),
    ("no entry", || without(revoke(), is_issue), "metadata.owner", Failed, "audit-missing"),
    ("no entry of one of a cohort", || without(teardown(), |b| matches!(b, Body::Audit { line: 2, .. })), "metadata.owner", Failed, "audit-missing"),
    ("an entry with an error", || issue_entries(revoke(), |e| e.error = Some("no".into())), "metadata.owner", Failed, "audit-missing"),
    ("no entry and no mark", || silent(without(revoke(), is_issue)), "metadata.owner", Inconclusive, "audit-silent"),
    ("no entry, and a lost event", || torn(without(revoke(), is_issue)), "metadata.owner", Inconclusive, "evidence-incomplete"),
    ("one was not issued", || one_fewer(teardown()), "metadata.owner", Inconclusive, "not-observed"),
    ("a lost event", || torn(revoke()), "metadata.owner", Inconclusive, "evidence-incomplete"),

    ("nothing", revoke, "metadata.tenant", Passed, "proved"),
    ("no tenant", || says("tenant", None), "metadata.tenant", Failed, "metadata-missing"),
    ("another tenant", || says("tenant", Some("x")), "metadata.tenant", Failed, "metadata-differs"),
    ("another's claim", || by_jwt("tenant", Some("x")), "metadata.tenant", Failed, "metadata-differs"),
    ("nobody's namespace", || namespace_is(revoke(), None), "metadata.tenant", Failed, "metadata-missing"),
    ("another's namespace", || namespace_is(revoke(), Some("x")), "metadata.tenant", Failed, "metadata-differs"),
    ("the namespace was not read", || without(revoke(), |b| matches!(b, Body::Namespace { .. })), "metadata.tenant", Inconclusive, "not-observed"),
    ("no entry", || without(revoke(), is_issue), "metadata.tenant", Failed, "audit-missing"),
    ("no entry, some torn", || torn_log(without(revoke(), is_issue)), "metadata.tenant", Inconclusive, "audit-silent"),
    ("a lost event", || torn(revoke()), "metadata.tenant", Inconclusive, "evidence-incomplete"),

    ("nothing", revoke, "metadata.scope", Passed, "proved"),
    ("something else is granted", || limits(revoke(), |_, as_stated| *as_stated = false), "metadata.scope", Failed, "metadata-differs"),
    ("another role", || record(revoke(), SUBJECT, |r| r.role = "x".into()), "metadata.scope", Failed, "metadata-differs"),
    ("another role of one of a cohort", || record(teardown(), SECOND, |r| r.role = "x".into()), "metadata.scope", Failed, "metadata-differs"),
    ("a twin that was not read", || record(revoke(), SUBJECT, |r| (r.role, r.twin_of) = ("x".into(), Some("r".into()))), "metadata.scope", Inconclusive, "not-observed"),
    ("not read back", || without(revoke(), is_limits), "metadata.scope", Inconclusive, "not-observed"),
    ("one was not issued", || one_fewer(teardown()), "metadata.scope", Inconclusive, "not-observed"),
    ("a lost event", || torn(revoke()), "metadata.scope", Inconclusive, "evidence-incomplete"),

    ("nothing", revoke, "metadata.ttl", Passed, "proved"),
    ("nothing, of a TTL", expire, "metadata.ttl", Passed, "proved"),
    ("a cohort", teardown, "metadata.ttl", Passed, "proved"),
    ("stated by nobody", || stated_by_nobody(revoke(), 3_600_000), "metadata.ttl", Passed, "proved"),
    ("stated by nobody, granted otherwise", || stated_by_nobody(revoke(), 7_200_000), "metadata.ttl", Failed, "metadata-differs"),
    ("no TTL anywhere", || stated_by_nobody(revoke(), 0), "metadata.ttl", Inconclusive, "not-observed"),
    ("another of the role", || limits(revoke(), |l, _| l.role_default_ttl_ms *= 2), "metadata.ttl", Failed, "metadata-differs"),
    ("another was granted", || record(revoke(), SUBJECT, |r| r.ttl_ms += 1_000), "metadata.ttl", Failed, "metadata-differs"),
    ("another was granted to one of a cohort", || record(teardown(), SECOND, |r| r.ttl_ms += 1_000), "metadata.ttl", Failed, "metadata-differs"),
    ("the lease lives longer", || lease(revoke(), SUBJECT, |l| l.expires += jiff::SignedDuration::from_secs(2)), "metadata.ttl", Failed, "metadata-differs"),
    ("the lease lives a second longer", || lease(revoke(), SUBJECT, |l| l.expires += jiff::SignedDuration::from_secs(1)), "metadata.ttl", Passed, "proved"),
    ("another cap", || limits(revoke(), |l, _| l.role_max_ttl_ms *= 2), "metadata.ttl", Passed, "proved"),
    ("another cap in force", || limits(revoke(), |l, _| l.role_max_ttl_ms /= 2), "metadata.ttl", Failed, "metadata-differs"),
    ("not read back", || without(revoke(), is_limits), "metadata.ttl", Inconclusive, "not-observed"),
    ("not looked up", || without(revoke(), is_lease), "metadata.ttl", Inconclusive, "not-observed"),
    ("a lost event", || torn(revoke()), "metadata.ttl", Inconclusive, "evidence-incomplete"),

    ("nothing", revoke, "metadata.lease", Passed, "proved"),
    ("a cohort", teardown, "metadata.lease", Passed, "proved"),
    ("another id", || lease(revoke(), SUBJECT, |l| l.id = "x".into()), "metadata.lease", Failed, "metadata-differs"),
    ("no id", || lease(record(revoke(), SUBJECT, |r| r.id.clear()), SUBJECT, |l| l.id.clear()), "metadata.lease", Failed, "metadata-missing"),
    ("another namespace", || lease(revoke(), SUBJECT, |l| l.namespace = format!("{NAMESPACE}x")), "metadata.lease", Failed, "metadata-differs"),
    ("renewable", || lease(revoke(), SUBJECT, |l| l.renewable = true), "metadata.lease", Failed, "metadata-differs"),
    ("not looked up", || without(revoke(), is_lease), "metadata.lease", Inconclusive, "not-observed"),
    ("one was not looked up", || without(teardown(), |b| matches!(b, Body::LeaseRead { part, .. } if *part == SECOND)), "metadata.lease", Inconclusive, "not-observed"),
    ("one was not issued", || one_fewer(teardown()), "metadata.lease", Inconclusive, "not-observed"),
    ("a lost event", || torn(revoke()), "metadata.lease", Inconclusive, "evidence-incomplete"),
];

/// The audit log's entry of an issue.
pub fn is_issue(body: &Body) -> bool {
    matches!(body, Body::Audit { entry, .. } if entry.lease_id.is_some())
}

fn log(history: History, torn_lines: u64, is_marked: bool) -> History {
    changed(history, move |body| {
        if let Body::AuditLog { torn, marked, .. } = body {
            (*torn, *marked) = (torn_lines, is_marked);
        }
    })
}

/// The marked request is not in the log either.
pub fn silent(history: History) -> History {
    log(history, 0, false)
}

/// Some of its lines are none.
pub fn torn_log(history: History) -> History {
    log(history, 2, true)
}

#[test]
fn each_check_each_way() {
    super::table::all(ROWS);
}
