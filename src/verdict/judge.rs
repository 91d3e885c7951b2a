//! From a history to its verdicts. Total: whatever the history holds, there is a verdict.

use super::check::{Check, checks_of, not_judged};
use super::found::Found;
use super::line::Seen;
use super::reason::Reason;
use super::view::{Run, View};
use super::{CheckVerdict, DrillVerdict, Exposure, Outcome, ScenarioVerdict, Verdicts};
use super::{access, audit, except, expire, metadata, outage, policy, renew, residue, sessions, trigger};
use crate::definition::{DrillPlan, ScenarioPlan};
use crate::history::{Body, History, Part};
use jiff::SignedDuration;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Judges a history: the same history, the same verdicts, whenever and wherever.
pub fn judge(history: &History) -> Verdicts {
    let (run, interrupted) = whole(history);
    let drills: Vec<DrillVerdict> = history.head.drills.iter().map(|d| drill(history, d, run)).collect();
    let worst = drills.iter().map(|d| d.outcome).max();
    // Nothing judged is nothing proved.
    let outcome = worst.unwrap_or(Outcome::Inconclusive);
    let outcome = if interrupted.is_some() { outcome.max(Outcome::Inconclusive) } else { outcome };
    let exceptions = except::uses(&history.head, &drills);
    Verdicts { outcome, interrupted, drills, exceptions }
}

/// One scenario's observations as they are judged: for those who draw them.
pub fn view<'a>(history: &'a History, drill: &'a DrillPlan, plan: &'a ScenarioPlan) -> View<'a> {
    View::new(history, drill, plan, whole(history).0)
}

/// The run as a whole, and by what it was interrupted.
fn whole(history: &History) -> (Run, Option<String>) {
    let interrupted = history.events.iter().find_map(|e| match &e.body {
        Body::Interrupted { by } => Some(by.clone()),
        _ => None,
    });
    let (complete, timed) = in_order(history);
    (Run { complete, timed, interrupted: interrupted.is_some() }, interrupted)
}

/// The events are numbered from 1 without holes or doubles: none is lost but perhaps the last ones, which the scenarios' ends tell.
/// And whether their clock never goes back.
fn in_order(history: &History) -> (bool, bool) {
    let mut order: Vec<(u64, u64)> = history.events.iter().map(|e| (e.seq, e.at_us)).collect();
    order.sort_unstable();
    (order.iter().zip(1..).all(|((seq, _), n)| *seq == n), order.windows(2).all(|w| w[0].1 <= w[1].1))
}

fn drill(history: &History, plan: &DrillPlan, run: Run) -> DrillVerdict {
    let scenarios: Vec<ScenarioVerdict> = plan.scenarios.iter().map(|s| scenario(history, plan, s, run)).collect();
    let outcome = scenarios.iter().map(|s| s.outcome).max().unwrap_or(Outcome::Inconclusive);
    DrillVerdict { drill: plan.drill.clone(), outcome, scenarios, not_judged: not_judged(plan) }
}

fn scenario(history: &History, drill: &DrillPlan, plan: &ScenarioPlan, run: Run) -> ScenarioVerdict {
    let view = View::new(history, drill, plan, run);
    let mut checks = Vec::new();
    let mut exposures: Vec<Exposure> = Vec::new();
    let mut bracket: Vec<(String, Outcome)> = Vec::new();
    for (check, of) in checks_of(drill, plan) {
        let name = of.as_ref().map_or(check.id().to_string(), |of| format!("{}@{of}", check.id()));
        let premises: Vec<(&str, Outcome)> = bracket.iter().map(|(id, o)| (id.as_str(), *o)).collect();
        let door = of.clone().unwrap_or_else(|| drill.doors.first().cloned().unwrap_or_default());
        let found = catch_unwind(AssertUnwindSafe(|| find(check, &view, &door, &premises)))
            .unwrap_or_else(|_| Found::unknown(Reason::CheckerPanicked, "", "the check could not be judged", vec![]));
        if matches!(check, Check::AcceptedBefore | Check::BogusRefused) {
            bracket.push((name.clone(), found.outcome));
        }
        exposures.extend(found.exposure.clone());
        let mut verdict = verdict(&view, check, check.id(), &name, of, found);
        // What rests on a check has seen it as it is; only now is its failure permitted.
        except::cover(view.head, &mut verdict);
        checks.push(verdict);
    }
    checks.sort_by_key(|c| std::cmp::Reverse(c.outcome));
    exposures.sort_by_key(|e| (e.session, e.upper_us.is_some(), std::cmp::Reverse(e.lower_us)));
    let outcome = checks.iter().map(|c| c.outcome).max().unwrap_or(Outcome::Inconclusive);
    ScenarioVerdict { scenario: plan.scenario.clone(), outcome, exposures, checks }
}

fn find(check: Check, view: &View<'_>, of: &str, premises: &[(&str, Outcome)]) -> Found {
    match check {
        Check::AcceptedBefore => access::accepted_before(view, of).resting_on(view.whole, &[]),
        Check::BogusRefused => access::bogus_refused(view, of).resting_on(view.whole, &[]),
        Check::Allowed => access::allowed(view).resting_on(view.whole, &[]),
        Check::Denied => access::denied(view).resting_on(view.whole, &[]),
        Check::Acknowledged => trigger::acknowledged(view),
        Check::RefusedAtBackend => trigger::refused_at_backend(view, of, premises),
        Check::Exposure => trigger::exposure_within(view, of, premises),
        Check::Sessions => match view.plan.sessions.get(of) {
            Some(claim) => sessions::sessions(view, of, *claim, premises),
            None => Found::unknown(Reason::NotObserved, "", "no claim", vec![]),
        },
        Check::ControlAlive => trigger::control_alive(view, of),
        Check::NoResidue => residue::no_residue(view),
        Check::StaysDead => trigger::stays_dead(view, of, premises),
        Check::ServiceReturns => trigger::service_returns(view, of),
        Check::FailsClosed => outage::fails_closed(view, of),
        Check::NotEarly => expire::not_early(view, of, premises),
        Check::RenewExtended => renew::extended(view, of),
        Check::RenewCapped => renew::capped(view),
        Check::DeadAfterCap => renew::dead_after_cap(view, of, premises),
        Check::ReissueRefused => policy::reissue_refused(view),
        Check::Dynamic => metadata::dynamic(view),
        Check::MetadataOwner => metadata::owner(view),
        Check::MetadataTenant => metadata::tenant(view),
        Check::MetadataScope => metadata::scope(view),
        Check::MetadataTtl => metadata::ttl(view),
        Check::MetadataLease => metadata::lease(view),
        Check::RoleRefused => policy::role_refused(view),
        Check::ScopeRefused => policy::scope_refused(view),
        Check::TtlCapped => policy::ttl_capped(view),
        Check::TenantIsolated => policy::tenant_isolated(view, of),
        Check::ParentUnreadable => policy::parent_unreadable(view),
        Check::ParentRotated => policy::parent_rotated(view, of),
        Check::AuditIssuance => audit::issuance(view),
        Check::AuditRevocation => audit::revocation(view),
        Check::AuditLinked => audit::linked(view),
        Check::AuditActor => audit::actor(view),
        Check::AuditTenant => audit::tenant(view),
        Check::AuditNoSecret => audit::no_secret(view),
    }
}

fn verdict(view: &View<'_>, check: Check, id: &str, name: &str, of: Option<String>, found: Found) -> CheckVerdict {
    let red = found.outcome != Outcome::Passed;
    let problem = (found.outcome == Outcome::Inconclusive).then(|| problem(view)).flatten();
    let trigger = id.starts_with("trigger.") || id.starts_with("expire.");
    let full = |id: &str| format!("{}/{}/{id}", view.drill.drill, view.plan.scenario);
    CheckVerdict {
        id: full(name),
        check: check.id().to_string(),
        of,
        outcome: found.outcome,
        reason: found.reason.text().0.to_string(),
        expected: found.expected,
        observed: problem.map_or(found.observed.clone(), |p| format!("{} ({p})", found.observed)),
        when: (red && trigger).then(|| when(view, found.exposure.as_ref())).flatten(),
        control: (red && trigger).then(|| control(view)).flatten(),
        means: red.then(|| found.reason.text().1.to_string()),
        look_at: view.plan.at.clone(),
        events: ranges(found.events),
        exception: None,
        premise: found.premise.map(|p| full(&p)),
    }
}

/// What kept the scenario, or the whole drill, from being run as it should.
fn problem(view: &View<'_>) -> Option<String> {
    view.events.iter().find_map(|e| match &e.body {
        Body::Problem { step, what } => Some(format!("{step}: {what}")),
        _ => None,
    })
}

fn when(view: &View<'_>, exposure: Option<&Exposure>) -> Option<String> {
    // What stands in a file may be beyond all calendars.
    let wall = |us: u64| {
        let since = SignedDuration::from_micros(i64::try_from(us).unwrap_or(i64::MAX));
        let at = view.head.started.checked_add(since);
        at.map_or_else(|_| "at no time".into(), |at| at.strftime("%H:%M:%S%.3fZ").to_string())
    };
    let mut parts = Vec::new();
    match view.plan.trigger.ttl_ms() {
        None => {
            let trigger = view.trigger()?;
            parts.push(format!("trigger sent {}", wall(trigger.sent_us)));
            parts.push(format!(
                "answered at +{}",
                super::words::ms(i64::try_from(trigger.done_us.saturating_sub(trigger.sent_us)).unwrap_or(0), true)
            ));
        }
        Some(_) => parts.push(format!("TTL ended {}", wall(view.origin()?.from_us))),
    }
    if let Some(last) = exposure.and_then(|e| e.last_accepted_us) {
        parts.push(format!("last accepted {}", wall(last)));
    }
    Some(parts.join(" · "))
}

fn control(view: &View<'_>) -> Option<String> {
    let line = view.line(Part::Control, view.drill.doors.first()?)?;
    let accepted = line.obs.iter().filter(|o| o.seen == Seen::Accepted).count();
    Some(format!("accepted {accepted} of {}", line.obs.len()))
}

/// Inclusive ranges of event numbers.
fn ranges(mut seqs: Vec<u64>) -> Vec<(u64, u64)> {
    seqs.retain(|s| *s > 0);
    seqs.sort_unstable();
    seqs.dedup();
    let mut ranges: Vec<(u64, u64)> = Vec::new();
    for seq in seqs {
        match ranges.last_mut() {
            Some((_, to)) if *to + 1 == seq => *to = seq,
            _ => ranges.push((seq, seq)),
        }
    }
    ranges
}
