//! The door treats everybody alike for a while.

use crate::rng::Rng;
use crate::spec::Spec;
use crate::world::{Mode, NEVER, Window};

fn window(spec: &Spec, rng: &mut Rng, mode: Mode) -> Window {
    let from = spec.critical(rng);
    // As long as a part of a probe, or as long as the whole watch.
    let to = from + rng.log_within(spec.timing.latency_us / 8, 3_000_000);
    Window { from, to, mode }
}

fn add(spec: &mut Spec, rng: &mut Rng, mode: Mode, most: u64) {
    for _ in 0..rng.within(1, most) {
        let window = window(spec, rng, mode);
        spec.world.windows.push(window);
    }
}

/// The credential may live on behind the trouble.
fn or_lives(spec: &mut Spec, rng: &mut Rng) {
    match rng.within(0, 2) {
        0 => {}
        1 => spec.dies_somewhen(rng),
        _ => spec.dies(NEVER, rng),
    }
}

pub fn unreachable(spec: &mut Spec, rng: &mut Rng) {
    or_lives(spec, rng);
    let silent = rng.percent(30);
    add(spec, rng, Mode::Unreachable(silent), 3);
}

/// The server is away when the credential dies.
pub fn across_death(spec: &mut Spec, rng: &mut Rng) {
    let dies = spec.dying_us();
    let from = dies - rng.log_within(1, 20 * spec.timing.latency_us).min(dies / 2);
    let to = if rng.percent(10) { NEVER } else { dies + rng.log_within(1, 3_000_000) };
    spec.world.windows.push(Window { from, to, mode: Mode::Unreachable(rng.percent(50)) });
}

/// The drill declares the outage: exposure counts from its heal.
pub fn declared(spec: &mut Spec, rng: &mut Rng) {
    let from = spec.trigger_us - rng.log_within(1, 5 * spec.timing.latency_us);
    let to = spec.trigger_us + rng.log_within(1_000, 1_500_000);
    spec.declared_fault(from, to);
    spec.world.windows.push(Window { from, to, mode: Mode::Unreachable(rng.percent(50)) });
    let away = to - spec.trigger_us;
    for (_, end) in &mut spec.world.life {
        *end = if rng.percent(30) { *end } else { end.saturating_add(away) };
    }
    if rng.percent(20) {
        spec.dies(NEVER, rng);
    }
}

/// Once, for a while: the design's own example, which must never pass wrongly.
pub fn refuses_all(spec: &mut Spec, rng: &mut Rng) {
    or_lives(spec, rng);
    add(spec, rng, Mode::RefusesAll, 1);
}

pub fn lets_all_in(spec: &mut Spec, rng: &mut Rng) {
    if rng.percent(30) {
        spec.dies_somewhen(rng);
    }
    add(spec, rng, Mode::LetsAllIn, 2);
}

pub fn another(spec: &mut Spec, rng: &mut Rng) {
    or_lives(spec, rng);
    let refuses = rng.percent(50);
    add(spec, rng, Mode::Another(refuses), 2);
}

pub fn babbles(spec: &mut Spec, rng: &mut Rng) {
    or_lives(spec, rng);
    add(spec, rng, Mode::Babbles, 3);
}

/// Up, down, refusing and granting in turns.
pub fn flapping(spec: &mut Spec, rng: &mut Rng) {
    or_lives(spec, rng);
    let modes = [Mode::RefusesAll, Mode::RefusesAll, Mode::Unreachable(false), Mode::LetsAllIn];
    let mode = rng.pick(&modes);
    let mixed = rng.percent(50);
    let mut at = spec.critical(rng);
    for _ in 0..rng.within(3, 30) {
        let to = at + rng.log_within(spec.timing.latency_us / 4, 400_000);
        let mode = if mixed { rng.pick(&modes) } else { mode };
        spec.world.windows.push(Window { from: at, to, mode });
        at = to + rng.log_within(spec.timing.latency_us / 4, 400_000);
    }
}
