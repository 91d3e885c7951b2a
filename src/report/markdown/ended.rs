//! One column a credential, from issue to refusal.

use super::text::{code, md, row};
use crate::definition::{CallerKind, DrillPlan, Login, ScenarioPlan, Trigger};
use crate::history::Ack;
use crate::report::facts::{self, Run};
use crate::report::phrases;
use crate::report::words;
use crate::verdict::{DrillVerdict, Exposure, Outcome, ScenarioVerdict};

/// More do not fit on a page.
const COLUMNS: usize = 4;

/// What one column is made of.
struct Column<'a> {
    run: Run<'a>,
    drill: &'a str,
    plan: Option<&'a DrillPlan>,
    scenario: Option<&'a ScenarioPlan>,
    verdict: &'a ScenarioVerdict,
}

type Cell<'a> = fn(&Column<'a>) -> String;

pub fn tables(run: Run<'_>) -> String {
    let columns: Vec<Column<'_>> = run.columns().map(|(d, s)| column(run, d, s)).collect();
    let mut out = String::new();
    if !columns.is_empty() {
        out.push_str("\n## How the credentials ended\n");
    }
    for (n, few) in columns.chunks(COLUMNS).enumerate() {
        if n > 0 {
            out.push('\n');
        }
        out += &table(run, few);
    }
    out
}

fn column<'a>(run: Run<'a>, drill: &'a DrillVerdict, verdict: &'a ScenarioVerdict) -> Column<'a> {
    Column {
        run,
        drill: &drill.drill,
        plan: run.plan(&drill.drill),
        scenario: run.scenario_plan(&drill.drill, &verdict.scenario),
        verdict,
    }
}

fn table<'a>(run: Run<'a>, columns: &[Column<'a>]) -> String {
    let several = run.verdicts.drills.len() > 1;
    let mut head = vec![String::new()];
    for c in columns {
        let drill = if several { format!("{}/", md(c.drill)) } else { String::new() };
        head.push(format!("{drill}{}", md(&c.verdict.scenario)));
    }
    let mut out = row(&head);
    out += &["|", &"---|".repeat(head.len()), "\n"].concat();
    let rows: [(&str, Cell<'a>); 14] = [
        ("lease", lease),
        ("actor", actor),
        ("owner / tenant", owner),
        ("issued", issued),
        ("ended by", ended_by),
        ("acknowledged", acknowledged),
        ("last accepted", last_accepted),
        ("**refused at the backend**", refused),
        ("cause by the backend's log", cause),
        ("exposure", exposure),
        ("control", control),
        ("sessions open before", sessions),
        ("audit", audit),
        ("evidence", evidence),
    ];
    for (label, cell) in rows {
        let cells: Vec<String> = columns.iter().map(cell).collect();
        // A row that says nothing of any credential is noise.
        if cells.iter().any(|c| c != "–") {
            let label = label.replace("the backend", backend(columns));
            out += &row(&[vec![label], cells].concat());
        }
    }
    out
}

/// The product's name where all columns have the same.
fn backend<'a>(columns: &[Column<'a>]) -> &'a str {
    let mut products = columns.iter().filter_map(|c| Some(c.plan?.backend.product()));
    match products.next() {
        Some(first) if products.all(|p| p == first) => first,
        _ => "the backend",
    }
}

fn dash(text: Option<String>) -> String {
    text.unwrap_or_else(|| "–".to_owned())
}

fn lease(c: &Column<'_>) -> String {
    dash(c.run.issue(c.drill, &c.verdict.scenario).map(|issue| {
        let record = issue.record;
        let twin = record.twin_of.as_ref();
        let ends_itself = c.scenario.is_some_and(|s| !s.trigger.is_requested());
        let what = if ends_itself { "with this TTL" } else { "for this scenario" };
        let twin = twin.map(|of| format!(" (twin of {} {what})", code(of)));
        format!("{}{}", code(&words::shorten(&record.id, 44)), twin.unwrap_or_default())
    }))
}

fn actor(c: &Column<'_>) -> String {
    dash(c.scenario.map(|s| {
        let kind = match s.caller.kind {
            CallerKind::Workload => "workload",
            CallerKind::Person => "person",
        };
        let login = match s.caller.login {
            Login::Approle => "AppRole",
            Login::Userpass => "userpass",
            Login::Jwt => "JWT",
        };
        let chain = c.run.chain(c.drill, &c.verdict.scenario);
        // As the audit log's entity is called, where it was read.
        let name = chain.caller.map_or(s.caller.name.as_str(), |e| e.name.as_str());
        let entity = chain.caller.map(|e| format!(" (entity {})", code(&words::shorten(&e.id, 14))));
        format!("{}{} {kind}, {login}", code(name), entity.unwrap_or_default())
    }))
}

fn owner(c: &Column<'_>) -> String {
    dash(c.scenario.map(|s| {
        let basis = if s.caller.exported { "export" } else { "drill file" };
        format!("{} / {} (basis: {basis})", md(&s.caller.owner), md(&s.caller.tenant))
    }))
}

fn issued(c: &Column<'_>) -> String {
    dash(c.run.issue(c.drill, &c.verdict.scenario).map(|issue| {
        let request = issue.record.request_id.as_deref();
        let request = request.map(|r| format!(" · request {}", code(&words::shorten(r, 12))));
        let ttl = words::span(issue.record.ttl_ms);
        let at = c.run.time(issue.received_us);
        format!("{at} · TTL {ttl}{}", request.unwrap_or_default())
    }))
}

fn ended_by(c: &Column<'_>) -> String {
    let Some(scenario) = c.scenario else {
        return dash(None);
    };
    match scenario.trigger.ttl_ms() {
        Some(ttl_ms) => {
            let issue = c.run.issue(c.drill, &c.verdict.scenario);
            let end = issue.map(|i| format!(", {}", c.run.time(i.sent_us + ttl_ms * 1000)));
            let what = if matches!(scenario.trigger, Trigger::Renew { .. }) { "cap" } else { "TTL" };
            format!("{what} {}{}", words::span(ttl_ms), end.unwrap_or_default())
        }
        None => dash(c.run.trigger(c.drill, &c.verdict.scenario).map(|t| {
            let chain = c.run.chain(c.drill, &c.verdict.scenario);
            let who = chain.operator.map(|e| format!("{}: ", code(&e.name))).unwrap_or_default();
            let request = chain.ended.map(|l| format!(" · request {}", code(&words::shorten(&l.entry.request_id, 12))));
            let target = md(&words::shorten(&t.target, 110));
            format!("{who}{target}, {}{}", c.run.time(t.from_us), request.unwrap_or_default())
        })),
    }
}

fn acknowledged(c: &Column<'_>) -> String {
    dash(c.run.trigger(c.drill, &c.verdict.scenario).map(|t| {
        let at = c.run.time(t.done_us);
        match t.ack {
            Ack::Acknowledged { status } => format!("{status}, {at}"),
            Ack::Rejected { status, message } => {
                format!("**rejected**: {status}, {at}, {}", md(&words::shorten(message, 80)))
            }
            Ack::NoAnswer { why } => {
                format!("**no answer**: {}, {at}", md(&words::shorten(why, 80)))
            }
        }
    }))
}

fn last_accepted(c: &Column<'_>) -> String {
    dash(facts::door(c.verdict).and_then(|e| Some(c.run.time(e.last_accepted_us?))))
}

fn refused(c: &Column<'_>) -> String {
    let Some(e) = facts::door(c.verdict) else {
        return "**not measured**".to_owned();
    };
    let at = e.first_refused_us.map(|at| c.run.time(at));
    let code = e.code.as_deref().map(md);
    match (at, code) {
        (Some(at), Some(code)) => format!("**{at}, {code}**"),
        (Some(at), None) => format!("**{at}**"),
        (None, _) => "**no counted refusal**".to_owned(),
    }
}

fn cause(c: &Column<'_>) -> String {
    dash(facts::door(c.verdict).and_then(|e| e.reason.as_deref()).map(|r| code(&words::shorten(r, 90))))
}

fn exposure(c: &Column<'_>) -> String {
    let Some((scenario, e)) = c.scenario.zip(facts::door(c.verdict)) else {
        return dash(None);
    };
    let limit = phrases::limit(scenario, e);
    format!("{} ({limit})", words::interval(e.lower_us, e.upper_us))
}

/// In the words of the check that judged it.
fn control(c: &Column<'_>) -> String {
    let mut checks = c.verdict.checks.iter();
    dash(checks.find(|k| k.check == "trigger.control-alive").map(|k| match k.outcome {
        Outcome::Passed => md(&k.observed),
        red => format!("**{}**: {}", red.word(), md(&k.observed)),
    }))
}

fn sessions(c: &Column<'_>) -> String {
    let one = |e: &Exposure| {
        let end = match e.upper_us {
            Some(_) => format!("closed after {}", words::interval(e.lower_us, e.upper_us)),
            None => format!("open for {}", words::interval(e.lower_us, None)),
        };
        format!("{} {end}", md(&e.of))
    };
    let all: Vec<String> = facts::sessions(c.verdict).map(one).collect();
    dash((!all.is_empty()).then(|| all.join("<br>")))
}

/// Where the log says it; a check that is red is named instead of hidden in a count.
fn audit(c: &Column<'_>) -> String {
    let checks: Vec<_> = c.verdict.checks.iter().filter(|k| words::family(&k.check) == "audit").collect();
    if checks.is_empty() {
        return dash(None);
    }
    let chain = c.run.chain(c.drill, &c.verdict.scenario);
    let mut said: Vec<String> = Vec::new();
    said.extend(chain.issued.as_ref().map(|l| format!("issued in line {}", l.line)));
    match (&chain.ended, chain.revoked) {
        (Some(l), _) => {
            let hmac = l.entry.asked_lease_hmac.as_deref().or(l.entry.asked_accessor_hmac.as_deref());
            let hmac = hmac.map(|h| format!(" ({})", code(&words::shorten(h, 24))));
            said.push(format!("ended in line {}{}", l.line, hmac.unwrap_or_default()));
        }
        (None, true) => said.push("no entry at its end: the server's log and the refusal".to_owned()),
        (None, false) => {}
    }
    let red = checks.iter().filter(|k| k.outcome != Outcome::Passed);
    said.extend(red.map(|k| format!("**{} {}**", md(k.check.trim_start_matches("audit.")), k.outcome.word())));
    if said.is_empty() {
        said.push("passed".to_owned());
    }
    said.join(", ")
}

fn evidence(c: &Column<'_>) -> String {
    let stretch = c.run.stretch(c.drill, &c.verdict.scenario);
    dash(stretch.map(|(from, to)| format!("events {}–{}", from.seq, to.seq)))
}
