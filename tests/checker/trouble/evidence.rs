//! The evidence is not what happened.

use crate::play::Generated;
use crate::rng::Rng;
use crate::world::{NEVER, unreachable};
use drill::history::{Body, Event};

fn somewhere(generated: &Generated, rng: &mut Rng) -> usize {
    usize::try_from(rng.within(1, generated.history.events.len() as u64 - 1)).unwrap_or(1)
}

/// All times of an event.
pub fn times(event: &mut Event, f: &mut dyn FnMut(&mut u64)) {
    f(&mut event.at_us);
    match &mut event.body {
        Body::Step { from_us, .. } => f(from_us),
        Body::Issued { sent_us, received_us: done_us, .. }
        | Body::Probe { sent_us, done_us, .. }
        | Body::Trigger { sent_us, done_us, .. }
        | Body::Inventory { sent_us, done_us, .. } => {
            f(sent_us);
            f(done_us);
        }
        Body::Grant { grant } => {
            f(&mut grant.sent_us);
            f(&mut grant.done_us);
        }
        Body::Fault { from_us, healed_us, .. } => {
            f(from_us);
            healed_us.iter_mut().for_each(f);
        }
        _ => {}
    }
}

/// The run's clock jumps: forward, and all that is to come with it (a machine that slept; a TTL would not wait); or back, which no
/// clock of a run may.
pub fn clock_step(generated: &mut Generated, rng: &mut Rng) {
    let i = somewhere(generated, rng);
    let events = &mut generated.history.events;
    let at = events[i].at_us;
    let requested = generated.history.head.drills[0].scenarios[0].trigger.is_requested();
    if requested && rng.percent(50) {
        let by = rng.log_within(1_000, 10_000_000);
        let forward = |us: &mut u64| *us += if *us >= at && *us != NEVER { by } else { 0 };
        for event in events.iter_mut() {
            times(event, &mut { forward });
        }
        let truth = &mut generated.truth;
        for us in [&mut truth.origin_us, &mut truth.end_us, &mut truth.death_us, &mut truth.unasked_us] {
            forward(us);
        }
        truth.sessions.iter_mut().for_each(|(_, us)| forward(us));
        forward(&mut truth.last_granted_us);
        truth.gap_us += by;
    } else {
        // Far enough to be seen: less than the time since the last event cannot be told from a fast clock.
        let before = events.iter().map(|e| e.at_us).filter(|us| *us < at).max().unwrap_or(0);
        let by = at - before + rng.log_within(1, 900_000);
        let back = |us: &mut u64| *us = if *us >= at { us.saturating_sub(by) } else { *us };
        for event in events.iter_mut() {
            times(event, &mut { back });
        }
        generated.untouched = false;
    }
}

/// The run was killed, or its disk was full.
pub fn truncated(generated: &mut Generated, rng: &mut Rng) {
    let i = somewhere(generated, rng);
    generated.history.events.truncate(i);
    generated.untouched = false;
}

/// Lines are missing, or there twice.
pub fn lost(generated: &mut Generated, rng: &mut Rng) {
    for _ in 0..rng.within(1, 4) {
        let i = somewhere(generated, rng);
        if rng.percent(80) {
            generated.history.events.remove(i);
        } else {
            let twice = generated.history.events[i].clone();
            generated.history.events.insert(i, twice);
        }
    }
    generated.untouched = false;
}

/// The lines are in another order than they were written: their numbers tell.
pub fn reordered(generated: &mut Generated, rng: &mut Rng) {
    for _ in 0..rng.within(1, 30) {
        let (i, j) = (somewhere(generated, rng), somewhere(generated, rng));
        generated.history.events.swap(i, j);
    }
}

/// Some questions got no answer although the server was up.
pub fn unanswered(generated: &mut Generated, rng: &mut Rng) {
    let percent = rng.within(1, 30);
    for event in &mut generated.history.events {
        if let Body::Probe { saw, .. } = &mut event.body
            && rng.percent(percent)
        {
            *saw = unreachable(false);
        }
    }
}
