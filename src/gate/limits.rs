//! How much is too much: exposures, TTLs, and how long ago production was looked at.

use super::answer::{Answer, why};
use super::question::Question;
use super::readiness::{Met, Why};
use super::standing::{Shown, Standing};
use super::time::{DAY_MS, interval, span, up_ms};
use crate::credential::Ability;
use crate::definition::DrillPlan;
use crate::history::{Body, Limits};
use crate::verdict::{Check, Exposure, Outcome};
use jiff::civil::Date;
use std::collections::BTreeSet;

/// No exposure of these triggers is longer than the limit.
pub fn exposure(question: &Question<'_>, standing: &Standing<'_>, triggers: &BTreeSet<&'static str>) -> Answer {
    exposure_of(question, standing, |trigger| triggers.contains(trigger))
}

/// The same, of the triggers that are asked for by `of`.
pub fn exposure_of(question: &Question<'_>, standing: &Standing<'_>, of: impl Fn(&str) -> bool) -> Answer {
    let mut answer = Answer::default();
    let mut slowest: Option<(i64, String, u64)> = None;
    for (drill, scenario) in question.drills.iter().flat_map(|d| d.scenarios.iter().map(move |s| (d, s))) {
        if of(scenario.trigger.name()) && standing.of_scenario(&drill.drill, &scenario.scenario).is_empty() {
            answer.lacks(drill, scenario);
        }
    }
    for shown in standing.all().filter(|s| of(s.plan.trigger.name())) {
        let limits = &question.gate.limits;
        let limit_ms = if shown.plan.leases > 1 { limits.exposure_of_many_ms } else { limits.exposure_ms };
        let name = format!("{}/{}", shown.drill.drill, shown.plan.scenario);
        let measured: Vec<&Exposure> = shown.verdict.exposures.iter().collect();
        if !measured.iter().any(|e| !e.session) && !is_excepted(shown, Check::Exposure, None) {
            let what = format!("{name}: how long it lived on was not measured");
            answer.add(of_run(shown, why(Met::Inconclusive, &what, &format!("drill run {name}"))));
        }
        for exposure in measured {
            // Where what was issued is itself shown, nothing ends it but its own end.
            let shown_itself = !exposure.session && shown.drill.credential.limit_at(&exposure.of).is_some();
            let limit_ms = if shown_itself { limits.exposure_of_many_ms } else { limit_ms };
            if let Some(outcome) = too_long(shown, exposure, limit_ms) {
                let session = if exposure.session { " sessions" } else { "" };
                let lived = interval(exposure.lower_us, exposure.upper_us);
                let what = format!("{name}: {}{session} lived on {lived}, limit {}", exposure.of, span(limit_ms));
                answer.add(of_run(shown, why(outcome, &what, "make the end of access faster, and run it again")));
            } else if let Some(upper) = exposure.upper_us
                && slowest.as_ref().is_none_or(|(us, ..)| upper > *us)
            {
                slowest = Some((upper, name.clone(), limit_ms));
            }
        }
    }
    if let Some((upper_us, name, limit_ms)) = slowest {
        answer.shown.push(format!("slowest {} ms ({name}), limit {}", up_ms(upper_us), span(limit_ms)));
    }
    answer
}

/// The judge's own rule, with the gate's limit: too long only if all of the interval is, short enough only if all of it is.
fn too_long(shown: Shown<'_>, exposure: &Exposure, limit_ms: u64) -> Option<Met> {
    let check = if exposure.session { Check::Sessions } else { Check::Exposure };
    if is_excepted(shown, check, Some(&exposure.of)) {
        return None;
    }
    let limit_us = i64::try_from(limit_ms.saturating_mul(1_000)).unwrap_or(i64::MAX);
    match exposure.upper_us {
        Some(upper) if upper <= limit_us => None,
        _ if exposure.lower_us > limit_us => Some(Met::NotMet),
        _ => Some(Met::Inconclusive),
    }
}

/// An exception permits that it lives on. A check of the only door has no suffix.
fn is_excepted(shown: Shown<'_>, check: Check, of: Option<&str>) -> bool {
    let mut checks = shown.checks(check.id()).filter(|c| c.of.is_none() || of.is_none() || c.of.as_deref() == of);
    checks.any(|c| c.outcome == Outcome::Excepted)
}

fn of_run(shown: Shown<'_>, why: Why) -> Why {
    Why { evidence: Some(shown.link()), ..why }
}

/// TTL and max TTL are within the limits, as they were read back of the role itself, not of its twins, or as they were tried.
pub fn ttl(question: &Question<'_>, standing: &Standing<'_>) -> Answer {
    let mut answer = Answer::default();
    let (most, most_max) = (question.gate.limits.ttl_ms, question.gate.limits.max_ttl_ms);
    let (mut longest, mut longest_max) = (0, 0);
    for drill in question.drills {
        let mut read = false;
        for shown in standing.of_drill(&drill.drill) {
            for (ttl_ms, cap_ms) in limits_of(shown).map(|l| (l.ttl_ms(), l.cap_ms())).chain(tried_of(shown)) {
                read = true;
                (longest, longest_max) = (longest.max(ttl_ms), longest_max.max(cap_ms));
                for (what, ms, most) in [("TTL", ttl_ms, most), ("max TTL", cap_ms, most_max)] {
                    if let Some(what) = beyond(what, ms, most) {
                        let what = format!("{}: role {}: {what}", drill.drill, drill.credential.role());
                        let todo = "shorten it at the role or its mount, export it, and run the drill again";
                        answer.add(of_run(shown, why(Met::NotMet, &what, todo)));
                    }
                }
            }
        }
        if !answer.lacks_all(standing, drill) && !read {
            let what = format!("{}: the TTLs of role {} were not read back", drill.drill, drill.credential.role());
            answer.add(why(Met::Inconclusive, &what, &format!("drill run {}", drill.drill)));
        }
    }
    if longest > 0 {
        answer.shown.push(format!("longest TTL {}, max TTL {}", span(longest), span(longest_max)));
    }
    answer
}

fn beyond(what: &str, ms: u64, most: u64) -> Option<String> {
    match ms {
        0 => Some(format!("nobody states a {what}")),
        ms if ms > most => Some(format!("{what} {}, limit {}", span(ms), span(most))),
        _ => None,
    }
}

/// What was read back of the stated role itself.
fn limits_of(shown: Shown<'_>) -> impl Iterator<Item = Limits> + use<'_> {
    let events = shown.evidence.history.events.iter();
    events.filter_map(move |e| match &e.body {
        Body::LimitsRead { role, limits, .. }
            if e.drill == shown.drill.drill
                && e.scenario == shown.plan.scenario
                && shown.plan.twin().is_none()
                && role == shown.drill.credential.role() =>
        {
            Some(*limits)
        }
        _ => None,
    })
}

/// TTL and max TTL in ms where who issues shows no role: as stated, if the lease was as long as that and a longer one was asked for and
/// cut to that.
fn tried_of(shown: Shown<'_>) -> Option<(u64, u64)> {
    let credential = &shown.drill.credential;
    let passed = |check: Check| {
        let mut verdicts = shown.checks(check.id()).peekable();
        verdicts.peek().is_some() && verdicts.all(|v| v.outcome == Outcome::Passed)
    };
    let tried = credential.can(Ability::Brokered)
        && shown.plan.twin().is_none()
        && passed(Check::MetadataTtl)
        && passed(Check::TtlCapped);
    tried.then(|| (credential.ttls().default_ms, credential.ttls().max_ms))
}

/// Role and caller come from where the gate demands, not too long ago.
pub fn basis(question: &Question<'_>, standing: &Standing<'_>) -> Answer {
    let mut answer = Answer::default();
    let mut exported = 0;
    for drill in question.drills {
        answer.lacks_all(standing, drill);
        let shown = standing.of_drill(&drill.drill).next();
        // What was run binds; a drill that was never run is what its file says.
        let of = shown.map_or(drill, |s| s.drill);
        match of.credential.exported() {
            Some(export) => {
                exported += 1;
                answer.reasons.extend(too_old(question, drill, export.date));
            }
            None if question.gate.exported => {
                let what = format!("{}: role {} is the drill file's own", drill.drill, drill.credential.role());
                let todo = "take production's: `exported: DIR` in the drill file, as docs/drill-file.md says";
                answer.add(why(Met::NotMet, &what, todo));
            }
            None => {}
        }
        let mut own = drill.scenarios.iter().filter(|s| !s.caller.exported);
        if let Some(scenario) = own.next().filter(|_| question.gate.exported) {
            let what = format!(
                "{}/{}: owner and tenant of {} are the drill file's own",
                drill.drill, scenario.scenario, scenario.caller.name
            );
            let todo = "take production's: `exported: FILE` of the caller, as docs/drill-file.md says";
            answer.add(why(Met::NotMet, &what, todo));
        }
    }
    answer.shown.push(format!("{exported} of {} roles exported from production", question.drills.len()));
    answer
}

fn too_old(question: &Question<'_>, drill: &DrillPlan, date: Option<&str>) -> Option<Why> {
    let limit_ms = question.gate.limits.export_age_ms;
    let limit_days = i64::try_from(limit_ms / DAY_MS).unwrap_or(i64::MAX);
    let role = drill.credential.role();
    let days = date.and_then(|d| d.parse::<Date>().ok()).map(|day| question.now().days_since(day));
    let (outcome, what) = match days {
        None => (Met::Inconclusive, format!("when role {role} was exported is not known")),
        // Of tomorrow, where clocks stand on both sides of midnight.
        Some(days) if days < -1 => (Met::Inconclusive, format!("role {role} was exported in the future")),
        Some(days) if days > limit_days => {
            (Met::NotMet, format!("role {role} was exported {days} days ago, limit {}", span(limit_ms)))
        }
        Some(_) => return None,
    };
    Some(why(outcome, &format!("{}: {what}", drill.drill), "export it again, and run the drill"))
}
