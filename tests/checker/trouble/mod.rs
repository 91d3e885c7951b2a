//! The kinds of trouble: each changes a sound spec before it is played, or the history afterwards.

mod authority;
mod cohort;
mod credential;
mod evidence;
mod windows;

pub use evidence::times;

use super::play::{Generated, play};
use super::rng::Rng;
use super::spec::Spec;

/// One kind.
pub struct Kind {
    pub name: &'static str,
    /// What is different in the world.
    world: fn(&mut Spec, &mut Rng),
    /// What is different in the evidence.
    evidence: fn(&mut Generated, &mut Rng),
}

const fn world(name: &'static str, world: fn(&mut Spec, &mut Rng)) -> Kind {
    Kind { name, world, evidence: |_, _| {} }
}

const fn evidence(name: &'static str, evidence: fn(&mut Generated, &mut Rng)) -> Kind {
    Kind { name, world: credential::any_death, evidence }
}

/// All kinds; a history is named by one of them and a seed.
pub const KINDS: &[Kind] = &[
    world("sound", |_, _| {}),
    world("any-death", credential::any_death),
    world("early-death", credential::early),
    world("resurrection", credential::resurrection),
    world("control-ended", credential::control_ended),
    world("denied", credential::denied),
    world("sessions-left", credential::sessions_left),
    world("lying-acknowledgement", authority::lying),
    world("lost-acknowledgement", authority::lost),
    world("refused-trigger", authority::rejected),
    world("unreachable", windows::unreachable),
    world("outage-across-death", windows::across_death),
    world("declared-outage", windows::declared),
    world("refuses-everybody", windows::refuses_all),
    world("lets-everybody-in", windows::lets_all_in),
    world("another-server", windows::another),
    world("babbling", windows::babbles),
    world("flapping", windows::flapping),
    world("sloppy-prober", credential::sloppy),
    world("teardown", cohort::teardown),
    world("incident", cohort::incident),
    world("incident-unanswered", cohort::incident_unanswered),
    world("renew", cohort::renew),
    evidence("clock-step", evidence::clock_step),
    evidence("truncated", evidence::truncated),
    evidence("lost-lines", evidence::lost),
    evidence("reordered", evidence::reordered),
    evidence("unanswered-questions", evidence::unanswered),
    Kind { name: "everything", world: everything, evidence: everything_after },
];

fn everything(spec: &mut Spec, rng: &mut Rng) {
    for _ in 0..rng.within(2, 3) {
        let i = usize::try_from(rng.within(1, KINDS.len() as u64 - 2)).unwrap_or(0);
        (KINDS[i].world)(spec, rng);
    }
}

fn everything_after(generated: &mut Generated, rng: &mut Rng) {
    if rng.percent(30) {
        let i = usize::try_from(rng.within(1, KINDS.len() as u64 - 2)).unwrap_or(0);
        (KINDS[i].evidence)(generated, rng);
    }
}

/// The history of a kind and a seed.
pub fn generate(kind: usize, seed: u64) -> Generated {
    let mut rng = Rng::new(kind as u64, seed);
    let mut spec = Spec::sound(&mut rng);
    (KINDS[kind].world)(&mut spec, &mut rng);
    let mut generated = play(&spec, &mut rng);
    (KINDS[kind].evidence)(&mut generated, &mut rng);
    generated
}

/// A kind's number by its name.
pub fn number(name: &str) -> usize {
    KINDS.iter().position(|k| k.name == name).unwrap_or_else(|| panic!("no kind is called {name}"))
}
