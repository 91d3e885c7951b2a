//! The credential, its control and its sessions die otherwise than they should.

use crate::rng::Rng;
use crate::spec::Spec;
use crate::world::NEVER;
use drill::observation::Meaning;

/// In time, near the limit, after it, or never.
pub fn any_death(spec: &mut Spec, rng: &mut Rng) {
    spec.dies_somewhen(rng);
    spec.world.denied_percent = rng.pick(&[0, 0, 10]);
    spec.world.meaning = Some(rng.pick(&[Meaning::Both, Meaning::Both, Meaning::Dead, Meaning::Bogus]));
}

/// Before the trigger, or before the end that it states.
pub fn early(spec: &mut Spec, rng: &mut Rng) {
    let lead = rng.log_within(1, spec.trigger_us - spec.issued_us.1);
    let at = spec.trigger_us - lead;
    spec.dies(at, rng);
}

/// It comes back, for a while or for good.
pub fn resurrection(spec: &mut Spec, rng: &mut Rng) {
    if rng.percent(20) {
        early(spec, rng);
    }
    let mut at = spec.dying_us();
    spec.world.life[0].1 = at;
    for _ in 0..rng.within(1, 3) {
        let from = at + rng.log_within(1, 2_500_000);
        let to = if rng.percent(40) { NEVER } else { from + rng.log_within(1, 2_000_000) };
        spec.world.life.push((from, to));
        if to == NEVER {
            break;
        }
        at = to;
    }
    if rng.percent(30) {
        spec.world.later_sessions_end = NEVER;
    }
}

/// The control dies too: with the subject, or on its own; its sessions as well.
pub fn control_ended(spec: &mut Spec, rng: &mut Rng) {
    if rng.percent(30) {
        spec.dies_somewhen(rng);
    }
    spec.world.control_end = if rng.percent(50) {
        let dies = spec.world.life[0].1;
        let about = rng.log_within(1, 10 * spec.timing.latency_us);
        if dies == NEVER { spec.trigger_us } else { dies + about - about.min(dies) / 2 }
    } else {
        spec.critical(rng)
    };
    if rng.percent(70) {
        spec.world.control_sessions_end = spec.world.control_end;
    }
    if rng.percent(20) {
        spec.world.reissued_end = 0;
    }
}

/// Access ends by policy: the credential is let in and may do nothing.
pub fn denied(spec: &mut Spec, rng: &mut Rng) {
    spec.dies_somewhen(rng);
    spec.world.ends_denied = true;
}

/// Sessions outlive the credential, or the server keeps one that nobody holds.
pub fn sessions_left(spec: &mut Spec, rng: &mut Rng) {
    spec.kinds = vec!["idle"];
    if rng.percent(50) {
        spec.kinds.push("reconnecting");
    }
    spec.may_outlive = rng.percent(30);
    if rng.percent(60) {
        spec.world.sessions_end = spec.trigger_us + spec.session_limit_us + rng.log_within(1, 3_000_000);
    }
    spec.world.later_sessions_end = if rng.percent(30) { NEVER } else { spec.world.sessions_end };
    spec.orphan = rng.percent(20);
    if rng.percent(10) {
        spec.world.control_sessions_end = spec.world.sessions_end;
    }
}

/// Whoever probes stops too early, comes too seldom, or leaves out the end.
pub fn sloppy(spec: &mut Spec, rng: &mut Rng) {
    spec.dies_somewhen(rng);
    if rng.percent(60) {
        spec.timing.tail_us = rng.within(0, 1_000_000);
    }
    if rng.percent(60) {
        spec.timing.end_us = None;
    }
    if rng.percent(40) {
        spec.timing.fast_gap_us = rng.log_within(1_000, 800_000);
    }
    if rng.percent(10) && spec.trigger.is_requested() {
        spec.ack = None;
        spec.heard = false;
        spec.dies(NEVER, rng);
    }
}
