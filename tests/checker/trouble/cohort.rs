//! Several credentials are ended together, or a consumer renews one up to its cap.

use crate::rng::Rng;
use crate::spec::Spec;
use crate::world::NEVER;
use drill::definition::{IncidentOf, Trigger};
use drill::history::Ack;

/// How many there are at most.
const MEMBERS_MAX: u64 = 5;

/// Each dies for itself: some when, before its time, never; or comes back.
fn others(spec: &mut Spec, rng: &mut Rng) {
    for _ in 1..rng.within(2, MEMBERS_MAX) {
        let in_time = spec.trigger_us + rng.within(0, spec.limit_us * 7 / 10);
        let life = match rng.within(0, 19) {
            0 => vec![(0, spec.somewhen(spec.limit_us, rng))],
            1 => vec![(0, spec.trigger_us - rng.log_within(1, spec.trigger_us - spec.issued_us.1))],
            2 => vec![(0, in_time), (in_time + rng.log_within(1, 2_500_000), NEVER)],
            3 => {
                let from = in_time + rng.log_within(1, 2_500_000);
                vec![(0, in_time), (from, from + rng.log_within(1, 2_000_000))]
            }
            4 => vec![(0, NEVER)],
            _ => vec![(0, in_time)],
        };
        spec.world.others.push(life);
    }
}

fn requested(spec: &mut Spec, trigger: Trigger) {
    spec.trigger = trigger;
    spec.timing.tail_us = 1_000_000;
}

/// The caller's token is revoked, and its leases go with it, one after the other.
pub fn teardown(spec: &mut Spec, rng: &mut Rng) {
    requested(spec, Trigger::Teardown);
    if rng.percent(20) {
        spec.dies_somewhen(rng);
    }
    others(spec, rng);
}

/// The caller is banned, its token ended, its role cleared.
pub fn incident(spec: &mut Spec, rng: &mut Rng) {
    requested(spec, Trigger::Incident { of: rng.pick(&[IncidentOf::Role, IncidentOf::Mount]) });
    if rng.percent(20) {
        spec.dies_somewhen(rng);
    }
    others(spec, rng);
}

/// One of its requests is not answered, refused, or never sent; whether it was carried out is another matter.
pub fn incident_unanswered(spec: &mut Spec, rng: &mut Rng) {
    incident(spec, rng);
    let lost = match rng.within(0, 2) {
        0 => Some(Ack::NoAnswer { why: "time-out after 5000 ms".into() }),
        1 => Some(Ack::Rejected { status: 500, message: "failed to revoke".into() }),
        _ => None,
    };
    let yes = spec.ack.clone();
    match rng.within(0, 2) {
        0 => spec.first_acks = vec![lost],
        1 => spec.first_acks = vec![yes, lost],
        _ => (spec.first_acks, spec.ack) = (vec![yes.clone(), yes], lost),
    }
    if rng.percent(40) {
        spec.heard = false;
        spec.dies(NEVER, rng);
        spec.world.others.iter_mut().for_each(|life| *life = vec![(0, NEVER)]);
    }
}

/// A consumer renews all the time; the cap ends it, or something else does before, or nothing.
pub fn renew(spec: &mut Spec, rng: &mut Rng) {
    let cap_ms = rng.within(3_000, 4_500);
    spec.trigger = Trigger::Renew { cap_ms, every_ms: rng.pick(&[300, 500]) };
    spec.trigger_us = spec.issued_us.2 + cap_ms * 1000;
    spec.timing.tail_us = 250_000;
    let in_time = spec.trigger_us + rng.within(0, spec.limit_us * 7 / 10);
    spec.dies(in_time, rng);
    match rng.within(0, 9) {
        0..2 => spec.dies_somewhen(rng),
        2..4 => {
            let early = spec.trigger_us - rng.log_within(1, spec.trigger_us - spec.issued_us.1);
            spec.dies(early, rng);
        }
        _ => {}
    }
}
