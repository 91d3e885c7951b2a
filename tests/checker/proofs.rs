//! What stands in a sound history beside its probes: what the authority says, what others try, and where secrets are searched for.

use super::build::{NAMESPACE, ROLE, SUBJECT, TOKEN_HMAC, at_us, lease_id, series_of};
use super::world::{OURS, accepted, refused};
use drill::definition::{ScenarioPlan, Trigger};
use drill::history::{
    Ack, Attempt, AuditEntry, Body, CALLERS_ACCESSOR, Claim, Entity, Grant, Lease, Limits, Part, Search,
};
use drill::observation::{Meaning, Saw, Stage};

/// s: what a lease of the drill gets, and how long it can live.
pub const TTL_MS: u64 = 3_600_000;
pub const MAX_MS: u64 = 14_400_000;
/// ms: what the twin of a renewal gets.
pub const RENEWED_MS: u64 = 2_000;
/// Those whose attempts are made against a tenant's lease.
pub const OTHERS: [&str; 3] =
    ["another tenant's caller", "another tenant's administrator", "another caller of the same tenant"];
pub const SEEKERS: [&str; 2] = ["the caller", "another tenant's administrator"];
const CALLER: &str = "entity-of-c";
const OPERATOR: &str = "entity-of-operator";

/// The TTLs that a scenario's credentials have: granted, and at most.
pub fn ttls(plan: &ScenarioPlan) -> (u64, u64) {
    match plan.trigger {
        Trigger::Expire { ttl_ms } => (ttl_ms, ttl_ms),
        Trigger::Renew { cap_ms, .. } => (RENEWED_MS.min(cap_ms), cap_ms),
        _ => (TTL_MS, MAX_MS),
    }
}

fn members(plan: &ScenarioPlan) -> impl Iterator<Item = Part> {
    (0..plan.leases).map(|member| Part::Subject { member })
}

/// What is read back while the credentials live.
pub fn read_back(plan: &ScenarioPlan) -> Vec<Body> {
    let (ttl_ms, max_ms) = ttls(plan);
    let lease = |part: &Part| Lease {
        id: lease_id(part),
        namespace: NAMESPACE.into(),
        issued: jiff::Timestamp::UNIX_EPOCH,
        expires: at_us(ttl_ms * 1000),
        renewable: false,
    };
    let mut bodies: Vec<Body> = members(plan)
        .map(|part| {
            let lease = lease(&part);
            Body::LeaseRead { part, lease }
        })
        .collect();
    let limits = Limits {
        role_default_ttl_ms: ttl_ms,
        role_max_ttl_ms: max_ms,
        mount_default_ttl_ms: TTL_MS,
        mount_max_ttl_ms: MAX_MS,
    };
    bodies.push(Body::LimitsRead { role: ROLE.into(), limits, as_stated: true });
    bodies
}

pub fn probe(part: Part, n: u32, (sent_us, done_us): (u64, u64), saw: Saw) -> Body {
    Body::Probe { series: series_of(part), n, sent_us, done_us, stage: Stage::Login, saw }
}

pub fn attempt(claim: Claim, by: &str, what: &str, status: u16) -> Attempt {
    Attempt {
        claim,
        by: by.into(),
        what: what.into(),
        reads: true,
        status,
        message: String::new(),
        victim_probe: None,
        lease_known: None,
    }
}

fn grant(part: Part, renewal: bool, (asked_ms, cap_ms, granted_ms): (u64, u64, u64), sent_us: u64) -> Grant {
    let (done_us, said) = (sent_us + 1_000, vec![]);
    Grant { part, renewal, asked_ms, cap_ms, sent_us, done_us, status: 200, granted_ms, said }
}

/// All that others try, from an instant on, each a µs after the other; where a lease is revoked.
pub fn attempts(from_us: u64) -> Vec<(u64, Body)> {
    let mut all = Vec::new();
    let mut at = from_us;
    let mut add = |body: Body| {
        at += 1;
        all.push((at, body));
    };
    let record = super::build::record(&Part::Victim, TTL_MS, None);
    add(Body::Issued { part: Part::Victim, record: record.into(), sent_us: from_us, received_us: from_us + 1 });
    let times = |n: u32| (from_us + 10 * u64::from(n), from_us + 10 * u64::from(n) + 5);
    add(probe(Part::Victim, 1, times(1), accepted(OURS)));
    let refused = attempt(Claim::RoleRefused, "the caller", "issue from another caller's role", 403);
    add(Body::Attempt { attempt: refused });
    for renewal in [false, true] {
        add(Body::Grant { grant: grant(Part::Victim, renewal, (120_000, 60_000, 60_000), from_us) });
    }
    for (by, n) in OTHERS.iter().zip(2..) {
        add(probe(Part::Victim, n, times(n), accepted(OURS)));
        let seen = attempt(Claim::TenantIsolated, by, "revoke it", 403);
        let attempt = Attempt { reads: false, victim_probe: Some(n), lease_known: Some(true), ..seen };
        add(Body::Attempt { attempt });
    }
    add(Body::End { series: series_of(Part::Victim), probes: 4 });
    for by in SEEKERS {
        add(Body::Attempt { attempt: attempt(Claim::ParentUnreadable, by, "read the connection", 403) });
    }
    all
}

/// The parent's first credential before and after its rotation, between an instant and 60 µs later.
pub fn parent(from_us: u64) -> Vec<(u64, Body)> {
    let at = |i: u64| (from_us + 10 * i, from_us + 10 * i + 5);
    let control = |n: u32, i| (at(i).1, probe(Part::ParentControl, n, at(i), accepted(OURS)));
    let end = |part, probes| (from_us + 60, Body::End { series: series_of(part), probes });
    vec![
        (at(0).1, probe(Part::Parent, 1, at(0), accepted(OURS))),
        control(1, 0),
        control(2, 2),
        (at(3).1, probe(Part::Parent, 2, at(3), refused(Meaning::Both))),
        control(3, 4),
        end(Part::Parent, 2),
        end(Part::ParentControl, 3),
    ]
}

/// A consumer that renews, given when it was issued, when it truly ends and when it dies: nothing is granted to a dead one.
pub fn renewals(plan: &ScenarioPlan, from_us: u64, cap_us: u64, until_us: u64) -> Vec<(u64, Body)> {
    let Trigger::Renew { cap_ms, every_ms } = plan.trigger else { return vec![] };
    let step = usize::try_from(every_ms * 1000).unwrap();
    let times = (from_us + every_ms * 1000..until_us).step_by(step);
    let one = |at: u64| {
        // Whole seconds, as the authority counts.
        let left_ms = cap_us.saturating_sub(at) / 1_000_000 * 1000;
        let seen = grant(SUBJECT, true, (RENEWED_MS, cap_ms, RENEWED_MS.min(left_ms)), at);
        let status = if at < cap_us { 200 } else { 400 };
        (at + 1_000, Body::Grant { grant: Grant { status, ..seen } })
    };
    times.map(one).collect()
}

/// The requests of the trigger: what is asked for, its path in the audit log, and what its correlation id ends with.
pub fn requests(plan: &ScenarioPlan) -> Vec<(&'static str, String, &'static str)> {
    let token = ("revoke the token", "auth/token/revoke-accessor".to_string(), "trigger.token");
    match plan.trigger {
        Trigger::Revoke => {
            vec![("revoke the lease", format!("sys/leases/revoke/{}", lease_id(&SUBJECT)), "trigger.revoke")]
        }
        Trigger::Rotate => {
            vec![("rotate the static role", format!("database/rotate-role/{ROLE}"), "trigger.revoke")]
        }
        Trigger::Teardown => vec![token],
        Trigger::Incident { .. } => vec![
            ("disable the entity", "identity/entity/id/x".into(), "trigger.ban"),
            token,
            ("revoke all of the role", format!("sys/leases/revoke-prefix/database/creds/{ROLE}"), "trigger.clear"),
        ],
        Trigger::Expire { .. } | Trigger::Renew { .. } | Trigger::Use => vec![],
    }
}

/// The trigger's events, each a tenth of the time after the other; `None`: that request was never sent.
pub fn trigger(plan: &ScenarioPlan, (sent_us, done_us): (u64, u64), acks: &[Option<Ack>]) -> Vec<(u64, Body)> {
    let requests = requests(plan);
    let each = (done_us - sent_us) / u64::try_from(requests.len().max(1)).unwrap();
    let sent = requests.iter().zip(acks).zip(0..).filter_map(|(((target, _, correlation), ack), i)| {
        let (sent_us, done_us) = (sent_us + i * each, sent_us + (i + 1) * each);
        let (target, correlation) = ((*target).to_string(), Some((*correlation).to_string()));
        Some((done_us, Body::Trigger { target, sent_us, done_us, ack: ack.clone()?, correlation }))
    });
    sent.collect()
}

fn issue_entry(part: &Part) -> AuditEntry {
    AuditEntry {
        kind: "response".into(),
        request_id: format!("issue-{}", part.word()),
        operation: "read".into(),
        path: format!("database/creds/{ROLE}"),
        namespace: NAMESPACE.into(),
        correlation: Some(format!("issue.{}", part.word())),
        entity_id: Some(CALLER.into()),
        accessor_hmac: Some(TOKEN_HMAC.into()),
        lease_id: Some(lease_id(part)),
        ..AuditEntry::default()
    }
}

fn end_entry(path: &str, correlation: &str, ack: &Ack) -> Option<AuditEntry> {
    let error = match ack {
        Ack::NoAnswer { .. } => return None,
        Ack::Rejected { message, .. } => Some(message.clone()),
        Ack::Acknowledged { .. } => None,
    };
    Some(AuditEntry {
        kind: "response".into(),
        request_id: correlation.into(),
        operation: "update".into(),
        path: path.into(),
        namespace: NAMESPACE.into(),
        correlation: Some(correlation.into()),
        entity_id: Some(OPERATOR.into()),
        asked_lease_hmac: Some(hmac(&lease_id(&SUBJECT))),
        asked_accessor_hmac: Some(TOKEN_HMAC.into()),
        error,
        ..AuditEntry::default()
    })
}

fn hmac(of: &str) -> String {
    format!("hmac-sha256:{of}")
}

/// What the audit log and its surroundings have of it; `ended`: the authority revoked the leases.
pub fn records(plan: &ScenarioPlan, acks: &[Option<Ack>], ended: bool) -> Vec<Body> {
    let mut bodies = vec![Body::Namespace { path: NAMESPACE.into(), tenant: Some("t".into()) }];
    let mut entries: Vec<AuditEntry> = members(plan).map(|part| issue_entry(&part)).collect();
    for ((_, path, correlation), ack) in requests(plan).iter().zip(acks) {
        entries.extend(ack.as_ref().and_then(|ack| end_entry(path, correlation, ack)));
    }
    bodies.extend((1..).zip(entries).map(|(line, entry)| Body::Audit { line, entry: entry.into() }));
    bodies.push(Body::AuditLog { entries: 100, torn: 0, marked: true });
    let name = match plan.trigger {
        Trigger::Incident { .. } => format!("c-{}", plan.scenario),
        _ => "c".into(),
    };
    for (id, name, namespace) in [(CALLER, name.as_str(), NAMESPACE), (OPERATOR, "drill-operator", "")] {
        let stated = [("owner", "o"), ("tenant", "t")].map(|(k, v)| (k.to_string(), v.to_string()));
        let (id, name, namespace) = (id.into(), name.into(), namespace.into());
        bodies.push(Body::Entity { entity: Entity { id, name, namespace, metadata: stated.into() } });
    }
    for part in members(plan) {
        let of = lease_id(&part);
        bodies.push(Body::AuditHash { hmac: hmac(&of), of });
    }
    bodies.push(Body::AuditHash { of: CALLERS_ACCESSOR.into(), hmac: TOKEN_HMAC.into() });
    if ended {
        bodies.extend(members(plan).map(|part| Body::Revoked { lease: lease_id(&part), time: String::new() }));
    }
    bodies.extend(searches(plan));
    if matches!(plan.trigger, Trigger::Incident { .. }) {
        for what in ["issue with its old token", "log in again"] {
            bodies.push(Body::Attempt { attempt: attempt(Claim::Reissue, "the banned caller", what, 403) });
        }
    }
    bodies
}

fn searches(plan: &ScenarioPlan) -> Vec<Body> {
    let logs = ["the audit log", "the authority's log", "the backend's log"];
    let mut places: Vec<(&str, &str)> = logs.map(|place| ("credentials", place)).to_vec();
    if plan.trigger.ends_one() {
        places.extend(logs.map(|place| ("parent", place)));
        places.push(("parent", "the connection as the authority shows it"));
        places.push(("parent", "environment, arguments and labels of backend"));
    }
    let search = |(of, place): (&str, &str)| {
        let (of, place) = (of.into(), place.into());
        Body::Search { search: Search { of, place, secrets: 3, lines: 50, control_found: true, found: 0 } }
    };
    places.into_iter().map(search).collect()
}
