//! The bracket: what must hold before a refusal can mean anything.

use super::found::Found;
use super::line::{Obs, Seen};
use super::reason::Reason;
use super::view::View;
use crate::history::{Body, By, Part};
use crate::observation::Saw;

/// Where the trigger begins to act: nothing later than this can be "before".
fn before_us(view: &View<'_>) -> Option<u64> {
    match view.plan.trigger.ttl_ms() {
        None => Some(view.trigger()?.sent_us),
        Some(_) => view.origin().map(|o| o.from_us),
    }
}

/// The subject and the control are accepted before the trigger.
pub fn accepted_before(view: &View<'_>, door: &str) -> Found {
    let all = (0..view.subjects()).map(|member| one_accepted(view, door, member));
    all.reduce(|worst, found| if found.outcome > worst.outcome { found } else { worst })
        .unwrap_or_else(|| Found::unknown(Reason::NotObserved, "", "nobody to judge", vec![]))
}

fn one_accepted(view: &View<'_>, door: &str, member: u32) -> Found {
    let expected = "the subject and the control are accepted before the trigger";
    let (subject, control) = (view.line(Part::Subject { member }, door), view.line(Part::Control, door));
    let (Some(subject), Some(control)) = (subject, control) else {
        return Found::unknown(Reason::NotObserved, expected, "not probed", vec![]);
    };
    let Some(end) = before_us(view) else {
        return Found::unknown(Reason::NotObserved, expected, "there was no trigger", vec![]);
    };
    let accepted = |o: &&Obs<'_>| o.seen == Seen::Accepted && o.done_us <= end;
    let (s, c) = (subject.obs.iter().find(accepted), control.obs.iter().find(accepted));
    if let (Some(s), Some(c)) = (s, c) {
        return Found::passed(expected, "both accepted", vec![s.seq, c.seq]);
    }
    let never = !subject.obs.iter().any(|o| o.seen == Seen::Accepted);
    // After the trigger a refusal says nothing of how it was issued.
    let dead = |o: &&Obs<'_>| {
        matches!(o.seen, Seen::Refused(_)) && o.done_us <= end && super::exposure::sandwiched(o, control)
    };
    if never && let Some(o) = subject.obs.iter().find(dead) {
        return Found::failed(
            Reason::NeverAccepted,
            expected,
            format!("the subject was refused from the first: {}", o.label()),
            vec![o.seq],
        );
    }
    let first = if s.is_none() { subject.obs.first() } else { control.obs.first() };
    let who = if s.is_none() { "subject" } else { "control" };
    let saw = first.map_or("nothing", |o| o.label());
    Found::unknown(
        Reason::NoAnswer,
        expected,
        format!("the {who} was not accepted before the trigger: {saw}"),
        first.map(|o| o.seq).into_iter().collect(),
    )
}

/// A wrong secret and a name that was never issued are refused.
pub fn bogus_refused(view: &View<'_>, door: &str) -> Found {
    let expected = "a wrong secret and a name that was never issued are refused";
    let mut events = Vec::new();
    let mut codes = Vec::new();
    let mut unknown = None;
    for (part, words) in [(Part::BogusSecret, "the wrong secret"), (Part::BogusName, "the invented name")] {
        let Some(line) = view.line(part, door).filter(|l| !l.obs.is_empty()) else {
            unknown.get_or_insert((Reason::NotObserved, format!("{words} was not tried")));
            continue;
        };
        for obs in &line.obs {
            events.push(obs.seq);
            match obs.seen {
                Seen::Accepted => {
                    let observed = format!("{words} was let in: {}", obs.label());
                    return Found::failed(Reason::BogusAccepted, expected, observed, vec![obs.seq]);
                }
                Seen::Refused(meaning) if meaning.may_be_bogus() => codes.push(obs.label()),
                _ => {
                    unknown.get_or_insert((Reason::NoAnswer, format!("{words}: {}", obs.label())));
                }
            }
        }
        if !line.whole {
            unknown.get_or_insert((Reason::EvidenceIncomplete, format!("the series of {words} is not whole")));
        }
    }
    match unknown {
        Some((reason, observed)) => Found::unknown(reason, expected, observed, events),
        None => {
            codes.dedup();
            Found::passed(expected, codes.join(", "), events)
        }
    }
}

/// What the subject must be able to do, it can.
pub fn allowed(view: &View<'_>) -> Found {
    let expected = "every allowed statement works";
    let statements = view.drill.backend.scope().0;
    let mut events = Vec::new();
    let mut unknown = None;
    for statement in &statements {
        match ran(view, By::Subject, statement, true) {
            None => unknown = unknown.or(Some((Reason::NotObserved, format!("not run: {statement}")))),
            Some((seq, Saw::Accepted { .. })) => events.push(seq),
            Some((seq, Saw::Denied { code })) => {
                return Found::failed(Reason::AllowedDenied, expected, format!("{code}: {statement}"), vec![seq]);
            }
            Some((_, saw)) => unknown = unknown.or(Some((Reason::NoAnswer, format!("{}: {statement}", saw.label())))),
        }
    }
    match unknown {
        Some((reason, observed)) => Found::unknown(reason, expected, observed, events),
        None => Found::passed(expected, format!("{} worked", statements.len()), events),
    }
}

/// What must be denied to the subject is, and it is no typing error: the administrator can.
pub fn denied(view: &View<'_>) -> Found {
    let expected = "every denied statement is denied to the subject, and works for the administrator";
    let statements = view.drill.backend.scope().1;
    let mut events = Vec::new();
    let mut unknown = None;
    let mut codes = Vec::new();
    for statement in &statements {
        match ran(view, By::Subject, statement, false) {
            None => unknown = unknown.or(Some((Reason::NotObserved, format!("not run: {statement}")))),
            Some((seq, Saw::Accepted { .. })) => {
                return Found::failed(
                    Reason::DeniedAllowed,
                    expected,
                    format!("the subject may: {statement}"),
                    vec![seq],
                );
            }
            Some((seq, Saw::Denied { code })) => {
                events.push(seq);
                codes.push(code.as_str());
            }
            Some((_, saw)) => unknown = unknown.or(Some((Reason::NoAnswer, format!("{}: {statement}", saw.label())))),
        }
        match ran(view, By::Administrator, statement, false) {
            Some((seq, Saw::Accepted { .. })) => events.push(seq),
            Some((_, saw)) => {
                unknown = unknown.or(Some((
                    Reason::StatementBroken,
                    format!("fails for the administrator too ({}): {statement}", saw.label()),
                )));
            }
            None => {
                unknown = unknown.or(Some((Reason::NotObserved, format!("not run by the administrator: {statement}"))));
            }
        }
    }
    match unknown {
        Some((reason, observed)) => Found::unknown(reason, expected, observed, events),
        None => Found::passed(expected, format!("{} denied: {}", statements.len(), codes.join(", ")), events),
    }
}

/// The worst answer to a statement, so that one of two runs cannot hide the other.
fn ran<'a>(view: &View<'a>, by: By, statement: &str, allowed: bool) -> Option<(u64, &'a Saw)> {
    let runs = view.facts.iter().filter_map(|e| match &e.body {
        Body::Statement { by: b, allowed: a, statement: s, saw } if *b == by && *a == allowed && s == statement => {
            Some((e.seq, saw))
        }
        _ => None,
    });
    let shown = |saw: &Saw| match saw {
        // Another server's word is nobody's.
        Saw::Accepted { server } => view.facts.iter().any(
            |e| matches!(&e.body, Body::Server { server: s, identity, .. } if s == "backend" && identity == server),
        ),
        _ => true,
    };
    // What breaks the claim, then what proves nothing, then what keeps it.
    let must_work = allowed || by == By::Administrator;
    let rank = |saw: &Saw| match saw {
        Saw::Accepted { .. } => u8::from(must_work) * 2,
        Saw::Denied { .. } => u8::from(!must_work) * 2,
        _ => 1,
    };
    runs.filter(|(_, saw)| shown(saw)).min_by_key(|(_, saw)| rank(saw))
}
