//! Issued credentials have owner, tenant, scope, TTL and lease: as the authority says, never as the drill file does.

use super::chain::{self, Broken};
use super::found::Found;
use super::reason::Reason;
use super::view::View;
use crate::history::{Body, Lease, Limits, Part};

/// A lease's times are whole seconds or nearly.
const ROUNDING_MS: u64 = 1_000;

/// A chain that broke: missing evidence is inconclusive, evidence of the contrary failed.
pub fn broken(expected: &str, (reason, observed, events): Broken) -> Found {
    match reason {
        Reason::MetadataMissing
        | Reason::MetadataDiffers
        | Reason::AuditMissing
        | Reason::AuditUnlinked
        | Reason::CausesDiffer => Found::failed(reason, expected, observed, events),
        _ => Found::unknown(reason, expected, observed, events),
    }
}

fn settle(view: &View<'_>, expected: &str, found: Result<(String, Vec<u64>), Broken>) -> Found {
    match found {
        Ok((observed, events)) => Found::passed(expected, observed, events).resting_on(view.whole, &[]),
        Err(broke) => broken(expected, broke),
    }
}

/// One key of the caller's metadata: of its entity, and of its token where the identity provider states it too.
fn traced(view: &View<'_>, key: &str, stated: &str) -> Result<(String, Vec<u64>), Broken> {
    let (issued, record) = *chain::subjects(view).first().ok_or_else(not_issued)?;
    let entry = chain::issuance(view, record)?;
    let (seq, entity) = chain::entity(view, entry)?;
    let events = vec![issued, entry.0, seq];
    let mut sources = vec![("its entity", entity.metadata.get(key))];
    if view.plan.caller.login == crate::definition::Login::Jwt {
        sources.push(("its token", entry.1.metadata.get(key)));
    }
    for (source, value) in sources {
        match value.map(String::as_str).filter(|v| !v.is_empty()) {
            None => return Err((Reason::MetadataMissing, format!("{source} names no {key}"), events)),
            Some(value) if value != stated => {
                return Err((Reason::MetadataDiffers, format!("{source} says {value}, the drill {stated}"), events));
            }
            Some(_) => {}
        }
    }
    let basis = if view.plan.caller.exported { "export" } else { "drill file" };
    Ok((format!("{stated}, by {} (basis: {basis})", entity.name), events))
}

fn not_issued() -> Broken {
    (Reason::NotObserved, "nothing was issued".into(), vec![])
}

/// Lease → audit entry → entity → owner.
pub fn owner(view: &View<'_>) -> Found {
    settle(view, "the lease leads to an owner", traced(view, "owner", &view.plan.caller.owner))
}

/// Lease → audit entry → entity → tenant, which is the namespace's.
pub fn tenant(view: &View<'_>) -> Found {
    let stated = &view.plan.caller.tenant;
    let found = traced(view, "tenant", stated).and_then(|(observed, mut events)| {
        let (_, record) = *chain::subjects(view).first().ok_or_else(not_issued)?;
        let (seq, tenant) = chain::tenant_of(view, &record.namespace)?;
        events.push(seq);
        if tenant != stated {
            let observed = format!("the namespace {} is {tenant}'s, the drill says {stated}", record.namespace);
            return Err((Reason::MetadataDiffers, observed, events));
        }
        Ok((observed, events))
    });
    settle(view, "the lease leads to a tenant, whose the namespace is", found)
}

fn limits_of<'a>(view: &View<'a>, role: &str) -> Result<(u64, &'a Limits, bool), Broken> {
    let read = view.events.iter().find_map(|e| match &e.body {
        Body::LimitsRead { role: r, limits, as_stated } if r == role => Some((e.seq, limits, *as_stated)),
        _ => None,
    });
    read.ok_or_else(|| (Reason::NotObserved, format!("the role {role} was not read back"), vec![]))
}

/// The role's own limits, as they were read back.
pub fn stated_role<'a>(view: &View<'a>) -> Option<(u64, &'a Limits)> {
    limits_of(view, view.drill.credential.role()).ok().map(|(seq, limits, _)| (seq, limits))
}

/// The role grants what the drill states, and nothing else was issued.
pub fn scope(view: &View<'_>) -> Found {
    let found = || {
        let mut events = Vec::new();
        let subjects = chain::subjects(view);
        let (_, first) = *subjects.first().ok_or_else(not_issued)?;
        for (issued, _) in &subjects {
            events.push(*issued);
        }
        let (seq, _, as_stated) = limits_of(view, &first.role)?;
        events.push(seq);
        if !as_stated {
            let observed = format!("the role {} grants something else than the drill states", first.role);
            return Err((Reason::MetadataDiffers, observed, events));
        }
        Ok((format!("role {} as stated", first.role), events))
    };
    settle(view, "the role at the authority grants what the drill states", found())
}

fn lease_of<'a>(view: &View<'a>, member: u32) -> Result<(u64, &'a Lease), Broken> {
    let wanted = Part::Subject { member };
    let read = view.events.iter().find_map(|e| match &e.body {
        Body::LeaseRead { part, lease } if *part == wanted => Some((e.seq, lease)),
        _ => None,
    });
    read.ok_or_else(|| (Reason::NotObserved, "the lease was not looked up".into(), vec![]))
}

/// The TTL in force by role, mount and system is what the drill states, and what was granted.
pub fn ttl(view: &View<'_>) -> Found {
    let stated = view.plan.stated_ttls(&view.drill.credential);
    let found = || {
        let (issued, record) = *chain::subjects(view).first().ok_or_else(not_issued)?;
        let (read, limits, _) = limits_of(view, &record.role)?;
        let (looked_up, lease) = lease_of(view, 0)?;
        let events = vec![issued, read, looked_up];
        let lives = lease.expires.duration_since(lease.issued).as_millis();
        let lives_ms = u64::try_from(lives).unwrap_or(0);
        let seen = [
            ("the role's limits give", limits.ttl_ms(), 0),
            ("the answer granted", record.ttl_ms, 0),
            ("the lease lives", lives_ms, ROUNDING_MS),
        ];
        for (what, ms, tolerance) in seen.into_iter().filter(|_| stated.default_ms > 0) {
            if ms.abs_diff(stated.default_ms) > tolerance {
                let observed = format!("{what} {} s, the drill says {} s", ms / 1000, stated.default_ms / 1000);
                return Err((Reason::MetadataDiffers, observed, events));
            }
        }
        let cap = limits.cap_ms();
        if stated.max_ms > 0 && cap != stated.max_ms {
            let observed =
                format!("it can be renewed up to {} s, the drill says {} s", cap / 1000, stated.max_ms / 1000);
            return Err((Reason::MetadataDiffers, observed, events));
        }
        Ok((format!("{} s, at most {} s", record.ttl_ms / 1000, cap / 1000), events))
    };
    settle(view, "the TTL in force is the stated one", found())
}

/// Every credential has a lease that the authority knows under its id, in the tenant's namespace.
pub fn lease(view: &View<'_>) -> Found {
    let found = || {
        let subjects = chain::subjects(view);
        if subjects.is_empty() {
            return Err(not_issued());
        }
        let mut events = Vec::new();
        for (member, (issued, record)) in (0..).zip(&subjects) {
            let (seq, lease) = lease_of(view, member)?;
            events.extend([*issued, seq]);
            let same =
                (&lease.id, &lease.namespace, lease.renewable) == (&record.id, &record.namespace, record.renewable);
            if !same {
                let observed = format!("the authority knows {} in {}", lease.id, lease.namespace);
                return Err((Reason::MetadataDiffers, observed, events));
            }
        }
        Ok((format!("{} looked up", subjects.len()), events))
    };
    settle(view, "the authority knows the lease by its id, in the tenant's namespace", found())
}
