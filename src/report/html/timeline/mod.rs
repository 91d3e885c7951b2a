//! A scenario's timeline as SVG: what was asked, and what was seen, from issue to refusal.

mod axis;
mod draw;
mod lanes;

use crate::history::{Ack, Body};
use crate::report::cells::Credential;
use crate::report::facts;
use crate::report::words;
use crate::secret::Redactor;
use crate::verdict::{Exposure, OriginSpan, View, view};
use axis::{Axis, offset};
use lanes::{Lane, since};
use maud::Markup;

/// Where the axis begins and ends, px.
const AXIS_PX: (i64, i64) = (150, 985);

/// A line through all lanes, with its words above.
struct Instant {
    us: i64,
    text: String,
    class: &'static str,
}

/// From when to when, µs from the origin.
struct Span {
    lane: usize,
    from_us: i64,
    /// None: no end was seen.
    to_us: Option<i64>,
    text: String,
}

/// All that is drawn.
struct Picture {
    axis: Axis,
    lanes: Vec<Lane>,
    instants: Vec<Instant>,
    spans: Vec<Span>,
    /// From, to, in words.
    faults: Vec<(i64, i64, String)>,
    /// What 0 is.
    origin: String,
    title: String,
    desc: String,
}

/// The picture, where there is something to draw. `n`: unique on the page.
pub fn figure(c: &Credential<'_>, n: usize, redactor: &Redactor) -> Option<Markup> {
    let view = view(c.run.history, c.plan?, c.scenario?);
    if view.series().all(|(_, line)| line.obs.is_empty()) {
        return None;
    }
    Some(draw::figure(&picture(c, &view, redactor)?, n))
}

fn picture(c: &Credential<'_>, view: &View<'_>, redactor: &Redactor) -> Option<Picture> {
    let first_us = view.series().flat_map(|(_, l)| &l.obs).map(|o| o.sent_us).min()?;
    let issue = c.run.issue(c.drill, &c.verdict.scenario);
    let origin = view.origin();
    let (zero_us, zero) = match (origin, &issue) {
        (Some(origin), _) => (origin.from_us, zero(view)),
        (None, Some(issue)) => (issue.sent_us, "the issue's request".to_owned()),
        (None, None) => (first_us, "the first attempt".to_owned()),
    };
    let rel = |us: u64| since(us, zero_us);
    let instants = instants(c, view, origin, &rel);
    let faults = faults(view, &rel);
    let span = |e: &Exposure| origin.map(|o| exposed(e, o, &rel));
    let spans: Vec<(&Exposure, (i64, Option<i64>))> =
        c.verdict.exposures.iter().filter_map(|e| Some((e, span(e)?))).collect();
    let obs = || view.series().flat_map(|(_, l)| &l.obs).flat_map(|o| [rel(o.sent_us), rel(o.done_us)]);
    let ends = || instants.iter().map(|i| i.us).chain(faults.iter().flat_map(|f| [f.0, f.1]));
    let all = (obs().chain(ends()).min()?, obs().chain(ends()).max()?);
    let closely = spans.iter().flat_map(|(_, (from, to))| [*from, to.unwrap_or(all.1)]);
    let closely = closely.chain(instants.iter().filter(|i| i.class == "seen" || i.class == "act").map(|i| i.us));
    let closely: Vec<i64> = closely.chain([0]).filter(|us| *us >= -CLOSE_US).collect();
    let middle = (*closely.iter().min()?, *closely.iter().max()?);
    let axis = Axis::new(all, middle, AXIS_PX);
    let lanes = lanes::lanes(view, &axis, zero_us, redactor);
    let spans = spans.iter().flat_map(|(e, span)| placed(e, *span, &lanes)).collect();
    let name = format!("{}/{}", c.drill, c.verdict.scenario);
    let title = format!("Timeline of {}", words::shorten(&words::one_line(&name), 120));
    let desc = desc(c, &instants, &lanes, &zero);
    Some(Picture { axis, lanes, instants, spans, faults, origin: zero, title, desc })
}

/// What came longer before the origin is not looked at closely, µs.
const CLOSE_US: i64 = 300_000;

fn zero(view: &View<'_>) -> String {
    let healed = view.fault().is_some_and(|(_, healed)| healed.is_some());
    match (&view.plan.trigger, healed) {
        (_, true) => "the trigger, or the fault's healing if later",
        (t, _) if t.is_requested() => "the trigger's request",
        (crate::definition::Trigger::Renew { .. }, _) => "the cap",
        (crate::definition::Trigger::Use, _) => "the end of the first use",
        _ => "the end of the TTL",
    }
    .to_owned()
}

fn instants(
    c: &Credential<'_>,
    view: &View<'_>,
    origin: Option<OriginSpan>,
    rel: &impl Fn(u64) -> i64,
) -> Vec<Instant> {
    let mut all = Vec::new();
    let mut say = |us: i64, text: String, class| all.push(Instant { us, text, class });
    if let Some(issue) = c.run.issue(c.drill, &c.verdict.scenario) {
        let us = rel(issue.received_us);
        say(us, format!("issued {}", offset(us)), "issue");
    }
    if let Some(sent) = c.run.trigger(c.drill, &c.verdict.scenario) {
        let name = view.plan.trigger.name();
        say(rel(sent.from_us), format!("{name} sent"), "origin");
        let us = rel(sent.done_us);
        let answer = match sent.ack {
            Ack::Acknowledged { status } => format!("answered {status} {}", offset(us)),
            Ack::Rejected { status, .. } => format!("rejected {status} {}", offset(us)),
            Ack::NoAnswer { .. } => format!("no answer by {}", offset(us)),
        };
        say(us, answer, "act");
    } else if origin.is_some() {
        let cap = matches!(view.plan.trigger, crate::definition::Trigger::Renew { .. });
        say(0, if cap { "cap" } else { "TTL ends" }.to_owned(), "origin");
    }
    if let Some(door) = facts::door(c.verdict) {
        let mut at = |us: Option<u64>, what: &str| {
            if let Some(us) = us.map(rel) {
                say(us, format!("{what} {}", offset(us)), "seen");
            }
        };
        at(door.last_accepted_us, "last accepted");
        let denied = view.plan.ends == crate::definition::Ends::Denied;
        at(door.first_refused_us, if denied { "denied" } else { "refused" });
        if origin.is_some() {
            let limit = i64::try_from(door.limit_ms).unwrap_or(i64::MAX / 8_000).min(i64::MAX / 8_000) * 1000;
            say(limit, format!("limit {}", offset(limit)), "limit");
        }
    }
    all
}

/// Disturbances on purpose; one that was never healed goes on to the end of what was seen.
fn faults(view: &View<'_>, rel: &impl Fn(u64) -> i64) -> Vec<(i64, i64, String)> {
    let last = view.series().flat_map(|(_, l)| &l.obs).map(|o| o.done_us).max().unwrap_or_default();
    let fault = |body: &Body| match body {
        Body::Fault { server, kind, from_us, healed_us } => {
            let text = words::shorten(&words::one_line(&format!("{server} {kind}")), 30);
            Some((rel(*from_us), rel(healed_us.unwrap_or(last).max(*from_us)), text))
        }
        _ => None,
    };
    view.facts.iter().filter(|e| e.scenario == view.plan.scenario).filter_map(|e| fault(&e.body)).collect()
}

/// The interval that was judged, on the picture's axis: what ended before the origin was exposed for no time.
fn exposed(e: &Exposure, origin: OriginSpan, rel: &impl Fn(u64) -> i64) -> (i64, Option<i64>) {
    let from = rel(origin.to_us).saturating_add(e.lower_us).max(0);
    (from, e.upper_us.map(|upper| upper.max(from)))
}

fn placed(e: &Exposure, (from_us, to_us): (i64, Option<i64>), lanes: &[Lane]) -> Vec<Span> {
    let text = words::interval(e.lower_us, e.upper_us);
    let its = |lane: &Lane| lane.of.as_ref().is_some_and(|(session, of)| *session == e.session && *of == e.of);
    let lane = lanes.iter().position(its);
    lane.map(|lane| Span { lane, from_us, to_us, text }).into_iter().collect()
}

/// The picture in words, for those who do not see it.
fn desc(c: &Credential<'_>, instants: &[Instant], lanes: &[Lane], zero: &str) -> String {
    let mut said: Vec<String> = vec![format!("Milliseconds from {zero}")];
    said.extend(instants.iter().map(|i| i.text.clone()));
    for lane in lanes {
        let count = |kind| lane.marks.iter().filter(|m| m.kind == kind).map(|m| m.count).sum::<usize>();
        let (yes, no, other) = (count(lanes::Kind::Accepted), count(lanes::Kind::Refused), count(lanes::Kind::Neither));
        let other = if other > 0 { format!(", {other} no answer that counts") } else { String::new() };
        let refused = if c.scenario.is_some_and(|s| s.ends == crate::definition::Ends::Denied) {
            "denied or refused"
        } else {
            "refused"
        };
        said.push(format!("{}: {yes} accepted, {no} {refused}{other}", lane.name));
    }
    let exposures = c.verdict.exposures.iter();
    said.extend(exposures.map(|e| format!("exposure of {}: {}", e.of, words::interval(e.lower_us, e.upper_us))));
    format!("{}.", said.join("; "))
}
