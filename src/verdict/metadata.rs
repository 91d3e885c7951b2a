//! Issued credentials have owner, tenant, scope, TTL and lease: as the authority says, never as the drill file does.

use super::brokered;
use super::chain::{self, settle};
use super::found::Found;
use super::reason::Reason;
use super::trail::{Broken, Linked};
use super::view::View;
use crate::credential::Ability;
use crate::definition::Login;
use crate::history::{Body, Lease, Limits, Part, Record};
use std::collections::BTreeSet;

/// A lease's times are whole seconds or nearly.
const ROUNDING_MS: u64 = 1_000;

/// One key of the caller's metadata: of its entity, and of its token where the identity provider states it too.
fn traced(view: &View<'_>, key: &str, stated: &str) -> Linked {
    let (mut events, mut by) = (Vec::new(), "");
    for (member, (issued, record)) in (0..).zip(chain::subjects(view)?) {
        let entry = chain::issuance(view, record)?;
        let (seq, entity) = chain::entity(view, entry)?;
        let mut here = vec![issued, entry.0, seq];
        let mut sources = vec![("its entity", entity.metadata.get(key))];
        if view.drill.credential.can(Ability::Brokered) {
            let (seq, kept, _) = brokered::record(view, member)?;
            here.push(seq);
            sources.push(("the broker's record", Some(if key == "owner" { &kept.owner } else { &kept.tenant })));
            if kept.entity != entity.id {
                let observed = format!("the broker's record is of {}, its audit says {}", kept.entity, entity.id);
                return Err((Reason::MetadataDiffers, observed, here));
            }
        }
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

/// A user that stays is never dynamic: its password is ended by the next one, by nothing else, and everybody has the same. Whatever was
/// observed, that needs an exception.
pub fn dynamic(view: &View<'_>) -> Found {
    let expected = "each consumer gets a user of its own, with a lease that ends it";
    let observed = "a user that stays, with a password that all its consumers share: no lease, no revocation, no expiry of its own";
    match view.issued(&Part::Subject { member: 0 }) {
        Some((seq, ..)) => Found::failed(Reason::NotDynamic, expected, observed, vec![seq]),
        None => Found::unknown(Reason::NotObserved, expected, "none was issued", vec![]),
    }
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
        if view.drill.credential.can(Ability::Brokered) {
            events.extend(recorded_scope(view)?);
            return Ok((format!("role {} as stated, by record", Vec::from_iter(roles).join(", ")), events));
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

/// A broker's roles nobody reads: what it granted stands in the record of each lease.
fn recorded_scope(view: &View<'_>) -> Result<Vec<u64>, Broken> {
    let mut events = Vec::new();
    for member in 0..view.plan.leases.max(1) {
        let (seq, kept, as_stated) = brokered::record(view, member)?;
        events.push(seq);
        if !as_stated {
            let observed = format!("the record says {} of {}/{}", kept.access, kept.bucket, kept.prefix);
            return Err((Reason::MetadataDiffers, observed, events));
        }
    }
    Ok(events)
}

/// What the record of a broker's lease says, what the answer granted, and what the drill states.
fn recorded_ttl(view: &View<'_>, member: u32, record: &Record) -> Linked {
    let wanted_ms = view.plan.stated_ttls(&view.drill.credential).default_ms;
    let (seq, lease) = lease_of(view, member)?;
    let lives_ms = u64::try_from(lease.expires.duration_since(lease.issued).as_millis()).unwrap_or(0);
    let events = vec![seq];
    // The lease's end is a whole second, rounded up.
    for (what, ms, more_ms) in [("the answer granted", record.ttl_ms, 0), ("the lease lives", lives_ms, ROUNDING_MS)] {
        if ms < wanted_ms || ms > wanted_ms + more_ms {
            let observed = format!("{what} {} s, the drill says {} s", ms / 1000, wanted_ms / 1000);
            return Err((Reason::MetadataDiffers, observed, events));
        }
    }
    let states = record.stated_end.filter(|end| *end != lease.expires);
    if let Some(end) = states {
        let observed = format!("it states {end} as its end, the broker's record {}", lease.expires);
        return Err((Reason::MetadataDiffers, observed, events));
    }
    Ok((format!("{} s", record.ttl_ms / 1000), events))
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
    if view.drill.credential.can(Ability::Brokered) {
        return recorded_ttl(view, member, record);
    }
    let stated = view.plan.stated_ttls(&view.drill.credential);
    let (read, limits, _) = limits_of(view, &record.role)?;
    let mut events = vec![read];
    let leased = view.drill.credential.can(Ability::Leases);
    let lives_ms = if leased {
        let (looked_up, lease) = lease_of(view, member)?;
        events.push(looked_up);
        u64::try_from(lease.expires.duration_since(lease.issued).as_millis()).unwrap_or(0)
    } else {
        // What the record says of itself is compared below; there is nothing else to look it up by.
        record.ttl_ms
    };
    // Where the drill states none, the role's own or its mount's must at least be what is granted.
    let (who, wanted) = match stated.default_ms {
        0 => ("the role and its mount say", limits.ttl_ms()),
        ms => ("the drill says", ms),
    };
    if wanted == 0 {
        return Err((Reason::NotObserved, "no TTL is stated anywhere".into(), events));
    }
    // A caller that names its TTL gets another than the role's own.
    let kind = &view.drill.credential;
    let names = kind.can(Ability::CallerNames) && kind.can(Ability::TtlOfRole);
    let named = names && record.twin_of.is_none();
    let role_gives = if named { wanted.min(limits.cap_ms()) } else { limits.ttl_ms() };
    // A password that stays is as old as its role, which this run made: its TTL is what is left of the period.
    let age_ms = match view.issued(&Part::Subject { member }) {
        Some((.., received_us)) if view.drill.credential.can(Ability::Rotates) => received_us / 1000 + ROUNDING_MS,
        _ => 0,
    };
    let seen = [
        ("the role's limits give", role_gives, 0),
        ("the answer granted", record.ttl_ms, if names { ROUNDING_MS } else { age_ms }),
        (if leased { "the lease lives" } else { "it lives" }, lives_ms, ROUNDING_MS.max(age_ms)),
    ];
    for (what, ms, tolerance) in seen {
        if ms.abs_diff(wanted) > tolerance || (age_ms > 0 && ms > wanted) {
            let observed = format!("{what} {} s, {who} {} s", ms / 1000, wanted / 1000);
            return Err((Reason::MetadataDiffers, observed, events));
        }
    }
    let (cap, max) = (limits.cap_ms(), if named { view.drill.credential.ttls().max_ms } else { stated.max_ms });
    if max > 0 && cap != max {
        let observed = format!("it can be renewed up to {} s, the drill says {} s", cap / 1000, max / 1000);
        return Err((Reason::MetadataDiffers, observed, events));
    }
    Ok((format!("{} s, at most {} s", record.ttl_ms / 1000, cap / 1000), events))
}

/// Every credential has a lease that the authority knows under its id, in the tenant's namespace. A kind without leases has a record: an
/// id, and the end that the credential itself states.
pub fn lease(view: &View<'_>) -> Found {
    if !view.drill.credential.can(Ability::Leases) {
        return settle(view, "the record names the credential and its own end", recorded(view));
    }
    let found = || {
        let subjects = chain::subjects(view)?;
        let mut events = Vec::new();
        for (member, (issued, record)) in (0..).zip(&subjects) {
            if record.id.is_empty() {
                let observed = "it was issued without a lease: nothing ends it before its own end";
                return Err((Reason::MetadataMissing, observed.into(), vec![*issued]));
            }
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

fn recorded(view: &View<'_>) -> Linked {
    let subjects = chain::subjects(view)?;
    let mut events = Vec::new();
    let mut ends = None;
    for (issued, record) in &subjects {
        events.push(*issued);
        if record.id.is_empty() {
            return Err((Reason::MetadataMissing, "nothing names it: nobody could end it alone".into(), events));
        }
        let Some(end) = record.stated_end else {
            let observed = format!("nothing says when {} ends", record.id);
            return Err((Reason::MetadataMissing, observed, events));
        };
        ends = Some(end);
    }
    let until = ends.map(|end| format!(", valid until {end:.0}")).unwrap_or_default();
    Ok((format!("{} without a lease, by record{until}", subjects.len()), events))
}
