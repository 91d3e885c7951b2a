//! A full set is ready, and says that it is generated; without leave it is nothing.

use super::set::full;
use drill::gate::{GateOutcome, Met};
use drill::verdict::{Outcome, judge};

#[test]
fn every_generated_check_passes() {
    for evidence in full().evidence {
        for drill in judge(&evidence.history).drills {
            for check in drill.scenarios.iter().flat_map(|s| &s.checks) {
                assert_eq!(check.outcome, Outcome::Passed, "{}: {} ({})", check.id, check.observed, check.reason);
            }
        }
    }
}

#[test]
fn a_full_set_is_ready_and_says_that_it_is_synthetic() {
    let readiness = full().judged();
    for requirement in &readiness.requirements {
        assert_eq!(requirement.outcome, Met::Met, "{requirement:#?}");
    }
    assert_eq!(readiness.outcome, GateOutcome::Ready);
    assert_eq!(readiness.requirements.len(), 9);
    assert!(readiness.synthetic);
    assert_eq!(readiness.systems.len(), 6);
    assert!(readiness.set_aside.is_empty() && readiness.kinds_missing.is_empty());
}

#[test]
fn without_leave_generated_evidence_counts_for_nothing() {
    let mut set = full();
    set.allow_synthetic = false;
    let readiness = set.judged();
    assert_eq!(readiness.outcome, GateOutcome::NotReady);
    assert!(!readiness.synthetic, "nothing synthetic counted");
    assert_eq!(readiness.set_aside.len(), 6);
    assert!(readiness.set_aside.iter().all(|a| a.why.contains("synthetic")), "{:?}", readiness.set_aside);
    assert!(readiness.requirements.iter().all(|r| r.outcome == Met::NotMet), "{:#?}", readiness.requirements);
}
