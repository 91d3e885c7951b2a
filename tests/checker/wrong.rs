//! Verdicts against the truth.

use super::play::Generated;
use super::world::NEVER;
use drill::verdict::{CheckVerdict, Exposure, Outcome, ScenarioVerdict, Verdicts};

/// How much before its end the last acceptance of a credential may have begun, µs.
const NEAR_US: u64 = 250_000;

/// What is wrong with a judgement; empty: nothing.
pub fn wrong(generated: &Generated, verdicts: &Verdicts) -> Vec<String> {
    let scenario = &verdicts.drills[0].scenarios[0];
    let mut wrong: Vec<String> = scenario.exposures.iter().filter_map(|e| interval(generated, e)).collect();
    wrong.extend(scenario.checks.iter().filter_map(|c| check(generated, scenario, c)));
    wrong
}

fn offset(us: u64, origin_us: u64) -> i64 {
    i64::try_from(i128::from(us) - i128::from(origin_us)).unwrap_or(i64::MAX)
}

fn death_of(generated: &Generated, kind: Option<&str>) -> u64 {
    let truth = &generated.truth;
    kind.map_or(truth.death_us, |kind| {
        truth.sessions.iter().find(|(k, _)| *k == kind).map_or(NEVER, |(_, death)| *death)
    })
}

fn interval(generated: &Generated, exposure: &Exposure) -> Option<String> {
    let death = death_of(generated, exposure.session.then_some(exposure.of.as_str()));
    let truth = offset(death, generated.truth.origin_us);
    let within = exposure.lower_us <= truth && exposure.upper_us.is_none_or(|upper| truth <= upper);
    (!within).then(|| format!("{} is {truth} µs, not in {}..{:?}", exposure.of, exposure.lower_us, exposure.upper_us))
}

fn check(generated: &Generated, scenario: &ScenarioVerdict, check: &CheckVerdict) -> Option<String> {
    let truth = &generated.truth;
    let limit = |session: bool| {
        let of = |e: &&Exposure| e.session == session && (!session || Some(&e.of) == check.of.as_ref());
        scenario.exposures.iter().find(of).map(|e| i64::try_from(e.limit_ms).unwrap() * 1000)
    };
    let exposed = offset(death_of(generated, check.of.as_deref()), truth.origin_us);
    let (passes, fails) = match check.check.as_str() {
        "trigger.refused-at-backend" | "trigger.exposure" | "trigger.sessions" => {
            let limit = limit(check.check == "trigger.sessions")?;
            (exposed <= limit, truth.heard && exposed > limit || orphan(check) && truth.orphan)
        }
        "trigger.stays-dead" => {
            let first = scenario.exposures.iter().find(|e| !e.session).and_then(|e| e.first_refused_us);
            let kept = first.map_or(!truth.again, |first| truth.last_granted_us <= first);
            // Which of a cohort was refused when is not told: none of them may have come back.
            let kept = if truth.members > 1 { !truth.again_sent } else { kept };
            (truth.death_us != NEVER && kept, truth.again)
        }
        "expire.not-early" => {
            let by = truth.end_us.saturating_sub(truth.death_us);
            (by <= NEAR_US.max(truth.gap_us), by > 0)
        }
        _ => return None,
    };
    let wrong = match check.outcome {
        Outcome::Passed => !passes,
        Outcome::Failed => !fails,
        _ => false,
    };
    wrong.then(|| format!("wrongly {:?}: {} ({}): {}", check.outcome, check.id, check.reason, check.observed))
}

/// The server itself shows a session that no client holds.
fn orphan(check: &CheckVerdict) -> bool {
    check.observed.starts_with("the server still has")
}
