//! Issued credentials have owner, tenant, scope, TTL and lease: as the authority says, never as the drill file does.

use super::chain::{self, Broken, Linked, settle};
use super::found::Found;
use super::reason::Reason;
use super::view::View;
use crate::definition::Login;
use crate::history::{Body, Lease, Limits, Part, Record};
use std::collections::BTreeSet;

/// A lease's times are whole seconds or nearly.
const ROUNDING_MS: u64 = 1_000;

/// One key of the caller's metadata: of its entity, and of its token where the identity provider states it too.
fn traced(view: &View<'_>, key: &str, stated: &str) -> Linked {
    let (mut events, mut by) = (Vec::new(), "");
    for (issued, record) in chain::subjects(view)? {
        let entry = chain::issuance(view, record)?;
        let (seq, entity) = chain::entity(view, entry)?;
        let here = vec![issued, entry.0, seq];
        let mut sources = vec![("its entity", entity.metadata.get(key))];
        if view.plan.caller.login == Login::Jwt {
            sources.push(("its token", entry.1.metadata.get(key)));
        }
        for (source, value) in sources {
            match value.map(String::as_str).filter(|v| !v.is_empty()) {
                None => return Err((Reason::MetadataMissing, format!("{source} names no {key}"), here)),
                Some(value) if value != stated => {
                    return Err((Reason::MetadataDiffers, format!("{source} says {value}, the drill {stated}"), here));
                }
                Some(_) => {}
            }
        }
        events.extend(here);
        by = entity.name.as_str();
    }
    let basis = if view.plan.caller.exported { "export" } else { "drill file" };
    Ok((format!("{stated}, by {by} (basis: {basis})"), events))
}

/// Lease → audit entry → entity → owner.
pub fn owner(view: &View<'_>) -> Found {
    settle(view, "the lease leads to an owner", traced(view, "owner", &view.plan.caller.owner))
}

/// Lease → audit entry → entity → tenant, which is the namespace's.
pub fn tenant(view: &View<'_>) -> Found {
    let stated = &view.plan.caller.tenant;
    let found = traced(view, "tenant", stated).and_then(|(observed, mut events)| {
        for (_, record) in chain::subjects(view)? {
            let (seq, tenant) = chain::tenant_of(view, &record.namespace)?;
            events.push(seq);
            if tenant != stated {
                let observed = format!("the namespace {} is {tenant}'s, the drill says {stated}", record.namespace);
                return Err((Reason::MetadataDiffers, observed, events));
            }
        }
        Ok((observed, events))
    });
    settle(view, "the lease leads to a tenant, whose the namespace is", found)
}

fn limits_of<'a>(view: &View<'a>, role: &str) -> Result<(u64, &'a Limits, bool), Broken> {
    let reads = view.facts.iter().filter_map(|e| match &e.body {
        Body::LimitsRead { role: r, limits, as_stated } if r == role => Some((e.seq, limits, *as_stated)),
        _ => None,
    });
    // Read twice, the worse counts: it may have been changed between.
    reads
        .min_by_key(|(.., as_stated)| *as_stated)
        .ok_or_else(|| (Reason::NotObserved, format!("the role {role} was not read back"), vec![]))
}

/// The role's own limits, as they were read back.
pub fn stated_role<'a>(view: &View<'a>) -> Option<(u64, &'a Limits)> {
    limits_of(view, view.drill.credential.role()).ok().map(|(seq, limits, _)| (seq, limits))
}

/// The role grants what the drill states, and nothing else was issued.
pub fn scope(view: &View<'_>) -> Found {
    let found = || {
        let (mut events, mut roles) = (Vec::new(), BTreeSet::new());
        let stated = view.drill.credential.role();
        for (issued, record) in chain::subjects(view)? {
            events.push(issued);
            roles.insert(record.role.as_str());
            if record.role != stated && record.twin_of.as_deref() != Some(stated) {
                let observed = format!("issued from the role {}, the drill says {stated}", record.role);
                return Err((Reason::MetadataDiffers, observed, vec![issued]));
            }
        }
        for role in &roles {
            let (seq, _, as_stated) = limits_of(view, role)?;
            events.push(seq);
            if !as_stated {
                let observed = format!("the role {role} grants something else than the drill states");
                return Err((Reason::MetadataDiffers, observed, events));
            }
        }
        Ok((format!("role {} as stated", Vec::from_iter(roles).join(", ")), events))
    };
    settle(view, "the role at the authority grants what the drill states", found())
}

fn lease_of<'a>(view: &View<'a>, member: u32) -> Result<(u64, &'a Lease), Broken> {
    let wanted = Part::Subject { member };
    let read = view.facts.iter().find_map(|e| match &e.body {
        Body::LeaseRead { part, lease } if *part == wanted => Some((e.seq, lease)),
        _ => None,
    });
    read.ok_or_else(|| (Reason::NotObserved, "the lease was not looked up".into(), vec![]))
}

/// The TTL in force by role, mount and system is what the drill states, and what was granted.
pub fn ttl(view: &View<'_>) -> Found {
    let found = || {
        let (mut events, mut observed) = (Vec::new(), String::new());
        for (member, (issued, record)) in (0..).zip(chain::subjects(view)?) {
            let (seen, here) = granted(view, member, record)?;
            observed = seen;
            events.push(issued);
            events.extend(here);
        }
        Ok((observed, events))
    };
    settle(view, "the TTL in force is the stated one", found())
}

fn granted(view: &View<'_>, member: u32, record: &Record) -> Linked {
    let stated = view.plan.stated_ttls(&view.drill.credential);
    let (read, limits, _) = limits_of(view, &record.role)?;
    let (looked_up, lease) = lease_of(view, member)?;
    let events = vec![read, looked_up];
    // Where the drill states none, the role's own or its mount's must at least be what is granted.
    let (who, wanted) = match stated.default_ms {
        0 => ("the role and its mount say", limits.ttl_ms()),
        ms => ("the drill says", ms),
    };
    if wanted == 0 {
        return Err((Reason::NotObserved, "no TTL is stated anywhere".into(), events));
    }
    let lives_ms = u64::try_from(lease.expires.duration_since(lease.issued).as_millis()).unwrap_or(0);
    let seen = [
        ("the role's limits give", limits.ttl_ms(), 0),
        ("the answer granted", record.ttl_ms, 0),
        ("the lease lives", lives_ms, ROUNDING_MS),
    ];
    for (what, ms, tolerance) in seen {
        if ms.abs_diff(wanted) > tolerance {
            let observed = format!("{what} {} s, {who} {} s", ms / 1000, wanted / 1000);
            return Err((Reason::MetadataDiffers, observed, events));
        }
    }
    let cap = limits.cap_ms();
    if stated.max_ms > 0 && cap != stated.max_ms {
        let observed = format!("it can be renewed up to {} s, the drill says {} s", cap / 1000, stated.max_ms / 1000);
        return Err((Reason::MetadataDiffers, observed, events));
    }
    Ok((format!("{} s, at most {} s", record.ttl_ms / 1000, cap / 1000), events))
}

/// Every credential has a lease that the authority knows under its id, in the tenant's namespace.
pub fn lease(view: &View<'_>) -> Found {
    let found = || {
        let subjects = chain::subjects(view)?;
        let mut events = Vec::new();
        for (member, (issued, record)) in (0..).zip(&subjects) {
            let (seq, lease) = lease_of(view, member)?;
            events.extend([*issued, seq]);
            let same =
                (&lease.id, &lease.namespace, lease.renewable) == (&record.id, &record.namespace, record.renewable);
            if !same || lease.id.is_empty() {
                let observed = format!("the authority knows {} in {}", lease.id, lease.namespace);
                return Err((Reason::MetadataDiffers, observed, events));
            }
        }
        Ok((format!("{} looked up", subjects.len()), events))
    };
    settle(view, "the authority knows the lease by its id, in the tenant's namespace", found())
}
