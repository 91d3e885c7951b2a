//! A sound rotation of a static role, made by hand: no lease, a user that stays, and an old password that ends.

use super::build::ROLE;
use super::hand::{changed, sound as sound_of, without};
use super::proofs::TTL_MS;
use drill::credential::static_role::StaticPlan;
use drill::credential::{CredentialPlan, RoleSource};
use drill::definition::Trigger;
use drill::history::{Body, History, Moment, Part, Stock};

/// The role whose password is rotated.
pub fn role() -> CredentialPlan {
    CredentialPlan::StaticRole(StaticPlan {
        role: ROLE.into(),
        source: RoleSource::Drill,
        username: ROLE.into(),
        rotation_ms: TTL_MS,
        rotation_statements: vec![],
    })
}

fn is_of_a_lease(body: &Body) -> bool {
    match body {
        Body::LeaseRead { .. } | Body::Revoked { .. } => true,
        Body::Inventory { stock, .. } => *stock == Stock::Leases,
        Body::Grant { grant } => grant.renewal,
        _ => false,
    }
}

/// What differs from a lease's event, in place.
fn of_the_role(body: &mut Body) {
    match body {
        Body::Issued { part, record, .. } => {
            record.request_id = Some(format!("issue-{}", part.word()));
            record.id = ROLE.into();
        }
        Body::Audit { entry, .. } if entry.lease_id.is_some() => {
            entry.lease_id = None;
            entry.path = format!("database/static-creds/{ROLE}");
        }
        Body::LimitsRead { limits, .. } => (limits.role_default_ttl_ms, limits.role_max_ttl_ms) = (TTL_MS, TTL_MS),
        Body::Attempt { attempt } => attempt.lease_known = None,
        Body::Grant { grant } => (grant.asked_ms, grant.cap_ms, grant.granted_ms) = (TTL_MS, TTL_MS, TTL_MS),
        Body::Inventory { stock: Stock::Users, moment: Moment::After, present, absent, .. } => {
            let stays = |name: &drill::history::Named| matches!(name.part, Part::Subject { .. });
            present.extend(absent.iter().filter(|name| stays(name)).cloned());
            absent.retain(|name| !stays(name));
        }
        _ => {}
    }
}

/// A rotation.
pub fn sound() -> History {
    let mut history = without(sound_of(Trigger::Rotate, 1), is_of_a_lease);
    history.events.iter_mut().for_each(|e| of_the_role(&mut e.body));
    history.head.drills[0].credential = role();
    history
}

/// The same, the time to the next rotation read as another one.
pub fn with_ttl(ms: u64) -> History {
    changed(sound(), move |body| {
        if let Body::Issued { part: Part::Subject { .. }, record, .. } = body {
            record.ttl_ms = ms;
        }
    })
}
