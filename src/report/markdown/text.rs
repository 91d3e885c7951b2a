//! Cells, escapes and sentences of the Markdown report.

use crate::definition::{Ends, Trigger};
use crate::history::Origin;
use crate::report::causes;
use crate::report::facts::{self, Run, Server};
use crate::report::words;
use crate::verdict::{DrillVerdict, Outcome, ScenarioVerdict};

pub use crate::report::phrases::where_it_ran;

/// Text that Markdown, or HTML in it, would take for markup.
pub fn md(text: &str) -> String {
    let mut out = String::new();
    for c in words::one_line(text).chars() {
        match c {
            '<' => out.push_str("&lt;"),
            '&' => out.push_str("&amp;"),
            '|' | '*' | '`' | '[' | ']' | '\\' => {
                out.push('\\');
                out.push(c);
            }
            _ => out.push(c),
        }
    }
    out
}

/// A code span; what would end it, or the table's cell, is replaced.
pub fn code(text: &str) -> String {
    let text = words::one_line(text).replace('`', "'").replace('|', "\\|");
    if text.is_empty() {
        return "–".to_owned();
    }
    format!("`{text}`")
}

/// One row; the cells are Markdown already.
pub fn row(cells: &[String]) -> String {
    format!("| {} |\n", cells.join(" | "))
}

/// Where the run took place, for the cell that must not be overlooked.
pub fn place(run: Run<'_>) -> &'static str {
    if run.external() { "on servers that drill did not start" } else { "on disposable servers, not in production" }
}

fn origin(origin: Origin) -> &'static str {
    match origin {
        Origin::Official => "official",
        Origin::StandIn => "stand-in",
        Origin::External => "external",
    }
}

/// `OpenBao 2.7.2 (stand-in sha256:77a0…)`.
pub fn server_line(server: &Server<'_>) -> String {
    let id = words::hash(server.image_id);
    format!("{} {} ({} {id})", server.product, server.version, origin(server.origin))
}

/// The same in Markdown.
pub fn server_md(server: &Server<'_>) -> String {
    let id = code(&words::hash(server.image_id));
    let origin = origin(server.origin);
    format!("{} {} ({origin} {id})", md(server.product), md(server.version))
}

/// One sentence a drill: what a reader in a hurry takes along.
pub fn summary(run: Run<'_>) -> String {
    let drills = &run.verdicts.drills;
    let several = drills.len() > 1;
    let mut out = String::new();
    for drill in drills {
        let sentence = match drill.outcome {
            Outcome::Passed | Outcome::Excepted => died(run, drill),
            Outcome::Failed | Outcome::Inconclusive => red(drill),
        };
        let bullet = if several { "- " } else { "" };
        out += &[bullet, &sentence, "\n"].concat();
    }
    out
}

fn died(run: Run<'_>, drill: &DrillVerdict) -> String {
    let (Some(plan), false) = (run.plan(&drill.drill), drill.scenarios.is_empty()) else {
        return "Nothing was tested.".to_owned();
    };
    let product = plan.backend.product();
    let ends: Vec<String> = drill.scenarios.iter().filter_map(|s| death(run, drill, s)).collect();
    let word = if plan.scenarios.iter().all(|s| s.ends == Ends::Denied) { "denied everything" } else { "refused" };
    let excepted = drill.scenarios.iter().flat_map(|s| &s.checks);
    let excepted = excepted.filter(|c| c.outcome == Outcome::Excepted).count();
    let exceptions = match excepted {
        0 => String::new(),
        n => format!(" {n} {} excepted.", if n == 1 { "check is" } else { "checks are" }),
    };
    if ends.is_empty() {
        return format!("All checks of {} passed.{exceptions}", md(&drill.drill));
    }
    format!(
        "A {product} credential issued by {} was **{word} by {product} {}** ({}).{exceptions}",
        md(run.authority()),
        words::list(&ends),
        limits(run, drill)
    )
}

fn death(run: Run<'_>, drill: &DrillVerdict, verdict: &ScenarioVerdict) -> Option<String> {
    let plan = run.scenario_plan(&drill.drill, &verdict.scenario)?;
    let exposure = facts::door(verdict)?;
    let took = words::interval(exposure.lower_us, exposure.upper_us);
    let what = match plan.trigger {
        Trigger::Revoke => "revocation",
        Trigger::Teardown => "teardown",
        Trigger::Incident { .. } => "ban",
        Trigger::Renew { .. } => "cap",
        Trigger::Expire { .. } => "expiry",
    };
    let named = verdict.scenario != plan.trigger.name();
    let which = if named { format!(" ({})", md(&verdict.scenario)) } else { String::new() };
    Some(format!("{took} after its {what}{which}"))
}

fn limits(run: Run<'_>, drill: &DrillVerdict) -> String {
    let mut limits: Vec<String> = Vec::new();
    for verdict in &drill.scenarios {
        let plan = run.scenario_plan(&drill.drill, &verdict.scenario);
        if let Some((plan, exposure)) = plan.zip(facts::door(verdict)) {
            let limit = crate::report::phrases::limit(plan, exposure);
            if !limits.contains(&limit) {
                limits.push(limit);
            }
        }
    }
    limits.join("; ")
}

/// The worst check of the worst scenario, in its own words.
fn red(drill: &DrillVerdict) -> String {
    let worst = drill.scenarios.iter().filter(|s| s.outcome == drill.outcome);
    let found = worst.clone().find_map(|s| {
        let blocks = causes::blocks(s);
        let block = blocks.into_iter().find(|b| b.first.outcome == drill.outcome)?;
        Some((s, block.first))
    });
    let Some((scenario, check)) = found else {
        return format!("{}: {}.", md(&drill.drill), drill.outcome.word());
    };
    let verdict = match drill.outcome {
        Outcome::Inconclusive => "Nothing was proved: ",
        _ => "",
    };
    let claim = check.means.as_deref().unwrap_or(&check.observed);
    let seen = check.means.as_ref().map(|_| format!(" Observed: {}.", md(&check.observed)));
    let others = match worst.count() {
        0 | 1 => String::new(),
        n => format!(" ({n} scenarios {})", drill.outcome.word()),
    };
    format!(
        "**{verdict}{}** ({}/{}, {}).{}{others}",
        md(claim),
        md(&drill.drill),
        md(&scenario.scenario),
        code(&words::name(check)),
        seen.unwrap_or_default()
    )
}
