//! One section a scenario: its sentence, the timeline, the chain from issue to refusal, its checks.

use super::page::{Tone, code, line, text};
use super::{anchor, checks, timeline};
use crate::definition::{DrillPlan, Ends, Trigger};
use crate::history::Entity;
use crate::report::cells::{self, Cell, Credential};
use crate::report::chain::Logged;
use crate::report::facts::{self, Run};
use crate::report::rich::{Line, Piece};
use crate::report::words::Counts;
use crate::report::{phrases, sentences, words};
use crate::secret::Redactor;
use crate::verdict::{DrillVerdict, Outcome};
use maud::{Markup, html};

/// All of them, drill by drill.
pub fn sections(run: Run<'_>, all: &[Credential<'_>], redactor: &Redactor) -> Markup {
    let mut rest = all.iter().enumerate();
    html! {
        @for (d, drill) in run.verdicts.drills.iter().enumerate() {
            section aria-labelledby={ "d" (d + 1) } {
                (head(run.plan(&drill.drill), drill, d))
                @for (n, c) in rest.by_ref().take(drill.scenarios.len()) { (one(c, n, redactor)) }
            }
        }
    }
}

fn head(plan: Option<&DrillPlan>, drill: &DrillVerdict, d: usize) -> Markup {
    html! {
        h2 id={ "d" (d + 1) } { "Drill " (text(&drill.drill)) " " (Tone::from(drill.outcome).mark(drill.outcome.word())) }
        @if let Some(plan) = plan {
            p.soft { (text(&plan.title)) " · " (code(&plan.file)) " · mended by " (text(&plan.owner)) }
        }
        @if drill.scenarios.is_empty() { p { "No scenario was judged." } }
    }
}

fn one(c: &Credential<'_>, n: usize, redactor: &Redactor) -> Markup {
    let (id, name) = (anchor(n), super::name(c));
    html! {
        article aria-labelledby=(id) {
            h3 id=(id) { (text(&name)) " " (Tone::from(c.verdict.outcome).mark(c.verdict.outcome.word())) }
            p { (line(&sentence(c))) }
            @if let Some(figure) = timeline::figure(c, n + 1, redactor) { (figure) }
            h4 { "From issue to refusal" }
            (chain(c))
            h4 id={ (id) "-checks" } { "Checks" }
            (checks::table(c, &name))
        }
    }
}

/// How it ended, or what is wrong.
fn sentence(c: &Credential<'_>) -> Line {
    let ended = c.plan.and_then(|plan| phrases::ended(plan, c.verdict));
    let red = || sentences::of_red(c.drill, c.verdict);
    match c.verdict.outcome {
        Outcome::Passed | Outcome::Excepted => match ended {
            Some(ended) => Line::new().text(capitalised(&ended)).text("."),
            None => not_told(c),
        },
        bad => red().unwrap_or_else(|| Line::new().text(format!("{}.", bad.word()))),
    }
}

/// No death was measured, or of its check only the failure is permitted: nothing is claimed.
fn not_told(c: &Credential<'_>) -> Line {
    match facts::death_excepted(c.verdict) {
        Some(check) => {
            Line::new().strong(check.means.as_deref().unwrap_or(&check.observed)).text(": that is excepted.")
        }
        None => Line::new().text(format!("{}.", Counts::of(&c.verdict.checks).short())),
    }
}

fn capitalised(text: &str) -> String {
    let mut rest = text.chars();
    rest.next().map_or_else(String::new, |first| first.to_uppercase().chain(rest).collect())
}

/// One step: when, what, and what is known of it. `last`: the one that decides.
struct Step {
    when: Option<String>,
    what: String,
    told: Vec<Line>,
    last: bool,
}

fn chain(c: &Credential<'_>) -> Markup {
    html! {
        ol.chain {
            @for step in steps(c) {
                li class=(if step.last { "end" } else { "step" }) {
                    span.when { (step.when.as_deref().unwrap_or_default()) }
                    span.what { (text(&step.what)) }
                    span.told { @for (i, told) in step.told.iter().enumerate() { @if i > 0 { br; } (line(told)) } }
                }
            }
        }
    }
}

fn steps(c: &Credential<'_>) -> Vec<Step> {
    let (drill, scenario) = (c.drill, c.verdict.scenario.as_str());
    let door = facts::door(c.verdict);
    let issue = c.run.issue(drill, scenario);
    let sent = c.run.trigger(drill, scenario);
    let time = |us: Option<u64>| us.map(|us| c.run.time(us));
    let told = |cells: &[Cell]| cells.iter().filter_map(|cell| cell(c)).collect::<Vec<Line>>();
    let step = |when, what: &str, told| Step { when, what: what.to_owned(), told, last: false };
    let mut all = vec![
        step(time(issue.as_ref().map(|i| i.received_us)), "issued", {
            let whose = told(&[cells::actor, cells::owner]);
            let whose = Line::joined(whose, &Piece::Text(" · ".to_owned()));
            [vec![whose], told(&[cells::lease, cells::issued])].concat()
        }),
        step(time(door.and_then(|e| e.last_accepted_us)), "last accepted", accepted(c)),
    ];
    all.push(step(time(sent.as_ref().map(|s| s.from_us)).or_else(|| end(c)), "ended by", told(&[cells::ended_by])));
    if let Some(sent) = &sent {
        all.push(step(Some(c.run.time(sent.done_us)), "answered", told(&[cells::acknowledged])));
    }
    let product = c.plan.map_or("the backend", |p| p.backend.product());
    let refused = time(door.and_then(|e| e.first_refused_us));
    let denied = c.scenario.is_some_and(|s| s.ends == Ends::Denied);
    let what = match refused {
        Some(_) if denied => format!("denied at {product}"),
        Some(_) => format!("refused at {product}"),
        None => format!("at {product}"),
    };
    all.push(Step { when: refused, what, told: told(&[cells::refused, cells::cause]), last: true });
    all.push(step(None, "exposure", told(&[cells::exposure])));
    all.push(step(None, "control", told(&[cells::control])));
    all.push(step(None, "open sessions", told(&[cells::sessions])));
    all.push(step(None, "audit", [told(&[cells::audit]), audited(c)].concat()));
    all.push(step(None, "evidence", told(&[cells::evidence])));
    all.retain(|s| !s.told.is_empty());
    all
}

fn accepted(c: &Credential<'_>) -> Vec<Line> {
    let check = c.verdict.checks.iter().find(|k| k.check == "access.accepted-before");
    check.map(|k| Line::new().text(format!("before: {} ({})", k.observed, k.outcome.word()))).into_iter().collect()
}

/// When the TTL or the cap ended.
fn end(c: &Credential<'_>) -> Option<String> {
    let ttl_ms = match c.scenario?.trigger {
        Trigger::Expire { ttl_ms } => ttl_ms,
        Trigger::Renew { cap_ms, .. } => cap_ms,
        _ => return None,
    };
    let issue = c.run.issue(c.drill, &c.verdict.scenario)?;
    Some(c.run.time(issue.sent_us.saturating_add(ttl_ms.saturating_mul(1000))))
}

/// The entries themselves: which request, by whom, from where in the log.
fn audited(c: &Credential<'_>) -> Vec<Line> {
    let chain = c.run.chain(c.drill, &c.verdict.scenario);
    let entry = |what: &str, logged: &Logged<'_>, who: Option<&Entity>| {
        let e = logged.entry;
        let line = Line::new().text(format!("{what}, line {}: ", logged.line)).code(format!(
            "{} {}",
            e.operation,
            words::shorten(&e.path, 90)
        ));
        let line = line
            .maybe(" by ", who, |l, who| l.code(&who.name).maybe(", tenant ", who.metadata.get("tenant"), Line::text));
        line.text(" · request ").code(&e.request_id)
    };
    let issued = chain.issued.as_ref().map(|l| entry("issue", l, chain.caller));
    let ended = chain.ended.as_ref().map(|l| entry("end", l, chain.operator));
    issued.into_iter().chain(ended).collect()
}
