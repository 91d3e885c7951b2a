//! The authority says what is not so, or nothing.

use crate::rng::Rng;
use crate::spec::Spec;
use crate::world::NEVER;
use drill::history::Ack;

/// A TTL is acknowledged by nobody.
fn revoked(spec: &mut Spec) -> bool {
    spec.trigger.is_requested()
}

/// It says yes and does nothing, or does it later.
pub fn lying(spec: &mut Spec, rng: &mut Rng) {
    if rng.percent(70) {
        spec.dies(NEVER, rng);
        spec.world.sessions_end = NEVER;
        spec.heard = rng.percent(50);
    } else {
        spec.dies_somewhen(rng);
    }
}

/// It says nothing: it may have carried it out, or never heard of it.
pub fn lost(spec: &mut Spec, rng: &mut Rng) {
    spec.dies_somewhen(rng);
    if !revoked(spec) {
        return;
    }
    spec.ack = Some(Ack::NoAnswer { why: "time-out after 5000 ms".into() });
    spec.ack_latency_us = rng.log_within(1_000, 5_000_000);
    if rng.percent(50) {
        spec.heard = false;
        // Its TTL, or somebody else, may end it all the same.
        if rng.percent(70) {
            spec.dies(NEVER, rng);
        }
    }
}

/// It says no, and may have done it all the same.
pub fn rejected(spec: &mut Spec, rng: &mut Rng) {
    spec.dies_somewhen(rng);
    if !revoked(spec) {
        return;
    }
    spec.ack = Some(Ack::Rejected { status: 500, message: "failed to revoke".into() });
    if rng.percent(70) {
        spec.dies(NEVER, rng);
        spec.heard = false;
    }
}
