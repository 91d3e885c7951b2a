//! What is told of one credential, from issue to refusal: one cell a fact, the same in Markdown and HTML.

use super::facts::{self, Run};
use super::phrases;
use super::rich::{Line, Piece};
use super::words;
use crate::credential::Ability;
use crate::definition::{CallerKind, DrillPlan, Ends, Login, ScenarioPlan, Trigger};
use crate::history::Ack;
use crate::verdict::{DrillVerdict, Exposure, Outcome, ScenarioVerdict};

/// One scenario's credential.
#[derive(Clone, Copy)]
pub struct Credential<'a> {
    pub run: Run<'a>,
    pub drill: &'a str,
    pub plan: Option<&'a DrillPlan>,
    pub scenario: Option<&'a ScenarioPlan>,
    pub verdict: &'a ScenarioVerdict,
}

/// A fact about it, where it is known.
pub type Cell = for<'a> fn(&Credential<'a>) -> Option<Line>;

/// All facts, in the order of time.
pub const ROWS: [(&str, Cell); 14] = [
    ("lease", lease),
    ("actor", actor),
    ("owner / tenant", owner),
    ("issued", issued),
    ("ended by", ended_by),
    ("acknowledged", acknowledged),
    ("last accepted", last_accepted),
    (REFUSED, refused),
    (CAUSE, cause),
    ("exposure", exposure),
    ("control", control),
    ("sessions open before", sessions),
    ("audit", audit),
    ("evidence", evidence),
];

/// The row that decides.
pub const REFUSED: &str = "refused at the backend";
/// Why, by the backend itself.
pub const CAUSE: &str = "cause by the backend's log";

/// The label with the backend's name where all have the same.
pub fn label(label: &str, of: &[Credential<'_>]) -> String {
    let mut products = of.iter().filter_map(|c| Some(c.plan?.backend.product()));
    match products.next() {
        Some(first) if products.all(|p| p == first) => label.replace("the backend", first),
        _ => label.to_owned(),
    }
}

impl<'a> Credential<'a> {
    pub fn new(run: Run<'a>, drill: &'a DrillVerdict, verdict: &'a ScenarioVerdict) -> Self {
        Self {
            run,
            drill: &drill.drill,
            plan: run.plan(&drill.drill),
            scenario: run.scenario_plan(&drill.drill, &verdict.scenario),
            verdict,
        }
    }
}

pub fn lease(c: &Credential<'_>) -> Option<Line> {
    let record = c.run.issue(c.drill, &c.verdict.scenario)?.record;
    if c.plan.is_some_and(|plan| plan.credential.can(Ability::Rotates)) {
        return Some(Line::new().text("none: static role ").code(words::shorten(&record.role, 44)));
    }
    let ends_itself = c.scenario.is_some_and(|s| s.trigger.runs_out());
    let what = if ends_itself { "with this TTL" } else { "for this scenario" };
    let line = Line::new().code(words::shorten(&record.id, 44));
    Some(line.maybe(" (twin of ", record.twin_of.as_ref(), |l, of| l.code(of).text(format!(" {what})"))))
}

pub fn actor(c: &Credential<'_>) -> Option<Line> {
    let caller = &c.scenario?.caller;
    let kind = match caller.kind {
        CallerKind::Workload => "workload",
        CallerKind::Person => "person",
    };
    let login = match caller.login {
        Login::Approle => "AppRole",
        Login::Userpass => "userpass",
        Login::Jwt => "JWT",
    };
    let chain = c.run.chain(c.drill, &c.verdict.scenario);
    // As the audit log's entity is called, where it was read.
    let name = chain.caller.map_or(caller.name.as_str(), |e| e.name.as_str());
    let line = Line::new().code(name);
    let line = line.maybe(" (entity ", chain.caller, |l, e| l.code(words::shorten(&e.id, 14)).text(")"));
    Some(line.text(format!(" {kind}, {login}")))
}

pub fn owner(c: &Credential<'_>) -> Option<Line> {
    let caller = &c.scenario?.caller;
    let basis = if caller.exported { "export" } else { "drill file" };
    Some(Line::new().text(format!("{} / {} (basis: {basis})", caller.owner, caller.tenant)))
}

pub fn issued(c: &Credential<'_>) -> Option<Line> {
    let issue = c.run.issue(c.drill, &c.verdict.scenario)?;
    let line = Line::new().text(c.run.time(issue.received_us));
    let line = line.text(format!(" · TTL {}", words::span(issue.record.ttl_ms)));
    let request = issue.record.request_id.as_deref();
    Some(line.maybe(" · request ", request, |l, r| l.code(words::shorten(r, 12))))
}

pub fn ended_by(c: &Credential<'_>) -> Option<Line> {
    let scenario = c.scenario?;
    if let Some(ttl_ms) = scenario.trigger.ttl_ms() {
        let what = if matches!(scenario.trigger, Trigger::Renew { .. }) { "cap" } else { "TTL" };
        let line = Line::new().text(format!("{what} {}", words::span(ttl_ms)));
        let end = c.run.issue(c.drill, &c.verdict.scenario).map(|i| i.sent_us.saturating_add(ttl_ms * 1000));
        return Some(line.maybe(", ", end, |l, end| l.text(c.run.time(end))));
    }
    let sent = c.run.trigger(c.drill, &c.verdict.scenario)?;
    let chain = c.run.chain(c.drill, &c.verdict.scenario);
    let line = chain.operator.map_or_else(Line::new, |e| Line::new().code(&e.name).text(": "));
    let line = line.text(words::shorten(&sent.target, 110)).text(format!(", {}", c.run.time(sent.from_us)));
    Some(line.maybe(" · request ", chain.ended, |l, ended| l.code(words::shorten(&ended.entry.request_id, 12))))
}

pub fn acknowledged(c: &Credential<'_>) -> Option<Line> {
    let sent = c.run.trigger(c.drill, &c.verdict.scenario)?;
    let at = c.run.time(sent.done_us);
    Some(match sent.ack {
        Ack::Acknowledged { status } => Line::new().text(format!("{status}, {at}")),
        Ack::Rejected { status, message } => {
            Line::new().strong("rejected").text(format!(": {status}, {at}, {}", words::shorten(message, 80)))
        }
        Ack::NoAnswer { why } => Line::new().strong("no answer").text(format!(": {}, {at}", words::shorten(why, 80))),
    })
}

pub fn last_accepted(c: &Credential<'_>) -> Option<Line> {
    let at = facts::door(c.verdict)?.last_accepted_us?;
    Some(Line::new().text(c.run.time(at)))
}

#[allow(clippy::unnecessary_wraps)] // a cell like the others
pub fn refused(c: &Credential<'_>) -> Option<Line> {
    let Some(e) = facts::door(c.verdict) else {
        return Some(Line::new().strong("not measured"));
    };
    // The row is called after those that are refused.
    let denied = if c.scenario.is_some_and(|s| s.ends == Ends::Denied) { "denied, not refused: " } else { "" };
    let at = e.first_refused_us.map(|at| format!("{denied}{}", c.run.time(at)));
    Some(Line::new().strong(match (at, e.code.as_deref()) {
        (Some(at), Some(code)) => format!("{at}, {code}"),
        (Some(at), None) => at,
        (None, _) => format!("no counted {}", if denied.is_empty() { "refusal" } else { "denial" }),
    }))
}

pub fn cause(c: &Credential<'_>) -> Option<Line> {
    let reason = facts::door(c.verdict)?.reason.as_deref()?;
    Some(Line::new().code(words::shorten(reason, 90)))
}

pub fn exposure(c: &Credential<'_>) -> Option<Line> {
    let (scenario, e) = c.scenario.zip(facts::door(c.verdict))?;
    let limit = phrases::limit(scenario, e);
    Some(Line::new().text(format!("{} ({limit})", words::interval(e.lower_us, e.upper_us))))
}

/// In the words of the check that judged it.
pub fn control(c: &Credential<'_>) -> Option<Line> {
    let check = c.verdict.checks.iter().find(|k| k.check == "trigger.control-alive")?;
    Some(match check.outcome {
        Outcome::Passed => Line::new().text(&check.observed),
        red => Line::new().strong(red.word()).text(format!(": {}", check.observed)),
    })
}

pub fn sessions(c: &Credential<'_>) -> Option<Line> {
    let one = |e: &Exposure| {
        let end = match e.upper_us {
            Some(_) => format!("closed after {}", words::interval(e.lower_us, e.upper_us)),
            None => format!("open for {}", words::interval(e.lower_us, None)),
        };
        Line::new().text(format!("{} {end}", e.of))
    };
    let all: Vec<Line> = facts::sessions(c.verdict).map(one).collect();
    (!all.is_empty()).then(|| Line::joined(all, &Piece::Break))
}

/// Where the log says it; a check that is red is named instead of hidden in a count.
pub fn audit(c: &Credential<'_>) -> Option<Line> {
    let checks: Vec<_> = c.verdict.checks.iter().filter(|k| words::family(&k.check) == "audit").collect();
    if checks.is_empty() {
        return None;
    }
    let chain = c.run.chain(c.drill, &c.verdict.scenario);
    let mut said: Vec<Line> = Vec::new();
    said.extend(chain.issued.as_ref().map(|l| Line::new().text(format!("issued in line {}", l.line))));
    match (&chain.ended, chain.revoked) {
        (Some(l), _) => {
            let hmac = l.entry.asked_lease_hmac.as_deref().or(l.entry.asked_accessor_hmac.as_deref());
            let line = Line::new().text(format!("ended in line {}", l.line));
            said.push(line.maybe(" (", hmac, |l, h| l.code(words::shorten(h, 24)).text(")")));
        }
        (None, true) => said.push(Line::new().text("no entry at its end: the server's log and the refusal")),
        (None, false) => {}
    }
    let red = checks.iter().filter(|k| k.outcome != Outcome::Passed);
    said.extend(
        red.map(|k| Line::new().strong(format!("{} {}", k.check.trim_start_matches("audit."), k.outcome.word()))),
    );
    if said.is_empty() {
        said.push(Line::new().text("passed"));
    }
    Some(Line::joined(said, &Piece::Text(", ".to_owned())))
}

pub fn evidence(c: &Credential<'_>) -> Option<Line> {
    let (from, to) = c.run.stretch(c.drill, &c.verdict.scenario)?;
    Some(Line::new().text(format!("events {}–{}", from.seq, to.seq)))
}
