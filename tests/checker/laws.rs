//! What holds of every history, whatever its truth.

use super::hand;
use super::many::histories;
use super::rng::Rng;
use super::second::Case;
use super::trouble::{KINDS, generate, times};
use super::world::{OURS, accepted, unreachable};
use drill::history::{Ack, Body, Event, History, Part};
use drill::observation::Saw;
use drill::verdict::{Outcome, ScenarioVerdict, judge};
use jiff::SignedDuration;

/// A law is tried on one history for so many of the checker's.
const EACH: u64 = 100;
/// But on no more of a kind.
const MOST: u64 = 300;
/// Changes to each of them.
const CHANGES: u64 = 8;

fn scenario(history: &History) -> ScenarioVerdict {
    judge(history).drills.remove(0).scenarios.remove(0)
}

/// Runs `law` on some histories of every kind.
pub fn on_all(law: impl Fn(&str, &History, &mut Rng) + Sync) {
    let (law, threads) = (&law, std::thread::available_parallelism().map_or(1, std::num::NonZero::get));
    std::thread::scope(|scope| {
        for thread in 0..threads {
            scope.spawn(move || {
                for (kind, named) in KINDS.iter().enumerate().filter(|(kind, _)| kind % threads == thread) {
                    for seed in 0..histories().div_ceil(EACH).min(MOST) {
                        let name = format!("{}-{seed}", named.name);
                        law(&name, &generate(kind, seed).history, &mut Rng::new(kind as u64, !seed));
                    }
                }
            });
        }
    });
}

/// Of two judgements of the same checks: those that became better than `from`.
fn became(before: &ScenarioVerdict, after: &ScenarioVerdict, from: &[Outcome], to: Outcome) -> Vec<String> {
    let now = |id: &str| after.checks.iter().find(|c| c.id == id).map(|c| c.outcome);
    let changed = before.checks.iter().filter(|c| from.contains(&c.outcome) && now(&c.id) == Some(to));
    changed.map(|c| format!("{} was {:?} ({})", c.id, c.outcome, c.reason)).collect()
}

const RED: &[Outcome] = &[Outcome::Failed, Outcome::Inconclusive];

/// An event; those that are no probes are few, and picked as often.
fn any(history: &History, rng: &mut Rng) -> usize {
    let facts: Vec<usize> =
        (0..history.events.len()).filter(|i| !matches!(history.events[*i].body, Body::Probe { .. })).collect();
    if rng.percent(50) {
        return rng.pick(&facts);
    }
    usize::try_from(rng.within(0, history.events.len() as u64 - 1)).unwrap()
}

/// Whoever was asked did not answer.
fn silence(body: &mut Body) {
    match body {
        Body::Probe { saw, .. } | Body::Statement { saw, .. } => *saw = unreachable(false),
        Body::Trigger { ack, .. } => *ack = Ack::NoAnswer { why: "end of file".into() },
        Body::Attempt { attempt } => (attempt.status, attempt.lease_known) = (0, None),
        Body::Grant { grant } => (grant.status, grant.granted_ms) = (0, 0),
        Body::Search { search } => (search.control_found, search.found) = (false, 0),
        Body::AuditLog { marked, .. } => *marked = false,
        _ => {}
    }
}

#[test]
fn shifting_all_times_changes_nothing() {
    on_all(|name, history, rng| {
        let by = rng.within(1, 1 << 40);
        let mut shifted = history.clone();
        shifted.events.iter_mut().for_each(|e| times(e, &mut |us: &mut u64| *us += by));
        shifted.head.started -= SignedDuration::from_micros(i64::try_from(by).unwrap());
        let (one, two) = (scenario(history), scenario(&shifted));
        assert_eq!(one.checks, two.checks, "{name} shifted by {by} µs");
        let spans = |s: &ScenarioVerdict| s.exposures.iter().map(|e| (e.lower_us, e.upper_us)).collect::<Vec<_>>();
        assert_eq!(spans(&one), spans(&two), "{name} shifted by {by} µs");
    });
}

#[test]
fn deleting_an_event_never_makes_a_pass() {
    on_all(|name, history, rng| {
        let before = scenario(history);
        for _ in 0..CHANGES {
            let (i, mut less) = (any(history, rng), history.clone());
            let seq = less.events.remove(i).seq;
            if less.events.iter().any(|e| e.seq == seq) {
                continue; // It was there twice: one too few is the truth again.
            }
            let better = became(&before, &scenario(&less), RED, Outcome::Passed);
            assert!(better.is_empty(), "{name} without its event {i}: {better:?}");
        }
    });
}

/// The subject is let in.
fn lets_in(body: &Body) -> bool {
    matches!(body, Body::Probe { series, saw, .. } if matches!(series.part, Part::Subject { .. }) && saw.is_acceptance())
}

/// Families of checks that ask when the subject died.
const RESTS_ON_DEATH: &[&str] = &["/trigger.", "/audit.", "/expire.", "/renew."];

/// An answer without which a refusal does not count: the refusal itself, and the control's acceptance.
fn vouches(body: &Body) -> bool {
    let Body::Probe { series, saw, .. } = body else { return false };
    match series.part {
        Part::Control => saw.is_acceptance(),
        Part::Subject { .. } => matches!(saw, Saw::Refused { .. }),
        _ => false,
    }
}

#[test]
fn losing_an_answer_never_makes_a_pass() {
    on_all(|name, history, rng| {
        let before = scenario(history);
        for _ in 0..CHANGES {
            let mut silent = history.clone();
            let lost: Vec<usize> = (0..rng.within(1, 3)).map(|_| any(history, rng)).collect();
            for i in &lost {
                silence(&mut silent.events[*i].body);
            }
            let mut better = became(&before, &scenario(&silent), RED, Outcome::Passed);
            // An acceptance is what shows that a credential came back: with it goes the failure, and nothing else.
            if lost.iter().any(|i| lets_in(&history.events[*i].body)) {
                better.retain(|what| !what.contains("trigger.stays-dead"));
            }
            // A refusal that counts, and silence after it, is inconclusive (truth rule 2e). Without its own answer or the control's that
            // refusal counts no more, and the later ones decide: what rests on the death can pass then, and truly. That none of them
            // passes wrongly is for `many` to say.
            if lost.iter().any(|i| vouches(&history.events[*i].body)) {
                better.retain(|what| !RESTS_ON_DEATH.iter().any(|family| what.contains(family)));
            }
            assert!(better.is_empty(), "{name} with the answers of events {lost:?} lost: {better:?}");
        }
    });
}

#[test]
fn an_acceptance_after_the_limit_of_an_answered_trigger_fails() {
    on_all(|name, history, _| {
        let case = Case::new(history);
        let Some(late_us) = case.origin().filter(|_| case.heard() && case.timed()).map(|(_, to)| to + case.limit())
        else {
            return;
        };
        for i in 0..history.events.len() {
            let Body::Probe { series, sent_us, .. } = &history.events[i].body else { continue };
            if !matches!(series.part, Part::Subject { .. }) || *sent_us <= late_us {
                continue;
            }
            let mut late = history.clone();
            if let Body::Probe { saw, .. } = &mut late.events[i].body {
                *saw = accepted(OURS);
            }
            let verdict = scenario(&late);
            for id in ["trigger.refused-at-backend", "trigger.exposure"] {
                let check = verdict.checks.iter().find(|c| c.check == id).unwrap();
                assert_eq!(check.outcome, Outcome::Failed, "{name}, event {i} accepted: {id} ({})", check.reason);
            }
            return;
        }
    });
}

/// The times of the same series around an event.
fn neighbours(events: &[Event], i: usize) -> Option<(u64, u64)> {
    let Body::Probe { series: own, n: own_n, .. } = &events[i].body else { return None };
    let at = |wanted: u32, done: bool| {
        events.iter().find_map(|e| match &e.body {
            Body::Probe { series, n, sent_us, done_us, .. } if series == own && *n == wanted => {
                Some(if done { *done_us } else { *sent_us })
            }
            _ => None,
        })
    };
    Some((at(own_n - 1, true).unwrap_or(0), at(own_n + 1, false).unwrap_or(u64::MAX / 4)))
}

#[test]
fn a_wider_probe_never_makes_a_failure() {
    on_all(|name, history, rng| {
        let before = scenario(history);
        for _ in 0..CHANGES {
            let (i, mut wide) = (any(history, rng), history.clone());
            let Some((from, to)) = neighbours(&history.events, i) else { continue };
            if let Body::Probe { sent_us, done_us, .. } = &mut wide.events[i].body {
                *sent_us -= rng.within(0, sent_us.saturating_sub(from).min(2_000_000));
                *done_us += rng.within(0, to.saturating_sub(*done_us).min(2_000_000));
            }
            let worse = became(&before, &scenario(&wide), &[Outcome::Inconclusive], Outcome::Failed);
            assert!(worse.is_empty(), "{name} with event {i} wider: {worse:?}");
        }
    });
}

#[test]
fn every_failure_names_its_events() {
    on_all(|name, history, _| {
        for check in scenario(history).checks.iter().filter(|c| c.outcome == Outcome::Failed) {
            assert!(!check.events.is_empty(), "{name}: {}", check.id);
        }
    });
}

/// The same of the tables, which reach every failure that there is.
#[test]
fn every_failure_of_a_table_names_its_events() {
    for (what, history, ..) in super::coverage::lines() {
        for check in scenario(&history()).checks.iter().filter(|c| c.outcome == Outcome::Failed) {
            assert!(!check.events.is_empty(), "{what}: {}", check.id);
        }
    }
}

type Sound = (&'static str, fn() -> History);
const SOUND: &[Sound] = &[
    ("revoke", hand::revoke),
    ("expire", hand::expire),
    ("teardown", hand::teardown),
    ("incident", hand::incident),
    ("renew", hand::renew),
];

/// Of these there is more than one piece of evidence: any acceptance, any renewal.
const MANIFOLD: &[&str] = &["access.accepted-before", "renew.extended", "renew.capped"];

#[test]
fn a_sound_history_passes_every_check_and_each_rests_on_what_it_names() {
    for (name, history) in SOUND {
        let (history, verdict) = (history(), scenario(&history()));
        for check in &verdict.checks {
            assert_eq!(check.outcome, Outcome::Passed, "{name}: {} ({}: {})", check.id, check.reason, check.observed);
            for seq in check.events.iter().flat_map(|(from, to)| *from..=*to) {
                // With its number missing, and as if it had never been.
                let mut less = history.clone();
                less.events.retain(|e| e.seq != seq);
                let never = hand::without(less.clone(), |_| false);
                for (what, without) in [("missing", less), ("never written", never)] {
                    let again = scenario(&without);
                    let again = again.checks.iter().find(|c| c.id == check.id).unwrap();
                    let manifold = what == "never written" && MANIFOLD.contains(&check.check.as_str());
                    assert!(manifold || again.outcome != Outcome::Passed, "{name}: {}, event {seq} {what}", check.id);
                }
            }
        }
    }
}

/// What is passed names what it rests on.
#[test]
fn every_pass_of_a_sound_history_names_its_events() {
    for (name, history) in SOUND {
        for check in scenario(&history()).checks {
            assert!(!check.events.is_empty(), "{name}: {}", check.id);
        }
    }
}

#[test]
fn nothing_passes_without_a_control() {
    on_all(|name, history, _| {
        let mut alone = history.clone();
        alone.events.retain(|e| !matches!(&e.body, Body::Probe { series, .. } if series.part == Part::Control));
        for (event, seq) in alone.events.iter_mut().zip(1..) {
            event.seq = seq;
        }
        for check in scenario(&alone)
            .checks
            .iter()
            .filter(|c| c.check.starts_with("trigger.re") || c.check == "trigger.exposure")
        {
            assert_ne!(check.outcome, Outcome::Passed, "{name}: {}", check.id);
        }
    });
}
