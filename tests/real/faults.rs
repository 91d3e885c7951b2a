//! Faults that a drill declares: a backend's is judged from its heal, an authority's excuses nothing at the backend.
#![allow(clippy::unwrap_used)] // helpers of tests, not only the tests themselves

use crate::process::{drill, output, root};
use crate::turns::Turn;
use drill::history::{Body, Event, Replay, replay};

/// What a run of the postgres drill with other scenarios says, and its events.
struct Run {
    code: i32,
    out: String,
    events: Vec<Event>,
}

/// Scenarios that are nowhere in the tree, in a drills directory of their own.
fn run(scenarios: &str) -> Run {
    let _turn = Turn::take();
    let dir = tempfile::tempdir().unwrap();
    let shipped = std::fs::read_to_string(root().join("drills/postgres.yaml")).unwrap();
    let head = &shipped[..=shipped.find("\nscenarios:").unwrap()];
    for sub in ["drills", "fixtures/postgres"] {
        std::fs::create_dir_all(dir.path().join(sub)).unwrap();
    }
    std::fs::write(dir.path().join("drills/postgres.yaml"), format!("{head}scenarios:\n{scenarios}")).unwrap();
    let seed = "fixtures/postgres/orders.sql";
    std::fs::copy(root().join(seed), dir.path().join(seed)).unwrap();
    let reports = dir.path().join("reports");
    let (code, out, err) = output(drill(&reports).arg("run").arg("--drills").arg(dir.path().join("drills")));
    let Replay { history, .. } = replay(&reports.join("latest/events.jsonl")).unwrap();
    Run { code, out: out + &err, events: history.events }
}

impl Run {
    /// From when to when, µs.
    fn fault(&self) -> (u64, u64) {
        let fault = self.events.iter().find_map(|e| match &e.body {
            Body::Fault { from_us, healed_us, .. } => Some((*from_us, healed_us.expect("healed"))),
            _ => None,
        });
        fault.expect("a fault")
    }
    fn identities(&self) -> Vec<&str> {
        let backends = self.events.iter().filter_map(|e| match &e.body {
            Body::Server { server, identity, .. } if server == "backend" => Some(identity.as_str()),
            _ => None,
        });
        backends.collect()
    }
    /// Lines of the report that name a check with one of the marks `✗` and `?`.
    fn marked(&self, mark: char) -> Vec<&str> {
        let lines = self.out.lines().filter_map(|l| l.trim_start().strip_prefix(mark)?.split_whitespace().next());
        lines.collect()
    }
}

#[test]
fn a_paused_backend_is_judged_from_its_heal() {
    let run = run(
        "  revoke: { trigger: revoke }\n  outage: { trigger: revoke, fault: { backend: { paused: 4s } }, limit: 2s }\n",
    );
    assert_eq!(run.code, 0, "{}", run.out);
    let (from, healed) = run.fault();
    assert!(healed - from >= 3_000_000, "{from} {healed}");
    assert!(run.out.contains("postgres/outage  PASSED"), "{}", run.out);
    // What it disturbs must not be another scenario's server.
    let identities = run.identities();
    assert!(identities.len() == 2 && identities[0] != identities[1], "{identities:?}");
}

#[test]
fn a_killed_backend_comes_back_as_another_and_is_judged_from_its_heal() {
    let run =
        run("  outage: { trigger: { expire: 8s }, fault: { backend: { killed: 1s } }, limit: 4s, sessions: {} }\n");
    assert_eq!(run.code, 0, "{}", run.out);
    let identities = run.identities();
    assert!(identities.len() == 2 && identities[0] != identities[1], "{identities:?}");
}

#[test]
fn a_revocation_that_a_killed_backend_swallowed_fails() {
    let run = run("  outage: { trigger: revoke, fault: { backend: { killed: 1s } }, limit: 2s, sessions: {} }\n");
    assert_eq!(run.code, 1, "{}", run.out);
    assert_eq!(
        run.marked('✗'),
        ["trigger.refused-at-backend", "trigger.exposure", "trigger.no-residue"],
        "{}",
        run.out
    );
    // The authority could not reach it: that is no verdict on the authority.
    assert!(run.marked('?').contains(&"trigger.acknowledged"), "{}", run.out);
}

#[test]
fn a_sealed_authority_delays_an_expiry_and_excuses_nothing() {
    let run = run("  sealed: { trigger: { expire: 2s }, fault: { authority: { sealed: 3s } }, limit: 8s }\n");
    assert_eq!(run.code, 0, "{}", run.out);
    let (from, healed) = run.fault();
    assert!(healed - from >= 3_000_000, "{from} {healed}");
    let run = self::run("  sealed: { trigger: revoke, fault: { authority: { sealed: 3s } }, limit: 2s }\n");
    assert_eq!(run.code, 1, "{}", run.out);
    for check in ["trigger.acknowledged", "trigger.refused-at-backend", "trigger.sessions@idle"] {
        assert!(run.marked('✗').contains(&check), "{check}: {}", run.out);
    }
}

#[test]
fn a_restart_comes_when_access_has_ended_and_is_looked_at_again() {
    let run = run("  restart: { trigger: revoke, fault: { backend: { restarted: 1s } } }\n");
    assert_eq!(run.code, 0, "{}", run.out);
    let (from, healed) = run.fault();
    assert!(healed - from >= 1_000_000, "{from} {healed}");
    let identities = run.identities();
    assert!(identities.len() == 2 && identities[0] != identities[1], "{identities:?}");
    let pulled = run.events.iter().find_map(|e| match &e.body {
        Body::Trigger { done_us, .. } => Some(*done_us),
        _ => None,
    });
    assert!(pulled.unwrap() < from, "the trigger is not what it meets");
}
